"""On random cases the product gives what the reference gives, to the last digit.

``LRS_TEST_SEEDS=100:200`` tries other seeds than the few of every run.
"""

import os
from pathlib import Path

import pytest

from tests.assessment.product import product_documents
from tests.assessment.random_cases import write_case
from tests.assessment.reference import documents, expected
from tests.assessment.test_reference import compare_document

FIRST, _, LAST = os.environ.get("LRS_TEST_SEEDS", "0:10").partition(":")


@pytest.mark.parametrize("seed", range(int(FIRST), int(LAST)))
def test_the_product_agrees_with_the_reference(seed: int, tmp_path: Path):
    folder = tmp_path / f"case-{seed}"
    write_case(folder, seed, people=12, statements=300)
    wanted = expected(folder)
    found = product_documents(folder)
    assert {(one["format"], one["result_set"]) for one in found} == {
        (one["format"], one["result_set"]) for one in documents(folder)
    }
    differing = [one for document in found for one in compare_document(wanted, document)[1]]
    for path, value, got in differing[:100]:
        print(f"{path}: expected {value}, got {got}")
    assert not differing
    assert all("facts" in one for one in found if one["format"] == "lrs-results/1")

"""The worked case of the golden files gives every expected value, in both result sets."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from projections.scoring import explain, explanations_document, results_document, results_of
from tests.projections.scoring.case_folder import CaseFolder

GOLDEN = Path(__file__).parents[2] / "golden"
MOVEMENT = GOLDEN / "movement-2026"


@pytest.fixture(scope="module")
def case() -> CaseFolder:
    return CaseFolder(MOVEMENT)


def documents(case: CaseFolder, result_set: str) -> list[dict[str, Any]]:
    book, people, units, unattributed = case.gather(result_set)
    explanations = [explain(book, file, evidence) for file, evidence in people]
    return [
        results_document(results_of(book, people, units), result_set, with_facts=True),
        explanations_document(book, result_set, explanations, unattributed),
    ]


@pytest.mark.parametrize("result_set", ["frozen", "corrected"])
def test_every_expected_value_comes_out(case: CaseFolder, result_set: str, tmp_path: Path) -> None:
    actual = tmp_path / "actual.json"
    actual.write_text(json.dumps(documents(case, result_set)), "utf-8")
    compared = subprocess.run(
        [sys.executable, GOLDEN / "compare.py", MOVEMENT / "expected.yaml", actual],
        capture_output=True,
        text=True,
        check=False,
    )
    assert compared.returncode == 0, compared.stdout + compared.stderr

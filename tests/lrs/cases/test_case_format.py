"""The documentation of the format says what is read."""

import re
from pathlib import Path
from typing import get_args

import pytest

from lrs.cases.folder import DEFINED
from lrs.cases.yaml_text import Map, read_yaml
from schemas.register import Category, Decision, MoveOn, Recognised, Waiver

PAGE = (Path(__file__).parents[3] / "docs" / "case-format.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", range(len(EXAMPLES)))
def test_every_example_is_yaml(example: int) -> None:
    assert isinstance(read_yaml(EXAMPLES[example].encode()), Map)


def test_every_file_and_every_value_to_choose_from_is_named() -> None:
    choices = [*map(get_args, (Category, Decision, MoveOn, Recognised, Waiver))]
    for name in (*DEFINED, *sum(choices, ())):
        assert f"`{name}`" in PAGE or re.search(rf"\b{name}\b", PAGE), name

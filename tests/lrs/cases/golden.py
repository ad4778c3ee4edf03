"""The worked case, and copies of it with one thing changed."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from lrs.cases import CaseProblem, CaseRefused, read_case

GOLDEN = Path(__file__).parents[2] / "golden" / "movement-2026"
ORGANISATION = "organisation.yaml"
CATALOGUE = "catalogue.yaml"
DECLARATIONS = "declarations.yaml"
PERIOD = "period.yaml"
ORDER = "order.yaml"
APPEAL = "appeal.yaml"
PERSON_SHEET = "scheme-individual.yaml"
UNIT_SHEET = "scheme-unit.yaml"
BDHVS = "statements/bdhvs.jsonl"


class Edit(NamedTuple):
    """``old``, which the file holds once, becomes ``new``; where ``old`` is empty, it is added."""

    file: str
    old: str
    new: str


def copied(directory: Path, *edits: Edit) -> Path:
    """A copy of the worked case with these edits."""
    folder = directory / "case"
    shutil.copytree(GOLDEN, folder, ignore=shutil.ignore_patterns("expected.yaml", "README.md"))
    for edit in edits:
        change(folder, edit)
    return folder


def change(folder: Path, edit: Edit) -> None:
    file = folder / edit.file
    text = file.read_text() if file.exists() else ""
    if edit.old:
        assert text.count(edit.old) == 1, f"{edit.file} holds {text.count(edit.old)} × {edit.old}"
        file.write_text(text.replace(edit.old, edit.new))
    else:
        file.write_text(text + edit.new)


def problems_of(folder: Path) -> Sequence[CaseProblem]:
    with pytest.raises(CaseRefused) as refused:
        read_case(folder)
    return refused.value.problems


def line_of(folder: Path, file: str, marker: str) -> int:
    """The number of the one line that holds ``marker``."""
    lines = (folder / file).read_text().split("\n")
    found = [number for number, line in enumerate(lines, start=1) if marker in line]
    assert len(found) == 1, f"{marker} stands on {found} of {file}"
    return found[0]

"""The table of what was tried and what found it, as it stands in docs/verification.md."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from tests.tampering.matrix import COLUMNS, Found

HEADING: Final = (
    "| What was done | Where | The database alone | Public key | File of checkpoints"
    " | Remembered checkpoint | Witness |"
)


def table(outcomes: Iterable[Found]) -> Iterator[str]:
    """One line for an act, more where what finds it depends on the place."""
    yield HEADING
    yield "|---" * (HEADING.count("|") - 1) + "|"
    for what, same in groupby(outcomes, key=lambda found: found.what):
        places: dict[str, list[str]] = {}
        for found in same:
            places.setdefault(_cells(found), []).append(found.place)
        for cells, where in places.items():
            anywhere = len(places) == 1 and len(where) > 1
            yield f"| {what} | {'anywhere' if anywhere else ', '.join(where)} | {cells} |"


def _cells(found: Found) -> str:
    return " | ".join(", ".join(found.rules[column]) or "–" for column in COLUMNS)

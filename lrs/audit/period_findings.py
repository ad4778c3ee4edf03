"""What is found about a period that was held against the log: by row, and as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from lrs.audit.closings import Subject
from schemas.register import Schemes

Line = Mapping[str, str]
"""The values of a row of results, by their names."""


class PeriodNotInLog(LookupError):
    """The log opens no such period; ``known`` are those it opens."""

    def __init__(self, period: str, known: Iterable[str]) -> None:
        super().__init__(f"{period}: no such period; there are: {', '.join(known) or 'none'}")


class Status(StrEnum):
    """What became of one row since the results were closed."""

    SAME = "same"
    DIFFERS = "differs"
    FORGOTTEN = "forgotten"  # it rests on people who were forgotten since
    EXPIRED = "expired"  # it may rest on what was destroyed since because its time was over
    UNRECORDED = "unrecorded"  # an earlier version closed, which recorded no rows
    OPEN = "open"  # nothing was closed


class Row(NamedTuple):
    """A row of results. ``id`` is empty for somebody of whom nothing can be read any more.

    ``log`` is what the log gives, ``shown`` what the store's tables give; None for no such row, or
    for no such tables.
    """

    subject: Subject
    id: str
    status: Status
    said: str = ""
    log: Line | None = None
    shown: Line | None = None


class Finding(NamedTuple):
    """Something about a period that is not as the log gives it, or cannot be told any more."""

    about: str
    id: str
    said: str


@dataclass
class Checked:
    """A period held against the log. It is as it should be if there is no finding; ``untold`` is
    what nobody can tell any more.
    """

    period: str
    position: int
    result_set: str
    schemes: Schemes | None
    closed_at: int | None = None  # position of the closing event; None: it is not closed
    closed_by: str | None = None  # the version of the program that closed it
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    untold: list[Finding] = field(default_factory=list)
    awards: int = 0
    tables: bool = False  # whether the store's own tables were compared

    def row(self, subject: Subject, id_: str) -> Row | None:
        return next((row for row in self.rows if (row.subject, row.id) == (subject, id_)), None)

    def found(self, about: str, id_: str, said: str) -> None:
        self.findings.append(Finding(about, id_, said))

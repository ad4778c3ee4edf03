"""Tries every act on a copy of its own, and says which rules found it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from lrs.audit.checks.findings import Finding
from lrs.audit.verify import verify
from lrs.reading import open_for_reading
from tests.tampering import on_events, on_sealed, on_the_rest
from tests.tampering.acts import Act
from tests.tampering.honest import COURSES, Course
from tests.tampering.insider import insider
from tests.tampering.logs import Log, copied, copies

COLUMNS: Final = ("database", "key", "file", "remembered", "witness")
OUTSIDE: Final = {
    "epoch-key": "key",
    "file": "file",
    "file-note-missing": "file",
    "file-note-differs": "file",
    "file-incomplete": "file",
    "since": "remembered",
    "since-root": "remembered",
    "since-beyond": "remembered",
    "since-lost": "remembered",
    "policy": "witness",
}
"""By what an insider cannot reach a rule finds; every other one, by the database itself."""


class Found(NamedTuple):
    """The rules that found an act at a place, by the column of the table."""

    what: str
    place: str
    rules: Mapping[str, Sequence[str]]


def judged(log: Log, *, full: bool = False) -> Mapping[str, Sequence[str]]:
    """Verify a log against everything there is; the rules of the findings by column."""
    found: list[Finding] = []
    with open_for_reading(log.settings) as opened:
        verify(opened, log.outside, found.append, full=full)
    rules: dict[str, set[str]] = defaultdict(set)
    for finding in found:
        rules[OUTSIDE.get(finding.rule, "database")].add(finding.rule)
    return {column: sorted(rules[column]) for column in COLUMNS}


def tried(log: Log, acts: Iterable[Act]) -> Iterator[Found]:
    """Every act at each of its places."""
    with copies(log) as untouched_copy:
        for act in acts:
            for place, at in act.places.items():
                with untouched_copy() as copy:
                    with insider(copy) as somebody:
                        act.how(somebody, at)
                    yield Found(act.what, place, judged(copy, full=act.full))


def taken(plain: Log, sealed: Log, courses: Iterable[Course]) -> Iterator[Found]:
    """Every honest course."""
    for course in courses:
        with copied(sealed if course.sealed else plain) as copy:
            yield Found(course.what, "", judged(course.how(copy), full=course.full))


def matrix(plain: Log, sealed: Log) -> Iterator[Found]:
    """Everything, on a pair of logs in one kind of database."""
    yield from tried(plain, on_events.ACTS)
    yield from tried(plain, on_the_rest.ACTS)
    yield from tried(sealed, on_sealed.ACTS)
    yield from taken(plain, sealed, COURSES)


def number() -> int:
    """How many outcomes ``matrix`` gives."""
    acts = (*on_events.ACTS, *on_the_rest.ACTS, *on_sealed.ACTS)
    return sum(len(act.places) for act in acts) + len(COURSES)

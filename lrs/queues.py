"""What waits for a decision: identifiers that are nobody's, activities that are no course.

The tables hold only digests, so what a person can read comes from the log: from the statement of
each that was stored last. What holds back most comes first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import Connection

from lrs import evaluation
from lrs.store import Store
from projections import assessment
from projections.assessment import UnmappedCourse, UnresolvedActor
from projections.assessment.tables import NOBODY_KNOWN
from projections.scoring.documents import moment
from schemas.agents import IDENTIFIERS

AT_ONCE: Final = 1_000
Q = TypeVar("Q", UnresolvedActor, UnmappedCourse)


def actors(store: Store) -> list[dict[str, Any]]:
    """Identifiers that are nobody's, with the name that their latest statement says."""
    with evaluation.reading(store) as connection:
        found = _whole(connection, store, _actors_after)
        return [
            {
                "identifier": {name: actor[name] for name in IDENTIFIERS if name in actor},
                "name": actor.get("name"),
                **_held(row),
            }
            for row, statement in _with_statements(store, connection, found)
            for actor in [statement["actor"]]
        ]


def courses(store: Store, platform: str | None = None) -> list[dict[str, Any]]:
    """Activities that are no course, by platform and IRI, with their name as statements have it."""
    with evaluation.reading(store) as connection:
        found = [
            row
            for row in _whole(connection, store, _courses_after)
            if platform in (None, row.platform)
        ]
        return [
            {
                "platform": row.platform,
                "activity": activity["id"],
                "name": activity.get("definition", {}).get("name"),
                **_held(row),
            }
            for row, statement in _with_statements(store, connection, found)
            for activity in [statement["object"]]
        ]


def _whole(
    connection: Connection,
    store: Store,
    page_after: Callable[[Connection, int, Q | None], list[Q]],
) -> list[Q]:
    position = store.log.tracked(connection, assessment.NAME)
    found = page = page_after(connection, position, None)
    while len(page) == AT_ONCE:
        page = page_after(connection, position, page[-1])
        found = found + page
    return sorted(found, key=lambda row: -row.statements)


def _actors_after(
    connection: Connection, position: int, last: UnresolvedActor | None
) -> list[UnresolvedActor]:
    after = NOBODY_KNOWN if last is None else last.identity
    return assessment.unresolved_actors(connection, position, after=after, limit=AT_ONCE)


def _courses_after(
    connection: Connection, position: int, last: UnmappedCourse | None
) -> list[UnmappedCourse]:
    after = ("", b"") if last is None else (last.platform, last.activity)
    return assessment.unmapped_courses(connection, position, after=after, limit=AT_ONCE)


def _with_statements(
    store: Store, connection: Connection, rows: Sequence[Q]
) -> Iterator[tuple[Q, Mapping[str, Any]]]:
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        entries = store.log.entries(connection, [row.position for row in some])
        for row, entry in zip(some, entries, strict=True):
            yield row, orjson.loads(entry.body)


def _held(row: UnresolvedActor | UnmappedCourse) -> dict[str, Any]:
    return {
        "statements": row.statements,
        "first": moment(row.first),
        "last": moment(row.last),
        "latest": row.position,
    }

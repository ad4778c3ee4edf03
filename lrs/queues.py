"""What waits for a decision: identifiers that are nobody's, activities that are no course.

The tables hold only digests, so what a person can read comes from the log: from the statement of
each that was stored last.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import Connection

from lrs import evaluation
from lrs.store import Store
from projections import assessment
from projections.assessment import UnmappedCourse, UnresolvedActor
from projections.scoring.documents import moment
from schemas.agents import identifiers

AT_ONCE: Final = 1_000
Q = TypeVar("Q", UnresolvedActor, UnmappedCourse)


def actors(store: Store) -> list[dict[str, Any]]:
    """Identifiers that are nobody's, with the name that their latest statement says."""
    with evaluation.reading(store) as connection:
        found = _most_first(whole_actors(connection, _position(store, connection)))
        return [
            {**identifier_of(statement), **held_back(row)}
            for row, statement in with_latest_statements(store, connection, found)
        ]


def courses(store: Store, platform: str | None = None) -> list[dict[str, Any]]:
    """Activities that are no course, by platform and IRI, with their name as statements have it."""
    with evaluation.reading(store) as connection:
        whole = whole_courses(connection, _position(store, connection))
        found = _most_first([row for row in whole if platform in (None, row.platform)])
        return [
            {"platform": row.platform, **activity_of(statement), **held_back(row)}
            for row, statement in with_latest_statements(store, connection, found)
        ]


def whole_actors(connection: Connection, position: int) -> list[UnresolvedActor]:
    """The whole queue as of a position, in the order of the identifiers' keys."""
    found = more = assessment.unresolved_actors(connection, position, limit=AT_ONCE)
    while len(more) == AT_ONCE:
        last = more[-1].identity
        more = assessment.unresolved_actors(connection, position, after=last, limit=AT_ONCE)
        found = found + more
    return found


def whole_courses(connection: Connection, position: int) -> list[UnmappedCourse]:
    """The whole queue as of a position, by platform and the key of the activity."""
    found = more = assessment.unmapped_courses(connection, position, limit=AT_ONCE)
    while len(more) == AT_ONCE:
        last = (more[-1].platform, more[-1].activity)
        more = assessment.unmapped_courses(connection, position, after=last, limit=AT_ONCE)
        found = found + more
    return found


def with_latest_statements(
    store: Store, connection: Connection, rows: Sequence[Q]
) -> Iterator[tuple[Q, Mapping[str, Any]]]:
    """Each row with the statement of it that was stored last, as it was received. Left out is one
    whose statement was forgotten since; the tables are about to say so too.
    """
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        entries = store.log.entries(connection, [row.position for row in some])
        for row, entry in zip(some, entries, strict=True):
            if not entry.erased:
                yield row, orjson.loads(entry.body)


def identifier_of(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Whom the statement is about, and the name it gives them, which decides nothing."""
    actor = statement["actor"]
    return {"identifier": identifiers(actor), "name": actor.get("name")}


def activity_of(statement: Mapping[str, Any]) -> dict[str, Any]:
    """The activity the statement is about, and its name by language."""
    activity = statement["object"]
    return {"activity": activity["id"], "name": activity.get("definition", {}).get("name")}


def held_back(row: UnresolvedActor | UnmappedCourse) -> dict[str, Any]:
    return {
        "statements": row.statements,
        "first": moment(row.first),
        "last": moment(row.last),
        "latest": row.position,
    }


def _position(store: Store, connection: Connection) -> int:
    return store.log.tracked(connection, assessment.NAME)


def _most_first(rows: Sequence[Q]) -> list[Q]:
    return sorted(rows, key=lambda row: -row.statements)

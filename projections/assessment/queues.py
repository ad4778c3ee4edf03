"""What waits for somebody: statements of nobody known, and activities that are no course yet.

Both are found by going from one distinct key to the next in an index, so they cost what they list
and not what the log holds. Once the identifier is linked, or the activity mapped, what was held
back counts by itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from projections.assessment.evidence import of_actor
from projections.assessment.gathering import owners
from projections.assessment.records import records, valid
from projections.assessment.signals import NO_TIME
from projections.assessment.tables import FIRST_DAY, LAST_DAY, NOBODY_KNOWN, TABLES, Tables
from projections.assessment.views import View, holders, is_somebody, senders
from projections.scoring.inputs import Evidence
from schemas.keys import activity_key, verb_key
from schemas.register import Course, Platform

HANOI: Final = "Asia/Ho_Chi_Minh"
_ALL: Final = 2**31


class UnresolvedActor(NamedTuple):
    """An identifier that is nobody's, and the statements it holds back: how many, their first and
    last moment in microseconds since 1970, and the position in the log of the latest stored.
    """

    identity: bytes
    statements: int
    first: int
    last: int
    position: int


class UnmappedCourse(NamedTuple):
    """An activity of a platform that is no course, and the statements it holds back."""

    platform: str
    activity: bytes
    statements: int
    first: int
    last: int
    position: int


def unattributed(connection: Connection, view: View) -> Iterator[Evidence]:
    """The statements with a signal that are nobody's in a view, whenever they were made and
    wherever they are in the log; in no special order.
    """
    zone = view.catalogue.period.timezone
    verbs = {id_: _minutes_verbs(one) for id_, one in view.catalogue.platforms.items()}
    credited = {credited.statement for credited in view.credited}
    for actor in _distinct_actors(connection, view.tables, view.register):
        owned = owners(connection, view, actor)
        for _, evidence in of_actor(connection, view, actor):
            if (
                _has_signal(evidence, verbs)
                and evidence.statement not in credited
                and not is_somebody(owned, evidence.at, zone)
            ):
                yield evidence


def unresolved_actors(
    connection: Connection,
    as_of: int,
    *,
    after: bytes = NOBODY_KNOWN,
    limit: int = 100,
    timezone: str = HANOI,
    tables: Tables = TABLES,
) -> list[UnresolvedActor]:
    """The next identifiers, in the order of their keys, that hold back statements. Groups are not
    among them: they can be nobody.
    """
    held_back = _held_back_by_actor(tables, _platforms(connection, as_of, tables))
    found: list[UnresolvedActor] = []
    while len(found) < limit:
        actors = _distinct_actors(connection, tables, as_of, after, limit)
        for after in actors:  # the next page begins after the last
            owned = holders(connection, after, as_of, tables=tables)
            rows = connection.execute(held_back, {"actor": after, "as_of": as_of})
            held = [row for row in rows if not is_somebody(owned, row.at, timezone)]
            if held:
                moments, positions = zip(*held, strict=True)
                found.append(
                    UnresolvedActor(after, len(held), min(moments), max(moments), max(positions))
                )
        if len(actors) < limit:
            break
    return found[:limit]


def unmapped_courses(
    connection: Connection,
    as_of: int,
    *,
    after: tuple[str, bytes] = ("", b""),
    limit: int = 100,
    tables: Tables = TABLES,
) -> list[UnmappedCourse]:
    """The next activities, by platform and then in the order of their keys, that are no course."""
    courses = records(connection, Course, as_of, tables=tables)
    found: list[UnmappedCourse] = []
    for platform, credentials in _platforms(connection, as_of, tables):
        if platform.id < after[0] or not credentials:
            continue
        mapped = _mapped(platform, courses)
        held_back = _held_back_by_activity(tables, platform, credentials)
        last = after[1] if platform.id == after[0] else b""
        while len(found) < limit:
            activities = _unmapped(connection, tables, credentials, mapped, last, limit)
            for last in activities:
                values = {"activity": last, "as_of": as_of}
                count, *rest = connection.execute(held_back, values).one()
                if count:
                    found.append(UnmappedCourse(platform.id, last, count, *rest))
            if len(activities) < limit:
                break
    return found[:limit]


_Sender = tuple[Platform, list[bytes]]
"""A platform and the credentials it posts with."""


def _platforms(connection: Connection, as_of: int, tables: Tables) -> list[_Sender]:
    """By the code points of their ids."""
    platforms = records(connection, Platform, as_of, tables=tables)
    sent_as = senders(connection, platforms, as_of, tables=tables)
    return [
        (platform, sorted(key for key, id_ in sent_as.items() if id_ == platform.id))
        for platform in sorted(platforms, key=lambda platform: platform.id)
    ]


def _minutes_verbs(platform: Platform) -> list[bytes]:
    return [verb_key(verb) for verb in platform.minutes_verbs]


def _mapped(platform: Platform, courses: Iterable[Course]) -> set[bytes]:
    return {
        activity_key(activity)
        for course in courses
        for activity in course.activities.get(platform.id, ())
    }


def _has_signal(evidence: Evidence, verbs: Mapping[str, Sequence[bytes]]) -> bool:
    """One of S1 to S4; as ``_carries_signal`` has it in SQL."""
    return (
        evidence.completed
        or evidence.passed
        or evidence.score is not None
        or (evidence.seconds > 0 and evidence.verb in verbs.get(evidence.platform, ()))
    )


def _carries_signal(tables: Tables, platforms: Iterable[_Sender]) -> ColumnElement[bool]:
    row = tables.evidence.c
    learning_time = [
        and_(row.credential.in_(credentials), row.verb.in_(_minutes_verbs(platform)))
        for platform, credentials in platforms
    ]
    timed = [and_(row.seconds != NO_TIME, or_(*learning_time))] if learning_time else []
    return or_(row.completed, row.passed, row.score.is_not(None), *timed)


def _held_back_by_actor(tables: Tables, platforms: Iterable[_Sender]) -> Select[Any]:
    row = tables.evidence.c
    return select(row.at, row.position).where(
        row.actor == bindparam("actor"),
        row.position <= bindparam("as_of"),
        _carries_signal(tables, platforms),
    )


def _held_back_by_activity(
    tables: Tables, platform: Platform, credentials: list[bytes]
) -> Select[Any]:
    row = tables.evidence.c
    counted = (func.count(), func.min(row.at), func.max(row.at), func.max(row.position))
    query: Select[*tuple[Any, ...]] = select(*counted)
    return query.where(
        row.credential.in_(credentials),
        row.activity == bindparam("activity"),
        row.position <= bindparam("as_of"),
        _carries_signal(tables, [(platform, credentials)]),
    )


# ---- from one distinct key of an index to the next


def _distinct_actors(
    connection: Connection, tables: Tables, as_of: int, after: bytes = b"", limit: int = _ALL
) -> list[bytes]:
    """The next actors of evidence who are not somebody on every day."""
    values = {"after": after, "as_of": as_of, "limit": limit}
    return list(connection.scalars(_not_always_somebody(tables), values))


def _unmapped(
    connection: Connection,
    tables: Tables,
    credentials: Iterable[bytes],
    mapped: set[bytes],
    after: bytes,
    limit: int,
) -> list[bytes]:
    """The next activities of evidence sent with these credentials that are no course."""
    distinct: set[bytes] = set()
    for credential in credentials:  # of each one, so many are enough
        values = {"credential": credential, "after": after, "limit": limit + len(mapped)}
        distinct.update(connection.scalars(_activities(tables), values))
    return sorted(distinct - mapped)[:limit]


@lru_cache
def _not_always_somebody(tables: Tables) -> Select[Any]:
    row, held = tables.evidence.c, tables.identities.c
    actors = _steps("actors", row.actor, bindparam("after"))
    always = (  # one look for each actor; PostgreSQL would compare all of them with all identifiers
        select(held.position)
        .where(
            held.identity == actors.c.key,
            held.from_day == FIRST_DAY,
            held.to_day == LAST_DAY,
            valid(tables.identities),
        )
        .limit(1)
        .scalar_subquery()
    )
    found = select(actors.c.key).where(actors.c.key.is_not(None), always.is_(None))
    return found.limit(bindparam("limit"))


@lru_cache
def _activities(tables: Tables) -> Select[Any]:
    row = tables.evidence.c
    sent = row.credential == bindparam("credential")
    steps = _steps("activities", row.activity, bindparam("after"), sent)
    return select(steps.c.key).where(steps.c.key.is_not(None)).limit(bindparam("limit"))


def _steps(
    name: str, column: ColumnElement[bytes], after: ColumnElement[Any], *among: ColumnElement[bool]
) -> Any:
    """The distinct values of a column past ``after``, each by one look into its index; the last
    is null.
    """

    def following(key: ColumnElement[Any]) -> ColumnElement[Any]:
        query = select(column).where(column > key, *among).order_by(column).limit(1)
        return query.scalar_subquery().label("key")

    steps = select(following(after)).cte(name, recursive=True)
    return steps.union_all(select(following(steps.c.key)).where(steps.c.key.is_not(None)))

"""What one period is, seen from a position of the log, in one of its result sets.

An open period is seen as the log is at that position. A freeze stops two things at the position it
names: the register, and the statements that count. The freeze itself and what appeals decided are
seen from the position of the view, and so are statements that came after the freeze, which do not
count and are explained.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, select

from projections.assessment.records import record, records, valid
from projections.assessment.tables import FIRST_DAY, LAST_DAY, TABLES, Tables
from projections.rows import fetch_rows
from projections.scoring.inputs import Catalogue
from schemas.register import (
    Appeal,
    Correction,
    Course,
    Freeze,
    JobPosition,
    PeopleMerged,
    Period,
    Platform,
)

ResultSet = Literal["open", "frozen", "corrected"]

NO_PLATFORM: Final = ""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PeriodUnknown(Exception):
    """No such period was known at the position."""

    def __init__(self, period: str, as_of: int) -> None:
        super().__init__(f"{period}, as of position {as_of}")
        self.period, self.as_of = period, as_of


class NotFrozen(Exception):
    """The period was not frozen at the position, so it has no such results."""

    def __init__(self, period: str, as_of: int) -> None:
        super().__init__(f"{period}, as of position {as_of}")
        self.period, self.as_of = period, as_of


class Held(NamedTuple):
    """An identifier and the days, both inclusive, on which it is somebody's."""

    identity: bytes
    person: str
    from_day: int
    to_day: int


class Credited(NamedTuple):
    """A statement of nobody's that a correction gives to a person."""

    statement: bytes
    person: str


@dataclass(frozen=True, slots=True)
class View:
    """``position`` is how far the log is seen, ``register`` how far the register is, ``voids`` how
    far voiding statements take effect. ``merged`` gives the person that somebody is counted as.
    """

    result_set: ResultSet
    position: int
    register: int
    voids: int
    catalogue: Catalogue
    platforms: Mapping[bytes, str]
    merged: Mapping[str, str]
    linked: Sequence[Held]
    credited: Sequence[Credited]
    tables: Tables

    def platform(self, credential: bytes) -> str:
        """The platform whose key a statement was posted with; empty if it is none's."""
        return self.platforms.get(credential, NO_PLATFORM)

    def counted_as(self, person: str) -> str:
        """Who a person is, after merging."""
        return self.merged.get(person, person)

    def known_as(self, person: str) -> list[str]:
        """The person, and those who were found to be the same human being."""
        return [person, *(one for one, into in self.merged.items() if into == person)]


def view(
    connection: Connection,
    period_id: str,
    result_set: ResultSet,
    as_of: int,
    *,
    tables: Tables = TABLES,
) -> View:
    """The period as it is seen from position ``as_of``, which the tables must have reached.

    Raises PeriodUnknown, and NotFrozen for the results of a freeze there is none of.
    """
    freeze = None
    if result_set != "open":
        freeze = record(connection, Freeze, period_id, as_of, tables=tables)
        if freeze is None:
            raise NotFrozen(period_id, as_of)
    end = as_of if freeze is None else min(freeze.position, as_of)
    period = record(connection, Period, period_id, end, tables=tables)
    if period is None:
        raise PeriodUnknown(period_id, end)
    corrections: Sequence[Correction] = ()
    if result_set == "corrected":
        corrections = corrections_of(connection, period_id, as_of, tables=tables)
    platforms = {p.id: p for p in records(connection, Platform, end, tables=tables)}
    merged = _merged(records(connection, PeopleMerged, end, tables=tables))
    return View(
        result_set=result_set,
        position=as_of,
        register=end,
        voids=end,
        catalogue=Catalogue(
            period=period,
            freeze=None if freeze is None else freeze.position,
            platforms=platforms,
            courses={c.id: c for c in records(connection, Course, end, tables=tables)},
            positions={p.id: p for p in records(connection, JobPosition, end, tables=tables)},
            corrections=corrections,
        ),
        platforms=senders(connection, platforms.values(), as_of, tables=tables),
        merged=merged,
        linked=list(_linked(corrections, merged)),
        credited=list(_credited(corrections, merged)),
        tables=tables,
    )


def catalogue(
    connection: Connection,
    period_id: str,
    result_set: ResultSet,
    as_of: int,
    *,
    tables: Tables = TABLES,
) -> Catalogue:
    """What applies to everybody; see ``view``."""
    return view(connection, period_id, result_set, as_of, tables=tables).catalogue


def result_sets(
    connection: Connection, period_id: str, as_of: int, *, tables: Tables = TABLES
) -> tuple[ResultSet, ...]:
    """The result sets a period has; the first is its own. There is a corrected one only if there
    are corrections.
    """
    if record(connection, Freeze, period_id, as_of, tables=tables) is None:
        return ("open",)
    if corrections_of(connection, period_id, as_of, tables=tables):
        return ("frozen", "corrected")
    return ("frozen",)


def corrections_of(
    connection: Connection, period_id: str, as_of: int, *, tables: Tables = TABLES
) -> list[Correction]:
    """The corrections of the decided appeals of a period, in the order of the decisions."""
    appeals = [
        appeal
        for appeal in records(connection, Appeal, as_of, tables=tables)
        if appeal.period == period_id and appeal.decision != "rejected"
    ]
    appeals.sort(key=lambda appeal: (appeal.decided, appeal.id))
    return [correction for appeal in appeals for correction in appeal.corrections]


def senders(
    connection: Connection, platforms: Iterable[Platform], as_of: int, *, tables: Tables = TABLES
) -> dict[bytes, str]:
    """By credential, the platform whose key it is."""
    named: dict[str, str] = {}
    for platform in sorted(platforms, key=lambda platform: platform.id):
        named.setdefault(platform.credential, platform.id)
    rows = fetch_rows(connection, _issued(tables), {"as_of": as_of})
    return {credential: named[name] for credential, name in rows if name in named}


def holders(
    connection: Connection, identity: bytes, as_of: int, *, tables: Tables = TABLES
) -> list[Held]:
    """Whose an identifier is, by the register alone."""
    rows = fetch_rows(connection, _holders(tables), {"identity": identity, "as_of": as_of})
    return [Held(*row) for row in rows]


def covers(held: Held, at: int, timezone: str) -> bool:
    """Whether the identifier is the person's on the local day of an instant."""
    if held.from_day == FIRST_DAY and held.to_day == LAST_DAY:
        return True
    return held.from_day <= local_day(at, timezone) <= held.to_day


def is_somebody(owners: Iterable[Held], at: int, timezone: str) -> bool:
    """Whether an identifier is anybody's on the local day of an instant."""
    return any(covers(held, at, timezone) for held in owners)


def local_day(at: int, timezone: str) -> int:
    """The number, as ``date.toordinal`` gives it, of the local day of an instant."""
    try:
        moment = _EPOCH + timedelta(microseconds=at)
        return moment.astimezone(ZoneInfo(timezone)).date().toordinal()
    except OverflowError:  # the first and the last hours there are dates for
        return FIRST_DAY if at < 0 else LAST_DAY


def _merged(merges: Iterable[PeopleMerged]) -> dict[str, str]:
    """By person, who they are counted as; a circle of people is nobody else."""
    into = {merge.person: merge.into for merge in merges}
    merged = {}
    for person in into:
        seen, last = {person}, into[person]
        while last in into and last not in seen:
            seen.add(last)
            last = into[last]
        if last not in seen:
            merged[person] = last
    return merged


def _linked(corrections: Iterable[Correction], merged: Mapping[str, str]) -> Iterator[Held]:
    for correction in corrections:
        identifier, person = correction.identifier, correction.person
        if correction.kind == "link_identity" and identifier is not None and person is not None:
            yield Held(
                identifier.identity,
                merged.get(person, person),
                FIRST_DAY if identifier.from_ is None else identifier.from_.toordinal(),
                LAST_DAY if identifier.to is None else identifier.to.toordinal(),
            )


def _credited(corrections: Iterable[Correction], merged: Mapping[str, str]) -> Iterator[Credited]:
    """A statement is one person's: the first one's it was given to."""
    given: set[bytes] = set()
    for correction in corrections:
        if "UNRESOLVED_ACTOR" not in correction.waive:
            continue
        if correction.statement is None or correction.person is None:
            continue
        statement = UUID(correction.statement).bytes
        if statement not in given:
            given.add(statement)
            yield Credited(statement, merged.get(correction.person, correction.person))


@lru_cache
def _issued(tables: Tables) -> Select[Any]:
    table = tables.credentials
    query = select(table.c.credential, table.c.name)
    return query.where(table.c.position <= bindparam("as_of"))


@lru_cache
def _holders(tables: Tables) -> Select[Any]:
    table = tables.identities
    columns = (table.c.identity, table.c.person, table.c.from_day, table.c.to_day)
    query = select(*columns).where(table.c.identity == bindparam("identity"), valid(table))
    return query.order_by(table.c.position)

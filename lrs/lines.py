"""The results of periods, line by line, as lists and summaries show them.

A whole period is computed at once, because a head's score needs the unit's, and that one
everybody's. What was computed is kept while it holds: the frozen results for ever, the corrected
ones until another appeal is decided, the open ones until something is recorded that may count.

Where computing takes long, an open period's lines are those of a moment ago: the results the store
keeps, or those computed last, while newer ones are being made. An answer names its position, so it
may be early and is never wrong. Who asks for a position gets that one, however long it takes.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Connection, func, select

from lrs.kept import Kept
from lrs.privacy.finishing import renewed
from projections import assessment
from projections.assessment import TABLES, View
from projections.assessment.views import ResultSet
from projections.scoring.book import Rulebook
from projections.scoring.documents import person_line, unit_line
from projections.scoring.exact import Exact
from projections.scoring.facts import Facts
from projections.scoring.results import Results
from projections.scoring.units import UnitAssessment
from schemas.register import Membership, Period, Report

if TYPE_CHECKING:
    from lrs.store import Store

QUICK: Final = 0.3  # seconds; who asks waits for new lines if the last ones took no longer
KEPT: Final = 6
logger = structlog.get_logger(__name__)


class ResultSetUnknown(LookupError):
    """The period has no such results: an open one is not frozen, a frozen one no longer open."""


class Learning(NamedTuple):
    """What summaries of units need of a scored person; months are numbers of the period's.

    ``party_member`` is protected.
    """

    unit_at_end: str | None
    unit_of_month: Mapping[int, str]
    active_months: frozenset[int]
    time_by_month: tuple[Exact, ...]
    completions: Mapping[int, int]
    has_learned: bool
    has_completed: bool
    is_complete: bool
    has_level: bool
    is_head: bool
    party_member: bool


class PersonLine(NamedTuple):
    """``units`` are those in which a primary membership touches the period; ``unit`` is that at
    its end, or else the last of the person's eligible months.
    """

    person: str
    unit: str | None
    units: frozenset[str]
    values: Mapping[str, str]
    final: Decimal | None
    band: str | None
    learning: Learning | None


class UnitLine(NamedTuple):
    unit: str
    values: Mapping[str, str]
    final: Decimal
    band: str
    plan_submitted: date | None
    reports_due: int
    reports_late: int


@dataclass(frozen=True)
class Lines:
    """A period in one of its result sets, as of a position. People and units by their ids.

    ``register`` is the position up to which the register counts: that of the freeze, if any.
    """

    position: int
    register: int
    result_set: ResultSet
    book: Rulebook
    people: Mapping[str, PersonLine]
    units: Mapping[str, UnitLine]

    @property
    def months(self) -> tuple[str, ...]:
        return self.book.days.months


class PeriodLines:
    """The lines of one store's periods. All of it waits, so it belongs in a worker thread."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._kept: Kept[Hashable, Lines] = Kept(KEPT)
        self._computed: dict[tuple[str, str], _Computed] = {}
        self._turn = Lock()
        self._renewing = Lock()

    def of(self, period: str, result_set: ResultSet | None, as_of: int, *, exact: bool) -> Lines:
        """The lines as of a position, or if ``exact`` is false, of one shortly before it.

        Without a ``result_set`` it is the period's own: frozen if it is, else open. Raises
        PeriodUnknown, ResultSetUnknown.
        """
        with self._store.storage.read() as connection:
            view = view_of(connection, period, result_set, as_of)
            kept = self.kept(connection, view)
            if kept is not None:
                return replace(kept, position=as_of)
            stored = _stored(connection, view)
            if stored is not None and _is_same(connection, view, stored):
                stored = as_of  # what came between changed no result
        last = self._computed.get((period, view.result_set))
        if not exact and (last is None or last.seconds > QUICK):
            if stored is not None:
                return self._make(period, view.result_set, stored)
            early = None if last is None else self._kept.get(last.state)
            if early is not None:
                self._renew(period, view.result_set, as_of)
                return early
        return self._make(period, view.result_set, as_of)

    def kept(self, connection: Connection, view: View) -> Lines | None:
        """The lines of a view, if they were made already."""
        return self._kept.get(_state(connection, view))

    def _make(self, period: str, result_set: ResultSet, as_of: int) -> Lines:
        with self._turn, self._store.storage.read() as connection:
            view = view_of(connection, period, result_set, as_of)
            state = _state(connection, view)
            made = self._kept.get(state)  # somebody else may have made it while this one waited
            if made is None:
                began = time.monotonic()
                results = _restored(connection, view)
                if results is None:
                    results = assessment.results(connection, period, result_set, as_of)
                    seconds = time.monotonic() - began
                    self._computed[period, result_set] = _Computed(state, seconds)
                made = _lines(connection, view, results)
                self._kept.put(state, made)
            return replace(made, position=as_of)

    def _renew(self, period: str, result_set: ResultSet, as_of: int) -> None:
        """Make newer lines, unless somebody does so already."""

        def renew() -> None:
            try:
                self._make(period, result_set, as_of)
            except Exception:
                logger.exception("lines could not be made", period=period)
            finally:
                self._renewing.release()

        if self._renewing.acquire(blocking=False):
            Thread(target=renew, name="lines", daemon=True).start()


class _Computed(NamedTuple):
    """The state for which results were computed last, and how long that took."""

    state: Hashable
    seconds: float


def view_of(connection: Connection, period: str, result_set: ResultSet | None, as_of: int) -> View:
    """A period in one of the result sets it has, or in its own.

    Raises PeriodUnknown, ResultSetUnknown.
    """
    held = assessment.result_sets(connection, period, as_of)
    if result_set is not None and result_set not in held:
        raise ResultSetUnknown(result_set)
    return assessment.view(connection, period, result_set or held[0], as_of)


def _state(connection: Connection, view: View) -> Hashable:
    """What the results of a view depend on: while it is the same, so are they."""
    period, catalogue = view.catalogue.period.id, view.catalogue
    match view.result_set:
        case "open":
            return period, "open", last_change(connection, view.position)
        case "frozen":
            return period, "frozen", catalogue.freeze, renewed(connection)
    named = [UUID(c.statement).bytes for c in catalogue.corrections if c.statement is not None]
    table = TABLES.evidence
    query = select(table.c.position).where(
        table.c.statement.in_(named), table.c.position <= view.position
    )
    there = tuple(sorted(connection.scalars(query))) if named else ()
    seen = (catalogue.freeze, renewed(connection))
    return period, "corrected", *seen, tuple(catalogue.corrections), there


def _is_same(connection: Connection, view: View, position: int) -> bool:
    """Whether the results of a view were the same at an earlier position."""
    earlier = view_of(connection, view.catalogue.period.id, view.result_set, position)
    return _state(connection, earlier) == _state(connection, view)


def last_change(connection: Connection, as_of: int) -> tuple[int, int]:
    """The position of the last event up to ``as_of`` that any result may depend on, and that of the
    last forgetting, which takes events away.
    """
    positions = [
        table.c.position
        for table in (TABLES.records, TABLES.evidence, TABLES.voids, TABLES.credentials)
    ]
    found = [
        connection.scalar(select(func.max(column)).where(column <= as_of))
        for column in (*positions, TABLES.records.c.until)
    ]
    return max(position or 0 for position in found), renewed(connection)


def _stored(connection: Connection, view: View) -> int | None:
    """The position of the results that the store keeps of this period, if it is not a later one."""
    for found in assessment.stored(connection):
        if (found.period, found.result_set) == (view.catalogue.period.id, view.result_set):
            return found.position if found.position <= view.position else None
    return None


def _restored(connection: Connection, view: View) -> Results | None:
    """The results that the store keeps, if they are those of a view."""
    period, position = view.catalogue.period.id, _stored(connection, view)
    if position is None or not _is_same(connection, view, position):
        return None
    restored = assessment.restored(connection, period, view.result_set)
    return None if restored is None else restored[1]


def _lines(connection: Connection, view: View, results: Results) -> Lines:
    period = results.book.period
    rows = defaultdict(list)
    for membership in assessment.records(connection, Membership, view.register):
        rows[membership.person].append(membership)
    return Lines(
        position=view.position,
        register=view.register,
        result_set=view.result_set,
        book=results.book,
        people={id_: _person(results, id_, units_in(period, rows[id_])) for id_ in results.people},
        units={id_: _unit(assessed) for id_, assessed in results.units.items()},
    )


def units_in(period: Period, memberships: Iterable[Membership]) -> frozenset[str]:
    """The units of the primary memberships that touch a period."""
    return frozenset(
        row.unit
        for row in memberships
        if row.primary
        and (row.from_ is None or row.from_ <= period.end)
        and (row.to is None or row.to >= period.start)
    )


def _person(results: Results, person: str, units: frozenset[str]) -> PersonLine:
    assessed, final = results.people[person], results.finals.get(person)
    facts = assessed.facts
    unit = None
    if facts is not None:
        unit = facts.unit_at_end or facts.months[-1].unit
    return PersonLine(
        person=person,
        unit=unit,
        units=units,
        values=person_line(assessed, final),
        final=None if final is None else final.final,
        band=None if final is None else final.band,
        learning=None if facts is None else _learning(results.book, facts),
    )


def _learning(book: Rulebook, facts: Facts) -> Learning:
    days = book.days
    months = (days.month_of[days.number_at(at)] for at in facts.completed.values())
    return Learning(
        unit_at_end=facts.unit_at_end,
        unit_of_month={month.number: month.unit for month in facts.months},
        active_months=frozenset(facts.active_months),
        time_by_month=facts.time_by_month,
        completions=Counter(months),
        has_learned=bool(facts.completed) or any(facts.time_by_month),
        has_completed=bool(facts.completed),
        is_complete=facts.is_complete,
        has_level=facts.attained_level >= facts.required.level,
        is_head=facts.head_at_end,
        party_member=facts.party_member,
    )


def _unit(assessed: UnitAssessment) -> UnitLine:
    return UnitLine(
        unit=assessed.unit,
        values=unit_line(assessed),
        final=assessed.final,
        band=assessed.band,
        plan_submitted=assessed.facts.plan_submitted,
        reports_due=len(assessed.facts.reports),
        reports_late=sum(_is_late(late.report) for late in assessed.facts.reports),
    )


def _is_late(report: Report) -> bool:
    return report.submitted is None or report.submitted > report.due

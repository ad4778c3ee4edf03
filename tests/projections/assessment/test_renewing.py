"""Stored results: however they were renewed, they are those that are computed at once."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection, select

from projections.assessment import (
    TABLES,
    PeriodUnknown,
    SchemeUnknown,
    apply,
    forget,
    lines,
    refresh,
    renewals,
    restored,
    result_sets,
    results,
    store,
    stored,
)
from projections.assessment.lines import PERSON, UNIT
from schemas.register import (
    Absence,
    Appeal,
    Correction,
    Freeze,
    Identifier,
    JobPosition,
    Membership,
    PeopleMerged,
    Period,
    Person,
    Record,
    Unit,
)
from schemas.scheme import InvalidSheet
from tests.projections.assessment.logs import (
    ADL,
    SECOND,
    AssessmentLog,
    Database,
    Json,
    contents,
    statement,
)
from tests.projections.assessment.worlds import ACTIVITIES, BASE, PERIOD, SCHEMES, busy_logs, logs

few = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(log=busy_logs() | logs(late=False), steps=st.lists(st.integers(1, 6)))
def test_any_sequence_of_renewals_ends_in_the_same_rows(
    database: Database, log: AssessmentLog, steps: list[int]
) -> None:
    found = []
    for some in (steps, []):
        with database.begin() as connection:
            log.project(connection)
            for before_the_end in sorted(accumulate(some), reverse=True):
                refresh(connection, max(log.head - before_the_end, 1))
            refresh(connection, log.head)
            found.append(contents(connection, lines.METADATA))
    assert found[0] == found[1]


@few
@given(log=busy_logs() | logs(late=False))
def test_what_is_stored_is_what_is_computed(database: Database, log: AssessmentLog) -> None:
    with database.begin() as connection:
        log.project(connection)
        refresh(connection, log.head)
        for result_set in ("open", "frozen", "corrected"):
            computed = computed_results(connection, result_set, log.head)
            assert restored(connection, PERIOD, result_set) == computed


# ---- named examples

PLATFORM, SECOND_KEY = bytes([1]) * 16, bytes([2]) * 16
REGISTER = [one for one in BASE if not isinstance(one, Membership | Identifier)]


@pytest.fixture
def log() -> AssessmentLog:
    """Two units: P1 heads X, where P2 is too; P3 is alone in Y. P4 is nowhere."""
    log = AssessmentLog()
    log.issue(PLATFORM, "lms-key", "statements/write")
    log.record(*REGISTER, Person(id="P4", name="Người P4"))
    for person, unit, head in (("P1", "X", True), ("P2", "X", False), ("P3", "Y", False)):
        log.record(
            membership(person, unit, head=head),
            Identifier(person=person, mbox=f"mailto:{person}@bo.example"),
        )
    return log


def learning(person: str, minutes: str, timestamp: str = "2026-03-02T08:00:00+07:00") -> Json:
    return statement(
        "experienced",
        actor={"mbox": f"mailto:{person}@bo.example"},
        object={"id": ACTIVITIES[0]},
        result={"duration": minutes},
        timestamp=timestamp,
    )


def completing(person: str) -> Json:
    return learning(person, "PT0S") | {"verb": {"id": f"{ADL}completed"}}


def renewed(connection: Connection, log: AssessmentLog) -> tuple[set[str], set[str]]:
    """The people and the units that are stored anew."""
    [renewal] = renewals(connection, log.head)
    store(connection, renewal)
    people = {row.id for row in renewal.scores if row.kind == PERSON}
    return people, {row.id for row in renewal.scores if row.kind == UNIT}


def test_a_statement_renews_its_person_the_unit_and_its_head_and_nobody_else(
    connection: Connection, log: AssessmentLog
) -> None:
    log.project(connection)
    assert renewed(connection, log) == ({"P1", "P2", "P3", "P4"}, {"X", "Y"})
    stated(connection, log, learning("P2", "PT50M"))
    assert renewed(connection, log) == ({"P1", "P2"}, {"X"})
    stated(connection, log, learning("P3", "PT50M"))
    assert renewed(connection, log) == ({"P3"}, {"Y"})
    stated(connection, log, learning("somebody", "PT50M"))
    assert renewed(connection, log) == (set(), set())


MONTHS_IN_X = date(2026, 5, 31)
OF_APPEAL: Json = {
    "period": PERIOD,
    "person": "P2",
    "filed": date(2026, 12, 1),
    "decided": date(2026, 12, 15),
    "decision": "accepted",
}


def membership(person: str, unit: str, **said: Any) -> Membership:
    given = {"position": "CV", "category": "cong_chuc", **said}
    return Membership(person=person, unit=unit, **given)


def frozen(log: AssessmentLog) -> int:
    position = log.state(learning("somebody", "PT50M"), PLATFORM)
    return log.record(Freeze(period=PERIOD, position=position))


def appeal(*corrections: Correction) -> Appeal:
    return Appeal(id="KN", corrections=corrections, **OF_APPEAL)


def crediting(position: int, *waive: Any) -> Correction:
    statement_id = str(UUID(int=position))
    return Correction(
        kind="credit_statement", statement=statement_id, waive=waive, person="P2", course="R1"
    )


def nothing(log: AssessmentLog) -> None:
    pass


BLENDED = {"head_of_unit": {"min_head_months": 3, "weight": "0.5"}}
Change = Callable[[AssessmentLog], Any]
CHANGES: dict[str, tuple[Change, Change]] = {
    "a person is withdrawn": (
        nothing,
        lambda log: log.withdraw(Person(id="P2", name="")),
    ),
    "a person moves to another unit": (
        nothing,
        lambda log: log.record(
            membership("P2", "X", to=MONTHS_IN_X),
            membership("P2", "Y", from_=date(2026, 6, 1)),
        ),
    ),
    "who was in two units learns": (
        lambda log: log.record(
            membership("P2", "X", to=MONTHS_IN_X), membership("P2", "Y", from_=date(2026, 6, 1))
        ),
        lambda log: log.state(learning("P2", "PT50M"), PLATFORM),
    ),
    "who joined on the last day learns": (
        lambda log: log.record(
            membership("P2", "X", to=date(2026, 11, 29)),
            membership("P2", "Y", from_=date(2026, 11, 30)),
        ),
        lambda log: log.state(completing("P2"), PLATFORM),
    ),
    "somebody learns where another joined on the last day": (
        lambda log: log.record(
            membership("P2", "X", to=date(2026, 11, 29)),
            membership("P2", "Y", from_=date(2026, 11, 30)),
        ),
        lambda log: log.state(completing("P3"), PLATFORM),
    ),
    "somebody learns in a unit whose head heads another too": (
        lambda log: log.record(
            membership("P1", "X", head=True, to=MONTHS_IN_X),
            membership("P1", "Y", head=True, from_=date(2026, 6, 1)),
        ),
        lambda log: log.state(learning("P2", "PT50M"), PLATFORM),
    ),
    "who was merged learns": (
        lambda log: log.record(PeopleMerged(person="P2", into="P3")),
        lambda log: log.state(learning("P2", "PT50M"), PLATFORM),
    ),
    "who was merged gets an identifier": (
        lambda log: (
            log.record(PeopleMerged(person="P2", into="P3")),
            log.state(learning("somebody", "PT50M"), PLATFORM),
        ),
        lambda log: log.record(Identifier(person="P2", mbox="mailto:somebody@bo.example")),
    ),
    "who was merged is parted": (
        lambda log: (
            log.state(learning("P2", "PT50M"), PLATFORM),
            log.record(PeopleMerged(person="P2", into="P3")),
        ),
        lambda log: log.withdraw(PeopleMerged(person="P2", into="P3")),
    ),
    "a unit is evaluated no more": (
        nothing,
        lambda log: log.record(Unit(id="X", vi="Cục X", evaluated=False)),
    ),
    "a score sheet is recorded anew": (
        nothing,
        lambda log: log.record(replace(SCHEMES[0], sheet=SCHEMES[0].sheet | BLENDED)),
    ),
    "a score sheet is retired": (nothing, lambda log: log.withdraw(SCHEMES[1])),
    "a key is issued after it was used": (
        lambda log: log.state(learning("P2", "PT50M"), SECOND_KEY),
        lambda log: log.issue(SECOND_KEY, "lms-key", "statements/write"),
    ),
    "the period is frozen": (nothing, frozen),
    "the freeze is another one": (
        frozen,
        lambda log: (log.state(learning("P2", "PT50M"), PLATFORM), frozen(log)),
    ),
    "a frozen period is withdrawn": (
        frozen,
        lambda log: log.withdraw(*(one for one in REGISTER if isinstance(one, Period))),
    ),
    "an appeal is decided": (
        lambda log: (frozen(log), log.state(learning("P2", "PT50M"), PLATFORM)),
        lambda log: log.record(appeal(crediting(log.head, "AFTER_FREEZE"))),
    ),
    "another appeal is decided": (
        lambda log: (
            log.state(learning("somebody", "PT50M"), PLATFORM),
            frozen(log),
            log.record(appeal(crediting(log.head - 2, "UNRESOLVED_ACTOR"))),
        ),
        lambda log: log.record(appeal(crediting(1, "UNRESOLVED_ACTOR"))),
    ),
    "an appeal is decided otherwise": (
        lambda log: (
            log.state(learning("somebody", "PT50M"), PLATFORM),
            frozen(log),
            log.record(appeal(crediting(log.head - 2, "AFTER_FREEZE"))),
        ),
        lambda log: log.record(appeal(crediting(log.head - 3, "UNRESOLVED_ACTOR"))),
    ),
    "what was credited comes in": (
        lambda log: (frozen(log), log.record(appeal(crediting(log.head + 2, "AFTER_FREEZE")))),
        lambda log: log.state(learning("P2", "PT50M"), PLATFORM),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_the_rows_are_those_that_are_computed_at_once(
    connection: Connection, log: AssessmentLog, change: str
) -> None:
    before, then = CHANGES[change]
    log.state(learning("P3", "PT20M"), PLATFORM)
    before(log)
    renewed_at = log.head
    then(log)
    log.project(connection)
    found = []
    for positions in ([renewed_at, log.head], [log.head]):
        with connection.begin_nested() as savepoint:
            for position in positions:
                refresh(connection, position)
            found.append(contents(connection, lines.METADATA))
            savepoint.rollback()
    assert found[0] == found[1]


def test_who_left_is_listed_in_the_last_unit_and_a_month_of_absence_in_none(
    connection: Connection, log: AssessmentLog
) -> None:
    log.record(
        membership("P2", "X", to=date(2026, 6, 30)),
        Absence(person="P2", type="om", from_=date(2026, 3, 1), to=date(2026, 3, 31)),
    )
    log.state(learning("P2", "PT50M"), PLATFORM)
    log.project(connection)
    refresh(connection, log.head)
    scores, months = lines.LINES.scores.c, lines.LINES.months.c
    assert connection.scalar(select(scores.unit).where(scores.id == "P2")) == "X"
    of_march = select(months.unit, months.people, months.credited).where(
        months.id == "P2", months.month == 3
    )
    assert tuple(connection.execute(of_march).one()) == (None, 0, str(50 * 60 * SECOND))


def test_a_fraction_of_a_microsecond_comes_back_as_it_was(
    connection: Connection, log: AssessmentLog
) -> None:
    log.state(learning("P2", "PT1.0000001S"), PLATFORM)
    log.project(connection)
    refresh(connection, log.head)
    found = restored(connection, PERIOD, "open")
    assert found == (log.head, results(connection, PERIOD, "open", log.head))
    facts = found[1].people["P2"].facts
    assert facts is not None
    assert facts.credited == {"R1": Fraction(10_000_001, 10)}


def test_where_nothing_came_in_there_is_nothing_to_renew(
    connection: Connection, log: AssessmentLog
) -> None:
    log.project(connection)
    refresh(connection, log.head)
    assert list(renewals(connection, log.head)) == []
    assert list(renewals(connection, log.head - 1)) == []


def test_what_concerns_everybody_renews_everybody(
    connection: Connection, log: AssessmentLog
) -> None:
    log.project(connection)
    refresh(connection, log.head)
    recorded(connection, log, JobPosition(id="CV", vi="Chuyên viên chính"))
    assert renewed(connection, log)[0] == {"P1", "P2", "P3", "P4"}


def test_another_version_of_the_program_renews_everybody(
    connection: Connection, log: AssessmentLog
) -> None:
    log.project(connection)
    refresh(connection, log.head, version="1")
    stated(connection, log, learning("somebody", "PT50M"))
    [renewal] = renewals(connection, log.head, version="2")
    assert len(renewal.scores) == 6


def test_of_two_who_computed_the_same_only_the_first_stores(
    connection: Connection, log: AssessmentLog
) -> None:
    log.project(connection)
    refresh(connection, log.head)
    stated(connection, log, learning("P2", "PT50M"))
    [early] = renewals(connection, log.head)
    stated(connection, log, learning("P2", "PT50M"))
    [late] = renewals(connection, log.head)
    assert store(connection, late)
    rows = contents(connection, lines.METADATA)
    assert not store(connection, early)
    assert contents(connection, lines.METADATA) == rows


def test_results_of_a_period_that_is_no_more_are_not_kept(
    connection: Connection, log: AssessmentLog
) -> None:
    [period] = [one for one in REGISTER if isinstance(one, Period)]
    log.project(connection)
    refresh(connection, log.head)
    recorded(connection, log, Freeze(period=PERIOD, position=log.head))
    refresh(connection, log.head)
    assert [(one.result_set, one.position) for one in stored(connection)] == [("frozen", log.head)]
    log.withdraw(Freeze(period=PERIOD, position=1), period)
    apply(connection, TABLES, log.entries[-2:])
    refresh(connection, log.head)
    assert contents(connection, lines.METADATA) == {
        "assessment_months": [],
        "assessment_results": [],
        "assessment_scores": [],
    }


def test_what_was_forgotten_is_computed_anew(connection: Connection, log: AssessmentLog) -> None:
    log.project(connection)
    refresh(connection, log.head)
    rows = contents(connection, lines.METADATA)
    connection.execute(lines.LINES.scores.update().values(final=0))
    forget(connection)
    refresh(connection, log.head)
    assert contents(connection, lines.METADATA) == rows


def test_frozen_results_outlast_their_period(connection: Connection, log: AssessmentLog) -> None:
    frozen(log)
    log.withdraw(*(one for one in REGISTER if isinstance(one, Period)))
    log.project(connection)
    refresh(connection, log.head)
    computed = results(connection, PERIOD, "frozen", log.head)
    assert restored(connection, PERIOD, "frozen") == (log.head, computed)


def test_months_are_of_people_and_of_the_units_they_were_in(
    connection: Connection, log: AssessmentLog
) -> None:
    log.state(learning("P1", "PT50M30.5S"), PLATFORM)
    log.state(learning("P2", "PT1H", "2026-03-31T16:59:59Z"), PLATFORM)
    log.state(learning("P2", "PT40M", "2026-03-31T17:00:00Z"), PLATFORM)
    done = completing("P2") | {"timestamp": "2026-04-02T00:00:00Z"}
    log.state(done, PLATFORM)
    log.project(connection)
    refresh(connection, log.head)
    table = lines.LINES.months.c
    columns = (table.kind, table.id, table.month, table.people, table.active, table.completions)
    rows = connection.execute(
        select(*columns, table.credited)
        .where(table.month.in_((3, 4)), table.unit == "X")
        .order_by(table.month, table.kind, table.id)
    )
    minute = 60 * SECOND
    assert [tuple(row) for row in rows] == [
        (PERSON, "P1", 3, 1, 0, 0, str(50 * minute + 30_500_000)),
        (PERSON, "P2", 3, 1, 1, 0, str(60 * minute)),
        (UNIT, "X", 3, 2, 1, 0, str(110 * minute + 30_500_000)),
        (PERSON, "P1", 4, 1, 0, 0, "0"),
        (PERSON, "P2", 4, 1, 0, 1, str(30 * minute)),
        (UNIT, "X", 4, 2, 0, 1, str(30 * minute)),
    ]


def test_a_line_says_exact_scores_and_who_is_excluded_has_none(
    connection: Connection, log: AssessmentLog
) -> None:
    log.project(connection)
    refresh(connection, log.head)
    computed = results(connection, PERIOD, "open", log.head)
    table = lines.LINES.scores.c
    found = {(row.kind, row.id): row for row in connection.execute(select(lines.LINES.scores))}
    head, out, unit = found[PERSON, "P1"], found[PERSON, "P4"], found[UNIT, "X"]
    assert (head.unit, head.band) == ("X", computed.finals["P1"].band)
    assert Decimal(head.final).scaleb(-2) == computed.finals["P1"].final
    assert Decimal(head.personal).scaleb(-2) == computed.people["P1"].personal
    assert orjson.loads(head.criteria) == {
        criterion: str(points) for criterion, points in computed.people["P1"].scores.items()
    }
    assert (out.unit, out.base, out.final, out.band) == (None, None, None, None)
    assert Decimal(unit.final).scaleb(-2) == computed.units["X"].final
    assert table.final.type.python_type is int


def stated(connection: Connection, log: AssessmentLog, value: Json) -> None:
    log.state(value, PLATFORM)
    apply(connection, TABLES, log.entries[-1:])


def recorded(connection: Connection, log: AssessmentLog, one: Record) -> None:
    log.record(one)
    apply(connection, TABLES, log.entries[-1:])


def computed_results(connection: Connection, result_set: Any, as_of: int) -> Any:
    """None where there are none."""
    try:
        if result_set not in result_sets(connection, PERIOD, as_of):
            return None
        return as_of, results(connection, PERIOD, result_set, as_of)
    except (PeriodUnknown, SchemeUnknown, InvalidSheet):
        return None

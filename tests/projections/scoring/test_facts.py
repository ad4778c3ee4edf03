"""What is true of a person in the period: months, courses, exams, levels, declarations."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from projections.scoring.book import Rulebook
from projections.scoring.facts import Declared, Facts, months_of
from projections.scoring.inputs import Evidence
from schemas.formats import parse_timestamp
from schemas.register import Correction, PartyMembership
from tests.projections.scoring.examples import (
    PARTY,
    PERIOD,
    PERSON_SHEET,
    absent,
    assessed,
    book_of,
    change,
    file_of,
    item,
    level,
    member,
    said,
    studied,
)

BOOK = book_of()


def facts(*evidence: Evidence, book: Rulebook = BOOK, **more: Any) -> Facts:
    found = assessed(*evidence, book=book, **more).facts
    assert found is not None
    return found


def months(**more: Any) -> list[str]:
    return [BOOK.days.months[month.number] for month in months_of(BOOK, file_of(**more))]


# ---- months


@pytest.mark.parametrize(
    ("first", "last", "eligible"),
    [
        ("2026-03-17", "2026-03-31", ["2026-03"]),  # 15 days
        ("2026-03-18", "2026-03-31", []),
        ("2026-02-14", "2026-02-28", ["2026-02"]),
        ("2026-11-16", None, ["2026-11"]),
        (None, "2025-12-15", ["2025-12"]),
        (None, "2025-11-30", []),
        ("2026-12-01", None, []),
    ],
)
def test_a_month_is_eligible_from_15_days_of_membership(
    first: str | None, last: str | None, eligible: list[str]
) -> None:
    assert months(memberships=[member(first=first, last=last)]) == eligible


def test_absences_shorten_months_and_may_overlap() -> None:
    absences = [absent("2026-03-10", "2026-03-25"), absent("2026-03-17", "2026-03-26")]
    assert "2026-03" not in months(absences=absences)  # 14 days are left
    assert "2026-03" in months(absences=absences[:1])  # 15 days
    assert months(absences=[absent(None, "2026-10-31")]) == ["2026-11"]
    assert months(absences=[absent(None, None)]) == []


def test_the_days_of_two_memberships_add_up_to_a_month() -> None:
    rows = [
        member(first="2026-03-01", last="2026-03-08"),
        member("Y", first="2026-03-25", last="2026-03-31"),
    ]
    [month] = months_of(BOOK, file_of(memberships=rows))
    assert month.unit == "X"


def test_a_month_goes_to_the_membership_with_most_eligible_days() -> None:
    rows = [member("X", last="2026-03-20"), member("Y", first="2026-03-21", head=True)]
    march = months_of(BOOK, file_of(memberships=rows))[3]
    assert (march.unit, march.head) == ("X", False)
    absences = [absent("2026-03-01", "2026-03-12")]
    march = months_of(BOOK, file_of(memberships=rows, absences=absences))[3]
    assert (march.unit, march.head) == ("Y", True)


@pytest.mark.parametrize("reverse", [False, True])
def test_of_equal_memberships_a_month_goes_to_the_one_that_starts_later(reverse: bool) -> None:
    rows = [member("X", first=None, last="2026-04-15"), member("Y", first="2026-04-16")]
    april = months_of(BOOK, file_of(memberships=rows[::-1] if reverse else rows))[4]
    assert april.unit == "Y"


def test_a_second_post_takes_no_part() -> None:
    second = member("Y", "LD", primary=False, head=True)
    found = facts(memberships=[second, member()])
    assert found.months_in_unit == {"X": 12}
    assert found.head_months == {}
    assert found.unit_at_end == "X"
    assert months(memberships=[second]) == []


def test_the_required_days_are_a_setting_of_the_sheet() -> None:
    book = book_of(person=change(PERSON_SHEET, eligibility={"month_min_days": 10}))
    file = file_of(memberships=[member(first="2026-11-21")])
    assert len(months_of(book, file)) == 1
    assert months_of(BOOK, file) == ()


def test_the_position_held_for_most_months_decides() -> None:
    rows = [
        member("X", "CV", last="2026-01-31"),
        member("X", "LD", first="2026-02-01", last="2026-04-30"),
        member("Y", "CV", first="2026-05-01", last="2026-05-31"),
        member("Y", "BV", first="2026-06-01", last="2026-07-31"),
    ]
    assert facts(memberships=rows).position == "CV"  # 2 + 1 months, the last after those of LD
    rows[2] = member("Y", "TV", first="2026-05-01", last="2026-05-31")
    assert facts(memberships=rows).position == "LD"


def test_of_positions_held_equally_long_the_later_one_decides() -> None:
    rows = [
        member("X", "LD", last="2026-02-28"),
        member("X", "CV", first="2026-03-01", last="2026-08-31"),
        member("X", "LD", first="2026-09-01"),
    ]
    assert facts(memberships=rows).position == "LD"
    halves = [member("X", "LD", last="2026-05-31"), member("X", "CV", first="2026-06-01")]
    assert facts(memberships=halves).position == "CV"
    rows = [*rows[:2], member("X", "LD", first="2026-09-01", last="2026-11-10")]
    assert facts(memberships=rows).position == "CV"


def test_a_head_counts_the_months_of_memberships_as_head() -> None:
    rows = [
        member("X", head=True, last="2026-02-28"),
        member("X", first="2026-03-01", last="2026-07-31"),
        member("Y", head=True, first="2026-08-01"),
    ]
    found = facts(memberships=rows)
    assert found.months_in_unit == {"X": 8, "Y": 4}
    assert found.head_months == {"X": 3, "Y": 4}


@pytest.mark.parametrize(("last", "unit"), [(None, "X"), ("2026-11-30", "X"), ("2026-11-29", None)])
def test_the_unit_at_the_end_is_that_of_the_last_day(last: str | None, unit: str | None) -> None:
    found = facts(memberships=[member(last=last, head=True)])
    assert found.unit_at_end == unit
    assert found.head_at_end == (unit is not None)


def test_who_is_absent_on_the_last_day_is_in_the_unit_all_the_same() -> None:
    assert facts(absences=[absent("2026-06-01", None)]).unit_at_end == "X"


@pytest.mark.parametrize(
    ("row", "is_member"),
    [
        (PARTY, True),
        (PartyMembership(person="P", to=PERIOD.end), True),
        (PartyMembership(person="P", to=PERIOD.start), False),
    ],
)
def test_a_party_member_is_one_on_the_last_day(row: PartyMembership, is_member: bool) -> None:
    assert facts(party=[row]).party_member == is_member


def test_who_has_no_eligible_month_is_excluded() -> None:
    excluded = assessed(said(1, "completed"), memberships=[])
    assert excluded.excluded == "NO_ELIGIBLE_MONTHS"
    assert excluded.facts is None
    assert excluded.scores == {}
    assert assessed().excluded is None


# ---- courses


DAYS = [f"2026-03-{day}T08:00:00+07:00" for day in (10, 11, 12)]


@pytest.mark.parametrize(
    ("course", "rows", "at"),
    [
        ("R1", [("completed", DAYS[1]), ("completed", DAYS[0])], DAYS[0]),
        ("R1", [("completed", DAYS[0]), ("completed", DAYS[1])], DAYS[0]),
        ("E1", [("passed", DAYS[0]), ("passed", DAYS[1])], DAYS[0]),
        ("R1", [("passed", DAYS[0])], None),
        ("R3", [("completed", DAYS[0])], None),
        ("R3", [("completed", DAYS[0]), ("passed", DAYS[1])], DAYS[1]),
        ("E1", [("passed", DAYS[1]), ("completed", DAYS[0])], DAYS[0]),
        ("E1", [("passed", DAYS[1])], DAYS[1]),
        ("R2", [("passed", DAYS[1])], None),
        ("R2", [("passed", DAYS[1]), ("completed", DAYS[0])], DAYS[1]),
        ("R2", [("passed", DAYS[0]), ("passed", DAYS[2]), ("completed", DAYS[1])], DAYS[1]),
    ],
)
def test_a_course_is_complete_when_its_move_on_is_met(
    course: str, rows: list[tuple[str, str]], at: str | None
) -> None:
    evidence = [said(n + 1, verb, course, at=when) for n, (verb, when) in enumerate(rows)]
    expected = {} if at is None else {course: parse_timestamp(at)}
    assert facts(*evidence).completed == expected


def test_one_statement_may_complete_and_pass() -> None:
    both = said(1, "completed", "R2", passed=True)
    assert facts(both).completed == {"R2": both.at}


def test_what_is_kept_out_completes_nothing() -> None:
    assert facts(said(1, "completed", voided=2)).completed == {}


@pytest.mark.parametrize(
    ("at", "overdue"),
    [
        ("2026-10-31T23:59:59+07:00", ("R2",)),
        ("2026-10-31T17:00:00Z", ("R1", "R2")),
        ("2026-11-01T00:00:00+07:00", ("R1", "R2")),
    ],
)
def test_a_required_course_is_overdue_after_the_day_of_the_deadline(
    at: str, overdue: tuple[str, ...]
) -> None:
    found = facts(said(1, "completed", at=at))
    assert found.overdue == overdue
    assert "R1" in found.completed


@pytest.mark.parametrize(("first", "overdue"), [("2026-10-10", ("R1", "R2")), ("2026-10-20", ())])
def test_nothing_is_overdue_for_who_came_after_the_month_of_the_deadline(
    first: str, overdue: tuple[str, ...]
) -> None:
    assert facts(memberships=[member(first=first)]).overdue == overdue


def test_a_position_that_requires_nothing_has_nothing_overdue() -> None:
    found = facts(memberships=[member(position="TV")])
    assert found.overdue == ()
    assert found.is_complete
    assert found.last_required_completion is None


def test_the_last_required_completion_is_known_when_all_are_complete() -> None:
    first, second = said(1, "completed", at=DAYS[0]), said(2, "completed", "R2", at=DAYS[2])
    passed = said(3, "passed", "R2", at=DAYS[1])
    assert facts(first, second).last_required_completion is None
    assert facts(first, second, passed).last_required_completion == second.at


# ---- time


@pytest.mark.parametrize(("minutes", "active"), [(60, ("2026-03",)), (Fraction(5999, 100), ())])
def test_a_month_is_active_from_the_minutes_of_the_sheet(
    minutes: Fraction | int, active: tuple[str, ...]
) -> None:
    assert active_months(studied(1, minutes - 20), studied(2, 20)) == active


def active_months(*evidence: Evidence, **more: Any) -> tuple[str, ...]:
    found = facts(*evidence, **more)
    return tuple(BOOK.days.months[number] for number in found.active_months)


def test_only_credited_time_makes_a_month_active() -> None:
    rows = studied(1, 120, at="2026-03-10T08:00:00Z"), studied(2, 100, at="2026-04-10T08:00:00Z")
    assert active_months(*rows) == ("2026-03",)  # 30 of the second are within the cap of 150


def test_the_month_of_a_statement_is_the_local_one() -> None:
    assert active_months(studied(1, 60, at="2026-03-31T17:00:00Z")) == ("2026-04",)


def test_a_month_on_leave_is_not_active_but_its_minutes_count() -> None:
    row, leave = studied(1, 60), absent("2026-03-01", "2026-03-31")
    found = facts(row, absences=[leave])
    assert found.active_months == ()
    assert found.credited == {"R1": 60 * 60_000_000}


def test_a_sheet_that_asks_for_no_minutes_has_every_month_active() -> None:
    criteria = [dict(leaf) for leaf in PERSON_SHEET["criteria"]]
    criteria[2]["active_month_minutes"] = 0
    book = book_of(person=change(PERSON_SHEET, criteria=criteria))
    assert len(facts(book=book).active_months) == 12


def test_reported_time_is_what_was_admitted_and_credited_what_fits_the_cap() -> None:
    found = facts(studied(1, 100), studied(2, 80), studied(3, 9, voided=4))
    assert found.reported == {"R1": 180 * 60_000_000}
    assert found.credited == {"R1": 150 * 60_000_000}
    assert sum(found.time_by_month) == 150 * 60_000_000


# ---- exams, levels, declarations


def test_the_best_score_of_a_course_with_an_exam_counts() -> None:
    rows = [
        said(1, "passed", score="0.8"),
        said(2, "failed", score="0.85"),
        said(3, "scored", score="0.95", voided=9),
        said(4, "passed", "R3", score="1"),  # no exam
        said(5, "passed", "E1", score="0.5"),
    ]
    found = facts(*rows)
    assert found.exam == {"R1": Fraction("0.85"), "E1": Fraction("0.5")}
    assert found.exam_mean == Fraction("0.425")  # R1 and R2, which has no result


def test_the_mean_is_none_where_no_required_course_has_an_exam() -> None:
    assert facts(memberships=[member(position="BV")]).exam_mean is None
    assert facts(memberships=[member(position="LD")]).exam_mean == 0


@pytest.mark.parametrize(
    ("more", "attained"),
    [
        ({}, 4),
        ({"framework": "TT02-2025"}, 0),
        ({"verified": False}, 0),
        ({"day": "2026-11-30"}, 4),
        ({"day": "2026-12-01"}, 0),
        ({"valid_to": PERIOD.end}, 4),
        ({"valid_to": PERIOD.start}, 0),
    ],
)
def test_a_level_counts_while_it_holds_on_the_last_day(more: Any, attained: int) -> None:
    assert facts(competences=[level(4, **more)]).attained_level == attained


def test_the_highest_level_counts() -> None:
    assert facts(competences=[level(2), level(5), level(3)]).attained_level == 5


def test_items_count_by_their_decision_if_they_are_of_the_period() -> None:
    items = [
        item("1", "news"),
        item("2", "news", decision="pending"),
        item("3", "news", decision="rejected", self_declared=False),
        item("4", "news", "2025-11-30"),
        item("5", "news", "2026-11-30"),
        item("6", "news", "2026-12-01"),
        item("7", "prize", "2025-12-01", self_declared=False),
    ]
    assert facts(items=items).declared == {
        "news": Declared(by_self=3, accepted=2, pending=1, value=None),
        "prize": Declared(by_self=0, accepted=1, pending=0, value=None),
    }


def test_a_correction_decides_on_an_item_anew() -> None:
    book = book_of(corrections=[Correction("decide_declaration", item="1", decision="accepted")])
    items = [item("1", "news", decision="rejected"), item("2", "news", decision="rejected")]
    assert facts(items=items, book=book).declared["news"].accepted == 1


@pytest.mark.parametrize("reverse", [False, True])
def test_the_value_of_a_kind_is_that_of_its_last_accepted_item(reverse: bool) -> None:
    items = [
        item("1", "appraisal", "2026-03-01", value=Decimal(7)),
        item("2", "appraisal", "2026-05-01", value=Decimal(8)),
        item("3", "appraisal", "2026-06-01", value=Decimal(9), decision="pending"),
        item("4", "appraisal", "2026-07-01"),
    ]
    found = facts(items=items[::-1] if reverse else items)
    assert found.declared["appraisal"].value == 8


def test_a_period_of_another_length_has_its_own_months() -> None:
    period = msgspec.structs.replace(PERIOD, end=PERIOD.start.replace(day=31))
    found = facts(studied(1, 60, at="2025-12-10T08:00:00Z"), book=book_of(period=period))
    assert len(found.months) == len(found.active_months) == 1

"""A unit's points by each kind of criterion, bonus and penalty."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from projections.scoring.inputs import Evidence, PersonFile, UnitFile
from projections.scoring.units import UnitAssessment
from schemas.register import Item
from tests.projections.scoring.examples import (
    PARTY,
    PERIOD,
    PERSON_SHEET,
    UNIT_SHEET,
    absent,
    book_of,
    file_of,
    item,
    level,
    member,
    results,
    said,
    unit_of,
    with_criteria,
)

BOOK = book_of()
COMPLETE = (said(1, "completed", "R1"), said(2, "completed", "R2", passed=True))
Person = tuple[PersonFile, Sequence[Evidence]]


def learner(name: str, complete: bool = True, **more: Any) -> Person:
    return file_of(name, **more), COMPLETE if complete else ()


def unit(*people: Person, file: UnitFile | None = None, book: Any = BOOK) -> UnitAssessment:
    return results(*people, units=[file or unit_of("X")], book=book).units["X"]


def points_of(leaf: dict[str, Any], *people: Person, **more: Any) -> str:
    """The points of the only criterion of a unit's sheet."""
    book = book_of(unit=with_criteria(UNIT_SHEET, leaf))
    [score] = unit(*people, book=book, **more).scores.values()
    return str(score)


# ---- which units, whose people


@pytest.mark.parametrize(
    ("more", "has_result"),
    [
        ({}, True),
        ({"evaluated": False}, False),
        ({"from_": PERIOD.end}, True),
        ({"to": PERIOD.end}, True),
        ({"to": PERIOD.start}, False),
    ],
)
def test_results_are_for_evaluated_units_of_the_last_day(more: Any, has_result: bool) -> None:
    assert ("X" in results(units=[unit_of("X", **more)]).units) == has_result


def test_a_units_people_are_its_own_and_not_those_below_it() -> None:
    below = learner("Q", memberships=[member("Y")])
    found = results(learner("P"), below, units=[unit_of("X"), unit_of("Y", parent="X")])
    assert [each.person for each in found.units["X"].facts.members] == ["P"]
    assert [each.person for each in found.units["Y"].facts.members] == ["Q"]


def test_members_are_scored_people_who_are_there_at_the_end() -> None:
    left = learner("L", memberships=[member(last="2026-09-30")])
    excluded = learner("E", absences=[absent(None, None)])
    row = msgspec.structs.replace(member(), category="nguoi_lao_dong")
    worker = learner("W", memberships=[row])
    facts = unit(left, excluded, worker).facts
    assert [each.person for each in facts.members] == ["W"]
    assert {share.assessment.person: share.months for share in facts.shares} == {"L": 10, "W": 12}


# ---- the kinds of the case format


@pytest.mark.parametrize(
    ("plans", "scored"),
    [
        ([], "0.00"),
        (["2026-03-31"], "10.00"),
        (["2026-04-01"], "6.00"),
        (["2026-04-30"], "6.00"),
        (["2026-05-01"], "3.00"),
        (["2026-05-01", "2026-01-01"], "10.00"),
        (["2026-11-30"], "3.00"),
        (["2026-12-01"], "0.00"),
    ],
)
def test_the_earliest_plan_of_the_period_is_scored_by_its_day(
    plans: list[str], scored: str
) -> None:
    assert str(unit(file=unit_of(plans=plans)).scores["U1"]) == scored


PROPAGANDA = UNIT_SHEET["criteria"][1]
SESSION = item("s", "party_session")


@pytest.mark.parametrize(
    ("count", "others", "scored"),
    [
        (5, [SESSION], "10.00"),
        (6, [SESSION], "10.00"),
        (5, [], "6.00"),
        (2, [], "4.00"),
        (5, [item("s", "party_session", decision="pending")], "6.00"),
        (5, [item("s", "party_session", "2026-12-01")], "6.00"),
    ],
)
def test_without_a_party_session_another_cap_holds(
    count: int, others: list[Item], scored: str
) -> None:
    told = [item(str(number), "propaganda") for number in range(count)]
    assert points_of(PROPAGANDA, file=unit_of(items=told + others)) == scored


RATIO = {"kind": "member_ratio", "max": 10, "measure": "required_courses_complete", "target": "0.8"}


@pytest.mark.parametrize(
    ("complete", "others", "scored"),
    [(0, 0, "0.00"), (1, 1, "6.25"), (4, 1, "10.00"), (3, 0, "10.00"), (0, 3, "0.00")],
)
def test_the_ratio_of_members_is_scored_against_its_target(
    complete: int, others: int, scored: str
) -> None:
    people = [learner(f"P{n}", complete=n < complete) for n in range(complete + others)]
    assert points_of(RATIO, *people) == scored


def test_members_with_nothing_to_complete_count_as_complete() -> None:
    assert (
        points_of(RATIO, learner("P", complete=False, memberships=[member(position="TV")]))
        == "10.00"
    )


def test_the_level_of_members_is_held_against_their_positions() -> None:
    leaf = RATIO | {"measure": "competence_level_met", "target": 1}
    people = [learner(f"P{n}", competences=[level(n)]) for n in (2, 3, 4)]
    assert points_of(leaf, *people) == "6.67"


def test_any_course_is_a_measure_too() -> None:
    leaf = RATIO | {"measure": "any_course_complete", "target": 1}
    elective = file_of("Q"), [said(1, "passed", "E1")]
    assert points_of(leaf, elective, learner("R", complete=False)) == "5.00"


MEAN = {"kind": "weighted_mean_personal", "max": 15}


def test_personal_scores_are_weighed_by_months_also_of_those_who_left() -> None:
    """60 points for 12 months, 0 for the 4 months of who left for another unit."""
    moved = [member("X", last="2026-03-31"), member("Y", first="2026-04-01")]
    full = {"kind": "manual", "id": "A", "max": 100, "evidence": "conduct"}
    person = with_criteria(PERSON_SHEET, full)
    person.pop("penalty")
    book = book_of(person=person, unit=with_criteria(UNIT_SHEET, MEAN))
    sixty = item("1", "conduct", value=Decimal(60))
    people = (file_of("P", items=[sixty]), ()), (file_of("Q", memberships=moved), ())
    assert str(unit(*people, book=book).scores["weighted_mean_personal"]) == "6.75"  # 15 x 45/100


def test_the_mean_is_of_the_maximum_of_the_sheet_of_persons() -> None:
    full = {"kind": "manual", "id": "A", "max": 40, "evidence": "conduct"}
    person = with_criteria(PERSON_SHEET, full)
    person.pop("penalty")
    book = book_of(person=person, unit=with_criteria(UNIT_SHEET, MEAN))
    given = item("1", "conduct", value=Decimal(20))
    assert str(unit((file_of(items=[given]), ()), book=book).base) == "7.50"


def test_a_unit_without_months_has_no_mean() -> None:
    assert points_of(MEAN) == "0.00"


def test_a_heads_blend_does_not_enter_the_mean() -> None:
    head = learner("P", memberships=[member(head=True)])
    found = results(head, units=[unit_of()])
    mean = Decimal(found.units["X"].scores["U5"]) / 15 * 100
    assert abs(mean - found.people["P"].personal) < Decimal("0.1")
    assert found.finals["P"].final != found.people["P"].personal


PIONEERS = {"kind": "pioneers", "max": 10, "head_complete": 4, "party_ratio": 6}


def test_pioneers_are_the_head_and_the_party_members() -> None:
    head = learner("H", memberships=[member(head=True)])
    idle_head = learner("H", complete=False, memberships=[member(head=True)])
    party = learner("P", party=[PARTY]), learner("Q", complete=False, party=[PARTY])
    assert points_of(PIONEERS, head, *party) == "7.00"  # 4 + 6 x 1/2
    assert points_of(PIONEERS, idle_head, *party) == "3.00"
    assert points_of(PIONEERS, *party) == "3.00"


def test_without_party_members_all_members_are_the_pioneers() -> None:
    people = learner("P"), learner("Q", complete=False), learner("R", complete=False)
    assert points_of(PIONEERS, *people) == "2.00"
    assert points_of(PIONEERS) == "0.00"


def test_a_head_who_is_excluded_or_has_left_is_no_head() -> None:
    excluded = learner("H", memberships=[member(head=True)], absences=[absent(None, None)])
    left = learner("L", memberships=[member(head=True, last="2026-09-30")])
    assert points_of(PIONEERS, excluded, left) == "0.00"


# ---- further kinds


@pytest.mark.parametrize(
    ("reports", "scored"),
    [
        ([], "6.00"),
        ([("2026-03-10", "2026-03-10"), ("2026-06-10", None)], "3.00"),
        ([("2026-03-10", "2026-03-11")], "0.00"),
        ([("2026-03-10", "2026-03-01"), ("2026-12-10", None)], "6.00"),
    ],
)
def test_reports_are_scored_by_the_ratio_on_time(reports: Any, scored: str) -> None:
    leaf = {"kind": "report_timeliness", "max": 6}
    assert points_of(leaf, file=unit_of(reports=reports)) == scored


def test_units_are_appraised_and_measured_by_items_with_a_value() -> None:
    file = unit_of(items=[item("1", "effect", value=Decimal("0.5"))])
    assert points_of({"kind": "manual", "max": 4, "evidence": "effect"}, file=file) == "0.50"
    measured = {"kind": "external_value", "max": 4, "evidence": "effect", "target": 1}
    assert points_of(measured, file=file) == "2.00"


# ---- bonus, penalty, final


@pytest.mark.parametrize(
    ("due", "submitted", "blocks"),
    [
        ("2026-03-10", "2026-03-10", 0),
        ("2026-03-10", "2026-03-05", 0),
        ("2026-03-10", "2026-03-11", 1),
        ("2026-03-10", "2026-03-17", 1),  # 5 working days
        ("2026-03-10", "2026-03-18", 2),
        ("2026-03-13", "2026-03-15", 0),  # a weekend
        ("2025-12-31", "2026-01-01", 0),  # a holiday
        ("2026-01-09", "2026-01-11", 1),  # a Saturday declared a working day
        ("2026-11-20", None, 2),  # 6 working days to the end of the period
        ("2026-11-20", "2027-03-01", 2),
        ("2026-11-30", None, 0),
        ("2025-11-28", None, 0),  # not due in the period
        ("2026-12-01", None, 0),
    ],
)
def test_late_reports_are_counted_in_blocks_of_working_days_begun(
    due: str, submitted: str | None, blocks: int
) -> None:
    assert unit(file=unit_of(reports=[(due, submitted)])).penalty_counts["UP1"] == blocks


def test_blocks_are_counted_report_by_report() -> None:
    late = [("2026-03-10", "2026-03-11"), ("2026-04-14", "2026-04-15")]
    found = unit(file=unit_of(reports=late))
    assert found.penalty_counts["UP1"] == 2
    assert str(found.penalty) == "2.00"


def test_the_final_score_of_a_unit_is_kept_within_0_and_the_maximum() -> None:
    lies = [item(str(number), "misreport_finding") for number in range(3)]
    found = unit(file=unit_of(items=lies))
    assert (str(found.base), str(found.penalty), str(found.final)) == ("0.00", "4.00", "0.00")
    assert found.band == "CHUA_DAT"


def test_bonus_is_added_to_the_base() -> None:
    model = item("1", "replicated_model")
    found = unit(file=unit_of(items=[model], plans=["2026-01-01"]))
    assert (str(found.base), str(found.bonus), str(found.final)) == ("10.00", "2.00", "12.00")

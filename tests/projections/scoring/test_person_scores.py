"""A person's points by each kind of criterion, bonus, penalty, and the final score."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from projections.scoring.inputs import Evidence
from schemas.register import Item
from tests.projections.scoring.examples import (
    PARTY,
    PERSON_SHEET,
    UNIT_SHEET,
    absent,
    assessed,
    book_of,
    change,
    file_of,
    item,
    level,
    member,
    results,
    said,
    studied,
    unit_of,
    with_criteria,
)

BOOK = book_of()
A, B, C, D, E, F = (leaf["id"] for leaf in PERSON_SHEET["criteria"])


def points(criterion: str, *evidence: Evidence, **more: Any) -> str:
    return str(assessed(*evidence, book=BOOK, **more).scores[criterion])


def points_of(leaf: dict[str, Any], *evidence: Evidence, **more: Any) -> str:
    """The points of the only criterion of a sheet."""
    book = book_of(person=with_criteria(PERSON_SHEET, leaf))
    [score] = assessed(*evidence, book=book, **more).scores.values()
    return str(score)


# ---- the kinds of the case format


def test_required_courses_are_scored_by_the_ratio_that_is_complete() -> None:
    head = [member(position="LD")]
    assert points(A, memberships=head) == "0.00"
    assert points(A, said(1, "completed"), memberships=head) == "10.00"
    assert points(A, said(1, "completed")) == "15.00"
    assert points(A, said(1, "completed", "E1")) == "0.00"


def test_who_needs_no_course_has_all_points_for_required_ones() -> None:
    assert points(A, memberships=[member(position="TV")]) == "30.00"


@pytest.mark.parametrize(
    ("minutes", "scored"),
    [(150, "1.25"), (100, "0.83"), (Fraction(1, 1000), "0.00"), (Fraction(6, 10), "0.01")],
)
def test_hours_are_scored_in_proportion_to_the_target(minutes: Any, scored: str) -> None:
    assert points(B, studied(1, minutes)) == scored


def test_the_target_is_in_proportion_to_the_eligible_months() -> None:
    on_leave = [absent("2026-01-01", "2026-11-30")]
    assert points(B, studied(1, 75), absences=on_leave) == "7.50"  # 75 of 150 minutes
    assert points(B, studied(1, 150), studied(2, 60, course="E1"), absences=on_leave) == "15.00"


def months_with_an_hour(count: int) -> list[Evidence]:
    courses = ("R1", "R2", "R3")
    days = [f"20{26 if month < 12 else 25}-{month:02}-10T08:00:00Z" for month in range(1, 13)]
    return [
        studied(n + 1, 30, course=courses[n % 3], at=days[n // 2 % 12], registration=f"{n:032}")
        for n in range(2 * count)
    ]


@pytest.mark.parametrize(
    ("active", "scored"), [(0, "0.00"), (1, "4.00"), (2, "8.00"), (3, "12.00"), (4, "15.00")]
)
def test_regularity_is_the_first_tier_reached(active: int, scored: str) -> None:
    rows = [member(first="2026-01-01", last="2026-05-31")]  # five months
    assert points(C, *months_with_an_hour(active), memberships=rows) == scored


def test_a_ratio_just_below_a_tier_does_not_reach_it() -> None:
    rows = [member(first="2026-01-01", last="2026-06-30")]
    assert points(C, *months_with_an_hour(4), memberships=rows) == "12.00"  # 4/6 < 0.8
    assert points(C, *months_with_an_hour(1), memberships=rows) == "0.00"  # 1/6 < 0.2


@pytest.mark.parametrize(
    ("attained", "scored"), [(5, "15.00"), (3, "15.00"), (2, "8.00"), (1, "0.00")]
)
def test_competence_is_scored_by_what_lacks(attained: int, scored: str) -> None:
    assert points(D, competences=[level(attained)]) == scored


@pytest.mark.parametrize(
    ("scores", "scored"),
    [
        (("0.9", "0.9"), "10.00"),
        (("0.9", "0.8999"), "8.00"),
        (("1", "0.3"), "6.00"),
        (("1", None), "4.00"),
        (("0.99", None), "0.00"),
        ((None, None), "0.00"),
    ],
)
def test_exams_are_scored_by_their_exact_mean(
    scores: tuple[str | None, str | None], scored: str
) -> None:
    rows = [
        said(number, "scored", course, score=score)
        for number, (course, score) in enumerate(zip(("R1", "R2"), scores, strict=True), 1)
        if score is not None
    ]
    assert points(E, *rows) == scored


def test_who_needs_no_exam_has_all_points_for_exams() -> None:
    assert points(E, memberships=[member(position="BV")]) == "10.00"


def items(*kinds: str) -> list[Item]:
    return [item(str(number), kind) for number, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("kinds", "scored"),
    [
        ([], "0.00"),
        (["digital_material"], "5.00"),
        (["digital_material"] * 3, "10.00"),  # the cap of the item
        (["digital_material"] * 2 + ["sharing_session"] * 2, "15.00"),  # that of the criterion
        (["news_article", "something_else"], "1.00"),
    ],
)
def test_declared_items_are_capped_one_by_one_and_together(kinds: list[str], scored: str) -> None:
    assert points(F, items=items(*kinds)) == scored


# ---- further kinds


TIERED_HOURS = {
    "kind": "hours_tiers",
    "max": 5,
    "course_minutes_cap_factor": 1,
    "tiers": [
        {"min_minutes_per_12_months": 240, "score": 5},
        {"min_minutes_per_12_months": 120, "score": "2.5"},
    ],
    "otherwise": "0.5",
}


@pytest.mark.parametrize(
    ("minutes", "months", "scored"),
    [(120, 12, "2.50"), (119, 12, "0.50"), (20, 1, "5.00"), (10, 1, "2.50"), (9, 1, "0.50")],
)
def test_hours_in_tiers_are_in_proportion_to_the_eligible_months(
    minutes: int, months: int, scored: str
) -> None:
    absences = [] if months == 12 else [absent("2026-01-01", None)]
    rows = studied(1, minutes - 5), studied(2, 5, course="E1")
    if minutes > 100:  # both within the caps of 100 and 60 minutes
        rows = studied(1, 100), studied(2, minutes - 100, course="E1")
    assert points_of(TIERED_HOURS, *rows, absences=absences) == scored


def test_hours_in_tiers_are_capped_by_course() -> None:
    assert points_of(TIERED_HOURS, studied(1, 500)) == "0.50"  # 100 credited


EXAM = {
    "kind": "exam_score",
    "max": 10,
    "course": "E1",
    "tiers": [{"min": "0.8", "score": 10}, {"min": "0.5", "score": 5}],
    "otherwise": 1,
}


@pytest.mark.parametrize(
    ("rows", "scored"),
    [
        ([], "1.00"),
        (["0.79", "0.5"], "5.00"),
        (["0.5", "0.8"], "10.00"),
    ],
)
def test_the_best_score_of_a_named_course_counts(rows: list[str], scored: str) -> None:
    evidence = [said(n, "scored", "E1", score=score) for n, score in enumerate(rows, 1)]
    other = said(9, "scored", "R1", score="1")
    assert points_of(EXAM, *evidence, other) == scored


@pytest.mark.parametrize(
    ("courses", "scored"), [(None, "3.00"), ("required", "1.50"), ("elective", "1.50")]
)
def test_completions_are_counted(courses: str | None, scored: str) -> None:
    leaf = {"kind": "completions_count", "max": 5, "per_item": "1.5", "cap": 4, "courses": courses}
    rows = said(1, "completed", "R1"), said(2, "completed", "E1")
    assert points_of(leaf, *rows) == scored
    assert points_of(leaf | {"cap": 1}, *rows) == "1.00"


@pytest.mark.parametrize(
    ("value", "scored"), [(None, "0.00"), ("6.25", "6.25"), ("11", "10.00"), ("-1", "0.00")]
)
def test_an_appraiser_gives_the_points_of_a_manual_criterion(
    value: str | None, scored: str
) -> None:
    leaf = {"kind": "manual", "max": 10, "evidence": "conduct"}
    given = [] if value is None else [item("1", "conduct", value=Decimal(value))]
    assert points_of(leaf, items=given) == scored


@pytest.mark.parametrize(
    ("value", "scored"), [(None, "0.00"), ("0.75", "9.38"), ("0.8", "10.00"), ("3", "10.00")]
)
def test_a_figure_of_another_system_counts_by_its_part_of_the_target(
    value: str | None, scored: str
) -> None:
    leaf = {"kind": "external_value", "max": 10, "evidence": "output", "target": "0.8"}
    given = [] if value is None else [item("1", "output", value=Decimal(value))]
    assert points_of(leaf, items=given) == scored


def test_declared_items_of_one_kind_are_counted() -> None:
    leaf = {"kind": "declared_count", "max": 3, "evidence": "news", "per_item": 2, "cap": 5}
    assert points_of(leaf, items=items("news")) == "2.00"
    assert points_of(leaf, items=items("news", "news")) == "3.00"  # never above the maximum


# ---- bonus, penalty, personal


def test_bonus_counts_electives_and_declared_items_each_within_its_cap() -> None:
    electives = said(1, "passed", "R3"), said(2, "passed", "E1")
    assessment = assessed(*electives, items=items("skills_prize", "skills_prize"))
    assert assessment.bonus_counts == {"T1": 2, "T2": 2}
    assert str(assessment.bonus) == "4.00"  # 2 + min(2, 4)


def test_a_block_has_a_cap_of_its_own() -> None:
    bonus = change(PERSON_SHEET["bonus"], cap=3)
    book = book_of(person=change(PERSON_SHEET, bonus=bonus))
    rows = said(1, "passed", "R3"), said(2, "passed", "E1")
    assert str(assessed(*rows, items=items("skills_prize"), book=book).bonus) == "3.00"


def test_a_course_that_others_must_take_is_an_elective() -> None:
    assert assessed(said(1, "passed", "R3")).bonus_counts["T1"] == 1
    head = [member(position="LD")]
    assert assessed(said(1, "passed", "R3"), memberships=head).bonus_counts["T1"] == 0


def test_penalty_counts_overdue_courses_and_blocks_awards_where_the_sheet_says_so() -> None:
    assessment = assessed()
    assert assessment.penalty_counts == {"P1": 2, "P2": 0}
    assert (str(assessment.penalty), assessment.award_blocked) == ("4.00", False)
    fraud = assessed(items=items("fraud_conclusion"))
    assert (str(fraud.penalty), fraud.award_blocked) == ("10.00", True)


def test_the_personal_score_is_kept_within_0_and_the_maximum() -> None:
    assert str(assessed().personal) == "0.00"  # no points, a penalty of 4
    full = {"kind": "manual", "max": 100, "evidence": "conduct"}
    book = book_of(person=with_criteria(PERSON_SHEET, full))
    given = [item("v", "conduct", value=Decimal(100)), *items("skills_prize")]
    rows = said(1, "completed"), said(2, "completed", "R2", passed=True)
    assessment = assessed(*rows, items=given, book=book)
    assert (str(assessment.base), str(assessment.bonus)) == ("100.00", "2.00")
    assert str(assessment.personal) == "100.00"


def test_each_criterion_is_rounded_and_the_base_is_their_sum() -> None:
    thirds = [
        {"kind": "external_value", "id": name, "max": 10, "evidence": "x", "target": 3}
        for name in ("A", "B", "C")
    ]
    book = book_of(person=with_criteria(PERSON_SHEET, *thirds))
    given = [item("1", "x", value=Decimal("0.5"))]
    assessment = assessed(items=given, book=book)
    assert {str(score) for score in assessment.scores.values()} == {"1.67"}
    assert str(assessment.base) == "5.01"


# ---- the final score and the band


def final(
    points: str, unit_value: str = "0", sheet: dict[str, Any] = PERSON_SHEET, **more: Any
) -> Any:
    """The final score of who has these points, in a unit X that has its own."""
    leaf = {"kind": "manual", "id": "A", "max": 100, "evidence": "conduct"}
    without = with_criteria(sheet, leaf)
    without.pop("penalty")
    without["gates"] = sheet["gates"]
    unit = with_criteria(UNIT_SHEET, leaf)
    for block in ("bonus", "penalty"):
        unit.pop(block)
    book = book_of(person=without, unit=unit)
    file = file_of(items=[item("v", "conduct", value=Decimal(points))], **more)
    in_x = unit_of("X", items=[item("u", "conduct", value=Decimal(unit_value))])
    return results((file, []), units=[in_x], book=book).finals["P"]


@pytest.mark.parametrize(
    ("personal", "band"),
    [
        ("90", "XUAT_SAC"),
        ("89.99", "TOT"),
        ("70", "TOT"),
        ("69.99", "DAT"),
        ("50", "DAT"),
        ("49.99", "CHUA_DAT"),
        ("0", "CHUA_DAT"),
    ],
)
def test_the_band_is_the_first_whose_minimum_is_reached(personal: str, band: str) -> None:
    assert final(personal).band == band


def test_the_band_is_read_from_the_rounded_final_score() -> None:
    head = [member(head=True)]
    blended = final("90", "89.98", memberships=head)  # 89.996
    assert (str(blended.final), blended.band) == ("90.00", "XUAT_SAC")
    blended = final("90", "89.97", memberships=head)  # 89.994
    assert (str(blended.final), blended.band) == ("89.99", "TOT")


@pytest.mark.parametrize(
    ("last", "score"),
    [
        (None, "80.00"),  # 100 x 0.8 + 0 x 0.2
        ("2026-03-31", "93.33"),  # 4 of 12 months
        ("2026-02-28", "95.00"),  # 3 of 12 months
        ("2026-01-31", "100.00"),  # 2 months are too few
    ],
)
def test_a_head_answers_for_the_unit_by_the_months_at_its_head(
    last: str | None, score: str
) -> None:
    rows = [member(head=True, last=last)]
    if last is not None:
        day_after = date.fromisoformat(last) + timedelta(1)
        rows.append(member(first=day_after.isoformat()))
    assert str(final("100", "0", memberships=rows).final) == score


def test_months_of_several_units_add_up_and_units_without_results_do_not_count() -> None:
    rows = [
        member("X", head=True, last="2026-05-31"),
        member("Y", head=True, first="2026-06-01"),
    ]
    found = final("100", "0", memberships=rows)
    assert [(blend.unit, blend.weight) for blend in found.blends] == [("X", Fraction(1, 10))]
    assert str(found.final) == "90.00"


def test_a_sheet_without_a_blend_leaves_the_personal_score() -> None:
    sheet = change(PERSON_SHEET)
    sheet.pop("head_of_unit")
    assert str(final("100", "0", sheet, memberships=[member(head=True)]).final) == "100.00"


@pytest.mark.parametrize(
    ("personal", "party", "band"),
    [
        ("95", [PARTY], "TOT"),
        ("95", [], "XUAT_SAC"),
        ("100", [PARTY], "XUAT_SAC"),  # the criterion is at its maximum
        ("89", [PARTY], "TOT"),  # another band than the gate's
    ],
)
def test_a_gate_lowers_the_band_of_party_members_and_not_the_score(
    personal: str, party: list[Any], band: str
) -> None:
    found = final(personal, party=party)
    assert (found.band, str(found.final)) == (band, f"{personal}.00")


def test_gates_apply_one_after_another() -> None:
    gates = [
        {"if": "party_member", "level": level, "requires": {"criterion": "A", "at": "max"}}
        for level in ("XUAT_SAC", "TOT")
    ]
    found = final("95", sheet=change(PERSON_SHEET, gates=gates), party=[PARTY])
    assert (found.band, found.ungated) == ("DAT", "XUAT_SAC")
    found = final("95", sheet=change(PERSON_SHEET, gates=gates[::-1]), party=[PARTY])
    assert found.band == "TOT"

"""Every criterion says what it was computed from; what is listed is what was summed."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from projections.scoring import (
    explain,
    explain_unit,
    explanations_document,
    person_detail,
    results_document,
    unit_detail,
)
from projections.scoring.documents import minutes, moment, number, plain
from projections.scoring.inputs import Evidence
from schemas.formats import parse_timestamp
from tests.projections.scoring.examples import (
    PARTY,
    PERSON_SHEET,
    UNIT_SHEET,
    book_of,
    file_of,
    item,
    level,
    member,
    results,
    said,
    studied,
    unit_of,
    waive,
    with_criteria,
)

BOOK = book_of()
Lists = dict[str, dict[str, Any]]


def lists(*evidence: Evidence, book: Any = BOOK, **more: Any) -> Lists:
    """What is listed of a person, by criterion; statements by their numbers."""
    explanation = explain(book, file_of(**more), evidence)
    listed: Lists = explanations_document(book, "open", [explanation])["people"]["P"]
    return {
        criterion: {
            name: [numbered(id_) for id_ in found]
            if isinstance(found, list)
            else {numbered(id_): said for id_, said in found.items()}
            for name, found in lists.items()
        }
        for criterion, lists in listed.items()
    }


def numbered(id_: str) -> int:
    return int(id_.replace("-", ""), 16)


def counted(*statements: int) -> dict[str, Any]:
    return {"counted": list(statements), "not_counted": {}}


# ---- which statements are listed


@pytest.mark.parametrize(
    ("row", "is_listed"),
    [
        (said(1, "completed", "R1"), True),
        (said(1, "passed", "R1"), False),  # its move_on is Completed
        (said(1, "passed", "R1", completed=True), True),
        (said(1, "passed", "R2"), True),  # CompletedAndPassed
        (said(1, "completed", "R2"), True),
        (said(1, "completed", "E1"), False),  # not required
        (said(1, "completed", "none", voided=2), True),  # on no course, whatever else
        (said(1, "passed", "none"), True),
        (said(1, "scored", "none", score="1"), False),
    ],
)
def test_for_required_courses_what_their_move_on_uses_is_listed(
    row: Evidence, is_listed: bool
) -> None:
    found = lists(row)["A"]
    assert (1 in found["counted"] or 1 in found["not_counted"]) == is_listed


def test_what_is_on_no_course_is_listed_under_its_first_reason() -> None:
    rows = said(1, "completed", "none"), said(2, "completed", "none", voided=3)
    assert lists(*rows)["A"]["not_counted"] == {1: "UNMAPPED_COURSE", 2: "VOIDED"}


def test_every_completion_of_a_required_course_counts_and_not_only_the_first() -> None:
    rows = said(1, "completed"), said(2, "completed", at="2026-05-01T00:00:00Z")
    assert lists(*rows)["A"] == counted(1, 2)


def test_a_statement_that_a_correction_puts_to_a_course_is_listed_as_of_that_course() -> None:
    book = book_of(corrections=[waive(1, "UNMAPPED_COURSE", course="E1")])
    assert lists(said(1, "completed", "none"), book=book)["A"] == counted()
    book = book_of(corrections=[waive(1, "UNMAPPED_COURSE", course="R1")])
    assert lists(said(1, "completed", "none"), book=book)["A"] == counted(1)


def test_for_hours_and_regularity_all_learning_time_is_listed() -> None:
    rows = (
        studied(1, 100, course="E1", at="2026-03-01T00:00:00Z"),
        studied(2, 10, course="none"),
        studied(3, 10, voided=9),
        studied(4, 10, at="2025-01-01T00:00:00Z"),
        said(5, "completed"),
    )
    found = lists(*rows)
    assert found["B"] == found["C"]
    assert found["B"] == {
        "counted": [1],
        "not_counted": {2: "UNMAPPED_COURSE", 3: "VOIDED", 4: "OUT_OF_PERIOD"},
        "partly_counted": {1: "90.00"},
    }


def test_time_beyond_the_cap_is_not_counted_and_may_be_partly_counted() -> None:
    first, second, third = (f"2026-03-0{day}T00:00:00Z" for day in (1, 2, 3))
    rows = studied(1, 10, at=third), studied(2, 80, at=second), studied(3, 100, at=first)
    assert lists(*rows)["B"] == {
        "counted": [2, 3],
        "not_counted": {1: "MINUTES_CAPPED"},
        "partly_counted": {2: "50.00"},
    }


def test_a_completion_with_time_beyond_the_cap_still_counts_as_a_completion() -> None:
    rows = studied(1, 150), said(2, "completed", platform="b", minutes=5, at="2026-04-01T00:00:00Z")
    found = lists(*rows)
    assert found["A"]["counted"] == [2]
    assert found["B"]["not_counted"] == {2: "MINUTES_CAPPED"}


@pytest.mark.parametrize(
    ("row", "is_listed"),
    [
        (said(1, "failed", "R1", score="0"), True),
        (said(1, "passed", "R1"), False),
        (said(1, "scored", "E1", score="1"), False),  # not required
        (said(1, "scored", "R3", score="1"), False),
        (said(1, "scored", "none", score="1"), True),
    ],
)
def test_for_exams_scores_of_required_courses_with_one_are_listed(
    row: Evidence, is_listed: bool
) -> None:
    found = lists(row)["E"]
    assert (1 in found["counted"] or 1 in found["not_counted"]) == is_listed


def test_a_required_course_without_an_exam_lists_no_scores() -> None:
    head = [member(position="LD")]
    found = lists(said(1, "scored", "R3", score="1"), memberships=head)
    assert found["E"] == counted()


# ---- all kinds say their inputs


def inputs(criterion: str, *evidence: Evidence, **more: Any) -> Any:
    return plain(explain(BOOK, file_of(**more), evidence).criteria[criterion].inputs)


def test_every_criterion_of_a_person_says_its_inputs() -> None:
    rows = said(1, "completed", score=None), said(2, "scored", score="0.9"), studied(3, 90)
    assert inputs("A", *rows) == {"complete": 1, "required": 2}
    assert inputs("B", *rows) == {
        "credited_minutes": "90",
        "target_minutes": "1800",
        "eligible_months": 12,
    }
    assert inputs("C", *rows) == {
        "active_months": 1,
        "eligible_months": 12,
        "active_month_minutes": "60",
    }
    assert inputs("D", competences=[level(2)]) == {"required_level": 3, "attained_level": 2}
    assert inputs("E", *rows) == {"exams": {"R1": "0.9", "R2": 0}, "mean": "0.45"}
    assert inputs("F", items=[item("1", "news_article")]) == {
        "accepted": {"F1": 0, "F2": 0, "F3": 1},
        "points": {"F1": "0", "F2": "0", "F3": "1"},
    }


FURTHER = (
    {
        "kind": "hours_tiers",
        "max": 5,
        "course_minutes_cap_factor": 1,
        "tiers": [{"min_minutes_per_12_months": 100, "score": 5}],
        "otherwise": 0,
    },
    {
        "kind": "exam_score",
        "max": 5,
        "course": "E1",
        "tiers": [{"min": "0.5", "score": 5}],
        "otherwise": 0,
    },
    {"kind": "completions_count", "max": 5, "courses": "elective", "per_item": 1, "cap": 5},
    {"kind": "manual", "max": 5, "evidence": "conduct"},
    {"kind": "external_value", "max": 5, "evidence": "output", "target": 1},
    {"kind": "declared_count", "max": 5, "evidence": "news", "per_item": 1, "cap": 5},
)


def test_the_further_kinds_say_theirs_and_list_their_statements() -> None:
    book = book_of(person=with_criteria(PERSON_SHEET, *FURTHER))
    rows = (
        studied(1, 90),
        said(2, "scored", "E1", score="0.7"),
        said(3, "completed", "E1"),
        said(4, "completed", "R1"),
        said(5, "completed", "none"),
        said(6, "scored", "none", score="1"),
    )
    given = [item("v", "output", value=Decimal("0.5")), item("w", "news", decision="rejected")]
    criteria = explain(book, file_of(items=given), rows).criteria
    found = {id_: plain(criterion.inputs) for id_, criterion in criteria.items()}
    assert found == {
        "hours_tiers": {
            "credited_minutes": "90",
            "minutes_per_12_months": "90",
            "eligible_months": 12,
        },
        "exam_score": {"course": "E1", "score": "0.7"},
        "completions_count": {"complete": 1},
        "manual": {"value": None},
        "external_value": {"value": "0.5", "target": "1"},
        "declared_count": {"accepted": 0, "cap": "5"},
    }
    listed = {
        id_: None
        if criterion.statements is None
        else [(each.position, each.reason) for each in criterion.statements]
        for id_, criterion in criteria.items()
    }
    assert listed == {
        "hours_tiers": [(1, None)],
        "exam_score": [(2, None), (6, "UNMAPPED_COURSE")],
        "completions_count": [(3, None), (5, "UNMAPPED_COURSE")],
        "manual": None,
        "external_value": None,
        "declared_count": None,
    }
    assert [(each.item.id, each.reason) for each in criteria["declared_count"].items] == [
        ("w", "REJECTED")
    ]
    document = explanations_document(book, "open", [explain(book, file_of(), rows)])
    assert document["people"] == {"P": {}}  # of the kinds the format lists there is none


def test_every_criterion_of_a_unit_says_its_inputs() -> None:
    complete = said(1, "completed", "R1"), said(2, "completed", "R2", passed=True)
    people = [
        (file_of("P", memberships=[member(head=True)], party=[PARTY]), complete),
        (file_of("Q"), ()),
    ]
    file = unit_of(items=[item("1", "propaganda")], plans=["2026-04-02"])
    found = results(*people, units=[file], book=BOOK)
    explanation = explain_unit(BOOK, file, found.units["X"])
    said_of = {id_: plain(criterion.inputs) for id_, criterion in explanation.criteria.items()}
    assert said_of["U1"] == {
        "submitted": "2026-04-02",
        "deadline": "2026-03-31",
        "outcome": "late_days_le_30",
    }
    assert said_of["U2"] == {"accepted": 1, "party_sessions": 0, "cap": "6"}
    assert said_of["U3"] == {
        "measure": "required_courses_complete",
        "numerator": 1,
        "denominator": 2,
        "target": "1",
        "reached": ["P"],
        "others": ["Q"],
    }
    assert said_of["U5"]["months"] == 24
    assert said_of["U5"]["people"]["Q"] == {"personal": "0.00", "months": 12}
    assert said_of["U8"] == {"head": "P", "head_complete": True}
    party = plain(explanation.criteria["U8"].protected)
    assert party == {"numerator": 1, "denominator": 1, "of": "party_members"}
    assert [each.item.id for each in explanation.criteria["U2"].items] == ["1"]


def test_party_membership_is_shown_to_those_who_may_see_it_and_nobody_else() -> None:
    file = file_of(party=[PARTY], memberships=[member(head=True)])
    unit = unit_of()
    found = results((file, ()), units=[unit], book=BOOK)
    explanation = explain(BOOK, file, ())
    unit_explanation = explain_unit(BOOK, unit, found.units["X"])
    for shown in (
        person_detail(explanation, found.finals["P"]),
        unit_detail(unit_explanation),
        results_document(found, "open", with_facts=True),
        explanations_document(BOOK, "open", [explanation]),
    ):
        text = json.dumps(shown)
        assert "party_member" not in text
        assert "before_gates" not in text
    protected = json.dumps(unit_detail(unit_explanation, with_party=True))
    assert "party_members" in protected
    assert "band_before_gates" in person_detail(explanation, found.finals["P"], with_party=True)


def test_a_detail_is_json_with_everything_that_was_looked_at() -> None:
    file = file_of(
        memberships=[member(head=True)],
        items=[item("1", "news_article"), item("2", "fraud_conclusion", "2026-12-01")],
    )
    rows = studied(1, 100), studied(2, 80, at="2026-04-01T00:00:00Z"), said(3, "completed", "E1")
    found = results((file, rows), units=[unit_of()], book=BOOK)
    detail = json.loads(json.dumps(person_detail(explain(BOOK, file, rows), found.finals["P"])))
    assert detail["line"] == results_document(found, "open")["people"]["P"]
    assert detail["head_of_unit"] == [
        {"unit": "X", "head_months": 12, "weight": "0.2", "final": str(found.units["X"].final)}
    ]
    hours = detail["criteria"]["B"]
    assert (hours["points"], hours["max"], hours["rule"]) == ("1.25", "15.00", "P3")
    assert hours["statements"][1] == {
        "id": "00000000-0000-0000-0000-000000000002",
        "position": 2,
        "timestamp": "2026-04-01T00:00:00.000Z",
        "platform": "a",
        "course": "R1",
        "counted": True,
        "reason": None,
        "minutes": "80.00",
        "credited_minutes": "50.00",
    }
    rules = {rule["id"]: rule for rule in detail["rules"]}
    assert (rules["T1"]["count"], rules["T1"]["points"], rules["T1"]["block"]) == (
        1,
        "1.00",
        "bonus",
    )
    assert rules["P2"]["items"] == [
        {
            "id": "2",
            "kind": "fraud_conclusion",
            "date": "2026-12-01",
            "title": "",
            "counted": False,
            "reason": "OUT_OF_PERIOD",
        }
    ]


# ---- the documents


def test_who_is_excluded_has_a_line_that_says_so_and_no_explanation() -> None:
    excluded = file_of("E", memberships=[])
    found = results((excluded, [said(1, "completed")]), (file_of(), ()), book=BOOK)
    document = results_document(found, "frozen", with_facts=True)
    assert document["people"]["E"] == {"excluded": "NO_ELIGIBLE_MONTHS"}
    assert list(document["facts"]) == ["P"]
    explained = [explain(BOOK, excluded, ()), explain(BOOK, file_of(), ())]
    assert list(explanations_document(BOOK, "frozen", explained)["people"]) == ["P"]
    assert person_detail(explained[0], None) == {"line": {"excluded": "NO_ELIGIBLE_MONTHS"}}


def test_a_document_about_one_person_lists_nothing_unattributed() -> None:
    statement = said(7, "completed").statement
    everybody = explanations_document(BOOK, "open", [], [statement])
    assert everybody["unattributed"] == {"00000000-0000-0000-0000-000000000007": "UNRESOLVED_ACTOR"}
    one = explanations_document(BOOK, "open", [], [statement], person="P")
    assert one["person"] == "P"
    assert "unattributed" not in one


def test_facts_are_written_exactly() -> None:
    rows = (
        said(1, "completed", at="2026-03-10T08:00:00.123456+07:00", score="0.90"),
        studied(2, Fraction(1, 3)),
        said(3, "scored", "R2", score="1.0"),
    )
    facts = results_document(results((file_of(), rows)), "open", with_facts=True)["facts"]["P"]
    assert facts["completed"] == {"R1": "2026-03-10T01:00:00.123Z"}
    assert facts["reported_minutes"] == {"R1": "0.33"}
    assert facts["exam"] == {"R1": "0.9", "R2": "1"}
    assert facts["exam_mean"] == "19/20"
    assert facts["unit_at_end"] == "X"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(179, 200), "0.895"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(12), "12"),
        (Fraction(0), "0"),
    ],
)
def test_numbers_are_written_as_decimals_where_they_have_a_finite_form(
    value: Fraction, text: str
) -> None:
    assert number(value) == text


def test_instants_and_times() -> None:
    assert moment(parse_timestamp("2026-11-30T23:59:59.999+07:00")) == "2026-11-30T16:59:59.999Z"
    assert minutes(90_000_000) == "1.50"
    assert minutes(300_000) == "0.01"  # half a hundredth


def test_a_unit_of_the_further_kinds_is_explained() -> None:
    leaf = {"kind": "report_timeliness", "max": 5}
    book = book_of(unit=with_criteria(UNIT_SHEET, leaf))
    file = unit_of(reports=[("2026-03-10", "2026-03-09"), ("2026-03-10", None)])
    explanation = explain_unit(book, file, results(units=[file], book=book).units["X"])
    detail = unit_detail(explanation)["criteria"]["report_timeliness"]
    assert detail["inputs"] == {"on_time": 1, "due": 2}
    assert detail["rule"] is None

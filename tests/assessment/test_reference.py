"""The reference evaluator gives what the worked case expects, and what single rules say."""

import importlib.util
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.assessment.reference import (
    Case,
    Json,
    documents,
    equal,
    evaluate,
    expected,
    minutes_of,
    read_case,
    shortest_decimal,
    two_decimals,
)

GOLDEN = Path(__file__).parents[1] / "golden"
MOVEMENT = GOLDEN / "movement-2026"


def compare_document(expected_of_case: Json, document: Json) -> tuple[int, list[Any]]:
    spec = importlib.util.spec_from_file_location("compare", GOLDEN / "compare.py")
    assert spec is not None
    assert spec.loader is not None
    compare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compare)
    found: tuple[int, list[Any]] = compare.compare_document(expected_of_case, document)
    return found


def test_the_worked_case_comes_out_as_expected():
    wanted = yaml.safe_load((MOVEMENT / "expected.yaml").read_text("utf-8"))
    assert expected(MOVEMENT) == wanted


def test_its_documents_hold_every_expected_value():
    wanted = yaml.safe_load((MOVEMENT / "expected.yaml").read_text("utf-8"))
    found = documents(MOVEMENT)
    assert [(d["format"], d["result_set"]) for d in found] == [
        ("lrs-results/1", "frozen"),
        ("lrs-explanations/1", "frozen"),
        ("lrs-results/1", "corrected"),
        ("lrs-explanations/1", "corrected"),
    ]
    for document in found:
        compared, differing = compare_document(wanted, document)
        assert compared > 100
        assert differing == []


@pytest.mark.parametrize(
    ("duration", "minutes"),
    [
        ("PT25M", 25),
        ("PT1H30M", 90),
        ("PT1.5H", 90),
        ("P1DT1H", 1500),
        ("P0.5D", 720),
        ("P2W", 20160),
        ("PT33.33S", Fraction(1111, 2000)),
        ("PT0S", 0),
        ("P1M", 0),
        ("P1Y", 0),
        ("P0Y0M0DT2H", 0),
        ("P1MT10M", 0),
    ],
)
def test_a_duration_is_exact_minutes(duration: str, minutes: Fraction):
    assert minutes_of(duration) == minutes


@pytest.mark.parametrize(
    ("number", "text"),
    [("94.995", "95.00"), ("94.994999", "94.99"), ("0.005", "0.01"), ("2.675", "2.68")],
)
def test_scores_are_rounded_half_up(number: str, text: str):
    assert two_decimals(Fraction(number)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [("0.90", "0.9"), ("1.0", "1"), ("0", "0"), ("9e-1", "0.9"), ("0.05", "0.05")],
)
def test_an_exam_result_is_the_shortest_decimal(number: str, text: str):
    assert shortest_decimal(Fraction(Decimal(number))) == text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": [True]}, {"b": [True], "a": 1}, True),
        ({"a": Decimal("0.9")}, {"a": Decimal("0.90")}, True),
        ({"a": Decimal("1.0")}, {"a": 1}, True),
        ({"a": True}, {"a": 1}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": Decimal("0.9")}, {"a": Decimal("0.899999999999999999999")}, False),
        ({"a": None}, {}, False),
    ],
)
def test_contents_are_equal_as_json_values(one: Json, other: Json, same: bool):
    assert equal(one, other) is same


def facts_after(change: Callable[[Case], None], person: str) -> Json:
    """What is known of a person of the worked case after a change of it."""
    case = read_case(MOVEMENT)
    change(case)
    facts: Json = evaluate(case)["facts"][person]
    return facts


def rows_of(case: Case, person: str) -> list[Json]:
    return [row for row in case.organisation["memberships"] if row["person"] == person]


def test_a_month_with_as_many_days_in_two_rows_goes_to_the_later_one():
    def moves_in_the_middle_of_april(case: Case) -> None:
        before, after = rows_of(case, "P2")
        before["to"], after["from"] = date(2026, 4, 15), date(2026, 4, 16)

    assert facts_after(moves_in_the_middle_of_april, "P2")["months_in_unit"] == {"X": 4, "Y": 8}


def test_of_positions_held_equally_long_the_later_one_sets_the_requirements():
    def moves_at_half_time(case: Case) -> None:
        before, after = rows_of(case, "P2")
        before["to"], after["from"] = date(2026, 5, 31), date(2026, 6, 1)

    assert facts_after(moves_at_half_time, "P2")["position"] == "LANH_DAO"


@pytest.mark.parametrize(("first_day", "months"), [(17, 4), (18, 3)])
def test_a_month_counts_from_fifteen_days(first_day: int, months: int):
    def arrives_in_august(case: Case) -> None:
        before, after = rows_of(case, "P2")
        case.organisation["memberships"].remove(before)
        after["from"] = date(2026, 8, first_day)

    assert facts_after(arrives_in_august, "P2")["eligible_months"] == months


def test_who_comes_after_the_month_of_the_deadline_has_nothing_overdue():
    def arrives_in_november(case: Case) -> None:
        before, after = rows_of(case, "P2")
        case.organisation["memberships"].remove(before)
        after["from"] = date(2026, 11, 1)

    assert facts_after(arrives_in_november, "P2")["overdue"] == []


def test_a_freeze_before_the_voiding_statement_leaves_its_target_in_force():
    case = read_case(MOVEMENT)
    [void] = [line for line in case.log if line.statement["id"].startswith("e5000001")]
    assert "VOIDED" in str(evaluate(case)["explanations"]["P1"])
    case.freeze = void.position - 1
    assert "VOIDED" not in str(evaluate(case)["explanations"]["P1"])

"""Places, order and ties: the golden cases, and the quota of a score sheet."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from projections.scoring.awards import (
    Candidate,
    Conditions,
    candidates,
    choose,
    places_for,
    proposals,
    quota_lines,
)
from projections.scoring.results import Results
from schemas.formats import parse_timestamp
from schemas.scheme import Quota
from tests.projections.scoring.case_folder import read_yaml
from tests.projections.scoring.examples import (
    GOLDEN,
    PERSON_SHEET,
    assessed,
    book_of,
    file_of,
    item,
    member,
    results,
    said,
    studied,
    with_criteria,
)

CASES = read_yaml(GOLDEN / "awards.yaml")["cases"]
PLACES = [case for case in CASES if "quota" in case]
CHOICES = [case for case in CASES if "candidates" in case]
OF_A_LINE = ("id", "final", "group", "band", "eligible_months", "award_blocked", "awarded_for")


def quota_of(said: dict[str, Any]) -> Quota:
    return Quota(**said | {"rate": Fraction(said["rate"])})


def candidate_of(said: dict[str, Any]) -> Candidate:
    """As a case writes it; what is not a field of a line is a key to break ties by."""
    last = said.get("last_required_completion")
    others = {*OF_A_LINE, "evidence_complete", "last_required_completion"}
    line = {key: said[key] for key in OF_A_LINE if key in said}
    return Candidate(
        **line | {"final": Decimal(said["final"])},
        keys={key: Fraction(value) for key, value in said.items() if key not in others},
        last_required_completion=None if last is None else parse_timestamp(last),
        evidence_complete=said.get("evidence_complete", True),
    )


@pytest.mark.parametrize("case", PLACES, ids=[case["id"] for case in PLACES])
def test_places_are_those_of_the_golden_cases(case: Any) -> None:
    quota, counts = quota_of(case["quota"]), case["base_count"]
    if isinstance(counts, dict):
        found: Any = {group: places_for(quota, count) for group, count in counts.items()}
    else:
        found = places_for(quota, counts)
    assert found == case["expected"]["places"]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("case", CHOICES, ids=[case["id"] for case in CHOICES])
def test_statuses_are_those_of_the_golden_cases(case: Any, reverse: bool) -> None:
    said = case.get("conditions", {})
    conditions = Conditions(case.get("bands", ()), achievement=case.get("achievement"), **said)
    people = [candidate_of(said) for said in case["candidates"]]
    found = choose(
        people[::-1] if reverse else people,
        case["places"],
        case["tie_break"],
        case["unresolved_tie"],
        conditions,
    )
    assert found == case["expected"]


def test_all_golden_cases_are_tried() -> None:
    assert len(PLACES) + len(CHOICES) == len(CASES) == 22


# ---- what the golden cases leave out


def candidate(id_: str, final: str = "95.00", **more: Any) -> Candidate:
    return Candidate(id_, Decimal(final), **more)


@pytest.mark.parametrize("count", range(60))
@pytest.mark.parametrize("rate", [Fraction(1, 5), Fraction(1, 4), Fraction(15, 100)])
def test_good_only_is_the_most_that_fits_the_rate_of_the_rest(rate: Fraction, count: int) -> None:
    quota = Quota(rate, "GOOD_ONLY", "floor", minimum_one=False)
    most = max(x for x in range(count + 1) if x <= rate * (count - x))
    assert places_for(quota, count) == most


def test_reasons_are_given_in_their_order() -> None:
    conditions = Conditions(["A", "B"], "A", 6, "HTS-2026")
    out: dict[str, Any] = {
        "award_blocked": True,
        "eligible_months": 5,
        "awarded_for": ["HTS-2026"],
        "band": "B",
    }
    seen = []
    for key in ("award_blocked", "eligible_months", "awarded_for", "band"):
        seen.append(choose([candidate("N", **out)], 1, [], "vote", conditions)["N"])
        del out[key]
    assert seen == [
        "INELIGIBLE:AWARD_BLOCKED",
        "INELIGIBLE:TOO_FEW_MONTHS",
        "INELIGIBLE:ALREADY_AWARDED",
        "INELIGIBLE:BAND_TOO_LOW",
    ]


def test_incomplete_evidence_makes_nobody_ineligible() -> None:
    doubtful = candidate("N1", award_blocked=True, evidence_complete=False)
    found = choose([doubtful, candidate("N2", "90.00")], 1, [], "vote")
    assert found == {"N1": "NEEDS_REVIEW", "N2": "NOT_PROPOSED"}


def test_an_unknown_key_comes_last() -> None:
    people = [
        candidate("N1", keys={"exam_mean": None}),
        candidate("N2", keys={"exam_mean": Fraction(0)}),
        candidate("N3"),
    ]
    assert choose(people, 1, ["exam_mean"], "vote") == {
        "N1": "NOT_PROPOSED",
        "N2": "PROPOSED",
        "N3": "NOT_PROPOSED",
    }


def test_nobody_moves_up_behind_a_tie_across_the_last_place() -> None:
    people = [candidate("N1"), candidate("N2"), candidate("N3", "90.00")]
    assert choose(people, 1, [], "vote")["N3"] == "NOT_PROPOSED"
    assert choose(people, 1, [], "all_out") == dict.fromkeys(("N1", "N2", "N3"), "NOT_PROPOSED")


# ---- the quota of a sheet


QUOTA = {
    "rate": "0.20",
    "base": "GOOD_OR_BETTER",
    "level": "XUAT_SAC",
    "group_by": ["unit"],
    "rounding": "floor",
    "minimum_one": False,
    "tie_break": ["A"],
}


def rated(scores: dict[str, list[int]], **quota: Any) -> Results:
    """People with these scores, by unit."""
    leaf = {"kind": "manual", "id": "A", "max": 100, "evidence": "conduct"}
    sheet = with_criteria(PERSON_SHEET, leaf) | {"quota": QUOTA | quota}
    sheet.pop("penalty")
    people = [
        (
            file_of(
                f"{unit}{number}",
                memberships=[member(unit, last="2026-09-30" if unit == "gone" else None)],
                items=[item(f"{unit}{number}", "conduct", value=Decimal(score))],
            ),
            (),
        )
        for unit, found in scores.items()
        for number, score in enumerate(found)
    ]
    return results(*people, book=book_of(person=sheet))


def test_a_quota_is_counted_in_each_group_and_says_who_is_within_it() -> None:
    found = quota_lines(rated({"X": [95, 92, 80, 75, 70, 60], "Y": [91, 10], "gone": [99]}))
    assert {group: (line.count, line.places, line.reached) for group, line in found.items()} == {
        "X": (5, 1, 2),
        "Y": (1, 0, 1),
    }
    assert found["X"].statuses == {"X0": "PROPOSED", "X1": "NOT_PROPOSED"}


@pytest.mark.parametrize(
    ("quota", "count", "places"),
    [
        ({"base": "COUNT"}, 8, 1),
        ({"base": "COUNT", "rounding": "half_up"}, 8, 2),
        ({"base": "GOOD_OR_BETTER"}, 6, 1),
        ({"base": "GOOD_ONLY"}, 6, 1),
        ({"base": "GOOD_ONLY", "rate": "0.19"}, 6, 0),
        ({"base": "GOOD_ONLY", "rate": "0.01", "minimum_one": True}, 6, 1),
        ({"level": "TOT"}, 7, 1),
    ],
)
def test_base_rounding_and_minimum_are_settings(quota: Any, count: int, places: int) -> None:
    [line] = quota_lines(rated({"X": [95, 92, 80, 75, 70, 71, 60, 10]}, **quota)).values()
    assert (line.count, line.places) == (count, places)


def test_groups_are_units_positions_both_or_none() -> None:
    scores = {"X": [95, 75], "Y": [80]}
    assert list(quota_lines(rated(scores, group_by=[]))) == [""]
    assert list(quota_lines(rated(scores, group_by=["unit", "position"]))) == ["X/CV", "Y/CV"]
    assert quota_lines(results((file_of(), ()))) == {}  # the sheet has no quota


def test_a_proposal_is_the_reason_against_it_or_else_what_the_quota_says() -> None:
    found = rated({"X": [95, 92, 80, 75, 70, 60], "gone": [99]})
    quota = {"X0": "PROPOSED", "X1": "NOT_PROPOSED"}
    assert proposals(found) == quota
    awarded = {"X0": {"R1"}, "X2": {"R1", "R2"}, "X3": {"R2"}}
    assert proposals(found, Conditions(achievement="R1"), awarded) == quota | {
        "X0": "INELIGIBLE:ALREADY_AWARDED",
        "X2": "INELIGIBLE:ALREADY_AWARDED",
    }
    assert proposals(results((file_of(), ()))) == {}  # the sheet has no quota


def test_a_candidate_has_its_score_its_exams_and_its_regularity_to_break_ties() -> None:
    rows = [said(1, "completed", score="0.9"), said(2, "scored", score="0.9"), studied(3, 60)]
    rows.append(said(4, "completed", "R2", passed=True, at="2026-04-01T00:00:00Z"))
    [found] = candidates(results((file_of(), rows)), ["position"], {"P": ["HTS-2025"]})
    assert found.group == "CV"
    assert found.keys["A"] == 30
    assert found.keys["exam_mean"] == Fraction("0.45")
    assert found.keys["regularity"] == Fraction(1, 12)
    assert found.last_required_completion == parse_timestamp("2026-04-01T00:00:00Z")
    assert found.awarded_for == ["HTS-2025"]
    assert found.final == assessed(*rows).personal
    assert (found.band, found.eligible_months) == ("CHUA_DAT", 12)


def test_evidence_is_incomplete_while_an_item_is_undecided_or_a_value_is_missing() -> None:
    pending = item("1", "news", decision="pending")
    [found] = candidates(results((file_of(items=[pending]), ())))
    assert not found.evidence_complete
    complete, missing = candidates(rated({"X": [95]})), rated({"X": [95]}).book
    assert complete[0].evidence_complete
    [found] = candidates(results((file_of(), ()), book=missing))
    assert not found.evidence_complete

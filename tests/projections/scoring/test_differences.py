"""What another score sheet, or a correction, changes."""

from decimal import Decimal
from typing import Any

from projections.scoring import difference, results_of
from projections.scoring.differences import Change
from projections.scoring.results import Results
from tests.projections.scoring.case_folder import CaseFolder
from tests.projections.scoring.examples import (
    GOLDEN,
    PERSON_SHEET,
    book_of,
    change,
    file_of,
    item,
    member,
    results,
    said,
    with_criteria,
)


def of_case(result_set: str) -> Results:
    book, people, units, _ = CaseFolder(GOLDEN / "movement-2026").gather(result_set)
    return results_of(book, people, units)


def test_the_ripple_of_an_appeal_is_exactly_what_it_moves() -> None:
    found = difference(of_case("frozen"), of_case("corrected"))
    changed = {(change.subject, change.id, change.field) for change in found.changes}
    assert changed == {
        ("person", "P1", "final"),
        *(("person", "P2", field) for field in ("A", "B", "E", "base", "penalty", "personal")),
        ("person", "P2", "final"),
        ("person", "P2", "band"),
        *(("unit", "X", field) for field in ("U5", "base", "final")),
        *(("unit", "Y", field) for field in ("U3", "U5", "U8", "base", "final", "band")),
    }
    assert Change("person", "P2", "final", "74.20", "92.10") in found.changes
    assert [(move.id, move.difference) for move in found.moves] == [
        ("P1", Decimal("0.21")),
        ("P2", Decimal("17.90")),
        ("X", Decimal("1.05")),
        ("Y", Decimal("23.55")),
    ]
    assert found.bands == {("TOT", "XUAT_SAC"): 1}


def test_nothing_differs_from_itself() -> None:
    frozen = of_case("frozen")
    found = difference(frozen, of_case("frozen"))
    assert (found.changes, found.moves, found.bands, found.quotas) == ((), (), {}, {})


def rated(sheet: dict[str, Any]) -> Results:
    """Three people with 60, 60 and 40 minutes of 100 and no other points."""
    people = [
        (
            file_of(
                name, memberships=[member("X")], items=[item(name, "done", value=Decimal(value))]
            ),
            (),
        )
        for name, value in (("P", "0.6"), ("Q", "0.6"), ("R", "0.4"))
    ]
    return results(*people, book=book_of(person=sheet))


QUOTA = {"rate": "0.4", "base": "COUNT", "rounding": "floor", "minimum_one": False, "level": "TOT"}
DONE = {"kind": "external_value", "id": "A", "max": 100, "evidence": "done", "target": 1}


def test_another_sheet_says_who_moves_and_what_happens_to_bands_and_quotas() -> None:
    before = with_criteria(PERSON_SHEET, DONE) | {"quota": QUOTA}
    before.pop("penalty")
    after = change(before, quota=QUOTA | {"rate": "0.7"})
    after["criteria"][0]["target"] = "0.8"
    after["criteria"][0]["id"] = "B"
    found = difference(rated(before), rated(after))
    assert [(move.id, move.before, move.after) for move in found.moves] == [
        ("P", Decimal("60.00"), Decimal("75.00")),
        ("Q", Decimal("60.00"), Decimal("75.00")),
        ("R", Decimal("40.00"), Decimal("50.00")),
    ]
    assert found.bands == {("DAT", "TOT"): 2, ("CHUA_DAT", "DAT"): 1}
    assert Change("person", "P", "A", "60.00", None) in found.changes
    assert Change("person", "P", "B", None, "75.00") in found.changes
    [quota] = found.quotas.values()
    assert quota.before is not None
    assert quota.after is not None
    assert (quota.before.places, quota.before.reached) == (1, 0)
    assert (quota.after.places, quota.after.reached) == (2, 2)
    assert quota.after.statuses == {"P": "PROPOSED", "Q": "PROPOSED"}


def test_a_quota_that_stays_as_it_is_is_no_difference() -> None:
    sheet = with_criteria(PERSON_SHEET, DONE) | {"quota": QUOTA}
    renamed = change(sheet)
    renamed["criteria"][0]["id"] = "B"
    found = difference(rated(sheet), rated(renamed))
    assert found.changes
    assert found.quotas == {}


def test_who_becomes_scored_is_a_change_and_no_move() -> None:
    strict = change(PERSON_SHEET, eligibility={"month_min_days": 31})
    short = file_of(memberships=[member(first="2026-11-01")]), [said(1, "completed")]
    before = results(short, book=book_of(person=strict))
    after = results(short)
    found = difference(before, after)
    assert Change("person", "P", "excluded", "NO_ELIGIBLE_MONTHS", None) in found.changes
    assert Change("person", "P", "A", None, "15.00") in found.changes
    assert found.moves == ()

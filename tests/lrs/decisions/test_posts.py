"""Where people work."""

from typing import Any

import pytest
from msgspec.structs import replace

from lrs.decisions import decide
from lrs.decisions.messages import Leave, RecordAbsence, Transfer
from schemas.register import Absence, Membership, PeopleMerged, Person, Unit
from tests.lrs.register import day, days, decided, ministry, post, posts, refusal, register

ON = day("2026-07-01")


def transfer(person: str, unit: str, on: str = "2026-07-01", **said: Any) -> Transfer:
    return Transfer(person=person, unit=unit, on=day(on), **{"position": "CV", **said})


def test_a_transfer_ends_one_post_and_begins_another():
    found = decided(ministry(), transfer("P1", "Y"))
    assert posts(found, person="P1") == [
        "P1 X LD 2023-05-01..2026-06-30 head",
        "P1 Y CV 2026-07-01..",
    ]
    assert post("P1", "Y", "2026-07-01") in found[Membership].values()


def test_a_transfer_on_the_first_day_of_a_post_takes_its_place():
    corrected = decided(ministry(), transfer("P2", "Y", on="2021-09-01"))
    assert posts(corrected, person="P2") == ["P2 Y CV 2021-09-01.."]
    promoted = decided(ministry(), transfer("P4", "Y", on="2026-07-01", position="LD"))
    promoted = decided(promoted, transfer("P4", "Y", on="2026-07-01", position="LD", to=ON))
    assert len(decide(transfer("P4", "Y", position="LD", category="can_bo"), promoted)) == 1
    assert posts(promoted, person="P4") == [
        "P4 Y CV ..2026-06-30",
        "P4 Y LD 2026-07-01..2026-07-01",
    ]


def test_who_is_in_the_post_already_is_not_transferred():
    assert decide(transfer("P2", "X"), ministry()) == []
    assert decide(transfer("P2", "X", head=True, on="2021-09-01", to=day("2021-12-31")), ministry())


def test_second_posts_are_left_alone():
    found = decided(ministry(post("P2", "Y", "2025-01-01", primary=False)), transfer("P2", "Y"))
    assert posts(found, person="P2") == [
        "P2 X CV 2021-09-01..2026-06-30",
        "P2 Y CV 2025-01-01.. second",
        "P2 Y CV 2026-07-01..",
    ]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (transfer("P1", "Y", head=True), "two heads on one day: “P1” and “P3”"),
        (transfer("P9", "Y"), "no person “P9”"),
        (transfer("P1", "Z"), "no unit “Z”"),
        (transfer("P1", "Y", position="GD"), "no job position “GD”"),
        (transfer("P5", "Y"), "say the category"),
        (transfer("P6", "Y"), "P6 is counted as P1; name P1"),
        (transfer("P1", "X2"), "X2 ended on 2025-12-31; it goes on as X1"),
        (transfer("P1", "X3"), "X3 begins on 2026-08-01"),
        (transfer("P7", "X1"), "Two primary memberships of “P7” overlap: Y and X1"),
        (transfer("P2", "Y", to=day("2026-06-30")), "is after"),
        (transfer("P1", "X1", on="1899-12-31", category="can_bo"), "1899-12-31 is before 1900"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused(message, said):
    before = ministry(
        *(Person(id=id_, name=id_) for id_ in ("P5", "P6", "P7")),
        PeopleMerged(person="P6", into="P1"),
        Unit(id="X2", vi="Phòng X2", parent="X", to=day("2025-12-31")),
        replace(ministry()[Unit]["X1"], predecessors=("X2",)),
        Unit(id="X3", vi="Phòng X3", parent="X", from_=day("2026-08-01")),
        post("P7", "X", "2020-01-01", "2026-08-31"),
        post("P7", "Y", "2026-09-01"),
    )
    assert said in refusal(before, message)


def test_a_transfer_may_end_before_a_post_that_is_planned():
    before = ministry(
        Person(id="P5", name="Vũ Hoàng Yến"),
        post("P5", "X", "2023-05-01", "2026-12-31"),
        post("P5", "Y", "2027-01-01"),
    )
    assert "overlap" in refusal(before, transfer("P5", "X1"))
    found = decided(before, transfer("P5", "X1", to=day("2026-12-31")))
    assert posts(found, person="P5") == [
        "P5 X CV 2023-05-01..2026-06-30",
        "P5 X1 CV 2026-07-01..2026-12-31",
        "P5 Y CV 2027-01-01..",
    ]


def test_who_leaves_has_no_post_afterwards():
    before = ministry(
        post("P1", "Y", "2020-01-01", "2023-04-30"),
        post("P1", "Y", "2025-01-01", primary=False),
        post("P1", "X1", "2026-07-02", primary=False),
    )
    found = decided(before, Leave(person="P1", last_day=day("2026-07-01")))
    assert posts(found, person="P1") == [
        "P1 Y CV 2020-01-01..2023-04-30",
        "P1 X LD 2023-05-01..2026-07-01 head",
        "P1 Y CV 2025-01-01..2026-07-01 second",
    ]
    assert "no post" in refusal(
        register(Person(id="P1", name="An")), Leave(person="P1", last_day=ON)
    )


def test_an_absence_is_recorded_and_its_end_can_change():
    absence = Absence(person="P3", type="thai_san", **days("2026-01-01", "2026-06-30"))
    found = decided(ministry(), RecordAbsence(absence=absence))
    longer = replace(absence, to=day("2026-07-31"))
    assert decided(found, RecordAbsence(absence=longer))[Absence] == {absence.key: longer}
    for wrong, said in (
        (replace(absence, person="P9"), "no person “P9”"),
        (replace(absence, type=" "), "empty"),
        (replace(absence, to=day("2025-12-31")), "is after"),
        (replace(absence, from_=day("1899-12-31")), "before 1900"),
    ):
        assert said in refusal(ministry(), RecordAbsence(absence=wrong))

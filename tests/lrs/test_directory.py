"""The register as lists for people."""

from datetime import date

import pytest

from lrs import directory
from lrs.decisions import DecisionRefused
from lrs.decisions.messages import MergePeople, MergeUnits, Successor, Transfer
from schemas.register import PartyMembership
from tests.lrs.register import HOME, decided, ministry

TODAY = date(2026, 7, 1)


def test_people_are_listed_by_given_name_with_the_post_of_the_day():
    moved = Transfer(person="P1", unit="Y", position="CV", on=TODAY)
    found = decided(ministry(), moved)
    rows = directory.people(found, TODAY)
    assert [row["name"] for row in rows] == [
        "Nguyễn Văn An", "Đỗ Thị Ánh", "Trần Thị Bình", "Lê Minh Châu",
    ]  # fmt: skip
    assert (rows[0]["unit"], rows[0]["head"], rows[0]["identifiers"]) == ("Y", False, 1)
    assert directory.people(found, date(2026, 6, 30))[0]["unit"] == "X"
    assert [row["id"] for row in directory.people(found, TODAY, unit="X")] == ["P2"]
    assert [row["id"] for row in directory.people(found, TODAY, search="anh do")] == ["P4"]
    with pytest.raises(DecisionRefused, match="no unit “Z”"):
        directory.people(found, TODAY, unit="Z")


def test_one_person_is_shown_without_party_membership():
    shown = directory.person(ministry(PartyMembership(person="P1")), "P1")
    assert shown["identifiers"][0]["mbox"] == "mailto:an@bo.example"
    assert shown["memberships"][0]["head"] is True
    assert [item["id"] for item in shown["items"]] == ["K1"]
    assert "party" not in str(shown).lower()
    with pytest.raises(DecisionRefused, match="no person “P9”"):
        directory.person(ministry(), "P9")


def test_units_are_listed_below_one_another_with_their_people():
    merged = MergeUnits(
        units=("X", "Y"), into=Successor(id="Z", vi="Trung tâm Z"), on=TODAY, head="P1"
    )
    rows = directory.units(decided(ministry(), merged), TODAY)
    assert [(row["id"], row["depth"], row["people"]) for row in rows] == [
        ("BO", 0, 0), ("X", 1, 0), ("Y", 1, 0), ("Z", 1, 4), ("X1", 2, 0),
    ]  # fmt: skip


def test_a_unit_has_each_human_being_once():
    found = decided(ministry(), MergePeople(person="P2", into="P1"))
    people = {row["id"]: row["people"] for row in directory.units(found, TODAY)}
    assert people == {"BO": 0, "X": 1, "Y": 2, "X1": 0}


def test_platforms_courses_and_items_are_listed():
    assert [row["status"] for row in directory.platforms(ministry(), TODAY)] == ["recognised", None]
    assert directory.courses(ministry())[0]["activities"] == {"one": (f"{HOME}/1",)}
    assert [row["id"] for row in directory.items(ministry(), decision="pending")] == ["K1"]
    assert directory.items(ministry(), person="P2") == []

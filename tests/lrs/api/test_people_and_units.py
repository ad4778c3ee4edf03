"""People, units, what was declared, what waits, and the periods themselves."""

from typing import Any

import pytest

from lrs.store import Store
from schemas.register import RECORDS, Membership, PeopleMerged, Person, Unit
from tests.lrs.api.conftest import PERIOD, SignedIn, Worked, client_of, rules

OF_X = {"units": ("X",)}
PARTY = {"party": True}
IN_PERIOD: dict[str, Any] = {"period": "KY-2026"}
ON_SQLITE = pytest.mark.parametrize("worked", ["sqlite"], indirect=True)


# People


async def test_people_are_found_by_name_without_diacritics(worked: Worked) -> None:
    said = await worked.get("/people")
    assert [row["name"] for row in said["rows"]] == [
        "Nguyễn Văn An",
        "Trần Thị Bình",
        "Lê Minh Châu",
    ]
    [found] = (await worked.get("/people", search="chau le"))["rows"]
    assert found == {"id": "P3", "name": "Lê Minh Châu", "units": ["Y"]}
    first = await worked.get("/people", limit=2)
    rest = await worked.get("/people", limit=2, cursor=first["next"])
    assert first["rows"] + rest["rows"] == said["rows"]
    assert rest["next"] is None
    assert [row["id"] for row in (await worked.get("/people", unit="X"))["rows"]] == ["P1", "P2"]


async def test_a_person_is_what_the_register_holds(worked: Worked) -> None:
    said = await worked.get("/people/P2", PARTY)
    assert said["name"] == "Trần Thị Bình"
    assert [(m["unit"], m["head"], m["to"]) for m in said["memberships"]] == [
        ("X", False, "2026-07-31"),
        ("Y", True, None),
    ]
    assert {"account": {"homePage": "https://lms.example", "name": "1002"}} in said["identifiers"]
    assert said["competences"][0]["framework"] == "KNLS-757"
    assert {item["person"] for item in said["items"]} == {"P2"}
    assert said["party_memberships"]
    assert (await worked.get("/people/P2"))["party_memberships"] is None
    own = {"roles": ("learner",), "person": "P2"}
    learner = await worked.get("/people/P2", own, as_of=said["position"])
    assert learner == {**said, "party_memberships": None}
    assert (await worked.get("/people/P3"))["absences"] == [
        {"type": "thai_san", "from": "2026-01-01", "to": "2026-06-30"}
    ]


async def test_memberships_elsewhere_are_not_shown(worked: Worked) -> None:
    said = await worked.get("/people/P2", OF_X)
    assert [m["unit"] for m in said["memberships"]] == ["X"]
    assert (await worked.get("/people", OF_X))["rows"][1]["units"] == ["X"]
    answer = await worked.ask("/people/P3", OF_X)
    assert (answer.status_code, rules(answer)) == (404, ["nothing-there"])


# Units


async def test_units_are_a_tree_of_what_is_seen(worked: Worked) -> None:
    def shape(nodes: list[dict[str, Any]]) -> Any:
        return {node["id"]: shape(node["children"]) for node in nodes}

    assert shape((await worked.get("/units"))["units"]) == {"BO": {"X": {}, "Y": {}}}
    assert shape((await worked.get("/units", OF_X))["units"]) == {"X": {}}
    assert shape((await worked.get("/units", {"units": ("X", "Y")}))["units"]) == {"X": {}, "Y": {}}


async def test_a_unit_is_what_the_register_holds(worked: Worked) -> None:
    said = await worked.get("/units/X")
    assert (said["unit"]["vi"], said["parent"]) == ("Cục X", "BO")
    assert said["plans"] == [{"submitted": "2026-02-20", "document": "12/KH-CX"}]
    assert len(said["reports"]) == 2
    assert {item["unit"] for item in said["items"]} == {"X"}
    assert (await worked.get("/units/BO"))["children"] == ["X", "Y"]
    assert (await worked.get("/units/X", OF_X))["parent"] is None
    for unit in ("Y", "BO", "Z"):
        assert (await worked.ask(f"/units/{unit}", OF_X)).status_code == 404


async def test_coverage_names_what_it_divides(worked: Worked, expected: dict[str, Any]) -> None:
    said = await worked.get("/units/Y/coverage", **IN_PERIOD)
    assert said["required_complete"] == {"numerator": 0, "denominator": 2, "percent": "0.00"}
    assert said["level_met"] == {"numerator": 1, "denominator": 2, "percent": "50.00"}
    assert said["has_learned"]["numerator"] == 2
    assert said["party_members_complete"] is None
    shown = await worked.get("/units/Y/coverage", PARTY, **IN_PERIOD)
    assert shown["party_members_complete"]["denominator"] == 1
    whole = await worked.get("/units/BO/coverage", and_below="true", **IN_PERIOD)
    assert whole["has_learned"]["denominator"] == 3
    assert whole["plans"] == {"numerator": 2, "denominator": 2, "percent": "100.00"}
    own = await worked.get("/units/BO/coverage", **IN_PERIOD)
    assert own["has_learned"] == {"numerator": 0, "denominator": 0, "percent": None}


@pytest.mark.parametrize("result_set", ["frozen", "corrected"])
async def test_a_trend_adds_up_to_what_the_people_did(
    worked: Worked, expected: dict[str, Any], result_set: str
) -> None:
    facts = expected[result_set]["facts"]
    asked = {**IN_PERIOD, "result_set": result_set}
    said = await worked.get("/units/BO/trend", and_below="true", **asked)
    months = {month["month"]: month for month in said["months"]}
    assert len(months) == 12
    for name, month in months.items():
        active = sum(name in person["active_months"] for person in facts.values())
        assert month["active"] == active, name
    eligible = sum(person["eligible_months"] for person in facts.values())
    assert sum(month["people"] for month in months.values()) == eligible
    parts = [await worked.get(f"/units/{unit}/trend", **asked) for unit in ("X", "Y")]
    for name, whole in months.items():
        of_units = [m for part in parts for m in part["months"] if m["month"] == name]
        assert sum(m["people"] for m in of_units) == whole["people"]
        assert sum(float(m["minutes"]) for m in of_units) == float(whole["minutes"])


async def test_summaries_of_other_units_do_not_exist(worked: Worked) -> None:
    for what in ("coverage", "trend"):
        for unit in ("Y", "BO"):
            answer = await worked.ask(f"/units/{unit}/{what}", OF_X, **IN_PERIOD)
            assert (answer.status_code, rules(answer)) == (404, ["nothing-there"])
        assert rules(await worked.ask(f"/units/X/{what}")) == ["parameter-missing"]
        assert (await worked.ask(f"/units/X/{what}", period="KY-1999")).status_code == 404


# What was declared, and what waits


async def test_declared_items_are_filtered_and_the_newest_first(worked: Worked) -> None:
    said = await worked.get("/items", limit=1000)
    dates = [row["date"] for row in said["rows"]]
    assert dates == sorted(dates, reverse=True)
    assert said["total"] == len(dates) == 40
    for name, value in (("kind", "news_article"), ("decision", "rejected"), ("person", "P2")):
        asked: dict[str, Any] = {"limit": 1000, name: value}
        found = (await worked.get("/items", **asked))["rows"]
        assert found == [row for row in said["rows"] if row[name] == value]
        assert found
    seen = (await worked.get("/items", OF_X, limit=1000))["rows"]
    assert seen
    assert all(row["person"] in ("P1", "P2") or row["unit"] == "X" for row in seen)
    own = (await worked.get("/items", {"roles": ("learner",), "person": "P3"}))["rows"]
    assert {row["person"] for row in own} == {"P3"}
    assert {row["unit"] for row in own} == {None}


async def test_queues_count_what_they_hold_back(worked: Worked) -> None:
    actors = await worked.get("/evidence/unresolved-actors")
    assert (actors["total"], actors["statements"]) == (1, 1)
    [row] = actors["rows"]
    assert row["identifier"] == {
        "account": {"homePage": "https://onetouch.example", "name": "binh.tran.cu"}
    }
    courses = await worked.get("/evidence/unmapped-courses")
    assert (courses["total"], courses["statements"]) == (3, 3)
    assert courses["rows"][0]["activity"].startswith("https://")
    pages = []
    cursor: dict[str, Any] = {}
    while True:
        said = await worked.get("/evidence/unmapped-courses", limit=1, **cursor)
        assert said["total"] == 3
        pages += said["rows"]
        if said["next"] is None:
            break
        cursor = {"cursor": said["next"]}
    assert pages == courses["rows"]
    none = await worked.get("/evidence/unmapped-courses", platform="lms-bo")
    assert none["total"] == sum(row["platform"] == "lms-bo" for row in courses["rows"])


async def test_queues_are_for_those_who_see_everything(worked: Worked) -> None:
    for queue in ("unresolved-actors", "unmapped-courses"):
        answer = await worked.ask(f"/evidence/{queue}", OF_X)
        assert (answer.status_code, rules(answer)) == (404, ["nothing-there"])


# Periods and score sheets


async def test_periods_say_where_they_stand(worked: Worked) -> None:
    [period] = (await worked.get("/periods"))["periods"]
    assert (await worked.get(PERIOD))["period"] == period
    assert (period["id"], period["state"]) == ("KY-2026", "frozen")
    assert period["result_sets"] == ["frozen", "corrected"]
    early = await worked.get("/periods", as_of=period["frozen_at"])
    assert [(p["state"], p["frozen_at"]) for p in early["periods"]] == [("open", None)]
    assert (await worked.ask("/periods/KY-1999")).status_code == 404


async def test_criteria_are_those_of_the_versions_in_force(worked: Worked) -> None:
    said = await worked.get(f"{PERIOD}/criteria")
    assert [c["id"] for c in said["person"]["criteria"]] == ["A", "B", "C", "D", "E", "F"]
    assert said["unit"]["subject"] == "unit"
    schemes = (await worked.get("/schemes"))["schemes"]
    assert [(s["id"], s["version"]) for s in schemes] == [("HTS-CN", 1), ("HTS-DV", 1)]
    assert schemes[0] == said["person"]
    one = await worked.get("/schemes/HTS-CN/1")
    assert one["scheme"] == said["person"]
    assert one["sheet"]["id"] == "HTS-CN"
    assert (await worked.ask("/schemes/HTS-CN/2")).status_code == 404


# An organisation that changes


def record(store: Store, *records: Any) -> None:
    from lrs.register import change

    change(store, lambda _: [(one, RECORDS[type(one)].recorded) for one in records])


def belongs(person: str, unit: str, **said: Any) -> Membership:
    return Membership(person=person, unit=unit, position="CV", category="cong_chuc", **said)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_scope_follows_the_units_as_they_are_now(store: Store, signed_in: SignedIn) -> None:
    record(
        store,
        Unit(id="A", vi="Cục A"),
        Unit(id="B", vi="Cục B"),
        Unit(id="A1", vi="Phòng A1", parent="A"),
        Person(id="P1", name="Nguyễn Văn An"),
        belongs("P1", "A1"),
    )
    before = store.log.head().position
    async with (
        signed_in("evaluator", units=["A"]) as of_a,
        signed_in("evaluator", units=["B"]) as of_b,
    ):
        assert (await of_a.get("/people/P1")).status_code == 200
        assert (await of_b.get("/people/P1")).status_code == 404
        record(store, Unit(id="A1", vi="Phòng A1", parent="B"))
        assert (await of_a.get("/people/P1")).status_code == 404
        assert (await of_b.get("/people/P1")).status_code == 200
        past = {"as_of": str(before)}
        assert (await of_a.get("/people/P1", params=past)).status_code == 404, "also of the past"
        assert (await of_b.get("/people/P1", params=past)).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_second_post_is_no_reason_to_be_seen(store: Store, signed_in: SignedIn) -> None:
    record(
        store,
        Unit(id="A", vi="Cục A"),
        Unit(id="B", vi="Cục B"),
        Person(id="P1", name="Nguyễn Văn An"),
        belongs("P1", "A"),
        belongs("P1", "B", primary=False),
    )
    async with signed_in("evaluator", units=["B"]) as client:
        assert (await client.get("/people/P1")).status_code == 404


async def test_who_was_merged_into_another_is_that_one(store: Store, signed_in: SignedIn) -> None:
    record(
        store,
        Person(id="P1", name="Nguyễn Văn An"),
        Person(id="P2", name="Nguyễn Văn An"),
        PeopleMerged(person="P2", into="P1"),
    )
    async with signed_in("evaluator") as client:
        assert [row["id"] for row in (await client.get("/people")).json()["rows"]] == ["P1"]
        assert (await client.get("/people/P2")).status_code == 404
    async with signed_in("learner", person="P2") as client:
        assert (await client.get("/people/P1")).json()["name"] == "Nguyễn Văn An"
        assert (await client.get("/people/P2")).status_code == 404


async def test_an_empty_store_has_empty_lists(app: Any, signed_in: SignedIn) -> None:
    async with signed_in("evaluator", "auditor") as client:
        for path, name in (
            ("/periods", "periods"),
            ("/schemes", "schemes"),
            ("/people", "rows"),
            ("/units", "units"),
            ("/items", "rows"),
            ("/evidence/unresolved-actors", "rows"),
            ("/evidence/unmapped-courses", "rows"),
        ):
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text
            assert answer.json()[name] == []
    async with client_of(app) as nobody:
        assert (await nobody.get("/people")).status_code == 401

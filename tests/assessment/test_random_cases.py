"""Random cases are what an importer must accept, and they reach the rules they are made for."""

import calendar
import json
from collections import Counter
from datetime import date
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest

from schemas.statement import check_statement
from tests.assessment.random_cases import write_case
from tests.assessment.reference import Json, expected, leaves, post, read_yaml

SEEDS = range(8)
WAIVERS = {"AFTER_FREEZE", "PLATFORM_NOT_RECOGNISED", "UNMAPPED_COURSE", "UNRESOLVED_ACTOR"}


@pytest.fixture(scope="module", params=SEEDS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("case") / str(request.param)
    write_case(path, request.param, people=10, statements=200)
    return path


def lines_of(folder: Path) -> list[Json]:
    texts = [
        line
        for path in (folder / "statements").glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]
    return [json.loads(text) for text in texts]


def test_the_same_seed_writes_the_same_files(folder: Path, tmp_path: Path):
    again = tmp_path / "again"
    write_case(again, int(folder.name), people=10, statements=200)
    names = sorted(path.relative_to(folder) for path in folder.rglob("*.*"))
    assert names == sorted(path.relative_to(again) for path in again.rglob("*.*"))
    assert all((folder / name).read_bytes() == (again / name).read_bytes() for name in names)


def test_every_line_is_a_valid_statement_and_is_posted_once(folder: Path):
    lines = lines_of(folder)
    assert len(lines) == 200
    assert [check_statement(line, "1.0") for line in lines] == [[]] * 200
    batches = read_yaml(folder / "order.yaml")["batches"]
    assert sum(batch["lines"] for batch in batches) == 200
    for platform in {batch["platform"] for batch in batches}:
        text = (folder / "statements" / f"{platform}.jsonl").read_text("utf-8")
        rest = text.splitlines()
        for batch in batches:
            if batch["platform"] == platform:
                ids = [json.loads(line)["id"] for line in rest[: batch["lines"]]]
                assert len(ids) == len(set(ids)) == batch["lines"]
                rest = rest[batch["lines"] :]
        assert rest == []


def test_the_freeze_is_the_end_of_a_request(folder: Path):
    freeze = read_yaml(folder / "period.yaml")["freeze"]
    ends, position = [], 0
    for batch in read_yaml(folder / "order.yaml")["batches"]:
        position += batch["lines"]
        ends.append(position)
    assert freeze == "after_all_lines" or freeze["after_lines"] in ends


def test_the_period_is_whole_months(folder: Path):
    period = read_yaml(folder / "period.yaml")
    end = period["end"]
    assert period["start"].day == 1
    assert end.day == calendar.monthrange(end.year, end.month)[1]


def overlap(one: Json, other: Json) -> bool:
    return (one.get("from") or date.min) <= (other.get("to") or date.max) and (
        other.get("from") or date.min
    ) <= (one.get("to") or date.max)


def test_primary_memberships_and_heads_never_overlap(folder: Path):
    rows = read_yaml(folder / "organisation.yaml")["memberships"]
    primary = [row for row in rows if row.get("primary", True)]
    for number, one in enumerate(primary):
        assert (one.get("from") or date.min) <= (one.get("to") or date.max)
        for other in primary[number + 1 :]:
            if one["person"] == other["person"]:
                assert not overlap(one, other)
            if one["unit"] == other["unit"] and one["head"] and other["head"]:
                assert not overlap(one, other)


def test_an_identifier_is_of_one_person(folder: Path):
    seen: Counter[Any] = Counter()
    organisation = read_yaml(folder / "organisation.yaml")
    entries = [entry for person in organisation["people"] for entry in person["identifiers"]]
    for appeal in appeals_of(folder):
        entries += [c["identifier"] for c in appeal["corrections"] if "identifier" in c]
    for entry in entries:
        if "account" in entry:
            seen[entry["account"]["homePage"], entry["account"]["name"]] += 1
        elif "openid" in entry:
            seen[entry["openid"]] += 1
        elif "mbox" in entry:
            seen[sha1(entry["mbox"].encode()).hexdigest()] += 1
        else:
            seen[entry["mbox_sha1sum"].lower()] += 1
    assert set(seen.values()) <= {1}


def appeals_of(folder: Path) -> list[Json]:
    path = folder / "appeal.yaml"
    return list(read_yaml(path)["appeals"]) if path.exists() else []


def test_an_activity_of_a_platform_is_of_one_course(folder: Path):
    pairs = Counter(
        (platform, iri)
        for course in read_yaml(folder / "catalogue.yaml")["courses"]
        for platform, iris in course["activities"].items()
        for iri in iris
    )
    assert set(pairs.values()) == {1}


@pytest.mark.parametrize("name", ["scheme-individual.yaml", "scheme-unit.yaml"])
def test_a_sheet_adds_up_and_its_bands_fall_to_zero(folder: Path, name: str):
    sheet = read_yaml(folder / name)
    criteria = leaves(sheet["criteria"])
    assert sum(criterion["max"] for criterion in criteria) == sheet["max"]
    assert all(criterion["max"] > 0 for criterion in criteria)
    minima = [band["min"] for band in sheet["bands"]]
    assert minima == sorted(set(minima), reverse=True)
    assert minima[-1] == 0
    ids = [criterion["id"] for criterion in criteria]
    assert len(ids) == len(set(ids))
    for gate in sheet.get("gates", []):
        assert gate["requires"]["criterion"] in ids


@pytest.mark.parametrize("name", ["scheme-individual.yaml", "scheme-unit.yaml"])
def test_scores_caps_and_amounts_have_two_decimals(folder: Path, name: str):
    names = {"max", "score", "otherwise", "cap", "cap_without_party_session", "per_item"}
    names |= {"on_time", "late_days_le_30", "later", "none", "head_complete", "party_ratio"}

    def check(value: Any, key: str = "") -> None:
        if isinstance(value, dict):
            for inner, entry in value.items():
                check(entry, inner)
        elif isinstance(value, list):
            for entry in value:
                check(entry, key)
        elif key in names:
            assert value * 100 == int(value * 100)
            assert value >= 0

    check(read_yaml(folder / name))


def test_every_reference_is_known(folder: Path):
    organisation = read_yaml(folder / "organisation.yaml")
    catalogue = read_yaml(folder / "catalogue.yaml")
    declarations = read_yaml(folder / "declarations.yaml")
    people = {person["id"] for person in organisation["people"]}
    units = {unit["id"] for unit in organisation["units"]}
    positions = {position["id"] for position in catalogue["positions"]}
    courses = {course["id"] for course in catalogue["courses"]}
    items = {item["id"]: item for item in declarations["items"]}
    assert len(people) == len(organisation["people"])
    assert len(units) == len(organisation["units"])
    assert len(items) == len(declarations["items"])
    for unit in organisation["units"]:
        assert unit["parent"] is None or unit["parent"] in units
    for row in organisation["memberships"]:
        assert row["person"] in people
        assert row["unit"] in units
        assert row["position"] in positions
    for position in catalogue["positions"]:
        assert set(position["required_courses"]) <= courses
    for item in items.values():
        assert item.get("person") in people or item.get("unit") in units
        assert item["decision"] != "rejected" or item["reason"]
    stored = {
        line.statement["id"] for line in post(folder, read_yaml(folder / "order.yaml")["batches"])
    }
    for appeal in appeals_of(folder):
        assert (appeal["decision"] == "rejected") == (appeal["corrections"] == [])
        for correction in appeal["corrections"]:
            match correction["kind"]:
                case "credit_statement":
                    assert correction["statement"] in stored
                    assert set(correction["waive"]) <= WAIVERS
                    assert ("course" in correction) == ("UNMAPPED_COURSE" in correction["waive"])
                    assert ("person" in correction) == ("UNRESOLVED_ACTOR" in correction["waive"])
                    assert correction.get("course") in {None, *courses}
                    assert correction.get("person") in {None, *people}
                case "decide_declaration":
                    assert correction["item"] in items
                case "link_identity":
                    assert correction["person"] in people


def test_together_they_reach_every_reason_and_most_outcomes(tmp_path: Path):
    reached: Counter[str] = Counter()
    for seed in range(12):
        folder = tmp_path / str(seed)
        write_case(folder, seed, people=12, statements=250)
        sets = expected(folder)["result_sets"]
        if "corrected" in sets:
            reached["corrected"] += sets["corrected"] != sets["frozen"]
        for result_set in sets.values():
            reached["unattributed"] += len(result_set["unattributed"])
            reached["no result of a unit"] += len(result_set["units"]) < 4
            for line in result_set["people"].values():
                reached["excluded"] += "excluded" in line
                reached["head blend"] += line.get("final") != line.get("personal")
            for facts in result_set["facts"].values():
                reached["overdue"] += bool(facts["overdue"])
                reached["capped"] += facts["reported_minutes"] != facts["credited_minutes"]
                reached["several units"] += len(facts["months_in_unit"]) > 1
                reached["no unit at the end"] += facts["unit_at_end"] is None
                reached["award blocked"] += facts["award_blocked"]
                reached["no exam required"] += facts["exam_mean"] is None
            for person in result_set["explanations"].values():
                for criterion in person.values():
                    reached.update(criterion["not_counted"].values())
                    reached["partly"] += len(criterion.get("partly_counted", ()))
    wanted = {
        *("AFTER_FREEZE", "VOIDED", "OUT_OF_PERIOD", "UNMAPPED_COURSE", "DUPLICATE"),
        *("PLATFORM_NOT_RECOGNISED", "MINUTES_CAPPED", "corrected", "unattributed", "excluded"),
        *("head blend", "overdue", "capped", "several units", "no unit at the end", "partly"),
        *("award blocked", "no exam required", "no result of a unit"),
    }
    assert {name for name in wanted if not reached[name]} == set()

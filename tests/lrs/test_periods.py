"""Periods and score sheets by command: what is decided, and what is only tried."""

import json
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
import yaml

from lrs import __version__, periods
from lrs.audit import closings
from lrs.cases import read_case
from lrs.register import change
from lrs.settings import Settings
from lrs.store import Store
from schemas.events import Kind
from schemas.register import RECORDS, Appeal, Withdrawal
from tests.assessment import reference
from tests.evaluation import (
    MOVEMENT,
    PERIOD,
    Json,
    differences,
    documents,
    expected,
    head_of,
    last_of,
)
from tests.lrs.cases.golden import APPEAL, PERSON_SHEET, Edit, copied
from tests.lrs.cases.golden import PERIOD as PERIOD_FILE
from tests.lrs.commands import Commands

UNIT_SHEET = "scheme-unit.yaml"
FINISHED = {
    "actor": {"account": {"homePage": "https://bdhvs.example", "name": "binh.tt"}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
    "object": {"id": "https://bdhvs.example/khoa-hoc/an-toan-thong-tin"},
    "result": {"score": {"scaled": 1}, "completion": True, "success": True},
    "timestamp": "2026-10-01T08:00:00+07:00",
}
"""What lifts P2 whenever it counts."""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a store that has taken in the worked case."""
    directory = tmp_path_factory.mktemp("imported")
    url = f"sqlite:///{directory / 'hocba.db'}"
    Commands(url, directory).run("import", "case", MOVEMENT)
    return directory


@pytest.fixture
def commands(imported: Path, tmp_path: Path, sqlite_url: str) -> Commands:
    """On a store of its own that has taken in the worked case, frozen and with its appeal."""
    for file in imported.iterdir():
        shutil.copy(file, tmp_path)
    return Commands(sqlite_url, tmp_path)


@pytest.fixture
def open_period(tmp_path: Path, sqlite_url: str) -> Commands:
    """On a store that has taken in the worked case without freezing its period."""
    commands = Commands(sqlite_url, tmp_path)
    folder = tmp_path / "no-appeal"
    shutil.copytree(MOVEMENT, folder, ignore=shutil.ignore_patterns("appeal.yaml"))
    commands.run("import", "case", folder, "--no-freeze")
    return commands


def head(commands: Commands) -> int:
    return head_of(commands.environment["LRS_DATABASE_URL"])


def last_event(commands: Commands) -> Any:
    return last_of(commands.environment["LRS_DATABASE_URL"]).parsed()


def post(commands: Commands, statement: Mapping[str, Any]) -> None:
    """As one of the platforms would."""
    file = commands.directory / "late.jsonl"
    file.write_bytes(orjson.dumps({"id": str(uuid4()), **statement}))
    commands.run("import", "statements", file, "--credential", "bdhvs-2026")


def results(commands: Commands, *asked: str) -> Json:
    found: Json = commands.json("results", "--period", PERIOD, "--facts", *asked)
    return found


def state(commands: Commands) -> tuple[str, int | None]:
    [row] = commands.json("period", "list")
    assert row["id"] == PERIOD
    return row["state"], row["position"]


# Freezing


def test_what_comes_after_a_freeze_does_not_count(open_period: Commands) -> None:
    before = results(open_period)
    position = head(open_period)
    assert open_period.json("period", "freeze", PERIOD) == {"period": PERIOD, "position": position}
    assert state(open_period) == ("frozen", position)
    post(open_period, FINISHED)
    after = results(open_period)
    assert (before["result_set"], after["result_set"]) == ("open", "frozen")
    for part in ("people", "units", "facts"):
        assert after[part] == before[part]
    explained = open_period.json("explain", "--period", PERIOD, "--person", "P2")
    assert "AFTER_FREEZE" in explained["people"]["P2"]["A"]["not_counted"].values()


def test_after_a_thaw_it_counts(open_period: Commands) -> None:
    open_period.run("period", "freeze", PERIOD)
    post(open_period, FINISHED)
    frozen = results(open_period)
    open_period.run("period", "thaw", PERIOD, "--reason", "Nhầm ngày")
    assert last_event(open_period) == {"key": PERIOD, "reason": "Nhầm ngày"}
    assert state(open_period) == ("open", None)
    again = results(open_period)
    assert again["result_set"] == "open"
    assert again["people"]["P2"] != frozen["people"]["P2"]
    position = open_period.json("period", "freeze", PERIOD)["position"]
    assert position == head(open_period) - 1
    assert results(open_period)["people"] == again["people"]


def test_a_thawed_period_is_what_a_later_freeze_would_have_made_of_it(
    commands: Commands, tmp_path: Path
) -> None:
    commands.run("period", "thaw", PERIOD, "--reason", "Mở lại")
    later = copied(tmp_path, Edit(PERIOD_FILE, "{after_lines: 84}", "after_all_lines"))
    wanted = reference.expected(later)
    assert not differences(wanted, [results(commands) | {"result_set": "frozen"}])
    commands.run("period", "freeze", PERIOD)
    assert not differences(wanted, documents(commands, wanted))


# Closing


def digest(document: Any) -> str:
    """As anybody computes it who reads how it is documented."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def roster() -> str:
    """The digest of who is in which unit, from the files."""
    said = yaml.safe_load((MOVEMENT / "organisation.yaml").read_text("utf-8"))
    members = [
        [
            row["person"],
            row["unit"],
            row["position"],
            row["head"],
            row.get("primary", True),
            str(row["from"] or ""),
            str(row["to"] or ""),
        ]
        for row in said["memberships"]
    ]
    people = sorted(person["id"] for person in said["people"])
    return digest({"people": people, "memberships": sorted(members)})


def recomputed(commands: Commands, closed: Json) -> str:
    asked = ("--result-set", closed["result_set"], "--as-of", str(closed["position"]))
    document = results(commands, *asked)
    assert document.pop("position") == closed["position"]
    return digest(document)


def test_the_digests_of_a_closed_period_are_what_anybody_computes(commands: Commands) -> None:
    closed = commands.json("period", "close", PERIOD)
    assert closed["result_set"] == "corrected"
    assert closed["results"] == recomputed(commands, closed)
    [row] = commands.json("period", "list")
    assert (row["state"], row["results"], row["roster"]) == ("closed", closed["results"], roster())
    recorded = last_event(commands)
    del recorded["people"], recorded["units"]  # a test of their own: lrs/audit/test_closings.py
    assert recorded == {
        "period": PERIOD,
        "position": closed["position"],
        "results": closed["results"],
        "roster": roster(),
        "result_set": "corrected",
        "schemes": {"person": "HTS-CN/1", "unit": "HTS-DV/1"},
        "program": __version__,
    }


def test_they_stay_so_whatever_is_recorded_afterwards(commands: Commands, tmp_path: Path) -> None:
    closed = commands.json("period", "close", PERIOD)
    post(commands, FINISHED)
    rejected = copied(tmp_path, Edit(APPEAL, "b2000015", "b2000014"))
    commands.run("period", "reopen", PERIOD, "--reason", "Khiếu nại mới")
    commands.run("import", "case", rejected)
    assert commands.json("projections", "rebuild", "assessment", "--check")["checked"]
    assert recomputed(commands, closed) == closed["results"]
    now = results(commands, "--result-set", "corrected")
    del now["position"]
    assert digest(now) != closed["results"], "something else was decided meanwhile"


def test_an_appeal_after_the_closing_is_refused_until_the_period_is_reopened(
    commands: Commands, tmp_path: Path
) -> None:
    closed = commands.json("period", "close", PERIOD)
    again = copied(tmp_path, Edit(APPEAL, "b2000015", "b2000014"))
    position = head(commands)
    said = commands.run("import", "case", again, code=1)
    assert "“KN-2026-01” is about the period “KY-2026”, which is closed" in said
    assert "lrs period reopen KY-2026 --reason" in said
    assert head(commands) == position
    assert commands.json("period", "list")[0]["results"] == closed["results"]
    commands.run("import", "case", MOVEMENT)
    assert head(commands) == position, "the appeal it holds was decided before"
    commands.run("period", "reopen", PERIOD, "--reason", "Khiếu nại mới")
    assert commands.json("import", "case", again)["recorded"] == 1


def test_a_period_that_was_thawed_stays_open_when_its_case_is_imported_again(
    commands: Commands,
) -> None:
    commands.run("period", "thaw", PERIOD, "--reason", "Mở lại")
    assert commands.json("import", "case", MOVEMENT)["thawed"]
    assert state(commands) == ("open", None)
    said = commands.run("import", "case", MOVEMENT, "--language", "en", code=0)
    assert "KY-2026: 0 facts recorded" in said
    commands.run("period", "freeze", PERIOD)
    assert not commands.json("import", "case", MOVEMENT)["thawed"]


def test_a_period_without_appeals_is_closed_with_its_frozen_results(open_period: Commands) -> None:
    open_period.run("period", "freeze", PERIOD)
    closed = open_period.json("period", "close", PERIOD)
    assert closed["result_set"] == "frozen"
    assert closed["results"] == recomputed(open_period, closed)


def test_a_closed_period_is_reopened_and_closed_again(commands: Commands) -> None:
    first = commands.json("period", "close", PERIOD)
    commands.run("period", "reopen", PERIOD, "--reason", "Khiếu nại mới")
    assert last_event(commands) == {"key": PERIOD, "reason": "Khiếu nại mới"}
    assert state(commands)[0] == "frozen"
    again = commands.json("period", "close", PERIOD)
    assert (again["results"], again["position"] > first["position"]) == (first["results"], True)


def test_an_appeal_decided_while_the_results_are_computed_is_in_them(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    [appeal] = read_case(MOVEMENT).appeals
    store = Store(Settings(database_url=commands.environment["LRS_DATABASE_URL"]), follow=False)
    compute = closings.outcome

    def record(said: Appeal | Withdrawal, kind: Kind) -> None:
        change(store, lambda _: [(said, kind)])

    def compute_while_it_is_decided(*asked: Any) -> closings.Outcome:
        found = compute(*asked)
        monkeypatch.setattr(closings, "outcome", compute)
        record(appeal, RECORDS[Appeal].recorded)
        return found

    try:
        record(Withdrawal(key=appeal.key), RECORDS[Appeal].withdrawn)
        monkeypatch.setattr(closings, "outcome", compute_while_it_is_decided)
        closed = periods.close(store, PERIOD)
    finally:
        store.close()
    assert closed["result_set"] == "corrected"
    assert closed["results"] == recomputed(commands, closed)


# What cannot be done

FREEZE = ("period", "freeze", PERIOD)
THAW = ("period", "thaw", PERIOD, "--reason", "x")
CLOSE = ("period", "close", PERIOD)
REOPEN = ("period", "reopen", PERIOD, "--reason", "x")
CORRECTIONS = ("period", "corrections", PERIOD)


@pytest.mark.parametrize(
    ("done", "asked", "said"),
    [
        ((), FREEZE, "KY-2026 is frozen already, at position 177"),
        ((), REOPEN, "KY-2026 is not closed"),
        (CLOSE, CLOSE, "KY-2026 is closed already"),
        (CLOSE, THAW, "KY-2026 is closed; reopen it first"),
        (CLOSE, FREEZE, "KY-2026 is frozen already"),
        (THAW, THAW, "KY-2026 is not frozen"),
        (THAW, CLOSE, "KY-2026 is not frozen; `lrs period freeze` comes first"),
        (THAW, CORRECTIONS, "KY-2026 has no results called corrected"),
        *(
            ((), (*asked[:2], "KY-2027", *asked[3:]), "KY-2027: no such period")
            for asked in (FREEZE, THAW, CLOSE, REOPEN, CORRECTIONS)
        ),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_said_and_records_nothing(
    commands: Commands, done: tuple[str, ...], asked: tuple[str, ...], said: str
) -> None:
    if done:
        commands.run(*done)
    position = head(commands)
    assert said in commands.run(*asked, code=1)
    assert head(commands) == position


def test_a_period_nobody_opened_names_those_there_are(sqlite_url: str, tmp_path: Path) -> None:
    empty = Commands(sqlite_url, tmp_path)
    assert "there are: none" in empty.run("period", "freeze", PERIOD, code=1)
    assert "there are: none" in empty.run("results", "--period", PERIOD, code=1)
    assert empty.json("period", "list") == []


# Corrections

RIPPLE = {
    ("person", "P1"): {"final"},
    ("person", "P2"): {"A", "B", "E", "base", "penalty", "personal", "final", "band"},
    ("unit", "X"): {"U5", "base", "final"},
    ("unit", "Y"): {"U3", "U5", "U8", "base", "final", "band"},
}


def lines_of(result_set: Json) -> dict[tuple[str, str], dict[str, str]]:
    """By subject and id, the values of the line."""
    return {
        (subject, id_): line
        for subject, part in (("person", "people"), ("unit", "units"))
        for id_, line in result_set[part].items()
    }


def changed(before: Json, after: Json) -> list[tuple[str, str, str, str, str]]:
    """Subject, id, field, before and after of every value that differs."""
    new = lines_of(after)
    return sorted(
        (*subject, field, value, new[subject][field])
        for subject, line in lines_of(before).items()
        for field, value in line.items()
        if new[subject][field] != value
    )


def told(found: Json) -> list[tuple[str, ...]]:
    names = ("subject", "id", "field", "before", "after")
    return sorted(tuple(one[name] for name in names) for one in found["changes"])


def test_what_an_appeal_changes_for_others_is_listed_exactly(commands: Commands) -> None:
    found = commands.json("period", "corrections", PERIOD)
    sets = expected()["result_sets"]
    assert told(found) == changed(sets["frozen"], sets["corrected"])
    fields: dict[tuple[str, str], set[str]] = {}
    for subject, id_, field, *_ in told(found):
        fields.setdefault((subject, id_), set()).add(field)
    assert fields == RIPPLE
    moves = {(one["subject"], one["id"]): one["difference"] for one in found["moves"]}
    assert moves == {
        ("person", "P1"): "0.21",
        ("person", "P2"): "17.90",
        ("unit", "X"): "1.05",
        ("unit", "Y"): "23.55",
    }
    assert found["bands"] == [{"before": "TOT", "after": "XUAT_SAC", "people": 1}]
    assert found["position"] == head(commands) - 1, "reading it is recorded after it"


def test_they_are_shown_to_a_person_too(commands: Commands) -> None:
    said = commands.run("period", "corrections", PERIOD)
    assert "TOT -> XUAT_SAC" in said
    assert "+17.90" in said
    assert f"4 move, 18 values differ, as of position {head(commands) - 1}" in said


# Score sheets

NEW_PERSON_SHEET = (
    Edit(PERSON_SHEET, "version: 1", "version: 2"),
    Edit(PERSON_SHEET, "{min: 90, id: XUAT_SAC", "{min: 95, id: XUAT_SAC"),
    Edit(PERSON_SHEET, "target_minutes_per_12_months: 1800", "target_minutes_per_12_months: 1200"),
    Edit(PERSON_SHEET, "weight: 0.20", "weight: 0.45"),
)
NEW_UNIT_SHEET = (
    Edit(UNIT_SHEET, "version: 1", "version: 2"),
    Edit(UNIT_SHEET, "per_item: 2, cap: 10", "per_item: 1.25, cap: 10"),
    Edit(UNIT_SHEET, "head_complete: 4, party_ratio: 6", "head_complete: 7, party_ratio: 3"),
)


@pytest.mark.parametrize(
    ("file", "edits"),
    [(PERSON_SHEET, NEW_PERSON_SHEET), (UNIT_SHEET, NEW_UNIT_SHEET)],
    ids=["person", "unit"],
)
@pytest.mark.parametrize("result_set", ["frozen", "corrected"])
def test_what_another_sheet_would_give_is_what_it_gives(
    commands: Commands, tmp_path: Path, file: str, edits: tuple[Edit, ...], result_set: str
) -> None:
    folder = copied(tmp_path, *edits)
    position = head(commands)
    asked = ("--period", PERIOD, "--result-set", result_set)
    found = commands.json("scheme", "diff", folder / file, *asked)
    last = last_of(commands.environment["LRS_DATABASE_URL"])
    before = expected()["result_sets"][result_set]
    after = reference.expected(folder)["result_sets"][result_set]
    assert told(found) == changed(before, after) != []
    assert found["result_set"] == result_set
    assert found["after"].endswith("/2")
    assert last.position == position, "nothing is recorded"
    assert not differences(expected(), [results(commands, "--result-set", result_set)])


def test_the_sheet_in_force_changes_nothing(commands: Commands) -> None:
    found = commands.json("scheme", "diff", MOVEMENT / PERSON_SHEET, "--period", PERIOD)
    assert (found["changes"], found["moves"], found["bands"]) == ([], [], [])
    assert found["before"] == found["after"] == "HTS-CN/1"


def test_another_sheet_is_tried_as_of_an_earlier_position(commands: Commands) -> None:
    sheet = copied(commands.directory, *NEW_PERSON_SHEET) / PERSON_SHEET
    found = commands.json("scheme", "diff", sheet, "--period", PERIOD, "--as-of", "150")
    assert (found["result_set"], found["position"]) == ("open", 150)
    said = commands.run("scheme", "diff", sheet, "--period", "KY-2027", code=1)
    assert "KY-2027: no such period" in said


def test_a_version_that_is_published_never_changes(commands: Commands, tmp_path: Path) -> None:
    sheet = copied(tmp_path, *NEW_PERSON_SHEET) / PERSON_SHEET
    position = head(commands)
    again = commands.run("scheme", "publish", MOVEMENT / PERSON_SHEET)
    assert "HTS-CN/1: published already, as it is" in again
    assert head(commands) == position
    assert "HTS-CN/2: published" in commands.run("scheme", "publish", sheet)
    assert head(commands) == position + 1
    assert "published already" in commands.run("scheme", "publish", sheet)
    sheet.write_text(sheet.read_text("utf-8").replace("min: 95", "min: 96"), "utf-8")
    said = commands.run("scheme", "publish", sheet, code=1)
    assert "HTS-CN/2 is published and never changes; publish this one as version 3" in said
    assert head(commands) == position + 1
    assert not differences(expected(), [results(commands)]), "the period keeps its own"


@pytest.mark.parametrize("command", [("check",), ("publish",), ("diff", "--period", PERIOD)])
def test_everything_wrong_in_a_sheet_is_told_by_line(
    commands: Commands, tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder = copied(
        tmp_path,
        Edit(PERSON_SHEET, "per_item: 5,", "per_item: 5.005,"),
        Edit(PERSON_SHEET, "{min: 70, id: TOT", "{min: 91, id: TOT"),
        Edit(PERSON_SHEET, "kind: hours_linear", "kind: hours_curved"),
    )
    sheet, position = folder / PERSON_SHEET, head(commands)
    texts = {}
    for language in ("vi", "en"):
        asked = ("scheme", *command, sheet, "--language", language)
        texts[language] = commands.run(*asked, code=1)
        for number in lines_with(sheet, "5.005", "min: 91", "hours_curved"):
            assert f"{PERSON_SHEET}:{number}:" in texts[language]
        assert "3 problems" in texts[language]
    assert texts["vi"] != texts["en"]
    assert head(commands) == position


def lines_with(file: Path, *marks: str) -> list[int]:
    lines = file.read_text("utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if any(mark in line for mark in marks)]


@pytest.mark.parametrize(
    ("file", "said"),
    [(PERSON_SHEET, "HTS-CN/1, for a person"), (UNIT_SHEET, "HTS-DV/1, for a unit")],
)
def test_a_sheet_without_a_problem_is_said_to_be_one(
    empty_sqlite_url: str, tmp_path: Path, file: str, said: str
) -> None:
    assert said in Commands(empty_sqlite_url, tmp_path).run("scheme", "check", MOVEMENT / file)
    assert not (tmp_path / "hocba.db").exists()

"""``lrs results`` and ``lrs explain``: as of when, of whom, and what they never say."""

import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.evaluation import MOVEMENT, PERIOD, Json, differences, expected, head_of, last_of
from tests.lrs.cases.golden import (
    DECLARATIONS,
    ORGANISATION,
    PERSON_SHEET,
    Edit,
    change,
    copied,
)
from tests.lrs.cases.golden import PERIOD as PERIOD_FILE
from tests.lrs.commands import Commands

UNIT_SHEET = "scheme-unit.yaml"
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a store that has taken in the worked case."""
    directory = tmp_path_factory.mktemp("imported")
    commands = Commands(f"sqlite:///{directory / 'hocba.db'}", directory)
    commands.run("import", "case", MOVEMENT)
    commands.run("results", "--period", PERIOD)  # so that what follows the log is at its end
    return directory


@pytest.fixture
def commands(imported: Path, tmp_path: Path, sqlite_url: str) -> Commands:
    """On a store of its own that has taken in the worked case."""
    for file in imported.iterdir():
        shutil.copy(file, tmp_path)
    return Commands(sqlite_url, tmp_path)


def results(commands: Commands, *asked: str) -> Json:
    found: Json = commands.json("results", "--period", PERIOD, "--facts", *asked)
    return found


def head(commands: Commands) -> int:
    return head_of(commands.environment["LRS_DATABASE_URL"])


# As of


def test_an_answer_names_its_position(commands: Commands) -> None:
    end = head(commands)
    assert results(commands)["position"] == end
    assert results(commands, "--as-of", str(end + 100))["position"] == end + 1, "of the reading"
    early = results(commands, "--as-of", "150")
    assert (early["position"], early["result_set"]) == (150, "open")
    asked = ("--period", PERIOD, "--as-of", "150")
    assert commands.json("explain", *asked)["position"] == 150
    assert "as of position 150" in commands.run("explain", *asked, "--person", "P1")
    assert "as of position 150" in commands.run("results", *asked)


@pytest.mark.parametrize("form", ["UTC", "Hanoi", "without an offset"])
def test_a_time_is_the_last_position_stored_by_then(commands: Commands, form: str) -> None:
    """What the store was told after that time is not in it."""
    position = head(commands)
    moment = datetime.now(UTC) + timedelta(milliseconds=1)
    time.sleep(0.002)
    commands.run("period", "thaw", PERIOD, "--reason", "x")
    assert results(commands)["result_set"] == "open"
    local = moment.astimezone(HANOI)
    asked = {
        "UTC": moment.isoformat(),
        "Hanoi": local.isoformat(),
        "without an offset": local.replace(tzinfo=None).isoformat(),
    }[form]
    found = results(commands, "--as-of", asked)
    assert (found["position"], found["result_set"]) == (position, "frozen")
    assert not differences(expected(), [found])


def test_before_anything_was_stored_there_is_no_period(commands: Commands) -> None:
    for asked in ("0", "2020-01-01T00:00+07:00"):
        said = commands.run("results", "--period", PERIOD, "--as-of", asked, code=1)
        assert "no such period as of position 0; there are: none" in said


def test_before_the_appeal_there_is_no_corrected_set(commands: Commands) -> None:
    appeal = last_of(commands.environment["LRS_DATABASE_URL"])
    before = str(appeal.position - 1)
    asked = ("--period", PERIOD, "--result-set", "corrected", "--as-of", before)
    said = commands.run("results", *asked, code=1)
    assert f"no results called corrected as of position {before}; it has: frozen" in said


# What is not there


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("results", "--period", "KY-2027"), "no such period as of position"),
        (("explain", "--period", "KY-2027", "--json"), "there are: KY-2026"),
        (("results", "--period", PERIOD, "--result-set", "open"), "it has: frozen, corrected"),
        (("results", "--period", PERIOD, "--as-of", "soon"), "such as 2026-11-30T23:59+07:00"),
        (("results", "--period", PERIOD, "--as-of", "-1"), "a position of the log or a time"),
        (("explain", "--period", PERIOD, "--person", "P9"), "P9: no such person in KY-2026"),
        (("explain", "--period", PERIOD, "--person", "P9", "--json"), "P9: no such person"),
        (("explain", "--period", PERIOD, "--unit", "Z"), "Z: no such unit in KY-2026"),
        (("explain", "--period", PERIOD, "--unit", "BO"), "BO: has no results of its own"),
        (("explain", "--period", PERIOD), "--person or --unit is needed"),
        (("explain", "--period", PERIOD, "--person", "P1", "--unit", "X"), "one of them is meant"),
        (
            ("explain", "--period", PERIOD, "--criterion", "Z", "--json"),
            "--criterion Z: there are A, B, C, D, E, F",
        ),
        (
            ("explain", "--period", PERIOD, "--person", "P1", "--criterion", "U1"),
            "--criterion U1: there are A, B, C, D, E, F",
        ),
        (
            ("explain", "--period", PERIOD, "--unit", "X", "--criterion", "A"),
            "--criterion A: there are U1, U2",
        ),
    ],
    ids=lambda value: " ".join(value[2:])[:40] if isinstance(value, tuple) else "",
)
def test_what_is_not_there_is_said_in_a_line(
    commands: Commands, asked: tuple[str, ...], said: str
) -> None:
    printed = commands.run(*asked, code=1)
    assert said in printed
    assert len(printed.strip().splitlines()) == 1


# Printed for a person


def test_scores_are_printed_as_they_are_expected(commands: Commands) -> None:
    printed = commands.run("results", "--period", PERIOD)
    for part in ("people", "units"):
        for id_, line in expected()["result_sets"]["frozen"][part].items():
            assert re.search(rf"^ {id_} +" + " +".join(line.values()), printed, re.MULTILINE)


def test_one_criterion_of_one_person_is_printed_to_the_statement(commands: Commands) -> None:
    asked = ("--period", PERIOD, "--person", "P2", "--criterion", "A")
    printed = commands.run("explain", *asked)
    lists = expected()["result_sets"]["frozen"]["explanations"]["P2"]["A"]
    for statement in lists["counted"]:
        assert re.search(rf"{statement} at \d+, .*: counts$", printed, re.MULTILINE)
    for statement, reason in lists["not_counted"].items():
        assert re.search(rf"{statement} at \d+, .*: {reason}$", printed, re.MULTILINE)
    assert "20.00 / 30.00" in printed
    assert "Thời lượng học tập" not in printed, "another criterion"


def test_a_unit_is_explained_criterion_by_criterion(commands: Commands) -> None:
    found = commands.json("explain", "--period", PERIOD, "--unit", "X")
    line = expected()["result_sets"]["frozen"]["units"]["X"]
    assert found["line"] == line
    points = {id_: criterion["points"] for id_, criterion in found["criteria"].items()}
    assert points == {id_: line[id_] for id_ in points}
    assert points.keys() == {f"U{number}" for number in range(1, 9)}
    one = commands.json("explain", "--period", PERIOD, "--unit", "X", "--criterion", "U2")
    assert one["criteria"] == {"U2": found["criteria"]["U2"]}


def test_what_somebody_wrote_is_printed_as_it_is_written(sqlite_url: str, tmp_path: Path) -> None:
    """Brackets are no markup, and what stands between colons is no emoji."""
    period, item, other, rule = "[/] :x: 2026", "[bold]Sổ tay", "Bài [/b] lại", "[red] :ok:"
    folder = copied(
        tmp_path,
        Edit(PERIOD_FILE, '"Kỳ đánh giá 2026"', f'"{period}"'),
        Edit(DECLARATIONS, '"Sổ tay AI cho lãnh đạo"', f'"{item}"'),
        Edit(DECLARATIONS, '"Bài đăng lại"', f'"{other}"'),
        Edit(UNIT_SHEET, '"Mô hình được nhân rộng"', f'"{rule}"'),
    )
    commands = Commands(sqlite_url, tmp_path)
    commands.run("import", "case", folder)
    printed = (
        commands.run("period", "list")
        + commands.run("explain", "--period", PERIOD, "--person", "P1")
        + commands.run("explain", "--period", PERIOD, "--unit", "X")
    )
    assert [one for one in (period, item, other, rule) if one not in printed] == []


def test_who_is_not_scored_is_said_to_be_excluded(sqlite_url: str, tmp_path: Path) -> None:
    nobody = '  - {id: P9, name: "Chín", identifiers: []}\n'
    folder = copied(tmp_path, Edit(ORGANISATION, "people:\n", f"people:\n{nobody}"))
    commands = Commands(sqlite_url, tmp_path)
    commands.run("import", "case", folder)
    excluded = {"excluded": "NO_ELIGIBLE_MONTHS"}
    assert results(commands)["people"]["P9"] == excluded
    asked = ("--period", PERIOD, "--person", "P9")
    assert commands.json("explain", *asked)["people"] == {}
    for more in ((), ("--criterion", "A")):
        assert "NO_ELIGIBLE_MONTHS" in commands.run("explain", *asked, *more)


# Party membership

PARTY = """\
    - {person: P1, from: 2010-05-19, to: null}
    - {person: P2, from: 2018-02-03, to: null}
"""
OTHERS = """\
    - {person: P2, from: 2018-02-03, to: 2020-12-31}
    - {person: P2, from: 2021-01-01, to: null}
"""
"""P1 is no member, which changes no score: X has no other member then, and P1 is complete."""


WORDS = ("party_member", "band_before_gates", "protected", "2010-05-19", "2018-02-03")


def everything_said(commands: Commands, folder: Path, tried: Path) -> Iterator[tuple[str, str]]:
    """By command, all that is printed of a case that was taken in, as text and as JSON."""
    asked: list[tuple[Any, ...]] = [("import", "case", folder)]
    for result_set in ("frozen", "corrected"):
        of = ("--period", PERIOD, "--result-set", result_set)
        asked += [("results", *of, "--facts"), ("explain", *of, "--json")]
        asked += [("explain", *of, "--person", person) for person in ("P1", "P2")]
        asked += [("explain", *of, "--unit", unit) for unit in ("X", "Y")]
        asked += [("scheme", "diff", tried / file, *of) for file in (PERSON_SHEET, UNIT_SHEET)]
    asked += [("period", "corrections", PERIOD), ("period", "close", PERIOD), ("period", "list")]
    for command in asked:
        shown = (*command, "--json") if command[0] == "period" else command
        yield " ".join(map(str, command)), commands.run(*shown)
        if command[0] in ("results", "scheme"):
            yield " ".join(map(str, command)) + " --json", commands.run(*command, "--json")


def test_nothing_printed_tells_who_is_a_member_of_the_party(tmp_path: Path) -> None:
    """Two cases that score alike: whatever differed between them would tell."""
    tried = copied(
        tmp_path / "tried",
        Edit(PERSON_SHEET, "version: 1", "version: 2"),
        Edit(PERSON_SHEET, "{min: 90, id: XUAT_SAC", "{min: 94, id: XUAT_SAC"),
        Edit(UNIT_SHEET, "version: 1", "version: 2"),
        Edit(UNIT_SHEET, "head_complete: 4, party_ratio: 6", "head_complete: 5, party_ratio: 5"),
    )
    folder = copied(tmp_path / "files")
    said = []
    for name, party in (("members", PARTY), ("others", OTHERS)):
        change(folder, Edit(ORGANISATION, PARTY, party))
        directory = tmp_path / name
        directory.mkdir()
        commands = Commands(f"sqlite:///{directory / 'hocba.db'}", directory)
        said.append(list(everything_said(commands, folder, tried)))
    for (command, one), (_, other) in zip(*said, strict=True):
        assert one == other, command
        assert [word for word in WORDS if word in one] == [], command

"""Awards: the score sheet proposes, people decide, and what they decided is recorded."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lrs import awards, periods
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.evaluation import EvaluationRefused
from lrs.reading import open_for_reading
from lrs.settings import Settings
from lrs.store import Store
from schemas.events import Kind
from schemas.register import AwardDecision, Closing, Document, record_of
from tests.evaluation import MOVEMENT, PERIOD, head_of
from tests.lrs.commands import Commands

AWARD = "BANG-KHEN-BO"
DECISION = (
    *("--period", PERIOD, "--award", AWARD, "--number", "12/QĐ-BVHTTDL"),
    *("--date", "2026-12-20", "--decided-by", "Bộ trưởng"),
)
DECIDE = ("award", "decide", *DECISION)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a store in which the worked case is closed."""
    directory = tmp_path_factory.mktemp("closed")
    commands = Commands(f"sqlite:///{directory / 'hocba.db'}", directory)
    commands.run("import", "case", MOVEMENT)
    commands.run("period", "close", PERIOD)
    return directory


@pytest.fixture
def commands(closed: Path, tmp_path: Path, sqlite_url: str) -> Commands:
    for file in closed.iterdir():
        shutil.copy(file, tmp_path)
    return Commands(sqlite_url, tmp_path)


def recorded(commands: Commands, kind: Kind) -> list[Any]:
    settings = Settings(database_url=commands.environment["LRS_DATABASE_URL"])
    with open_for_reading(settings) as log:
        return [record_of(entry.kind, entry.body) for entry in log.read(0, 10_000, kinds=[kind])]


def test_a_decision_holds_what_it_rests_on(commands: Commands) -> None:
    said = commands.run(
        *DECIDE, "--person", "P2", "--unit", "X", "--achievement", "Khóa R1", "--note", "x"
    )
    assert "P2: BANG-KHEN-BO by 12/QĐ-BVHTTDL (proposal: none)" in said
    [closing] = recorded(commands, Kind.PERIOD_CLOSED)
    person, unit = recorded(commands, Kind.AWARD_DECIDED)
    assert isinstance(closing, Closing)
    assert person == AwardDecision(
        period=PERIOD,
        award=AWARD,
        decision=Document("12/QĐ-BVHTTDL", date(2026, 12, 20)),
        decided_by="Bộ trưởng",
        position=closing.position,
        results=closing.results,
        roster=closing.roster,
        result_set="corrected",
        schemes=closing.schemes,  # type: ignore[arg-type]  # a closing of this version has them
        person="P2",
        achievement="Khóa R1",
        note="x",
    )
    assert (unit.person, unit.unit, unit.results) == (None, "X", closing.results)
    rows = commands.json("award", "list", "--period", PERIOD)
    assert [(row["person"], row["unit"], row["stands"]) for row in rows] == [
        ("P2", None, True),
        (None, "X", True),
    ]
    listed = commands.run("award", "list")
    assert "12/QĐ-BVHTTDL" in listed
    assert f"results at {closing.position}" in listed


def test_an_award_is_taken_back_and_given_again(commands: Commands) -> None:
    commands.run(*DECIDE, "--person", "P2", "--person", "P1")
    withdraw = ("award", "withdraw", "--period", PERIOD, "--award", AWARD, "--reason", "Nhầm")
    assert "P2: BANG-KHEN-BO of KY-2026 taken back" in commands.run(*withdraw, "--person", "P2")
    assert [row["person"] for row in commands.json("award", "list")] == ["P1"]
    commands.run(*DECIDE, "--person", "P2")
    assert [row["person"] for row in commands.json("award", "list")] == ["P1", "P2"]


def test_an_award_says_when_its_results_are_no_longer_those_of_the_period(
    commands: Commands,
) -> None:
    commands.run(*DECIDE, "--person", "P2")
    commands.run("period", "reopen", PERIOD, "--reason", "Khiếu nại")
    assert "which the period is no longer closed with" in commands.run("award", "list")
    commands.run("period", "close", PERIOD)
    assert not commands.json("award", "list")[0]["stands"], "they are of another position"


@pytest.mark.parametrize(
    ("done", "asked", "said"),
    [
        (("period", "reopen", PERIOD, "--reason", "x"), (*DECIDE, "--person", "P2"), "not closed"),
        ((), DECIDE, "nobody is awarded: name people or units"),
        ((), (*DECIDE, "--person", "P9"), "P9 has no results in KY-2026"),
        ((), (*DECIDE, "--unit", "P2"), "P2 has no results in KY-2026"),
        ((), (*DECIDE, "--person", "P2", "--period", "KY-9"), "KY-9: no such period"),
        ((), (*DECIDE, "--person", "P2", "--date", "20/12/2026"), "--date 20/12/2026: no such day"),
        (
            (*DECIDE, "--person", "P2"),
            (*DECIDE, "--person", "P1", "--person", "P2", "--number", "13/QĐ"),
            "P2 has BANG-KHEN-BO of KY-2026 already, by decision 12/QĐ-BVHTTDL",
        ),
        (
            (),
            ("award", "withdraw", "--period", PERIOD, "--award", AWARD, "--reason", "x"),
            "--person or --unit: one of them is meant",
        ),
        (
            (),
            ("award", "withdraw", *DECISION[:4], "--reason", "x", "--unit", "X"),
            "X has no BANG-KHEN-BO of KY-2026",
        ),
    ],
)
def test_what_cannot_be_decided_is_said_and_records_nothing(
    commands: Commands, done: tuple[str, ...], asked: tuple[str, ...], said: str
) -> None:
    if done:
        commands.run(*done)
    position = head_of(commands.environment["LRS_DATABASE_URL"])
    assert said in commands.run(*asked, code=1)
    assert head_of(commands.environment["LRS_DATABASE_URL"]) == position


def test_what_was_proposed_is_recorded_beside_what_was_decided(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed = {"P1": "PROPOSED", "P2": "INELIGIBLE:AWARD_BLOCKED"}
    asked: list[Any] = []

    def proposals(*said: Any) -> dict[str, str]:
        asked.append(said)
        return proposed

    store = Store(Settings(database_url=database_url, pepper_file=tmp_path / "pepper"))
    try:
        import_case(store, read_case(MOVEMENT))
        periods.close(store, PERIOD)
        monkeypatch.setattr(awards, "proposals", proposals)
        said: dict[str, Any] = {"number": "12", "day": date(2026, 12, 20), "decided_by": "Bộ"}
        made = awards.decide(
            store, PERIOD, AWARD, people=["P2", "P1", "P3", "P1"], achievement="R1", **said
        )
        assert [(one.person, one.proposal) for one in made] == [
            ("P2", "INELIGIBLE:AWARD_BLOCKED"),
            ("P1", "PROPOSED"),
            ("P3", None),
        ]
        assert asked[-1][2] == {}, "nobody was awarded before"
        awards.decide(store, PERIOD, "GIAY-KHEN", people=["P3"], achievement="R1", **said)
        assert asked[-1][1].achievement == "R1"
        assert asked[-1][2] == {"P1": {"R1"}, "P2": {"R1"}, "P3": {"R1"}}
        with pytest.raises(EvaluationRefused, match="P3 has GIAY-KHEN"):
            awards.decide(store, PERIOD, "GIAY-KHEN", people=["P3"], **said)
        assert len(awards.listed(store)) == 4
    finally:
        store.close()

"""lrs audit replay, digest, diff and verify --period, as an auditor runs them."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import create_engine, text

from lrs.settings import Settings
from lrs.store import Store
from schemas.events import Kind
from tests.evaluation import MOVEMENT, PERIOD, expected, head_of
from tests.lrs.audit.worked_case import change_event, change_tables, last_of
from tests.lrs.commands import Commands

NAMES = [
    "privacy",
    "credentials",
    "accounts",
    "statement_index",
    "documents",
    "activities",
    "assessment",
    "readings",
]


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


@pytest.fixture
def store(commands: Commands) -> Iterator[Store]:
    """The same store, opened past the commands."""
    url = commands.environment["LRS_DATABASE_URL"]
    store = Store(Settings(database_url=url), follow=False)
    yield store
    store.close()


def head(commands: Commands) -> int:
    return head_of(commands.environment["LRS_DATABASE_URL"])


def by_name(said: Any) -> dict[str, str]:
    return {one["name"]: one["digest"] for one in said["projections"]}


# replay and digest


def test_a_replay_to_the_end_has_the_digests_of_the_live_tables(commands: Commands) -> None:
    for name in ("assessment", "activities", "readings"):
        commands.run("projections", "rebuild", name)
    end = head(commands)
    live = commands.json("audit", "digest")
    replayed = commands.json("audit", "replay", "--as-of", end)
    assert by_name(replayed) == by_name(live)
    assert [one["name"] for one in live["projections"]] == NAMES
    assert {one["position"] for one in live["projections"]} == {end}
    assert by_name(commands.json("audit", "digest", "--as-of", end)) == by_name(live)
    assert by_name(commands.json("audit", "digest", "--as-of", end - 30)) != by_name(live)
    assert "sessions" in live["left_out"]
    said = commands.run("audit", "digest")
    assert all(digest in said for digest in by_name(live).values())
    assert "not in the log, so left out: account_passwords, assessment_months" in said


def test_a_replay_to_a_time_is_one_to_the_last_event_by_then(
    commands: Commands, store: Store
) -> None:
    [entry] = store.log.read(99, 1)
    seconds, rest = divmod(entry.stored, 1_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest).isoformat()
    store.close()
    by_time = commands.json("audit", "replay", "--as-of", moment)
    assert by_time == commands.json("audit", "replay", "--as-of", "100")


def test_a_replay_that_is_kept_can_be_asked(commands: Commands) -> None:
    file = commands.directory / "kept.db"
    end = head(commands)
    said = commands.run("audit", "replay", "--as-of", end, "--into", file)
    assert f"kept in {file}" in said
    assert "exists already" in commands.run(
        "audit", "replay", "--as-of", end, "--into", file, code=2
    )
    nowhere = commands.directory / "nowhere" / "kept.db"
    said = commands.run("audit", "replay", "--as-of", end, "--into", nowhere, code=2)
    assert f"No such file or directory: '{nowhere}'" in said
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM event_log")) == 0
        assert connection.scalar(text("SELECT count(*) FROM assessment_evidence")) > 50
    engine.dispose()
    wanted = expected()["result_sets"]["corrected"]
    asked = ("audit", "results", file, "--period", PERIOD)
    found = commands.json(*asked, "--result-set", "corrected")
    assert (found["people"], found["units"]) == (wanted["people"], wanted["units"])
    assert found["position"] == end
    assert commands.json(*asked)["result_set"] == "frozen"
    assert commands.json(*asked, "--as-of", "150")["result_set"] == "open"
    assert "93.71" in commands.run(*asked)
    assert "a1000001" in commands.run(*asked, "--person", "P1")
    assert (
        commands.json(*asked, "--unit", "X")["line"]
        == expected()["result_sets"]["frozen"]["units"]["X"]
    )
    assert "P9: no such person" in commands.run(*asked, "--person", "P9", code=2)
    assert "takes a position" in commands.run(*asked, "--as-of", "2026-11-30", code=2)
    for wrong in (commands.directory / "hocba.db", commands.directory / "none.db"):
        said = commands.run("audit", "results", wrong, "--period", PERIOD, code=2)
        assert "is no replay" in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("replay", "--as-of", "100000"), "100000: the log ends at position"),
        (("replay", "--as-of", "gestern"), "a position of the log or a time such as"),
        (("digest", "--check", "--as-of", "5"), "give one of them"),
        (("diff", "--period", PERIOD), "one of them says what to compare"),
        (("diff", "--period", PERIOD, "--from", "9", "--scheme", "A/1"), "one of them says"),
        (("diff", "--period", PERIOD, "--from", "9", "--against", "A/1"), "goes with --scheme"),
        (("diff", "--period", PERIOD, "--results", "none.json"), "No such file"),
        (("diff", "--period", "KY-2027", "--from", "9"), "KY-2027: no such period"),
        (("verify", "--period", "KY-2027"), "KY-2027: no such period; there are: KY-2026"),
        (("verify", "--person", "P1"), "go with --period"),
        (("verify", "--period", PERIOD, "--person", "P1", "--unit", "X"), "one of them is meant"),
        (("verify", "--period", PERIOD, "--full"), "by a command of its own"),
    ],
)
def test_what_cannot_be_answered_is_said_and_is_neither_yes_nor_no(
    commands: Commands, asked: tuple[str, ...], said: str
) -> None:
    position = head(commands)
    assert said in commands.run("audit", *asked, code=2)
    assert head(commands) == position


def test_a_live_table_that_was_changed_is_named(commands: Commands, store: Store) -> None:
    assert "the live tables are what the log gives" in commands.run("audit", "digest", "--check")
    change_tables(store, "UPDATE assessment_evidence SET score = '1' WHERE score = '0.95'")
    store.close()
    said = commands.run("audit", "digest", "--check", code=1)
    assert "assessment_evidence: the live table has (" in said
    assert "`lrs projections rebuild assessment` mends it" in said
    [wrong] = orjson.loads(commands.run("audit", "digest", "--check", "--json", code=1))["wrong"]
    assert "'1'" in wrong["live"]
    assert "'0.95'" in wrong["replayed"]
    commands.run("projections", "rebuild", "assessment")
    assert commands.json("audit", "digest", "--check")["wrong"] == []


# diff


def test_two_positions_name_who_differs_and_the_first_row(commands: Commands) -> None:
    asked = ("audit", "diff", "--period", PERIOD)
    said = commands.run(*asked, "--from", "150", code=1)
    assert "people that differ: P1, P2, P3" in said
    assert "units that differ: X, Y" in said
    assert "the first row that differs, person P1:" in said
    assert "final: 66.53 -> 93.71" in said
    found = orjson.loads(commands.run(*asked, "--from", "150", "--json", code=1))
    assert (found["people"], found["units"]) == (["P1", "P2", "P3"], ["X", "Y"])
    assert {"field": "final", "before": "66.53", "after": "93.71"} in found["rows"][0]["values"]
    end = head(commands)
    assert "nothing differs" in commands.run(*asked, "--from", end - 1, "--to", end)
    assert commands.json(*asked, "--from", end - 1)["rows"] == []


def test_the_results_in_a_bundle_are_what_this_program_computes(commands: Commands) -> None:
    bundle = commands.directory / "bundle"
    commands.run("audit", "export", bundle)
    asked = ("audit", "diff", "--period", PERIOD, "--results", bundle)
    assert "nothing differs" in commands.run(*asked)
    [file] = (bundle / "results").iterdir()
    file.write_text(file.read_text("utf-8").replace('"39.00"', '"49.00"'), "utf-8")
    assert "people that differ: P3" in commands.run(*asked, code=1)


# verify --period


def test_a_closed_period_is_verified(commands: Commands) -> None:
    said = commands.run("audit", "verify", "--period", PERIOD)
    assert "5 of 5 rows are what the log gives" in said
    assert "Verified: anybody who computes the period from the log gets these results." in said
    found = commands.json("audit", "verify", "--period", PERIOD)
    assert (found["findings"], found["untold"], found["tables_compared"]) == ([], [], True)
    assert {row["status"] for row in found["rows"]} == {"same"}
    assert found["schemes"] == {"person": "HTS-CN/1", "unit": "HTS-DV/1"}


def test_somebody_else_would_get_this_number(commands: Commands) -> None:
    asked = ("audit", "verify", "--period", PERIOD)
    said = commands.run(*asked, "--person", "P2")
    assert "person P2, computed from the log alone:" in said
    assert "final 92.10" in said
    assert "Yes: whoever computes it from the log gets this row" in said
    found = commands.json(*asked, "--unit", "X")
    assert [row["id"] for row in found["rows"]] == ["X"]
    assert found["code"] == 0
    assert "P9 has no results in KY-2026" in commands.run(*asked, "--person", "P9", code=2)
    assert "has no results" in commands.run(*asked, "--person", "X", code=2)


def test_somebody_else_would_get_another_number(commands: Commands, store: Store) -> None:
    asked = ("audit", "verify", "--period", PERIOD)
    change_tables(store, "UPDATE assessment_evidence SET score = '1' WHERE score = '0.95'")
    store.close()
    said = commands.run(*asked, "--person", "P1", code=1)
    assert "No: the store's tables show E 10.00 where the log gives 8.00" in said
    assert "Yes" in commands.run(*asked, "--person", "P3")
    said = commands.run(*asked, code=1)
    assert "not so: tables: person P1: show E 10.00 where the log gives 8.00" in said
    assert "Not verified" in said


def test_a_closing_that_was_changed_is_said(commands: Commands, store: Store) -> None:
    def change(body: dict[str, Any]) -> None:
        body["people"][1][1] = "0" * 64

    change_event(store, last_of(store.log, Kind.PERIOD_CLOSED), change)
    store.close()
    asked = ("audit", "verify", "--period", PERIOD)
    said = commands.run(*asked, code=1)
    assert "not so: person P2: was closed with something else than the log gives" in said
    assert "is not what its commitment says: it was changed" in said
    assert "No. person P2 was closed with something else" in commands.run(
        *asked, "--person", "P2", code=1
    )
    said = commands.run(*asked, "--person", "P1", code=1)
    assert "The row is the same, but the closing cannot be trusted" in said


def test_an_open_period_is_said_to_be_open(commands: Commands) -> None:
    commands.run("period", "reopen", PERIOD, "--reason", "x")
    asked = ("audit", "verify", "--period", PERIOD)
    assert "The store shows what the log gives. Closing the period" in commands.run(*asked)
    assert "Yes, so far" in commands.run(*asked, "--person", "P1")

"""What commands read and decide is recorded as theirs who ran them."""

import os
import shutil
import time
from pathlib import Path
from pwd import getpwuid
from typing import Any

import pytest

from lrs.asked.control import SUBJECTS
from lrs.auth.machine import machine_user_id
from lrs.log.writer import LogBusy, Writer
from lrs.reading import open_for_reading
from lrs.settings import Settings
from projections.accounts import account_id
from schemas.events import Kind, LogEntry
from schemas.readings import RecordRead, read_of
from tests.evaluation import MOVEMENT, PERIOD
from tests.lrs.cases.golden import PERSON_SHEET, Edit, copied
from tests.lrs.commands import Commands
from tests.servers import Server

USER = getpwuid(os.getuid()).pw_name
ALL = ("P1", "P2", "P3")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a store that has taken in the worked case."""
    directory = tmp_path_factory.mktemp("imported")
    commands = Commands(f"sqlite:///{directory / 'hocba.db'}", directory)
    commands.run("import", "case", MOVEMENT)
    commands.run("accounts", "create", "an.nv", "--role", "evaluator", "--everything", "--generate")
    commands.run("accounts", "create", "cũ", "--role", "evaluator", "--everything", "--generate")
    commands.run("accounts", "close", "cũ")
    return directory


@pytest.fixture
def commands(imported: Path, tmp_path: Path, sqlite_url: str) -> Commands:
    for file in imported.iterdir():
        shutil.copy(file, tmp_path)
    return Commands(sqlite_url, tmp_path)


def log_of(commands: Commands, *kinds: Kind) -> list[LogEntry]:
    settings = Settings(database_url=commands.environment["LRS_DATABASE_URL"])
    with open_for_reading(settings) as log:
        return log.read(kinds=kinds or None, limit=10_000)


def readings(commands: Commands) -> list[RecordRead]:
    return [read_of(entry) for entry in log_of(commands, Kind.RECORD_READ)]


# What is read


READ: list[tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]] = [
    (("people", "list"), ALL, {}),
    (("people", "list", "--search", "binh"), ("P2",), {}),
    (("people", "show", "P2"), ("P2",), {"person": "P2"}),
    (("items", "list", "--person", "P3"), ("P3",), {"person": "P3"}),
    (("results", "--period", PERIOD), ALL, {"period": PERIOD}),
    (
        ("explain", "--period", PERIOD, "--person", "P2"),
        ("P2",),
        {"period": PERIOD, "person": "P2"},
    ),
    (("explain", "--period", PERIOD, "--unit", "Y"), ("P2", "P3"), {"period": PERIOD, "unit": "Y"}),
    (("explain", "--period", PERIOD, "--json"), ALL, {"period": PERIOD}),
    (("period", "corrections", PERIOD), ("P1", "P2"), {"period": PERIOD}),
    (("privacy", "readings", "P1"), ("P1",), {"person": "P1"}),
    (("export", "directory-template", "x.xlsx", "--filled"), ALL, {}),
]


@pytest.mark.parametrize(("asked", "people", "parameters"), READ, ids=lambda value: " ".join(value))
def test_a_command_that_shows_people_is_recorded_as_read_by_the_machines_user(
    commands: Commands, asked: tuple[str, ...], people: tuple[str, ...], parameters: dict[str, str]
) -> None:
    if "export" in asked:
        asked = tuple(one.replace("x.xlsx", str(commands.directory / "x.xlsx")) for one in asked)
    before = len(readings(commands))
    said = commands.run(*asked)
    [read] = readings(commands)[before:]
    words = asked[: 1 + (not asked[1].startswith("--"))]
    assert read == RecordRead(
        route=f"lrs {' '.join(words)}", people=people, user=USER, asked=parameters, format="text"
    )
    assert all(person in said for person in people) or "export" in asked
    assert log_of(commands, Kind.RECORD_READ)[-1].credential == machine_user_id(USER)


def test_what_is_written_out_whole_is_everybodys_read(commands: Commands) -> None:
    commands.run("export", "statements", commands.directory / "all.jsonl", "--after", 100)
    [read] = readings(commands)
    assert (read.route, read.people) == ("lrs export statements", ALL)
    assert (read.user, read.asked) == (USER, {"after": "100"})


def test_what_an_event_says_is_its_persons_record(commands: Commands) -> None:
    with Server(commands.environment["LRS_DATABASE_URL"], commands.directory):
        signed(commands)  # what a proof needs
    opening = commands.directory / "opening.json"
    of_p2 = next(e for e in log_of(commands, Kind.ITEM_DECLARED) if b'"P2"' in e.body)
    commands.run("audit", "prove", of_p2.position)
    assert readings(commands) == [], "a receipt tells of nobody"
    commands.run("audit", "prove", of_p2.position, "--opening", opening)
    [read] = readings(commands)
    asked = {"position": str(of_p2.position)}
    assert (read.route, read.people, read.asked) == ("lrs audit prove", ("P2",), asked)


def signed(commands: Commands) -> None:
    """Wait until everything in the log is signed for."""
    for _ in range(200):
        said = commands.json("audit", "checkpoint")
        if said["size"] >= log_of(commands)[-1].position:
            return
        time.sleep(0.1)
    raise AssertionError(said)


def test_what_is_read_of_a_copy_leaves_the_copy_as_it_is(commands: Commands) -> None:
    [key] = commands.directory.glob("*.signing-key")
    key.rename(commands.directory / "kept-elsewhere")
    before = len(log_of(commands))
    commands.run("export", "statements", commands.directory / "all.jsonl")
    assert len(log_of(commands)) == before


def test_trying_a_score_sheet_names_those_who_would_move(
    commands: Commands, tmp_path: Path
) -> None:
    folder = copied(tmp_path, Edit(PERSON_SHEET, "version: 1", "version: 2"))
    commands.run("scheme", "diff", folder / PERSON_SHEET, "--period", PERIOD)
    assert [read for read in readings(commands) if read.route == "lrs scheme diff"] == []
    folder = copied(
        tmp_path / "2",
        Edit(PERSON_SHEET, "version: 1", "version: 2"),
        Edit(PERSON_SHEET, "min: 90, id", "min: 94, id"),
    )
    found = commands.json("scheme", "diff", folder / PERSON_SHEET, "--period", PERIOD)
    [read] = [read for read in readings(commands) if read.route == "lrs scheme diff"]
    assert set(read.people) == {one["id"] for one in found["changes"] if one["subject"] == "person"}


def test_what_a_command_cannot_have_recorded_it_does_not_show(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise LogBusy(1)

    monkeypatch.setattr(Writer, "append", busy)
    said = commands.run("people", "show", "P2", code=1)
    assert "cannot record now who reads this, so nothing is shown; try again later" in said
    assert "Bình" not in said


def test_a_command_given_to_a_server_is_recorded_as_its_callers(commands: Commands) -> None:
    with Server(commands.environment["LRS_DATABASE_URL"], commands.directory):
        commands.run("people", "show", "P2", "--as", "an.nv")
    [read] = readings(commands)
    assert (read.account, read.user, read.roles, read.people) == ("an.nv", USER, (), ("P2",))
    assert log_of(commands, Kind.RECORD_READ)[-1].credential == account_id("an.nv")


SHOWS_NOBODY = {
    "ping",
    # numbers, rules and who may do what
    "case_import_progress",
    "courses",
    "finishing",
    "key_rotation",
    "list_accounts",
    "list_credentials",
    "periods",
    "platforms",
    "projections",
    "rebuild_progress",
    "result_sets",
    "retention",
    "units",
    "keep_cosignatures",
    # what is nobody's yet
    "unmapped_courses",
    "unresolved_actors",
    # what is decided, an event itself
    "approve_forgetting",
    "finish_forgetting",
    "import_lines",
    "issue_credential",
    "propose_forgetting",
    "revoke_credential",
    "rotate_credential",
    "start_key_rotation",
    "start_rebuild",
    # decisions about people's data, for those who carry them out
    "decisions_about_data",
    # a file of an export that was recorded
    "person_attachment",
}


def test_every_question_is_told_who_asks_or_shows_nobody() -> None:
    """A new question is written down here, or takes ``by`` and records whom it shows."""
    methods = {
        name: method
        for subject in SUBJECTS
        for name, method in vars(subject).items()
        if not name.startswith("_")
    }
    untold = {name for name, method in methods.items() if "by" not in method.__annotations__}
    assert untold | {"ping"} == SHOWS_NOBODY


# Who read


def test_who_read_a_record_is_listed(commands: Commands) -> None:
    commands.run("people", "show", "P2")
    commands.run("results", "--period", PERIOD, "--as", "an.nv")
    found = commands.json("privacy", "readings", "P2")
    assert [(row["route"], row["account"], row["user"]) for row in found["rows"]] == [
        ("lrs results", "an.nv", USER),
        ("lrs people show", None, USER),
    ]
    said = commands.run("privacy", "readings", "P2", "--limit", "1")
    assert f"{USER} (machine)" in said
    assert "lrs privacy readings" in said
    assert "P2: read 3 times by others" in said
    assert "lrs results" not in said, "the latest only"
    assert "P9: no such person" in commands.run("privacy", "readings", "P9", code=1)


def test_who_is_counted_as_another_is_found_with_them(commands: Commands) -> None:
    commands.run("people", "show", "P1")
    commands.run("people", "merge", "P1", "--into", "P2")
    assert [row["asked"] for row in commands.json("privacy", "readings", "P2")["rows"]] == [
        {"person": "P1"}
    ]


# Who decided


def credential_of_last(commands: Commands) -> bytes:
    return log_of(commands)[-1].credential


PAPER = ("--decision", "9/QĐ", "--dated", "2026-01-01")
DECIDED = [
    ("items", "decide", "KK-007", "rejected", "--reason", "x"),
    ("people", "register", "P9", "Chín"),
    ("people", "absence", "P1", "om"),
    ("units", "rename", "X", "Cục"),
    ("courses", "unmap", "bdhvs", "https://bdhvs.example/khoa-hoc/an-toan-thong-tin"),
    ("platforms", "suspend", "bdhvs", "--from", "2026-01-01", *PAPER),
    ("period", "thaw", PERIOD, "--reason", "x"),
    ("period", "close", PERIOD),
    ("accounts", "change", "an.nv", "--title", "An"),
    (
        "period", "open", "KY-2027", "--name", "x", "--start", "2026-12-01", "--end", "2027-11-30",
        "--person-scheme", "HTS-CN/1", "--unit-scheme", "HTS-DV/1",
    ),
]  # fmt: skip


@pytest.mark.parametrize("asked", DECIDED, ids=lambda asked: " ".join(asked[:2]))
@pytest.mark.parametrize("how", ["nobody named", "--as", "LRS_ACCOUNT"])
def test_a_decision_is_the_named_accounts_or_the_machines_users(
    commands: Commands, asked: tuple[str, ...], how: str
) -> None:
    if how == "LRS_ACCOUNT":
        commands.environment["LRS_ACCOUNT"] = "an.nv"
    commands.run(*asked, *(["--as", "an.nv"] if how == "--as" else []))
    by = machine_user_id(USER) if how == "nobody named" else account_id("an.nv")
    assert credential_of_last(commands) == by


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ("ai-đó", "ai-đó: no such account; `lrs accounts list` shows them"),
        ("cũ", "cũ: this account was closed"),
        ("a b", "'a b' is no name to sign in with"),
    ],
)
def test_in_the_name_of_no_account_nothing_is_decided(
    commands: Commands, account: str, said: str
) -> None:
    before = len(log_of(commands))
    assert said in commands.run("people", "register", "P9", "Chín", "--as", account, code=1)
    assert len(log_of(commands)) == before


def test_who_decided_is_shown_where_decisions_are_listed(commands: Commands) -> None:
    machine = f"{USER} (machine)"
    [row] = commands.json("period", "list")
    assert (row["openedBy"], row["frozenBy"], row["closedBy"]) == (machine, machine, None)
    commands.run("period", "close", PERIOD, "--as", "an.nv")
    assert commands.json("period", "list")[0]["closedBy"] == "an.nv"
    assert "an.nv" in commands.run("period", "list")
    commands.run("items", "decide", "KK-007", "rejected", "--reason", "x", "--as", "an.nv")
    rows: dict[str, Any] = {row["id"]: row for row in commands.json("items", "list")}
    assert (rows["KK-007"]["recordedBy"], rows["KK-008"]["recordedBy"]) == ("an.nv", machine)
    assert "an.nv" in commands.run("items", "list")

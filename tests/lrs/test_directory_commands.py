"""The commands that list the register and decide about it, beside a running server and without."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.lrs.cases.golden import GOLDEN
from tests.lrs.cases.test_oneroster import written
from tests.lrs.commands import Commands
from tests.servers import Server

ACCOUNT = ("--account", "https://onetouch.example", "binh.tran.cu")
PYTHON = ("bdhvs", "https://bdhvs.example/khoa-hoc/nhap-mon-python")
PAPER = ("--decision", "9/QĐ", "--dated", "2026-09-29")


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that holds the worked case, its period open."""
    directory = tmp_path_factory.mktemp("worked")
    commands = Commands(f"sqlite:///{directory / 'hocba.db'}", directory)
    commands.run("import", "case", GOLDEN, "--no-freeze")
    return directory


@pytest.fixture
def commands(worked: Path, tmp_path: Path) -> Commands:
    """Commands on a copy of it that no server holds."""
    for file in worked.iterdir():
        shutil.copy(file, tmp_path)
    return Commands(f"sqlite:///{tmp_path / 'hocba.db'}", tmp_path)


@pytest.fixture
def beside(database_url: str, tmp_path: Path) -> Iterator[Commands]:
    """Commands beside a running server."""
    with Server(database_url, tmp_path):
        yield Commands(database_url, tmp_path)


def score(commands: Commands, criterion: str, as_of: object = None) -> Any:
    asked = () if as_of is None else ("--as-of", as_of)
    return commands.json("results", "--period", "KY-2026", *asked)["people"]["P2"][criterion]


def test_decisions_beside_a_running_server_count_at_once(beside: Commands) -> None:
    beside.run("import", "case", GOLDEN, "--no-freeze")
    [waiting] = beside.json("queue", "actors")
    assert waiting["identifier"]["account"] == {"homePage": ACCOUNT[1], "name": ACCOUNT[2]}
    before = beside.json("results", "--period", "KY-2026")["position"]
    assert score(beside, "A") == "20.00"
    assert beside.json("people", "link", "P2", *ACCOUNT) == {"recorded": 1}
    assert score(beside, "A") == "30.00"
    assert score(beside, "A", before) == "20.00"
    assert beside.json("queue", "actors") == []
    said = beside.run("people", "link", "P3", *ACCOUNT, code=1)
    assert "one of “P2” already" in said
    template = beside.directory / "to-chuc.xlsx"
    beside.run("export", "directory-template", template, "--filled")
    assert beside.json("import", "directory", template)["recorded"] == 0
    assert beside.json("people", "unlink", "P2", *ACCOUNT, "--reason", "nhầm") == {"recorded": 1}
    assert score(beside, "A") == "20.00"
    assert beside.json("queue", "actors") == [waiting]


def test_people_are_listed_and_shown(commands: Commands) -> None:
    assert [row["id"] for row in commands.json("people", "list")] == ["P1", "P2", "P3"]
    assert [row["id"] for row in commands.json("people", "list", "--search", "binh")] == ["P2"]
    assert "Nguyễn Văn An" in commands.run("people", "list")
    shown = commands.run("people", "show", "P1")
    assert "identifier  mbox mailto:an.nguyen@bo.example  … – …" in shown
    assert "post        X LANH_DAO  2023-05-01 – …  head" in shown
    assert commands.json("people", "show", "P3")["absences"] == [
        {"person": "P3", "type": "thai_san", "from": "2026-01-01", "to": "2026-06-30"}
    ]
    assert "party" not in commands.run("people", "show", "P1", "--json")


def test_identifiers_of_every_kind_are_linked(commands: Commands) -> None:
    for kind in (
        ("--account", "https://a.example", "an"),
        ("--mbox", "khac@bo.example"),
        ("--sha1", "99a2c636ba3e38e16d154de48953c1fe792f4822"),
        ("--openid", "https://id.example/khac"),
    ):
        assert "P1: linked (1 change recorded)" in commands.run("people", "link", "P1", *kind)
        assert "nothing recorded" in commands.run("people", "link", "P1", *kind)
        until = commands.json("people", "link", "P1", *kind, "--to", "2026-03-31")
        assert until == {"recorded": 1}
        assert "P1: unlinked" in commands.run("people", "unlink", "P1", *kind)


def test_people_come_move_and_leave(commands: Commands) -> None:
    commands.run("people", "register", "P4", "Vũ Hoàng Yến")
    start = ("people", "transfer", "P4", "--unit", "X", "--position", "CHUYEN_VIEN")
    assert "say the category" in commands.run(*start, "--on", "2026-09-01", code=1)
    commands.run(*start, "--on", "2026-09-01", "--category", "vien_chuc")
    commands.run("people", "absence", "P4", "om", "--from", "2026-10-01", "--to", "2026-10-31")
    commands.run("people", "leave", "P4", "--last-day", "2026-11-30")
    shown = commands.json("people", "show", "P4")
    assert [(post["from"], post["to"]) for post in shown["memberships"]] == [
        ("2026-09-01", "2026-11-30")
    ]
    commands.run("people", "merge", "P4", "--into", "P1")
    assert "counted with P4" in commands.run("people", "show", "P1")
    assert "counted as P1" in commands.run("people", "show", "P4")
    commands.run("people", "part", "P4", "--reason", "hai người")
    assert commands.json("people", "show", "P4")["counted_as"] is None


def test_units_are_listed_renamed_merged_and_split(commands: Commands) -> None:
    commands.run("units", "rename", "X", "Cục Chuyển đổi số")
    assert "Cục Chuyển đổi số" in commands.run("units", "list")
    merge = ("units", "merge", "X", "Y", "--into", "Z", "--name", "Cục Z", "--on", "2026-10-01")
    assert "say who heads it" in commands.run(*merge, code=1)
    assert "Z from 2026-10-01" in commands.run(*merge, "--head", "P1")
    split = (
        "units", "split", "Z", "--into", "A=Cục A", "--into", "B=Cục B", "--on", "2026-11-01",
        "--person", "P1=A", "--rest", "B",
    )  # fmt: skip
    assert commands.json(*split)["recorded"] > 5
    units = {row["id"]: row for row in commands.json("units", "list")}
    assert units["Z"]["predecessors"] == ["X", "Y"]
    assert (units["Z"]["from"], units["Z"]["to"]) == ("2026-10-01", "2026-10-31")
    assert units["B"]["predecessors"] == ["Z"]
    posts = commands.json("people", "show", "P1")["memberships"]
    assert ("A", True) in {(post["unit"], post["head"]) for post in posts}


def test_platforms_are_recognised_suspended_and_revoked(commands: Commands) -> None:
    span = ("--from", "2026-03-01")
    assert "not recognised on any" in commands.run(
        "platforms", "suspend", "khoahocmo", *span, *PAPER, code=1
    )
    commands.run("platforms", "recognise", "khoahocmo", *span, "--to", "2099-12-31", *PAPER)
    commands.run("platforms", "suspend", "khoahocmo", *span, "--to", "2026-04-30", *PAPER)
    rows = {row["id"]: row for row in commands.json("platforms", "list")}
    assert rows["khoahocmo"]["status"] == "recognised"
    assert rows["khoahocmo"]["recognitions"][1] == {
        "from": "2026-03-01",
        "to": "2026-04-30",
        "decision": {"number": "9/QĐ", "date": "2026-09-29"},
        "status": "suspended",
    }
    commands.run("platforms", "revoke", "khoahocmo", "--from", "2026-05-01", *PAPER)
    assert "revoked 2026-05-01 – … (9/QĐ)" in commands.run("platforms", "list")


def test_courses_are_listed_and_activities_mapped(commands: Commands) -> None:
    queue = ("queue", "courses", "--platform", "bdhvs")
    assert PYTHON[1] in {row["activity"] for row in commands.json(*queue)}
    assert commands.json("courses", "map", *PYTHON, "E1") == {"recorded": 1}
    assert PYTHON[1] in commands.run("courses", "list")
    assert PYTHON[1] not in {row["activity"] for row in commands.json(*queue)}
    assert "the course “E1” already" in commands.run("courses", "map", *PYTHON, "R1", code=1)
    commands.run("courses", "unmap", *PYTHON)
    assert PYTHON[1] in {row["activity"] for row in commands.json(*queue)}
    assert commands.json("queue", "courses", "--platform", "onetouch") == []


def test_queues_count_what_they_do_not_show(commands: Commands) -> None:
    said = commands.run("queue", "courses", "--limit", "1")
    assert "3 activities hold back 3 statements" in said
    assert said.count("https://") == 1
    said = commands.run("queue", "actors")
    assert "account https://onetouch.example binh.tran.cu" in said


def test_items_are_listed_and_decided(commands: Commands) -> None:
    rejected = ("items", "decide", "KK-003", "rejected")
    assert "without a reason" in commands.run(*rejected, code=1)
    commands.run(*rejected, "--reason", "trùng")
    listed = commands.json("items", "list", "--decision", "rejected", "--person", "P1")
    assert [(row["id"], row["reason"]) for row in listed] == [
        ("KK-002", "Chưa qua thẩm định nội dung"),
        ("KK-003", "trùng"),
    ]
    assert "trùng" in commands.run("items", "list", "--person", "P1")
    assert [row["unit"] for row in commands.json("items", "list", "--unit", "Y")] == ["Y"] * 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("people", "show", "P9"), "no person “P9”"),
        (("people", "list", "--unit", "Q"), "no unit “Q”"),
        (("people", "link", "P1"), "exactly one of account, mbox, mbox_sha1sum, openid"),
        (("people", "link", "P1", "--mbox", "a@b.vn", "--from", "1/2/2026"), "--from 1/2/2026"),
        (("people", "link", "P1", "--mbox", "a@b.vn", "--from", "1899-01-01"), "before 1900"),
        (("people", "unlink", "P2", "--mbox", "an.nguyen@bo.example"), "it is of P1"),
        (("people", "part", "P1"), "not merged"),
        (
            ("people", "transfer", "P1", "--unit", "X", "--position", "CHUYEN_VIEN", "--on",
             "2026-01-01", "--category", "quan"),
            "--category quan",
        ),
        (("units", "rename", "Q", "Q"), "no unit “Q”"),
        (
            ("units", "split", "X", "--into", "A=A", "--into", "B=B", "--on", "2026-01-01",
             "--person", "P1"),
            "--person P1: write two names",
        ),
        (
            ("units", "split", "X", "--into", "A=A", "--into", "B=B", "--on", "2026-01-01",
             "--person", "P1=A", "--person", "P1=B"),
            "P1 is given twice",
        ),
        (("courses", "unmap", "bdhvs", "https://a.example"), "is no course"),
        (("items", "decide", "KK-001", "maybe"), "accepted, rejected, pending"),
        (("items", "list", "--decision", "maybe"), "--decision maybe"),
        (("import", "directory", "none", "--category", "quan"), "--category quan"),
        (("export", "directory-template", "a.csv"), "ends in .xlsx"),
        (("export", "directory-template", "a.xlsx", "--party"), "--filled"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else None,
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_a_line(
    commands: Commands, arguments: tuple[str, ...], said: str
) -> None:
    assert said in commands.run(*arguments, code=1)


# Organisations in files


def test_a_workbook_goes_out_and_comes_in_again(commands: Commands) -> None:
    file = commands.directory / "to-chuc.xlsx"
    commands.run("export", "directory-template", file, "--filled")
    assert "exists already" in commands.run("export", "directory-template", file, code=1)
    assert commands.json("import", "directory", file) == {"facts": 21, "recorded": 0}
    book = load_workbook(file)
    book["Người"].append(["P4", "Vũ Hoàng Yến"])
    book["Đơn vị"]["B4"] = "Cục Chuyển đổi số"
    book.save(file)
    assert "no problem in itself; 22 facts" in commands.run("import", "directory", file, "--check")
    assert "2 changes recorded" in commands.run("import", "directory", file)
    assert "P4" in {row["id"] for row in commands.json("people", "list")}
    assert commands.json("import", "directory", file)["recorded"] == 0


def test_party_membership_goes_out_only_if_it_is_asked_for(commands: Commands) -> None:
    rows = {}
    for name, asked in (("a.xlsx", ()), ("b.xlsx", ("--party",))):
        file = commands.directory / name
        commands.run("export", "directory-template", file, "--filled", *asked)
        rows[name] = load_workbook(file)["Đảng viên"].max_row
    assert rows == {"a.xlsx": 2, "b.xlsx": 4}
    empty = commands.directory / "c.xlsx"
    commands.run("export", "directory-template", empty)
    assert load_workbook(empty)["Người"].max_row == 2


def test_everything_wrong_in_a_workbook_is_told_at_once(commands: Commands) -> None:
    file = commands.directory / "to-chuc.xlsx"
    commands.run("export", "directory-template", file, "--filled")
    book = load_workbook(file)
    book["Quan hệ công tác"]["B3"] = "Q"
    book["Nghỉ"]["C3"] = "31/02/2026"
    book.save(file)
    said = commands.run("import", "directory", file, "--check", code=1)
    assert "to-chuc.xlsx:3:Nghỉ!3.from: There is no day 2026-02-31." in said
    assert "1 problems; nothing was taken in" in said
    book["Nghỉ"]["C3"] = None
    book.save(file)
    said = commands.run("import", "directory", file, "--language", "vi", code=1)
    assert "to-chuc.xlsx:3:Quan hệ công tác!3: Không có đơn vị “Q”." in said
    assert commands.json("people", "show", "P3")["absences"][0]["from"] == "2026-01-01"


def test_what_files_cannot_say_stays_as_it_was_decided(commands: Commands) -> None:
    mail = ("--mbox", "an.nguyen@bo.example")
    commands.run("people", "link", "P1", *mail, "--to", "2026-08-31")
    file = commands.directory / "to-chuc.xlsx"
    commands.run("export", "directory-template", file, "--filled")
    assert commands.json("import", "directory", file)["recorded"] == 0
    assert "mailto:an.nguyen@bo.example  … – 2026-08-31" in commands.run("people", "show", "P1")


def test_a_roster_comes_in(commands: Commands) -> None:
    folder = commands.directory / "roster"
    folder.mkdir()
    written(folder, roles=("principal", "LANH_DAO"))
    options = (
        "--home-page", "LDAP=https://bdhvs.example", "--category", "cong_chuc",
        "--head-role", "LANH_DAO",
    )  # fmt: skip
    assert commands.json("import", "directory", folder, *options)["recorded"] > 0
    assert commands.json("import", "directory", folder, *options)["recorded"] == 0
    shown = commands.json("people", "show", "P1")
    assert [(post["unit"], post["category"], post["head"]) for post in shown["memberships"]] == [
        ("X", "cong_chuc", True),
        ("BO", "cong_chuc", False),
    ]
    assert "mailto:an@bo.example" in str(shown["identifiers"])
    units = {row["id"]: row for row in commands.json("units", "list")}
    assert units["BO"]["evaluated"] is False, "a roster cannot say that"
    assert units["X"]["from"] == "2020-01-01"
    said = commands.run("import", "directory", folder, "--head-role", "x", code=0)
    assert "changes recorded" in said


def test_a_roster_with_an_unknown_position_is_refused(commands: Commands) -> None:
    folder = commands.directory / "roster"
    folder.mkdir()
    said = commands.run("import", "directory", written(folder), code=1)
    assert "roles.csv:2: There is no job position “principal”." in said

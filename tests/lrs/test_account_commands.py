"""lrs accounts, beside a running server and without one."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import httpx
import pytest

from lrs.settings import Settings
from lrs.store import Store
from tests.lrs.commands import Commands
from tests.servers import Server

PASSWORD = "một câu dễ nhớ"


@pytest.fixture
def commands(sqlite_url: str, tmp_path: Path) -> Commands:
    """Commands on a store that no server holds."""
    return Commands(sqlite_url, tmp_path)


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Server, Commands]]:
    with Server(sqlite_url, tmp_path) as server:
        yield server, Commands(sqlite_url, tmp_path)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return path


def signs_in(server: Server, name: str, password: str) -> int:
    sent = {"name": name, "password": password}
    return httpx.post(f"{server.url}/api/v1/session", json=sent).status_code


def test_an_account_is_made_its_password_shown_once_and_listed_without_it(commands):
    made = commands.json(
        "accounts", "create", "An.NV", "--title", "Nguyễn Văn An", "--role", "evaluator",
        "--role", "learner", "--unit", "X", "--unit", "Y", "--person", "P1",
        "--permission", "party", "--generate",
    )  # fmt: skip
    password = made.pop("password")
    assert len(password) == 20
    [listed] = commands.json("accounts", "list")
    assert listed == made
    assert listed.pop("opened")
    assert listed == {
        "name": "an.nv",
        "title": "Nguyễn Văn An",
        "roles": ["evaluator", "learner"],
        "permissions": ["party"],
        "units": ["X", "Y"],
        "person": "P1",
        "closed": False,
    }
    printed = commands.run("accounts", "list")
    assert "evaluator learner +party" in printed
    assert password not in printed


def test_what_is_not_given_stays_as_it_is(commands, password_file):
    commands.run(
        "accounts", "create", "a", "--role", "auditor", "--everything",
        "--permission", "party", "--person", "P1", "--password-file", password_file,
    )  # fmt: skip
    changed = commands.json("accounts", "change", "a", "--title", "A")
    assert (changed["title"], changed["units"], changed["person"]) == ("A", None, "P1")
    changed = commands.json("accounts", "change", "a", "--unit", "X", "--no-permissions")
    assert (changed["units"], changed["permissions"], changed["title"]) == (["X"], [], "A")
    changed = commands.json(
        "accounts", "change", "a", "--role", "admin", "--no-units", "--no-person"
    )
    assert (changed["roles"], changed["units"], changed["person"]) == (["admin"], [], None)


def test_an_account_made_beside_the_server_signs_in_until_it_is_closed(served, password_file):
    server, commands = served
    commands.run("accounts", "create", "a", "--role", "admin", "--password-file", password_file)
    assert signs_in(server, "a", PASSWORD) == 201
    generated = commands.json("accounts", "password", "a", "--generate")["password"]
    assert signs_in(server, "a", PASSWORD) == 401
    assert signs_in(server, "a", generated) == 201
    assert "closed: a" in commands.run("accounts", "close", "A")
    assert signs_in(server, "a", generated) == 401
    assert "was closed" in commands.run("accounts", "change", "a", "--title", "x", code=1)


def test_the_password_can_come_from_a_pipe(commands, monkeypatch, sqlite_url, tmp_path):
    monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\nanother line"))
    create = ("accounts", "create", "a", "--role", "admin")
    commands.run(*create, "--password-file", "-")
    settings = Settings(database_url=sqlite_url, pepper_file=tmp_path / "pepper")
    store = Store(settings)
    try:
        assert store.sessions.sign_in("a", PASSWORD, "192.0.2.1")
    finally:
        store.close()


def test_where_nobody_can_be_asked_a_password_is_to_be_given(commands, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO())
    said = commands.run("accounts", "create", "a", "--role", "admin", code=1)
    assert "--password-file or --generate" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "a", "--generate"), "an account needs a role"),
        (("create", "a", "--role", "king", "--generate"), "no such role: king"),
        (("create", "a", "--role", "council", "--generate"), "name the units it may see"),
        (("create", "a", "--unit", "X", "--everything", "--generate"), "either units or"),
        (("create", "a b", "--role", "admin", "--generate"), "no name to sign in with"),
        (("create", "a", "--role", "admin", "--password-file", "/none"), "No such file"),
        (("create", "a", "--password-file", "/none", "--generate"), "either --password-file"),
        (("change", "nobody", "--title", "x"), "nobody: no such account"),
        (("change", "nobody"), "say what is to change"),
        (("password", "nobody", "--generate"), "nobody: no such account"),
        (("close", "nobody"), "no such account"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_what_cannot_be_done_is_said_in_a_line(commands, arguments, said):
    assert said in commands.run("accounts", *arguments, code=1)


def test_a_short_password_is_refused(commands, tmp_path):
    short = tmp_path / "short"
    short.write_text("short")
    said = commands.run(
        "accounts", "create", "a", "--role", "admin", "--password-file", short, code=1
    )
    assert "at least 12 characters" in said
    assert commands.json("accounts", "list") == []

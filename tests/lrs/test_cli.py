"""The commands, beside a running server and without one."""

import gzip
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
import pytest

from lrs import __version__
from lrs.settings import Settings
from lrs.store import Store
from tests.databases import database_on, start_postgres
from tests.examples import statement
from tests.lrs.commands import Commands
from tests.ministry import generate
from tests.servers import Server

NOON = "2026-11-21T12:00:00Z"
VERSION = {"X-Experience-API-Version": "1.0.3"}


@pytest.fixture
def commands(sqlite_url: str, tmp_path: Path) -> Commands:
    """Commands on a store that no server holds."""
    return Commands(sqlite_url, tmp_path)


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Server, Commands]]:
    with Server(sqlite_url, tmp_path) as server:
        yield server, Commands(sqlite_url, tmp_path)


def write(path: Path, statements) -> Path:
    text = b"".join(orjson.dumps(s) + b"\n" for s in statements)
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def get(server: Server, key: str, secret: str) -> int:
    url = f"{server.endpoint}/statements"
    return httpx.get(url, auth=(key, secret), headers=VERSION).status_code


def test_a_credential_is_made_shown_once_and_listed_without_its_secret(commands):
    made = commands.json(
        "credentials", "create", "--name", "Hệ thống Ánh Dương", "--scope", "statements/write",
        "--scope", "state", "--expires", "2099-01-31",
    )  # fmt: skip
    assert made["scopes"] == ["state", "statements/write"]
    assert made["expires"] == "2099-01-31T17:00:00.000000Z", "the end of that day in Hà Nội"
    listed = [row for row in commands.json("credentials", "list") if row["id"] == made["id"]]
    assert listed[0]["name"] == "Hệ thống Ánh Dương"
    assert made["secret"] not in commands.run("credentials", "list", "--json")
    assert made["key"] in commands.run("credentials", "list")


def becomes(status: int, server, key: str, secret: str) -> bool:
    """Whether it is answered so within a second, in which a change of credentials holds."""
    deadline = time.monotonic() + 1
    while not (is_last := time.monotonic() > deadline) and get(server, key, secret) != status:
        time.sleep(0.05)
    return not is_last or get(server, key, secret) == status


def test_a_credential_made_beside_the_server_opens_it_and_can_be_rotated_and_revoked(served):
    server, commands = served
    made = commands.json("credentials", "create", "--name", "x", "--scope", "all/read")
    assert get(server, made["key"], made["secret"]) == 200
    rotated = commands.json("credentials", "rotate", made["id"], "--overlap", "1h")
    assert rotated["secret"] != made["secret"]
    assert get(server, made["key"], rotated["secret"]) == 200
    assert get(server, made["key"], made["secret"]) == 200, "for another hour"
    rotated = commands.json("credentials", "rotate", made["key"])
    assert get(server, made["key"], made["secret"]) == 401
    assert "revoked: x" in commands.run("credentials", "revoke", "x")
    assert becomes(401, server, made["key"], rotated["secret"])


def test_a_credential_can_speak_for_an_agent(commands):
    agent = {"objectType": "Agent", "mbox": "mailto:lms@example.com"}
    made = commands.json(
        "credentials", "create", "--name", "x", "--authority", orjson.dumps(agent).decode()
    )
    assert made["authority"] == agent


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "--name", "x", "--scope", "statements/wrte"), "no such scope: statements/wrte"),
        (("create", "--name", "x", "--expires", "31/1/2027"), "Write 2027-01-31"),
        (("create", "--name", "x", "--expires", "9999-12-31"), "beyond the year 9999"),
        (("create", "--name", "x", "--expires", "9999-12-31T23:00-07:00"), "beyond the year 9999"),
        (("create", "--name", "x", "--expires", "2020-01-01"), "--expires 2020-01-01: it is past"),
        (
            ("create", "--name", "x", "--authority", "{}"),
            "lrs: the authority: The Agent has no identifier.",
        ),
        (
            ("create", "--name", "x", "--authority", '{"mbox":"x"}'),
            'the authority /mbox: "x" is not an e-mail address in mailto: form. Send mailto:',
        ),
        (
            (
                "create",
                "--name",
                "x",
                "--authority",
                '{"objectType":"Group","mbox":"mailto:a@b"}',
            ),
            "[agent-not-group, ",
        ),
        (("create", "--name", "x", "--authority", "["), "--authority: not JSON"),
        (("rotate", "nobody"), "nobody: no such credential"),
        (("rotate", "nobody", "--overlap", "soon"), "Write 7d"),
        (("rotate", "nobody", "--overlap", "99999999999999d"), "Write 7d"),
        (("revoke", "nobody"), "no such credential"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_what_cannot_be_done_is_said_in_a_line(sqlite_url, tmp_path, arguments, said):
    printed = Commands(sqlite_url, tmp_path).run("credentials", *arguments, code=1)
    assert said in printed


def test_an_import_is_counted_and_a_second_adds_nothing(commands, tmp_path):
    sent = [s for _, s in generate(450)]
    file = write(tmp_path / "in.jsonl.gz", sent)
    first = commands.json("import", "statements", file)
    new = len({s["id"] for s in sent})
    assert first == {"stored": new, "present": 450 - new, "refused": 0, "lastLine": 450}
    assert commands.json("import", "statements", file)["stored"] == 0
    out = tmp_path / "out.jsonl"
    exported = commands.json("export", "statements", out)
    assert exported["statements"] == new == len(out.read_bytes().splitlines())


def test_a_wrong_line_is_shown_with_its_number_and_makes_the_exit_code_1(commands, tmp_path):
    wrong = statement(verb={"id": "no iri"})
    file = write(tmp_path / "in.jsonl", [statement(), wrong, statement(timestamp=NOON)])
    said = commands.run("import", "statements", file, code=1)
    assert "in.jsonl:2: /verb/id" in said
    assert "2 stored, 0 there already, 1 refused" in said
    vietnamese = commands.run("import", "statements", file, "--language", "vi", code=1)
    assert vietnamese != said


def test_strict_stops_at_the_first_batch_with_a_wrong_line(commands, tmp_path):
    wrong = statement(verb={"id": "no iri"})
    many = [s for _, s in generate(600)]
    file = write(tmp_path / "in.jsonl", [wrong, *many])
    said = commands.run("import", "statements", file, "--strict", code=1)
    assert "1 refused" in said
    assert "199 stored" in said or "stored, " in said
    rest = commands.json("import", "statements", file, "--after-line", 200)
    assert rest["stored"] > 300


def test_a_file_that_is_no_such_thing_is_said(commands, tmp_path):
    assert "No such file" in commands.run("import", "statements", tmp_path / "none", code=1)
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b nothing")
    assert "after line 0" in commands.run("import", "statements", tmp_path / "broken.gz", code=1)


def test_an_import_can_be_a_credentials(commands, tmp_path):
    made = commands.json("credentials", "create", "--name", "Kho cũ")
    file = write(tmp_path / "in.jsonl", [statement()])
    commands.run("import", "statements", file, "--credential", "Kho cũ")
    out = tmp_path / "out.jsonl"
    commands.run("export", "statements", out)
    assert orjson.loads(out.read_bytes())["authority"] == made["authority"]


def test_an_export_is_what_get_answers_and_can_go_on_later(served, tmp_path):
    server, commands = served
    with server.client() as client:
        client.post("/statements", json=[statement(), statement()])
        out = tmp_path / "out.jsonl.gz"
        position = commands.json("export", "statements", out)["position"]
        client.post("/statements", json=statement())
        commands.run("export", "statements", out, "--after", position)
        answered = client.get("/statements", params={"ascending": "true"}).content
    lines = gzip.decompress(out.read_bytes()).splitlines()
    assert len(lines) == 3
    assert answered.startswith(b'{"statements":[' + b",".join(lines) + b"]")
    assert commands.run("export", "statements").encode().splitlines() == lines


def test_projections_are_shown_and_rebuilt(commands, tmp_path):
    commands.run(
        "import", "statements", write(tmp_path / "in.jsonl", [s for _, s in generate(300)])
    )
    rows = {row["name"]: row for row in commands.json("projections", "status")}
    assert rows.keys() == {
        "credentials",
        "accounts",
        "statement_index",
        "documents",
        "activities",
        "assessment",
        "privacy",
        "readings",
    }
    assert rows["statement_index"]["lag"] == 0
    done = commands.json("projections", "rebuild", "statement_index", "--check")
    assert done["checked"]
    assert done["position"] == rows["statement_index"]["position"]
    assert "rebuilt up to position" in commands.run("projections", "rebuild", "documents")
    said = commands.run("projections", "rebuild", "nothing", code=1)
    assert "There are: privacy, credentials, accounts, statement_index" in said


def test_a_rebuild_that_finds_a_difference_says_so_and_switches_nothing(sqlite_url, tmp_path):
    commands = Commands(sqlite_url, tmp_path)
    commands.run("import", "statements", write(tmp_path / "in.jsonl", [statement()]))
    with sqlite3.connect(tmp_path / "hocba.db") as connection:
        connection.execute("DELETE FROM statement_links")
    connection.close()
    said = commands.run("projections", "rebuild", "statement_index", "--check", code=1)
    assert "not switched: statement_links: the live table has no such row" in said


def test_a_rebuild_that_was_interrupted_is_not_told_as_one_under_way(sqlite_url, tmp_path):
    commands = Commands(sqlite_url, tmp_path)
    commands.run("import", "statements", write(tmp_path / "in.jsonl", [statement()]))
    with sqlite3.connect(tmp_path / "hocba.db") as connection:
        connection.execute("INSERT INTO projection_tracking VALUES ('rebuild activities', 2)")
    connection.close()
    assert "a rebuild stands at 2" in " ".join(commands.run("projections", "status").split())


def test_the_doctor_finds_a_sound_store_sound(commands, tmp_path):
    commands.run("import", "statements", write(tmp_path / "in.jsonl", [statement()]))
    found = commands.json("doctor")
    assert {row["state"] for row in found} <= {"ok", "warn"}, found
    assert {"positions", "leaves", "append-only", "statement index", "head"} <= {
        row["what"] for row in found
    }


def test_the_doctor_finds_an_idle_log_sound(sqlite_url, tmp_path):
    """What nothing was added to is known to be complete up to a later time than its last event."""
    commands = Commands(sqlite_url, tmp_path)
    commands.run("import", "statements", write(tmp_path / "in.jsonl", [statement()]))
    with sqlite3.connect(tmp_path / "hocba.db") as connection:
        connection.execute("UPDATE log_head SET stored = stored + 5")
    connection.close()
    assert {row["state"] for row in commands.json("doctor") if row["what"] == "head"} == {"ok"}


@pytest.mark.parametrize("pepper", ["", "too short\n"])
def test_the_doctor_finds_a_pepper_that_no_server_starts_with(commands, tmp_path, pepper):
    commands.run("projections", "status")
    (tmp_path / "pepper").write_text(pepper)
    (tmp_path / "pepper").chmod(0o600)
    said = commands.run("doctor", code=1)
    assert f"fail pepper: LRS_PEPPER_FILE={tmp_path / 'pepper'}: shorter than 16 bytes" in said


DAMAGE = {
    "leaves": "UPDATE event_log SET body = zeroblob(99), salt = zeroblob(16) WHERE position = 1",
    "checkpoints": "UPDATE event_log SET body = x'7b7d' WHERE position = 2",
    "positions": "DELETE FROM event_log WHERE position = 2",
    "statement index": "DELETE FROM statement_index",
    "append-only": "",
    "head": "UPDATE log_head SET stored = stored - 10",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_the_doctor_finds_the_damage(sqlite_url, tmp_path, what):
    commands = Commands(sqlite_url, tmp_path)
    many = [statement(id=f"3f1e0a52-6f0b-4b6e-9a55-0f2a3c1b5d{n}") for n in range(10, 20)]
    commands.run("import", "statements", write(tmp_path / "in.jsonl", many))
    with sqlite3.connect(tmp_path / "hocba.db") as connection:
        for verb in ("update", "delete"):
            connection.execute(f"DROP TRIGGER event_log_no_{verb}")
        connection.execute(DAMAGE[what] or "SELECT 1")
    connection.close()
    said = commands.run("doctor", code=1)
    failed = [line for line in said.splitlines() if line.startswith("fail")]
    assert any(line.split(None, 1)[1].startswith(what) for line in failed), said


def test_the_doctor_holds_events_against_the_tree(sqlite_url, tmp_path):
    commands = Commands(sqlite_url, tmp_path)
    commands.run(
        "import", "statements", write(tmp_path / "in.jsonl", [s for _, s in generate(300)])
    )
    [seen] = [row["seen"] for row in commands.json("doctor") if row["what"] == "leaves"]
    assert "held against the tree, all equal" in seen
    for change in ("stored = stored - 1", "stream_version = -1"):
        with sqlite3.connect(tmp_path / "hocba.db") as connection:
            connection.execute("DROP TRIGGER IF EXISTS event_log_no_update")
            connection.execute(f"UPDATE event_log SET {change} WHERE position = 1")
        connection.close()
        said = commands.run("doctor", code=1)
        assert " differ, the first at position 1\n" in said


def test_the_doctor_of_a_store_that_is_not_there_says_so(empty_sqlite_url, tmp_path):
    commands = Commands(empty_sqlite_url, tmp_path)
    assert "there is no such database" in commands.run("doctor", code=1)
    assert not (tmp_path / "hocba.db").exists(), "it changes nothing"


def test_all_of_it_goes_through_the_server_that_holds_an_sqlite_store(served, tmp_path):
    server, commands = served
    sent = [s for _, s in generate(300)]
    file = write(tmp_path / "in.jsonl", [*sent, statement(verb={"id": "no iri"})])
    said = commands.run("import", "statements", file, code=1)
    assert "in.jsonl:301: /verb/id" in said
    assert f"{len({s['id'] for s in sent})} stored, " in said
    rows = {row["name"]: row for row in commands.json("projections", "status")}
    done = commands.json("projections", "rebuild", "statement_index", "--check")
    assert done["position"] >= rows["statement_index"]["position"] > 290
    assert "There are: " in commands.run("projections", "rebuild", "nothing", code=1)
    assert "Write 7d" in commands.run("credentials", "rotate", "x", "--overlap", "soon", code=1)
    assert "no such credential" in commands.run_apart("credentials", "revoke", "nobody", code=1)
    assert {row["state"] for row in commands.json("doctor")} <= {"ok", "warn"}
    assert server.process.poll() is None


@pytest.fixture
def durable_postgres_url():
    """A database of a server that waits for the disk, as the doctor wants it."""
    with start_postgres() as durable, database_on(durable.url) as url:
        yield url


def test_the_same_commands_work_on_postgresql_beside_a_server(durable_postgres_url, tmp_path):
    commands = Commands(durable_postgres_url, tmp_path)
    with Server(durable_postgres_url, tmp_path) as server:
        made = commands.json("credentials", "create", "--name", "x", "--scope", "all")
        assert becomes(200, server, made["key"], made["secret"])
        file = write(tmp_path / "in.jsonl", [s for _, s in generate(100)])
        assert commands.json("import", "statements", file)["refused"] == 0
        assert commands.json("projections", "rebuild", "statement_index", "--check")["checked"]
        found = commands.json("doctor")
        assert {row["state"] for row in found} <= {"ok", "warn"}, found
        out = tmp_path / "out.jsonl"
        commands.run("export", "statements", out)
        with server.client() as client:
            answered = client.get("/statements", params={"ascending": "true", "limit": 1}).json()
        first = orjson.loads(out.read_bytes().splitlines()[0])
        assert answered["statements"] == [first]


def test_a_setting_that_is_wrong_is_named_before_anything_happens(tmp_path):
    commands = Commands("sqlite:///x.db", tmp_path, LRS_HTTP_PORT="eighty")
    assert "LRS_HTTP_PORT=eighty" in commands.run("credentials", "list", code=1)
    assert not (tmp_path / "x.db").exists()


def test_an_expired_credential_is_listed_as_expired(sqlite_url, tmp_path):
    store = Store(Settings(database_url=sqlite_url, pepper_file=tmp_path / "pepper"))
    try:
        store.credentials.issue("x", expires=datetime.now(UTC) - timedelta(days=1))
    finally:
        store.close()
    assert "expired" in Commands(sqlite_url, tmp_path).run("credentials", "list")


def test_the_version_is_the_packages(commands):
    assert commands.run_apart("--version").split() == ["hocba", __version__]

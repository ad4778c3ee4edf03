"""What keeps a store from being opened is said in a line, whichever command was to open it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import OperationalError, connect
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url

from lrs.log.sqlite import SqliteLogRecorder
from tests.databases import connected, prepare
from tests.lrs.commands import Commands

OPEN_A_STORE = [("serve", "--port", "0"), ("projections", "status")]
OPEN_A_LOG = [*OPEN_A_STORE, ("audit", "recover")]
REFUSED = "lrs: the database cannot be opened ("


@contextmanager
def role_that_only_reads(url: str) -> Iterator[str]:
    """The URL by which a new role comes that may read every table and make none."""
    name = f"hocba_{uuid4().hex}"
    with connected(url) as connection:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
        try:
            yield make_url(url).set(username=name, password=name).render_as_string(False)
        finally:
            connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.parametrize("command", [*OPEN_A_LOG, ("export", "statements")], ids=" ".join)
def test_a_role_that_only_reads(empty_postgres_url, tmp_path, command):
    prepare(empty_postgres_url)
    name = make_url(empty_postgres_url).database
    (tmp_path / f"{name}.signing-key").touch()  # without it, export would take it for a copy
    with role_that_only_reads(empty_postgres_url) as url:
        said = Commands(url, tmp_path).run_apart(*command, code=1)
    [line] = said.splitlines()
    assert line.startswith(REFUSED)
    assert line.endswith("permission denied for schema public")


@pytest.mark.parametrize("command", OPEN_A_LOG, ids=" ".join)
def test_a_file_that_another_program_writes_to(empty_sqlite_url, tmp_path, command):
    with closing(connect(tmp_path / "hocba.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE another (id)")
        other.execute("BEGIN IMMEDIATE")
        said = Commands(empty_sqlite_url, tmp_path).run_apart(*command, code=1)
    assert said == f"{REFUSED}{empty_sqlite_url}): database is locked\n"


@pytest.mark.parametrize("command", OPEN_A_LOG, ids=" ".join)
def test_a_file_with_a_log_of_another_program(empty_sqlite_url, tmp_path, command):
    with closing(connect(tmp_path / "hocba.db")) as other:
        other.execute("CREATE TABLE event_log (id)")
    said = Commands(empty_sqlite_url, tmp_path).run_apart(*command, code=1)
    assert said == f"{REFUSED}{empty_sqlite_url}): table event_log already exists\n"


def test_a_database_without_a_log_is_not_exported(empty_postgres_url, tmp_path):
    [line] = Commands(empty_postgres_url, tmp_path).run("export", "statements", code=1).splitlines()
    assert line.startswith(REFUSED)
    assert line.endswith('relation "log_head" does not exist')


@pytest.mark.parametrize("kilobytes", [0, 32, 512])
@pytest.mark.parametrize("command", OPEN_A_STORE, ids=" ".join)
def test_a_new_store_where_files_cannot_grow(empty_sqlite_url, tmp_path, command, kilobytes):
    said = with_files_up_to(kilobytes, Commands(empty_sqlite_url, tmp_path), *command)
    [line] = said.splitlines()
    assert line.startswith(REFUSED)


def with_files_up_to(kilobytes: int, commands: Commands, *arguments: str) -> str:
    """What a command says that fails in a process whose disk is as full as that."""
    shell = f'ulimit -f {2 * kilobytes}; exec "$@"'  # blocks of 512 bytes
    done = subprocess.run(
        ("sh", "-c", shell, "sh", sys.executable, "-m", "lrs", *arguments),
        env=commands.environment,
        cwd=commands.directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    return done.stdout + done.stderr


def test_a_server_that_cannot_say_where_commands_find_it(sqlite_url, tmp_path: Path):
    (tmp_path / "hocba.db.server").mkdir()
    said = Commands(sqlite_url, tmp_path).run_apart("serve", "--port", "0", code=1)
    assert f"lrs: {tmp_path / 'hocba.db.server'}: Is a directory." in said


def test_a_log_that_takes_no_event(sqlite_url, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OperationalError("database or disk is full")

    Commands(sqlite_url, tmp_path).run("projections", "status")
    monkeypatch.setattr(SqliteLogRecorder, "append", full)
    new = {"LRS_API_KEY_DEFAULT": "new", "LRS_API_SECRET_DEFAULT": "a secret"}
    said = Commands(sqlite_url, tmp_path, **new).run("projections", "status", code=1)
    assert said == f"{REFUSED}{sqlite_url}): OperationalError: database or disk is full\n"

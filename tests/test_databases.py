"""The servers other tests stand on: they start everywhere, survive a crash and never outlive us."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from lrs.settings import Settings
from lrs.store import Store
from tests.databases import (
    NoPostgres,
    Originals,
    PostgresServer,
    SpareDatabases,
    connected,
    packaged_binaries,
    postgres,
    start_postgres,
)

START_AND_WAIT = """
import time
from tests.databases import start_postgres
print(start_postgres().directory, flush=True)
time.sleep(60)
"""


def answer(server: PostgresServer, query: str) -> object:
    with connected(server.url) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def test_the_packaged_postgresql_starts_where_none_is_installed() -> None:
    binaries = packaged_binaries()
    assert binaries is not None
    with PostgresServer(binaries) as server:
        assert answer(server, "SHOW fsync") == "on"


def test_a_killed_server_comes_back_with_what_it_had_committed() -> None:
    with start_postgres() as server:
        answer(server, "CREATE TABLE kept (number int)")
        answer(server, "INSERT INTO kept VALUES (7)")
        killed = server.pid
        server.kill()
        server.start()
        assert server.pid != killed
        assert answer(server, "SELECT number FROM kept") == 7
    assert not server.directory.exists()


def test_a_server_ends_with_the_process_that_started_it() -> None:
    with subprocess.Popen(
        (sys.executable, "-c", START_AND_WAIT), stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        directory = Path(starter.stdout.readline().strip())
        assert (directory / "data" / "postmaster.pid").exists()
        starter.kill()
    deadline = time.monotonic() + 20
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not directory.exists()


def test_no_postgresql_at_all_is_an_error_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.databases.installed_binaries", lambda: None)
    monkeypatch.setattr("tests.databases.packaged_binaries", lambda: Path("/nowhere/at/all/bin"))
    with pytest.raises(NoPostgres, match="LRS_TEST_POSTGRES_URL"):
        start_postgres()


def test_a_server_named_by_the_environment_is_used_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(
        "LRS_TEST_POSTGRES_URL", "postgresql://someone:secret@127.0.0.1:5433/postgres"
    )
    with postgres() as url:
        assert url == "postgresql+psycopg://someone:secret@127.0.0.1:5433/postgres"


def database_of(url: str) -> str:
    return str(make_url(url).database)


def execute(url: str, *statements: str) -> list[tuple[Any, ...]]:
    with connected(url) as connection:
        *before, last = statements
        for statement in before:
            connection.execute(statement)
        return connection.execute(last).fetchall()


HEAD = "SELECT position, stored FROM log_head"


def test_a_database_is_used_again_with_the_rows_it_had_at_first(
    prepared_postgres: SpareDatabases,
) -> None:
    with prepared_postgres.one() as first:
        versions = execute(first, "SELECT * FROM read_tables_version")
        execute(
            first,
            "INSERT INTO log_migrations VALUES ('999')",
            "DELETE FROM read_tables_version",
            "UPDATE log_head SET position = 7 RETURNING 1",
        )
        assert execute(first, HEAD) == [(7, 0)]
    with prepared_postgres.one() as second:
        assert database_of(second) == database_of(first)
        assert execute(second, HEAD) == [(0, 0)]
        assert versions
        assert execute(second, "SELECT * FROM read_tables_version") == versions
        assert execute(second, "SELECT 1 FROM log_migrations WHERE name = '999'") == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE event_log DISABLE TRIGGER USER",
        "CREATE TABLE another (number int)",
        "CREATE INDEX ON event_log (stored)",
        "ALTER TABLE statement_index RENAME TO formerly",
        "ALTER TABLE log_head ADD COLUMN another int",
        "ANALYZE log_head",
        "INSERT INTO log_migrations SELECT n FROM generate_series(1, 9999) AS n",
    ],
)
def test_a_database_that_is_not_what_it_was_is_not_used_again(
    prepared_postgres: SpareDatabases, change: str
) -> None:
    with prepared_postgres.one() as first:
        execute(first, change, "SELECT 1")
    with prepared_postgres.one() as second:
        assert database_of(second) != database_of(first)
        assert execute(second, HEAD) == [(0, 0)]


def test_whoever_is_still_connected_to_a_database_is_sent_away(
    prepared_postgres: SpareDatabases,
) -> None:
    with prepared_postgres.one() as url:
        held = connected(url)
        held.execute("BEGIN")
        held.execute("LOCK TABLE log_head")
    with pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")
    held.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_filled_once_is_copied_for_each_test(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    filled: list[str] = []

    def fill(url: str, directory: Path) -> None:
        filled.append(url)
        store = Store(Settings(database_url=url, pepper_file=directory / "pepper"))
        store.credentials.issue("a platform", ("statements/write",))
        store.close()

    def opened(url: str, directory: Path) -> tuple[int, int, bytes]:
        """What is there; then there is more."""
        settings = Settings(database_url=url, pepper_file=directory / "pepper")
        store = Store(settings, follow=False)
        found = store.log.head().position, len(store.credentials.issued())
        store.credentials.issue("another", ("statements/write",))
        store.close()
        return *found, settings.signing_key_path.read_bytes()

    originals: Originals = request.getfixturevalue(
        {"sqlite": "sqlite_originals", "postgresql": "postgres_originals"}[kind]
    )
    found = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        with originals.copy(fill, tmp_path / name) as url:
            assert url not in filled
            found.append(opened(url, tmp_path / name))
    assert len(filled) == 1
    assert found[0] == found[1]
    assert found[0][1] == 1

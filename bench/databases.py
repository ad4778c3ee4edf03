"""The databases a run is measured on: an SQLite file, and a PostgreSQL server of our own."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from bench.machine import family_cpu_seconds
from tests.databases import database_on, postgres

KINDS = ("SQLite", "PostgreSQL")


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database, and a directory for what else a store needs."""

    kind: str
    url: str
    directory: Path
    server: int | None = None  # process id of its server, where it has one on this machine

    def cpu_seconds(self) -> float:
        """The processor time its server has used."""
        return family_cpu_seconds(self.server)


NewDatabase = Callable[[], AbstractContextManager[Database]]


@contextmanager
def new_database(kind: str, postgres_url: str | None) -> Iterator[Database]:
    """An empty one, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hocba-bench-") as name:
        directory = Path(name)
        if kind == "SQLite":
            yield Database(kind, f"sqlite:///{directory / 'hocba.db'}", directory)
            return
        assert postgres_url is not None
        with database_on(postgres_url) as url:
            yield Database(kind, url, directory, postmaster(url))


@contextmanager
def postgres_server(kinds: list[str]) -> Iterator[str | None]:
    """The URL of a server, if one is needed."""
    if "PostgreSQL" not in kinds:
        yield None
        return
    with postgres() as url:
        yield url


def postgres_version(url: str) -> str:
    with psycopg.connect(driver_url(url)) as connection:
        return str(connection.execute("SHOW server_version").fetchone()[0])  # type: ignore[index]


def postmaster(url: str) -> int | None:
    """The process that started the server's others; None when it runs elsewhere."""
    with psycopg.connect(driver_url(url)) as connection:
        backend = connection.info.backend_pid
        status = Path(f"/proc/{backend}/status")
        if not status.exists():
            return None
        fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
        return int(fields["PPid"]) if fields["Name"].startswith("postgres") else None


def settle(database: Database) -> None:
    """After so much was inserted, what autovacuum would do within minutes."""
    if database.kind == "PostgreSQL":
        with psycopg.connect(driver_url(database.url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def driver_url(url: str) -> str:
    """For psycopg itself."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

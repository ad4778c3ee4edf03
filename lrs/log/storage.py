"""The database under a store: SQLite for one office, PostgreSQL for a ministry.

SQLite: write-ahead log with ``synchronous=FULL`` (a commit that returned survives a power cut),
and exactly one connection that writes and checkpoints, behind a lock; a second writing process is
refused, because SQLite up to 3.51.2 can corrupt a file two connections checkpoint at once.
PostgreSQL: any number of processes, ``synchronous_commit=on``; writers take turns at the row of
``log_head``.
"""

import fcntl
import logging
import os
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import IntEnum
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.types.string import BytesBinaryDumper
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

PAGE_SIZE = 8192  # bytes; only a new file takes it
ERASING = "erasing"  # what ``info`` of a connection has while in ``erase``
BUSY_MILLISECONDS = 10_000  # that SQLite waits for another process
LOG_ATTEMPTS, LOG_SECONDS = 100, 0.05  # to empty the write-ahead log, and between them
LOCK_SECONDS = 2  # that PostgreSQL waits for those who read a table before it is written anew
SPARE = 4  # more connections than requests read with, for the store's own threads
READERS = {"sqlite": 2, "postgresql": 16}
"""Connections that read at a time. SQLite lets go of the interpreter lock with every row, so more
threads than cores spend their time handing it round: 16 readers answered 360 pages a second, 2
answered 520."""

logger = logging.getLogger(__name__)


class Task(IntEnum):
    """What one process at a time does, on PostgreSQL by its advisory locks."""

    MIGRATE_LOG = 7_201_966_051
    MIGRATE_TABLES = 7_201_966_052
    SEAL = 7_201_966_053
    FOLLOW = 7_201_966_054


class StoreInUse(Exception):
    """Another process writes to this SQLite file."""

    def __init__(self, path: str, holder: str) -> None:
        super().__init__(
            f"{path} is open for writing in another process ({holder}). SQLite takes one writing"
            " process: stop that one first, or use PostgreSQL"
            " (LRS_DATABASE_URL=postgresql+psycopg://…)."
        )


class Storage(ABC):
    """Connections to the database of one store."""

    dialect: str
    readers: Engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; all its queries see one state of the database."""
        with self.readers.connect() as connection, connection.begin():
            yield connection

    @abstractmethod
    def write(self, *, relaxed: bool = False) -> AbstractContextManager[Connection]:
        """A transaction, committed on leaving, rolled back on an exception.

        ``relaxed`` does not wait for the disk: after a power cut it is there whole or not at all,
        and is once a later transaction that waited is. For what is done again from the log.
        """

    @contextmanager
    def erase(self) -> Iterator[Connection]:
        """The same as ``write``, and afterwards nothing of what it deleted is left in the files.

        On PostgreSQL what is deleted goes with the next vacuum; its archives of the write-ahead log
        and its backups keep it: see docs/privacy.md.
        """
        with self.write() as connection:
            connection.info[ERASING] = True
            try:
                yield connection
            finally:
                del connection.info[ERASING]

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:  # noqa: ARG002
        """One at a time does what has this name, of all processes that write to the database."""
        yield

    def rewrite(self, tables: Sequence[str]) -> None:  # noqa: B027 (a scratch file is thrown away)
        """Write the files anew, so that nothing is left in them of what is in no table any more.

        On PostgreSQL those of ``tables``, in which rows were deleted; a table that was dropped has
        left no file behind.
        """

    @abstractmethod
    def close(self) -> None: ...


class SqliteStorage(Storage):
    """One file, one writing connection."""

    dialect = "sqlite"

    def __init__(self, url: URL) -> None:
        if url.database in (None, "", ":memory:"):
            raise ValueError("a store keeps its log in a file: give one, as in sqlite:///hocba.db")
        path = str(url.database)
        self._lock_file = _take_file_lock(path)
        self._writers = create_engine(
            url,
            poolclass=StaticPool,
            connect_args={"check_same_thread": False, "cached_statements": 512},
            hide_parameters=True,  # a body has no place in an error message
        )
        self.readers = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=READERS["sqlite"] + SPARE,
            max_overflow=0,
            connect_args={"check_same_thread": False, "cached_statements": 256},
            hide_parameters=True,
        )
        event.listen(self._writers, "connect", _prepare_writer)
        event.listen(self.readers, "connect", _prepare_reader)
        event.listen(self.readers, "begin", _begin_deferred)
        self._turn = threading.RLock()
        self._writer = self._writers.connect()
        self._log_is_old = False
        self._alone: dict[str, threading.Lock] = {}

    @contextmanager
    def write(self, *, relaxed: bool = False) -> Iterator[Connection]:
        driver: Any = self._writer.connection.driver_connection
        with self._turn, _relaxed(driver) if relaxed else nullcontext():
            driver.execute("BEGIN IMMEDIATE")  # past SQLAlchemy, whose own costs an append 80 us
            try:
                yield self._writer
                driver.execute("COMMIT")
            except BaseException:
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
                raise
            finally:
                self._writer.rollback()  # ends what SQLAlchemy may have begun of its own
            if self._log_is_old:
                self._begin_log_anew()

    @contextmanager
    def erase(self) -> Iterator[Connection]:
        """Deleted rows are overwritten, and the write-ahead log, which holds them as they were, is
        emptied: at once, or at the first commit at which nobody reads an older state.
        """
        driver: Any = self._writer.connection.driver_connection
        with self._turn:
            [(before,)] = driver.execute("PRAGMA secure_delete").fetchall()
            driver.execute("PRAGMA secure_delete=ON")
            try:
                with super().erase() as connection:
                    yield connection
            finally:
                driver.execute(f"PRAGMA secure_delete={('OFF', 'ON', 'FAST')[before]}")
            self._log_is_old = True
        self._empty_log()

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        with self._turn:
            lock = self._alone.setdefault(name, threading.Lock())
        with lock:
            yield

    def rewrite(self, tables: Sequence[str]) -> None:  # noqa: ARG002
        """VACUUM: moving rows between pages has left copies of them that no deletion reaches.

        Appends wait meanwhile. What it needs besides is a file: a large store fits no memory twice.
        """
        driver: Any = self._writer.connection.driver_connection
        with self._turn:
            driver.execute("PRAGMA temp_store=FILE")
            try:
                driver.execute("VACUUM")
            finally:
                driver.execute("PRAGMA temp_store=MEMORY")
            self._log_is_old = True
        self._empty_log()

    def _empty_log(self) -> None:
        for _ in range(LOG_ATTEMPTS):
            with self._turn:
                if not self._log_is_old or self._begin_log_anew():
                    return
            time.sleep(LOG_SECONDS)
        logger.warning("the write-ahead log still holds what was erased: somebody reads for long")

    def _begin_log_anew(self) -> bool:
        """Empty the write-ahead log, unless somebody reads from it."""
        driver: Any = self._writer.connection.driver_connection
        driver.execute("PRAGMA busy_timeout=0")
        try:
            [(is_busy, _, _)] = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            driver.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        self._log_is_old = bool(is_busy)
        return not is_busy

    def close(self) -> None:
        with self._turn:
            self.readers.dispose()
            self._writer.close()
            self._writers.dispose()
            self._lock_file.close()


class PostgresStorage(Storage):
    """A pool of connections to one PostgreSQL database."""

    dialect = "postgresql"

    def __init__(self, url: URL) -> None:
        self.url = url
        self._writers = create_engine(
            url,
            pool_size=4,
            max_overflow=4,
            pool_reset_on_return=None,
            hide_parameters=True,
            connect_args={"options": "-c jit=off"},  # planning it costs more than our queries
        )
        self.readers = create_engine(
            url,
            pool_size=READERS["postgresql"] + SPARE,
            max_overflow=0,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ",
            hide_parameters=True,
            connect_args={"options": "-c jit=off"},
        )

        for engine in (self._writers, self.readers):
            event.listen(engine, "connect", _prepare_postgres)

    @contextmanager
    def write(self, *, relaxed: bool = False) -> Iterator[Connection]:
        with self._writers.connect() as connection:
            try:
                with connection.begin():
                    if relaxed:
                        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                    yield connection
            except psycopg.Error as error:
                if connection.connection.driver_connection.closed:  # type: ignore[union-attr]
                    connection.invalidate(error)  # the next one is opened anew
                raise

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
        apart = create_engine(self.url, poolclass=NullPool)  # held for long, so none of the pool
        with apart.connect() as connection, connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
            yield

    def rewrite(self, tables: Sequence[str]) -> None:
        with self._writers.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))  # appends wait too
            try:
                for table in tables:
                    connection.execute(text(f"VACUUM (FULL) {table}"))
            finally:
                connection.execute(text("RESET lock_timeout"))

    def close(self) -> None:
        self.readers.dispose()
        self._writers.dispose()


def open_storage(database_url: str) -> SqliteStorage | PostgresStorage:
    """Connect to the database at a SQLAlchemy URL and bring the log's tables up to date.

    Raises StoreInUse when a SQLite file has a writer already, ValueError for another kind of URL.
    """
    url = make_url(database_url)
    storage: SqliteStorage | PostgresStorage
    if url.get_backend_name() == "sqlite":
        storage = SqliteStorage(url)
    elif url.get_backend_name() == "postgresql":
        storage = PostgresStorage(url.set(drivername="postgresql+psycopg"))
    else:
        raise ValueError(
            f"LRS_DATABASE_URL={url.render_as_string(hide_password=True)}: the log runs on sqlite"
            " or postgresql, as in sqlite:///hocba.db or"
            " postgresql+psycopg://user:password@host/name"
        )
    try:
        migrate_log(storage)
    except BaseException:
        storage.close()
        raise
    return storage


def take_turn(connection: Connection, task: Task, *, wait: bool = False) -> bool:
    """Whether this transaction may do that, and nobody else until it ends. On SQLite it always may:
    there is no other process.
    """
    if connection.dialect.name == "sqlite":
        return True
    lock = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    return connection.scalar(text(f"SELECT {lock}({task})")) is not False


def migrate_log(storage: Storage) -> None:
    """Run the numbered SQL files that this database has not seen, in order, in one transaction."""
    folder = files("lrs.log") / "sql" / storage.dialect
    scripts = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    with storage.write() as connection:
        driver: Any = connection.connection.driver_connection
        take_turn(connection, Task.MIGRATE_LOG, wait=True)
        driver.execute("CREATE TABLE IF NOT EXISTS log_migrations (name text PRIMARY KEY)")
        done = {name for (name,) in driver.execute("SELECT name FROM log_migrations").fetchall()}
        for script in scripts:
            if script.name not in done:
                for statement in _statements(script.read_text(encoding="utf-8"), storage.dialect):
                    driver.execute(statement)
                driver.execute(f"INSERT INTO log_migrations (name) VALUES ('{script.name}')")


def _statements(script: str, dialect: str) -> Iterator[str]:
    """SQLite takes one statement at a time; PostgreSQL takes a whole script."""
    if dialect == "postgresql":
        yield script
        return
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _take_file_lock(path: str) -> IO[str]:
    """Hold ``PATH.lock`` for as long as this process writes; the kernel lets go when it dies."""
    lock = open(f"{path}.lock", "a+", encoding="utf-8")  # noqa: SIM115 (held until close)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "process unknown"
        lock.close()
        raise StoreInUse(path, holder) from None
    lock.truncate(0)
    lock.write(f"pid {os.getpid()}")
    lock.flush()
    return lock


def _pragmas(*pragmas: str) -> Callable[[Any, Any], None]:
    def prepare(driver: Any, _record: Any) -> None:
        driver.isolation_level = None  # transactions begin where we say so
        for pragma in pragmas:
            driver.execute(f"PRAGMA {pragma}")

    return prepare


_prepare_writer = _pragmas(
    f"page_size={PAGE_SIZE}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=8000",
    "cache_size=-65536",
    "temp_store=MEMORY",  # else an INSERT of many rows keeps a journal of its own in a file
    f"busy_timeout={BUSY_MILLISECONDS}",
)
_prepare_reader = _pragmas(
    "query_only=1", f"busy_timeout={BUSY_MILLISECONDS}", "cache_size=-16384", "mmap_size=268435456"
)


@contextmanager
def _relaxed(driver: Any) -> Iterator[None]:
    driver.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        driver.execute("PRAGMA synchronous=FULL")


def _prepare_postgres(driver: Any, _record: Any) -> None:
    """Let COPY write bytes by psycopg's own code in C, which for ``bytea`` one in Python stands in
    front of: a sixth of the processor time of an append.
    """
    driver.adapters.register_dumper(bytes, BytesBinaryDumper)


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def sqlite_path(database_url: str) -> Path | None:
    """The file of a SQLite store; None for PostgreSQL."""
    url = make_url(database_url)
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None

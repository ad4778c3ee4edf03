"""Logs that seal, on either database, and what is in their tables."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from lrs.log.opening import open_log
from lrs.log.recorder import Append, Appended, Clock, LogRecorder, wall_clock
from lrs.log.storage import open_storage
from lrs.privacy.data_keys import DataKeys
from lrs.privacy.opening import open_data_keys
from lrs.settings import Settings
from schemas.events import NewEvent

OpenLog = Callable[..., LogRecorder]


def settings_of(database_url: str, key: Path, **chosen: Any) -> Settings:
    return Settings(database_url=database_url, sealing_key_file=key, **chosen)


@contextmanager
def opened_log(
    database_url: str, key: Path, *, clock: Clock = wall_clock, **chosen: Any
) -> Iterator[LogRecorder]:
    """A log as a process of its own would have it: with its own connections, its own memory."""
    storage = open_storage(database_url)
    try:
        keys = open_data_keys(storage, settings_of(database_url, key, **chosen))
        yield open_log(storage, keys=keys, clock=clock)
    finally:
        storage.close()


def append(log: LogRecorder, *events: NewEvent) -> list[int]:
    """The positions of events, which nothing contradicts."""
    [outcome] = log.append([Append(list(events))])
    assert isinstance(outcome, Appended), outcome
    return list(outcome.positions)


def destroy(log: LogRecorder, *subjects: bytes) -> list[bytes]:
    with log.storage.erase() as connection:
        return destroy_of(log.keys, connection, *subjects)


def destroy_of(keys: DataKeys, connection: Connection, *subjects: bytes) -> list[bytes]:
    """Destroy all keys of these subjects, whatever the year and the class."""
    return keys.destroy(connection, [key.id for key in keys.held(connection, subjects)])


def ask(log: LogRecorder, sql: str, **values: Any) -> Any:
    """One value of the database."""
    with log.storage.read() as connection:
        return connection.execute(text(sql), values).scalar_one()


def count(log: LogRecorder, table: str) -> int:
    return int(ask(log, f"SELECT count(*) FROM {table}"))

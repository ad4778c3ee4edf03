"""Rebuilds the tables of a projection from the log, beside the live ones, then switches them.

The store goes on meanwhile: the new tables are filled in batches under a tracking name of their
own. At the end the log's turn to append is taken, the few events that came in last are applied, and
in one transaction the new tables take the names of the live ones.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import zip_longest
from types import ModuleType
from typing import Any

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, CursorResult, MetaData, Table, select, text
from sqlalchemy.exc import OperationalError

from lrs.log.recorder import LogRecorder, present
from lrs.projector import catch_up, live_position

PREFIX = "rebuild_"
BATCH = 4000  # events a transaction; on SQLite an append waits for one batch at most
NEAR = 500  # events; so few may be applied while the log's turn is held
BREATH = 0.001  # seconds between batches, in which others get the one writing connection
SWITCH_SECONDS = 1.0  # for the locks of the live tables; appends wait meanwhile
SWITCH_ATTEMPTS = 10
ROUNDS = 100  # looks for a moment at which both generations stand at the end of the log

Progress = Callable[[int, int], None]
"""Called with the position reached and the end of the log."""


class TablesDiffer(Exception):
    """The live tables do not hold what the log says; the rebuilt ones were not switched in."""

    def __init__(self, table: str, live: Any, rebuilt: Any) -> None:
        super().__init__(
            f"{table}: the live table has {live or 'no such row'},"
            f" the log gives {rebuilt or 'no such row'}"
        )


class TooBusy(Exception):
    """There was no moment in which the tables could be compared, or switched."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How a rebuild went; ``seconds`` without waiting for anybody."""

    name: str
    position: int
    seconds: float
    checked: bool


def rebuild(
    log: LogRecorder,
    projection: ModuleType,
    *,
    check: bool = False,
    progress: Progress = lambda position, head: None,
) -> Rebuilt:
    """Rebuild one projection and switch to its new tables.

    With ``check`` both generations are compared row by row before the switch, while the store goes
    on: raises TablesDiffer with the first difference, TooBusy when there was no moment to compare
    in. The new tables are then left for a closer look, until the next rebuild.
    """
    with log.storage.alone(f"rebuild {projection.NAME}"):
        began = time.monotonic()
        tables = _new_tables(log, projection)
        _fill(log, projection, tables, progress)
        if check:
            _check(log, projection, tables, progress)
            _fill(log, projection, tables, progress)
        position = _switch(log, projection, tables)
        progress(position, position)
        return Rebuilt(projection.NAME, position, time.monotonic() - began, check)


def tables_of(tables: Any) -> list[Table]:
    """The tables in a projection's ``Tables``."""
    return [getattr(tables, field.name) for field in fields(tables)]


def tracking_name(projection: ModuleType) -> str:
    """The name under which new tables are tracked while they are filled."""
    return f"rebuild {projection.NAME}"


def _new_tables(log: LogRecorder, projection: ModuleType) -> Any:
    """Empty tables beside the live ones; what an earlier attempt left is dropped."""
    metadata = MetaData()
    tables = projection.define(metadata, PREFIX)
    with log.storage.write() as connection:
        metadata.drop_all(connection)
        _forget(connection, projection)
        metadata.create_all(connection)
    return tables


def _forget(connection: Connection, projection: ModuleType) -> None:
    connection.execute(
        text("DELETE FROM projection_tracking WHERE name = :name"),
        {"name": tracking_name(projection)},
    )


def _fill(log: LogRecorder, projection: ModuleType, tables: Any, progress: Progress) -> None:
    """Apply the log until its end is near."""

    def breathe(position: int, head: int) -> None:
        progress(position, head)
        time.sleep(BREATH)

    while True:
        position = catch_up(
            log,
            projection,
            tables,
            name=tracking_name(projection),
            batch=BATCH,
            progress=breathe,
        )
        if log.head().position - position < NEAR:
            return


def _check(log: LogRecorder, projection: ModuleType, tables: Any, progress: Progress) -> None:
    for _ in range(ROUNDS):
        _fill(log, projection, tables, progress)
        if projection not in log.inline:
            catch_up(log, projection)  # a command on its own has nobody who follows
        with log.storage.read() as connection:
            position = log.tracked(connection, tracking_name(projection))
            live = live_position(log, connection, projection)
            if position == log.head_of(connection).position == live:
                compare(connection, projection.TABLES, tables)
                return
        time.sleep(0.05)
    raise TooBusy(
        f"{projection.NAME}: events came in faster than the two generations could be compared."
        " Try again at a quieter hour."
    )


def compare(connection: Connection, live: Any, rebuilt: Any) -> None:
    """Raises TablesDiffer with the first row, in key order, that is not in both."""
    for one, other in zip(tables_of(live), tables_of(rebuilt), strict=True):
        with _rows(connection, one) as rows, _rows(connection, other) as expected_rows:
            for row, expected in zip_longest(rows, expected_rows):
                if row != expected:
                    raise TablesDiffer(one.name, row, expected)


def _rows(connection: Connection, table: Table) -> CursorResult[Any]:
    query = select(table).order_by(*table.primary_key.columns)
    return connection.execute(query.execution_options(yield_per=1000))


def _switch(log: LogRecorder, projection: ModuleType, tables: Any) -> int:
    """Switch, however often somebody who reads the live tables for long makes it necessary to try.

    Waiting for them while appends wait for us would stop the store, so each try gives up soon.
    """
    for attempt in range(SWITCH_ATTEMPTS):
        if attempt:
            time.sleep(SWITCH_SECONDS)
        try:
            return _switch_now(log, projection, tables)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
    raise TooBusy(
        f"{projection.NAME}: somebody keeps reading the live tables, a backup perhaps."
        " Try again when that has ended."
    )


def _switch_now(log: LogRecorder, projection: ModuleType, tables: Any) -> int:
    """Bring the new tables to the end of the log and give them the names of the live ones.

    On PostgreSQL the last events are committed by a connection of their own before the switch,
    while this one holds the log's turn: a reader whose snapshot is older than the switch would read
    the new tables by that snapshot, and must find everything in them.
    """
    with log.storage.write() as turn:
        head = log.lock_head(turn).position
        if turn.dialect.name == "postgresql":
            turn.execute(text(f"SET LOCAL lock_timeout = '{SWITCH_SECONDS:g}s'"))
        with _second_connection(log, turn) as connection:
            _apply_rest(log, connection, projection, tables, head)
        if projection not in log.inline:
            log.lock_tracked(turn, projection.NAME)
        for live, new in zip(tables_of(projection.TABLES), tables_of(tables), strict=True):
            _rename(turn, live, new)
        _forget(turn, projection)
        log.track(turn, projection.NAME, head)
    return head


@contextmanager
def _second_connection(log: LogRecorder, turn: Connection) -> Iterator[Connection]:
    """Another connection where there can be one; SQLite's readers keep to the tables of their
    snapshot.
    """
    if turn.dialect.name == "sqlite":
        yield turn
    else:
        with log.storage.write() as connection:
            yield connection


def _apply_rest(
    log: LogRecorder, connection: Connection, projection: ModuleType, tables: Any, head: int
) -> None:
    name = tracking_name(projection)
    position = log.lock_tracked(connection, name)
    while position < head:
        entries = log.read_in(connection, position, BATCH, stop=head, kinds=projection.KINDS)
        if shown := present(entries):
            projection.apply(connection, tables, shown)
        position = entries[-1].position if len(entries) == BATCH else head
    log.track(connection, name, head)


def _rename(connection: Connection, live: Table, new: Table) -> None:
    """The new table and its keys under the names of the live ones, which are dropped.

    No key or index of a projection has a name of its own; PostgreSQL has named them after the
    table.
    """
    connection.execute(text(f"DROP TABLE {live.name}"))
    connection.execute(text(f"ALTER TABLE {new.name} RENAME TO {live.name}"))
    if connection.dialect.name == "postgresql":
        names = connection.scalars(
            text(
                "SELECT indexname FROM pg_indexes"
                " WHERE schemaname = current_schema() AND tablename = :table"
            ),
            {"table": live.name},
        ).all()
        for name in names:
            plain = name.replace(PREFIX, "", 1)
            if plain != name:
                connection.execute(text(f'ALTER INDEX "{name}" RENAME TO "{plain}"'))

"""The log on SQLite: the write lock of the file is the turn."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, exc

from lrs.log.recorder import PART, Head, LogRecorder, Turn

KEYS_AT_ONCE = 300


class SqliteLogRecorder(LogRecorder):
    unique_violation = sqlite3.IntegrityError
    server_lost = ()
    log_broken = (sqlite3.OperationalError, exc.OperationalError, OSError)

    def _take_turn(self, connection: Connection) -> Turn:
        sql = "SELECT position, stored, key_generation FROM log_head"
        [(position, stored, generation)] = self._fetch(connection, sql, ())
        return Turn(Head(position, stored), generation)  # BEGIN IMMEDIATE holds the lock already

    def _held(
        self, connection: Connection, keys: Sequence[tuple[int, bytes, int]]
    ) -> dict[tuple[int, bytes, int], tuple[int, bytes]]:
        held = {}
        for start in range(0, len(keys), KEYS_AT_ONCE):
            part = keys[start : start + KEYS_AT_ONCE]
            sql = (
                f"WITH wanted(c, s, v) AS (VALUES {','.join(['(?,?,?)'] * len(part))})"
                " SELECT r.category, r.stream_id, r.stream_version, r.position, r.content_hash"
                " FROM wanted CROSS JOIN event_registry r"
                " ON r.category = c AND r.stream_id = s AND r.stream_version = v"
            )
            for category, stream, version, position, content_hash in self._fetch(
                connection, sql, [value for key in part for value in key]
            ):
                held[category, stream, version] = (position, content_hash)
        return held

    def _fetch(self, connection: Connection, sql: str, values: Sequence[Any]) -> list[Any]:
        driver: Any = connection.connection.driver_connection
        rows: list[Any] = driver.execute(sql, values).fetchall()
        return rows

    def _fetch_parts(
        self, connection: Connection, sql: str, values: Sequence[Any]
    ) -> Iterator[list[Any]]:
        driver: Any = connection.connection.driver_connection
        cursor = driver.execute(sql, values)
        while rows := cursor.fetchmany(PART):
            yield rows

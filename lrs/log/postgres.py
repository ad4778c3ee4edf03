"""The log on PostgreSQL: the row of ``log_head`` is the turn of every process that appends.

The row lock is held until the commit is durable, so two appends never commit out of order. LISTEN
and NOTIFY carry a hint that there is something new; whoever follows the log polls as well.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import Connection, exc

from lrs.log.recorder import PART, Head, LogRecorder, Turn


class PostgresLogRecorder(LogRecorder):
    unique_violation = psycopg.errors.UniqueViolation
    server_lost = (
        psycopg.OperationalError,
        psycopg.InterfaceError,
        exc.OperationalError,
        exc.InterfaceError,
    )
    log_broken = (OSError,)

    def _take_turn(self, connection: Connection) -> Turn:
        sql = "SELECT position, stored, key_generation FROM log_head FOR UPDATE"
        [(position, stored, generation)] = self._fetch(connection, sql, ())
        return Turn(Head(position, stored), generation)

    def _held(
        self, connection: Connection, keys: Sequence[tuple[int, bytes, int]]
    ) -> dict[tuple[int, bytes, int], tuple[int, bytes]]:
        categories, streams, versions = zip(*keys, strict=True) if keys else ((), (), ())
        sql = (
            "SELECT r.category, r.stream_id, r.stream_version, r.position, r.content_hash"
            " FROM unnest(?::smallint[], ?::bytea[], ?::integer[]) AS wanted(c, s, v)"
            " JOIN event_registry r"
            " ON r.category = c AND r.stream_id = s AND r.stream_version = v"
        )
        rows = self._fetch(connection, sql, (list(categories), list(streams), list(versions)))
        return {
            (category, stream, version): (position, content_hash)
            for category, stream, version, position, content_hash in rows
        }

    def _fetch(self, connection: Connection, sql: str, values: Sequence[Any]) -> list[Any]:
        driver: Any = connection.connection.driver_connection
        with driver.cursor(binary=True) as cursor:
            rows: list[Any] = cursor.execute(_placeholders(sql), values).fetchall()
        return rows

    def _fetch_parts(
        self, connection: Connection, sql: str, values: Sequence[Any]
    ) -> Iterator[list[Any]]:
        driver: Any = connection.connection.driver_connection
        with driver.cursor(binary=True) as cursor:
            cursor.execute(_placeholders(sql), values)
            while rows := cursor.fetchmany(PART):
                yield rows


@lru_cache(maxsize=256)
def _placeholders(sql: str) -> str:
    return sql.replace("?", "%s")

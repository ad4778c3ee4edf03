"""Digests of what is computed from the log: the same wherever and whenever it was computed.

A table's digest is the SHA-256 of its name and its columns and then of its rows in the order of
their primary key, each as a MessagePack array in the shortest form there is for every value: whole
numbers, true and false, UTF-8 text, bytes, nil. A projection's digest is that of its tables'. Text
is ordered by its code points. So nothing in a digest depends on the database, on a collation or on
how the tables were filled: live, rebuilt, replayed, on SQLite and on PostgreSQL they are equal.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import zip_longest
from types import ModuleType
from typing import Any, Final, NamedTuple

from msgspec import msgpack
from sqlalchemy import ColumnElement, Connection, Table, Text, select

from lrs.log.recorder import LogRecorder
from lrs.projector import live_position
from lrs.rebuild import tables_of
from lrs.store import BESIDE

AT_ONCE: Final = 2000  # rows fetched at a time

Row = tuple[Any, ...]


class TableDigest(NamedTuple):
    """The digests here are lower-case hex SHA-256."""

    table: str
    rows: int
    digest: str


class ProjectionDigest(NamedTuple):
    """The tables of a projection as they were at a position of the log."""

    name: str
    position: int
    tables: Sequence[TableDigest]
    digest: str


class Difference(NamedTuple):
    """The first row, in key order, that is not in both; None where there is no such row."""

    projection: str
    table: str
    live: Row | None
    replayed: Row | None


def digest_of(connection: Connection, projection: ModuleType, position: int) -> ProjectionDigest:
    """The digest of a projection's tables, which stand at ``position`` in this database."""
    tables = [digest_of_table(connection, table) for table in tables_of(projection.TABLES)]
    named = [projection.NAME, [[table.table, table.digest] for table in tables]]
    return ProjectionDigest(
        projection.NAME, position, tables, sha256(msgpack.encode(named)).hexdigest()
    )


def live_digests(
    log: LogRecorder, connection: Connection, projections: Sequence[ModuleType]
) -> list[ProjectionDigest]:
    """The live tables in one state of the database, each projection as of where it stands there."""
    return [
        digest_of(connection, projection, live_position(log, connection, projection))
        for projection in projections
    ]


def digest_of_table(connection: Connection, table: Table) -> TableDigest:
    """Reads the whole table, in bounded memory."""
    encode = msgpack.Encoder().encode
    hashed = sha256(encode([str(table.name), [str(column.name) for column in table.columns]]))
    count = 0
    for row in rows(connection, table):
        hashed.update(encode(row))
        count += 1
    return TableDigest(str(table.name), count, hashed.hexdigest())


def rows(connection: Connection, table: Table) -> Iterator[Row]:
    """The rows of a table in the order of their primary key, whatever the database."""
    query = select(table).order_by(*_key_order(connection, table))
    with connection.execute(query.execution_options(yield_per=AT_ONCE)) as found:
        for some in found.partitions():
            yield from map(tuple, some)


def _key_order(connection: Connection, table: Table) -> Iterator[ColumnElement[Any]]:
    for column in table.primary_key.columns:
        if isinstance(column.type, Text) and connection.dialect.name == "postgresql":
            yield column.collate("C")  # the database's own collation is its owner's choice
        else:
            yield column


def first_difference(
    live: Connection, replayed: Connection, projection: ModuleType
) -> Difference | None:
    """The first row of a projection that two databases do not both hold; None if they are equal."""
    for table in tables_of(projection.TABLES):
        for row, other in zip_longest(rows(live, table), rows(replayed, table)):
            if row != other:
                return Difference(projection.NAME, str(table.name), row, other)
    return None


def left_out() -> list[str]:
    """The tables whose rows are not in the log, so that there is nothing to hold them against."""
    return sorted(name for module in BESIDE for name in module.METADATA.tables)

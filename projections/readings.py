"""Whose record was read, and by whom: where in the log it says so.

The events say the rest. A row for each person an answer showed makes a person's list as short to
find as it is; a list of a whole ministry, read once, is as many rows as it has people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from projections.rows import insert_rows
from schemas.events import Kind, LogEntry
from schemas.readings import read_of

NAME = "readings"
KINDS = (Kind.RECORD_READ,)
POSITION: Final = BigInteger().with_variant(Integer, "sqlite")


@dataclass(frozen=True, eq=False)
class Tables:
    readings: Table
    people: Table


def define(metadata: MetaData, prefix: str = "") -> Tables:
    """The tables, their names behind ``prefix``."""
    return Tables(
        readings=Table(
            f"{prefix}readings",
            metadata,
            Column("position", POSITION, primary_key=True, autoincrement=False),
            Column("reader", LargeBinary(16), nullable=False),  # the event's credential
            UniqueConstraint("reader", "position"),
        ),
        people=Table(
            f"{prefix}reading_people",
            metadata,
            Column("person", Text, primary_key=True),
            Column("position", BigInteger, primary_key=True, autoincrement=False),
            sqlite_with_rowid=False,
        ),
    )


METADATA = MetaData()
TABLES = define(METADATA)


class Found(NamedTuple):
    """A page of positions, the latest first; ``total`` counts all pages."""

    positions: list[int]
    total: int


def apply(connection: Connection, tables: Tables, entries: Sequence[LogEntry]) -> None:
    readings: list[tuple[int, bytes]] = []
    people: list[tuple[str, int]] = []
    for entry in entries:
        readings.append((entry.position, entry.credential))
        people += ((person, entry.position) for person in dict.fromkeys(read_of(entry).people))
    insert_rows(connection, tables.readings, readings)
    insert_rows(connection, tables.people, people)


def of_people(
    connection: Connection,
    people: Sequence[str],
    as_of: int,
    *,
    before: int | None = None,
    limit: int | None = None,
    tables: Tables = TABLES,
) -> Found:
    """Where any of these people's records were read up to ``as_of``; the page goes on ``before`` a
    position.
    """
    column = tables.people.c.position
    query = select(column).where(tables.people.c.person.in_(people), column <= as_of).distinct()
    return _found(connection, query, before, limit)


def of_reader(
    connection: Connection,
    reader: bytes | None,
    as_of: int,
    *,
    before: int | None = None,
    limit: int | None = None,
    tables: Tables = TABLES,
) -> Found:
    """Where one reader, or any, read records of others, in the same order."""
    column = tables.readings.c.position
    query = select(column).where(column <= as_of)
    if reader is not None:
        query = query.where(tables.readings.c.reader == reader)
    return _found(connection, query, before, limit)


def _found(
    connection: Connection, query: Select[tuple[int]], before: int | None, limit: int | None
) -> Found:
    matching = query.subquery()
    total = connection.scalar(select(func.count()).select_from(matching)) or 0
    page = select(matching.c.position).order_by(matching.c.position.desc()).limit(limit)
    if before is not None:
        page = page.where(matching.c.position < before)
    return Found(list(connection.scalars(page)), total)

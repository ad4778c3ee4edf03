"""The register as it was at a position of the log."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    any_,
    bindparam,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from projections.assessment.recording import record_key
from projections.assessment.tables import TABLES, Tables
from projections.rows import fetch_rows
from schemas.register import RECORDED, RECORDS, Person, Record

AT_ONCE: Final = 250
"""Keys a query names; on SQLite a shorter list is filled up with its last, so that one text serves
all.
"""

R = TypeVar("R", bound=Record)

_DECODE: Final = {kind: msgspec.json.Decoder(type_).decode for kind, type_ in RECORDED.items()}


def records(
    connection: Connection, record: type[R], as_of: int, *, tables: Tables = TABLES
) -> list[R]:
    """All records of a type, in the order in which they were recorded."""
    values = {"kind": int(RECORDS[record].recorded), "as_of": as_of}
    rows = fetch_rows(connection, _of_kind(tables), values)
    decode = _DECODE[RECORDS[record].recorded]
    return [decode(body) for (body,) in rows]  # type: ignore[misc]


def record(
    connection: Connection, record: type[R], key: str, as_of: int, *, tables: Tables = TABLES
) -> R | None:
    """The record with this key, if there was one."""
    kind = RECORDS[record].recorded
    values = {"kind": int(kind), "key": record_key(key), "as_of": as_of}
    rows = fetch_rows(connection, _with_key(tables), values)
    return _DECODE[kind](rows[0][0]) if rows else None  # type: ignore[return-value]


def placed(
    connection: Connection, record: type[R], as_of: int, *, tables: Tables = TABLES
) -> list[tuple[int, R]]:
    """The same as ``records``, each behind the position of the event that recorded it."""
    values = {"kind": int(RECORDS[record].recorded), "as_of": as_of}
    rows = fetch_rows(connection, _placed(tables), values)
    decode = _DECODE[RECORDS[record].recorded]
    return [(position, decode(body)) for position, body in rows]  # type: ignore[misc]


def about_unit(
    connection: Connection, unit: str, as_of: int, *, tables: Tables = TABLES
) -> list[Record]:
    """All records that name the unit: memberships, items, plans, reports."""
    rows = fetch_rows(connection, _about_unit(tables), {"unit": unit, "as_of": as_of})
    return [_DECODE[kind](body) for kind, body in rows]


def about_people(
    connection: Connection, people: Sequence[str], as_of: int, *, tables: Tables = TABLES
) -> Iterator[tuple[str, Record]]:
    """All records that name one of these people, with whom; those of one person in the order in
    which they were recorded.
    """
    for person, kind, body in fetch_in(connection, _about_people(tables), people, as_of=as_of):
        yield person, _DECODE[kind](body)


def person_ids(connection: Connection, as_of: int, *, tables: Tables = TABLES) -> list[str]:
    """The people of the register, by the code points of their ids."""
    values = {"kind": int(RECORDS[Person].recorded), "as_of": as_of}
    return sorted(person for (person,) in fetch_rows(connection, _people(tables), values))


def valid(table: Table) -> ColumnElement[bool]:
    """Recorded by ``as_of`` and not yet withdrawn or replaced."""
    as_of: ColumnElement[int] = bindparam("as_of")
    return and_(table.c.position <= as_of, table.c.until > as_of)


class OneOf(FunctionElement[bool]):
    """For ``fetch_in``: the column has one of the values asked for.

    On PostgreSQL they travel as one array, which its planner takes for a few; of a list of
    placeholders it believes that each is another value, and reads the whole table.
    """

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "OneOf":  # noqa: ARG002
        """As it is: compared with 1, as SQLAlchemy has it, SQLite would use no index."""
        return self


@compiles(OneOf, "sqlite")
def _in_placeholders(element: OneOf, compiler: SQLCompiler, **named: Any) -> str:
    [column] = element.clauses
    keys: list[BindParameter[Any]] = [bindparam(f"key_{n}") for n in range(AT_ONCE)]
    return compiler.process(column.in_(keys), **named)


@compiles(OneOf, "postgresql")
def _in_array(element: OneOf, compiler: SQLCompiler, **named: Any) -> str:
    [column] = element.clauses
    keys: BindParameter[Any] = bindparam("keys", type_=ARRAY(column.type))
    return compiler.process(column == any_(keys), **named)


def fetch_in(
    connection: Connection, query: Select[Any], keys: Sequence[Any], **values: Any
) -> Iterator[tuple[Any, ...]]:
    """The rows of a query that is asked with ``OneOf`` a list of any length."""
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        named: dict[str, Any] = {"keys": some}
        if connection.dialect.name == "sqlite":
            named = {f"key_{number}": some[min(number, len(some) - 1)] for number in range(AT_ONCE)}
        yield from fetch_rows(connection, query, {**values, **named})


@lru_cache
def _of_kind(tables: Tables) -> Select[Any]:
    table = tables.records
    query = select(table.c.body).where(table.c.kind == bindparam("kind"), valid(table))
    return query.order_by(table.c.position)


@lru_cache
def _placed(tables: Tables) -> Select[Any]:
    table = tables.records
    query = select(table.c.position, table.c.body)
    query = query.where(table.c.kind == bindparam("kind"), valid(table))
    return query.order_by(table.c.position)


@lru_cache
def _with_key(tables: Tables) -> Select[Any]:
    table = tables.records
    return select(table.c.body).where(
        table.c.kind == bindparam("kind"), table.c.key == bindparam("key"), valid(table)
    )


@lru_cache
def _about_unit(tables: Tables) -> Select[Any]:
    table = tables.records
    query = select(table.c.kind, table.c.body)
    query = query.where(table.c.unit == bindparam("unit"), valid(table))
    return query.order_by(table.c.position)


@lru_cache
def _about_people(tables: Tables) -> Select[Any]:
    table = tables.records
    query = select(table.c.person, table.c.kind, table.c.body)
    return query.where(OneOf(table.c.person), valid(table)).order_by(table.c.position)


@lru_cache
def _people(tables: Tables) -> Select[Any]:
    table = tables.records
    return select(table.c.person).where(table.c.kind == bindparam("kind"), valid(table))

"""Rows into tables and out of them, at the speed of the driver.

A projection writes ten rows for each statement, inside the transaction that appends it. One call
of the driver for each row costs more than the row: on SQLite every call also lets go of the
interpreter lock and has to win it back. So rows go in many at a time: one ``INSERT`` with many
``VALUES`` on SQLite, binary ``COPY`` on PostgreSQL.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Dialect,
    Integer,
    LargeBinary,
    Select,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

AT_ONCE = 64  # rows a call on SQLite; each number up to it is a prepared statement of its own
MANY_AT_ONCE = 512  # where there are so many: after every call the interpreter is waited for

LISTED_AT_ONCE = 300  # values a query lists on SQLite

COPY_TYPES: dict[type[TypeEngine[Any]], str] = {
    SmallInteger: "int2",
    BigInteger: "int8",
    Integer: "int4",
    LargeBinary: "bytea",
    Text: "text",
    Boolean: "bool",
}


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], *, ignore: bool = False
) -> None:
    """Insert tuples that hold a value for every column of ``table``, in the table's order.

    With ``ignore`` a row whose primary key exists already is passed over. Raises the driver's own
    IntegrityError (``sqlite3`` or ``psycopg``) when a unique key is taken; the transaction is then
    to be rolled back by the caller.
    """
    if not rows:
        return
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        _insert_many_values(driver, table, rows, ignore)
    elif ignore:
        with driver.cursor() as cursor:
            cursor.executemany(_insert_sql(table), rows)
    else:
        _copy(driver, table, rows)


def _insert_many_values(
    driver: Any, table: Table, rows: Sequence[tuple[Any, ...]], ignore: bool
) -> None:
    for some in _parts(rows):
        driver.execute(
            _values_sql(table.name, len(table.columns), len(some), ignore),
            list(chain.from_iterable(some)),
        )


def _parts(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    start = 0
    for size in (MANY_AT_ONCE, AT_ONCE):
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size
    if start < len(rows):
        yield rows[start:]


@lru_cache(maxsize=512)
def _values_sql(name: str, columns: int, size: int, ignore: bool) -> str:
    row = f"({','.join('?' * columns)})"
    # OR ROLLBACK: who meets a taken key rolls back anyway, and no statement needs a journal
    verb = "INSERT OR IGNORE" if ignore else "INSERT OR ROLLBACK"
    return f"{verb} INTO {name} VALUES {','.join([row] * size)}"


@lru_cache(maxsize=128)
def _insert_sql(table: Table) -> str:
    return (
        f"INSERT INTO {table.name} VALUES ({','.join(['%b'] * len(table.columns))})"
        " ON CONFLICT DO NOTHING"
    )


@lru_cache(maxsize=128)
def _copy_sql(table: Table) -> tuple[str, list[str]]:
    return (
        f"COPY {table.name} FROM STDIN (FORMAT BINARY)",
        [_copy_type(column.type) for column in table.columns],
    )


def _copy_type(column_type: TypeEngine[Any]) -> str:
    return next(name for cls, name in COPY_TYPES.items() if isinstance(column_type, cls))


def _copy(driver: Any, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    statement, types = _copy_sql(table)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def fetch_rows(
    connection: Connection, query: Select[Any], values: Mapping[str, Any]
) -> Sequence[tuple[Any, ...]]:
    """The rows of a query that is built once and asked at every append.

    Its text is rendered once and goes to the driver; SQLAlchemy would take 100 us each time, which
    everybody who waits for the log would pay. Values must be what the driver takes and gives:
    numbers, text and bytes.
    """
    driver: Any = connection.connection.driver_connection
    text, names = _rendered(query, connection.dialect)
    rows: Sequence[tuple[Any, ...]]
    if connection.dialect.name == "sqlite":
        rows = driver.execute(text, [values[name] for name in names]).fetchall()
    else:
        with driver.cursor(binary=True) as cursor:
            rows = cursor.execute(text, values).fetchall()
    return rows


def fetch_among(connection: Connection, sql: str, values: Sequence[Any]) -> list[Any]:
    """The rows of a query with one list of values, at ``IN ({})``; past SQLAlchemy, as above."""
    driver: Any = connection.connection.driver_connection
    rows: list[Any] = []
    if connection.dialect.name == "sqlite":
        for start in range(0, len(values), LISTED_AT_ONCE):
            some = values[start : start + LISTED_AT_ONCE]
            rows += driver.execute(sql.format(",".join("?" * len(some))), some).fetchall()
    elif values:
        with driver.cursor(binary=True) as cursor:
            rows = cursor.execute(sql.replace("IN ({})", "= ANY(%s)"), (list(values),)).fetchall()
    return rows


@lru_cache(maxsize=256)
def _rendered(query: Select[Any], dialect: Dialect) -> tuple[str, Sequence[str]]:
    compiled = query.compile(dialect=dialect)
    return str(compiled), compiled.positiontup or ()

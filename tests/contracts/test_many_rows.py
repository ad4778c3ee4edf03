"""Many rows in and out, in as many parts as it takes."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table

from lrs.log.storage import open_storage
from projections.rows import AT_ONCE, LISTED_AT_ONCE, MANY_AT_ONCE, fetch_among, insert_rows

NUMBERS = Table(
    "numbers",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
EDGES = [
    n
    for edge in (AT_ONCE, LISTED_AT_ONCE, MANY_AT_ONCE, 2 * MANY_AT_ONCE + AT_ONCE)
    for n in (edge - 1, edge, edge + 1)
]


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    storage = open_storage(database_url)
    with storage.write() as connection:
        NUMBERS.create(connection)
        yield connection
        NUMBERS.drop(connection)
    storage.close()


def content(number: int) -> bytes:
    return b"\0" + str(number).encode()


@pytest.mark.parametrize("size", [0, 1, *EDGES])
def test_every_row_goes_in_once_and_comes_out(connection: Connection, size: int) -> None:
    rows = [(number, content(number)) for number in range(size)]
    insert_rows(connection, NUMBERS, rows)
    assert connection.execute(NUMBERS.select().order_by(NUMBERS.c.number)).all() == rows
    insert_rows(connection, NUMBERS, [*rows, (-1, b"new")], ignore=True)
    asked = "SELECT number, content FROM numbers WHERE number IN ({})"
    found = fetch_among(connection, asked, [*range(-1, size + 5)])
    assert sorted(found) == [(-1, b"new"), *rows]


def test_nothing_asked_for_is_nothing_found(connection: Connection) -> None:
    insert_rows(connection, NUMBERS, [(1, b"")])
    assert fetch_among(connection, "SELECT number FROM numbers WHERE number IN ({})", []) == []

"""A digest is what its description says, and nothing of the database is in it."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    text,
)

from lrs.audit.digests import digest_of, digest_of_table, left_out, live_digests, rows
from lrs.audit.replay import ALL
from lrs.projector import catch_up
from lrs.rebuild import tables_of
from lrs.store import BESIDE, FOLLOWED, INLINE, Store
from projections import activities, credentials
from tests.lrs.conftest import OpenStore
from tests.ministry import generate, load

LIST = Table(
    "list",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("mark", LargeBinary),
    Column("done", Boolean),
)
ROWS: list[tuple[Any, ...]] = [
    ("", -1, None, False),
    ("B", 127, b"", True),
    ("B", 128, b"\x00\xff", True),
    ("Z", -(2**63), b"x" * 300, None),
    ("a", 2**63 - 1, b"y", False),
    ("Ä", 65536, None, True),
    ("ă" * 40, 0, b"z", False),
]
"""In the order of their keys, by code points: Z before a, a before Ä."""


def packed(value: Any) -> bytes:
    """MessagePack in its shortest form, written from its specification."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return packed_number(value)
        case str():
            said = value.encode()
            if len(said) < 32:
                return bytes([0xA0 | len(said)]) + said
            return with_length(said, (0xD9, 0xDA, 0xDB))
        case bytes():
            return with_length(value, (0xC4, 0xC5, 0xC6))
        case list() | tuple():
            assert len(value) < 16
            return bytes([0x90 | len(value)]) + b"".join(map(packed, value))
    raise AssertionError(value)


def packed_number(value: int) -> bytes:
    if -32 <= value < 128:
        return value.to_bytes(1, signed=True) if value < 0 else bytes([value])
    marks, signed = ((0xD0, 0xD1, 0xD2, 0xD3), True) if value < 0 else (range(0xCC, 0xD0), False)
    for size, mark in zip((1, 2, 4, 8), marks, strict=True):
        try:
            return bytes([mark]) + value.to_bytes(size, signed=signed)
        except OverflowError:
            continue
    raise AssertionError(value)


def with_length(said: bytes, marks: tuple[int, int, int]) -> bytes:
    size, mark = next(
        (size, mark) for size, mark in zip((1, 2, 4), marks, strict=True) if len(said) < 256**size
    )
    return bytes([mark]) + len(said).to_bytes(size) + said


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def filled(database: Engine) -> Iterator[Connection]:
    """The table, its rows inserted in another order, under the collation of a language."""
    with database.connect() as connection:
        LIST.create(connection)
        if connection.dialect.name == "postgresql":
            collation = connection.scalar(
                text(
                    "SELECT collname FROM pg_collation WHERE collprovider = 'i'"
                    " AND collname IN ('vi-x-icu', 'und-x-icu', 'en-x-icu') LIMIT 1"
                )
            )
            if collation is not None:
                sql = f'ALTER TABLE list ALTER COLUMN name TYPE text COLLATE "{collation}"'
                connection.execute(text(sql))
        for row in ROWS[::2] + ROWS[1::2]:
            connection.execute(LIST.insert().values(row))
        yield connection


def test_rows_come_in_the_order_of_code_points(filled: Connection) -> None:
    assert list(rows(filled, LIST)) == ROWS


def test_a_table_digest_is_over_its_name_its_columns_and_its_rows(filled: Connection) -> None:
    said = packed(["list", ["name", "number", "mark", "done"]]) + b"".join(map(packed, ROWS))
    digest = digest_of_table(filled, LIST)
    assert digest == ("list", len(ROWS), sha256(said).hexdigest())


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE list SET done = NULL WHERE name = 'a'",
        "UPDATE list SET name = 'C' WHERE name = 'Z'",
        "UPDATE list SET number = 129 WHERE number = 128",
        "DELETE FROM list WHERE name = ''",
        "INSERT INTO list VALUES ('c', 1, NULL, NULL)",
    ],
)
def test_whatever_changes_in_a_table_changes_its_digest(filled: Connection, sql: str) -> None:
    before = digest_of_table(filled, LIST)
    filled.execute(text(sql))
    assert digest_of_table(filled, LIST).digest != before.digest


def test_a_projection_digest_is_over_those_of_its_tables(open_store: OpenStore) -> None:
    store = open_store()
    load(store, generate(30))
    with store.storage.read() as connection:
        for projection in ALL:
            digest = digest_of(connection, projection, 7)
            tables = [digest_of_table(connection, one) for one in tables_of(projection.TABLES)]
            named = [projection.NAME, [[table.table, table.digest] for table in tables]]
            assert digest == (projection.NAME, 7, tables, sha256(packed(named)).hexdigest())


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    store = open_store()
    load(store, generate(30))
    return store


def test_live_digests_are_of_one_state_each_as_of_where_it_stands(store: Store) -> None:
    for projection in FOLLOWED:
        catch_up(store.log, projection)
    with store.storage.read() as connection:
        head = store.log.head_of(connection).position
        before = live_digests(store.log, connection, [credentials, activities])
        store.credentials.issue("another", ("statements/write",))
        catch_up(store.log, activities)
        assert live_digests(store.log, connection, [credentials, activities]) == before
    assert [one.position for one in before] == [head, head]
    with store.storage.read() as connection:
        after = live_digests(store.log, connection, [credentials, activities])
    assert [one.position for one in after] == [head + 1, head + 1]
    assert after[0].digest != before[0].digest
    assert after[1].digest == before[1].digest


def test_every_table_has_a_digest_or_is_said_to_be_left_out() -> None:
    digested = {
        str(table.name)
        for projection in INLINE + FOLLOWED
        for table in tables_of(projection.TABLES)
    }
    assert digested == {
        name for projection in INLINE + FOLLOWED for name in projection.METADATA.tables
    }
    assert left_out() == sorted({name for one in BESIDE for name in one.METADATA.tables})
    assert not digested & set(left_out())

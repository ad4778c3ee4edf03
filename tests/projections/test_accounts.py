"""Who may sign in, from what was opened, changed and closed."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, create_engine

from projections import accounts
from projections.accounts import METADATA, TABLES, AccountRow, account_id
from schemas.events import NOBODY, Kind, LogEntry

AN, BINH = account_id("an.nv"), account_id("binh.tt")
FIRST, SECOND = b"\x01" * 16, b"\x02" * 16


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        yield connection
    engine.dispose()


def entry(position: int, kind: Kind, id_: bytes, version: int, **said: Any) -> LogEntry:
    stored = position * 1_000_000
    body = orjson.dumps(said)
    return LogEntry(position, stored, kind, id_, version, NOBODY, b"", body)


def opened(position: int, id_: bytes = AN, **said: Any) -> LogEntry:
    said = {
        "name": "an.nv",
        "title": "Nguyễn Văn An",
        "roles": ["evaluator", "learner"],
        "permissions": ["party"],
        "units": ["X", "Y"],
        "person": "P1",
        "password": FIRST.hex(),
        **said,
    }
    return entry(position, Kind.ACCOUNT_OPENED, id_, 1, **said)


def changed(position: int, version: int = 2, **said: Any) -> LogEntry:
    return entry(position, Kind.ACCOUNT_CHANGED, AN, version, name="an.nv", **said)


AN_AS_OPENED = AccountRow(
    id=AN,
    version=1,
    changed=1,
    opened=1_000_000,
    name="an.nv",
    title="Nguyễn Văn An",
    roles="evaluator learner",
    permissions="party",
    units='["X","Y"]',
    person="P1",
    password=FIRST,
    closed=False,
)


def test_an_account_is_as_it_was_opened(connection: Connection) -> None:
    accounts.apply(connection, TABLES, [opened(1)])
    assert accounts.find(connection, TABLES, AN) == AN_AS_OPENED
    assert accounts.find(connection, TABLES, BINH) is None


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ({"title": "An"}, {"title": "An"}),
        ({"roles": ["auditor"]}, {"roles": "auditor"}),
        ({"permissions": []}, {"permissions": ""}),
        ({"units": None}, {"units": None}),
        ({"units": []}, {"units": "[]"}),
        ({"person": None}, {"person": None}),
        ({"password": SECOND.hex()}, {"password": SECOND}),
    ],
)
def test_a_change_changes_what_it_names(
    connection: Connection, said: dict[str, Any], columns: dict[str, Any]
) -> None:
    accounts.apply(connection, TABLES, [opened(1), changed(5, **said)])
    expected = AN_AS_OPENED._replace(version=2, changed=5, **columns)
    assert accounts.find(connection, TABLES, AN) == expected


def test_a_closed_account_is_kept_as_it_was(connection: Connection) -> None:
    closed = entry(3, Kind.ACCOUNT_CLOSED, AN, 2, name="an.nv")
    accounts.apply(connection, TABLES, [opened(1), opened(2, BINH, name="binh.tt"), closed])
    expected = AN_AS_OPENED._replace(version=2, changed=3, closed=True)
    assert accounts.find(connection, TABLES, AN) == expected
    assert [row.name for row in accounts.find_all(connection, TABLES)] == ["an.nv", "binh.tt"]

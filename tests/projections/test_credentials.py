"""Who may use the store, from what was issued, rotated and revoked."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import Connection, create_engine

from projections import credentials
from projections.credentials import METADATA, TABLES, CredentialRow
from schemas.events import NOBODY, Kind, LogEntry

MOODLE, PORTAL = UUID(int=1), UUID(int=2)
OLD, NEW = b"\x01" * 32, b"\x02" * 32


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        yield connection
    engine.dispose()


def entry(position: int, kind: Kind, id_: UUID, version: int, **said: Any) -> LogEntry:
    body = orjson.dumps({"id": str(id_), **said})
    stored = position * 1_000_000
    return LogEntry(position, stored, kind, id_.bytes, version, NOBODY, b"", body)


def issued(position: int, id_: UUID = MOODLE, **said: Any) -> LogEntry:
    said = {
        "key": "moodle",
        "name": "Moodle của Bộ",
        "scopes": ["statements/write", "state"],
        "authority": {"account": {"homePage": "https://lrs.example", "name": str(id_)}},
        "secretHash": OLD.hex(),
        **said,
    }
    return entry(position, Kind.CREDENTIAL_ISSUED, id_, 1, **said)


def rotated(position: int, version: int = 2) -> LogEntry:
    said = {"secretHash": NEW.hex(), "previousUntil": "1970-01-02T00:00:00Z"}
    return entry(position, Kind.CREDENTIAL_ROTATED, MOODLE, version, **said)


def revoked(position: int, version: int = 2) -> LogEntry:
    return entry(position, Kind.CREDENTIAL_REVOKED, MOODLE, version)


def one(connection: Connection) -> CredentialRow:
    [row] = credentials.find_all(connection, TABLES)
    return row


def test_an_issued_credential_is_as_it_was_issued(connection: Connection) -> None:
    credentials.apply(connection, TABLES, [issued(1, expires="1970-01-01T07:00:10.5+07:00")])
    assert one(connection) == CredentialRow(
        id=MOODLE.bytes,
        version=1,
        changed=1,
        issued=1_000_000,
        key="moodle",
        name="Moodle của Bộ",
        scopes="statements/write state",
        authority=f'{{"account":{{"homePage":"https://lrs.example","name":"{MOODLE}"}}}}',
        secret_hash=OLD,
        previous_hash=None,
        previous_until=None,
        expires=10_500_000,
        revoked=False,
    )


def test_after_a_rotation_both_secrets_are_known_for_a_while(connection: Connection) -> None:
    credentials.apply(connection, TABLES, [issued(1), rotated(2)])
    row = one(connection)
    assert (row.secret_hash, row.previous_hash, row.version) == (NEW, OLD, 2)
    assert row.previous_until == 24 * 3600 * 1_000_000


def test_a_revocation_changes_nothing_else(connection: Connection) -> None:
    credentials.apply(connection, TABLES, [issued(1)])
    before = one(connection)
    credentials.apply(connection, TABLES, [revoked(2)])
    assert one(connection) == before._replace(revoked=True, version=2, changed=2)


def test_the_last_change_is_of_whichever_credential_changed_last(connection: Connection) -> None:
    assert credentials.last_change(connection, TABLES) == 0
    credentials.apply(connection, TABLES, [issued(3), issued(5, PORTAL, key="portal")])
    assert credentials.last_change(connection, TABLES) == 5
    credentials.apply(connection, TABLES, [revoked(8)])
    assert credentials.last_change(connection, TABLES) == 8


def test_credentials_are_listed_in_the_order_of_their_issue(connection: Connection) -> None:
    credentials.apply(connection, TABLES, [issued(1, PORTAL, key="portal"), issued(2)])
    keys = [row.key for row in credentials.find_all(connection, TABLES)]
    assert keys == ["portal", "moodle"]

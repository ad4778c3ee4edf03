"""Who may use the store, with what scopes, until when.

Applied in the transaction that appends, so a credential that was revoked is revoked for every
process that looks. Secrets are not here and not in the log: only their HMAC under the store's
pepper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    select,
    update,
)

from projections.rows import insert_rows
from schemas.events import Kind, LogEntry
from schemas.formats import parse_timestamp

NAME = "credentials"
KINDS = (Kind.CREDENTIAL_ISSUED, Kind.CREDENTIAL_ROTATED, Kind.CREDENTIAL_REVOKED)


@dataclass(frozen=True, eq=False)
class Tables:
    credentials: Table


def define(metadata: MetaData, prefix: str = "") -> Tables:
    """The table, its name behind ``prefix``. Times are microseconds since 1970."""
    return Tables(
        credentials=Table(
            f"{prefix}credentials",
            metadata,
            Column("id", LargeBinary(16), primary_key=True),
            Column("version", Integer, nullable=False),
            Column("changed", BigInteger, nullable=False),  # position of its last event
            Column("issued", BigInteger, nullable=False),
            Column("key", Text, nullable=False),
            Column("name", Text, nullable=False),
            Column("scopes", Text, nullable=False),  # separated by spaces, as OAuth writes them
            Column("authority", Text, nullable=False),
            Column("secret_hash", LargeBinary(32), nullable=False),
            Column("previous_hash", LargeBinary(32)),
            Column("previous_until", BigInteger),
            Column("expires", BigInteger),
            Column("revoked", Boolean, nullable=False),
        )
    )


METADATA = MetaData()
TABLES = define(METADATA)


class CredentialRow(NamedTuple):
    """A credential as it is now. For a while after a rotation two secrets open it."""

    id: bytes
    version: int
    changed: int
    issued: int
    key: str
    name: str
    scopes: str
    authority: str
    secret_hash: bytes
    previous_hash: bytes | None
    previous_until: int | None
    expires: int | None
    revoked: bool


def apply(connection: Connection, tables: Tables, entries: Sequence[LogEntry]) -> None:
    for entry in entries:
        match entry.kind:
            case Kind.CREDENTIAL_ISSUED:
                insert_rows(connection, tables.credentials, [_issued(entry)])
            case Kind.CREDENTIAL_ROTATED:
                _change(connection, tables, entry, _rotated(tables, entry))
            case Kind.CREDENTIAL_REVOKED:
                _change(connection, tables, entry, {"revoked": True})


def _issued(entry: LogEntry) -> CredentialRow:
    said = entry.parsed()
    return CredentialRow(
        id=entry.stream_id,
        version=entry.stream_version,
        changed=entry.position,
        issued=entry.stored,
        key=said["key"],
        name=said["name"],
        scopes=" ".join(said["scopes"]),
        authority=orjson.dumps(said["authority"]).decode(),
        secret_hash=bytes.fromhex(said["secretHash"]),
        previous_hash=None,
        previous_until=None,
        expires=parse_timestamp(said["expires"]) if "expires" in said else None,
        revoked=False,
    )


def _rotated(tables: Tables, entry: LogEntry) -> dict[str, Any]:
    said = entry.parsed()
    return {
        "previous_hash": tables.credentials.c.secret_hash,  # as it was before this statement
        "previous_until": parse_timestamp(said["previousUntil"]),
        "secret_hash": bytes.fromhex(said["secretHash"]),
    }


def _change(
    connection: Connection, tables: Tables, entry: LogEntry, values: dict[str, Any]
) -> None:
    connection.execute(
        update(tables.credentials)
        .where(tables.credentials.c.id == entry.stream_id)
        .values(version=entry.stream_version, changed=entry.position, **values)
    )


def find_all(connection: Connection, tables: Tables) -> list[CredentialRow]:
    """Every credential ever issued, in the order of their issue."""
    query = select(tables.credentials).order_by(tables.credentials.c.issued)
    return [CredentialRow(*row) for row in connection.execute(query)]


def last_change(connection: Connection, tables: Tables) -> int:
    """The position of the last event about any credential; 0 if there is none."""
    query = select(func.coalesce(func.max(tables.credentials.c.changed), 0))
    changed: int = connection.execute(query).scalar_one()
    return changed

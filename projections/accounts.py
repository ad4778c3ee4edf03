"""Who may sign in: the accounts of people, with their roles and what these reach.

Applied in the transaction that appends, so a closed account is closed for every process at its
next request. No password is here or in the log, nor a hash of one: an event names the password
that holds from then on by a random id, and ``lrs.auth.passwords`` keeps its hash where it can be
deleted.

An account is a stream, named after the name people sign in with. So no name is ever given twice, by
whatever process, and what was done under a name stays its owner's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

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
    select,
    update,
)

from projections.rows import insert_rows
from schemas.events import Kind, LogEntry
from schemas.keys import key_of

NAME = "accounts"
KINDS = (Kind.ACCOUNT_OPENED, Kind.ACCOUNT_CHANGED, Kind.ACCOUNT_CLOSED)


@dataclass(frozen=True, eq=False)
class Tables:
    accounts: Table


def define(metadata: MetaData, prefix: str = "") -> Tables:
    """The table, its name behind ``prefix``. Times are microseconds since 1970."""
    return Tables(
        accounts=Table(
            f"{prefix}accounts",
            metadata,
            Column("id", LargeBinary(16), primary_key=True),
            Column("version", Integer, nullable=False),
            Column("changed", BigInteger, nullable=False),  # position of its last event
            Column("opened", BigInteger, nullable=False),
            Column("name", Text, nullable=False),
            Column("title", Text, nullable=False),
            Column("roles", Text, nullable=False),  # separated by spaces
            Column("permissions", Text, nullable=False),
            Column("units", Text),  # a JSON array; NULL: everything
            Column("person", Text),
            Column("password", LargeBinary(16), nullable=False),
            Column("closed", Boolean, nullable=False),
        )
    )


METADATA = MetaData()
TABLES = define(METADATA)


class AccountRow(NamedTuple):
    """An account as it is now."""

    id: bytes
    version: int
    changed: int
    opened: int
    name: str
    title: str
    roles: str
    permissions: str
    units: str | None
    person: str | None
    password: bytes
    closed: bool


def account_id(name: str) -> bytes:
    """The stream of the account with this name."""
    return key_of("account", name)


def apply(connection: Connection, tables: Tables, entries: Sequence[LogEntry]) -> None:
    for entry in entries:
        match entry.kind:
            case Kind.ACCOUNT_OPENED:
                insert_rows(connection, tables.accounts, [_opened(entry)])
            case Kind.ACCOUNT_CHANGED:
                _change(connection, tables, entry, _columns(entry.parsed()))
            case Kind.ACCOUNT_CLOSED:
                _change(connection, tables, entry, {"closed": True})


_READ: Final[Mapping[str, Any]] = {
    "title": str,
    "roles": " ".join,
    "permissions": " ".join,
    "units": lambda units: None if units is None else orjson.dumps(units).decode(),
    "person": lambda person: person,
    "password": bytes.fromhex,
}
"""What an event may say of an account, and how it becomes a column."""


def _columns(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: read(said[name]) for name, read in _READ.items() if name in said}


def _opened(entry: LogEntry) -> AccountRow:
    said = entry.parsed()
    return AccountRow(
        id=entry.stream_id,
        version=entry.stream_version,
        changed=entry.position,
        opened=entry.stored,
        name=said["name"],
        closed=False,
        **_columns(said),
    )


def _change(
    connection: Connection, tables: Tables, entry: LogEntry, values: Mapping[str, Any]
) -> None:
    connection.execute(
        update(tables.accounts)
        .where(tables.accounts.c.id == entry.stream_id)
        .values(version=entry.stream_version, changed=entry.position, **values)
    )


def find(connection: Connection, tables: Tables, id_: bytes) -> AccountRow | None:
    row = connection.execute(select(tables.accounts).where(tables.accounts.c.id == id_)).first()
    return None if row is None else AccountRow(*row)


def find_all(connection: Connection, tables: Tables) -> list[AccountRow]:
    """Every account ever opened, in the order of their opening."""
    query = select(tables.accounts).order_by(tables.accounts.c.opened)
    return [AccountRow(*row) for row in connection.execute(query)]

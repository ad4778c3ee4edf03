"""What is decided about people's data: who may not be forgotten, who is to be, who was.

Applied in the transaction that appends: from the next read on, nobody sees what was forgotten. Of a
person who was forgotten only tokens stay. What was decided about them before was sealed under their
own key, so it is in these tables until they are rebuilt, which is a part of forgetting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
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
    delete,
    func,
    select,
    update,
)

from projections.rows import fetch_rows, insert_rows
from schemas.events import LogEntry
from schemas.privacy import (
    PRIVACY_KINDS,
    ForgettingProposed,
    ForgettingRefused,
    ForgettingWithdrawn,
    LegalHoldLifted,
    LegalHoldPlaced,
    PersonForgotten,
    RetentionApplied,
    said_in,
)

NAME: Final = "privacy"
KINDS: Final = PRIVACY_KINDS
POSITION: Final = BigInteger().with_variant(Integer, "sqlite")
ALWAYS: Final = -(2**63)
FOREVER: Final = 2**63 - 1
"""The bounds of a name that was nobody else's."""


@dataclass(frozen=True, eq=False)
class Tables:
    holds: Table
    proposals: Table
    forgotten: Table
    names: Table
    retentions: Table


def define(metadata: MetaData, prefix: str = "") -> Tables:
    """The tables, their names behind ``prefix``. Times are microseconds since 1970."""
    return Tables(
        holds=Table(
            f"{prefix}privacy_holds",
            metadata,
            Column("stream", LargeBinary(16), primary_key=True),
            Column("person", Text, nullable=False),
            Column("reason", Text, nullable=False),
            Column("decided_by", LargeBinary(16), nullable=False),
            Column("placed", BigInteger, nullable=False),
            Column("lifted", BigInteger),
            Column("lift_reason", Text),
        ),
        proposals=Table(
            f"{prefix}privacy_proposals",
            metadata,
            Column("stream", LargeBinary(16), primary_key=True),
            Column("person", Text, nullable=False),
            Column("basis", Text, nullable=False),
            Column("decided_by", LargeBinary(16), nullable=False),
            Column("proposed", BigInteger, nullable=False),
            Column("periods", Text, nullable=False),  # a JSON array
            Column("state", Text, nullable=False),  # open, refused or withdrawn
            Column("reason", Text),
            Column("ended", BigInteger),
        ),
        forgotten=Table(
            f"{prefix}privacy_forgotten",
            metadata,
            Column("position", POSITION, primary_key=True, autoincrement=False),
            Column("stored", BigInteger, nullable=False),
            Column("pseudonym", Text, nullable=False),
            Column("basis", Text, nullable=False),
            Column("proposed_by", LargeBinary(16), nullable=False),
            Column("approved_by", LargeBinary(16), nullable=False),
            Column("periods", Text, nullable=False),
            Column("keys", Integer, nullable=False),  # how many were destroyed
            Column("unsealed", Integer, nullable=False),
        ),
        names=Table(
            f"{prefix}privacy_names",
            metadata,
            Column("token", LargeBinary(16), primary_key=True),
            Column("position", BigInteger, primary_key=True, autoincrement=False),  # it holds up to
            Column("begins", BigInteger, primary_key=True, autoincrement=False),
            Column("ends", BigInteger, nullable=False),
            Column("home_page", Text, nullable=False),
            Column("pseudonym", Text, nullable=False),
        ),
        retentions=Table(
            f"{prefix}privacy_retentions",
            metadata,
            Column("position", POSITION, primary_key=True, autoincrement=False),
            Column("stored", BigInteger, nullable=False),
            Column("retention", Text, nullable=False),
            Column("year", Integer, nullable=False),
            Column("years", Integer, nullable=False),
            Column("keys", Integer, nullable=False),
        ),
    )


METADATA = MetaData()
TABLES: Final = define(METADATA)


class HoldRow(NamedTuple):
    """A legal hold; ``lifted`` is None while it holds."""

    stream: bytes
    person: str
    reason: str
    decided_by: bytes
    placed: int
    lifted: int | None
    lift_reason: str | None


class ProposalRow(NamedTuple):
    """A proposal that did not come to pass, or not yet."""

    stream: bytes
    person: str
    basis: str
    decided_by: bytes
    proposed: int
    periods: str
    state: str
    reason: str | None
    ended: int | None


class ForgottenRow(NamedTuple):
    position: int
    stored: int
    pseudonym: str
    basis: str
    proposed_by: bytes
    approved_by: bytes
    periods: str
    keys: int
    unsealed: int


class NameRow(NamedTuple):
    """A name of somebody forgotten: in what was recorded up to ``position`` and happened from
    ``begins`` up to, and without, ``ends``, it is the account ``pseudonym`` of ``home_page``.
    """

    token: bytes
    position: int
    begins: int
    ends: int
    home_page: str
    pseudonym: str


class RetentionRow(NamedTuple):
    position: int
    stored: int
    retention: str
    year: int
    years: int
    keys: int


def apply(connection: Connection, tables: Tables, entries: Sequence[LogEntry]) -> None:
    for entry in entries:
        _apply(connection, tables, entry)


def _apply(connection: Connection, tables: Tables, entry: LogEntry) -> None:
    at = entry.stored
    match said_in(entry.kind, entry.body):
        case LegalHoldPlaced() as placed:
            hold = HoldRow(
                entry.stream_id, placed.person, placed.reason, entry.credential, at, None, None
            )
            insert_rows(connection, tables.holds, [hold])
        case LegalHoldLifted() as lifted:
            _end(connection, tables.holds, entry, {"lifted": at, "lift_reason": lifted.reason})
        case ForgettingProposed() as proposed:
            insert_rows(connection, tables.proposals, [_proposal(entry, proposed)])
        case ForgettingWithdrawn() as withdrawn:
            said = {"state": "withdrawn", "reason": withdrawn.reason, "ended": at}
            _end(connection, tables.proposals, entry, said)
        case ForgettingRefused() as refused:
            ended: dict[str, Any] = {"state": "refused", "reason": refused.reason, "ended": at}
            if entry.stream_version > 1:
                _end(connection, tables.proposals, entry, ended)
            else:
                row = _proposal(entry, refused)._replace(**ended)
                insert_rows(connection, tables.proposals, [row])
        case PersonForgotten() as forgotten:
            _end(connection, tables.proposals, entry, None)
            insert_rows(connection, tables.forgotten, [_forgotten(entry, forgotten)])
            insert_rows(connection, tables.names, _names(forgotten))
        case RetentionApplied() as applied:
            keys = len(applied.keys)
            kept = RetentionRow(
                entry.position, at, applied.retention, applied.year, applied.years, keys
            )
            insert_rows(connection, tables.retentions, [kept])


def _end(
    connection: Connection, table: Table, entry: LogEntry, values: Mapping[str, Any] | None
) -> None:
    """The stream has ended: its row says so, or without ``values`` is gone."""
    same = table.c.stream == entry.stream_id
    if values is None:
        connection.execute(delete(table).where(same))
    else:
        connection.execute(update(table).where(same).values(**values))


def _proposal(entry: LogEntry, said: ForgettingProposed | ForgettingRefused) -> ProposalRow:
    periods = said.periods if isinstance(said, ForgettingProposed) else ()
    return ProposalRow(
        entry.stream_id,
        said.person,
        said.basis,
        bytes.fromhex(said.by),
        entry.stored,
        _json(periods),
        "open",
        None,
        None,
    )


def _forgotten(entry: LogEntry, said: PersonForgotten) -> ForgottenRow:
    return ForgottenRow(
        entry.position,
        entry.stored,
        said.pseudonym,
        said.basis,
        bytes.fromhex(said.proposed_by),
        bytes.fromhex(said.approved_by),
        _json(said.periods),
        len(said.keys),
        said.unsealed,
    )


def _names(said: PersonForgotten) -> list[NameRow]:
    return [
        NameRow(
            bytes.fromhex(subject.token),
            said.position,
            ALWAYS if subject.first is None else subject.first,
            FOREVER if subject.end is None else subject.end,
            said.home_page,
            said.pseudonym,
        )
        for subject in said.subjects
    ]


def _json(texts: Sequence[str]) -> str:
    return msgspec.json.encode(texts).decode()


# ---- reading


def holds(connection: Connection, tables: Tables = TABLES) -> list[HoldRow]:
    """Every hold there was, but for those of people who were forgotten; the first one first."""
    query = select(tables.holds).order_by(tables.holds.c.placed)
    return [HoldRow(*row) for row in connection.execute(query)]


def proposals(connection: Connection, tables: Tables = TABLES) -> list[ProposalRow]:
    """Every proposal that did not come to pass, in their order."""
    query = select(tables.proposals).order_by(tables.proposals.c.proposed)
    return [ProposalRow(*row) for row in connection.execute(query)]


def forgotten(connection: Connection, tables: Tables = TABLES) -> list[ForgottenRow]:
    """Everybody who was forgotten, in their order."""
    query = select(tables.forgotten).order_by(tables.forgotten.c.position)
    return [ForgottenRow(*row) for row in connection.execute(query)]


def retentions(connection: Connection, tables: Tables = TABLES) -> list[RetentionRow]:
    query = select(tables.retentions).order_by(tables.retentions.c.position)
    return [RetentionRow(*row) for row in connection.execute(query)]


def names(connection: Connection, tables: Tables = TABLES) -> list[NameRow]:
    """What everybody who was forgotten was called."""
    query = select(tables.names).order_by(*tables.names.primary_key)
    return [NameRow(*row) for row in connection.execute(query)]


def last_forgotten(connection: Connection, tables: Tables = TABLES) -> int:
    """The position of the last event that forgot somebody; 0 if none did. Asked at every read."""
    [(position,)] = fetch_rows(connection, _last(tables), {})
    return int(position or 0)


@lru_cache
def _last(tables: Tables) -> Select[Any]:
    return select(func.max(tables.forgotten.c.position))


def last_destroyed(connection: Connection, tables: Tables = TABLES) -> int:
    """The position of the last event with which data keys were destroyed; 0 if none were."""
    return max(
        connection.scalar(select(func.max(table.c.position))) or 0
        for table in (tables.forgotten, tables.retentions)
    )

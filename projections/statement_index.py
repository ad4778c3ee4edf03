"""Every statement, and every filter it answers, in the order of the log.

Applied in the transaction that appends, so that a query sees every statement that was acknowledged.
Appends take turns, so of a statement and one it refers to, whichever comes second sees the first.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Select, bindparam, select

from projections.rows import fetch_rows, insert_rows
from projections.statement_references import inherited_links, pack
from projections.statement_tables import (
    AUTHORITY,
    CredentialRow,
    ReferenceRow,
    StatementRow,
    Tables,
    define,
)
from schemas.agents import agent_key
from schemas.events import NOBODY, STATEMENT_KINDS, Kind, LogEntry
from schemas.facets import facets, is_voiding, reference_of
from schemas.keys import key_of

__all__ = ["KINDS", "METADATA", "NAME", "TABLES", "Tables", "apply", "define"]

NAME: Final = "statement_index"
KINDS: Final = (*STATEMENT_KINDS, Kind.CREDENTIAL_ISSUED)
METADATA = MetaData()
TABLES: Final = define(METADATA)

LINKS_AT_ONCE = 50_000


def apply(connection: Connection, tables: Tables, entries: Sequence[LogEntry]) -> None:
    """Index a batch, in the order of the log. However it is cut, the tables hold the same."""
    issued = [entry for entry in entries if entry.kind == Kind.CREDENTIAL_ISSUED]
    insert_rows(connection, tables.credentials, [_credential_row(entry) for entry in issued])
    statements = [entry for entry in entries if entry.kind in STATEMENT_KINDS]
    if statements:
        _index(connection, tables, statements)


def _credential_row(entry: LogEntry) -> CredentialRow:
    said = entry.parsed()
    authority = agent_key(said["authority"]) or stand_in(entry.stream_id).authority
    return CredentialRow(entry.stream_id, entry.position, authority, "all" in said["scopes"])


def _index(connection: Connection, tables: Tables, entries: Sequence[LogEntry]) -> None:
    senders = find_senders(connection, tables, {entry.credential for entry in entries})
    rows: list[StatementRow] = []
    links: list[tuple[bytes, int, int, int]] = []
    references: list[ReferenceRow] = []
    for entry in entries:
        position, credential, statement = entry.position, entry.credential, entry.parsed()
        sender = senders[credential]
        if sender.position > position:
            sender = stand_in(credential)
        own = facets(statement)
        own.append((sender.authority, AUTHORITY))
        links += [(key, role, position, 0) for key, role in own]
        target, voiding = None, is_voiding(statement)
        if (reference := reference_of(statement)) is not None:
            target = bytes.fromhex(reference.replace("-", ""))
            references.append(
                ReferenceRow(target, position, voiding, sender.unrestricted, credential)
            )
        rows.append(
            StatementRow(
                position, entry.stored, voiding, entry.stream_id, credential, target, pack(own)
            )
        )
    insert_rows(connection, tables.statements, rows)
    insert_rows(connection, tables.references, references)
    links.sort()  # so that each page of the tree is visited once
    insert_rows(connection, tables.links, links)
    inherited = inherited_links(connection, tables, rows)
    while some := sorted(islice(inherited, LINKS_AT_ONCE)):
        insert_rows(connection, tables.links, some)


def find_senders(
    connection: Connection, tables: Tables, credentials: Iterable[bytes]
) -> dict[bytes, CredentialRow]:
    """What is known of each credential; a stand-in for one that was never issued."""
    senders = {}
    for credential in credentials:
        rows = fetch_rows(connection, _issued(tables), {"credential": credential})
        senders[credential] = CredentialRow(*rows[0]) if rows else stand_in(credential)
    return senders


def stand_in(credential: bytes) -> CredentialRow:
    """For a credential nothing is known of. The store's own may do everything."""
    return CredentialRow(
        credential, 0, key_of("credential", credential.hex()), credential == NOBODY
    )


@lru_cache
def _issued(tables: Tables) -> Select[Any]:
    column = tables.credentials.c
    row = select(column.credential, column.position, column.authority, column.unrestricted)
    return row.where(column.credential == bindparam("credential"))

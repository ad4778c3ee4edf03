"""The documents as they are now: state, agent profiles, activity profiles.

Applied in the transaction that appends, so that a client reads what it wrote on every process, and
the version it read is the one its next change has to expect. A deleted document leaves its row
behind, empty: its stream goes on from that version if the document is stored again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    delete,
    or_,
    select,
)

from projections.rows import insert_rows
from schemas.documents import (
    Context,
    DocumentName,
    StoredDocument,
    read_deleted,
    read_stored,
)
from schemas.events import Kind, LogEntry

NAME = "documents"
KINDS = (Kind.DOCUMENT_STORED, Kind.DOCUMENT_DELETED)
ROWS_AT_ONCE = 100  # rows one DELETE names; each by four keys


@dataclass(frozen=True, eq=False)
class Tables:
    documents: Table


def define(metadata: MetaData, prefix: str = "") -> Tables:
    """The table, its name behind ``prefix``. Its primary key begins with what documents are about,
    so that the ids of a context are one range of it.
    """
    return Tables(
        documents=Table(
            f"{prefix}documents",
            metadata,
            Column("activity", LargeBinary(16), primary_key=True),
            Column("agent", LargeBinary(16), primary_key=True),
            Column("registration", LargeBinary(16), primary_key=True),
            Column("stream_id", LargeBinary(16), primary_key=True),
            Column("resource", Text, nullable=False),
            Column("document_id", LargeBinary, nullable=False),  # UTF-8; text could not hold a NUL
            Column("version", Integer, nullable=False),
            Column("position", BigInteger, nullable=False),
            Column("stored", BigInteger, nullable=False),
            Column("deleted", Boolean, nullable=False),
            Column("content_type", Text, nullable=False),
            Column("etag", Text, nullable=False),
            Column("content", LargeBinary, nullable=False),
        )
    )


METADATA = MetaData()
TABLES = define(METADATA)


class Document(NamedTuple):
    """A document as it is. ``version`` is that of its stream, which a deletion does not end."""

    version: int
    stored: int
    deleted: bool
    content_type: str
    etag: str
    content: bytes


ABSENT: Final = Document(0, 0, True, "", "", b"")
"""A document that was never stored."""


class Listed(NamedTuple):
    """A document of a context, without its content."""

    name: DocumentName
    version: int
    stored: int


def etag_of(content: bytes) -> str:
    """The SHA-1 of the content in lower-case hexadecimal, which 1.0.x prescribes."""
    return sha1(content, usedforsecurity=False).hexdigest()


def apply(connection: Connection, tables: Tables, entries: Sequence[LogEntry]) -> None:
    """Bring the changed documents up to date; only the last change of each matters."""
    latest = {entry.stream_id: entry for entry in entries}
    rows = [_row(entry) for entry in latest.values()]
    changed = [row for row in rows if row[6] > 1]
    for start in range(0, len(changed), ROWS_AT_ONCE):
        _forget(connection, tables, changed[start : start + ROWS_AT_ONCE])
    insert_rows(connection, tables.documents, rows)


def _row(entry: LogEntry) -> tuple[Any, ...]:
    deleted = entry.kind == Kind.DOCUMENT_DELETED
    document = (
        StoredDocument(read_deleted(entry.body), "", b"") if deleted else read_stored(entry.body)
    )
    context = document.name.context
    return (
        context.activity_key,
        context.agent_key,
        context.registration_key,
        entry.stream_id,
        context.resource,
        document.name.document_id.encode(),
        entry.stream_version,
        entry.position,
        entry.stored,
        deleted,
        document.content_type,
        "" if deleted else etag_of(document.content),
        document.content,
    )


def _forget(connection: Connection, tables: Tables, rows: Sequence[tuple[Any, ...]]) -> None:
    columns = tables.documents.c
    connection.execute(
        delete(tables.documents).where(
            or_(
                *(
                    and_(
                        columns.activity == activity,
                        columns.agent == agent,
                        columns.registration == registration,
                        columns.stream_id == stream_id,
                    )
                    for activity, agent, registration, stream_id, *_ in rows
                )
            )
        )
    )


def find(connection: Connection, tables: Tables, name: DocumentName) -> Document:
    """The document of this name; deleted, with version 0, if it never was."""
    columns = tables.documents.c
    context = name.context
    row = connection.execute(
        select(
            columns.version,
            columns.stored,
            columns.deleted,
            columns.content_type,
            columns.etag,
            columns.content,
        ).where(
            _about(tables, context),
            columns.registration == context.registration_key,
            columns.stream_id == name.stream_id,
        )
    ).first()
    return ABSENT if row is None else Document(*row)


def find_all(
    connection: Connection, tables: Tables, context: Context, since: int | None = None
) -> list[Listed]:
    """The documents of a context, the one stored longest ago first.

    A state context without a registration covers every registration. With ``since`` (microseconds)
    only documents stored or updated after it.
    """
    columns = tables.documents.c
    query = (
        select(columns.document_id, columns.registration, columns.version, columns.stored)
        .where(_about(tables, context), columns.deleted.is_(False))
        .order_by(columns.position)
    )
    if context.registration is not None:
        query = query.where(columns.registration == context.registration_key)
    if since is not None:
        query = query.where(columns.stored > since)
    return [
        Listed(DocumentName(_registered(context, registration), str(id_, "utf-8")), version, stored)
        for id_, registration, version, stored in connection.execute(query)
    ]


def _about(tables: Tables, context: Context) -> ColumnElement[bool]:
    columns = tables.documents.c
    return and_(columns.activity == context.activity_key, columns.agent == context.agent_key)


def _registered(context: Context, registration: bytes) -> Context:
    text = str(UUID(bytes=registration)) if registration else None
    return Context(context.resource, context.activity_id, context.agent, text)

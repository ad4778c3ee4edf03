"""The canonical definition of each activity: what trusted senders have said about it, taken
together.

Definitions are merged in the order of the log: of a language map each tag is replaced by its later
text, any other property as a whole; what a later definition leaves out stays. Only senders that may
define count (scopes ``all`` and ``define``; Communication 4.2: without it a statement is stored and
the canonical definition left as it is), and whatever the store itself takes in, as an import does.

Nearly every statement repeats what the store knows already, so that is found out before anything is
parsed in depth: values are compared as the text they were received as, which also keeps numbers
exact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    select,
)

from projections.rows import insert_rows
from schemas.events import NOBODY, STATEMENT_KINDS, Kind, LogEntry
from schemas.keys import activity_key
from schemas.raw_json import join_members, may_hold, members

NAME = "activities"
KINDS = (*STATEMENT_KINDS, Kind.CREDENTIAL_ISSUED)
MAY_DEFINE: Final = frozenset(("all", "define"))
LANGUAGE_MAPS: Final = frozenset(("name", "description"))
KEYS_AT_ONCE = 500


@dataclass(frozen=True, eq=False)
class Tables:
    activities: Table
    definers: Table


def define(metadata: MetaData, prefix: str = "") -> Tables:
    """The tables, their names behind ``prefix``."""
    return Tables(
        activities=Table(
            f"{prefix}activities",
            metadata,
            Column("activity", LargeBinary(16), primary_key=True),
            Column("id", Text, nullable=False),
            Column("changed", BigInteger, nullable=False),  # position of the last event that did
            Column("definition", LargeBinary, nullable=False),  # JSON text
        ),
        definers=Table(
            f"{prefix}activity_definers",
            metadata,
            Column("credential", LargeBinary(16), primary_key=True),
        ),
    )


METADATA = MetaData()
TABLES = define(METADATA)


class _Object(Struct):
    """What a statement or sub-statement is about; the rest of it is passed over unread."""

    id: str = ""
    object_type: str = msgspec.field(name="objectType", default="Activity")
    definition: Raw = Raw()  # empty where there is none
    object: "_Object | None" = None
    context: "_Context | None" = None


class _Context(Struct):
    activities: dict[str, list[_Object] | _Object] = msgspec.field(
        name="contextActivities", default_factory=dict
    )


class _Statement(Struct):
    object: _Object
    context: _Context | None = None


_decode = msgspec.json.Decoder(_Statement).decode


def apply(connection: Connection, tables: Tables, entries: Sequence[LogEntry]) -> None:
    """Merge the definitions of a batch into the tables, which are written where they change."""
    definers = _definers(connection, tables, entries)
    said: dict[str, list[tuple[bytes, int]]] = {}
    for entry in entries:
        if entry.kind not in STATEMENT_KINDS or entry.credential not in definers:
            continue
        for activity_id, definition in defined(entry.body):
            heard = said.setdefault(activity_id, [])
            if not heard or heard[-1][0] != definition:
                heard.append((definition, entry.position))
    known = texts(connection, tables, said)
    rows = []
    for activity_id, heard in said.items():
        text, changed = known.get(activity_id, b"{}"), 0
        for definition, position in heard:
            before, text = text, merge(text, definition)
            changed = changed if text == before else position
        if changed:
            rows.append((activity_key(activity_id), activity_id, changed, text))
    _replace(connection, tables, rows)


def defined(statement: bytes) -> list[tuple[str, bytes]]:
    """The activities a statement defines, each with the text of its definition, in no special
    order.
    """
    found: list[tuple[str, bytes]] = []
    if not may_hold(statement, b'"definition"'):
        return found
    decoded = _decode(statement)
    _collect(decoded.object, found)
    _collect_context(decoded.context, found)
    return found


def _collect(target: _Object, found: list[tuple[str, bytes]]) -> None:
    if target.object_type == "SubStatement":
        if target.object is not None:
            _collect(target.object, found)
        _collect_context(target.context, found)
    elif target.object_type == "Activity" and (definition := bytes(target.definition)):
        found.append((target.id, definition))


def _collect_context(context: _Context | None, found: list[tuple[str, bytes]]) -> None:
    for group in () if context is None else context.activities.values():
        for activity in group if isinstance(group, list) else [group]:
            _collect(activity, found)


def merge(definition: bytes, later: bytes) -> bytes:
    """A definition with what a later one says; the text of values is kept as it is."""
    merged = members(definition)
    for name, value in members(later).items():
        if name in LANGUAGE_MAPS and name in merged:
            value = join_members(members(merged[name]) | members(value))
        merged[name] = value
    return join_members(merged)


def _definers(
    connection: Connection, tables: Tables, entries: Sequence[LogEntry]
) -> frozenset[bytes]:
    """Who may define, now that the credentials issued in this batch are taken in."""
    issued = [
        (entry.stream_id,)
        for entry in entries
        if entry.kind == Kind.CREDENTIAL_ISSUED
        and not MAY_DEFINE.isdisjoint(entry.parsed()["scopes"])
    ]
    insert_rows(connection, tables.definers, issued)
    return frozenset((NOBODY, *connection.scalars(select(tables.definers.c.credential))))


def _replace(connection: Connection, tables: Tables, rows: Sequence[tuple[Any, ...]]) -> None:
    key = tables.activities.c.activity
    for start in range(0, len(rows), KEYS_AT_ONCE):
        keys = [row[0] for row in rows[start : start + KEYS_AT_ONCE]]
        connection.execute(delete(tables.activities).where(key.in_(keys)))
    insert_rows(connection, tables.activities, rows)


def texts(connection: Connection, tables: Tables, ids: Iterable[str]) -> dict[str, bytes]:
    """The JSON text of the canonical definition of each of these activities that has one."""
    columns = tables.activities.c
    keys = [activity_key(activity_id) for activity_id in ids]
    found: dict[str, bytes] = {}
    for start in range(0, len(keys), KEYS_AT_ONCE):
        query = select(columns.id, columns.definition).where(
            columns.activity.in_(keys[start : start + KEYS_AT_ONCE])
        )
        found.update(
            (activity_id, definition) for activity_id, definition in connection.execute(query)
        )
    return found

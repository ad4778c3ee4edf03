"""Records events in the log, and reads them back in order.

A position is given inside the transaction that inserts the event, under one lock, so positions
are contiguous and are committed in order: a reader that has seen position ``n`` has seen
everything up to ``n``. Each statement is a stream of its own, version 1, and the registry of
stream versions makes ids unique for ever.

Appending is optimistic: insert, and only when a stream version turns out to be taken, look and
decide request by request. The common path asks the database nothing.
"""

import os
import struct
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, starmap
from types import ModuleType
from typing import Any
from uuid import UUID

import orjson
from eventsourcing.persistence import (
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Tracking,
)
from sqlalchemy import Connection

from lrs.log import leaf
from lrs.log.contents import entries_of, key_ids, opened
from lrs.log.rows import Opened, Row, length_of
from lrs.log.storage import Storage
from lrs.log.tables import ATTACHMENT_CONTENT, ATTACHMENT_SEALED, EVENT_LOG, EVENT_REGISTRY
from lrs.privacy.data_keys import DataKeys, Keys, Subject, no_key
from lrs.privacy.sealing import ID_BYTES, NONCE_BYTES, DataKey, place_of
from lrs.privacy.subjects import retention_of
from lrs.settings import InvalidSettings
from projections.rows import fetch_among, insert_rows
from schemas.comparison import hash_without_timestamp, is_assigned, same
from schemas.events import CATEGORIES, TOPICS, Category, Kind, LogEntry, NewEvent
from schemas.rules import Version

Clock = Callable[[], int]
"""Microseconds since 1970."""


def wall_clock() -> int:
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: the position of its last event, 0 when there is none.

    ``stored`` is a promise: whatever is recorded later has a later ``stored``. It is that of the
    last event or, on a log that was idle since, the time of the last ``tick``.
    """

    position: int
    stored: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """Data that a statement announces by its hash, and the hash as the statement gives it.

    ``subjects`` are those of the statements that announce it: it is sealed once for each.
    """

    sha2: str
    content: bytes
    subjects: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Append:
    """Events to be recorded together or not at all, with the attachments they announce."""

    events: Sequence[NewEvent]
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Appended:
    """Where each event of a request is; for a retry, where it has been since the first time."""

    positions: Sequence[int]
    head: Head


class StreamConflict(Exception):
    """Streams hold another event under these versions already; nothing of the request was
    recorded.
    """

    def __init__(self, streams: Sequence[tuple[bytes, int]]) -> None:
        super().__init__(", ".join(f"{stream.hex()}/{version}" for stream, version in streams))
        self.streams = streams


@dataclass(frozen=True, slots=True)
class Holder:
    """The event that holds a stream version. It has no ``stored`` while it is not recorded, and a
    ``key`` if it is sealed.
    """

    position: int
    content_hash: bytes
    stored: int | None = None
    key: DataKey | None = None
    is_erased: bool = False

    def says(self, event: NewEvent) -> bool:
        """Whether an event says the same. Of one that was erased nobody can tell any more.

        A content hash has two halves: what both versions of xAPI compare, and what only 1.0.x
        compares as well. A statement sent under 2.0 is compared by the first half; under 1.0.x the
        timestamp that a store assigned makes no difference (xAPI-Data 2.3.1).
        """
        if self.is_erased or not event.content_hash:
            return False
        if event.kind == Kind.STATEMENT_2_0:
            return self._has(event.content_hash, "2.0")
        return self._has(event.content_hash) or (
            event.kind == Kind.STATEMENT_1_0 and self._says_as_read(event)
        )

    def _says_as_read(self, event: NewEvent) -> bool:
        """Whether it is what a reader was given, with the timestamp the statement had not."""
        statement = orjson.loads(event.body) if event.value is None else event.value
        timestamp = statement.get("timestamp")
        if timestamp is None or self.stored is None or not is_assigned(timestamp, self.stored):
            return False
        return self._has(hash_without_timestamp(statement, event.body))

    def _has(self, content_hash: bytes, version: Version = "1.0") -> bool:
        recorded = content_hash if self.key is None else self.key.hash(content_hash)
        return same(recorded, self.content_hash, version)


Outcome = Appended | StreamConflict
_Key = tuple[int, bytes, int]
_COLUMNS = "position, stored, kind, stream_id, stream_version, credential, salt, commitment, body"
_OF_ENTRIES = "position, stored, kind, stream_id, stream_version, credential, salt, body"
_OF_RECORDS = (
    "position, stored, kind, stream_id, stream_version, credential, length(body), length(salt),"
    " commitment"
)
_GENERATION = "(SELECT key_generation FROM log_head)"  # as of the state that is read
PART = 64  # rows that are opened while they are in the processor's cache
_LAST = 2**62  # past every position
_TAKEN_AWAY = (None, False, b"")  # of a row somebody deleted: the registry alone tells a retry
_NONCE_AND_SALT = NONCE_BYTES + leaf.SALT_LENGTH

Seen = Callable[[Connection, list[LogEntry]], list[LogEntry]]
"""What is shown of entries that were opened, in their order; an erased one among them stays. Not
asked while the key generation is 0: nobody was ever forgotten.
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """A transaction's turn to append: where the log ends, and which data keys there are."""

    head: Head
    key_generation: int


class LogRecorder(ProcessRecorder):
    """The log of one store, on SQLite or PostgreSQL.

    It honours the recorder contracts of the eventsourcing library (``insert_events`` and the
    ``select_…`` methods); the store itself uses ``append``, ``read`` and ``entries``, which carry
    what the library's records have no place for: when, by whom, and what proves it.

    ``inline`` projections are applied in the transaction that appends. ``topics`` gives the number
    of each topic; the number is what is stored.

    The content of an event that has a subject is sealed under a data key of ``keys``, if these are
    sealing. Whatever reads events gets them opened, and as ``seen`` shows them; an event whose key
    was destroyed is there without its content (see ``LogEntry.erased``). ``rows`` alone reads what
    is in the database.
    """

    unique_violation: type[Exception]
    server_lost: tuple[type[Exception], ...]  # the outcome is unknown, the server may come back
    log_broken: tuple[type[Exception], ...]  # the file or the disk under it failed

    def __init__(
        self,
        storage: Storage,
        inline: Sequence[ModuleType] = (),
        *,
        keys: DataKeys | None = None,
        topics: dict[str, int] | None = None,
        clock: Clock = wall_clock,
    ) -> None:
        self.storage = storage
        self.inline = inline
        self.keys = DataKeys(no_key) if keys is None else keys
        self.seen: Seen = lambda connection, entries: entries
        self.clock = clock
        self._kinds = dict(TOPICS) if topics is None else topics
        self._topics = {kind: topic for topic, kind in self._kinds.items()}
        self._wakers: set[Callable[[], None]] = set()

    # Appending

    def append(self, requests: Sequence[Append]) -> list[Outcome]:
        """Record the requests in one durable transaction, each whole or not at all.

        The outcome of a request does not depend on its neighbours: one that contradicts the log
        gets a StreamConflict, the others are recorded. An event the log holds already with the
        same content hash counts as recorded.
        """
        try:
            with self.storage.write() as connection:
                outcomes, keys = self._append_new(connection, requests)
        except self.unique_violation:
            with self.storage.write() as connection:
                outcomes, keys = self._append_settled(connection, requests)
        self.keys.remember(keys)  # committed: before, they might have come to nothing
        self.wake()
        return outcomes

    def append_in(self, connection: Connection, events: Sequence[NewEvent]) -> Appended:
        """Append within a transaction that does more, as one that destroys data keys.

        Whoever commits it calls ``wake`` afterwards. Raises StreamConflict before anything was
        done, also for a retry.
        """
        turn = self._take_turn(connection)
        held = self._held(connection, [_key(event) for event in events])
        if held:
            raise StreamConflict([(stream, version) for _, stream, version in held])
        entries, _ = self._insert(connection, turn, [Append(events)])
        return Appended([entry.position for entry in entries], _end(entries, turn.head))

    def _append_new(
        self, connection: Connection, requests: Sequence[Append]
    ) -> tuple[list[Outcome], Keys]:
        turn = self._take_turn(connection)
        head = turn.head
        entries, keys = self._insert(connection, turn, requests)
        last = _end(entries, head)
        outcomes: list[Outcome] = []
        position = head.position
        for request in requests:
            end = position + len(request.events)
            outcomes.append(Appended(range(position + 1, end + 1), last))
            position = end
        return outcomes, keys

    def _append_settled(
        self, connection: Connection, requests: Sequence[Append]
    ) -> tuple[list[Outcome], Keys]:
        turn = self._take_turn(connection)
        head = turn.head
        held = self._holders(connection, turn, [_key(e) for r in requests for e in r.events])
        accepted: list[NewEvent] = []
        placed: list[list[int] | StreamConflict] = []
        for request in requests:
            mine: dict[_Key, Holder] = {}
            new: list[NewEvent] = []
            positions: list[int] = []
            contradicted: list[tuple[bytes, int]] = []
            for event in request.events:
                key = _key(event)
                holder = held.get(key) or mine.get(key)
                if holder is None:
                    position = head.position + len(accepted) + len(new) + 1
                    mine[key] = Holder(position, event.content_hash)
                    new.append(event)
                    positions.append(position)
                elif holder.says(event):
                    positions.append(holder.position)
                else:
                    contradicted.append((event.stream_id, event.stream_version))
            if contradicted:  # one conflict must not fail its neighbours
                placed.append(StreamConflict(contradicted))
            else:
                held.update(mine)
                accepted += new
                placed.append(positions)
        attachments = [
            attachment
            for request, place in zip(requests, placed, strict=True)
            if isinstance(place, list)
            for attachment in request.attachments
        ]
        entries, keys = self._insert(connection, turn, [Append(accepted, attachments)])
        last = _end(entries, head)
        return [p if isinstance(p, StreamConflict) else Appended(p, last) for p in placed], keys

    def _holders(
        self, connection: Connection, turn: Turn, keys: Sequence[_Key]
    ) -> dict[_Key, Holder]:
        """The recorded events that hold those of these stream versions that are taken."""
        held = self._held(connection, keys)
        sql = (
            f"SELECT position, stored, length(salt) = 0, substr(body, 1, {ID_BYTES})"
            " FROM event_log WHERE position IN ({})"
        )
        rows = fetch_among(connection, sql, [position for position, _ in held.values()])
        recorded = {position: said for position, *said in rows}
        ids = {id_ for _, is_sealed, id_ in recorded.values() if is_sealed}
        data_keys = self.keys.by_id(connection, turn.key_generation, ids)
        holders = {}
        for key, (position, recorded_hash) in held.items():
            stored, is_sealed, id_ = recorded.get(position, _TAKEN_AWAY)
            data_key = data_keys[id_] if is_sealed else None
            is_erased = bool(is_sealed) and data_key is None
            holders[key] = Holder(position, recorded_hash, stored, data_key, is_erased)
        return holders

    def _insert(
        self, connection: Connection, turn: Turn, requests: Sequence[Append]
    ) -> tuple[list[LogEntry], Keys]:
        events = [event for request in requests for event in request.events]
        attachments = [attachment for request in requests for attachment in request.attachments]
        head = turn.head
        position, stored = head.position, max(self.clock(), head.stored + 1) - 1
        keys = self._keys_for(connection, turn, events, attachments, stored + 1)
        if not events:
            self._insert_attachments(connection, attachments, keys)
            return [], keys
        random = os.urandom(_NONCE_AND_SALT * len(events))
        entries, rows, registry = [], [], []
        for number, event in enumerate(events):
            kind, stream_id, body, credential, version, content_hash, value, subject = event
            position += 1
            stored += 1
            start = number * _NONCE_AND_SALT
            salt = random[start : start + leaf.SALT_LENGTH]
            category = retention_of(kind)
            place = place_of(position, kind, stream_id, version)  # refuses what no record can hold
            commitment = leaf.commit(salt, body)
            row = (position, stored, kind, stream_id, version, credential, salt, commitment, body)
            entries.append(LogEntry(*row[:7], body, value))
            if subject and keys.all:
                key = keys.all[subject, category]
                nonce = random[start + leaf.SALT_LENGTH : start + _NONCE_AND_SALT]
                row = (*row[:6], b"", commitment, key.seal(nonce, salt + body, place))
                content_hash = key.hash(content_hash)
            rows.append(row)
            registry.append((category, stream_id, version, position, content_hash))
        registry.sort()
        insert_rows(connection, EVENT_REGISTRY, registry)  # refuses before anything is done
        insert_rows(connection, EVENT_LOG, rows)
        for projection in self.inline:
            wanted = [entry for entry in entries if entry.kind in projection.KINDS]
            if wanted:
                projection.apply(connection, projection.TABLES, wanted)
        self._insert_attachments(connection, attachments, keys)
        self._set_head(connection, Head(position, stored))
        return entries, keys

    def _keys_for(
        self,
        connection: Connection,
        turn: Turn,
        events: Sequence[NewEvent],
        attachments: Sequence[Attachment],
        stored: int,
    ) -> Keys:
        subjects: set[Subject] = set()
        if self.keys.sealing:
            subjects.update((e.subject, retention_of(e.kind)) for e in events if e.subject)
            subjects.update((s, Category.STATEMENT) for a in attachments for s in a.subjects)
        return self.keys.of_subjects(connection, turn.key_generation, subjects, stored)

    def _insert_attachments(
        self, connection: Connection, attachments: Sequence[Attachment], keys: Keys
    ) -> None:
        plain: dict[str, bytes] = {}
        sealed: dict[tuple[str, bytes], bytes] = {}
        for attachment in attachments:
            sha2, content = attachment.sha2, attachment.content
            if not attachment.subjects or not keys.all:
                plain[sha2] = content
                continue
            for subject in attachment.subjects:
                key = keys.all[subject, Category.STATEMENT]
                if (sha2, key.id) not in sealed:
                    nonce = os.urandom(NONCE_BYTES)
                    sealed[sha2, key.id] = key.seal(nonce, content, sha2.encode())
        insert_rows(connection, ATTACHMENT_CONTENT, sorted(plain.items()), ignore=True)
        rows = [(*of, content) for of, content in sorted(sealed.items())]
        insert_rows(connection, ATTACHMENT_SEALED, rows, ignore=True)

    @abstractmethod
    def _held(self, connection: Connection, keys: Sequence[_Key]) -> dict[_Key, tuple[int, bytes]]:
        """Position and content hash of the stream versions among ``keys`` that are taken."""

    def lock_head(self, connection: Connection) -> Head:
        """Take this transaction's turn to append and tell where the log ends."""
        return self._take_turn(connection).head

    @abstractmethod
    def _take_turn(self, connection: Connection) -> Turn:
        """Take this transaction's turn to append."""

    def tick(self) -> Head:
        """Promise that nothing will be recorded with a ``stored`` up to now, and return the head.

        So an idle log is known to be complete up to a recent time, by one clock and across
        processes: the promise is kept in the database, and every append takes a later time.
        """
        with self.storage.write() as connection:
            head = self.lock_head(connection)
            head = Head(head.position, max(head.stored, self.clock()))
            self._set_head(connection, head)
        return head

    def _set_head(self, connection: Connection, head: Head) -> None:
        sql = "UPDATE log_head SET position = ?, stored = ? RETURNING position"
        self._fetch(connection, sql, (head.position, head.stored))

    # Reading

    def head(self) -> Head:
        """Where the log ends now."""
        with self.storage.read() as connection:
            return self.head_of(connection)

    def head_of(self, connection: Connection) -> Head:
        return Head(*self._fetch(connection, "SELECT position, stored FROM log_head", ())[0])

    def key_generation(self, connection: Connection) -> int:
        """Changes whenever data keys are destroyed: what was opened before is not read again."""
        generation: int = self._fetch(connection, "SELECT key_generation FROM log_head", ())[0][0]
        return generation

    def read(
        self,
        after: int = 0,
        limit: int = 1000,
        *,
        stop: int | None = None,
        kinds: Sequence[int] | None = None,
    ) -> list[LogEntry]:
        """Up to ``limit`` events past position ``after``, in order, none past ``stop``."""
        with self.storage.read() as connection:
            return self.read_in(connection, after, limit, stop=stop, kinds=kinds)

    def read_in(
        self,
        connection: Connection,
        after: int = 0,
        limit: int = 1000,
        *,
        stop: int | None = None,
        kinds: Sequence[int] | None = None,
    ) -> list[LogEntry]:
        condition, values = "position > ?", [after]
        if stop is not None:
            condition, values = f"{condition} AND position <= ?", [*values, stop]
        if kinds is not None:
            condition += f" AND kind IN ({','.join(str(int(kind)) for kind in kinds)})"
        columns = f"{_OF_ENTRIES}, {_GENERATION}"
        sql = f"SELECT {columns} FROM event_log WHERE {condition} ORDER BY position LIMIT ?"
        return self._entries(connection, self._fetch_parts(connection, sql, (*values, limit)))

    def entries(self, connection: Connection, positions: Sequence[int]) -> list[LogEntry]:
        """The events at these positions, in the order asked for."""
        if not positions:
            return []
        sql = f"SELECT {_OF_ENTRIES}, {_GENERATION} FROM event_log WHERE position IN ({{}})"
        found = {row[0]: row for row in fetch_among(connection, sql, positions)}
        return self._entries(connection, iter([[found[position] for position in positions]]))

    def _entries(self, connection: Connection, parts: Iterator[list[Any]]) -> list[LogEntry]:
        """Rows of ``_OF_ENTRIES`` and ``_GENERATION`` as they are seen."""
        entries: list[LogEntry] = []
        generation = 0
        for rows in parts:
            if not entries:
                generation = rows[0][-1]
                keys = self.keys.remembered(generation)
            try:
                entries += entries_of(rows, keys)
            except KeyError:  # ask once, for all that is left
                rows = [*rows, *chain.from_iterable(parts)]
                ids = key_ids(row[6:8] for row in rows)
                asked = self.keys.by_id(connection, generation, ids)
                entries += entries_of(rows, asked)
        if not generation:  # no key was ever destroyed: nobody was forgotten
            return entries
        return self.seen(connection, entries)

    def rows(
        self, connection: Connection, after: int = 0, limit: int = 1000, *, stop: int | None = None
    ) -> list[Row]:
        """Up to ``limit`` rows past position ``after``, in order, as they are in the database."""
        sql = f"SELECT {_COLUMNS} FROM event_log WHERE position > ? AND position <= ?"
        values = (after, _LAST if stop is None else stop, limit)
        found = self._fetch(connection, f"{sql} ORDER BY position LIMIT ?", values)
        return list(starmap(Row, found))

    def rows_at(self, connection: Connection, positions: Sequence[int]) -> list[Row]:
        """The rows at those of these positions that there are, in order, as they are in the
        database.
        """
        sql = f"SELECT {_COLUMNS} FROM event_log WHERE position IN ({{}})"
        found = fetch_among(connection, sql, positions) if positions else []
        return sorted(starmap(Row, found))

    def open_rows(self, connection: Connection, rows: Sequence[Row]) -> list[Opened]:
        """What became of the content of each row, and the content itself, as it was recorded."""
        keys: Mapping[bytes, DataKey | None] | None = {}
        if ids := key_ids((row.salt, row.body) for row in rows):
            try:
                keys = self.keys.by_id(connection, self.key_generation(connection), ids)
            except InvalidSettings:
                keys = None
        return [opened(row, keys) for row in rows]

    def leaves(
        self, connection: Connection, after: int = 0, limit: int = 1000
    ) -> list[tuple[int, bytes]]:
        """Position and leaf hash of up to ``limit`` events past position ``after``, in order, as
        ``records`` has them.
        """
        records = self.records(connection, after, limit)
        return [(position, leaf.leaf_hash(record)) for position, record in records]

    def records(
        self, connection: Connection, after: int = 0, limit: int = 1000
    ) -> list[tuple[int, bytes]]:
        """Position and leaf record of up to ``limit`` events past position ``after``, in order.

        Made from the rows, whose bodies are not read. A row with a number that no record has room
        for is left out, as if it was not there: somebody changed it.
        """
        sql = f"SELECT {_OF_RECORDS} FROM event_log WHERE position > ? ORDER BY position LIMIT ?"
        rows, found = self._fetch(connection, sql, (after, limit)), []
        for position, stored, kind, stream, version, credential, body, salt, commitment in rows:
            length = length_of(body, salt)
            try:
                record = leaf.leaf_record(
                    position, stored, kind, stream, version, credential, length, commitment
                )
            except struct.error:
                continue
            found.append((position, record))
        return found

    def position_of(
        self, connection: Connection, category: int, stream_id: bytes, stream_version: int = 1
    ) -> int | None:
        held = self._held(connection, [(category, stream_id, stream_version)])
        return next((position for position, _ in held.values()), None)

    def last_version(self, connection: Connection, category: int, stream_id: bytes) -> int:
        """The version a stream has reached, also where its events were erased; 0: there is none."""
        sql = "SELECT max(stream_version) FROM event_registry WHERE category = ? AND stream_id = ?"
        [(version,)] = self._fetch(connection, sql, (int(category), stream_id))
        return version or 0

    def attachments(self, connection: Connection, sha2s: Sequence[str]) -> dict[str, bytes]:
        """Attachment data by hash, for those hashes the store holds and can open."""
        if not sha2s:
            return {}
        sql = f"SELECT sha2, content, {_GENERATION} FROM attachment_sealed WHERE sha2 IN ({{}})"
        rows = fetch_among(connection, sql, sha2s)
        found: dict[str, bytes] = {}
        if rows:
            ids = {content[:ID_BYTES] for _, content, _ in rows}
            keys = self.keys.by_id(connection, rows[0][2], ids)
            for sha2, content, _ in rows:
                key = keys[content[:ID_BYTES]]
                if key is not None and sha2 not in found:
                    found[sha2] = key.open(content, sha2.encode())
        sql = "SELECT sha2, content FROM attachment_content WHERE sha2 IN ({})"
        found.update(fetch_among(connection, sql, sha2s))
        return found

    @abstractmethod
    def _fetch(self, connection: Connection, sql: str, values: Sequence[Any]) -> list[Any]:
        """Rows of a query whose parameters are marked by ``?``."""

    @abstractmethod
    def _fetch_parts(
        self, connection: Connection, sql: str, values: Sequence[Any]
    ) -> Iterator[list[Any]]:
        """The same, up to ``PART`` rows at a time; none of the parts is empty."""

    # Listening

    def on_append(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each append of this process; returns what ends that."""
        self._wakers.add(wake)
        return lambda: self._wakers.discard(wake)

    def wake(self) -> None:
        """Tell those who listen that there is something new."""
        for wake in tuple(self._wakers):
            wake()

    # The contracts of the eventsourcing library

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append the events in one transaction and return their positions.

        With ``tracking`` that position is recorded in the same transaction. Raises
        IntegrityError, and records nothing, when a stream holds one of the versions or the
        tracking went further already.
        """
        tracking: Tracking | None = kwargs.get("tracking")
        events = [
            NewEvent(
                self._kinds[event.topic],
                _id_bytes(event.originator_id),
                event.state,
                stream_version=event.originator_version,
            )
            for event in stored_events
        ]
        try:
            with self.storage.write() as connection:
                if tracking is not None:
                    self._insert_tracking(connection, tracking)
                [outcome], keys = self._append_new(connection, [Append(events)])
        except self.unique_violation as error:
            raise IntegrityError(str(error)) from error
        self.keys.remember(keys)
        self.wake()
        assert isinstance(outcome, Appended)
        return list(outcome.positions)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        condition = "r.stream_id = ?"
        values: list[Any] = [_id_bytes(originator_id)]
        if gt is not None:
            condition, values = f"{condition} AND r.stream_version > ?", [*values, gt]
        if lte is not None:
            condition, values = f"{condition} AND r.stream_version <= ?", [*values, lte]
        categories = ",".join(str(int(category)) for category in Category)
        columns = ", ".join(f"e.{name}" for name in _OF_ENTRIES.split(", "))
        sql = (
            f"SELECT {columns}, {_GENERATION} FROM event_registry r"
            " JOIN event_log e ON e.position = r.position"
            f" WHERE r.category IN ({categories}) AND {condition}"
            f" ORDER BY r.stream_version {'DESC' if desc else 'ASC'}"
        )
        if limit is not None:
            sql, values = f"{sql} LIMIT ?", [*values, limit]
        with self.storage.read() as connection:
            entries = self._entries(connection, self._fetch_parts(connection, sql, values))
        return [
            StoredEvent(originator_id, entry.stream_version, self._topics[entry.kind], entry.body)
            for entry in present(entries)
        ]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = 0 if start is None else start - 1 if inclusive_of_start else start
        kinds = [self._kinds[topic] for topic in topics if topic in self._kinds] if topics else None
        found: list[LogEntry] = []
        while wanted := limit - len(found):  # fewer than asked for would say that there are no more
            entries = self.read(after, wanted, stop=stop, kinds=kinds)
            found += present(entries)
            if len(entries) < wanted:
                break
            after = entries[-1].position
        return [
            Notification(
                UUID(bytes=entry.stream_id),
                entry.stream_version,
                self._topics[entry.kind],
                entry.body,
                entry.position,
            )
            for entry in found
        ]

    def max_notification_id(self) -> int | None:
        return self.head().position or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "LogSubscription":
        return LogSubscription(self, gt, topics)

    def insert_tracking(self, tracking: Tracking) -> None:
        with self.storage.write() as connection:
            self._insert_tracking(connection, tracking)

    def _insert_tracking(self, connection: Connection, tracking: Tracking) -> None:
        if not self.track(connection, tracking.application_name, tracking.notification_id):
            raise IntegrityError(f"{tracking.application_name} is past {tracking.notification_id}")

    def track(self, connection: Connection, name: str, position: int) -> bool:
        """Record that ``name`` has applied the log up to ``position``; False if it had already."""
        rows = self._fetch(
            connection,
            "INSERT INTO projection_tracking (name, position) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
            " WHERE projection_tracking.position < excluded.position RETURNING position",
            (name, position),
        )
        return bool(rows)

    def lock_tracked(self, connection: Connection, name: str) -> int:
        """The same as ``tracked``, and no other transaction moves it before this one ends."""
        rows = self._fetch(
            connection,
            "INSERT INTO projection_tracking (name, position) VALUES (?, 0)"
            " ON CONFLICT (name) DO UPDATE SET position = projection_tracking.position"
            " RETURNING position",
            (name,),
        )
        position: int = rows[0][0]
        return position

    def tracked(self, connection: Connection, name: str) -> int:
        """How far ``name`` has applied the log; 0 when it never has."""
        rows = self._fetch(
            connection, "SELECT position FROM projection_tracking WHERE name = ?", (name,)
        )
        return rows[0][0] if rows else 0

    def max_tracking_id(self, application_name: str) -> int | None:
        with self.storage.read() as connection:
            return self.tracked(connection, application_name) or None


def present(entries: Sequence[LogEntry]) -> list[LogEntry]:
    """Those that were not erased."""
    return [entry for entry in entries if entry.salt]


def _end(entries: Sequence[LogEntry], head: Head) -> Head:
    return Head(entries[-1].position, entries[-1].stored) if entries else head


def _key(event: NewEvent) -> _Key:
    return (CATEGORIES.get(event.kind, Category.OTHER), event.stream_id, event.stream_version)


def _id_bytes(originator_id: UUID | str) -> bytes:
    return originator_id.bytes if isinstance(originator_id, UUID) else UUID(originator_id).bytes


class LogSubscription(ListenNotifySubscription[LogRecorder]):
    """Yields events as they are recorded; those of other processes within ``POLL`` seconds."""

    POLL = 0.1

    def __init__(self, recorder: LogRecorder, gt: int | None, topics: Sequence[str]) -> None:
        self._end_waking: Callable[[], None] = lambda: None
        super().__init__(recorder, gt, topics)
        self._end_waking = recorder.on_append(self._has_been_notified.set)

    def _loop_on_pull(self) -> None:
        try:
            while not self._has_been_stopped:
                self._pull()
                self._has_been_notified.wait(self.POLL)
        except BaseException as error:
            if self._thread_error is None:
                self._thread_error = error
            self.stop()

    def stop(self) -> None:
        self._end_waking()
        super().stop()

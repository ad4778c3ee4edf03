"""The data keys of a store: one for each subject, retention class and calendar year.

Forgetting somebody is destroying their data keys: what was sealed under them is erased, wherever
copies of it are. Keys are kept in the database, wrapped by the sealing key, and unwrapped ones in
memory. ``log_head.key_generation`` changes with every destruction, and every reading and every
append looks at it, in its own state of the database: so no process uses a key that was destroyed,
from the moment its destruction is committed.
"""

import hmac
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from struct import Struct
from threading import Lock
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, delete, select, text, update

from lrs.log.storage import ERASING
from lrs.log.tables import ATTACHMENT_SEALED, DATA_KEY, LOG_HEAD, SEALING
from lrs.privacy.sealing import ID_BYTES, SECRET_BYTES, DataKey
from lrs.privacy.sealing_key import NotWrappedByThis, SealingKey
from lrs.settings import InvalidSettings
from projections.rows import fetch_among, insert_rows

REMEMBERED: Final = 131_072  # unwrapped keys, 0.3 kB each: of a large ministry, all of a year
CIPHERS: Final = 32_768  # of them, those that keep their cipher, 2.5 kB each
AT_ONCE: Final = 5_000  # values a query names
TOKEN_KEY: Final = b"hocba/token-key/1"
_PURPOSE: Final = Struct(">16s16sHH")

KEY_COLUMNS: Final = "k.key_id, k.subject_token, k.retention, k.year, k.wrapped"

K = TypeVar("K")
V = TypeVar("V")
Subject = tuple[bytes, int]
"""Whose content, and its retention class."""


class HeldKey(NamedTuple):
    """A data key there is, by its id, with what it seals."""

    id: bytes
    retention: int
    year: int


class KeyRow(NamedTuple):
    """A row of ``data_key``."""

    key_id: bytes
    subject_token: bytes
    retention: int
    year: int
    wrapped: bytes


class DataKeyBroken(Exception):
    """A data key cannot be unwrapped: its row was changed, or is of another store."""

    def __init__(self, key_id: bytes) -> None:
        super().__init__(
            f"data key {key_id.hex()}: its row was changed. Restore the table data_key from a"
            " backup that the sealing key belongs to."
        )


class NotErasing(Exception):
    """Keys are destroyed within ``Storage.erase``, else SQLite leaves them in unused pages."""

    def __init__(self) -> None:
        super().__init__("data keys are destroyed within Storage.erase()")


class _Recent(dict[K, V], Generic[K, V]):
    """What was found last, so many of it. What is used all the time is found again now and then,
    which costs less than to move it to the end at every use.
    """

    def keep(self, found: Mapping[K, V]) -> None:
        self.update(found)
        for old in list(islice(self, max(0, len(self) - REMEMBERED))):
            del self[old]


class DataKeys:
    """The data keys of one store. ``find`` gives the sealing key that has a fingerprint, or raises
    InvalidSettings; it is asked when there is something to unwrap or to wrap.

    Its methods may be called on any thread. What they return is for the state of the database that
    ``generation`` was read in.
    """

    def __init__(self, find: Callable[[bytes], SealingKey], *, sealing: bool = False) -> None:
        self.sealing = sealing
        """Whether new content of somebody is sealed."""
        self._find = find
        self._sealing_key: SealingKey | None = None
        self._token_key = b""
        self._lock = Lock()
        self._generation = -1
        self._by_id: _Recent[bytes, DataKey | None] = _Recent()
        self._by_subject: _Recent[tuple[Subject, int], DataKey] = _Recent()

    # Using keys

    def remembered(self, generation: int) -> Mapping[bytes, DataKey | None]:
        """Those keys by id that are in memory: None for one that was destroyed, and nothing of one
        that has to be asked for. It may change at any time, and is never of another generation.
        """
        with self._lock:
            self._be_at(generation)
            return self._by_id

    def by_id(
        self, connection: Connection, generation: int, ids: Collection[bytes]
    ) -> dict[bytes, DataKey | None]:
        """The keys with these ids; None for one that was destroyed. One whose row was changed opens
        nothing.

        One query, on SQLite one for some hundreds, and none where all are remembered.
        """
        with self._lock:
            self._be_at(generation)
            known = self._by_id
            found = {id_: known[id_] for id_ in ids if id_ in known}
        missing = set(ids).difference(found) if len(found) < len(ids) else set()
        if missing:
            rows = self._rows(connection, "key_id", missing)
            fetched: dict[bytes, DataKey | None] = dict.fromkeys(missing)
            for row in rows:
                try:
                    fetched[row.key_id] = self._open(row)
                except DataKeyBroken:  # what it sealed is broken, and nothing else
                    fetched[row.key_id] = self._key(row.key_id, b"")
            found.update(fetched)
            with self._lock:
                if self._generation == generation:
                    self._by_id.keep(fetched)
        return found

    def of_subjects(
        self, connection: Connection, generation: int, subjects: Iterable[Subject], stored: int
    ) -> "Keys":
        """The keys under which content of these subjects is sealed that is stored at this time
        (microseconds since 1970); one that is not there yet is made.

        Called in a transaction that has its turn to append. ``remember`` them once it is committed.
        As many queries, and one more at the first time.
        """
        year = datetime.fromtimestamp(stored // 1_000_000, UTC).year
        keys = Keys(year, generation, {}, {})
        missing: list[Subject] = []
        with self._lock:
            self._be_at(generation)
            for subject in subjects:
                try:
                    keys.all[subject] = self._by_subject[subject, year]
                except KeyError:
                    missing.append(subject)
        if missing:
            keys.new.update(self._fetch_or_make(connection, missing, year))
            keys.all.update(keys.new)
        return keys

    def remember(self, keys: "Keys") -> None:
        """Keep in memory what ``of_subjects`` fetched or made; it is in the database for good."""
        if keys.new:
            with self._lock:
                if self._generation == keys.generation:
                    self._by_subject.keep({(s, keys.year): key for s, key in keys.new.items()})
                    self._by_id.keep({key.id: key for key in keys.new.values()})

    def _be_at(self, generation: int) -> None:
        """Forget every key when keys were destroyed since, or are not destroyed yet."""
        if generation != self._generation:
            self._by_id, self._by_subject = _Recent(), _Recent()
            self._generation = generation

    def _fetch_or_make(
        self, connection: Connection, subjects: Collection[Subject], year: int
    ) -> dict[Subject, DataKey]:
        self.unlock(connection)
        tokens = {subject: self._token(subject) for subject, _ in subjects}
        rows = self._rows(connection, "subject_token", tokens.values())
        there = {(row.subject_token, row.retention): row for row in rows if row.year == year}
        keys, made = {}, []
        for subject, retention in subjects:
            token = tokens[subject]
            row = there.get((token, retention))
            if row is None:
                secret = os.urandom(SECRET_BYTES)
                key = self._key(os.urandom(ID_BYTES), secret)
                said = (key.id, token, retention, year)
                made.append((*said, self._wrapping.wrap(secret, _PURPOSE.pack(*said))))
            else:
                key = self._open(row)
            keys[subject, retention] = key
        insert_rows(connection, DATA_KEY, made)
        return keys

    def _rows(
        self, connection: Connection, column: str, values: Collection[bytes]
    ) -> Iterator[KeyRow]:
        """The rows whose column has one of these values; afterwards they can be unwrapped."""
        sql = (
            f"SELECT s.fingerprint, s.token_key, {KEY_COLUMNS} FROM sealing s"
            f" LEFT JOIN data_key k ON k.{column} IN ({{}})"
        )
        for fingerprint, token_key, *key in fetch_among(connection, sql, list(values)):
            self._unlock(fingerprint, token_key)
            row = KeyRow(*key)
            if row.key_id is not None:
                yield row

    def _open(self, row: Any) -> DataKey:
        return self._key(row.key_id, opened_secret(self._wrapping, row))

    def _key(self, id_: bytes, secret: bytes) -> DataKey:
        return DataKey(id_, secret, keeps_cipher=len(self._by_id) < CIPHERS)

    def _token(self, subject: bytes) -> bytes:
        return hmac.digest(self._token_key, subject, "sha256")[:ID_BYTES]

    # The sealing key

    def unlock(self, connection: Connection) -> None:
        """Make sure to have the sealing key of this database. Raises InvalidSettings."""
        if self._sealing_key is None:
            query = select(SEALING.c.fingerprint, SEALING.c.token_key)
            self._unlock(*connection.execute(query).one())

    def _unlock(self, fingerprint: bytes, token_key: bytes) -> None:
        if self._sealing_key is None or self._sealing_key.fingerprint != fingerprint:
            found = self._find(fingerprint)
            self._token_key = opened_token_key(found, token_key)
            self._sealing_key = found

    @property
    def _wrapping(self) -> SealingKey:
        assert self._sealing_key is not None  # _unlock came before
        return self._sealing_key

    # Destroying keys

    def held(self, connection: Connection, subjects: Collection[bytes]) -> list[HeldKey]:
        """The keys there are of these subjects."""
        columns = DATA_KEY.c
        query = select(columns.key_id, columns.retention, columns.year)
        return sorted(
            HeldKey(*row)
            for some in _parts(self._tokens(connection, subjects))
            for row in connection.execute(query.where(columns.subject_token.in_(some)))
        )

    def destroy(self, connection: Connection, ids: Collection[bytes]) -> list[bytes]:
        """Destroy the keys with these ids; return the ids of those there were, in order.

        Within ``Storage.erase``, or NotErasing is raised. Once that is committed nothing can read
        what these keys sealed, and sealed attachments under them are gone.
        """
        _take_turn(connection)
        return _destroy(connection, [DATA_KEY.c.key_id.in_(some) for some in _parts(ids)])

    def token_of(self, connection: Connection, subject: bytes) -> bytes:
        """By what a subject is known in the database: 16 bytes, the same at all times, that tell
        nothing about it without the sealing key.
        """
        return self._tokens(connection, [subject])[0]

    def tokens_by(self, connection: Connection) -> Callable[[bytes], bytes]:
        """What makes the token of any subject, for who has many."""
        self.unlock(connection)
        return self._token

    def _tokens(self, connection: Connection, subjects: Collection[bytes]) -> list[bytes]:
        self.unlock(connection)
        return [self._token(subject) for subject in subjects]


class Keys(NamedTuple):
    """Keys of subjects in a year; ``new`` are those not remembered before."""

    year: int
    generation: int
    all: dict[Subject, DataKey]
    new: dict[Subject, DataKey]


def purpose_of(row: Any) -> bytes:
    """What the wrapping of a data key is bound to: all else that its row says."""
    return _PURPOSE.pack(row.key_id, row.subject_token, row.retention, row.year)


def opened_secret(sealing_key: SealingKey, row: Any) -> bytes:
    """The secret of a data key, from its row. Raises DataKeyBroken."""
    try:
        return sealing_key.unwrap(row.wrapped, purpose_of(row))
    except NotWrappedByThis:
        raise DataKeyBroken(row.key_id) from None


def opened_token_key(sealing_key: SealingKey, wrapped: bytes) -> bytes:
    """The key of the tokens. Raises InvalidSettings: without it no store can be opened."""
    try:
        return sealing_key.unwrap(wrapped, TOKEN_KEY)
    except NotWrappedByThis:
        raise InvalidSettings(
            "The table sealing was changed: the key of its tokens is not what was wrapped under the"
            f" key {sealing_key.fingerprint.hex()}. Restore the table from a backup of that key."
        ) from None


def fingerprint_of(connection: Connection) -> bytes | None:
    """Of the sealing key under which this database is sealed; None where nothing ever was."""
    found: bytes | None = connection.scalar(select(SEALING.c.fingerprint))
    return found


def new_generation(connection: Connection) -> None:
    """Let every process forget the keys it remembers; takes the turn to append.

    The number is a random one: one that was rolled back never comes again.
    """
    number = int.from_bytes(os.urandom(8)) >> 1
    connection.execute(update(LOG_HEAD).values(key_generation=number))


def begin_sealing(connection: Connection, sealing_key: SealingKey) -> None:
    """Make this database one whose data keys are wrapped by this key, unless it is one already."""
    wrapped = sealing_key.wrap(os.urandom(32), TOKEN_KEY)
    insert_rows(connection, SEALING, [(True, sealing_key.fingerprint, wrapped)], ignore=True)


def rewrite(connection: Connection) -> None:
    """On SQLite, put the data keys into pages of their own again.

    Moving rows between pages leaves copies in parts of pages that are not in use, which no deletion
    reaches. A table that is emptied has every page of it overwritten, with ``secure_delete`` on.
    """
    if connection.dialect.name == "sqlite":
        for statement in (
            "CREATE TEMP TABLE kept_data_key AS SELECT * FROM data_key",
            "DELETE FROM data_key",
            "INSERT INTO data_key SELECT * FROM kept_data_key",
            "DROP TABLE kept_data_key",
        ):
            connection.execute(text(statement))


def _take_turn(connection: Connection) -> None:
    if ERASING not in connection.info:
        raise NotErasing
    if connection.dialect.name == "postgresql":
        connection.execute(select(LOG_HEAD.c.key_generation).with_for_update())


def _destroy(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> list[bytes]:
    ids: list[bytes] = []
    for condition in conditions:
        ids += connection.scalars(
            delete(DATA_KEY).where(condition).returning(DATA_KEY.c.key_id)
        ).all()
    if ids:
        new_generation(connection)
        for some in _parts(ids):
            connection.execute(
                delete(ATTACHMENT_SEALED).where(ATTACHMENT_SEALED.c.key_id.in_(some))
            )
        rewrite(connection)
    return sorted(ids)


def _parts(values: Iterable[bytes]) -> Iterator[list[bytes]]:
    left = iter(values)
    while some := list(islice(left, AT_ONCE)):
        yield some


def no_key(fingerprint: bytes) -> SealingKey:
    """For a log that is opened without a sealing key."""
    raise InvalidSettings(
        f"This content is sealed under the key {fingerprint.hex()}, and no sealing key was given."
        " LRS_SEALING_KEY_FILE names its file."
    )

"""Openings: what an entry of the log commits to, for those who may see it.

An entry tells of an event where it is, when it was stored, of which kind it is and of which stream,
who sent it, and a hash of its salted body. Who has the salt and the body can show that this is what
was recorded; nobody can guess a body from the entry.
"""

import base64
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import Connection

from lrs.log.leaf import RECORD, TAG, commit, leaf_hash
from lrs.log.recorder import LogRecorder
from lrs.log.rows import Content, Opened, Row
from lrs.store_time import iso_time
from schemas.events import TOPICS, LogEntry

NAMES: Final = {int(kind): topic for topic, kind in TOPICS.items()}


class OpeningInvalid(Exception):
    """What is given as an entry or an opening is none, or not of the same event; says why."""


class ContentDamaged(Exception):
    """The database holds something else than what was recorded; ``lrs audit verify`` says more."""

    def __init__(self, position: int) -> None:
        super().__init__(
            f"the content of event {position} is not what was recorded; `lrs audit verify` says"
            " what was changed"
        )
        self.position = position


class ContentLocked(Exception):
    """What is sealed cannot be opened without the sealing key."""

    def __init__(self) -> None:
        super().__init__(
            "personal content is sealed, and its key is not here: LRS_SEALING_KEY_FILE names it"
        )


class Entry(NamedTuple):
    """The fields of a leaf record."""

    tag: bytes
    position: int
    stored: int
    kind: int
    stream_id: bytes
    stream_version: int
    credential: bytes
    body_length: int
    commitment: bytes

    @classmethod
    def parse(cls, record: bytes) -> Self:
        """Raises OpeningInvalid when this is no leaf record."""
        if len(record) != RECORD.size or not record.startswith(TAG):
            raise OpeningInvalid(f"not an entry of {RECORD.size} bytes that begins with {TAG!r}")
        return cls._make(RECORD.unpack(record))

    @property
    def record(self) -> bytes:
        return RECORD.pack(*self)

    @property
    def leaf(self) -> bytes:
        return leaf_hash(self.record)

    def commits_to(self, salt: bytes, body: bytes) -> bool:
        """Whether this body with this salt is what was recorded."""
        return len(body) == self.body_length and commit(salt, body) == self.commitment

    def plain(self) -> dict[str, Any]:
        """The fields as JSON has them: bytes as lower-case hex."""
        return {
            "position": self.position,
            "stored": iso_time(self.stored),
            "kind": self.kind,
            "topic": NAMES.get(self.kind),
            "stream": self.stream_id.hex(),
            "version": self.stream_version,
            "credential": self.credential.hex(),
            "length": self.body_length,
            "commitment": self.commitment.hex(),
        }


class Opening(NamedTuple):
    """An entry with what it commits to, or with why that is not given."""

    record: bytes
    salt: bytes = b""
    body: bytes = b""
    gone: str | None = None

    @property
    def entry(self) -> Entry:
        """Raises OpeningInvalid."""
        return Entry.parse(self.record)

    def check(self) -> Entry:
        """The entry, if it commits to the salt and the body. Raises OpeningInvalid."""
        entry = self.entry
        if self.gone is None and not entry.commits_to(self.salt, self.body):
            raise OpeningInvalid(f"the salt and the body are not those of event {entry.position}")
        return entry

    def plain(self) -> dict[str, Any]:
        """As JSON: ``record`` are the fields of ``entry``, for who reads it."""
        entry = self.entry
        said = {"entry": base64.b64encode(self.record).decode(), "record": entry.plain()}
        if self.gone is not None:
            return {"position": entry.position, self.gone: True, **said}
        body = base64.b64encode(self.body).decode()
        return {"position": entry.position, "salt": self.salt.hex(), "body": body, **said}

    @classmethod
    def read(cls, plain: Any) -> Self:
        """What ``plain`` made. Raises OpeningInvalid; whether it holds, ``check`` says."""
        try:
            record = base64.b64decode(plain["entry"], validate=True)
            gone = next((why for why in (ERASED, WITHHELD) if plain.get(why) is True), None)
            if gone is not None:
                return cls(record, gone=gone)
            body = base64.b64decode(plain["body"], validate=True)
            return cls(record, bytes.fromhex(plain["salt"]), body)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise OpeningInvalid(f"not an opening: {error}") from None


ERASED: Final = "erased"
"""The key of the content was destroyed: nobody can read it any more."""
WITHHELD: Final = "withheld"
"""The content names somebody who was forgotten; the store keeps it and gives it to nobody."""


def openings(
    log: LogRecorder, connection: Connection, after: int, through: int
) -> Iterator[tuple[Opening, LogEntry]]:
    """The events past position ``after``, in order, each with the entry as everybody may see it.

    What is given is what was recorded or nothing: where somebody was forgotten whom an event names,
    it is withheld. Raises ContentDamaged, ContentLocked.
    """
    rows = log.rows(connection, after, through - after, stop=through)
    opened = log.open_rows(connection, rows)
    entries = [
        LogEntry(*row[:6], content.salt, content.body)
        for row, content in zip(rows, opened, strict=True)
    ]
    seen = log.seen(connection, entries)
    for row, content, entry in zip(rows, opened, seen, strict=True):
        yield _opening(row, content, entry), entry


def _opening(row: Row, opened: Opened, seen: LogEntry) -> Opening:
    match opened.content:
        case Content.ERASED:
            return Opening(row.record, gone=ERASED)
        case Content.LOCKED:
            raise ContentLocked
        case Content.BROKEN:
            raise ContentDamaged(row.position)
    if commit(opened.salt, opened.body) != row.commitment:
        raise ContentDamaged(row.position)
    if (seen.salt, seen.body) != (opened.salt, opened.body):
        return Opening(row.record, gone=WITHHELD)
    return Opening(row.record, opened.salt, opened.body)

"""The content of rows: sealed on their way into the log, opened on their way out."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag

from lrs.log.rows import Content, Opened, Row
from lrs.privacy.sealing import (
    BEFORE,
    ID_BYTES,
    SALT_BYTES,
    DataKey,
    SealBroken,
    place_of,
)
from schemas.events import LogEntry

FoundKeys = Mapping[bytes, DataKey | None]
"""Data keys by id; None for one that was destroyed."""


class ContentBroken(Exception):
    """A sealed row does not hold what was sealed in it."""

    def __init__(self, position: int) -> None:
        super().__init__(
            f"position {position}: the sealed content was changed. `lrs audit verify` looks at the"
            " whole log; keep the database and restore a backup beside it."
        )
        self.position = position


def key_ids(contents: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    """The ids of the data keys that events with these salts and bodies are sealed under."""
    return {body[:ID_BYTES] for salt, body in contents if not salt}


def entries_of(rows: Sequence[tuple[Any, ...]], keys: FoundKeys) -> list[LogEntry]:
    """Rows of what an entry has and one value more, as entries, opened; without content those whose
    key was destroyed. Raises ContentBroken, and KeyError for a key that ``keys`` does not tell of.

    Everything that reads the log waits for this loop, so it does what ``DataKey.open`` and
    ``LogEntry()`` do without calling them.
    """
    entries: list[LogEntry] = []
    append, new = entries.append, tuple.__new__
    for position, stored, kind, stream, version, credential, salt, body, _ in rows:
        if not salt:
            key = keys[body[:ID_BYTES]]
            if key is None:
                body = b""
            else:
                try:
                    place = place_of(position, kind, stream, version)
                    cipher = key.cipher or key.made_cipher()
                    plain = cipher.decrypt(body[ID_BYTES:BEFORE], body[BEFORE:], place)
                except (InvalidTag, ValueError, struct.error):  # no record has room for it
                    raise ContentBroken(position) from None
                salt, body = plain[:SALT_BYTES], plain[SALT_BYTES:]
        said = (position, stored, kind, stream, version, credential, salt, body, None)
        append(new(LogEntry, said))
    return entries


def opened(row: Row, keys: FoundKeys | None) -> Opened:
    """The content of one row; ``keys`` is None for whoever has no sealing key."""
    if not row.sealed:
        return Opened(Content.PLAIN, row.salt, row.body)
    if keys is None:
        return Opened(Content.LOCKED)
    key = keys[row.key_id]
    if key is None:
        return Opened(Content.ERASED)
    try:
        place = place_of(row.position, row.kind, row.stream_id, row.stream_version)
        plain = key.open(row.body, place)
    except (SealBroken, struct.error):  # of numbers that no record has room for
        return Opened(Content.BROKEN)
    return Opened(Content.OPENED, plain[:SALT_BYTES], plain[SALT_BYTES:])

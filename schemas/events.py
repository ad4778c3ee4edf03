"""Every kind of event the log can hold, and the shapes events have on their way in and out.

The number of a kind and the meaning of its body never change once an event of it was recorded: the
number is part of the event's Merkle leaf. A new meaning gets a new kind.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final, NamedTuple

import orjson


class Kind(IntEnum):
    """What happened, as one number."""

    LOG_OPENED = 1
    STATEMENT_1_0 = 2  # a statement received under xAPI 1.0.x; its body is the JSON text received
    STATEMENT_2_0 = 3  # the same under xAPI 2.0
    DOCUMENT_STORED = 8
    DOCUMENT_DELETED = 9
    CREDENTIAL_ISSUED = 16
    CREDENTIAL_ROTATED = 17
    CREDENTIAL_REVOKED = 18


class Category(IntEnum):
    """Families of streams; part of a stream's key, so a statement id can occupy no other family."""

    OTHER = 0
    LOG = 1
    STATEMENT = 2
    DOCUMENT = 3
    CREDENTIAL = 4


STATEMENT_KINDS: Final = (Kind.STATEMENT_1_0, Kind.STATEMENT_2_0)

CATEGORIES: Final[Mapping[int, Category]] = {
    Kind.LOG_OPENED: Category.LOG,
    Kind.STATEMENT_1_0: Category.STATEMENT,
    Kind.STATEMENT_2_0: Category.STATEMENT,
    Kind.DOCUMENT_STORED: Category.DOCUMENT,
    Kind.DOCUMENT_DELETED: Category.DOCUMENT,
    Kind.CREDENTIAL_ISSUED: Category.CREDENTIAL,
    Kind.CREDENTIAL_ROTATED: Category.CREDENTIAL,
    Kind.CREDENTIAL_REVOKED: Category.CREDENTIAL,
}

TOPICS: Final[Mapping[str, int]] = {
    "LogOpened": Kind.LOG_OPENED,
    "StatementStored/1.0": Kind.STATEMENT_1_0,
    "StatementStored/2.0": Kind.STATEMENT_2_0,
    "DocumentStored": Kind.DOCUMENT_STORED,
    "DocumentDeleted": Kind.DOCUMENT_DELETED,
    "CredentialIssued": Kind.CREDENTIAL_ISSUED,
    "CredentialRotated": Kind.CREDENTIAL_ROTATED,
    "CredentialRevoked": Kind.CREDENTIAL_REVOKED,
}
"""Stable topics, as the eventsourcing library names them."""

NOBODY: Final = bytes(16)
"""The credential of events the store records by itself."""


class NewEvent(NamedTuple):
    """An event to be appended.

    ``content_hash`` (32 bytes) tells whether a later event of the same stream version is a retry of
    this one; empty when it never is. ``value`` is the parsed body where the caller has it already.
    """

    kind: int
    stream_id: bytes
    body: bytes
    credential: bytes = NOBODY
    stream_version: int = 1
    content_hash: bytes = b""
    value: Any = None


class LogEntry(NamedTuple):
    """An event as recorded. ``stored`` is microseconds since 1970, strictly increasing."""

    position: int
    stored: int
    kind: int
    stream_id: bytes
    stream_version: int
    credential: bytes
    salt: bytes
    commitment: bytes
    leaf: bytes
    body: bytes
    value: Any = None

    def parsed(self) -> Any:
        """The body as JSON; parsed now unless whoever appended it had done so."""
        return orjson.loads(self.body) if self.value is None else self.value

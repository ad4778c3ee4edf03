"""Rows of the log as they are in the database, for those who verify it.

Whoever reads events reads ``LogEntry``, opened. A row says of itself whether it is sealed, and how
long its body is, so that its leaf can be made without opening it.
"""

import struct
from enum import Enum
from typing import NamedTuple

from lrs.log import leaf
from lrs.privacy.sealing import ID_BYTES, OVERHEAD


class Content(Enum):
    """What became of the content of a row."""

    PLAIN = "plain"
    OPENED = "opened"  # it was sealed, and its key is there
    ERASED = "erased"  # its key is not there
    BROKEN = "broken"  # it is not what was sealed in this row
    LOCKED = "locked"  # whoever reads has no sealing key


def length_of(body: int, salt: int) -> int:
    """How long the body is that was recorded, by the lengths of body and salt in the row."""
    return body if salt else max(0, body - OVERHEAD)


class Row(NamedTuple):
    """A row of ``event_log``. Where ``salt`` is empty the body is sealed; see
    ``lrs.privacy.sealing``.
    """

    position: int
    stored: int
    kind: int
    stream_id: bytes
    stream_version: int
    credential: bytes
    salt: bytes
    commitment: bytes
    body: bytes

    @property
    def sealed(self) -> bool:
        return not self.salt

    @property
    def key_id(self) -> bytes:
        """The id of the data key it is sealed under; empty where it is not sealed."""
        return b"" if self.salt else self.body[:ID_BYTES]

    @property
    def body_length(self) -> int:
        return length_of(len(self.body), len(self.salt))

    @property
    def record(self) -> bytes:
        """The leaf record that the row, with its commitment, makes.

        Raises ``struct.error`` for numbers that no record has room for.
        """
        return leaf.leaf_record(
            self.position,
            self.stored,
            self.kind,
            self.stream_id,
            self.stream_version,
            self.credential,
            self.body_length,
            self.commitment,
        )

    @property
    def leaf(self) -> bytes | None:
        """The hash of its record; None for numbers that no record has room for."""
        try:
            return leaf.leaf_hash(self.record)
        except struct.error:
            return None


class Opened(NamedTuple):
    """The content of a row; ``salt`` and ``body`` are empty unless it is plain or was opened."""

    content: Content
    salt: bytes = b""
    body: bytes = b""

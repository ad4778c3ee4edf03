"""Checkpoints: what the log signs about itself, kept in the database and in a file outside of it.

A checkpoint says: this log, at this size, has this root. Every one that was signed is kept. The
file is what remembers when the database itself is set back: it is appended to only after the
commit that holds the note, so it never says more than was durable.

Source: c2sp.org/tlog-checkpoint. A log whose loss was acknowledged begins a new *epoch* under an
origin of its own, for it must not sign what contradicts the epoch before.
"""

import base64
import binascii
import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple, Self

import orjson
from sqlalchemy import Connection, bindparam, select, tuple_

from lrs.audit.merkle import HASH_BYTES
from lrs.audit.notes import Note, NoteInvalid, Signature
from lrs.log.tables import COSIGNATURE, LOG_EPOCH, SIGNED_CHECKPOINT
from lrs.secret_files import sync_directory
from projections.rows import fetch_rows, insert_rows

AT_ONCE: Final = 500  # notes a query
TAIL_BYTES: Final = 65_536  # more than the longest line of the file
LARGEST: Final = (1 << 63) - 1  # events; a database counts no further
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)

_LATEST = (
    select(SIGNED_CHECKPOINT)
    .order_by(SIGNED_CHECKPOINT.c.epoch.desc(), SIGNED_CHECKPOINT.c.size.desc())
    .limit(1)
)
_AT = select(SIGNED_CHECKPOINT).where(
    SIGNED_CHECKPOINT.c.epoch == bindparam("epoch"), SIGNED_CHECKPOINT.c.size == bindparam("size")
)
_AFTER = (
    select(SIGNED_CHECKPOINT)
    .where(
        tuple_(SIGNED_CHECKPOINT.c.epoch, SIGNED_CHECKPOINT.c.size)
        > tuple_(bindparam("epoch"), bindparam("size"))
    )
    .order_by(SIGNED_CHECKPOINT.c.epoch, SIGNED_CHECKPOINT.c.size)
    .limit(AT_ONCE)
)
_EPOCHS = select(LOG_EPOCH).order_by(LOG_EPOCH.c.epoch)
_COSIGNATURES = (
    select(COSIGNATURE.c.line)
    .where(COSIGNATURE.c.epoch == bindparam("epoch"), COSIGNATURE.c.size == bindparam("size"))
    .order_by(COSIGNATURE.c.name, COSIGNATURE.c.key_id)
)


class Checkpoint(NamedTuple):
    """The text of a checkpoint: which log, how many leaves, the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The checkpoint in a note's text, or in a whole note whose signatures are passed over.

        Raises NoteInvalid for any other spelling than the one the format has for it.
        """
        lines = text.rpartition("\n\n")[0].split("\n") if "\n\n" in text else text.split("\n")[:-1]
        if len(lines) < 3 or not all(lines):
            raise NoteInvalid(
                "not a checkpoint: origin, size and root, each on a line, are missing"
            )
        origin, size, root, *extensions = lines
        if _SIZE.fullmatch(size) is None or int(size) > LARGEST:
            raise NoteInvalid(f"not a checkpoint: {size[:40]!r} is not a size")
        try:
            hash_ = base64.b64decode(root, validate=True)
        except (binascii.Error, ValueError):
            hash_ = b""
        if len(hash_) != HASH_BYTES or base64.b64encode(hash_).decode() != root:
            raise NoteInvalid(f"not a checkpoint: {root[:60]!r} is not a root hash in base64")
        return cls(origin, int(size), hash_, tuple(extensions))


class SignedCheckpoint(NamedTuple):
    """A note the log signed; ``signed`` is when, in microseconds since 1970."""

    epoch: int
    size: int
    note: str
    signed: int

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(self.note)


class Epoch(NamedTuple):
    """Under which origin and by which key an epoch's checkpoints are signed."""

    epoch: int
    origin: str
    vkey: str


def origin_of(name: str, epoch: int) -> str:
    """The origin line of an epoch's checkpoints, in a log whose key has this name."""
    return name if epoch == 1 else f"{name}/epoch/{epoch}"


def epochs(connection: Connection) -> list[Epoch]:
    """All epochs, the first one first; none before the store was first opened with a key."""
    return [Epoch(*row) for row in fetch_rows(connection, _EPOCHS, {})]


def latest(connection: Connection) -> SignedCheckpoint | None:
    """The last note that was signed."""
    row = connection.execute(_LATEST).first()
    return SignedCheckpoint(*row) if row else None


def note_at(connection: Connection, epoch: int, size: int) -> SignedCheckpoint | None:
    """The note of an epoch at exactly this size, if one was signed."""
    rows = fetch_rows(connection, _AT, {"epoch": epoch, "size": size})
    return SignedCheckpoint(*rows[0]) if rows else None


def notes(connection: Connection, after: tuple[int, int] = (0, 0)) -> Iterator[SignedCheckpoint]:
    """Every note past an epoch and size, in the order of epochs and sizes."""
    while True:
        rows = connection.execute(_AFTER, {"epoch": after[0], "size": after[1]}).all()
        for row in rows:
            yield SignedCheckpoint(*row)
        if len(rows) < AT_ONCE:
            return
        after = (rows[-1][0], rows[-1][1])


def cosignatures(connection: Connection, epoch: int, size: int) -> list[str]:
    """The signature lines of witnesses held for a checkpoint."""
    rows = fetch_rows(connection, _COSIGNATURES, {"epoch": epoch, "size": size})
    return [line for (line,) in rows]


def add_cosignature(connection: Connection, epoch: int, size: int, line: str) -> None:
    """Keep a witness's signature line; the first one of a key stands. It is not verified here."""
    signature = Signature.parse(line)
    row = (epoch, size, signature.name, signature.key_id, line)
    insert_rows(connection, COSIGNATURE, [row], ignore=True)


def cosigned(connection: Connection, signed: SignedCheckpoint) -> Note:
    """The note with the cosignatures held for it."""
    lines = cosignatures(connection, signed.epoch, signed.size)
    return Note.parse(signed.note).signed_by(*lines)


class CheckpointFileDamaged(Exception):
    """The file of checkpoints holds what is none."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"LRS_CHECKPOINTS_FILE={path}: {reason}. Restore this file, or move it away to have it"
            " written again from the database, which then only vouches for itself."
        )


class CheckpointFile:
    """The notes outside the database, one JSON object a line, oldest first; only appended to.

    Several processes may keep one file: an append takes the file's lock and adds what is newer
    than its last line. What a crash left of a line is not a line and is overwritten.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def last(self) -> SignedCheckpoint | None:
        """The newest note; None when there is no file or nothing in it.

        Raises CheckpointFileDamaged, and OSError when the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                return self._last_in(file)
        except FileNotFoundError:
            return None

    def __iter__(self) -> Iterator[SignedCheckpoint]:
        with self.path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield self._parsed(line)

    def append(self, signed: Iterable[SignedCheckpoint]) -> None:
        """Add the notes that are newer than the last one, and wait for the disk."""
        made = not self.path.exists()
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = self._last_in(file)
            known = (0, -1) if last is None else last[:2]
            lines = [_line(it) for it in signed if it[:2] > known]
            if not lines:
                return
            file.truncate(self._end_of_lines(file))
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
        if made:
            sync_directory(self.path.parent)

    def _last_in(self, file: IO[bytes]) -> SignedCheckpoint | None:
        end = self._end_of_lines(file)
        if end == 0:
            return None
        start = max(0, end - TAIL_BYTES)
        file.seek(start)
        line = file.read(end - start)[:-1].rpartition(b"\n")[2]
        return self._parsed(line)

    def _end_of_lines(self, file: IO[bytes]) -> int:
        """Where the last whole line ends."""
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - TAIL_BYTES)
        file.seek(start)
        tail = file.read(size - start)
        whole = tail.rfind(b"\n") + 1
        if start and not whole:
            raise CheckpointFileDamaged(self.path, f"no line ends in its last {TAIL_BYTES} bytes")
        return start + whole

    def _parsed(self, line: bytes) -> SignedCheckpoint:
        try:
            said = orjson.loads(line)
            signed = SignedCheckpoint(said["epoch"], said["size"], said["note"], said["signed"])
            numbers = [type(number) for number in (signed.epoch, signed.size, signed.signed)]
            agrees = numbers == [int] * 3 and signed.checkpoint.size == signed.size
        except (ValueError, LookupError, TypeError, AttributeError, NoteInvalid):
            agrees = False
        if not agrees:
            raise CheckpointFileDamaged(self.path, f"{line[:60]!r} is not a checkpoint")
        return signed


def _line(signed: SignedCheckpoint) -> bytes:
    return orjson.dumps(signed._asdict(), option=orjson.OPT_APPEND_NEWLINE)

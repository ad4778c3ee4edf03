"""Receipts: the proof that an event is in the log, in a text that is checked offline.

A receipt names the event's place in the tree, the hashes beside the way from there to the root, and
the checkpoint in which the log signed that root. Its line ``extra`` is the event's entry, which the
format leaves to us: so the receipt alone says when what was stored, and whoever has the salt and
the body besides can show what it was.

Source: c2sp.org/tlog-proof v1; inclusion proofs are those of RFC 6962 section 2.1.1.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Self

from sqlalchemy import Connection

from lrs.audit import checkpoints
from lrs.audit.checkpoints import Checkpoint, SignedCheckpoint
from lrs.audit.merkle import HASH_BYTES, ProofInvalid, inclusion_proof, verify_inclusion
from lrs.audit.notes import Note, NoteInvalid, Verifier
from lrs.audit.openings import Entry, Opening, OpeningInvalid
from lrs.audit.origins import is_origin_of
from lrs.audit.tiles import Tiles
from lrs.log.recorder import LogRecorder
from schemas.events import Category

FORMAT: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


class EventUnknown(Exception):
    """The log holds no event at this position."""

    def __init__(self, position: int, head: int) -> None:
        super().__init__(f"there is no event {position}; the log ends at {head}")
        self.position = position
        self.head = head


class NotSignedYet(Exception):
    """The event is recorded, and no checkpoint was signed since; one will be within seconds."""

    def __init__(self, position: int, size: int) -> None:
        super().__init__(
            f"event {position} is recorded, and the last signed checkpoint is of {size} events"
        )
        self.position = position
        self.size = size


class ReceiptInvalid(Exception):
    """The receipt does not show what it claims to; says why."""


class Receipt(NamedTuple):
    """A proof of inclusion: ``hashes`` from the leaf's sibling up, ``extra`` is the entry."""

    leaf_index: int
    hashes: Sequence[bytes]
    note: Note
    extra: bytes = b""

    @property
    def position(self) -> int:
        return self.leaf_index + 1

    @property
    def checkpoint(self) -> Checkpoint:
        """Raises NoteInvalid."""
        return Checkpoint.parse(self.note.text)

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self._lines()) + f"\n{self.note}"

    def _lines(self) -> Iterator[str]:
        yield FORMAT
        if self.extra:
            yield f"extra {base64.b64encode(self.extra).decode()}"
        yield f"index {self.leaf_index}"
        for hash_ in self.hashes:
            yield base64.b64encode(hash_).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ReceiptInvalid for any other spelling than the format's; verifies nothing."""
        proof, gap, note = text.partition("\n\n")
        format_, *lines = proof.split("\n")
        if format_ != FORMAT or not gap:
            raise ReceiptInvalid(f"not a receipt: it begins with {FORMAT} and ends with a note")
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = _decoded(lines.pop(0).removeprefix("extra "))
        if not lines or (match := _INDEX.fullmatch(lines[0])) is None:
            raise ReceiptInvalid("not a receipt: it has no line `index N`")
        hashes = tuple(_decoded(line) for line in lines[1:])
        if any(len(hash_) != HASH_BYTES for hash_ in hashes):
            raise ReceiptInvalid(f"not a receipt: a hash is not {HASH_BYTES} bytes long")
        try:
            return cls(int(match[1]), hashes, Note.parse(note), extra)
        except NoteInvalid as invalid:
            raise ReceiptInvalid(f"its checkpoint: {invalid}") from None

    def check(self, log: Verifier, others: Sequence[Verifier] = ()) -> Entry:
        """The entry this receipt proves. Raises ReceiptInvalid.

        The checkpoint is signed by the log's key, the signatures of ``others`` that it has hold,
        and the entry is in the tree of the checkpoint at its place.
        """
        try:
            checkpoint = self.checkpoint
            if log not in self.note.verified_by([log, *others]):
                raise ReceiptInvalid(f"its checkpoint is not signed by {log.vkey}")
            if not is_origin_of(checkpoint.origin, log.name):
                raise ReceiptInvalid(f"its checkpoint is of another log, {checkpoint.origin}")
            entry = Entry.parse(self.extra)
            verify_inclusion(
                entry.leaf, self.leaf_index, checkpoint.size, self.hashes, checkpoint.root
            )
        except (NoteInvalid, OpeningInvalid, ProofInvalid) as invalid:
            raise ReceiptInvalid(str(invalid)) from None
        if entry.position != self.position:
            raise ReceiptInvalid(f"its entry is of event {entry.position}, not {self.position}")
        return entry

    def check_opening(self, opening: Opening) -> None:
        """The opening is of the event this receipt is of, and holds. Raises ReceiptInvalid."""
        if opening.record != self.extra:
            raise ReceiptInvalid("the opening is of another event")
        try:
            opening.check()
        except OpeningInvalid as invalid:
            raise ReceiptInvalid(str(invalid)) from None


def prove(log: LogRecorder, connection: Connection, position: int) -> Receipt:
    """The receipt of an event against the last checkpoint, with its cosignatures.

    Raises EventUnknown; NotSignedYet when the event is newer than the checkpoint; TileMissing when
    the database lacks the event or a part of the tree.
    """
    signed = signed_for(log, connection, position)
    tiles = Tiles(log, connection)
    hashes = inclusion_proof(position - 1, signed.size, tiles.node)
    note = checkpoints.cosigned(connection, signed)
    return Receipt(position - 1, tuple(hashes), note, tiles.entry(position))


def signed_for(log: LogRecorder, connection: Connection, position: int) -> SignedCheckpoint:
    """The last checkpoint, if the event is under it. Raises EventUnknown, NotSignedYet."""
    head = log.head_of(connection).position
    if not 0 < position <= head:
        raise EventUnknown(position, head)
    signed = checkpoints.latest(connection)
    if signed is None or signed.size < position:
        raise NotSignedYet(position, 0 if signed is None else signed.size)
    return signed


def position_of_statement(log: LogRecorder, connection: Connection, id_: bytes) -> int | None:
    """Where a statement is, by the 16 bytes of its id; voided ones and those that void too."""
    return log.position_of(connection, Category.STATEMENT, id_)


def _decoded(line: str) -> bytes:
    try:
        decoded = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded or base64.b64encode(decoded).decode() != line:
        raise ReceiptInvalid(f"not a receipt: {line[:60]!r} is not base64")
    return decoded

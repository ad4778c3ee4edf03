"""Checks signed notes against the tree that grows from the events.

A note is good when the key of its epoch signed it, its origin is the epoch's, and the tree had the
root it names at the size it names.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from lrs.audit.checkpoints import Checkpoint, Epoch, SignedCheckpoint
from lrs.audit.checks.epochs import EpochChecks
from lrs.audit.checks.findings import Finding
from lrs.audit.checks.rows import Report
from lrs.audit.merkle import CompactRange
from lrs.audit.notes import Note, NoteInvalid, Verifier
from lrs.log.tables import SIGNED_CHECKPOINT
from projections.rows import fetch_rows

_C = SIGNED_CHECKPOINT.c
_OF_SIZES = (
    select(SIGNED_CHECKPOINT)
    .where(_C.epoch == bindparam("epoch"))
    .where(_C.size > bindparam("after"), _C.size <= bindparam("through"))
    .order_by(_C.size)
)
_LAST = select(func.max(_C.size)).where(_C.epoch == bindparam("epoch"))


class Differing(NamedTuple):
    """The first of the notes whose root the tree did not have, and how many there are."""

    size: int
    expected: bytes
    found: bytes
    number: int


class NoteChecks:
    """Notes of the database. ``checked`` counts them, ``excused`` those an acknowledged loss
    accounts for.
    """

    def __init__(self, epochs: EpochChecks, report: Report) -> None:
        self.checked = 0
        self.excused = 0
        self._epochs = epochs
        self._report = report
        self._differing: dict[int, Differing] = {}  # by epoch
        self._signed: dict[int, int] = {}  # when the last one of an epoch was

    def of_sizes(self, connection: Connection, after: int, through: int) -> list[SignedCheckpoint]:
        """The notes of these sizes, the smallest first."""
        values = {"after": after, "through": through}
        found = [
            SignedCheckpoint(*row)
            for epoch in self._epochs.listed
            for row in fetch_rows(connection, _OF_SIZES, {**values, "epoch": epoch})
        ]
        return sorted(found, key=lambda signed: (signed.size, signed.epoch))

    def check(self, signed: SignedCheckpoint, tree: CompactRange) -> None:
        """Check a note with the tree at its size; of an epoch, the smaller size first."""
        self.checked += 1
        epoch, size, text, when = signed
        try:
            checkpoint = read_note(text, self._epochs.listed[epoch])
            if checkpoint.size != size:
                raise NoteInvalid(f"it is of size {checkpoint.size}")
            if when <= self._signed.get(epoch, 0):
                raise NoteInvalid("its time is not after that of the note before")
        except NoteInvalid as invalid:
            self._report(
                Finding("note", size, f"a note of epoch {epoch} and size {size}", str(invalid))
            )
            return
        self._signed[epoch] = when
        expected = tree.root()
        if checkpoint.root == expected:
            return
        if self._epochs.excuses(epoch, size):
            self.excused += 1
        else:
            first = self._differing.get(epoch, Differing(size, expected, checkpoint.root, 0))
            self._differing[epoch] = first._replace(number=first.number + 1)

    def finish(self, connection: Connection, end: int) -> Iterator[Finding]:
        """What is told once for many notes, and notes past the end of the log."""
        for first in self._differing.values():
            more = f", and so of {first.number - 1} later notes" if first.number > 1 else ""
            found = f"{first.found.hex()}{more}"
            yield Finding("note-root", first.size, f"root {first.expected.hex()}", found)
        for epoch in self._epochs.listed:
            [(last,)] = fetch_rows(connection, _LAST, {"epoch": epoch})
            if last is not None and last > end and not self._epochs.excuses(epoch, last):
                yield Finding("note-beyond", end, f"{last} events, as a checkpoint says", str(end))
        unknown = select(_C.epoch).where(_C.epoch.not_in(self._epochs.listed)).distinct()
        for epoch in connection.scalars(unknown):
            yield Finding("epoch", 0, f"no note of epoch {epoch}", "one, and no such epoch")


def read_note(text: str, epoch: Epoch) -> Checkpoint:
    """The checkpoint in a note of an epoch, signed by its key. Raises NoteInvalid."""
    note = Note.parse(text)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != epoch.origin:
        raise NoteInvalid(f"its origin is {checkpoint.origin}, not {epoch.origin}")
    if not note.verified_by([Verifier.parse(epoch.vkey)]):
        raise NoteInvalid(f"{epoch.vkey} did not sign it")
    return checkpoint

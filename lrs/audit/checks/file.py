"""Checks the database against the file of checkpoints outside of it.

The file is only added to, after the commit that holds the note. So each of its notes must be in the
database as it stands in the file: one that is not was deleted there, or the database was set back.
Whoever changes the database and not the file is told by this alone, whatever key they have.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, bindparam, select, tuple_

from lrs.audit.checkpoints import CheckpointFile, CheckpointFileDamaged, SignedCheckpoint
from lrs.audit.checks.epochs import EpochChecks
from lrs.audit.checks.findings import Finding
from lrs.audit.checks.notes import read_note
from lrs.audit.notes import NoteInvalid
from lrs.log.recorder import LogRecorder
from lrs.log.tables import SIGNED_CHECKPOINT
from projections.rows import fetch_rows

AT_ONCE: Final = 500  # notes that are looked up together

_key = tuple_(SIGNED_CHECKPOINT.c.epoch, SIGNED_CHECKPOINT.c.size)
_BETWEEN = select(SIGNED_CHECKPOINT).where(
    _key > tuple_(bindparam("epoch"), bindparam("size")),
    _key <= tuple_(bindparam("last_epoch"), bindparam("last_size")),
)


class FileChecks:
    """The notes of one file. ``checked`` counts them, ``excused`` those that are not in the
    database because of a loss that was acknowledged.
    """

    def __init__(self, epochs: EpochChecks) -> None:
        self.checked = 0
        self.excused = 0
        self._epochs = epochs

    def check(self, log: LogRecorder, path: Path) -> Iterator[Finding]:
        """What differs. Raises OSError when the file cannot be read."""
        lines = iter(CheckpointFile(path))
        after = (0, 0)
        try:
            while some := list(islice(lines, AT_ONCE)):
                keys = [after, *(one[:2] for one in some)]
                if keys != sorted(set(keys)):
                    yield Finding("file", 0, "each note once, in order", "another order")
                    return
                with log.storage.read() as connection:
                    yield from self._compare(connection, after, some)
                after = keys[-1]
        except CheckpointFileDamaged as damaged:
            yield Finding("file", 0, "a checkpoint a line", str(damaged))

    def _compare(
        self, connection: Connection, after: tuple[int, int], some: Sequence[SignedCheckpoint]
    ) -> Iterator[Finding]:
        """Compare notes that follow one another with those of the database between them."""
        first, last = dict(zip(("epoch", "size"), after, strict=True)), some[-1]
        between = {**first, "last_epoch": last.epoch, "last_size": last.size}
        rows = fetch_rows(connection, _BETWEEN, between)
        held = {row[:2]: SignedCheckpoint(*row) for row in rows}
        for one in some:
            self.checked += 1
            there = held.pop(one[:2], None)
            if there != one:
                yield from self._explain(one, there)
        if held:
            sizes = sorted(size for _, size in held)
            expected = f"{len(held)} notes of the database, the first of size {sizes[0]}"
            yield Finding("file-incomplete", sizes[0], expected, "none of them")

    def _explain(self, one: SignedCheckpoint, there: SignedCheckpoint | None) -> Iterator[Finding]:
        epoch = self._epochs.listed.get(one.epoch)
        if self._epochs.excuses(one.epoch, one.size):
            self.excused += 1
            return
        try:
            if epoch is None:
                raise NoteInvalid(f"this log has no epoch {one.epoch}")
            root = read_note(one.note, epoch).root.hex()
        except NoteInvalid as invalid:
            yield Finding("file", one.size, "a note this log signed", str(invalid))
            return
        expected = f"the note of size {one.size} and root {root}"
        if there is None:
            yield Finding("file-note-missing", one.size, expected, "none")
        else:
            yield Finding("file-note-differs", one.size, expected, "another one")

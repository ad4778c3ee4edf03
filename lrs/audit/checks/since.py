"""Checks the log against one checkpoint that somebody remembered.

It stands for all that was signed up to then: a log whose first events have the same root has none
of them changed, left out or put elsewhere, whoever has the key.
"""

from collections.abc import Iterator

from lrs.audit.checkpoints import Checkpoint, Epoch
from lrs.audit.checks.epochs import EpochChecks
from lrs.audit.checks.findings import Finding
from lrs.audit.checks.notes import read_note
from lrs.audit.merkle import CompactRange
from lrs.audit.notes import Note


class SinceCheck:
    """A remembered note, and the root that the tree had at its size. Raises NoteInvalid when it is
    no checkpoint.
    """

    def __init__(self, note: str, epochs: EpochChecks) -> None:
        self._note = note
        self._epochs = epochs
        self._checkpoint = Checkpoint.parse(Note.parse(note).text)
        self._root: bytes | None = None

    @property
    def size(self) -> int:
        return self._checkpoint.size

    def saw(self, tree: CompactRange) -> None:
        """This is the tree at the size of the note."""
        self._root = tree.root()

    def finish(self, end: int) -> Iterator[Finding]:
        """What differs, once the whole log up to position ``end`` was seen. Raises NoteInvalid when
        the key of the log did not sign the note.
        """
        checkpoint = self._checkpoint
        epoch = self._epoch()
        if epoch is None:
            expected = " or ".join(one.origin for one in self._epochs.listed.values())
            yield Finding("since", 0, f"a note of {expected}", f"one of {checkpoint.origin}")
            return
        read_note(self._note, epoch)
        if self._root == checkpoint.root:
            return
        expected = f"{checkpoint.size} events with root {checkpoint.root.hex()}"
        found = f"a log of {end}" if self._root is None else f"root {self._root.hex()}"
        rule = "since-beyond" if self._root is None else "since-root"
        if self._epochs.excuses(epoch.epoch, checkpoint.size):
            rule = "since-lost"
        yield Finding(rule, min(checkpoint.size, end), expected, found)

    def _epoch(self) -> Epoch | None:
        listed = self._epochs.listed.values()
        return next((one for one in listed if one.origin == self._checkpoint.origin), None)

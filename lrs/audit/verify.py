"""Verifies a whole log: that nothing it ever recorded was changed.

Everything is read and hashed again, beside a running server: events in order, each part in a state
of the database of its own, up to the end of the log as it was at the beginning. From the events
grows the tree, and what the store keeps and signed is held against it: tiles, the registry, signed
notes, the notes outside the database, and one that somebody remembered. Memory does not grow with
the log.

What is found tells what was changed; that nothing is found tells as much as what it was held
against. Whoever may write the whole database and has the signing key can write a history that
agrees with itself. Only what lies elsewhere contradicts it: the file of checkpoints, a remembered
note, a witness.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, or_, select

from lrs.audit import checkpoints
from lrs.audit.checks import registry
from lrs.audit.checks.attachments import check_attachments
from lrs.audit.checks.epochs import EpochBegun, EpochChecks
from lrs.audit.checks.erasure import ErasureChecks
from lrs.audit.checks.file import FileChecks
from lrs.audit.checks.findings import Finding
from lrs.audit.checks.notes import NoteChecks
from lrs.audit.checks.registry import RegistryChecks
from lrs.audit.checks.rows import GapTooLarge, Report, RowChecks
from lrs.audit.checks.since import SinceCheck
from lrs.audit.checks.statements import StatementChecks
from lrs.audit.checks.tree import TreeChecks
from lrs.audit.notes import NoteInvalid, Verifier
from lrs.audit.policy import Policy
from lrs.audit.quorums import last_quorum
from lrs.audit.replay import ALL, NotReplayable, first_wrong_row
from lrs.audit.sealer import tree_of
from lrs.log.contents import ContentBroken
from lrs.log.recorder import LogRecorder
from lrs.log.rows import Content, Row
from lrs.log.tables import EVENT_LOG
from schemas.events import Kind

AT_ONCE: Final = 2000  # events a query, fewer where they are long
BYTES: Final = 4_000_000  # of bodies a query, about
SNAPSHOT: Final = 20  # queries in one state of the database

Progress = Callable[[int, int], None]
"""Called with the events checked and how many there are."""


class Outside(NamedTuple):
    """What is known from elsewhere than the database, as far as there is any.

    ``vkey`` is the log's public key, ``file`` that of the checkpoints, ``since`` a note somebody
    remembered, ``policy`` says which witnesses are believed.
    """

    vkey: Verifier | None = None
    file: Path | None = None
    since: str | None = None
    policy: Policy | None = None


class Verified(NamedTuple):
    """What was looked at.

    ``erased`` events had their content destroyed, ``locked`` ones could not be opened for want of
    the sealing key. ``signed`` is the size of the last checkpoint and ``witnessed`` that of the
    last one the policy believes: what comes after, nobody vouches for yet. ``excused`` notes
    contradict what was kept when a loss was acknowledged, as ``epochs`` say.
    """

    events: int
    erased: int
    locked: int
    notes: int
    file_notes: int
    excused: int
    signed: int
    witnessed: int
    epochs: Sequence[EpochBegun]


def verify(
    log: LogRecorder,
    outside: Outside,
    report: Report,
    progress: Progress = lambda done, total: None,
    *,
    full: bool = False,
) -> Verified:
    """Verify the log and report each finding as it is found.

    ``full`` adds what is not in the tree: the data of attachments, the content hashes of the
    registry, and the tables computed from the log, which is replayed into a scratch database.

    Raises NoteInvalid when the remembered note is no checkpoint, OSError when the file of
    checkpoints cannot be read.
    """
    with log.storage.read() as connection:
        verification = _Verification(log, connection, outside, report)
        if full:
            verification.statements = StatementChecks(log, report)
    verification.read_events(progress)
    verification.read_registry()
    if full:
        for finding in _beside(log, progress):
            report(finding)
    with log.storage.read() as connection:
        return verification.finish(connection)


def _beside(log: LogRecorder, progress: Progress) -> Iterator[Finding]:
    """What is not in the tree and can be computed, or hashed, again."""
    yield from check_attachments(log)
    for projection in ALL:
        try:
            differs = first_wrong_row(log, projection, progress)
        except (ContentBroken, NotReplayable) as changed:  # an event was; what else is, is said too
            yield Finding("projection", 0, f"{projection.NAME} as the log gives it", str(changed))
            continue
        if differs is not None:
            expected = f"{differs.replayed or 'no such row'} in {differs.table}"
            yield Finding("projection", 0, expected, f"{differs.live or 'no such row'}")


class _Verification:
    """One run: what is known at its beginning, and the checks that see the log go by."""

    def __init__(
        self, log: LogRecorder, connection: Connection, outside: Outside, report: Report
    ) -> None:
        self._log = log
        self._outside = outside
        self._report = report
        self._head = log.head_of(connection)
        self._stored_tree = tree_of(connection)
        self._epochs = EpochChecks(checkpoints.epochs(connection))
        self._rows = RowChecks(report)
        self._registry = RegistryChecks()
        self._tree = TreeChecks(log, self._stored_tree, report)
        self._notes = NoteChecks(self._epochs, report)
        self._file = FileChecks(self._epochs)
        self._erasure = ErasureChecks()
        self._since = None if outside.since is None else SinceCheck(outside.since, self._epochs)
        self.statements: StatementChecks | None = None
        self._locked = 0

    def read_events(self, progress: Progress) -> None:
        """Everything that is told by the events in their order."""
        try:
            for connection, rows in self._batches():
                self._read(connection, rows)
                progress(self._rows.position, self._head.position)
        except GapTooLarge:
            pass  # reported; what lies behind has no place in the tree any more
        last = self._rows
        if last.position != self._head.position or last.stored > self._head.stored:
            expected = f"position {last.position}, stored {last.stored} or later"
            found = f"position {self._head.position}, stored {self._head.stored}"
            self._report(Finding("head", last.position, expected, found))

    def _batches(self) -> Iterator[tuple[Connection, list[Row]]]:
        """All rows, some at a time, with the state of the database they were read in."""
        after, limit = 0, AT_ONCE
        while True:
            with self._log.storage.read() as connection:
                for _ in range(SNAPSHOT):
                    rows = self._log.rows(connection, after, limit, stop=self._head.position)
                    if not rows:
                        return
                    yield connection, rows
                    after = rows[-1].position
                    average = max(1, sum(len(row.body) for row in rows) // len(rows))
                    limit = max(16, min(AT_ONCE, BYTES // average))

    def _read(self, connection: Connection, rows: list[Row]) -> None:
        contents = self._log.open_rows(connection, rows)
        self._locked += sum(opened.content is Content.LOCKED for opened in contents)
        leaves = self._rows.leaves_of(rows, contents)
        self._registry.saw(rows)
        self._erasure.saw(rows, contents)
        if self.statements is not None:
            self.statements.saw(connection, rows, contents)
        for row, opened in zip(rows, contents, strict=True):
            if row.kind == Kind.EPOCH_BEGUN:
                self._epochs.saw(row.position, opened.body)
        after, through = self._tree.size, self._tree.size + len(leaves)
        notes = self._notes.of_sizes(connection, after, through)
        wanted = {note.size for note in notes}
        if self._since is not None and after < self._since.size <= through:
            wanted.add(self._since.size)
        trees = self._tree.extend(connection, leaves, wanted)
        for note in notes:
            self._notes.check(note, trees[note.size])
        if self._since is not None and self._since.size in trees:
            self._since.saw(trees[self._since.size])

    def read_registry(self) -> None:
        """The registry, which is in an order of its own."""
        last = self._rows.position
        after: registry.Entry | None = None
        while True:
            with self._log.storage.read() as connection:
                head = self._log.head_of(connection).position
                for _ in range(SNAPSHOT):
                    found = registry.entries(connection, after)
                    # what was appended meanwhile is not ours to judge
                    self._registry.read(it for it in found if not last < it[3] <= head)
                    if not found:
                        return
                    after = found[-1]

    def finish(self, connection: Connection) -> Verified:
        """What is told at the end, in one last state of the database."""
        for finding in self._last(connection):
            self._report(finding)
        signed = checkpoints.latest(connection)
        policy = self._outside.policy
        return Verified(
            events=self._rows.position,
            erased=self._erasure.events,
            locked=self._locked,
            notes=self._notes.checked,
            file_notes=self._file.checked,
            excused=self._notes.excused + self._file.excused,
            signed=0 if signed is None else signed.size,
            witnessed=0 if policy is None else last_quorum(connection, policy).size,
            epochs=self._epochs.begun,
        )

    def _last(self, connection: Connection) -> Iterator[Finding]:
        end = self._rows.position
        head = self._log.head_of(connection).position
        outside = or_(EVENT_LOG.c.position < 1, EVENT_LOG.c.position > max(end, head))
        for position in connection.scalars(select(EVENT_LOG.c.position).where(outside)):
            yield Finding("event-outside", position, f"events 1 to {max(end, head)}", "one more")
        if not self._registry.agree:
            yield from registry.differing(connection, end)
        yield from self._erasure.finish(self._log, connection, end)
        yield from self._tree.finish(connection)
        yield from self._epochs.finish()
        yield from self._notes.finish(connection, max(end, head))
        yield from self._by_outside(connection, end)

    def _by_outside(self, connection: Connection, end: int) -> Iterator[Finding]:
        vkey, file, _, policy = self._outside
        listed = self._epochs.listed
        if vkey is not None and listed and listed[max(listed)].vkey != vkey.vkey:
            yield Finding("epoch-key", 0, vkey.vkey, listed[max(listed)].vkey)
        if file is not None:
            yield from self._file.check(self._log, file)
        if self._since is not None:
            try:
                yield from self._since.finish(end)
            except NoteInvalid as invalid:
                yield Finding("since", 0, "a note signed by the key of this log", str(invalid))
        if policy is not None and last_quorum(connection, policy).signed is None:
            expected = f"a checkpoint cosigned as {policy.quorum} of the policy asks"
            yield Finding("policy", 0, expected, "none")

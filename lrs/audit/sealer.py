"""Builds the Merkle tree behind the log and signs it, about once a second while there is news.

It signs only what is durable. A round reads the leaves in a transaction for reading, which sees
committed events alone. On SQLite with ``synchronous=FULL`` a reader finds a commit in the index of
the write-ahead log only after the log was synced. On PostgreSQL a transaction becomes visible after
its commit record was flushed. And on both, what the round computes (tiles, how far the tree is, the
note) is one transaction later in the same write-ahead log than the events it is about, and no note
leaves this process before that transaction has committed: were the log cut anywhere, the note would
be lost before any of its events.

A round counts once: it holds only when the tree is still where the round began. So a sealer may be
killed anywhere, and any number of processes may seal one log: on PostgreSQL an advisory lock lets
one work at a time, so that the others do not compute in vain.
"""

import time
from collections.abc import Iterable, Sequence
from threading import Event, Thread
from typing import Final, NamedTuple, Self

import structlog
from sqlalchemy import Connection, bindparam, select, update

from lrs.audit.checkpoints import (
    Checkpoint,
    CheckpointFile,
    Epoch,
    SignedCheckpoint,
    latest,
    note_at,
    notes,
)
from lrs.audit.cosignatures import Cosigner
from lrs.audit.notes import Note, Signer
from lrs.audit.tiles import WIDTH, RightEdge, Tile
from lrs.log.recorder import Head, LogRecorder, wall_clock
from lrs.log.storage import Task, take_turn
from lrs.log.tables import EVENT_LOG, MERKLE_TILE, MERKLE_TREE, SIGNED_CHECKPOINT
from projections.rows import fetch_rows, insert_rows

BATCH: Final = 16_384  # leaves a commit: half a megabyte of tiles, a few milliseconds of the lock
INTERVAL: Final = 1.0  # seconds between two notes, at least
SECOND: Final = 1_000_000  # microseconds
POLL: Final = 0.5  # seconds between looks, for what other processes append
AFTER_FAILURE: Final = 1.0  # seconds

_TREE = select(MERKLE_TREE.c.epoch, MERKLE_TREE.c.size, MERKLE_TREE.c.range, MERKLE_TREE.c.edge)
_LOCKED = select(MERKLE_TREE.c.epoch, MERKLE_TREE.c.size).with_for_update()
_STORED = select(EVENT_LOG.c.stored).where(EVENT_LOG.c.position == bindparam("position"))

logger = structlog.get_logger(__name__)


class Tree(NamedTuple):
    """How far the tree in a database is built; ``range`` and ``edge`` as ``dump`` wrote them."""

    epoch: int
    size: int
    range: bytes
    edge: bytes

    @classmethod
    def of(cls, epoch: int, edge: RightEdge) -> Self:
        return cls(epoch, edge.size, edge.range().dump(), edge.dump())


class Signing(NamedTuple):
    """By which keys and in which epoch a store signs, and the file that gets every note."""

    signer: Signer
    epoch: Epoch
    file: CheckpointFile
    second: Cosigner | None = None

    def sign(self, size: int, root: bytes) -> Note:
        """The checkpoint of a tree, signed."""
        text = Checkpoint(self.epoch.origin, size, root).text
        note = self.signer.note(text)
        return note if self.second is None else note.signed_by(self.second.sign(text, _seconds()))


def _seconds() -> int:
    return wall_clock() // SECOND


class EventsMissing(Exception):
    """The log has a gap, or a row that no program wrote: there is no tree over what is no event."""

    def __init__(self, position: int) -> None:
        super().__init__(f"the event at position {position} is missing; restore a backup")
        self.position = position


class TreeDiffers(Exception):
    """The tree is not the one over the log: who went on from it would sign a second history."""

    def __init__(self, size: int, begin: int) -> None:
        super().__init__(
            f"the tree of {size} events is not that of the log: an event past position {begin} was"
            " changed, or the state of the tree. `lrs audit verify` says which; a tree alone that"
            " was changed `lrs audit recover --tiles` builds again"
        )


class SetBack(Exception):
    """The database no longer holds what this process has seen in it; nothing more is signed."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the checkpoint of {size} events is no longer in the database, which was set"
            " back or replaced while the store was open; stop the store and start it again"
        )


class EpochEnded(Exception):
    """A new epoch was begun while this process had the store open."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"epoch {epoch} ended; stop the store and start it again")


class Sealer:
    """Seals what the log holds: a thread of the store or, without ``follow``, only when it closes.

    ``failure`` says why nothing is sealed now. Appending goes on meanwhile, and what was appended
    is sealed once the reason is gone.
    """

    def __init__(
        self,
        log: LogRecorder,
        signing: Signing,
        *,
        follow: bool = True,
        interval: float = INTERVAL,
    ) -> None:
        self._log = log
        self._signing = signing
        self._interval = interval
        self.failure: str | None = None
        self._grown: tuple[Tree, RightEdge] | None = None  # what the next round goes on from
        self._last: SignedCheckpoint | None = None
        last = signing.file.last()
        self._filed = (0, 0) if last is None else last[:2]
        self._signed_at = float("-inf")  # by the monotonic clock
        self._woken = Event()
        self._closing = Event()
        self._end_waking = log.on_append(self._woken.set)
        self._thread = Thread(target=self._run, name="sealer", daemon=True) if follow else None
        if self._thread is not None:
            self._thread.start()

    @property
    def signing(self) -> Signing:
        return self._signing

    def close(self) -> None:
        """Seal what is left, with a note of its own however recent the one before, and stop."""
        if self._closing.is_set():
            return
        self._end_waking()
        self._closing.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        while (pause := self._try(last=True)) is not None and self.failure is None:
            time.sleep(pause)

    def seal(self, *, last: bool = False) -> float | None:
        """One round: at most one commit. Seconds until the next one; None when all is sealed.

        ``last`` means that no later round will sign: it waits for its turn, and not for a second to
        pass since the last note.
        """
        log = self._log
        with log.storage.read() as connection:
            if not take_turn(connection, Task.SEAL, wait=last):
                return POLL
            tree, head = self._found(connection), log.head_of(connection)
            signed = self._copy_out(connection)
            if (signed.size if signed is not None else 0) >= head.position:
                return None
            pause = 0.0 if last else self._pause(signed)
            if pause and head.position - tree.size < BATCH:
                return pause
            through = min(head.position, tree.size + BATCH)
            leaves = following_leaves(log, connection, tree.size, through)
            edge = self._edge(connection, tree)
            tiles = edge.grow(leaves)
            note = None if pause else self._note(edge, head, signed)
            self._grown = None
            grown = self._commit(tree, edge, tiles, note)
            if grown is None:
                return 0.0
            self._grown = (grown, edge)
            if note is None:
                return 0.0
            self._last, self._signed_at = note, time.monotonic()
            self._file([note])
            return None if note.size == head.position else 0.0

    def _run(self) -> None:
        while not self._closing.is_set():
            self._woken.clear()
            pause = self._try()
            if pause is None:
                self._woken.wait(POLL)
            else:
                self._closing.wait(pause)

    def _try(self, *, last: bool = False) -> float | None:
        try:
            pause = self.seal(last=last)
        except Exception as error:
            self._grown = None
            if self.failure is None:
                logger.exception("sealing stopped")
            self.failure = f"{type(error).__name__}: {error}"
            return AFTER_FAILURE
        self.failure = None
        return pause

    def _found(self, connection: Connection) -> Tree:
        """The tree as it is, if it goes on from what this process has seen of it."""
        tree = tree_of(connection)
        last = self._last
        if tree is None or (last and note_at(connection, last.epoch, last.size) != last):
            raise SetBack(last.size if last else 0)
        if tree.epoch != self._signing.epoch.epoch:
            raise EpochEnded(self._signing.epoch.epoch)
        return tree

    def _copy_out(self, connection: Connection) -> SignedCheckpoint | None:
        """Bring the file up to the last note that is committed, whoever signed it; return that."""
        signed = latest(connection)
        if signed is not None and signed[:2] > self._filed:
            self._file(notes(connection, self._filed))
        self._last = signed
        return signed if signed is not None and signed.epoch == self._signing.epoch.epoch else None

    def _file(self, signed: Iterable[SignedCheckpoint]) -> None:
        some = list(signed)
        self._signing.file.append(some)
        self._filed = some[-1][:2]

    def _pause(self, signed: SignedCheckpoint | None) -> float:
        """Seconds until another note may be signed, here or after one that another process signed.

        A clock that was set back is not waited for.
        """
        waits = [0.0, self._signed_at + self._interval - time.monotonic()]
        if signed is not None and (age := (self._log.clock() - signed.signed) / SECOND) >= 0:
            waits.append(self._interval - age)
        return max(waits)

    def _edge(self, connection: Connection, tree: Tree) -> RightEdge:
        if self._grown is not None and self._grown[0] == tree:
            return self._grown[1]
        return right_edge(self._log, connection, tree)

    def _note(
        self, edge: RightEdge, head: Head, before: SignedCheckpoint | None
    ) -> SignedCheckpoint:
        """A note over the tree. Its time is no earlier than that of any event in it and later than
        that of the note before, whatever the clock says.
        """
        note = self._signing.sign(edge.size, edge.range().root())
        later = 0 if before is None else before.signed + 1
        when = max(self._log.clock(), head.stored, later)
        return SignedCheckpoint(self._signing.epoch.epoch, edge.size, str(note), when)

    def _commit(
        self, tree: Tree, edge: RightEdge, tiles: Sequence[Tile], note: SignedCheckpoint | None
    ) -> Tree | None:
        """Write a round; None, and nothing is written, when the tree has moved meanwhile."""
        grown = Tree.of(tree.epoch, edge)
        with self._log.storage.write() as connection:
            if [*fetch_rows(connection, _LOCKED, {})] != [tree[:2]]:
                return None
            store_tree(connection, grown, tiles, note)
        return grown


def tree_of(connection: Connection) -> Tree | None:
    """How far the tree is built; None before the store was first opened with a key."""
    rows = fetch_rows(connection, _TREE, {})
    return Tree(*rows[0]) if rows else None


def store_tree(
    connection: Connection, tree: Tree, tiles: Sequence[Tile], note: SignedCheckpoint | None
) -> None:
    """Write the tiles that became full, how far the tree is now, and the note over it if any."""
    insert_rows(connection, MERKLE_TILE, tiles)
    connection.execute(update(MERKLE_TREE).values(tree._asdict()))
    insert_rows(connection, SIGNED_CHECKPOINT, [note] if note else [])


def right_edge(log: LogRecorder, connection: Connection, tree: Tree) -> RightEdge:
    """What the tree grows from. Raises EventsMissing, TreeDiffers."""
    begin = tree.size // WIDTH * WIDTH
    tail = following_leaves(log, connection, begin, tree.size)
    edge = RightEdge(tree.size, tail, tree.edge)
    if edge.range().dump() != tree.range:
        raise TreeDiffers(tree.size, begin)
    return edge


def following_leaves(
    log: LogRecorder, connection: Connection, after: int, through: int
) -> list[bytes]:
    """Leaf hashes of the events past one position up to another. Raises EventsMissing."""
    wanted = max(0, through - after)
    found = log.leaves(connection, after, wanted)
    for expected, (position, _) in enumerate(found, after + 1):
        if position != expected:
            raise EventsMissing(expected)
    if len(found) < wanted:
        raise EventsMissing(after + len(found) + 1)
    return [leaf for _, leaf in found]


def seal_lag(log: LogRecorder, connection: Connection) -> tuple[int, float]:
    """Events no note covers yet, and for how many seconds the first of them has waited."""
    signed = latest(connection)
    size = 0 if signed is None else signed.size
    behind = log.head_of(connection).position - size
    rows = fetch_rows(connection, _STORED, {"position": size + 1}) if behind > 0 else []
    return max(0, behind), max(0.0, (log.clock() - rows[0][0]) / SECOND) if rows else 0.0

"""What is done about a loss that somebody acknowledges, or about tiles that were damaged.

The log goes on from what is left, and never as if nothing had been lost: a new epoch begins, with
an event that names the last note that was signed and where the database ended.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import orjson
from sqlalchemy import bindparam, delete, text

from lrs.audit.checkpoints import CheckpointFile, Epoch, SignedCheckpoint, epochs, latest, origin_of
from lrs.audit.notes import Signer, Verifier
from lrs.audit.sealer import (
    BATCH,
    Signing,
    Tree,
    following_leaves,
    store_tree,
    tree_of,
)
from lrs.audit.second_key import read_second
from lrs.audit.start import (
    Loss,
    StartRefused,
    find_loss,
    last_event,
    name_of,
    read_signer,
    remembered_by,
)
from lrs.audit.tiles import HEIGHT, RightEdge, stored_tile
from lrs.log.recorder import LogRecorder
from lrs.log.storage import Task, take_turn
from lrs.log.tables import LOG_EPOCH, MERKLE_TILE, MERKLE_TREE
from lrs.settings import Settings
from projections.rows import insert_rows
from schemas.events import Kind, NewEvent

LOG_STREAM: Final = bytes(16)
LEVELS: Final = 8  # of tiles in a tree of 2**64 leaves

_DROP_TILE = delete(MERKLE_TILE).where(
    MERKLE_TILE.c.level == bindparam("at"), MERKLE_TILE.c.number == bindparam("its")
)
_DROP_BEYOND = delete(MERKLE_TILE).where(
    MERKLE_TILE.c.level == bindparam("at"), MERKLE_TILE.c.number >= bindparam("full")
)

Progress = Callable[[int, int], None]
"""Called with the leaves that are in the tree again and their number."""


class Recovered(NamedTuple):
    """What was done about a loss: the epoch, where its first event is, its first note. Position and
    note are None where nothing but tiles had to be mended and the epoch goes on.
    """

    epoch: Epoch
    position: int | None
    signed: SignedCheckpoint | None
    loss: Loss


def recover(
    log: LogRecorder, settings: Settings, progress: Progress = lambda done, size: None
) -> Recovered | None:
    """Acknowledge a loss: begin a new epoch whose first event names it. None when there is no loss.

    Builds the tree again from the leaves and mends the tiles that do not fit; where that was all,
    nothing is lost and no epoch begins. A signing key that is gone is replaced by a new one. Raises
    EventsMissing when the log has a gap, which no epoch mends.
    """
    file = CheckpointFile(settings.checkpoints_path)
    remembered = remembered_by(file)
    with log.storage.read() as turn:
        take_turn(turn, Task.SEAL, wait=True)
        loss = find_loss(log, settings)
        if loss is None:
            return None
        edge, _ = _rebuild(log, progress)
        with log.storage.read() as connection:  # what is true now that it is our turn
            begun, own = epochs(connection), latest(connection)
        if find_loss(log, settings) is None:
            return Recovered(begun[-1], None, None, loss)
        name = Verifier.parse(begun[-1].vkey).name if begun else name_of(settings)
        signer = read_signer(settings, name)
        loss = loss._replace(last=max(filter(None, (remembered, own)), default=None))
        epoch = _next_epoch(begun, loss, signer)
        signing = Signing(signer, epoch, file, read_second(settings, signer.name))
        position, signed = _begin_epoch(log, signing, loss, edge)
    file.append([signed])
    return Recovered(epoch, position, signed, loss)


def mend_tiles(log: LogRecorder, progress: Progress = lambda done, size: None) -> int:
    """Build the tree again from the leaves and put right the tiles that differ; how many did.

    Raises StartRefused when the leaves themselves do not give the root of the last note: the tiles
    then tell what the leaves were, and stay. Raises EventsMissing when the log has a gap.
    """
    with log.storage.read() as turn:
        take_turn(turn, Task.SEAL, wait=True)
        with log.storage.read() as connection:
            signed = latest(connection)
        if signed is not None:
            edge = RightEdge()
            for leaves in _all_leaves(log, signed.size):
                edge.grow(leaves)
                progress(edge.size, signed.size)
            if edge.range().root() != signed.checkpoint.root:
                raise StartRefused(
                    f"the leaves of the first {signed.size} events do not give the root that was"
                    " signed: events were changed, not tiles. `lrs audit verify --full` names them"
                )
        return _rebuild(log, progress)[1]


def _all_leaves(log: LogRecorder, size: int) -> Iterator[list[bytes]]:
    """The first leaves of the log, in batches. Raises EventsMissing."""
    for after in range(0, size, BATCH):
        with log.storage.read() as connection:
            leaves = following_leaves(log, connection, after, min(after + BATCH, size))
        yield leaves


def _rebuild(log: LogRecorder, progress: Progress) -> tuple[RightEdge, int]:
    """The tree grown again from the leaves; the tiles that differed, now put right."""
    edge, mended = RightEdge(), 0
    with log.storage.read() as connection:
        size = last_event(connection)
    for leaves in _all_leaves(log, size):
        filled = edge.grow(leaves)
        with log.storage.read() as connection:
            wrong = [it for it in filled if stored_tile(connection, *it[:2]) != it.hashes]
        if wrong:
            mended += len(wrong)
            with log.storage.write() as connection:
                for tile in wrong:
                    connection.execute(_DROP_TILE, {"at": tile.level, "its": tile.number})
                insert_rows(connection, MERKLE_TILE, wrong)
        progress(edge.size, size)
    with log.storage.write() as connection:
        for level in range(LEVELS):
            beyond = {"at": level, "full": size >> (HEIGHT * (level + 1))}
            mended += connection.execute(_DROP_BEYOND, beyond).rowcount
        tree = tree_of(connection)
        if tree is not None:
            store_tree(connection, Tree.of(tree.epoch, edge), [], None)
    return edge, mended


def _next_epoch(begun: Sequence[Epoch], loss: Loss, signer: Signer) -> Epoch:
    known = [epoch.epoch for epoch in begun] + [loss.last.epoch if loss.last else 1]
    number = max(known) + 1
    return Epoch(number, origin_of(signer.name, number), signer.vkey)


def _begin_epoch(
    log: LogRecorder, signing: Signing, loss: Loss, edge: RightEdge
) -> tuple[int, SignedCheckpoint]:
    """The position of the event that names the loss, and the note over it, in one transaction."""
    epoch, last = signing.epoch, loss.last
    said = {
        "epoch": epoch.epoch,
        "origin": epoch.origin,
        "vkey": epoch.vkey,
        "loss": loss.kind,
        "found": {"size": edge.size, "root": base64.b64encode(edge.range().root()).decode()},
        "last": None
        if last is None
        else {"epoch": last.epoch, "size": last.size, "signed": last.signed, "note": last.note},
    }
    event = NewEvent(
        Kind.EPOCH_BEGUN,
        LOG_STREAM,
        orjson.dumps(said),
        stream_version=epoch.epoch,
        content_hash=bytes(32),
    )
    with log.storage.write() as connection:
        log.lock_head(connection)
        if loss.kind == "head":
            connection.execute(text("UPDATE log_head SET position = :end"), {"end": loss.size})
        appended = log.append_in(connection, [event])
        position = appended.positions[-1]
        tiles = edge.grow(following_leaves(log, connection, edge.size, position))
        when = max(appended.head.stored, last.signed + 1 if last else 0)
        note = signing.sign(edge.size, edge.range().root())
        signed = SignedCheckpoint(epoch.epoch, edge.size, str(note), when)
        insert_rows(connection, LOG_EPOCH, [epoch])
        if tree_of(connection) is None:
            insert_rows(connection, MERKLE_TREE, [(True, *Tree.of(epoch.epoch, edge))])
        store_tree(connection, Tree.of(epoch.epoch, edge), tiles, signed)
    return position, signed

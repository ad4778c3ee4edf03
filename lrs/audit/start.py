"""What happens before a store is opened for writing: is it still the log whose checkpoints we know?

The last note in the file outside the database and the last one in the database are compared with
the tree: by tiles and the leaves after them, so in O(log n). A database that was set back or is
another one is not appended to, because the log would then say two things about one position. Who
has lost events for good says so, once: a new epoch begins with an event that names the loss.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

import orjson
import structlog
from sqlalchemy import Connection, bindparam, delete, func, select, text

from lrs.audit.checkpoints import (
    CheckpointFile,
    CheckpointFileDamaged,
    Epoch,
    SignedCheckpoint,
    epochs,
    latest,
    origin_of,
)
from lrs.audit.merkle import CompactRange, root_at
from lrs.audit.notes import Note, NoteInvalid, Signer, Verifier, is_key_name
from lrs.audit.sealer import (
    BATCH,
    EventsMissing,
    Signing,
    Tree,
    following_leaves,
    store_tree,
    take_turn,
    tree_of,
)
from lrs.audit.second_key import read_second
from lrs.audit.tiles import HEIGHT, RightEdge, TileMissing, Tiles, stored_tile
from lrs.log.recorder import LogRecorder
from lrs.log.tables import EVENT_LOG, LOG_EPOCH, MERKLE_TILE, MERKLE_TREE
from lrs.secret_files import make
from lrs.settings import InvalidSettings, Settings
from lrs.store_time import iso_time
from projections.rows import fetch_rows, insert_rows
from schemas.events import Kind, NewEvent

RECOVER: Final = "lrs audit recover --acknowledge-loss"
LOG_STREAM: Final = bytes(16)

_LAST_EVENT = select(func.max(EVENT_LOG.c.position))
_DROP_TILE = delete(MERKLE_TILE).where(
    MERKLE_TILE.c.level == bindparam("at"), MERKLE_TILE.c.number == bindparam("its")
)
_DROP_BEYOND = delete(MERKLE_TILE).where(
    MERKLE_TILE.c.level == bindparam("at"), MERKLE_TILE.c.number >= bindparam("full")
)
LEVELS: Final = 8  # of tiles in a tree of 2**64 leaves

Progress = Callable[[int, int], None]
"""Called with the leaves that are in the tree again and their number."""


logger = structlog.get_logger(__name__)


class StartRefused(Exception):
    """The store is not opened for writing: what was found, and what to do."""


class Loss(NamedTuple):
    """How the database falls short of what was signed, as far as one look tells.

    ``last`` is the note it contradicts and ``source`` where that was found; ``size`` is where the
    database ends.
    """

    kind: Literal["shorter", "differs", "head", "key"]
    last: SignedCheckpoint | None
    source: str
    size: int

    def __str__(self) -> str:
        end = f"the database ends at position {self.size}"
        if self.last is None:
            return f"{self.source}; {end}"
        known = f"the checkpoint of {iso_time(self.last.signed)} in {self.source}"
        match self.kind:
            case "key":
                return f"{known} is not signed by a key of this log; {end}"
            case "shorter":
                return f"{end}, but {known} is of {self.last.size} events: it was set back"
            case _:
                return (
                    f"the first {self.last.size} events have another root than {known} says: this"
                    " is another log, or what was recorded was changed"
                )


_LOST: Final = f"`{RECOVER}` begins a new epoch that names the loss."
_OTHER: Final = (
    "If this is meant to be another log, give it files of its own: LRS_SIGNING_KEY_FILE and"
    " LRS_CHECKPOINTS_FILE."
)
MENDS: Final = {
    "shorter": f"Restore the newer database. If it is lost for good, {_LOST} {_OTHER}",
    "differs": f"Restore the right database. If it is lost for good, {_LOST} {_OTHER}",
    "head": f"Restore a backup. If what is missing is lost for good, {_LOST}",
    "key": f"Restore the key file. If the key is lost for good, {_LOST} {_OTHER}",
}
"""What to do, by the kind of the loss."""


class Recovered(NamedTuple):
    """What was done about a loss: the epoch, where its first event is, its first note. Position and
    note are None where nothing but tiles had to be mended and the epoch goes on.
    """

    epoch: Epoch
    position: int | None
    signed: SignedCheckpoint | None
    loss: Loss


def open_signing(log: LogRecorder, settings: Settings) -> Signing:
    """The key, the epoch and the file with which a store seals; made at the first start.

    Raises StartRefused when the log is not what its checkpoints say, InvalidSettings when a file
    cannot be used.
    """
    file = CheckpointFile(settings.checkpoints_path)
    remembered = _remembered(file)
    loss = find_loss(log, settings)
    if loss is not None:
        raise StartRefused(f"{loss}. {MENDS[loss.kind]}")
    with log.storage.read() as connection:
        begun, signed = epochs(connection), latest(connection)
    if remembered is None and signed is not None:
        logger.warning("the checkpoints are copied out of the database", file=str(file.path))
    signer = read_signer(settings, name_of(settings))
    if not begun:
        begun = _begin_first(log, signer)
    return Signing(signer, begun[-1], file, read_second(settings, signer.name))


def read_signer(settings: Settings, name: str) -> Signer:
    """The key in the file of the settings; if there is none, one of this name is made.

    Raises InvalidSettings when the file can be neither read nor made, or holds no key.
    """
    path = settings.signing_key_path
    where = f"LRS_SIGNING_KEY_FILE={path}"
    try:
        if not path.exists():
            make(path, Signer.generate(name).text().encode() + b"\n")
        return Signer.parse(path.read_text("ascii"))
    except OSError as error:
        raise InvalidSettings(
            f"{where}: {error.strerror}. Name a file this process may read and make."
        ) from error
    except (NoteInvalid, ValueError) as error:
        raise InvalidSettings(f"{where}: {error}. Restore the file.") from None


def name_of(settings: Settings) -> str:
    """What a new log calls itself: the address of its pages about the log, without the scheme."""
    name = settings.base_url.partition("://")[2].replace("+", "%2B") + "/log"
    if not is_key_name(name):
        raise InvalidSettings(f"LRS_BASE_URL={settings.base_url}: must not have spaces in it.")
    return name


def find_loss(log: LogRecorder, settings: Settings) -> Loss | None:
    """How the database contradicts the last note of the file, or its own, or the signing key; None
    when it does not. Changes nothing.

    A note of an epoch before the database's own is not held against it: that loss was acknowledged.
    """
    file = CheckpointFile(settings.checkpoints_path)
    remembered = file.last()  # before the database is read, which then is at least as new
    with log.storage.read() as connection:
        begun, own = epochs(connection), latest(connection)
        size, head = _last_event(connection), log.head_of(connection).position
        epoch = begun[-1].epoch if begun else 1
        verifiers = [Verifier.parse(known.vkey) for known in begun]
        if begun or remembered:
            if not settings.signing_key_path.exists():
                return Loss("key", None, f"{_key_file(settings)} does not exist", size)
            verifier = read_signer(settings, "").verifier
            verifiers = verifiers or [verifier]
            if verifier != verifiers[-1]:
                source = f"{_key_file(settings)} holds {_shown(verifier)}, this log signs with"
                return Loss("key", None, f"{source} {_shown(verifiers[-1])}", size)
        if head != size:
            return Loss("head", None, f"log_head says that the log ends at {head}", size)
        tiles = Tiles(log, connection)
        for last, source in (
            (remembered, f"LRS_CHECKPOINTS_FILE={file.path}"),
            (own, "the table signed_checkpoint"),
        ):
            if last is None or last.epoch < epoch:
                continue
            if not _is_signed(last, verifiers):
                return Loss("key", last, source, size)
            if last.size > size:
                return Loss("shorter", last, source, size)
            if last.epoch > epoch or _root_at(tiles, last.size) != last.checkpoint.root:
                return Loss("differs", last, source, size)
    return None


def recover(
    log: LogRecorder, settings: Settings, progress: Progress = lambda done, size: None
) -> Recovered | None:
    """Acknowledge a loss: begin a new epoch whose first event names it. None when there is no loss.

    Builds the tree again from the leaves and mends the tiles that do not fit; where that was all,
    nothing is lost and no epoch begins. A signing key that is gone is replaced by a new one. Raises
    EventsMissing when the log has a gap, which no epoch mends.
    """
    file = CheckpointFile(settings.checkpoints_path)
    remembered = _remembered(file)
    with log.storage.read() as turn:
        take_turn(turn, wait=True)
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
        signing = Signing(signer, epoch, file, read_second(settings, name))
        position, signed = _begin_epoch(log, signing, loss, edge)
    file.append([signed])
    return Recovered(epoch, position, signed, loss)


def _remembered(file: CheckpointFile) -> SignedCheckpoint | None:
    """The last note outside the database. Makes the file if there is none."""
    try:
        file.append([])
        return file.last()
    except OSError as error:
        raise InvalidSettings(
            f"LRS_CHECKPOINTS_FILE={file.path}: {error.strerror}. Name a file this process may read"
            " and add to."
        ) from error
    except CheckpointFileDamaged as damaged:
        raise StartRefused(str(damaged)) from None


def _begin_first(log: LogRecorder, signer: Signer) -> list[Epoch]:
    """The epochs after the first one was begun, here or by another process at the same time."""
    first = Epoch(1, origin_of(signer.name, 1), signer.vkey)
    empty = Tree(1, 0, CompactRange().dump(), b"")
    with log.storage.write() as connection:
        log.lock_head(connection)
        if not epochs(connection):
            insert_rows(connection, LOG_EPOCH, [first])
            insert_rows(connection, MERKLE_TREE, [(True, *empty)])
        begun = epochs(connection)
    if begun[-1].vkey != signer.vkey:
        raise StartRefused(
            f"another process began this log with the key {_shown(Verifier.parse(begun[-1].vkey))}:"
            " let all use one LRS_SIGNING_KEY_FILE"
        )
    return begun


def _next_epoch(begun: Sequence[Epoch], loss: Loss, signer: Signer) -> Epoch:
    known = [epoch.epoch for epoch in begun] + [loss.last.epoch if loss.last else 1]
    number = max(known) + 1
    return Epoch(number, origin_of(signer.name, number), signer.vkey)


def mend_tiles(log: LogRecorder, progress: Progress = lambda done, size: None) -> int:
    """Build the tree again from the leaves and put right the tiles that differ; how many did.

    Raises StartRefused when the leaves themselves do not give the root of the last note: the tiles
    then tell what the leaves were, and stay. Raises EventsMissing when the log has a gap.
    """
    with log.storage.read() as turn:
        take_turn(turn, wait=True)
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
    position = 0
    while position < size:
        with log.storage.read() as connection:
            leaves = following_leaves(log, connection, position, min(BATCH, size - position))
        if not leaves:
            raise EventsMissing(position + 1)
        yield leaves
        position += len(leaves)


def _rebuild(log: LogRecorder, progress: Progress) -> tuple[RightEdge, int]:
    """The tree grown again from the leaves; the tiles that differed, now put right."""
    edge, mended = RightEdge(), 0
    with log.storage.read() as connection:
        size = _last_event(connection)
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
        tiles = edge.grow(following_leaves(log, connection, edge.size, BATCH))
        when = max(appended.head.stored, last.signed + 1 if last else 0)
        note = signing.sign(edge.size, edge.range().root())
        signed = SignedCheckpoint(epoch.epoch, edge.size, str(note), when)
        insert_rows(connection, LOG_EPOCH, [epoch])
        if tree_of(connection) is None:
            insert_rows(connection, MERKLE_TREE, [(True, *Tree.of(epoch.epoch, edge))])
        store_tree(connection, Tree.of(epoch.epoch, edge), tiles, signed)
    return appended.positions[-1], signed


def _is_signed(last: SignedCheckpoint, verifiers: Sequence[Verifier]) -> bool:
    try:
        return bool(Note.parse(last.note).verified_by(verifiers))
    except NoteInvalid:
        return False


def _root_at(tiles: Tiles, size: int) -> bytes | None:
    try:
        return root_at(size, tiles.node)
    except (TileMissing, ValueError):  # an edge that is not of its size
        return None


def _last_event(connection: Connection) -> int:
    return fetch_rows(connection, _LAST_EVENT, {})[0][0] or 0


def _key_file(settings: Settings) -> str:
    return f"LRS_SIGNING_KEY_FILE={settings.signing_key_path}"


def _shown(verifier: Verifier) -> str:
    return f"{verifier.name}+{verifier.key_id.hex()}"

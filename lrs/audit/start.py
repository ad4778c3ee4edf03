"""What happens before a store is opened for writing: is it still the log whose checkpoints we know?

The last note in the file outside the database and the last one in the database are compared with
the tree: by tiles and the leaves after them, so in O(log n). A database that was set back or is
another one is not appended to, because the log would then say two things about one position. Who
has lost events for good says so, once (``recovery``).
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import structlog
from sqlalchemy import Connection, func, select

from lrs.audit.checkpoints import (
    CheckpointFile,
    CheckpointFileDamaged,
    Epoch,
    SignedCheckpoint,
    epochs,
    latest,
    origin_of,
)
from lrs.audit.key_files import read_key
from lrs.audit.merkle import CompactRange, root_at
from lrs.audit.notes import Note, NoteInvalid, Signer, Verifier, is_key_name
from lrs.audit.sealer import Signing, Tree
from lrs.audit.second_key import read_second
from lrs.audit.tiles import TileMissing, Tiles
from lrs.log.recorder import LogRecorder
from lrs.log.tables import EVENT_LOG, LOG_EPOCH, MERKLE_TREE
from lrs.settings import InvalidSettings, Settings
from lrs.store_time import iso_time
from projections.rows import fetch_rows, insert_rows

SIGNING_KEY: Final = "LRS_SIGNING_KEY_FILE"
RECOVER: Final = "lrs audit recover --acknowledge-loss"

_LAST_EVENT = select(func.max(EVENT_LOG.c.position))

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


def open_signing(log: LogRecorder, settings: Settings) -> Signing:
    """The key, the epoch and the file with which a store seals; made at the first start.

    Raises StartRefused when the log is not what its checkpoints say, InvalidSettings when a file
    cannot be used.
    """
    file = CheckpointFile(settings.checkpoints_path)
    remembered = remembered_by(file)
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
    return read_key(SIGNING_KEY, path, Signer.parse, lambda: Signer.generate(name))


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
        size, head = last_event(connection), log.head_of(connection).position
        epoch = begun[-1].epoch if begun else 1
        verifiers = [Verifier.parse(known.vkey) for known in begun]
        if begun or remembered:
            if not settings.signing_key_path.exists():
                return Loss("key", None, f"{_key_file(settings)} does not exist", size)
            key = settings.signing_key_path
            verifier = read_key(SIGNING_KEY, key, Signer.parse).verifier
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


def remembered_by(file: CheckpointFile) -> SignedCheckpoint | None:
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


def last_event(connection: Connection) -> int:
    """The position of the last event there is, whatever ``log_head`` says; 0 when there is none."""
    return fetch_rows(connection, _LAST_EVENT, {})[0][0] or 0


def _key_file(settings: Settings) -> str:
    return f"{SIGNING_KEY}={settings.signing_key_path}"


def _shown(verifier: Verifier) -> str:
    return f"{verifier.name}+{verifier.key_id.hex()}"

"""Cosigning without a network: what the log would have sent is brought as files.

Either a note with the hashes of a consistency proof, or a folder of tiles (a bundle, or a copy of
what a log serves below ``/log``) from which the witness makes the proof it wants itself.
"""

from pathlib import Path

from lrs.audit.checkpoints import Checkpoint
from lrs.audit.merkle import HASH_BYTES, Nodes, consistency_proof, full_root, hashes_in
from lrs.audit.notes import Note
from lrs.audit.tiles import HEIGHT, WIDTH, tile_path
from lrs.witness.submission import MOST_BYTES, Submission, SubmissionInvalid, parse_hashes
from lrs.witness.witness import NotConsistent, Witness


class FilesMissing(Exception):
    """What was brought is not enough to cosign; says what to bring."""


def cosign_files(
    witness: Witness, path: Path, *, proof: Path | None = None, tiles: Path | None = None
) -> Note:
    """Cosign a note file, or the checkpoint of a folder, and return the note with every signature.

    Raises FilesMissing, SubmissionInvalid and WitnessRefused.
    """
    if path.is_dir():
        path, tiles = path / "checkpoint", path
    text = _read(path)
    note, checkpoint = witness.check_signed(text)
    last = witness.last_of(checkpoint.origin)
    if last.size > checkpoint.size or last.size in (0, checkpoint.size):
        hashes: tuple[bytes, ...] = ()
    elif proof is not None:
        hashes = _proof_in(_read(proof), last.size)
    elif tiles is not None:
        hashes = tuple(consistency_proof(last.size, checkpoint.size, _nodes(tiles, checkpoint)))
    else:
        raise FilesMissing(
            f"this witness has seen size {last.size} of {checkpoint.origin}. Bring the consistency"
            f" proof from {last.size} to {checkpoint.size} (--proof FILE), or a bundle or the tiles"
            " of the log (--tiles DIR)."
        )
    old = min(last.size, checkpoint.size)
    cosigned = witness.cosign(Submission(old, hashes, str(note)))
    return Note.parse(text).signed_by(*cosigned.lines)


def _proof_in(text: str, size: int) -> tuple[bytes, ...]:
    """The hashes of a proof file, one a line; it may begin with a line ``old SIZE``."""
    lines = [line for line in text.split("\n") if line]
    if lines and lines[0].startswith("old "):
        if lines[0] != f"old {size}":
            raise FilesMissing(
                f"the proof begins at {lines[0].removeprefix('old ')}, this witness has seen {size}"
            )
        lines = lines[1:]
    return parse_hashes(lines)


def _nodes(folder: Path, checkpoint: Checkpoint) -> Nodes:
    """The nodes of the tree in a folder of tiles, as of a checkpoint."""

    def node(level: int, index: int) -> bytes:
        below, rest = divmod(level, HEIGHT)
        number, place = divmod(index << rest, WIDTH)
        width = min(WIDTH, (checkpoint.size >> (HEIGHT * below)) - number * WIDTH)
        name = tile_path(below, number, width)
        hashes = hashes_in(_read_bytes(folder / name))
        if len(hashes) != width or len(hashes[-1]) != HASH_BYTES:
            raise NotConsistent(f"{folder / name} does not hold {width} hashes")
        return full_root(hashes[place : place + (1 << rest)])

    return node


def _read(path: Path) -> str:
    try:
        return _read_bytes(path).decode()
    except UnicodeDecodeError:
        raise SubmissionInvalid(f"{path} is not UTF-8 text") from None


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FilesMissing(f"{path}: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise SubmissionInvalid(f"{path} is longer than {MOST_BYTES} bytes")
    return content

"""Bundles: a log in a directory, to be verified without the store and without this program.

docs/bundle-format.md describes the files, ``tools/verify_log.py`` reads them with Python's standard
library alone. A bundle is as of one signed checkpoint, so what the log records while it is written
is not in it. ``SHA256SUMS`` is written last: a bundle without it is not whole.
"""

import base64
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from urllib.parse import quote

import orjson
from sqlalchemy import Connection, bindparam, select, tuple_

from lrs.audit import checkpoints
from lrs.audit.checkpoints import SignedCheckpoint
from lrs.audit.closings import outcome
from lrs.audit.openings import Opening, openings
from lrs.audit.period_checks import NOT_COMPUTABLE
from lrs.audit.tiles import TilePath, Tiles, bundles_of, entries_path, tile_path, tiles_of
from lrs.log.recorder import LogRecorder
from lrs.log.tables import COSIGNATURE
from projections import assessment
from projections.assessment.views import ResultSet
from projections.rows import fetch_rows
from schemas.events import Kind, LogEntry
from schemas.register import Closing, Scheme, record_of

FORMAT: Final = "hocba-bundle/1"
SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "manifest.json"
VKEYS: Final = "vkeys"
CHECKPOINT: Final = "checkpoint"
CHECKPOINTS: Final = "checkpoints.jsonl"
EVENTS: Final = "events.jsonl.gz"
CLOSINGS: Final = "closings.json"
FORGETTING: Final = (Kind.PERSON_FORGOTTEN, Kind.RETENTION_APPLIED)
TILES_AT_ONCE: Final = 64
AT_ONCE: Final = 1024  # events read at once; each read sees one state of the database, and ends
WITHOUT_BODIES: Final = "this bundle is without personal content"
CHANGED: Final = "computed again, the results are not those that were closed"

_COSIGNATURES = (
    select(COSIGNATURE.c.epoch, COSIGNATURE.c.size, COSIGNATURE.c.line)
    .where(
        tuple_(COSIGNATURE.c.epoch, COSIGNATURE.c.size)
        >= tuple_(bindparam("epoch"), bindparam("size")),
        tuple_(COSIGNATURE.c.epoch, COSIGNATURE.c.size)
        <= tuple_(bindparam("last_epoch"), bindparam("last_size")),
    )
    .order_by(COSIGNATURE.c.epoch, COSIGNATURE.c.size, COSIGNATURE.c.name, COSIGNATURE.c.key_id)
)

Progress = Callable[[int, int], None]
"""Called with the events written, and how many there are."""


class DirectoryTaken(Exception):
    """A bundle is written into a directory of its own."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} is not empty. Name a directory that does not exist yet.")


class NothingSigned(Exception):
    """The log has no checkpoint, so there is nothing a bundle could be verified against."""

    def __init__(self) -> None:
        super().__init__(
            "the log has no signed checkpoint yet; start the store once, which signs one"
        )


class ForgottenMeanwhile(Exception):
    """Content is gone, and what says why came after the checkpoint of the bundle."""

    def __init__(self) -> None:
        super().__init__(
            "somebody was forgotten while the bundle was being written; export once more, into"
            " another directory"
        )


class Exported(NamedTuple):
    """What was written: the checkpoint, and how many events could not be opened."""

    signed: SignedCheckpoint
    gone: int
    closings: int
    documents: int


def export(
    log: LogRecorder,
    directory: Path,
    *,
    bodies: bool,
    about: Mapping[str, Any],
    witnesses: Iterable[str] = (),
    progress: Progress = lambda done, total: None,
) -> Exported:
    """Write the log up to its last checkpoint; ``about`` goes into the manifest besides.

    ``witnesses`` are vkeys. Memory does not grow with the log. Raises DirectoryTaken,
    NothingSigned, ForgottenMeanwhile, ContentDamaged, ContentLocked, TileMissing, and OSError when
    the directory cannot be written.
    """
    return _Export(log, directory, bodies, progress).run(about, list(witnesses))


class _Export:
    def __init__(self, log: LogRecorder, directory: Path, bodies: bool, progress: Progress) -> None:
        self._log = log
        self._bodies = bodies
        self._progress = progress
        self._files = _Files(directory, is_personal=bodies)
        with log.storage.read() as connection:
            signed = checkpoints.latest(connection)
            if signed is None:
                raise NothingSigned
            self._epochs = checkpoints.epochs(connection)
            self._note = checkpoints.cosigned(connection, signed)
        self._signed = signed

    def run(self, about: Mapping[str, Any], witnesses: list[str]) -> Exported:
        self._write_tree()
        gone = self._write_events() if self._bodies else 0
        self._write_checkpoints(witnesses)
        closings, documents = self._write_closings()
        self._files.write(MANIFEST, _text(self._manifest(about)))
        self._files.finish()
        return Exported(self._signed, gone, closings, documents)

    def _manifest(self, about: Mapping[str, Any]) -> dict[str, Any]:
        checkpoint = self._signed.checkpoint
        return {
            **about,
            "format": FORMAT,
            "origin": checkpoint.origin,
            "epoch": self._signed.epoch,
            "size": checkpoint.size,
            "root": base64.b64encode(checkpoint.root).decode(),
            "bodies": "all" if self._bodies else "none",
            "epochs": {str(epoch.epoch): epoch.vkey for epoch in self._epochs},
        }

    def _write_tree(self) -> None:
        size = self._signed.size
        for paths in batched(chain(tiles_of(size), bundles_of(size)), TILES_AT_ONCE):
            with self._log.storage.read() as connection:
                tiles = Tiles(self._log, connection)
                for level, number, width in paths:
                    if level is None:
                        name, content = entries_path(number, width), tiles.entries(number, width)
                    else:
                        name = tile_path(level, number, width)
                        content = tiles.tile(level, number, width)
                    self._files.write(name, content)

    def _write_events(self) -> int:
        """The salts and the bodies; how many are gone."""
        size = self._signed.size
        last_forgetting = max((entry.position for entry in self._of_kinds(*FORGETTING)), default=0)
        gone = 0
        with self._files.opened(EVENTS) as file, _packed(file) as out:
            for after in range(0, size, AT_ONCE):
                through = min(after + AT_ONCE, size)
                for opening in self._openings(after, through):
                    if opening.gone is not None:
                        gone += 1
                        if opening.entry.position > last_forgetting:
                            raise ForgottenMeanwhile
                    out.write(_event_line(opening))
                self._progress(through, size)
        return gone

    def _openings(self, after: int, through: int) -> list[Opening]:
        with self._log.storage.read() as connection:
            return [opening for opening, _ in openings(self._log, connection, after, through)]

    def _of_kinds(self, *kinds: Kind) -> Iterator[LogEntry]:
        after = 0
        while True:
            with self._log.storage.read() as connection:
                found = self._log.read_in(
                    connection, after, AT_ONCE, stop=self._signed.size, kinds=kinds
                )
            yield from found
            if len(found) < AT_ONCE:
                return
            after = found[-1].position

    def _write_checkpoints(self, witnesses: list[str]) -> None:
        with self._files.opened(CHECKPOINTS) as out:
            for batch in self._notes():
                for kept in batch:
                    out.write(orjson.dumps(kept, option=orjson.OPT_APPEND_NEWLINE))
        self._files.write(CHECKPOINT, str(self._note).encode())
        keys = dict.fromkeys([epoch.vkey for epoch in reversed(self._epochs)] + witnesses)
        self._files.write(VKEYS, "".join(f"{key}\n" for key in keys).encode())

    def _notes(self) -> Iterator[list[dict[str, Any]]]:
        """Every note up to the one exported, which is the last, with its cosignatures."""
        last = self._signed[:2]
        after = (0, 0)
        while after < last:
            with self._log.storage.read() as connection:
                batch: list[SignedCheckpoint] = []
                for signed in checkpoints.notes(connection, after):
                    if signed[:2] > last or len(batch) == checkpoints.AT_ONCE:
                        break
                    batch.append(signed)
                lines = _cosignatures(connection, batch[0], batch[-1])
            after = batch[-1][:2]
            if after == last:  # a witness may have signed since
                lines[last] = [
                    s.line for s in self._note.signatures if s.line not in batch[-1].note
                ]
            yield [
                {
                    "epoch": signed.epoch,
                    "size": signed.size,
                    "signed": signed.signed,
                    "note": signed.note,
                    "cosignatures": lines[signed[:2]],
                }
                for signed in batch
            ]

    def _write_closings(self) -> tuple[int, int]:
        """The score sheets, the closings and their results, each with the event it is of."""
        schemes: list[dict[str, Any]] = []
        closings: list[dict[str, Any]] = []
        files: dict[str, bytes] = {}
        for entry in self._of_kinds(Kind.SCHEME_ACTIVATED, Kind.PERIOD_CLOSED):
            record = record_of(entry.kind, entry.body)
            said: dict[str, Any] = {"at": entry.position, "salt": entry.salt.hex()}
            if isinstance(record, Scheme):
                name = f"schemes/{quote(record.id, safe='')}@{record.version}.json"
                schemes.append(said | {"file": _put(files, name, entry)})
            elif isinstance(record, Closing):
                said |= {"period": record.period, "body": base64.b64encode(entry.body).decode()}
                closings.append(said | self._results(record, entry.position, files))
        for name, content in files.items():
            self._files.write(name, content)
        self._files.write(CLOSINGS, _text({"closings": closings, "schemes": schemes}))
        documents = sum(closing["document"] is not None for closing in closings)
        return len(closings), documents

    def _results(self, closing: Closing, at: int, files: dict[str, bytes]) -> dict[str, Any]:
        """Put the closed results among the files, if they can still be told."""
        if not self._bodies:
            return {"document": None, "why": WITHOUT_BODIES}
        with self._log.storage.read() as connection:
            document = closed_results(self._log, connection, closing)
        if document is None:
            return {"document": None, "why": CHANGED}
        name = f"results/{quote(closing.period, safe='')}.{document['result_set']}.json"
        if name in files:  # closed, reopened and closed once more
            name = name.replace(".json", f"~{at}.json")
        files[name] = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        return {"document": name}


def closed_results(
    log: LogRecorder, connection: Connection, closing: Closing
) -> Mapping[str, Any] | None:
    """The document whose digest a closing recorded, computed again from the store's tables.

    None when they give another one, as they do once somebody in it was forgotten.
    """
    sets: list[ResultSet] = ["corrected", "frozen"]  # older closings do not say which
    for result_set in sets if closing.result_set is None else [closing.result_set]:
        try:
            seen = assessment.view(connection, closing.period, result_set, closing.position)
            found = outcome(log, connection, seen, connection)
        except NOT_COMPUTABLE:
            continue
        if found.results == closing.results:
            return found.document
    return None


def _put(files: dict[str, bytes], name: str, entry: LogEntry) -> str:
    """Add an event's body under a name, another one where that name is of another body."""
    if files.get(name, entry.body) != entry.body:
        name = name.replace(".json", f"~{entry.position}.json")
    files[name] = entry.body
    return name


class _Files:
    """The files of a bundle that is being written, and their hashes."""

    def __init__(self, directory: Path, *, is_personal: bool) -> None:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise DirectoryTaken(directory)
        mode = 0o700 if is_personal else 0o777
        directory.mkdir(mode, parents=True, exist_ok=True)
        self._directory = directory
        self._hashes: dict[str, str] = {}

    def write(self, name: str, content: bytes) -> None:
        self._path(name).write_bytes(content)
        self._hashes[name] = sha256(content).hexdigest()

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """A file to be written bit by bit."""
        path = self._path(name)
        with path.open("wb") as file:
            yield file
        with path.open("rb") as file:
            self._hashes[name] = hash_of(file)

    def finish(self) -> None:
        """Write down the hashes, in the order of the names."""
        lines = [f"{self._hashes[name]}  {name}\n" for name in sorted(self._hashes)]
        (self._directory / SUMS).write_text("".join(lines), encoding="utf-8")

    def _path(self, name: str) -> Path:
        path = self._directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def batched(paths: Iterable[TilePath], count: int) -> Iterator[list[TilePath]]:
    """The paths, so many at a time."""
    left = iter(paths)
    while some := list(islice(left, count)):
        yield some


def hash_of(file: IO[bytes]) -> str:
    """The lower-case hex SHA-256 of what a file holds from here on."""
    digest = sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


@contextmanager
def _packed(file: IO[bytes]) -> Iterator[gzip.GzipFile]:
    """The same bytes give the same file: no name and no time in it."""
    with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
        yield packed


def _event_line(opening: Opening) -> bytes:
    said = opening.plain()
    del said["entry"], said["record"]  # the tree has them
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def _cosignatures(
    connection: Connection, first: SignedCheckpoint, last: SignedCheckpoint
) -> defaultdict[tuple[int, int], list[str]]:
    """The lines held for checkpoints, by epoch and size, in one query."""
    bounds = {
        "epoch": first.epoch,
        "size": first.size,
        "last_epoch": last.epoch,
        "last_size": last.size,
    }
    found: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for epoch, size, line in fetch_rows(connection, _COSIGNATURES, bounds):
        found[epoch, size].append(line)
    return found


def _text(document: Mapping[str, Any]) -> bytes:
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document, option=options)

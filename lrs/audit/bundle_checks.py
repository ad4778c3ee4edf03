"""Verifies a bundle with the product's own code.

It checks what ``tools/verify_log.py`` checks, which shares no line with it: two programs that were
written apart agree, or one of them is wrong. The tree is computed from the entries, the root of
every checkpoint is found in it, every signature is verified, every body is held against its entry.
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from lrs.audit import bundle
from lrs.audit.bundle import FORGETTING
from lrs.audit.bundle_checkpoints import Checkpoints, read_keys
from lrs.audit.bundle_files import Broken, BundleFiles, Fault, json_object
from lrs.audit.checkpoints import Checkpoint
from lrs.audit.merkle import EMPTY_ROOT, CompactRange, full_root, hashes_in
from lrs.audit.notes import Note, log_verifier
from lrs.audit.openings import Entry, Opening, OpeningInvalid
from lrs.audit.tiles import WIDTH, TilePath, bundles_of, entries_path, tile_path
from lrs.log.leaf import RECORD, leaf_hash
from schemas.events import Kind

KEPT: Final = (Kind.SCHEME_ACTIVATED, Kind.PERIOD_CLOSED, *FORGETTING)
PREFIX: Final = RECORD.size.to_bytes(2)


class Verified(NamedTuple):
    """What was looked at. ``gone`` are events whose content was destroyed or is withheld,
    ``documents`` the results that are there of ``closings``.
    """

    origin: str
    vkey: str
    size: int
    root: bytes
    checkpoints: int
    cosignatures: int
    bodies: int
    gone: int
    closings: int
    documents: int
    faults: Sequence[Fault]


Progress = bundle.Progress


def verify(
    directory: Path,
    *,
    vkey: str | None = None,
    since: Mapping[str, Note] | None = None,
    progress: Progress = lambda done, total: None,
) -> Verified:
    """Look at everything. ``vkey`` is the log's key, by default the bundle's own; ``since`` are
    checkpoints remembered from earlier, by what they are called in a fault.

    Raises BundleUnreadable where there is no such directory, NoteInvalid for no vkey of a log.
    """
    given = None if vkey is None else log_verifier(vkey)
    files = BundleFiles(directory)
    files.check_sums()
    manifest = files.document(bundle.MANIFEST)
    if manifest.get("format") != bundle.FORMAT or manifest.get("bodies") not in ("all", "none"):
        files.fault(bundle.MANIFEST, f"not that of a {bundle.FORMAT}")
    keys = read_keys(files, manifest, given)
    checkpoints = None if keys is None else Checkpoints(files, manifest, keys)
    if keys is None or checkpoints is None or checkpoints.last is None:
        return Verified("", "", 0, EMPTY_ROOT, 0, 0, 0, 0, 0, 0, files.faults)
    remembered = since or {}
    sizes = {claim.size for claim in checkpoints.claims}
    sizes |= {Checkpoint.parse(note.text).size for note in remembered.values()}
    last = checkpoints.last
    events = _Events(files, last.size, sizes, manifest.get("bodies") == "all", progress)
    checkpoints.check(events.roots)
    for where, note in remembered.items():
        checkpoints.check_remembered(where, note, events.roots)
    documents = events.check_closings()
    files.check_all_read()
    return Verified(
        last.origin,
        keys.epochs[keys.last].vkey,
        last.size,
        last.root,
        len(checkpoints.claims),
        checkpoints.cosignatures,
        events.matching,
        len(events.gone),
        events.closings,
        documents,
        files.faults,
    )


class _Events:
    """The entries, and all that is held against them: tiles, bodies, score sheets, results.

    ``roots`` are those of the tree at the sizes asked for.
    """

    def __init__(
        self, files: BundleFiles, size: int, sizes: set[int], with_bodies: bool, progress: Progress
    ) -> None:
        self._files = files
        self._progress = progress
        self._kept: dict[int, Entry] = {}
        self.roots: dict[int, bytes] = {0: EMPTY_ROOT}
        self.gone: list[int] = []
        self.closings = 0
        self.matching = 0  # bodies that are what was recorded
        self._read(size, sizes, self._event_lines() if with_bodies else None)

    def _read(self, size: int, sizes: set[int], lines: Iterator[bytes] | None) -> None:
        tree = CompactRange()
        above: list[bytes] = []
        stored = 0
        for path in bundles_of(size):
            records = self._records(path)
            leaves = [leaf_hash(record) for record in records]
            self._check_tile(TilePath(0, path.number, path.width), leaves)
            for record, leaf in zip(records, leaves, strict=True):
                tree.append(leaf)
                if tree.size in sizes:
                    self.roots[tree.size] = tree.root()
                entry = self._entry(record, tree.size, stored)
                stored = entry.stored if entry is not None else stored
                if lines is not None and entry is not None:
                    self.matching += self._check_body(entry, next(lines, b""))
            if len(records) < path.width:
                self._files.fault(
                    entries_path(path.number, path.width), "what follows is not looked at"
                )
                break
            if path.width == WIDTH:
                above.append(full_root(leaves))
            self._progress(tree.size, size)
        self._check_upper_tiles(above)
        if lines is not None:
            if next(lines, None) is not None:
                self._files.fault(bundle.EVENTS, "more lines than events")
            self._check_gone()

    def _records(self, path: TilePath) -> list[bytes]:
        """The entries of a file, as far as they can be told apart."""
        name = entries_path(path.number, path.width)
        content = self._files.read(name)
        step = len(PREFIX) + RECORD.size
        records = []
        for start in range(0, min(len(content), path.width * step), step):
            one = content[start : start + step]
            if len(one) != step or not one.startswith(PREFIX):
                self._files.fault(name, f"an entry is not {RECORD.size} bytes long")
                break
            records.append(one[len(PREFIX) :])
        if len(content) > path.width * step:
            self._files.fault(name, f"more than {path.width} entries")
        return records

    def _entry(self, record: bytes, position: int, stored: int) -> Entry | None:
        try:
            entry = Entry.parse(record)
        except OpeningInvalid as invalid:
            self._files.fault(f"event {position}", str(invalid))
            return None
        if entry.position != position:
            self._files.fault(f"event {position}", f"its entry is that of event {entry.position}")
        if entry.stored <= stored:
            self._files.fault(f"event {position}", "stored no later than the one before it")
        if entry.kind in KEPT:
            self._kept[position] = entry
        return entry

    def _check_upper_tiles(self, hashes: list[bytes]) -> None:
        """The tiles above level 0, over the roots of the full tiles of the level below."""
        level = 1
        while hashes:
            above = []
            for number, start in enumerate(range(0, len(hashes), WIDTH)):
                row = hashes[start : start + WIDTH]
                self._check_tile(TilePath(level, number, len(row)), row)
                if len(row) == WIDTH:
                    above.append(full_root(row))
            hashes, level = above, level + 1

    def _check_tile(self, path: TilePath, row: Sequence[bytes]) -> None:
        name = tile_path(path.level or 0, path.number, path.width)
        content = self._files.read(name)
        if content == b"".join(row):
            return
        held = hashes_in(content)
        at = next(
            (i for i, pair in enumerate(zip(held, row, strict=False)) if pair[0] != pair[1]),
            len(row),
        )
        self._files.fault(name, f"hash {at} is not the tree's")

    def _event_lines(self) -> Iterator[bytes]:
        path = self._files.path(bundle.EVENTS)
        if path is None:
            return
        try:
            with gzip.open(path, "rb") as lines:
                yield from lines
        except (EOFError, zlib.error, OSError) as error:
            self._files.fault(bundle.EVENTS, error)

    def _check_body(self, entry: Entry, line: bytes) -> bool:
        try:
            said = json_object(line)
            if said.get("position") != entry.position:
                raise Broken("the line of events.jsonl.gz is of another event")
            opening = Opening.read({**said, "entry": ""})._replace(record=entry.record)
            opening.check()
        except (Broken, OpeningInvalid) as error:
            self._files.fault(f"event {entry.position}", str(error))
            return False
        if opening.gone is not None:
            self.gone.append(entry.position)
        return opening.gone is None

    def _check_gone(self) -> None:
        """Content may be gone only where the log itself says later that somebody was forgotten."""
        forgetting = [at for at, entry in self._kept.items() if entry.kind in FORGETTING]
        for position in self.gone:
            if position > max(forgetting, default=0):
                self._files.fault(
                    f"event {position}", "said to be erased, and no later event says why"
                )

    def check_closings(self) -> int:
        """Every score sheet and closing, and the results that were closed; how many of those."""
        document = self._files.document(bundle.CLOSINGS)
        documents = 0
        listed = [(Kind.SCHEME_ACTIVATED, "schemes"), (Kind.PERIOD_CLOSED, "closings")]
        for kind, name in listed:
            of_kind = document.get(name, [])
            try:
                at = [one["at"] for one in of_kind]
                if at != sorted(p for p, entry in self._kept.items() if entry.kind == kind):
                    raise Broken(f"its {name} are not the events of the log")
                for one in of_kind:
                    if kind == Kind.SCHEME_ACTIVATED:
                        self._check_opening(one, self._files.read(str(one["file"])))
                    else:
                        self.closings += 1
                        documents += self._check_closing(one)
            except (Broken, OpeningInvalid, KeyError, TypeError, ValueError) as error:
                self._files.fault(bundle.CLOSINGS, f"{error!r}")
        return documents

    def _check_opening(self, one: Mapping[str, Any], body: bytes) -> None:
        Opening(self._kept[one["at"]].record, bytes.fromhex(one["salt"]), body).check()

    def _check_closing(self, one: Mapping[str, Any]) -> bool:
        opening = Opening.read({**one, "entry": ""})
        self._check_opening(one, opening.body)
        closing = json_object(opening.body)
        if closing["period"] != one["period"]:
            raise Broken(f"event {one['at']} is of another period")
        if one["document"] is None:
            return False
        if sha256(self._files.read(str(one["document"]))).hexdigest() != closing["results"]:
            raise Broken(f"{one['document']} is not the results that event {one['at']} closed")
        return True

"""The keys and the checkpoints of a bundle that is being verified."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lrs.audit.bundle import CHECKPOINT, CHECKPOINTS, VKEYS
from lrs.audit.bundle_files import Broken, BundleFiles, json_object
from lrs.audit.checkpoints import Checkpoint, origin_of
from lrs.audit.notes import Note, NoteInvalid, Verifier


class Claim(NamedTuple):
    """What a checkpoint says of the tree; there may be millions, so no more of it is kept."""

    where: str
    epoch: int
    size: int
    root: bytes


class Keys(NamedTuple):
    """The log's key of each epoch, and those of whoever else may have signed."""

    epochs: Mapping[int, Verifier]
    others: Sequence[Verifier]

    @property
    def last(self) -> int:
        return max(self.epochs)

    def epoch_of(self, origin: str) -> int | None:
        """The epoch whose checkpoints have this origin."""
        for epoch, key in self.epochs.items():
            if origin_of(key.name, epoch) == origin:
                return epoch
        return None


def read_keys(
    files: BundleFiles, manifest: Mapping[str, Any], given: Verifier | None
) -> Keys | None:
    """Those of the bundle, the log's own replaced by the one given; None where there are none."""
    text = files.read(VKEYS).decode("utf-8", "replace")
    try:
        known = {line: Verifier.parse(line) for line in text.removesuffix("\n").split("\n")}
        epochs = {int(epoch): known[vkey] for epoch, vkey in manifest["epochs"].items()}
        first = next(iter(known.values()))
        agree = max(epochs) == manifest["epoch"] and epochs[max(epochs)] == first
        if not agree or "".join(f"{line}\n" for line in known) != text:
            raise Broken("not the keys of the epochs of manifest.json")
    except (NoteInvalid, Broken, LookupError, ValueError, AttributeError, TypeError) as error:
        files.fault(VKEYS, error)
        return None
    others = [key for key in known.values() if key not in epochs.values()]
    if given is not None and first != given:
        files.fault(VKEYS, f"the log's key is {first.vkey}, not {given.vkey}")
        epochs[max(epochs)] = given
    return Keys(epochs, others)


class Checkpoints:
    """All checkpoints of a bundle, read once: each signature is verified as it passes.

    ``claims`` are what they say, in the order they were signed; ``last`` is the one of the bundle,
    None where it cannot be read. ``cosignatures`` are counted.
    """

    def __init__(self, files: BundleFiles, manifest: Mapping[str, Any], keys: Keys) -> None:
        self._files = files
        self._keys = keys
        self.claims: list[Claim] = []
        self.cosignatures = 0
        self._newest: Note | None = None
        for number, line in enumerate(files.lines(CHECKPOINTS), 1):
            self._read_line(f"{CHECKPOINTS}:{number}", line)
        self.last = self._read_last(manifest)

    def check(self, roots: Mapping[int, bytes]) -> None:
        """Every checkpoint is of the tree with these roots, by size."""
        for claim in self.claims:
            if roots.get(claim.size) != claim.root:
                self._files.fault(claim.where, "not the root of the tree at that size")

    def check_remembered(self, where: str, note: Note, roots: Mapping[int, bytes]) -> None:
        """A checkpoint from elsewhere is of this log, and of the tree as it was at its size."""
        assert self.last is not None
        checkpoint = Checkpoint.parse(note.text)
        epoch = self._keys.epoch_of(checkpoint.origin)
        if epoch is None:
            self._files.fault(where, f"it is of another log, {checkpoint.origin}")
            return
        self._verify(where, note, self._keys.epochs[epoch])
        if checkpoint.size > self.last.size:
            what = f"it is of {checkpoint.size} events; the bundle has only {self.last.size}"
            self._files.fault(where, what)
        elif roots.get(checkpoint.size) != checkpoint.root:
            what = f"the first {checkpoint.size} events are not those it was signed for"
            if epoch != self._keys.last:
                what += "; the log began a new epoch since, see its events of kind 4"
            self._files.fault(where, what)

    def _read_line(self, where: str, line: bytes) -> None:
        try:
            kept = json_object(line)
            note = Note.parse(kept["note"] + "".join(f"{it}\n" for it in kept["cosignatures"]))
            checkpoint = Checkpoint.parse(note.text)
            numbers = (kept["epoch"], kept["size"], kept["signed"])
            if [type(number) for number in numbers] != [int] * 3 or not line.endswith(b"\n"):
                raise Broken("not a line of checkpoints")
            if checkpoint.size != kept["size"]:
                raise Broken("its size is not that of its note")
            claim = Claim(where, kept["epoch"], checkpoint.size, checkpoint.root)
            if self.claims and self.claims[-1][1:3] >= claim[1:3]:
                raise Broken("not later than the one before it")
        except (Broken, NoteInvalid, TypeError, KeyError) as error:
            self._files.fault(where, error)
            return
        self.claims.append(claim)
        self._newest = note
        key = self._keys.epochs.get(claim.epoch)
        if key is None or checkpoint.origin != origin_of(key.name, claim.epoch):
            self._files.fault(where, "not of this log and epoch")
        else:
            self.cosignatures += self._verify(where, note, key)

    def _read_last(self, manifest: Mapping[str, Any]) -> Checkpoint | None:
        try:
            text = self._files.read(CHECKPOINT).decode()
            last = Checkpoint.parse(Note.parse(text).text)
            _, size, root, *_ = text.split("\n")
            said = [manifest[name] for name in ("origin", "size", "root")]
            if said != [last.origin, int(size), root]:
                raise Broken("not the tree that manifest.json tells of")
            if str(self._newest) != text or self.claims[-1].epoch != self._keys.last:
                raise Broken(f"not the last one of {CHECKPOINTS}")
        except (Broken, NoteInvalid, LookupError, UnicodeDecodeError) as error:
            self._files.fault(CHECKPOINT, error)
            return None
        return last

    def _verify(self, where: str, note: Note, key: Verifier) -> int:
        """How many of its signatures are witnesses'."""
        try:
            signed = note.verified_by([key, *self._keys.others])
        except NoteInvalid as invalid:
            self._files.fault(where, str(invalid))
            return 0
        if key not in signed:
            self._files.fault(where, f"not signed by {key.vkey}")
        return sum(it.name != key.name for it in signed)  # a log may sign with two keys

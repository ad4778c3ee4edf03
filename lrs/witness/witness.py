"""What a witness decides: whether a checkpoint continues what it cosigned before.

Source: c2sp.org/tlog-witness, add-checkpoint; the order of the checks is the specification's.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple, Self

from lrs import secret_files
from lrs.audit.checkpoints import Checkpoint
from lrs.audit.cosignatures import Cosigner
from lrs.audit.merkle import ProofInvalid, verify_consistency
from lrs.audit.notes import LOG_ALGORITHMS, Note, NoteInvalid, Verifier
from lrs.audit.origins import is_origin_of
from lrs.witness.memory import Memories, Memory, Seen, write_durably
from lrs.witness.submission import Submission

KEY_FILE: Final = "signing-key"
LOGS_FILE: Final = "logs"
LOGS_HEAD: Final = """\
# The logs this witness watches: a vkey a line (lrs audit checkpoint --vkey prints a store's).
# The name of the key is the log's origin; other origins it signs for may follow on the line.
"""


class WitnessRefused(Exception):
    """The checkpoint is not cosigned. ``kept`` is where it is, beside what contradicts it."""

    kept: Path | None = None


class NoCheckpoint(WitnessRefused):
    """What was sent is not a signed checkpoint, or begins past its own end."""


class UnknownOrigin(WitnessRefused):
    """This witness does not watch that log."""


class NotTheLogs(WitnessRefused):
    """No key that speaks for the log has signed, or a signature by one does not hold."""


class OtherSize(WitnessRefused):
    """The proof does not begin where this witness is: at ``size``."""

    def __init__(self, size: int, reason: str, kept: Path | None = None) -> None:
        super().__init__(reason)
        self.size = size
        self.kept = kept


class NotConsistent(WitnessRefused):
    """It was not shown that the checkpoint continues what was cosigned before."""

    def __init__(self, reason: str, kept: Path | None = None) -> None:
        super().__init__(reason)
        self.kept = kept


class WitnessFolderInvalid(Exception):
    """The folder is not a witness's, or cannot be used; says how to mend it."""


class WatchedLog(NamedTuple):
    """A log's key and the origins beyond its own name that it signs for."""

    verifier: Verifier
    origins: tuple[str, ...]

    def speaks_for(self, origin: str) -> bool:
        return any(is_origin_of(origin, name) for name in (self.verifier.name, *self.origins))


class Cosigned(NamedTuple):
    """A checkpoint that was cosigned: the new signature lines, and the note with them."""

    checkpoint: Checkpoint
    lines: tuple[str, ...]
    note: Note


class Witness:
    """A witness, by its folder: keys in ``signing-key``, logs in ``logs``, the rest is memory.

    Safe to use from several threads and processes: each log is one's at a time.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self.cosigners = _read_keys(folder / KEY_FILE)
        self.memories = Memories(folder / "origins")
        self._clock = clock
        self._failure: OSError | None = None

    @classmethod
    def create(cls, folder: Path, cosigners: Iterable[Cosigner], logs: Iterable[str] = ()) -> Self:
        """Make the folder of a new witness. Raises WitnessFolderInvalid when there is one."""
        lines = [" ".join((log.verifier.vkey, *log.origins)) for log in map(_watched, logs)]
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / KEY_FILE).exists():
            raise WitnessFolderInvalid(
                f"{folder} holds a witness already. Add logs to its file {folder / LOGS_FILE},"
                " a vkey a line, or name another folder."
            )
        write_durably(folder / LOGS_FILE, LOGS_HEAD + "".join(f"{it}\n" for it in lines))
        keys = "".join(f"{cosigner.text()}\n" for cosigner in cosigners)
        secret_files.make(folder / KEY_FILE, keys.encode())
        return cls(folder)

    @property
    def name(self) -> str:
        return self.cosigners[0].name

    def check(self) -> None:
        """Raises MemoryDamaged or WitnessFolderInvalid unless this folder may be signed from."""
        self.logs()
        for origin in self.memories.origins():
            with self.memories.remembering(origin) as memory:
                memory.check()

    def logs(self) -> list[WatchedLog]:
        """The logs of the folder's file, read anew: one that is added needs no restart."""
        path = self.folder / LOGS_FILE
        watched = []
        for number, line in enumerate(_text(path).split("\n"), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                try:
                    watched.append(_watched(line))
                except NoteInvalid as wrong:
                    raise WitnessFolderInvalid(f"{path}, line {number}: {wrong}") from None
        return watched

    def last_of(self, origin: str) -> Seen:
        """The tree of an origin that was cosigned last."""
        with self.memories.remembering(origin) as memory:
            return memory.last()

    def check_signed(self, text: str) -> tuple[Note, Checkpoint]:
        """The note, if a log that is watched signed it. Raises WitnessRefused."""
        try:
            note = Note.parse(text)
            checkpoint = Checkpoint.parse(note.text)
        except NoteInvalid as wrong:
            raise NoCheckpoint(str(wrong)) from None
        keys = [log.verifier for log in self.logs() if log.speaks_for(checkpoint.origin)]
        if not keys:
            raise UnknownOrigin(f"{checkpoint.origin} is not among the logs of this witness")
        try:
            signed = note.verified_by(keys)
        except NoteInvalid as wrong:
            raise NotTheLogs(str(wrong)) from None
        if not signed:
            raise NotTheLogs(f"no key of {checkpoint.origin} has signed the checkpoint")
        known = {verifier[:2] for verifier in signed}
        lines = tuple(it for it in note.signatures if (it.name, it.key_id) in known)
        return Note(note.text, lines), checkpoint

    def cosign(self, submission: Submission) -> Cosigned:
        """Cosign a checkpoint that continues the last one, once that is durable.

        Raises WitnessRefused, and OSError when it cannot be made durable: then this witness signs
        nothing more until it is started again, for it cannot know what the disk holds.
        """
        note, checkpoint = self.check_signed(submission.note)
        if submission.old > checkpoint.size:
            raise NoCheckpoint(f"old {submission.old} is more than the size {checkpoint.size}")
        with self.memories.remembering(checkpoint.origin) as memory:
            if self._failure is not None:
                raise self._failure
            last = memory.last()
            self._check_continues(memory, last, note, checkpoint, submission)
            seconds = max(int(self._clock()), last.time)
            lines = tuple(it.sign(note.text, seconds) for it in self.cosigners)
            cosigned = note.signed_by(*lines)
            try:
                memory.remember(Seen(checkpoint.size, checkpoint.root, seconds), str(cosigned))
            except OSError as error:
                self._failure = error
                raise
        return Cosigned(checkpoint, lines, cosigned)

    def _check_continues(
        self,
        memory: Memory,
        last: Seen,
        note: Note,
        checkpoint: Checkpoint,
        submission: Submission,
    ) -> None:
        forked = f"FORK: {checkpoint.origin} signed two trees of size {checkpoint.size}"
        evidence = _evidence(memory, last, note, checkpoint)
        if submission.old != last.size:
            reason = f"this witness has cosigned size {last.size}; prove from there"
            if checkpoint.size < last.size:
                reason = f"size {checkpoint.size} is older than {last.size}, cosigned already"
            raise OtherSize(last.size, forked if evidence else reason, evidence)
        if evidence:
            raise NotConsistent(forked, evidence)
        try:
            verify_consistency(
                last.size, checkpoint.size, last.root, checkpoint.root, submission.proof
            )
        except ProofInvalid as wrong:
            kept = memory.keep_unproven(str(note), memory.note() or str(last))
            raise NotConsistent(
                f"consistency proof from {last.size} to {checkpoint.size}: {wrong}. Unless a right"
                " proof comes, the log has forked",
                kept,
            ) from None


def _evidence(memory: Memory, last: Seen, note: Note, checkpoint: Checkpoint) -> Path | None:
    """Where it is kept that a log signed another tree of a size than the one that was cosigned;
    None when it did not.
    """
    if not 0 < checkpoint.size <= last.size:
        return None
    before = memory.at(checkpoint.size)
    if before is None or before.root == checkpoint.root:
        return None
    seen = memory.note() if before.size == last.size else None
    return memory.keep_fork(str(note), seen or str(before))


def _watched(line: str) -> WatchedLog:
    """A line ``VKEY [ORIGIN…]``. Raises NoteInvalid."""
    vkey, *origins = line.split()
    verifier = Verifier.parse(vkey)
    if verifier.algorithm not in LOG_ALGORITHMS:
        raise NoteInvalid(f"the key of {verifier.name} is a witness's, not a log's")
    return WatchedLog(verifier, tuple(origins))


def _read_keys(path: Path) -> list[Cosigner]:
    try:
        cosigners = [Cosigner.parse(line) for line in _text(path).splitlines() if line.strip()]
    except NoteInvalid as wrong:
        raise WitnessFolderInvalid(f"{path}: {wrong} Restore it.") from None
    if not cosigners:
        raise WitnessFolderInvalid(f"{path} holds no key. Restore it.")
    return cosigners


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise WitnessFolderInvalid(
            f"{path}: {error.strerror}. Name a witness's folder by --dir, or make one:"
            " lrs witness init"
        ) from None
    except UnicodeDecodeError:
        raise WitnessFolderInvalid(f"{path}: not UTF-8 text. Restore it.") from None

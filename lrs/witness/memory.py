"""What a witness remembers of one origin: every tree it cosigned, in order, for ever.

A line is added to ``history`` and is on the disk before a cosignature is shown to anybody, so a
witness that is killed anywhere never signs less, or another tree, than it did before. The file
``checkpoint`` is the last note with its cosignatures, for monitors; it may be a step behind after a
crash, never ahead. A lock of the folder makes processes and threads of a witness take turns.
"""

import base64
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Final, NamedTuple, Self

from lrs.audit.checkpoints import Checkpoint
from lrs.audit.merkle import EMPTY_ROOT
from lrs.audit.notes import NoteInvalid
from lrs.secret_files import sync_directory

TAIL_BYTES: Final = 4096  # more than the longest line
MOST_KEPT: Final = 100  # notes of each kind; the first ones say all there is to say
_LINE: Final = re.compile(r"(0|[1-9][0-9]{0,18}) ([A-Za-z0-9+/]{43}=) ([0-9]{1,18})\n")


class MemoryDamaged(Exception):
    """The files of an origin contradict each other or are not what this program wrote."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path}: {why}. A witness that does not know what it signed must not sign: restore the"
            " whole folder as it last was or, if that is lost, make a new witness with a new key"
            " (lrs witness init)."
        )


class Seen(NamedTuple):
    """A tree that was cosigned; ``time`` in seconds since 1970."""

    size: int
    root: bytes
    time: int

    @classmethod
    def parse(cls, line: str) -> Self:
        """Raises ValueError."""
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{line[:80]!r} is not a size, a root and a time")
        return cls(int(match[1]), base64.b64decode(match[2]), int(match[3]))

    def __str__(self) -> str:
        return f"{self.size} {base64.b64encode(self.root).decode()} {self.time}\n"


NOTHING: Final = Seen(0, EMPTY_ROOT, 0)


def name_of(origin: str) -> str:
    """The folder of an origin, and its name in the monitors' paths."""
    return sha256(origin.encode()).hexdigest()


class Memory:
    """The folder of one origin; valid inside ``remembering`` alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._history = folder / "history"

    def last(self) -> Seen:
        """The tree cosigned last, ``NOTHING`` before the first."""
        try:
            with self._history.open("rb") as file:
                end = self._end_of_lines(file)
                start = max(0, end - TAIL_BYTES)
                file.seek(start)
                line = file.read(end - start)[:-1].rpartition(b"\n")[2]
                return self._parsed(line + b"\n") if end else NOTHING
        except FileNotFoundError:
            return NOTHING

    def at(self, size: int) -> Seen | None:
        """What was cosigned at exactly this size, if anything was; every log was empty once."""
        if size == 0:
            return NOTHING
        with suppress(FileNotFoundError), self._history.open("rb") as file:
            low, high = 0, self._end_of_lines(file)
            while low < high:  # sizes only grow
                middle = (low + high) // 2
                file.seek(max(0, middle - 1))
                if middle:
                    file.readline()
                if file.tell() >= high:
                    high = middle
                    continue
                seen = self._parsed(file.readline())
                if seen.size == size:
                    return seen
                if seen.size < size:
                    low = file.tell()
                else:
                    high = middle
        return None

    def all(self) -> Iterator[Seen]:
        try:
            with self._history.open("rb") as file:
                for line in file:
                    if line.endswith(b"\n"):  # else a crash cut it off, and nothing was shown
                        yield self._parsed(line)
        except FileNotFoundError:
            return

    def note(self) -> str | None:
        """The last note with its cosignatures."""
        path = self._folder / "checkpoint"
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise MemoryDamaged(path, "not UTF-8 text") from None

    def remember(self, seen: Seen, note: str) -> None:
        """Make it durable that this tree was cosigned. Raises OSError when that is not sure."""
        is_new = seen[:2] != self.last()[:2]
        with self._history.open("a+b") as file:
            file.truncate(self._end_of_lines(file))
            if is_new:
                file.write(str(seen).encode())
            file.flush()
            os.fsync(file.fileno())  # of a line that was there, too: its writer may have died
        write_durably(self._folder / "checkpoint", note)

    def keep_fork(self, offered: str, seen: str) -> Path:
        """Keep two things a log signed that cannot both be true, and tell where."""
        return self._keep("forks", offered, seen)

    def keep_unproven(self, offered: str, seen: str) -> Path:
        """Keep a checkpoint that came with a wrong proof, and tell where. It is apart from the
        forks: anybody can send a log's good checkpoint with a bad proof.
        """
        return self._keep("unproven", offered, seen)

    def _keep(self, kind: str, offered: str, seen: str) -> Path:
        kept = self._folder / kind / sha256(offered.encode()).hexdigest()[:16]
        if not (kept / "offered").exists():
            if kept.parent.exists() and len(list(kept.parent.iterdir())) >= MOST_KEPT:
                return kept.parent
            kept.mkdir(parents=True, exist_ok=True)
            write_durably(kept / "seen", seen)
            write_durably(kept / "offered", offered)
            sync_directory(kept.parent)
            sync_directory(self._folder)
        return kept

    def check(self) -> None:
        """Raises MemoryDamaged unless the files agree."""
        before = None
        for seen in self.all():
            if before is not None and (seen.size <= before.size or seen.time < before.time):
                raise MemoryDamaged(self._history, f"{seen.size} comes after {before.size}")
            before = seen
        note = self.note()
        if note is None:
            return
        try:
            checkpoint = Checkpoint.parse(note)
        except NoteInvalid as wrong:
            raise MemoryDamaged(self._folder / "checkpoint", str(wrong)) from None
        remembered = self.at(checkpoint.size)
        if remembered is None or remembered.root != checkpoint.root:
            why = f"size {checkpoint.size}, which was cosigned, is not in the history"
            raise MemoryDamaged(self._history, why)

    def _end_of_lines(self, file: IO[bytes]) -> int:
        """Where the last whole line ends: what a crash left of a line was shown to nobody."""
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - TAIL_BYTES)
        file.seek(start)
        end = file.read(size - start).rfind(b"\n") + 1
        if start and not end:
            raise MemoryDamaged(self._history, f"no line ends in its last {TAIL_BYTES} bytes")
        return start + end

    def _parsed(self, line: bytes) -> Seen:
        try:
            return Seen.parse(line.decode())
        except ValueError as wrong:
            raise MemoryDamaged(self._history, str(wrong)) from None


class Memories:
    """The folders of all origins of a witness."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def remembering(self, origin: str) -> Iterator[Memory]:
        """This caller's turn at an origin; nobody else's while it lasts."""
        folder = self._folder / name_of(origin)
        if not (folder / "origin").exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_durably(folder / "origin", f"{origin}\n")
            sync_directory(folder.parent)
        with (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Memory(folder)

    def note_of(self, name: str) -> str | None:
        """The last note of the origin whose folder this is, for whoever monitors the log."""
        if re.fullmatch("[0-9a-f]{64}", name) is None:
            return None
        return Memory(self._folder / name).note()

    def all_of(self, origin: str) -> list[Seen]:
        """Every tree of an origin that was cosigned, the first one first."""
        with self.remembering(origin) as memory:
            return list(memory.all())

    def origins(self) -> list[str]:
        """Those of which anything may have been signed."""
        texts = [file.read_text(encoding="utf-8") for file in self._folder.glob("*/origin")]
        return sorted(text.removesuffix("\n") for text in texts)


def write_durably(path: Path, text: str) -> None:
    """Replace a file whole, on the disk, or leave it as it was."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:  # of a full disk, say, which drafts must not fill further
        draft.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)

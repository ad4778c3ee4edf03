"""The files of a bundle that is being verified, and what is wrong with them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from lrs.audit.bundle import SUMS, hash_of


class Fault(NamedTuple):
    """Something in a bundle that is not as it was written: in which file, or about which event."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Broken(Exception):
    """A file, or a line of it, is not what a bundle has in its place."""


class BundleUnreadable(Exception):
    """There is no bundle; says what there is."""


class BundleFiles:
    """What is in a bundle's directory. What was read is remembered, so that nothing is left unread.

    Raises BundleUnreadable where there is no such directory.
    """

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise BundleUnreadable(f"{directory}: there is no such directory")
        self._directory = directory
        paths = (path for path in directory.rglob("*") if path.is_file())
        self._there = frozenset(path.relative_to(directory).as_posix() for path in paths)
        self._unread = set(self._there)
        self.faults: list[Fault] = []

    def fault(self, where: str, what: object) -> None:
        self.faults.append(Fault(where, what if isinstance(what, str) else repr(what)))

    def check_sums(self) -> None:
        """Every file but SHA256SUMS is listed in it with its hash, in the order of their names."""
        lines = self.read(SUMS).decode("utf-8", "replace").split("\n")
        if lines.pop() != "":
            self.fault(SUMS, "its last line is cut off")
        names = [line[66:] for line in lines]
        if names != sorted(set(names)):
            self.fault(SUMS, "its lines are not in the order of their names")
        for name in sorted(self._there - {*names, SUMS}):
            self.fault(name, f"{SUMS} does not list it")
        for line, name in zip(lines, names, strict=True):
            if name not in self._there:
                self.fault(name, f"listed in {SUMS} and not there")
                continue
            with (self._directory / name).open("rb") as file:
                if line != f"{hash_of(file)}  {name}":
                    self.fault(name, f"not what {SUMS} has the hash of")

    def check_all_read(self) -> None:
        for name in sorted(self._unread):
            self.fault(name, "no file of a bundle")

    def path(self, name: str) -> Path | None:
        """Where a file is; None, with a fault, where there is no such file."""
        self._unread.discard(name)
        if name in self._there:
            return self._directory / name
        self.fault(name, "missing")
        return None

    def read(self, name: str) -> bytes:
        """A file's content; empty, with a fault, where there is no such file."""
        path = self.path(name)
        return b"" if path is None else path.read_bytes()

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file, one by one; none, with a fault, where there is no such file."""
        path = self.path(name)
        if path is not None:
            with path.open("rb") as file:
                yield from file

    def document(self, name: str) -> dict[str, Any]:
        """The JSON object in a file; an empty one, with a fault, where there is none."""
        try:
            return json_object(self.read(name))
        except Broken as broken:
            self.fault(name, str(broken))
            return {}


def json_object(text: bytes) -> dict[str, Any]:
    """Raises Broken."""
    try:
        found = orjson.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Broken("not a JSON object")
    return found

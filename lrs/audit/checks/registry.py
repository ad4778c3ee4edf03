"""Checks that the registry of stream versions holds exactly the events of the log.

Looking each event up in the registry would read it in a random order, which takes days where it is
larger than memory. Instead both sides are read in their own order and summed: each entry is hashed
under a key drawn for this run, and equal sums mean equal sets. Only when they differ are the two
joined, to name what differs.
"""

import os
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final

from sqlalchemy import Connection, bindparam, select, text, tuple_

from lrs.audit.checks.findings import Finding
from lrs.log.rows import Row
from lrs.log.tables import EVENT_REGISTRY
from schemas.events import CATEGORIES, Category

AT_ONCE: Final = 20_000  # entries of the registry
Entry = tuple[int, bytes, int, int]
"""Category, stream id, stream version, position."""

_C = EVENT_REGISTRY.c
_PAGE = (
    select(_C.category, _C.stream_id, _C.stream_version, _C.position)
    .where(
        tuple_(_C.category, _C.stream_id, _C.stream_version)
        > tuple_(bindparam("category"), bindparam("stream"), bindparam("version"))
    )
    .order_by(_C.category, _C.stream_id, _C.stream_version)
    .limit(AT_ONCE)
)
CATEGORY: Final = (
    "CASE e.kind "
    + " ".join(f"WHEN {int(kind)} THEN {int(of)}" for kind, of in CATEGORIES.items())
    + f" ELSE {int(Category.OTHER)} END"
)
EXTRA: Final = (
    "SELECT r.category, r.stream_id, r.stream_version, r.position FROM event_registry r"
    " LEFT JOIN event_log e ON e.position = r.position"
    f" AND e.stream_id = r.stream_id AND e.stream_version = r.stream_version AND {CATEGORY}"
    " = r.category WHERE e.position IS NULL ORDER BY r.position"
)
ABSENT: Final = (
    "SELECT e.position, e.stream_id, e.stream_version FROM event_log e"
    f" LEFT JOIN event_registry r ON r.category = {CATEGORY} AND r.stream_id = e.stream_id"
    " AND r.stream_version = e.stream_version AND r.position = e.position"
    " WHERE r.position IS NULL AND e.position <= :last ORDER BY e.position"
)


class Sum:
    """A sum over entries that tells two sets of them apart, in whatever order they come.

    Two sums with one key are equal for different sets with a probability of about 2**-128, for
    nobody who does not know the key can choose entries whose hashes make up for each other.
    """

    def __init__(self, key: bytes) -> None:
        self.number = 0
        self.total = 0
        self._keyed = blake2b(key=key, digest_size=16)

    def add(self, entries: Iterable[Entry]) -> None:
        total = 0
        for category, stream, version, position in entries:
            keyed = self._keyed.copy()
            keyed.update(b"%d %d %d " % (category, version, position) + stream)
            total += int.from_bytes(keyed.digest())
            self.number += 1
        self.total = (self.total + total) % (1 << 128)


class RegistryChecks:
    """The entries there must be by the events seen, against those there are."""

    def __init__(self) -> None:
        key = os.urandom(16)
        self._expected, self._found = Sum(key), Sum(key)

    def saw(self, rows: Iterable[Row]) -> None:
        """These events are in the log."""
        self._expected.add((category_of(row[2]), row[3], row[4], row[0]) for row in rows)

    def read(self, entries: Iterable[Entry]) -> None:
        """These entries are in the registry."""
        self._found.add(entries)

    @property
    def agree(self) -> bool:
        expected, found = self._expected, self._found
        return (expected.number, expected.total) == (found.number, found.total)


def category_of(kind: int) -> int:
    return CATEGORIES.get(kind, Category.OTHER)


def entries(connection: Connection, after: Entry | None = None) -> list[Entry]:
    """A page of the registry in the order of its key, past an entry; empty after the last."""
    category, stream, version, _ = after or (-1, b"", 0, 0)
    values = {"category": category, "stream": stream, "version": version}
    return [*map(tuple, connection.execute(_PAGE, values))]


def differing(connection: Connection, last: int) -> Iterator[Finding]:
    """Each event up to position ``last`` without its entry, each entry without its event."""
    for position, stream, version in connection.execute(text(ABSENT), {"last": last}):
        yield Finding("registry-missing", position, f"{stream.hex()}/{version}", "no such entry")
    for category, stream, version, position in connection.execute(text(EXTRA)):
        found = f"{stream.hex()}/{version} of category {category}"
        yield Finding("registry-extra", position, "no entry without its event", found)

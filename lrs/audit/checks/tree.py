"""Grows the tree again from the leaves and compares each stored tile as it becomes full.

Where a tile of leaves differs, one of the two was changed. The stored tree above it tells which: a
tile that it has the hash of is as it was, so the events are not.
"""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, func, select

from lrs.audit.checks.findings import Finding
from lrs.audit.checks.rows import MISSING, Report
from lrs.audit.merkle import HASH_BYTES, CompactRange, full_root, hashes_in
from lrs.audit.sealer import Tree, tree_of
from lrs.audit.tiles import (
    HEIGHT,
    TILE_BYTES,
    WIDTH,
    RightEdge,
    Tile,
    TileMissing,
    Tiles,
    stored_tile,
)
from lrs.log.recorder import LogRecorder
from lrs.log.tables import MERKLE_TILE


class TreeChecks:
    """The tree over the leaves seen so far, and the one that is stored.

    Tiles that are full within the size of the stored tree must be there. A hash that differs
    because one below it does is not reported again, nor the leaf of an event that is missing.
    """

    def __init__(self, log: LogRecorder, stored: Tree | None, report: Report) -> None:
        self._log = log
        self._edge = RightEdge()
        self._stored = Tree.of(1, RightEdge()) if stored is None else stored
        self._grown: Tree | None = None  # at the size of the stored one
        self._report = report
        self._differing: set[tuple[int, int]] = set()  # level and index of tiles' hashes

    @property
    def size(self) -> int:
        return self._edge.size

    def extend(
        self, connection: Connection, leaves: Sequence[bytes], sizes: Collection[int]
    ) -> dict[int, CompactRange]:
        """Add leaves; returns the tree at each of ``sizes``, which these leaves reach."""
        trees: dict[int, CompactRange] = {}
        first, through = self.size, self.size + len(leaves)
        mine = {self._stored.size} if first < self._stored.size <= through else set()
        for size in sorted({*sizes, *mine}):
            self._grow(connection, leaves[self.size - first : size - first])
            trees[size] = self._edge.range()
            if size == self._stored.size:
                self._grown = Tree.of(self._stored.epoch, self._edge)
        self._grow(connection, leaves[self.size - first :])
        return trees

    def finish(self, connection: Connection) -> Iterator[Finding]:
        """What is wrong with the state of the sealer, and tiles that its size does not have."""
        stored = self._stored
        if stored.size and self._grown != stored:
            found = f"{stored.size} and another state"
            if stored.size > self.size:
                found = f"{stored.size}"
            yield Finding("tree", min(stored.size, self.size), f"a tree of {self.size}", found)
        now = tree_of(connection)
        size = 0 if now is None else now.size
        columns = MERKLE_TILE.c
        last = select(columns.level, func.max(columns.number)).group_by(columns.level)
        for level, number in connection.execute(last):
            full = size >> HEIGHT * (level + 1)
            if number >= full:
                yield Finding("tile-outside", 0, f"{full} tiles of level {level}", f"{number + 1}")

    def _grow(self, connection: Connection, leaves: Sequence[bytes]) -> None:
        for tile in self._edge.grow(leaves):
            if (tile.number + 1) * WIDTH ** (tile.level + 1) <= self._stored.size:
                self._compare(connection, tile)

    def _compare(self, connection: Connection, made: Tile) -> None:
        level, number, hashes = made
        stored = stored_tile(connection, level, number)
        if stored == hashes:
            return
        self._differing.add((level + 1, number))
        name = f"tile {level}/{number}"
        first = number * WIDTH ** (level + 1) + 1
        if stored is None:
            self._report(Finding("tile-missing", first, name, "none"))
        elif len(stored) != TILE_BYTES:
            found = f"{len(stored)} bytes"
            self._report(Finding("tile", first, f"{name} of {TILE_BYTES} bytes", found))
        elif level == 0 and self._is_in_tree(connection, number, stored):
            self._name_events(made, stored)
        else:
            self._name_hashes(made, stored, first)

    def _is_in_tree(self, connection: Connection, number: int, stored: bytes) -> bool:
        """Whether the stored tree has the hash of this tile of leaves above it."""
        try:
            above = Tiles(self._log, connection).tile(1, number // WIDTH, number % WIDTH + 1)
        except (TileMissing, ValueError):  # an edge that is not of its size
            return False
        return above[-HASH_BYTES:] == full_root(hashes_in(stored))

    def _name_events(self, made: Tile, stored: bytes) -> None:
        pairs = zip(hashes_in(made.hashes), hashes_in(stored), strict=True)
        for position, (leaf, sealed) in enumerate(pairs, made.number * WIDTH + 1):
            if leaf not in (sealed, MISSING):
                self._report(Finding("leaf", position, sealed.hex(), leaf.hex()))

    def _name_hashes(self, made: Tile, stored: bytes, first: int) -> None:
        level, number, hashes = made
        pairs = zip(hashes_in(hashes), hashes_in(stored), strict=True)
        differing = [place for place, (one, other) in enumerate(pairs) if one != other]
        news = [p for p in differing if (level, number * WIDTH + p) not in self._differing]
        if not news:
            return
        place = news[0] * HASH_BYTES
        more = f", and {len(news) - 1} hashes more" if news[1:] else ""
        self._report(
            Finding(
                "tile",
                first + news[0] * WIDTH**level,
                f"{hashes[place : place + HASH_BYTES].hex()} in tile {level}/{number}",
                f"{stored[place : place + HASH_BYTES].hex()}{more}",
            )
        )

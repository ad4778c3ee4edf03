"""The tree in tiles of 256 hashes, as c2sp.org/tlog-tiles lays it out.

Tile ``number`` of level ``l`` holds the hashes of 256 consecutive full subtrees of ``256**l``
leaves. Only full tiles are stored; a partial one is the beginning of what stands at the tree's
right edge, so every tile of every past size can still be told.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, literal_column, select

from lrs.audit.merkle import HASH_BYTES, CompactRange, full_root, hashes_in
from lrs.log.recorder import LogRecorder
from lrs.log.tables import MERKLE_TILE, MERKLE_TREE
from projections.rows import fetch_rows

WIDTH: Final = 256
HEIGHT: Final = 8  # levels of the tree in a tile
TILE_BYTES: Final = WIDTH * HASH_BYTES
_TOP_LEVEL: Final = 63
_PATH: Final = re.compile(
    r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*)(\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII
)
_TILE = select(MERKLE_TILE.c.hashes).where(
    MERKLE_TILE.c.level == bindparam("level"), MERKLE_TILE.c.number == bindparam("number")
)
_EDGE = select(MERKLE_TREE.c.size, MERKLE_TREE.c.edge)
_LEAF = select(
    func.substr(MERKLE_TILE.c.hashes, bindparam("first"), literal_column(str(HASH_BYTES)))
).where(MERKLE_TILE.c.level == literal_column("0"), MERKLE_TILE.c.number == bindparam("number"))


class TileMissing(LookupError):
    """The database does not hold what this tile, bundle of entries or entry is made of."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is not in the database")
        self.path = path


class TilePath(NamedTuple):
    """What a path names: a tile of a level, or with level None a bundle of entries."""

    level: int | None
    number: int
    width: int


class Tile(NamedTuple):
    """A tile and its hashes, joined."""

    level: int
    number: int
    hashes: bytes


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """``tile/0/x001/067``, and ``tile/0/x001/067.p/5`` where it is not full."""
    return f"tile/{level}/{_number_path(number, width)}"


def entries_path(number: int, width: int = WIDTH) -> str:
    """``tile/entries/x001/067``"""
    return f"tile/entries/{_number_path(number, width)}"


def parse_path(path: str) -> TilePath:
    """What a path names. Raises ValueError for any other spelling than the one of the format."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError(f"{path!r}: not the path of a tile, as tile/0/x001/067 or tile/1/000.p/5")
    kind, higher, lowest, partial = match.groups()
    number = int(higher.replace("x", "").replace("/", "") + lowest)
    width = WIDTH if partial is None else int(partial)
    level = None if kind == "entries" else int(kind)
    named = TilePath(level, number, width)
    written = entries_path(number, width) if level is None else tile_path(level, number, width)
    if written != path or width > WIDTH or (level or 0) > _TOP_LEVEL:
        raise ValueError(f"{path!r}: not the path of a tile, {written} would be")
    return named


def _number_path(number: int, width: int) -> str:
    groups = f"{number:,}".split(",")
    groups[0] = groups[0].zfill(3)
    full = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return full if width == WIDTH else f"{full}.p/{width}"


def tiles_of(size: int) -> Iterator[TilePath]:
    """All tiles of a tree, partial ones included, level by level."""
    level = 0
    while size >> (HEIGHT * level):
        full, rest = divmod(size >> (HEIGHT * level), WIDTH)
        for number in range(full):
            yield TilePath(level, number, WIDTH)
        if rest:
            yield TilePath(level, full, rest)
        level += 1


def bundles_of(size: int) -> Iterator[TilePath]:
    """All bundles of entries of a tree, the partial one included."""
    full, rest = divmod(size, WIDTH)
    for number in range(full):
        yield TilePath(None, number, WIDTH)
    if rest:
        yield TilePath(None, full, rest)


class RightEdge:
    """The tiles of a tree that are not full yet: all it takes to let the tree grow."""

    def __init__(self, size: int = 0, tail: Sequence[bytes] = (), edge: bytes = b"") -> None:
        """As of ``size``, with the leaves after the last full tile and what ``dump`` gave."""
        self.size = size
        self._partial = [hashes_in(tile.hashes) for tile in split_edge(size, edge)] or [[]]
        self._partial[0] = list(tail)
        if len(tail) != size % WIDTH:
            raise ValueError(f"{len(tail)} leaves after the last full tile of a tree of {size}")

    def grow(self, leaves: Sequence[bytes]) -> list[Tile]:
        """Add leaves; the tiles that became full by them."""
        filled: list[Tile] = []
        start = 0
        while start < len(leaves):
            end = start + WIDTH - len(self._partial[0])
            self._partial[0].extend(leaves[start:end])
            if len(self._partial[0]) == WIDTH:
                number = (self.size + start) // WIDTH
                self._close(0, number, filled)
            start = end
        self.size += len(leaves)
        return filled

    def _close(self, level: int, number: int, filled: list[Tile]) -> None:
        hashes = self._partial[level]
        filled.append(Tile(level, number, b"".join(hashes)))
        self._partial[level] = []
        if level + 1 == len(self._partial):
            self._partial.append([])
        self._partial[level + 1].append(full_root(hashes))
        if len(self._partial[level + 1]) == WIDTH:
            self._close(level + 1, number // WIDTH, filled)

    def range(self) -> CompactRange:
        """The full subtrees of the tree, which give its root."""
        found = CompactRange()
        for level in reversed(range(len(self._partial))):
            for node in self._partial[level]:
                found.append(node, HEIGHT * level)
        return found

    def dump(self) -> bytes:
        """The hashes above level 0; how many are of which level follows from the size."""
        return b"".join(b"".join(hashes) for hashes in self._partial[1:])


def split_edge(size: int, edge: bytes) -> list[Tile]:
    """The partial tiles a ``dump`` is made of, by level; of level 0 it holds none.

    Raises ValueError when it is not of a tree of that size.
    """
    tiles = [Tile(0, size // WIDTH, b"")]
    start = 0
    while count := size >> (HEIGHT * len(tiles)):
        number, width = divmod(count, WIDTH)
        end = start + width * HASH_BYTES
        tiles.append(Tile(len(tiles), number, edge[start:end]))
        start = end
    if len(edge) != start:
        raise ValueError(f"the edge of a tree of {size} has {start} bytes, not {len(edge)}")
    return tiles


def stored_tile(connection: Connection, level: int, number: int) -> bytes | None:
    """A full tile as the database has it."""
    rows = fetch_rows(connection, _TILE, {"level": level, "number": number})
    return bytes(rows[0][0]) if rows else None


def leaf_in_tree(connection: Connection, position: int) -> bytes | None:
    """The leaf hash of an event as a full tile has it; None where no full tile has it yet."""
    number, place = divmod(position - 1, WIDTH)
    rows = fetch_rows(connection, _LEAF, {"first": place * HASH_BYTES + 1, "number": number})
    return bytes(rows[0][0]) if rows else None


class Tiles:
    """The tiles in a database, as one connection sees them; what was read once is kept.

    ``node`` is the ``Nodes`` of proofs: each proof reads about three tiles for a million leaves.
    Raises TileMissing for what the tree does not reach.
    """

    def __init__(self, log: LogRecorder, connection: Connection) -> None:
        self._log = log
        self._connection = connection
        self._held: dict[tuple[int, int], bytes] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._edge: list[Tile] | None = None

    def tile(self, level: int, number: int, width: int = WIDTH) -> bytes:
        """The first ``width`` hashes of a tile, joined."""
        held = self._held.get((level, number), b"")
        if len(held) < width * HASH_BYTES:
            held = self._held[level, number] = self._read(level, number)
        if len(held) < width * HASH_BYTES:
            raise TileMissing(tile_path(level, number, width))
        return held[: width * HASH_BYTES]

    def node(self, level: int, index: int) -> bytes:
        """The hash of a full subtree of ``2**level`` leaves."""
        found = self._nodes.get((level, index))
        if found is None:
            below, rest = divmod(level, HEIGHT)
            count = 1 << rest  # hashes of the tile under this node
            number, place = divmod(index * count, WIDTH)
            hashes = self.tile(below, number, place + count)[place * HASH_BYTES :]
            found = self._nodes[level, index] = full_root(hashes_in(hashes))
        return found

    def entries(self, number: int, width: int = WIDTH) -> bytes:
        """A bundle: for each leaf its entry, the record it is the hash of, after its length in two
        bytes. It holds commitments to the events and none of their content.
        """
        first = number * WIDTH
        records = self._records(first, first + width)
        if len(records) != width:
            raise TileMissing(entries_path(number, width))
        return b"".join(len(record).to_bytes(2) + record for record in records)

    def entry(self, position: int) -> bytes:
        """The entry of one event."""
        found = self._records(position - 1, position)
        if not found:
            raise TileMissing(f"event {position}")
        return found[0]

    def _records(self, after: int, through: int) -> list[bytes]:
        """The entries of the events past position ``after``, as far as they follow one another."""
        return _following(self._log.records(self._connection, after, through - after), after)

    def _read(self, level: int, number: int) -> bytes:
        stored = stored_tile(self._connection, level, number)
        if stored is not None:
            return stored
        if level == 0:
            leaves = self._log.leaves(self._connection, number * WIDTH, WIDTH)
            return b"".join(_following(leaves, number * WIDTH))
        if self._edge is None:
            rows = fetch_rows(self._connection, _EDGE, {})
            self._edge = split_edge(*rows[0]) if rows else []
        is_edge = level < len(self._edge) and number == self._edge[level].number
        return self._edge[level].hashes if is_edge else b""


def _following(found: Sequence[tuple[int, bytes]], after: int) -> list[bytes]:
    """What was found past a position, as far as the positions follow one another."""
    return [value for number, (at, value) in enumerate(found, 1) if at == after + number]

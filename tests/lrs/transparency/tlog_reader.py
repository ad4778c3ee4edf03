"""A client of tiled transparency logs, written from c2sp.org/tlog-tiles alone.

It shares no line with the store: it fetches a checkpoint and the tiles that stand under it, and
computes from those what it needs. Whatever it is given it checks against the root.
"""

import base64
from collections.abc import Awaitable, Callable, Iterator
from hashlib import sha256
from typing import NamedTuple

Fetch = Callable[[str], Awaitable[bytes]]
"""The content of a resource below the log's prefix; raises when there is none."""


class Head(NamedTuple):
    origin: str
    size: int
    root: bytes


def parsed(note: bytes) -> Head:
    origin, size, root = note.decode().split("\n")[:3]
    return Head(origin, int(size), base64.b64decode(root))


def tile_url(level: str, n: int, width: int) -> str:
    digits = str(n).rjust(3 * -(-len(str(n)) // 3), "0")
    parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["x" + part for part in parts[:-1]] + [parts[-1]])
    return f"tile/{level}/{path}" + ("" if width == 256 else f".p/{width}")


def mth(hashes: list[bytes]) -> bytes:
    """The Merkle Tree Hash of RFC 6962, over leaf hashes or over those of full subtrees."""
    if not hashes:
        return sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


class Reader:
    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    async def head(self) -> Head:
        return parsed(await self._fetch("checkpoint"))

    async def tile(self, level: int, n: int, size: int) -> list[bytes]:
        """Tile n of a level, as wide as it is in a tree of that size."""
        width = min(256, (size >> (8 * level)) - 256 * n)
        content = await self._fetch(tile_url(str(level), n, width))
        assert len(content) == 32 * width
        return [content[i : i + 32] for i in range(0, len(content), 32)]

    async def level(self, level: int, size: int) -> list[bytes]:
        """All hashes of a level."""
        count = size >> (8 * level)
        tiles = [await self.tile(level, n, size) for n in range(-(-count // 256))]
        return [hash_ for tile in tiles for hash_ in tile]

    async def entries(self, size: int) -> list[bytes]:
        """Every entry, each checked against the tile of level 0 that holds its hash."""
        found: list[bytes] = []
        for n in range(-(-size // 256)):
            width = min(256, size - 256 * n)
            bundle = list(_split(await self._fetch(tile_url("entries", n, width))))
            assert [sha256(b"\x00" + e).digest() for e in bundle] == await self.tile(0, n, size)
            found += bundle
        return found

    async def root(self, size: int) -> bytes:
        """The root, each tile of each level checked against the level below."""
        hashes = await self.level(0, size)
        level = 0
        root = mth(hashes)
        while len(hashes) >= 256:
            level += 1
            full = [mth(hashes[i : i + 256]) for i in range(0, len(hashes) - 255, 256)]
            assert full == await self.level(level, size)
            hashes = full
        return root


def _split(bundle: bytes) -> Iterator[bytes]:
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        assert len(bundle) >= 2 + length
        yield bundle[2 : 2 + length]
        bundle = bundle[2 + length :]

"""/log/checkpoint, /log/vkeys and /log/tile: the log as static files would show it.

Source: c2sp.org/tlog-tiles. A tile never changes, so it may be kept for ever; a partial one stays
readable after it became full.
"""

import gzip
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from lrs.audit import checkpoints
from lrs.audit.checkpoints import SignedCheckpoint
from lrs.audit.quorums import last_quorum
from lrs.audit.tiles import HEIGHT, WIDTH, TileMissing, TilePath, Tiles, parse_path
from lrs.errors import NotFound, Unavailable
from lrs.store import Store
from schemas.problems import Problem

IMMUTABLE: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
FRESH: Final = {"Cache-Control": "no-cache"}
TEXT: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"


async def checkpoint(store: Store, _request: Request, _parameters: Mapping[str, str]) -> Response:
    """The last note the log signed, with the cosignatures held for it."""
    note = await store.read(_checkpoint)
    return Response(note, headers=FRESH, media_type=TEXT)


async def witnessed(store: Store, _request: Request, _parameters: Mapping[str, str]) -> Response:
    """The last note that the quorum of the store's policy has cosigned."""
    note = await store.read(_witnessed, store)
    return Response(note, headers=FRESH, media_type=TEXT)


async def vkeys(store: Store, _request: Request, _parameters: Mapping[str, str]) -> Response:
    """Public keys, one a line: first the one the log signs with now, then those of earlier epochs
    and of the witnesses it asks.
    """
    epochs = await store.read(checkpoints.epochs)
    keys = [epoch.vkey for epoch in reversed(epochs)]
    if store.sealer.signing.second is not None:
        keys.append(store.sealer.signing.second.vkey)
    if store.policy is not None:
        keys += [known.verifier.vkey for known in store.policy.witnesses]
    lines = dict.fromkeys(keys)
    return Response("".join(f"{line}\n" for line in lines), headers=FRESH, media_type=TEXT)


async def tile(store: Store, request: Request, _parameters: Mapping[str, str]) -> Response:
    """A tile of the tree, or a bundle of entries."""
    path = f"tile/{request.path_params['path']}"
    try:
        named = parse_path(path)
    except ValueError:
        raise NotFound(Problem("", "tile-unknown", path)) from None
    content = await store.read(_tile, store, path, named)
    headers = {**IMMUTABLE, "Vary": "Accept-Encoding"}
    if named.level is None and "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=BYTES)


def last_signed(connection: Connection) -> SignedCheckpoint:
    """Raises Unavailable in the moment before the first checkpoint is signed."""
    signed = checkpoints.latest(connection)
    if signed is None:
        raise Unavailable(Problem("", "log-not-signed"), headers={"Retry-After": "2"})
    return signed


def _checkpoint(connection: Connection) -> str:
    return str(checkpoints.cosigned(connection, last_signed(connection)))


def _witnessed(connection: Connection, store: Store) -> str:
    signed = None if store.policy is None else last_quorum(connection, store.policy).signed
    if signed is None:
        raise NotFound(Problem("", "log-not-witnessed"))
    return str(checkpoints.cosigned(connection, signed))


def _tile(connection: Connection, store: Store, path: str, named: TilePath) -> bytes:
    size = last_signed(connection).size
    there = size >> (HEIGHT * (named.level or 0))
    if named.number * WIDTH + named.width > there:
        raise NotFound(Problem("", "tile-unknown", path))
    tiles = Tiles(store.log, connection)
    try:
        if named.level is None:
            return tiles.entries(named.number, named.width)
        return tiles.tile(named.level, named.number, named.width)
    except TileMissing:
        raise Unavailable(Problem("", "log-damaged", path)) from None

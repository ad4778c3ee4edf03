"""/log/proof: that an event is in the tree, and that a tree only grew.

Who walks the tiles needs neither. They are for who keeps a receipt of one statement, or compares
two checkpoints, and has no program for tiles.
"""

import asyncio
import base64
import re
import time
from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from lrs.audit.merkle import consistency_proof, root_at
from lrs.audit.proofs import EventUnknown, NotSignedYet, Receipt, position_of_statement, prove
from lrs.audit.tiles import TileMissing, Tiles
from lrs.errors import InvalidRequest, NotFound, Unavailable
from lrs.store import Store
from lrs.transparency.tiles import FRESH, IMMUTABLE, TEXT, last_signed
from schemas.formats import is_uuid
from schemas.problems import Problem

WAIT_SECONDS: Final = 2.0  # for the checkpoint over an event that was just recorded
LOOK_SECONDS: Final = 0.05
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


async def inclusion(store: Store, _request: Request, parameters: Mapping[str, str]) -> Response:
    """The receipt of one event, c2sp.org/tlog-proof, against the last checkpoint."""
    position = await asked_position(store, parameters)
    receipt = await _receipt(store, position)
    return Response(str(receipt), headers=FRESH, media_type=TEXT)


async def consistency(store: Store, _request: Request, parameters: Mapping[str, str]) -> Response:
    """The proof that the tree of ``to`` events begins with that of ``from``, with both roots."""
    if "from" not in parameters:
        raise InvalidRequest(Problem("", "parameter-missing", None, {"parameter": "from"}))
    old = _number("from", parameters["from"])
    new = _number("to", parameters["to"]) if "to" in parameters else None
    answer = await store.read(_consistency, store, old, new)
    headers = FRESH if new is None else IMMUTABLE
    return Response(orjson.dumps(answer), headers=headers, media_type="application/json")


async def asked_position(store: Store, parameters: Mapping[str, str]) -> int:
    """The position that ``statementId`` or ``position`` names. Raises InvalidRequest, NotFound."""
    match [*parameters.keys() & {"statementId", "position"}]:
        case ["position"]:
            return _number("position", parameters["position"])
        case ["statementId"]:
            id_ = parameters["statementId"]
        case _:
            raise InvalidRequest(Problem("", "event-once"))
    if not is_uuid(id_):
        raise InvalidRequest(Problem("", "parameter-uuid", id_, {"parameter": "statementId"}))
    stream = bytes.fromhex(id_.replace("-", ""))
    position = await store.read(lambda it: position_of_statement(store.log, it, stream))
    if position is None:
        raise NotFound(Problem("", "event-unknown", id_))
    return position


async def _receipt(store: Store, position: int) -> Receipt:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return await store.read(lambda it: prove(store.log, it, position))
        except EventUnknown:
            raise NotFound(Problem("", "event-unknown", position)) from None
        except NotSignedYet as later:
            if time.monotonic() > deadline:
                facts = {"size": later.size}
                problem = Problem("", "event-not-signed", position, facts)
                raise Unavailable(problem, headers={"Retry-After": "2"}) from None
        except TileMissing as missing:
            raise Unavailable(Problem("", "log-damaged", missing.path)) from None
        await asyncio.sleep(LOOK_SECONDS)


def _consistency(connection: Connection, store: Store, old: int, new: int | None) -> dict[str, Any]:
    size = last_signed(connection).size
    new = size if new is None else new
    if new > size:
        facts = {"name": "to", "bound": f"≤ {size}"}
        raise InvalidRequest(Problem("", "value-range", new, facts))
    if old > new:
        raise InvalidRequest(Problem("", "value-range", old, {"name": "from", "bound": f"≤ {new}"}))
    nodes = Tiles(store.log, connection).node
    try:
        hashes = consistency_proof(old, new, nodes)
        roots = [root_at(size, nodes) for size in (old, new)]
    except TileMissing as missing:
        raise Unavailable(Problem("", "log-damaged", missing.path)) from None
    return {
        "from": old,
        "to": new,
        "fromRoot": _text(roots[0]),
        "toRoot": _text(roots[1]),
        "proof": [_text(hash_) for hash_ in hashes],
    }


def _number(name: str, text: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        raise InvalidRequest(Problem("", "value-number", text, {"name": name}))
    return int(text)


def _text(hash_: bytes) -> str:
    return base64.b64encode(hash_).decode()

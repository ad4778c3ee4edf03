"""Requests, encoded beforehand; all that is put in while they are sent are new statement ids."""

from base64 import b64encode
from functools import lru_cache
from itertools import islice
from random import Random
from typing import Any, Final, NamedTuple

import orjson

from bench.statements import random_id, statements
from tests.servers import KEY, SECRET

STATEMENTS: Final = 10_000  # different ones; then they come again, under other ids
HOLE: Final = "00000000-0000-0000-0000-000000000000"
HEAD: Final = (
    "{method} {path} HTTP/1.1\r\n"
    "Host: 127.0.0.1\r\n"
    "Authorization: Basic {credential}\r\n"
    "X-Experience-API-Version: 1.0.3\r\n"
    "{about_body}\r\n"
)
EMPTY: Final = "/bench/empty"
POST: Final = "/xapi/statements"


class Traffic(NamedTuple):
    """Requests of one kind. ``batch`` is the number of statements in a body: 0 for no body at all,
    1 for a statement by itself.
    """

    method: str
    path: str
    batch: int = 0


class Requests:
    """One request after the other, never the same."""

    def __init__(self, traffic: Traffic) -> None:
        self._patterns = patterns(traffic)
        self._random = Random()
        self._start = self._random.randrange(len(self._patterns))
        self.made = 0

    def next(self) -> bytes:
        self.made += 1
        first, *others = self._patterns[(self._start + self.made) % len(self._patterns)]
        parts = [first]
        for part in others:
            parts += (random_id(self._random).encode(), part)
        return b"".join(parts)


@lru_cache
def patterns(traffic: Traffic) -> list[list[bytes]]:
    """Requests, cut where the id of a statement goes."""
    hole = HOLE.encode()
    bodies = _bodies(traffic.batch) if traffic.batch else [b""]
    return [(_head(traffic, body) + body).split(hole) for body in bodies]


@lru_cache
def _bodies(batch: int) -> list[bytes]:
    values = [{**statement, "id": HOLE} for statement in islice(statements(), STATEMENTS)]
    if batch == 1:
        return [orjson.dumps(value) for value in values]
    return [
        orjson.dumps(values[start : start + batch])
        for start in range(0, STATEMENTS - batch + 1, batch)
    ]


def batch_bodies(batch: int, number: int) -> list[bytes]:
    """Bodies as they are sent, without their heads."""
    requests = Requests(Traffic("POST", POST, batch))
    return [requests.next().partition(b"\r\n\r\n")[2] for _ in range(number)]


def _head(traffic: Traffic, body: bytes) -> bytes:
    about_body = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    values: dict[str, Any] = {
        "method": traffic.method,
        "path": traffic.path,
        "credential": b64encode(f"{KEY}:{SECRET}".encode()).decode(),
        "about_body": about_body if body else "",
    }
    return HEAD.format_map(values).encode()

"""Large and hostile bodies: each is answered as specified, soon, and the memory of it is let go."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from tests.examples import statement
from tests.servers import Server
from tests.xapi_client import JSON, STATEMENTS, multipart

MEGABYTE = 1024 * 1024
LIMIT = 5 * MEGABYTE
MULTIPART = {"Content-Type": "multipart/mixed; boundary=b"}


def filled(piece: bytes, head: bytes = b"", tail: bytes = b"") -> bytes:
    """As many pieces as go into the largest body."""
    return head + piece * ((LIMIT - len(head) - len(tail)) // len(piece)) + tail


def with_value(name: str, value: object) -> bytes:
    return orjson.dumps(statement(**{name: value}))


def announced() -> dict[str, object]:
    kind = "http://x.example/u"
    return {"usageType": kind, "display": {}, "contentType": "a/b", "length": 1, "sha2": "a" * 64}


PART = {"Content-Transfer-Encoding": "binary", "X-Experience-API-Hash": "a" * 64}
BODIES: dict[str, tuple[Callable[[], bytes], dict[str, str], int, str]] = {
    "brackets": (lambda: filled(b"["), JSON, 400, "json.depth"),
    "objects in objects": (lambda: filled(b'{"a":'), JSON, 400, "json.depth"),
    "one key": (lambda: filled(b'"a":1,', b"{", b'"b":1}'), JSON, 400, "json.duplicate_key"),
    "many objects": (
        lambda: filled(b'{"a":1,"a":1},', b"[", b"1]"),
        JSON,
        400,
        "json.duplicate_key",
    ),
    "numbers": (lambda: filled(b"1,", b"[", b"1]"), JSON, 413, "batch-too-large"),
    "a number": (lambda: filled(b"1"), JSON, 400, "json.number_range"),
    "a string": (lambda: filled(b"x", b'"', b'"'), JSON, 400, "type"),
    "escaped colons": (lambda: filled(b"\\u003a", b'"', b'"'), JSON, 400, "type"),
    "unknown properties": (
        lambda: orjson.dumps({f"k{n}": 1 for n in range(300_000)}),
        JSON,
        400,
        "property.unknown",
    ),
    "500 statements, each with 600 problems": (
        lambda: orjson.dumps(
            [statement(result={"extensions": {f"b{n}": 1 for n in range(600)}})] * 490
        ),
        JSON,
        400,
        "extensions.key",
    ),
    "members": (
        lambda: with_value("actor", {"objectType": "Group", "member": [{"mbox": "x"}] * 200_000}),
        JSON,
        400,
        "mbox",
    ),
    "attachments": (
        lambda: with_value("attachments", [announced()] * 28_000),
        JSON,
        400,
        "attachment-no-data",
    ),
    "an IRI of escapes": (
        lambda: with_value("object", {"id": "http://x/" + "%" * 4_000_000}),
        JSON,
        400,
        "iri",
    ),
    "an IRI of users": (
        lambda: with_value("object", {"id": "http://" + "a@" * 2_000_000}),
        JSON,
        400,
        "iri",
    ),
    "a domain": (
        lambda: with_value("actor", {"mbox": "mailto:a@" + "b." * 2_000_000}),
        JSON,
        400,
        "mbox",
    ),
    "a duration": (
        lambda: with_value("result", {"duration": "P" + "1" * 4_000_000}),
        JSON,
        400,
        "duration",
    ),
    "a fraction of a second": (
        lambda: with_value("timestamp", f"2026-11-20T08:00:00.{'1' * 4_000_000}Q"),
        JSON,
        400,
        "timestamp",
    ),
    "boundaries": (lambda: filled(b"--b\r\n"), MULTIPART, 400, "multipart-truncated"),
    "nearly boundaries": (
        lambda: filled(b"\n--b" + b" " * 2000 + b"x"),
        MULTIPART,
        400,
        "multipart-boundary-not-found",
    ),
    "a head without an end": (
        lambda: b"--b\r\n" + b"a: b\r\n" * 800_000 + b"--b--\r\n",
        MULTIPART,
        400,
        "multipart-part-headers",
    ),
    "parts with a wrong hash": (
        lambda: multipart(orjson.dumps(statement()), [(PART, b"x")] * 30_000, "b")[0],
        MULTIPART,
        400,
        "part-hash-differs",
    ),
    "cut short": (
        lambda: multipart(orjson.dumps(statement()), [(PART, b"x" * 4_000_000)], "b")[0][:-8],
        MULTIPART,
        400,
        "multipart-truncated",
    ),
}


def send(http: httpx.Client, name: str) -> httpx.Response:
    body, headers, _, _ = BODIES[name]
    content = body()
    assert len(content) <= LIMIT
    return http.post(STATEMENTS.removeprefix("/xapi"), content=content, headers=headers)


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.mark.parametrize("name", BODIES)
def test_a_large_body_is_refused_as_specified(http: httpx.Client, name: str) -> None:
    _, _, status, rule = BODIES[name]
    began = time.monotonic()
    answer = send(http, name)
    assert time.monotonic() - began < 10  # a fraction of a second; other tests share the machine
    assert answer.status_code == status, answer.text[:1000]
    assert answer.json()["problems"][0]["rule"] == rule
    assert len(answer.content) < MEGABYTE  # an answer is not longer than what it answers


def resident_megabytes(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def test_memory_stays_flat_however_many_of_them_come(server: Server, http: httpx.Client) -> None:
    """The allocator takes and gives back in jumps, so the most before and after the first round
    counts, and the least of the last two. Each body above was a round before the first.

    A body kept of each request would be 100 MB more in each round.
    """
    readings = [resident_megabytes(server)]
    for _ in range(3):
        for name in BODIES:
            send(http, name)
        readings.append(resident_megabytes(server))
    print("MB before the first round and after each:", *map(round, readings))
    before, after = max(readings[:2]), min(readings[2:])
    assert after - before < 50
    assert after < 700


def test_the_server_answers_others_meanwhile(server: Server, http: httpx.Client) -> None:
    """And it has stored nothing of all that."""
    assert http.get("/statements").json()["statements"] == []
    assert http.post("/statements", json=statement()).status_code == 200

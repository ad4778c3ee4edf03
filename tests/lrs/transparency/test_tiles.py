"""The log as c2sp.org/tlog-tiles has it: what a reader of that format finds."""

import gzip

import httpx
import pytest

from lrs.audit import checkpoints
from lrs.audit.cosignatures import Cosigner
from lrs.audit.notes import Note, Verifier
from lrs.log.leaf import RECORD, TAG
from lrs.store import Store
from tests.lrs.transparency.conftest import append, fill, seal, seal_nothing
from tests.lrs.transparency.tlog_reader import Reader

KEPT_FOR_EVER = "public, max-age=31536000, immutable"


def reader_of(client: httpx.AsyncClient) -> Reader:
    async def fetch(path: str) -> bytes:
        answer = await client.get(path)
        answer.raise_for_status()
        return answer.content

    return Reader(fetch)


@pytest.mark.parametrize("size", [2, 255, 256, 257, 600])
async def test_a_reader_of_the_format_finds_the_whole_tree(
    anybody: httpx.AsyncClient, store: Store, size: int
) -> None:
    fill(store, size)
    reader = reader_of(anybody)
    head = await reader.head()
    assert (head.origin, head.size) == ("lrs.example/log", size)
    assert await reader.root(size) == head.root
    entries = await reader.entries(size)
    assert [RECORD.unpack(entry)[:2] for entry in entries] == [
        (TAG, position) for position in range(1, size + 1)
    ]


async def test_a_checkpoint_is_signed_and_never_cached(
    anybody: httpx.AsyncClient, store: Store
) -> None:
    seal(store)
    answer = await anybody.get("checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    vkeys = await anybody.get("vkeys")
    assert vkeys.headers["content-type"] == "text/plain; charset=utf-8"
    log = Verifier.parse(vkeys.text.splitlines()[0])
    assert Note.parse(answer.text).verified_by([log]) == [log]


async def test_a_checkpoint_carries_the_cosignatures_held_for_it(
    anybody: httpx.AsyncClient, store: Store
) -> None:
    seal(store)
    before = (await anybody.get("checkpoint")).text
    witness = Cosigner.generate("witness.example")
    line = witness.sign(Note.parse(before).text, 1_700_000_000)
    with store.storage.write() as connection:
        signed = checkpoints.latest(connection)
        assert signed is not None
        checkpoints.add_cosignature(connection, signed.epoch, signed.size, line)
    after = (await anybody.get("checkpoint")).text
    assert after == f"{before}{line}\n"


async def test_tiles_are_kept_for_ever(anybody: httpx.AsyncClient, store: Store) -> None:
    fill(store, 300)
    for path, length in (
        ("tile/0/000", 256 * 32),
        ("tile/0/001.p/44", 44 * 32),
        ("tile/0/000.p/3", 3 * 32),  # of a smaller tree, that was signed perhaps
        ("tile/1/000.p/1", 32),
        ("tile/entries/000", 256 * (2 + RECORD.size)),
        ("tile/entries/001.p/44", 44 * (2 + RECORD.size)),
    ):
        answer = await anybody.get(path)
        assert (answer.status_code, len(answer.content)) == (200, length), path
        assert answer.headers["cache-control"] == KEPT_FOR_EVER
        assert answer.headers["content-type"] == "application/octet-stream"


NOT_THERE = (
    "tile/0/001.p/45",
    "tile/0/002",
    "tile/1/000",
    "tile/1/000.p/2",
    "tile/2/000.p/1",
    "tile/entries/001",
    "tile/0/1",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/00/000",
    "tile/64/000",
    "tile/0/000.p/01",
    "tile/0/x000/000",
    "tile/entries",
    "tile/0/",
)


async def test_what_is_not_in_the_signed_tree_is_not_there(
    anybody: httpx.AsyncClient, store: Store
) -> None:
    fill(store, 300)
    for path in NOT_THERE:
        answer = await anybody.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/problem+json"


async def test_nothing_is_served_beyond_the_last_checkpoint(
    anybody: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = seal_nothing(store, monkeypatch)
    position = append(store)[0]
    assert position > size
    assert (await anybody.get(f"tile/0/000.p/{size}")).status_code == 200
    for path in ("tile/0/000.p", "tile/entries/000.p"):
        assert (await anybody.get(f"{path}/{position}")).status_code == 404


async def test_entries_travel_packed_where_that_is_read(
    anybody: httpx.AsyncClient, store: Store
) -> None:
    fill(store, 256)
    plain = await anybody.get("tile/entries/000", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with anybody.stream(
        "GET", "tile/entries/000", headers={"Accept-Encoding": "gzip"}
    ) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["vary"]
        raw = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert gzip.decompress(raw) == plain.content


async def test_no_personal_content_is_in_what_everybody_may_read(
    anybody: httpx.AsyncClient, store: Store
) -> None:
    fill(store, 20)
    for path in ("checkpoint", "vkeys", "tile/0/000.p/20", "tile/entries/000.p/20"):
        content = (await anybody.get(path)).content
        for said in (b"100045", "Nguyễn".encode(), b"an-toan-thong-tin"):
            assert said not in content


async def test_before_anything_is_signed_the_answer_is_to_ask_again(
    anybody: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.audit.checkpoints.latest", lambda connection: None)
    for path in ("checkpoint", "tile/0/000.p/1", "proof/consistency?from=1"):
        answer = await anybody.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_the_log_is_only_read(anybody: httpx.AsyncClient, store: Store) -> None:
    seal(store)
    for path in ("checkpoint", "vkeys", "tile/0/000.p/1", "proof/inclusion", "opening"):
        answer = await anybody.post(path)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert (await anybody.head("checkpoint")).status_code == 200


async def test_parameters_nobody_knows_are_refused(
    anybody: httpx.AsyncClient, store: Store
) -> None:
    seal(store)
    for path in ("checkpoint", "vkeys", "tile/0/000.p/1", "opening", "proof/consistency"):
        answer = await anybody.get(path, params={"size": "3"})
        assert answer.status_code == 400
        assert answer.json()["problems"][0]["rule"] == "parameter-unknown"


async def test_another_site_may_read_the_log(anybody: httpx.AsyncClient, store: Store) -> None:
    seal(store)
    answer = await anybody.get("checkpoint", headers={"Origin": "https://auditor.example"})
    assert answer.headers["access-control-allow-origin"] == "*"

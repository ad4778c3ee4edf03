"""Receipts and proofs over HTTP, checked by a client that has them from the specification alone."""

import asyncio
import base64
import time
from hashlib import sha256
from uuid import UUID, uuid4

import httpx
import pytest

from lrs.audit.notes import Verifier
from lrs.audit.proofs import Receipt
from lrs.store import Store
from lrs.transparency import proofs
from tests.examples import statement_event
from tests.lrs.transparency.conftest import append, fill, seal, seal_nothing
from tests.lrs.transparency.tlog_reader import mth, parsed


def root_by_rfc_9162(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.3.2, as it stands there."""
    fn, sn, r = index, size - 1, leaf
    for p in path:
        assert sn != 0
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r).digest()
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r


async def rule_of(client: httpx.AsyncClient, path: str) -> tuple[int, str]:
    answer = await client.get(path)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["problems"][0]["rule"]


async def test_a_receipt_proves_that_a_statement_is_in_the_signed_tree(
    anybody: httpx.AsyncClient, store: Store
) -> None:
    id_ = uuid4()
    fill(store, 299)
    [position] = append(store, statement_event(id=id_))
    answer = await anybody.get("proof/inclusion", params={"statementId": str(id_)})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    proof, _, note = answer.text.partition("\n\n")
    first, extra, index, *path = proof.split("\n")
    head = parsed(note.encode())
    entry = base64.b64decode(extra.removeprefix("extra "))
    assert first == "c2sp.org/tlog-proof@v1"
    assert index == f"index {position - 1}"
    assert id_.bytes in entry
    hashes = [base64.b64decode(line) for line in path]
    leaf = sha256(b"\x00" + entry).digest()
    assert root_by_rfc_9162(leaf, position - 1, head.size, hashes) == head.root
    assert note == (await anybody.get("checkpoint")).text


async def test_every_position_has_a_receipt(anybody: httpx.AsyncClient, store: Store) -> None:
    fill(store, 11)
    log = Verifier.parse((await anybody.get("vkeys")).text.splitlines()[0])
    for position in range(1, 12):
        answer = await anybody.get("proof/inclusion", params={"position": position})
        assert Receipt.parse(answer.text).check(log).position == position


async def test_who_asks_before_the_checkpoint_waits_for_it(
    anybody: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        size = seal_nothing(store, patched)
        [position] = append(store)
        asked = asyncio.create_task(anybody.get("proof/inclusion", params={"position": position}))
        await asyncio.sleep(0.2)
        assert not asked.done()
    answer = await asked
    assert answer.status_code == 200
    assert Receipt.parse(answer.text).checkpoint.size > size


async def test_who_asks_while_nothing_is_signed_is_told_when_to_ask_again(
    anybody: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert proofs.WAIT_SECONDS == 2
    monkeypatch.setattr(proofs, "WAIT_SECONDS", 0.2)
    size = seal_nothing(store, monkeypatch)
    [position] = append(store)
    began = time.monotonic()
    answer = await anybody.get("proof/inclusion", params={"position": position})
    assert 0.2 <= time.monotonic() - began < 4
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    [problem] = answer.json()["problems"]
    assert problem["rule"] == "event-not-signed"
    assert f"for {size} events only" in problem["message"]


async def test_a_receipt_is_of_exactly_one_event_that_there_is(
    anybody: httpx.AsyncClient, store: Store
) -> None:
    size = seal(store)
    known = "proof/inclusion"
    assert await rule_of(anybody, known) == (400, "event-once")
    assert await rule_of(anybody, f"{known}?position=1&statementId={UUID(int=1)}") == (
        400,
        "event-once",
    )
    assert await rule_of(anybody, f"{known}?position=x") == (400, "value-number")
    assert await rule_of(anybody, f"{known}?position=-1") == (400, "value-number")
    assert await rule_of(anybody, f"{known}?position=0") == (404, "event-unknown")
    assert await rule_of(anybody, f"{known}?position={size + 1}") == (404, "event-unknown")
    assert await rule_of(anybody, f"{known}?statementId=no") == (400, "parameter-uuid")
    assert await rule_of(anybody, f"{known}?statementId={uuid4()}") == (404, "event-unknown")


async def test_refusals_speak_vietnamese(anybody: httpx.AsyncClient, store: Store) -> None:
    seal(store)
    answer = await anybody.get("proof/inclusion", headers={"Accept-Language": "vi"})
    assert answer.headers["content-language"] == "vi"
    assert "Cần đúng một" in answer.json()["title"]


async def test_a_consistency_proof_has_the_roots_of_both_sizes(
    anybody: httpx.AsyncClient, store: Store
) -> None:
    fill(store, 21)
    tile = (await anybody.get("tile/0/000.p/21")).content
    leaves = [tile[i : i + 32] for i in range(0, len(tile), 32)]
    for old in range(22):
        answer = (await anybody.get(f"proof/consistency?from={old}&to=21")).json()
        roots = [base64.b64encode(mth(leaves[:size])).decode() for size in (old, 21)]
        assert [answer["fromRoot"], answer["toRoot"]] == roots
        hashes = [base64.b64decode(hash_) for hash_ in answer["proof"]]
        assert hashes == consistency_by_rfc_6962(old, leaves)


def consistency_by_rfc_6962(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.2, as it stands there."""
    return _subproof(m, leaves, True) if 0 < m < len(leaves) else []


def _subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    n = len(leaves)
    if m == n:
        return [] if whole else [mth(leaves)]
    k = 1
    while 2 * k < n:
        k *= 2
    if m <= k:
        return [*_subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], False), mth(leaves[:k])]


async def test_consistency_is_between_sizes_that_were_signed_for(
    anybody: httpx.AsyncClient, store: Store
) -> None:
    size = seal(store)
    path = "proof/consistency"
    assert await rule_of(anybody, path) == (400, "parameter-missing")
    assert await rule_of(anybody, f"{path}?from=x") == (400, "value-number")
    assert await rule_of(anybody, f"{path}?from=1&to={size + 1}") == (400, "value-range")
    assert await rule_of(anybody, f"{path}?from=2&to=1") == (400, "value-range")
    latest = await anybody.get(path, params={"from": 1})
    assert (latest.json()["to"], latest.headers["cache-control"]) == (size, "no-cache")
    fixed = await anybody.get(path, params={"from": 1, "to": size})
    assert "immutable" in fixed.headers["cache-control"]

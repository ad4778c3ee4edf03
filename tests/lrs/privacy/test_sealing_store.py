"""A store goes on answering rightly when some of what it holds is erased."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from lrs.exports import export_statements
from lrs.imports import Line, import_lines
from lrs.projector import catch_up
from lrs.rebuild import rebuild
from lrs.settings import InvalidSettings
from lrs.store import FOLLOWED, INLINE, Store
from lrs.xapi.multipart import multipart_body
from projections import documents, statement_index
from schemas.agents import agent_key
from tests.examples import statement, voiding
from tests.lrs.privacy.stores import destroy_of

ANH = {"objectType": "Agent", "mbox": "mailto:anh@hocba.example"}
BINH = {"objectType": "Agent", "mbox": "mailto:binh@hocba.example"}


def id_of(number: int) -> str:
    return str(UUID(int=(0x4 << 76) | (0x8 << 60) | number))


def said(number: int, actor: dict[str, Any], **more: Any) -> dict[str, Any]:
    return statement(id=id_of(number), actor=actor, **more)


def erase(store: Store, *agents: dict[str, Any]) -> None:
    """Destroy the keys and leave the tables as they are, as for a moment they may be."""
    with store.storage.erase() as connection:
        assert destroy_of(store.data_keys, connection, *(agent_key(one) or b"" for one in agents))


async def send(client: httpx.AsyncClient, *statements: dict[str, Any]) -> None:
    answer = await client.post("/statements", json=list(statements))
    assert answer.status_code == 200, answer.text


async def status_of(client: httpx.AsyncClient, number: int, name: str = "statementId") -> int:
    return (await client.get("/statements", params={name: id_of(number)})).status_code


async def test_an_erased_statement_is_not_found(client: httpx.AsyncClient, store: Store) -> None:
    await send(client, said(1, ANH), said(2, BINH), said(3, ANH), voiding(id_of(3), actor=BINH))
    assert await status_of(client, 3, "voidedStatementId") == 200
    erase(store, ANH)
    assert await status_of(client, 1) == 404
    assert await status_of(client, 2) == 200
    assert await status_of(client, 3, "voidedStatementId") == 404


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize(
    "erased",
    [
        range(0),
        range(1, 31, 2),
        range(1, 26),
        range(6, 31),
        range(1, 31),
        [1, 30],
        range(5, 11),
    ],
    ids=["none", "every other", "the first", "the last", "all", "the ends", "a page"],
)
async def test_pages_are_full_and_neither_end_early_nor_begin_anew(
    client: httpx.AsyncClient, store: Store, erased: list[int], ascending: bool
) -> None:
    numbers = range(1, 31)
    sent = [said(number, ANH if number in erased else BINH) for number in numbers]
    await send(client, *sent)
    if erased:
        erase(store, ANH)
    pages = await pages_of(client, limit=5, ascending=ascending)
    left = [id_of(number) for number in numbers if number not in erased]
    assert [one for page in pages for one in page] == (left if ascending else left[::-1])
    assert all(len(page) == 5 for page in pages[:-1])


async def pages_of(client: httpx.AsyncClient, *, limit: int, ascending: bool) -> list[list[str]]:
    answer = await client.get("/statements", params={"limit": limit, "ascending": ascending})
    pages = [ids_in(answer)]
    while more := answer.json()["more"]:
        answer = await client.get(f"https://lrs.example{more}")
        pages.append(ids_in(answer))
        assert len(pages) < 40, "it goes round"
    return pages


def ids_in(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["statements"]]


async def test_a_retry_of_an_erased_statement_is_a_conflict(
    client: httpx.AsyncClient, store: Store
) -> None:
    await send(client, said(1, ANH), said(2, BINH))
    await send(client, said(1, ANH))
    erase(store, ANH)
    answer = await client.post("/statements", json=said(1, ANH))
    assert (answer.status_code, answer.json()["problems"][0]["rule"]) == (409, "statement-conflict")
    await send(client, said(2, BINH))
    assert await status_of(client, 1) == 404


async def test_a_retry_is_told_from_a_conflict_across_versions_and_restarts(
    client: httpx.AsyncClient, store: Store, open_store: Callable[..., Store]
) -> None:
    await send(client, said(1, ANH, timestamp="2026-11-20T08:00:00Z"))
    later = said(1, ANH, timestamp="2026-11-20T09:00:00Z")
    assert (await client.post("/statements", json=later)).status_code == 409
    client.headers["X-Experience-API-Version"] = "2.0.0"
    assert (await client.post("/statements", json=later)).status_code == 200
    other = said(1, ANH, verb={"id": "http://adlnet.gov/expapi/verbs/failed"})
    assert (await client.post("/statements", json=other)).status_code == 409
    line = Line(1, orjson.dumps(said(1, ANH, timestamp="2026-11-20T08:00:00Z")))
    store.close()
    again = open_store()
    assert import_lines(again, [line], version="1.0", language="en").present == 1


@pytest.mark.parametrize("name", [one.NAME for one in (*INLINE, *FOLLOWED)])
async def test_a_rebuild_leaves_out_what_is_erased(
    client: httpx.AsyncClient, store: Store, name: str
) -> None:
    [projection] = [one for one in (*INLINE, *FOLLOWED) if name == one.NAME]
    await fill(client, store)
    erase(store, ANH)
    rebuilt = rebuild(store.log, projection)
    assert rebuilt.position == store.log.head().position
    catch_up(store.log, projection)
    assert rebuild(store.log, projection, check=True).checked


async def fill(client: httpx.AsyncClient, store: Store) -> None:
    """Something of every projection, Anh's and Binh's."""
    await send(client, said(1, ANH), said(2, BINH), said(3, ANH), voiding(id_of(2), actor=ANH))
    for agent in (ANH, BINH):
        for content in (b"1", b"2"):
            parameters = {"agent": orjson.dumps(agent).decode(), "profileId": "p"}
            current = await client.get("/agents/profile", params=parameters)
            tag = current.headers.get("etag")
            headers = {"If-Match": tag} if tag else {"If-None-Match": "*"}
            answer = await client.put(
                "/agents/profile", params=parameters, content=content, headers=headers
            )
            assert answer.status_code == 204
    store.accounts.open("kiem.toan", "một mật khẩu dài", roles=["auditor"], units=None)


async def test_what_was_voided_stays_voided_when_whoever_voided_it_is_forgotten(
    client: httpx.AsyncClient, store: Store
) -> None:
    await send(client, said(1, BINH), voiding(id_of(1), actor=ANH))
    await send(client, said(2, ANH))
    erase(store, ANH)
    rebuild(store.log, statement_index)
    assert await status_of(client, 1) == 404
    assert await status_of(client, 1, "voidedStatementId") == 200


async def test_an_export_leaves_out_what_is_erased(
    client: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.exports.LINES", 4)
    await send(client, *(said(number, ANH if number % 3 else BINH) for number in range(1, 20)))
    erase(store, ANH)
    for as_received in (True, False):
        exported = export_statements(
            store.storage, store.log, base_url="https://lrs.example", as_received=as_received
        )
        lines = [line for part in exported for line in part.lines]
        assert [orjson.loads(line)["id"] for line in lines] == [
            id_of(number) for number in range(3, 20, 3)
        ]


async def test_attachments_go_with_their_statement(client: httpx.AsyncClient, store: Store) -> None:
    for number, actor in enumerate((ANH, BINH), 1):
        content = b"certificate"
        sha2 = sha256(content).hexdigest()
        announced = {
            "usageType": "http://id.tincanapi.com/attachment/certificate",
            "display": {"en": "what was won"},
            "contentType": "text/plain",
            "length": len(content),
            "sha2": sha2,
        }
        sent = orjson.dumps(said(number, actor, attachments=[announced]))
        body = multipart_body("apart", sent, [(sha2, "text/plain", content)])
        headers = {"Content-Type": "multipart/mixed; boundary=apart"}
        answer = await client.post("/statements", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
    erase(store, ANH)
    answer = await client.get("/statements", params={"attachments": True})
    assert answer.content.count(b"\r\ncertificate\r\n") == 1
    assert answer.content.count(sha2.encode()) == 2, "in the statement and as its part"
    erase(store, BINH)
    answer = await client.get("/statements", params={"attachments": True})
    assert b"certificate" not in answer.content


async def test_a_document_is_read_after_its_log_is_erased_until_the_tables_say_so(
    client: httpx.AsyncClient, store: Store
) -> None:
    await fill(client, store)
    erase(store, ANH)
    parameters = {"agent": orjson.dumps(ANH).decode(), "profileId": "p"}
    rebuild(store.log, documents)
    assert (await client.get("/agents/profile", params=parameters)).status_code == 404
    parameters["agent"] = orjson.dumps(BINH).decode()
    assert (await client.get("/agents/profile", params=parameters)).content == b"2"


async def test_a_store_that_does_not_seal_reads_what_it_sealed_before(
    client: httpx.AsyncClient, store: Store, open_store: Callable[..., Store]
) -> None:
    await send(client, said(1, ANH))
    store.close()
    again = open_store(seal=False)
    line = Line(1, orjson.dumps(said(2, ANH)))
    assert import_lines(again, [line], version="1.0", language="en").stored == 1
    with again.storage.read() as connection:
        sealed = [row.sealed for row in again.log.rows(connection)[-2:]]
    assert sealed == [True, False]
    assert [orjson.loads(e.body)["id"] for e in again.log.read()[-2:]] == [id_of(1), id_of(2)]


def test_a_store_is_not_opened_with_the_key_of_another(
    open_store: Callable[..., Store], tmp_path: Path
) -> None:
    open_store().close()
    other = tmp_path / "other"
    other.write_text("ab" * 32)
    with pytest.raises(InvalidSettings, match="LRS_SEALING_KEY_FILE"):
        open_store(sealing_key_file=other)
    open_store()  # the refusal left nothing locked

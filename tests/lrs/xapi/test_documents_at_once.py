"""Many clients at one document, on both databases: preconditions hold, and nothing is lost."""

import asyncio
from collections import Counter

import httpx
import orjson
import pytest

from lrs.app import create_app
from lrs.store import Store
from tests.lrs.conftest import KEY, SECRET, OpenStore

PATH = "/activities/profile"
ONE = {"activityId": "https://lms.bvhttdl.example/courses/an-toan-thong-tin-2026", "profileId": "p"}
CLIENTS = 8


def client_of(store: Store) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(store.settings, store)),
        base_url="https://lrs.example/xapi",
        params=ONE,
        auth=(KEY, SECRET),
        headers={"X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"},
    )


@pytest.fixture
def stores(open_store: OpenStore, database_url: str) -> list[Store]:
    """As many processes as the database takes: one on SQLite, two on PostgreSQL."""
    return [open_store() for _ in range(1 if database_url.startswith("sqlite") else 2)]


@pytest.fixture
def clients(stores: list[Store]) -> list[httpx.AsyncClient]:
    return [client_of(stores[number % len(stores)]) for number in range(CLIENTS)]


async def test_of_clients_that_create_one_document_one_succeeds(
    clients: list[httpx.AsyncClient],
) -> None:
    async def create(number: int) -> int:
        sent = {"If-None-Match": "*"}
        answer = await clients[number].put(PATH, content=b"%d" % number, headers=sent)
        return answer.status_code

    statuses = await asyncio.gather(*map(create, range(CLIENTS)))
    assert Counter(statuses) == {204: 1, 412: CLIENTS - 1}
    winner = statuses.index(204)
    for client in clients:
        assert (await client.get(PATH)).content == b"%d" % winner


async def test_of_clients_that_replace_one_version_one_succeeds(
    clients: list[httpx.AsyncClient],
) -> None:
    etag = (await clients[0].put(PATH, content=b"0", headers={"If-None-Match": "*"})).headers[
        "etag"
    ]
    sent = {"If-Match": etag}
    answers = await asyncio.gather(
        *(client.put(PATH, content=b"%d" % n, headers=sent) for n, client in enumerate(clients, 1))
    )
    assert Counter(a.status_code for a in answers) == {204: 1, 412: CLIENTS - 1}


async def test_merges_at_once_all_take_place(clients: list[httpx.AsyncClient]) -> None:
    answers = await asyncio.gather(
        *(client.post(PATH, json={f"m{number}": number}) for number, client in enumerate(clients))
    )
    assert {answer.status_code for answer in answers} == {204}
    found = (await clients[0].get(PATH)).json()
    assert found == {f"m{number}": number for number in range(CLIENTS)}


async def test_a_counter_kept_with_if_match_counts_everything(
    clients: list[httpx.AsyncClient],
) -> None:
    await clients[0].put(PATH, content=b"0", headers={"If-None-Match": "*"})

    async def count_one_up(client: httpx.AsyncClient) -> None:
        while True:
            found = await client.get(PATH)
            sent = {"If-Match": found.headers["etag"]}
            more = orjson.dumps(found.json() + 1)
            if (await client.put(PATH, content=more, headers=sent)).status_code == 204:
                return

    await asyncio.gather(*map(count_one_up, clients))
    assert (await clients[0].get(PATH)).json() == CLIENTS


async def test_each_process_reads_what_another_wrote(stores: list[Store]) -> None:
    first, last = client_of(stores[0]), client_of(stores[-1])
    for content in (b'{"a":1}', b'{"a":2}'):
        assert (await first.post(PATH, content=content)).status_code == 204
        assert (await last.get(PATH)).content == content
    assert (await last.delete(PATH)).status_code == 204
    assert (await first.get(PATH)).status_code == 404

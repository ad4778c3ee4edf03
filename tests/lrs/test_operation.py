"""Health, readiness and metrics, and the pages and interfaces beside xAPI."""

import asyncio
import base64
import re
import time
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from lrs.app import RESOURCES, create_app
from lrs.asked.caller import Caller
from lrs.metrics import Counts, SharedCounts, exposition
from lrs.rate import Rates
from lrs.store import Store
from lrs.web import texts
from projections import activities
from tests.examples import statement
from tests.lrs.conftest import KEY, SECRET

HERE = "https://lrs.example"


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(create_app(store.settings, store)) as client:
        yield client


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=HERE,
        auth=(KEY, SECRET),
        headers={"X-Experience-API-Version": "1.0.3", "Accept-Language": "en"},
    )


async def numbers(client: httpx.AsyncClient) -> dict[tuple, float]:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_a_store_that_works_is_live_and_ready(client):
    assert (await client.get("/health/live")).json() == {"status": "live"}
    assert (await client.get("/health/ready")).json() == {"status": "ready"}


async def test_a_store_whose_log_failed_is_live_and_not_ready(client, store):
    store.writer.failure = OSError("no space left")
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["the log failed: no space left"]
    assert (await client.get("/health/live")).status_code == 200


async def test_a_store_without_its_database_is_not_ready(client, store, monkeypatch):
    def away(connection):
        raise ConnectionError

    monkeypatch.setattr(store.log, "head_of", away)
    reasons = (await client.get("/health/ready")).json()["reasons"]
    assert reasons == ["the database cannot be read: ConnectionError"]
    assert (await client.get("/metrics")).status_code == 200, "the counters can still be read"


async def test_a_projection_that_stopped_is_named(client, store, monkeypatch):
    def apply(*_):
        raise ValueError("no such shape")

    monkeypatch.setattr(activities, "apply", apply)
    await client.post("/xapi/statements", json=statement())
    deadline = time.monotonic() + 10
    while (await client.get("/health/ready")).status_code == 200:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    reasons = (await client.get("/health/ready")).json()["reasons"]
    assert reasons == ["projection activities stopped: ValueError: no such shape"]
    found = await numbers(client)
    assert found["lrs_projection_failed", "activities"] == 1
    assert found["lrs_projection_lag_events", "activities"] > 0


async def test_how_far_the_log_is_sealed_is_told(client, store):
    await client.post("/xapi/statements", json=statement())
    deadline = time.monotonic() + 10
    while (found := await numbers(client))["lrs_seal_lag_events",]:
        assert found["lrs_sealed_position",] < found["lrs_log_position",]
        assert 0 < found["lrs_seal_lag_seconds",] < 10
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    assert found["lrs_sealed_position",] == found["lrs_log_position",]
    assert (found["lrs_seal_lag_seconds",], found["lrs_seal_failed",]) == (0, 0)


async def test_a_sealer_that_stopped_is_named(client, store):
    store.sealer.close()
    store.sealer.failure = "EventsMissing: the event at position 7 is missing"
    reasons = (await client.get("/health/ready")).json()["reasons"]
    assert reasons == ["sealing stopped: EventsMissing: the event at position 7 is missing"]
    assert (await numbers(client))["lrs_seal_failed",] == 1


async def test_requests_statements_and_refusals_are_counted(client):
    await client.post("/xapi/statements", json=[statement(), statement()])
    await client.get("/xAPI/statements")
    await client.post("/xapi/statements", json=statement(verb={"id": "no iri"}))
    await client.get("/nowhere/at/all")
    found = await numbers(client)
    assert found["lrs_requests_total", "POST", "statements", "200"] == 1
    assert found["lrs_requests_total", "GET", "statements", "200"] == 1
    assert found["lrs_requests_total", "POST", "statements", "400"] == 1
    assert found["lrs_requests_total", "GET", "other", "404"] == 1
    assert found["lrs_statements_total",] == 2
    assert sum(value for key, value in found.items() if key[0] == "lrs_refused_total") >= 1
    assert found["lrs_request_seconds_count", "POST", "statements"] == 2
    assert found["lrs_append_events_sum",] >= 2
    assert found["lrs_projection_position", "statement_index"] == found["lrs_log_position",]


async def test_a_credential_that_asks_too_fast_is_counted(store):
    store.rates = Rates(0.001, 1)
    async with client_of(create_app(store.settings, store)) as client:
        statuses = [(await client.get("/xapi/statements")).status_code for _ in range(3)]
        assert statuses == [200, 429, 429]
        assert (await numbers(client))["lrs_rate_limited_total", KEY] == 2


def test_workers_add_up_their_counts_and_those_of_workers_that_ended(tmp_path):
    mine, other = Counts(), Counts()
    mine.add("lrs_events", amount=2)
    mine.observe(0.003, "lrs_append_seconds")
    other.add("lrs_events", amount=40)
    other.observe(0.1, "lrs_append_seconds")
    shared, others = SharedCounts(mine, tmp_path), SharedCounts(other, tmp_path)
    others._file = tmp_path / "999999999.json"  # of a process that is no more
    others.write(waiting=7)
    text = exposition(shared.total(waiting=1)).decode()
    assert "lrs_events_total 42.0" in text
    assert "lrs_append_seconds_count 2.0" in text
    assert "lrs_queue_events 1.0" in text, "nothing waits in a process that ended"


async def test_validate_says_what_is_wrong_and_stores_nothing(client, store):
    before = store.log.head()
    good = await client.post("/api/v1/validate", json=statement())
    assert good.json() == {"valid": True, "problems": []}
    twice = "3f1e0a52-6f0b-4b6e-9a55-0f2a3c1b5d10"
    wrong = [statement(id=twice), statement(verb={"id": "no iri"}), statement(id=twice)]
    said = (await client.post("/api/v1/validate", json=wrong)).json()
    assert said["valid"] is False
    assert [problem["pointer"] for problem in said["problems"]] == ["/1/verb/id", "/2/id"]
    assert set(said["problems"][0]) == {"pointer", "value", "rule", "section", "message", "mend"}
    assert store.log.head() == before


async def test_validate_counts_what_it_does_not_list(client):
    actor = {"objectType": "Group", "member": [{"mbox": "x"}] * 100}
    wrong = [statement(actor=actor)] * 12
    said = (await client.post("/api/v1/validate", json=wrong)).json()
    assert len(said["problems"]) == 1000
    assert said["notListed"] >= 200


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1,"a":2}', b"[NaN]", b"null", b"\xff"])
async def test_validate_answers_what_is_no_statement_at_all(client, body):
    said = await client.post("/api/v1/validate", content=body)
    assert said.status_code == 200
    assert said.json()["valid"] is False
    assert said.json()["problems"]


async def test_validate_goes_by_the_version_and_the_language_asked_for(client):
    new = statement(context={"contextAgents": [{"objectType": "wrong"}]})
    old_rules = await client.post("/api/v1/validate", json=new, headers={"Accept-Language": "vi"})
    headers = {"X-Experience-API-Version": "2.0.0"}
    new_rules = await client.post("/api/v1/validate", json=new, headers=headers)
    assert old_rules.headers["content-language"] == "vi"
    assert new_rules.headers["content-language"] == "en"
    assert [p["pointer"] for p in old_rules.json()["problems"]] == ["/context/contextAgents"]
    pointers = [p["pointer"] for p in new_rules.json()["problems"]]
    assert "/context/contextAgents/0/objectType" in pointers


async def test_validate_needs_a_credential_and_no_version(client):
    del client.headers["X-Experience-API-Version"]
    assert (await client.post("/api/v1/validate", json=statement())).status_code == 200
    client.auth = (KEY, "wrong")
    refused = await client.post("/api/v1/validate", json=statement())
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"


def test_every_resource_method_and_parameter_is_documented():
    for path, resource in RESOURCES.items():
        assert texts.RESOURCES[path]
        for method, operation in resource.items():
            assert texts.METHODS[path, method]
            assert operation.known <= texts.PARAMETERS.keys(), path
    known = {name for r in RESOURCES.values() for o in r.values() for name in o.known}
    assert texts.PARAMETERS.keys() == known, "and nothing that is not there"
    methods = {(path, method) for path, resource in RESOURCES.items() for method in resource}
    assert texts.METHODS.keys() == methods
    for text in (*texts.WORDS.values(), *texts.METHODS.values(), *texts.PARAMETERS.values()):
        assert text["vi"]
        assert text["en"]


async def test_the_documentation_names_everything_and_needs_no_other_server(client):
    answer = await client.get("/docs?lang=vi")
    assert answer.headers["content-language"] == "vi"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path, resource in RESOURCES.items():
        assert f"/xapi{path}<" in answer.text
        for operation in resource.values():
            assert all(f"<code>{name}</code>" in answer.text for name in operation.known)
    assert "/api/v1/validate" in answer.text
    loaded = re.findall(r"""(?:src|href)="([^"#]+)""", answer.text)
    assert all(link.startswith("/") for link in loaded)
    for link in loaded:
        assert (await client.get(link)).status_code == 200, link
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    assert 'lang="en"' in (await client.get("/docs?lang=en")).text


async def test_the_documentation_speaks_the_readers_language(client):
    assert (await client.get("/docs")).headers["content-language"] == "en"
    client.headers["Accept-Language"] = "fr, vi;q=0.8"
    assert (await client.get("/docs")).headers["content-language"] == "vi"


async def test_openapi_describes_the_interface_beside_xapi(client):
    document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/api/v1/validate"]["post"]
    assert {"200", "400", "401", "413", "429"} <= operation["responses"].keys()
    assert "422" not in operation["responses"]
    assert operation["security"] == [{"basic": []}]
    assert document["components"]["securitySchemes"]["basic"]["scheme"] == "basic"


async def test_commands_come_in_with_the_token_alone(store):
    async with client_of(create_app(store.settings, store, "the token")) as client:
        for header in ("", "Bearer wrong", basic(KEY, SECRET)):
            assert (await ping(client, header)).status_code == 404
        assert (await ping(client, "Bearer the token")).content == b"\xa4here"
    async with client_of(create_app(store.settings, store)) as client:
        assert (await ping(client, "Bearer ")).status_code == 404


async def ping(client: httpx.AsyncClient, authorization: str) -> httpx.Response:
    request = httpx.Request(
        "POST",
        f"{HERE}/internal/ping",
        headers={"Authorization": authorization},
        content=msgspec.msgpack.encode((Caller("root"), {})),
    )
    return await client.send(request, auth=None)


def basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()

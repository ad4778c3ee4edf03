"""The agents resource answers with a Person."""

from typing import Any

import httpx
import orjson
import pytest

from lrs.store import Store

ACCOUNT = {"homePage": "https://sso.bvhttdl.example", "name": "100045"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def person(client: httpx.AsyncClient, agent: Any, **headers: str) -> httpx.Response:
    return await client.get("/agents", params={"agent": orjson.dumps(agent).decode()})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mbox", "mailto:anh@bvhttdl.example"),
        ("mbox_sha1sum", "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"),
        ("openid", "https://id.example/anh"),
        ("account", ACCOUNT),
    ],
)
async def test_a_person_has_what_the_agent_has_as_arrays(
    client: httpx.AsyncClient, name: str, value: Any
) -> None:
    answer = await person(client, {"name": "Nguyễn Thị Ánh", name: value})
    assert answer.status_code == 200
    assert answer.json() == {"objectType": "Person", "name": ["Nguyễn Thị Ánh"], name: [value]}
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["etag"]) == 42


@pytest.mark.parametrize(
    ("agent", "rule"),
    [
        ({"objectType": "Group", "account": ACCOUNT}, "agent-not-group"),
        ({"objectType": "Person", "account": ACCOUNT}, "object_type"),
        ({"name": "Nguyễn Thị Ánh"}, "agent.identifier_required"),
        ({"account": ACCOUNT, "mbox": "mailto:a@b.vn"}, "agent.identifier_single"),
        ({"account": {"name": "100045"}}, "account.required"),
        (7, "type"),
    ],
)
async def test_only_an_agent_is_answered(client: httpx.AsyncClient, agent: Any, rule: str) -> None:
    answer = await person(client, agent)
    problem = answer.json()["problems"][0]
    assert (answer.status_code, problem["rule"]) == (400, rule)
    assert problem["pointer"].startswith("/agent")


async def test_who_only_writes_statements_is_told_no_person(
    client: httpx.AsyncClient, store: Store
) -> None:
    issued = store.credentials.issue("a platform", ["statements/write"])
    agent = orjson.dumps({"account": ACCOUNT}).decode()
    answer = await client.get("/agents", params={"agent": agent}, auth=(issued.key, issued.secret))
    assert answer.status_code == 403

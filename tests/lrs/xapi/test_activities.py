"""The activities resource answers with what the store holds an activity to be."""

import httpx
import pytest

from lrs.store import Store
from tests.examples import statement

COURSE = "https://lms.bvhttdl.example/courses/an-toan-thong-tin-2026"


async def test_the_definition_of_a_statement_is_there_when_its_post_returns(
    client: httpx.AsyncClient,
) -> None:
    first, second = statement(), statement()
    second["object"]["definition"] = {"name": {"fr": "Sécurité de l’information"}}
    answer = await client.post("/statements", json=[first, second])
    assert answer.status_code == 200
    answer = await client.get("/activities", params={"activityId": COURSE})
    definition = first["object"]["definition"]
    names = definition["name"] | {"fr": "Sécurité de l’information"}
    assert answer.json() == {
        "objectType": "Activity",
        "id": COURSE,
        "definition": {**definition, "name": names},
    }


async def test_an_activity_nobody_spoke_of_is_an_activity(client: httpx.AsyncClient) -> None:
    answer = await client.get("/activities", params={"activityId": "urn:a:hoạt-động"})
    assert answer.status_code == 200
    assert answer.json() == {"objectType": "Activity", "id": "urn:a:hoạt-động"}


async def test_who_may_not_define_changes_no_definition(
    client: httpx.AsyncClient, store: Store
) -> None:
    issued = store.credentials.issue("a platform", ["statements/write"])
    auth = (issued.key, issued.secret)
    assert (await client.post("/statements", json=statement(), auth=auth)).status_code == 200
    answer = await client.get("/activities", params={"activityId": COURSE})
    assert "definition" not in answer.json()


@pytest.mark.parametrize("activity_id", ["no scheme", "true", "", "https://a.example/a b"])
async def test_an_activity_id_is_an_iri(client: httpx.AsyncClient, activity_id: str) -> None:
    answer = await client.get("/activities", params={"activityId": activity_id})
    assert (answer.status_code, answer.json()["problems"][0]["rule"]) == (400, "parameter-iri")

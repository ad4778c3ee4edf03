"""What /openapi.json says of /api/v1 is so: examples fit, every route is described and guarded."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter

from lrs.api.access import ACCESS, ROOT
from lrs.api.route import GuardedRoute
from lrs.app import create_app
from tests.lrs.api.conftest import HERE
from tests.lrs.conftest import OpenStore


@pytest.fixture
def app(open_store: OpenStore) -> FastAPI:
    store = open_store()
    return create_app(store.settings, store)


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_every_example_is_what_the_route_could_answer(app: FastAPI) -> None:
    looked = 0
    for route in app.routes:
        if isinstance(route, GuardedRoute) and route.status_code != 204:
            content = route.responses[route.status_code or 200]["content"]["application/json"]
            TypeAdapter(route.response_model).validate_python(content["example"])
            looked += 1
    assert looked == sum(map(len, ACCESS.values())) - 3  # validate; 204 for two


async def test_every_route_says_what_it_is_for_and_who_may_ask(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
        document: dict[str, Any] = (await client.get("/openapi.json")).json()
        page = (await client.get("/docs")).text
    for path, methods in ACCESS.items():
        assert f"<code>{ROOT}{path}</code>" in page
        for method, access in methods.items():
            said = document["paths"][ROOT + path][method.lower()]
            assert said["summary"]
            assert said["tags"]
            assert "422" not in said["responses"], "problems are told in one form"
            if not access.credential:
                guarded: list[Any] = [{"session": []}, {"token": []}]
                assert said.get("security", []) == ([] if access.open_to_all else guarded)
                for status, answer in said["responses"].items():
                    if not status.startswith("2"):
                        assert answer["content"].keys() == {"application/problem+json"}
    assert document["paths"].keys() == {ROOT + path for path in ACCESS}

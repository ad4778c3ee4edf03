"""The about resource is how a client finds out what to say."""

import httpx
import pytest

from tests.lrs.conftest import OpenStore


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def test_about_is_open_to_all(client: httpx.AsyncClient) -> None:
    for headers in ({}, {"X-Experience-API-Version": "0.9"}, {"Authorization": "Basic x"}):
        request = httpx.Request("GET", "https://lrs.example/xapi/about", headers=headers)
        answer = await client.send(request, auth=None)
        assert answer.status_code == 200
        assert answer.json()["version"] == ["1.0.3", "2.0.0"]


async def test_about_has_nothing_outside_extensions_but_versions(client: httpx.AsyncClient) -> None:
    about = (await client.get("/about")).json()
    assert set(about) == {"version", "extensions"}
    assert all(":" in iri for iri in about["extensions"])


@pytest.fixture
def store(open_store: OpenStore, request: pytest.FixtureRequest) -> object:
    return open_store(**getattr(request, "param", {}))


@pytest.mark.parametrize("store", [{"supported_versions": ("1.0.3",)}], indirect=True)
async def test_about_announces_the_versions_of_the_settings(client: httpx.AsyncClient) -> None:
    assert (await client.get("/about")).json()["version"] == ["1.0.3"]

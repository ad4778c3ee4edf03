"""A store on either database, and a client of it that speaks HTTP without a socket."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from lrs.app import create_app
from lrs.settings import Settings
from lrs.store import Store

KEY, SECRET = "set-up", "correct horse battery staple"
PEPPER = "the same for all tests"

OpenStore = Callable[..., Store]


@contextmanager
def opening(database_url: str) -> Iterator[OpenStore]:
    """Stores of one database, closed at the end."""
    opened: list[Store] = []

    def open_(**settings: Any) -> Store:
        chosen: dict[str, Any] = {
            "database_url": database_url,
            "base_url": "https://lrs.example",
            "api_key_default": KEY,
            "api_secret_default": SECRET,
            "pepper": PEPPER,
            **settings,
        }
        opened.append(Store(Settings(**chosen), on_failure=lambda error: None))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def open_store(database_url: str) -> Iterator[OpenStore]:
    """Open the store of this test's database, again if asked again; closed with the test."""
    with opening(database_url) as open_:
        yield open_


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """A client of xAPI 1.0.3 with scope ``all``; an error in the store is an error of the test."""
    transport = httpx.ASGITransport(create_app(store.settings, store))
    async with httpx.AsyncClient(
        transport=transport,
        base_url="https://lrs.example/xapi",
        auth=(KEY, SECRET),
        headers={"X-Experience-API-Version": "1.0.3", "Accept-Language": "en"},
    ) as client:
        yield client

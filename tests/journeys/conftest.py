"""One store on each database for all journeys of a test run, and clients of it.

Statements stay, so every journey takes agents, activities and verbs of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.databases import database_on
from tests.xapi_client import Client, StoreInThisProcess, store_in_this_process

OpenStore = Callable[..., StoreInThisProcess]


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreInThisProcess]:
    path = tmp_path_factory.mktemp("journeys") / "hocba.db"
    with store_in_this_process(f"sqlite:///{path}") as running:
        yield running


@pytest.fixture(scope="session")
def postgres_store(postgres_server: str) -> Iterator[StoreInThisProcess]:
    with database_on(postgres_server) as url, store_in_this_process(url) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest) -> StoreInThisProcess:
    """The store of this session on either database."""
    fixture = {"sqlite": "sqlite_store", "postgresql": "postgres_store"}[request.param]
    found: StoreInThisProcess = request.getfixturevalue(fixture)
    return found


@pytest.fixture
def client(running: StoreInThisProcess) -> Client:
    """Of xAPI 1.0.3, with scope ``all``."""
    return running.client()


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[OpenStore]:
    """A store of this test alone, with settings of its own, on SQLite."""
    with ExitStack() as opened:

        def open_(**settings: Any) -> StoreInThisProcess:
            url = f"sqlite:///{tmp_path / 'hocba.db'}"
            return opened.enter_context(store_in_this_process(url, **settings))

        yield open_

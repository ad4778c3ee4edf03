"""A store of its own for what nobody should send."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Server
from tests.xapi_client import Client, store_in_this_process


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """An exception in the store is one in the test."""
    path: Path = tmp_path_factory.mktemp("fuzz") / "hocba.db"
    with store_in_this_process(f"sqlite:///{path}") as running:
        yield running.client()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("fuzz")
    # Two heaps instead of one a thread, and what is large beside them: what is freed is given back
    # or used again, so what is kept can be seen.
    heaps = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "65536"}
    with Server(f"sqlite:///{directory / 'hocba.db'}", directory, **heaps) as running:
        yield running

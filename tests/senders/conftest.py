"""Senders meet a store of their own, on SQLite: what they send depends on no database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.xapi_client import Client, store_in_this_process


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Of xAPI 1.0.3, with scope ``all``, reading English."""
    path: Path = tmp_path_factory.mktemp("senders") / "hocba.db"
    with store_in_this_process(f"sqlite:///{path}") as running:
        yield running.client()

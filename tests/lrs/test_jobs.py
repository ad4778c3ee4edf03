"""Long work that a command began ends with its store."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from lrs.jobs import Job, Progress
from lrs.store import Store

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_a_store_that_is_closed_stops_what_was_begun_and_waits_for_it(store: Store) -> None:
    seen: list[int] = []
    begun = threading.Event()

    def work(progress: Progress) -> Mapping[str, Any]:
        while True:
            begun.set()
            with store.storage.read() as connection:
                seen.append(store.log.head_of(connection).position)
            progress(1, 2)

    job = Job("endless", work)
    store.begin(job)
    assert begun.wait(5)
    store.close()
    assert not job.is_alive()
    assert job.state()["failure"] == "stopped"
    assert seen

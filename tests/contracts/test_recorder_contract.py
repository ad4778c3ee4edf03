"""Our recorders honour the eventsourcing library's own contracts, on both databases.

Its case for aggregate recorders is left out: it demands that an append answers no positions,
which the case for application recorders demands; an application recorder is held to the latter.
"""

from collections.abc import Iterator

import pytest
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from lrs.log.opening import open_log
from lrs.log.recorder import LogRecorder
from lrs.log.storage import open_storage

LIBRARY_TOPICS = ("topic", "topic1", "topic2", "topic3", "topic4", "non-interleaving-test-event")


class LogOn:
    """Makes recorders for the library's cases; ``url`` is set by each database's mixin."""

    url: str

    @pytest.fixture(autouse=True)
    def _closing(self) -> Iterator[None]:
        self._storages: list[object] = []
        yield
        for storage in self._storages:
            storage.close()  # type: ignore[attr-defined]

    def create_recorder(self) -> LogRecorder:
        storage = open_storage(self.url)
        self._storages.append(storage)
        topics = {topic: 1000 + number for number, topic in enumerate(LIBRARY_TOPICS)}
        return open_log(storage, inline=(), topics=topics)


class OnSqlite(LogOn):
    @pytest.fixture(autouse=True)
    def _database(self, sqlite_url: str) -> None:
        self.url = sqlite_url


class OnPostgres(LogOn):
    @pytest.fixture(autouse=True)
    def _database(self, postgres_url: str) -> None:
        self.url = postgres_url


class TestApplicationRecorderOnSqlite(OnSqlite, ApplicationRecorderTestCase[LogRecorder]): ...


class TestApplicationRecorderOnPostgres(OnPostgres, ApplicationRecorderTestCase[LogRecorder]): ...


class TestTrackingRecorderOnSqlite(OnSqlite, TrackingRecorderTestCase): ...


class TestTrackingRecorderOnPostgres(OnPostgres, TrackingRecorderTestCase): ...


class TestProcessRecorderOnSqlite(OnSqlite, ProcessRecorderTestCase): ...


class TestProcessRecorderOnPostgres(OnPostgres, ProcessRecorderTestCase): ...


class TestNonInterleavingOnSqlite(OnSqlite, NonInterleavingNotificationIDsBaseCase): ...


class TestNonInterleavingOnPostgres(OnPostgres, NonInterleavingNotificationIDsBaseCase): ...

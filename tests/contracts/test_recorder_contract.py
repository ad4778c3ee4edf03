"""Our recorders honour the eventsourcing library's own contracts, on both databases.

Its case for aggregate recorders is left out: it demands that an append answers no positions,
which the case for application recorders demands; an application recorder is held to the latter.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from lrs.log.opening import open_log
from lrs.log.recorder import Append, LogRecorder
from lrs.log.storage import open_storage
from lrs.privacy.opening import open_data_keys
from lrs.settings import Settings

LIBRARY_TOPICS = ("topic", "topic1", "topic2", "topic3", "topic4", "non-interleaving-test-event")


def give_subjects(log: LogRecorder) -> None:
    """Let every event of the library, which knows of none, be somebody's."""
    insert = log._insert

    def insert_as_somebodys(connection, turn, requests):
        events = [
            event._replace(subject=event.stream_id) for one in requests for event in one.events
        ]
        return insert(connection, turn, [Append(events)])

    log._insert = insert_as_somebodys  # type: ignore[method-assign]


class LogOn:
    """Makes recorders for the library's cases; ``url`` is set by each database's mixin."""

    url: str
    seal = False

    @pytest.fixture(autouse=True)
    def _closing(self) -> Iterator[None]:
        self._storages: list[object] = []
        yield
        for storage in self._storages:
            storage.close()  # type: ignore[attr-defined]

    @pytest.fixture(autouse=True)
    def _sealing_key(self, tmp_path: Path) -> None:
        self._key = tmp_path / "key"

    def create_recorder(self) -> LogRecorder:
        storage = open_storage(self.url)
        self._storages.append(storage)
        topics = {topic: 1000 + number for number, topic in enumerate(LIBRARY_TOPICS)}
        settings = Settings(database_url=self.url, sealing_key_file=self._key, seal=self.seal)
        log = open_log(storage, keys=open_data_keys(storage, settings), topics=topics)
        give_subjects(log)
        return log


class OnSqlite(LogOn):
    @pytest.fixture(autouse=True)
    def _database(self, sqlite_url: str) -> None:
        self.url = sqlite_url


class OnPostgres(LogOn):
    @pytest.fixture(autouse=True)
    def _database(self, postgres_url: str) -> None:
        self.url = postgres_url


class OnSealedSqlite(OnSqlite):
    seal = True


class OnSealedPostgres(OnPostgres):
    seal = True


class TestApplicationRecorderOnSqlite(OnSqlite, ApplicationRecorderTestCase[LogRecorder]): ...


class TestApplicationRecorderOnPostgres(OnPostgres, ApplicationRecorderTestCase[LogRecorder]): ...


class TestApplicationRecorderOnSealedSqlite(
    OnSealedSqlite, ApplicationRecorderTestCase[LogRecorder]
): ...


class TestApplicationRecorderOnSealedPostgres(
    OnSealedPostgres, ApplicationRecorderTestCase[LogRecorder]
): ...


class TestTrackingRecorderOnSqlite(OnSqlite, TrackingRecorderTestCase): ...


class TestTrackingRecorderOnPostgres(OnPostgres, TrackingRecorderTestCase): ...


class TestProcessRecorderOnSqlite(OnSqlite, ProcessRecorderTestCase): ...


class TestProcessRecorderOnPostgres(OnPostgres, ProcessRecorderTestCase): ...


class TestProcessRecorderOnSealedSqlite(OnSealedSqlite, ProcessRecorderTestCase): ...


class TestProcessRecorderOnSealedPostgres(OnSealedPostgres, ProcessRecorderTestCase): ...


class TestNonInterleavingOnSqlite(OnSqlite, NonInterleavingNotificationIDsBaseCase): ...


class TestNonInterleavingOnPostgres(OnPostgres, NonInterleavingNotificationIDsBaseCase): ...


class TestNonInterleavingOnSealedSqlite(OnSealedSqlite, NonInterleavingNotificationIDsBaseCase): ...


class TestNonInterleavingOnSealedPostgres(
    OnSealedPostgres, NonInterleavingNotificationIDsBaseCase
): ...

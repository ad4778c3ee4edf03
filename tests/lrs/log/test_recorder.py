"""What the log promises beyond the library's contract."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from struct import pack
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from lrs.log.opening import open_log
from lrs.log.recorder import Append, Appended, LogRecorder, StreamConflict
from lrs.log.storage import SqliteStorage, StoreInUse, open_storage
from lrs.projector import catch_up
from lrs.settings import Settings
from lrs.store import Store
from projections import activities, statement_index
from schemas.events import Kind, NewEvent
from tests.examples import any_event, statement_event
from tests.lrs.privacy.stores import opened_log

SUBJECT = b"p" * 16


@pytest.fixture(params=[True, False], ids=["sealed", "plain"])
def log(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[LogRecorder]:
    with opened_log(database_url, tmp_path / "key", seal=request.param) as log:
        yield log


def event(stream: bytes, content: bytes = b"a", *, kind: Kind = Kind.STATEMENT_1_0) -> NewEvent:
    return NewEvent(kind, stream, b"{}", content_hash=content * 32, subject=SUBJECT)


def test_positions_are_contiguous_and_in_the_order_of_the_requests(log: LogRecorder) -> None:
    outcomes = log.append([Append([any_event(), any_event()]), Append([any_event()])])
    assert [list(o.positions) for o in outcomes if isinstance(o, Appended)] == [[1, 2], [3]]


def test_an_event_comes_back_as_it_went_in(log: LogRecorder) -> None:
    given = NewEvent(Kind.STATEMENT_2_0, uuid4().bytes, b'{"a": 1.0}', b"c" * 16, subject=SUBJECT)
    log.append([Append([given])])
    [entry] = log.read()
    assert (entry.kind, entry.stream_id, entry.stream_version) == (given.kind, given.stream_id, 1)
    assert (entry.body, entry.credential) == (b'{"a": 1.0}', b"c" * 16)


def test_a_retry_is_answered_with_where_the_event_is(log: LogRecorder) -> None:
    stream = uuid4().bytes
    log.append([Append([any_event(), event(stream)])])
    [outcome] = log.append([Append([event(stream), any_event()])])
    assert isinstance(outcome, Appended)
    assert list(outcome.positions) == [2, 3]
    assert log.head().position == 3


def test_a_conflict_fails_only_the_request_that_holds_it(log: LogRecorder) -> None:
    taken = uuid4().bytes
    log.append([Append([event(taken)])])
    before, clash, after = log.append(
        [
            Append([any_event()]),
            Append([any_event(), event(taken, b"b")]),
            Append([any_event()]),
        ]
    )
    assert isinstance(clash, StreamConflict)
    assert list(clash.streams) == [(taken, 1)]
    assert isinstance(before, Appended)
    assert isinstance(after, Appended)
    assert (list(before.positions), list(after.positions)) == ([2], [3])


def test_of_two_different_events_in_one_commit_the_first_holds_the_stream(log: LogRecorder) -> None:
    stream = uuid4().bytes
    first, second, third = log.append(
        [Append([event(stream)]), Append([event(stream, b"b")]), Append([event(stream)])]
    )
    assert isinstance(first, Appended)
    assert isinstance(second, StreamConflict)
    assert isinstance(third, Appended)
    assert list(third.positions) == list(first.positions)


def test_a_refused_request_leaves_its_streams_free(log: LogRecorder) -> None:
    taken, free = uuid4().bytes, uuid4().bytes
    log.append([Append([event(taken)])])
    refused, accepted = log.append(
        [Append([event(free), event(taken, b"b")]), Append([event(free, b"c")])]
    )
    assert isinstance(refused, StreamConflict)
    assert isinstance(accepted, Appended)


def test_under_2_0_only_the_first_half_of_the_content_hash_counts(log: LogRecorder) -> None:
    stream = uuid4().bytes
    log.append([Append([event(stream)])])
    other_half = b"a" * 16 + b"b" * 16
    old, new = log.append(
        [
            Append([event(stream)._replace(content_hash=other_half)]),
            Append([event(stream, kind=Kind.STATEMENT_2_0)._replace(content_hash=other_half)]),
        ]
    )
    assert isinstance(old, StreamConflict)
    assert isinstance(new, Appended)


def test_a_statement_id_occupies_no_other_kind_of_stream(log: LogRecorder) -> None:
    stream = uuid4().bytes
    statement, credential = log.append(
        [Append([event(stream)]), Append([event(stream, kind=Kind.CREDENTIAL_ISSUED)])]
    )
    assert isinstance(statement, Appended)
    assert isinstance(credential, Appended)


def test_stored_increases_even_when_the_clock_goes_back(database_url: str) -> None:
    times = iter([5_000_000, 1_000_000, 1_000_000])
    storage = open_storage(database_url)
    log = open_log(storage, clock=lambda: next(times))
    for _ in range(3):
        log.append([Append([any_event(), any_event()])])
    stored = [entry.stored for entry in log.read()]
    storage.close()
    assert stored == [5_000_000 + n for n in range(6)]


def test_the_leaf_is_the_hash_of_the_record_written_down_in_the_docs(log: LogRecorder) -> None:
    given = NewEvent(Kind.STATEMENT_1_0, b"s" * 16, b'{"b":2}', b"c" * 16, subject=SUBJECT)
    log.append([Append([given])])
    [e] = log.read()
    commitment = sha256(b"\x02" + e.salt + b'{"b":2}').digest()
    record = b"hocba/log-leaf/1" + pack(">QQH", 1, e.stored, 2) + b"s" * 16 + pack(">I", 1)
    record += b"c" * 16 + pack(">I", 7) + commitment
    with log.storage.read() as connection:
        assert [row.commitment for row in log.rows(connection)] == [commitment]
        assert log.records(connection) == [(1, record)]
        assert log.leaves(connection) == [(1, sha256(b"\x00" + record).digest())]


@pytest.mark.parametrize("table", ["event_log", "event_registry", "attachment_content"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_itself_refuses_to_change_the_log(
    log: LogRecorder, table: str, change: str
) -> None:
    if change.startswith("TRUNCATE") and log.storage.dialect == "sqlite":
        change = "DELETE FROM {}"  # SQLite's truncate is a DELETE without WHERE
    from lrs.log.recorder import Attachment

    log.append([Append([any_event()], [Attachment("ab" * 32, b"x")])])
    column = {"event_log": "body", "event_registry": "position", "attachment_content": "content"}
    sql = change.format(table, column[table], column[table])
    with pytest.raises(DBAPIError, match="append-only"), log.storage.write() as connection:
        connection.execute(text(sql))


def test_entries_come_in_the_order_asked_for(log: LogRecorder) -> None:
    log.append([Append([any_event() for _ in range(5)])])
    with log.storage.read() as connection:
        assert [e.position for e in log.entries(connection, [4, 1, 3])] == [4, 1, 3]


def test_a_second_writer_of_a_sqlite_file_is_refused_with_the_mend(sqlite_url: str) -> None:
    storage = open_storage(sqlite_url)
    with pytest.raises(StoreInUse, match="PostgreSQL"):
        open_storage(sqlite_url)
    storage.close()
    open_storage(sqlite_url).close()


def test_a_tailing_reader_sees_every_event_under_concurrent_writers(database_url: str) -> None:
    storage = open_storage(database_url)
    log = open_log(storage)
    writers, appends, batch = 6, 25, 4
    threads = [
        threading.Thread(
            target=lambda: [
                log.append([Append([any_event() for _ in range(batch)])]) for _ in range(appends)
            ]
        )
        for _ in range(writers)
    ]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    total = writers * appends * batch
    while any(thread.is_alive() for thread in threads) or len(seen) < total:
        new = log.read(seen[-1] if seen else 0, 50)
        seen += [entry.position for entry in new]
        if not new and not any(thread.is_alive() for thread in threads):
            break
    seen += [entry.position for entry in log.read(seen[-1] if seen else 0, total)]
    storage.close()
    assert seen == list(range(1, total + 1))


WAITING = {"sqlite": ("PRAGMA synchronous", 2), "postgresql": ("SHOW synchronous_commit", "on")}
"""How a database is asked whether a commit waits for the disk, and what it answers if it does."""


def waits(connection: Connection) -> bool:
    asked, answer = WAITING[connection.dialect.name]
    return bool(connection.exec_driver_sql(asked).scalar() == answer)


def test_only_a_transaction_that_may_does_not_wait_for_the_disk(database_url: str) -> None:
    storage = open_storage(database_url)
    try:
        for _ in range(2):
            with storage.write() as connection:
                assert waits(connection)
            with storage.write(relaxed=True) as connection:
                assert not waits(connection)
        with pytest.raises(ZeroDivisionError), storage.write(relaxed=True) as connection:
            raise ZeroDivisionError
        with storage.write() as connection:
            assert waits(connection)
    finally:
        storage.close()


def test_a_transaction_that_could_not_begin_leaves_the_next_one_waiting(sqlite_url: str) -> None:
    storage = open_storage(sqlite_url)
    assert isinstance(storage, SqliteStorage)
    path = sqlite_url.removeprefix("sqlite:///")
    try:
        with storage.write() as connection:
            driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA busy_timeout=0")
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(sqlite3.OperationalError), storage.write(relaxed=True):
                pass
        with storage.write() as connection:
            assert waits(connection)
    finally:
        storage.close()


def test_appending_waits_for_the_disk_and_following_does_not(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is lost of a follower's tables with a power cut is applied again."""
    waited: dict[str, bool] = {}

    def watch(projection: ModuleType) -> None:
        apply = projection.apply

        def watched(connection: Connection, *given: Any) -> None:
            waited[projection.NAME] = waits(connection)
            apply(connection, *given)

        monkeypatch.setattr(projection, "apply", watched)

    watch(statement_index)
    watch(activities)
    store = Store(Settings(database_url=database_url, pepper_file=tmp_path / "pepper"))
    try:
        store.writer.append([statement_event()]).result()
        catch_up(store.log, activities)
    finally:
        store.close()
    assert waited == {"statement_index": True, "activities": False}

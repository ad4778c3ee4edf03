"""Group commit, on both databases."""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest

from lrs.log.opening import open_log
from lrs.log.recorder import Append, LogRecorder, Outcome, StreamConflict
from lrs.log.storage import open_storage
from lrs.log.writer import LogBusy, LogUnavailable, Writer
from schemas.events import Kind, NewEvent
from tests.examples import any_event


@pytest.fixture
def log(database_url: str) -> Iterator[LogRecorder]:
    storage = open_storage(database_url)
    yield open_log(storage)
    storage.close()


@pytest.fixture
def writer(log: LogRecorder) -> Iterator[Writer]:
    writer = Writer(log)
    yield writer
    writer.close()


class Stub:
    """Stands where the log would, and can be held up or made to fail."""

    server_lost = (ConnectionError,)
    log_broken = (OSError,)

    def __init__(self) -> None:
        self.free = threading.Event()
        self.fails: Exception | None = None
        self.asked = threading.Event()
        self.batches: list[int] = []

    def append(self, requests: Sequence[Append]) -> list[Outcome]:
        self.asked.set()
        self.free.wait(5)
        self.batches.append(len(requests))
        if self.fails is not None:
            raise self.fails
        return [StreamConflict([])] * len(requests)


@pytest.fixture
def stub() -> Stub:
    return Stub()


def writer_on(stub: Any, **options: Any) -> Writer:
    return Writer(stub, **options)


def test_positions_follow_the_order_of_appending(writer: Writer) -> None:
    futures = [writer.append([any_event() for _ in range(3)]) for _ in range(40)]
    assert [p for f in futures for p in f.result(10).positions] == list(range(1, 121))


def test_a_conflict_reaches_the_request_that_holds_it_and_no_other(
    writer: Writer, log: LogRecorder
) -> None:
    stream = uuid4().bytes
    taken = NewEvent(Kind.STATEMENT_1_0, stream, b"{}", content_hash=b"a" * 32)
    writer.append([taken]).result(5)
    before = writer.append([any_event()])
    clash = writer.append([any_event(), taken._replace(content_hash=b"b" * 32)])
    after = writer.append([any_event()])
    with pytest.raises(StreamConflict):
        clash.result(5)
    assert before.result(5).positions
    assert after.result(5).positions
    assert log.head().position == 3


def test_a_coroutine_waits_for_its_commit(writer: Writer) -> None:
    async def append_many() -> list[int]:
        done = await asyncio.gather(*(writer.append_async([any_event()]) for _ in range(20)))
        return [position for appended in done for position in appended.positions]

    assert asyncio.run(append_many()) == list(range(1, 21))


def test_what_queues_during_a_commit_shares_the_next(stub: Stub) -> None:
    writer = writer_on(stub)
    futures = [writer.append([any_event()]) for _ in range(30)]
    stub.free.set()
    for future in futures:
        assert isinstance(future.exception(5), StreamConflict)
    writer.close()
    assert len(stub.batches) <= 2


def test_those_who_were_answered_and_ask_again_share_the_next_commit(stub: Stub) -> None:
    writer = writer_on(stub)

    async def ask(times: int) -> None:
        for _ in range(times):
            with pytest.raises(StreamConflict):
                await writer.append_async([any_event()])

    async def ask_in_two_halves() -> None:
        again = [asyncio.create_task(ask(2)) for _ in range(3)]
        await asyncio.to_thread(stub.asked.wait, 5)
        once = [asyncio.create_task(ask(1)) for _ in range(3)]
        await asyncio.sleep(0)
        assert writer.waiting == 3
        stub.free.set()
        await asyncio.gather(*again, *once)

    asyncio.run(ask_in_two_halves())
    writer.close()
    assert stub.batches == [3, 6]


@pytest.mark.parametrize("ends", ["closed", "stopped"])
def test_a_loop_that_ended_holds_up_nobody(stub: Stub, ends: str) -> None:
    writer = writer_on(stub)
    ended = asyncio.new_event_loop()
    left = ended.create_task(writer.append_async([any_event()]))
    ended.run_until_complete(asyncio.to_thread(stub.asked.wait, 5))
    if ends == "closed":
        left.cancel()
        ended.run_until_complete(asyncio.wait([left]))
        ended.close()

    async def ask() -> None:
        asyncio.get_running_loop().call_soon(stub.free.set)  # it queues during the commit
        for _ in range(2):
            with pytest.raises(StreamConflict):
                await asyncio.wait_for(writer.append_async([any_event()]), 5)

    asyncio.run(ask())
    writer.close()
    assert stub.batches == [1, 1, 1]
    if ends == "stopped":  # the answer is there when it runs again
        with pytest.raises(StreamConflict):
            ended.run_until_complete(left)
        ended.close()


def test_a_full_queue_turns_a_request_away(stub: Stub) -> None:
    writer = writer_on(stub, queue_limit=10)
    writer.append([any_event() for _ in range(10)])
    while writer.waiting:  # the writer has taken them, and is held up
        time.sleep(0.001)
    writer.append([any_event() for _ in range(10)])
    with pytest.raises(LogBusy):
        writer.append([any_event()])
    stub.free.set()
    writer.close()


def test_a_broken_log_stops_the_writer_and_tells_everybody(stub: Stub) -> None:
    told: list[Exception] = []
    writer = writer_on(stub, on_failure=told.append)
    stub.fails = OSError("disk full")
    futures = [writer.append([any_event()]) for _ in range(5)]
    stub.free.set()
    for future in futures:
        assert isinstance(future.exception(5), LogUnavailable)
    with pytest.raises(LogUnavailable):
        writer.append([any_event()])
    writer.close()
    assert told == [stub.fails]


def test_a_lost_server_fails_the_batch_and_not_the_writer(stub: Stub) -> None:
    writer = writer_on(stub)
    stub.free.set()
    stub.fails = ConnectionError("gone")
    assert isinstance(writer.append([any_event()]).exception(5), LogUnavailable)
    stub.fails = None
    assert isinstance(writer.append([any_event()]).exception(5), StreamConflict)
    writer.close()


def test_an_event_that_cannot_be_recorded_fails_its_own_request(writer: Writer) -> None:
    poison = any_event()._replace(stream_version=2**40)
    futures = [writer.append([any_event()]), writer.append([poison]), writer.append([any_event()])]
    assert futures[0].result(5).positions
    assert futures[2].result(5).positions
    assert futures[1].exception(5) is not None
    assert writer.failure is None


def test_closing_commits_what_is_queued(log: LogRecorder) -> None:
    writer = Writer(log)
    for _ in range(50):
        writer.append([any_event()])
    writer.close()
    assert log.head().position == 50
    with pytest.raises(LogUnavailable):
        writer.append([any_event()])

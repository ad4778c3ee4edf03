"""Group commit: one thread appends to the log, sharing each commit among all who wait.

While one commit is on its way to disk the next requests queue up; the writer takes whatever has
queued as its next batch. There is no timer to tune: an idle log commits at once, a busy log
commits in large batches. Between two commits the event loop has its turn, so that those who were
answered and ask again are in the next batch too: else the clients of a busy log part into two
halves that wait for each other's commits. A loop that does not take its turn soon is not waited
for. The queue is bounded: past ``queue_limit`` waiting events a request is turned away.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Condition, Thread
from typing import Any

from lrs.log.recorder import Append, Appended, Attachment, LogRecorder, Outcome
from schemas.events import NewEvent

MAX_BATCH = 1000  # events a commit
TURN_SECONDS = 0.05  # an event loop that has not had its turn by then may have ended


class LogBusy(Exception):
    """More events wait for the writer than may wait; the same request may succeed later."""


class LogUnavailable(Exception):
    """The log could not be written, and whether it was is not known; a retry settles it."""


Committed = Callable[[Sequence[Append], Sequence[Outcome | Exception], float], None]
"""Told of each commit, on the writer's thread: what was asked, how it went, seconds it took."""


class Writer:
    """The only writer of the log in this process.

    ``on_failure`` is called, once, when the log itself fails (disk, file): the process is then to
    stop, since what a failed ``fsync`` left behind is not known. Every request gets
    LogUnavailable from then on. A database server that went away is no such failure: its requests
    get LogUnavailable and the next batch tries again. An event that cannot be recorded for its
    own sake fails its request only.
    """

    def __init__(
        self,
        recorder: LogRecorder,
        *,
        queue_limit: int = 10_000,
        on_failure: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self._recorder = recorder
        self._queue_limit = queue_limit
        self._on_failure = on_failure
        self._waiting: deque[tuple[Append, Any]] = deque()
        self._waiting_events = 0
        self._changed = Condition()
        self._had_turn = True  # the event loop, since the last batch
        self._closing = False
        self.failure: Exception | None = None
        self.on_commit: Committed = lambda requests, outcomes, seconds: None
        self._thread = Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def append(
        self, events: Sequence[NewEvent], attachments: Sequence[Attachment] = ()
    ) -> Future[Appended]:
        """Queue the events; the future resolves once they are durable.

        It fails with StreamConflict when the log holds something else in the place of one of
        them, with LogUnavailable when the outcome is not known. Raises LogBusy when the queue is
        full.
        """
        future: Future[Appended] = Future()
        self._put(Append(events, attachments), future)
        self._go_on()
        return future

    async def append_async(
        self, events: Sequence[NewEvent], attachments: Sequence[Attachment] = ()
    ) -> Appended:
        """The same for a coroutine; one wake-up of its loop serves the whole batch.

        The writer is woken when the loop has run what is ready, so that requests which arrived
        together share a commit.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Appended] = loop.create_future()
        if self._put(Append(events, attachments), future):
            loop.call_soon(self._wake)
        return await future

    @property
    def waiting(self) -> int:
        """Events queued and not yet being committed."""
        return self._waiting_events

    def close(self) -> None:
        """Commit everything queued so far, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _put(self, request: Append, future: Any) -> bool:
        """Queue a request; tells whether it is the first, so that the writer may be asleep."""
        with self._changed:
            if self.failure is not None or self._closing:
                raise LogUnavailable("the store is stopping") from self.failure
            waiting = self._waiting_events  # where none do, one of any size is taken
            if waiting and waiting + len(request.events) > self._queue_limit:
                raise LogBusy(waiting)
            self._waiting.append((request, future))
            self._waiting_events += len(request.events)
            return len(self._waiting) == 1

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def _go_on(self) -> None:
        with self._changed:
            self._had_turn = True
            if self._waiting:
                self._changed.notify()

    def _run(self) -> None:
        while batch := self._take():
            requests = [request for request, _ in batch]
            began = time.perf_counter()
            outcomes = self._commit(requests)
            seconds = time.perf_counter() - began
            _settle([future for _, future in batch], outcomes, self._go_on)
            self.on_commit(requests, outcomes, seconds)

    def _commit(self, requests: Sequence[Append]) -> Sequence[Outcome | Exception]:
        try:
            return self._recorder.append(requests)
        except self._recorder.server_lost as error:
            return [_unavailable(error)] * len(requests)
        except self._recorder.log_broken as error:
            self._fail(error)
            return [_unavailable(error)] * len(requests)
        except Exception as error:
            if len(requests) == 1:
                return [error]
            return [outcome for request in requests for outcome in self._commit([request])]

    def _take(self) -> list[tuple[Append, Any]]:
        """The next batch; empty when closing and nothing waits."""
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            self._changed.wait_for(lambda: self._had_turn or self._closing, TURN_SECONDS)
            self._had_turn = False
            batch, events = [], 0
            while self._waiting and events < MAX_BATCH:
                batch.append(self._waiting.popleft())
                events += len(batch[-1][0].events)
            self._waiting_events -= events
            return batch

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self.failure = error
            left = [future for _, future in self._waiting]
            self._waiting.clear()
            self._waiting_events = 0
        _settle(left, [_unavailable(error)] * len(left), self._go_on)
        self._on_failure(error)


def _unavailable(error: Exception) -> LogUnavailable:
    unavailable = LogUnavailable(f"{type(error).__name__}: {error}")
    unavailable.__cause__ = error
    return unavailable


def _settle(
    futures: Sequence[Any], outcomes: Sequence[Outcome | Exception], then: Callable[[], None]
) -> None:
    """Resolve the futures, those of a coroutine on its loop, which goes on with ``then``."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Any, Any]]] = {}
    for future, outcome in zip(futures, outcomes, strict=True):
        if isinstance(future, Future):
            _resolve([(future, outcome)])
        else:
            loops.setdefault(future.get_loop(), []).append((future, outcome))
    told = False
    for loop, settled in loops.items():
        try:
            loop.call_soon_threadsafe(_resolve, settled)
            loop.call_soon_threadsafe(loop.call_soon, then)  # when those who waited went on
            told = True
        except RuntimeError:  # the loop is closed: nobody waits any more
            continue
    if not told:
        then()


def _resolve(settled: Sequence[tuple[Any, Any]]) -> None:
    for future, outcome in settled:
        if future.cancelled() or future.done():  # a client that went away
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

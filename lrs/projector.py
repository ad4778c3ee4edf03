"""Keeps projections up with the log: the one replay path of live following, rebuild, tests and
audit.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from threading import Event, Thread
from types import ModuleType
from typing import Any

from sqlalchemy import Connection

from lrs.log.recorder import LogRecorder, present
from lrs.log.storage import Task, take_turn

BATCH = 500  # events a transaction
POLL = 0.2  # seconds between looks, for what other processes append
PAUSE = 0.2  # seconds between rounds under load: a round costs a commit, which appends wait for

logger = logging.getLogger(__name__)


def catch_up(
    log: LogRecorder,
    projection: ModuleType,
    tables: Any = None,
    *,
    into: LogRecorder | None = None,
    name: str | None = None,
    stop: int | None = None,
    batch: int = BATCH,
    progress: Callable[[int, int], None] = lambda position, head: None,
) -> int:
    """Apply everything the log holds up to ``stop`` (default: its end); return the position
    reached.

    A batch and the position it reaches are committed together, the position first, so a projection
    that is killed resumes exactly where its tables are, and two processes that follow the same one
    take turns without applying anything twice. ``tables`` are the live ones unless a rebuild fills
    others, under another ``name`` of tracking. They and their tracking are in the database of the
    log, or for a replay in that of ``into``; then the log is only read.
    """
    into = log if into is None else into
    tables = projection.TABLES if tables is None else tables
    name = projection.NAME if name is None else name
    head = log.head().position
    if stop is not None:
        head = min(head, stop)
    while True:
        with into.storage.write(relaxed=True) as connection:
            position = into.lock_tracked(connection, name)
            if position >= head:
                return position
            with nullcontext(connection) if into is log else log.storage.read() as source:
                entries = log.read_in(source, position, batch, stop=head, kinds=projection.KINDS)
            reached = entries[-1].position if len(entries) == batch else head
            into.track(connection, name, reached)
            if entries := present(entries):
                projection.apply(connection, tables, entries)
        progress(reached, head)


class StandApart(Exception):
    """Projections stand at different positions, so each has to catch up by itself."""


def advance(log: LogRecorder, projections: Sequence[ModuleType]) -> bool:
    """Apply the next events to projections that stand at one position; whether there are more.

    The events are read and opened once, before appends are kept waiting, and applied in one
    transaction. Of several processes one does it. Raises StandApart, and what a projection raises;
    then nothing was applied.
    """
    with log.storage.read() as source:
        if not take_turn(source, Task.FOLLOW):
            return False
        positions = {log.tracked(source, projection.NAME) for projection in projections}
        if len(positions) > 1:
            raise StandApart
        head, position = log.head_of(source).position, min(positions)
        if position >= head:
            return False
        kinds = {kind for projection in projections for kind in projection.KINDS}
        entries = log.read_in(source, position, BATCH, stop=head, kinds=[*kinds])
        reached = entries[-1].position if len(entries) == BATCH else head
        read_under = log.key_generation(source)
        with log.storage.write(relaxed=True) as connection:
            found = {log.lock_tracked(connection, projection.NAME) for projection in projections}
            if found != positions or log.key_generation(connection) != read_under:
                return True  # what was read is old: they were moved, or somebody was forgotten
            entries = present(entries)
            for projection in projections:
                log.track(connection, projection.NAME, reached)
                if wanted := [entry for entry in entries if entry.kind in projection.KINDS]:
                    projection.apply(connection, projection.TABLES, wanted)
    return reached < head


def live_position(log: LogRecorder, connection: Connection, projection: ModuleType) -> int:
    """The position at which the live tables of a projection stand in this state of the database."""
    if projection in log.inline:  # applied while appending, so always at the end
        return log.head_of(connection).position
    return log.tracked(connection, projection.NAME)


class Follower:
    """A thread that keeps projections at the end of the log.

    Each append of this process wakes it; what other processes append it sees within ``POLL``
    seconds. An event a projection cannot apply stops that projection there: ``failures`` names
    it, with its position, until the program is mended.
    """

    def __init__(self, log: LogRecorder, projections: Sequence[ModuleType]) -> None:
        self._log = log
        self._projections = projections
        self._woken = Event()
        self._hurried = Event()
        self._stopped = False
        self.failures: dict[str, str] = {}
        self._end_waking = log.on_append(self._woken.set)
        self._thread = Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def hurry(self) -> None:
        """Somebody waits for a projection: begin the next round now."""
        self._hurried.set()
        self._woken.set()

    def close(self) -> None:
        self._stopped = True
        self._end_waking()
        self.hurry()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            self._woken.clear()
            self._hurried.clear()
            if not self._follow_together():
                for projection in self._projections:
                    self._follow(projection)
            self._woken.wait(POLL)
            self._hurried.wait(PAUSE)

    def _follow_together(self) -> bool:
        try:
            while advance(self._log, self._projections) and not self._stopped:
                pass
        except Exception:  # whose it is, and what, is seen when each goes by itself
            return False
        self.failures.clear()
        return True

    def _follow(self, projection: ModuleType) -> None:
        try:
            catch_up(self._log, projection)
            self.failures.pop(projection.NAME, None)
        except Exception as error:
            if projection.NAME not in self.failures:
                logger.exception("projection %s stopped", projection.NAME)
            self.failures[projection.NAME] = f"{type(error).__name__}: {error}"
            self._woken.wait(1.0)

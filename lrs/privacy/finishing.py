"""What remains to be done when data keys were destroyed: tables, results and files made anew.

The event that names the destroyed keys is the fact. What was computed before still holds what they
sealed, so every projection is rebuilt from the log as it can be read now, the stored results are
dropped to be computed again, and the files of the database are written anew. How far that is, is
recorded by position, as for a projection: whoever is killed meanwhile, the next server goes on.
"""

from collections.abc import Sequence
from threading import Event, Thread
from types import ModuleType
from typing import Any, Final

import structlog
from sqlalchemy import Connection, text

from lrs.auth.tables import METADATA as SIGN_IN_TABLES
from lrs.jobs import Progress
from lrs.log.recorder import LogRecorder
from lrs.log.tables import DATA_KEY
from lrs.rebuild import rebuild
from projections import assessment, privacy
from projections.assessment.lines import METADATA as LINE_TABLES

RENEWED: Final = "forgetting, tables"
FINISHED: Final = "forgetting, files"
LOOK: Final = 2.0  # seconds between two looks for what another process forgot
AFTER_FAILURE: Final = 30.0
DELETED_FROM: Final = (*SIGN_IN_TABLES.tables, *LINE_TABLES.tables, DATA_KEY.name)
"""Tables that keep their files, and rows of which were deleted."""

logger = structlog.get_logger(__name__)


class Stopped(Exception):
    """The store is closing; the next one goes on."""


def renewed(connection: Connection) -> int:
    """The position of the last event that destroyed keys whose tables were made anew since: what
    is kept in memory holds as long as this is the same.
    """
    asked = text("SELECT position FROM projection_tracking WHERE name = :name")
    return int(connection.scalar(asked, {"name": RENEWED}) or 0)


def unfinished(log: LogRecorder, connection: Connection) -> int:
    """The position of an event whose keys were destroyed and whose traces were not yet; else 0."""
    last = privacy.last_destroyed(connection)
    return last if last > log.tracked(connection, FINISHED) else 0


class Finisher:
    """Finishes what was begun, once, whichever process began it.

    ``start`` it where a store is served; otherwise whoever forgets somebody calls ``finish``.
    """

    def __init__(self, log: LogRecorder, projections: Sequence[ModuleType]) -> None:
        self._log, self._projections = log, projections
        self._woken, self._closing = Event(), Event()
        self._thread: Thread | None = None
        self._position = self._end = 0
        self.failure: str | None = None

    @property
    def is_started(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        self._thread = Thread(target=self._run, name="finisher", daemon=True)
        self._thread.start()

    def hurry(self) -> None:
        """Somebody was forgotten: look now."""
        self._woken.set()

    def close(self) -> None:
        self._closing.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()

    def state(self) -> dict[str, Any]:
        """How far it is; ``done`` when nothing of anybody forgotten is left."""
        with self._log.storage.read() as connection:
            done = not unfinished(self._log, connection)
        return {
            "position": self._position,
            "head": self._end,
            "failure": self.failure,
            "done": done,
        }

    def finish(self, progress: Progress = lambda done, total: None) -> int:
        """Do what remains; return the position of the event it was for, 0 if there was none.

        Raises TooBusy, and Stopped when the store closes meanwhile.
        """
        try:
            last = self._finish(progress)
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
            raise
        self.failure = None
        return last

    def _finish(self, progress: Progress) -> int:
        with self._log.storage.alone("forgetting"):
            with self._log.storage.read() as connection:
                last = unfinished(self._log, connection)
                is_renewed = renewed(connection) >= last
            if last and not is_renewed:
                self._renew(progress)
                with self._log.storage.write() as connection:
                    self._log.lock_tracked(connection, RENEWED)  # nobody stores older results now
                    assessment.forget(connection)
                    self._log.track(connection, RENEWED, last)
            if last:
                self._log.storage.rewrite(DELETED_FROM)
                with self._log.storage.write() as connection:
                    self._log.track(connection, FINISHED, last)
        return last

    def _renew(self, progress: Progress) -> None:
        for number, projection in enumerate(self._projections):

            def moved(position: int, head: int, number: int = number) -> None:
                if self._closing.is_set():
                    raise Stopped
                self._position = number * head + position
                self._end = len(self._projections) * head
                progress(self._position, self._end)

            rebuild(self._log, projection, progress=moved)

    def _run(self) -> None:
        pause = 0.0
        while not self._closing.is_set():
            self._woken.wait(pause)
            self._woken.clear()
            pause = LOOK
            try:
                with self._log.storage.read() as connection:
                    is_needed = bool(unfinished(self._log, connection))
                if is_needed:
                    self.finish()
            except Stopped:
                return
            except Exception:
                logger.exception("what was forgotten could not be removed from all tables")
                self._closing.wait(AFTER_FAILURE)

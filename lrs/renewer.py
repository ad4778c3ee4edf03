"""Keeps the stored results of periods fresh, so that lists and sums need not compute a period.

They are always as of one position and say which, so being late is no harm. Computing only reads;
what is written is short. Where several processes serve a store, each tries and one succeeds.
"""

from contextlib import suppress
from threading import Event, Thread
from typing import Final

import structlog

from lrs import __version__
from lrs.log.recorder import LogRecorder
from lrs.privacy.finishing import RENEWED, renewed
from projections import assessment

PAUSE: Final = 2.0  # seconds between two looks
AFTER_FAILURE: Final = 30.0

logger = structlog.get_logger(__name__)


class Renewer:
    """A thread that renews what new evidence and changes of the register touch."""

    def __init__(self, log: LogRecorder, *, pause: float = PAUSE) -> None:
        self._log, self._pause = log, pause
        self._closing = Event()
        self._state = (-1, -1)
        self.failure: str | None = None
        self._thread = Thread(target=self._run, name="renewer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        pause = self._pause
        while not self._closing.wait(pause):
            pause = self._pause
            try:
                self.renew()
                self.failure = None
            except Exception as error:
                if self.failure is None:
                    logger.exception("the stored results could not be renewed")
                self.failure = f"{type(error).__name__}: {error}"
                pause = AFTER_FAILURE

    def renew(self) -> None:
        """Bring all stored results to where the assessment is now."""
        with self._log.storage.read() as connection:
            position = self._log.tracked(connection, assessment.NAME)
            forgotten = renewed(connection)
            if (position, forgotten) == self._state:
                return
            renewals = []
            version = f"{__version__} {forgotten}"  # who was forgotten is in no result any more
            for renewal in assessment.renewals(connection, position, version=version):
                if self._closing.is_set():
                    return
                renewals.append(renewal)
        for renewal in renewals:
            with (
                suppress(self._log.unique_violation),  # another process was quicker
                self._log.storage.write() as connection,
            ):
                if self._log.lock_tracked(connection, RENEWED) != forgotten:
                    return  # somebody was forgotten while this was computed
                assessment.store(connection, renewal)
        self._state = (position, forgotten)

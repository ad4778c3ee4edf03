"""Long work that a command starts and then watches, wherever it runs."""

from collections.abc import Callable, Mapping
from threading import Thread
from typing import Any

import structlog

Progress = Callable[[int, int], None]
"""Called with how much is done, and of how much."""

logger = structlog.get_logger(__name__)


class Stopped(Exception):
    """Whoever began the job does not want it any more."""


class Job(Thread):
    """Work in a thread of its own; ``expected`` failures are for a person, others are defects."""

    def __init__(
        self,
        name: str,
        work: Callable[[Progress], Mapping[str, Any]],
        expected: tuple[type[Exception], ...] = (),
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._work, self._expected = work, expected
        self._position = self._head = 0
        self._failure: str | None = None
        self._done: Mapping[str, Any] | None = None
        self._to_stop = False

    def run(self) -> None:
        try:
            self._done = self._work(self._moved)
        except Stopped:
            self._failure = "stopped"
        except self._expected as refusal:
            self._failure = str(refusal)
        except Exception as error:
            logger.exception("a job failed", job=self.name)
            self._failure = f"{type(error).__name__}: {error}"

    def stop(self) -> None:
        """End it where it next tells how far it is, and wait for that."""
        self._to_stop = True
        if self.is_alive():
            self.join()

    def _moved(self, position: int, head: int) -> None:
        if self._to_stop:
            raise Stopped
        self._position, self._head = position, head

    def state(self) -> dict[str, Any]:
        return {
            "position": self._position,
            "head": self._head,
            "failure": self._failure,
            "done": None if self._done is None else dict(self._done),
        }

"""How far projections are, and rebuilding them."""

from functools import partial
from threading import Lock
from types import ModuleType
from typing import Any

from lrs.asked import CommandRefused
from lrs.jobs import Job, Progress
from lrs.rebuild import TablesDiffer, TooBusy, rebuild, tracking_name
from lrs.store import FOLLOWED, INLINE, Store


class Projections:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._rebuilding: Job | None = None
        self._turn = Lock()

    def projections(self) -> list[dict[str, Any]]:
        store = self._store
        failures = {} if store.follower is None else store.follower.failures
        with store.storage.read() as connection:
            head = store.log.head_of(connection).position
            return [
                {
                    "name": projection.NAME,
                    "applied": "while appending" if projection in INLINE else "following",
                    "position": (
                        position := head
                        if projection in INLINE
                        else store.log.tracked(connection, projection.NAME)
                    ),
                    "lag": max(0, head - position),
                    "rebuild": store.log.tracked(connection, tracking_name(projection)) or None,
                    "failure": failures.get(projection.NAME),
                }
                for projection in INLINE + FOLLOWED
            ]

    def start_rebuild(self, name: str, check: bool) -> None:
        """Begin; ``rebuild_progress`` tells how far it is."""
        projection = {p.NAME: p for p in INLINE + FOLLOWED}.get(name)
        if projection is None:
            names = ", ".join(p.NAME for p in INLINE + FOLLOWED)
            raise CommandRefused(f"{name}: no such projection. There are: {names}")
        with self._turn:
            if self._rebuilding is not None and self._rebuilding.is_alive():
                raise CommandRefused("a rebuild is under way already")
            self._rebuilding = Job(
                f"rebuild {name}",
                partial(self._rebuild, projection, check),
                (TablesDiffer, TooBusy),
            )
            self._store.begin(self._rebuilding)

    def _rebuild(self, projection: ModuleType, check: bool, progress: Progress) -> dict[str, Any]:
        rebuilt = rebuild(self._store.log, projection, check=check, progress=progress)
        return {"position": rebuilt.position, "seconds": rebuilt.seconds}

    def rebuild_progress(self) -> dict[str, Any]:
        if self._rebuilding is None:
            raise CommandRefused("no rebuild was started, or the server was restarted meanwhile")
        return self._rebuilding.state()

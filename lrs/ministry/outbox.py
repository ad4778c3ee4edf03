"""What waits to be posted: every platform posts what it has gathered, each at its own intervals."""

import heapq
from collections.abc import Iterator
from typing import Final, NamedTuple

from lrs.ministry.catalogue import PLATFORMS, Platform
from lrs.ministry.shapes import Json

MOST_LINES: Final = 200  # of a request
_NUMBERS: Final = {platform.id: number for number, platform in enumerate(PLATFORMS)}


class Request(NamedTuple):
    """Statements a platform posts together, no id twice."""

    platform: Platform
    statements: list[Json]


class Outbox:
    """Statements by the time they are posted; times are seconds since the period began."""

    def __init__(self) -> None:
        self.put_in = 0
        self._waiting: list[tuple[int, int, int, int, Json]] = []

    def put(
        self, at: float, platform: Platform, statement: Json, *, is_alone: bool = False
    ) -> None:
        """``is_alone``: nothing else is in its request."""
        self.put_in += 1
        window = 60 * platform.window
        posted = (int(at) // window + 1) * window
        alone = self.put_in if is_alone else 0
        entry = (posted, _NUMBERS[platform.id], alone, self.put_in, statement)
        heapq.heappush(self._waiting, entry)

    def due(self, until: float) -> Iterator[Request]:
        """What is posted up to then, in order; later ``put`` must be of a time not before it."""
        waiting = self._waiting
        while waiting and waiting[0][0] <= until:
            request = waiting[0][:3]
            together = []
            while waiting and waiting[0][:3] == request:
                together.append(heapq.heappop(waiting)[4])
            yield from _requests(PLATFORMS[request[1]], together)


def _requests(platform: Platform, together: list[Json]) -> Iterator[Request]:
    statements: list[Json] = []
    ids: set[str] = set()
    for statement in together:
        if len(statements) == MOST_LINES or statement["id"] in ids:
            yield Request(platform, statements)
            statements, ids = [], set()
        statements.append(statement)
        ids.add(statement["id"])
    yield Request(platform, statements)

"""A token bucket for each credential."""

import time
from math import ceil

from lrs.errors import TooManyRequests
from schemas.problems import Problem


class Rates:
    """``rate`` requests a second on average, ``burst`` at once; a rate of 0 is no limit."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[bytes, tuple[float, float]] = {}

    def take(self, credential: bytes) -> None:
        """Raises TooManyRequests, saying after how many seconds to come back."""
        if not self._rate:
            return
        now = time.monotonic()
        tokens, then = self._buckets.get(credential, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        if tokens < 1:
            wait = ceil((1 - tokens) / self._rate)
            facts = {"rate": f"{self._rate:.15g}", "seconds": wait}
            raise TooManyRequests(
                Problem("", "rate-limit", None, facts),
                headers={"Retry-After": str(wait)},
            )
        self._buckets[credential] = (tokens - 1, now)

"""Times as the log counts them: microseconds since 1970, in UTC."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso_time(microseconds: int) -> str:
    """As 2026-11-30T17:00:00.000001Z."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{_second(seconds)}.{rest:06}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def http_date(microseconds: int) -> str:
    """As Mon, 30 Nov 2026 17:00:00 GMT, whole seconds (RFC 9110)."""
    return (EPOCH + timedelta(seconds=microseconds // 1_000_000)).strftime(
        "%a, %d %b %Y %H:%M:%S GMT"
    )


def microseconds(moment: datetime) -> int:
    """Of a time with its offset; what is finer is cut off."""
    return (moment - EPOCH) // timedelta(microseconds=1)

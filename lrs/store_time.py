"""Times as the log counts them: microseconds since 1970, in UTC."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso_time(microseconds: int) -> str:
    """As 2026-11-30T17:00:00.000001Z."""
    time = EPOCH + timedelta(microseconds=microseconds)
    return time.isoformat(timespec="microseconds")[:-6] + "Z"


def http_date(microseconds: int) -> str:
    """As Mon, 30 Nov 2026 17:00:00 GMT, whole seconds (RFC 9110)."""
    return (EPOCH + timedelta(seconds=microseconds // 1_000_000)).strftime(
        "%a, %d %b %Y %H:%M:%S GMT"
    )

"""The days and months of a period, by number from 0.

A day is the local day of the period's time zone (G5). The offsets of the zone are looked up once,
so that the day of a statement costs an addition and a division. Sets of days are whole numbers with
one bit a day, so that an eligible day is a matter of ``&`` and ``~``.
"""

from bisect import bisect_right
from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from schemas.register import Period

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_EPOCH: Final = date(1970, 1, 1).toordinal()
_FAR: Final = 2  # days; no zone is that far from UTC


class Days(Struct, frozen=True):
    """``changes`` are the instants in microseconds since 1970 at which the zone's offset becomes
    the one of the same number in ``offsets``; the first one holds from ever.
    """

    first: date
    count: int
    months: tuple[str, ...]
    month_of: tuple[int, ...]
    month_days: tuple[int, ...]
    changes: tuple[int, ...]
    offsets: tuple[int, ...]

    @property
    def every(self) -> int:
        return (1 << self.count) - 1

    def number(self, day: date) -> int:
        """Outside of the period it is below 0, or at least ``count``."""
        return day.toordinal() - self.first.toordinal()

    def number_at(self, at: int) -> int:
        """The number of the local day of an instant, which is right for days of the period;
        any other instant has a number outside of it.
        """
        offsets = self.offsets
        offset = offsets[bisect_right(self.changes, at) - 1] if len(offsets) > 1 else offsets[0]
        return (at + offset) // DAY - (self.first.toordinal() - _EPOCH)

    def between(self, first: date | None, last: date | None) -> int:
        """The set of the days from one to the other, both included; None is open."""
        start = 0 if first is None else max(self.number(first), 0)
        end = self.count - 1 if last is None else min(self.number(last), self.count - 1)
        return ((1 << (end - start + 1)) - 1) << start if start <= end else 0

    def month(self, day: date) -> int:
        """The number of the day's month, which may lie outside of the period."""
        return (day.year - self.first.year) * 12 + day.month - self.first.month


@lru_cache(maxsize=32)  # looking for the changes of a zone's offset takes milliseconds
def days_of(period: Period) -> Days:
    first, count = period.start, (period.end - period.start).days + 1
    days = [first + timedelta(number) for number in range(count)]
    months = tuple(dict.fromkeys(f"{day:%Y-%m}" for day in days))
    month_of = tuple(months.index(f"{day:%Y-%m}") for day in days)
    month_days = tuple(
        sum(1 << number for number in range(count) if month_of[number] == month)
        for month in range(len(months))
    )
    start = (first.toordinal() - _EPOCH - _FAR) * DAY
    changes, offsets = _offsets(ZoneInfo(period.timezone), start, start + (count + 2 * _FAR) * DAY)
    return Days(first, count, months, month_of, month_days, changes, offsets)


def _offsets(zone: ZoneInfo, start: int, end: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The zone's offsets from one instant to another. No zone changes twice within an hour."""
    changes, offsets = [start], [_offset(zone, start)]
    for hour in range(start, end, HOUR):
        after = _offset(zone, hour + HOUR)
        if after != offsets[-1]:
            before, changed = hour // SECOND, (hour + HOUR) // SECOND
            while changed - before > 1:
                middle = (before + changed) // 2
                if _offset(zone, middle * SECOND) == after:
                    changed = middle
                else:
                    before = middle
            changes.append(changed * SECOND)
            offsets.append(after)
    return tuple(changes), tuple(offsets)


def _offset(zone: ZoneInfo, at: int) -> int:
    moment = datetime.fromtimestamp(at // SECOND, zone)
    return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)


def working_days_before(period: Period, days: Days) -> tuple[int, ...]:
    """How many working days (U9) the period has before each of its days, and in all of it."""
    holidays, working_days = set(period.holidays), set(period.working_days)
    counts = [0]
    for number in range(days.count):
        day = days.first + timedelta(number)
        counts.append(counts[-1] + _is_working_day(day, holidays, working_days))
    return tuple(counts)


def _is_working_day(day: date, holidays: Collection[date], working_days: Collection[date]) -> bool:
    return day in working_days or (day.weekday() < 5 and day not in holidays)

"""Local days, months and working days of a period."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.scoring.days import Days, days_of, working_days_before
from schemas.formats import parse_timestamp
from tests.projections.scoring.examples import PERIOD

VIET_NAM = days_of(PERIOD)
ZONES = [
    "Asia/Ho_Chi_Minh",
    "UTC",
    "Europe/Paris",
    "America/St_Johns",
    "Australia/Lord_Howe",  # summer time of half an hour
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Pacific/Niue",
    "Asia/Beirut",
]
PERIODS = {zone: days_of(msgspec.structs.replace(PERIOD, timezone=zone)) for zone in ZONES}


def local_day(at: int, zone: str) -> date:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
    return moment.astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
    ("at", "number"),
    [
        ("2025-11-30T16:59:59.999Z", -1),
        ("2025-11-30T17:00:00Z", 0),
        ("2025-12-01T23:59:59.999999+07:00", 0),
        ("2025-12-02T00:00:00+07:00", 1),
        ("2026-11-30T16:59:59.999Z", 364),
        ("2026-11-30T17:10:00Z", 365),
    ],
)
def test_the_day_of_an_instant_is_the_local_one(at: str, number: int) -> None:
    assert VIET_NAM.number_at(parse_timestamp(at)) == number


@given(
    zone=st.sampled_from(ZONES),
    instant=st.integers(
        parse_timestamp("2025-11-28T00:00:00Z"), parse_timestamp("2026-12-03T00:00:00Z")
    ),
)
def test_days_are_those_of_the_time_zone(zone: str, instant: int) -> None:
    days = PERIODS[zone]
    number = (local_day(instant, zone) - PERIOD.start).days
    if 0 <= number < days.count:
        assert days.number_at(instant) == number
    else:
        assert not 0 <= days.number_at(instant) < days.count


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe"])
def test_the_hour_that_changes_is_found_to_the_second(zone: str) -> None:
    days = PERIODS[zone]
    assert len(days.changes) == 3
    for change in days.changes[1:]:
        for at in (change - 1, change):
            moment = datetime.fromtimestamp(at // 1_000_000, ZoneInfo(zone))
            offset = moment.utcoffset()
            assert offset is not None
            known = days.offsets[sum(each <= at for each in days.changes) - 1]
            assert offset == timedelta(microseconds=known)


def test_the_first_instant_of_an_offset_has_it() -> None:
    """In Beirut midnight of 25 October 2026 is followed by 23:00 of the 24th once more."""
    days = PERIODS["Asia/Beirut"]
    midnight = parse_timestamp("2026-10-24T21:00:00Z")
    assert midnight in days.changes
    assert days.number_at(midnight) == days.number(date(2026, 10, 24))
    assert days.number_at(midnight + 3_600_000_000) == days.number(date(2026, 10, 25))


@given(
    first=st.none() | st.dates(date(2025, 11, 1), date(2026, 12, 31)),
    last=st.none() | st.dates(date(2025, 11, 1), date(2026, 12, 31)),
)
def test_a_set_of_days_holds_both_ends(first: date | None, last: date | None) -> None:
    expected = {
        number
        for number in range(VIET_NAM.count)
        if (first or date.min) <= PERIOD.start + timedelta(number) <= (last or date.max)
    }
    days = VIET_NAM.between(first, last)
    assert {number for number in range(400) if days >> number & 1} == expected


def test_months_are_whole_calendar_months() -> None:
    assert VIET_NAM.months[0] == "2025-12"
    assert VIET_NAM.months[-1] == "2026-11"
    assert len(VIET_NAM.months) == 12
    assert [days.bit_count() for days in VIET_NAM.month_days][:4] == [31, 31, 28, 31]
    assert sum(VIET_NAM.month_days) == VIET_NAM.every
    assert VIET_NAM.month(date(2026, 10, 31)) == 10
    assert VIET_NAM.month(date(2025, 11, 30)) == -1


def test_a_working_day_is_on_a_weekday_that_is_no_holiday_or_is_declared() -> None:
    days: Days = VIET_NAM
    before = working_days_before(PERIOD, days)
    is_working = {
        days.first + timedelta(number): before[number + 1] - before[number]
        for number in range(days.count)
    }
    assert is_working[date(2025, 12, 31)] == 1
    assert is_working[date(2026, 1, 1)] == 0  # holiday
    assert is_working[date(2026, 1, 2)] == 1
    assert is_working[date(2026, 1, 3)] == 0  # Saturday
    assert is_working[date(2026, 1, 10)] == 1  # Saturday, declared


def test_a_declared_working_day_counts_although_it_is_a_holiday() -> None:
    day = date(2026, 1, 1)
    period = msgspec.structs.replace(PERIOD, working_days=(day,))
    before = working_days_before(period, VIET_NAM)
    number = VIET_NAM.number(day)
    assert before[number + 1] - before[number] == 1

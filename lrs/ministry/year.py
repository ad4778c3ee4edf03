"""The evaluation year: which one, and its days off."""

from datetime import date, timedelta
from typing import Any, Final

LUNAR: Final = {  # the first day of the lunar year, and the day of the Hùng Kings
    2025: (date(2025, 1, 29), date(2025, 4, 7)),
    2026: (date(2026, 2, 17), date(2026, 4, 26)),
    2027: (date(2027, 2, 6), date(2027, 4, 16)),
    2028: (date(2028, 1, 26), date(2028, 4, 4)),
    2029: (date(2029, 2, 13), date(2029, 4, 23)),
    2030: (date(2030, 2, 3), date(2030, 4, 12)),
}
SOON: Final = timedelta(days=60)


def evaluation_year(today: date) -> int:
    """The year whose 30 November is at most 60 days ahead, or was last."""
    soon = today + SOON
    return soon.year if soon >= date(soon.year, 11, 30) else soon.year - 1


def period(year: int) -> dict[str, Any]:
    """What ``period.yaml`` says. It freezes after all lines; who wants it open does not freeze."""
    return {
        "id": f"NAM-{year}",
        "vi": f"Năm đánh giá {year} (minh họa)",
        "start": date(year - 1, 12, 1),
        "end": date(year, 11, 30),
        "timezone": "Asia/Ho_Chi_Minh",
        "required_course_deadline": date(year, 10, 31),
        "freeze": "after_all_lines",
        "holidays": holidays(year),
        "working_days": [day + timedelta(days=8) for day in _bridge(year)],
    }


def holidays(year: int) -> list[date]:
    """Days off from Monday to Friday; those of the lunar calendar in the years it is known here."""
    days = [_monday_after(date(year, *day)) for day in ((1, 1), (4, 30), (5, 1), (9, 1), (9, 2))]
    if year in LUNAR:
        new_year, kings = LUNAR[year]
        days += [new_year + timedelta(days=number) for number in range(-1, 4)]
        days.append(_monday_after(kings))
    return sorted({day for day in (*days, *_bridge(year)) if day.weekday() < 5})


def _monday_after(day: date) -> date:
    """A day off at a weekend is taken on the Monday that follows."""
    return day + timedelta(days=7 - day.weekday() if day.weekday() > 4 else 0)


def _bridge(year: int) -> list[date]:
    """A Friday between New Year's Day and the weekend is off, and worked on a Saturday instead."""
    second = date(year, 1, 2)
    return [second] if second.weekday() == 4 else []

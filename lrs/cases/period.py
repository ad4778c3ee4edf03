"""``period.yaml``: the period, its deadline, its calendar, and where the log is frozen."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lrs.cases.organisation import FORMAT
from lrs.cases.problems import At, Place
from lrs.cases.reading import INVALID, Reading
from lrs.cases.scalars import Reader, day, integer, words
from lrs.cases.shapes import Required, defined, document, each, shape
from lrs.cases.yaml_text import Map, Node, Scalar
from schemas.register import Period

_FACTS: Final = (
    "id",
    "vi",
    "start",
    "end",
    "timezone",
    "required_course_deadline",
    "holidays",
    "working_days",
    "note",
)


class FreezeAfter(NamedTuple):
    """After how many lines the log is frozen; after all where ``lines`` is None."""

    lines: int | None
    place: Place


class PeriodRead(NamedTuple):
    """``freeze`` is None for a period that stays open."""

    period: Period
    freeze: FreezeAfter | None


def read_period(
    reading: Reading, root: Node, person_scheme: str, unit_scheme: str
) -> PeriodRead | None:
    """The period, scored by these sheets; None if it is not right."""
    found = document(reading, root, FORMAT, _SECTIONS)
    if reading.problems or not isinstance(root, Map):
        return None
    facts = {key: found[key] for key in _FACTS if key in found}
    period = Period(**facts, person_scheme=person_scheme, unit_scheme=unit_scheme)
    reading.places[id(period)] = reading.place(root.line_of("id"), "")
    for key, rule, days in not_whole_months(period):
        reading.refuse(rule, root.line_of(key), key, **days)
    return PeriodRead(period, found.get("freeze"))


def not_whole_months(period: Period) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What is wrong with the days of a period: which one, the rule, and the facts it words."""
    if period.start > period.end:
        yield "start", "dates.order", {"from_": period.start, "to": period.end}
    if (first := period.start.replace(day=1)) != period.start:
        yield "start", "period.start", {"value": period.start, "correct": first}
    if (last := _last_of_month(period.end)) != period.end:
        yield "end", "period.end", {"value": period.end, "correct": last}


def _last_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def timezone(reading: Reading, node: Node, at: At) -> Any:
    value = words(reading, node, at)
    if value is INVALID:
        return INVALID
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the latter two for odd paths
        return reading.refuse("period.timezone", node.line, at, value=value)
    return value


def _freeze(reading: Reading, node: Node, at: At) -> Any:
    if isinstance(node, Map):
        return _AFTER_LINES(reading, node, at)
    if isinstance(node, Scalar) and node.text == "after_all_lines":
        return FreezeAfter(None, reading.place(node.line, at))
    return reading.refuse("period.freeze", node.line, at)


def _with_place(reading: Reading, node: Node, at: At) -> Any:
    lines = integer(0)(reading, node, at)
    return lines if lines is INVALID else FreezeAfter(lines, reading.place(node.line, at))


_AFTER_LINES: Final = shape(lambda after_lines: after_lines, {"after_lines": Required(_with_place)})
_SECTIONS: Final[dict[str, Reader | Required]] = {
    "id": defined("period"),
    "vi": Required(words),
    "start": Required(day),
    "end": Required(day),
    "timezone": timezone,
    "required_course_deadline": Required(day),
    "freeze": _freeze,
    "holidays": each(day),
    "working_days": each(day),
}

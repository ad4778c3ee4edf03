"""What applies to everybody in a period, made ready for reading many people's evidence quickly."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import Struct

from projections.scoring.days import MINUTE, Days, days_of, working_days_before
from projections.scoring.exact import Exact, lowered
from projections.scoring.inputs import Catalogue, Evidence
from schemas.keys import activity_key, verb_key
from schemas.register import (
    Correction,
    Decision,
    Item,
    JobPosition,
    MoveOn,
    Period,
    Platform,
)
from schemas.scheme import Criterion, Sheet

_MICROSECONDS: Final = 1_000_000


class PlatformRule(NamedTuple):
    """``recognised`` has one byte a day of the period, not 0 on days of recognition (K2)."""

    minutes_verbs: frozenset[bytes]
    recognised: bytes


class CourseRule(NamedTuple):
    """``cap`` is the time that can be credited, in microseconds; None where nothing caps it."""

    move_on: MoveOn
    exam: bool
    cap: Exact | None


class Required(NamedTuple):
    """What a position asks for; ``exams`` are those of the courses that have one."""

    courses: tuple[str, ...]
    exams: tuple[str, ...]
    level: int


class Waived(NamedTuple):
    """The reasons a correction lifts for a statement, and the course it is about (J2)."""

    reasons: frozenset[str]
    course: str | None


class Rulebook(Struct, frozen=True):
    """Times are microseconds. ``freeze`` is None while the period is open.

    A sheet without a criterion that caps time caps none; one without ``regularity_tiers`` makes
    a month active by any credited time; one without ``competence_gap`` names no framework, so that
    nobody has attained a level.
    """

    period: Period
    days: Days
    freeze: int | None
    person_sheet: Sheet
    unit_sheet: Sheet
    person_criteria: tuple[Criterion, ...]
    unit_criteria: tuple[Criterion, ...]
    platforms: Mapping[str, PlatformRule]
    course_of: Mapping[tuple[str, bytes], str]
    courses: Mapping[str, CourseRule]
    positions: Mapping[str, Required]
    waivers: Mapping[bytes, Waived]
    decisions: Mapping[str, Decision]
    framework: str | None
    active_time: Exact | None
    deadline: int
    deadline_month: int
    working_days_before: tuple[int, ...]

    def decision(self, item: Item) -> Decision:
        """The decision on an item, as corrected (J3)."""
        return self.decisions.get(item.id, item.decision)


NOWHERE: Final = PlatformRule(frozenset(), bytes(0))
NOTHING_REQUIRED: Final = Required((), (), 0)
UNKNOWN_COURSE: Final = CourseRule("Completed", False, None)


def rulebook(catalogue: Catalogue, person_sheet: Sheet, unit_sheet: Sheet) -> Rulebook:
    """The rules of a period. With ``catalogue.corrections`` they are those of the corrected set."""
    period = catalogue.period
    days = days_of(period)
    settings = {leaf.kind: leaf.settings for leaf in person_sheet.leaves}
    hours = settings.get("hours_linear") or settings.get("hours_tiers") or {}
    factor = hours.get("course_minutes_cap_factor")
    active = settings.get("regularity_tiers", {}).get("active_month_minutes")
    courses = {
        id_: CourseRule(course.move_on, course.exam, _cap(factor, Fraction(course.nominal_minutes)))
        for id_, course in catalogue.courses.items()
    }
    return Rulebook(
        period=period,
        days=days,
        freeze=catalogue.freeze,
        person_sheet=person_sheet,
        unit_sheet=unit_sheet,
        person_criteria=person_sheet.leaves,
        unit_criteria=unit_sheet.leaves,
        platforms={
            id_: PlatformRule(
                frozenset(map(verb_key, platform.minutes_verbs)), _recognised(platform, days)
            )
            for id_, platform in catalogue.platforms.items()
        },
        course_of={
            (platform, activity_key(activity)): id_
            for id_, course in catalogue.courses.items()
            for platform, activities in course.activities.items()
            for activity in activities
        },
        courses=courses,
        positions={
            id_: _required(position, courses) for id_, position in catalogue.positions.items()
        },
        waivers=_waivers(catalogue.corrections),
        decisions={
            correction.item: correction.decision
            for correction in catalogue.corrections
            if correction.item is not None and correction.decision is not None
        },
        framework=settings.get("competence_gap", {}).get("framework"),
        active_time=None if active is None else lowered(active * MINUTE),
        deadline=days.number(period.required_course_deadline),
        deadline_month=days.month(period.required_course_deadline),
        working_days_before=working_days_before(period, days),
    )


def _cap(factor: Fraction | None, nominal_minutes: Fraction) -> Exact | None:
    return None if factor is None else lowered(factor * nominal_minutes * MINUTE)


def _recognised(platform: Platform, days: Days) -> bytes:
    """A suspension or a revocation overrides a recognition on its days; a proposal is none."""
    recognised, overridden = 0, 0
    for said in platform.recognitions:
        if said.status == "recognised":
            recognised |= days.between(said.from_, said.to)
        elif said.status != "proposed":
            overridden |= days.between(said.from_, said.to)
    recognised &= ~overridden
    return bytes(recognised >> number & 1 for number in range(days.count))


def _required(position: JobPosition, courses: Mapping[str, CourseRule]) -> Required:
    required = tuple(dict.fromkeys(position.required_courses))
    exams = tuple(id_ for id_ in required if courses.get(id_, UNKNOWN_COURSE).exam)
    return Required(required, exams, position.required_level)


def _waivers(corrections: Iterable[Correction]) -> dict[bytes, Waived]:
    waivers: dict[bytes, Waived] = {}
    for correction in corrections:
        if correction.kind != "credit_statement" or correction.statement is None:
            continue
        statement = UUID(correction.statement).bytes
        before = waivers.get(statement, Waived(frozenset(), None))
        reasons = before.reasons | frozenset(correction.waive)
        waivers[statement] = Waived(reasons, correction.course or before.course)
    return waivers


def learning_time(rules: PlatformRule, verb: bytes, seconds: Fraction) -> Exact:
    """Signal S4 in microseconds: the time a statement carries, by the rules of its platform."""
    if verb not in rules.minutes_verbs:
        return 0
    whole, rest = divmod(_MICROSECONDS, seconds.denominator)
    return seconds.numerator * whole if not rest else seconds * _MICROSECONDS


def has_signal(book: Rulebook, row: Evidence) -> bool:
    """Whether a statement has any of the signals S1 to S4; one without is ignored (S5)."""
    rules = book.platforms.get(row.platform, NOWHERE)
    return (
        row.completed
        or row.passed
        or row.score is not None
        or learning_time(rules, row.verb, row.seconds) > 0
    )

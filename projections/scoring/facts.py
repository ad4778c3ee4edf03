"""What is true of a person in a period: months, courses, time, exams, declarations (M1-M7, C1-C7).

Nothing here knows how it is scored.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from msgspec import Struct

from projections.scoring.book import (
    NOTHING_REQUIRED,
    UNKNOWN_COURSE,
    Required,
    Rulebook,
)
from projections.scoring.crediting import Judged
from projections.scoring.exact import Exact
from projections.scoring.inputs import PersonFile
from schemas.register import Competence, Item, Membership


class Month(NamedTuple):
    """An eligible month and what the person was in it (M4)."""

    number: int
    unit: str
    position: str
    head: bool


class Declared(NamedTuple):
    """How many items of a kind were self-declared, accepted and left undecided; the value of the
    last accepted one that has a value, by date and then by id.
    """

    by_self: int
    accepted: int
    pending: int
    value: Decimal | None


NOT_DECLARED: Final = Declared(0, 0, 0, None)


class Facts(Struct, frozen=True):
    """``completed`` are instants in microseconds since 1970; times are microseconds; months are
    numbers of the period's. ``party_member`` is protected: it decides, and is never shown.
    """

    position: str
    months: tuple[Month, ...]
    months_in_unit: dict[str, int]
    head_months: dict[str, int]
    unit_at_end: str | None
    head_at_end: bool
    party_member: bool
    required: Required
    completed: dict[str, int]
    overdue: tuple[str, ...]
    reported: dict[str, Exact]
    credited: dict[str, Exact]
    time_by_month: tuple[Exact, ...]
    active_months: tuple[int, ...]
    attained_level: int
    exam: dict[str, Fraction]
    exam_mean: Fraction | None
    declared: dict[str, Declared]

    @property
    def required_complete(self) -> tuple[str, ...]:
        return tuple(course for course in self.required.courses if course in self.completed)

    @property
    def is_complete(self) -> bool:
        """Whether every required course is complete."""
        return all(course in self.completed for course in self.required.courses)

    @property
    def last_required_completion(self) -> int | None:
        """When the last of the required courses was completed; None while one is open."""
        if not self.required.courses or not self.is_complete:
            return None
        return max(self.completed[course] for course in self.required.courses)


def months_of(book: Rulebook, file: PersonFile) -> tuple[Month, ...]:
    """The person's eligible months (M2-M4), in order."""
    days = book.days
    absent = 0
    for absence in file.absences:
        absent |= days.between(absence.from_, absence.to)
    rows = [
        (days.between(row.from_, row.to) & ~absent, row)
        for row in sorted(file.memberships, key=_start)
        if row.primary
    ]
    months = []
    for number, month in enumerate(days.month_days):
        eligible, most, owner = 0, 0, None
        for present, row in rows:
            count = (present & month).bit_count()
            eligible += count
            if count and count >= most:  # of equal rows the later one
                most, owner = count, row
        if owner is not None and eligible >= book.person_sheet.month_min_days:
            months.append(Month(number, owner.unit, owner.position, owner.head))
    return tuple(months)


def _start(row: Membership) -> date:
    return row.from_ or date.min


def facts_of(
    book: Rulebook,
    file: PersonFile,
    months: tuple[Month, ...],
    judged: Sequence[Judged],
    credited: Mapping[int, Exact],
) -> Facts:
    """The facts of a person with at least one eligible month."""
    position = _longest(month.position for month in months)
    required = book.positions.get(position, NOTHING_REQUIRED)
    completions: dict[str, int] = {}
    passes: dict[str, int] = {}
    exam: dict[str, Fraction] = {}
    reported: dict[str, Exact] = {}
    credited_by: dict[str, Exact] = {}
    month_of = book.days.month_of
    by_month: list[Exact] = [0] * len(book.days.months)
    for row, day, course, reason, time in judged:
        if reason is not None or course is None:
            continue
        if row.completed and row.at < completions.get(course, row.at + 1):
            completions[course] = row.at
        if row.passed and row.at < passes.get(course, row.at + 1):
            passes[course] = row.at
        if row.score is not None and row.score > exam.get(course, -1):
            exam[course] = row.score
        if time:
            given = credited[row.position]
            reported[course] = reported.get(course, 0) + time
            credited_by[course] = credited_by.get(course, 0) + given
            by_month[month_of[day]] += given
    completed = _completed(book, completions, passes)
    exam = {
        course: score
        for course, score in exam.items()
        if book.courses.get(course, UNKNOWN_COURSE).exam
    }
    at_end = _at_end(book, file)
    return Facts(
        position=position,
        months=months,
        months_in_unit=_counted(month.unit for month in months),
        head_months=_counted(month.unit for month in months if month.head),
        unit_at_end=None if at_end is None else at_end.unit,
        head_at_end=at_end is not None and at_end.head,
        party_member=any(_covers(row.from_, row.to, book.period.end) for row in file.party),
        required=required,
        completed=completed,
        overdue=_overdue(book, required, completed, months[0]),
        reported=reported,
        credited=credited_by,
        time_by_month=tuple(by_month),
        active_months=tuple(
            month.number for month in months if _is_active(book, by_month[month.number])
        ),
        attained_level=_attained(book, file.competences),
        exam=exam,
        exam_mean=_mean([exam.get(course, 0) for course in required.exams]),
        declared=declared(book, file.items),
    )


def _longest(positions: Iterable[str]) -> str:
    """The position of the most months; of equal ones that of the later last month (M5)."""
    months: dict[str, tuple[int, int]] = {}
    for number, position in enumerate(positions):
        months[position] = (months.get(position, (0, 0))[0] + 1, number)
    return max(months, key=months.__getitem__)


def _counted(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _completed(
    book: Rulebook, completions: Mapping[str, int], passes: Mapping[str, int]
) -> dict[str, int]:
    """When each complete course became so (C1)."""
    completed = {}
    for course in {**completions, **passes}:
        done, passed = completions.get(course), passes.get(course)
        match book.courses.get(course, UNKNOWN_COURSE).move_on:
            case "Completed":
                at = done
            case "Passed":
                at = passed
            case "CompletedOrPassed":
                at = min(moment for moment in (done, passed) if moment is not None)
            case "CompletedAndPassed":
                at = None if done is None or passed is None else max(done, passed)
        if at is not None:
            completed[course] = at
    return completed


def _overdue(
    book: Rulebook, required: Required, completed: Mapping[str, int], first: Month
) -> tuple[str, ...]:
    """The required courses not complete by the end of the day of the deadline (C2)."""
    if first.number > book.deadline_month:
        return ()
    return tuple(
        course
        for course in required.courses
        if course not in completed or book.days.number_at(completed[course]) > book.deadline
    )


def _is_active(book: Rulebook, time: Exact) -> bool:
    return time > 0 if book.active_time is None else time >= book.active_time


def _attained(book: Rulebook, competences: Iterable[Competence]) -> int:
    """The highest level in the sheet's framework that holds on the last day (C6)."""
    end = book.period.end
    return max(
        (
            said.level
            for said in competences
            if said.framework == book.framework
            and said.verified
            and said.date <= end
            and (said.valid_to is None or said.valid_to >= end)
        ),
        default=0,
    )


def _mean(scores: Sequence[Exact]) -> Fraction | None:
    return Fraction(sum(scores)) / len(scores) if scores else None


def _at_end(book: Rulebook, file: PersonFile) -> Membership | None:
    end = book.period.end
    for row in file.memberships:
        if row.primary and _covers(row.from_, row.to, end):
            return row
    return None


def _covers(first: date | None, last: date | None, day: date) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def declared(book: Rulebook, items: Iterable[Item]) -> dict[str, Declared]:
    """By kind, the items of the period (C7)."""
    found: dict[str, Declared] = {}
    for item in sorted(items, key=lambda item: (item.date, item.id)):
        if not book.period.start <= item.date <= book.period.end:
            continue
        by_self, accepted, pending, value = found.get(item.kind, NOT_DECLARED)
        decision = book.decision(item)
        is_accepted = decision == "accepted"
        found[item.kind] = Declared(
            by_self + item.self_declared,
            accepted + is_accepted,
            pending + (decision == "pending"),
            item.value if is_accepted and item.value is not None else value,
        )
    return found

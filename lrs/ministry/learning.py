"""When people learn what: sittings, month by month, in the order they begin.

Everybody works through courses, those their position requires first. How often they sit down, and
for how long, is their habit: some learn all year, some begin in August. A sitting may finish a
course, and then has the scores of its test.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Final, NamedTuple

from lrs.ministry.catalogue import (
    CLASSROOM,
    COURSES,
    ELECTIVES,
    LIBRARY,
    PLATFORMS,
    POSITIONS,
    Platform,
    recognitions,
)
from lrs.ministry.people import Habit, Person
from schemas.register import Course

DAY: Final = 86_400
HOURS: Final = (7, 8, 8, 9, 9, 10, 11, 13, 14, 14, 15, 16, 19, 20, 20, 21, 22, 23)
PASS: Final = 0.5
ATTEMPTS: Final = 3


class Pace(NamedTuple):
    """How likely a month has learning, before and from August on, and its minutes then."""

    before: float
    after: float
    least: int
    most: int


PACES: Final[dict[Habit, Pace]] = {
    "eager": Pace(0.97, 0.99, 140, 240),
    "steady": Pace(0.84, 0.90, 120, 220),
    "late": Pace(0.22, 0.90, 130, 300),
    "seldom": Pace(0.20, 0.40, 20, 110),
    "never": Pace(0.02, 0.06, 10, 50),
}


class Sitting(NamedTuple):
    """``start``: seconds since the period began, by the local clock. ``scores``: of each attempt at
    the test, from 0 to 1. ``finished``: the course is at its end.
    """

    start: int
    person: Person
    course: Course
    platform: Platform
    activity: str
    seconds: int
    finished: bool
    scores: tuple[float, ...]


class Attempt:
    """A course somebody has begun."""

    __slots__ = ("activity", "course", "platform", "seconds")

    def __init__(self, course: Course, platform: Platform, activity: str, seconds: int) -> None:
        self.course = course
        self.platform = platform
        self.activity = activity
        self.seconds = seconds  # still to learn


REQUIRED: Final = {position.id: position.required_courses for position in POSITIONS}
BY_ID: Final = {course.id: course for course in COURSES}
OFFERS: Final = {
    course.id: [(p, course.activities[p.id]) for p in PLATFORMS if p.id in course.activities]
    for course in COURSES
}


def sittings(people: Sequence[Person], year: int, seed: str) -> Iterator[Sitting]:
    """A year of ``people``; no more than a month is held."""
    random = Random(f"sittings {seed}")  # noqa: S311
    start = date(year - 1, 12, 1)
    recognised = {platform.id: recognitions(platform.id, year) for platform in PLATFORMS}
    begun: list[set[str]] = [set() for _ in people]
    current: list[Attempt | None] = [None] * len(people)

    def enrol(index: int, person: Person, day: date) -> Attempt | None:
        course = _next_course(random, person, day, begun[index])
        if course is None:
            return None
        begun[index].add(course)
        weights = [
            platform.preference[
                not any((r.from_ or day) <= day <= (r.to or day) for r in recognised[platform.id])
            ]
            for platform, _ in OFFERS[course]
        ]
        platform, activities = random.choices(OFFERS[course], weights)[0]
        needed = random.uniform(0.85, 1.2) if random.random() < 0.93 else random.uniform(1.6, 2.2)
        seconds = int(60 * float(BY_ID[course].nominal_minutes) * needed)
        return Attempt(BY_ID[course], platform, random.choice(activities), seconds)

    for month in range(12):
        first = date(year - (month == 0), (month + 11) % 12 + 1, 1)
        days = monthrange(first.year, first.month)[1]
        this_month: list[Sitting] = []
        for index, person in enumerate(people):
            for at, seconds in _times(random, person, first, days, (first - start).days):
                attempt = current[index] or enrol(index, person, start + timedelta(days=at // DAY))
                if attempt is None:
                    break
                attempt.seconds -= seconds
                current[index] = attempt if attempt.seconds > 0 else None
                this_month.append(_sitting(random, at, person, attempt, seconds))
        yield from sorted(this_month, key=lambda sitting: (sitting.start, sitting.person.number))


def _times(
    random: Random, person: Person, first: date, days: int, offset: int
) -> list[tuple[int, int]]:
    """When somebody sits down in a month and for how long, in seconds."""
    pace = PACES[person.habit]
    if random.random() >= (pace.after if 8 <= first.month <= 11 else pace.before):
        return []
    minutes = random.uniform(pace.least, pace.most)
    number = 1 + int(minutes / random.uniform(50, 110))
    times = []
    for _ in range(number):
        number_of_day = random.randrange(days)
        day = first + timedelta(days=number_of_day)
        if day.weekday() > 4 and random.random() < 0.7:
            number_of_day = (number_of_day + 3) % days
            day = first + timedelta(days=number_of_day)
        if not person.works_on(day) or (person.is_away(day) and random.random() < 0.85):
            continue
        at = (offset + number_of_day) * DAY + random.choice(HOURS) * 3600 + random.randrange(3600)
        times.append((at, int(60 * minutes / number * random.uniform(0.75, 1.25))))
    times.sort()
    return times


def _next_course(random: Random, person: Person, day: date, begun: set[str]) -> str | None:
    """What the position of the day requires and is not begun, else what somebody likes."""
    row = next(
        row
        for row in person.memberships
        if row.primary and (row.from_ or day) <= day <= (row.to or day)
    )
    required = [course for course in REQUIRED[row.position] if course not in begun]
    electives = [course for course in ELECTIVES if course not in begun]
    if required and random.random() < 0.93:
        return required[0]
    return random.choice(electives) if electives else None


def _sitting(random: Random, at: int, person: Person, attempt: Attempt, seconds: int) -> Sitting:
    finished = attempt.seconds <= 0
    scores: tuple[float, ...] = ()
    if finished and attempt.course.exam and attempt.platform not in (CLASSROOM, LIBRARY):
        while len(scores) < ATTEMPTS and (not scores or scores[-1] < PASS):
            score = person.ability + 0.04 * len(scores) + random.gauss(0, 0.09)
            scores = (*scores, min(1.0, max(0.1, score)))
    return Sitting(
        start=at,
        person=person,
        course=attempt.course,
        platform=attempt.platform,
        activity=attempt.activity,
        seconds=seconds,
        finished=finished,
        scores=scores,
    )

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
    counts,
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
    """A course somebody has begun on a platform."""

    __slots__ = ("activity", "course", "platform", "seconds")

    def __init__(self, course: Course, platform: Platform, activity: str, seconds: int) -> None:
        self.course = course
        self.platform = platform
        self.activity = activity
        self.seconds = seconds  # still to learn


class Learner:
    """Somebody on the way through courses."""

    __slots__ = ("attempt", "begun", "person")

    def __init__(self, person: Person) -> None:
        self.person = person
        self.begun: set[str] = set()
        self.attempt: Attempt | None = None


REQUIRED: Final = {"": (), **{one.id: one.required_courses for one in POSITIONS}}
BY_ID: Final = {course.id: course for course in COURSES}
OFFERS: Final = {
    course.id: [(p, course.activities[p.id]) for p in PLATFORMS if p.id in course.activities]
    for course in COURSES
}


def sittings(people: Sequence[Person], year: int, seed: str) -> Iterator[Sitting]:
    """A year of ``people``; no more than a month is held."""
    random = Random(f"sittings {seed}")  # noqa: S311
    learners = [Learner(person) for person in people]
    start = date(year - 1, 12, 1)
    for month in range(12):
        first = date(year - (month == 0), (month + 11) % 12 + 1, 1)
        this_month = [
            sitting
            for learner in learners
            for sitting in _month(random, learner, first, (first - start).days, year)
        ]
        yield from sorted(this_month, key=lambda sitting: (sitting.start, sitting.person.number))


def _month(
    random: Random, learner: Learner, first: date, offset: int, year: int
) -> Iterator[Sitting]:
    """``offset``: days from the start of the period to the ``first`` of the month."""
    for day, at, seconds in _times(random, learner.person, first):
        attempt = learner.attempt or _enrol(random, learner, first + timedelta(days=day), year)
        if attempt is None:  # has begun everything there is
            return
        attempt.seconds -= seconds
        learner.attempt = attempt if attempt.seconds > 0 else None
        yield _sitting(random, (offset + day) * DAY + at, learner.person, attempt, seconds)


def _times(random: Random, person: Person, first: date) -> list[tuple[int, int, int]]:
    """When somebody sits down in a month: the day from 0, the second of the day, for how long."""
    pace = PACES[person.habit]
    if random.random() >= (pace.after if 8 <= first.month <= 11 else pace.before):
        return []
    minutes = random.uniform(pace.least, pace.most)
    number = 1 + int(minutes / random.uniform(50, 110))
    times = []
    for _ in range(number):
        day = _day(random, first)
        date_ = first + timedelta(days=day)
        if person.position_on(date_) is None:
            continue
        if person.is_away(date_) and random.random() < 0.85:
            continue
        at = random.choice(HOURS) * 3600 + random.randrange(3600)
        times.append((day, at, int(60 * minutes / number * random.uniform(0.75, 1.25))))
    return sorted(times)


def _day(random: Random, first: date) -> int:
    """A day of the month, mostly from Monday to Friday."""
    days = monthrange(first.year, first.month)[1]
    day = random.randrange(days)
    if (first + timedelta(days=day)).weekday() > 4 and random.random() < 0.7:
        return (day + 3) % days
    return day


def _enrol(random: Random, learner: Learner, day: date, year: int) -> Attempt | None:
    """A course and where to take it: mostly where it counts."""
    id_ = _next_course(random, learner, day)
    if id_ is None:
        return None
    learner.begun.add(id_)
    weights = [platform.preference[not counts(platform, day, year)] for platform, _ in OFFERS[id_]]
    platform, activities = random.choices(OFFERS[id_], weights)[0]
    needed = random.uniform(0.85, 1.2) if random.random() < 0.93 else random.uniform(1.6, 2.2)
    seconds = int(60 * float(BY_ID[id_].nominal_minutes) * needed)
    return Attempt(BY_ID[id_], platform, random.choice(activities), seconds)


def _next_course(random: Random, learner: Learner, day: date) -> str | None:
    """What the position of the day requires and is not begun, else what somebody likes."""
    position = learner.person.position_on(day)
    required = [c for c in REQUIRED[position or ""] if c not in learner.begun]
    electives = [c for c in ELECTIVES if c not in learner.begun]
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

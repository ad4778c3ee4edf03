"""The requests of the platforms, in the order they arrive, with what goes wrong on the way.

Statements come late, twice, again under new ids, before what they void; from accounts nobody
knows, about courses nobody listed, by clocks that are wrong. What happened first is not what is
sent first.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import count, islice
from math import inf
from random import Random
from typing import Final, NamedTuple
from uuid import UUID

from lrs.ministry import faults
from lrs.ministry.catalogue import ADL, COURSES, COURSEWARE, LIBRARY, PLATFORMS, VIDEOS, Platform
from lrs.ministry.learning import DAY, Sitting, sittings
from lrs.ministry.outbox import Outbox, Request
from lrs.ministry.people import PEOPLE, SEED, Person, make_people
from lrs.ministry.shapes import Json, Step, context, mention, tell
from lrs.ministry.units import units

HANOI: Final = timezone(timedelta(hours=7))
FAULTS: Final = 0.05  # what goes wrong adds so many statements to those that carry something
YEAR: Final = 2026
USUAL: Final = 40  # statements of a person in a year

_COURSE_NUMBERS: Final = {course.id: number for number, course in enumerate(COURSES, start=1)}

VOIDED: Final[Json] = {"id": f"{ADL}voided", "display": {"vi-VN": "đã hủy", "en-US": "voided"}}
CONFIRMED: Final[Json] = {
    "id": "https://w3id.org/xapi/dod-isd/verbs/confirmed",
    "display": {"vi-VN": "đã xác nhận", "en-US": "confirmed"},
}


class Sent(NamedTuple):
    """A statement and the platform that sends it."""

    platform: Platform
    statement: Json


def statements(seed: int = SEED, people: int = PEOPLE, *, year: int = YEAR) -> Iterator[Sent]:
    """Statements without end as the platforms send them: the year of these people, over and over.

    Ids and registrations are new every time round. They share parts, so none is to be changed.
    """
    everyone = make_people(units(people, year), year, seed=seed, people=people)
    for lap in count():
        for request in requests(everyone, year, seed=seed, statements=USUAL * people, lap=lap):
            for statement in request.statements:
                yield Sent(request.platform, statement)


def requests(
    people: Sequence[Person], year: int, *, seed: int, statements: int, lap: int = 0
) -> Iterator[Request]:
    """A year of learning as it arrives, ``statements`` of them, give or take a few.

    What carries something follows from the people; the rest is filled with what carries nothing. If
    even that is too much, sittings are left out. ``lap``: another year of the same people.
    """
    plan = f"{seed} {year} {lap}"
    sat = told = 0
    for sitting in sittings(people, year, plan):
        sat += 1
        told += 1 + len(sitting.scores) + sitting.finished
    kept = min(1.0, statements / max(1.0, told * (1 + FAULTS)))
    random = Random(f"requests {plan}")  # noqa: S311
    sender = _Sender(random, people, year, lap)
    begun = 0
    for sitting in sittings(people, year, plan):
        if random.random() < kept:
            yield from sender.outbox.due(sitting.start)
            begun += 1
            sender.send(sitting, statements * begun / (sat * kept) - sender.outbox.put_in)
    yield from sender.outbox.due(inf)


class _Sender:
    """Puts what is told of a sitting into the outbox."""

    def __init__(self, random: Random, people: Sequence[Person], year: int, lap: int) -> None:
        self.outbox = Outbox()
        self._random = random
        self._people = people
        self._attempts = f"{year:04d}{lap:04x}"
        self._start = datetime(year - 1, 12, 1, tzinfo=HANOI)

    def send(self, sitting: Sitting, owed: float) -> None:
        """``owed``: how many statements are to be sent, on average."""
        random, platform = self._random, sitting.platform
        actor = faults.actor_of(random, sitting)
        sitting = faults.about(random, sitting)
        clock, delay = faults.clock(random, sitting), faults.delay(random, sitting)
        shared = context(sitting, self._registration(sitting))
        told = list(tell(sitting, shared))
        asides = round(2 * random.random() * max(0.0, owed - len(told)))
        for step in islice(mention(random, sitting, shared), asides):
            at = sitting.start + step.seconds
            self.outbox.put(at + delay, platform, self._made(actor, step, platform, at + clock))
        for step in told:
            at = sitting.start + step.seconds
            statement = self._made(actor, step, platform, at + clock)
            again = self._made(actor, step, platform, at + clock + 2)
            self._send_told(platform, statement, again, at + delay)

    def _send_told(self, platform: Platform, statement: Json, again: Json, at: float) -> None:
        """Mostly once. ``again``: the same under a new id, told two seconds later."""
        random, put = self._random, self.outbox.put
        chance = random.random()
        if chance < 0.016:
            put(at + random.randrange(1, DAY), platform, statement)
        elif chance < 0.024:
            put(at + 2, platform, again)
        elif chance < 0.036:
            voided = at + random.choice((60, 2 * DAY))
            if random.random() < 0.4:  # the other way round
                at, voided = voided, at
            actor = statement["actor"]
            put(voided, platform, self._reference(VOIDED, statement, actor, platform, voided))
            if random.random() < 0.5:
                put(at + 60, platform, again)
        elif chance < 0.045:
            superior = self._people[random.randrange(len(self._people))].on(platform)
            late = at + random.choice((0, 2 * DAY))
            put(late, platform, self._reference(CONFIRMED, statement, superior, platform, late))
            at += random.choice((0, DAY))
        elif chance < 0.0456:  # the same id says something else: its request is refused
            other = {**statement, "result": {"duration": "PT1M"}}
            put(at + DAY, platform, other, is_alone=platform is not COURSEWARE)
        put(at, platform, statement)

    def _made(self, actor: Json, step: Step, platform: Platform, at: float) -> Json:
        return {
            "id": self._id(),
            "actor": actor,
            **step.statement,
            "timestamp": self._timestamp(platform, at),
        }

    def _reference(
        self, verb: Json, statement: Json, actor: Json, platform: Platform, at: float
    ) -> Json:
        """A statement about another: voiding it, or confirming it."""
        return {
            "id": self._id(),
            "actor": actor,
            "verb": verb,
            "object": {"objectType": "StatementRef", "id": statement["id"]},
            "timestamp": self._timestamp(platform, at),
        }

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def _registration(self, sitting: Sitting) -> str:
        """One for each course somebody takes on a platform."""
        platform = PLATFORMS.index(sitting.platform)
        course = _COURSE_NUMBERS[sitting.course.id]
        return f"{self._attempts}-{course:04x}-4{platform:03x}-8000-{sitting.person.number:012x}"

    def _timestamp(self, platform: Platform, at: float) -> str:
        """Platforms write time each in their own way."""
        moment = self._start + timedelta(seconds=at)
        if platform in (VIDEOS, LIBRARY):
            return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
        return moment.isoformat(timespec="seconds")

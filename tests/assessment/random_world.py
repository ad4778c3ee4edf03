"""What a random case is made of, and the dice: the same seed throws the same."""

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

Json = dict[str, Any]
T = TypeVar("T")

ADL = "http://adlnet.gov/expapi/verbs/"
VOIDED = ADL + "voided"
ONE_DAY = timedelta(days=1)
OPEN = (date.min, date.max)
PERSON_KINDS = (
    "digital_material",
    "sharing_session",
    "news_article",
    "skills_prize",
    "fraud_conclusion",
    "sáng-kiến",
)
UNIT_KINDS = (
    "propaganda",
    "party_session",
    "unit_material",
    "training_class",
    "replicated_model",
    "misreport_finding",
)


@dataclass(eq=False)
class Draft:
    """A statement to be posted, and what is meant by it."""

    platform: str
    statement: Json
    moment: datetime
    person: str | None = None
    course: str | None = None
    ghost: Json | None = None

    @property
    def id(self) -> str:
        return str(self.statement["id"])


@dataclass
class Post:
    """One request: its lines as they are written, and the drafts in it."""

    platform: str
    lines: list[str]
    drafts: list[Draft]
    last_position: int = 0


@dataclass
class World:
    random: Random
    period: Json = field(default_factory=dict)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    start: date = date.min
    end: date = date.max
    deadline: date = date.max
    months: list[date] = field(default_factory=list)
    platforms: list[Json] = field(default_factory=list)
    courses: list[Json] = field(default_factory=list)
    positions: list[Json] = field(default_factory=list)
    person_sheet: Json = field(default_factory=dict)
    unit_sheet: Json = field(default_factory=dict)
    units: list[Json] = field(default_factory=list)
    people: list[Json] = field(default_factory=list)
    memberships: list[Json] = field(default_factory=list)
    absences: list[Json] = field(default_factory=list)
    party_memberships: list[Json] = field(default_factory=list)
    declarations: Json = field(default_factory=dict)
    heads: dict[str, list[tuple[date, date]]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    """The mail addresses behind the registered digests."""
    ghosts: list[tuple[Json, str]] = field(default_factory=list)
    """Identifiers nobody has, and to whom an appeal may link each of them."""
    freeze: int = 0
    grain: Decimal = Decimal("0.01")
    """What the scores of a sheet are multiples of: coarse ones meet thresholds exactly."""

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one(self, values: Iterable[T]) -> T:
        return self.random.choice(list(values))

    def some(self, values: Iterable[T], most: int, fewest: int = 0) -> list[T]:
        known = list(values)
        return self.random.sample(known, self.number(fewest, min(most, len(known))))

    def shuffled(self, values: list[T]) -> list[T]:
        return self.random.sample(values, len(values))

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def decimal(self, low: int, high: int, decimals: int = 2) -> Decimal:
        """An exact decimal; sometimes a whole number."""
        digits = self.number(0, decimals)
        scaled = self.number(low * 10**digits, high * 10**digits)
        return Decimal(scaled).scaleb(-digits)

    def uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def day(self) -> date:
        """A day of the period, often one of its edges or of a month's."""
        return self.one(
            (
                self.start,
                self.end,
                self.one(self.months),
                self.one(self.months) - ONE_DAY if len(self.months) > 1 else self.end,
                *(
                    self.start + ONE_DAY * self.number(0, (self.end - self.start).days)
                    for _ in range(6)
                ),
            )
        )

    def day_around(self) -> date:
        """Mostly a day of the period; else just before or after it, or far from it."""
        outside = (
            self.start - ONE_DAY,
            self.end + ONE_DAY,
            self.start - ONE_DAY * self.number(2, 400),
            self.end + ONE_DAY * self.number(2, 60),
        )
        return self.day() if self.chance(0.85) else self.one(outside)

    def bounds(self, first: date | None, last: date | None) -> Json:
        """``from`` and ``to``; an open bound is null or left out."""
        found: Json = {}
        if first is not None or self.chance(0.5):
            found["from"] = first
        if last is not None or self.chance(0.5):
            found["to"] = last
        return found


def last_day(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def next_month(month: date) -> date:
    return last_day(month) + ONE_DAY


def all_days(world: World) -> Iterator[date]:
    day = world.start
    while day <= world.end:
        yield day
        day += ONE_DAY


def all_leaves(sheet: Json) -> list[Json]:
    rest, found = list(sheet["criteria"]), []
    while rest:
        entry = rest.pop(0)
        if "children" in entry:
            rest += entry["children"]
        else:
            found.append(entry)
    return found

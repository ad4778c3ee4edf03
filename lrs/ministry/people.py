"""Who works where, and under which identifiers each platform knows them.

The accounts of some are not known to the ministry, so what they learn there is nobody's until they
are linked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha1
from itertools import pairwise
from math import ceil
from random import Random
from typing import Any, Final, Literal

from lrs.ministry.careers import LEADER, WORKER, change
from lrs.ministry.catalogue import CLASSROOM, COURSEWARE, LIBRARY, LMS, VIDEOS, Platform
from lrs.ministry.names import make_name, short_name
from lrs.ministry.units import Unit
from schemas.register import Absence, Account, Identifier, Membership, PartyMembership

SEED: Final = 20_251_130
PEOPLE: Final = 300

Habit = Literal["eager", "steady", "late", "seldom", "never"]
HABITS: Final[tuple[Habit, ...]] = ("eager", "steady", "late", "seldom", "never")


@dataclass(slots=True)
class Person:
    """Someone who learns; ``ability`` is the score expected of them, from 0 to 1."""

    number: int
    name: str
    habit: Habit
    ability: float
    classroom_name: str | None = None  # of those who have no mail address there
    unlinked: Platform | None = None  # the ministry does not know who this account is
    mail_known: bool = True  # if not, the ministry has its digest alone
    memberships: list[Membership] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    party: list[PartyMembership] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"CB{self.number:05d}"

    @property
    def mbox(self) -> str:
        return f"mailto:{short_name(self.name)}{self.number}@hocba.example"

    @property
    def digest(self) -> str:
        return sha1(self.mbox.encode(), usedforsecurity=False).hexdigest()

    def on(self, platform: Platform) -> dict[str, Any]:
        """The agent this person is on a platform."""
        match platform.id:
            case COURSEWARE.id:
                account = {
                    "homePage": platform.home_page,
                    "name": f"{short_name(self.name)}{self.number}",
                }
                return {"objectType": "Agent", "name": self.name, "account": account}
            case LMS.id:
                account = {"homePage": platform.home_page, "name": f"{self.number:05d}"}
                return {"objectType": "Agent", "account": account}
            case VIDEOS.id:
                return {"mbox": self.mbox}
            case LIBRARY.id:
                return {"objectType": "Agent", "openid": f"{platform.home_page}/{self.id.lower()}"}
        if self.classroom_name is not None:
            account = {"homePage": platform.home_page, "name": self.classroom_name}
            return {"objectType": "Agent", "name": self.name, "account": account}
        return {"objectType": "Agent", "name": self.name, "mbox_sha1sum": self.digest}

    def identifiers(self) -> Iterator[Identifier]:
        """Those the ministry knows. A mail address stands for its digest, and the reverse."""
        for platform in (COURSEWARE, LMS, LIBRARY, CLASSROOM):
            agent = self.on(platform)
            if platform is self.unlinked:
                continue
            if (account := agent.get("account")) is not None:
                known = Account(account["homePage"], account["name"])
                yield Identifier(person=self.id, account=known)
            elif "openid" in agent:
                yield Identifier(person=self.id, openid=agent["openid"])
        if self.mail_known:
            yield Identifier(person=self.id, mbox=self.mbox)
        else:
            yield Identifier(person=self.id, mbox_sha1sum=self.digest)

    def position_on(self, day: date) -> str | None:
        """What somebody works as; None if nowhere that day."""
        rows = (row for row in self.memberships if row.primary)
        return next(
            (row.position for row in rows if (row.from_ or day) <= day <= (row.to or day)), None
        )

    def is_away(self, day: date) -> bool:
        return any((row.from_ or day) <= day <= (row.to or day) for row in self.absences)


def make_people(
    units: Sequence[Unit], year: int, *, seed: int = SEED, people: int = PEOPLE
) -> list[Person]:
    random = Random(f"people {seed} {year}")  # noqa: S311 (the same for everybody is the point)
    everyone: list[Person] = []
    for unit, size in zip(units, _sizes(units, people), strict=True):
        for place in range(size):
            number = len(everyone) + 1
            everyone.append(_person(random, number, people, unit, place, size, year))
    change(random, [person.memberships for person in everyone], units, year)
    return everyone


def _sizes(units: Sequence[Unit], people: int) -> list[int]:
    """People by unit in proportion; the sum is exact."""
    total = sum(unit.share for unit in units)
    ends = [0.0]
    for unit in units:
        ends.append(ends[-1] + unit.share * people / total)
    whole = [round(end) for end in ends]
    return [end - start for start, end in pairwise(whole)]


def _person(
    random: Random, number: int, people: int, unit: Unit, place: int, size: int, year: int
) -> Person:
    """Someone at a ``place`` in the unit: its head comes first, then its other leaders."""
    is_woman = random.random() < 0.54
    is_leader = place <= ceil(size * 0.1)
    position = LEADER if is_leader else random.choices(*zip(*unit.staff.items(), strict=True))[0]
    person = Person(
        number=number,
        name=make_name(random, is_woman),
        habit=_habit(random, 0.85 if is_leader else unit.zeal),
        ability=random.triangular(0.5, 1.0, 0.88),
        classroom_name=f"{people + 1 - number:05d}" if position in ("PV", "NS", "DS") else None,
        unlinked=random.choice((COURSEWARE, LMS)) if random.random() < 0.025 else None,
        mail_known=random.random() < 0.85,
    )
    since = date(year - 1, 12, 1) - timedelta(days=random.randrange(60, 7000))
    category = unit.category
    if position == "PV":
        category = WORKER
    elif category == "cong_chuc" and random.random() < 0.03:
        category = "can_bo"
    row = Membership(
        person=person.id,
        unit=unit.id,
        position=position,
        category=category,
        head=place == 0,
        from_=since,
    )
    person.memberships.append(row)
    if random.random() < {LEADER: 0.95, "CV": 0.5, "CNTT": 0.35}.get(position, 0.2):
        joined = since + timedelta(days=random.randrange(200, 4000))
        joined = min(joined, date(year, random.randrange(2, 8), 3))
        left = date(year, 8, 19) if random.random() < 0.02 else None
        person.party.append(PartyMembership(person=person.id, from_=joined, to=left))
    if random.random() < 0.06:
        person.absences.append(_absence(random, person.id, is_woman, year))
    return person


def _habit(random: Random, zeal: float) -> Habit:
    rest = 1 - zeal
    weights = (0.05 + 0.5 * zeal**2, 0.25 + 0.4 * zeal, 0.5 * rest, 0.3 * rest, 0.08 * rest)
    return random.choices(HABITS, weights)[0]


def _absence(random: Random, person: str, is_woman: bool, year: int) -> Absence:
    start = date(year - 1, 12, 1) + timedelta(days=random.randrange(-90, 280))
    kinds = {"om_dai_ngay": (45, 150), "khong_luong": (30, 120), "di_hoc": (120, 420)}
    if is_woman and random.random() < 0.6:
        kinds = {"thai_san": (181, 182)}
    kind = random.choice(list(kinds))
    end = start + timedelta(days=random.randrange(*kinds[kind]))
    return Absence(person=person, type=kind, from_=start, to=end)

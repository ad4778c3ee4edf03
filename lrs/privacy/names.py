"""What a person is called in the log: ids of the register, identifiers, accounts.

An identifier may be another person's on other days. Statements are then told apart by their own
day, as everywhere in the register; what is sealed under one key cannot be (see ``forgetting``).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha1
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from lrs.decisions.judging import DecisionRefused, known, of
from lrs.decisions.people import counted_as, named
from lrs.privacy import subjects
from lrs.register import Recorded
from lrs.store_time import microseconds
from projections.privacy import ALWAYS, FOREVER
from schemas.agents import agent_key
from schemas.register import Account, Appeal, Identifier, Person

DAY: Final = timedelta(days=1)


class Span(NamedTuple):
    """Days on which an identifier is a person's, both included; None where they are open."""

    person: str
    first: date | None
    last: date | None

    def instants(self, timezone: str) -> tuple[int, int]:
        """From when up to, and without, when: microseconds since 1970."""
        zone = ZoneInfo(timezone)
        first, last = self.first, self.last
        return (
            ALWAYS if first is None else _midnight(first, zone),
            FOREVER if last is None or last == date.max else _midnight(last + DAY, zone),
        )

    def __str__(self) -> str:
        return f"{self.person} ({self.first or '…'} – {self.last or '…'})"


@dataclass(frozen=True, slots=True)
class Name:
    """One agent the person is in statements, by the key of ``schemas.agents``."""

    key: bytes
    text: str
    mine: tuple[Span, ...]
    others: tuple[Span, ...] = ()

    @property
    def is_shared(self) -> bool:
        return bool(self.others)

    def owner(self, at: int, timezone: str) -> bool | None:
        """Whether what it did at an instant was the person's; None if it was nobody's."""
        for spans, answer in ((self.mine, True), (self.others, False)):
            if any(begins <= at < ends for begins, ends in (s.instants(timezone) for s in spans)):
                return answer
        return None


@dataclass(frozen=True, slots=True)
class Names:
    """``people`` are the ids: the person's, and those found to be the same human being."""

    person: str
    name: str
    people: tuple[str, ...]
    agents: tuple[Name, ...]

    @property
    def subjects(self) -> list[bytes]:
        """Whose content is the person's, but for that of identifiers others had too."""
        return [
            *map(subjects.of_person, self.people),
            *(name.key for name in self.agents if not name.is_shared),
        ]

    @property
    def texts(self) -> list[str]:
        """As people would write it: what a text that stays may not hold. A number is in many."""
        words = (name.text.partition(" at ")[0] for name in self.agents)
        return [self.name, *(word for word in words if not word.isdigit())]


def names_of(recorded: Recorded, person: str) -> Names:
    """Raises DecisionRefused where there is no such person, or it is counted as another."""
    found = known(recorded, Person, person)
    if others := counted_as(person, recorded):
        raise DecisionRefused(
            f"{person} is counted as {others[-1]}, the same human being: name {others[-1]}, or part"
            f" them first (`lrs people part {person}`)"
        )
    people = tuple(ids_of(recorded, person))
    mine: dict[bytes, list[Span]] = defaultdict(list)
    theirs: dict[bytes, list[Span]] = defaultdict(list)
    texts: dict[bytes, str] = {}
    for identifier in _identifiers(recorded):
        spans = mine if identifier.person in people else theirs
        for key in _keys(identifier):
            spans[key].append(Span(identifier.person, identifier.from_, identifier.to))
            if spans is mine:
                texts.setdefault(key, named(identifier).removeprefix("mailto:"))
    return Names(
        person,
        found.name,
        people,
        tuple(
            Name(key, texts[key], tuple(spans), tuple(theirs.get(key, ())))
            for key, spans in mine.items()
        ),
    )


def ids_of(recorded: Recorded, person: str) -> list[str]:
    """The person's id, and those of whoever is counted as the person."""
    return [person, *(one for one in recorded[Person] if person in counted_as(one, recorded))]


def _identifiers(recorded: Recorded) -> Iterator[Identifier]:
    """Those that are linked, and those that appeals gave to somebody."""
    yield from of(recorded, Identifier).values()
    for appeal in of(recorded, Appeal).values():
        for correction in appeal.corrections:
            if correction.identifier is not None and correction.person is not None:
                yield _of(correction.identifier, correction.person)


def _of(identifier: Identifier, person: str) -> Identifier:
    return Identifier(
        person=person,
        account=identifier.account,
        mbox=identifier.mbox,
        mbox_sha1sum=identifier.mbox_sha1sum,
        openid=identifier.openid,
        from_=identifier.from_,
        to=identifier.to,
    )


def _keys(identifier: Identifier) -> Iterable[bytes]:
    """By which statements with the identifier are found and sealed.

    The register compares an address with its digest letter by letter; statements are found whatever
    the case of its domain. A digest made of other letters than those is a key of its own.
    """
    return dict.fromkeys(key for agent in _agents(identifier) if (key := agent_key(agent)))


def _agents(identifier: Identifier) -> Iterator[Mapping[str, Any]]:
    match identifier:
        case Identifier(account=Account(home_page, name)):
            yield {"account": {"homePage": home_page, "name": name}}
        case Identifier(mbox=str(mbox)):
            yield {"mbox": mbox}
            yield {"mbox_sha1sum": sha1(mbox.encode(), usedforsecurity=False).hexdigest()}
        case Identifier(mbox_sha1sum=str(digest)):
            yield {"mbox_sha1sum": digest}
        case Identifier(openid=str(openid)):
            yield {"openid": openid}


def _midnight(day: date, zone: ZoneInfo) -> int:
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=zone))


def spans_of(name: Name, timezone: str) -> Sequence[tuple[int | None, int | None]]:
    """The bounds of what is the person's, each None where it is open; one pair without bounds for a
    name that was nobody else's.
    """
    if not name.is_shared:
        return [(None, None)]
    bounds = dict.fromkeys(span.instants(timezone) for span in name.mine)
    return [
        (None if begins == ALWAYS else begins, None if ends == FOREVER else ends)
        for begins, ends in bounds
    ]

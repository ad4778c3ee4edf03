"""Who and what goes where, when a unit ends or gives some of its people away."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from msgspec.structs import replace

from lrs.decisions.judging import DecisionRefused, of, recording
from lrs.decisions.posts import ended, reaches
from lrs.register import Change, Recorded
from schemas.register import Membership, Unit

Where = Callable[[str], str]
"""By the id of a person or a unit, the id of the unit it goes to."""

SHOWN: Final = 10


def posts_of(units: Iterable[str], on: date, recorded: Recorded) -> list[Membership]:
    posts = of(recorded, Membership).values()
    return [post for post in posts if post.unit in units and reaches(post, on)]


def moved_posts(units: Iterable[str], on: date, where: Where, recorded: Recorded) -> list[Change]:
    """Posts that last beyond the day before ``on`` end then and begin anew where the person goes;
    two that would be the same from then on are one, which lasts as long as the longer. What begins
    comes first: decided again after half of it, nobody is lost.
    """
    ends: list[Change] = []
    begun: dict[str, Membership] = {}
    for post in posts_of(units, on, recorded):
        unit = where(post.person)
        if unit == post.unit:
            continue
        ends += ended(post, on)
        new = replace(post, unit=unit, from_=max(post.from_ or on, on))
        other = begun.get(new.key, of(recorded, Membership).get(new.key))
        if other is not None and (other.to or date.max) > (new.to or date.max):
            new = replace(new, to=other.to, head=new.head or other.head)
        begun[new.key] = new
    return [*(recording(post) for post in begun.values()), *ends]


def units_below(
    units: Iterable[str], into: Iterable[str], on: date, recorded: Recorded
) -> list[Unit]:
    return [
        unit
        for unit in of(recorded, Unit).values()
        if unit.parent is not None
        and unit.parent in units
        and unit.id not in units
        and unit.id not in into
        and reaches(unit, on)
    ]


def moved_units(
    units: Iterable[str], where: Where, into: Iterable[str], on: date, recorded: Recorded
) -> list[Change]:
    return [
        recording(replace(unit, parent=where(unit.id)))
        for unit in units_below(units, into, on, recorded)
    ]


def assigned(
    names: Iterable[str],
    said: Mapping[str, str],
    rest: str | None,
    *,
    there: Container[tuple[str, str | None]],
    meaning: str,
) -> Where:
    """Where each of these goes. Raises DecisionRefused for whom nothing was said, and for whom
    something was said in vain, unless they are ``there`` already.
    """
    staying = dict.fromkeys(names)
    strange = [name for name, to in said.items() if name not in staying and (name, to) not in there]
    if strange:
        raise DecisionRefused(f"{_shown(strange)}: not {meaning}; leave it out or correct the id")
    if rest is None and (left := [name for name in staying if name not in said]):
        raise DecisionRefused(
            f"{_shown(left)}: {meaning}; say where they go, or where the rest goes"
        )
    return lambda name: said.get(name) or str(rest)


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more

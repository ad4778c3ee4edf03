"""The people and units of the register as of a position, with what searching, sorting and scopes
need.

The register changes seldom, so what was made for one state of it is kept for the next requests.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sqlalchemy import Connection, func, select

from lrs.api.names import folded, order_of, title_order
from lrs.auth.accounts import Account
from lrs.kept import Kept
from lrs.privacy.finishing import renewed
from projections import assessment
from projections.assessment import TABLES
from schemas.register import Membership, PeopleMerged, Person, Unit

KEPT: Final = 4


@dataclass(frozen=True)
class Known:
    """A person, and the units they were ever in by a primary membership."""

    person: Person
    units: frozenset[str]

    @cached_property
    def folded(self) -> str:
        return folded(self.person.name)

    @cached_property
    def order(self) -> tuple[object, ...]:
        return (order_of(self.person.name), self.person.id)


@dataclass(frozen=True)
class Directory:
    """``people`` are in the order of their names; who was ``merged`` into another is not one."""

    people: Mapping[str, Known]
    units: Mapping[str, Unit]
    merged: Mapping[str, str]

    def counted_as(self, person: str) -> str:
        """Who a person is, after merging."""
        seen = {person}
        while (into := self.merged.get(person)) is not None and into not in seen:
            seen.add(into)
            person = into
        return person

    def counted_with(self, person: str) -> list[str]:
        """The person's ids: their own, and of those who were merged into them."""
        return [person, *(one for one in self.merged if self.counted_as(one) == person)]

    @cached_property
    def children(self) -> Mapping[str | None, list[str]]:
        """By unit, those directly below it, in the order of their titles."""
        below: dict[str | None, list[str]] = defaultdict(list)
        for unit in sorted(self.units.values(), key=lambda unit: (title_order(unit.vi), unit.id)):
            below[unit.parent if unit.parent in self.units else None].append(unit.id)
        return below

    def and_below(self, units: Iterable[str]) -> frozenset[str]:
        """These units and all below them."""
        found: set[str] = set()
        waiting = [unit for unit in units if unit in self.units]
        while waiting:
            unit = waiting.pop()
            if unit not in found:
                found.add(unit)
                waiting += self.children.get(unit, ())
        return frozenset(found)


@dataclass(frozen=True)
class Reach:
    """What exists for an account. ``units`` is None for everything."""

    units: frozenset[str] | None
    own: str | None
    party: bool

    @property
    def everything(self) -> bool:
        return self.units is None

    def unit(self, unit: str | None) -> bool:
        return self.units is None or unit in self.units

    def person(self, person: str, units: frozenset[str]) -> bool:
        """Whether a person who was in these units exists for the account."""
        return self.units is None or person == self.own or not units.isdisjoint(self.units)


def reach_of(account: Account, now: Directory) -> Reach:
    """What an account reaches by the units as they are now, whatever position is asked about: who
    may see something is a question of the present.
    """
    seen = account.seen_units
    units = None if seen is None else now.and_below(seen)
    own = None if account.own is None else now.counted_as(account.own)
    return Reach(units, own, account.may("party"))


class Directories:
    """Directories, by the last change of the register they are made from, and of its past."""

    def __init__(self) -> None:
        self._kept: Kept[tuple[int, int], Directory] = Kept(KEPT)

    def of(self, connection: Connection, as_of: int) -> Directory:
        changed = register_changed(connection, as_of)
        found = self._kept.get(changed)
        if found is None:
            found = _directory(connection, as_of)
            self._kept.put(changed, found)
        return found


def register_changed(connection: Connection, as_of: int) -> tuple[int, int]:
    """The position of the last change of the register up to ``as_of``, and that of the last
    forgetting, which takes people out of it: three looks into indexes.
    """
    table = TABLES.records
    recorded = select(func.max(table.c.position)).where(table.c.position <= as_of)
    ended = select(func.max(table.c.until)).where(table.c.until <= as_of)
    changed = max(connection.scalar(recorded) or 0, connection.scalar(ended) or 0)
    return changed, renewed(connection)


def _directory(connection: Connection, as_of: int) -> Directory:
    units: dict[str, set[str]] = defaultdict(set)
    for membership in assessment.records(connection, Membership, as_of):
        if membership.primary:
            units[membership.person].add(membership.unit)
    merges = assessment.records(connection, PeopleMerged, as_of)
    merged = {merge.person: merge.into for merge in merges}
    people = [
        Known(person, frozenset(units[person.id]))
        for person in assessment.records(connection, Person, as_of)
        if person.id not in merged
    ]
    people.sort(key=lambda known: known.order)
    return Directory(
        {known.person.id: known for known in people},
        {unit.id: unit for unit in assessment.records(connection, Unit, as_of)},
        merged,
    )

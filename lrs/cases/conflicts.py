"""What no single record can break: rules that span records, over whatever set of records is asked.

The same functions judge a folder by itself and a folder together with what the store holds already.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, combinations
from typing import Any, NamedTuple

from schemas.register import (
    Absence,
    Appeal,
    Competence,
    Course,
    Identifier,
    Item,
    JobPosition,
    Membership,
    PartyMembership,
    Period,
    Person,
    Plan,
    Platform,
    Record,
    Report,
    Scheme,
    Unit,
)


class Conflict(NamedTuple):
    """``record`` breaks a rule together with ``other``, which stood before it."""

    rule: str
    record: Any
    other: Any
    facts: dict[str, Any]


def conflicts(records: Sequence[Record]) -> Iterator[Conflict]:
    """Everything that is wrong between these records."""
    return chain(
        shared_identifiers(_of(Identifier, records)),
        overlapping_memberships(_of(Membership, records)),
        second_heads(_of(Membership, records)),
        unit_cycles(_of(Unit, records)),
        shared_credentials(_of(Platform, records)),
        shared_activities(_of(Course, records)),
    )


def _of(kind: Any, records: Iterable[Record]) -> list[Any]:
    return [record for record in records if type(record) is kind]


def shared_identifiers(identifiers: Iterable[Identifier]) -> Iterator[Conflict]:
    """On every day an identifier belongs to one person; a mail address and its SHA-1 are one."""
    holding: dict[bytes, list[Identifier]] = defaultdict(list)
    for identifier in identifiers:
        holding[identifier.identity].append(identifier)
    for held in holding.values():
        for other, identifier in combinations(held, 2):
            if other.person != identifier.person and _share_a_day(other, identifier):
                facts = {"person": identifier.person, "holder": other.person}
                yield Conflict("identifier.shared", identifier, other, facts)


def _share_a_day(one: Identifier, other: Identifier) -> bool:
    return (one.from_ or date.min) <= (other.to or date.max) and (other.from_ or date.min) <= (
        one.to or date.max
    )


def overlapping_memberships(memberships: Iterable[Membership]) -> Iterator[Conflict]:
    """On every day a person has at most one primary membership."""
    by_person: dict[str, list[Membership]] = defaultdict(list)
    for membership in memberships:
        if membership.primary:
            by_person[membership.person].append(membership)
    for rows in by_person.values():
        for row, other in _overlaps(rows):
            facts = {"person": row.person, "unit": row.unit, "second": other.unit}
            yield Conflict("membership.overlap", row, other, facts)


def second_heads(memberships: Iterable[Membership]) -> Iterator[Conflict]:
    """On every day a unit has at most one head whose membership is primary."""
    by_unit: dict[str, list[Membership]] = defaultdict(list)
    for membership in memberships:
        if membership.primary and membership.head:
            by_unit[membership.unit].append(membership)
    for rows in by_unit.values():
        for row, other in _overlaps(rows):
            if row.person != other.person:
                facts = {"unit": row.unit, "person": row.person, "second": other.person}
                yield Conflict("unit.two_heads", row, other, facts)


def _overlaps(rows: list[Membership]) -> Iterator[tuple[Membership, Membership]]:
    """Each row that begins before an earlier one has ended, with the one that lasts longest."""
    if len(rows) < 2:
        return
    rows = sorted(rows, key=lambda row: row.from_ or date.min)  # stable: the order of the file
    longest = rows[0]
    for row in rows[1:]:
        if (row.from_ or date.min) <= (longest.to or date.max):
            yield row, longest
        if (row.to or date.max) > (longest.to or date.max):
            longest = row


def unit_cycles(units: Iterable[Unit]) -> Iterator[Conflict]:
    """No unit is above itself; told once for each cycle, of the last of its units."""
    by_id = {unit.id: unit for unit in units}
    order = {id_: number for number, id_ in enumerate(by_id)}
    settled: set[str] = set()
    for unit in by_id.values():
        way: dict[str, Unit] = {}
        at: Unit | None = unit
        while at is not None and at.id not in settled and at.id not in way:
            way[at.id] = at
            at = by_id.get(at.parent or "")
        if at is not None and at.id in way:
            names = list(way)
            cycle = names[names.index(at.id) :]
            last = by_id[max(cycle, key=lambda name: order[name])]
            yield Conflict("unit.cycle", last, None, {"cycle": " → ".join([*cycle, at.id])})
        settled.update(way)


def shared_credentials(platforms: Iterable[Platform]) -> Iterator[Conflict]:
    """A credential tells which platform a statement came from, so no two have the same."""
    first: dict[str, Platform] = {}
    for platform in platforms:
        other = first.setdefault(platform.credential, platform)
        if other.id != platform.id:
            facts = {"value": platform.credential, "holder": other.id}
            yield Conflict("platform.credential", platform, other, facts)


def shared_activities(courses: Iterable[Course]) -> Iterator[Conflict]:
    """An activity of a platform is at most one course."""
    first: dict[tuple[str, str], Course] = {}
    for course in courses:
        for platform, activities in course.activities.items():
            for activity in activities:
                other = first.setdefault((platform, activity), course)
                if other.id != course.id:
                    facts = {"value": activity, "platform": platform, "holder": other.id}
                    yield Conflict("course.activity", course, other, facts)


# ---- references


def references(record: Record) -> Iterator[tuple[type[Record], str]]:
    """The records that ``record`` refers to, by type and key."""
    match record:
        case Unit():
            named = (record.parent, *record.predecessors)
            yield from ((Unit, unit) for unit in named if unit is not None)
        case Membership():
            yield Person, record.person
            yield Unit, record.unit
            yield JobPosition, record.position
        case Identifier() | Absence() | PartyMembership() | Competence():
            yield Person, record.person
        case Course():
            yield from ((Platform, platform) for platform in record.activities)
        case JobPosition():
            yield from ((Course, course) for course in record.required_courses)
        case Item() | Plan() | Report():
            if record.about_person is not None:
                yield Person, record.about_person
            if record.about_unit is not None:
                yield Unit, record.about_unit
        case Period():
            yield Scheme, record.person_scheme
            yield Scheme, record.unit_scheme
        case Appeal():
            yield Period, record.period
            yield Person, record.person
            yield from _of_corrections(record)


def _of_corrections(appeal: Appeal) -> Iterator[tuple[type[Record], str]]:
    for correction in appeal.corrections:
        if correction.person is not None:
            yield Person, correction.person
        if correction.course is not None:
            yield Course, correction.course
        if correction.item is not None:
            yield Item, correction.item

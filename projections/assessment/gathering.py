"""Everything that is known of a person or a unit in a view, as the scoring engine takes it.

Who a statement is about is found here: by the identifiers the register holds at the view's
position, on the local day of the statement, and by what corrections add to them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from projections.assessment.evidence import of_actors, of_statement
from projections.assessment.records import (
    OneOf,
    about_people,
    about_unit,
    fetch_in,
    person_ids,
    record,
    records,
    valid,
)
from projections.assessment.tables import Tables
from projections.assessment.views import Held, View, covers, holders, is_somebody
from projections.scoring.inputs import Evidence, PersonFile, UnitFile
from schemas.register import (
    Absence,
    Competence,
    Item,
    Membership,
    PartyMembership,
    Person,
    Plan,
    Record,
    Report,
    Unit,
)

PEOPLE_AT_ONCE: Final = 250

Gathered = tuple[PersonFile, list[Evidence]]


class PersonUnknown(Exception):
    """The register of the view has no such person; somebody merged into another is that one."""


class UnitUnknown(Exception):
    """The register of the view has no such unit."""


def people(connection: Connection, view: View) -> list[str]:
    """The people of the view, by the code points of their ids; who was merged is not one."""
    ids = person_ids(connection, view.register, tables=view.tables)
    return [person for person in ids if person not in view.merged]


def gather_person(connection: Connection, view: View, person: str) -> Gathered:
    """All that is known of one person; the evidence is in the order of the log."""
    known = record(connection, Person, person, view.register, tables=view.tables)
    if known is None or person in view.merged:
        raise PersonUnknown(person)
    [gathered] = gather_people(connection, view, [person])
    return gathered


def gather_all(connection: Connection, view: View) -> Iterator[Gathered]:
    """Everybody, one after another, by the code points of their ids; in bounded memory."""
    return gather_people(connection, view, people(connection, view))


def gather_people(connection: Connection, view: View, ids: Sequence[str]) -> Iterator[Gathered]:
    """These people, who must be people of the view, in the order given."""
    for start in range(0, len(ids), PEOPLE_AT_ONCE):
        some = ids[start : start + PEOPLE_AT_ONCE]
        files = _files(connection, view, some)
        evidence = _evidence(connection, view, some)
        for person in some:
            yield files[person], evidence[person]


def gather_unit(connection: Connection, view: View, unit: str) -> UnitFile:
    known = record(connection, Unit, unit, view.register, tables=view.tables)
    if known is None:
        raise UnitUnknown(unit)
    return _unit_file(known, about_unit(connection, unit, view.register, tables=view.tables))


def gather_units(connection: Connection, view: View) -> list[UnitFile]:
    """All units, by the code points of their ids."""
    about: dict[str, list[Record]] = defaultdict(list)
    for kind in (Item, Plan, Report):
        for one in records(connection, kind, view.register, tables=view.tables):
            if one.about_unit is not None:
                about[one.about_unit].append(one)
    units = records(connection, Unit, view.register, tables=view.tables)
    return [_unit_file(unit, about[unit.id]) for unit in sorted(units, key=lambda unit: unit.id)]


def _unit_file(unit: Unit, about: Iterable[Record]) -> UnitFile:
    items, plans, reports = [], [], []
    for one in about:
        match one:
            case Item():
                items.append(one)
            case Plan():
                plans.append(one)
            case Report():
                reports.append(one)
    return UnitFile(unit, items, plans, reports)


def _files(connection: Connection, view: View, ids: Sequence[str]) -> dict[str, PersonFile]:
    about: dict[str, list[Record]] = {person: [] for person in ids}
    for person, one in about_people(connection, ids, view.register, tables=view.tables):
        about[person].append(one)
    return {person: _person_file(person, said) for person, said in about.items()}


def _person_file(person: str, about: Iterable[Record]) -> PersonFile:
    memberships, absences, party, items, competences = [], [], [], [], []
    for one in about:
        match one:
            case Membership():
                memberships.append(one)
            case Absence():
                absences.append(one)
            case PartyMembership():
                party.append(one)
            case Item():
                items.append(one)
            case Competence():
                competences.append(one)
    return PersonFile(person, memberships, absences, party, items, competences)


def _evidence(connection: Connection, view: View, ids: Sequence[str]) -> dict[str, list[Evidence]]:
    """By person, each statement once, however many of the person's identifiers it has."""
    zone = view.catalogue.period.timezone
    holding: dict[bytes, list[Held]] = defaultdict(list)
    for held in _held(connection, view, ids):
        holding[held.identity].append(held)
    found: dict[str, dict[int, Evidence]] = {person: {} for person in ids}
    for actor, evidence in of_actors(connection, view, list(holding)):
        for held in holding[actor]:
            if covers(held, evidence.at, zone):
                found[held.person][evidence.position] = evidence
    for credited in view.credited:
        if credited.person in found:
            for actor, evidence in of_statement(connection, view, credited.statement):
                if not is_somebody(owners(connection, view, actor), evidence.at, zone):
                    found[credited.person][evidence.position] = evidence
    return {person: [rows[position] for position in sorted(rows)] for person, rows in found.items()}


def owners(connection: Connection, view: View, actor: bytes) -> list[Held]:
    """Whose an identifier is in a view, and when."""
    registered = holders(connection, actor, view.register, tables=view.tables)
    return [*registered, *(held for held in view.linked if held.identity == actor)]


def _held(connection: Connection, view: View, ids: Sequence[str]) -> Iterator[Held]:
    """The identifiers of these people, and of those counted as them."""
    known_as = {person: person for person in ids}
    known_as |= {one: into for one, into in view.merged.items() if into in known_as}
    query = _identifiers(view.tables)
    for row in fetch_in(connection, query, list(known_as), as_of=view.register):
        held = Held(*row)
        yield held._replace(person=known_as[held.person])
    yield from (held for held in view.linked if held.person in known_as)


@lru_cache
def _identifiers(tables: Tables) -> Select[Any]:
    table = tables.identities
    columns = (table.c.identity, table.c.person, table.c.from_day, table.c.to_day)
    return select(*columns).where(OneOf(table.c.person), valid(table))

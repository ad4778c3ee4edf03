"""The register as lists for people: who there is, where they work, what is recognised and declared.

Rows are plain values under the names that files give them. Party membership is in none of them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import msgspec
from msgspec.structs import fields

from lrs.api.names import folded, matches, order_of, title_order
from lrs.decisions.catalogue import status_on
from lrs.decisions.judging import known, of
from lrs.decisions.people import counted_as
from lrs.decisions.posts import is_on
from lrs.register import Recorded
from schemas.register import (
    Absence,
    Competence,
    Course,
    Identifier,
    Item,
    Membership,
    PeopleMerged,
    Person,
    Platform,
    Record,
    Unit,
)

ABOUT_PEOPLE: Final[dict[str, type[Record]]] = {
    "identifiers": Identifier,
    "memberships": Membership,
    "absences": Absence,
    "competences": Competence,
    "items": Item,
}


def people(
    recorded: Recorded, today: date, unit: str | None = None, search: str | None = None
) -> list[dict[str, Any]]:
    """By given name, with the primary post of the day. ``search``: beginnings of words of the name,
    with or without diacritics.
    """
    if unit is not None:
        known(recorded, Unit, unit)
    posts = _primary_posts(recorded, today)
    identifiers = Counter(one.person for one in of(recorded, Identifier).values())
    found = []
    for person in sorted(of(recorded, Person).values(), key=lambda one: order_of(one.name)):
        post = posts.get(person.id)
        if unit is not None and (post is None or post.unit != unit):
            continue
        if search is not None and not matches(folded(search), folded(person.name)):
            continue
        found.append(
            {
                "id": person.id,
                "name": person.name,
                "unit": None if post is None else post.unit,
                "position": None if post is None else post.position,
                "head": post is not None and post.head,
                "identifiers": identifiers[person.id],
                "counted_as": _last(counted_as(person.id, recorded)),
            }
        )
    return found


def person(recorded: Recorded, id_: str) -> dict[str, Any]:
    """All that is known of one person. Raises DecisionRefused where there is none."""
    found = known(recorded, Person, id_)
    return {
        "id": found.id,
        "name": found.name,
        "counted_as": _last(counted_as(id_, recorded)),
        "counted_with": [one for one in recorded[Person] if id_ in counted_as(one, recorded)],
        **{
            name: [row(one) for one in recorded[type_].values() if one.about_person == id_]
            for name, type_ in ABOUT_PEOPLE.items()
        },
    }


def units(recorded: Recorded, today: date) -> list[dict[str, Any]]:
    """Each after the one it is below, with how many people's primary post of the day is in it; who
    is counted as somebody else is nobody's.
    """
    members = Counter(
        post.unit
        for person, post in _primary_posts(recorded, today).items()
        if person not in recorded[PeopleMerged]
    )
    below: dict[str | None, list[Unit]] = defaultdict(list)
    for unit in sorted(of(recorded, Unit).values(), key=lambda one: title_order(one.vi)):
        below[unit.parent].append(unit)
    found = []
    waiting = [(0, unit) for unit in reversed(below[None])]
    while waiting:
        depth, unit = waiting.pop()
        found.append({**row(unit), "depth": depth, "people": members[unit.id]})
        waiting += ((depth + 1, one) for one in reversed(below[unit.id]))
    return found


def platforms(recorded: Recorded, today: date) -> list[dict[str, Any]]:
    return [
        {**row(platform), "status": status_on(platform, today)}
        for platform in _by_id(of(recorded, Platform).values())
    ]


def courses(recorded: Recorded) -> list[dict[str, Any]]:
    return [row(course) for course in _by_id(of(recorded, Course).values())]


def items(
    recorded: Recorded,
    decision: str | None = None,
    person: str | None = None,
    unit: str | None = None,
) -> list[dict[str, Any]]:
    """The latest first."""
    asked = {"decision": decision, "person": person, "unit": unit}
    found = [
        item
        for item in _by_id(of(recorded, Item).values())
        if all(value in (None, getattr(item, name)) for name, value in asked.items())
    ]
    return [row(item) for item in sorted(found, key=lambda item: item.date, reverse=True)]


def row(record: Record) -> dict[str, Any]:
    """A record with all its fields, under the names that files have."""
    return {
        one.encode_name: msgspec.to_builtins(getattr(record, one.name))
        for one in fields(record)
        if one.name != "note"
    }


def _by_id(records: Iterable[Any]) -> list[Any]:
    return sorted(records, key=lambda record: record.id)


def _primary_posts(recorded: Recorded, today: date) -> dict[str, Membership]:
    return {
        post.person: post
        for post in of(recorded, Membership).values()
        if post.primary and is_on(post, today)
    }


def _last(names: list[str]) -> str | None:
    return names[-1] if names else None

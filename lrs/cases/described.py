"""What files describe: records by type and key, and where each of them stood."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lrs.cases.conflicts import Conflict, conflicts, shared_identifiers
from lrs.cases.problems import CaseProblem, Place, problem
from lrs.cases.reading import Names
from schemas.register import Appeal, Identifier, Record

Records = Mapping[type[Record], Mapping[str, Record]]
"""Records by type and key."""

Join = Callable[[Record, Record], Record | None]
"""Makes one of two records of a key, or None."""

Places = Mapping[tuple[type[Record], str], Place]


@dataclass(frozen=True)
class Described:
    """Records that agree with one another, from files without problems.

    Of the types it ``covers`` the files say all there is about the people and units they list.
    """

    records: Records
    places: Places
    covers: frozenset[type[Record]]


def described(
    records: Sequence[Record], names: Names, covers: frozenset[type[Record]], join: Join
) -> tuple[Described, list[CaseProblem]]:
    """The records by type and key, and what is wrong between them."""
    by_type: dict[type[Record], dict[str, Record]] = {}
    problems: list[CaseProblem] = []
    for record in records:
        of_type = by_type.setdefault(type(record), {})
        other = of_type.setdefault(record.key, record)
        if other is record:
            continue
        one = join(other, record)
        if one is None:
            place = names.places[id(record)]
            problems.append(problem(place, "record.repeated", other=names.places[id(other)]))
        else:
            of_type[record.key] = one
    distinct = [record for of_type in by_type.values() for record in of_type.values()]
    problems += (
        told(found, names.places[id(found.record)], names.places.get(id(found.other)))
        for found in (*conflicts(distinct), *_linked_by_appeals(distinct, names))
    )
    places = {(type(record), record.key): names.places[id(record)] for record in distinct}
    return Described(by_type, places, covers), problems


def told(conflict: Conflict, place: Place, other: Place | None) -> CaseProblem:
    """A conflict as a problem of the record; ``other`` is None for what is in the store."""
    return problem(place, conflict.rule, other=other, **conflict.facts)


def _linked_by_appeals(records: Sequence[Record], names: Names) -> list[Conflict]:
    """Identifiers that a correction gives to one person and that are another's."""
    held = [record for record in records if isinstance(record, Identifier)]
    linked: dict[int, Identifier] = {}
    for appeal in records:
        for correction in appeal.corrections if isinstance(appeal, Appeal) else ():
            if correction.identifier is not None:
                names.places[id(correction.identifier)] = names.places[id(correction)]
                linked[id(correction.identifier)] = correction.identifier
    conflicting = shared_identifiers([*held, *linked.values()])
    return [found for found in conflicting if id(found.record) in linked]

"""Who people are: their identifiers, and two ids of one human being.

Nothing of this moves evidence. A statement is whose identifier it has on its day, so linking counts
at once what was held back, and unlinking or parting takes it back.
"""

from typing import Any

from msgspec.structs import replace

from lrs.cases import scalars
from lrs.decisions.judging import (
    DecisionRefused,
    checked,
    known,
    of,
    recording,
    withdrawing,
)
from lrs.decisions.messages import (
    LinkIdentifier,
    MergePeople,
    PartPeople,
    RegisterPerson,
    UnlinkIdentifier,
)
from lrs.register import Change, Recorded
from schemas.register import Account, Identifier, PeopleMerged, Person


def register_person(said: RegisterPerson, recorded: Recorded) -> list[Change]:
    person = Person(id=checked(scalars.name, said.id), name=checked(scalars.words, said.name))
    held = of(recorded, Person).get(person.id)
    if held is None:
        return [recording(person)]
    if held.name != person.name:
        raise DecisionRefused(f"{held.id} is {held.name} already; give {person.name} another id")
    return []


def link_identifier(said: LinkIdentifier, recorded: Recorded) -> list[Change]:
    given = checked_identifier(said.identifier)
    known(recorded, Person, given.person)
    held = of(recorded, Identifier).get(given.key)
    if held is not None and given.mbox is None:  # an address says more than its digest
        given = replace(held, from_=given.from_, to=given.to)
    return [recording(given)]


def unlink_identifier(said: UnlinkIdentifier, recorded: Recorded) -> list[Change]:
    given = checked_identifier(said.identifier)
    known(recorded, Person, given.person)
    held = of(recorded, Identifier).get(given.key)
    if held is None:
        holders = sorted(
            one.person
            for one in of(recorded, Identifier).values()
            if one.identity == given.identity
        )
        whose = f"of {', '.join(holders)}" if holders else "nobody's"
        raise DecisionRefused(
            f"{named(given)} is no identifier of {given.person}: it is {whose}."
            f" `lrs people show {given.person}` lists those that are."
        )
    return [withdrawing(held, said.reason)]


def merge_people(said: MergePeople, recorded: Recorded) -> list[Change]:
    known(recorded, Person, said.person)
    known(recorded, Person, said.into)
    if said.person == said.into:
        raise DecisionRefused(f"{said.person} cannot be merged into itself; name two people")
    held = of(recorded, PeopleMerged).get(said.person)
    if held is not None and held.into != said.into:
        raise DecisionRefused(
            f"{said.person} is counted as {held.into} already; part them first, or merge"
            f" {held.into} instead"
        )
    if said.person in counted_as(said.into, recorded):
        raise DecisionRefused(
            f"{said.into} is counted as {said.person}; part {said.into} first, or leave it so"
        )
    return [recording(PeopleMerged(person=said.person, into=said.into))]


def part_people(said: PartPeople, recorded: Recorded) -> list[Change]:
    known(recorded, Person, said.person)
    held = of(recorded, PeopleMerged).get(said.person)
    if held is None:
        raise DecisionRefused(
            f"{said.person} is not merged into anybody; name the one that is counted as the other"
        )
    return [withdrawing(held, said.reason)]


def counted_as(person: str, recorded: Recorded) -> list[str]:
    """Whom a person is counted as: the one it was merged into, whom that one was, and so on."""
    merged = of(recorded, PeopleMerged)
    found: list[str] = []
    while person in merged and merged[person].into not in found:
        person = merged[person].into
        found.append(person)
    return found


def checked_identifier(given: Identifier) -> Identifier:
    """Raises DecisionRefused unless it is one identifier, of the form its kind has."""
    readers: dict[str, Any] = {
        "account": _account,
        "mbox": lambda text: checked(scalars.address, text),
        "mbox_sha1sum": lambda text: checked(scalars.sha1, text),
        "openid": lambda text: checked(scalars.iri, text),
    }
    said = {name: getattr(given, name) for name in readers if getattr(given, name) is not None}
    if len(said) != 1:
        raise DecisionRefused(
            f"an identifier is exactly one of {', '.join(readers)}; here are {len(said)}"
        )
    return replace(given, **{name: readers[name](value) for name, value in said.items()})


def _account(given: Account) -> Account:
    return Account(checked(scalars.iri, given.home_page), checked(scalars.exact, given.name))


def named(identifier: Identifier) -> str:
    """An identifier as a person would write it."""
    match identifier:
        case Identifier(account=Account(home_page, name)):
            return f"{name} at {home_page}"
    return identifier.mbox or identifier.mbox_sha1sum or identifier.openid or ""

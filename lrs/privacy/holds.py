"""Legal holds: while one is on a person, nothing of that person is destroyed.

A hold has a reason and lasts until it is lifted. It stops a forgetting that was approved as well as
one that is proposed, and retention passes over whoever is held.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from lrs.log.recorder import StreamConflict
from lrs.privacy import subjects
from lrs.privacy.names import Names, names_of
from lrs.random_ids import random_16
from lrs.register import read
from projections import privacy
from projections.privacy import HoldRow
from schemas.events import NOBODY, NewEvent
from schemas.privacy import KIND_OF, LegalHoldLifted, LegalHoldPlaced, Said, body_of

if TYPE_CHECKING:
    from lrs.store import Store

LONGEST_REASON: Final = 2_000  # characters


class HoldRefused(Exception):
    """The hold cannot be placed or lifted; says why."""


class UnfitReason(ValueError):
    """What was given as a reason or a basis is none; says what one is."""


def place(store: "Store", person: str, reason: str, *, by: bytes = NOBODY) -> None:
    """Raises HoldRefused where there is one, DecisionRefused where there is no such person."""
    said = LegalHoldPlaced(person=person, reason=checked_reason(reason))
    names = names_of(read(store)[0], person)
    with store.storage.read() as connection:
        held = in_force(connection, names.people)
    if held:
        raise HoldRefused(
            f"{person} is held already: {held[0].reason}. Release it first to hold for another"
            " reason."
        )
    store.writer.append([event(said, random_16(), 1, person, by)]).result()


def lift(store: "Store", person: str, reason: str, *, by: bytes = NOBODY) -> int:
    """Lift every hold on a person; return how many there were. Raises HoldRefused for none."""
    said = LegalHoldLifted(person=person, reason=checked_reason(reason))
    names = names_of(read(store)[0], person)
    with store.storage.read() as connection:
        held = in_force(connection, names.people)
    if not held:
        raise HoldRefused(f"{person} is not held; `lrs privacy list` shows who is")
    try:
        events = [event(said, one.stream, 2, one.person, by) for one in held]
        store.writer.append(events).result()
    except StreamConflict:
        raise HoldRefused(f"{person}: somebody else has released it just now") from None
    return len(held)


def in_force(connection: Connection, people: Collection[str]) -> list[HoldRow]:
    """The holds on any of these people, the first one first."""
    return [
        hold for hold in privacy.holds(connection) if hold.lifted is None and hold.person in people
    ]


def held_people(connection: Connection) -> set[str]:
    return {hold.person for hold in privacy.holds(connection) if hold.lifted is None}


def event(said: Said, stream: bytes, version: int, person: str, by: bytes) -> NewEvent:
    """An event about a person, sealed under that person's key."""
    return NewEvent(
        KIND_OF[type(said)],
        stream,
        body_of(said),
        credential=by,
        stream_version=version,
        subject=subjects.of_person(person),
    )


def checked_reason(text: str, *, names: Sequence[str] = (), what: str = "a reason") -> str:
    """The text, if it says something, in one line, and holds none of these names.

    Raises UnfitReason.
    """
    text = " ".join(text.split())
    if not text or not text.isprintable():
        raise UnfitReason(f"{what} is a line of text: say why, with the document it rests on")
    if len(text) > LONGEST_REASON:
        raise UnfitReason(f"{what} has at most {LONGEST_REASON} characters, this has {len(text)}")
    for name in names:
        if name and name.casefold() in text.casefold():
            raise UnfitReason(
                f"{what} stays for ever, also when the person is forgotten: leave out “{name}”,"
                " cite the document instead"
            )
    return text


def names_held(connection: Connection, names: Names) -> str | None:
    """The reason for which a person is held, if they are."""
    held = in_force(connection, names.people)
    return held[0].reason if held else None

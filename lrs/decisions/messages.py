"""Everything that people decide about the register between imports, on one page.

A decision says what is to be so. It is a plain value, so a command or a page can send it to the
process that holds the store. Decided again when it is so already, it changes nothing.
"""

from datetime import date
from typing import Final

import msgspec
from msgspec import Struct, field

from schemas.register import (
    Absence,
    Category,
    Decision,
    Document,
    Identifier,
    Period,
    Recognised,
)


class Message(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="decide", tag=True
):
    """One decision."""


# ---- people


class RegisterPerson(Message, frozen=True):
    id: str
    name: str


class LinkIdentifier(Message, frozen=True):
    """The identifier is its person's on its days, which replace those it had."""

    identifier: Identifier


class UnlinkIdentifier(Message, frozen=True):
    """The identifier was never its person's; to end it with a day, link it up to that day."""

    identifier: Identifier
    reason: str | None = None


class MergePeople(Message, frozen=True):
    """``person`` is the same human being as ``into``, and counted as that one."""

    person: str
    into: str


class PartPeople(Message, frozen=True):
    """``person`` is a person of its own after all."""

    person: str
    reason: str | None = None


# ---- where people work


class Transfer(Message, frozen=True):
    """From ``on`` the person's primary post is this one; the one before ends on the day before.

    ``category`` absent: as it was.
    """

    person: str
    unit: str
    position: str
    on: date
    to: date | None = None
    category: Category | None = None
    head: bool = False


class Leave(Message, frozen=True):
    """The person's posts, second ones too, end with this day."""

    person: str
    last_day: date


class RecordAbsence(Message, frozen=True):
    absence: Absence


# ---- units


class RenameUnit(Message, frozen=True):
    unit: str
    vi: str


class Successor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit that continues others. ``vi`` is needed of a new one; ``type`` and ``parent`` are then
    those of the units it continues, unless they are given.
    """

    id: str
    vi: str | None = None
    type: str | None = None
    parent: str | None = None


class MergeUnits(Message, frozen=True):
    """From ``on`` these units are one: they end the day before, and whoever is in them then is in
    the successor, a new unit or one there is. ``head`` is who heads it, needed where several would.
    """

    units: tuple[str, ...]
    into: Successor
    on: date
    head: str | None = None


class SplitUnit(Message, frozen=True):
    """From ``on`` the unit is several. It ends the day before, unless it is one of ``into``.

    ``people`` and ``units``, of those below it, say where each goes; the others go to ``rest``.
    """

    unit: str
    into: tuple[Successor, ...]
    on: date
    people: dict[str, str] = {}
    units: dict[str, str] = {}
    rest: str | None = None


# ---- platforms, courses, declared items


class DecideRecognition(Message, frozen=True):
    """On these days the platform has this status, by the decision document."""

    platform: str
    status: Recognised
    from_: date = field(name="from")
    document: Document
    to: date | None = None


class MapActivity(Message, frozen=True):
    """The activity, as the platform reports it, is this course."""

    platform: str
    activity: str
    course: str


class UnmapActivity(Message, frozen=True):
    platform: str
    activity: str


class DecideItem(Message, frozen=True):
    item: str
    decision: Decision
    reason: str | None = None


# ---- periods


class OpenPeriod(Message, frozen=True):
    period: Period


AnyMessage = (
    RegisterPerson
    | LinkIdentifier
    | UnlinkIdentifier
    | MergePeople
    | PartPeople
    | Transfer
    | Leave
    | RecordAbsence
    | RenameUnit
    | MergeUnits
    | SplitUnit
    | DecideRecognition
    | MapActivity
    | UnmapActivity
    | DecideItem
    | OpenPeriod
)


_DECODER: Final[msgspec.json.Decoder[AnyMessage]] = msgspec.json.Decoder(AnyMessage)


def message_of(text: bytes) -> AnyMessage:
    """The decision that JSON text holds. Raises ValueError for any other."""
    return _DECODER.decode(text)


def text_of(message: AnyMessage) -> bytes:
    return msgspec.json.encode(message)

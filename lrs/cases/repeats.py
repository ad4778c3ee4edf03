"""Two records of one key.

Files that programs write may say a thing twice, or say it again with more. What follows from both
is what follows from the record that says more, so the two are one; only what cannot both be so is a
problem. In what people fill in by hand a repeated row is a slip, and is told.
"""

from datetime import date
from typing import TypeVar

from msgspec.structs import replace

from schemas.register import (
    Absence,
    Competence,
    Identifier,
    Membership,
    PartyMembership,
    Plan,
    Record,
)

Span = TypeVar("Span", Absence, PartyMembership)


def told_apart(first: Record, second: Record) -> Record | None:
    """Only an address and its digest, which are one identifier, are one; otherwise None."""
    if isinstance(first, Identifier) and isinstance(second, Identifier):
        spelt = [link for link in (first, second) if link.mbox is not None]
        return spelt[0] if len(spelt) == 1 else None
    return None


def joined(first: Record, second: Record) -> Record | None:
    """The one record that says what both say; None if none does."""
    match first, second:
        case Identifier(), Identifier():
            return second if first.mbox is None else first
        case Absence(), Absence():
            return _longer(first, second)
        case PartyMembership(), PartyMembership():
            return _longer(first, second)
        case Competence(), Competence():
            return max(first, second, key=_strength)
        case Membership(primary=True), _:
            return None  # memberships that overlap
        case Plan(), Plan():
            return first
    return first if replace(first, note=None) == replace(second, note=None) else None


def _longer(first: Span, second: Span) -> Span:
    return second if (second.to or date.max) > (first.to or date.max) else first


def _strength(held: Competence) -> tuple[bool, date]:
    return held.verified, held.valid_to or date.max

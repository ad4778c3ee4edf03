"""What is decided about a person's data: holds, proposals to forget, what was destroyed.

Each hold and each proposal is a stream of its own under a random id, so nothing public says whom
it is about, and of two who decide at once one is told. What names a person is sealed under that
person's key and goes with it. What stays, ``PersonForgotten`` and ``RetentionApplied``, names
people by tokens: keyed hashes of their identifiers, which are none without the sealing key.

Accounts are named by their ids; who that is, is joined when it is read.
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct, field

from schemas.events import Kind

Cause = Literal["legal-hold", "retention"]


class Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of an event of this family."""


class LegalHoldPlaced(Said, frozen=True):
    """The first version of its stream; ``LegalHoldLifted`` is the second."""

    person: str
    reason: str


class LegalHoldLifted(Said, frozen=True):
    person: str
    reason: str


class ForgettingProposed(Said, frozen=True):
    """The first version of its stream; the second says how it ended.

    ``periods`` are the closed periods the person has results in, which cannot be computed again
    when the person is forgotten.
    """

    person: str
    basis: str
    by: str
    periods: tuple[str, ...] = ()


class ForgettingRefused(Said, frozen=True):
    """It was proposed or approved and may not be; ``reason`` is that of the hold, or the rule."""

    person: str
    basis: str
    by: str
    cause: Cause
    reason: str


class ForgettingWithdrawn(Said, frozen=True):
    person: str
    reason: str


class Subject(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of the names the person had in the log, as a token, in hexadecimal.

    Where others had the same name at other times, only statements whose own time is from ``first``
    up to, and without, ``end`` are the person's (microseconds since 1970).
    """

    token: str
    first: int | None = None
    end: int | None = None


class PersonForgotten(Said, frozen=True):
    """The person's keys are destroyed: what they sealed can be read by nobody any more.

    It holds for what is recorded up to ``position``: there the person's own events are gone, and
    in those of others the person is the account ``pseudonym`` of ``home_page``. ``keys`` are the
    ids, in hexadecimal, of the data keys that were destroyed. ``unsealed`` is how many of the
    person's events were recorded while nothing was sealed: they are hidden, not destroyed.
    """

    position: int
    home_page: str = field(name="homePage")
    pseudonym: str
    subjects: tuple[Subject, ...]
    keys: tuple[str, ...]
    basis: str
    proposed_by: str = field(name="proposedBy")
    approved_by: str = field(name="approvedBy")
    periods: tuple[str, ...] = ()
    unsealed: int = 0


class RetentionApplied(Said, frozen=True):
    """The time for which these were to be kept is over, and their keys are destroyed.

    ``retention`` is the class, ``year`` the calendar year in which the events were recorded,
    ``years`` how long they were to be kept.
    """

    position: int
    retention: str
    year: int
    years: int
    keys: tuple[str, ...]


BODIES: Final[dict[int, type[Said]]] = {
    Kind.LEGAL_HOLD_PLACED: LegalHoldPlaced,
    Kind.LEGAL_HOLD_LIFTED: LegalHoldLifted,
    Kind.FORGETTING_PROPOSED: ForgettingProposed,
    Kind.FORGETTING_REFUSED: ForgettingRefused,
    Kind.FORGETTING_WITHDRAWN: ForgettingWithdrawn,
    Kind.PERSON_FORGOTTEN: PersonForgotten,
    Kind.RETENTION_APPLIED: RetentionApplied,
}
KIND_OF: Final = {body: kind for kind, body in BODIES.items()}
PRIVACY_KINDS: Final = tuple(BODIES)
DESTROYING: Final = (Kind.PERSON_FORGOTTEN, Kind.RETENTION_APPLIED)
"""Events that name, as ``keys``, the data keys destroyed in the transaction that recorded them."""


def body_of(said: Said) -> bytes:
    return msgspec.json.encode(said)


def said_in(kind: int, body: bytes) -> Said:
    """What an event of one of ``PRIVACY_KINDS`` says."""
    return msgspec.json.decode(body, type=BODIES[kind])

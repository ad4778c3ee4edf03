"""What a score is computed from, as plain values.

Whoever gathers it (the assessment projection, a test) has already cut it to a position of the log;
nothing here reads anything.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from schemas.register import (
    Absence,
    Competence,
    Correction,
    Course,
    Item,
    JobPosition,
    Membership,
    PartyMembership,
    Period,
    Plan,
    Platform,
    Report,
    Unit,
)


class Evidence(NamedTuple):
    """What one statement says that may count. Keys are those of ``schemas.keys``.

    Every statement with completion, success, an exam score or a duration has one, whatever may
    later exclude it. ``at`` is its ``timestamp`` (``stored`` where it has none) in microseconds
    since 1970. ``platform`` is the id of the platform that posted it, empty if none did.
    ``activity`` is empty when the object is no activity, ``registration`` when there is none.
    ``completed``, ``passed`` and ``score`` are signals S1 to S3; ``seconds`` is the duration, which
    is learning time only if ``verb`` is one of the platform's minutes verbs (S4).
    ``voided`` is the position of the first voiding statement that takes effect, if there is one.
    """

    position: int
    statement: bytes
    at: int
    platform: str
    verb: bytes
    activity: bytes
    registration: bytes
    completed: bool
    passed: bool
    score: Fraction | None
    seconds: Fraction
    voided: int | None = None


class PersonFile(NamedTuple):
    """All the register says of one person. ``party`` is protected and never leaves a score."""

    person: str
    memberships: Sequence[Membership] = ()
    absences: Sequence[Absence] = ()
    party: Sequence[PartyMembership] = ()
    items: Sequence[Item] = ()
    competences: Sequence[Competence] = ()


class UnitFile(NamedTuple):
    unit: Unit
    items: Sequence[Item] = ()
    plans: Sequence[Plan] = ()
    reports: Sequence[Report] = ()


class Catalogue(NamedTuple):
    """What applies to everybody in the period. ``freeze`` is None while the period is open.

    ``corrections`` are empty for the frozen results.
    """

    period: Period
    freeze: int | None
    platforms: Mapping[str, Platform]
    courses: Mapping[str, Course]
    positions: Mapping[str, JobPosition]
    corrections: Sequence[Correction] = ()

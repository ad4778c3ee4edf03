"""Which statements are admitted, which are not and why, and how much of their time is credited.

Rules S4, S5, T2 to T7, D1, D2 and C3. The outcome does not depend on the order of the evidence.
"""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Literal, NamedTuple

from projections.scoring.book import NOWHERE, UNKNOWN_COURSE, Rulebook, learning_time
from projections.scoring.exact import Exact
from projections.scoring.inputs import Evidence

Reason = Literal[
    "AFTER_FREEZE",
    "VOIDED",
    "OUT_OF_PERIOD",
    "UNMAPPED_COURSE",
    "PLATFORM_NOT_RECOGNISED",
    "DUPLICATE",
    "MINUTES_CAPPED",
]


class Judged(NamedTuple):
    """A statement with a signal. ``reason`` is the first that keeps it out; None: it is admitted.

    ``day`` is the number of its day in the period, ``course`` what it is about even if it is kept
    out (X5), ``time`` its learning time in microseconds.
    """

    evidence: Evidence
    day: int
    course: str | None
    reason: Reason | None
    time: Exact


def judge(book: Rulebook, evidence: Iterable[Evidence]) -> list[Judged]:
    """A person's statements that have a signal, in the order of the log."""
    judged = []
    facts: set[tuple[object, ...]] = set()
    platforms, course_of, waivers, freeze = (
        book.platforms,
        book.course_of,
        book.waivers,
        book.freeze,
    )
    number_at, count = book.days.number_at, book.days.count
    for row in sorted(evidence, key=itemgetter(0)):
        (
            position,
            statement,
            at,
            platform,
            verb,
            activity,
            registration,
            completed,
            passed,
            score,
            seconds,
            voided,
        ) = row
        rules = platforms.get(platform, NOWHERE)
        time = learning_time(rules, verb, seconds) if seconds else 0
        if not (completed or passed or time or score is not None):
            continue
        course = course_of.get((platform, activity))
        day = number_at(at)
        waived = waivers.get(statement)
        lifted: frozenset[str] = frozenset()
        if waived is not None:
            lifted = waived.reasons
            if course is None and "UNMAPPED_COURSE" in lifted:
                course = waived.course
        reason: Reason | None = None
        if freeze is not None and position > freeze and "AFTER_FREEZE" not in lifted:
            reason = "AFTER_FREEZE"
        elif voided is not None and (freeze is None or voided <= freeze):
            reason = "VOIDED"
        elif not 0 <= day < count:
            reason = "OUT_OF_PERIOD"
        elif course is None:
            reason = "UNMAPPED_COURSE"
        elif (
            not (rules.recognised and rules.recognised[day])
            and "PLATFORM_NOT_RECOGNISED" not in lifted
        ):
            reason = "PLATFORM_NOT_RECOGNISED"
        else:
            fact = (course, verb, registration, day, completed, passed, score, time)
            if fact in facts:
                reason = "DUPLICATE"
            else:
                facts.add(fact)
        judged.append(Judged(row, day, course, reason, time))
    return judged


def credit(book: Rulebook, judged: Sequence[Judged]) -> dict[int, Exact]:
    """The credited time of each admitted statement with time, by its position.

    Per course, over all platforms, by timestamp, until the course's cap is used up (C3).
    """
    timed: dict[str, list[Judged]] = {}
    for row in judged:
        if row.time and row.reason is None and row.course is not None:
            timed.setdefault(row.course, []).append(row)
    credited: dict[int, Exact] = {}
    for course, rows in timed.items():
        left = book.courses.get(course, UNKNOWN_COURSE).cap
        rows.sort(key=_timestamp)  # where they are equal, the order of the log stays
        for row in rows:
            given = row.time if left is None else min(row.time, left)
            credited[row.evidence.position] = given
            if left is not None:
                left -= given
    return credited


def _timestamp(row: Judged) -> int:
    return row.evidence.at

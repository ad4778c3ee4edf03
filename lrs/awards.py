"""What people decide about awards. The score sheet proposes; this records what was decided.

A decision is recorded with the number and the day it is cited by, the authority that signed it,
what the sheet had proposed, and the closed results it rests on: their position, score sheets and
digests.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal

from sqlalchemy import Connection

from lrs import evaluation
from lrs.evaluation import EvaluationRefused
from lrs.periods import known_period, records_of
from lrs.register import Change, Recorded, change, read
from lrs.store import Store
from projections import assessment
from projections.scoring.awards import Conditions, proposals
from projections.scoring.results import Results
from schemas.events import NOBODY
from schemas.register import (
    RECORDS,
    AwardDecision,
    Closing,
    Document,
    Period,
    Schemes,
    Withdrawal,
)

Awarded = Literal["person", "unit"]

KINDS: Final = RECORDS[AwardDecision]


def listed(store: Store, period: str | None = None) -> list[dict[str, Any]]:
    """Every award that was decided, in the order of the decisions; those of one period if asked."""
    recorded, _ = read(store)
    if period is not None:
        known_period(recorded, period)
    closings = records_of(recorded, Closing)
    return [
        {
            "period": award.period,
            "award": award.award,
            "person": award.person,
            "unit": award.unit,
            "number": award.decision.number,
            "date": award.decision.date.isoformat(),
            "decided_by": award.decided_by,
            "achievement": award.achievement,
            "proposal": award.proposal,
            "note": award.note,
            "position": award.position,
            "results": award.results,
            "stands": _rests_on(award, closings.get(award.period)),
        }
        for award in records_of(recorded, AwardDecision).values()
        if period in (None, award.period)
    ]


def _rests_on(award: AwardDecision, closing: Closing | None) -> bool:
    """Whether the results it rests on are those that the period is closed with now."""
    return closing is not None and (closing.position, closing.results) == (
        award.position,
        award.results,
    )


def decide(
    store: Store,
    period: str,
    award: str,
    *,
    number: str,
    day: date,
    decided_by: str,
    people: Sequence[str] = (),
    units: Sequence[str] = (),
    achievement: str | None = None,
    note: str | None = None,
    by: bytes = NOBODY,
) -> list[AwardDecision]:
    """Record one decision that awards these people and units, all of them or none.

    Nobody has to have been proposed: people decide, and what was proposed is recorded beside it.
    Raises EvaluationRefused.
    """
    made: list[AwardDecision] = []

    def decided(recorded: Recorded) -> list[Change]:
        known_period(recorded, period)
        closing = records_of(recorded, Closing).get(period)
        if closing is None:
            raise EvaluationRefused(
                f"{period} is not closed; an award rests on final results: `lrs period close`"
            )
        if not people and not units:
            raise EvaluationRefused("nobody is awarded: name people or units")
        awards = records_of(recorded, AwardDecision)
        with evaluation.reading(store) as connection:
            result_set = closing.result_set or _last_set(connection, closing)
            results = assessment.results(connection, period, result_set, closing.position)
        _check_awarded(period, results, people, units)
        proposed = proposals(results, Conditions(achievement=achievement), _awarded_for(awards))
        made[:] = [
            AwardDecision(
                period=period,
                award=award,
                decision=Document(number, day),
                decided_by=decided_by,
                position=closing.position,
                results=closing.results,
                roster=closing.roster,
                result_set=result_set,
                schemes=closing.schemes or _schemes(recorded, period),
                person=awarded if kind == "person" else None,
                unit=awarded if kind == "unit" else None,
                achievement=achievement,
                proposal=proposed.get(awarded) if kind == "person" else None,
                note=note,
            )
            for kind, awarded in _all_awarded(people, units)
        ]
        for one in made:
            if (held := awards.get(one.key)) is not None:
                raise EvaluationRefused(
                    f"{one.person or one.unit} has {award} of {period} already, by decision"
                    f" {held.decision.number}; `lrs award withdraw` takes it back"
                )
        return [(one, KINDS.recorded) for one in made]

    change(store, decided, by=by)
    return made


def withdraw(
    store: Store,
    period: str,
    award: str,
    *,
    reason: str,
    person: str | None = None,
    unit: str | None = None,
    by: bytes = NOBODY,
) -> None:
    """Take an award back. Raises EvaluationRefused."""

    def decided(recorded: Recorded) -> list[Change]:
        known_period(recorded, period)
        for key, held in records_of(recorded, AwardDecision).items():
            if (held.period, held.award, held.person, held.unit) == (period, award, person, unit):
                return [(Withdrawal(key=key, reason=reason), KINDS.withdrawn)]
        raise EvaluationRefused(
            f"{person or unit} has no {award} of {period}; `lrs award list` shows who has what"
        )

    change(store, decided, by=by)


def _all_awarded(people: Sequence[str], units: Sequence[str]) -> list[tuple[Awarded, str]]:
    """Each once, in the order named."""
    persons: list[tuple[Awarded, str]] = [("person", one) for one in dict.fromkeys(people)]
    return [*persons, *(("unit", one) for one in dict.fromkeys(units))]


def _check_awarded(
    period: str, results: Results, people: Sequence[str], units: Sequence[str]
) -> None:
    for asked, known in ((people, results.people), (units, results.units)):
        for one in asked:
            if one not in known:
                raise EvaluationRefused(f"{one} has no results in {period}")


def _awarded_for(awards: Mapping[str, AwardDecision]) -> dict[str, Collection[str]]:
    """By person, the achievements awarded already, in whatever period."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for award in awards.values():
        if award.person is not None and award.achievement is not None:
            found[award.person].add(award.achievement)
    return dict(found)


def _last_set(connection: Connection, closing: Closing) -> Literal["frozen", "corrected"]:
    """The results that a closing of an earlier version meant: the last ones there were."""
    last = assessment.result_sets(connection, closing.period, closing.position)[-1]
    return "corrected" if last == "corrected" else "frozen"


def _schemes(recorded: Recorded, period: str) -> Schemes:
    held = records_of(recorded, Period)[period]
    return Schemes(held.person_scheme, held.unit_scheme)

"""Results and explanations as JSON documents: ``lrs-results/1`` and ``lrs-explanations/1`` (O1, O2,
X1-X5). Party membership is in neither.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from projections.scoring.book import Rulebook
from projections.scoring.days import MINUTE
from projections.scoring.exact import Exact, half_up
from projections.scoring.explanations import (
    Explanation,
    ListedItem,
    PersonExplanation,
    UnitExplanation,
)
from projections.scoring.facts import Facts
from projections.scoring.final_scores import Final as FinalScore
from projections.scoring.people import PersonAssessment
from projections.scoring.person_criteria import PERSON_KINDS
from projections.scoring.results import Results
from projections.scoring.units import UnitAssessment
from schemas.scheme import decimal

RESULTS: Final = "lrs-results/1"
EXPLANATIONS: Final = "lrs-explanations/1"
LISTED_RULES: Final = ("P2", "P3", "P4", "P6")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def results_document(results: Results, result_set: str, with_facts: bool = False) -> dict[str, Any]:
    """People and units by their ids, in the order of the results."""
    document: dict[str, Any] = {
        "format": RESULTS,
        "period": results.book.period.id,
        "result_set": result_set,
        "people": {
            id_: person_line(assessment, results.finals.get(id_))
            for id_, assessment in results.people.items()
        },
        "units": {id_: unit_line(assessment) for id_, assessment in results.units.items()},
    }
    if with_facts:
        document["facts"] = {
            id_: facts_line(results.book, assessment, assessment.facts)
            for id_, assessment in results.people.items()
            if assessment.facts is not None
        }
    return document


def person_line(assessment: PersonAssessment, final: FinalScore | None) -> dict[str, str]:
    if final is None:
        return {"excluded": str(assessment.excluded)}
    return {
        **{criterion: str(points) for criterion, points in assessment.scores.items()},
        "base": str(assessment.base),
        "bonus": str(assessment.bonus),
        "penalty": str(assessment.penalty),
        "personal": str(assessment.personal),
        "final": str(final.final),
        "band": final.band,
    }


def unit_line(assessment: UnitAssessment) -> dict[str, str]:
    return {
        **{criterion: str(points) for criterion, points in assessment.scores.items()},
        "base": str(assessment.base),
        "bonus": str(assessment.bonus),
        "penalty": str(assessment.penalty),
        "final": str(assessment.final),
        "band": assessment.band,
    }


def facts_line(book: Rulebook, assessment: PersonAssessment, facts: Facts) -> dict[str, Any]:
    return {
        "position": facts.position,
        "eligible_months": len(facts.months),
        "months_in_unit": facts.months_in_unit,
        "head_months": facts.head_months,
        "unit_at_end": facts.unit_at_end,
        "completed": {course: moment(at) for course, at in sorted(facts.completed.items())},
        "overdue": list(facts.overdue),
        "reported_minutes": _minutes(facts.reported),
        "credited_minutes": _minutes(facts.credited),
        "active_months": [book.days.months[number] for number in facts.active_months],
        "attained_level": facts.attained_level,
        "exam": {course: decimal(score) for course, score in sorted(facts.exam.items())},
        "exam_mean": None if facts.exam_mean is None else str(facts.exam_mean),
        "declared": {
            kind: {"self": declared.by_self, "accepted": declared.accepted}
            for kind, declared in sorted(facts.declared.items())
        },
        "bonus_counts": assessment.bonus_counts,
        "penalty_counts": assessment.penalty_counts,
        "award_blocked": assessment.award_blocked,
    }


def _minutes(times: Mapping[str, Exact]) -> dict[str, str]:
    return {course: minutes(time) for course, time in sorted(times.items())}


def minutes(time: Exact) -> str:
    """A time in microseconds as minutes with 2 decimals."""
    return str(half_up(Fraction(time) / MINUTE))


def moment(at: int) -> str:
    """An instant in UTC, to the millisecond."""
    return f"{_EPOCH + timedelta(microseconds=at):%Y-%m-%dT%H:%M:%S}.{at // 1000 % 1000:03}Z"


def explanations_document(
    book: Rulebook,
    result_set: str,
    explanations: Iterable[PersonExplanation],
    unattributed: Iterable[bytes] = (),
    person: str | None = None,
) -> dict[str, Any]:
    """``unattributed`` are the statements with a signal whose actor is nobody, by their ids; a
    document about one person does not list them.
    """
    document: dict[str, Any] = {
        "format": EXPLANATIONS,
        "period": book.period.id,
        "result_set": result_set,
        "people": {
            explanation.assessment.person: {
                id_: _lists(criterion)
                for id_, criterion in explanation.criteria.items()
                if criterion.rule in LISTED_RULES
            }
            for explanation in explanations
            if explanation.assessment.facts is not None
        },
    }
    if person is not None:
        return document | {"person": person}
    reasons = {str(UUID(bytes=statement)): "UNRESOLVED_ACTOR" for statement in unattributed}
    return document | {"unattributed": reasons}


def _lists(explanation: Explanation) -> dict[str, Any]:
    listed = explanation.statements or ()
    lists: dict[str, Any] = {
        "counted": [str(each.statement) for each in listed if each.reason is None],
        "not_counted": {
            str(each.statement): each.reason for each in listed if each.reason is not None
        },
    }
    if PERSON_KINDS[explanation.kind].is_time:
        lists["partly_counted"] = {
            str(each.statement): str(half_up(each.credited))
            for each in listed
            if each.is_partly_counted
        }
    return lists


# ---- in full, for whoever looks into one person or unit


def person_detail(
    explanation: PersonExplanation, final: FinalScore | None, with_party: bool = False
) -> dict[str, Any]:
    """A person's line with everything it was computed from. ``with_party`` only for those who may
    see party membership: it adds the band before the gates.
    """
    assessment = explanation.assessment
    detail: dict[str, Any] = {"line": person_line(assessment, final)}
    if final is not None:
        detail |= _scored(explanation, with_party)
        detail["head_of_unit"] = [
            {
                "unit": blend.unit,
                "head_months": blend.head_months,
                "weight": number(blend.weight),
                "final": str(blend.final),
            }
            for blend in final.blends
        ]
        if with_party:
            detail["band_before_gates"] = final.ungated
    return detail


def unit_detail(explanation: UnitExplanation, with_party: bool = False) -> dict[str, Any]:
    """A unit's line with everything it was computed from."""
    return {"line": unit_line(explanation.assessment), **_scored(explanation, with_party)}


def _scored(explanation: PersonExplanation | UnitExplanation, with_party: bool) -> dict[str, Any]:
    return {
        "criteria": {
            id_: criterion_detail(criterion, with_party)
            for id_, criterion in explanation.criteria.items()
        },
        "rules": [
            {
                "id": rule.rule,
                "vi": rule.vi,
                "kind": rule.kind,
                "block": rule.block,
                "count": rule.count,
                "per_item": str(rule.per_item),
                "cap": str(rule.cap),
                "points": str(rule.points),
                "items": _items(rule.items),
            }
            for rule in explanation.rules
        ],
    }


def criterion_detail(explanation: Explanation, with_party: bool = False) -> dict[str, Any]:
    """Points of how many, the rule, the inputs, and every statement and item looked at."""
    inputs = explanation.inputs
    if with_party:
        inputs = {**inputs, **explanation.protected}
    detail: dict[str, Any] = {
        "vi": explanation.vi,
        "kind": explanation.kind,
        "rule": explanation.rule or None,
        "points": str(explanation.points),
        "max": str(explanation.max),
        "inputs": plain(inputs),
        "items": _items(explanation.items),
    }
    if explanation.statements is not None:
        detail["statements"] = [
            {
                "id": str(each.statement),
                "position": each.position,
                "timestamp": moment(each.at),
                "platform": each.platform,
                "course": each.course,
                "counted": each.reason is None,
                "reason": each.reason,
                "minutes": str(half_up(each.minutes)),
                "credited_minutes": str(half_up(each.credited)),
            }
            for each in explanation.statements
        ]
    return detail


def _items(items: Iterable[ListedItem]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.item.id,
            "kind": each.item.kind,
            "date": each.item.date.isoformat(),
            "title": each.item.title,
            "counted": each.reason is None,
            "reason": each.reason,
        }
        for each in items
    ]


def plain(value: Any) -> Any:
    """A value of an explanation as JSON can carry it: exact numbers as text, a fraction without a
    finite decimal form as ``n/d``.
    """
    match value:
        case bool() | None | int() | str():
            return value
        case Mapping():
            return {str(key): plain(member) for key, member in value.items()}
        case list() | tuple():
            return [plain(member) for member in value]
        case Fraction():
            return number(value)
        case Decimal():
            return f"{value:f}"
    return str(value)


def number(value: Fraction) -> str:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return decimal(value) if rest == 1 else str(value)

"""/api/v1/periods/{period}/explanations and /evidence: why a score is what it is.

What is listed is judged by the functions that score. Party membership, and what tells of it, is in
an answer only for those who are permitted to see it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import Connection

from lrs.api.as_of import AsOf
from lrs.api.directory import Reach
from lrs.api.documents import Answer, example
from lrs.api.route import Api, Asker, Showing, nothing_there
from lrs.api.views import (
    AskedResultSet,
    OfPeriod,
    PeriodId,
    PersonId,
    UnitId,
    Views,
    heading,
    seen,
)
from lrs.evaluation import final_of, people_named, unit_assessment
from lrs.lines import units_in
from projections.assessment import (
    PersonUnknown,
    View,
    gather_person,
    gather_unit,
    rulebook_of,
)
from projections.scoring import explain, explain_unit, finals, person_detail, unit_detail
from projections.scoring.crediting import credit, judge
from projections.scoring.documents import minutes, moment, number
from projections.scoring.inputs import Evidence, PersonFile
from schemas.scheme import Sheet

Criterion = Annotated[
    str | None, Query(description="Only this criterion", max_length=128, examples=["A"])
]


class SchemeAnswer(Answer):
    """The version of the score sheet, and the documents it rests on."""

    id: str
    version: int
    vi: str
    legal_basis: list[str]


class StatementAnswer(Answer):
    """A statement that counts, or the reason why not."""

    id: str
    position: int
    timestamp: str
    platform: Annotated[str, Field(description="Empty if its sender belongs to no platform")]
    course: str | None
    counted: bool
    reason: str | None
    minutes: Annotated[str, Field(description="The learning time it states")]
    credited_minutes: str


class ItemAnswer(Answer):
    """A declared item that counts, or the reason why not."""

    id: str
    kind: str
    date: str
    title: str
    counted: bool
    reason: str | None


class CriterionAnswer(Answer):
    """``points`` of ``max``, by the rule of the case format and from the inputs."""

    vi: str
    kind: str
    rule: str | None
    points: str
    max: str
    inputs: dict[str, Any]
    items: list[ItemAnswer]
    statements: Annotated[
        list[StatementAnswer] | None, Field(description="Null where statements do not matter")
    ] = None


class RuleAnswer(Answer):
    """A rule of the bonus or the penalty."""

    id: str
    vi: str
    kind: str
    block: str
    count: int
    per_item: str
    cap: str
    points: str
    items: list[ItemAnswer]


class HeadAnswer(Answer):
    """The unit's part in a head's final score; the unit is null if it is not theirs to see."""

    unit: str | None
    head_months: int
    weight: str
    final: str | None


class Explanation(OfPeriod):
    scheme: SchemeAnswer
    line: Annotated[dict[str, str], Field(description="The result line")]
    criteria: dict[str, CriterionAnswer]
    rules: list[RuleAnswer]


class PersonExplanationAnswer(Explanation):
    person: str
    head_of_unit: list[HeadAnswer]
    band_before_gates: Annotated[
        str | None, Field(description="For those who may see party membership")
    ] = None


class UnitExplanationAnswer(Explanation):
    unit: str


class EvidenceAnswer(Answer):
    """A statement with all that may count of it, whatever it counts for."""

    id: str
    position: int
    timestamp: str
    platform: str
    course: str | None
    completed: bool
    passed: bool
    score: str | None
    minutes: str
    credited_minutes: str
    counted: bool
    reason: str | None


class PersonEvidence(OfPeriod):
    person: str
    statements: list[EvidenceAnswer]


_HEADING: Final = {
    "period": "KY-2026",
    "result_set": "frozen",
    "position": 120,
    "stored": "2026-11-30T17:00:00.000000Z",
}
_SCHEME: Final = {
    "id": "HTS-CN",
    "version": 1,
    "vi": "Bảng điểm cá nhân",
    "legal_basis": ["Kế hoạch học tập trên các nền tảng số"],
}
_STATEMENT: Final = {
    "id": "0f1e0a52-6f0b-4b6e-9a55-0f2a3c1b5d10",
    "position": 41,
    "timestamp": "2026-06-10T02:00:00.000Z",
    "platform": "onetouch",
    "course": "R2",
    "counted": False,
    "reason": "PLATFORM_NOT_RECOGNISED",
    "minutes": "0.00",
    "credited_minutes": "0.00",
}
_PERSON: Final = {
    **_HEADING,
    "scheme": _SCHEME,
    "person": "P2",
    "line": {"A": "20.00", "base": "75.00", "final": "74.20", "band": "KHA"},
    "criteria": {
        "A": {
            "vi": "Khóa học bắt buộc",
            "kind": "required_courses_ratio",
            "rule": "P2",
            "points": "20.00",
            "max": "30.00",
            "inputs": {"complete": 2, "required": 3},
            "items": [],
            "statements": [_STATEMENT],
        }
    },
    "rules": [],
    "head_of_unit": [{"unit": "Y", "head_months": 4, "weight": "1/15", "final": "35.01"}],
    "band_before_gates": None,
}
_UNIT: Final = {
    **_HEADING,
    "scheme": _SCHEME | {"id": "HTS-DV", "vi": "Bảng điểm đơn vị"},
    "unit": "X",
    "line": {"U1": "10.00", "base": "93.56", "final": "93.56", "band": "XUAT_SAC"},
    "criteria": {
        "U1": {
            "vi": "Kế hoạch",
            "kind": "plan_date",
            "rule": "U2",
            "points": "10.00",
            "max": "10.00",
            "inputs": {
                "submitted": "2026-02-20",
                "deadline": "2026-03-31",
                "outcome": "on_time",
            },
            "items": [],
            "statements": None,
        }
    },
    "rules": [],
}
_EVIDENCE: Final = {
    **_HEADING,
    "person": "P2",
    "statements": [
        {**_STATEMENT, "completed": True, "passed": False, "score": None},
    ],
}


def routes(api: Api, views: Views) -> None:
    @api.route(
        "GET",
        "/periods/{period}/explanations/people/{person}",
        summary="Why a person's score is what it is",
        description="Criterion by criterion: points of how many, the rule, the inputs, and every"
        " statement and item looked at, with the reason where it does not count.",
        tags=["explanations"],
        responses={200: example("The explanation", _PERSON)},
    )
    async def explain_a_person(
        asker: Asker,
        shown: Showing,
        period: PeriodId,
        person: PersonId,
        criterion: Criterion = None,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
    ) -> PersonExplanationAnswer:
        position = await views.position(as_of)

        def show(connection: Connection) -> PersonExplanationAnswer:
            view = seen(connection, period, result_set, position)
            reach = views.reach(connection, asker)
            file, evidence = _gathered(connection, view, reach, person)
            shown.these([person], reach.own)
            book = rulebook_of(connection, view)
            explanation = explain(book, file, evidence)
            kept = views.lines.kept(connection, view)
            if kept is None:
                final = final_of(connection, view, book, explanation.assessment)
            else:  # the units this person heads were assessed already
                final = finals(book, [explanation.assessment], kept.units).get(person)
            said = person_detail(explanation, final, with_party=reach.party)
            return PersonExplanationAnswer(
                **heading(connection, view),
                scheme=scheme_answer(book.person_sheet),
                person=person,
                line=said["line"],
                criteria=_criteria(said, criterion),
                rules=said.get("rules", []),
                head_of_unit=[
                    part if reach.unit(part["unit"]) else {**part, "unit": None, "final": None}
                    for part in said.get("head_of_unit", [])
                ],
                band_before_gates=said.get("band_before_gates"),
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/periods/{period}/explanations/units/{unit}",
        summary="Why a unit's score is what it is",
        tags=["explanations"],
        responses={200: example("The explanation", _UNIT)},
    )
    async def explain_a_unit(
        asker: Asker,
        shown: Showing,
        period: PeriodId,
        unit: UnitId,
        criterion: Criterion = None,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
    ) -> UnitExplanationAnswer:
        position = await views.position(as_of)

        def show(connection: Connection) -> UnitExplanationAnswer:
            view = seen(connection, period, result_set, position)
            reach = views.reach(connection, asker)
            known = views.directory(connection, view.register).units
            if unit not in known or not reach.unit(unit):
                raise nothing_there(unit)
            book = rulebook_of(connection, view)
            assessed = unit_assessment(connection, view, book, unit)
            if assessed is None:
                raise nothing_there(unit)
            explanation = explain_unit(book, gather_unit(connection, view, unit), assessed)
            said = unit_detail(explanation, with_party=reach.party)
            criteria = _criteria(said, criterion)
            shown.these(people_named(criteria, assessed), reach.own)
            return UnitExplanationAnswer(
                **heading(connection, view),
                scheme=scheme_answer(book.unit_sheet),
                unit=unit,
                line=said["line"],
                criteria=criteria,
                rules=said["rules"],
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/periods/{period}/evidence/people/{person}",
        summary="What a person's statements count for",
        description="Every statement of the person with completion, success, an exam score or"
        " learning time: admitted, or the first reason that keeps it out.",
        tags=["evidence"],
        responses={200: example("The statements, in the order of the log", _EVIDENCE)},
    )
    async def evidence_of_a_person(
        asker: Asker,
        shown: Showing,
        period: PeriodId,
        person: PersonId,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
    ) -> PersonEvidence:
        position = await views.position(as_of)

        def show(connection: Connection) -> PersonEvidence:
            view = seen(connection, period, result_set, position)
            reach = views.reach(connection, asker)
            _, evidence = _gathered(connection, view, reach, person)
            shown.these([person], reach.own)
            book = rulebook_of(connection, view)
            judged = judge(book, evidence)
            credited = credit(book, judged)
            return PersonEvidence(
                **heading(connection, view),
                person=person,
                statements=[
                    EvidenceAnswer(
                        id=str(UUID(bytes=row.evidence.statement)),
                        position=row.evidence.position,
                        timestamp=moment(row.evidence.at),
                        platform=row.evidence.platform,
                        course=row.course,
                        completed=row.evidence.completed,
                        passed=row.evidence.passed,
                        score=None if row.evidence.score is None else number(row.evidence.score),
                        minutes=minutes(row.time),
                        credited_minutes=minutes(credited.get(row.evidence.position, 0)),
                        counted=row.reason is None,
                        reason=row.reason,
                    )
                    for row in judged
                ],
            )

        return await views.store.read(show)


def scheme_answer(sheet: Sheet) -> SchemeAnswer:
    return SchemeAnswer(
        id=sheet.id, version=sheet.version, vi=sheet.vi, legal_basis=list(sheet.legal_basis)
    )


def _gathered(
    connection: Connection, view: View, reach: Reach, person: str
) -> tuple[PersonFile, list[Evidence]]:
    """What is known of a person. Raises NotFound if there is none, or not for the account."""
    try:
        file, evidence = gather_person(connection, view, person)
    except PersonUnknown:
        raise nothing_there(person) from None
    if not reach.person(person, units_in(view.catalogue.period, file.memberships)):
        raise nothing_there(person)
    return file, evidence


def _criteria(said: Mapping[str, Any], criterion: str | None) -> dict[str, Any]:
    """All, or the one asked for. Raises NotFound for one the score sheet does not have."""
    criteria: dict[str, Any] = said.get("criteria", {})
    if criterion is None:
        return criteria
    if criterion not in criteria:
        raise nothing_there(criterion)
    return {criterion: criteria[criterion]}

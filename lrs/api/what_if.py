"""POST /api/v1/periods/{period}/what-if: what other score sheets would change. Decides nothing.

The same evidence is scored by the period's own sheets and by the drafts, and the difference shown.
A draft can be written so that its outcome tells who is a party member. So where a gate or a
criterion looks at that, on either side, only those may try who may see it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection
from starlette.requests import Request

from lrs.api.as_of import AsOf
from lrs.api.directory import Reach
from lrs.api.documents import Answer, example
from lrs.api.explanations import SchemeAnswer, scheme_answer
from lrs.api.route import Api, Asker, Showing, Shown
from lrs.api.views import AskedResultSet, OfPeriod, PeriodId, Views, heading, seen
from lrs.auth.accounts import Account
from lrs.errors import InvalidRequest, NotPermitted
from lrs.lines import units_in
from projections.assessment import View, gather_all, gather_units, rulebook_of
from projections.scoring import assess, assess_units, difference, finals
from projections.scoring.awards import QuotaLine
from projections.scoring.book import Rulebook
from projections.scoring.differences import Difference, Move
from projections.scoring.inputs import UnitFile
from projections.scoring.people import PersonAssessment
from projections.scoring.results import Results
from schemas.problems import Problem, child
from schemas.scheme import Sheet, problems_of, read_sheet
from schemas.scheme_problems import SheetProblem

SUBJECTS: Final = {"person_sheet": "person", "unit_sheet": "unit"}
LOOKS_AT_PARTY: Final = "pioneers"


class MoveAnswer(Answer):
    """A final score or a band that would be another."""

    id: str
    name: str
    before: str
    after: str
    difference: str
    band_before: str
    band_after: str


class BandChange(Answer):
    """So many people would go from one band to another."""

    before: str
    after: str
    people: int


class QuotaAnswer(Answer):
    """``count`` is what the quota is computed from, ``reached`` how many have reached the band."""

    count: int
    places: int
    reached: int
    statuses: dict[str, str]


class QuotaChange(Answer):
    group: str
    before: QuotaAnswer | None
    after: QuotaAnswer | None


class Schemes(Answer):
    person: SchemeAnswer
    unit: SchemeAnswer


class WhatIf(OfPeriod):
    """The difference, as far as it concerns whom the account may see."""

    before: Schemes
    after: Schemes
    people: list[MoveAnswer]
    units: list[MoveAnswer]
    bands: list[BandChange]
    quotas: list[QuotaChange]


_SCHEME: Final = {"id": "HTS-CN", "version": 1, "vi": "Bảng điểm cá nhân", "legal_basis": []}
_SCHEMES: Final = {"person": _SCHEME, "unit": _SCHEME | {"id": "HTS-DV"}}
_EXAMPLE: Final = {
    "period": "KY-2026",
    "result_set": "frozen",
    "position": 120,
    "stored": "2026-11-30T17:00:00.000000Z",
    "before": _SCHEMES,
    "after": {**_SCHEMES, "person": _SCHEME | {"version": 2}},
    "people": [
        {
            "id": "P2",
            "name": "Trần Thị Bình",
            "before": "74.20",
            "after": "79.20",
            "difference": "5.00",
            "band_before": "KHA",
            "band_after": "TOT",
        }
    ],
    "units": [],
    "bands": [{"before": "KHA", "after": "TOT", "people": 1}],
    "quotas": [],
}
_SENT: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "minProperties": 1,
                    "properties": {
                        name: {
                            "type": "object",
                            "description": f"A score sheet (lrs-scheme/1) with subject: {subject}",
                        }
                        for name, subject in SUBJECTS.items()
                    },
                },
                "example": {"person_sheet": {"format": "lrs-scheme/1", "id": "HTS-CN"}},
            }
        },
    }
}


def routes(api: Api, views: Views) -> None:
    one_at_a_time = CapacityLimiter(1)

    @api.route(
        "POST",
        "/periods/{period}/what-if",
        summary="What other score sheets would change",
        description="The body holds a person_sheet, a unit_sheet, or both. It decides nothing.",
        tags=["results"],
        openapi_extra=_SENT,
        responses={200: example("The difference", _EXAMPLE)},
    )
    async def what_if(
        request: Request,
        asker: Asker,
        shown: Showing,
        period: PeriodId,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
    ) -> WhatIf:
        # FastAPI would read numbers as binary fractions
        sent = json.loads(await request.body(), parse_float=Decimal)
        position = await views.position(as_of)

        def compare() -> WhatIf:
            with views.store.storage.read() as connection:
                view = seen(connection, period, result_set, position)
                drafts = _drafts(sent, view.catalogue.courses)
                return _compare(connection, views, view, drafts, asker, shown)

        return await to_thread.run_sync(compare, limiter=one_at_a_time)


def _drafts(sent: Any, courses: Mapping[str, Any]) -> dict[str, Sheet]:
    """The sheets sent. Raises InvalidRequest with every problem of them."""
    if not isinstance(sent, dict):
        raise InvalidRequest(Problem("", "value-unfit", None, {"name": "body"}))
    problems = [Problem(child("", name), "member-unknown") for name in sent.keys() - SUBJECTS]
    if not sent:
        problems.append(Problem("/person_sheet", "member-missing"))
    for name, subject in SUBJECTS.items():
        if name in sent:
            problems += _problems(name, subject, sent[name], courses)
    if problems:
        raise InvalidRequest(*problems)
    return {name: read_sheet(sent[name]) for name in SUBJECTS if name in sent}


def _problems(name: str, subject: str, sheet: Any, courses: Mapping[str, Any]) -> Iterator[Problem]:
    found = problems_of(sheet, courses)
    yield from (_problem(name, problem) for problem in found)
    if not found and sheet["subject"] != subject:
        facts = {"name": "subject", "choices": subject}
        yield Problem(f"/{name}/subject", "value-choice", sheet["subject"], facts)


def _problem(name: str, problem: SheetProblem) -> Problem:
    pointer = f"/{name}"
    for token in problem.path:
        pointer = child(pointer, token)
    facts = {
        "reason_vi": problem.reason("vi").rstrip("."),
        "mend_vi": problem.mend("vi").rstrip("."),
        "reason_en": problem.reason("en").rstrip("."),
        "mend_en": problem.mend("en").rstrip("."),
    }
    return Problem(pointer, "sheet-invalid", None, facts)


def _compare(
    connection: Connection,
    views: Views,
    view: View,
    drafts: Mapping[str, Sheet],
    asker: Account,
    shown: Shown,
) -> WhatIf:
    reach = views.reach(connection, asker)
    book = rulebook_of(connection, view)
    draft = rulebook_of(connection, view, **drafts)
    if not reach.party and (_looks_at_party(book) or _looks_at_party(draft)):
        raise NotPermitted(Problem("", "permission-missing", "party"))
    before, after, units = _both(connection, view, book, draft)
    found = difference(before, after)
    directory = views.directory(connection, view.register)
    people = [
        _move(move, directory.people[move.id].person.name)
        for move in found.moves
        if move.subject == "person" and reach.person(move.id, units[move.id])
    ]
    changed = Counter((move.band_before, move.band_after) for move in people)
    quotas = list(_quotas(found, reach))
    placed = (line.statuses for quota in quotas for line in (quota.before, quota.after) if line)
    shown.these({*(move.id for move in people), *chain.from_iterable(placed)}, reach.own)
    return WhatIf(
        **heading(connection, view),
        before=_schemes(book),
        after=_schemes(draft),
        people=people,
        units=[
            _move(move, directory.units[move.id].vi)
            for move in found.moves
            if move.subject == "unit" and reach.unit(move.id)
        ],
        bands=[
            BandChange(before=one, after=other, people=count)
            for (one, other), count in sorted(changed.items())
            if one != other
        ],
        quotas=quotas,
    )


def _looks_at_party(book: Rulebook) -> bool:
    return bool(book.person_sheet.gates) or any(
        leaf.kind == LOOKS_AT_PARTY for leaf in book.unit_criteria
    )


def _both(
    connection: Connection, view: View, book: Rulebook, draft: Rulebook
) -> tuple[Results, Results, dict[str, frozenset[str]]]:
    """The results by both rulebooks, everybody's evidence read once; and by person, the units in
    which they were in the period.
    """
    before, after = [], []
    units: dict[str, frozenset[str]] = {}
    for file, evidence in gather_all(connection, view):
        before.append(assess(book, file, evidence))
        after.append(assess(draft, file, evidence))
        units[file.person] = units_in(book.period, file.memberships)
    files = gather_units(connection, view)
    return _results(book, before, files), _results(draft, after, files), units


def _results(
    book: Rulebook, assessments: Sequence[PersonAssessment], files: Iterable[UnitFile]
) -> Results:
    people = {assessment.person: assessment for assessment in assessments}
    units = assess_units(book, files, assessments)
    return Results(book, people, units, finals(book, assessments, units))


def _move(move: Move, name: str) -> MoveAnswer:
    return MoveAnswer(
        id=move.id,
        name=name,
        before=str(move.before),
        after=str(move.after),
        difference=str(move.difference),
        band_before=move.band_before,
        band_after=move.band_after,
    )


def _schemes(book: Rulebook) -> Schemes:
    return Schemes(person=scheme_answer(book.person_sheet), unit=scheme_answer(book.unit_sheet))


def _quotas(found: Difference, reach: Reach) -> Iterator[QuotaChange]:
    """The groups whose quota changes; some groups go across units, so only for who sees all."""
    if not reach.everything:
        return
    for group, change in found.quotas.items():
        yield QuotaChange(group=group, before=_quota(change.before), after=_quota(change.after))


def _quota(line: QuotaLine | None) -> QuotaAnswer | None:
    if line is None:
        return None
    return QuotaAnswer(
        count=line.count, places=line.places, reached=line.reached, statuses=line.statuses
    )

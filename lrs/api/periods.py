"""/api/v1/periods and /api/v1/schemes: what is evaluated, when, and by which criteria."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import Field
from sqlalchemy import Connection

from lrs.api.as_of import AsOf, Located, located
from lrs.api.documents import Answer, example
from lrs.api.explanations import SchemeAnswer, scheme_answer
from lrs.api.route import Api, nothing_there
from lrs.api.views import AskedResultSet, OfPeriod, PeriodId, Views, heading, seen
from projections import assessment
from projections.assessment import rulebook_of
from projections.scoring.documents import number
from projections.scoring.person_criteria import PERSON_KINDS
from projections.scoring.unit_criteria import UNIT_KINDS
from schemas.register import Closing, Freeze, Period, Scheme, scheme_key
from schemas.scheme import Criterion, Group, Sheet, read_sheet


class PeriodAnswer(Answer):
    """``state`` is open, frozen (at a position of the log) or closed."""

    id: str
    vi: str
    start: str
    end: str
    timezone: str
    required_course_deadline: str
    person_scheme: str
    unit_scheme: str
    state: str
    frozen_at: Annotated[int | None, Field(description="What came after it does not count")]
    result_sets: Annotated[list[str], Field(description="The first is the period's own")]


class Periods(Located):
    periods: list[PeriodAnswer]


class OnePeriod(Located):
    period: PeriodAnswer


class CriterionAnswer(Answer):
    """A scored line, or a group of them, which has children and no maximum of its own."""

    id: str
    vi: str
    max: str | None = None
    kind: str | None = None
    rule: Annotated[str | None, Field(description="Of the case format, where there is one")] = None
    children: list["CriterionAnswer"]


class BandAnswer(Answer):
    id: str
    vi: str
    min: str


class SheetAnswer(SchemeAnswer):
    subject: str
    max: str
    criteria: list[CriterionAnswer]
    bands: list[BandAnswer]


class Schemes(Located):
    schemes: list[SheetAnswer]


class OneScheme(Located):
    """``sheet`` is as it was activated, every number as the text it was written as."""

    scheme: SheetAnswer
    sheet: dict[str, Any]


class PeriodCriteria(OfPeriod):
    person: SheetAnswer
    unit: SheetAnswer


_PERIOD: Final = {
    "id": "KY-2026",
    "vi": "Kỳ đánh giá 2026",
    "start": "2025-12-01",
    "end": "2026-11-30",
    "timezone": "Asia/Ho_Chi_Minh",
    "required_course_deadline": "2026-10-31",
    "person_scheme": "HTS-CN/1",
    "unit_scheme": "HTS-DV/1",
    "state": "frozen",
    "frozen_at": 118,
    "result_sets": ["frozen", "corrected"],
}
_AT: Final = {"position": 120, "stored": "2026-11-30T17:00:00.000000Z"}
_SHEET: Final = {
    "id": "HTS-CN",
    "version": 1,
    "vi": "Bảng điểm cá nhân",
    "legal_basis": ["Kế hoạch học tập trên các nền tảng số"],
    "subject": "person",
    "max": "100",
    "criteria": [
        {
            "id": "A",
            "vi": "Khóa học bắt buộc",
            "max": "30",
            "kind": "required_courses_ratio",
            "rule": "P2",
            "children": [],
        }
    ],
    "bands": [{"id": "XUAT_SAC", "vi": "Xuất sắc", "min": "90"}],
}


def routes(api: Api, views: Views) -> None:
    @api.route(
        "GET",
        "/periods",
        summary="The periods",
        tags=["periods"],
        responses={200: example("In the order of their beginning", {**_AT, "periods": [_PERIOD]})},
    )
    async def periods(as_of: AsOf = None) -> Periods:
        position = await views.position(as_of)

        def show(connection: Connection) -> Periods:
            found = assessment.records(connection, Period, position)
            found.sort(key=lambda period: (period.start, period.id))
            return Periods(
                **located(connection, position),
                periods=[_period(connection, period, position) for period in found],
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/periods/{period}",
        summary="One period",
        tags=["periods"],
        responses={200: example("The period", {**_AT, "period": _PERIOD})},
    )
    async def one_period(period: PeriodId, as_of: AsOf = None) -> OnePeriod:
        position = await views.position(as_of)

        def show(connection: Connection) -> OnePeriod:
            found = assessment.record(connection, Period, period, position)
            if found is None:
                raise nothing_there(period)
            return OnePeriod(
                **located(connection, position), period=_period(connection, found, position)
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/periods/{period}/criteria",
        summary="The criteria of a period",
        description="The score sheets of people and of units, in the versions that count in it.",
        tags=["criteria"],
        responses={
            200: example(
                "The two score sheets",
                {
                    **_AT,
                    "period": "KY-2026",
                    "result_set": "frozen",
                    "person": _SHEET,
                    "unit": _SHEET | {"id": "HTS-DV", "subject": "unit"},
                },
            )
        },
    )
    async def period_criteria(
        period: PeriodId, result_set: AskedResultSet = None, as_of: AsOf = None
    ) -> PeriodCriteria:
        position = await views.position(as_of)

        def show(connection: Connection) -> PeriodCriteria:
            view = seen(connection, period, result_set, position)
            book = rulebook_of(connection, view)
            return PeriodCriteria(
                **heading(connection, view),
                person=_sheet(book.person_sheet),
                unit=_sheet(book.unit_sheet),
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/schemes",
        summary="Every score sheet in every version",
        tags=["criteria"],
        responses={200: example("By id and version", {**_AT, "schemes": [_SHEET]})},
    )
    async def schemes(as_of: AsOf = None) -> Schemes:
        position = await views.position(as_of)

        def show(connection: Connection) -> Schemes:
            found = assessment.records(connection, Scheme, position)
            found.sort(key=lambda scheme: (scheme.id, scheme.version))
            return Schemes(
                **located(connection, position),
                schemes=[_sheet(read_sheet(scheme.sheet)) for scheme in found],
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/schemes/{scheme}/{version}",
        summary="One version of a score sheet",
        tags=["criteria"],
        responses={
            200: example(
                "The score sheet", {**_AT, "scheme": _SHEET, "sheet": {"format": "lrs-scheme/1"}}
            )
        },
    )
    async def one_scheme(
        scheme: Annotated[str, Path(max_length=128, examples=["HTS-CN"])],
        version: Annotated[int, Path(ge=0, le=2**31, examples=[1])],
        as_of: AsOf = None,
    ) -> OneScheme:
        position = await views.position(as_of)

        def show(connection: Connection) -> OneScheme:
            key = scheme_key(scheme, version)
            found = assessment.record(connection, Scheme, key, position)
            if found is None:
                raise nothing_there(key)
            return OneScheme(
                **located(connection, position),
                scheme=_sheet(read_sheet(found.sheet)),
                sheet=found.sheet,
            )

        return await views.store.read(show)


def _period(connection: Connection, period: Period, as_of: int) -> PeriodAnswer:
    freeze = assessment.record(connection, Freeze, period.id, as_of)
    closing = assessment.record(connection, Closing, period.id, as_of)
    state = "closed" if closing is not None else "open" if freeze is None else "frozen"
    return PeriodAnswer(
        id=period.id,
        vi=period.vi,
        start=period.start.isoformat(),
        end=period.end.isoformat(),
        timezone=period.timezone,
        required_course_deadline=period.required_course_deadline.isoformat(),
        person_scheme=period.person_scheme,
        unit_scheme=period.unit_scheme,
        state=state,
        frozen_at=None if freeze is None else freeze.position,
        result_sets=list(assessment.result_sets(connection, period.id, as_of)),
    )


def _sheet(sheet: Sheet) -> SheetAnswer:
    return SheetAnswer(
        **scheme_answer(sheet).model_dump(),
        subject=sheet.subject,
        max=number(sheet.max),
        criteria=list(_criteria(sheet.criteria)),
        bands=[BandAnswer(id=band.id, vi=band.vi, min=number(band.min)) for band in sheet.bands],
    )


def _criteria(nodes: Iterable[Group | Criterion]) -> Iterator[CriterionAnswer]:
    for node in nodes:
        if isinstance(node, Group):
            children = list(_criteria(node.children))
            yield CriterionAnswer(id=node.id, vi=node.vi, children=children)
        else:
            yield CriterionAnswer(
                id=node.id,
                vi=node.vi,
                max=number(node.max),
                kind=node.kind,
                rule=_rule(node.kind),
                children=[],
            )


def _rule(kind: str) -> str | None:
    known = PERSON_KINDS.get(kind) or UNIT_KINDS.get(kind)
    return (known.rule or None) if known is not None else None

"""/api/v1/periods/{period}/results: the lines of people and units, as JSON pages and as CSV."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NamedTuple

from anyio import to_thread
from fastapi import Query
from pydantic import Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from lrs.api.as_of import AsOf, stored_at
from lrs.api.directory import Directory, Reach
from lrs.api.documents import Answer, also_csv, example
from lrs.api.names import folded, matches, title_order
from lrs.api.paging import (
    DEFAULT,
    Cursor,
    CursorText,
    DecimalMark,
    Format,
    Limit,
    csv_answer,
    page,
    read_cursor,
    wants_csv,
)
from lrs.api.route import Api, Asker, Showing, nothing_there
from lrs.api.views import (
    AskedResultSet,
    OfPeriod,
    PeriodId,
    PersonId,
    UnitId,
    Views,
    heading_of,
)
from lrs.errors import InvalidRequest
from lrs.lines import Lines, PersonLine, UnitLine
from lrs.xapi.endpoint import language_of
from projections.assessment.views import ResultSet
from schemas.problems import Problem
from schemas.register import Person, Unit
from schemas.rules import Language
from schemas.scheme import Sheet

SUMS: Final = ("base", "bonus", "penalty", "personal", "final")
UnitFilter = Annotated[
    str | None,
    Query(alias="unit", description="People of this unit and of those below", max_length=128),
]
BandFilter = Annotated[
    str | None, Query(alias="band", description="A band of the score sheet", max_length=128)
]
Search = Annotated[
    str | None,
    Query(
        description="Beginnings of words of the name, with or without diacritics",
        max_length=128,
        examples=["nguyen an"],
    ),
]
Order = Annotated[
    Literal["name", "score"],
    Query(description="By the given name as Vietnamese sorts it, or by score, the highest first"),
]


class PersonResult(Answer):
    """A person's line. Scores are text with exactly 2 decimals; who is excluded has none."""

    person: str
    name: str
    unit: Annotated[str | None, Field(description="At the end of the period, or the last one")]
    scores: Annotated[dict[str, str], Field(description="By criterion")]
    base: str | None = None
    bonus: str | None = None
    penalty: str | None = None
    personal: Annotated[str | None, Field(description="Before the head's blend")] = None
    final: str | None = None
    band: str | None = None
    excluded: Annotated[str | None, Field(description="Why the person is not scored")] = None


class UnitResult(Answer):
    unit: str
    name: str
    scores: dict[str, str]
    base: str
    bonus: str
    penalty: str
    final: str
    band: str


class PeopleResults(OfPeriod):
    total: Annotated[int, Field(description="Rows on all pages")]
    rows: list[PersonResult]
    next: Annotated[str | None, Field(description="The cursor of the next page")]


class UnitResults(OfPeriod):
    total: int
    rows: list[UnitResult]
    next: str | None


class OnePersonResult(OfPeriod):
    result: PersonResult


class OneUnitResult(OfPeriod):
    result: UnitResult


_HEADING: Final = {
    "period": "KY-2026",
    "result_set": "frozen",
    "position": 120,
    "stored": "2026-11-30T17:00:00.000000Z",
}
_PERSON: Final = {
    "person": "P1",
    "name": "Nguyễn Văn An",
    "unit": "X",
    "scores": {
        "A": "30.00",
        "B": "11.75",
        "C": "15.00",
        "D": "15.00",
        "E": "8.00",
        "F": "13.00",
    },
    "base": "92.75",
    "bonus": "1.00",
    "penalty": "0.00",
    "personal": "93.75",
    "final": "93.71",
    "band": "XUAT_SAC",
    "excluded": None,
}
_UNIT: Final = {
    "unit": "X",
    "name": "Cục X",
    "scores": {"U1": "10.00", "U2": "8.00", "U3": "25.00"},
    "base": "93.56",
    "bonus": "2.00",
    "penalty": "2.00",
    "final": "93.56",
    "band": "XUAT_SAC",
}


class Asked(NamedTuple):
    """Which lines of which period."""

    period: str
    result_set: ResultSet | None
    as_of: str | None
    cursor: Cursor | None


def routes(api: Api, views: Views) -> None:
    async def lines(asked: Asked) -> Lines:
        result_set, as_of = asked.result_set, asked.as_of
        if asked.cursor is not None:  # all pages are of one state
            result_set, as_of = asked.cursor.result_set, str(asked.cursor.position)
        position = await views.position(as_of)
        return await to_thread.run_sync(
            views.lines_of, asked.period, result_set, position, as_of is not None
        )

    @api.route(
        "GET",
        "/periods/{period}/results/people",
        summary="People's results",
        description="Whom the account may see. CSV by format=csv or Accept: text/csv.",
        tags=["results"],
        response_model=PeopleResults,
        responses={
            200: also_csv("A page", {**_HEADING, "total": 1, "rows": [_PERSON], "next": None})
        },
    )
    async def people_results(
        request: Request,
        asker: Asker,
        shown: Showing,
        period: PeriodId,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
        unit: UnitFilter = None,
        band: BandFilter = None,
        excluded: Annotated[
            bool | None, Query(description="true: those not scored, false: all others")
        ] = None,
        search: Search = None,
        order: Order = "name",
        limit: Limit = None,
        cursor: CursorText = None,
        format_: Format = None,
        decimal: DecimalMark = "point",
    ) -> Any:
        after = read_cursor(cursor)
        found = await lines(Asked(period, result_set, as_of, after))
        as_csv = wants_csv(request, format_)
        language = language_of(request.headers.get("accept-language"))
        _check_band(found.book.person_sheet, band)

        def show(connection: Connection) -> Any:
            directory = views.directory(connection, found.register)
            reach = views.reach(connection, asker)
            units = filtered_units(directory, reach, unit)
            rows = [
                row
                for row in _people(found, directory, reach)
                if (units is None or row.line.unit in units)
                and (band is None or row.line.band == band)
                and (excluded is None or (row.line.final is None) == excluded)
                and (search is None or matches(folded(search), row.folded))
            ]
            if order == "score":
                rows.sort(key=lambda row: _score_order(row.line.final))
            listed = page([row.person.id for row in rows], rows, after, _limit(limit, as_csv))
            shown.these((row.person.id for row in listed.rows), reach.own, as_csv=as_csv)
            answers = [person_result(row.person, row.line, reach) for row in listed.rows]
            if as_csv:
                stored = stored_at(connection, found.position)
                after_this = _next(found, listed.after)
                return _csv(found, stored, "people", answers, decimal, language, after_this)
            return PeopleResults(
                **heading_of(connection, found),
                total=len(rows),
                rows=answers,
                next=_next(found, listed.after),
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/periods/{period}/results/people/{person}",
        summary="One person's result",
        tags=["results"],
        responses={200: example("The line", {**_HEADING, "result": _PERSON})},
    )
    async def person_results(
        asker: Asker,
        shown: Showing,
        period: PeriodId,
        person: PersonId,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
    ) -> OnePersonResult:
        found = await lines(Asked(period, result_set, as_of, None))

        def show(connection: Connection) -> OnePersonResult:
            line = found.people.get(person)
            directory = views.directory(connection, found.register)
            reach = views.reach(connection, asker)
            if line is None or not reach.person(person, line.units):
                raise nothing_there(person)
            shown.these([person], reach.own)
            known = directory.people[person].person
            return OnePersonResult(
                **heading_of(connection, found), result=person_result(known, line, reach)
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/periods/{period}/results/units",
        summary="Units' results",
        tags=["results"],
        response_model=UnitResults,
        responses={
            200: also_csv("A page", {**_HEADING, "total": 1, "rows": [_UNIT], "next": None})
        },
    )
    async def units_results(
        request: Request,
        asker: Asker,
        period: PeriodId,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
        unit: Annotated[
            str | None, Query(description="This unit and those below", max_length=128)
        ] = None,
        band: BandFilter = None,
        search: Search = None,
        order: Order = "name",
        limit: Limit = None,
        cursor: CursorText = None,
        format_: Format = None,
        decimal: DecimalMark = "point",
    ) -> Any:
        after = read_cursor(cursor)
        found = await lines(Asked(period, result_set, as_of, after))
        as_csv = wants_csv(request, format_)
        language = language_of(request.headers.get("accept-language"))
        _check_band(found.book.unit_sheet, band)

        def show(connection: Connection) -> Any:
            directory = views.directory(connection, found.register)
            reach = views.reach(connection, asker)
            units = filtered_units(directory, reach, unit)
            rows = [
                (directory.units[id_], line)
                for id_, line in found.units.items()
                if reach.unit(id_)
                and (units is None or id_ in units)
                and (band is None or line.band == band)
                and (search is None or matches(folded(search), folded(directory.units[id_].vi)))
            ]
            rows.sort(key=lambda row: (title_order(row[0].vi), row[0].id))
            if order == "score":
                rows.sort(key=lambda row: _score_order(row[1].final))
            ids = [known.id for known, _ in rows]
            shown = page(ids, rows, after, _limit(limit, as_csv))
            answers = [unit_result(known, line) for known, line in shown.rows]
            if as_csv:
                stored = stored_at(connection, found.position)
                after_this = _next(found, shown.after)
                return _csv(found, stored, "units", answers, decimal, language, after_this)
            return UnitResults(
                **heading_of(connection, found),
                total=len(rows),
                rows=answers,
                next=_next(found, shown.after),
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/periods/{period}/results/units/{unit}",
        summary="One unit's result",
        tags=["results"],
        responses={200: example("The line", {**_HEADING, "result": _UNIT})},
    )
    async def unit_results(
        asker: Asker,
        period: PeriodId,
        unit: UnitId,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
    ) -> OneUnitResult:
        found = await lines(Asked(period, result_set, as_of, None))

        def show(connection: Connection) -> OneUnitResult:
            line = found.units.get(unit)
            if line is None or not views.reach(connection, asker).unit(unit):
                raise nothing_there(unit)
            known = views.directory(connection, found.register).units[unit]
            return OneUnitResult(**heading_of(connection, found), result=unit_result(known, line))

        return await views.store.read(show)


class _Row(NamedTuple):
    person: Person
    folded: str
    line: PersonLine


def _people(lines: Lines, directory: Directory, reach: Reach) -> Iterator[_Row]:
    """The lines an account may see, in the order of names."""
    for id_, known in directory.people.items():
        line = lines.people.get(id_)
        if line is not None and reach.person(id_, line.units):
            yield _Row(known.person, known.folded, line)


def person_result(person: Person, line: PersonLine, reach: Reach) -> PersonResult:
    """The line as it is answered to somebody; a unit that is not theirs to see is left out."""
    values = line.values
    sums = {name: values.get(name) for name in SUMS}
    known = {*SUMS, "band", "excluded"}
    return PersonResult(
        person=person.id,
        name=person.name,
        unit=line.unit if reach.unit(line.unit) else None,
        scores={id_: points for id_, points in values.items() if id_ not in known},
        band=line.band,
        excluded=values.get("excluded"),
        **sums,
    )


def unit_result(unit: Unit, line: UnitLine) -> UnitResult:
    values = dict(line.values)
    sums = {name: values.pop(name) for name in SUMS if name != "personal"}
    band = values.pop("band")
    return UnitResult(unit=unit.id, name=unit.vi, scores=values, band=band, **sums)


def filtered_units(directory: Directory, reach: Reach, unit: str | None) -> frozenset[str] | None:
    """A unit and those below. Raises NotFound for one that does not exist for the account."""
    if unit is None:
        return None
    if unit not in directory.units or not reach.unit(unit):
        raise nothing_there(unit)
    return directory.and_below([unit])


def _limit(limit: int | None, as_csv: bool) -> int | None:
    return DEFAULT if limit is None and not as_csv else limit


def _next(lines: Lines, after: str | None) -> str | None:
    return None if after is None else Cursor(lines.position, lines.result_set, after).text


HEADINGS: Final[Mapping[str, Mapping[Language, str]]] = {
    "person": {"vi": "Mã", "en": "Id"},
    "unit": {"vi": "Đơn vị", "en": "Unit"},
    "name": {"vi": "Tên", "en": "Name"},
    "base": {"vi": "Điểm gốc", "en": "Base"},
    "bonus": {"vi": "Điểm thưởng", "en": "Bonus"},
    "penalty": {"vi": "Điểm trừ", "en": "Penalty"},
    "personal": {"vi": "Điểm cá nhân", "en": "Personal"},
    "final": {"vi": "Điểm cuối", "en": "Final"},
    "band": {"vi": "Xếp loại", "en": "Band"},
    "excluded": {"vi": "Không chấm vì", "en": "Not scored"},
}


def _csv(
    lines: Lines,
    stored: str | None,
    kind: Literal["people", "units"],
    rows: Sequence[PersonResult | UnitResult],
    mark: Literal["point", "comma"],
    language: Language,
    after: str | None,
) -> Response:
    """The rows as a file. What JSON says of a page is in its headers."""
    sheet: Sheet = lines.book.person_sheet if kind == "people" else lines.book.unit_sheet
    criteria = {leaf.id: f"{leaf.id} {leaf.vi}" for leaf in sheet.leaves}
    shown = [row.model_dump(exclude={"scores"}) | row.scores for row in rows]
    plain = PersonResult.model_fields if kind == "people" else UnitResult.model_fields
    columns: dict[str, str] = {}
    for name in plain:
        columns |= criteria if name == "scores" else {name: HEADINGS[name][language]}
    headers = {
        "X-Hocba-Position": str(lines.position),
        "X-Hocba-Result-Set": lines.result_set,
        **({} if stored is None else {"X-Hocba-Stored": stored}),
        **({} if after is None else {"X-Hocba-Next": after}),
    }
    return csv_answer(
        f"{lines.book.period.id}-{lines.result_set}-{kind}-{lines.position}",
        columns,
        shown,
        numbers=(*SUMS, *criteria),
        mark=mark,
        headers=headers,
    )


def _check_band(sheet: Sheet, band: str | None) -> None:
    """Raises InvalidRequest for what is no band of the sheet."""
    names = [each.id for each in sheet.bands]
    if band is not None and band not in names:
        facts = {"name": "band", "choices": ", ".join(names)}
        raise InvalidRequest(Problem("", "value-choice", band, facts))


def _score_order(final: Decimal | None) -> tuple[bool, Decimal]:
    """The highest first; who has none last."""
    return (True, Decimal(0)) if final is None else (False, -final)

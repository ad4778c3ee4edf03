"""/api/v1/units: the organisation, how far learning reaches in a unit, and month by month."""

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import Query
from pydantic import Field
from sqlalchemy import Connection

from lrs.api.as_of import AsOf, Located, located
from lrs.api.directory import Directory, Reach
from lrs.api.documents import Answer, example
from lrs.api.people import ItemAnswer, item_answer
from lrs.api.route import Api, Asker, nothing_there
from lrs.api.views import AskedResultSet, OfPeriod, UnitId, Views, heading_of
from lrs.lines import Learning, Lines
from projections.assessment.records import about_unit
from projections.assessment.views import ResultSet
from projections.scoring.documents import minutes
from projections.scoring.exact import half_up
from schemas.register import Item, Plan, Report, Unit

AskedPeriod = Annotated[str, Query(max_length=128, examples=["KY-2026"])]
AndBelow = Annotated[
    bool, Query(description="true: the unit with all units below it; false: its own people")
]


class UnitAnswer(Answer):
    id: str
    vi: str
    type: str
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None
    evaluated: Annotated[bool, Field(description="Whether it has results of its own")]


class UnitNode(UnitAnswer):
    children: list["UnitNode"]


class Units(Located):
    """The units an account may see; at the top those with none above them that it may see."""

    units: list[UnitNode]


class PlanAnswer(Answer):
    submitted: str
    document: str


class ReportAnswer(Answer):
    id: str
    vi: str
    due: str
    submitted: str | None


class OneUnit(Located):
    unit: UnitAnswer
    parent: str | None
    children: list[str]
    predecessors: Annotated[list[str], Field(description="The units it continues")]
    plans: list[PlanAnswer]
    reports: list[ReportAnswer]
    items: list[ItemAnswer]


class Part(Answer):
    """So many of so many; ``percent`` has 2 decimals and is null where there is nobody."""

    numerator: int
    denominator: int
    percent: str | None


class Coverage(OfPeriod):
    """How far learning reaches among the scored people who are in the unit at the end."""

    unit: str
    and_below: bool
    plans: Annotated[Part, Field(description="Units with a plan, of those with results")]
    reports_on_time: Part
    has_learned: Annotated[Part, Field(description="Any credited time or complete course")]
    has_completed: Annotated[Part, Field(description="At least one complete course")]
    required_complete: Annotated[Part, Field(description="Every required course complete")]
    level_met: Annotated[Part, Field(description="The competence level of the position")]
    heads_complete: Annotated[Part, Field(description="Heads with every required course complete")]
    party_members_complete: Annotated[
        Part | None, Field(description="Null for accounts that may not see party membership")
    ]


class MonthAnswer(Answer):
    """``people`` are those whose eligible month it was in the unit."""

    month: str
    people: int
    active: Annotated[int, Field(description="Who reached the time that makes a month active")]
    minutes: Annotated[str, Field(description="Credited learning time")]
    completions: Annotated[int, Field(description="Courses that became complete")]


class Trend(OfPeriod):
    unit: str
    and_below: bool
    months: list[MonthAnswer]


_AT: Final = {"position": 120, "stored": "2026-11-30T17:00:00.000000Z"}
_OF_PERIOD: Final = {**_AT, "period": "KY-2026", "result_set": "frozen"}
_UNIT: Final = {
    "id": "X",
    "vi": "Cục X",
    "type": "cuc",
    "from": "2020-01-01",
    "to": None,
    "evaluated": True,
}
_PART: Final = {"numerator": 1, "denominator": 2, "percent": "50.00"}
_MONTH: Final = {
    "month": "2025-12",
    "people": 2,
    "active": 1,
    "minutes": "240.00",
    "completions": 1,
}


def routes(api: Api, views: Views) -> None:
    async def lines(period: str, result_set: ResultSet | None, as_of: str | None) -> Lines:
        position = await views.position(as_of)
        return await to_thread.run_sync(
            views.lines_of, period, result_set, position, as_of is not None
        )

    @api.route(
        "GET",
        "/units",
        summary="The units, as a tree",
        tags=["units"],
        responses={200: example("The tree", {**_AT, "units": [{**_UNIT, "children": []}]})},
    )
    async def units(asker: Asker, as_of: AsOf = None) -> Units:
        position = await views.position(as_of)

        def show(connection: Connection) -> Units:
            directory = views.directory(connection, position)
            reach = views.reach(connection, asker)
            return Units(**located(connection, position), units=_tree(directory, reach))

        return await views.store.read(show)

    @api.route(
        "GET",
        "/units/{unit}",
        summary="One unit",
        tags=["units"],
        responses={
            200: example(
                "What the register holds of the unit",
                {
                    **_AT,
                    "unit": _UNIT,
                    "parent": None,
                    "children": [],
                    "predecessors": [],
                    "plans": [{"submitted": "2026-02-20", "document": "12/KH-CX"}],
                    "reports": [],
                    "items": [],
                },
            )
        },
    )
    async def one_unit(asker: Asker, unit: UnitId, as_of: AsOf = None) -> OneUnit:
        position = await views.position(as_of)

        def show(connection: Connection) -> OneUnit:
            directory = views.directory(connection, position)
            reach = views.reach(connection, asker)
            known = _known(directory, reach, unit)
            about = about_unit(connection, unit, position)
            return OneUnit(
                **located(connection, position),
                unit=UnitAnswer(**_said(known)),
                parent=known.parent if reach.unit(known.parent) else None,
                children=[id_ for id_ in directory.children.get(unit, ()) if reach.unit(id_)],
                predecessors=[id_ for id_ in known.predecessors if reach.unit(id_)],
                plans=[
                    PlanAnswer(submitted=one.submitted.isoformat(), document=one.document)
                    for one in about
                    if isinstance(one, Plan)
                ],
                reports=[
                    ReportAnswer(
                        id=one.id, vi=one.vi, due=one.due.isoformat(), submitted=_day(one.submitted)
                    )
                    for one in about
                    if isinstance(one, Report)
                ],
                items=[item_answer(one) for one in about if isinstance(one, Item)],
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/units/{unit}/coverage",
        summary="How far learning reaches in a unit",
        description="Each part with its numerator and denominator, of the people who are scored.",
        tags=["units"],
        responses={
            200: example(
                "The parts",
                {
                    **_OF_PERIOD,
                    "unit": "X",
                    "and_below": False,
                    "plans": {"numerator": 1, "denominator": 1, "percent": "100.00"},
                    "reports_on_time": _PART,
                    "has_learned": _PART,
                    "has_completed": _PART,
                    "required_complete": _PART,
                    "level_met": _PART,
                    "heads_complete": _PART,
                    "party_members_complete": None,
                },
            )
        },
    )
    async def coverage(
        asker: Asker,
        unit: UnitId,
        period: AskedPeriod,
        and_below: AndBelow = False,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
    ) -> Coverage:
        found = await lines(period, result_set, as_of)

        def show(connection: Connection) -> Coverage:
            directory = views.directory(connection, found.register)
            reach = views.reach(connection, asker)
            asked = _asked(directory, reach, unit, and_below)
            return Coverage(
                **heading_of(connection, found),
                unit=unit,
                and_below=and_below,
                **_coverage(found, asked, reach.party),
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/units/{unit}/trend",
        summary="A unit month by month",
        tags=["units"],
        responses={
            200: example(
                "The months of the period",
                {**_OF_PERIOD, "unit": "X", "and_below": False, "months": [_MONTH]},
            )
        },
    )
    async def trend(
        asker: Asker,
        unit: UnitId,
        period: AskedPeriod,
        and_below: AndBelow = False,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
    ) -> Trend:
        found = await lines(period, result_set, as_of)

        def show(connection: Connection) -> Trend:
            directory = views.directory(connection, found.register)
            reach = views.reach(connection, asker)
            asked = _asked(directory, reach, unit, and_below)
            return Trend(
                **heading_of(connection, found),
                unit=unit,
                and_below=and_below,
                months=_months(found, asked),
            )

        return await views.store.read(show)


def _tree(directory: Directory, reach: Reach) -> list[UnitNode]:
    def node(id_: str) -> UnitNode:
        children = directory.children.get(id_, ())
        return UnitNode(
            **_said(directory.units[id_]),
            children=[node(child) for child in children if reach.unit(child)],
        )

    def is_top(unit: Unit) -> bool:
        return unit.parent not in directory.units or not reach.unit(unit.parent)

    ordered = (id_ for below in directory.children.values() for id_ in below)
    return [node(id_) for id_ in ordered if reach.unit(id_) and is_top(directory.units[id_])]


def _known(directory: Directory, reach: Reach, unit: str) -> Unit:
    """Raises NotFound for a unit that does not exist, or not for the account."""
    if unit not in directory.units or not reach.unit(unit):
        raise nothing_there(unit)
    return directory.units[unit]


def _asked(directory: Directory, reach: Reach, unit: str, and_below: bool) -> frozenset[str]:
    """The unit, with those below it that the account may see. Raises NotFound."""
    _known(directory, reach, unit)
    units = directory.and_below([unit]) if and_below else [unit]
    return frozenset(id_ for id_ in units if reach.unit(id_))


def _said(unit: Unit) -> dict[str, Any]:
    return {
        "id": unit.id,
        "vi": unit.vi,
        "type": unit.type,
        "from": _day(unit.from_),
        "to": _day(unit.to),
        "evaluated": unit.evaluated,
    }


def _coverage(lines: Lines, units: frozenset[str], party: bool) -> dict[str, Any]:
    scored = [line.learning for line in lines.people.values() if line.learning is not None]
    people = [one for one in scored if one.unit_at_end in units]
    heads = [one for one in people if one.is_head]
    members = [one for one in people if one.party_member]
    found = [line for id_, line in lines.units.items() if id_ in units]
    due = sum(line.reports_due for line in found)
    return {
        "plans": _part(sum(line.plan_submitted is not None for line in found), len(found)),
        "reports_on_time": _part(due - sum(line.reports_late for line in found), due),
        "has_learned": _share(people, lambda one: one.has_learned),
        "has_completed": _share(people, lambda one: one.has_completed),
        "required_complete": _share(people, lambda one: one.is_complete),
        "level_met": _share(people, lambda one: one.has_level),
        "heads_complete": _share(heads, lambda one: one.is_complete),
        "party_members_complete": _share(members, lambda one: one.is_complete) if party else None,
    }


def _share(people: Iterable[Learning], holds: Callable[[Learning], bool]) -> Part:
    found = [holds(one) for one in people]
    return _part(sum(found), len(found))


def _part(numerator: int, denominator: int) -> Part:
    percent = str(half_up(Fraction(100 * numerator, denominator))) if denominator else None
    return Part(numerator=numerator, denominator=denominator, percent=percent)


def _months(lines: Lines, units: frozenset[str]) -> list[MonthAnswer]:
    scored = [line.learning for line in lines.people.values() if line.learning is not None]
    answers = []
    for number, month in enumerate(lines.months):
        there = [one for one in scored if one.unit_of_month.get(number) in units]
        answers.append(
            MonthAnswer(
                month=month,
                people=len(there),
                active=sum(number in one.active_months for one in there),
                minutes=minutes(sum(one.time_by_month[number] for one in there)),
                completions=sum(one.completions.get(number, 0) for one in there),
            )
        )
    return answers


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()

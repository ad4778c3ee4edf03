"""/api/v1/people and /api/v1/items: people of the register, and what was declared.

A person exists for an account by a primary membership in one of its units, of now or of before; of
a person's memberships those are shown that are in its units.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import Query
from pydantic import Field
from sqlalchemy import Connection

from lrs.api.as_of import AsOf, Located, located
from lrs.api.directory import Directory, Known, Reach
from lrs.api.documents import Answer, example
from lrs.api.names import folded, matches
from lrs.api.paging import DEFAULT, Cursor, CursorText, Limit, page, read_cursor
from lrs.api.results import Search, UnitFilter, filtered_units
from lrs.api.route import Api, Asker, Showing, nothing_there
from lrs.api.views import PersonId, Views
from projections.assessment.records import about_people
from schemas.register import (
    Absence,
    Competence,
    Identifier,
    Item,
    Membership,
    PartyMembership,
    Record,
)

R = TypeVar("R", bound=Record)


class PersonAnswer(Answer):
    id: str
    name: str
    units: Annotated[list[str], Field(description="Of now and of before, as far as they are seen")]


class People(Located):
    total: int
    rows: list[PersonAnswer]
    next: Annotated[str | None, Field(description="The cursor of the next page")]


class MembershipAnswer(Answer):
    unit: str
    position: str
    category: str
    head: bool
    primary: bool
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None


class SpanAnswer(Answer):
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None


class AbsenceAnswer(SpanAnswer):
    type: str


class CompetenceAnswer(Answer):
    framework: str
    level: int
    date: str
    source: str
    valid_to: str | None
    verified: bool


class ItemAnswer(Answer):
    """Something declared about a person or a unit, and what was decided."""

    id: str
    kind: str
    person: str | None
    unit: str | None
    date: str
    title: str
    self_declared: bool
    decision: str
    reason: str | None
    value: Annotated[str | None, Field(description="What an appraiser or a system measured")]


class OnePerson(Located):
    """``party_memberships`` is null for accounts that may not see them."""

    id: str
    name: str
    identifiers: list[dict[str, Any]]
    memberships: list[MembershipAnswer]
    absences: list[AbsenceAnswer]
    competences: list[CompetenceAnswer]
    items: list[ItemAnswer]
    party_memberships: list[SpanAnswer] | None


class Items(Located):
    total: int
    rows: list[ItemAnswer]
    next: str | None


_AT: Final = {"position": 120, "stored": "2026-11-30T17:00:00.000000Z"}
_ITEM: Final = {
    "id": "KK-001",
    "kind": "digital_material",
    "person": "P1",
    "unit": None,
    "date": "2026-03-12",
    "title": "Bài giảng số",
    "self_declared": True,
    "decision": "accepted",
    "reason": None,
    "value": None,
}
_PERSON: Final = {
    **_AT,
    "id": "P1",
    "name": "Nguyễn Văn An",
    "identifiers": [{"account": {"homePage": "https://bdhvs.example", "name": "an.nv"}}],
    "memberships": [
        {
            "unit": "X",
            "position": "LANH_DAO",
            "category": "cong_chuc",
            "head": True,
            "primary": True,
            "from": "2023-05-01",
            "to": None,
        }
    ],
    "absences": [],
    "competences": [],
    "items": [_ITEM],
    "party_memberships": None,
}


def routes(api: Api, views: Views) -> None:
    @api.route(
        "GET",
        "/people",
        summary="People, by given name",
        tags=["people"],
        responses={
            200: example(
                "A page",
                {
                    **_AT,
                    "total": 1,
                    "rows": [{"id": "P1", "name": "Nguyễn Văn An", "units": ["X"]}],
                    "next": None,
                },
            )
        },
    )
    async def people(
        asker: Asker,
        shown: Showing,
        search: Search = None,
        unit: UnitFilter = None,
        limit: Limit = None,
        cursor: CursorText = None,
        as_of: AsOf = None,
    ) -> People:
        after = read_cursor(cursor)
        position = await views.position(as_of if after is None else str(after.position))

        def show(connection: Connection) -> People:
            directory = views.directory(connection, position)
            reach = views.reach(connection, asker)
            units = filtered_units(directory, reach, unit)
            rows = [
                known
                for id_, known in directory.people.items()
                if reach.person(id_, known.units)
                and (units is None or not units.isdisjoint(known.units))
                and (search is None or matches(folded(search), known.folded))
            ]
            ids = [known.person.id for known in rows]
            listed = page(ids, rows, after, limit or DEFAULT)
            shown.these((known.person.id for known in listed.rows), reach.own)
            return People(
                **located(connection, position),
                total=len(rows),
                rows=[_listed(known, reach) for known in listed.rows],
                next=_next(position, listed.after),
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/people/{person}",
        summary="One person",
        tags=["people"],
        responses={200: example("What the register holds of the person", _PERSON)},
    )
    async def one_person(
        asker: Asker, shown: Showing, person: PersonId, as_of: AsOf = None
    ) -> OnePerson:
        position = await views.position(as_of)

        def show(connection: Connection) -> OnePerson:
            reach = views.reach(connection, asker)
            known = views.directory(connection, position).people.get(person)
            if known is None or not reach.person(person, known.units):
                raise nothing_there(person)
            shown.these([person], reach.own)
            about = [one for _, one in about_people(connection, [person], position)]
            return OnePerson(
                **located(connection, position),
                id=person,
                name=known.person.name,
                identifiers=[_identifier(one) for one in _of(about, Identifier)],
                memberships=[
                    _membership(one)
                    for one in _of(about, Membership)
                    if person == reach.own or reach.unit(one.unit)
                ],
                absences=[
                    AbsenceAnswer(type=one.type, **_span(one.from_, one.to))
                    for one in _of(about, Absence)
                ],
                competences=[_competence(one) for one in _of(about, Competence)],
                items=[item_answer(one) for one in _of(about, Item)],
                party_memberships=[
                    SpanAnswer(**_span(one.from_, one.to)) for one in _of(about, PartyMembership)
                ]
                if reach.party
                else None,
            )

        return await views.store.read(show)

    @api.route(
        "GET",
        "/items",
        summary="What was declared",
        description="About people and units; the newest first.",
        tags=["evidence"],
        responses={200: example("A page", {**_AT, "total": 1, "rows": [_ITEM], "next": None})},
    )
    async def items(
        asker: Asker,
        shown: Showing,
        kind: Annotated[str | None, Query(max_length=128)] = None,
        decision: Literal["accepted", "rejected", "pending"] | None = None,
        person: Annotated[str | None, Query(max_length=128)] = None,
        unit: Annotated[str | None, Query(max_length=128)] = None,
        limit: Limit = None,
        cursor: CursorText = None,
        as_of: AsOf = None,
    ) -> Items:
        after = read_cursor(cursor)
        position = await views.position(as_of if after is None else str(after.position))

        def show(connection: Connection) -> Items:
            directory = views.directory(connection, position)
            reach = views.reach(connection, asker)
            rows = [
                item
                for item in views.items(connection, position)
                if _is_seen(item, directory, reach)
                and (kind is None or item.kind == kind)
                and (decision is None or item.decision == decision)
                and (person is None or item.person == person)
                and (unit is None or item.unit == unit)
            ]
            listed = page([row.id for row in rows], rows, after, limit or DEFAULT)
            shown.these((row.person for row in listed.rows if row.person is not None), reach.own)
            return Items(
                **located(connection, position),
                total=len(rows),
                rows=[item_answer(item) for item in listed.rows],
                next=_next(position, listed.after),
            )

        return await views.store.read(show)


def item_answer(item: Item) -> ItemAnswer:
    return ItemAnswer(
        id=item.id,
        kind=item.kind,
        person=item.person,
        unit=item.unit,
        date=item.date.isoformat(),
        title=item.title,
        self_declared=item.self_declared,
        decision=item.decision,
        reason=item.reason,
        value=None if item.value is None else f"{item.value:f}",
    )


def _listed(known: Known, reach: Reach) -> PersonAnswer:
    units = sorted(unit for unit in known.units if reach.unit(unit))
    return PersonAnswer(id=known.person.id, name=known.person.name, units=units)


def _is_seen(item: Item, directory: Directory, reach: Reach) -> bool:
    if item.person is None:
        return reach.unit(item.unit)
    known = directory.people.get(item.person)
    return reach.person(item.person, frozenset() if known is None else known.units)


def _of(about: Iterable[Record], kind: type[R]) -> list[R]:
    return [one for one in about if isinstance(one, kind)]


def _identifier(one: Identifier) -> dict[str, Any]:
    named = {
        "account": None
        if one.account is None
        else {"homePage": one.account.home_page, "name": one.account.name},
        "mbox": one.mbox,
        "mbox_sha1sum": one.mbox_sha1sum,
        "openid": one.openid,
        "from": _day(one.from_),
        "to": _day(one.to),
    }
    return {name: value for name, value in named.items() if value is not None}


def _membership(one: Membership) -> MembershipAnswer:
    return MembershipAnswer(
        unit=one.unit,
        position=one.position,
        category=one.category,
        head=one.head,
        primary=one.primary,
        **_span(one.from_, one.to),
    )


def _competence(one: Competence) -> CompetenceAnswer:
    return CompetenceAnswer(
        framework=one.framework,
        level=one.level,
        date=one.date.isoformat(),
        source=one.source,
        valid_to=_day(one.valid_to),
        verified=one.verified,
    )


def _span(first: date | None, last: date | None) -> dict[str, Any]:
    return {"from": _day(first), "to": _day(last)}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _next(position: int, after: str | None) -> str | None:
    return None if after is None else Cursor(position, None, after).text

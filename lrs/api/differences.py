"""/api/v1/periods/{period}/differences: what differs between two states of a period's results.

By default what the decided appeals changed, ripples included: an appeal of one person moves the
mean of a unit, and that the score of its head. Any two result sets and positions can be compared.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from anyio import to_thread
from fastapi import Query
from pydantic import Field
from sqlalchemy import Connection

from lrs.api.as_of import AsOf
from lrs.api.directory import Directory, Reach
from lrs.api.documents import Answer, example
from lrs.api.route import Api, Asker, Showing, Shown
from lrs.api.views import AskedResultSet, OfPeriod, PeriodId, Views, heading_of
from lrs.lines import Lines
from projections import assessment

Before = Annotated[
    Literal["open", "frozen", "corrected"] | None,
    Query(description="The result set before; without it the period's own"),
]
BeforeAsOf = Annotated[
    str | None,
    Query(description="As as_of, for the state before; without it that of as_of", max_length=64),
]


class DifferenceAnswer(Answer):
    """One value of a result line; null where there is no such value."""

    subject: Literal["person", "unit"]
    id: str
    name: str
    field: Annotated[str, Field(description="A criterion, base, bonus, penalty, final, band, …")]
    before: str | None
    after: str | None


class Differences(Answer):
    """Whom the account may see, people first; their lines value by value."""

    before: OfPeriod
    after: OfPeriod
    differences: list[DifferenceAnswer]


_OF: Final = {
    "period": "KY-2026",
    "result_set": "frozen",
    "position": 120,
    "stored": "2026-12-15T03:00:00.000000Z",
}


def routes(api: Api, views: Views) -> None:
    @api.route(
        "GET",
        "/periods/{period}/differences",
        summary="What differs between two states of the results",
        description="Without parameters on a frozen period: what its appeals have changed.",
        tags=["results"],
        responses={
            200: example(
                "Value by value",
                {
                    "before": _OF,
                    "after": _OF | {"result_set": "corrected"},
                    "differences": [
                        {
                            "subject": "person",
                            "id": "P1",
                            "name": "Nguyễn Văn An",
                            "field": "final",
                            "before": "93.71",
                            "after": "93.92",
                        }
                    ],
                },
            )
        },
    )
    async def differences(
        asker: Asker,
        shown: Showing,
        period: PeriodId,
        result_set: AskedResultSet = None,
        as_of: AsOf = None,
        before: Before = None,
        before_as_of: BeforeAsOf = None,
    ) -> Differences:
        position = await views.position(as_of)
        earlier = position if before_as_of is None else await views.position(before_as_of)

        def compare() -> Differences:
            wanted = result_set
            if wanted is None and before_as_of is None:  # corrected, if there are corrections
                with views.store.storage.read() as connection:
                    wanted = assessment.result_sets(connection, period, position)[-1]
            one = views.lines_of(period, before, earlier, exact=True)
            other = views.lines_of(period, wanted, position, exact=True)
            with views.store.storage.read() as connection:
                reach = views.reach(connection, asker)
                return _answer(connection, views, reach, one, other, shown)

        return await to_thread.run_sync(compare)


def _answer(
    connection: Connection, views: Views, reach: Reach, before: Lines, after: Lines, shown: Shown
) -> Differences:
    then = views.directory(connection, before.register)
    now = views.directory(connection, after.register)
    people = list(_people(reach, then, now, before, after))
    shown.these((one.id for one in people), reach.own)
    return Differences(
        before=OfPeriod(**heading_of(connection, before)),
        after=OfPeriod(**heading_of(connection, after)),
        differences=[
            *people,
            *_units(reach, then, now, before, after),
        ],
    )


def _people(
    reach: Reach, then: Directory, now: Directory, before: Lines, after: Lines
) -> Iterator[DifferenceAnswer]:
    known = {**then.people, **now.people}
    for id_ in sorted(known, key=lambda id_: known[id_].order):
        one, other = before.people.get(id_), after.people.get(id_)
        there = [line for line in (one, other) if line is not None]
        if any(reach.person(id_, line.units) for line in there):
            yield from _changes(
                "person",
                id_,
                known[id_].person.name,
                {} if one is None else one.values,
                {} if other is None else other.values,
            )


def _units(
    reach: Reach, then: Directory, now: Directory, before: Lines, after: Lines
) -> Iterator[DifferenceAnswer]:
    known = {**then.units, **now.units}
    for id_ in sorted({**before.units, **after.units}):
        one, other = before.units.get(id_), after.units.get(id_)
        if reach.unit(id_):
            yield from _changes(
                "unit",
                id_,
                known[id_].vi,
                {} if one is None else one.values,
                {} if other is None else other.values,
            )


def _changes(
    subject: Literal["person", "unit"],
    id_: str,
    name: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> Iterator[DifferenceAnswer]:
    for field in {**before, **after}:
        old, new = before.get(field), after.get(field)
        if old != new:
            yield DifferenceAnswer(
                subject=subject, id=id_, name=name, field=field, before=old, after=new
            )

"""/api/v1/evidence: what waits for somebody, with how much it holds back.

An identifier that is nobody's belongs to no unit, so the queues are for those who see everything;
for others they do not exist.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

from fastapi import Query
from pydantic import Field
from sqlalchemy import Connection

from lrs.api.as_of import AsOf, Located, located
from lrs.api.documents import Answer, example
from lrs.api.paging import DEFAULT, Cursor, CursorText, Limit, page, read_cursor
from lrs.api.route import Api, Asker, nothing_there
from lrs.api.views import Views
from lrs.auth.accounts import Account
from lrs.kept import Kept
from lrs.lines import last_change
from lrs.queues import (
    activity_of,
    held_back,
    identifier_of,
    whole_actors,
    whole_courses,
    with_latest_statements,
)
from projections.assessment import UnmappedCourse, UnresolvedActor

R = TypeVar("R", UnresolvedActor, UnmappedCourse)


class UnresolvedActorAnswer(Answer):
    """An identifier that is nobody's, as the latest statement has it, and what it holds back."""

    identifier: dict[str, Any]
    name: Annotated[str | None, Field(description="As the statement says it; it decides nothing")]
    statements: int
    first: Annotated[str, Field(description="The earliest moment of the statements")]
    last: str
    latest: Annotated[int, Field(description="The position of the statement stored last")]


class UnmappedCourseAnswer(Answer):
    """An activity of a platform that is no course, and what it holds back."""

    platform: str
    activity: str
    name: Annotated[dict[str, str] | None, Field(description="By language, as the statement says")]
    statements: int
    first: str
    last: str
    latest: int


class UnresolvedActors(Located):
    """``total`` and ``statements`` count the whole queue."""

    total: int
    statements: int
    rows: list[UnresolvedActorAnswer]
    next: str | None


class UnmappedCourses(Located):
    total: int
    statements: int
    rows: list[UnmappedCourseAnswer]
    next: str | None


_AT: Final = {"position": 120, "stored": "2026-11-30T17:00:00.000000Z"}
_HELD: Final = {
    "statements": 2,
    "first": "2026-05-02T01:00:00.000Z",
    "last": "2026-05-03T01:00:00.000Z",
    "latest": 77,
}
_COUNTS: Final = {"total": 1, "statements": 2}
_ACTOR: Final = {
    "identifier": {"mbox": "mailto:ai.do@example.vn"},
    "name": "Ai Đó",
    **_HELD,
}
_COURSE: Final = {
    "platform": "onetouch",
    "activity": "https://onetouch.example/course/CDS99",
    "name": {"vi": "Chuyển đổi số"},
    **_HELD,
}


def routes(api: Api, views: Views) -> None:
    store = views.store
    actors: Kept[tuple[int, int], list[UnresolvedActor]] = Kept(2)
    courses: Kept[tuple[int, int], list[UnmappedCourse]] = Kept(2)

    def check_reach(connection: Connection, asker: Account, what: str) -> None:
        if not views.reach(connection, asker).everything:
            raise nothing_there(what)

    @api.route(
        "GET",
        "/evidence/unresolved-actors",
        summary="Identifiers that are nobody's",
        description="Linking one to a person counts at once what it holds back.",
        tags=["evidence"],
        responses={200: example("A page", {**_AT, **_COUNTS, "rows": [_ACTOR], "next": None})},
    )
    async def unresolved_actors(
        asker: Asker, limit: Limit = None, cursor: CursorText = None, as_of: AsOf = None
    ) -> UnresolvedActors:
        after = read_cursor(cursor)
        position = await views.position(as_of if after is None else str(after.position))

        def show(connection: Connection) -> UnresolvedActors:
            check_reach(connection, asker, "unresolved-actors")
            queue = _whole(actors, connection, position, whole_actors)
            ids = [row.identity.hex() for row in queue]
            shown = page(ids, queue, after, limit or DEFAULT)
            answered = with_latest_statements(store, connection, shown.rows)
            return UnresolvedActors(
                **located(connection, position),
                total=len(queue),
                statements=sum(row.statements for row in queue),
                rows=[
                    UnresolvedActorAnswer(**identifier_of(statement), **held_back(row))
                    for row, statement in answered
                ],
                next=_next(position, shown.after),
            )

        return await store.read(show)

    @api.route(
        "GET",
        "/evidence/unmapped-courses",
        summary="Activities that are no course",
        description="Mapping one to a course counts at once what it holds back.",
        tags=["evidence"],
        responses={200: example("A page", {**_AT, **_COUNTS, "rows": [_COURSE], "next": None})},
    )
    async def unmapped_courses(
        asker: Asker,
        platform: Annotated[str | None, Query(max_length=128)] = None,
        limit: Limit = None,
        cursor: CursorText = None,
        as_of: AsOf = None,
    ) -> UnmappedCourses:
        after = read_cursor(cursor)
        position = await views.position(as_of if after is None else str(after.position))

        def show(connection: Connection) -> UnmappedCourses:
            check_reach(connection, asker, "unmapped-courses")
            whole = _whole(courses, connection, position, whole_courses)
            queue = [row for row in whole if platform in (None, row.platform)]
            ids = [f"{row.platform}/{row.activity.hex()}" for row in queue]
            shown = page(ids, queue, after, limit or DEFAULT)
            answered = with_latest_statements(store, connection, shown.rows)
            return UnmappedCourses(
                **located(connection, position),
                total=len(queue),
                statements=sum(row.statements for row in queue),
                rows=[
                    UnmappedCourseAnswer(
                        platform=row.platform, **activity_of(statement), **held_back(row)
                    )
                    for row, statement in answered
                ],
                next=_next(position, shown.after),
            )

        return await store.read(show)


def _whole(
    kept: Kept[tuple[int, int], list[R]],
    connection: Connection,
    position: int,
    read: Callable[[Connection, int], list[R]],
) -> list[R]:
    """A whole queue; what was read is kept until something is recorded that may change it."""
    state = last_change(connection, position)
    queue = kept.get(state)
    if queue is None:
        queue = read(connection, position)
        kept.put(state, queue)
    return queue


def _next(position: int, after: str | None) -> str | None:
    return None if after is None else Cursor(position, None, after).text

"""/api/v1/people/{person}/readings and /api/v1/readings: who read whose record, when, what for.

The person sees by whom and how, and not who else was on the same list. What an auditor reads here
is a reading itself, except about the auditor's own record.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import Query
from pydantic import Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from lrs.api.as_of import AsOf, Located, located
from lrs.api.directory import Known, Reach
from lrs.api.documents import Answer, also_csv
from lrs.api.paging import (
    DEFAULT,
    Cursor,
    CursorText,
    DecimalMark,
    Format,
    Limit,
    csv_answer,
    read_cursor,
    wants_csv,
)
from lrs.api.route import Api, Asker, Showing, nothing_there
from lrs.api.views import PersonId, Views
from lrs.auth.accounts import Account, sign_in_name
from lrs.errors import InvalidRequest
from lrs.store_time import iso_time
from lrs.xapi.endpoint import language_of
from projections import readings
from projections.accounts import TABLES, account_id, find
from projections.readings import Found
from schemas.problems import Problem
from schemas.readings import RecordRead, read_of
from schemas.rules import Language

NAMED: Final = 20
"""People of one reading whom a list of readings names; all are counted."""

AskedAccount = Annotated[
    str | None, Query(alias="account", description="Only by this account", max_length=256)
]


class ReadingAnswer(Answer):
    """``account`` read in ``roles``, or ``user`` of the store's machine did by a command."""

    position: Annotated[int, Field(description="Where the log says so", ge=1)]
    stored: str
    account: str | None
    roles: list[str]
    user: str | None
    route: Annotated[str, Field(description="The method and path below /api/v1, or the command")]
    asked: Annotated[dict[str, str], Field(description="Parameters, but for parts of names")]
    format: str
    purpose: str | None
    count: Annotated[int, Field(description="Whose records it showed")]


class ReadingOfPeople(ReadingAnswer):
    people: Annotated[list[str], Field(description=f"Their ids; the first {NAMED}")]


class OnesReadings(Located):
    person: str
    total: int
    rows: list[ReadingAnswer]
    next: Annotated[str | None, Field(description="The cursor of the next page")]


class Readings(Located):
    total: int
    rows: list[ReadingOfPeople]
    next: Annotated[str | None, Field(description="The cursor of the next page")]


_AT: Final = {"position": 120, "stored": "2026-11-30T17:00:00.000000Z"}
_READING: Final = {
    "position": 118,
    "stored": "2026-11-30T16:30:00.000000Z",
    "account": "thamdinh",
    "roles": ["evaluator"],
    "user": None,
    "route": "GET /periods/{period}/results/people/{person}",
    "asked": {"period": "KY-2026", "person": "P1"},
    "format": "json",
    "purpose": "Thẩm định quý IV",
    "count": 1,
}
HEADINGS: Final[Mapping[str, Mapping[Language, str]]] = {
    "position": {"vi": "Vị trí", "en": "Position"},
    "stored": {"vi": "Thời điểm", "en": "Time"},
    "account": {"vi": "Tài khoản", "en": "Account"},
    "roles": {"vi": "Vai trò", "en": "Roles"},
    "user": {"vi": "Người dùng máy chủ", "en": "Machine user"},
    "route": {"vi": "Đã đọc", "en": "Read"},
    "asked": {"vi": "Tham số", "en": "Parameters"},
    "format": {"vi": "Dạng", "en": "Format"},
    "purpose": {"vi": "Mục đích", "en": "Purpose"},
    "count": {"vi": "Số người", "en": "People"},
    "people": {"vi": "Hồ sơ của", "en": "Records of"},
}


class _Page(NamedTuple):
    rows: Sequence[tuple[int, str, RecordRead]]
    total: int
    next: str | None


def routes(api: Api, views: Views) -> None:
    store = views.store

    async def position_of(as_of: str | None, after: Cursor | None) -> int:
        position = await views.position(as_of if after is None else str(after.position))
        return min(position, await store.caught_up(readings.NAME))

    def page_of(connection: Connection, found: Found, position: int, limit: int | None) -> _Page:
        """The readings of a page, for which one more than fit were looked for."""
        shown = found.positions if limit is None else found.positions[:limit]
        entries = store.log.entries(connection, shown)
        goes_on = len(found.positions) > len(shown)
        return _Page(
            [(entry.position, iso_time(entry.stored), read_of(entry)) for entry in entries],
            found.total,
            Cursor(position, None, str(shown[-1])).text if goes_on else None,
        )

    @api.route(
        "GET",
        "/people/{person}/readings",
        summary="Who read a person's record",
        description="The latest first; for the person and for auditors. CSV as of other lists.",
        tags=["readings"],
        response_model=OnesReadings,
        responses={
            200: also_csv(
                "A page",
                {**_AT, "person": "P1", "total": 1, "rows": [_READING], "next": None},
            )
        },
    )
    async def readings_of_a_person(
        request: Request,
        asker: Asker,
        shown: Showing,
        person: PersonId,
        as_of: AsOf = None,
        limit: Limit = None,
        cursor: CursorText = None,
        format_: Format = None,
        decimal: DecimalMark = "point",
    ) -> Any:
        after = read_cursor(cursor)
        position = await position_of(as_of, after)
        as_csv = wants_csv(request, format_)
        language = language_of(request.headers.get("accept-language"))
        most = DEFAULT if limit is None and not as_csv else limit

        def show(connection: Connection) -> Any:
            reach = views.reach(connection, asker)
            directory = views.directory(connection, position)
            known = directory.people.get(person)
            if not _may_read(asker, reach, person, known):
                raise nothing_there(person)
            found = readings.of_people(
                connection,
                directory.counted_with(person),
                position,
                before=_before(after),
                limit=None if most is None else most + 1,
            )
            if known is None and not found.total and person != reach.own:
                raise nothing_there(person)
            shown.these([person], reach.own, as_csv=as_csv)
            page = page_of(connection, found, position, most)
            rows = [ReadingAnswer(**_said(*row)) for row in page.rows]
            at = located(connection, position)
            if as_csv:
                return _csv(f"readings-{person}", at, rows, page.next, decimal, language)
            return OnesReadings(**at, person=person, total=page.total, rows=rows, next=page.next)

        return await store.read(show)

    @api.route(
        "GET",
        "/readings",
        summary="Who read whose record",
        description="The latest first; for auditors of everything. CSV as of other lists.",
        tags=["readings"],
        response_model=Readings,
        responses={
            200: also_csv(
                "A page",
                {**_AT, "total": 1, "rows": [{**_READING, "people": ["P1"]}], "next": None},
            )
        },
    )
    async def all_readings(
        request: Request,
        asker: Asker,
        shown: Showing,
        account: AskedAccount = None,
        as_of: AsOf = None,
        limit: Limit = None,
        cursor: CursorText = None,
        format_: Format = None,
        decimal: DecimalMark = "point",
    ) -> Any:
        after = read_cursor(cursor)
        reader = None if account is None else _account_id(account)
        position = await position_of(as_of, after)
        as_csv = wants_csv(request, format_)
        language = language_of(request.headers.get("accept-language"))
        most = DEFAULT if limit is None and not as_csv else limit

        def show(connection: Connection) -> Any:
            reach = views.reach(connection, asker)
            if not reach.everything:
                raise nothing_there("readings")
            if reader is not None and find(connection, TABLES, reader) is None:
                raise nothing_there(str(account))
            found = readings.of_reader(
                connection,
                reader,
                position,
                before=_before(after),
                limit=None if most is None else most + 1,
            )
            page = page_of(connection, found, position, most)
            rows = [
                ReadingOfPeople(**_said(*row), people=list(row[2].people[:NAMED]))
                for row in page.rows
            ]
            shown.these(chain.from_iterable(row.people for row in rows), reach.own, as_csv=as_csv)
            at = located(connection, position)
            if as_csv:
                return _csv("readings", at, rows, page.next, decimal, language)
            return Readings(**at, total=page.total, rows=rows, next=page.next)

        return await store.read(show)


def _may_read(asker: Account, reach: Reach, person: str, known: Known | None) -> bool:
    """Whether the account may see who read the person's record; ``known`` is None for one who is
    not in the register, or no longer.
    """
    if person == reach.own:
        return True
    if "auditor" not in asker.roles:
        return False
    return reach.everything if known is None else reach.person(person, known.units)


def _account_id(name: str) -> bytes:
    try:
        return account_id(sign_in_name(name))
    except ValueError:
        raise InvalidRequest(Problem("", "value-unfit", name, {"name": "account"})) from None


def _before(after: Cursor | None) -> int | None:
    if after is None:
        return None
    try:
        return int(after.after)
    except ValueError:
        raise InvalidRequest(Problem("", "cursor-unreadable", after.after)) from None


def _said(position: int, stored: str, read: RecordRead) -> dict[str, Any]:
    return {
        "position": position,
        "stored": stored,
        "account": read.account,
        "roles": list(read.roles),
        "user": read.user,
        "route": read.route,
        "asked": read.asked,
        "format": read.format,
        "purpose": read.purpose,
        "count": len(read.people),
    }


def _csv(
    name: str,
    at: Mapping[str, Any],
    rows: Sequence[ReadingAnswer],
    after: str | None,
    mark: Literal["point", "comma"],
    language: Language,
) -> Response:
    """The rows as a file. What JSON says of a page is in its headers."""
    fields = ReadingOfPeople.model_fields if name == "readings" else ReadingAnswer.model_fields
    headers = {
        "X-Hocba-Position": str(at["position"]),
        **({} if at["stored"] is None else {"X-Hocba-Stored": at["stored"]}),
        **({} if after is None else {"X-Hocba-Next": after}),
    }
    return csv_answer(
        f"{name}-{at['position']}",
        {field: HEADINGS[field][language] for field in fields},
        map(_cells, rows),
        numbers=(),
        mark=mark,
        headers=headers,
    )


def _cells(row: ReadingAnswer) -> dict[str, Any]:
    said = row.model_dump()
    for name in ("roles", "people"):
        said[name] = " ".join(said.get(name, ()))
    said["asked"] = " ".join(f"{name}={value}" for name, value in row.asked.items())
    return said

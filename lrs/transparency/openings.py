"""/log/opening: what was recorded, with the salt that shows it, for those who may read it.

An xAPI credential may open the statements it sent, or all statements with a scope to read all. Of
accounts only an auditor's may, one for the whole store; as this shows somebody's record to another,
it is recorded like every such reading.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from lrs.api.access import Access
from lrs.api.route import admit, asker_of, record_reading, shown_of
from lrs.audit.openings import ContentDamaged, Opening, openings
from lrs.errors import NotFound, NotPermitted, Unavailable
from lrs.store import Store
from lrs.transparency.proofs import asked_position
from projections import assessment
from projections.assessment.views import holders
from schemas.documents import read_deleted, read_stored
from schemas.events import STATEMENT_KINDS, Kind, LogEntry
from schemas.problems import Problem
from schemas.readings import read_of
from schemas.register import RECORDED, identity_key, record_of

READ_ALL: Final = frozenset(("all", "all/read"))
AUDITOR: Final = Access(frozenset(("auditor",)), shows="people")
NO_STORE: Final = {"Cache-Control": "no-store"}
ROUTE: Final = "GET /log/opening"


class Opened(NamedTuple):
    """An event, opened, and the people of the register whom it tells of."""

    opening: Opening
    entry: LogEntry
    people: frozenset[str]


async def opening(store: Store, request: Request, parameters: Mapping[str, str]) -> Response:
    """The salt and the body of one event, with its entry; or that they were destroyed."""
    authorization = request.headers.get("authorization", "")
    if authorization.lower().startswith("basic "):
        credential = store.credentials.authenticate(authorization)
        store.rates.take(credential.id)
        opened = await _open(store, parameters)
        is_statement = opened.entry.kind in STATEMENT_KINDS
        may_read = credential.may(READ_ALL) or opened.entry.credential == credential.id
        if not (is_statement and may_read):
            raise NotPermitted(Problem("", "opening-not-permitted", sorted(credential.scopes)))
    else:
        await admit(store, request, AUDITOR)
        account = asker_of(request)
        if account.units is not None:
            raise NotPermitted(Problem("", "opening-whole-store", sorted(account.units)))
        purpose = request.headers.get("x-purpose")
        shown = await shown_of(request, parameters.get("purpose"), purpose)
        await store.caught_up(assessment.NAME)  # which says whose record it is
        opened = await _open(store, parameters)
        shown.these(opened.people, account.person)
        await record_reading(store, request, AUDITOR, ROUTE)
    text = orjson.dumps(opened.opening.plain())
    return Response(text, headers=NO_STORE, media_type="application/json")


async def _open(store: Store, parameters: Mapping[str, str]) -> Opened:
    position = await asked_position(store, parameters)
    try:
        opened = await store.read(opened_at, store, position)
    except ContentDamaged as damaged:
        what = f"event {damaged.position}"
        raise Unavailable(Problem("", "log-damaged", what)) from None
    if opened is None:
        raise NotFound(Problem("", "event-unknown", position))
    return opened


def opened_at(connection: Connection, store: Store, position: int) -> Opened | None:
    """The event there, and whom it tells of; None past the end of the log."""
    found = next(openings(store.log, connection, position - 1, position), None)
    if found is None:
        return None
    opening, entry = found
    people = () if opening.gone is not None else _people(connection, store, entry)
    return Opened(opening, entry, frozenset(people))


def _people(connection: Connection, store: Store, entry: LogEntry) -> Iterator[str]:
    """Whose record an event is a part of, by the register as the assessment knows it."""
    match entry.kind:
        case kind if kind in RECORDED:
            record = record_of(kind, entry.body)
            named = (record.about_person, getattr(record, "into", None))
            yield from (person for person in named if person is not None)
        case kind if kind in STATEMENT_KINDS:
            yield from _known_as(connection, store, entry.parsed()["actor"])
        case Kind.DOCUMENT_STORED:
            agent = read_stored(entry.body).name.context.agent
            yield from _known_as(connection, store, agent)
        case Kind.DOCUMENT_DELETED:
            yield from _known_as(connection, store, read_deleted(entry.body).context.agent)
        case Kind.RECORD_READ:
            yield from read_of(entry).people
        case Kind.ACCOUNT_OPENED | Kind.ACCOUNT_CHANGED:
            person = entry.parsed().get("person")
            if person is not None:
                yield person


def _known_as(connection: Connection, store: Store, agent: Any) -> Iterator[str]:
    """The people whose identifier an agent has, or had."""
    key = None if agent is None else identity_key(agent)
    if key is not None:
        as_of = store.log.tracked(connection, assessment.NAME)
        yield from (held.person for held in holders(connection, key, as_of))

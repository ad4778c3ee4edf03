"""The statement resource: store, look up, query (xAPI-Communication 2.1)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson
from anyio import to_thread
from sqlalchemy import Connection
from starlette.responses import Response

from lrs.auth.credentials import Credential
from lrs.errors import BodyTooLarge, Conflict, InvalidRequest, NotFound, NotPermitted
from lrs.log.recorder import Appended, Attachment, Head, StreamConflict, present
from lrs.privacy.subjects import of_statement
from lrs.random_ids import random_uuid
from lrs.store import Store
from lrs.store_time import http_date, iso_time
from lrs.transparency.receipts import HEADER, positions_text
from lrs.xapi import query
from lrs.xapi.formats import Reading, accepted_languages, activity_ids, statement_text
from lrs.xapi.multipart import (
    announces_attachments,
    attachments_of,
    check_attachments,
    media_type_of,
    multipart_body,
    read_parts,
)
from lrs.xapi.request import CONSISTENT_THROUGH, Operation, Resource, XapiRequest
from lrs.xapi.signatures import signature_problems
from projections import activities, statement_index, statement_query
from schemas import json_text
from schemas.comparison import content_hash
from schemas.events import Kind, LogEntry, NewEvent
from schemas.facets import MOST_NAMES, is_voiding, too_many_names
from schemas.formats import is_uuid
from schemas.problems import Problem
from schemas.statement import check_statement

POSITIONS = HEADER.lower().encode()
LARGE_BODY = 65_536  # bytes; a larger one is checked beside the event loop
READ = frozenset(("all", "all/read", "statements/read", "statements/read/mine"))
READ_ALL = frozenset(("all", "all/read", "statements/read"))
WRITE = frozenset(("all", "statements/write"))
FILTERS = frozenset(
    (
        "agent",
        "verb",
        "activity",
        "registration",
        "related_activities",
        "related_agents",
        "since",
        "until",
        "limit",
        "ascending",
    )
)


@dataclass(frozen=True, slots=True)
class Received:
    """Statements of one request, checked: their text as it came, and their values."""

    events: Sequence[NewEvent]
    ids: Sequence[str]
    attachments: Sequence[Attachment]


async def post(request: XapiRequest) -> Response:
    """Store one statement or a batch, all or none; answers their ids in the order sent."""
    received = await _receive(request, None)
    appended = await _append(request, received)
    response = Response(orjson.dumps(received.ids), media_type="application/json")
    return _with_positions(response, appended)


async def put(request: XapiRequest) -> Response:
    """Store one statement under the id given."""
    statement_id = _uuid_parameter(request, "statementId")
    received = await _receive(request, statement_id)
    return _with_positions(Response(status_code=204), await _append(request, received))


def _with_positions(response: Response, appended: Appended | None) -> Response:
    """Tell where in the log the statements are, in the order sent."""
    if appended is not None and (positions := positions_text(appended.positions)):
        response.raw_headers.append((POSITIONS, positions.encode()))
    return response


async def _receive(request: XapiRequest, put_id: str | None) -> Received:
    most = request.store.settings.max_batch_statements
    if len(request.body) > LARGE_BODY:
        return await to_thread.run_sync(partial(receive, request, put_id, most))
    return receive(request, put_id, most)


def receive(request: XapiRequest, put_id: str | None = None, most: int | None = None) -> Received:
    """Check everything a request to store statements holds, ``most`` of them if that is given.

    Raises InvalidRequest with every problem found, InvalidJson for text that is not JSON,
    BodyTooLarge for too many statements.
    """
    content_type = request.headers.get("content-type", "")
    media_type = media_type_of(content_type)
    if media_type == "application/json":
        text, parts = request.body, []
    elif media_type == "multipart/mixed":
        first, *parts = read_parts(request.body, content_type)
        first_type = first.headers.get("content-type")
        if media_type_of(first_type or "") != "application/json":
            raise InvalidRequest(Problem("", "first-part-not-json", first_type))
        text = first.content
    else:
        raise InvalidRequest(Problem("", "statements-content-type", content_type))
    value, items = json_text.parse_items(text)
    if items is not None:
        if most is not None and len(value) > most:
            raise BodyTooLarge(Problem("", "batch-too-large", len(value), {"limit": most}))
        if put_id is not None:
            raise InvalidRequest(Problem("", "put-takes-one", len(value)))
        texts = items
        values, pointers = value, [f"/{number}" for number in range(len(value))]
    else:
        texts, values, pointers = [text.strip()], [value], [""]
    problems: list[Problem] = []
    for at, statement in zip(pointers, values, strict=True):
        problems += check_statement(statement, request.version, at)
    if problems:
        raise InvalidRequest(*problems)
    _check_names(pointers, values, texts)
    attachments: list[Attachment] = []
    if parts or any(announces_attachments(value) for value in values):
        attachments = _check_attached(pointers, values, texts, parts)
    return _as_events(request, put_id, pointers, values, texts, attachments)


def _check_names(
    pointers: Sequence[str], values: Sequence[dict[str, Any]], texts: Sequence[bytes]
) -> None:
    problems: list[Problem] = []
    for at, value, text in zip(pointers, values, texts, strict=True):
        problems += names_problems(at, value, text)
    if problems:
        raise BodyTooLarge(*problems)


def names_problems(at: str, statement: dict[str, Any], text: bytes) -> list[Problem]:
    """That a valid statement names too many agents and activities, if it does."""
    names = too_many_names(statement, text)
    return [Problem(at, "statement-too-many-names", names, {"limit": MOST_NAMES})] if names else []


def _check_attached(
    pointers: Sequence[str],
    values: Sequence[dict[str, Any]],
    texts: Sequence[bytes],
    parts: Sequence[Any],
) -> list[Attachment]:
    content = check_attachments(zip(pointers, values, strict=True), parts)
    problems: list[Problem] = []
    for at, statement, text in zip(pointers, values, texts, strict=True):
        problems += signature_problems(at, attachments_of(statement), statement, text, content)
    if problems:
        raise InvalidRequest(*problems)
    subjects: dict[str, set[bytes]] = {}
    for statement in values:
        for _, attachment in attachments_of(statement):
            subjects.setdefault(attachment["sha2"].lower(), set()).add(of_statement(statement))
    return [Attachment(sha2, data, sorted(subjects[sha2])) for sha2, data in content.items()]


def _as_events(
    request: XapiRequest,
    put_id: str | None,
    pointers: Sequence[str],
    values: Sequence[dict[str, Any]],
    texts: Sequence[bytes],
    attachments: list[Attachment],
) -> Received:
    kind = Kind.STATEMENT_1_0 if request.version == "1.0" else Kind.STATEMENT_2_0
    credential = request.asker.id
    events, ids = [], []
    seen: dict[bytes, str] = {}
    problems: list[Problem] = []
    for at, value, text in zip(pointers, values, texts, strict=True):
        statement_id = value.get("id")
        if put_id is not None:
            if statement_id is not None and statement_id.lower() != put_id.lower():
                problems.append(
                    Problem("/id", "statement-id-mismatch", statement_id, {"expected": put_id})
                )
            statement_id = statement_id or put_id
        if statement_id is None:
            stream_id = random_uuid()
            statement_id = str(UUID(bytes=stream_id))
        else:
            stream_id = bytes.fromhex(statement_id.replace("-", ""))
        if stream_id in seen:
            facts = {"first": seen[stream_id]}
            problems.append(Problem(f"{at}/id", "batch-repeats-id", statement_id, facts))
        seen[stream_id] = at
        ids.append(statement_id)
        events.append(
            NewEvent(
                kind,
                stream_id,
                text,
                credential,
                1,
                content_hash(value, text),
                value,
                of_statement(value),
            )
        )
    if problems:
        raise InvalidRequest(*problems)
    return Received(events, ids, attachments)


async def _append(request: XapiRequest, received: Received) -> Appended | None:
    store = request.store
    if not received.events:
        return None
    if voiding := restricted_voiding(request.asker, received):
        await store.read(check_may_void, request.asker, voiding)
    try:
        appended = await store.writer.append_async(received.events, received.attachments)
    except StreamConflict as conflict:
        raise Conflict(
            *(
                Problem("", "statement-conflict", str(UUID(bytes=stream)))
                for stream, _ in conflict.streams
            )
        ) from conflict
    store.saw(appended.head)
    return appended


def restricted_voiding(asker: Credential, received: Received) -> list[dict[str, Any]]:
    """The statements that void, where the credential may not void everybody's."""
    if "all" in asker.scopes:
        return []
    return [event.value for event in received.events if is_voiding(event.value)]


def check_may_void(
    connection: Connection, asker: Credential, voiding: Sequence[dict[str, Any]]
) -> None:
    """A statement takes its voiding from whoever wrote it, or from scope ``all``.

    Raises NotPermitted.
    """
    for statement in voiding:
        target = bytes.fromhex(statement["object"]["id"].replace("-", ""))
        found = statement_query.locate(connection, statement_index.TABLES, target)
        if found is not None and found.credential != asker.id:
            raise NotPermitted(Problem("", "void-not-permitted", statement["object"]["id"]))


async def get(request: XapiRequest) -> Response:
    """One statement by its id, or those that meet a filter."""
    parameters = request.parameters
    query.check_combination(parameters, FILTERS)
    if "statementId" in parameters or "voidedStatementId" in parameters:
        return await _get_one(request)
    return await answer_query(request, query.read_query(request), query.read_shape(request))


async def get_more(request: XapiRequest) -> Response:
    """The next page of an earlier query."""
    most = request.store.settings.statements_page_max
    asked, shape = query.read_more(request.parameters["query"], most)
    return await answer_query(request, asked, shape)


async def _get_one(request: XapiRequest) -> Response:
    store = request.store
    shape = query.read_shape(request)
    voided = "voidedStatementId" in request.parameters
    statement_id = _uuid_parameter(request, "voidedStatementId" if voided else "statementId")
    stream_id = bytes.fromhex(statement_id.replace("-", ""))
    mine = None if request.asker.scopes & READ_ALL else request.asker.id
    head, entry = await store.read(_one, store, stream_id, voided, mine)
    store.saw(head)
    through = _consistent_through(head)
    if entry is None:
        rule = "no-such-voided-statement" if voided else "no-such-statement"
        raise NotFound(Problem("", rule, statement_id), headers=through)
    [text], contents = await _texts(request, [entry], shape)
    headers = {**through, "Last-Modified": http_date(entry.stored)}
    if shape.attachments:
        return _multipart(text, contents, headers)
    return Response(text, media_type="application/json", headers=headers)


def _one(
    connection: Connection, store: Store, stream_id: bytes, voided: bool, mine: bytes | None
) -> tuple[Head, LogEntry | None]:
    head = store.log.head_of(connection)
    found = statement_query.locate(connection, statement_index.TABLES, stream_id)
    if found is None or found.voided != voided or (mine is not None and found.credential != mine):
        return head, None
    [entry] = store.log.entries(connection, [found.position])
    return head, None if entry.erased else entry


async def answer_query(
    request: XapiRequest, asked: statement_query.Query, shape: query.Shape
) -> Response:
    store = request.store
    restricted = query.restrict(asked, request.asker, READ_ALL)
    head, entries, last_position = await store.read(_page, store, restricted)
    store.saw(head)
    texts, contents = await _texts(request, entries, shape)
    link = ""
    if last_position is not None:
        token = query.more_token(asked, shape, after=last_position)
        link = f"/xapi/statements/more?query={quote(token, safe='')}"
    body = b'{"statements":[%s],"more":%s}' % (b",".join(texts), orjson.dumps(link))
    last = max((entry.stored for entry in entries), default=None)
    headers = _consistent_through(head)
    if last is not None:
        headers["Last-Modified"] = http_date(last)
    if shape.attachments:
        return _multipart(body, contents, headers)
    return Response(body, media_type="application/json", headers=headers)


def _consistent_through(head: Head) -> dict[str, str]:
    """As of the state that was read: the log may have gone on since."""
    return {CONSISTENT_THROUGH: iso_time(head.stored)}


def _page(
    connection: Connection, store: Store, asked: statement_query.Query
) -> tuple[Head, list[LogEntry], int | None]:
    """A page, full unless nothing is left, and the position it ends at if others come after it."""
    head = store.log.head_of(connection)
    entries: list[LogEntry] = []
    while True:
        wanted = replace(asked, limit=asked.limit - len(entries))
        page = statement_query.find(connection, statement_index.TABLES, wanted)
        entries += present(store.log.entries(connection, page.positions))
        if not page.more:
            return head, entries, None
        if len(entries) == asked.limit:
            return head, entries, page.positions[-1]
        asked = replace(asked, after=page.positions[-1])  # some of the page were erased


async def _texts(
    request: XapiRequest, entries: Sequence[LogEntry], shape: query.Shape
) -> tuple[list[bytes], list[tuple[str, str, bytes]]]:
    """The statements as the shape asks, and their attachments when it asks for those."""
    store = request.store
    definitions = None
    if shape.format == "canonical":
        wanted = {activity for entry in entries for activity in activity_ids(entry.parsed())}
        await store.caught_up(activities.NAME)
        definitions = await store.read(activities.texts, activities.TABLES, wanted)
    reading = Reading(
        store.credentials.authority_text,
        request.version == "2.0",
        shape.format,
        definitions,
        accepted_languages(request.headers.get("accept-language")),
    )
    texts = [statement_text(entry, reading) for entry in entries]
    contents: list[tuple[str, str, bytes]] = []
    if shape.attachments:
        announced: dict[str, dict[str, Any]] = {}
        for entry in entries:
            for _, attachment in attachments_of(entry.parsed()):
                announced.setdefault(attachment["sha2"].lower(), attachment)
        found = await store.read(store.log.attachments, list(announced))
        contents = [
            (attachment["sha2"], attachment["contentType"], found[sha2])
            for sha2, attachment in announced.items()
            if sha2 in found
        ]
    return texts, contents


def _multipart(
    statements: bytes, contents: Sequence[tuple[str, str, bytes]], headers: dict[str, str]
) -> Response:
    boundary = f"hocba-{os.urandom(16).hex()}"
    return Response(
        multipart_body(boundary, statements, contents),
        headers={**headers, "Content-Type": f"multipart/mixed; boundary={boundary}"},
    )


def _uuid_parameter(request: XapiRequest, name: str) -> str:
    value = request.parameters[name]
    if not is_uuid(value):
        raise InvalidRequest(Problem("", "parameter-uuid", value, {"parameter": name}))
    return value


RESOURCES: dict[str, Resource] = {
    "/statements": {
        "POST": Operation(post, WRITE),
        "PUT": Operation(put, WRITE, required=frozenset(("statementId",))),
        "GET": Operation(
            get,
            READ,
            optional=FILTERS
            | frozenset(("statementId", "voidedStatementId", "format", "attachments")),
        ),
    },
    "/statements/more": {"GET": Operation(get_more, READ, required=frozenset(("query",)))},
}

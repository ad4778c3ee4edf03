"""What the three document resources share (xAPI-Communication 2.2, 3.1).

A change is decided on the document as it is and appended with the version after that one. If
another change came between, the log refuses it, and it is decided again on what is there now: so
If-Match and If-None-Match hold exactly, however many clients write at once, and nothing is ever
locked.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import Connection
from starlette.responses import Response

from lrs.errors import Conflict, InvalidRequest, NotFound, PreconditionFailed, Unavailable
from lrs.log.recorder import StreamConflict
from lrs.privacy.subjects import of_agent
from lrs.store_time import http_date
from lrs.xapi.activities import read_activity_id
from lrs.xapi.agents import read_agent
from lrs.xapi.request import VERSION_HEADER, Operation, XapiRequest
from lrs.xapi.request import Resource as Operations
from projections import documents
from projections.documents import TABLES, Document, Listed, etag_of
from schemas import json_text
from schemas.documents import (
    Context,
    DocumentName,
    Resource,
    StoredDocument,
    read_stored,
    write_deleted,
    write_stored,
)
from schemas.events import Category, Kind, NewEvent
from schemas.formats import is_timestamp, is_uuid, parse_timestamp
from schemas.json_text import InvalidJson
from schemas.problems import Problem
from schemas.raw_json import join_members, members

ATTEMPTS = 100
"""How often a change is decided anew; each time some other change to the document succeeded."""

EVENTS_AT_ONCE = 1000  # deletions in one append; no context of a real activity has as many
ANY_TYPE = "application/octet-stream"  # of content without a type (RFC 9110 section 8.3)
CONTENT_TYPE = re.compile(r"[\t\x20-\x7e\xa0-\xff]+")
ENTITY_TAG = re.compile(r'(?P<weak>W/)?"(?P<quoted>[^"]*)"|(?P<bare>[^\s,"]+)')
BEFORE_1_0_3 = ("1.0", "1.0.0", "1.0.1", "1.0.2")
SAFE_TO_SHOW = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
"""A document is a client's: a browser that opens one must run nothing in it."""

Decision = Callable[[Document], NewEvent | None]


@dataclass(frozen=True, slots=True)
class DocumentResource:
    """One of the three. ``context`` names the parameters that say what its documents are about,
    ``refinements`` those that may narrow it; with ``deletes_all`` a DELETE needs no id."""

    resource: Resource
    scope: str
    id_parameter: str
    context: frozenset[str]
    refinements: frozenset[str] = frozenset()
    deletes_all: bool = False

    def operations(self) -> Operations:
        readers, writers = (
            frozenset(("all", "all/read", self.scope)),
            frozenset(("all", self.scope)),
        )
        one = self.context | {self.id_parameter}
        deleted = (self.context, self.refinements | {self.id_parameter})
        return {
            "GET": Operation(
                self.get, readers, self.context, self.refinements | {self.id_parameter, "since"}
            ),
            "PUT": Operation(self.put, writers, one, self.refinements),
            "POST": Operation(self.post, writers, one, self.refinements),
            "DELETE": Operation(
                self.delete, writers, *(deleted if self.deletes_all else (one, self.refinements))
            ),
        }

    async def get(self, asked: XapiRequest) -> Response:
        """One document, exactly as stored; without an id, the ids of those there are."""
        context, since = self.read(asked)
        if self.id_parameter not in asked.parameters:
            found = await asked.store.read(documents.find_all, TABLES, context, since)
            return _ids_response(found)
        name = DocumentName(context, asked.parameters[self.id_parameter])
        document = await asked.store.read(documents.find, TABLES, name)
        if document.deleted:
            raise NotFound(Problem("", "no-such-document", name.document_id))
        return _document_response(asked.headers, document)

    async def put(self, asked: XapiRequest) -> Response:
        """Store the document in place of what there may be."""
        name = self.read_name(asked)
        stored = StoredDocument(name, read_content_type(asked.headers), asked.body)

        def decide(current: Document) -> NewEvent:
            check_preconditions(asked.headers, current)
            if "if-match" not in asked.headers and "if-none-match" not in asked.headers:
                self.check_unconditional(asked, current)
            return _storing(asked, current, stored)

        return _stored_response(await _change(asked, name, decide))

    async def post(self, asked: XapiRequest) -> Response:
        """Set members of a stored JSON object; where nothing is stored, store the document."""
        name = self.read_name(asked)
        posted = StoredDocument(name, read_content_type(asked.headers), asked.body)

        def decide(current: Document) -> NewEvent:
            check_preconditions(asked.headers, current)
            return _storing(asked, current, merge(current, posted))

        return _stored_response(await _change(asked, name, decide))

    async def delete(self, asked: XapiRequest) -> Response:
        """Delete the document if there is one; without an id, every document of the context."""
        if self.id_parameter not in asked.parameters:
            return await self._delete_all(asked)
        name = self.read_name(asked)

        def decide(current: Document) -> NewEvent | None:
            check_preconditions(asked.headers, current)
            return None if current.deleted else _deleting(asked, name, current.version)

        await _change(asked, name, decide)
        return Response(status_code=204)

    async def _delete_all(self, asked: XapiRequest) -> Response:
        context, _ = self.read(asked)
        for _ in range(ATTEMPTS):
            found = await asked.store.read(documents.find_all, TABLES, context)
            _check_etag(asked.headers, etag_of(_ids(found)) if found else None)
            events = [_deleting(asked, listed.name, listed.version) for listed in found]
            try:
                for start in range(0, len(events), EVENTS_AT_ONCE):
                    await _append(asked, events[start : start + EVENTS_AT_ONCE])
            except StreamConflict:
                continue
            return Response(status_code=204)
        raise _contended()

    def read_name(self, asked: XapiRequest) -> DocumentName:
        context, _ = self.read(asked)
        return DocumentName(context, asked.parameters[self.id_parameter])

    def read(self, asked: XapiRequest) -> tuple[Context, int | None]:
        """What the parameters say documents are about, and ``since`` in microseconds.

        Raises InvalidRequest naming every parameter that does not hold.
        """
        given = asked.parameters
        problems: list[Problem] = []
        context = Context(self.resource)
        since = None
        if "activityId" in self.context:
            try:
                context = replace(context, activity_id=read_activity_id(asked))
            except InvalidRequest as refusal:
                problems += refusal.problems
        if "agent" in self.context:
            try:
                context = replace(context, agent=read_agent(asked))
            except InvalidRequest as refusal:
                problems += refusal.problems
        if (registration := given.get("registration")) is not None:
            if is_uuid(registration):
                context = replace(context, registration=registration.lower())
            else:
                facts = {"parameter": "registration"}
                problems.append(Problem("", "parameter-uuid", registration, facts))
        if (moment := given.get("since")) is not None:
            if self.id_parameter in given:
                facts = {"parameter": "since", "id": self.id_parameter}
                problems.append(Problem("", "since-with-id", moment, facts))
            elif is_timestamp(moment, asked.version):
                since = parse_timestamp(moment)
            else:
                problems.append(Problem("", "parameter-timestamp", moment, {"parameter": "since"}))
        if problems:
            raise InvalidRequest(*problems)
        return context, since

    def check_unconditional(self, asked: XapiRequest, current: Document) -> None:
        """Whether a PUT without If-Match and If-None-Match may go on.

        It never overwrites a profile, and under 2.0 no state either. A new profile needs
        If-None-Match from a client of 1.0.3 only: it is told 400 as the conformance tests of that
        version have it, while the clients of 1.0.0 to 1.0.2 there are (tincan for Python) cannot
        send the header.
        """
        if not current.deleted:
            if asked.version == "2.0" or self.resource != "state":
                raise Conflict(Problem("", "document-exists", None, {"etag": current.etag}))
        elif (
            self.resource != "state"
            and asked.version == "1.0"
            and asked.headers[VERSION_HEADER] not in BEFORE_1_0_3
        ):
            raise InvalidRequest(Problem("", "precondition-missing"))


def check_preconditions(headers: Mapping[str, str], current: Document) -> None:
    """Raises PreconditionFailed unless If-Match and If-None-Match hold (RFC 9110 section 13.1)."""
    _check_etag(headers, None if current.deleted else current.etag)


def _check_etag(headers: Mapping[str, str], etag: str | None) -> None:
    """``etag`` is None where there is nothing."""
    wanted = headers.get("if-match")
    if wanted is not None and (etag is None or not names(wanted, etag)):
        if etag is None:
            raise PreconditionFailed(Problem("", "precondition-absent", wanted))
        raise PreconditionFailed(Problem("", "precondition-failed", wanted, {"etag": etag}))
    unwanted = headers.get("if-none-match")
    if unwanted is not None and etag is not None and names(unwanted, etag, weakly=True):
        raise PreconditionFailed(Problem("", "precondition-exists", unwanted, {"etag": etag}))


def names(header: str, etag: str, *, weakly: bool = False) -> bool:
    """Whether a list of entity tags has this one, or is ``*``.

    A tag without its quotes counts: tincanjs sends it so. A weak tag names a document only
    ``weakly``.
    """
    if header.strip() == "*":
        return True
    return any(
        etag == (found["quoted"] if found["bare"] is None else found["bare"])
        and (weakly or not found["weak"])
        for found in ENTITY_TAG.finditer(header)
    )


def read_content_type(headers: Mapping[str, str]) -> str:
    """The Content-Type to keep, byte for byte. Raises InvalidRequest if no header could hold it."""
    content_type = headers.get("content-type", ANY_TYPE)
    if CONTENT_TYPE.fullmatch(content_type) is None:
        raise InvalidRequest(Problem("", "content-type-unreadable", content_type))
    return content_type


def merge(current: Document, posted: StoredDocument) -> StoredDocument:
    """What a POST leaves behind; values are kept as the text they were received as.

    Raises InvalidRequest when there is a document and either is no JSON object, or when what claims
    to be JSON is not an object. Content of any other type can only be the first of its document.
    """
    if is_json(posted.content_type):
        _check_object(posted.content, "posted-not-object")
    if current.deleted:
        return posted
    types = (("posted-not-json", posted.content_type), ("stored-not-json", current.content_type))
    if problems := [Problem("", rule, type_) for rule, type_ in types if not is_json(type_)]:
        raise InvalidRequest(*problems)
    _check_object(current.content, "stored-not-object")
    merged = join_members(members(current.content) | members(posted.content))
    return replace(posted, content_type=current.content_type, content=merged)


def is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _check_object(content: bytes, rule: str) -> None:
    try:
        value = json_text.parse(content)
    except InvalidJson as invalid:
        raise InvalidRequest(Problem("", rule), *invalid.problems) from invalid
    if not isinstance(value, dict):
        raise InvalidRequest(Problem("", rule))


async def _change(asked: XapiRequest, name: DocumentName, decide: Decision) -> NewEvent | None:
    """Append what is decided on the document as it is, and return it; None if that is nothing."""

    def decide_now(connection: Connection) -> NewEvent | None:
        current = documents.find(connection, TABLES, name)
        if not current.version:  # or what it was is forgotten: its stream goes on all the same
            log = asked.store.log
            version = log.last_version(connection, Category.DOCUMENT, name.stream_id)
            current = current._replace(version=version)
        return decide(current)

    for _ in range(ATTEMPTS):
        event = await asked.store.read(decide_now)
        if event is None:
            return None
        try:
            await _append(asked, [event])
        except StreamConflict:
            continue
        return event
    raise _contended()


async def _append(asked: XapiRequest, events: list[NewEvent]) -> None:
    appended = await asked.store.writer.append_async(events)
    asked.store.saw(appended.head)


def _storing(asked: XapiRequest, current: Document, document: StoredDocument) -> NewEvent:
    return NewEvent(
        Kind.DOCUMENT_STORED,
        document.name.stream_id,
        write_stored(document),
        asked.asker.id,
        stream_version=current.version + 1,
        subject=of_agent(document.name.context.agent),
    )


def _deleting(asked: XapiRequest, name: DocumentName, version: int) -> NewEvent:
    return NewEvent(
        Kind.DOCUMENT_DELETED,
        name.stream_id,
        write_deleted(name),
        asked.asker.id,
        stream_version=version + 1,
        subject=of_agent(name.context.agent),
    )


def _contended() -> Unavailable:
    return Unavailable(Problem("", "document-contended"), headers={"Retry-After": "1"})


def _document_response(headers: Mapping[str, str], document: Document) -> Response:
    validators = {
        "ETag": f'"{document.etag}"',
        "Last-Modified": http_date(document.stored),
    }
    known = headers.get("if-none-match")
    if known is not None and names(known, document.etag, weakly=True):
        return Response(status_code=304, headers=validators)
    content_type = {"Content-Type": document.content_type}
    return Response(document.content, headers=validators | content_type | SAFE_TO_SHOW)


def _stored_response(event: NewEvent | None) -> Response:
    headers = {}
    if event is not None:
        headers["ETag"] = f'"{etag_of(read_stored(event.body).content)}"'
    return Response(status_code=204, headers=headers)


def _ids_response(found: Iterable[Listed]) -> Response:
    body = _ids(found)
    headers = {"ETag": f'"{etag_of(body)}"'}
    if (last := max((listed.stored for listed in found), default=None)) is not None:
        headers["Last-Modified"] = http_date(last)
    return Response(body, media_type="application/json", headers=headers)


def _ids(found: Iterable[Listed]) -> bytes:
    """Each id once: without a registration, the states of several can share one."""
    return orjson.dumps(list(dict.fromkeys(listed.name.document_id for listed in found)))

"""Documents as they are now, from the events that say how they became so."""

from collections.abc import Iterator
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, MetaData, create_engine, select

from projections import documents
from projections.documents import METADATA, TABLES
from schemas.documents import (
    Context,
    DocumentName,
    StoredDocument,
    read_deleted,
    read_stored,
    write_deleted,
    write_stored,
)
from schemas.events import NOBODY, Kind, LogEntry

COURSE = "https://lms.bvhttdl.example/courses/an-toan-thong-tin-2026"
OFFICER = {"account": {"homePage": "https://sso.bvhttdl.example", "name": "100045"}}
FIRST_TRY, SECOND_TRY = str(UUID(int=1)), str(UUID(int=2))
STATE = Context("state", COURSE, OFFICER)
BOOKMARK = DocumentName(STATE, "bookmark")


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        yield connection
    engine.dispose()


def entry(position: int, kind: Kind, name: DocumentName, version: int, body: bytes) -> LogEntry:
    stored = position * 1_000_000
    return LogEntry(position, stored, kind, name.stream_id, version, NOBODY, b"", body)


def stored(
    position: int,
    name: DocumentName = BOOKMARK,
    version: int = 1,
    content: bytes = b"page 7",
    content_type: str = "text/plain",
) -> LogEntry:
    body = write_stored(StoredDocument(name, content_type, content))
    return entry(position, Kind.DOCUMENT_STORED, name, version, body)


def deleted(position: int, name: DocumentName = BOOKMARK, version: int = 2) -> LogEntry:
    return entry(position, Kind.DOCUMENT_DELETED, name, version, write_deleted(name))


def ids(
    connection: Connection, context: Context, since: int | None = None
) -> list[tuple[str, str | None]]:
    found = documents.find_all(connection, TABLES, context, since)
    return [(listed.name.document_id, listed.name.context.registration) for listed in found]


def test_a_stored_event_reads_without_this_program() -> None:
    line, content = stored(1, content=b"first\nsecond").body.split(b"\n", 1)
    assert orjson.loads(line) == {
        "resource": "state",
        "activityId": COURSE,
        "agent": OFFICER,
        "documentId": "bookmark",
        "contentType": "text/plain",
    }
    assert content == b"first\nsecond"


@given(
    content=st.binary(),
    document_id=st.text(st.characters(exclude_categories=["Cs"])),
    content_type=st.text(st.characters(max_codepoint=255)),
    registration=st.none() | st.uuids().map(str),
)
def test_events_read_back_as_they_were_written(
    content: bytes, document_id: str, content_type: str, registration: str | None
) -> None:
    context = Context("state", COURSE, OFFICER, registration)
    document = StoredDocument(DocumentName(context, document_id), content_type, content)
    assert read_stored(write_stored(document)) == document
    assert read_deleted(write_deleted(document.name)) == document.name


def test_whatever_tells_two_documents_apart_is_in_their_streams() -> None:
    other_officer = {"mbox": "mailto:an@bvhttdl.example"}
    names = [
        BOOKMARK,
        DocumentName(STATE, "bookmark2"),
        DocumentName(Context("state", COURSE, other_officer), "bookmark"),
        DocumentName(Context("state", COURSE + "/2", OFFICER), "bookmark"),
        DocumentName(Context("state", COURSE, OFFICER, FIRST_TRY), "bookmark"),
        DocumentName(Context("state", COURSE, OFFICER, SECOND_TRY), "bookmark"),
        DocumentName(Context("agent-profile", agent=OFFICER), "bookmark"),
        DocumentName(Context("activity-profile", COURSE), "bookmark"),
    ]
    assert len({name.stream_id for name in names}) == len(names)


def test_an_agent_is_told_by_its_identifier_alone() -> None:
    named = {"objectType": "Agent", "name": "Nguyễn Thị Ánh", **OFFICER}
    assert DocumentName(Context("state", COURSE, named), "bookmark").stream_id == BOOKMARK.stream_id


def test_a_document_is_what_was_stored_last(connection: Connection) -> None:
    documents.apply(connection, TABLES, [stored(1), stored(2, version=2, content=b"\x00page 8")])
    found = documents.find(connection, TABLES, BOOKMARK)
    assert found == documents.Document(
        version=2,
        stored=2_000_000,
        deleted=False,
        content_type="text/plain",
        etag="94c56c808eed1e7881290dfff7a7bbb06052e98b",
        content=b"\x00page 8",
    )


def test_a_deleted_document_keeps_its_version_and_nothing_else(connection: Connection) -> None:
    documents.apply(connection, TABLES, [stored(1)])
    documents.apply(connection, TABLES, [deleted(2)])
    found = documents.find(connection, TABLES, BOOKMARK)
    assert found == documents.Document(2, 2_000_000, True, "", "", b"")
    assert ids(connection, STATE) == []
    documents.apply(connection, TABLES, [stored(3, version=3)])
    assert documents.find(connection, TABLES, BOOKMARK).content == b"page 7"


def test_a_document_that_never_was_has_version_0(connection: Connection) -> None:
    assert documents.find(connection, TABLES, BOOKMARK) == documents.ABSENT


def test_a_state_without_registration_is_another_document_in_the_same_list(
    connection: Connection,
) -> None:
    first = Context("state", COURSE, OFFICER, FIRST_TRY)
    second = Context("state", COURSE, OFFICER, SECOND_TRY)
    for position, context in enumerate((STATE, first, second), start=1):
        name = DocumentName(context, "bookmark")
        documents.apply(connection, TABLES, [stored(position, name, content=b"%d" % position)])
    assert documents.find(connection, TABLES, DocumentName(first, "bookmark")).content == b"2"
    assert documents.find(connection, TABLES, BOOKMARK).content == b"1"
    assert ids(connection, first) == [("bookmark", FIRST_TRY)]
    assert ids(connection, STATE) == [
        ("bookmark", None),
        ("bookmark", FIRST_TRY),
        ("bookmark", SECOND_TRY),
    ]


def test_the_lists_of_the_three_resources_do_not_mix(connection: Connection) -> None:
    agent, activity = Context("agent-profile", agent=OFFICER), Context("activity-profile", COURSE)
    for position, context in enumerate((STATE, agent, activity), start=1):
        name = DocumentName(context, context.resource)
        documents.apply(connection, TABLES, [stored(position, name)])
    assert ids(connection, STATE) == [("state", None)]
    assert ids(connection, agent) == [("agent-profile", None)]
    assert ids(connection, activity) == [("activity-profile", None)]


def test_since_is_exclusive_and_counts_updates(connection: Connection) -> None:
    documents.apply(connection, TABLES, [stored(1), stored(2, DocumentName(STATE, "answers"))])
    assert ids(connection, STATE, since=999_999) == [("bookmark", None), ("answers", None)]
    assert ids(connection, STATE, since=1_000_000) == [("answers", None)]
    documents.apply(connection, TABLES, [stored(3, version=2)])
    assert ids(connection, STATE, since=1_000_000) == [("answers", None), ("bookmark", None)]


def test_an_id_may_hold_any_character(connection: Connection) -> None:
    name = DocumentName(STATE, "bài 1\x00/ü 🎓")
    documents.apply(connection, TABLES, [stored(1, name)])
    assert ids(connection, STATE) == [("bài 1\x00/ü 🎓", None)]


def test_the_tables_do_not_depend_on_the_batches(connection: Connection) -> None:
    other = DocumentName(STATE, "answers")
    entries = [
        stored(1),
        stored(2, other),
        deleted(3),
        stored(4, version=3, content=b"again"),
        deleted(5, other),
    ]
    metadata = MetaData()
    twin = documents.define(metadata, "rebuild_")
    metadata.create_all(connection)
    documents.apply(connection, twin, entries)
    for one in entries:
        documents.apply(connection, TABLES, [one])
    one_by_one, at_once = (
        connection.execute(select(tables.documents).order_by(tables.documents.c.stream_id)).all()
        for tables in (TABLES, twin)
    )
    assert one_by_one == at_once

"""The canonical definition of an activity, from what trusted senders said about it."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, MetaData, create_engine, event, select

from projections import activities
from projections.activities import METADATA, TABLES
from schemas.events import NOBODY, Kind, LogEntry
from tests.examples import statement

COURSE = "https://lms.bvhttdl.example/courses/an-toan-thong-tin-2026"
PLATFORM, AUTHOR = UUID(int=1).bytes, UUID(int=2).bytes


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        yield connection
    engine.dispose()


def stated(
    position: int, definition: bytes | dict[str, Any] | None = None, credential: bytes = AUTHOR
) -> LogEntry:
    """A statement about the course, defined as given."""
    target: dict[str, Any] = {"id": COURSE}
    if definition is not None:
        text = definition if isinstance(definition, bytes) else orjson.dumps(definition)
        target["definition"] = orjson.Fragment(text)
    return entry(position, statement(object=target), credential)


def entry(position: int, value: dict[str, Any], credential: bytes = AUTHOR) -> LogEntry:
    body = orjson.dumps(value)
    kind, stream = Kind.STATEMENT_1_0, UUID(int=position).bytes
    return LogEntry(position, position, kind, stream, 1, credential, b"", body)


def issued(position: int, credential: bytes, *scopes: str) -> LogEntry:
    body = orjson.dumps({"scopes": scopes})
    kind = Kind.CREDENTIAL_ISSUED
    return LogEntry(position, position, kind, credential, 1, NOBODY, b"", body)


ISSUED = [issued(1, AUTHOR, "statements/write", "define"), issued(2, PLATFORM, "statements/write")]


def course(connection: Connection) -> Any:
    text = activities.texts(connection, TABLES, [COURSE]).get(COURSE)
    return None if text is None else orjson.loads(text)


def test_language_maps_are_merged_by_tag_and_the_rest_is_replaced(connection: Connection) -> None:
    first = {
        "name": {"vi": "An toàn thông tin", "en": "Security"},
        "type": "http://adlnet.gov/expapi/activities/course",
        "extensions": {"https://lms.bvhttdl.example/x/hours": 8},
    }
    second = {
        "name": {"en": "Information security", "fr": "Sécurité"},
        "description": {"vi": "Khóa bắt buộc"},
        "extensions": {"https://lms.bvhttdl.example/x/credits": 2},
    }
    activities.apply(connection, TABLES, [*ISSUED, stated(3, first), stated(4, second)])
    assert course(connection) == {
        "name": {"vi": "An toàn thông tin", "en": "Information security", "fr": "Sécurité"},
        "type": "http://adlnet.gov/expapi/activities/course",
        "extensions": {"https://lms.bvhttdl.example/x/credits": 2},
        "description": {"vi": "Khóa bắt buộc"},
    }


def test_only_who_may_define_does(connection: Connection) -> None:
    everything = UUID(int=3).bytes
    entries = [
        *ISSUED,
        issued(3, everything, "all"),
        stated(4, {"name": {"vi": "của tác giả"}}, AUTHOR),
        stated(5, {"name": {"vi": "của nền tảng"}}, PLATFORM),
        stated(6, {"name": {"en": "by a stranger"}}, UUID(int=9).bytes),
        stated(7, {"name": {"fr": "de tout"}}, everything),
        stated(8, {"name": {"de": "vom Speicher"}}, NOBODY),
    ]
    activities.apply(connection, TABLES, entries)
    names = {"vi": "của tác giả", "fr": "de tout", "de": "vom Speicher"}
    assert course(connection) == {"name": names}


def test_every_place_that_can_define_an_activity_counts(connection: Connection) -> None:
    def activity(name: str) -> dict[str, Any]:
        return {"id": f"https://a.example/{name}", "definition": {"name": {"vi": name}}}

    inner = {
        "objectType": "SubStatement",
        **{key: statement()[key] for key in ("actor", "verb")},
        "object": activity("sub"),
        "context": {"contextActivities": {"other": [activity("sub-other")]}},
    }
    groups = {
        "parent": [activity("parent"), activity("second")],
        "grouping": activity("one object, not an array"),
    }
    value = statement(object=inner, context={"contextActivities": groups})
    activities.apply(connection, TABLES, [*ISSUED, entry(3, value)])
    found = connection.scalars(select(TABLES.activities.c.id))
    names = {id_.rpartition("/")[2] for id_ in found}
    assert names == {"sub", "sub-other", "parent", "second", "one object, not an array"}


def test_agents_and_references_define_nothing(connection: Connection) -> None:
    agent = {"objectType": "Agent", "mbox": "mailto:an@bvhttdl.example"}
    reference = {"objectType": "StatementRef", "id": str(UUID(int=7))}
    values = [
        statement(object=agent),
        statement(object=reference),
        statement(object={"id": COURSE}),
    ]
    activities.apply(
        connection, TABLES, [*ISSUED, *(entry(n, v) for n, v in enumerate(values, start=3))]
    )
    assert connection.scalars(select(TABLES.activities.c.id)).all() == []


def test_values_keep_the_text_they_were_received_as(connection: Connection) -> None:
    definition = (
        b'{"extensions":{"https:\\/\\/x.example\\/n":123456789012345678901234567890,"b:c":1.0}}'
    )
    activities.apply(connection, TABLES, [*ISSUED, stated(3, definition)])
    activities.apply(connection, TABLES, [stated(4, {"name": {"vi": "Tên"}})])
    text = activities.texts(connection, TABLES, [COURSE])[COURSE]
    assert text == definition[:-1] + ',"name":{"vi":"Tên"}}'.encode()


def test_a_definition_whose_key_is_escaped_counts(connection: Connection) -> None:
    before = stated(3, {"name": {"vi": "Tên"}})
    escaped = before._replace(body=before.body.replace(b'"definition"', b'"d\\u0065finition"'))
    activities.apply(connection, TABLES, [*ISSUED, escaped])
    assert course(connection) == {"name": {"vi": "Tên"}}


def test_what_is_known_already_is_not_written_again(connection: Connection) -> None:
    definition = {"name": {"vi": "An toàn thông tin"}, "type": "https://a.example/course"}
    activities.apply(connection, TABLES, [*ISSUED, stated(3, definition)])
    written = []

    def note(_conn: Any, _cursor: Any, sql: str, *_: Any) -> None:
        written.append(sql.partition(" ")[0])

    event.listen(connection, "before_cursor_execute", note)
    activities.apply(
        connection, TABLES, [stated(position, definition) for position in range(4, 40)]
    )
    assert set(written) == {"SELECT"}
    assert connection.scalars(select(TABLES.activities.c.changed)).all() == [3]


def test_the_last_word_wins_also_within_a_batch(connection: Connection) -> None:
    names = ["A", "B", "A"]
    entries = [stated(n, {"name": {"vi": name}}) for n, name in enumerate(names, start=3)]
    activities.apply(connection, TABLES, [*ISSUED, *entries])
    assert course(connection) == {"name": {"vi": "A"}}


DEFINITIONS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.dictionaries(st.sampled_from(["vi", "en"]), st.sampled_from("AB"), min_size=1),
        "type": st.sampled_from(["https://a.example/1", "https://a.example/2"]),
    },
)


@given(
    said=st.lists(st.tuples(DEFINITIONS, st.sampled_from([AUTHOR, PLATFORM])), max_size=8),
    batch=st.integers(1, 9),
)
def test_any_batching_gives_the_same_tables(
    said: Sequence[tuple[dict[str, Any], bytes]], batch: int
) -> None:
    entries = [*ISSUED, *(stated(n, d, c) for n, (d, c) in enumerate(said, start=3))]
    metadata = MetaData()
    one_by_one, batched = (activities.define(metadata, prefix) for prefix in ("a_", "b_"))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        for one in entries:
            activities.apply(connection, one_by_one, [one])
        for start in range(0, len(entries), batch):
            activities.apply(connection, batched, entries[start : start + batch])
        found = [
            connection.execute(select(tables.activities)).all() for tables in (one_by_one, batched)
        ]
    engine.dispose()
    assert found[0] == found[1]

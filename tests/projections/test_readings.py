"""Where in the log it says who read whose record."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, select

from projections import readings
from projections.readings import METADATA, TABLES, Found, of_people, of_reader
from schemas.events import Kind, LogEntry
from schemas.readings import RecordRead, body_of, read_of

AN, BINH = b"a" * 16, b"b" * 16
END = 100


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        yield connection
    engine.dispose()


def entry(position: int, reader: bytes, *people: str) -> LogEntry:
    body = body_of(RecordRead(route="GET /people", people=people, account="an.nv"))
    stream = position.to_bytes(16)
    return LogEntry(position, position, Kind.RECORD_READ, stream, 1, reader, b"", body)


LOG = [
    entry(3, AN, "P1", "P2"),
    entry(5, BINH, "P2"),
    entry(8, AN, "P1"),
    entry(9, AN, "P3", "P3"),
    entry(12, BINH, "P1", "P3"),
]


def of_person(connection: Connection, *people: str, as_of: int = END, **asked: Any) -> Found:
    return of_people(connection, people, as_of, **asked)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_person_finds_every_reading_the_latest_first(connection: Connection, batch: int) -> None:
    for start in range(0, len(LOG), batch):
        readings.apply(connection, TABLES, LOG[start : start + batch])
    assert of_person(connection, "P1") == ([12, 8, 3], 3)
    assert of_person(connection, "P2") == ([5, 3], 2)
    assert of_person(connection, "P9") == ([], 0)
    assert of_reader(connection, BINH, END) == ([12, 5], 2)
    assert of_reader(connection, None, END) == ([12, 9, 8, 5, 3], 5)
    assert len(connection.execute(select(TABLES.people)).all()) == 7


def test_two_ids_of_one_person_find_a_reading_of_both_once(connection: Connection) -> None:
    readings.apply(connection, TABLES, LOG)
    assert of_person(connection, "P1", "P2") == ([12, 8, 5, 3], 4)


def test_a_page_goes_on_before_the_last_position(connection: Connection) -> None:
    readings.apply(connection, TABLES, LOG)
    assert of_person(connection, "P1", limit=2) == ([12, 8], 3)
    assert of_person(connection, "P1", limit=2, before=8) == ([3], 3)
    assert of_reader(connection, AN, END, before=9, limit=1) == ([8], 3)


def test_what_was_read_later_is_not_in_an_earlier_state(connection: Connection) -> None:
    readings.apply(connection, TABLES, LOG)
    assert of_person(connection, "P1", as_of=8) == ([8, 3], 2)
    assert of_reader(connection, AN, 8) == ([8, 3], 2)


READS: Sequence[RecordRead] = (
    RecordRead(route="lrs people show", people=("P1",), user="root"),
    RecordRead(
        route="GET /periods/{period}/results/people",
        people=("P1", "P2"),
        account="an.nv",
        roles=("evaluator", "council"),
        asked={"period": "KY-2026", "unit": "X"},
        format="csv",
        purpose="Thẩm định “quý II”",
        part=2,
        parts=3,
    ),
)


@pytest.mark.parametrize("read", READS, ids=lambda read: read.route)
def test_an_event_says_what_was_read(read: RecordRead) -> None:
    assert read_of(LOG[0]._replace(body=body_of(read))) == read


def test_an_event_says_no_more_than_it_must() -> None:
    assert body_of(READS[0]) == b'{"route":"lrs people show","people":["P1"],"user":"root"}'

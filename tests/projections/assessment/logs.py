"""Logs of the register and of statements, by hand, and the tables they give."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, MetaData, Row, create_engine, select

from projections.assessment import METADATA, TABLES, Tables, apply, lines
from schemas.events import NOBODY, Kind, LogEntry
from schemas.register import RECORDS, STREAM, Record, Withdrawal, body_of

Json = dict[str, Any]

ADL = "http://adlnet.gov/expapi/verbs/"
SECOND = 1_000_000
STORED = 1_780_000_000 * SECOND  # of position 0
OFFICER: Json = {"account": {"homePage": "https://sso.bvhttdl.example", "name": "100045"}}
COURSE = "https://lms.bvhttdl.example/courses/an-toan-thong-tin-2026"


class AssessmentLog:
    """A log that holds credentials, the register and statements; position 1 is none of them."""

    def __init__(self, entries: Iterable[LogEntry] = ()) -> None:
        self.entries = list(entries)

    @property
    def head(self) -> int:
        return len(self.entries) + 1

    def issue(self, credential: bytes, name: str, *scopes: str) -> int:
        said = {"name": name, "scopes": scopes}
        return self._append(Kind.CREDENTIAL_ISSUED, credential, NOBODY, orjson.dumps(said))

    def record(self, *records: Record) -> int:
        for one in records:
            self._append(RECORDS[type(one)].recorded, STREAM, NOBODY, body_of(one))
        return self.head

    def withdraw(self, *records: Record) -> int:
        for one in records:
            body = body_of(Withdrawal(one.key))
            self._append(RECORDS[type(one)].withdrawn, STREAM, NOBODY, body)
        return self.head

    def state(
        self, statement: Json | bytes, credential: bytes = NOBODY, id_: bytes | None = None
    ) -> int:
        """The position of a statement, which is its id too unless it has another. What is given
        as text is recorded as it is.
        """
        text = statement if isinstance(statement, bytes) else orjson.dumps(statement)
        id_ = UUID(int=self.head + 1).bytes if id_ is None else id_
        return self._append(Kind.STATEMENT_1_0, id_, credential, text)

    def _append(self, kind: Kind, stream: bytes, credential: bytes, body: bytes) -> int:
        position = self.head + 1
        stored = STORED + position * SECOND
        entry = LogEntry(position, stored, kind, stream, position, credential, b"", body)
        self.entries.append(entry)
        return position

    def upto(self, position: int) -> "AssessmentLog":
        """The log as it was when that was its last position."""
        return AssessmentLog(entry for entry in self.entries if entry.position <= position)

    def project(
        self, connection: Connection, cuts: Iterable[int] = (), tables: Tables = TABLES
    ) -> None:
        """Apply the log, cut into batches before each of some indexes."""
        for start, end in pairwise([0, *sorted(cuts), len(self.entries)]):
            apply(connection, tables, self.entries[start:end])


def statement(verb: str = "completed", /, actor: Json = OFFICER, **said: Any) -> Json:
    """Somebody completes a course, or whatever is said."""
    given = {
        "actor": actor,
        "verb": {"id": f"{ADL}{verb}"},
        "object": {"id": COURSE},
        "timestamp": "2026-03-02T08:00:00+07:00",
        **said,
    }
    return {name: value for name, value in given.items() if value is not None}


def voiding(target: UUID | bytes | str, **said: Any) -> Json:
    id_ = str(UUID(bytes=target)) if isinstance(target, bytes) else str(target)
    return statement("voided", object={"objectType": "StatementRef", "id": id_}, **said)


def contents(connection: Connection, metadata: MetaData = METADATA) -> dict[str, list[Row[Any]]]:
    """All rows of all tables, by table."""
    return {
        table.name: list(connection.execute(select(table).order_by(*table.primary_key)))
        for table in metadata.sorted_tables
    }


class Database:
    """Empty tables, as often as they are asked for."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        with self._engine.begin() as connection:
            METADATA.create_all(connection)
            lines.METADATA.create_all(connection)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection
            connection.rollback()

    def close(self) -> None:
        self._engine.dispose()

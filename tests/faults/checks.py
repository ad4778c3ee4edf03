"""What must hold of a store after anything: nothing acknowledged is lost or contradicted."""

import itertools
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from types import ModuleType
from typing import Any

import httpx
from sqlalchemy import Connection, MetaData, Table, create_engine, select

from lrs.log.recorder import LogRecorder
from lrs.reading import open_for_reading
from lrs.rebuild import tables_of
from lrs.settings import Settings
from lrs.store import INLINE
from schemas.events import STATEMENT_KINDS, LogEntry
from tests.faults.senders import (
    STATE,
    VERB,
    Report,
    Senders,
    content_of,
    data_of,
    parameters_of_state,
)
from tests.servers import Server
from tests.xapi_client import STATEMENTS, Client

BATCH = 37  # events at once into the scratch tables; never how they came in


def check_store(server: Server, database_url: str, senders: Senders) -> int:
    """Everything, on a running server; the senders may go on. Returns how many events there are.

    What was answered before the log is read must be in it, so the notes are read first.
    """
    report = deepcopy(senders.read_notes())
    with (
        open_for_reading(Settings(database_url=database_url)) as log,
        log.storage.read() as connection,
    ):
        entries = log.read_in(connection, 0, 10**9)
        check_positions(log, connection, entries)
        check_answers(entries, report)
        check_tables(connection, entries)
    with server.client() as http:
        check_over_http(http, report, senders)
    return len(entries)


def check_positions(log: LogRecorder, connection: Connection, entries: Sequence[LogEntry]) -> None:
    """Positions have no gap, times rise, no stream version is there twice, the head is the end."""
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
    times = [entry.stored for entry in entries]
    assert all(earlier < later for earlier, later in itertools.pairwise(times))
    head = log.head_of(connection)
    assert head.position == len(entries)
    assert head.stored >= times[-1]
    versions = Counter((entry.stream_id, entry.stream_version) for entry in entries)
    assert max(versions.values()) == 1


def check_answers(entries: Sequence[LogEntry], report: Report) -> None:
    """No answer contradicts the log, and each request is there whole or not at all."""
    values = [entry.parsed() for entry in entries if entry.kind in STATEMENT_KINDS]
    recorded = {value["id"]: value for value in values}

    def holds(statement_id: str, content: int) -> bool:
        there = recorded.get(statement_id)
        return there is not None and there["result"] == content_of(content)

    for request, status in report.answers.items():
        told = [holds(*one) for one in report.sent[request]]
        if status == 200:
            assert all(told), f"{request} was acknowledged, and the log does not have it"
        else:
            assert status == 409, (request, status)
            others = [
                statement_id in recorded and not holds(statement_id, content)
                for statement_id, content in report.sent[request]
            ]
            assert any(others), f"{request} got 409, and nothing in the log contradicts it"
    for request in {value["verb"]["display"]["en"] for value in values}:
        sent = report.sent.get(request)
        if sent is not None:
            assert all(holds(*one) for one in sent), f"{request} was recorded in part"
            assert report.answers.get(request, 200) == 200


def check_tables(connection: Connection, entries: Sequence[LogEntry]) -> None:
    """Each table the appends wrote holds what a projection of the log makes from nothing."""
    for projection in INLINE:
        expected = project(projection, entries)
        for table in tables_of(projection.TABLES):
            found = rows(connection, table)
            assert found == expected[table.name], f"{table.name} is not what the log says"


def project(projection: ModuleType, entries: Sequence[LogEntry]) -> dict[str, list[Any]]:
    """The rows of a projection applied to scratch tables in memory, by their table."""
    metadata = MetaData()
    tables = projection.define(metadata)
    with create_engine("sqlite://").begin() as connection:
        metadata.create_all(connection)
        wanted = [entry for entry in entries if entry.kind in projection.KINDS]
        for start in range(0, len(wanted), BATCH):
            projection.apply(connection, tables, wanted[start : start + BATCH])
        return {table.name: rows(connection, table) for table in tables_of(tables)}


def rows(connection: Connection, table: Table) -> list[Any]:
    query = select(table).order_by(*table.primary_key.columns)
    return [tuple(row) for row in connection.execute(query)]


def check_over_http(http: httpx.Client, report: Report, senders: Senders) -> None:
    """What was acknowledged is what a client of the store finds."""
    http.base_url = httpx.URL(str(http.base_url).removesuffix("/xapi/"))
    client = Client(http)
    found = {value["id"]: value for page in client.pages(verb=VERB, limit=0) for value in page}
    for statement_id, content in report.acknowledged.items():
        assert found[statement_id]["result"] == content_of(content)
    for name, (saved, _) in report.states.items():
        answer = http.get(STATE, params=parameters_of_state(name))
        page = int(answer.content) if answer.status_code == 200 else 0
        sent = senders.read_notes().states[name][1]
        assert saved <= page <= sent, f"the bookmark of {name} went back from {saved} to {page}"
    with_data = [one for one in report.acknowledged.items() if data_of(*one) is not None]
    for statement_id, content in with_data[-20:]:
        asked = {"statementId": statement_id, "attachments": "true"}
        data = data_of(statement_id, content)
        assert data is not None
        assert b"\r\n\r\n" + data + b"\r\n--" in http.get(STATEMENTS, params=asked).content

"""X-Experience-API-Consistent-Through is on every answer of the statement resource, and true.

Whatever is recorded before the time it names is there for whoever reads it (Communication 2.1.3).
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from tests.examples import statement, voiding
from tests.xapi_client import (
    JSON,
    STATEMENTS,
    Client,
    StoreInThisProcess,
    good,
    iri,
    new_id,
    store_in_this_process,
)

CONSISTENT_THROUGH = "x-experience-api-consistent-through"


def through(answer: httpx.Response) -> str:
    told = answer.headers[CONSISTENT_THROUGH]
    assert datetime.fromisoformat(told).utcoffset() == timedelta(0)
    return str(told)


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_it_is_on_every_answer(client: Client, version: str) -> None:
    client = client.at(version)
    limited = client.with_scopes("state")
    first = statement(id=new_id())
    client.send(statement())
    large = httpx.Client(
        transport=client.http._transport, base_url=client.http.base_url, headers=client.http.headers
    )
    answers = [
        (200, client.http.post(STATEMENTS, json=first)),
        (204, client.put(first)),
        (200, client.get(limit=1)),
        (200, client.get(statementId=first["id"])),
        (200, client.get(limit=1, attachments="true")),
        (200, client.http.head(STATEMENTS)),
        (200, client.http.get(good(client.get(limit=1)).json()["more"])),
        (400, client.get(limit="x")),
        (400, client.http.post(STATEMENTS, content=b"{", headers=JSON)),
        (400, client.http.post(STATEMENTS, json={**first, "verb": {}})),
        (400, client.at("0.9").get()),
        (401, client.signed_in(None).get()),
        (403, limited.get()),
        (404, client.get(statementId=new_id())),
        (405, client.http.delete(STATEMENTS)),
        (409, client.http.post(STATEMENTS, json={**first, "result": {}})),
        (413, large.post(STATEMENTS, content=b" " * (5 * 1024 * 1024 + 1), headers=JSON)),
        (415, client.http.post(STATEMENTS, content=b"x", headers={"Content-Encoding": "gzip"})),
    ]
    for status, answer in answers:
        assert answer.status_code == status, answer.text
        assert through(answer)


def test_it_reaches_what_an_answer_has_just_stored(client: Client) -> None:
    for _ in range(20):
        value = statement(id=new_id())
        answer = client.http.post(STATEMENTS, json=value)
        assert client.one(value["id"])["stored"] <= through(answer)


def test_it_is_recent_on_an_idle_log(client: Client) -> None:
    [_statement_id] = client.send(statement())
    time.sleep(1.2)
    told = datetime.fromisoformat(through(client.get(limit=1)))
    assert datetime.now(UTC) - told < timedelta(seconds=1.1)
    later = client.one(client.send(statement())[0])["stored"]
    assert later > told.isoformat()  # the promise was kept


@pytest.fixture
def two_processes(
    running: StoreInThisProcess, request: pytest.FixtureRequest
) -> Iterator[list[StoreInThisProcess]]:
    """On PostgreSQL a second store on the same log, as in another worker."""
    with ExitStack() as opened:
        stores = [running]
        if running.store.storage.dialect == "postgresql":
            url = running.store.settings.database_url
            stores.append(opened.enter_context(store_in_this_process(url)))
        yield stores


def test_it_never_promises_what_a_reader_does_not_find(
    two_processes: list[StoreInThisProcess],
) -> None:
    verb = iri("verbs")
    stop = threading.Event()
    promises: list[tuple[str, set[str]]] = []
    failures: list[BaseException] = []

    def write(client: Client) -> None:
        while not stop.is_set():
            answer = client.http.post(STATEMENTS, json=[statement(verb={"id": verb})] * 2)
            promises.append((through(answer), set()))

    def read(client: Client) -> None:
        while not stop.is_set():
            seen: set[str] = set()
            answer = client.get(verb=verb, ascending="true", limit=1000)
            seen.update(s["id"] for s in good(answer).json()["statements"])
            promises.append((through(answer), seen))

    def guarded(work: Callable[[Client], None], client: Client) -> None:
        try:
            work(client)
        except BaseException as failure:
            failures.append(failure)

    threads = [
        threading.Thread(
            target=guarded, args=(work, two_processes[n % len(two_processes)].client())
        )
        for n, work in enumerate((write, write, write, read, read))
    ]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    stored = {
        s["id"]: s["stored"]
        for page in two_processes[0].client().pages(verb=verb, limit=1000)
        for s in page
    }
    readings = [(time, seen) for time, seen in promises if 0 < len(seen) < 1000]
    assert len(readings) > 10
    for promised, seen in readings:
        missing = [s for s, time in stored.items() if time < promised and s not in seen]
        assert not missing, f"consistent through {promised}, and {missing} was not there"


def test_one_reading_sees_one_state_of_the_database(client: Client) -> None:
    store = client.store
    with store.storage.read() as connection:
        before = store.log.head_of(connection)
        client.send(statement())
        assert store.log.head_of(connection) == before
        assert len(store.log.read_in(connection, before.position)) == 0
    assert store.log.head().position == before.position + 1


# Last-Modified


def test_last_modified_is_when_the_last_of_what_is_returned_was_stored(client: Client) -> None:
    verb = iri("verbs")
    client.send(*(statement(verb={"id": verb}) for _ in range(3)))
    for answer in (client.get(verb=verb), client.get(verb=verb, ascending="true")):
        last = max(s["stored"] for s in answer.json()["statements"])
        whole = datetime.fromisoformat(last).replace(microsecond=0)
        assert parsedate_to_datetime(answer.headers["last-modified"]) == whole
    assert "last-modified" not in client.get(verb=iri("verbs")).headers


def test_last_modified_of_one_statement_is_its_stored(client: Client) -> None:
    [first] = client.send(statement())
    [second] = client.send(statement())
    client.send(voiding(second))
    for asked in ({"statementId": first}, {"voidedStatementId": second}):
        answer = client.get(**asked)
        stored = datetime.fromisoformat(answer.json()["stored"]).replace(microsecond=0)
        assert parsedate_to_datetime(answer.headers["last-modified"]) == stored


# HEAD


@pytest.mark.parametrize(
    "asked",
    [{}, {"limit": "1"}, {"limit": "x"}, {"statementId": new_id()}, {"attachments": "true"}],
)
def test_head_has_the_headers_of_get(client: Client, asked: dict[str, str]) -> None:
    """That it has no body is tested on a socket."""
    get = client.http.get(STATEMENTS, params=asked)
    head = client.http.head(STATEMENTS, params=asked)
    assert head.status_code == get.status_code
    volatile = {CONSISTENT_THROUGH, "x-request-id", "content-type"}
    assert set(get.headers) == set(head.headers)
    for name in set(get.headers) - volatile:
        assert head.headers[name] == get.headers[name], name

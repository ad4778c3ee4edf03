"""What was recorded is opened for those who may read it, and for nobody else."""

import base64
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from lrs.privacy.subjects import of_statement
from lrs.register import change
from lrs.store import Store
from schemas.events import Kind
from schemas.readings import read_of
from schemas.register import RECORDS, Account, Identifier, Person
from tests.examples import statement, statement_event
from tests.lrs.privacy.stores import destroy_of
from tests.lrs.transparency.conftest import SignedIn, append, client_of

PERSON = "CB-100045"
Opening = dict[str, Any]


def with_credential(app: FastAPI, store: Store, *scopes: str) -> tuple[bytes, httpx.AsyncClient]:
    issued = store.credentials.issue("a platform", scopes)
    client = client_of(app)
    client.auth = httpx.BasicAuth(issued.key, issued.secret)
    return issued.credential.id, client


def holds(opening: Opening) -> bool:
    """What an auditor computes by hand: the commitment, the last 32 bytes of the entry."""
    body, entry = (base64.b64decode(opening[name]) for name in ("body", "entry"))
    return sha256(b"\x02" + bytes.fromhex(opening["salt"]) + body).digest() == entry[-32:]


def people_read(store: Store) -> list[tuple[str, ...]]:
    return [read_of(entry).people for entry in store.log.read(kinds=[Kind.RECORD_READ])]


async def refusal(client: httpx.AsyncClient, **asked: Any) -> tuple[int, str]:
    answer = await client.get("opening", params=asked)
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["problems"][0]["rule"]


@pytest.fixture
def registered(store: Store) -> None:
    """The learner of the examples is a person of the register."""
    account = Account("https://sso.bvhttdl.example", "100045")
    records = [Person(id=PERSON, name="Nguyễn Thị Ánh"), Identifier(person=PERSON, account=account)]
    change(store, lambda _: [(record, RECORDS[type(record)].recorded) for record in records])


async def test_whoever_sent_a_statement_may_open_it(app: FastAPI, store: Store) -> None:
    credential, client = with_credential(app, store, "statements/write")
    event = statement_event(credential=credential)
    [position] = append(store, event)
    answer = await client.get("opening", params={"position": position})
    opening = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert base64.b64decode(opening["body"]) == event.body
    assert opening["position"] == opening["record"]["position"] == position
    assert opening["record"]["topic"] == "StatementStored/1.0"
    assert opening["record"]["stream"] == event.stream_id.hex()
    assert holds(opening)
    assert people_read(store) == []


async def test_another_sender_may_not(app: FastAPI, store: Store) -> None:
    _, client = with_credential(app, store, "statements/write", "statements/read/mine")
    [position] = append(store)
    assert await refusal(client, position=position) == (403, "opening-not-permitted")


@pytest.mark.parametrize("scope", ["all", "all/read"])
async def test_who_may_read_all_statements_may_open_them(
    app: FastAPI, store: Store, scope: str
) -> None:
    _, client = with_credential(app, store, scope)
    id_ = uuid4()
    append(store, statement_event(id=id_))
    opening = (await client.get("opening", params={"statementId": str(id_)})).json()
    assert holds(opening)


async def test_a_credential_opens_statements_and_nothing_else(app: FastAPI, store: Store) -> None:
    _, client = with_credential(app, store, "all")
    assert await refusal(client, position=1) == (403, "opening-not-permitted")


async def test_nobody_opens_anything_without_saying_who_it_is(
    anybody: httpx.AsyncClient, store: Store, app: FastAPI
) -> None:
    [position] = append(store)
    assert await refusal(anybody, position=position) == (401, "session-missing")
    async with client_of(app) as client:
        client.auth = httpx.BasicAuth("no-such", "credential")
        assert await refusal(client, position=position) == (401, "credential-unknown")
        client.auth = httpx.Auth()  # none
        client.headers["Authorization"] = "Bearer no-such-session"
        assert await refusal(client, position=position) == (401, "session-ended")


async def test_an_auditor_opens_every_event_and_it_is_recorded_whose_record_it_was(
    signed_in: SignedIn, store: Store, registered: None
) -> None:
    auditor = signed_in("auditor")
    first = (await auditor.get("opening", params={"position": 1})).json()
    assert base64.b64decode(first["body"]) == b'{"origin":"https://lrs.example","format":1}'
    assert people_read(store) == []  # it is nobody's
    [position] = append(store)
    opening = (await auditor.get("opening", params={"position": position})).json()
    assert holds(opening)
    assert people_read(store) == [(PERSON,)]
    named = store.log.read(kinds=[Kind.PERSON_RECORDED])[0].position
    await auditor.get("opening", params={"position": named, "purpose": "Thanh tra quý II"})
    reading = read_of(store.log.read(kinds=[Kind.RECORD_READ])[-1])
    assert (reading.people, reading.purpose) == ((PERSON,), "Thanh tra quý II")
    assert reading.route == "GET /log/opening"


async def test_what_is_refused_is_not_recorded_as_read(
    signed_in: SignedIn, store: Store, registered: None
) -> None:
    [position] = append(store)
    for roles in (("evaluator",), ("admin",), ("council", "unit_head")):
        assert await refusal(signed_in(*roles), position=position) == (403, "role-not-permitted")
    partial = signed_in("auditor", units=["PHONG-A"])
    assert await refusal(partial, position=position) == (403, "opening-whole-store")
    assert people_read(store) == []


async def test_there_is_no_opening_of_what_is_not_there(signed_in: SignedIn, store: Store) -> None:
    auditor = signed_in("auditor")
    beyond = store.log.head().position + 10
    assert await refusal(auditor, position=beyond) == (404, "event-unknown")
    assert await refusal(auditor, position=0) == (404, "event-unknown")
    assert await refusal(auditor, statementId=str(uuid4())) == (404, "event-unknown")
    assert await refusal(auditor) == (400, "event-once")


async def test_of_what_was_erased_the_entry_is_left(
    signed_in: SignedIn, store: Store, registered: None
) -> None:
    value = statement()
    [position] = append(store, statement_event(value)._replace(subject=of_statement(value)))
    with store.storage.erase() as connection:
        destroy_of(store.data_keys, connection, of_statement(value))
    answer = (await signed_in("auditor").get("opening", params={"position": position})).json()
    assert answer["erased"] is True
    assert "body" not in answer
    assert "salt" not in answer
    assert answer["record"]["position"] == position
    assert people_read(store) == []

"""A statement comes back for what it says, however its sender wrote that down."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi.formats import Format, Reading, statement_text
from schemas.events import NOBODY, Kind, LogEntry
from tests.examples import statement
from tests.schemas.strategies import statements, texts_with_escapes

FORMATS = ("exact", "ids", "canonical")
PARENT = {"id": "http://example.org/p"}
ONE_PARENT = {"contextActivities": {"parent": PARENT}}
AUTHORITY = b'{"objectType":"Agent","mbox":"mailto:lrs@example.org"}'
KNOWN = {"https://example.org/a": b'{"name":{"vi":"H\xe1\xbb\x8dc","en":"Learn"}}'}


def text_told(body: bytes, *, in_utc: bool = False, wanted: Format = "exact") -> bytes:
    """What a reader is answered who asks for a statement received as this text."""
    entry = LogEntry(1, 1, Kind.STATEMENT_1_0, UUID(int=1).bytes, 1, NOBODY, b"", body)
    reading = Reading(lambda credential: AUTHORITY, in_utc, wanted, KNOWN, ("vi",))
    return statement_text(entry, reading)


def told(body: bytes, *, in_utc: bool = False, wanted: Format = "exact") -> Any:
    return orjson.loads(text_told(body, in_utc=in_utc, wanted=wanted))


def sub_statement(**changes: Any) -> dict[str, Any]:
    parts = {name: statement()[name] for name in ("actor", "verb", "object")}
    return {"objectType": "SubStatement", **parts, **changes}


@pytest.mark.parametrize("wanted", FORMATS)
@given(data=st.data(), value=statements() | statements("2.0"))
def test_escapes_in_the_text_make_no_difference(
    wanted: Format, data: st.DataObject, value: dict[str, Any]
) -> None:
    text = data.draw(texts_with_escapes(value))
    assert told(text, wanted=wanted) == told(orjson.dumps(value), wanted=wanted)


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize(
    ("plain", "escaped"),
    [
        (b"contextActivities", b"contextActivit\\u0069es"),
        (b"SubStatement", b"\\u0053ubStatement"),
    ],
    ids=["a key", "a type"],
)
async def test_one_activity_is_an_array_where_its_place_is_escaped(
    client: httpx.AsyncClient, plain: bytes, escaped: bytes, wanted: Format
) -> None:
    value = statement(id=str(uuid4()), context=ONE_PARENT, object=sub_statement(context=ONE_PARENT))
    body = orjson.dumps(value).replace(plain, escaped)
    sent = await client.post(
        "/statements", content=body, headers={"Content-Type": "application/json"}
    )
    assert sent.status_code == 200
    alone = await client.get("/statements", params={"statementId": value["id"], "format": wanted})
    listed = await client.get("/statements", params={"format": wanted})
    for found in (alone.json(), listed.json()["statements"][0]):
        for holder in (found, found["object"]):
            assert holder["context"]["contextActivities"] == {"parent": [PARENT]}


def test_ids_tells_no_type_of_an_agent_whose_type_is_escaped() -> None:
    body = orjson.dumps(statement()).replace(b'"Agent"', b'"\\u0041gent"')
    assert told(body, wanted="ids")["actor"] == {"account": statement()["actor"]["account"]}


def test_a_sub_statement_that_needs_no_change_is_told_to_the_byte() -> None:
    text = orjson.dumps(sub_statement(context={"contextActivities": {"parent": [PARENT]}}))
    text = text.replace(b":", b" : ")
    body = orjson.dumps(statement(object=orjson.Fragment(text)))
    assert text in text_told(body, in_utc=True)

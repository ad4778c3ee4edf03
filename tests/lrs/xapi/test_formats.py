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
from schemas.formats import is_timestamp, microseconds
from tests.examples import statement
from tests.schemas.strategies import statements, texts_with_escapes, timestamps_of_1_0

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
    plain = orjson.dumps(value)
    for in_utc in (False, True):
        assert told(text, in_utc=in_utc, wanted=wanted) == told(plain, in_utc=in_utc, wanted=wanted)


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


def test_an_escaped_timestamp_is_told_in_utc() -> None:
    body = orjson.dumps(statement(timestamp="2020-01-01T10:11:12+07:00"))
    found = told(body.replace(b"+", b"\\u002B"), in_utc=True)
    assert found["timestamp"] == "2020-01-01T03:11:12Z"


@given(st.lists(timestamps_of_1_0, min_size=2, max_size=2))
def test_timestamps_are_kept_in_1_0_and_told_in_utc_in_2_0(sent: list[str]) -> None:
    first, second = sent
    body = orjson.dumps(statement(timestamp=first, object=sub_statement(timestamp=second)))
    kept, in_utc = (
        [found["timestamp"], found["object"]["timestamp"]]
        for found in (told(body), told(body, in_utc=True))
    )
    assert kept == sent
    assert all(is_timestamp(text, "2.0") for text in in_utc)
    assert all(text.endswith(("Z", "z", "+00:00")) for text in in_utc)
    assert list(map(microseconds, in_utc)) == list(map(microseconds, sent))

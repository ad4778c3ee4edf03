"""What the store takes at once, and how it says that something was too much."""

import threading
import time
from typing import Any

import httpx
import orjson
import pytest

from tests.examples import statement
from tests.xapi_client import (
    JSON,
    STATEMENTS,
    Client,
    good,
    iri,
    problems,
    rules,
)

MEGABYTE = 1024 * 1024


def padded(length: int, **changes: Any) -> bytes:
    """A statement of exactly so many bytes."""
    key = "https://x.example/padding"
    text = orjson.dumps(statement(result={"extensions": {key: ""}}, **changes))
    return text.replace(b'padding":""', b'padding":"' + b"x" * (length - len(text)) + b'"')


def test_a_body_of_5_megabytes_is_taken_and_a_byte_more_is_not(client: Client) -> None:
    verb = iri("verbs")
    whole = padded(5 * MEGABYTE, verb={"id": verb})
    assert len(whole) == 5 * MEGABYTE
    [statement_id] = good(client.http.post(STATEMENTS, content=whole, headers=JSON)).json()
    answer = client.http.post(STATEMENTS, content=whole + b" ", headers=JSON)
    assert (answer.status_code, rules(answer)) == (413, ["body-too-large"])
    told = problems(answer)[0]
    assert "5242881" in told["message"]
    assert "5242880" in told["message"]
    assert client.find(verb=verb) == [statement_id]


@pytest.mark.parametrize("path", ["/xapi/statements", "/xapi/activities/profile", "/xapi/about"])
def test_the_limit_holds_for_every_resource(open_store: Any, path: str) -> None:
    client: Client = open_store(max_body_bytes=2000).client()
    about = {"activityId": iri(), "profileId": "p"} if "profile" in path else {}
    for length, status in ((2000, None), (2001, 413)):
        answer = client.http.request("PUT", path, params=about, content=b" " * length)
        assert (answer.status_code == 413) == (status == 413)


def test_a_batch_holds_500_statements(client: Client) -> None:
    verb = iri("verbs")
    batch = [statement(verb={"id": verb})] * 500
    assert len(client.send(*batch)) == 500
    answer = client.http.post(STATEMENTS, json=[*batch, batch[0]])
    assert (answer.status_code, rules(answer)) == (413, ["batch-too-large"])
    assert "500" in problems(answer)[0]["message"]
    assert len(client.find(verb=verb)) == 500


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP", "identity, gzip"])
def test_a_coded_body_is_not_read(client: Client, coding: str) -> None:
    headers = {**JSON, "Content-Encoding": coding}
    answer = client.http.post(STATEMENTS, content=b"\x1f\x8b", headers=headers)
    assert (answer.status_code, rules(answer)) == (415, ["content-encoding"])
    assert answer.headers["accept-encoding"] == "identity"


def test_a_body_as_it_is_may_say_so(client: Client) -> None:
    headers = {**JSON, "Content-Encoding": "identity"}
    good(client.http.post(STATEMENTS, content=orjson.dumps(statement()), headers=headers))


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_64_levels_are_taken_and_65_are_not(client: Client, version: str) -> None:
    def nested(levels: int) -> bytes:
        inner = b"[" * levels + b"]" * levels
        text = orjson.dumps(statement(result={"extensions": {"https://x.example/a": 0}}))
        return text.replace(b'/a":0', b'/a":' + inner)

    send = client.at(version).http.post
    good(send(STATEMENTS, content=nested(61), headers=JSON))  # 3 levels are around it
    answer = send(STATEMENTS, content=nested(62), headers=JSON)
    assert (answer.status_code, rules(answer)) == (400, ["json.depth"])
    batch = b"[" + nested(60) + b"]"
    good(send(STATEMENTS, content=batch, headers=JSON))
    answer = send(STATEMENTS, content=b"[" + nested(61) + b"]", headers=JSON)
    assert rules(answer) == ["json.depth"]


def test_a_credential_that_asks_too_fast_is_told_when_to_come_back(open_store: Any) -> None:
    client: Client = open_store(rate_limit=2, rate_burst=5).client()
    other = client.with_scopes("all/read")
    answers = [client.get(limit=1) for _ in range(7)]
    assert [a.status_code for a in answers[:5]] == [200] * 5
    answer = answers[-1]
    assert (answer.status_code, rules(answer)) == (429, ["rate-limit"])
    assert answer.headers["retry-after"] == "1"
    [told] = answer.json()["problems"]
    assert told["message"] == "This credential sends more requests a second than 2."
    assert told["mend"] == "Send it again after 1 s; put many statements into one request."
    assert other.get(limit=1).status_code == 200  # each credential has its own
    assert client.http.get("/xapi/about").status_code == 200
    time.sleep(1)
    assert client.get(limit=1).status_code == 200


def test_a_full_queue_is_said_and_loses_nothing(open_store: Any) -> None:
    """The writer is held up, as by a slow disk, until more waits than may."""
    running = open_store(queue_limit=10)
    client: Client = running.client()
    verb = iri("verbs")
    answers: list[httpx.Response] = []

    def send() -> None:
        batch = [statement(verb={"id": verb}) for _ in range(4)]
        answers.append(client.at("1.0.3").http.post(STATEMENTS, json=batch))

    threads = [threading.Thread(target=send) for _ in range(8)]
    with running.store.storage.write():  # holds the turn at the log
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 10
        while len(answers) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        refused = [answer for answer in answers if answer.status_code == 503]
        assert len(refused) == len(answers) >= 4  # the writer holds two, two wait
    for thread in threads:
        thread.join()
    refused = [answer for answer in answers if answer.status_code == 503]
    for answer in refused:
        assert rules(answer) == ["log-busy"]
        assert int(answer.headers["retry-after"]) >= 1
    stored = [answer for answer in answers if answer.status_code == 200]
    assert len(stored) + len(refused) == 8
    assert sorted(client.find(verb=verb)) == sorted(i for a in stored for i in a.json())


# JSON that has no one reading

GOOD = orjson.dumps(statement(result={"extensions": {"https://x.example/a": 0}}))


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (b"NaN", "json.not_a_number"),
        (b"Infinity", "json.not_a_number"),
        (b"-Infinity", "json.not_a_number"),
        (b"1e400", "json.number_range"),
        (b'"\\ud800"', "json.surrogate"),
        (b'"\\udc00\\ud800"', "json.surrogate"),
        (b'"\xed\xa0\x80"', "json.encoding"),
        (b'"\xff"', "json.encoding"),
        (b'{"b":1,"b":1}', "json.duplicate_key"),
        (b'{"b":1,"\\u0062":2}', "json.duplicate_key"),
        (b"01", "json.syntax"),
        (b"'a'", "json.syntax"),
        (b"[1,]", "json.syntax"),
        (b"", "json.syntax"),
    ],
)
def test_text_without_one_reading_is_refused(
    client: Client, version: str, value: bytes, rule: str
) -> None:
    body = GOOD.replace(b'/a":0', b'/a":' + value)
    for sent in (body, b"[" + body + b"]"):
        answer = client.at(version).http.post(STATEMENTS, content=sent, headers=JSON)
        assert (answer.status_code, rules(answer)) == (400, [rule])


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "json.empty"),
        (b"  ", "json.empty"),
        (b"\xef\xbb\xbf" + GOOD, "json.bom"),
        (GOOD + b"x", "json.trailing"),
        (GOOD + GOOD, "json.trailing"),
        (GOOD[:-1], "json.truncated"),
        (b"[" + GOOD, "json.truncated"),
        (GOOD.decode().encode("utf-16"), "json.encoding"),
    ],
)
def test_a_body_that_is_not_one_json_text_is_refused(
    client: Client, body: bytes, rule: str
) -> None:
    answer = client.http.post(STATEMENTS, content=body, headers=JSON)
    assert (answer.status_code, rules(answer)) == (400, [rule])


@pytest.mark.parametrize(
    "body", [b"null", b"1", b'"x"', b"true", b"[1]", b"[null]", b"[[]]", b"{}"]
)
def test_json_that_is_no_statement_is_refused(client: Client, body: bytes) -> None:
    answer = client.http.post(STATEMENTS, content=body, headers=JSON)
    assert answer.status_code == 400
    assert problems(answer)


def test_an_empty_batch_stores_nothing(client: Client) -> None:
    answer = client.http.post(STATEMENTS, content=b"[]", headers=JSON)
    assert (answer.status_code, answer.json()) == (200, [])

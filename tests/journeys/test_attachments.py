"""Attachment data goes in and comes out to the byte, once for each hash, and never a byte that
nobody announced.
"""

import re
from email.message import Message
from hashlib import new as digest_of
from hashlib import sha256
from typing import Any

import httpx
import orjson
import pytest

from tests.examples import statement
from tests.xapi_client import (
    STATEMENTS,
    Client,
    Json,
    good,
    iri,
    multipart,
    new_id,
    problems,
    rules,
)

NASTY = (
    b"",
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"--",
    b"--a-boundary-not\r\n",
    b"\r\n--a-boundary\x00\r\n",
    b"line\r\nline\nline\rline\r\n",
    bytes(range(256)) * 40,
    b"\x00" * 70_000,
    "Giấy chứng nhận".encode(),
)


def attachment(content: bytes, **changes: Any) -> Json:
    return {
        "usageType": "http://id.tincanapi.com/attachment/supporting_media",
        "display": {"vi": "Giấy chứng nhận"},
        "contentType": "application/pdf",
        "length": len(content),
        "sha2": sha256(content).hexdigest(),
        **changes,
    }


def part(content: bytes, **headers: str) -> tuple[dict[str, str], bytes]:
    told = {
        "Content-Type": "application/pdf",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha256(content).hexdigest(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return {name: value for name, value in told.items() if value}, content


def send(
    client: Client,
    statements: Any,
    *parts: tuple[dict[str, str], bytes],
    boundary: str = "a-boundary",
) -> httpx.Response:
    body, headers = multipart(orjson.dumps(statements), parts, boundary)
    return client.http.post(STATEMENTS, content=body, headers=headers)


def read(answer: httpx.Response) -> tuple[Any, list[tuple[Message, bytes]]]:
    """A multipart answer taken apart by nothing of the store's: JSON, then headers and content."""
    content_type = good(answer).headers["content-type"]
    found = re.fullmatch(r"multipart/mixed; boundary=([!-~]+)", content_type)
    assert found
    delimiter = b"--" + found[1].encode()
    assert answer.content.startswith(delimiter + b"\r\n")
    assert answer.content.endswith(b"\r\n" + delimiter + b"--\r\n")
    whole = b"\r\n" + answer.content.removesuffix(b"--\r\n")
    pieces = whole.split(b"\r\n" + delimiter)[1:-1]
    parts = []
    for piece in pieces:
        head, _, content = piece.partition(b"\r\n\r\n")
        message = Message()
        for line in head.decode().split("\r\n")[1:]:
            name, _, value = line.partition(": ")
            message[name] = value
        parts.append((message, content))
    assert parts[0][0]["Content-Type"] == "application/json"
    return orjson.loads(parts[0][1]), parts[1:]


def data(answer: httpx.Response) -> list[bytes]:
    return [content for _, content in read(answer)[1]]


@pytest.mark.parametrize("content", NASTY, ids=lambda content: repr(content[:12]))
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_any_bytes_go_in_and_come_out(client: Client, version: str, content: bytes) -> None:
    client = client.at(version)
    value = statement(id=new_id(), attachments=[attachment(content)])
    good(send(client, value, part(content)))
    answer = client.get(statementId=value["id"], attachments="true")
    found, [(headers, returned)] = read(answer)
    assert returned == content
    assert found["attachments"] == value["attachments"]
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Transfer-Encoding"] == "binary"
    assert headers["X-Experience-API-Hash"] == sha256(content).hexdigest()


def test_an_empty_attachment_may_come_without_an_empty_line_of_its_own(client: Client) -> None:
    value = statement(id=new_id(), attachments=[attachment(b"")])
    body, headers = multipart(orjson.dumps(value), [part(b"")])
    body = body.replace(b"\r\n\r\n\r\n--", b"\r\n\r\n--")
    good(client.http.post(STATEMENTS, content=body, headers=headers))
    assert data(client.get(statementId=value["id"], attachments="true")) == [b""]


def test_each_data_is_returned_once_however_many_statements_share_it(client: Client) -> None:
    one, two, verb = new_id().encode(), new_id().encode(), iri("verbs")
    batch = [
        statement(verb={"id": verb}, attachments=[attachment(one), attachment(two)]),
        statement(verb={"id": verb}, attachments=[attachment(two), attachment(two)]),
        statement(verb={"id": verb}),
        statement(verb={"id": verb}, attachments=[attachment(one)]),
    ]
    good(send(client, batch, part(two), part(one)))
    answer = client.get(verb=verb, attachments="true")
    found, parts = read(answer)
    assert len(found["statements"]) == 4
    assert sorted(content for _, content in parts) == sorted([one, two])
    assert found["more"] == ""


def test_data_sent_before_is_kept_and_sent_again_by_others(client: Client) -> None:
    content, verb = new_id().encode(), iri("verbs")
    for _ in range(3):
        value = statement(verb={"id": verb}, attachments=[attachment(content)])
        good(send(client, value, part(content)))
    assert data(client.get(verb=verb, attachments="true")) == [content]


def test_the_same_part_twice_is_taken_once(client: Client) -> None:
    content, verb = new_id().encode(), iri("verbs")
    value = statement(verb={"id": verb}, attachments=[attachment(content)])
    good(send(client, value, part(content), part(content)))
    assert data(client.get(verb=verb, attachments="true")) == [content]


def test_a_list_without_attachments_is_multipart_when_asked_for(client: Client) -> None:
    verb = iri("verbs")
    assert read(client.get(verb=verb, attachments="true")) == ({"statements": [], "more": ""}, [])
    [statement_id] = client.send(statement(verb={"id": verb}))
    found, parts = read(client.get(verb=verb, attachments="true"))
    assert ([s["id"] for s in found["statements"]], parts) == ([statement_id], [])
    assert read(client.get(statementId=statement_id, attachments="true"))[1] == []


@pytest.mark.parametrize("asked", [{}, {"attachments": "false"}, {"attachments": "FALSE"}])
def test_no_data_is_returned_unasked(client: Client, asked: dict[str, str]) -> None:
    content = new_id().encode()
    value = statement(id=new_id(), attachments=[attachment(content)])
    good(send(client, value, part(content)))
    for answer in (
        client.get(statementId=value["id"], **asked),
        client.get(limit=1, **asked),
    ):
        assert answer.headers["content-type"] == "application/json"
        assert content not in answer.content


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_multipart_without_attachments_is_accepted(client: Client, version: str) -> None:
    verb = iri("verbs")
    answer = good(send(client.at(version), [statement(verb={"id": verb})] * 2))
    assert client.find(verb=verb) == answer.json()[::-1]


def test_put_takes_multipart_as_well(client: Client) -> None:
    content, statement_id = new_id().encode(), new_id()
    body, headers = multipart(
        orjson.dumps(statement(attachments=[attachment(content)])), [part(content)]
    )
    sent = {"params": {"statementId": statement_id}, "content": body, "headers": headers}
    assert client.http.put(STATEMENTS, **sent).status_code == 204  # type: ignore[arg-type]
    assert data(client.get(statementId=statement_id, attachments="true")) == [content]


@pytest.mark.parametrize("function", ["sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_any_sha_2_names_the_data_as_the_statement_writes_it(
    client: Client, function: str, case: Any
) -> None:
    content = new_id().encode()
    sha2 = digest_of(function, content).hexdigest()
    value = statement(id=new_id(), attachments=[attachment(content, sha2=case(sha2))])
    good(send(client, value, part(content, X_Experience_API_Hash=sha2)))
    found, [(headers, returned)] = read(client.get(statementId=value["id"], attachments="true"))
    assert returned == content
    assert found["attachments"][0]["sha2"] == case(sha2)
    assert headers["X-Experience-API-Hash"] == case(sha2)


def test_data_has_the_hash_of_the_first_statement_on_the_page(client: Client) -> None:
    content, verb = new_id().encode(), iri("verbs")
    lower, upper = sha256(content).hexdigest(), sha256(content).hexdigest().upper()
    for sha2 in (lower, upper):
        value = statement(verb={"id": verb}, attachments=[attachment(content, sha2=sha2)])
        good(send(client, value, part(content)))
    for ascending, expected in (("true", lower), ("false", upper)):
        answer = client.get(verb=verb, attachments="true", ascending=ascending)
        [(headers, _)] = read(answer)[1]
        assert headers["X-Experience-API-Hash"] == expected


def test_data_with_a_file_url_may_come_or_stay_away(client: Client) -> None:
    content, url = new_id().encode(), "https://files.bvhttdl.example/1.pdf"
    linked = attachment(content, fileUrl=url)
    first, second = statement(id=new_id(), attachments=[linked]), statement(attachments=[linked])
    client.send(first)
    assert data(client.get(statementId=first["id"], attachments="true")) == []
    good(send(client, second, part(content)))
    assert data(client.get(statementId=first["id"], attachments="true")) == [content]


def test_a_sub_statement_has_attachments_too(client: Client) -> None:
    content = new_id().encode()
    inner = {name: statement()[name] for name in ("actor", "verb", "object")}
    inner |= {"objectType": "SubStatement", "attachments": [attachment(content)]}
    value = statement(id=new_id(), object=inner)
    refused = client.http.post(STATEMENTS, json=value)
    assert [t["pointer"] for t in problems(refused)] == ["/object/attachments/0"]
    good(send(client, value, part(content)))
    assert data(client.get(statementId=value["id"], attachments="true")) == [content]


@pytest.mark.parametrize("boundary", ['"a b/c?=:,(d)"', "x" * 70, "-----", '"--"', "a'b+c_d"])
def test_a_boundary_may_be_quoted_and_odd(client: Client, boundary: str) -> None:
    content = new_id().encode()
    value = statement(id=new_id(), attachments=[attachment(content)])
    bare = boundary.strip('"')
    body, _ = multipart(orjson.dumps(value), [part(content)], bare)
    headers = {"Content-Type": f"Multipart/Mixed; charset=utf-8; Boundary={boundary}"}
    good(client.http.post(STATEMENTS, content=body, headers=headers))
    assert data(client.get(statementId=value["id"], attachments="true")) == [content]


def test_a_preamble_and_an_epilogue_are_passed_over(client: Client) -> None:
    content = new_id().encode()
    value = statement(id=new_id(), attachments=[attachment(content)])
    body, headers = multipart(orjson.dumps(value), [part(content)])
    body = b"This is a message in MIME format.\r\n" + body + b"and this is its end\r\n"
    good(client.http.post(STATEMENTS, content=body, headers=headers))
    assert data(client.get(statementId=value["id"], attachments="true")) == [content]


def test_lines_may_end_with_a_line_feed_alone(client: Client) -> None:
    content = b"one line"
    value = statement(id=new_id(), attachments=[attachment(content)])
    body, headers = multipart(orjson.dumps(value), [part(content)])
    body = body.replace(b"\r\n", b"\n")
    good(client.http.post(STATEMENTS, content=body, headers=headers))
    assert data(client.get(statementId=value["id"], attachments="true")) == [content]


# Refused


DATA = b"%PDF-1.7 the certificate"


@pytest.mark.parametrize(
    ("changes", "sent", "rule"),
    [
        (
            {},
            part(DATA + b"!", X_Experience_API_Hash=sha256(DATA).hexdigest()),
            "part-hash-differs",
        ),
        ({}, part(DATA, X_Experience_API_Hash="abc"), "part-hash-differs"),
        ({}, part(DATA, X_Experience_API_Hash=""), "part-no-hash"),
        ({}, part(DATA, Content_Transfer_Encoding=""), "part-not-binary"),
        ({}, part(DATA, Content_Transfer_Encoding="base64"), "part-not-binary"),
        ({}, part(DATA + b"another"), "attachment-no-data"),
        ({}, part(DATA, Content_Type="image/png"), "attachment-type-differs"),
        ({}, part(DATA, Content_Length="7"), "attachment-length-differs"),
        (
            {"length": 7},
            part(DATA, Content_Length=str(len(DATA))),
            "attachment-length-differs",
        ),
    ],
)
def test_a_part_that_contradicts_itself_or_the_statement_is_refused(
    client: Client, changes: Json, sent: tuple[dict[str, str], bytes], rule: str
) -> None:
    verb = iri("verbs")
    value = statement(verb={"id": verb}, attachments=[attachment(DATA, **changes)])
    answer = send(client, value, sent)
    assert answer.status_code == 400
    assert rule in rules(answer)
    assert client.find(verb=verb) == []


def test_the_right_hash_is_told_when_it_differs(client: Client) -> None:
    value = statement(attachments=[attachment(DATA)])
    answer = send(client, value, part(DATA, X_Experience_API_Hash="0" * 64))
    told = next(t for t in problems(answer) if t["rule"] == "part-hash-differs")
    assert sha256(DATA).hexdigest() in told["message"] + told["mend"]


def test_a_part_that_nobody_announced_is_refused(client: Client) -> None:
    surplus = new_id().encode()
    answer = send(client, statement(attachments=[attachment(DATA)]), part(DATA), part(surplus))
    assert (answer.status_code, rules(answer)) == (400, ["part-not-announced"])
    answer = send(client, statement(), part(DATA))
    assert (answer.status_code, rules(answer)) == (400, ["part-not-announced"])


def test_every_missing_part_is_told(client: Client) -> None:
    batch = [
        statement(attachments=[attachment(b"1"), attachment(b"2")]),
        statement(attachments=[attachment(b"3", fileUrl="https://x.example/3")]),
        statement(attachments=[attachment(b"4")]),
    ]
    answer = send(client, batch, part(b"2"))
    assert [(t["rule"], t["pointer"]) for t in problems(answer)] == [
        ("attachment-no-data", "/0/attachments/0"),
        ("attachment-no-data", "/2/attachments/0"),
    ]
    answer = client.http.post(STATEMENTS, json=batch)
    assert [t["pointer"] for t in problems(answer)] == [
        "/0/attachments/0",
        "/0/attachments/1",
        "/2/attachments/0",
    ]


def test_data_the_store_has_already_does_not_stand_in_for_a_missing_part(client: Client) -> None:
    content = new_id().encode()
    good(send(client, statement(attachments=[attachment(content)]), part(content)))
    answer = client.http.post(STATEMENTS, json=statement(attachments=[attachment(content)]))
    assert (answer.status_code, rules(answer)) == (400, ["attachment-no-data"])


def test_a_body_cut_off_anywhere_is_refused(client: Client) -> None:
    verb = iri("verbs")
    value = statement(verb={"id": verb}, attachments=[attachment(b"\r\n--a-boundary?\r\n")])
    body, headers = multipart(orjson.dumps(value), [part(b"\r\n--a-boundary?\r\n")])
    for length in range(0, len(body) - 2, 1 if len(body) < 1200 else 3):
        answer = client.http.post(STATEMENTS, content=body[:length], headers=headers)
        assert answer.status_code == 400, body[:length]
        assert rules(answer)[0].startswith("multipart-"), (length, answer.text)
    assert client.find(verb=verb) == []


@pytest.mark.parametrize(
    ("content_type", "rule"),
    [
        ("multipart/mixed", "multipart-no-boundary"),
        ("multipart/mixed; boundary=", "multipart-no-boundary"),
        ("multipart/mixed; boundary=other", "multipart-boundary-not-found"),
        ("multipart/form-data; boundary=a-boundary", "statements-content-type"),
        ("application/octet-stream", "statements-content-type"),
        ("text/plain", "statements-content-type"),
        ("", "statements-content-type"),
    ],
)
def test_a_body_that_is_not_what_its_label_says_is_refused(
    client: Client, content_type: str, rule: str
) -> None:
    body, _ = multipart(orjson.dumps(statement()), [])
    answer = client.http.post(STATEMENTS, content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, rules(answer)) == (400, [rule])


@pytest.mark.parametrize("first", ["text/plain", "application/octet-stream", ""])
def test_the_first_part_is_labelled_json(client: Client, first: str) -> None:
    body, headers = multipart(orjson.dumps(statement()), [])
    label = b"Content-Type: application/json"
    body = body.replace(label, f"Content-Type: {first}".encode() if first else b"X: y")
    answer = client.http.post(STATEMENTS, content=body, headers=headers)
    assert (answer.status_code, rules(answer)) == (400, ["first-part-not-json"])


@pytest.mark.parametrize("label", ["application/json; charset=UTF-8", "Application/JSON"])
def test_the_label_of_the_first_part_may_have_a_charset_and_any_case(
    client: Client, label: str
) -> None:
    body, headers = multipart(orjson.dumps(statement()), [])
    body = body.replace(b"application/json", label.encode())
    good(client.http.post(STATEMENTS, content=body, headers=headers))


def test_a_conflict_leaves_no_data_behind(client: Client) -> None:
    """The data of a refused request is not kept: nothing announces it."""
    content = new_id().encode()
    first = statement(id=new_id())
    client.send(first)
    answer = send(
        client, {**first, "result": {}, "attachments": [attachment(content)]}, part(content)
    )
    assert answer.status_code == 409
    linked = statement(id=new_id(), attachments=[attachment(content, fileUrl="https://x.example/")])
    client.send(linked)
    assert data(client.get(statementId=linked["id"], attachments="true")) == []

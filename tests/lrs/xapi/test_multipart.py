"""multipart/mixed taken apart to the byte, whatever the sender's line ends and quotes."""

from hashlib import sha256, sha512

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import InvalidRequest
from lrs.xapi.multipart import Part, check_attachments, multipart_body, read_parts
from tests.examples import statement

TYPE = "multipart/mixed; boundary=abc"
LENGTH_DIFFERS = "attachment-length-differs"


def attachment(content: bytes, **changes: object) -> dict[str, object]:
    return {
        "usageType": "http://example.com/usage",
        "display": {"vi": "Chứng nhận"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha256(content).hexdigest(),
        **changes,
    }


def part(content: bytes, **changes: str) -> Part:
    headers = {
        "content-type": "text/plain",
        "content-transfer-encoding": "binary",
        "x-experience-api-hash": sha256(content).hexdigest(),
    }
    return Part({**headers, **{k.replace("_", "-"): v for k, v in changes.items()}}, content)


def rules(error: pytest.ExceptionInfo[InvalidRequest]) -> list[str]:
    return [problem.rule for problem in error.value.problems]


@given(contents=st.lists(st.binary(max_size=60), max_size=4))
def test_contents_come_back_to_the_byte(contents: list[bytes]) -> None:
    contents = [c for c in contents if b"--abc" not in c]
    body = multipart_body("abc", b"[]", [("h", "a/b", content) for content in contents])
    first, *rest = read_parts(body, TYPE)
    assert first.content == b"[]"
    assert [p.content for p in rest] == contents


@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
@pytest.mark.parametrize("boundary", ["abc", '"abc"'])
def test_line_ends_and_quotes_of_any_sender_are_read(line: bytes, boundary: str) -> None:
    body = line.join([b"--abc", b"Content-Type: application/json", b"", b"{}", b"--abc--", b""])
    [only] = read_parts(body, f"multipart/mixed; boundary={boundary}")
    assert only == Part({"content-type": "application/json"}, b"{}")


@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
def test_a_part_without_content_is_empty(line: bytes) -> None:
    """The line end before a delimiter may be the empty line after the headers."""
    body = [b"--abc", b"A: b", b"", b"--abc", b"C: d", b"", b"", b"--abc", b"", b"--abc--", b""]
    assert read_parts(line.join(body), TYPE) == [
        Part({"a": "b"}, b""),
        Part({"c": "d"}, b""),
        Part({}, b""),
    ]


def test_a_preamble_and_an_epilogue_are_no_parts() -> None:
    body = b"hello\r\n--abc\r\nA: b\r\n\r\n{}\r\n--abc--\r\nbye"
    assert read_parts(body, TYPE) == [Part({"a": "b"}, b"{}")]


@pytest.mark.parametrize(
    ("body", "content_type", "rule"),
    [
        (b"--abc\r\nA: b\r\n\r\n{}\r\n--abc--", "multipart/mixed", "multipart-no-boundary"),
        (b"--x\r\nA: b\r\n\r\n{}\r\n--x--", TYPE, "multipart-boundary-not-found"),
        (b"--abc\r\nA: b\r\n\r\n{}", TYPE, "multipart-truncated"),
        (b"--abc\r\nA: b\r\n\r\n{}\r\n--abc\r\nC: d\r\n\r\nxy", TYPE, "multipart-truncated"),
        (b"--abc--\r\n", TYPE, "multipart-empty"),
        (b"--abc\r\nA: b\r\n--abc--\r\n", TYPE, "multipart-part-headers"),
        (b"--abc\r\n--abc--\r\n", TYPE, "multipart-part-headers"),
    ],
)
def test_a_broken_body_is_refused(body: bytes, content_type: str, rule: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        read_parts(body, content_type)
    assert rules(error) == [rule]


def test_data_is_found_by_its_hash() -> None:
    value = statement(attachments=[attachment(b"one")])
    assert check_attachments([("", value)], [part(b"one")]) == {sha256(b"one").hexdigest(): b"one"}


def test_any_sha_2_will_do() -> None:
    digest = sha512(b"one").hexdigest()
    value = statement(attachments=[attachment(b"one", sha2=digest)])
    assert check_attachments([("", value)], [part(b"one", x_experience_api_hash=digest)])


def test_attachments_of_a_sub_statement_count() -> None:
    value = statement(object={"objectType": "SubStatement", "attachments": [attachment(b"one")]})
    assert check_attachments([("", value)], [part(b"one")])


@pytest.mark.parametrize(
    ("announced", "sent", "rule"),
    [
        ([attachment(b"one")], [], "attachment-no-data"),
        ([], [part(b"one")], "part-not-announced"),
        ([attachment(b"one")], [part(b"one", content_transfer_encoding="7bit")], "part-not-binary"),
        ([attachment(b"one", length=4)], [part(b"one", content_length="3")], LENGTH_DIFFERS),
        ([attachment(b"one", length=4)], [part(b"one", content_length="4")], LENGTH_DIFFERS),
        ([attachment(b"one")], [part(b"one", content_type="a/b")], "attachment-type-differs"),
    ],
)
def test_what_does_not_hold_together_is_refused(
    announced: list[dict[str, object]], sent: list[Part], rule: str
) -> None:
    with pytest.raises(InvalidRequest) as error:
        check_attachments([("", statement(attachments=announced))], sent)
    assert rules(error) == [rule]


def test_a_hash_that_is_not_the_contents_is_refused_with_the_right_one() -> None:
    wrong = part(b"one", x_experience_api_hash=sha256(b"two").hexdigest())
    value = statement(attachments=[attachment(b"two")])
    with pytest.raises(InvalidRequest) as error:
        check_attachments([("", value)], [wrong])
    [problem, _] = error.value.problems
    assert problem.rule == "part-hash-differs"
    assert problem.facts["actual"] == sha256(b"one").hexdigest()


def test_data_at_a_url_needs_no_part() -> None:
    value = statement(attachments=[attachment(b"one", fileUrl="https://example.com/one")])
    assert check_attachments([("", value)], []) == {}

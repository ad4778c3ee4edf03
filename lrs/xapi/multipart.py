"""multipart/mixed as xAPI uses it: statements first, then the data of their attachments.

The content of a part is kept to the byte. A body that does not end with its closing boundary was
cut short, and is refused (xAPI-Communication 1.5.2, RFC 2046 section 5.1).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from hashlib import sha224, sha256, sha384, sha512
from itertools import pairwise
from typing import Any

from lrs.errors import InvalidRequest
from schemas.problems import Problem

DIGESTS: Mapping[int, Any] = {56: sha224, 64: sha256, 96: sha384, 128: sha512}
"""The SHA-2 function a hash in hexadecimal came from, by its length."""


@dataclass(frozen=True, slots=True)
class Part:
    headers: Mapping[str, str]
    content: bytes


def boundary_of(content_type: str) -> str | None:
    """The boundary parameter, quoted or not."""
    message = Message()
    message["content-type"] = content_type
    return message.get_boundary()


def read_parts(body: bytes, content_type: str) -> list[Part]:
    """Raises InvalidRequest for a missing boundary, a truncated body, or a part without headers'
    end.
    """
    boundary = boundary_of(content_type)
    if not boundary:
        raise InvalidRequest(Problem("", "multipart-no-boundary", content_type))
    escaped = re.escape(boundary.encode("latin-1", "replace"))
    delimiters = list(re.finditer(rb"(?m)^--" + escaped + rb"(--)?[ \t]*\r?$", body))
    if not delimiters:
        raise InvalidRequest(Problem("", "multipart-boundary-not-found", boundary))
    last = next((n for n, found in enumerate(delimiters) if found[1]), None)
    if last is None:
        raise InvalidRequest(Problem("", "multipart-truncated", boundary))
    if last == 0:
        raise InvalidRequest(Problem("", "multipart-empty"))
    return [
        _read_part(body[opening.end() + 1 : closing.start()], number)
        for number, (opening, closing) in enumerate(pairwise(delimiters[: last + 1]), start=1)
    ]


def _read_part(text: bytes, number: int) -> Part:
    split = re.search(rb"(?:\A|\r?\n)\r?\n", text)
    if split is None:
        raise InvalidRequest(Problem("", "multipart-part-headers", None, {"part": number}))
    headers = {}
    for line in text[: split.start()].splitlines():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return Part(headers, _without_line_end(text[split.end() :]))


def _without_line_end(content: bytes) -> bytes:
    """The line end before a delimiter belongs to the delimiter.

    Without content, the empty line after the headers is that line end (RFC 2046 section 5.1.1).
    """
    return content.removesuffix(b"\n").removesuffix(b"\r") if content.endswith(b"\n") else content


def attachments_of(statement: Mapping[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """Every attachment a statement announces, with the pointer to it, those of its sub-statement
    too.
    """
    for number, attachment in enumerate(statement.get("attachments", ())):
        yield f"/attachments/{number}", attachment
    target = statement["object"]
    if target.get("objectType") == "SubStatement":
        for number, attachment in enumerate(target.get("attachments", ())):
            yield f"/object/attachments/{number}", attachment


def announces_attachments(statement: Mapping[str, Any]) -> bool:
    return "attachments" in statement or "attachments" in statement["object"]


def check_attachments(
    statements: Iterable[tuple[str, Mapping[str, Any]]], parts: Iterable[Part]
) -> dict[str, bytes]:
    """Content by hash, for the parts after the first. The hash is the only link and is recomputed.

    Raises InvalidRequest naming every part whose headers or hash do not hold, every attachment
    that has neither data nor a fileUrl, every property a part contradicts and every part nobody
    announces.
    """
    problems: list[Problem] = []
    content: dict[str, bytes] = {}
    by_hash: dict[str, Part] = {}
    for number, part in enumerate(parts, start=2):
        facts: dict[str, Any] = {"part": number}
        sha2 = part.headers.get("x-experience-api-hash", "").lower()
        if part.headers.get("content-transfer-encoding", "").lower() != "binary":
            problems.append(Problem("", "part-not-binary", None, facts))
        if not sha2:
            problems.append(Problem("", "part-no-hash", None, facts))
            continue
        digest = DIGESTS.get(len(sha2))
        actual = digest(part.content).hexdigest() if digest else ""
        if actual != sha2:
            facts = {**facts, "actual": actual or sha256(part.content).hexdigest()}
            problems.append(Problem("", "part-hash-differs", sha2, facts))
            continue
        content[sha2] = part.content
        by_hash[sha2] = part
    announced = set()
    for at, statement in statements:
        for pointer, attachment in attachments_of(statement):
            sha2 = attachment["sha2"].lower()
            announced.add(sha2)
            found = by_hash.get(sha2)
            if found is None:
                if "fileUrl" not in attachment:
                    problems.append(Problem(at + pointer, "attachment-no-data", attachment["sha2"]))
            else:
                problems += _contradictions(at + pointer, attachment, found)
    problems += [
        Problem("", "part-not-announced", sha2) for sha2 in content if sha2 not in announced
    ]
    if problems:
        raise InvalidRequest(*problems)
    return content


def _contradictions(pointer: str, attachment: Mapping[str, Any], part: Part) -> list[Problem]:
    """Headers of a part that have a property in the statement must say the same (Communication
    1.5.2).

    The property ``length`` is held against the header Content-Length, not against the data: the
    specification says no more, and senders are about that put the length before some encoding
    there.
    """
    problems = []
    facts: dict[str, Any]
    length = part.headers.get("content-length")
    if length is not None and not length == str(int(attachment["length"])) == str(
        len(part.content)
    ):
        facts = {"actual": len(part.content)}
        problems.append(
            Problem(f"{pointer}/length", "attachment-length-differs", attachment["length"], facts)
        )
    sent = part.headers.get("content-type")
    if sent is not None and media_type_of(sent) != media_type_of(attachment["contentType"]):
        facts = {"actual": sent}
        problems.append(
            Problem(
                f"{pointer}/contentType",
                "attachment-type-differs",
                attachment["contentType"],
                facts,
            )
        )
    return problems


def media_type_of(content_type: str) -> str:
    """Without its parameters; it has no case."""
    return content_type.partition(";")[0].strip().lower()


def multipart_body(
    boundary: str, statements: bytes, parts: Iterable[tuple[str, str, bytes]]
) -> bytes:
    """Statements as JSON and then each attachment, as (hash, content type, content)."""
    line = f"--{boundary}\r\n".encode()
    body = [line, b"Content-Type: application/json\r\n\r\n", statements, b"\r\n"]
    for sha2, content_type, content in parts:
        body += [
            line,
            f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\n".encode(),
            f"X-Experience-API-Hash: {sha2}\r\n\r\n".encode(),
            content,
            b"\r\n",
        ]
    body.append(f"--{boundary}--\r\n".encode())
    return b"".join(body)

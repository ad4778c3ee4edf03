"""Statements from a file into the log, each line checked as a POST would be.

Importing twice adds nothing: a statement that is in the log already counts as there. One without an
id gets one that follows from its text (UUID version 5), so it too is recognised the second time.
"""

import gzip
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from uuid import UUID

import orjson

from lrs.auth.credentials import Credential
from lrs.errors import Refusal
from lrs.log.recorder import Append, Appended, StreamConflict
from lrs.log.writer import LogBusy
from lrs.store import Store
from lrs.xapi.endpoint import ALL_RULES
from lrs.xapi.multipart import attachments_of, multipart_body
from lrs.xapi.request import XapiRequest
from lrs.xapi.statements import receive
from schemas import json_text
from schemas.events import NOBODY, NewEvent
from schemas.json_text import InvalidJson
from schemas.problems import Problem, render
from schemas.rules import Language, Version

BATCH: Final = 200  # lines at once
ARRAY_BYTES: Final = 256 * 1024 * 1024  # the largest file that is one JSON array
BOUNDARY: Final = "hocba-import-7c3c9c662a585d0c8d2e5f9d3c9b1a40"
NAMESPACE: Final = UUID("7c3c9c66-2a58-5d0c-8d2e-5f9d3c9b1a40")
OWN: Final = Credential(NOBODY, "store", frozenset(("all",)), {})
"""Whoever runs the import on the machine of the store: what the file says is the store's own."""


class FileUnreadable(Exception):
    """The file is not what an import takes; says what is wrong."""


class Line(NamedTuple):
    """A line of the file, its number from 1 on, and the attachment data it announces, by hash."""

    number: int
    text: bytes
    attachments: Mapping[str, bytes] = {}


@dataclass(slots=True)
class Imported:
    """How it went so far. ``refused`` has the number of each line that was not taken, and why."""

    stored: int = 0
    present: int = 0
    refused: list[tuple[int, list[dict[str, Any]]]] = field(default_factory=list)


@contextmanager
def open_statements(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The file's text and, for telling how far it is read, the file itself; ``.gz`` is unpacked."""
    with path.open("rb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=file) as text:
                yield text, file  # type: ignore[misc]  # a GzipFile reads like any file
        else:
            yield file, file


def read_lines(text: IO[bytes], *, longest: int, attachments: Path | None = None) -> Iterator[Line]:
    """The statements of a file: one on each line, or the members of one JSON array.

    Attachment data is taken from the files of a directory, named by their hash. Raises
    FileUnreadable.
    """
    number = 0
    try:
        while line := text.readline(longest + 2):
            number += 1
            if number == 1 and line.lstrip()[:1] == b"[":
                yield from _members(line + text.read(ARRAY_BYTES))
                return
            if len(line) > longest and not line.endswith(b"\n"):
                raise FileUnreadable(f"line {number} is longer than {longest} bytes")
            line = line.strip()
            if line:
                yield Line(number, line, _data(line, attachments))
    except (OSError, EOFError) as error:
        raise FileUnreadable(f"after line {number}: {error}") from error


def _members(array: bytes) -> Iterator[Line]:
    if len(array) > ARRAY_BYTES:
        raise FileUnreadable(
            "a JSON array of more than 256 MB; write one statement a line, as `jq -c '.[]'` does"
        )
    try:
        members = json_text.split(array) or []
    except InvalidJson as error:
        raise FileUnreadable("it begins with [ and is not a JSON array") from error
    for number, text in enumerate(members, start=1):
        yield Line(number, text)


def _data(line: bytes, directory: Path | None) -> Mapping[str, bytes]:
    if directory is None or b'"attachments"' not in line:
        return {}
    try:
        announced = [
            attachment["sha2"].lower() for _, attachment in attachments_of(orjson.loads(line))
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}  # refused for what it is, not here
    files = {sha2: directory / sha2 for sha2 in announced if sha2.isalnum()}
    return {sha2: file.read_bytes() for sha2, file in files.items() if file.is_file()}


def batches(lines: Iterator[Line], *, after: int = 0) -> Iterator[list[Line]]:
    """Lines past line ``after``, so many at a time."""
    wanted = (line for line in lines if line.number > after)
    while batch := list(islice(wanted, BATCH)):
        yield batch


def import_lines(
    store: Store,
    lines: Sequence[Line],
    *,
    version: Version,
    language: Language,
    credential: Credential = OWN,
) -> Imported:
    """Append what these lines say, each line for itself; return when all of it is durable."""
    imported = Imported()
    before = store.log.head().position
    waiting: list[tuple[int, Future[Appended]]] = []
    for line in lines:
        try:
            append = _read(store, line, version, language, credential)
        except (Refusal, InvalidJson) as refusal:
            found = refusal.problems
            imported.refused.append((line.number, _rendered(found, language, version)))
        else:
            waiting.append((line.number, queue(store, append)))
    seen: set[int] = set()
    for number, future in waiting:
        try:
            appended = future.result()
        except StreamConflict as conflict:
            found = [
                Problem("/id", "statement-conflict", str(UUID(bytes=stream)))
                for stream, _ in conflict.streams
            ]
            imported.refused.append((number, _rendered(found, language, version)))
        else:
            new = {at for at in appended.positions if at > before} - seen
            seen |= new
            imported.stored += len(new)
            imported.present += len(appended.positions) - len(new)
            store.saw(appended.head)
    imported.refused.sort(key=lambda refused: refused[0])
    return imported


def _read(
    store: Store, line: Line, version: Version, language: Language, credential: Credential
) -> Append:
    """Raises Refusal or InvalidJson, with everything that is wrong."""
    content_type, body = "application/json", line.text
    if line.attachments:
        content_type = f"multipart/mixed; boundary={BOUNDARY}"
        types = {a["sha2"].lower(): a["contentType"] for _, a in attachments_of(orjson.loads(body))}
        parts = [(sha2, types[sha2], content) for sha2, content in line.attachments.items()]
        body = multipart_body(BOUNDARY, body, parts)
    headers = {"content-type": content_type}
    request = XapiRequest(store, "POST", {}, headers, body, _version(line.text, version), language)
    request.credential = credential
    received = receive(request)
    return Append([_with_lasting_id(event) for event in received.events], received.attachments)


def _version(text: bytes, version: Version) -> Version:
    """A statement that names the version it was stored under is checked under that one."""
    if b'"2.0' in text:
        try:
            named = orjson.loads(text)["version"]
        except (ValueError, TypeError, KeyError):
            return version
        return "2.0" if isinstance(named, str) and named.startswith("2.") else version
    return version


def _with_lasting_id(event: NewEvent) -> NewEvent:
    if "id" in event.value:
        return event
    digest = sha1(NAMESPACE.bytes + event.body, usedforsecurity=False).digest()
    return event._replace(stream_id=UUID(bytes=digest[:16], version=5).bytes)


def queue(store: Store, append: Append) -> Future[Appended]:
    """Queue what is to be appended, waiting while the queue is full."""
    while True:
        try:
            return store.writer.append(append.events, append.attachments)
        except LogBusy:  # others are served too
            time.sleep(0.02)


def _rendered(
    problems: Sequence[Problem], language: Language, version: Version
) -> list[dict[str, Any]]:
    return [render(problem, language, version, ALL_RULES) for problem in problems]

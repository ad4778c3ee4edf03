"""Statements from a file into the log, each line checked as a POST would be.

Importing twice adds nothing: a statement that is in the log already counts as there. One without an
id gets one that follows from its text (UUID version 5), so it too is recognised the second time.
"""

import gzip
import sys
import time
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from uuid import UUID

import orjson

from lrs.auth.credentials import Credential
from lrs.errors import BodyTooLarge, Refusal
from lrs.log.recorder import Append, Appended, StreamConflict
from lrs.log.writer import LogBusy
from lrs.store import Store
from lrs.xapi.endpoint import ALL_RULES
from lrs.xapi.multipart import attachments_of, multipart_body
from lrs.xapi.request import XapiRequest
from lrs.xapi.statements import check_may_void, receive, restricted_voiding
from schemas import json_text
from schemas.events import NOBODY, NewEvent
from schemas.json_text import InvalidJson
from schemas.problems import Problem, render
from schemas.raw_json import may_hold
from schemas.rules import Language, Version

BATCH: Final = 200  # lines at once
BATCH_BYTES: Final = 8 * 1024 * 1024  # fewer lines at once where they come to so much
STANDARD_INPUT: Final = Path("-")
ARRAY_BYTES: Final = 256 * 1024 * 1024  # the largest file that is one JSON array
BOUNDARY: Final = "hocba-import-7c3c9c662a585d0c8d2e5f9d3c9b1a40"
NAMESPACE: Final = UUID("7c3c9c66-2a58-5d0c-8d2e-5f9d3c9b1a40")
OWN: Final = Credential(NOBODY, "store", frozenset(("all",)), {})
"""Whoever runs the import on the machine of the store: what the file says is the store's own."""


class FileUnreadable(Exception):
    """The file is not what an import takes; says what is wrong."""


class Line(NamedTuple):
    """A line of the file, its number from 1 on, and the attachment data it announces, by hash.

    Of one that is too long nothing is kept but how long it is, in ``unread``.
    """

    number: int
    text: bytes
    attachments: Mapping[str, bytes] = {}
    unread: int = 0

    @property
    def size(self) -> int:
        return len(self.text) + sum(map(len, self.attachments.values()))


@dataclass(slots=True)
class Imported:
    """How it went so far. ``refused`` has the number of each line that was not taken, and why."""

    stored: int = 0
    present: int = 0
    refused: list[tuple[int, list[dict[str, Any]]]] = field(default_factory=list)


@contextmanager
def open_statements(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The file's text and, for telling how far it is read, the file itself; ``.gz`` is unpacked,
    ``-`` is standard input.
    """
    with nullcontext(sys.stdin.buffer) if path == STANDARD_INPUT else path.open("rb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=file) as text:
                yield text, file  # type: ignore[misc]  # a GzipFile reads like any file
        else:
            yield file, file


def read_lines(text: IO[bytes], *, longest: int, attachments: Path | None = None) -> Iterator[Line]:
    """The statements of a file: one on each line, or the members of one JSON array.

    Attachment data is taken from the files of a directory, named by their hash. A line that is
    longer than ``longest`` bytes, its attachments included, comes without its text. Raises
    FileUnreadable.
    """
    number, is_blank = 0, True
    try:
        while line := text.readline(longest + 2):
            number += 1
            if number == 1:
                line = line.removeprefix(BOM_UTF8)
            if is_blank and line.lstrip()[:1] == b"[":
                array = b"\n" * (number - 1) + line + text.read(ARRAY_BYTES)
                for member, item in enumerate(_members(array), start=1):
                    yield _line(member, item, longest, attachments)
                return
            rest = 0 if line.endswith(b"\n") else _pass_over(text)
            if line := line.strip():
                is_blank = False
                yield _line(number, line, longest, attachments, rest)
    except (OSError, EOFError, zlib.error) as error:
        raise FileUnreadable(f"after line {number}: {error}") from error


def _pass_over(text: IO[bytes]) -> int:
    """Read to the end of the line; tells how much that was."""
    size = 0
    while rest := text.readline(BATCH_BYTES):
        size += len(rest)
        if rest.endswith(b"\n"):
            break
    return size


def _members(array: bytes) -> list[bytes]:
    if len(array) > ARRAY_BYTES:
        raise FileUnreadable(
            "a JSON array of more than 256 MB; write one statement a line, as `jq -c '.[]'` does"
        )
    try:
        return json_text.split(array) or []
    except InvalidJson as error:
        [problem, *_] = _rendered(error.problems, "en", "1.0")
        raise FileUnreadable(
            f"it begins with [ and is no JSON array. {problem['message']}"
        ) from error


def _line(number: int, text: bytes, longest: int, attachments: Path | None, rest: int = 0) -> Line:
    """``rest`` is what the line has beyond the text."""
    data = {} if rest else _data(text, attachments)
    line = Line(number, text, data)
    size = line.size + rest
    return line if size <= longest else Line(number, b"", unread=size)


def _data(line: bytes, directory: Path | None) -> Mapping[str, bytes]:
    if directory is None or not may_hold(line, b'"attachments"'):
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
    """Lines past line ``after``, so many at a time.

    What was read comes before the FileUnreadable that ended it is raised.
    """
    batch: list[Line] = []
    size, unreadable = 0, None
    try:
        for line in lines:
            if line.number <= after:
                continue
            batch.append(line)
            size += line.size
            if len(batch) == BATCH or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    except FileUnreadable as error:
        unreadable = error
    if batch:
        yield batch
    if unreadable is not None:
        raise unreadable


def import_lines(
    store: Store,
    lines: Sequence[Line],
    *,
    version: Version,
    language: Language,
    credential: Credential = OWN,
    strict: bool = False,
) -> Imported:
    """Append what these lines say, each line for itself; return when all of it is durable.

    ``strict`` appends one after the other and stops at the first that is refused.
    """
    importing = _Importing(store, version, language, credential)
    for together in [[line] for line in lines] if strict else [lines]:
        importing.take(together)
        if importing.imported.refused:
            break
    return importing.imported


class _Importing:
    """Lines on their way into the log."""

    def __init__(
        self, store: Store, version: Version, language: Language, credential: Credential
    ) -> None:
        self._store, self._version, self._language = store, version, language
        self._credential = credential
        self._before = store.log.head().position  # what is further on is new, once
        self._seen: set[int] = set()
        self.imported = Imported()

    def take(self, lines: Sequence[Line]) -> None:
        waiting: list[tuple[int, Future[Appended]]] = []
        for line in lines:
            try:
                append = self._read(line)
            except (Refusal, InvalidJson) as refusal:
                self._refuse(line.number, refusal.problems)
            else:
                waiting.append((line.number, queue(self._store, append)))
        for number, future in waiting:
            try:
                self._count(future.result())
            except StreamConflict as conflict:
                streams = [str(UUID(bytes=stream)) for stream, _ in conflict.streams]
                self._refuse(number, [Problem("/id", "statement-conflict", id_) for id_ in streams])
        self.imported.refused.sort(key=lambda refused: refused[0])

    def _count(self, appended: Appended) -> None:
        new = {at for at in appended.positions if at > self._before} - self._seen
        self._seen |= new
        self.imported.stored += len(new)
        self.imported.present += len(appended.positions) - len(new)
        self._store.saw(appended.head)

    def _refuse(self, number: int, problems: Sequence[Problem]) -> None:
        said = _rendered(problems, self._language, self._version)
        self.imported.refused.append((number, said))

    def _read(self, line: Line) -> Append:
        """Raises Refusal or InvalidJson, with everything that is wrong."""
        if line.unread:
            limit = self._store.settings.max_body_bytes
            raise BodyTooLarge(Problem("", "body-too-large", line.unread, {"limit": limit}))
        headers, body = _request_of(line)
        version = _version(line.text, self._version)
        request = XapiRequest(self._store, "POST", {}, headers, body, version, self._language)
        request.credential = self._credential
        received = receive(request)
        if voiding := restricted_voiding(self._credential, received):
            with self._store.storage.read() as connection:
                check_may_void(connection, self._credential, voiding)
        return Append([_with_lasting_id(event) for event in received.events], received.attachments)


def _request_of(line: Line) -> tuple[Mapping[str, str], bytes]:
    """The headers and the body with which it would be posted."""
    if not line.attachments:
        return {"content-type": "application/json"}, line.text
    announced = attachments_of(orjson.loads(line.text))
    types = {attachment["sha2"].lower(): attachment["contentType"] for _, attachment in announced}
    parts = [(sha2, types[sha2], content) for sha2, content in line.attachments.items()]
    headers = {"content-type": f"multipart/mixed; boundary={BOUNDARY}"}
    return headers, multipart_body(BOUNDARY, line.text, parts)


def _version(text: bytes, version: Version) -> Version:
    """A statement that names the version it was stored under is checked under that one."""
    if may_hold(text, b'"2.0'):
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

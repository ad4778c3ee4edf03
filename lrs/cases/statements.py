"""``statements/`` and ``order.yaml``: the requests to be posted, line by line as they were written.

Lines are checked as the store checks what it receives, so that a case never fails half-way; what
a case promises beyond that (an id, a timestamp with its offset, nothing the store sets) is checked
here. The bytes of a line are never changed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from lrs.cases.organisation import FORMAT
from lrs.cases.problems import LANGUAGES, CaseProblem, Place, problem
from lrs.cases.reading import Names, Reading
from lrs.cases.scalars import integer
from lrs.cases.shapes import Required, document, each_valid, reference, shape
from lrs.cases.yaml_text import Node
from schemas.facets import MOST_NAMES, too_many_names
from schemas.formats import is_timestamp, is_uuid
from schemas.json_text import InvalidJson, parse
from schemas.problems import Problem, render
from schemas.rules import Wording
from schemas.statement import VOIDED, check_statement

FOLDER: Final = "statements"
SUFFIX: Final = ".jsonl"

_ID: Final = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_TIMESTAMP: Final = re.compile(r"[^.]*(?:\.[0-9]{1,3})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})")
_FINE_SECONDS: Final = re.compile(r"[.,][0-9]{3,}S\Z")
_SET_BY_THE_STORE: Final = ("stored", "authority", "version", "attachments")


class Line(NamedTuple):
    """One statement as it was written; ``number`` counts the lines of its file from 1."""

    file: str
    number: int
    statement: str
    body: bytes


class Batch(NamedTuple):
    """Lines posted as one request. ``first`` and ``last`` count the lines of the whole case."""

    platform: str
    first: int
    lines: tuple[Line, ...]

    @property
    def body(self) -> bytes:
        return b"[%b]" % b",\n".join(line.body for line in self.lines)

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1


class Requests(NamedTuple):
    """A batch as ``order.yaml`` asks for it, and where it does."""

    platform: str
    lines: int


class Statements:
    """All lines of all platforms; what is wrong in a file is told by its reading."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.lines: dict[str, list[Line]] = {}
        self._platforms: dict[str, set[str]] = {}
        self._voids: list[tuple[str, str, Place]] = []

    def read(self, reading: Reading, platform: str, content: bytes) -> None:
        """The lines of one file; a line that is wrong is kept, so that the others are counted."""
        texts = content.split(b"\n")
        while texts and not texts[-1].strip():
            texts.pop()
        lines = self.lines[platform] = []
        for number, text in enumerate(texts, start=1):
            body = text.removesuffix(b"\r")
            statement = self._checked(reading, platform, number, body)
            lines.append(Line(reading.file, number, statement, body))

    def _checked(self, reading: Reading, platform: str, number: int, body: bytes) -> str:
        """The id of the statement, empty if it has none."""
        if not body.strip():
            reading.refuse("statement.blank", number)
            return ""
        try:
            value = parse(body)
        except InvalidJson as error:
            _report(reading, number, error.problems)
            return ""
        problems = check_statement(value, "1.0")
        _report(reading, number, problems)
        if not problems and (names := too_many_names(value, body)):
            reading.refuse("statement.names", number, "", names=names, limit=MOST_NAMES)
        if type(value) is not dict:
            return ""
        _check_promises(reading, number, value)
        statement = value.get("id")
        if type(statement) is not str:
            return ""
        place = reading.place(number, "")
        self.names.define("statement", statement, place)
        self._platforms.setdefault(statement, set()).add(platform)
        if (target := _voided(value)) is not None:
            self._voids.append((target, platform, place))
        return statement

    def misplaced_voids(self) -> list[CaseProblem]:
        """Voiding statements in the file of another platform than their target's."""
        found = []
        for target, platform, place in self._voids:
            platforms = self._platforms.get(target)
            if platforms is not None and platform not in platforms:
                facts = {"value": target, "platform": min(platforms)}
                found.append(problem(place, "statement.void", **facts))
        return found


def _report(reading: Reading, number: int, problems: Sequence[Problem]) -> None:
    """What the store's own rules say, in their own words."""
    for found in problems:
        vi, en = (render(found, language, "1.0") for language in LANGUAGES)
        reading.add(
            CaseProblem(
                reading.file,
                number,
                found.pointer,
                found.rule,
                Wording(vi["message"], vi["mend"]),
                Wording(en["message"], en["mend"]),
            )
        )


def _check_promises(reading: Reading, number: int, statement: Mapping[str, Any]) -> None:
    """What a line of a case has beyond a valid statement."""
    id_ = statement.get("id")
    if id_ is None:
        reading.refuse("statement.id", number, "/id")
    elif type(id_) is str and not _ID.fullmatch(id_) and is_uuid(id_):
        reading.refuse("statement.id_case", number, "/id", value=id_, correct=id_.lower())
    timestamp = statement.get("timestamp")
    if timestamp is None:
        reading.refuse("statement.timestamp", number, "/timestamp")
    elif is_timestamp(timestamp, "1.0") and not (
        is_timestamp(timestamp, "2.0") and _TIMESTAMP.fullmatch(timestamp)
    ):
        reading.refuse("statement.timestamp_form", number, "/timestamp", value=timestamp)
    for key in _SET_BY_THE_STORE:
        if key in statement:
            reading.refuse("statement.property", number, f"/{key}", key=key)
    result = statement.get("result")
    duration = result.get("duration") if type(result) is dict else None
    if type(duration) is str and _FINE_SECONDS.search(duration):
        reading.refuse("statement.duration", number, "/result/duration", value=duration)


def _voided(statement: Mapping[str, Any]) -> str | None:
    """The id of the statement that this one voids."""
    verb, target = statement.get("verb"), statement.get("object")
    if type(verb) is not dict or verb.get("id") != VOIDED or type(target) is not dict:
        return None
    id_ = target.get("id")
    return id_.lower() if type(id_) is str else None


# ---- order


def read_order(reading: Reading, root: Node, statements: Statements) -> list[Batch] | None:
    """The requests in their order, every line of every file in exactly one of them.

    None if a batch is not right in itself: what it would have used is then not asked for.
    """
    found = document(reading, root, FORMAT, _SECTIONS)
    is_complete = not reading.problems
    used: dict[str, int] = {}
    batches: list[Batch] = []
    first = 1
    for asked in found.get("batches", ()):
        lines = statements.lines.get(asked.platform)
        if lines is None:
            _without_file(reading, asked)
            is_complete = False
            continue
        start = used.get(asked.platform, 0)
        used[asked.platform] = end = start + asked.lines
        batch = Batch(asked.platform, first, tuple(lines[start:end]))
        if start <= len(lines) < end:
            _beyond_the_file(reading, asked, len(lines) - start)
        _repeated_ids(reading, batch)
        batches.append(batch)
        first += asked.lines
    if not is_complete:
        return None
    for platform, lines in statements.lines.items():
        if len(rest := lines[used.get(platform, 0) :]):
            facts = {"count": len(rest), "number": rest[0].number}
            place = Place(rest[0].file, rest[0].number)
            reading.add(problem(place, "statements.unused", **facts))
    return batches


def _without_file(reading: Reading, asked: Requests) -> None:
    if reading.names.knows("platform", asked.platform):  # an unknown one is reported as such
        place = reading.places[id(asked)]
        file = f"{FOLDER}/{asked.platform}{SUFFIX}"
        reading.refuse("order.file", place.line, place.at, file=file)


def _beyond_the_file(reading: Reading, asked: Requests, left: int) -> None:
    place = reading.places[id(asked)]
    file = f"{FOLDER}/{asked.platform}{SUFFIX}"
    facts = {"file": file, "count": asked.lines, "left": left}
    reading.refuse("order.lines", place.line, place.at, **facts)


def _repeated_ids(reading: Reading, batch: Batch) -> None:
    first: dict[str, Line] = {}
    for line in batch.lines:
        earlier = first.setdefault(line.statement, line)
        if line.statement and earlier is not line:
            facts = {"value": line.statement, "number": earlier.number}
            reading.add(problem(Place(line.file, line.number), "batch.repeated", **facts))


_SECTIONS: Final = {
    "batches": each_valid(
        shape(
            Requests,
            {"platform": Required(reference("platform")), "lines": Required(integer(1))},
        )
    )
}

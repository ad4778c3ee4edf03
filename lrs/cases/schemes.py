"""The two score sheets: their values as they were written, checked by ``schemas.scheme``."""

from decimal import Decimal
from typing import Any, Final
from unicodedata import normalize

from lrs.cases import scalars
from lrs.cases.problems import LANGUAGES, At, CaseProblem, path
from lrs.cases.reading import Names, Reading
from lrs.cases.yaml_text import List, Map, Node, Scalar
from schemas.register import Scheme
from schemas.rules import Wording
from schemas.scheme import problems_of, written
from schemas.scheme_kinds import Subject
from schemas.scheme_problems import Path, SheetProblem

SUBJECTS: Final[dict[str, Subject]] = {
    "scheme-individual.yaml": "person",
    "scheme-unit.yaml": "unit",
}


def read_scheme(reading: Reading, root: Node, subject: Subject) -> Scheme | None:
    """The score sheet for persons or for units; None if it is not right. After the catalogue."""
    sheet = _value(reading, root, "")
    if reading.problems:
        return None
    for found in problems_of(sheet, _Courses(reading.names)):
        reading.add(_problem(reading, root, found))
    if reading.problems:
        return None
    if sheet["subject"] != subject:
        line = _node(root, ("subject",)).line
        facts = {"value": sheet["subject"], "expected": subject}
        reading.refuse("scheme.subject", line, "subject", **facts)
        return None
    facts = {"id": sheet["id"], "version": int(sheet["version"]), "subject": subject}
    scheme = Scheme(**facts, note=sheet.get("note"), sheet=written(sheet))
    reading.places[id(scheme)] = reading.place(root.line, "")
    return scheme


class _Courses:
    def __init__(self, names: Names) -> None:
        self._names = names

    def __contains__(self, course: object) -> bool:
        return self._names.knows("course", str(course))


# ---- values as written


def _value(reading: Reading, node: Node, at: At) -> Any:
    match node:
        case Scalar():
            return _single(reading, node, at)
        case List(items):
            return [_value(reading, item, (at, index)) for index, item in enumerate(items)]
    first: dict[str, int] = {}
    for key in node.keys:
        if key.text in first:
            facts = {"key": key.text, "line": first[key.text]}
            reading.refuse("key.repeated", key.line, (at, key.text), **facts)
        first.setdefault(key.text, key.line)
    return {key: _of_key(reading, key, value, (at, key)) for key, value in node.pairs.items()}


def _of_key(reading: Reading, key: str, node: Node, at: At) -> Any:
    if key == "note" and isinstance(node, Scalar):  # free text, whatever it looks like
        return scalars.note(reading, node, at)
    return _value(reading, node, at)


def _single(reading: Reading, scalar: Scalar, at: At) -> Any:
    match scalars.meaning(scalar):
        case None:
            return normalize("NFC", scalar.text)
        case "null":
            return None
        case "boolean":
            return scalars.is_flag(scalar)
        case "date":
            return scalars.day(reading, scalar, at)
    if not scalars.is_number(scalar):
        return reading.refuse("type.number", scalar.line, at, value=scalar.text)
    return Decimal(scalar.text)


# ---- problems of the sheet


def _problem(reading: Reading, root: Node, found: SheetProblem) -> CaseProblem:
    at: At = ""
    for token in found.path:
        at = (at, token)
    vi, en = (Wording(found.reason(language), found.mend(language)) for language in LANGUAGES)
    line = _node(root, found.path).line
    return CaseProblem(reading.file, line, path(at), f"sheet.{found.rule}", vi, en)


def _node(root: Node, steps: Path) -> Node:
    """What a path leads to, as far as it goes."""
    node = root
    for step in steps:
        match node, step:
            case Map(pairs, keys), str() if step in pairs:
                key = next(key for key in keys if key.text == step)
                node = pairs[step] if isinstance(pairs[step], Map | List) else key
            case List(items), int() if step < len(items):
                node = items[step]
            case _:
                break
    return node

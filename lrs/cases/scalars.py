"""Single values: what a scalar says where a text, an id, a number, a day or a flag is wanted.

A reader takes what is being read, the node and its place, and gives the value, or reports a problem
and gives INVALID. What YAML 1.1 takes for something else is not text unless quoted. Where programs
differ it is as PyYAML has it: ``Y``, ``n``, ``1e3`` and ``08`` are texts.

Texts are read in the composed form (NFC), so how a keyboard or a file system composes does not
matter. Only identifiers, activities and verbs, compared with statements character by character, are
refused in another form: changing them would change which statements are meant.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from unicodedata import is_normalized, normalize

from lrs.cases.problems import At
from lrs.cases.reading import INVALID, Reading
from lrs.cases.yaml_text import Node, Scalar
from schemas.formats import is_iri, is_mbox, is_sha1

Reader = Callable[[Reading, Node, At], Any]

FIRST_YEAR: Final = 1900

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
_FALSE: Final = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
_NUMBER_LIKE: Final = re.compile(  # as PyYAML has it: 1e3, 08 and 0o17 are texts
    r"[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+"
    r"|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*"
    r"|[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_DATE_LIKE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[Tt\s].*")
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL: Final = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID: Final = re.compile(r"[\w.-]+")
_LONGEST_ID: Final = 200


def is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text in _NULLS


def meaning(scalar: Scalar) -> str | None:
    """What YAML takes a plain scalar for, if not for text."""
    text = scalar.text
    if not scalar.plain:
        return None
    if text in _NULLS:
        return "null"
    if text in _TRUE or text in _FALSE:
        return "boolean"
    if text[0].isalpha():
        return None
    if _DATE_LIKE.fullmatch(text):
        return "date"
    return "number" if _NUMBER_LIKE.fullmatch(text) else None


# ---- texts


def text(reading: Reading, node: Node, at: At) -> Any:
    if not isinstance(node, Scalar):
        return reading.refuse("type.text", node.line, at, meaning=_shape(node))
    if (taken := meaning(node)) is not None:
        return reading.refuse("text.quote", node.line, at, value=node.text, meaning=taken)
    return normalize("NFC", node.text)


def words(reading: Reading, node: Node, at: At) -> Any:
    """A text that says something."""
    value = text(reading, node, at)
    if value is not INVALID and not value.strip():
        return reading.refuse("text.empty", node.line, at)
    return value


def note(reading: Reading, node: Node, at: At) -> Any:
    """Free text, whatever YAML might take it for."""
    if not isinstance(node, Scalar):
        return reading.refuse("type.text", node.line, at, meaning=_shape(node))
    return normalize("NFC", node.text)


def exact(reading: Reading, node: Node, at: At) -> Any:
    """A text that is compared with statements character by character."""
    value = words(reading, node, at)
    if value is not INVALID and not is_normalized("NFC", node.text):  # type: ignore[union-attr]
        return reading.refuse("text.nfc", node.line, at, value=value)
    return value


def name(reading: Reading, node: Node, at: At) -> Any:
    """An id: letters, digits, ``.``, ``_``, ``-``."""
    value = text(reading, node, at)
    if value is not INVALID and (len(value) > _LONGEST_ID or not _ID.fullmatch(value)):
        return reading.refuse("id.form", node.line, at, value=value)
    return value


def _checked(is_valid: Callable[[object], bool], rule: str) -> Reader:
    def read(reading: Reading, node: Node, at: At) -> Any:
        value = exact(reading, node, at)
        if value is not INVALID and not is_valid(value):
            return reading.refuse(rule, node.line, at, value=value)
        return value

    return read


iri: Final = _checked(is_iri, "text.iri")
mbox: Final = _checked(is_mbox, "text.mbox")
sha1: Final = _checked(is_sha1, "text.sha1")


def address(reading: Reading, node: Node, at: At) -> Any:
    """A mail address with or without ``mailto:``."""
    if isinstance(node, Scalar) and not node.text.lower().startswith("mailto:"):
        node = node._replace(text=f"mailto:{node.text}")
    return mbox(reading, node, at)


# ---- choices


def one_of(choices: Sequence[str]) -> Reader:
    def read(reading: Reading, node: Node, at: At) -> Any:
        value = text(reading, node, at)
        if value is not INVALID and value not in choices:
            return reading.refuse("choice", node.line, at, value=value, choices=", ".join(choices))
        return value

    return read


def flag(reading: Reading, node: Node, at: At) -> Any:
    if isinstance(node, Scalar) and node.plain:
        if node.text in _TRUE:
            return True
        if node.text in _FALSE:
            return False
    return reading.refuse("type.flag", node.line, at, value=_shown(node))


# ---- numbers


def integer(least: int) -> Reader:
    """A whole number, at least ``least``."""

    def read(reading: Reading, node: Node, at: At) -> Any:
        if not (isinstance(node, Scalar) and node.plain and _INTEGER.fullmatch(node.text)):
            return reading.refuse("type.integer", node.line, at, value=_shown(node))
        value = int(node.text)
        if value < least:
            return reading.refuse("number.least", node.line, at, value=node.text, least=least)
        return value

    return read


def amount(reading: Reading, node: Node, at: At) -> Any:
    """An exact decimal, zero or more."""
    if not (isinstance(node, Scalar) and node.plain and _DECIMAL.fullmatch(node.text)):
        return reading.refuse("type.number", node.line, at, value=_shown(node))
    value = Decimal(node.text)
    if value < 0:
        return reading.refuse("number.least", node.line, at, value=node.text, least=0)
    return value


def is_number(scalar: Scalar) -> bool:
    return scalar.plain and _DECIMAL.fullmatch(scalar.text) is not None


def is_flag(scalar: Scalar) -> bool | None:
    """The truth value a plain scalar is; None if it is none."""
    if not scalar.plain:
        return None
    return True if scalar.text in _TRUE else False if scalar.text in _FALSE else None


# ---- days


def day(reading: Reading, node: Node, at: At) -> Any:
    """A date as ``2026-04-30``; quoted or not, it can be nothing else."""
    if not (isinstance(node, Scalar) and _DAY.fullmatch(node.text)):
        return reading.refuse("type.date", node.line, at, value=_shown(node))
    try:
        value = date.fromisoformat(node.text)
    except ValueError:
        return reading.refuse("date.exists", node.line, at, value=node.text)
    if value.year < FIRST_YEAR:
        return reading.refuse("date.early", node.line, at, value=node.text, year=FIRST_YEAR)
    return value


def _shown(node: Node) -> str:
    if not isinstance(node, Scalar):
        return "[…]" if _shape(node) == "list" else "{…}"
    return node.text if node.plain else f'"{node.text}"'


def _shape(node: Node) -> str:
    return "mapping" if hasattr(node, "pairs") else "list"

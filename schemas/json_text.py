"""Strict reading of JSON text as received: text with exactly one reading, or why it has none.

orjson reads; what it lets pass is looked for in the bytes.

Repeated keys: orjson keeps the last pair of a key. Every pair has a colon of its own, and the
colons inside strings are written back as they came, so the text and the value written again have
equally many colons if and only if no pair was dropped, unless a colon came escaped as ``\\u003a``.
Only where the counts differ, or one was escaped, is the text read again, slowly, to name the keys.

Depth: a text with no more brackets than there may be levels cannot be too deep; of another one, the
brackets outside strings are taken away in pairs, one level a round.

Integers beyond 64 bits become floats: the bytes received remain the truth.
"""

import re
from collections.abc import Iterator
from itertools import islice
from json import loads as slow_loads
from typing import Any, Final

import msgspec
import orjson

from schemas.checks import MOST_PROBLEMS
from schemas.problems import Problem, child

MAXIMUM_DEPTH: Final = 64

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # the last may be open
_ONE_KIND_OF_BRACKET: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET: Final = bytes(set(range(256)) - set(b"[]{}"))
_ESCAPED_COLON: Final = re.compile(rb"\\u003[aA]")
_NOT_A_NUMBER: Final = re.compile("-?(?:NaN|Infinity)", re.IGNORECASE)
_NUMBER: Final = re.compile("-?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_LONGEST_EXTRACT: Final = 40
_BOM: Final = b"\xef\xbb\xbf"
_WHITESPACE: Final = b" \t\r\n"
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])


class InvalidJson(Exception):
    """The body is not JSON text with exactly one reading."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


def parse(body: bytes) -> Any:
    """The value of ``body``. Time and memory are linear in its length, however it is nested.

    Raises InvalidJson on an empty or truncated body, a byte order mark, what is not UTF-8, half a
    surrogate pair, NaN, Infinity and numbers beyond a float, repeated keys, more than 64 levels,
    and anything after the value.
    """
    return parse_items(body)[0]


def parse_items(body: bytes) -> tuple[Any, list[bytes] | None]:
    """The value as ``parse`` gives it, and the items as ``split`` does."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidJson([_diagnosis(body, error)]) from error
    items = split(body) if type(value) is list else None
    if _is_too_deep(body, items):
        raise InvalidJson([_too_deep()])
    if _may_repeat_keys(body, value):
        problems = list(islice(_repeated_keys(body), MOST_PROBLEMS))
        if problems:
            raise InvalidJson(problems)
    return value, items


def split(body: bytes) -> list[bytes] | None:
    """The items of a top-level array, each as received, byte for byte; None if it is no array.

    Raises InvalidJson where they cannot be told apart; an item may still be one ``parse`` refuses.
    """
    if not body.lstrip(_WHITESPACE).startswith(b"["):
        return None
    try:
        return [bytes(item) for item in _ARRAY.decode(body)]
    except RecursionError as error:
        raise InvalidJson([_too_deep()]) from error
    except msgspec.DecodeError:
        parse(body)  # says where
        raise


# ---- depth


def _is_too_deep(body: bytes, items: list[bytes] | None) -> bool:
    if _bracket_count(body) <= MAXIMUM_DEPTH:
        return False
    if items is None:
        return _is_deeper(body, MAXIMUM_DEPTH)
    return any(
        _bracket_count(item) >= MAXIMUM_DEPTH and _is_deeper(item, MAXIMUM_DEPTH - 1)
        for item in items
    )


def _bracket_count(text: bytes) -> int:
    return text.count(b"{") + text.count(b"[")


def _brackets(text: bytes) -> bytes:
    return _STRING.sub(b"", text).translate(_ONE_KIND_OF_BRACKET, _NO_BRACKET)


def _is_deeper(text: bytes, levels: int) -> bool:
    brackets = _brackets(text)
    for _ in range(levels):  # each round takes away the innermost level everywhere
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _too_deep() -> Problem:
    return Problem("", "json.depth", None, {"maximum": MAXIMUM_DEPTH})


# ---- repeated keys


class _Repeated(list[tuple[str, Any]]):
    """The pairs of an object in which a key stands more than once."""


def _may_repeat_keys(body: bytes, value: Any) -> bool:
    if body.count(b":") != orjson.dumps(value).count(b":"):
        return True
    return b"\\u003" in body and _ESCAPED_COLON.search(body) is not None


def _repeated_keys(body: bytes) -> Iterator[Problem]:
    return _repeats(slow_loads(body, object_pairs_hook=_pairs), "")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Repeated:
    value = dict(pairs)
    return value if len(value) == len(pairs) else _Repeated(pairs)


def _repeats(value: Any, pointer: str) -> Iterator[Problem]:
    members: Any = ()
    if isinstance(value, _Repeated):
        members = value
        yield from _counted(value, pointer)
    elif isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for token, member in members:
        if isinstance(member, dict | list):
            yield from _repeats(member, child(pointer, token))


def _counted(pairs: _Repeated, pointer: str) -> Iterator[Problem]:
    counts: dict[str, int] = {}
    for key, _ in pairs:
        counts[key] = counts.get(key, 0) + 1
    for key, count in counts.items():
        if count > 1:
            yield Problem(child(pointer, key), "json.duplicate_key", key, {"count": count})


# ---- what orjson refused


def _diagnosis(body: bytes, error: orjson.JSONDecodeError) -> Problem:
    if not body.strip(_WHITESPACE):
        return Problem("", "json.empty")
    if body.startswith(_BOM):
        return Problem("", "json.bom")
    try:
        text = body.decode()
    except UnicodeDecodeError as undecodable:
        offset = undecodable.start
        facts = {"byte": f"0x{body[offset]:02X}", "offset": offset}
        return Problem("", "json.encoding", None, facts)
    brackets = _brackets(text[: error.pos + 1].encode())
    if brackets.count(b"[") - brackets.count(b"]") > MAXIMUM_DEPTH:
        return _too_deep()
    return _syntax(text, error.pos)


def _syntax(text: str, offset: int) -> Problem:
    offset = min(offset, len(text.rstrip()))
    near = text[offset : offset + 20]
    rule = "json.syntax"
    if offset == len(text.rstrip()):
        rule = "json.truncated"
    elif match := _NOT_A_NUMBER.match(text, offset):
        rule, near = "json.not_a_number", match[0]
    elif match := _SURROGATE.match(text, offset):
        rule, near = "json.surrogate", match[0]
    elif (match := _NUMBER.match(text, offset)) and abs(float(match[0])) == float("inf"):
        rule, near = "json.number_range", match[0]
    elif _is_json(text[:offset]):
        rule = "json.trailing"
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return Problem("", rule, None, {"line": line, "column": column, "near": _quoted(near)})


def _quoted(text: str) -> str:
    visible = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[:_LONGEST_EXTRACT])
    return f"“{visible}”" if len(text) <= _LONGEST_EXTRACT else f"“{visible}…”"


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True

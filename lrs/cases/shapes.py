"""Mappings and lists: tables of readers, from which the records of a case are built.

A shape names the keys a mapping has and the reader of each. Every key that is missing, unknown or
wrong is reported; only what is right as a whole becomes a record.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from lrs.cases import scalars
from lrs.cases.problems import At
from lrs.cases.reading import INVALID, Reading
from lrs.cases.scalars import Reader
from lrs.cases.yaml_text import List, Map, Node, Scalar

Check = Callable[[Reading, Any, Map, At], bool]
"""What no single key can judge; False if it reported a problem."""

ATTRIBUTES: Final = {"from": "from_"}  # a key that is a word of Python


class Required:
    """A key that must be there and not null."""

    def __init__(self, read: Reader) -> None:
        self.read = read


def document(
    reading: Reading, root: Node, format_: str, sections: Mapping[str, Reader | Required]
) -> dict[str, Any]:
    """The sections of a file that can be read, whatever is wrong in the others."""
    keys = {"format": Required(_format(format_)), **sections}
    if not isinstance(root, Map):
        reading.refuse("type.mapping", root.line, "", keys=", ".join(keys))
        return {}
    values, _ = _members(reading, root, "", _Keys(keys))
    return {key: value for key, value in values.items() if value is not INVALID}


def shape(
    build: Callable[..., Any],
    keys: Mapping[str, Reader | Required],
    *checks: Check,
    noted: bool = False,
) -> Reader:
    """A mapping read as what ``build`` makes of its values, its keys being the arguments.

    ``build`` gets the note if ``noted``.
    """
    known = _Keys(keys)

    def read(reading: Reading, node: Node, at: At) -> Any:
        if not isinstance(node, Map):
            return reading.refuse("type.mapping", node.line, at, keys=", ".join(keys))
        values, is_valid = _members(reading, node, at, known)
        if not is_valid:
            return INVALID
        if not noted:
            values.pop("note", None)
        built = build(**values)
        verdicts = [check(reading, built, node, at) for check in checks]
        if not all(verdicts):
            return INVALID
        reading.places[id(built)] = reading.place(node.line, at)
        return built

    return read


class _Keys:
    """What may stand in a mapping: ``note`` in every one."""

    def __init__(self, keys: Mapping[str, Reader | Required]) -> None:
        self.required = [key for key, given in keys.items() if isinstance(given, Required)]
        self.readers: dict[str, Reader] = {
            key: given.read if isinstance(given, Required) else given for key, given in keys.items()
        }
        self.readers["note"] = scalars.note


def _members(reading: Reading, node: Map, at: At, known: _Keys) -> tuple[dict[str, Any], bool]:
    """The values of a mapping by argument, and whether nothing is wrong. Null counts as absent."""
    is_valid = _has_only(reading, node, at, known.readers)
    values: dict[str, Any] = {}
    for key, value in node.pairs.items():
        read = known.readers.get(key)
        if read is not None and not scalars.is_null(value):
            values[ATTRIBUTES.get(key, key)] = found = read(reading, value, (at, key))
            is_valid = is_valid and found is not INVALID
    for key in known.required:
        if key not in node.pairs or scalars.is_null(node.pairs[key]):
            reading.refuse("key.missing", node.line, at, key=key)
            is_valid = False
    return values, is_valid


def _format(expected: str) -> Reader:
    def read(reading: Reading, node: Node, at: At) -> Any:
        if isinstance(node, Scalar) and node.text == expected:
            return expected
        return reading.refuse("format", node.line, at, expected=expected)

    return read


def _has_only(reading: Reading, node: Map, at: At, known: Mapping[str, Any]) -> bool:
    """No unknown and no repeated key."""
    if len(node.keys) == len(node.pairs) and known.keys() >= node.pairs.keys():
        return True
    first: dict[str, int] = {}
    for key in node.keys:
        if key.text in first:
            line = first[key.text]
            reading.refuse("key.repeated", key.line, (at, key.text), key=key.text, line=line)
        elif key.text not in known:
            near = get_close_matches(key.text, known, 1)
            facts = {"key": key.text, "known": ", ".join(known)}
            if near:
                reading.refuse("key.misspelt", key.line, (at, key.text), near=near[0], **facts)
            else:
                reading.refuse("key.unknown", key.line, (at, key.text), **facts)
        first.setdefault(key.text, key.line)
    return False


def each(read: Reader) -> Reader:
    """A list, read as a tuple."""

    def read_all(reading: Reading, node: Node, at: At) -> Any:
        if not isinstance(node, List):
            return reading.refuse("type.list", node.line, at)
        values = [read(reading, item, (at, index)) for index, item in enumerate(node.items)]
        return INVALID if any(value is INVALID for value in values) else tuple(values)

    return read_all


def each_valid(read: Reader) -> Reader:
    """A list, read as those of its items that are right; the others are reported."""

    def read_all(reading: Reading, node: Node, at: At) -> Any:
        if not isinstance(node, List):
            reading.refuse("type.list", node.line, at)
            return ()
        values = [read(reading, item, (at, index)) for index, item in enumerate(node.items)]
        return tuple(value for value in values if value is not INVALID)

    return read_all


def defined(kind: str) -> Required:
    """The id of a record: new among its kind."""

    def read(reading: Reading, node: Node, at: At) -> Any:
        value = scalars.name(reading, node, at)
        if value is INVALID:
            return INVALID
        place = reading.place(node.line, at)
        first = reading.names.define(kind, value, place)
        if first is not None:
            return reading.refuse("id.repeated", node.line, at, kind=kind, value=value, other=first)
        return value

    return Required(read)


def reference(kind: str) -> Reader:
    """The id of a record that the case defines somewhere."""

    def read(reading: Reading, node: Node, at: At) -> Any:
        value = scalars.name(reading, node, at)
        if value is not INVALID:
            reading.names.refer(kind, value, reading.place(node.line, at))
        return value

    return read


def in_order(reading: Reading, record: Any, node: Map, at: At) -> bool:
    """``from`` is not after ``to``."""
    if record.from_ is None or record.to is None or record.from_ <= record.to:
        return True
    facts = {"from_": record.from_, "to": record.to}
    return reading.refuse("dates.order", node.line_of("from"), at, **facts) is not INVALID

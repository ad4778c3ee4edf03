"""YAML files as a tree in which everything knows its line and nothing has been guessed.

YAML 1.1 turns unquoted text into numbers, dates and truth values by its look: ``1_000``, ``12:30``,
``0.1`` in binary, ``NO``. Here a scalar stays the text that was written, and whether it was quoted;
what it means is decided where it is known what is wanted (``lrs.cases.scalars``).

Read from the events of libyaml, without recursion. An alias stands for the value it names, and is
told by its own line; a file of aliases of aliases is refused before it becomes large. Tags, merge
keys and several documents have no place in a case.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from lrs.cases.text_files import Unreadable as Unreadable
from lrs.cases.text_files import decoded

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML built without libyaml: slower by a factor of 20
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

MAXIMUM_DEPTH: Final = 64
MOST_ALIASED: Final = 1_000_000
"""So many values may be there by alias."""

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_SYNTAX: Final = {  # what libyaml says, and which rule that breaks
    "cannot start any token": "yaml.token",
    "mapping values are not allowed": "yaml.colon",
    "expected ',' or": "yaml.bracket",
    "expected key": "yaml.indent",
    "expected '-' indicator": "yaml.indent",
    "unexpected end of stream": "yaml.quote",
}


class Scalar(NamedTuple):
    """``plain``: written without quotes, so that YAML could take it for something else."""

    text: str
    plain: bool
    line: int


class List(NamedTuple):
    items: "list[Node]"
    line: int


class Map(NamedTuple):
    """``keys`` are the keys as written; of a repeated key, ``pairs`` has the first value."""

    pairs: "dict[str, Node]"
    keys: list[Scalar]
    line: int

    def line_of(self, name: str) -> int:
        """The line of a key that is there: a value may begin on a later one."""
        return next(key.line for key in self.keys if key.text == name)


Node = Scalar | List | Map

_NOTHING: Final = Scalar("", True, 0)


def read_yaml(content: bytes) -> Node:
    """The one document of a file. Raises Unreadable."""
    text = decoded(content)
    try:
        return _document(_events(Loader(text)))
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, text) from error
    except yaml.YAMLError as error:  # a control character; no line is told
        control = _CONTROL.search(text)
        line = text.count("\n", 0, control.start()) + 1 if control else None
        raise Unreadable("yaml.character", line) from error


# ---- from events to a tree


def _events(loader: Any) -> Iterator[Any]:
    documents = 0
    while (event := loader.get_event()) is not None:
        if type(event) is DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise Unreadable("yaml.documents", _line(event))
        yield event


class _Extent(NamedTuple):
    """How many values there are in a value, and in how many levels."""

    size: int
    depth: int


_SINGLE: Final = _Extent(1, 0)


class _Aliases:
    """The values that have a name."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[Node, _Extent]] = {}
        self._aliased = 0

    def name(self, anchor: str, node: Node, extent: _Extent) -> None:
        self._named[anchor] = node, extent

    def named(self, anchor: str, line: int) -> tuple[Node, _Extent]:
        """The value, as if it stood on ``line``. None has its name while it is being read."""
        if anchor not in self._named:
            raise Unreadable("yaml.alias", line, name=anchor)
        node, extent = self._named[anchor]
        self._aliased += extent.size
        if self._aliased > MOST_ALIASED:
            raise Unreadable("yaml.aliases", line, maximum=MOST_ALIASED)
        return node._replace(line=line), extent


class _Open:
    """A list or mapping whose end has not come."""

    __slots__ = ("_depth", "_size", "members", "start")

    def __init__(self, start: Any) -> None:
        self.start = start
        self.members: list[Node] = []
        self._size, self._depth = 1, 0

    def add(self, node: Node, extent: _Extent) -> None:
        self.members.append(node)
        self._size += extent.size
        self._depth = max(self._depth, extent.depth)

    def closed(self, *, is_list: bool) -> tuple[Node, _Extent]:
        line = _line(self.start)
        node = List(self.members, line) if is_list else _map(self.members, line)
        return node, _Extent(self._size, self._depth + 1)


def _document(events: Iterator[Any]) -> Node:
    """The tree, built with a stack of what is open, below which stands the document."""
    stack = [_Open(None)]
    aliases = _Aliases()
    for event in events:
        kind = type(event)
        anchor = getattr(event, "anchor", None)
        if kind is ScalarEvent:
            _refuse_tag(event)
            node: Node = Scalar(event.value, event.style in (None, ""), _line(event))
            extent = _SINGLE
        elif kind is AliasEvent:
            node, extent = aliases.named(event.anchor, _line(event))
            anchor = None
        elif kind is SequenceStartEvent or kind is MappingStartEvent:
            _refuse_tag(event)
            stack.append(_Open(event))
            _refuse_depth(len(stack) - 1, event)
            continue
        elif kind is SequenceEndEvent or kind is MappingEndEvent:
            anchor = stack[-1].start.anchor
            node, extent = stack.pop().closed(is_list=kind is SequenceEndEvent)
        else:
            continue
        if anchor is not None:
            aliases.name(anchor, node, extent)
        _refuse_depth(len(stack) - 1 + extent.depth, event)
        stack[-1].add(node, extent)
    [root] = stack[0].members or [_NOTHING]
    if root._replace(line=0) == _NOTHING:
        raise Unreadable("file.empty")
    return root


def _refuse_depth(depth: int, event: Any) -> None:
    if depth > MAXIMUM_DEPTH:
        raise Unreadable("yaml.depth", _line(event), maximum=MAXIMUM_DEPTH)


def _map(members: list[Node], line: int) -> Map:
    keys: list[Scalar] = []
    pairs: dict[str, Node] = {}
    for key, value in zip(members[::2], members[1::2], strict=True):
        if not isinstance(key, Scalar):
            raise Unreadable("yaml.key", key.line)
        keys.append(key)
        pairs.setdefault(key.text, value)
    return Map(pairs, keys, line)


def _refuse_tag(event: Any) -> None:
    if event.tag is not None:
        raise Unreadable("yaml.tag", _line(event), tag=event.tag)


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


# ---- what libyaml refused


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Unreadable:
    said = error.problem or ""
    rule = next((rule for words, rule in _SYNTAX.items() if words in said), "yaml.syntax")
    opened = error.context_mark if rule in ("yaml.bracket", "yaml.quote") else None
    mark = opened or error.problem_mark
    line = mark.line + 1 if mark else None
    written = text.split("\n")[line - 1] if line and line <= text.count("\n") + 1 else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return Unreadable("yaml.tab", line)
    return Unreadable(rule, line, said=said)

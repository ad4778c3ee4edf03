"""A file being read: its name, what it defines, what it refers to and what is wrong in it.

Ids are collected before and apart from the records that carry them, so one broken value does not
make every reference to its record a second problem; and what a file that cannot be read would
have defined is not asked for.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from lrs.cases.problems import MOST_PROBLEMS, At, CaseProblem, Place, problem

INVALID: Final[Any] = object()
"""What a reader gives for a value it has reported."""


class _Reference(NamedTuple):
    kind: str
    id: str
    place: Place


class Names:
    """The ids of a case by kind, and everywhere one is referred to.

    ``places`` tells where a record stood, by the identity of the object (``id``): the records it is
    asked for are alive.
    """

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self._defined: dict[str, dict[str, Place]] = {}
        self._references: list[_Reference] = []
        self._unknowable: set[str] = set()

    def define(self, kind: str, id_: str, place: Place) -> Place | None:
        """Where ``id_`` was defined before, if it was."""
        first = self._defined.setdefault(kind, {}).setdefault(id_, place)
        return None if first is place else first

    def refer(self, kind: str, id_: str, place: Place) -> None:
        self._references.append(_Reference(kind, id_, place))

    def cannot_know(self, *kinds: str) -> None:
        """The file that defines these kinds cannot be read: no reference to them is judged."""
        self._unknowable.update(kinds)

    def knows(self, kind: str, id_: str) -> bool:
        return kind in self._unknowable or id_ in self._defined.get(kind, {})

    def unknown(self) -> Iterator[CaseProblem]:
        for kind, id_, place in self._references:
            if not self.knows(kind, id_):
                yield problem(place, "reference", kind=kind, value=id_)


class Reading:
    """One file being read."""

    def __init__(self, file: str, names: Names) -> None:
        self.file = file
        self.names = names
        self.problems: list[CaseProblem] = []
        self.places = names.places

    def refuse(self, rule: str, line: int | None, at: At = "", /, **facts: Any) -> Any:
        """Report a problem; the answer is INVALID, for the reader to pass on."""
        if len(self.problems) < MOST_PROBLEMS:
            self.add(problem(Place(self.file, line, at), rule, **facts))
        return INVALID

    def add(self, found: CaseProblem) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(found)

    def place(self, line: int | None, at: At) -> Place:
        return Place(self.file, line, at)

"""Score sheets (``lrs-scheme/1``): what is scored, of how many points, by which rule. A sheet is
data; what a kind of criterion means is in ``projections.scoring``.

A sheet is read from a mapping, as YAML or JSON gives it, whose numbers are ``int``, ``Decimal`` or
the text they were written as, never binary floating point. Every problem is found at once, each
with its path, so that whoever read the file can say which line it is.

Optional, so that other sheets than those of the case format can be written: ``eligibility`` (15
days), ``head_of_unit`` (no blend), ``gates``, ``bonus``, ``penalty``, ``quota``, a ``max`` of a
group (then it is checked), and every kind of criterion.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from msgspec import Struct

from schemas.scheme_checks import Draft, Node, check_courses, read_draft
from schemas.scheme_fields import Problems
from schemas.scheme_fields import decimal as decimal
from schemas.scheme_kinds import COUNT_KINDS, COUNT_RULE, KINDS, Subject
from schemas.scheme_problems import SheetProblem as SheetProblem


class InvalidSheet(Exception):
    """The sheet cannot be used; ``problems`` are all there are."""

    def __init__(self, problems: Sequence[SheetProblem]) -> None:
        super().__init__(", ".join(f"{problem.path}: {problem.rule}" for problem in problems))
        self.problems = problems


# ---- what was read


class Criterion(Struct, frozen=True):
    """A scored line. ``settings`` are the keys its kind adds, every number a Fraction or an int."""

    id: str
    vi: str
    max: Fraction
    kind: str
    settings: Mapping[str, Any]


class Group(Struct, frozen=True):
    """Criteria under one heading; not scored."""

    id: str
    vi: str
    children: tuple["Group | Criterion", ...]


class CountRule(Struct, frozen=True):
    """So many points for each of what its kind counts."""

    id: str
    vi: str
    kind: str
    per_item: Fraction
    cap: Fraction
    settings: Mapping[str, Any]
    blocks_award: bool = False


class Block(Struct, frozen=True):
    """Bonus or penalty."""

    cap: Fraction = Fraction(0)
    rules: tuple[CountRule, ...] = ()


class Band(Struct, frozen=True):
    id: str
    vi: str
    min: Fraction


class Gate(Struct, frozen=True):
    """A party member may have the band ``level`` only with ``criterion`` at its maximum."""

    level: str
    criterion: str


class HeadOfUnit(Struct, frozen=True):
    min_head_months: int
    weight: Fraction


class Quota(Struct, frozen=True):
    """How many may have the band ``level``; the band below it is the one called good."""

    rate: Fraction
    base: Literal["COUNT", "GOOD_OR_BETTER", "GOOD_ONLY"]
    rounding: Literal["floor", "half_up"]
    minimum_one: bool
    level: str = ""
    group_by: tuple[Literal["unit", "position"], ...] = ()
    tie_break: tuple[str, ...] = ()
    unresolved_tie: Literal["vote", "all_in", "all_out"] = "vote"


class Sheet(Struct, frozen=True):
    """A score sheet without problems. ``bands`` go from high to low, the last from 0."""

    id: str
    version: int
    subject: Subject
    vi: str
    legal_basis: tuple[str, ...]
    max: Fraction
    criteria: tuple[Group | Criterion, ...]
    bands: tuple[Band, ...]
    bonus: Block = Block()
    penalty: Block = Block()
    month_min_days: int = 15
    head_of_unit: HeadOfUnit | None = None
    gates: tuple[Gate, ...] = ()
    quota: Quota | None = None

    @property
    def leaves(self) -> tuple[Criterion, ...]:
        """The scored criteria, in the order of the sheet."""
        return tuple(_leaves(self.criteria))


def _leaves(nodes: Iterable[Group | Criterion]) -> Iterator[Criterion]:
    for node in nodes:
        if isinstance(node, Criterion):
            yield node
        else:
            yield from _leaves(node.children)


def read_sheet(sheet: Mapping[str, Any]) -> Sheet:
    """The sheet; raises InvalidSheet with everything that is wrong."""
    problems: Problems = []
    draft = read_draft(sheet, problems)
    if problems:
        raise InvalidSheet(problems)
    return _sheet(draft)


def problems_of(sheet: object, courses: Container[str] | None = None) -> list[SheetProblem]:
    """Everything that is wrong with a sheet.

    With ``courses``, the ids of the catalogue, also what names a course that is not among them.
    """
    problems: Problems = []
    draft = read_draft(sheet, problems)
    if courses is not None:
        check_courses(draft, courses, problems)
    return problems


def written(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """A sheet without problems as JSON can carry it exactly: numbers and dates as text."""
    return {key: _written(value) for key, value in sheet.items()}


def _written(value: Any) -> Any:
    match value:
        case Mapping():
            return written(value)
        case str() | bool() | None:
            return value
        case list() | tuple():
            return [_written(item) for item in value]
        case Decimal():
            return f"{value:f}"
    return str(value)


# ---- from what was read to what is used


def _sheet(draft: Draft) -> Sheet:
    read = draft.read
    optional: dict[str, Any] = {}
    if "eligibility" in read:
        optional["month_min_days"] = read["eligibility"]["month_min_days"]
    if "head_of_unit" in read:
        optional["head_of_unit"] = HeadOfUnit(**read["head_of_unit"])
    if "quota" in read:
        optional["quota"] = Quota(**{"level": read["bands"][0]["id"], **read["quota"]})
    for block, rules in draft.blocks.items():
        optional[block] = Block(read[block]["cap"], tuple(map(_count_rule, rules)))
    return Sheet(
        id=read["id"],
        version=read["version"],
        subject=read["subject"],
        vi=read["vi"],
        legal_basis=read["legal_basis"],
        max=read["max"],
        criteria=tuple(map(_criterion, draft.criteria)),
        bands=tuple(Band(**band) for band in read["bands"]),
        gates=tuple(
            Gate(gate["level"], gate["requires"]["criterion"]) for gate in read.get("gates", ())
        ),
        **optional,
    )


def _criterion(node: Node) -> Group | Criterion:
    read = node.read
    if node.children is not None:
        return Group(read["id"], read["vi"], tuple(map(_criterion, node.children)))
    settings = {key: read[key] for key in KINDS[read["kind"]].fields if key in read}
    return Criterion(read["id"], read["vi"], read["max"], read["kind"], settings)


def _count_rule(node: Node) -> CountRule:
    common = {key: node.read[key] for key in COUNT_RULE if key in node.read}
    kind = COUNT_KINDS[node.read["kind"]]
    return CountRule(**common, settings={key: node.read[key] for key in kind.fields})

"""Reading a whole score sheet, and the checks that span its parts.

Every check works on as much as could be read, so that one mistake hides no other.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from schemas.scheme_fields import (
    NOTES,
    Fields,
    Problems,
    as_it_is,
    check_descending,
    decimal,
    members,
    optional,
    report,
)
from schemas.scheme_kinds import (
    COUNT_KINDS,
    COUNT_RULE,
    GROUP,
    KINDS,
    LEAF,
    PERSON_SHEET,
    SHEET,
    Kind,
)
from schemas.scheme_problems import Path

RESULT_NAMES: Final = ("base", "bonus", "penalty", "personal", "final", "band", "excluded")
TIE_KEYS: Final = ("exam_mean", "regularity", "last_required_completion")
_SUBJECTS_VI: Final = {"person": "cá nhân", "unit": "đơn vị"}
_AT_MOST_MAX: Final = ("otherwise", "on_time", "late_days_le_30", "later", "none")


class Node(NamedTuple):
    """An entry of the criteria or a rule, as far as it could be read; a group has children."""

    path: Path
    read: dict[str, Any]
    children: "tuple[Node, ...] | None" = None


class Draft(NamedTuple):
    """A sheet as far as it could be read; ``blocks`` are the rules of bonus and penalty."""

    read: dict[str, Any]
    criteria: tuple[Node, ...] = ()
    blocks: Mapping[str, tuple[Node, ...]] = {}

    @property
    def leaves(self) -> list[Node]:
        return [node for node in every(self.criteria) if node.children is None]


def every(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes and all within them, in the order of the sheet."""
    for node in nodes:
        yield node
        yield from every(node.children or ())


def read_draft(sheet: object, problems: Problems) -> Draft:
    if not isinstance(sheet, Mapping):
        report(problems, (), "mapping", sheet)
        return Draft({})
    subject = sheet.get("subject")
    subjects = [subject] if subject in ("person", "unit") else ["person", "unit"]
    fields = {**SHEET, **PERSON_SHEET}
    if subject == "unit":
        fields |= {key: optional(as_it_is) for key in PERSON_SHEET}
        for key in PERSON_SHEET:
            if key in sheet:
                report(problems, (key,), "key.subject", None, key=key)
    read = members(sheet, (), problems, fields)
    draft = Draft(
        read,
        _nodes(read.get("criteria", ()), ("criteria",), problems, subjects, ()),
        {
            block: _rules(read[block].get("rules", ()), (block, "rules"), problems, subjects)
            for block in ("bonus", "penalty")
            if block in read
        },
    )
    _check_ids(draft, problems)
    _check_kinds(draft, problems)
    _check_sums(draft, problems)
    _check_maxima(draft, problems)
    _check_bands(draft, problems)
    if subject != "unit":
        _check_gates(draft, problems)
        _check_quota(draft, problems)
    return draft


# ---- the criteria and the rules


def _nodes(
    values: Sequence[Any],
    path: Path,
    problems: Problems,
    subjects: Sequence[str],
    above: tuple[Any, ...],
) -> tuple[Node, ...]:
    """The entries at a path; ``above`` are the groups they are in."""
    nodes = []
    for at, value in enumerate(values):
        here = (*path, at)
        if (name := _nested_in_itself(value, above)) is not None:
            report(problems, here, "cycle", name)
        elif not isinstance(value, Mapping):
            report(problems, here, "mapping", value)
        elif "children" in value:
            read = members(value, here, problems, GROUP)
            below = read.pop("children", ())
            inner = (*above, value)
            children = _nodes(below, (*here, "children"), problems, subjects, inner)
            nodes.append(Node(here, read, children))
        else:
            nodes.append(Node(here, _by_kind(value, here, problems, subjects, LEAF, KINDS)))
    return tuple(nodes)


def _nested_in_itself(value: Any, above: Iterable[Any]) -> Any:
    """The id of the group around it that an entry is, or names; None if it is none of them."""
    named = value.get("id") if isinstance(value, Mapping) else value
    for outer in above:
        if value is outer or (named is not None and named == outer.get("id")):
            return outer.get("id", "")
    return None


def _rules(
    values: Sequence[Any], path: Path, problems: Problems, subjects: Sequence[str]
) -> tuple[Node, ...]:
    nodes = []
    for at, value in enumerate(values):
        here = (*path, at)
        if isinstance(value, Mapping):
            read = _by_kind(value, here, problems, subjects, COUNT_RULE, COUNT_KINDS)
            nodes.append(Node(here, read))
        else:
            report(problems, here, "mapping", value)
    return tuple(nodes)


def _by_kind(
    value: Mapping[Any, Any],
    path: Path,
    problems: Problems,
    subjects: Sequence[str],
    common: Fields,
    kinds: Mapping[str, Kind],
) -> dict[str, Any]:
    name = value.get("kind")
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:  # what else it may say is unknown, so only what all may say is read
        known_keys = {key: said for key, said in value.items() if key in common or key in NOTES}
        if isinstance(name, str):
            known = _for_subjects(kinds, subjects)
            report(problems, (*path, "kind"), "kind.unknown", name, known=known)
        return members(known_keys, path, problems, common)
    if not set(subjects) & set(kind.subjects):
        [subject] = subjects
        if name == "weighted_mean_personal":
            report(problems, (*path, "kind"), "kind.cycle", name)
        else:
            facts = {
                "subject": subject,
                "subject_vi": _SUBJECTS_VI[subject],
                "known": _for_subjects(kinds, subjects),
            }
            report(problems, (*path, "kind"), "kind.subject", name, **facts)
    return members(value, path, problems, {**common, **kind.fields})


def _for_subjects(kinds: Mapping[str, Kind], subjects: Sequence[str]) -> str:
    return ", ".join(name for name, kind in kinds.items() if set(subjects) & set(kind.subjects))


# ---- checks that span several values


def _check_ids(draft: Draft, problems: Problems) -> None:
    criteria = list(every(draft.criteria))
    bands = [Node(("bands", at), band) for at, band in enumerate(draft.read.get("bands", ()))]
    for nodes in (criteria, bands, *map(_items, draft.leaves), *draft.blocks.values()):
        known = set()
        for node in nodes:
            name = node.read.get("id")
            if name in known:
                report(problems, (*node.path, "id"), "id.repeated", name)
            if name is not None:
                known.add(name)
    for node in criteria:
        if (name := node.read.get("id")) in RESULT_NAMES:
            reserved = ", ".join(RESULT_NAMES)
            report(problems, (*node.path, "id"), "id.reserved", name, known=reserved)


def _items(leaf: Node) -> list[Node]:
    return [
        Node((*leaf.path, "items", at), item) for at, item in enumerate(leaf.read.get("items", ()))
    ]


def _check_kinds(draft: Draft, problems: Problems) -> None:
    taken: dict[str, Node] = {}
    for leaf in draft.leaves:
        kind = KINDS.get(leaf.read.get("kind", ""))
        if kind is None or not kind.once:
            continue
        first = taken.setdefault(kind.once, leaf)
        if first is not leaf:
            other = first.read.get("id", "")
            path = (*leaf.path, "kind")
            report(problems, path, "kind.repeated", leaf.read["kind"], other=other)


def _check_sums(draft: Draft, problems: Problems) -> None:
    """The maxima of the leaves of the sheet, and of a group that states its own."""
    _check_sum(draft.read.get("max"), draft.leaves, ("criteria",), problems)
    for group in every(draft.criteria):
        if group.children is not None:
            leaves = [node for node in every(group.children) if node.children is None]
            _check_sum(group.read.get("max"), leaves, (*group.path, "max"), problems)


def _check_sum(
    maximum: Fraction | None, leaves: Sequence[Node], path: Path, problems: Problems
) -> None:
    maxima: list[Fraction] = [leaf.read["max"] for leaf in leaves if "max" in leaf.read]
    if maximum is None or not maxima or len(maxima) < len(leaves):
        return
    total = sum(maxima, Fraction(0))
    if total != maximum:
        facts = {"sum": decimal(total), "max": decimal(maximum)}
        report(problems, path, "sum", facts["sum"], **facts)


def _check_maxima(draft: Draft, problems: Problems) -> None:
    for leaf in draft.leaves:
        maximum = leaf.read.get("max")
        for path, score in _scores(leaf.read):
            if maximum is not None and score is not None and score > maximum:
                facts = {"max": decimal(maximum)}
                report(problems, (*leaf.path, *path), "above_max", decimal(score), **facts)


def _scores(read: Mapping[str, Any]) -> Iterator[tuple[Path, Fraction | None]]:
    """The scores a criterion can give outright, with their paths in it."""
    for rows in ("tiers", "table"):
        for at, row in enumerate(read.get(rows, ())):
            yield (rows, at, "score"), row.get("score")
    for name in _AT_MOST_MAX:
        yield (name,), read.get(name)
    if read.get("kind") == "pioneers":
        head, party = read.get("head_complete"), read.get("party_ratio")
        yield ("party_ratio",), None if head is None or party is None else head + party


def _check_bands(draft: Draft, problems: Problems) -> None:
    minima = [band.get("min") for band in draft.read.get("bands", ())]
    check_descending(minima, ("bands",), problems, "min")
    if minima and minima[-1]:
        path = ("bands", len(minima) - 1, "min")
        report(problems, path, "bands.last", decimal(minima[-1]))


def _check_gates(draft: Draft, problems: Problems) -> None:
    for at, gate in enumerate(draft.read.get("gates", ())):
        _check_level(gate, draft, ("gates", at, "level"), problems)
        criterion = gate.get("requires", {}).get("criterion")
        path = ("gates", at, "requires", "criterion")
        _check_criterion(criterion, draft, path, problems, ())


def _check_quota(draft: Draft, problems: Problems) -> None:
    quota = draft.read.get("quota", {})
    _check_level(quota, draft, ("quota", "level"), problems)
    for at, key in enumerate(quota.get("tie_break", ())):
        _check_criterion(key, draft, ("quota", "tie_break", at), problems, TIE_KEYS)


def _check_criterion(
    name: str | None, draft: Draft, path: Path, problems: Problems, others: Iterable[str]
) -> None:
    known = [*(leaf.read["id"] for leaf in draft.leaves if "id" in leaf.read), *others]
    if name is not None and name not in known:
        report(problems, path, "criterion.unknown", name, known=", ".join(known))


def _check_level(said: Mapping[str, Any], draft: Draft, path: Path, problems: Problems) -> None:
    """A band that is to be lowered, or has one below it that counts as good."""
    level = said.get("level")
    bands = [band["id"] for band in draft.read.get("bands", ()) if "id" in band]
    if level is None or not bands:
        return
    if level not in bands:
        report(problems, path, "band.unknown", level, known=", ".join(bands))
    elif level == bands[-1]:
        report(problems, path, "band.lowest", level)


def check_courses(draft: Draft, courses: Container[str], problems: Problems) -> None:
    """What names a course that is not among those of the catalogue."""
    for leaf in draft.leaves:
        course = leaf.read.get("course")
        if course is not None and course not in courses:
            report(problems, (*leaf.path, "course"), "course.unknown", course)

"""The pieces that tables of checks are made of: one check a property, over a parsed value.

A check takes a value, the place it was found at and the list of problems to add to. A place is the
chain of keys from the root, written out as a JSON Pointer only when there is a problem to report: a
valid document costs one dictionary look-up and one call a property.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from schemas import explanations
from schemas.explanations import Explain, extension_key, likely_type
from schemas.formats import is_iri, is_uuid
from schemas.language_tags import is_language_tag
from schemas.problems import NO_FACTS, Problem, child

Key = str | int | None
At = tuple["At", Key] | str
Problems = list[Problem]
Check = Callable[[Any, At, Key, Problems], None]
Whole = Callable[[dict[str, Any], At, Problems], None]

MOST_PROBLEMS: Final = 100
"""No more are reported of one document: a body with a million of them must not cost the memory."""

_TYPE_NAMES: Final = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "array",
    type(None): "null",
}


# ---- reporting


def is_full(problems: Problems) -> bool:
    return len(problems) >= MOST_PROBLEMS


def report(
    problems: Problems,
    at: At,
    key: Key,
    rule: str,
    value: Any = None,
    facts: Mapping[str, Any] = NO_FACTS,
) -> None:
    """Add a problem with ``key`` within ``at``, or with ``at`` itself if the key is None."""
    if not is_full(problems):
        problems.append(Problem(_pointer(at, key), rule, value, facts))


def _pointer(at: At, key: Key) -> str:
    tokens = [key]
    while not isinstance(at, str):
        at, token = at
        tokens.append(token)
    for token in reversed(tokens):
        if token is not None:
            at = child(at, token)
    return at


def report_type(problems: Problems, at: At, key: Key, value: Any, expected: str) -> None:
    """The value is not of the expected type; null and quoted literals have rules of their own."""
    if value is None:
        report(problems, at, key, "null")
    elif type(value) is str and (bare := _unquoted(value, expected)):
        facts = {"expected": expected, "bare": bare}
        report(problems, at, key, "type.quoted", value, facts)
    else:
        actual = _TYPE_NAMES.get(type(value), "object")
        report(problems, at, key, "type", value, {"expected": expected, "actual": actual})


def _unquoted(text: str, expected: str) -> str | None:
    bare = text.strip().lower()
    if expected == "boolean":
        return bare if bare in ("true", "false") else None
    if expected == "number" and bare.removeprefix("-").replace(".", "", 1).isdecimal():
        return bare
    return None


def listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


# ---- single values


def string(value: Any, at: At, key: Key, problems: Problems) -> None:
    if type(value) is not str:
        report_type(problems, at, key, value, "string")


def boolean(value: Any, at: At, key: Key, problems: Problems) -> None:
    if type(value) is not bool:
        report_type(problems, at, key, value, "boolean")


def number(value: Any, at: At, key: Key, problems: Problems) -> None:
    if type(value) is not float and type(value) is not int:
        report_type(problems, at, key, value, "number")


def decided(value: Any, at: At, key: Key, problems: Problems) -> None:
    """For ``objectType``, by which the shape was chosen."""


def refused(rule: str) -> Check:
    """For a property or a shape that is known and not allowed here, and has a rule of its own."""

    def check(value: Any, at: At, key: Key, problems: Problems) -> None:
        report(problems, at, key, rule, value)

    return check


def formatted(is_valid: Callable[[object], bool], explain: Explain) -> Check:
    """A string in a format; ``explain`` names the rule that a malformed one breaks."""

    def check(value: Any, at: At, key: Key, problems: Problems) -> None:
        if is_valid(value):
            return
        if type(value) is str:
            rule, facts = explain(value)
            report(problems, at, key, rule, value, facts)
        else:
            report_type(problems, at, key, value, "string")

    return check


iri: Final = formatted(is_iri, explanations.iri)
uuid: Final = formatted(is_uuid, explanations.by("uuid"))


# ---- maps and arrays


def language_map(value: Any, at: At, key: Key, problems: Problems) -> None:
    if type(value) is not dict:
        report_type(problems, at, key, value, "object")
        return
    for tag, text in value.items():
        if not is_language_tag(tag):
            report(problems, (at, key), tag, "language_map.key", text)
        if type(text) is not str:
            report_type(problems, (at, key), tag, text, "string")


def extensions(value: Any, at: At, key: Key, problems: Problems) -> None:
    """Keys are IRIs; values are the sender's own and are never looked at."""
    if type(value) is not dict:
        report_type(problems, at, key, value, "object")
        return
    for name in value:
        if not is_iri(name) and not is_full(problems):
            rule, facts = extension_key(name)
            report(problems, (at, key), name, rule, name, facts)


def each(check_item: Check) -> Check:
    """An array, every item of which passes one check."""

    def check(value: Any, at: At, key: Key, problems: Problems) -> None:
        if type(value) is not list:
            report_type(problems, at, key, value, "array")
            return
        here = (at, key)
        for index, item in enumerate(value):
            check_item(item, here, index, problems)

    return check


def one_or_each(check_item: Check) -> Check:
    """An array or, as xAPI 0.95 had it, a single item in its place."""
    check_array = each(check_item)

    def check(value: Any, at: At, key: Key, problems: Problems) -> None:
        if type(value) is dict:
            check_item(value, at, key, problems)
        else:
            check_array(value, at, key, problems)

    return check


# ---- objects


def shape(
    properties: Mapping[str, Check],
    rule: str = "",
    required: Mapping[str, str] | None = None,
    whole: Whole | None = None,
) -> Check:
    """An object with these properties and no others.

    ``required`` maps the properties that ``rule`` demands to an example of each; ``whole`` judges
    what no single property can.
    """
    checks = dict(properties)
    needed = tuple((required or {}).items())

    def check(value: Any, at: At, key: Key, problems: Problems) -> None:
        if type(value) is not dict:
            report_type(problems, at, key, value, "object")
            return
        here = (at, key)
        for name, member in value.items():
            check_property = checks.get(name)
            if check_property is not None:
                check_property(member, here, name, problems)
            elif not is_full(problems):
                _report_unknown(problems, here, name, member, checks)
        for name, example in needed:
            if name not in value:
                facts = {"property": f'"{name}"', "example": example}
                report(problems, here, None, rule, facts=facts)
        if whole is not None:
            whole(value, here, problems)

    return check


def _report_unknown(
    problems: Problems, at: At, name: str, value: Any, known: Mapping[str, Check]
) -> None:
    folded = name.casefold()
    for right in known:
        if right.casefold() == folded:
            report(problems, at, name, "property.case", value, {"suggestion": f'"{right}"'})
            return
    report(problems, at, name, "property.unknown", value, {"allowed": listed(sorted(known))})


def one_of(shapes: Mapping[str, Check], default: str | None = None) -> Check:
    """An object whose ``objectType`` chooses its shape, or ``default`` where that is absent.

    One with another type is reported, and judged further as the type it most likely should have.
    """
    allowed = tuple(shapes)

    def check(value: Any, at: At, key: Key, problems: Problems) -> None:
        if type(value) is not dict:
            report_type(problems, at, key, value, "object")
            return
        kind = value.get("objectType", default)
        chosen = shapes.get(kind) if type(kind) is str else None
        if chosen is None:
            likely = likely_type(value, allowed)
            _report_object_type(problems, (at, key), value, likely, allowed)
            chosen = shapes[likely]
        chosen(value, at, key, problems)

    return check


def _report_object_type(
    problems: Problems, at: At, value: Mapping[str, Any], likely: str, allowed: Sequence[str]
) -> None:
    facts = {"suggestion": f'"{likely}"', "allowed": listed(allowed)}
    if "objectType" not in value:
        report(problems, at, None, "object_type.required", None, facts)
    elif type(value["objectType"]) is str:
        report(problems, at, "objectType", "object_type", value["objectType"], facts)
    else:
        report_type(problems, at, "objectType", value["objectType"], "string")

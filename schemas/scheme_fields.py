"""Reading one value of a score sheet.

A reader takes a value, its path and the list of problems to add to. It returns what it read, or
reports what is wrong and returns NOTHING, so that reading goes on and finds everything else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from schemas.scheme_problems import Path, SheetProblem, shown

Problems = list[SheetProblem]
Read = Callable[[Any, Path, Problems], Any]


class Nothing:
    """What could not be read, which is already reported."""


class Field(NamedTuple):
    """A key of a mapping; one that is not required may also be null."""

    read: Read
    required: bool = True


Fields = Mapping[str, Field]

NOTHING: Final = Nothing()
_ID: Final = re.compile(r"[\w.-]+")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST: Final = date(1900, 1, 1)


def report(problems: Problems, path: Path, rule: str, value: Any, **facts: Any) -> Nothing:
    problems.append(SheetProblem(path, rule, {"value": shown(value), **facts}))
    return NOTHING


def optional(read: Read) -> Field:
    return Field(read, required=False)


def as_it_is(value: Any, _path: Path, _problems: Problems) -> Any:
    """For what is read later, because what it may say depends on something else."""
    return value


# ---- words


def text(value: Any, path: Path, problems: Problems) -> Any:
    if type(value) is not str or not value.strip():
        return report(problems, path, "text", "" if value is None else value)
    return value


def identifier(value: Any, path: Path, problems: Problems) -> Any:
    if type(value) is not str or not _ID.fullmatch(value):
        return report(problems, path, "id", "" if value is None else value)
    return value


def one_of(*values: str) -> Read:
    def read(value: Any, path: Path, problems: Problems) -> Any:
        if type(value) is not str or value not in values:
            return report(problems, path, "choice", value, known=", ".join(values))
        return value

    return read


def just(expected: str, rule: str) -> Read:
    """One value is possible, in whatever type it was written."""

    def read(value: Any, path: Path, problems: Problems) -> Any:
        return value if str(value) == expected else report(problems, path, rule, value)

    return read


def boolean(value: Any, path: Path, problems: Problems) -> Any:
    return value if type(value) is bool else report(problems, path, "boolean", value)


def day(value: Any, path: Path, problems: Problems) -> Any:
    if type(value) is str and _DAY.fullmatch(value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return report(problems, path, "day", value)
    if type(value) is not date or value < _EARLIEST:
        return report(problems, path, "day", value)
    return value


# ---- numbers: what is read is a Fraction, or an int where only a whole number is possible


def exact(value: Any) -> Fraction | None:
    """The number, if it is one, and exact: a binary floating point number is neither."""
    match value:
        case bool():
            return None
        case int():
            return Fraction(value)
        case Decimal() if value.is_finite() and -20 <= value.adjusted() <= 20:
            return Fraction(value)
        case str() if _NUMBER.fullmatch(value):
            return Fraction(value)
    return None


def number(value: Any, path: Path, problems: Problems) -> Any:
    """0 or more."""
    found = exact(value)
    if found is None:
        return report(problems, path, "number", value)
    if found < 0:
        return report(problems, path, "least", value, least=0)
    return found


def positive(value: Any, path: Path, problems: Problems) -> Any:
    found = number(value, path, problems)
    return report(problems, path, "positive", value) if found == 0 else found


def share(value: Any, path: Path, problems: Problems) -> Any:
    """From 0 to 1."""
    return _at_most_1(number(value, path, problems), path, problems)


def positive_share(value: Any, path: Path, problems: Problems) -> Any:
    """Above 0, up to 1."""
    return _at_most_1(positive(value, path, problems), path, problems)


def _at_most_1(found: Any, path: Path, problems: Problems) -> Any:
    if found is not NOTHING and found > 1:
        return report(problems, path, "most", decimal(found), most=1)
    return found


def points(value: Any, path: Path, problems: Problems) -> Any:
    """0 or more, with at most 2 decimals."""
    found = number(value, path, problems)
    if found is not NOTHING and 100 % found.denominator:
        return report(problems, path, "decimals", value)
    return found


def maximum(value: Any, path: Path, problems: Problems) -> Any:
    """Points above 0."""
    found = points(value, path, problems)
    return report(problems, path, "positive", value) if found == 0 else found


def whole(least: int | None = None) -> Read:
    def read(value: Any, path: Path, problems: Problems) -> Any:
        found = exact(value)
        if found is None or found.denominator != 1:
            return report(problems, path, "whole", value)
        if least is not None and found < least:
            return report(problems, path, "least", value, least=least)
        return int(found)

    return read


def decimal(number: Fraction | int) -> str:
    """A number that has a finite decimal form, in the shortest one."""
    scale = 0
    while (number * 10**scale).denominator != 1:
        scale += 1
    digits = str(abs(number) * 10**scale).rjust(scale + 1, "0")
    text = f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits
    return f"-{text}" if number < 0 else text


# ---- lists and mappings


def list_of(read_item: Read, may_be_empty: bool = True) -> Read:
    """A list; what could not be read of it is left out."""

    def read(value: Any, path: Path, problems: Problems) -> Any:
        if not isinstance(value, list | tuple):
            return report(problems, path, "list", value)
        if not value and not may_be_empty:
            return report(problems, path, "empty", value)
        items = (read_item(item, (*path, at), problems) for at, item in enumerate(value))
        return tuple(item for item in items if item is not NOTHING)

    return read


def mapping(fields: Fields) -> Read:
    def read(value: Any, path: Path, problems: Problems) -> Any:
        if not isinstance(value, Mapping):
            return report(problems, path, "mapping", value)
        return members(value, path, problems, fields)

    return read


def members(
    value: Mapping[Any, Any], path: Path, problems: Problems, fields: Fields
) -> dict[str, Any]:
    """What could be read of a mapping. ``note`` may be anywhere and is left out."""
    found = {}
    for key, member in value.items():
        field = fields.get(key, NOTES.get(key))
        if field is None:
            known = ", ".join(fields)
            report(problems, (*path, key), "key.unknown", member, key=shown(key), known=known)
        elif member is not None or field.required:
            read = field.read(member, (*path, key), problems)
            if read is not NOTHING and key in fields:
                found[key] = read
    for key, field in fields.items():
        if field.required and key not in value:
            report(problems, path, "key.missing", None, key=key)
    return found


NOTES: Final[Fields] = {"note": optional(text)}


def tiers(by: str, read_by: Read = number) -> Field:
    """Rows with a score each; the first that applies counts, in whatever order they are."""
    return Field(list_of(mapping({by: Field(read_by), "score": Field(points)})))


def check_descending(bounds: Sequence[Any], path: Path, problems: Problems, key: str) -> None:
    """Report each row whose bound, where both are known, is not below that of the row before."""
    for at in range(1, len(bounds)):
        before, bound = bounds[at - 1], bounds[at]
        if before is None or bound is None:
            continue
        if bound >= before:
            facts = {"before": decimal(before), "key": key}
            report(problems, (*path, at, key), "descending", decimal(bound), **facts)

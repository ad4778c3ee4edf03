"""What pydantic finds wrong with a request, in the store's own words.

Values of a body are not repeated: a password may be among them, under a misspelt name too.
"""

from collections.abc import Iterator
from typing import Any

from fastapi.exceptions import RequestValidationError

from schemas.problems import Problem, child

BOUNDS = {
    "greater_than_equal": ("≥", "ge"),
    "greater_than": (">", "gt"),
    "less_than_equal": ("≤", "le"),
    "less_than": ("<", "lt"),
}


def problems_of(invalid: RequestValidationError) -> list[Problem]:
    """Every problem, each at its place."""
    return [problem for error in invalid.errors() for problem in _problems(error)]


def _problems(error: dict[str, Any]) -> Iterator[Problem]:
    source, *place = error["loc"]
    name = str(place[-1]) if place else source
    in_body = source == "body"
    pointer = ""
    if in_body:
        for token in place:
            pointer = child(pointer, token)
    value = None if in_body else error["input"]
    context = error.get("ctx", {})
    match error["type"]:
        case "missing" if in_body:
            yield Problem(pointer, "member-missing")
        case "missing":
            yield Problem("", "parameter-missing", None, {"parameter": name})
        case "extra_forbidden":
            yield Problem(pointer, "member-unknown")
        case "int_parsing" | "int_type" | "int_from_float":
            yield Problem(pointer, "value-number", value, {"name": name})
        case "bool_parsing" | "bool_type":
            yield Problem(pointer, "value-boolean", value, {"name": name})
        case "literal_error" | "enum":
            choices = str(context["expected"]).replace("'", "").replace(" or ", ", ")
            yield Problem(pointer, "value-choice", value, {"name": name, "choices": choices})
        case kind if kind in BOUNDS:
            sign, key = BOUNDS[kind]
            bound = f"{sign} {context[key]}"
            yield Problem(pointer, "value-range", value, {"name": name, "bound": bound})
        case _:
            yield Problem(pointer, "value-unfit", value, {"name": name})

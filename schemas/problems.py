"""What is wrong with a document, where, and how a reader of either language is told."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson

from schemas.rules import RULES as RULES
from schemas.rules import TYPES
from schemas.rules import Language as Language
from schemas.rules import Rule as Rule
from schemas.rules import Version as Version

LONGEST_VALUE: Final = 200
LONGEST_FACT: Final = 400
NO_FACTS: Final[Mapping[str, Any]] = MappingProxyType({})
_PLACES: Final[Mapping[Language, tuple[str, str]]] = {
    "vi": ("toàn bộ nội dung", "phần tử {}"),
    "en": ("the whole body", "item {}"),
}


class Problem(NamedTuple):
    """One rule broken at one place; ``pointer`` is a JSON Pointer (RFC 6901) into the body."""

    pointer: str
    rule: str
    value: Any = None
    facts: Mapping[str, Any] = NO_FACTS


def render(
    problem: Problem,
    language: Language,
    version: Version,
    rules: Mapping[str, Rule] = RULES,
) -> dict[str, Any]:
    """The problem as a client reads it; of a long value, the first 200 characters of its JSON."""
    rule = rules[problem.rule]
    wording = rule.vi if language == "vi" else rule.en
    whole = _text(problem.value)
    text = cut(whole)
    facts = {name: _word(name, fact, language) for name, fact in problem.facts.items()}
    facts["value"] = text
    facts["place"] = _place(problem.pointer, language)
    return {
        "pointer": problem.pointer,
        "value": problem.value if text is whole else text,
        "rule": problem.rule,
        "section": rule.section_1_0 if version == "1.0" else rule.section_2_0,
        "message": wording.message.format_map(facts),
        "mend": wording.mend.format_map(facts),
    }


def child(pointer: str, token: str | int) -> str:
    """The pointer to a member of what ``pointer`` points to."""
    return f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"


def cut(text: str, length: int = LONGEST_VALUE) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _text(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # not a value that JSON text can give
        return repr(value)


def _word(name: str, fact: Any, language: Language) -> Any:
    if name in ("expected", "actual"):
        return TYPES[language].get(fact, fact)
    return cut(fact, LONGEST_FACT) if isinstance(fact, str) else fact


def _place(pointer: str, language: Language) -> str:
    whole, item = _PLACES[language]
    if not pointer:
        return whole
    token = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    return item.format(token) if token.isdecimal() else cut(f'"{token}"')

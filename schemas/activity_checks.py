"""Which activities are valid: their definitions, and the properties of interactions.

Of an interaction only the type, the types of the values and the distinctness of component ids are
judged. Responses and patterns of any form are accepted: a record of learning is worth more than its
notation.
"""

from collections.abc import Mapping
from typing import Any, Final

from schemas.checks import (
    At,
    Check,
    Key,
    Problems,
    decided,
    each,
    extensions,
    iri,
    language_map,
    listed,
    report,
    report_type,
    shape,
    string,
)

EXAMPLE_ACTIVITY_ID: Final = '"https://example.org/khoa-hoc/1"'
INTERACTION_TYPES: Final = (
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
)


def _interaction_has_type(definition: dict[str, Any], at: At, problems: Problems) -> None:
    if "interactionType" not in definition and not _INTERACTION.isdisjoint(definition):
        names = [name for name in _INTERACTION_PROPERTIES if name in definition]
        facts = {"properties": listed(names), "allowed": listed(INTERACTION_TYPES)}
        report(problems, at, None, "interaction.type_required", None, facts)


def _interaction_type(value: Any, at: At, key: Key, problems: Problems) -> None:
    if type(value) is not str:
        report_type(problems, at, key, value, "string")
    elif value not in INTERACTION_TYPES:
        likely = value.strip().lower().replace("_", "-")
        facts = {
            "suggestion": f'"{likely if likely in INTERACTION_TYPES else "other"}"',
            "allowed": listed(INTERACTION_TYPES),
        }
        report(problems, at, key, "interaction.type", value, facts)


def _components(value: Any, at: At, key: Key, problems: Problems) -> None:
    _EACH_COMPONENT(value, at, key, problems)
    if type(value) is not list:
        return
    seen: set[str] = set()
    for index, component in enumerate(value):
        identity = component.get("id") if type(component) is dict else None
        if type(identity) is str and identity in seen:
            here = ((at, key), index)
            report(problems, here, "id", "interaction.component_distinct", identity)
        elif type(identity) is str:
            seen.add(identity)


_EACH_COMPONENT: Final = each(
    shape({"id": string, "description": language_map}, "component.required", {"id": '"a"'})
)
_INTERACTION_PROPERTIES: Final[Mapping[str, Check]] = {
    "correctResponsesPattern": each(string),
    "choices": _components,
    "scale": _components,
    "source": _components,
    "target": _components,
    "steps": _components,
}
_INTERACTION: Final = frozenset(_INTERACTION_PROPERTIES)
_DEFINITION: Final = shape(
    {
        "name": language_map,
        "description": language_map,
        "type": iri,
        "moreInfo": iri,
        "extensions": extensions,
        "interactionType": _interaction_type,
        **_INTERACTION_PROPERTIES,
    },
    whole=_interaction_has_type,
)
ACTIVITY: Final = shape(
    {"objectType": decided, "id": iri, "definition": _DEFINITION},
    "activity.required",
    {"id": EXAMPLE_ACTIVITY_ID},
)

"""Which statements are valid, as tables: one check for each property, one table for each version.

Refused is what the specification says MUST be refused. What it only advises against is accepted:
interaction responses and patterns of any form, empty strings, times in the future.
"""

from collections.abc import Mapping
from functools import partial
from math import inf
from typing import Any, Final

from schemas import explanations
from schemas.activity_checks import ACTIVITY, EXAMPLE_ACTIVITY_ID
from schemas.agent_checks import (
    AGENT,
    AGENT_OR_GROUP,
    AUTHORITY,
    EXAMPLE_AGENT,
    GROUP,
    identifier_count,
)
from schemas.checks import (
    At,
    Check,
    Key,
    Problems,
    boolean,
    decided,
    each,
    extensions,
    formatted,
    iri,
    language_map,
    number,
    one_of,
    one_or_each,
    refused,
    report,
    report_type,
    shape,
    string,
    uuid,
)
from schemas.formats import (
    is_duration,
    is_media_type,
    is_sha2,
    is_statement_version,
    is_timestamp,
)
from schemas.language_tags import is_language_tag
from schemas.problems import Problem
from schemas.rules import Version

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"


def check_statement(value: Any, version: Version, at: str = "") -> list[Problem]:
    """Every problem of one parsed statement, up to 100 of them; empty if it is valid.

    Pointers begin with ``at``, the place of the statement in its body. Never raises.
    """
    problems: list[Problem] = []
    _STATEMENTS[version](value, at, None, problems)
    return problems


def check_agent(value: Any, version: Version, at: str = "") -> list[Problem]:  # noqa: ARG001
    """Every problem of the ``agent`` parameter of a request: an Agent or an identified Group.

    Both versions agree on agents.
    """
    problems: list[Problem] = []
    AGENT_OR_GROUP(value, at, None, problems)
    if not problems and not identifier_count(value):
        report(problems, at, None, "agent.anonymous")
    return problems


def check_activity_id(value: Any, at: str = "") -> list[Problem]:
    """The problem of the ``activity`` or ``activityId`` parameter of a request, if it is no IRI."""
    problems: list[Problem] = []
    iri(value, at, None, problems)
    return problems


# ---- what no single property can judge


def _score_in_order(score: dict[str, Any], at: At, problems: Problems) -> None:
    scaled = _number_in(score, "scaled", 0)
    low = _number_in(score, "min", -inf)
    high = _number_in(score, "max", inf)
    raw = _number_in(score, "raw", low)
    if not -1 <= scaled <= 1:
        report(problems, at, "scaled", "score.scaled", scaled)
    if not low < high:
        report(problems, at, "min", "score.range", low, {"minimum": low, "maximum": high})
    elif not low <= raw <= high:
        facts = {"minimum": "-∞" if low == -inf else low, "maximum": "∞" if high == inf else high}
        report(problems, at, "raw", "score.raw", raw, facts)


def _number_in(score: dict[str, Any], name: str, default: float) -> float:
    value = score.get(name)
    return value if type(value) is float or type(value) is int else default


def _statement_as_a_whole(statement: dict[str, Any], at: At, problems: Problems) -> None:
    verb = statement.get("verb")
    target = statement.get("object")
    context = statement.get("context")
    if type(target) is not dict:
        return
    kind = target.get("objectType", "Activity")
    if type(verb) is dict and verb.get("id") == VOIDED and kind != "StatementRef":
        report(problems, at, "object", "voiding.object", target)
    if kind in _OTHER_OBJECTS and type(context) is dict:
        for name in ("revision", "platform"):
            if name in context:
                facts = {"object_type": kind}
                report(problems, (at, "context"), name, "context.activity_only", None, facts)


# ---- checks of one property


def _octets(value: Any, at: At, key: Key, problems: Problems) -> None:
    if type(value) is not int and type(value) is not float:
        report_type(problems, at, key, value, "number")
    elif not (value >= 0 and value % 1 == 0):
        report(problems, at, key, "attachment.length", value)


def _relevant_types(value: Any, at: At, key: Key, problems: Problems) -> None:
    if value == []:
        report(problems, at, key, "context.relevant_types", value)
    else:
        _EACH_IRI(value, at, key, problems)


def _object_with_type_if_agent(check_object: Check) -> Check:
    """An Agent or Group as object needs its objectType; without one it counts as an Activity."""

    def check(value: Any, at: At, key: Key, problems: Problems) -> None:
        if (
            type(value) is dict
            and "objectType" not in value
            and "id" not in value
            and (identifier_count(value) or "member" in value)
        ):
            kind = "Group" if "member" in value else "Agent"
            facts = {"suggestion": f'"{kind}"'}
            report(problems, (at, key), None, "object_type.required", None, facts)
            check_object({**value, "objectType": kind}, at, key, problems)
        else:
            check_object(value, at, key, problems)

    return check


# ---- tables

_EACH_IRI: Final = each(iri)

_EXAMPLE_UUID: Final = '"12345678-1234-5678-1234-567812345678"'
_VERB: Final = shape(
    {"id": iri, "display": language_map},
    "verb.required",
    {"id": '"http://adlnet.gov/expapi/verbs/completed"'},
)

_STATEMENT_REF: Final = shape(
    {"objectType": decided, "id": uuid}, "statement_ref.required", {"id": _EXAMPLE_UUID}
)

_SCORE: Final = shape(
    {"scaled": number, "raw": number, "min": number, "max": number}, whole=_score_in_order
)
_RESULT: Final = shape(
    {
        "score": _SCORE,
        "success": boolean,
        "completion": boolean,
        "response": string,
        "duration": formatted(is_duration, explanations.duration),
        "extensions": extensions,
    }
)

_ATTACHMENT: Final = shape(
    {
        "usageType": iri,
        "display": language_map,
        "description": language_map,
        "contentType": formatted(is_media_type, explanations.by("media_type")),
        "length": _octets,
        "sha2": formatted(is_sha2, explanations.by("sha2")),
        "fileUrl": iri,
    },
    "attachment.required",
    {
        "usageType": '"http://id.tincanapi.com/attachment/supporting_media"',
        "display": '{"vi": "Giấy chứng nhận"}',
        "contentType": '"application/pdf"',
        "length": "12345",
        "sha2": '"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
    },
)

_CONTEXT_ACTIVITY: Final = one_or_each(one_of({"Activity": ACTIVITY}, "Activity"))
_CONTEXT_AGENT: Final = one_of(
    {
        "contextAgent": shape(
            {
                "objectType": decided,
                "agent": one_of({"Agent": AGENT}, "Agent"),
                "relevantTypes": _relevant_types,
            },
            "context_agent.required",
            {"agent": EXAMPLE_AGENT},
        )
    }
)
_CONTEXT_GROUP: Final = one_of(
    {
        "contextGroup": shape(
            {
                "objectType": decided,
                "group": one_of({"Group": GROUP}),
                "relevantTypes": _relevant_types,
            },
            "context_group.required",
            {"group": '{"objectType": "Group", "mbox": "mailto:to-1@example.org"}'},
        )
    }
)


def _context_table(version: Version) -> Check:
    only_2_0 = refused("context.version") if version == "1.0" else None
    return shape(
        {
            "registration": uuid,
            "instructor": AGENT_OR_GROUP,
            "team": one_of({"Group": GROUP}),
            "contextActivities": shape(
                {
                    "parent": _CONTEXT_ACTIVITY,
                    "grouping": _CONTEXT_ACTIVITY,
                    "category": _CONTEXT_ACTIVITY,
                    "other": _CONTEXT_ACTIVITY,
                }
            ),
            "contextAgents": only_2_0 or each(_CONTEXT_AGENT),
            "contextGroups": only_2_0 or each(_CONTEXT_GROUP),
            "revision": string,
            "platform": string,
            "language": formatted(is_language_tag, explanations.by("language_tag")),
            "statement": one_of({"StatementRef": _STATEMENT_REF}),
            "extensions": extensions,
        }
    )


def _statement_table(version: Version) -> Check:
    timestamp = formatted(partial(is_timestamp, version=version), explanations.timestamp(version))
    common: dict[str, Check] = {
        "actor": AGENT_OR_GROUP,
        "verb": _VERB,
        "result": _RESULT,
        "context": _context_table(version),
        "timestamp": timestamp,
        "attachments": each(_ATTACHMENT),
    }
    required = {
        "actor": EXAMPLE_AGENT,
        "verb": '{"id": "http://adlnet.gov/expapi/verbs/completed"}',
        "object": f'{{"id": {EXAMPLE_ACTIVITY_ID}}}',
    }
    objects: dict[str, Check] = {
        "Activity": ACTIVITY,
        "Agent": AGENT,
        "Group": GROUP,
        "StatementRef": _STATEMENT_REF,
    }
    in_sub_statement = {**objects, "SubStatement": refused("sub_statement.nested")}
    sub_statement = shape(
        {
            **common,
            "objectType": decided,
            "object": _object_with_type_if_agent(one_of(in_sub_statement, "Activity")),
            **dict.fromkeys(
                ("id", "stored", "version", "authority"), refused("sub_statement.property")
            ),
        },
        "statement.required",
        required,
        _statement_as_a_whole,
    )
    in_statement = {**objects, "SubStatement": sub_statement}
    return shape(
        {
            **common,
            "id": uuid,
            "object": _object_with_type_if_agent(one_of(in_statement, "Activity")),
            "stored": timestamp,
            "version": formatted(
                partial(is_statement_version, version=version),
                explanations.statement_version(version),
            ),
            "authority": AUTHORITY,
        },
        "statement.required",
        required,
        _statement_as_a_whole,
    )


_OTHER_OBJECTS: Final = ("Agent", "Group", "StatementRef", "SubStatement")
_STATEMENTS: Final[Mapping[Version, Check]] = {
    "1.0": _statement_table("1.0"),
    "2.0": _statement_table("2.0"),
}

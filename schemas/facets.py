"""What a statement can be found by: every agent, activity, verb and registration it names, as keys.

A role says how a statement names a key. The plain roles answer the ``agent`` and ``activity``
filters; with ``related_agents`` or ``related_activities`` the related roles count too. A key that
has the plain role is not repeated in the related one.
"""

from collections.abc import Mapping
from typing import Any, Final

from schemas.agents import agent_key
from schemas.keys import activity_key, registration_key, verb_key
from schemas.statement import VOIDED

MOST_NAMES: Final = 1000
"""Agents, activities and the like that one statement may name: everything it names is indexed for
it and for each statement that refers to it.
"""
_SHORTEST_NAME: Final = 10  # bytes, as in {"id":"a:"}

AGENT: Final = 1
"""The actor, or an Agent or Group as object; with the members of a Group."""
AGENT_RELATED: Final = 2
"""Instructor, team, context agents and groups, all agents of a sub-statement; no authority."""
ACTIVITY: Final = 3
"""The Activity as object."""
ACTIVITY_RELATED: Final = 4
"""Context activities, and the object and the context activities of a sub-statement."""
VERB: Final = 5
"""The verb of the statement, not of a sub-statement."""
REGISTRATION: Final = 6
"""The registration in the context of the statement, not of a sub-statement."""


def facets(statement: Mapping[str, Any]) -> list[tuple[bytes, int]]:
    """The distinct (key, role) pairs of a valid statement."""
    agents: dict[bytes, int] = {}
    activities: dict[bytes, int] = {}
    found = [(verb_key(statement["verb"]["id"]), VERB)]
    _add_agent(agents, statement["actor"], AGENT)
    target = statement["object"]
    _add_object(agents, activities, target, AGENT, ACTIVITY)
    context = statement.get("context")
    if context is not None:
        _add_context(agents, activities, context)
        if (registration := context.get("registration")) is not None:
            found.append((registration_key(registration), REGISTRATION))
    if target.get("objectType") == "SubStatement":
        _add_agent(agents, target["actor"], AGENT_RELATED)
        _add_object(agents, activities, target["object"], AGENT_RELATED, ACTIVITY_RELATED)
        _add_context(agents, activities, target.get("context", {}))
    found += agents.items()
    found += activities.items()
    return found


def reference_of(statement: Mapping[str, Any]) -> str | None:
    """The id, in lower case, of the statement that a StatementRef as object refers to."""
    target = statement["object"]
    return target["id"].lower() if target.get("objectType") == "StatementRef" else None


def is_voiding(statement: Mapping[str, Any]) -> bool:
    """Whether a valid statement voids the one its object refers to."""
    return bool(statement["verb"]["id"] == VOIDED)


def _add_agent(agents: dict[bytes, int], agent: Mapping[str, Any], role: int) -> None:
    key = agent_key(agent)
    if key is not None:
        agents.setdefault(key, role)
    for member in agent.get("member", ()):
        _add_agent(agents, member, role)


def _add_object(
    agents: dict[bytes, int],
    activities: dict[bytes, int],
    target: Mapping[str, Any],
    agent_role: int,
    activity_role: int,
) -> None:
    match target.get("objectType", "Activity"):
        case "Activity":
            activities.setdefault(activity_key(target["id"]), activity_role)
        case "Agent" | "Group":
            _add_agent(agents, target, agent_role)


def _add_context(
    agents: dict[bytes, int], activities: dict[bytes, int], context: Mapping[str, Any]
) -> None:
    for some in context.get("contextActivities", {}).values():
        for activity in (some,) if type(some) is dict else some:
            activities.setdefault(activity_key(activity["id"]), ACTIVITY_RELATED)
    for name in ("instructor", "team"):
        if name in context:
            _add_agent(agents, context[name], AGENT_RELATED)
    for item in context.get("contextAgents", ()):
        _add_agent(agents, item["agent"], AGENT_RELATED)
    for item in context.get("contextGroups", ()):
        _add_agent(agents, item["group"], AGENT_RELATED)


def too_many_names(statement: Mapping[str, Any], text: bytes) -> int:
    """How many a valid statement names if those are more than ``MOST_NAMES``, else 0."""
    if len(text) <= MOST_NAMES * _SHORTEST_NAME:
        return 0
    names = len(facets(statement))
    return names if names > MOST_NAMES else 0

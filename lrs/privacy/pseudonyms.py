"""Others' statements about somebody who was forgotten: the person in them becomes a pseudonym.

What was received stays in the log as it is, so every proof holds. This is how it is read: wherever
an agent stands in a statement and has an identifier of the forgotten, another agent stands there.
Only the objects in which agents stand are written anew; every other value keeps the bytes it came
in, so numbers, the order of keys and what nobody here understands survive.

An agent is one where the specification says so. Whatever else looks like one, in an extension or in
a text, is what the sender said in words of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from schemas.agents import agent_key
from schemas.raw_json import items, join_items, join_members, members

StandIn = Callable[[bytes], bytes | None]
"""The JSON text of the account that stands for the agent with this key; None for everybody who was
not forgotten.
"""

IN_CONTEXT = ("instructor", "team")
LISTED_IN_CONTEXT = (("contextAgents", "agent"), ("contextGroups", "group"))


def agents_of(statement: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every agent and group of a valid statement, members and the authority it came with too."""
    for name in ("actor", "authority"):
        if name in statement:
            yield from _with_members(statement[name])
    context = statement.get("context", {})
    for name in IN_CONTEXT:
        if name in context:
            yield from _with_members(context[name])
    for name, inner in LISTED_IN_CONTEXT:
        for item in context.get(name, ()):
            yield from _with_members(item[inner])
    target = statement["object"]
    match target.get("objectType"):
        case "Agent" | "Group":
            yield from _with_members(target)
        case "SubStatement":
            yield from agents_of(target)


def _with_members(agent: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield agent
    for member in agent.get("member", ()):
        yield from _with_members(member)


def keys_of(statement: Mapping[str, Any]) -> list[bytes]:
    """The keys of all of them, but for anonymous groups."""
    return [key for agent in agents_of(statement) if (key := agent_key(agent)) is not None]


def names_any(statement: Mapping[str, Any], stand_in: StandIn) -> bool:
    """Whether a valid statement names somebody who was forgotten."""
    return any(stand_in(key) is not None for key in keys_of(statement))


def statement_of_others(text: bytes, stand_in: StandIn) -> bytes:
    """The text of a valid statement with a pseudonym for everybody who was forgotten."""
    statement = members(text)
    for name in ("actor", "authority"):
        if name in statement:
            statement[name] = agent_text(statement[name], stand_in)
    if "context" in statement:
        statement["context"] = _context_text(statement["context"], stand_in)
    statement["object"] = _object_text(statement["object"], stand_in)
    return join_members(statement)


def agent_text(text: bytes, stand_in: StandIn) -> bytes:
    """The text of an agent or a group. Of who was forgotten nothing is left but what it is."""
    value = orjson.loads(text)
    if not any(
        (key := agent_key(agent)) is not None and stand_in(key) is not None
        for agent in _with_members(value)
    ):
        return text
    agent = members(text)
    if "member" in agent:
        agent["member"] = join_items(agent_text(one, stand_in) for one in items(agent["member"]))
    own = agent_key(value)
    account = None if own is None else stand_in(own)
    if account is None:
        return join_members(agent)
    kept = {"objectType": agent.get("objectType", b'"Agent"'), "account": account}
    return join_members(kept | {name: agent[name] for name in ("member",) if name in agent})


def _object_text(text: bytes, stand_in: StandIn) -> bytes:
    match orjson.loads(members(text).get("objectType", b'"Activity"')):
        case "Agent" | "Group":
            return agent_text(text, stand_in)
        case "SubStatement":
            return statement_of_others(text, stand_in)
    return text


def _context_text(text: bytes, stand_in: StandIn) -> bytes:
    context = members(text)
    changed = {name: agent_text(context[name], stand_in) for name in IN_CONTEXT if name in context}
    for name, inner in LISTED_IN_CONTEXT:
        if name in context:
            changed[name] = join_items(
                join_members({**named, inner: agent_text(named[inner], stand_in)})
                for named in map(members, items(context[name]))
            )
    return join_members(context | changed)


def account_text(home_page: str, name: str) -> bytes:
    """The account of a pseudonym, as JSON text."""
    return orjson.dumps({"homePage": home_page, "name": name})

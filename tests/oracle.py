"""The query rules of xAPI, slowly: a list of statements and a loop, as the specification says it.

Written from the words of xAPI-Communication 2.1.3 and 2.1.4 and xAPI-Data 2.3.2 and 2.4, and from
nothing of the store's: no keys, no tables. What the index answers is compared with this.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
MAX_HOPS = 64

Json = dict[str, Any]


@dataclass(frozen=True)
class Sender:
    """The credential a statement came with. Without an authority nothing was known of it."""

    credential: bytes
    authority: Json | None
    unrestricted: bool


@dataclass(frozen=True)
class Recorded:
    """A statement as the store has it; ``statement`` holds its id."""

    position: int
    stored: int
    statement: Json
    sender: Sender


@dataclass(frozen=True)
class Parameters:
    """Of GET statements, as the client means them."""

    agent: Json | None = None
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: int | None = None
    until: int | None = None
    ascending: bool = False
    credential: bytes | None = None


def find(log: Sequence[Recorded], asked: Parameters) -> list[int]:
    """The positions of all statements that answer, in the order asked for."""
    by_id = {recorded.statement["id"]: recorded for recorded in log}
    found = [
        recorded.position
        for recorded in log
        if not is_voided(log, recorded)
        and (asked.since is None or recorded.stored > asked.since)
        and (asked.until is None or recorded.stored <= asked.until)
        and asked.credential in (None, recorded.sender.credential)
        and any(matches(passed, asked) for passed in chain(by_id, recorded))
    ]
    return sorted(found, reverse=not asked.ascending)


def is_voided(log: Sequence[Recorded], target: Recorded) -> bool:
    """Whether the log has a voiding statement for it, from its own sender or one that may all."""
    return not is_voiding(target.statement) and any(
        is_voiding(other.statement)
        and reference_of(other.statement) == target.statement["id"]
        and (other.sender.unrestricted or other.sender.credential == target.sender.credential)
        for other in log
    )


def is_voiding(statement: Json) -> bool:
    return bool(statement["verb"]["id"] == VOIDED)


def reference_of(statement: Json) -> str | None:
    target = statement["object"]
    return target["id"].lower() if target.get("objectType") == "StatementRef" else None


def chain(by_id: dict[str, Recorded], start: Recorded) -> Iterator[Recorded]:
    """A statement and all it refers to, through other references too."""
    passed: list[Recorded] = []
    following: Recorded | None = start
    while following and following not in passed and len(passed) <= MAX_HOPS:
        yield following
        passed.append(following)
        following = by_id.get(reference_of(following.statement) or "")


def matches(recorded: Recorded, asked: Parameters) -> bool:
    statement = recorded.statement
    if asked.credential not in (None, recorded.sender.credential):
        return False
    if asked.agent is not None:
        agents = list(agents_of(statement, asked.related_agents))
        if asked.related_agents and recorded.sender.authority is not None:
            agents.append(recorded.sender.authority)
        if not any(is_or_has(agent, asked.agent) for agent in agents):
            return False
    if asked.activity is not None:
        activities = activities_of(statement, asked.related_activities)
        if asked.activity not in [activity["id"] for activity in activities]:
            return False
    if asked.verb is not None and statement["verb"]["id"] != asked.verb:
        return False
    registration = statement.get("context", {}).get("registration", "")
    return asked.registration is None or registration.lower() == asked.registration.lower()


def agents_of(statement: Json, related: bool) -> Iterator[Json]:
    """Actor and Object; related: Instructor, Team, and all of these in a SubStatement as well."""
    yield statement["actor"]
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind in ("Agent", "Group"):
        yield target
    if related:
        context = statement.get("context", {})
        yield from (context[name] for name in ("instructor", "team") if name in context)
        yield from (item["agent"] for item in context.get("contextAgents", []))
        yield from (item["group"] for item in context.get("contextGroups", []))
        if kind == "SubStatement":
            yield from agents_of(target, related)


def is_or_has(agent: Json, asked: Json) -> bool:
    """The same identifier, or a Group with a member that has it."""
    return is_same(agent, asked) or any(is_same(one, asked) for one in agent.get("member", []))


def is_same(agent: Json, other: Json) -> bool:
    if (one := sha1_of(agent)) is not None:
        return one == sha1_of(other)
    if "openid" in agent:
        return bool(agent["openid"] == other.get("openid"))
    return "account" in agent and bool(agent["account"] == other.get("account"))


def sha1_of(agent: Json) -> str | None:
    """A request by mailbox may find agents known by its hash only, and the other way round."""
    if "mbox" in agent:
        scheme, _, address = agent["mbox"].partition(":")
        local, _, domain = address.rpartition("@")
        return sha1(f"{scheme.lower()}:{local}@{domain.lower()}".encode()).hexdigest()
    return agent["mbox_sha1sum"].lower() if "mbox_sha1sum" in agent else None


def activities_of(statement: Json, related: bool) -> Iterator[Json]:
    """The Object; related: context activities, and all of these in a SubStatement as well."""
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        yield target
    if related:
        for some in statement.get("context", {}).get("contextActivities", {}).values():
            yield from some if isinstance(some, list) else [some]
        if kind == "SubStatement":
            yield from activities_of(target, related)

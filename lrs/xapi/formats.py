"""A recorded statement as the specification returns it: exact, ids or canonical.

The text received is the truth; what the store sets (id, stored, authority, version, timestamp) is
spliced in beside it, and only the parts a format names are touched (xAPI-Communication 2.1.3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson

from lrs.store_time import iso_time
from schemas.events import Kind, LogEntry
from schemas.formats import utc_timestamp
from schemas.raw_json import items, join_items, join_members, may_hold, members

Format = Literal["exact", "ids", "canonical"]
SET_BY_STORE = frozenset(("stored", "authority"))


@dataclass(frozen=True, slots=True)
class Reading:
    """What shapes a statement on its way out, besides the statement.

    ``authority`` gives the JSON text of the authority a credential stands for; ``definitions`` and
    ``languages`` (most wanted first, lower case) matter to the canonical format only.
    """

    authority: Callable[[bytes], bytes]
    in_utc: bool = False
    format: Format = "exact"
    definitions: Mapping[str, bytes] | None = None
    languages: tuple[str, ...] = ()


def statement_text(entry: LogEntry, reading: Reading) -> bytes:
    """The statement of a log entry, as JSON text."""
    given = members(entry.body)
    told = {name: value for name, value in given.items() if name not in SET_BY_STORE}
    _make_regular(told, reading.in_utc)
    stored = b'"%s"' % iso_time(entry.stored).encode()
    if "id" not in told:
        told["id"] = b'"%s"' % str(UUID(bytes=entry.stream_id)).encode()
    told.setdefault("timestamp", stored)
    told["stored"] = stored
    told["authority"] = reading.authority(entry.credential)
    told.setdefault("version", b'"2.0.0"' if entry.kind == Kind.STATEMENT_2_0 else b'"1.0.0"')
    if reading.format == "ids":
        _keep_ids(told)
    elif reading.format == "canonical":
        _make_canonical(told, reading)
    return join_members(told)


def _make_regular(statement: dict[str, bytes], in_utc: bool) -> None:
    """Lone context activities, a leftover of 0.95, become arrays (xAPI-Data 2.4.6.2); with
    ``in_utc`` the timestamp is told in UTC. The same goes for a sub-statement.
    """
    if "context" in statement:
        statement["context"] = _with_listed_activities(statement["context"])
    if in_utc and "timestamp" in statement:
        timestamp = orjson.loads(statement["timestamp"])
        statement["timestamp"] = b'"%s"' % utc_timestamp(timestamp).encode()
    if may_hold(statement["object"], b'"SubStatement"'):
        target = members(statement["object"])
        if _object_type(target) == "SubStatement":
            received = dict(target)
            _make_regular(target, in_utc)
            if target != received:
                statement["object"] = join_members(target)


def _object_type(target: Mapping[str, bytes]) -> str:
    name: str = orjson.loads(target.get("objectType", b'"Activity"'))
    return name


def _with_listed_activities(text: bytes) -> bytes:
    if not may_hold(text, b'"contextActivities"'):
        return text
    context = members(text)
    if "contextActivities" not in context:
        return text
    groups = members(context["contextActivities"])
    if all(group[:1] == b"[" for group in groups.values()):
        return text
    context["contextActivities"] = join_members(
        {name: g if g[:1] == b"[" else b"[" + g + b"]" for name, g in groups.items()}
    )
    return join_members(context)


# ids: what identifies agents, groups, activities and verbs, and nothing else of them


def _keep_ids(statement: dict[str, bytes]) -> None:
    statement["actor"] = _agent_ids(statement["actor"])
    statement["verb"] = join_members({"id": members(statement["verb"])["id"]})
    statement["object"] = _object_ids(statement["object"])
    if "authority" in statement:
        statement["authority"] = _agent_ids(statement["authority"])
    if "context" in statement:
        statement["context"] = _context_ids(statement["context"])


def _agent_ids(text: bytes) -> bytes:
    agent = members(text)
    kept: dict[str, bytes] = {
        name: agent[name]
        for name in ("objectType", "mbox", "mbox_sha1sum", "openid", "account")
        if name in agent
    }
    if len(kept) == ("objectType" in kept) and "member" in agent:  # anonymous: known by its members
        kept["member"] = join_items(map(_agent_ids, items(agent["member"])))
    elif _object_type(agent) == "Agent":
        del kept["objectType"]
    return join_members(kept)


def _object_ids(text: bytes) -> bytes:
    target = members(text)
    match _object_type(target):
        case "Agent":
            return join_members({"objectType": b'"Agent"', **members(_agent_ids(text))})
        case "Group":
            return _agent_ids(text)
        case "StatementRef":
            return text
        case "SubStatement":
            _keep_ids(target)
            return join_members(target)
    return join_members({"id": target["id"]})


def _context_ids(text: bytes) -> bytes:
    context = members(text)
    for name in ("instructor", "team"):
        if name in context:
            context[name] = _agent_ids(context[name])
    if "contextActivities" in context:
        context["contextActivities"] = join_members(
            {
                name: join_items(map(_object_ids, items(group)))
                for name, group in members(context["contextActivities"]).items()
            }
        )
    for name, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in context:
            context[name] = join_items(
                join_members({**named, inner: _agent_ids(named[inner])})
                for named in map(members, items(context[name]))
            )
    return join_members(context)


# canonical: the store's own definition of each activity, and one language of each map


def _make_canonical(statement: dict[str, bytes], reading: Reading) -> None:
    verb = members(statement["verb"])
    if "display" in verb:
        display = choose_language(verb["display"], reading.languages)
        statement["verb"] = join_members({**verb, "display": display})
    statement["object"] = _canonical_object(statement["object"], reading)
    if "context" in statement:
        context = members(statement["context"])
        if "contextActivities" in context:
            context["contextActivities"] = join_members(
                {
                    name: join_items(_canonical_object(a, reading) for a in items(group))
                    for name, group in members(context["contextActivities"]).items()
                }
            )
            statement["context"] = join_members(context)


def _canonical_object(text: bytes, reading: Reading) -> bytes:
    target = members(text)
    match _object_type(target):
        case "Activity":
            known = (reading.definitions or {}).get(orjson.loads(target["id"]))
            definition = known or target.get("definition")
            if definition:
                target["definition"] = in_one_language(definition, reading.languages)
            return join_members(target)
        case "SubStatement":
            _make_canonical(target, reading)
            return join_members(target)
    return text


def in_one_language(definition: bytes, languages: tuple[str, ...]) -> bytes:
    """An activity definition with one language in each of its maps, chosen map by map."""
    chosen = members(definition)
    for name in ("name", "description"):
        if name in chosen:
            chosen[name] = choose_language(chosen[name], languages)
    for name in ("choices", "scale", "source", "target", "steps"):
        if name in chosen:
            chosen[name] = join_items(
                _component_in_one_language(component, languages)
                for component in items(chosen[name])
            )
    return join_members(chosen)


def _component_in_one_language(component: bytes, languages: tuple[str, ...]) -> bytes:
    chosen = members(component)
    if "description" not in chosen:
        return component
    description = choose_language(chosen["description"], languages)
    return join_members({**chosen, "description": description})


def choose_language(language_map: bytes, languages: tuple[str, ...]) -> bytes:
    """The entry a reader wants most: a tag matches a range that equals it or is a prefix of it
    before a hyphen (RFC 2616 section 14.4); the first entry when nothing matches."""
    texts = members(language_map)
    for language in languages:
        for tag, text in texts.items():
            lower = tag.lower()
            if language == "*" or lower == language or lower.startswith(language + "-"):
                return join_members({tag: text})
    return join_members(dict([next(iter(texts.items()))])) if texts else language_map


def accepted_languages(accept_language: str | None) -> tuple[str, ...]:
    """Language ranges of an Accept-Language header, most wanted first; those with q=0 left out."""
    ranges = []
    for number, part in enumerate((accept_language or "").lower().split(",")):
        language, _, quality = part.partition(";")
        try:
            weight = float(quality.partition("q=")[2] or 1)
        except ValueError:
            weight = 0.0
        if language.strip() and weight > 0:
            ranges.append((-weight, number, language.strip()))
    return tuple(language for _, _, language in sorted(ranges))


def activity_ids(statement: Mapping[str, Any]) -> set[str]:
    """Every activity a statement names, for looking up their definitions."""
    found = set()
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        found.add(target["id"])
    elif kind == "SubStatement":
        found |= activity_ids(target)
    for group in statement.get("context", {}).get("contextActivities", {}).values():
        found |= {a["id"] for a in (group if isinstance(group, list) else [group])}
    return found

"""When two statements are the same statement, so that a retry is told from a conflict.

A statement is put into a canonical form that keeps what the specification says to compare
(xAPI-Data 2.3.1, IEEE 9274.1.1 4.2) and nothing else, and the form is hashed. Left out are what
the store may set, the definitions of activities and the display of verbs. Folded are the order of
group members, the case of what has none, the time zone of instants and anything beyond 0.01 s of a
duration; 1 is 1.0, one context activity is an array of one, and a default object type is the same
as none. The payload of a signature is compared with its statement by the same form.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from json import loads as exact_loads
from typing import Any, Final

import orjson

from schemas.agents import folded_mbox
from schemas.formats import microseconds
from schemas.rules import Version

SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
HALF: Final = 16
_FRACTION: Final = re.compile("[.,]([0-9]+)S")
_BEYOND_64_BITS: Final = float(2**63)
_LONGEST_64_BITS: Final = len(str(-(2**63)))
_ENTIRE_UP_TO: Final = float(2**53)


def content_hash(statement: Mapping[str, Any], raw: bytes) -> bytes:
    """32 bytes of a valid statement: 16 over what both versions compare, 16 over what 1.0.x adds.

    ``raw`` is the JSON text of ``statement``; it is read again where a number is too long for
    ``statement`` to hold exactly, so that two different 30-digit integers are not taken for equal.
    """
    return _exactly(_hash, statement, raw)


def hash_without_timestamp(statement: Mapping[str, Any], raw: bytes) -> bytes:
    """The content hash of the same statement had it no timestamp of its own."""
    return _exactly(_hash_without_timestamp, statement, raw)


def is_assigned(timestamp: str, stored: int) -> bool:
    """Whether a store that recorded a statement without a timestamp at ``stored`` (microseconds
    since 1970) answers it with this one, which many programs cut to the millisecond.
    """
    return microseconds(timestamp) in (stored, stored - stored % 1000)


def same(a: bytes, b: bytes, version: Version) -> bool:
    """Whether two content hashes are those of equal statements under ``version``."""
    return a == b if version == "1.0" else a[:HALF] == b[:HALF]


def payload_agrees(
    payload: Mapping[str, Any],
    payload_raw: bytes,
    statement: Mapping[str, Any],
    statement_raw: bytes,
) -> bool:
    """Whether what was signed says what a valid statement says (xAPI-Data 2.6).

    Attachments count but for signatures, which are added after signing. An ``id`` or ``timestamp``
    that one of the two does not name was assigned. Raises what comes of reading a ``payload`` that
    is no statement: KeyError, TypeError, AttributeError, ValueError or OverflowError.
    """
    return (
        _exactly(_signed_hash, payload, payload_raw)
        == _exactly(_signed_hash, statement, statement_raw)
        and _agree(payload.get("id"), statement.get("id"), str.lower)
        and _agree(payload.get("timestamp"), statement.get("timestamp"), microseconds)
    )


def _agree(a: Any, b: Any, form: Callable[[Any], Any]) -> bool:
    return a is None or b is None or form(a) == form(b)


def _exactly(
    hash_of: Callable[[Mapping[str, Any]], bytes], statement: Mapping[str, Any], raw: bytes
) -> bytes:
    """The hash of a statement, which is read again from ``raw`` where a number asks for it."""
    try:
        return hash_of(statement)
    except _BeyondParsed:
        return hash_of(exact_loads(raw, parse_int=_exact_integer, parse_float=_exact_float))


def _hash(statement: Mapping[str, Any]) -> bytes:
    return _digest(_statement(statement)) + _digest(_only_in_1_0(statement))


def _hash_without_timestamp(statement: Mapping[str, Any]) -> bytes:
    return _hash({name: value for name, value in statement.items() if name != "timestamp"})


def _signed_hash(statement: Mapping[str, Any]) -> bytes:
    return _digest([_statement(statement), _signed_attachments(statement)])


def _digest(canonical: Any) -> bytes:
    return sha256(orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS)).digest()[:HALF]


# ---- the canonical form


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    canonical = {
        "actor": _agent(statement["actor"]),
        "verb": statement["verb"]["id"],
        "object": _object(statement["object"]),
    }
    if (result := statement.get("result")) is not None:
        canonical["result"] = _result(result)
    if (context := statement.get("context")) is not None:
        canonical["context"] = _context(context)
    return canonical


def _only_in_1_0(statement: Mapping[str, Any]) -> list[Any]:
    timestamp = statement.get("timestamp")
    moment = None if timestamp is None else microseconds(timestamp)
    attachments = [_attachment(it) for it in statement.get("attachments", ())]
    canonical = [moment, attachments]
    if statement["object"].get("objectType") == "SubStatement":
        canonical.append(_only_in_1_0(statement["object"]))
    return canonical


def _signed_attachments(statement: Mapping[str, Any]) -> list[Any]:
    attachments = statement.get("attachments", ())
    canonical: list[Any] = [_attachment(it) for it in attachments if it["usageType"] != SIGNATURE]
    if statement["object"].get("objectType") == "SubStatement":
        canonical.append(_signed_attachments(statement["object"]))
    return canonical


def _attachment(attachment: Mapping[str, Any]) -> dict[str, Any]:
    sha2, length = attachment["sha2"].lower(), _number(attachment["length"])
    return {**attachment, "sha2": sha2, "length": length}


def _agent(agent: Mapping[str, Any]) -> dict[str, Any]:
    canonical: dict[str, Any] = {"objectType": "Agent", **agent}
    if (mbox := agent.get("mbox")) is not None:
        canonical["mbox"] = folded_mbox(mbox)
    elif (digest := agent.get("mbox_sha1sum")) is not None:
        canonical["mbox_sha1sum"] = digest.lower()
    if (member := agent.get("member")) is not None:
        canonical["member"] = sorted(map(_text, map(_agent, member)))
    return canonical


def _text(canonical: Mapping[str, Any]) -> str:
    return orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS).decode()


def _object(target: Mapping[str, Any]) -> Any:
    match target.get("objectType", "Activity"):
        case "Activity":
            return target["id"]
        case "StatementRef":
            return {"statement": target["id"].lower()}
        case "SubStatement":
            timestamp = target.get("timestamp")
            moment = None if timestamp is None else microseconds(timestamp)
            return {**_statement(target), "timestamp": moment}
        case _:
            return _agent(target)


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    canonical = dict(result)
    if (score := result.get("score")) is not None:
        canonical["score"] = {name: _number(value) for name, value in score.items()}
    if (duration := result.get("duration")) is not None:
        canonical["duration"] = _FRACTION.sub(_hundredths, duration)
    if (extensions := result.get("extensions")) is not None:
        canonical["extensions"] = _value(extensions)
    return canonical


def _hundredths(fraction: re.Match[str]) -> str:
    digits = fraction[1][:2].rstrip("0")
    return f".{digits}S" if digits else "S"


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _CONTEXT.get(name, _as_it_is)(value) for name, value in context.items()}


def _as_it_is(value: Any) -> Any:
    return value


def _activities(kinds: Mapping[str, Any]) -> dict[str, Any]:
    return {
        kind: [activity["id"] for activity in ([some] if type(some) is dict else some)]
        for kind, some in kinds.items()
    }


def _context_agents(some: list[dict[str, Any]]) -> list[Any]:
    return [{**item, "agent": _agent(item["agent"])} for item in some]


def _context_groups(some: list[dict[str, Any]]) -> list[Any]:
    return [{**item, "group": _agent(item["group"])} for item in some]


# ---- values


class _BeyondParsed(Exception):
    """A number that the parsed value may not hold exactly."""


def _number(value: Any) -> Any:
    if type(value) is float:
        if not -_BEYOND_64_BITS < value < _BEYOND_64_BITS:
            raise _BeyondParsed
        if value.is_integer() and -_ENTIRE_UP_TO <= value <= _ENTIRE_UP_TO:
            return int(value)
        return orjson.Fragment(repr(value))  # as Python writes it, whatever a later orjson does
    return value


def _value(value: Any) -> Any:
    if type(value) is float:
        return _number(value)
    if type(value) is dict:
        return {key: _value(member) for key, member in value.items()}
    if type(value) is list:
        return [_value(item) for item in value]
    return value


def _exact_integer(digits: str) -> Any:
    if len(digits) <= _LONGEST_64_BITS and -(2**63) <= int(digits) < 2**64:
        return int(digits)
    return orjson.Fragment(digits)  # as it was written: JSON has one way to write an integer


def _exact_float(text: str) -> Any:
    value = float(text)
    return value if -_BEYOND_64_BITS < value < _BEYOND_64_BITS else orjson.Fragment(repr(value))


_CONTEXT: Final[Mapping[str, Callable[[Any], Any]]] = {
    "registration": str.lower,
    "instructor": _agent,
    "team": _agent,
    "contextActivities": _activities,
    "contextAgents": _context_agents,
    "contextGroups": _context_groups,
    "language": str.lower,
    "statement": _object,
    "extensions": _value,
}

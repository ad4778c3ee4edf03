"""What a GET of statements asks for: its parameters read, and the ``more`` link that goes on with
it.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, cast

import msgspec

from lrs.errors import InvalidRequest
from lrs.xapi.formats import Format
from lrs.xapi.request import XapiRequest
from projections.statement_query import Query
from schemas import json_text
from schemas.agents import agent_key
from schemas.formats import is_iri, is_timestamp, is_uuid, parse_timestamp
from schemas.keys import activity_key, registration_key, verb_key
from schemas.problems import Problem
from schemas.statement import check_agent

if TYPE_CHECKING:
    from lrs.auth.credentials import Credential
    from lrs.settings import Settings

SINGLE = frozenset(("statementId", "voidedStatementId"))
MORE_FORMAT = 1
LONG_NUMBER = 19  # digits; beyond any page, and Python reads no number of thousands of digits

NonNegative = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Moment = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class Shape:
    """How statements are to be returned, whichever they are."""

    format: Format = "exact"
    attachments: bool = False


def check_combination(parameters: Mapping[str, str], filters: frozenset[str]) -> None:
    """A single statement is asked for by one id, with no filter beside it."""
    asked = SINGLE & parameters.keys()
    if len(asked) > 1:
        raise InvalidRequest(Problem("", "both-statement-ids"))
    if asked and (extra := sorted(filters & parameters.keys())):
        raise InvalidRequest(
            *(Problem("", "filter-with-statement-id", name, {"parameter": name}) for name in extra)
        )


def read_query(request: XapiRequest) -> Query:
    """The filters of a request. Raises InvalidRequest naming every parameter that does not hold."""
    given = request.parameters
    problems: list[Problem] = []

    def refused(name: str, rule: str) -> None:
        problems.append(Problem("", rule, given[name], {"parameter": name}))

    agent = None
    if "agent" in given:
        agent, found = _read_agent(request)
        problems += found
    for name in ("verb", "activity"):
        if name in given and not is_iri(given[name]):
            refused(name, "parameter-iri")
    if "registration" in given and not is_uuid(given["registration"]):
        refused("registration", "parameter-uuid")
    for name in ("since", "until"):
        if name in given and not is_timestamp(given[name]):
            refused(name, "parameter-timestamp")
    for name in ("related_agents", "related_activities", "ascending"):
        if name in given and given[name].lower() not in ("true", "false"):
            refused(name, "parameter-boolean")
    if "limit" in given and not (given["limit"].isascii() and given["limit"].isdigit()):
        refused("limit", "parameter-limit")
    if problems:
        raise InvalidRequest(*problems)
    settings = request.store.settings
    return Query(
        agent=agent,
        verb=verb_key(given["verb"]) if "verb" in given else None,
        activity=activity_key(given["activity"]) if "activity" in given else None,
        registration=registration_key(given["registration"]) if "registration" in given else None,
        related_agents=given.get("related_agents", "").lower() == "true",
        related_activities=given.get("related_activities", "").lower() == "true",
        since=parse_timestamp(given["since"]) if "since" in given else None,
        until=parse_timestamp(given["until"]) if "until" in given else None,
        ascending=given.get("ascending", "").lower() == "true",
        limit=_page_size(given.get("limit"), settings),
    )


def _page_size(limit: str | None, settings: "Settings") -> int:
    """What ``limit`` asks for, up to the most there is; 0 asks for the most."""
    if limit is None:
        return settings.statements_page_default
    digits = limit.lstrip("0")
    most = settings.statements_page_max
    return min(int(digits), most) if digits and len(digits) < LONG_NUMBER else most


def _read_agent(request: XapiRequest) -> tuple[bytes | None, list[Problem]]:
    text = request.parameters["agent"]
    try:
        agent: Any = json_text.parse(text.encode())
    except json_text.InvalidJson as invalid:
        return None, [
            Problem("", "parameter-json", text, {"parameter": "agent"}),
            *invalid.problems,
        ]
    problems = check_agent(agent, request.version, "/agent")
    if problems:
        return None, problems
    key = agent_key(agent)
    if key is None:
        return None, [Problem("", "parameter-anonymous", text, {"parameter": "agent"})]
    return key, []


def read_shape(request: XapiRequest) -> Shape:
    given = request.parameters
    wanted = given.get("format", "exact")
    attachments = given.get("attachments", "false").lower()
    problems = []
    if wanted not in ("exact", "ids", "canonical"):
        problems.append(Problem("", "parameter-format", wanted, {"parameter": "format"}))
    if attachments not in ("true", "false"):
        problems.append(
            Problem("", "parameter-boolean", given["attachments"], {"parameter": "attachments"})
        )
    if problems:
        raise InvalidRequest(*problems)
    return Shape(cast(Format, wanted), attachments == "true")


def restrict(query: Query, credential: "Credential", read_all: frozenset[str]) -> Query:
    """Scope ``statements/read/mine`` sees what its own credential wrote."""
    return query if credential.scopes & read_all else replace(query, credential=credential.id)


class _More(msgspec.Struct, array_like=True):
    """A query and where to go on with it; positional, so that the link stays short."""

    edition: int
    after: NonNegative
    limit: NonNegative
    flags: int
    since: Moment | None
    until: Moment | None
    keys: tuple[bytes | None, bytes | None, bytes | None, bytes | None]
    format: str


def more_token(query: Query, shape: Shape, *, after: int) -> str:
    """What the ``more`` link carries. It holds no state of the server, so it works for ever."""
    flags = (
        query.ascending
        | query.related_agents << 1
        | query.related_activities << 2
        | shape.attachments << 3
    )
    keys = (query.agent, query.verb, query.activity, query.registration)
    more = _More(
        MORE_FORMAT, after, query.limit, flags, query.since, query.until, keys, shape.format
    )
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(more)).rstrip(b"=").decode()


def read_more(token: str, most: int) -> tuple[Query, Shape]:
    """The query goes on with at most ``most`` statements a page.

    Raises InvalidRequest for a token no store has given out.
    """
    try:
        padded = token.encode() + b"=" * (-len(token) % 4)
        more = msgspec.msgpack.decode(base64.urlsafe_b64decode(padded), type=_More)
        if more.edition != MORE_FORMAT or more.format not in ("exact", "ids", "canonical"):
            raise ValueError(token)
    except (ValueError, msgspec.MsgspecError) as error:
        raise InvalidRequest(Problem("", "more-unreadable", token)) from error
    agent, verb, activity, registration = more.keys
    query = Query(
        agent=agent,
        verb=verb,
        activity=activity,
        registration=registration,
        related_agents=bool(more.flags & 2),
        related_activities=bool(more.flags & 4),
        since=more.since,
        until=more.until,
        ascending=bool(more.flags & 1),
        limit=max(1, min(more.limit, most)),
        after=more.after,
    )
    return query, Shape(cast(Format, more.format), bool(more.flags & 8))

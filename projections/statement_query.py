"""Which statements answer a query, a page at a time.

Every filter is an ordered range of the links' primary key, so a page is read from where the last
one ended, and costs the same wherever that is. Of several filters one is walked along and the
others are probed at each step. Which one is decided anew for every window: the one that gets
furthest in a bounded number of steps. So a rare filter carries a popular one, and a stretch of the
log in which one of them has nothing is jumped over.

All filters must match in one statement of the chain of references (xAPI-Communication 2.1.3 leaves
that open). Order, bounds and the restriction to a credential regard the statement returned. A
voided statement is never returned; what it has still counts for the statements that refer to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from projections.statement_index import find_senders
from projections.statement_selects import (
    RESTRICTION,
    Filter,
    Shape,
    select_last_stored,
    select_located,
    select_page,
    select_reach,
)
from projections.statement_tables import AUTHORITY, Tables
from schemas.facets import ACTIVITY, ACTIVITY_RELATED, AGENT, AGENT_RELATED, REGISTRATION, VERB

FIRST_STEPS = 500
MOST_STEPS = 8_000
AFTER_THE_LAST = 2**62


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for. Agent, verb, activity and registration are keys; all given must match.

    ``since`` (exclusive) and ``until`` (inclusive) regard ``stored``, in microseconds. ``after`` is
    the last position of the page before. ``credential`` leaves only what that credential sent.
    """

    agent: bytes | None = None
    verb: bytes | None = None
    activity: bytes | None = None
    registration: bytes | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: int | None = None
    until: int | None = None
    ascending: bool = False
    limit: int = 100
    after: int | None = None
    credential: bytes | None = None


class Page(NamedTuple):
    """Positions in the order asked for; ``more`` if others come after the last one."""

    positions: list[int]
    more: bool


class Located(NamedTuple):
    position: int
    credential: bytes
    voided: bool


class Window(NamedTuple):
    """The positions strictly between two, and the filter to walk along there."""

    walked: Filter | None
    low: int
    high: int


def find(connection: Connection, tables: Tables, query: Query) -> Page:
    """The next page: full, unless nothing is left."""
    shape = _shape(query)
    keys = _keys(connection, tables, query)
    low, high = _bounds(connection, tables, query)
    found: list[int] = []
    for window in _windows(connection, tables, shape, keys, low, high):
        page = select_page(tables, shape, window.walked)
        wanted = query.limit + 1 - len(found)
        bounds = {"low": window.low, "high": window.high, "wanted": wanted}
        positions = connection.scalars(page, {**keys, **bounds})
        found += [position for position in positions if window.low < position < window.high]
        if len(found) > query.limit:
            break
    return Page(found[: query.limit], len(found) > query.limit)


def locate(connection: Connection, tables: Tables, statement_id: bytes) -> Located | None:
    """Where a statement is, who sent it, and whether it is voided."""
    row = connection.execute(select_located(tables), {"id": statement_id}).one_or_none()
    return None if row is None else Located(*row)


def _shape(query: Query) -> Shape:
    roles = {
        "registration": (REGISTRATION,),
        "agent": (AGENT, AGENT_RELATED, AUTHORITY) if query.related_agents else (AGENT,),
        "activity": (ACTIVITY, ACTIVITY_RELATED) if query.related_activities else (ACTIVITY,),
        "verb": (VERB,),
    }
    filters = [Filter(*item) for item in roles.items() if getattr(query, item[0]) is not None]
    return Shape(tuple(filters), query.credential is not None, query.ascending)


def _keys(connection: Connection, tables: Tables, query: Query) -> dict[str, bytes]:
    keys = {
        "registration": query.registration,
        "agent": query.agent,
        "activity": query.activity,
        "verb": query.verb,
        "credential": query.credential,
    }
    if query.credential is not None:
        sender = find_senders(connection, tables, [query.credential])[query.credential]
        keys[RESTRICTION.name] = sender.authority
    return {name: key for name, key in keys.items() if key is not None}


def _bounds(connection: Connection, tables: Tables, query: Query) -> tuple[int, int]:
    """What is asked for is strictly between these two positions."""

    def last_stored(time: int) -> int:
        return connection.scalar(select_last_stored(tables), {"time": time}) or 0

    low = 0 if query.since is None else last_stored(query.since)
    high = AFTER_THE_LAST if query.until is None else last_stored(query.until) + 1
    if query.after is None:
        return low, high
    return (max(low, query.after), high) if query.ascending else (low, min(high, query.after))


def _windows(
    connection: Connection,
    tables: Tables,
    shape: Shape,
    keys: Mapping[str, bytes],
    low: int,
    high: int,
) -> Iterator[Window]:
    """All that is strictly between two positions, in the order asked for."""
    ranges = shape.ranges
    if len(ranges) < 2:
        yield Window(ranges[0] if ranges else None, low, high)
        return
    steps = FIRST_STEPS
    while low + 1 < high:
        bounds = {"low": low, "high": high, "steps": steps}
        reached = iter(connection.execute(select_reach(tables, shape), {**keys, **bounds}).one())
        if shape.ascending:
            ends = [min(next(reached) or high for _ in walked.roles) for walked in ranges]
            end = max(ends)
            yield Window(ranges[ends.index(end)], low, end)
            low = end - 1
        else:
            ends = [max(next(reached) or low for _ in walked.roles) for walked in ranges]
            end = min(ends)
            yield Window(ranges[ends.index(end)], end, high)
            high = end + 1
        steps = min(2 * steps, MOST_STEPS)

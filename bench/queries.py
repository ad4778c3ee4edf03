"""Queries: a page deep in a large log against its first page, and that against a small log's.

Every filter is asked for what is most frequent, so that there is a page 1,000; how frequent that is
does not change as the log grows. A query is measured twice: as the index answers it, and over HTTP
on one connection, with its statements read and sent.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

import orjson
from sqlalchemy import Connection

from bench.asking import Asker
from bench.databases import Database
from bench.load import LoadGenerator
from bench.report import Report, at_most
from bench.scale import Scale
from bench.server import serving
from bench.statements import ACTIVITY, AGENT, REGISTRATION, VERB
from bench.stores import opened
from bench.traffic import Traffic
from lrs.store import Store
from lrs.xapi.query import Shape, more_token
from projections import statement_index
from projections.statement_query import Query, find
from schemas.agents import agent_key
from schemas.keys import activity_key, registration_key, verb_key

TITLE: Final = (
    "a page of 50; bound of page 1: page 1 of a log of {:,}, asked in turn; of a later page: page 1"
)
LIMIT: Final = 50
WALKED_AT_ONCE: Final = 20 * LIMIT
FINDS: Final = 5  # a round
AGENT_TEXT: Final = orjson.dumps(AGENT).decode()


@dataclass(frozen=True, slots=True)
class Filter:
    """The same query for the index and for HTTP."""

    query: Query
    parameters: Mapping[str, str]

    def path(self, after: int | None) -> str:
        """Of the first page, or of the ``more`` link of a page that ended at ``after``."""
        if after is None:
            return f"/xapi/statements?{urlencode({**self.parameters, 'limit': LIMIT})}"
        token = more_token(self.query, Shape(), after=after)
        return f"/xapi/statements/more?query={quote(token, safe='')}"


INDEXED: Final[Mapping[str, Filter]] = {
    "no filter": Filter(Query(limit=LIMIT), {}),
    "agent": Filter(Query(agent=agent_key(AGENT), limit=LIMIT), {"agent": AGENT_TEXT}),
    "verb": Filter(Query(verb=verb_key(VERB), limit=LIMIT), {"verb": VERB}),
    "activity": Filter(
        Query(activity=activity_key(ACTIVITY["id"]), limit=LIMIT), {"activity": ACTIVITY["id"]}
    ),
    "registration": Filter(
        Query(registration=registration_key(REGISTRATION), limit=LIMIT),
        {"registration": REGISTRATION},
    ),
    "related_agents": Filter(
        Query(agent=agent_key(AGENT), related_agents=True, limit=LIMIT),
        {"agent": AGENT_TEXT, "related_agents": "true"},
    ),
    "related_activities": Filter(
        Query(activity=activity_key(ACTIVITY["id"]), related_activities=True, limit=LIMIT),
        {"activity": ACTIVITY["id"], "related_activities": "true"},
    ),
}
COMBINED: Final[Mapping[str, Filter]] = {
    "agent and verb": Filter(
        Query(agent=agent_key(AGENT), verb=verb_key(VERB), limit=LIMIT),
        {"agent": AGENT_TEXT, "verb": VERB},
    ),
}


FILTERS: Final = {**INDEXED, **COMBINED}


class Far(NamedTuple):
    """A page deep in what a filter finds: ``after`` is where the page before it ended."""

    page: int
    after: int | None


class Times(NamedTuple):
    """Milliseconds of a query: page 1 of the small log, page 1 and a far page of the large one."""

    small: float
    first: float
    far: float


def measure(
    small: Database, large: Database, size: int, scale: Scale, report: Report, load: LoadGenerator
) -> None:
    title = TITLE.format(scale.sizes[0])
    report.begin("(c) queries", f"{large.kind}, {size:,} statements", title)
    is_judged = size == scale.sizes[-1]
    with opened(small) as one, opened(large) as other:
        fars = {name: _far(other, filter_.query, scale.page) for name, filter_ in FILTERS.items()}
        for name, filter_ in FILTERS.items():
            times = _find(one, other, filter_.query, fars[name], scale)
            _report("find", name, fars[name], times, is_judged, report)
    with serving(small) as one, serving(large) as other:
        askers = Asker(one, small, load), Asker(other, large, load)
        for name, filter_ in FILTERS.items():
            times = _get(*askers, filter_, fars[name], scale)
            _report("HTTP", name, fars[name], times, is_judged, report)


def _report(way: str, name: str, far: Far, times: Times, is_judged: bool, report: Report) -> None:
    is_judged = is_judged and name in INDEXED
    report.add(
        f"{way}, {name}: page 1",
        times.first,
        "ms",
        bound=times.small,
        target=at_most(1.5) if is_judged else None,
    )
    report.add(
        f"{way}, {name}: page {far.page:,}",
        times.far,
        "ms",
        bound=times.first,
        target=at_most(1.2) if is_judged else None,
    )


def _far(store: Store, query: Query, page: int) -> Far:
    """Page ``page``, or the last full one if there are fewer."""
    positions: list[int] = []
    with store.storage.read() as connection:
        while len(positions) < page * LIMIT:
            after = positions[-1] if positions else None
            asked = replace(query, limit=WALKED_AT_ONCE, after=after)
            more = find(connection, statement_index.TABLES, asked)
            positions += more.positions
            if not more.more:
                break
    full = max(1, min(page, len(positions) // LIMIT))
    return Far(full, positions[(full - 1) * LIMIT - 1] if full > 1 else None)


def _find(small: Store, large: Store, query: Query, far: Far, scale: Scale) -> Times:
    """As the index answers, within one state of each database."""

    def milliseconds(connection: Connection, query: Query) -> float:
        began = time.perf_counter()
        find(connection, statement_index.TABLES, query)
        return 1000 * (time.perf_counter() - began)

    with small.storage.read() as one, large.storage.read() as other:
        return _in_turn(
            FINDS * scale.query_rounds,
            lambda: milliseconds(one, query),
            lambda: milliseconds(other, query),
            lambda: milliseconds(other, replace(query, after=far.after)),
        )


def _get(small: Asker, large: Asker, filter_: Filter, far: Far, scale: Scale) -> Times:
    """As a client sees it."""

    def milliseconds(asker: Asker, after: int | None) -> float:
        return asker.ask(Traffic("GET", filter_.path(after)), 1, scale.query_seconds).load.median

    return _in_turn(
        scale.query_rounds,
        lambda: milliseconds(small, None),
        lambda: milliseconds(large, None),
        lambda: milliseconds(large, far.after),
    )


def _in_turn(rounds: int, *measurements: Callable[[], float]) -> Times:
    """The median of each; taken in turn, so that whatever else goes on hits all of them."""
    took = [[measure() for measure in measurements] for _ in range(rounds)]
    return Times(*map(median, zip(*took, strict=True)))

"""What a page costs. Counted, not timed: instructions of SQLite, pages that PostgreSQL touches."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, create_engine, event

from projections.statement_index import define
from projections.statement_query import Page, Query, find
from projections.statement_tables import Tables
from schemas.agents import agent_key
from schemas.events import NOBODY
from schemas.keys import activity_key, registration_key, verb_key
from tests.oracle import Json
from tests.projections.statement_logs import SECOND, START, StatementLog

SMALL, LARGE = 2_000, 8_000
REGISTRATION = "f6b2f0b8-5a3b-4f0e-9f3e-1d1f6d6f9a01"


def agent(name: str) -> Json:
    return {"account": {"homePage": "https://sso.bvhttdl.example", "name": name}}


def iri(name: str) -> str:
    return f"https://lms.bvhttdl.example/{name}"


def statement(number: int, size: int) -> Json:
    """Twenty are special; the first half has another verb and another member."""
    kind = "special" if number % (size // 20) == 0 else "usual"
    half = "early" if number < size // 2 else "late"
    return {
        "id": f"00000000-0000-4000-8000-{number:012x}",
        "actor": {"objectType": "Group", "member": [agent(kind), agent(half)]},
        "verb": {"id": iri(half)},
        "object": {"id": iri(kind)},
        "context": {
            "registration": REGISTRATION,
            "instructor": agent("instructor"),
            "contextActivities": {"grouping": [{"id": iri("programme")}]},
        },
    }


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def tables_of(connection: Connection, size: int, analysed: bool) -> Tables:
    """An index of so many statements; ``analysed`` if the planner knows how many."""
    tables = define(metadata := MetaData(), f"of_{size}_")
    metadata.create_all(connection)
    log = StatementLog()
    for number in range(size):
        log.record(statement(number, size))
    log.index(connection, range(0, size, 500), tables)
    if analysed:
        for table in metadata.tables:
            connection.exec_driver_sql(f"ANALYZE {table}")
    return tables


class Counter:
    """Counts what the queries on a connection cost."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def find(self, tables: Tables, query: Query) -> tuple[Page, int]:
        find(self.connection, tables, query)  # so that everything is compiled
        count = self._ticks if self.connection.dialect.name == "sqlite" else self._buffers
        return count(tables, query)

    def _ticks(self, tables: Tables, query: Query) -> tuple[Page, int]:
        driver: Any = self.connection.connection.driver_connection
        ticks: list[None] = []
        driver.set_progress_handler(lambda: ticks.append(None), 10)
        page = find(self.connection, tables, query)
        driver.set_progress_handler(None, 0)
        return page, len(ticks)

    def _buffers(self, tables: Tables, query: Query) -> tuple[Page, int]:
        asked: list[tuple[str, Any]] = []

        def keep(*args: Any) -> None:
            asked.append((args[2], args[3]))

        event.listen(self.connection, "before_cursor_execute", keep)
        page = find(self.connection, tables, query)
        event.remove(self.connection, "before_cursor_execute", keep)
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
        plans = [self.connection.exec_driver_sql(explain + sql, values) for sql, values in asked]
        return page, sum(plan.scalar_one()[0]["Plan"]["Shared Hit Blocks"] for plan in plans)


FILTERS: dict[str, dict[str, Any]] = {
    "everything": {},
    "agent": {"agent": agent_key(agent("usual"))},
    "related agent": {"agent": agent_key(agent("instructor")), "related_agents": True},
    "activity": {"activity": activity_key(iri("usual"))},
    "related activity": {"activity": activity_key(iri("programme")), "related_activities": True},
    "registration": {"registration": registration_key(REGISTRATION)},
    "credential": {"credential": NOBODY},
    "agent and activity": {
        "agent": agent_key(agent("usual")),
        "activity": activity_key(iri("usual")),
    },
    "related agent and related activity": {
        "agent": agent_key(agent("instructor")),
        "activity": activity_key(iri("programme")),
        "related_agents": True,
        "related_activities": True,
    },
    "all since": {"since": START + 50 * SECOND},
}
either_way = pytest.mark.parametrize(("ascending", "analysed"), [(False, False), (True, True)])

SELDOM: dict[str, dict[str, Any]] = {
    "a usual agent of a special activity": {
        "agent": agent_key(agent("late")),
        "activity": activity_key(iri("special")),
    },
    "a verb from before with an agent from after": {
        "agent": agent_key(agent("late")),
        "verb": verb_key(iri("early")),
    },
    "the same for one credential": {
        "agent": agent_key(agent("late")),
        "verb": verb_key(iri("early")),
        "credential": NOBODY,
    },
}


@either_way
def test_a_late_page_costs_what_the_first_does_and_a_large_log_what_a_small_one_does(
    connection, ascending, analysed
):
    counter = Counter(connection)
    small, large = (tables_of(connection, size, analysed) for size in (SMALL, LARGE))
    for name, asked in FILTERS.items():
        query = Query(**asked, ascending=ascending, limit=50)
        late = Query(**asked, ascending=ascending, limit=50, after=LARGE // 2)
        in_small, in_large, later = (
            counter.find(*one) for one in ((small, query), (large, query), (large, late))
        )
        assert {len(page.positions) for page, _ in (in_small, in_large, later)} == {50}, name
        assert later[1] <= 1.2 * in_large[1], name
        assert in_large[1] <= 2 * in_small[1], name  # the trees are a level higher


@either_way
def test_filters_that_hardly_ever_meet_cost_the_same_in_a_large_log(
    connection, ascending, analysed
):
    counter = Counter(connection)
    small, large = (tables_of(connection, size, analysed) for size in (SMALL, LARGE))
    for name, asked in SELDOM.items():
        query = Query(**asked, ascending=ascending, limit=5)
        (_, in_small), (_, in_large) = counter.find(small, query), counter.find(large, query)
        assert in_large <= 2 * in_small, name

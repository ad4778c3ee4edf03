"""The index answers as a naive reading of the specification does: for every log, every query."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Row, create_engine, select

from projections import statement_query
from projections.statement_index import METADATA, TABLES, apply
from projections.statement_query import find, locate
from tests import oracle
from tests.oracle import Parameters
from tests.projections.statement_logs import (
    IDS,
    Json,
    StatementLog,
    arrivals,
    batches,
    combinations,
    cuts,
    log_of,
    logs,
    parameters,
    query_of,
)

Transaction = Callable[[], AbstractContextManager[Connection]]

shared_tables = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
few = settings(shared_tables, max_examples=50)  # each asks 144 queries

first_steps = st.sampled_from((1, 2, 5, 500))


@pytest.fixture
def transaction(database_url: str) -> Iterator[Transaction]:
    """Empty tables, as often as they are asked for."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        METADATA.create_all(connection)

    @contextmanager
    def begin() -> Iterator[Connection]:
        with engine.connect() as connection:
            yield connection
            connection.rollback()

    yield begin
    engine.dispose()


def without_times(values: Parameters) -> Parameters:
    return replace(values, since=None, until=None)


@contextmanager
def steps(first: int) -> Iterator[None]:
    """Windows so short that even a short log has several."""
    with patch.multiple(statement_query, FIRST_STEPS=first, MOST_STEPS=100):
        yield


def contents(connection: Connection) -> list[list[Row]]:
    return [
        list(connection.execute(select(table).order_by(*table.primary_key)))
        for table in METADATA.sorted_tables
    ]


@few
@given(log=logs(), cut=cuts(), values=parameters(), first=first_steps)
def test_every_query_of_every_log_is_answered_as_the_oracle_answers_it(
    transaction: Transaction, log: StatementLog, cut: set[int], values: Parameters, first: int
) -> None:
    with transaction() as connection, steps(first):
        log.index(connection, cut)
        for asked in combinations(values):
            found = find(connection, TABLES, query_of(asked))
            assert found == (oracle.find(log.recorded, asked), False), asked


@shared_tables
@given(log=logs(), cut=cuts())
def test_every_statement_is_where_it_was_recorded_and_voided_as_the_oracle_says(
    transaction: Transaction, log: StatementLog, cut: set[int]
) -> None:
    expected = {
        one.statement["id"]: (
            one.position,
            one.sender.credential,
            oracle.is_voided(log.recorded, one),
        )
        for one in log.recorded
    }
    with transaction() as connection:
        log.index(connection, cut)
        located = {id: locate(connection, TABLES, UUID(id).bytes) for id in IDS}
    assert located == {id: expected.get(id) for id in IDS}


@shared_tables
@given(log=logs(), cut=cuts(), other=cuts())
def test_any_batching_gives_the_same_tables(
    transaction: Transaction, log: StatementLog, cut: set[int], other: set[int]
) -> None:
    tables = []
    for some in (cut, other):
        with transaction() as connection:
            log.index(connection, some)
            tables.append(contents(connection))
    assert tables[0] == tables[1]


@shared_tables
@given(arrived=arrivals(), values=parameters().map(without_times), data=st.data())
def test_any_order_of_arrival_gives_the_same_answers(
    transaction: Transaction,
    arrived: list[tuple[Json, bytes]],
    values: Parameters,
    data: st.DataObject,
) -> None:
    asked = data.draw(st.sampled_from(list(combinations(values))))
    answers = []
    for order in (arrived, data.draw(st.permutations(arrived))):
        log = log_of(order)
        ids = {one.position: one.statement["id"] for one in log.recorded}
        with transaction() as connection:
            log.index(connection, data.draw(cuts()))
            found = find(connection, TABLES, query_of(asked))
        answers.append({ids[position] for position in found.positions})
    assert answers[0] == answers[1]


@shared_tables
@given(log=logs(), values=parameters(), limit=st.integers(1, 3), first=first_steps, data=st.data())
def test_paging_while_statements_arrive_neither_repeats_nor_loses_one(
    transaction: Transaction,
    log: StatementLog,
    values: Parameters,
    limit: int,
    first: int,
    data: st.DataObject,
) -> None:
    asked = data.draw(st.sampled_from(list(combinations(values))))
    arriving = iter(batches(log.entries, data.draw(cuts())))
    with transaction() as connection, steps(first):
        arrived = next(arriving)
        apply(connection, TABLES, arrived)
        at_first = oracle.find(log.recorded_in(arrived), asked)
        page = find(connection, TABLES, query_of(asked, limit))
        returned = page.positions
        while page.more:
            assert len(page.positions) == limit
            for batch in [next(arriving, [])][: data.draw(st.integers(0, 1))]:
                apply(connection, TABLES, batch)
                arrived = arrived + batch
            page = find(connection, TABLES, query_of(asked, limit, after=returned[-1]))
            returned += page.positions
    assert returned == sorted(set(returned), reverse=not asked.ascending)
    assert set(returned) >= set(at_first) & set(oracle.find(log.recorded_in(arrived), asked))

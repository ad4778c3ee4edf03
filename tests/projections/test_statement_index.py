"""Statements found by what they have, and by what the statements they refer to have."""

import random
from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, MetaData, create_engine, func, select

from projections.rows import LISTED_AT_ONCE
from projections.statement_index import METADATA, TABLES, define
from projections.statement_query import Located, Page, find, locate
from projections.statement_references import MAX_HOPS
from schemas.events import NOBODY
from tests.oracle import VOIDED, Parameters
from tests.projections.statement_logs import (
    ACTIVITIES,
    ADMINISTRATOR,
    MAILBOX,
    NAMESAKE,
    NEIGHBOUR,
    OFFICER,
    PLATFORM,
    START,
    TEAM,
    UNIT,
    VERBS,
    VISITOR,
    Json,
    StatementLog,
    query_of,
)

COMPLETED, PASSED = VERBS
COURSE, LESSON, _ = (activity["id"] for activity in ACTIVITIES)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        METADATA.create_all(connection)
        yield connection
    engine.dispose()


@pytest.fixture
def log() -> StatementLog:
    log = StatementLog()
    log.issue(ADMINISTRATOR, OFFICER, "all")
    log.issue(PLATFORM, VISITOR, "statements/write")
    log.issue(NEIGHBOUR, VISITOR, "statements/write")
    return log


def id_of(number: int) -> str:
    return str(UUID(int=number))


def statement(number: int, agent: Json = OFFICER, verb: str = COMPLETED, **more: Any) -> Json:
    """The officer completes the course."""
    return {
        "id": id_of(number),
        "actor": agent,
        "verb": {"id": verb},
        "object": {"id": COURSE},
        **more,
    }


def reference(number: int, target: int, verb: str = PASSED, agent: Json = VISITOR) -> Json:
    """The visitor says something about another statement."""
    target_object = {"objectType": "StatementRef", "id": id_of(target)}
    return statement(number, agent, verb, object=target_object)


def void(number: int, target: int) -> Json:
    return reference(number, target, VOIDED)


def numbers(connection: Connection, log: StatementLog, **asked: Any) -> list[int]:
    """The numbers of the statements found, in the order they were recorded."""
    found = find(connection, TABLES, query_of(Parameters(**asked, ascending=True))).positions
    ids = {one.position: one.statement["id"] for one in log.recorded}
    return [UUID(ids[position]).int for position in found]


def indexed(
    connection: Connection,
    log: StatementLog,
    statements: Iterable[Json],
    credential: bytes = NOBODY,
) -> StatementLog:
    """The statements, recorded and indexed one at a time."""
    for one in statements:
        log.record(one, credential)
    log.index(connection, range(len(log.entries)))
    return log


def test_a_statement_is_found_by_its_group_and_by_each_member(connection, log):
    indexed(connection, log, [statement(1, TEAM), statement(2)])
    for agent in (UNIT, MAILBOX, NAMESAKE):
        assert numbers(connection, log, agent=agent) == [1]


def test_a_statement_is_found_by_its_authority_only_as_a_related_agent(connection, log):
    indexed(connection, log, [statement(1)], PLATFORM)
    assert numbers(connection, log, agent=VISITOR) == []
    assert numbers(connection, log, agent=VISITOR, related_agents=True) == [1]


def test_each_credential_finds_what_it_sent_even_if_another_has_its_authority(connection, log):
    log.record(statement(1), PLATFORM)
    log.record(statement(2), NEIGHBOUR)
    log.record(reference(3, 2), PLATFORM)
    log.record(statement(4))
    log.index(connection)
    assert numbers(connection, log, credential=PLATFORM) == [1, 3]
    assert numbers(connection, log, credential=PLATFORM, verb=COMPLETED) == [1]
    assert numbers(connection, log, credential=NEIGHBOUR) == [2]
    assert numbers(connection, log, credential=NOBODY, agent=OFFICER) == [4]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_chain_of_references_is_followed_whatever_arrives_first(connection, log, order):
    chain = [statement(1), reference(2, 1), reference(3, 2)]
    indexed(connection, log, [chain[number] for number in order])
    assert sorted(numbers(connection, log, agent=OFFICER)) == [1, 2, 3]
    assert sorted(numbers(connection, log, agent=VISITOR)) == [2, 3]


def test_all_filters_match_in_one_statement_of_the_chain(connection, log):
    indexed(connection, log, [statement(1), reference(2, 1)])
    assert numbers(connection, log, agent=OFFICER, verb=COMPLETED, activity=COURSE) == [1, 2]
    assert numbers(connection, log, agent=VISITOR, verb=PASSED) == [2]
    assert numbers(connection, log, agent=OFFICER, verb=PASSED) == []
    assert numbers(connection, log, agent=VISITOR, activity=COURSE) == []


def test_filters_match_in_one_statement_also_when_a_credential_leads(connection, log, monkeypatch):
    monkeypatch.setattr("projections.statement_query.FIRST_STEPS", 1)
    log.record(statement(1), PLATFORM)
    log.record(reference(2, 1))
    log.record(reference(3, 1), PLATFORM)
    log.index(connection)
    assert numbers(connection, log, credential=PLATFORM, agent=OFFICER, verb=COMPLETED) == [1, 3]
    assert numbers(connection, log, credential=PLATFORM, agent=VISITOR, verb=PASSED) == [3]
    assert numbers(connection, log, credential=PLATFORM, agent=OFFICER, verb=PASSED) == []


def test_a_credential_finds_out_nothing_of_what_others_sent(connection, log):
    log.record(statement(1), NEIGHBOUR)
    log.record(reference(2, target=1), PLATFORM)
    log.index(connection)
    assert numbers(connection, log, credential=PLATFORM, agent=OFFICER) == []
    assert numbers(connection, log, credential=PLATFORM, agent=OFFICER, verb=COMPLETED) == []
    assert numbers(connection, log, agent=OFFICER) == [1, 2]


def shuffled(statements: list[Json]) -> list[Json]:
    return random.Random(1).sample(statements, len(statements))


@pytest.mark.parametrize("arrange", [list, reversed, shuffled])
def test_a_chain_is_followed_so_many_references_and_no_further(connection, log, arrange):
    chain = [statement(1)] + [reference(n, n - 1) for n in range(2, MAX_HOPS + 7)]
    indexed(connection, log, arrange(chain))
    found = sorted(numbers(connection, log, agent=OFFICER))
    assert found == list(range(1, MAX_HOPS + 2))


def test_statements_that_refer_to_each_other_answer_for_each_other(connection, log):
    circle = [reference(1, 3, COMPLETED, OFFICER), reference(2, 1), reference(3, 2, VERBS[0])]
    indexed(connection, log, [*circle, reference(4, 4), reference(5, 1)])
    assert numbers(connection, log, agent=OFFICER) == [1, 2, 3, 5]
    assert numbers(connection, log, agent=VISITOR, verb=PASSED) == [1, 2, 3, 4, 5]


def test_only_the_object_of_a_statement_is_followed(connection, log):
    ref = {"objectType": "StatementRef", "id": id_of(1)}
    sub = {"objectType": "SubStatement", **statement(9, VISITOR, PASSED, object=ref)}
    in_context = statement(2, VISITOR, PASSED, object={"id": LESSON}, context={"statement": ref})
    indexed(connection, log, [statement(1), in_context, statement(3, VISITOR, object=sub)])
    assert numbers(connection, log, activity=COURSE, related_activities=True) == [1]


def test_a_target_that_arrives_after_very_many_references_to_it_answers_for_all(connection, log):
    many = LISTED_AT_ONCE * 2 + 100
    for number in range(2, many):
        log.record(reference(number, 1 if number % 2 else number - 1))
    log.record(statement(1))
    log.index(connection, [many // 2, many])
    assert len(numbers(connection, log, agent=OFFICER)) == many - 1


@pytest.mark.parametrize("statements", list(permutations([statement(1), void(2, 1)])))
def test_a_voided_statement_is_found_by_its_id_only_whenever_the_void_came(
    connection, log, statements
):
    indexed(connection, log, statements, PLATFORM)
    assert numbers(connection, log) == [2]
    located = locate(connection, TABLES, UUID(int=1).bytes)
    assert located is not None
    assert (located.credential, located.voided) == (PLATFORM, True)


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize(
    ("sender", "voided"),
    [
        (PLATFORM, True),
        (NEIGHBOUR, False),
        (ADMINISTRATOR, True),
        (NOBODY, True),
        (b"?" * 16, False),
    ],
)
def test_a_void_takes_effect_from_the_sender_of_its_target_or_one_that_may_do_all(
    connection, log, sender, voided, first
):
    arriving = [(statement(1), PLATFORM), (void(2, 1), sender)]
    for one, credential in arriving if first == 1 else reversed(arriving):
        log.record(one, credential)
    log.index(connection)
    located = locate(connection, TABLES, UUID(int=1).bytes)
    assert located is not None
    assert located.voided == voided
    assert (1 in numbers(connection, log)) != voided


def test_a_void_keeps_the_right_its_sender_had_then(connection, log):
    log.record(void(2, 1), late := b"late" * 4)
    log.record(statement(1), PLATFORM)
    log.issue(late, NAMESAKE, "all")
    log.index(connection)
    assert numbers(connection, log) == [2, 1]


def test_a_voiding_statement_cannot_be_voided(connection, log):
    indexed(connection, log, [statement(1), void(2, 1), void(3, 2)])
    assert numbers(connection, log) == [2, 3]


def test_what_a_voided_statement_has_counts_for_those_that_refer_to_it(connection, log):
    indexed(connection, log, [statement(1), void(2, 1), reference(3, 1)])
    assert numbers(connection, log, agent=OFFICER) == [2, 3]


def test_an_id_that_no_statement_has_is_located_nowhere(connection, log):
    indexed(connection, log, [statement(1)])
    assert locate(connection, TABLES, UUID(int=2).bytes) is None
    assert locate(connection, TABLES, UUID(int=1).bytes) == Located(5, NOBODY, False)


def test_since_is_exclusive_and_until_inclusive(connection, log):
    indexed(connection, log, [statement(number) for number in range(1, 6)])
    times = [one.stored for one in log.recorded]
    assert numbers(connection, log, since=times[1]) == [3, 4, 5]
    assert numbers(connection, log, until=times[1]) == [1, 2]
    assert numbers(connection, log, since=times[1] - 1, until=times[2] + 1) == [2, 3]
    assert numbers(connection, log, until=START) == []
    assert numbers(connection, log, since=times[4]) == []


@pytest.mark.parametrize("asked", [{}, {"agent": OFFICER}, {"agent": OFFICER, "verb": COMPLETED}])
def test_a_page_is_full_although_statements_on_it_are_voided(connection, log, asked):
    for number in (3, 5, 6, 9):
        log.record(void(100 + number, number), NEIGHBOUR if number == 5 else ADMINISTRATOR)
    sent = {number: log.record(statement(number)) for number in range(1, 11)}
    log.index(connection)
    page = find(connection, TABLES, query_of(Parameters(**asked), limit=5))
    assert page == Page([sent[number] for number in (10, 8, 7, 5, 4)], more=True)


def test_the_last_page_says_so_when_it_is_exactly_full(connection, log):
    indexed(connection, log, [statement(1), statement(2)])
    asked = Parameters(agent=OFFICER)
    assert find(connection, TABLES, query_of(asked, limit=2)) == Page([6, 5], more=False)
    assert find(connection, TABLES, query_of(asked, limit=1)) == Page([6], more=True)
    assert find(connection, TABLES, query_of(asked, limit=1, after=6)) == Page([5], more=False)


def test_a_link_says_how_far_before_it_the_statement_is_that_it_comes_from(connection, log):
    indexed(connection, log, [reference(1, 4), statement(2), statement(3), reference(4, 2)])
    columns = TABLES.links.c
    found = connection.execute(select(columns.position - 4, columns.distance).distinct())
    assert {tuple(row) for row in found} == {
        (1, 0),
        (1, -3),
        (1, -1),
        (2, 0),
        (3, 0),
        (4, 0),
        (4, 2),
    }


def test_tables_with_a_prefix_are_filled_beside_the_live_ones(connection, log):
    beside = define(metadata := MetaData(), "rebuild_")
    metadata.create_all(connection)
    log.record(statement(1))
    log.index(connection, tables=beside)
    assert connection.scalar(select(func.count()).select_from(beside.links)) == 4
    assert connection.scalar(select(func.count()).select_from(TABLES.links)) == 0

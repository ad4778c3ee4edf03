"""What reading costs does not grow with the log. Counted in instructions of SQLite, not timed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from projections.assessment import (
    TABLES,
    apply,
    gather_person,
    refresh,
    renewals,
    unmapped_courses,
    unresolved_actors,
    view,
)
from schemas.register import Identifier, Membership, Person
from tests.projections.assessment.logs import AssessmentLog, Database, Json, statement, voiding
from tests.projections.assessment.worlds import ACTIVITIES, BASE, PERIOD

SMALL, LARGE = 100, 800  # people
EACH = 10  # statements of a person
SENDER = bytes([1]) * 16


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.close()


def log_of(people: int) -> AssessmentLog:
    """Units of ten people each; a few statements are of nobody known, a few are unmapped."""
    log = AssessmentLog()
    log.issue(SENDER, "lms-key", "statements/write")
    log.record(*(one for one in BASE if not isinstance(one, Identifier | Membership)))
    for number in range(people):
        person, unit = f"N{number}", f"U{number // 10}"
        log.record(
            Person(id=person, name=person),
            Identifier(person=person, mbox=mbox_of(number)),
            Membership(person=person, unit=unit, position="CV", category="cong_chuc"),
        )
    for number in range(people * EACH):
        log.state(of_person(number % people), SENDER)
    for number in range(EACH):
        last = log.state(statement(actor={"mbox": f"mailto:x{number}@bo.example"}), SENDER)
        log.state(statement(object={"id": f"https://lms.bo.example/x/{number}"}), SENDER)
    log.state(voiding(bytes(15) + b"\x01"), SENDER)
    assert last
    return log


def mbox_of(number: int) -> str:
    return f"mailto:n{number}@bo.example"


def of_person(number: int) -> Json:
    target = {"id": ACTIVITIES[0]}
    result = {"duration": "PT10M"}
    return statement("experienced", actor={"mbox": mbox_of(number)}, object=target, result=result)


def instructions(connection: Connection, read: Callable[[], Any]) -> int:
    """How many hundreds of instructions of the database it takes."""
    driver: Any = connection.connection.driver_connection
    ticks: list[None] = []
    read()  # so that everything is compiled
    driver.set_progress_handler(lambda: ticks.append(None), 100)
    read()
    driver.set_progress_handler(None, 0)
    return len(ticks)


def costs(connection: Connection, people: int) -> dict[str, int]:
    log = log_of(people)
    log.project(connection, range(0, len(log.entries), 500))
    refresh(connection, log.head)
    log.state(of_person(7), SENDER)
    apply(connection, TABLES, log.entries[-1:])
    seen = view(connection, PERIOD, "open", log.head)
    assert len(gather_person(connection, seen, "N7")[1]) == EACH + 1
    return {
        name: instructions(connection, read)
        for name, read in {
            "a view": lambda: view(connection, PERIOD, "open", log.head),
            "a person": lambda: gather_person(connection, seen, "N7"),
            "a page of actors": lambda: unresolved_actors(connection, log.head, limit=1),
            "a page of courses": lambda: unmapped_courses(connection, log.head, limit=1),
            "a renewal": lambda: list(renewals(connection, log.head)),
        }.items()
    }


def test_a_large_log_costs_what_a_small_one_does(database: Database) -> None:
    found = []
    for people in (SMALL, LARGE):
        with database.begin() as connection:
            found.append(costs(connection, people))
    small, large = found
    for name, cost in small.items():
        assert large[name] <= 1.5 * cost + 5, (name, cost, large[name])

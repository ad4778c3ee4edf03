"""Statements without end, as a ministry's platforms send them: the demo's shapes, more people.

People and registrations follow Zipf's law. Page 1,000 of a query needs 50,000 statements that
match, so one agent, one activity and one registration have a sixteenth of everything each: the
account of a reading room, and the course everybody has to take.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from random import Random
from typing import Any, Final
from uuid import UUID

import orjson

from lrs import ministry
from lrs.ministry.catalogue import COURSES, LIBRARY, LMS
from lrs.ministry.people import make_people
from lrs.ministry.sending import YEAR
from lrs.ministry.shapes import TERMINATED
from lrs.ministry.units import units
from lrs.privacy.subjects import of_statement
from schemas.comparison import content_hash
from schemas.events import Kind, NewEvent

SEED: Final = 20_251_130
PATTERNS: Final = 10_000  # statements of the demo whose shapes recur
PEOPLE: Final = 20_000
RECENT: Final = 1024  # statements among which one that refers finds its target
BUSY: Final = 1 / 16

VERB: Final = TERMINATED["id"]
AGENT: Final = {
    "objectType": "Agent",
    "name": "Phòng đọc số 1",
    "account": {"homePage": LIBRARY.home_page, "name": "phong-doc-1"},
}
ACTIVITY: Final[Mapping[str, Any]] = {
    "objectType": "Activity",
    "id": LMS.activity("42"),
    "definition": {
        "type": "http://adlnet.gov/expapi/activities/course",
        "name": {"vi-VN": COURSES[1].vi},
    },
}
REGISTRATION: Final = "5d7c1c1e-6c0e-4b57-9a52-0f5b1f6f2a10"


def statements(seed: int = SEED) -> Iterator[dict[str, Any]]:
    """The same for everybody; all ids differ. They share parts, so none is to be changed."""
    random = Random(f"bench {seed}")
    patterns = list(islice(ministry.statements(seed), PATTERNS))
    people = make_people(units(PEOPLE, YEAR), YEAR, seed=seed, people=PEOPLE)
    recent = [random_id(random) for _ in range(RECENT)]
    number = 0
    while True:
        platform, pattern = patterns[int(random.random() * PATTERNS)]
        person = people[int(PEOPLE ** random.random()) - 1]
        statement = {**pattern, "id": random_id(random), "actor": person.on(platform)}
        if random.random() < BUSY:
            statement["actor"] = AGENT
        if statement["object"]["objectType"] == "StatementRef":
            target = recent[int(random.random() * RECENT)]
            statement["object"] = {"objectType": "StatementRef", "id": target}
        elif random.random() < BUSY:
            statement["object"] = ACTIVITY
        if "context" in statement:
            statement["context"] = _taken(random, statement["context"], person.number)
        recent[number % RECENT] = statement["id"]
        number += 1
        yield statement


def _taken(random: Random, context: dict[str, Any], person: int) -> dict[str, Any]:
    """The context, with a registration of this person where the pattern has one."""
    if random.random() < BUSY:
        return {**context, "registration": REGISTRATION}
    if "registration" in context:
        return {**context, "registration": f"{person:08x}{context['registration'][8:]}"}
    return context


def random_id(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def as_event(statement: dict[str, Any], credential: bytes) -> NewEvent:
    """A statement on its way into the log, as the statement resource hands it over."""
    text = orjson.dumps(statement)
    return NewEvent(
        Kind.STATEMENT_1_0,
        bytes.fromhex(statement["id"].replace("-", "")),
        text,
        credential,
        content_hash=content_hash(statement, text),
        value=statement,
        subject=of_statement(statement),
    )

"""Logs of statements to index, by hand and by Hypothesis, with what the oracle knows of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, reduce
from hashlib import sha1
from itertools import pairwise, product
from operator import or_
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from sqlalchemy import Connection

from projections.statement_index import TABLES, apply
from projections.statement_query import Query
from projections.statement_tables import Tables
from schemas.agents import agent_key
from schemas.events import NOBODY, Kind, LogEntry
from schemas.keys import activity_key, registration_key, verb_key
from tests.oracle import VOIDED, Parameters, Recorded, Sender

Json = dict[str, Any]

SECOND = 1_000_000
START = 1_790_000_000 * SECOND


class StatementLog:
    """A log that holds credentials and statements; position 1 is not one of them."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []
        self.recorded: list[Recorded] = []
        self._senders = {NOBODY: Sender(NOBODY, None, unrestricted=True)}

    def issue(self, credential: bytes, authority: Json, *scopes: str) -> None:
        body = {"authority": authority, "scopes": list(scopes)}
        self._append(Kind.CREDENTIAL_ISSUED, credential, NOBODY, body)
        self._senders[credential] = Sender(credential, authority, "all" in scopes)

    def record(self, statement: Json, credential: bytes = NOBODY) -> int:
        """The position of the statement, which holds its id."""
        unknown = Sender(credential, None, unrestricted=False)
        sender = self._senders.get(credential, unknown)
        statement_id = UUID(statement["id"]).bytes
        entry = self._append(Kind.STATEMENT_2_0, statement_id, credential, statement)
        self.recorded.append(Recorded(entry.position, entry.stored, statement, sender))
        return entry.position

    def _append(self, kind: Kind, stream: bytes, credential: bytes, value: Json) -> LogEntry:
        position = len(self.entries) + 2
        stored = START + position * SECOND
        entry = LogEntry(position, stored, kind, stream, 1, credential, b"", b"", value)
        self.entries.append(entry)
        return entry

    def recorded_in(self, entries: list[LogEntry]) -> list[Recorded]:
        """What the oracle knows of the statements among some entries."""
        positions = {entry.position for entry in entries}
        return [one for one in self.recorded if one.position in positions]

    def index(
        self, connection: Connection, cuts: Iterable[int] = (), tables: Tables = TABLES
    ) -> None:
        for batch in batches(self.entries, cuts):
            apply(connection, tables, batch)


def batches(entries: list[LogEntry], cuts: Iterable[int]) -> list[list[LogEntry]]:
    """The entries, cut before each of some indexes."""
    bounds = [0, *sorted(cuts), len(entries)]
    return [entries[start:end] for start, end in pairwise(bounds)]


def query_of(asked: Parameters, limit: int = 10_000, after: int | None = None) -> Query:
    """The same as the index is asked it."""
    return Query(
        agent=None if asked.agent is None else agent_key(asked.agent),
        verb=None if asked.verb is None else verb_key(asked.verb),
        activity=None if asked.activity is None else activity_key(asked.activity),
        registration=None if asked.registration is None else registration_key(asked.registration),
        related_agents=asked.related_agents,
        related_activities=asked.related_activities,
        since=asked.since,
        until=asked.until,
        ascending=asked.ascending,
        limit=limit,
        after=after,
        credential=asked.credential,
    )


MAILBOX: Json = {"mbox": "mailto:anh@bvhttdl.example"}
SAME_MAILBOX = {"mbox_sha1sum": sha1(b"mailto:anh@bvhttdl.example").hexdigest()}
OFFICER = {"account": {"homePage": "https://sso.bvhttdl.example", "name": "100045"}}
NAMESAKE = {"account": {"homePage": "https://lms.bvhttdl.example", "name": "100045"}}
VISITOR = {"openid": "https://id.example/khach"}
UNIT: Json = {"objectType": "Group", "mbox": "mailto:phong@bvhttdl.example"}
TEAM: Json = {**UNIT, "member": [MAILBOX, NAMESAKE]}
SOME: Json = {"objectType": "Group", "member": [OFFICER, VISITOR]}
AGENTS: tuple[Json, ...] = (MAILBOX, SAME_MAILBOX, OFFICER, NAMESAKE, VISITOR)
GROUPS: tuple[Json, ...] = (UNIT, TEAM, SOME)

VERBS = ("http://adlnet.gov/expapi/verbs/completed", "http://adlnet.gov/expapi/verbs/passed")
ACTIVITIES: tuple[Json, ...] = tuple(
    {"id": f"https://lms.bvhttdl.example/courses/{name}"} for name in "abc"
)
REGISTRATIONS = ("f6b2f0b8-5a3b-4f0e-9f3e-1d1f6d6f9a01", "F6B2F0B8-5A3B-4F0E-9F3E-1D1F6D6F9A02")
IDS = tuple(f"00000000-0000-4000-8000-0000000000a{digit}" for digit in range(9))

ADMINISTRATOR, PLATFORM, NEIGHBOUR, LATE, STRANGER = (bytes([n]) * 16 for n in range(1, 6))
READERS = (NOBODY, ADMINISTRATOR, PLATFORM, NEIGHBOUR, STRANGER)
CREDENTIALS = (*READERS, LATE)  # who sends before being issued does not read


def _optional(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({}, optional=values)


agents = st.sampled_from(AGENTS)
groups = st.sampled_from(GROUPS)
agents_or_groups = agents | groups
activities = st.sampled_from(ACTIVITIES)
references = st.sampled_from(IDS).flatmap(
    lambda text: st.sampled_from((text, text.upper())).map(
        lambda id: {"objectType": "StatementRef", "id": id}
    )
)
contexts = _optional(
    registration=st.sampled_from([text for r in REGISTRATIONS for text in (r, r.swapcase())]),
    instructor=agents_or_groups,
    team=groups,
    contextActivities=_optional(
        parent=activities, grouping=st.lists(activities, max_size=2), other=st.lists(activities)
    ),
    contextAgents=st.lists(st.builds(lambda one: {"agent": one}, agents), max_size=2),
    contextGroups=st.lists(st.builds(lambda one: {"group": one}, groups), max_size=1),
    statement=references,
)
others = activities | st.builds(lambda one: {"objectType": "Agent", **one}, agents) | groups
sub_statements = st.fixed_dictionaries(
    {
        "objectType": st.just("SubStatement"),
        "actor": agents_or_groups,
        "verb": st.sampled_from([{"id": verb} for verb in VERBS]),
        "object": others | references,
    },
    optional={"context": contexts},
)


# Drawing costs little, making a strategy much: each is made once.
not_references = others | sub_statements
any_contexts = st.none() | contexts
verbs, verbs_of_references = map(st.sampled_from, (VERBS, (*VERBS, VOIDED)))
orders_of_ids = st.permutations(IDS)
numbers_of_ids = st.integers(1, len(IDS))
senders = st.sampled_from(CREDENTIALS)


@cache
@st.composite
def statements(draw: st.DrawFn, id: str) -> Json:
    """Of any shape that a filter looks at; half of them refer to others, many of those void."""
    target = draw(references if draw(st.booleans()) else not_references)
    is_reference = target.get("objectType") == "StatementRef"
    statement = {
        "id": id,
        "actor": draw(agents_or_groups),
        "verb": {"id": draw(verbs_of_references if is_reference else verbs)},
        "object": target,
    }
    context = draw(any_contexts)
    return statement if context is None else {**statement, "context": context}


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[Json, bytes]]:
    """Statements of every shape, each with the credential it came with, in any order."""
    ids = draw(orders_of_ids)[: draw(numbers_of_ids)]
    return [(draw(statements(id)), draw(senders)) for id in ids]


def log_of(arrived: Sequence[tuple[Json, bytes]], issued_late: int | None = None) -> StatementLog:
    """A log of these; one credential is issued before the statement of that number, or never."""
    log = StatementLog()
    log.issue(ADMINISTRATOR, OFFICER, "all")
    log.issue(PLATFORM, VISITOR, "statements/write")
    log.issue(NEIGHBOUR, VISITOR, "statements/write", "statements/read/mine")
    for number, (statement, credential) in enumerate(arrived):
        if number == issued_late:
            log.issue(LATE, NAMESAKE, "all")
        log.record(statement, credential)
    return log


def logs() -> st.SearchStrategy[StatementLog]:
    return st.builds(log_of, arrivals(), st.integers(0, len(IDS)))


def parameters() -> st.SearchStrategy[Parameters]:
    """A value for every parameter, such as some statements have."""
    times = st.none() | st.integers(0, 15 * SECOND).map(lambda offset: START + offset)
    return st.builds(
        Parameters,
        agent=st.sampled_from((*AGENTS, UNIT)),
        verb=verbs_of_references,
        activity=activities.map(lambda activity: activity["id"]),
        registration=st.sampled_from(REGISTRATIONS),
        since=times,
        until=times,
        credential=st.sampled_from(READERS),
    )


def combinations(values: Parameters) -> Iterator[Parameters]:
    """Every combination of parameters that there is, each with its value or left out."""
    choices: tuple[tuple[Json, ...], ...] = (
        ({"agent": None}, {}, {"related_agents": True}),
        ({"activity": None}, {}, {"related_activities": True}),
        ({"verb": None}, {}),
        ({"registration": None}, {}),
        ({"credential": None}, {}),
        ({}, {"ascending": True}),
    )
    for changes in product(*choices):
        yield replace(values, **reduce(or_, changes))


def cuts() -> st.SearchStrategy[set[int]]:
    """Where a log is cut into batches."""
    return st.sets(st.integers(0, 14))

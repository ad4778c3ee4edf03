"""All that the log holds of a person: where it is, and whose it is.

Found through the tables that are applied while appending and the register, so what was recorded
last is among it. Statements of an identifier that others had too are told apart by their own day.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import Connection, func, or_, select

from lrs.log.recorder import LogRecorder
from lrs.log.tables import EVENT_LOG, EVENT_REGISTRY
from lrs.privacy.names import Name, Names
from lrs.privacy.pseudonyms import agents_of
from projections import accounts, documents, privacy, readings, statement_index
from projections.accounts import AccountRow
from projections.assessment import TABLES as ASSESSMENT
from projections.assessment.tables import FOREVER
from schemas.agents import agent_key
from schemas.events import Category, LogEntry
from schemas.facets import AGENT, AGENT_RELATED, is_voiding
from schemas.formats import parse_timestamp
from schemas.register import RECORDS, WITHDRAWN, Appeal, record_of

if TYPE_CHECKING:
    from lrs.store import Store

AT_ONCE: Final = 500
T = TypeVar("T")

Year = int
"""The calendar year, in UTC, in which an event was recorded: that of its data key."""


@dataclass(slots=True)
class Holdings:
    """Positions, in order. ``statements`` are the person's own, ``mentions`` those that name the
    person and stay: of others, and of the person what voids a statement. ``shared`` counts, for
    each agent that others were too, class and year, whose events they are.
    """

    statements: list[int] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)
    documents: list[int] = field(default_factory=list)
    register: list[int] = field(default_factory=list)
    accounts: list[int] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)
    readings: list[int] = field(default_factory=list)
    account_rows: list[AccountRow] = field(default_factory=list)
    shared: dict[tuple[bytes, Category, Year], Counter[bool | None]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    @property
    def own(self) -> list[int]:
        """What is the person's, so that it is to go when the person is forgotten."""
        return sorted(
            {
                *self.statements,
                *self.documents,
                *self.register,
                *self.accounts,
                *self.decisions,
            }
        )


def find(store: "Store", connection: Connection, names: Names) -> Holdings:
    """Everything of a person, in one state of the database. The register must be caught up."""
    found = Holdings()
    search = _Search(store, connection, names, found)
    search.statements()
    search.documents()
    search.register()
    search.accounts()
    search.decisions()
    position = store.log.head_of(connection).position
    found.readings = sorted(readings.of_people(connection, names.people, position).positions)
    return found


def last_recorded(connection: Connection, names: Names) -> int:
    """The position of the last record of the register about the person."""
    columns = ASSESSMENT.records.c
    query = select(func.max(columns.position)).where(columns.person.in_(names.people))
    return connection.scalar(query) or 0


def unsealed(connection: Connection, positions: Collection[int]) -> int:
    """How many of these events were recorded while nothing was sealed."""
    column = EVENT_LOG.c
    plain = select(func.count()).where(func.length(column.salt) > 0)
    return sum(
        connection.scalar(plain.where(column.position.in_(some))) or 0 for some in _parts(positions)
    )


def entries_at(
    log: LogRecorder, connection: Connection, positions: Iterable[int]
) -> Iterator[LogEntry]:
    """The events at these positions, opened; what was erased is passed over."""
    for some in _parts(positions):
        for entry in log.entries(connection, some):
            if not entry.erased:
                yield entry


class _Search:
    def __init__(
        self, store: "Store", connection: Connection, names: Names, found: Holdings
    ) -> None:
        self._log, self._connection, self._found = store.log, connection, found
        self._names, self._timezone = names, store.settings.tz
        self._agents: dict[bytes, Name] = {name.key: name for name in names.agents}

    def statements(self) -> None:
        links = statement_index.TABLES.links.c
        query = select(links.position).where(
            links.key.in_(list(self._agents)),
            links.role.in_((AGENT, AGENT_RELATED)),
            links.distance == 0,  # its own
        )
        positions = sorted(set(self._connection.scalars(query))) if self._agents else []
        for entry in self._entries(positions):
            statement = entry.parsed()
            at = entry.stored
            if (timestamp := statement.get("timestamp")) is not None:
                at = parse_timestamp(timestamp)
            actor = self._agents.get(agent_key(statement["actor"]) or b"")
            if actor is None or is_voiding(statement):
                if self._is_named(statement, at):
                    self._found.mentions.append(entry.position)
            elif self._count(actor, Category.STATEMENT, entry, at):
                self._found.statements.append(entry.position)

    def _is_named(self, statement: Mapping[str, Any], at: int) -> bool:
        """Whether any of the agents in it was the person at that time."""
        named = (self._agents.get(agent_key(agent) or b"") for agent in agents_of(statement))
        return any(
            not name.is_shared or name.owner(at, self._timezone) is True
            for name in named
            if name is not None
        )

    def _count(self, name: Name, category: Category, entry: LogEntry, at: int) -> bool:
        """Whether it is the person's; of an agent others were too, it is counted whose it is."""
        if not name.is_shared:
            return True
        owner = name.owner(at, self._timezone)
        year = datetime.fromtimestamp(entry.stored // 1_000_000, UTC).year
        self._found.shared[name.key, category, year][owner] += 1
        return owner is True

    def documents(self) -> None:
        columns = documents.TABLES.documents.c
        for key, name in self._agents.items():
            streams = self._connection.scalars(
                select(columns.stream_id).where(columns.agent == key)
            ).all()
            for entry in self._entries(self._positions(Category.DOCUMENT, streams)):
                if self._count(name, Category.DOCUMENT, entry, entry.stored):
                    self._found.documents.append(entry.position)
        self._found.documents.sort()

    def register(self) -> None:
        columns = ASSESSMENT.records.c
        query = select(columns.position, columns.until)
        mine = columns.person.in_(self._names.people)
        positions = set()
        ends = set()
        for position, until in self._connection.execute(query.where(mine)):
            positions.add(position)
            if until != FOREVER:
                ends.add(until)
        positions |= {e.position for e in self._entries(sorted(ends)) if e.kind in WITHDRAWN}
        appeals = select(columns.position, columns.body).where(
            columns.kind == int(RECORDS[Appeal].recorded), or_(columns.person.is_(None), ~mine)
        )
        for position, body in self._connection.execute(appeals):
            appeal = record_of(RECORDS[Appeal].recorded, body)
            assert isinstance(appeal, Appeal)
            if any(one.person in self._names.people for one in appeal.corrections):
                self._found.mentions.append(position)
        self._found.register = sorted(positions)
        self._found.mentions.sort()

    def accounts(self) -> None:
        rows = accounts.find_all(self._connection, accounts.TABLES)
        streams = {row.id: row for row in rows}
        events: dict[bytes, list[int]] = defaultdict(list)
        mine: dict[bytes, None] = {}
        for entry in self._entries(self._positions(Category.ACCOUNT, list(streams))):
            events[entry.stream_id].append(entry.position)
            if entry.parsed().get("person") in self._names.people:
                mine[entry.stream_id] = None
        self._found.account_rows = [streams[id_] for id_ in mine]
        self._found.accounts = sorted(at for id_ in mine for at in events[id_])

    def decisions(self) -> None:
        tables = privacy.TABLES
        streams = [
            stream
            for table in (tables.holds, tables.proposals)
            for stream in self._connection.scalars(
                select(table.c.stream).where(table.c.person.in_(self._names.people))
            )
        ]
        self._found.decisions = self._positions(Category.PRIVACY, streams)

    def _positions(self, category: Category, streams: Iterable[bytes]) -> list[int]:
        columns = EVENT_REGISTRY.c
        query = select(columns.position).where(columns.category == int(category))
        return sorted(
            position
            for some in _parts(streams)
            for position in self._connection.scalars(query.where(columns.stream_id.in_(some)))
        )

    def _entries(self, positions: Iterable[int]) -> Iterator[LogEntry]:
        return entries_at(self._log, self._connection, positions)


def _parts(values: Iterable[T]) -> Iterator[list[T]]:
    left = iter(values)
    while some := list(islice(left, AT_ONCE)):
        yield some

"""A ministry in which An, P1, learns, is named by others, and is to be forgotten."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from argon2 import PasswordHasher

from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.imports import Line, import_lines
from lrs.privacy.forgetting import Done, approve, propose
from lrs.privacy.subjects import of_agent
from lrs.register import change
from lrs.settings import Settings
from lrs.store import Store
from schemas.documents import Context, DocumentName, StoredDocument, write_stored
from schemas.events import NOBODY, Kind, NewEvent
from schemas.register import RECORDS, Identifier, Record
from tests.databases import Fill
from tests.evaluation import MOVEMENT

AN = {"account": {"homePage": "https://bdhvs.example", "name": "an.nv"}}
AN_BY_MAIL = {"mbox": "mailto:an.nguyen@bo.example"}
BINH = {"account": {"homePage": "https://bdhvs.example", "name": "binh.tt"}}
OF_AN = ("Nguyễn Văn An", "an.nv", "an.nguyen@bo.example", "id.example/an.nguyen", "an.tai.khoan")
"""An's name, identifiers and account, as they would be found in a file."""

PASSWORD = "correct horse battery staple"
BASIS = "Quyết định 12/QĐ-TTCĐS ngày 03/12/2026"
VERB = {"id": "http://adlnet.gov/expapi/verbs/experienced"}

OpenWorld = Callable[..., "World"]


class World:
    """A store with people in it."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def say(self, actor: Any, *, stored_in: int | None = None, **said: Any) -> str:
        """A statement is recorded; its id."""
        id_ = str(uuid4())
        value = {"id": id_, "actor": actor, "verb": VERB, "object": {"id": "urn:x:1"}, **said}
        with at_year(self.store, stored_in):
            found = import_lines(
                self.store, [Line(1, dumps(value).encode())], version="2.0", language="en"
            )
        assert not found.refused, found.refused
        return id_

    def keep_document(
        self, agent: Any, content: bytes = b"x", *, version: int = 1, id_: str = "bookmark"
    ) -> DocumentName:
        """A state document of an agent is recorded."""
        name = DocumentName(Context("state", "urn:x:1", agent), id_)
        body = write_stored(StoredDocument(name, "text/plain", content))
        event = NewEvent(
            Kind.DOCUMENT_STORED,
            name.stream_id,
            body,
            NOBODY,
            stream_version=version,
            subject=of_agent(agent),
        )
        self.store.writer.append([event]).result()
        return name

    def record(self, *records: Record) -> None:
        change(
            self.store, lambda _: [(record, RECORDS[type(record)].recorded) for record in records]
        )

    def propose(self, person: str = "P1", basis: str = BASIS) -> str:
        return str(propose(self.store, person, basis, "binh", PASSWORD).id)

    def forget(self, person: str = "P1") -> Done:
        """Proposed by Bình, approved by Châu, and finished."""
        done = approve(self.store, self.propose(person), "chau", PASSWORD)
        self.store.finisher.finish()
        return done

    def link(self, person: str, agent: dict[str, Any], **days: Any) -> None:
        said = {"person": person, **agent, **days}
        self.record(msgspec.convert(said, Identifier))


@contextmanager
def at_year(store: Store, year: int | None) -> Iterator[None]:
    """While it lasts, the log's clock is in a year; what is stored stays in order."""
    clock = store.log.clock
    if year is not None:
        moment = int(datetime(year, 6, 1, tzinfo=UTC).timestamp() * 1_000_000)
        store.log.clock = lambda: moment
    try:
        yield
    finally:
        store.log.clock = clock


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """How slowly passwords are hashed is not what is tested here."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("lrs.auth.passwords.HASHER", quick)


@contextmanager
def opening(database_url: str, directory: Path) -> Iterator[OpenWorld]:
    """Stores of one database, closed at the end."""
    opened: list[Store] = []

    def open_(**chosen: Any) -> World:
        settings: dict[str, Any] = {
            "database_url": database_url,
            "base_url": "https://lrs.example",
            "pepper_file": directory / "pepper",
            "sealing_key_file": directory / "sealing-key",
            **chosen,
        }
        follow = settings.pop("follow", False)
        opened.append(Store(Settings(**settings), follow=follow, on_failure=lambda error: None))
        return World(opened[-1])

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def open_world(database_url: str, tmp_path: Path) -> Iterator[OpenWorld]:
    """Open the store, again if asked again; it has people in it if the test asks for a world."""
    with opening(database_url, tmp_path) as open_:
        yield open_


@pytest.fixture
def fill(request: pytest.FixtureRequest) -> Fill | None:
    return filled_with_people if "world" in request.fixturenames else None


def filled_with_people(database_url: str, directory: Path) -> None:
    with opening(database_url, directory) as open_:
        peopled(open_())


@pytest.fixture
def world(open_world: OpenWorld) -> World:
    """The worked case, and who decides about its people's data."""
    return open_world()


def peopled(world: World) -> World:
    import_case(world.store, read_case(MOVEMENT), freeze=False)
    accounts = world.store.accounts
    everything: dict[str, Any] = {"roles": ["auditor"], "units": None, "permissions": ["privacy"]}
    accounts.open("binh", PASSWORD, title="Trần Thị Bình", person="P2", **everything)
    accounts.open("chau", PASSWORD, title="Lê Minh Châu", person="P3", **everything)
    accounts.open("an.tai.khoan", PASSWORD, title="Nguyễn Văn An", roles=["learner"], person="P1")
    return world


def stream_of(statement_id: str) -> bytes:
    return UUID(statement_id).bytes

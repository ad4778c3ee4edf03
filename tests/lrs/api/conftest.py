"""A store with accounts, a store that holds the worked case, and clients of /api/v1."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from argon2 import PasswordHasher
from fastapi import FastAPI

from lrs.app import create_app
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.settings import Settings
from lrs.store import Store
from tests.databases import database_on

PASSWORD = "một câu dễ nhớ"
HERE = "https://lrs.example"
MOVEMENT = Path(__file__).parents[2] / "golden" / "movement-2026"
PERIOD = "/periods/KY-2026"

SignedIn = Callable[..., httpx.AsyncClient]


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("lrs.auth.passwords.HASHER", quick)


@pytest.fixture
def app(store: Store) -> FastAPI:
    return create_app(store.settings, store)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody yet."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
def signed_in(app: FastAPI, store: Store) -> SignedIn:
    """A client that is signed in to a new account of these roles."""

    def sign_in(*roles: str, **said: object) -> httpx.AsyncClient:
        name = f"a{len(store.accounts.opened())}"
        said = {"units": None, "person": "P1", **said}
        store.accounts.open(name, PASSWORD, roles=roles, **said)  # type: ignore[arg-type]
        token, _ = store.sessions.sign_in(name, PASSWORD, "192.0.2.1")
        client = client_of(app)
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    return sign_in


class Worked:
    """A store that holds the worked case, appeals included, and clients of it. Tests read only."""

    def __init__(self, database_url: str) -> None:
        settings = Settings(database_url=database_url, base_url=HERE, pepper="of all these tests")
        self.store = Store(settings, on_failure=lambda error: None)
        import_case(self.store, read_case(MOVEMENT))
        self.app = create_app(settings, self.store)
        self._tokens: dict[Any, str] = {}

    def client(
        self,
        *roles: str,
        units: tuple[str, ...] | None = None,
        person: str | None = None,
        party: bool = False,
    ) -> httpx.AsyncClient:
        """Of an account with these roles; by default an evaluator of everything."""
        asked = (roles or ("evaluator",), units, person, party)
        if asked not in self._tokens:
            name = f"a{len(self._tokens)}"
            self.store.accounts.open(
                name,
                PASSWORD,
                roles=asked[0],
                units=units,
                person=person,
                permissions=["party"] if party else [],
            )
            self._tokens[asked], _ = self.store.sessions.sign_in(name, PASSWORD, "192.0.2.1")
        client = client_of(self.app)
        client.headers["Authorization"] = f"Bearer {self._tokens[asked]}"
        return client

    async def get(self, path: str, who: Mapping[str, Any] | None = None, **asked: Any) -> Any:
        """What is answered, which must be no refusal."""
        answer = await self.ask(path, who, **asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ask(
        self, path: str, who: Mapping[str, Any] | None = None, **asked: Any
    ) -> httpx.Response:
        who = dict(who or {})
        async with self.client(*who.pop("roles", ()), **who) as client:
            return await client.get(path, params=asked)


@pytest.fixture(scope="session")
def worked_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worked]:
    worked = Worked(f"sqlite:///{tmp_path_factory.mktemp('worked') / 'hocba.db'}")
    yield worked
    worked.store.close()


@pytest.fixture(scope="session")
def worked_on_postgres(postgres_server: str) -> Iterator[Worked]:
    with database_on(postgres_server) as url:
        worked = Worked(url)
        yield worked
        worked.store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def worked(request: pytest.FixtureRequest) -> Worked:
    """The worked case, on either database."""
    names = {"sqlite": "worked_on_sqlite", "postgresql": "worked_on_postgres"}
    found: Worked = request.getfixturevalue(names[request.param])
    return found


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    """What the worked case must come to, by result set."""
    text = (MOVEMENT / "expected.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text)["result_sets"])


def client_of(app: FastAPI, here: str = HERE) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=f"{here}/api/v1",
        headers={"Accept-Language": "en"},
    )


def rules(answer: httpx.Response) -> list[str]:
    """The rules under which a request is refused, which must be problem details."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert said["status"] == answer.status_code >= 400
    assert all(problem["message"] and problem["mend"] for problem in said["problems"])
    return [problem["rule"] for problem in said["problems"]]

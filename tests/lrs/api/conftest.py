"""A store with accounts, and a client of /api/v1 for each of them."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from lrs.app import create_app
from lrs.store import Store

PASSWORD = "một câu dễ nhớ"
HERE = "https://lrs.example"

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

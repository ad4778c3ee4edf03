"""The log over HTTP, to anybody."""

import time
from collections.abc import AsyncIterator, Callable
from threading import Event
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from lrs.app import create_app
from lrs.audit import checkpoints
from lrs.audit.sealer import Sealer
from lrs.store import Store
from schemas.events import NewEvent
from tests.examples import statement_event

HERE = "https://lrs.example"
PASSWORD = "một câu dễ nhớ"

SignedIn = Callable[..., httpx.AsyncClient]


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("lrs.auth.passwords.HASHER", quick)


@pytest.fixture(autouse=True)
def sealed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second between two checkpoints is not waited for."""
    monkeypatch.setattr(Sealer, "_pause", lambda self, signed: 0.0)


@pytest.fixture
def app(store: Store) -> FastAPI:
    return create_app(store.settings, store)


def client_of(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=f"{HERE}/log",
        headers={"Accept-Language": "en", **headers},
    )


@pytest.fixture
async def anybody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
def signed_in(app: FastAPI, store: Store) -> SignedIn:
    """A client that is signed in to a new account of these roles."""

    def sign_in(*roles: str, **said: Any) -> httpx.AsyncClient:
        name = f"a{len(store.accounts.opened())}"
        store.accounts.open(name, PASSWORD, roles=roles, **{"units": None, **said})
        token, _ = store.sessions.sign_in(name, PASSWORD, "192.0.2.1")
        return client_of(app, Authorization=f"Bearer {token}")

    return sign_in


def append(store: Store, *events: NewEvent) -> list[int]:
    """Where these events are, or one more statement."""
    return list(store.writer.append(events or [statement_event()]).result().positions)


def fill(store: Store, size: int) -> None:
    """Make the log so long, and its tree."""
    missing = size - store.log.head().position
    if missing:
        append(store, *(statement_event() for _ in range(missing)))
    seal(store)


def seal(store: Store) -> int:
    """Wait until all there is was signed for; the size that was."""
    head = store.log.head().position
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with store.storage.read() as connection:
            signed = checkpoints.latest(connection)
        if signed is not None and signed.size >= head:
            return signed.size
        time.sleep(0.005)
    raise AssertionError(f"not signed: {store.sealer.failure}")


def seal_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> int:
    """From now on nothing is signed; the size that was signed for."""
    size = seal(store)
    began = Event()
    monkeypatch.setattr(store.sealer, "seal", lambda last=False: began.set())
    store.log.wake()
    assert began.wait(10), "a round that was under way has ended"
    return size

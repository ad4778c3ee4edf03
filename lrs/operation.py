"""What those who run the store ask it: is it alive, is it ready, what has it done."""

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lrs.audit.cosigning import reachable
from lrs.audit.quorums import last_quorum
from lrs.audit.sealer import seal_lag
from lrs.log.recorder import Append, Appended
from lrs.metrics import Counts, SharedCounts, exposition
from lrs.store import FOLLOWED, INLINE, Store
from schemas.events import STATEMENT_KINDS

METRICS_DIRECTORY: Final = "HOCBA_METRICS_DIRECTORY"
"""The environment variable by which the supervisor of several workers tells them where they meet.
"""

READY_SECONDS: Final = 2.0  # for the database to answer
METHODS: Final = frozenset(("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"))


def routes(app: FastAPI, store: Store, resources: Sequence[str], prefixes: Sequence[str]) -> None:
    """Add /health/live, /health/ready and /metrics, and count every request of ``app``."""
    counts = Counts()
    directory = os.environ.get(METRICS_DIRECTORY)
    shared = SharedCounts(counts, Path(directory) if directory else None)
    store.writer.on_commit = _counting(counts)

    async def live(_: Request) -> Response:
        return _json({"status": "live"})

    async def ready(_: Request) -> Response:
        reasons = await reasons_not_ready(store)
        if reasons:
            return _json({"status": "not ready", "reasons": reasons}, 503)
        return _json({"status": "ready"})

    async def metrics(_: Request) -> Response:
        numbers = shared.total(store.writer.waiting)
        with suppress(Exception):  # the counters are worth reading when the database is away
            numbers |= await asyncio.wait_for(store.read(positions, store), READY_SECONDS)
        return Response(exposition(numbers), media_type=CONTENT_TYPE_LATEST)

    for path, endpoint in (
        ("/health/live", live),
        ("/health/ready", ready),
        ("/metrics", metrics),
    ):
        app.add_route(path, endpoint, methods=["GET", "HEAD"], include_in_schema=False)
    labels = {f"{prefix}{path}": path.lstrip("/") for prefix in prefixes for path in resources}
    app.add_middleware(CountRequests, counts=counts, labels=labels)
    app.state.shared_counts = shared


@asynccontextmanager
async def counts_shared(app: FastAPI, store: Store) -> AsyncIterator[None]:
    """While it lasts, the other workers see this one's counts, a second old at most."""
    shared: SharedCounts = app.state.shared_counts

    async def keep_sharing() -> None:
        while True:
            await asyncio.sleep(1)
            shared.write(store.writer.waiting)

    task = asyncio.create_task(keep_sharing())
    try:
        yield
    finally:
        task.cancel()
        shared.write(0)


async def reasons_not_ready(store: Store) -> list[str]:
    """Why this process cannot serve now; empty when it can."""
    reasons = []
    if store.writer.failure is not None:
        reasons.append(f"the log failed: {store.writer.failure}")
    try:
        await asyncio.wait_for(store.read(store.log.head_of), READY_SECONDS)
    except TimeoutError:
        reasons.append(f"the database has not answered for {READY_SECONDS:g} s")
    except Exception as error:
        reasons.append(f"the database cannot be read: {type(error).__name__}")
    if reasons:  # what follows the log would say the same again
        return reasons
    if store.sealer.failure is not None:
        reasons.append(f"sealing stopped: {store.sealer.failure}")
    if store.follower is not None:
        reasons += [f"projection {n} stopped: {why}" for n, why in store.follower.failures.items()]
    return reasons


def positions(connection: Connection, store: Store) -> dict[tuple[str, ...], float]:
    """Where the log ends, how far it is sealed and how far projections are."""
    head = store.log.head_of(connection).position
    events, seconds = seal_lag(store.log, connection)
    numbers: dict[tuple[str, ...], float] = {
        ("lrs_log_position",): head,
        ("lrs_sealed_position",): head - events,
        ("lrs_seal_lag_events",): events,
        ("lrs_seal_lag_seconds",): seconds,
        ("lrs_seal_failed",): store.sealer.failure is not None,
    }
    failures = store.follower.failures if store.follower is not None else {}
    for projection in INLINE + FOLLOWED:
        name = projection.NAME
        position = head if projection in INLINE else store.log.tracked(connection, name)
        numbers["lrs_projection_position", name] = position
        numbers["lrs_projection_lag_events", name] = max(0, head - position)
        numbers["lrs_projection_failed", name] = name in failures
    return numbers | _witnessed(connection, store)


def _witnessed(connection: Connection, store: Store) -> dict[tuple[str, ...], float]:
    """How far the witnesses' quorum has followed, in a store that has a policy."""
    if store.policy is None:
        return {}
    quorum = last_quorum(connection, store.policy)
    failures = {} if store.submitter is None else store.submitter.failures
    return {
        ("lrs_quorum_size",): quorum.size,
        ("lrs_quorum_wait_seconds",): quorum.waited(store.log.clock()),
        **{
            ("lrs_witness_failed", witness.name): witness.name in failures
            for witness in reachable(store.policy)
        },
    }


def _counting(counts: Counts) -> Callable[[Sequence[Append], Sequence[Any], float], None]:
    """What the writer calls after each commit."""

    def committed(requests: Sequence[Append], outcomes: Sequence[Any], seconds: float) -> None:
        events = statements = 0
        for request, outcome in zip(requests, outcomes, strict=True):
            if isinstance(outcome, Appended):
                events += len(request.events)
                statements += sum(event.kind in STATEMENT_KINDS for event in request.events)
        counts.add("lrs_events", amount=events)
        counts.add("lrs_statements", amount=statements)
        counts.observe(events, "lrs_append_events")
        counts.observe(seconds, "lrs_append_seconds")

    return committed


class CountRequests:
    """Counts every request by resource, method and status, and refusals by their rules."""

    def __init__(self, app: ASGIApp, counts: Counts, labels: Mapping[str, str]) -> None:
        self._app = app
        self._counts = counts
        self._labels = labels

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began = time.perf_counter()
        status = 500

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif status >= 400:
                self._count_refusal(scope, status, message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        finally:
            resource = self._labels.get(scope["path"], "other")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._counts.numbers["lrs_requests", resource, method, str(status)] += 1
            self._counts.observe(
                time.perf_counter() - began, "lrs_request_seconds", resource, method
            )

    def _count_refusal(self, scope: Scope, status: int, body: bytes) -> None:
        if status == 429:
            self._counts.add("lrs_rate_limited", _key_of(scope["headers"]))
        with suppress(ValueError, TypeError, KeyError):  # not an answer that lists problems
            for problem in orjson.loads(body)["problems"]:
                self._counts.add("lrs_refused", problem["rule"])


def _key_of(headers: Sequence[tuple[bytes, bytes]]) -> str:
    """The key in a Basic authorization: this request was authenticated, so it is one we issued."""
    for name, value in headers:
        if name == b"authorization":
            with suppress(ValueError):
                return base64.b64decode(value.split()[-1]).decode().partition(":")[0]
    return ""


def _json(value: Any, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(value), status, headers, media_type="application/json")

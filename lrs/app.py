"""Puts a store behind HTTP. The composition root: everything is made here and passed on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from lrs import control, operation
from lrs.api import (
    accounts,
    differences,
    explanations,
    people,
    periods,
    queues,
    readings,
    results,
    session,
    units,
    validate,
    what_if,
)
from lrs.api.route import Api
from lrs.api.views import Views
from lrs.logs import RequestLog
from lrs.settings import Settings
from lrs.store import Store
from lrs.transparency import routes as transparency
from lrs.transparency.receipts import HEADER
from lrs.web import documentation
from lrs.xapi import about, activities, activity_profile, agent_profile, agents, state, statements
from lrs.xapi.endpoint import Endpoint, refuse_unknown

PREFIXES = ("/xapi", "/xAPI")
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]
RESOURCES = {
    **statements.RESOURCES,
    **state.RESOURCES,
    **agent_profile.RESOURCES,
    **activity_profile.RESOURCES,
    **agents.RESOURCES,
    **activities.RESOURCES,
    **about.RESOURCES,
}
EXPOSED = [
    "ETag",
    "Last-Modified",
    "X-Experience-API-Version",
    "X-Experience-API-Consistent-Through",
    "Retry-After",
    HEADER,
]


def create_app(
    settings: Settings, store: Store | None = None, command_token: str | None = None
) -> FastAPI:
    """The application on a store; the store is opened here unless given, and closed with the app.

    Who has the ``command_token`` may give it the commands of ``lrs``.
    """
    store = Store(settings) if store is None else store

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with operation.counts_shared(app, store):
            yield
        store.close()

    app = FastAPI(
        title="Học bạ",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would lose the headers every answer has
        lifespan=lifespan,
    )
    app.state.store = store
    for path, resource in RESOURCES.items():
        endpoint = Endpoint(
            store,
            resource,
            consistent=path.startswith("/statements"),
            open_to_all=path == "/about",
        )
        for prefix in PREFIXES:
            route = Route(prefix + path, endpoint.__call__, include_in_schema=False)
            route.methods = None  # every one: the resource knows which it refuses
            app.router.routes.append(route)
    operation.routes(app, store, [*RESOURCES], PREFIXES)
    control.routes(app, store, command_token)
    validate.routes(app, store)
    api, views = Api(app), Views(store)
    for part in (session, accounts):
        part.routes(api, store)
    for evaluated in (
        periods,
        results,
        explanations,
        differences,
        people,
        units,
        queues,
        what_if,
        readings,
    ):
        evaluated.routes(api, views)
    api.seal()
    transparency.routes(app, store)
    documentation.routes(app, RESOURCES)
    app.add_exception_handler(HTTPException, refuse_unknown)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=METHODS,
        allow_headers=["*"],
        expose_headers=EXPOSED,
        max_age=3600,
    )
    app.add_middleware(RequestLog)
    return app

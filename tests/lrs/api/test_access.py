"""Every role on every route with every method: what the table says, and nothing else.

Who may do what is written down here a second time, by role, so that no entry changes unseen.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from lrs.api.access import ACCESS, ROOT
from lrs.api.route import Api, GuardedRoute, UndeclaredRoute
from lrs.auth.roles import ROLES
from tests.lrs.api.conftest import SignedIn, client_of, rules
from tests.lrs.conftest import KEY, SECRET

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
SESSION = {"POST /session", "GET /session", "DELETE /session", "PUT /session/password"}
CONCERNS_ONE = {
    "GET /periods",
    "GET /periods/{period}",
    "GET /periods/{period}/criteria",
    "GET /periods/{period}/results/people/{person}",
    "GET /periods/{period}/explanations/people/{person}",
    "GET /periods/{period}/evidence/people/{person}",
    "GET /schemes",
    "GET /schemes/{scheme}/{version}",
    "GET /people/{person}",
    "GET /items",
}
ONES_READINGS = {"GET /people/{person}/readings"}
READINGS = {"GET /readings"}
CONCERNS_UNITS = CONCERNS_ONE | {
    "GET /periods/{period}/results/people",
    "GET /periods/{period}/results/units",
    "GET /periods/{period}/results/units/{unit}",
    "GET /periods/{period}/explanations/units/{unit}",
    "GET /periods/{period}/differences",
    "GET /people",
    "GET /units",
    "GET /units/{unit}",
    "GET /units/{unit}/coverage",
    "GET /units/{unit}/trend",
}
QUEUES = {"GET /evidence/unresolved-actors", "GET /evidence/unmapped-courses"}
TRIALS = {"POST /periods/{period}/what-if"}
MAY: dict[str, set[str]] = {
    "nobody": {"POST /session"},
    "admin": SESSION | {"GET /accounts"},
    "evaluator": SESSION | CONCERNS_UNITS | QUEUES | TRIALS,
    "unit_head": SESSION | CONCERNS_UNITS,
    "council": SESSION | CONCERNS_UNITS | TRIALS,
    "auditor": SESSION | CONCERNS_UNITS | QUEUES | ONES_READINGS | READINGS | {"GET /accounts"},
    "learner": SESSION | CONCERNS_ONE | ONES_READINGS,
}
WITH_A_CREDENTIAL = {"POST /validate"}
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def operations() -> Iterator[tuple[str, str]]:
    for path in ACCESS:
        for method in METHODS:
            yield method, path


def ask(client: httpx.AsyncClient, method: str, path: str) -> Any:
    """A request whose content is beside the point: it holds nothing that could be meant."""
    place = ROOT + path.translate(str.maketrans("{}", "__"))
    sent: dict[str, Any] = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
    return client.request(method, str(client.base_url.copy_with(path=place)), **sent)


@ON_SQLITE
@pytest.mark.parametrize("role", MAY)
async def test_a_role_may_what_its_table_says_and_nothing_else(
    app: FastAPI, signed_in: SignedIn, role: str
) -> None:
    client = client_of(app) if role == "nobody" else signed_in(role)
    for method, path in operations():
        answer = await ask(client, method, path)
        operation = f"{method} {path}"
        if operation == "DELETE /session" and role != "nobody":  # that signed out
            client = signed_in(role)
        if method not in ACCESS[path]:
            assert answer.status_code == 405, operation
            assert answer.headers["allow"] == ", ".join(ACCESS[path])
        elif operation in WITH_A_CREDENTIAL:
            assert answer.status_code == 401
        elif operation in MAY[role]:
            assert answer.status_code in (200, 201, 204, 400, 404), (operation, answer.text)
        elif role == "nobody":
            assert (answer.status_code, rules(answer)) == (401, ["session-missing"]), operation
        else:
            assert (answer.status_code, rules(answer)) == (403, ["role-not-permitted"]), operation


@ON_SQLITE
async def test_an_xapi_credential_opens_nothing_here(app: FastAPI) -> None:
    async with client_of(app) as client:
        client.auth = httpx.BasicAuth(KEY, SECRET)
        for path, methods in ACCESS.items():
            for method, access in methods.items():
                answer = await ask(client, method, path)
                if not access.open_to_all and not access.credential:
                    assert (answer.status_code, rules(answer)) == (401, ["session-missing"])


@ON_SQLITE
async def test_a_session_opens_no_xapi(app: FastAPI, signed_in: SignedIn) -> None:
    async with signed_in("admin", "auditor") as client:
        answer = await client.get(
            "https://lrs.example/xapi/statements", headers={"X-Experience-API-Version": "1.0.3"}
        )
    assert answer.status_code == 401


def test_the_tables_name_the_same_routes() -> None:
    named = {f"{method} {path}" for path, methods in ACCESS.items() for method in methods}
    assert set().union(*MAY.values(), WITH_A_CREDENTIAL) == named
    assert MAY.keys() == {"nobody", *ROLES}


def test_the_tables_agree() -> None:
    for path, methods in ACCESS.items():
        for method, access in methods.items():
            operation = f"{method} {path}"
            assert access.credential == (operation in WITH_A_CREDENTIAL)
            assert access.open_to_all == (operation in MAY["nobody"])
            if not access.open_to_all and not access.credential:
                assert access.roles == {role for role in ROLES if operation in MAY[role]}


# A route that is not in the table


async def anything() -> Response:
    return Response()


def test_a_route_without_an_entry_is_refused_when_it_is_made() -> None:
    api = Api(FastAPI())
    for method, path in (("GET", "/nothing"), ("PATCH", "/session")):
        with pytest.raises(UndeclaredRoute, match=f"{method} {path}"):
            api.route(method, path)
        with pytest.raises(UndeclaredRoute):
            GuardedRoute(ROOT + path, anything, methods=[method])


@ON_SQLITE
@pytest.mark.parametrize("how", ["route", "mount", "unguarded", "websocket"])
def test_a_route_that_came_in_by_another_door_stops_the_program(app: FastAPI, how: str) -> None:
    match how:
        case "route":
            app.add_route(f"{ROOT}/nothing", anything)  # type: ignore[arg-type]
        case "mount":
            app.mount(f"{ROOT}/nothing", FastAPI())
        case "unguarded":
            app.get(f"{ROOT}/session")(anything)
        case "websocket":
            app.add_api_websocket_route(f"{ROOT}/session", anything)
    with pytest.raises(UndeclaredRoute):
        Api(app).seal()


@ON_SQLITE
def test_an_entry_without_a_route_stops_the_program(app: FastAPI) -> None:
    app.router.routes[:] = [
        route for route in app.routes if getattr(route, "path", "") != f"{ROOT}/accounts"
    ]
    with pytest.raises(UndeclaredRoute, match="GET /accounts"):
        Api(app).seal()

"""What every request below /api/v1 goes through: its entry in the table of access, whether it comes
from our own pages, who asks, what was sent, whose records the answer shows; and refusals in the
form the whole store has.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

import structlog
from anyio import to_thread
from fastapi import Depends, FastAPI, Header, Query, Security
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Message, Receive, Scope, Send

from lrs.api.access import ACCESS, ROOT, Access
from lrs.api.documents import REFUSALS
from lrs.api.problems import problems_of
from lrs.auth.accounts import Account
from lrs.auth.sessions import CHALLENGE, Session
from lrs.errors import (
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    Refusal,
    Unavailable,
    UnsupportedMediaType,
)
from lrs.log.writer import LogBusy, LogUnavailable
from lrs.readings import (
    Read,
    ReadingUnrecorded,
    UnfitPurpose,
    purpose_of,
    record,
    signed_in,
)
from lrs.xapi.endpoint import BODY_SECONDS, language_of, refusal_response
from lrs.xapi.request import headers_of, read_body, read_parameters
from schemas import json_text
from schemas.json_text import InvalidJson
from schemas.problems import Problem
from schemas.readings import LONGEST_PURPOSE

if TYPE_CHECKING:
    from lrs.settings import Settings
    from lrs.store import Store

SAFE: Final = frozenset(("GET", "HEAD", "OPTIONS"))
WITH_BODY: Final = frozenset(("POST", "PUT", "PATCH"))
COOKIE: Final = "hocba"
logger = structlog.get_logger(__name__)
F = TypeVar("F", bound=Callable[..., Any])


class UndeclaredRoute(Exception):
    """A route below /api/v1 that the table of access does not know, or the other way about."""

    def __init__(self, routes: Iterable[tuple[str, str]]) -> None:
        listed = ", ".join(f"{method} {path}" for path, method in sorted(routes))
        super().__init__(f"lrs.api.access and the routes differ in: {listed}")


class ReadingUndeclared(Exception):
    """A route that does not say, or cannot tell, whose records its answers show."""

    def __init__(self, route: str, why: str) -> None:
        super().__init__(f"{route}: {why}")


class Api:
    """Takes the routes of ``app`` below /api/v1; ``sealed`` when there are all of them."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def route(self, method: str, path: str, **documented: Any) -> Callable[[F], F]:
        """A decorator: the function answers ``method`` of ``path``. Raises UndeclaredRoute,
        ReadingUndeclared.

        ``documented`` is what FastAPI takes for the OpenAPI document.
        """
        access = access_of(path, method)
        who = [] if access.open_to_all else [Security(_COOKIE), Security(_BEARER)]
        responses = {**REFUSALS, **documented.pop("responses", {})}

        def add(function: F) -> F:
            self._app.router.add_api_route(
                ROOT + path,
                function,
                methods=[method],
                route_class_override=GuardedRoute,
                dependencies=who,
                responses=responses,
                **documented,
            )
            return function

        return add

    def seal(self) -> None:
        """Raises UndeclaredRoute unless what is served is what the table says, and guarded."""
        declared = {
            (path, method, not access.credential)
            for path, methods in ACCESS.items()
            for method, access in methods.items()
        }
        served = {
            (_path(route).removeprefix(ROOT), method, isinstance(route, GuardedRoute))
            for route in self._app.routes
            if _path(route).startswith(ROOT)
            for method in getattr(route, "methods", None) or {"any method"}
        }
        if wrong := served ^ declared:
            raise UndeclaredRoute({(path, method) for path, method, _ in wrong})


class GuardedRoute(APIRoute):
    """A route whose function is not reached but by those its entry names, and whose answer is not
    sent before it is recorded whose records of others it shows.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        [method] = self._methods
        path = self.path.removeprefix(ROOT)
        access = access_of(path, method)
        _check_declared(f"{method} {path}", access, self.dependant)
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            store: Store = request.app.state.store
            language = language_of(request.headers.get("accept-language"))
            try:
                await admit(store, request, access)
                self._check_parameters(request)
                response: Response = await answer(await _with_body(store, request))
                if access.shows == "people":
                    await record_reading(store, request, access, f"{method} {path}")
            except ClientDisconnect:
                response = Response(status_code=400)
            except Exception as error:
                refusal = refusal_of(store, error)
                if refusal is None:
                    raise
                response = refusal_response(refusal, language, "1.0")
            response.headers["Cache-Control"] = "no-store"  # it is about people
            return response

        return guarded

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in self._methods:  # of all routes at this path
            allowed = ", ".join(ACCESS[self.path.removeprefix(ROOT)])
            raise HTTPException(405, headers={"Allow": allowed})
        await super().handle(scope, receive, send)

    @property
    def _methods(self) -> set[str]:
        assert self.methods is not None, "a route of ours names its method"
        return self.methods

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(_parameters(self.dependant))

    def _check_parameters(self, request: Request) -> None:
        """Raises InvalidRequest naming every parameter that is sent twice or is not known."""
        given = read_parameters(request.scope["query_string"])
        if unknown := given.keys() - self._known:
            known = ", ".join(sorted(self._known)) or "-"
            raise InvalidRequest(
                *(
                    Problem("", "parameter-unknown", name, {"parameter": name, "known": known})
                    for name in sorted(unknown)
                )
            )


def _path(route: BaseRoute) -> str:
    """Where it answers; of what holds routes of its own nothing is known, so it might be below."""
    return str(getattr(route, "path", ROOT))


def _parameters(dependant: Dependant) -> Iterator[str]:
    """The names of the query parameters of a function and of what it depends on."""
    for field in dependant.query_params:
        yield field.alias
    for dependency in dependant.dependencies:
        yield from _parameters(dependency)


def access_of(path: str, method: str) -> Access:
    """The entry of a route. Raises UndeclaredRoute."""
    access = ACCESS.get(path, {}).get(method)
    if access is None:
        raise UndeclaredRoute([(path, method)])
    return access


def cookie_of(settings: "Settings") -> str:
    """The name of the cookie; over https one that no other host can set (RFC 6265bis 4.1.3)."""
    return f"__Host-{COOKIE}" if is_https(settings) else COOKIE


def is_https(settings: "Settings") -> bool:
    return settings.base_url.startswith("https:")


def address_of(request: Request) -> str:
    """Where a request comes from; behind a proxy on this machine, what the proxy says."""
    peer = request.client.host if request.client else ""
    if peer in ("127.0.0.1", "::1"):
        return request.headers.get("x-forwarded-for", peer).rpartition(",")[2].strip()
    return peer


def session_of(request: Request) -> Session:
    session: Session = request.state.session
    return session


def asker_of(request: Request) -> Account:
    return session_of(request).account


class Shown:
    """Whose records an answer shows: its function says so, for every answer it gives."""

    def __init__(self, purpose: str | None) -> None:
        self.purpose = purpose
        self.people: frozenset[str] | None = None
        self.format: Literal["json", "csv"] = "json"

    def these(self, people: Iterable[str], own: str | None, *, as_csv: bool = False) -> None:
        """``own`` is whose record is the account's own, as ``Reach`` has it."""
        self.people = frozenset(people) - {own}
        self.format = "csv" if as_csv else "json"


async def shown_of(
    request: Request,
    purpose: Annotated[
        str | None,
        Query(
            description="Why the records are read; it is recorded. Comes before X-Purpose",
            examples=["Thẩm định quý II"],
        ),
    ] = None,
    x_purpose: Annotated[
        str | None, Header(description=f"The same; up to {LONGEST_PURPOSE} characters in UTF-8")
    ] = None,
) -> Shown:
    """Raises InvalidRequest for a purpose that is none."""
    try:
        sent = _text_of(x_purpose) if purpose is None else purpose
        request.state.shown = Shown(purpose_of(sent))
    except UnfitPurpose:
        facts = {"most": LONGEST_PURPOSE}
        raise InvalidRequest(Problem("", "purpose-unfit", purpose or x_purpose, facts)) from None
    shown: Shown = request.state.shown
    return shown


def _text_of(header: str | None) -> str | None:
    """A header's text: HTTP hands over its bytes as Latin-1."""
    try:
        return None if header is None else header.encode("latin-1").decode()
    except UnicodeError:
        raise UnfitPurpose from None


SignedIn = Annotated[Session, Depends(session_of)]
Asker = Annotated[Account, Depends(asker_of)]
Showing = Annotated[Shown, Depends(shown_of)]


def _check_declared(route: str, access: Access, dependant: Dependant) -> None:
    """Raises ReadingUndeclared unless the function of a route that shows people can say whom."""
    calls = [dependency.call for dependency in dependant.dependencies]
    match access.shows:
        case None:
            why = "lrs.api.access does not say whether its answers show people"
        case "people" if shown_of not in calls:
            why = "its answers show people; its function must take Showing, and say whom"
        case "nobody" if shown_of in calls:
            why = "its function takes Showing, and lrs.api.access says it shows nobody"
        case _:
            return
    raise ReadingUndeclared(route, why)


async def record_reading(store: "Store", request: Request, access: Access, route: str) -> None:
    """Raises InvalidRequest where a purpose is required, ReadingUnrecorded."""
    shown: Shown = request.state.shown
    if shown.people is None:
        raise ReadingUndeclared(route, "its function did not say whose records it shows")
    others = shown.people - {asker_of(request).person}
    if not others:
        return
    if shown.purpose is None and store.settings.purpose_required:
        raise InvalidRequest(Problem("", "purpose-missing"))
    asked = {**request.path_params, **request.query_params}
    read = Read(route, {name: str(asked[name]) for name in asked}, shown.format, shown.purpose)
    await record(store, signed_in(asker_of(request), access.roles), read, others)


async def admit(store: "Store", request: Request, access: Access) -> None:
    """Put the session into the state of the request. Raises NotAuthenticated, NotPermitted."""
    token, from_cookie = _token(store, request)
    if from_cookie or access.open_to_all:
        _refuse_other_sites(store, request)
    if access.open_to_all:
        return
    if token is None:
        raise NotAuthenticated(Problem("", "session-missing"), headers=CHALLENGE)
    session = await store.read(store.sessions.find, token)
    account = session.account
    if account.roles.isdisjoint(access.roles):
        needed = ", ".join(sorted(access.roles))
        raise NotPermitted(
            Problem("", "role-not-permitted", sorted(account.roles), {"needed": needed})
        )
    store.rates.take(account.id)
    if store.sessions.is_unnoticed(session):
        await to_thread.run_sync(store.sessions.notice, session)
    request.state.session = session


def _token(store: "Store", request: Request) -> tuple[str | None, bool]:
    """The session's token, and whether a browser sent it by itself."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        return request.cookies.get(cookie_of(store.settings)), True
    scheme, _, token = authorization.strip().partition(" ")
    return (token.strip() if scheme.lower() == "bearer" else None), False


def _refuse_other_sites(store: "Store", request: Request) -> None:
    """Browsers say where a request comes from; who says nothing is no browser.

    Raises NotPermitted for what another site had a browser send. Besides, the cookie is
    ``SameSite=Strict``.
    """
    if request.method in SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        own = site in ("same-origin", "none")
    elif origin is not None:
        hosts = (request.headers.get("host"), urlsplit(store.settings.base_url).netloc)
        own = urlsplit(origin).netloc in hosts
    else:
        own = True
    if not own:
        raise NotPermitted(Problem("", "cross-site", origin or site))


async def _with_body(store: "Store", request: Request) -> Request:
    """The request with its body read, which is JSON if there is any."""
    if request.method not in WITH_BODY:
        return request
    async with asyncio.timeout(BODY_SECONDS):
        body = await read_body(request, headers_of(request), store.settings.max_body_bytes)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise UnsupportedMediaType(
            Problem("", "json-expected", kind), headers={"Accept": "application/json"}
        )
    json_text.parse(body)

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, again)


def refusal_of(store: "Store", error: Exception) -> Refusal | None:
    """What is answered for an error; None if it is a defect."""
    match error:
        case Refusal():
            return error
        case InvalidJson():
            return InvalidRequest(*error.problems)
        case RequestValidationError():
            return InvalidRequest(*problems_of(error))
        case TimeoutError():
            return InvalidRequest(Problem("", "body-too-slow", None, {"seconds": BODY_SECONDS}))
        case ReadingUnrecorded():
            return Unavailable(Problem("", "reading-unrecorded"), headers={"Retry-After": "1"})
        case LogBusy():
            return Unavailable(Problem("", "log-busy"), headers={"Retry-After": "1"})
        case LogUnavailable():
            return Unavailable(Problem("", "log-unavailable"), headers={"Retry-After": "5"})
    if isinstance(error, (*store.log.server_lost, *store.log.log_broken)):
        logger.error("the database failed", error=f"{type(error).__name__}: {error}")
        return Unavailable(Problem("", "store-unreadable"), headers={"Retry-After": "5"})
    return None


_COOKIE: Final = APIKeyCookie(
    name=COOKIE,
    scheme_name="session",
    description="Set by POST /api/v1/session; over https its name is __Host-hocba.",
    auto_error=False,
)
_BEARER: Final = HTTPBearer(
    scheme_name="token",
    description='For programs: the token of POST /api/v1/session with "use": "bearer".',
    auto_error=False,
)


def nothing_there(what: str) -> NotFound:
    """For what does not exist, and for what does not exist for this account."""
    return NotFound(Problem("", "nothing-there", what))

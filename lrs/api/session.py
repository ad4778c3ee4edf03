"""/api/v1/session: signing in and out, who is signed in, and changing one's password.

A browser gets the token as a cookie that no script can read. A program asks for it with
``"use": "bearer"`` and sends it in the header Authorization; no cookie is set then.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from anyio import to_thread
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from lrs.api.documents import Answer, Sent, example
from lrs.api.route import Api, SignedIn, address_of, cookie_of, is_https
from lrs.auth.attempts import SECOND
from lrs.auth.passwords import LEAST, MOST, UnfitPassword
from lrs.auth.sessions import LONGEST, Session
from lrs.errors import InvalidRequest
from lrs.store_time import iso_time
from schemas.problems import Problem

if TYPE_CHECKING:
    from lrs.store import Store

EXAMPLE = {
    "name": "an.nv",
    "title": "Nguyễn Văn An",
    "roles": ["evaluator", "learner"],
    "permissions": [],
    "units": ["X"],
    "person": "P1",
    "opened": "2026-11-30T01:00:00.000000Z",
    "ends": "2026-11-30T13:00:00.000000Z",
}
Secret = Annotated[str, Field(max_length=4 * MOST)]


class SignIn(Sent):
    name: Annotated[str, Field(max_length=256, examples=["an.nv"])]
    password: Annotated[Secret, Field(examples=["mot cau de nho"])]
    use: Annotated[
        Literal["cookie", "bearer"],
        Field(description="How the token is given: as a cookie, or in the answer"),
    ] = "cookie"


class NewPassword(Sent):
    current: Secret
    new: Annotated[Secret, Field(description=f"At least {LEAST} characters")]


class SessionAnswer(Answer):
    """Who is signed in, and what they may see. ``units`` is null for everything."""

    name: str
    title: str
    roles: list[str]
    permissions: list[str]
    units: list[str] | None
    person: str | None
    opened: str
    ends: Annotated[str, Field(description="It ends by then, or sooner when it is not used")]


class OpenedAnswer(SessionAnswer):
    token: Annotated[
        str | None, Field(description="For Authorization: Bearer, if that was asked for")
    ] = None


def routes(api: Api, store: "Store") -> None:
    cookie = cookie_of(store.settings)
    secure = is_https(store.settings)

    @api.route(
        "POST",
        "/session",
        status_code=201,
        summary="Sign in",
        description="Attempts are limited for each account and for each address; see Retry-After.",
        tags=["session"],
        responses={201: example("Signed in", EXAMPLE | {"token": None})},
    )
    async def sign_in(sent: SignIn, request: Request, response: Response) -> OpenedAnswer:
        sessions = store.sessions
        address = address_of(request)
        token, session = await to_thread.run_sync(
            sessions.sign_in, sent.name, sent.password, address, limiter=sessions.limiter
        )
        said = _said(session)
        if sent.use == "bearer":
            return OpenedAnswer(**said, token=token)
        response.set_cookie(
            cookie,
            token,
            max_age=LONGEST // SECOND,
            path="/",
            secure=secure,
            httponly=True,
            samesite="strict",
        )
        return OpenedAnswer(**said)

    @api.route(
        "GET",
        "/session",
        summary="Who is signed in",
        tags=["session"],
        responses={200: example("The account and the session", EXAMPLE)},
    )
    async def show(session: SignedIn) -> SessionAnswer:
        return SessionAnswer(**_said(session))

    @api.route("DELETE", "/session", status_code=204, summary="Sign out", tags=["session"])
    async def sign_out(session: SignedIn, response: Response) -> None:
        await to_thread.run_sync(store.sessions.sign_out, session)
        response.delete_cookie(cookie, path="/", secure=secure, httponly=True, samesite="strict")

    @api.route(
        "PUT",
        "/session/password",
        status_code=204,
        summary="Change one's password",
        description="All other sessions of the account end.",
        tags=["session"],
    )
    async def change_password(sent: NewPassword, session: SignedIn, request: Request) -> None:
        sessions = store.sessions
        try:
            await to_thread.run_sync(
                sessions.change_password,
                session,
                sent.current,
                sent.new,
                address_of(request),
                limiter=sessions.limiter,
            )
        except UnfitPassword as unfit:
            facts = {"least": LEAST, "most": MOST}
            raise InvalidRequest(Problem("/new", unfit.rule, None, facts)) from None


def _said(session: Session) -> dict[str, Any]:
    account = session.account
    return {
        "name": account.name,
        "title": account.title,
        "roles": sorted(account.roles),
        "permissions": sorted(account.permissions),
        "units": None if account.units is None else sorted(account.units),
        "person": account.person,
        "opened": iso_time(session.opened),
        "ends": iso_time(session.ends),
    }

"""How a command reaches a store, whoever holds it.

An SQLite store has one writing process. While a server is that process, a command asks it over HTTP
on this machine: the server leaves its address and a random token in a file that only its own user
can read, beside the database. Otherwise the command opens the store itself. ``lrs.asked`` is what
can be asked; it is the same code in both cases.
"""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hmac import compare_digest
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import msgspec
import psycopg
from anyio import to_thread
from fastapi import FastAPI
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from starlette import requests
from starlette.responses import Response

from lrs.asked import CommandRefused
from lrs.asked.caller import Caller, this_user
from lrs.asked.control import Control
from lrs.audit.start import StartRefused
from lrs.log.storage import StoreInUse, sqlite_path
from lrs.log.writer import LogUnavailable
from lrs.settings import Settings
from lrs.store import Store

PATH: Final = "/internal/"
BODY_BYTES: Final = 64 * 1024 * 1024
ANSWER_SECONDS: Final = 120
_DECODER: Final = msgspec.msgpack.Decoder(tuple[Caller, dict[str, Any]])

DATABASE_ERRORS: Final = (SQLAlchemyError, sqlite3.Error, psycopg.Error, OSError, LogUnavailable)
"""What a database raises that is away, full, held by another program, closed to this user or not
ours. The log goes past SQLAlchemy, so the errors of its drivers are among them.
"""

Ask = Callable[..., Any]
"""``ask("issue_credential", name="Moodle", …)``: see ``lrs.asked``."""


@contextmanager
def reach(settings: Settings, account: str | None = None) -> Iterator[Ask]:
    """A way to ask the store of these settings, in the name of this machine's user or of an
    account. Raises CommandRefused when it cannot be reached.
    """
    caller = this_user(account)
    try:
        store = Store(settings, follow=False, on_failure=lambda _: None)
    except StoreInUse as in_use:
        yield _server_of(settings, in_use, caller)
        return
    except StartRefused as refused:
        raise CommandRefused(str(refused)) from None
    except DATABASE_ERRORS as error:
        raise CommandRefused(cannot_open(settings, error)) from error
    control = Control(store)
    try:
        yield partial(control, caller=caller)
    finally:
        store.close()


def cannot_open(settings: Settings, error: Exception) -> str:
    """Why the database cannot be opened, in one line and without its password."""
    cause = str(getattr(error, "orig", None) or error).strip() or repr(error)
    return f"the database cannot be opened ({shown_url(settings)}): {cause.splitlines()[0]}"


def shown_url(settings: Settings) -> str:
    """The database URL with its password hidden."""
    return make_url(settings.database_url).render_as_string(hide_password=True)


def _server_of(settings: Settings, in_use: StoreInUse, caller: Caller) -> Ask:
    try:
        url, token = _call_file(settings).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        raise CommandRefused(f"{in_use} It is no server this command could ask.") from None
    open_ = build_opener(ProxyHandler({})).open

    def ask(asked: str, /, **arguments: Any) -> Any:
        request = Request(  # noqa: S310 (the address our own server wrote)
            f"{url}{PATH}{asked}",
            msgspec.msgpack.encode((caller, arguments)),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/msgpack"},
        )
        try:
            with open_(request, timeout=ANSWER_SECONDS) as response:
                return msgspec.msgpack.decode(response.read())
        except HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")
            if error.code == 409:
                raise CommandRefused(said) from None
            if error.code == 413:
                raise CommandRefused(
                    f"the server at {url} takes {BODY_BYTES >> 20} MB at once, and this is more."
                    " Stop it meanwhile: the command then opens the store itself."
                ) from None
            raise CommandRefused(
                f"the server at {url} answered {error.code}; its log says why"
            ) from None
        except (URLError, OSError, HTTPException) as error:
            raise CommandRefused(f"asking the server at {url} failed: {error}.") from None

    try:
        ask("ping")
    except CommandRefused as refused:
        raise CommandRefused(f"{in_use} {refused}") from None
    return ask


def _call_file(settings: Settings) -> Path:
    path = sqlite_path(settings.database_url)
    assert path is not None, "only an SQLite store is ever in use"
    return path.with_name(f"{path.name}.server")


@contextmanager
def callable_at(settings: Settings, url: str) -> Iterator[str | None]:
    """While it lasts, commands find this server, if its store is one only it may write.

    Gives the token with which they come; None where commands open the store themselves. Raises
    CommandRefused when it cannot be left where they look for it.
    """
    if sqlite_path(settings.database_url) is None:
        yield None
        return
    token = secrets.token_urlsafe(32)
    file = _call_file(settings)
    _leave(file, f"{url} {token}")
    try:
        yield token
    finally:
        file.unlink(missing_ok=True)


def _leave(file: Path, content: str) -> None:
    try:
        file.unlink(missing_ok=True)  # of a server that was killed
        with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
            out.write(content)
    except OSError as error:
        raise CommandRefused(
            f"{file}: {error.strerror}. A server leaves its address there for commands."
        ) from None


def routes(app: FastAPI, store: Store, token: str | None) -> None:
    """Answer the commands of this machine's user; no route at all without a token."""
    if token is None:
        return
    control = Control(store)
    expected = f"Bearer {token}"

    async def asked(request: requests.Request) -> Response:
        if not compare_digest(request.headers.get("authorization", "").encode(), expected.encode()):
            return Response(status_code=404)
        if int(request.headers.get("content-length", 0)) > BODY_BYTES:
            async for _ in request.stream():  # who is still sending reads no answer
                pass
            return Response(status_code=413)
        caller, arguments = _DECODER.decode(await request.body())
        name = request.path_params["asked"]
        try:
            result = await to_thread.run_sync(partial(control, name, caller=caller, **arguments))
        except CommandRefused as refusal:
            return Response(str(refusal).encode(), 409, media_type="text/plain; charset=utf-8")
        return Response(msgspec.msgpack.encode(result), media_type="application/msgpack")

    app.add_route(PATH + "{asked}", asked, methods=["POST"], include_in_schema=False)

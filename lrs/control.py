"""How a command reaches a store, whoever holds it.

An SQLite store has one writing process. While a server is that process, a command asks it over HTTP
on this machine: the server leaves its address and a random token in a file that only its own user
can read, beside the database. Otherwise the command opens the store itself. ``Control`` is what can
be asked; it is the same code in both cases.
"""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import partial
from hmac import compare_digest
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import orjson
import structlog
from anyio import to_thread
from fastapi import FastAPI
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from starlette import requests
from starlette.responses import Response

from lrs import directory, directory_import, evaluation, periods, queues
from lrs.auth.accounts import AccountClosed, AccountExists, UnknownAccount
from lrs.auth.credentials import (
    CredentialRevoked,
    InvalidAuthority,
    Issued,
    UnknownCredential,
    credential_of,
)
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.cases.problems import CaseRefused
from lrs.decisions import DecisionRefused, decide, message_of
from lrs.errors import Refusal
from lrs.imports import OWN, Line, import_lines
from lrs.jobs import Job, Progress
from lrs.log.storage import StoreInUse, sqlite_path
from lrs.log.writer import LogUnavailable
from lrs.rebuild import TablesDiffer, TooBusy, rebuild, tracking_name
from lrs.register import Recorded, RegisterBusy, change, read
from lrs.settings import Settings
from lrs.store import FOLLOWED, INLINE, Store
from lrs.store_time import iso_time
from projections.accounts import AccountRow
from projections.credentials import CredentialRow
from schemas.register import Scheme
from schemas.rules import Language, Version

PATH: Final = "/internal/"
BODY_BYTES: Final = 64 * 1024 * 1024
ANSWER_SECONDS: Final = 120
EXPECTED: Final = (
    Refusal,
    ValueError,
    UnknownCredential,
    CredentialRevoked,
    InvalidAuthority,
    UnknownAccount,
    AccountExists,
    AccountClosed,
    LogUnavailable,
    evaluation.EvaluationRefused,
    DecisionRefused,
    RegisterBusy,
)
logger = structlog.get_logger(__name__)

Ask = Callable[..., Any]
"""``ask("issue_credential", name="Moodle", …)``: a method of ``Control``, its arguments by name."""


class CommandRefused(Exception):
    """What was asked cannot be done; says why, for a person."""


class Control:
    """What commands ask of a store. Arguments and answers are plain values, so they can travel."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rebuilding: Job | None = None
        self._importing: Job | None = None
        self._turn = Lock()

    def issue_credential(
        self, name: str, scopes: Sequence[str], expires: str | None, authority: Any
    ) -> dict[str, Any]:
        until = None if expires is None else datetime.fromisoformat(expires)
        issued = self._store.credentials.issue(name, scopes, expires=until, authority=authority)
        return _issued(issued)

    def list_credentials(self) -> list[dict[str, Any]]:
        return [_listed(row) for row in self._store.credentials.issued()]

    def rotate_credential(self, credential: str, overlap: float) -> dict[str, Any]:
        id_ = self._credential(credential).id
        return _issued(self._store.credentials.rotate(id_, timedelta(seconds=overlap)))

    def revoke_credential(self, credential: str) -> dict[str, Any]:
        row = self._credential(credential)
        self._store.credentials.revoke(row.id)
        return _listed(row._replace(revoked=True))

    def _credential(self, named: str) -> CredentialRow:
        """By its id, its key, the beginning of either, or its name where only one has it."""
        rows = self._store.credentials.issued()
        wanted = named.lower().replace("-", "")
        for found in (
            [row for row in rows if wanted == row.id.hex() or named == row.key],
            [row for row in rows if named == row.name],
            [row for row in rows if len(wanted) > 3 and row.id.hex().startswith(wanted)],
            [row for row in rows if len(named) > 3 and row.key.startswith(named)],
        ):
            usable = [row for row in found if not row.revoked] or found
            if len(usable) == 1:
                return usable[0]
            if usable:
                raise CommandRefused(
                    f"{named}: {len(usable)} credentials are called so; use the id"
                )
        raise CommandRefused(f"{named}: no such credential; `lrs credentials list` shows them")

    def open_account(self, name: str, password: str, **said: Any) -> dict[str, Any]:
        self._store.accounts.open(name, password, **said)
        return self._account(name)

    def list_accounts(self) -> list[dict[str, Any]]:
        return [_listed_account(row) for row in self._store.accounts.opened()]

    def change_account(self, name: str, **changed: Any) -> dict[str, Any]:
        self._store.accounts.change(name, **changed)
        return self._account(name)

    def set_account_password(self, name: str, password: str) -> dict[str, Any]:
        self._store.accounts.set_password(name, password)
        return self._account(name)

    def close_account(self, name: str) -> dict[str, Any]:
        self._store.accounts.close(name)
        return self._account(name)

    def _account(self, name: str) -> dict[str, Any]:
        return _listed_account(self._store.accounts.named(name))

    def import_lines(
        self, lines: Sequence[Any], version: Version, language: Language, credential: str | None
    ) -> dict[str, Any]:
        sender = OWN
        if credential is not None:
            row = self._credential(credential)
            sender = credential_of(row)
        imported = import_lines(
            self._store,
            [Line(*line) for line in lines],
            version=version,
            language=language,
            credential=sender,
        )
        return {
            "stored": imported.stored,
            "present": imported.present,
            "refused": imported.refused,
        }

    def projections(self) -> list[dict[str, Any]]:
        store = self._store
        failures = {} if store.follower is None else store.follower.failures
        with store.storage.read() as connection:
            head = store.log.head_of(connection).position
            return [
                {
                    "name": projection.NAME,
                    "applied": "while appending" if projection in INLINE else "following",
                    "position": (
                        position := head
                        if projection in INLINE
                        else store.log.tracked(connection, projection.NAME)
                    ),
                    "lag": max(0, head - position),
                    "rebuild": store.log.tracked(connection, tracking_name(projection)) or None,
                    "failure": failures.get(projection.NAME),
                }
                for projection in INLINE + FOLLOWED
            ]

    def start_rebuild(self, name: str, check: bool) -> None:
        """Begin; ``rebuild_progress`` tells how far it is."""
        projection = {p.NAME: p for p in INLINE + FOLLOWED}.get(name)
        if projection is None:
            names = ", ".join(p.NAME for p in INLINE + FOLLOWED)
            raise CommandRefused(f"{name}: no such projection. There are: {names}")
        with self._turn:
            if self._rebuilding is not None and self._rebuilding.is_alive():
                raise CommandRefused("a rebuild is under way already")
            self._rebuilding = Job(
                f"rebuild {name}",
                partial(self._rebuild, projection, check),
                (TablesDiffer, TooBusy),
            )
            self._rebuilding.start()

    def _rebuild(self, projection: ModuleType, check: bool, progress: Progress) -> dict[str, Any]:
        rebuilt = rebuild(self._store.log, projection, check=check, progress=progress)
        return {"position": rebuilt.position, "seconds": rebuilt.seconds}

    def rebuild_progress(self) -> dict[str, Any]:
        if self._rebuilding is None:
            raise CommandRefused("no rebuild was started, or the server was restarted meanwhile")
        return self._rebuilding.state()

    def start_case_import(self, folder: str, freeze: bool, language: Language) -> None:
        """Begin; ``case_import_progress`` tells how far it is."""
        self._start_import(folder, partial(self._import_case, Path(folder), freeze, language))

    def _start_import(self, name: str, work: Callable[[Progress], Mapping[str, Any]]) -> None:
        with self._turn:
            if self._importing is not None and self._importing.is_alive():
                raise CommandRefused("an import is under way already")
            expected = (CommandRefused, RegisterBusy, LogUnavailable)
            self._importing = Job(f"import {name}", work, expected)
            self._importing.start()

    def _import_case(
        self, folder: Path, freeze: bool, language: Language, progress: Progress
    ) -> dict[str, Any]:
        try:
            case = read_case(folder)
            return asdict(import_case(self._store, case, freeze=freeze, progress=progress))
        except CaseRefused as refused:
            raise CommandRefused(_worded(refused, language)) from refused

    def start_directory_import(
        self, path: str, options: Mapping[str, Any], language: Language
    ) -> None:
        """Begin; ``case_import_progress`` tells how far it is."""
        work = partial(self._import_directory, Path(path), options, language)
        self._start_import(path, work)

    def _import_directory(
        self, path: Path, options: Mapping[str, Any], language: Language, _: Progress
    ) -> dict[str, Any]:
        try:
            found = directory_import.read_directory(path, options)
            return {"recorded": directory_import.import_directory(self._store, found)}
        except CaseRefused as refused:
            raise CommandRefused(_worded(refused, language)) from refused

    def listed_organisation(self, party: bool) -> directory_import.Listed:
        return directory_import.listed(self._store, party=party)

    def case_import_progress(self) -> dict[str, Any]:
        if self._importing is None:
            raise CommandRefused("no import was started, or the server was restarted meanwhile")
        return self._importing.state()

    def result_sets(self, period: str) -> list[str]:
        return evaluation.result_sets(self._store, period)

    def results(
        self,
        period: str,
        result_set: str | None = None,
        as_of: str | None = None,
        facts: bool = False,
    ) -> bytes:
        """The document as JSON text."""
        asked = evaluation.Asked(period, result_set, as_of)
        return orjson.dumps(evaluation.results(self._store, asked, facts=facts))

    def explanations(
        self,
        period: str,
        result_set: str | None = None,
        as_of: str | None = None,
        person: str | None = None,
        criterion: str | None = None,
    ) -> bytes:
        """The document as JSON text."""
        asked = evaluation.Asked(period, result_set, as_of)
        document = evaluation.explanations(self._store, asked, person=person, criterion=criterion)
        return orjson.dumps(document)

    def explained(
        self,
        period: str,
        result_set: str | None = None,
        as_of: str | None = None,
        person: str | None = None,
        unit: str | None = None,
    ) -> bytes:
        """One person's or one unit's scores in full, as JSON text."""
        asked = evaluation.Asked(period, result_set, as_of)
        if person is not None:
            return orjson.dumps(evaluation.explained_person(self._store, asked, person))
        assert unit is not None, "a person or a unit is asked for"
        return orjson.dumps(evaluation.explained_unit(self._store, asked, unit))

    def periods(self) -> list[dict[str, Any]]:
        return periods.listed(self._store)

    def freeze_period(self, period: str) -> int:
        return periods.freeze(self._store, period)

    def thaw_period(self, period: str, reason: str) -> None:
        periods.thaw(self._store, period, reason)

    def close_period(self, period: str) -> dict[str, Any]:
        return periods.close(self._store, period)

    def reopen_period(self, period: str, reason: str) -> None:
        periods.reopen(self._store, period, reason)

    def ripple(self, period: str) -> dict[str, Any]:
        return periods.ripple(self._store, period)

    def publish_scheme(self, scheme: bytes) -> bool:
        return periods.publish(self._store, msgspec.json.decode(scheme, type=Scheme))

    def scheme_difference(
        self, scheme: bytes, period: str, result_set: str | None, as_of: str | None
    ) -> dict[str, Any]:
        asked = evaluation.Asked(period, result_set, as_of)
        return periods.what_if(self._store, asked, msgspec.json.decode(scheme, type=Scheme))

    def decide(self, decision: bytes) -> int:
        """Record a decision, given as JSON text; how many events it made, 0 if it is so already."""
        return change(self._store, partial(decide, message_of(decision)))

    def people(self, unit: str | None, search: str | None) -> list[dict[str, Any]]:
        return directory.people(self._recorded(), self._today(), unit, search)

    def person(self, person: str) -> dict[str, Any]:
        return directory.person(self._recorded(), person)

    def units(self) -> list[dict[str, Any]]:
        return directory.units(self._recorded(), self._today())

    def platforms(self) -> list[dict[str, Any]]:
        return directory.platforms(self._recorded(), self._today())

    def courses(self) -> list[dict[str, Any]]:
        return directory.courses(self._recorded())

    def items(
        self, decision: str | None, person: str | None, unit: str | None
    ) -> list[dict[str, Any]]:
        return directory.items(self._recorded(), decision, person, unit)

    def unresolved_actors(self) -> list[dict[str, Any]]:
        return queues.actors(self._store)

    def unmapped_courses(self, platform: str | None) -> list[dict[str, Any]]:
        return queues.courses(self._store, platform)

    def _recorded(self) -> Recorded:
        return read(self._store)[0]

    def _today(self) -> date:
        return datetime.now(ZoneInfo(self._store.settings.tz)).date()

    def ping(self) -> str:
        return "here"


ASKED: Final = frozenset(name for name in vars(Control) if not name.startswith("_"))


def _worded(refused: CaseRefused, language: Language) -> str:
    return "\n".join(problem.text(language) for problem in refused.problems)


def _issued(issued: Issued) -> dict[str, Any]:
    credential = issued.credential
    return {
        "id": str(UUID(bytes=credential.id)),
        "name": credential.name,
        "key": issued.key,
        "secret": issued.secret,
        "scopes": sorted(credential.scopes),
        "expires": None if credential.expires is None else iso_time(credential.expires),
        "authority": dict(credential.authority),
    }


def _listed(row: CredentialRow) -> dict[str, Any]:
    return {
        "id": str(UUID(bytes=row.id)),
        "name": row.name,
        "key": row.key,
        "scopes": row.scopes.split(),
        "issued": iso_time(row.issued),
        "expires": None if row.expires is None else iso_time(row.expires),
        "previousUntil": None if row.previous_until is None else iso_time(row.previous_until),
        "revoked": row.revoked,
    }


def _listed_account(row: AccountRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "roles": row.roles.split(),
        "permissions": row.permissions.split(),
        "units": None if row.units is None else msgspec.json.decode(row.units),
        "person": row.person,
        "opened": iso_time(row.opened),
        "closed": row.closed,
    }


def answer(control: Control, asked: str, arguments: dict[str, Any]) -> Any:
    """Raises CommandRefused for what cannot be done, whatever the reason was called inside."""
    if asked not in ASKED:
        raise CommandRefused(f"{asked}: this version of the server does not know that")
    try:
        return getattr(control, asked)(**arguments)
    except CommandRefused:
        raise
    except EXPECTED as refusal:
        raise CommandRefused(str(refusal) or type(refusal).__name__) from refusal


# The two ways to ask


@contextmanager
def reach(settings: Settings) -> Iterator[Ask]:
    """A way to ask the store of these settings. Raises CommandRefused when it cannot be reached."""
    try:
        store = Store(settings, follow=False, on_failure=lambda _: None)
    except StoreInUse as in_use:
        yield _server_of(settings, in_use)
        return
    except (SQLAlchemyError, OSError) as error:
        raise CommandRefused(cannot_open(settings, error)) from error
    control = Control(store)
    try:
        yield lambda asked, **arguments: answer(control, asked, arguments)
    finally:
        store.close()


def cannot_open(settings: Settings, error: Exception) -> str:
    """Why the database cannot be opened, in one line and without its password."""
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()
    return (
        f"the database cannot be opened ({shown_url(settings)}): {cause[0] if cause else error!r}"
    )


def shown_url(settings: Settings) -> str:
    """The database URL with its password hidden."""
    return make_url(settings.database_url).render_as_string(hide_password=True)


def _server_of(settings: Settings, in_use: StoreInUse) -> Ask:
    try:
        url, token = _call_file(settings).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        raise CommandRefused(f"{in_use} It is no server this command could ask.") from None
    open_ = build_opener(ProxyHandler({})).open

    def ask(asked: str, **arguments: Any) -> Any:
        request = Request(  # noqa: S310 (the address our own server wrote)
            f"{url}{PATH}{asked}",
            msgspec.msgpack.encode(arguments),
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
            raise CommandRefused(
                f"the server at {url} answered {error.code}; its log says why"
            ) from None
        except (URLError, OSError) as error:
            raise CommandRefused(f"{in_use} Asking it at {url} failed: {error}.") from None

    ask("ping")
    return ask


def _call_file(settings: Settings) -> Path:
    path = sqlite_path(settings.database_url)
    assert path is not None, "only an SQLite store is ever in use"
    return path.with_name(f"{path.name}.server")


@contextmanager
def callable_at(settings: Settings, url: str) -> Iterator[str | None]:
    """While it lasts, commands find this server, if its store is one only it may write.

    Gives the token with which they come; None where commands open the store themselves.
    """
    if sqlite_path(settings.database_url) is None:
        yield None
        return
    token = secrets.token_urlsafe(32)
    file = _call_file(settings)
    file.unlink(missing_ok=True)  # left by a server that was killed
    with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
        out.write(f"{url} {token}")
    try:
        yield token
    finally:
        file.unlink(missing_ok=True)


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
            return Response(status_code=413)
        arguments = msgspec.msgpack.decode(await request.body())
        name = request.path_params["asked"]
        try:
            result = await to_thread.run_sync(answer, control, name, arguments)
        except CommandRefused as refusal:
            return Response(str(refusal).encode(), 409, media_type="text/plain; charset=utf-8")
        return Response(msgspec.msgpack.encode(result), media_type="application/msgpack")

    app.add_route(PATH + "{asked}", asked, methods=["POST"], include_in_schema=False)

"""Credentials: a key, a secret shown once, and what may be done with them.

A secret is 256 random bits, so a fast keyed hash protects it: the log and its tables hold its
HMAC-SHA256 under the pepper. Issuing, rotating and revoking are events.

Every process keeps all credentials in memory and looks three times a second whether one has
changed, so a request costs no query and a revocation holds everywhere within a second.
"""

import base64
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import orjson
import structlog
from sqlalchemy import Connection

from lrs.auth.pepper import read_pepper
from lrs.errors import NotAuthenticated
from lrs.log.recorder import Clock, StreamConflict, wall_clock
from lrs.privacy.finishing import renewed
from lrs.privacy.subjects import SHARED
from lrs.store_time import iso_time
from projections import credentials as projection
from projections.credentials import TABLES, CredentialRow
from schemas.events import NOBODY, Kind, NewEvent
from schemas.problems import Problem
from schemas.statement import check_agent

if TYPE_CHECKING:
    from lrs.store import Store

SCOPES: Final = (
    "all",
    "all/read",
    "statements/write",
    "statements/read",
    "statements/read/mine",
    "state",
    "profile",
    "define",
)
"""What a credential may be allowed, as xAPI names it (Communication 4.2)."""

DEFAULT_SCOPES: Final = frozenset(("statements/write", "statements/read/mine"))
LOOK_SECONDS: Final = 0.3  # between looks for changes; a revocation is to hold within a second
REMEMBERED: Final = 4096  # Authorization headers that were found good
SECRET_BYTES: Final = 32
FOR_EVER: Final = 2**63
CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="xAPI", charset="UTF-8"'}
logger = structlog.get_logger(__name__)


class InvalidCredential(ValueError):
    """No credential can be like this; says why."""


class UnknownScope(InvalidCredential):
    """Not a scope xAPI has."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        super().__init__(
            f"no such scope: {', '.join(self.names)}. The scopes are: {', '.join(SCOPES)}."
        )


class UnknownCredential(LookupError):
    """No credential has this id."""


class CredentialRevoked(Exception):
    """The credential was revoked, which is for ever; issue another."""


class InvalidAuthority(InvalidCredential):
    """Not an Agent, so it cannot stand for a credential in statements."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(", ".join(f"{p.pointer or '/'}: {p.rule}" for p in self.problems))


@dataclass(frozen=True, slots=True)
class Credential:
    """Who asks. ``expires`` is in microseconds since 1970."""

    id: bytes
    name: str
    scopes: frozenset[str]
    authority: Mapping[str, Any]
    expires: int | None = None

    def may(self, scopes: frozenset[str]) -> bool:
        """Whether one of these scopes, which are alternatives, was given to this credential."""
        return not self.scopes.isdisjoint(scopes)


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential with the secret that opens it, which is kept nowhere and never shown again."""

    credential: Credential
    key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Known:
    """All credentials as of their last change and the last forgetting, which may be of somebody in
    whose name one is; and the headers found good since, each with its end.
    """

    changed: tuple[int, int]
    rows: Mapping[bytes, CredentialRow]
    credentials: Mapping[bytes, Credential]
    by_key: Mapping[str, CredentialRow]
    good: dict[str, tuple[Credential, int]]


class Credentials:
    """Those who may use one store. Opening issues the credential of the settings, if they name one.

    ``authenticate`` and ``authority_text`` may be called on an event loop: they ask the database
    nothing. ``issue``, ``rotate`` and ``revoke`` wait until their event is durable.
    """

    def __init__(self, store: "Store", *, clock: Clock = wall_clock) -> None:
        self._store = store
        self._clock = clock
        self._pepper = read_pepper(store.settings)
        self._turn = Lock()
        self._known = _Known((-1, -1), {}, {}, {}, {})
        self.refresh()
        self._issue_default()
        self._closing = Event()
        self._thread = Thread(target=self._follow, name="credentials", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def authenticate(self, authorization: str | None) -> Credential:
        """The credential of an Authorization header. Raises NotAuthenticated, saying why."""
        if authorization is None:
            raise _refusal("not-authenticated")
        known, now = self._known, self._clock()
        found = known.good.get(authorization)
        if found is not None and now < found[1]:
            return found[0]
        row, until = self._open(known, *_basic(authorization))
        _check_holds(row, until, now)
        if len(known.good) >= REMEMBERED:
            known.good.clear()
        credential = known.credentials[row.id]
        known.good[authorization] = (credential, until)
        return credential

    def _open(self, known: _Known, key: str, secret: str) -> tuple[CredentialRow, int]:
        """The credential that a key and a secret open, and until when they do."""
        row = known.by_key.get(key)
        given = self._hash(secret)
        if row is not None:
            until = FOR_EVER if row.expires is None else row.expires
            if hmac.compare_digest(given, row.secret_hash):
                return row, until
            if hmac.compare_digest(given, row.previous_hash or b""):
                return row, min(until, row.previous_until or 0)
        raise _refusal("credential-unknown")  # the same words whichever of the two is wrong

    def opened_without_secret(self, row: CredentialRow) -> Credential:
        """For who may do on this machine what any credential may. Raises NotAuthenticated where
        not even its secret opens it.
        """
        _check_holds(row, FOR_EVER if row.expires is None else row.expires, self._clock())
        return credential_of(row)

    def authority_text(self, credential_id: bytes) -> bytes:
        """The JSON text of the authority of statements that this credential wrote."""
        if credential_id not in self._known.rows and credential_id != NOBODY:
            self.refresh()  # another process issued it this moment
        row = self._known.rows.get(credential_id)
        return orjson.dumps(self._account("store")) if row is None else row.authority.encode()

    def issue(
        self,
        name: str,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        *,
        expires: datetime | None = None,
        authority: Mapping[str, Any] | None = None,
    ) -> Issued:
        """A new credential; its authority is an account of this store unless one is given.

        Raises InvalidCredential, which UnknownScope and InvalidAuthority are too, for what cannot
        be one.
        """
        key, secret = secrets.token_hex(16), secrets.token_urlsafe(SECRET_BYTES)
        event = self._issuing(uuid4().bytes, key, secret, name, scopes, expires, authority)
        self._append(event)
        return Issued(self._known.credentials[event.stream_id], key, secret)

    def rotate(self, credential_id: bytes, overlap: timedelta = timedelta()) -> Issued:
        """A new secret for a credential; the secret before it opens it for ``overlap`` longer.

        Raises UnknownCredential, CredentialRevoked.
        """
        secret = secrets.token_urlsafe(SECRET_BYTES)
        row = self._change(credential_id, lambda row: self._rotating(row, secret, overlap))
        return Issued(self._known.credentials[credential_id], row.key, secret)

    def revoke(self, credential_id: bytes) -> None:
        """End a credential for ever, in every process within a second. Raises UnknownCredential."""
        with suppress(CredentialRevoked):
            self._change(credential_id, _revoking)

    def issued(self) -> list[CredentialRow]:
        """Every credential there ever was, in the order of their issue."""
        self.refresh()
        return list(self._known.rows.values())

    def refresh(self) -> None:
        """Take in what has changed since the last look."""
        with self._turn, self._store.storage.read() as connection:
            changed = projection.last_change(connection, TABLES), renewed(connection)
            if changed != self._known.changed:
                self._known = _read(connection, changed)

    def _follow(self) -> None:
        away = False
        while not self._closing.wait(LOOK_SECONDS):
            try:
                self.refresh()
                away = False
            except Exception as error:  # whatever it is, the next look must still take place
                if not away:
                    logger.warning("cannot look for changed credentials", error=str(error))
                away = True

    def _issue_default(self) -> None:
        """Issue the credential that the settings name, or give it their secret if that has changed.

        Its id follows from its key, so of several processes that start at once one issues it. Once
        revoked it stays revoked.
        """
        settings = self._store.settings
        key = settings.api_key_default
        if key is None or settings.api_secret_default is None:
            return
        secret = settings.api_secret_default.get_secret_value()
        id_ = sha256(f"default credential\0{key}".encode()).digest()[:16]
        try:
            if id_ not in self._known.rows:
                self._append(self._issuing(id_, key, secret, "default", ("all",), None, None))
            row = self._known.rows[id_]
            if row.revoked:
                logger.warning("the default credential was revoked and opens nothing", key=key)
            elif not hmac.compare_digest(self._hash(secret), row.secret_hash):
                self._append(self._rotating(row, secret, timedelta()))
        except StreamConflict:  # another process was faster, with the same settings
            self.refresh()

    def _change(
        self, credential_id: bytes, decide: Callable[[CredentialRow], NewEvent]
    ) -> CredentialRow:
        """Append what is decided on a credential as it is, again if it has changed meanwhile."""
        while True:
            self.refresh()
            row = self._known.rows.get(credential_id)
            if row is None:
                raise UnknownCredential(credential_id.hex())
            if row.revoked:
                raise CredentialRevoked(row.name)
            with suppress(StreamConflict):
                self._append(decide(row))
                return row

    def _append(self, event: NewEvent) -> None:
        self._store.writer.append([event]).result()
        self.refresh()

    def _issuing(
        self,
        credential_id: bytes,
        key: str,
        secret: str,
        name: str,
        scopes: Iterable[str],
        expires: datetime | None,
        authority: Mapping[str, Any] | None,
    ) -> NewEvent:
        id_ = str(UUID(bytes=credential_id))
        said = {
            "id": id_,
            "key": key,
            "name": _checked_name(name),
            "scopes": _checked_scopes(scopes),
            "authority": self._account(id_) if authority is None else _checked_agent(authority),
            "secretHash": self._hash(secret).hex(),
        }
        if expires is not None:
            if expires.tzinfo is None:
                raise InvalidCredential(f"{expires} has no time zone")
            said["expires"] = expires.astimezone(UTC).isoformat()
        body = orjson.dumps(said)  # whose name it is in may be a person's
        return NewEvent(Kind.CREDENTIAL_ISSUED, credential_id, body, subject=SHARED)

    def _rotating(self, row: CredentialRow, secret: str, overlap: timedelta) -> NewEvent:
        said = {
            "id": str(UUID(bytes=row.id)),
            "secretHash": self._hash(secret).hex(),
            "previousUntil": iso_time(self._clock() + overlap // timedelta(microseconds=1)),
        }
        return _next(row, Kind.CREDENTIAL_ROTATED, said)

    def _account(self, name: str) -> dict[str, Any]:
        home_page = self._store.settings.base_url
        return {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}

    def _hash(self, secret: str) -> bytes:
        return hmac.digest(self._pepper, secret.encode(), "sha256")


def _revoking(row: CredentialRow) -> NewEvent:
    return _next(row, Kind.CREDENTIAL_REVOKED, {"id": str(UUID(bytes=row.id))})


def _next(row: CredentialRow, kind: Kind, said: Mapping[str, Any]) -> NewEvent:
    return NewEvent(kind, row.id, orjson.dumps(said), stream_version=row.version + 1)


def _read(connection: Connection, changed: tuple[int, int]) -> _Known:
    rows = projection.find_all(connection, TABLES)
    return _Known(
        changed,
        {row.id: row for row in rows},
        {row.id: credential_of(row) for row in rows},
        {row.key: row for row in rows},
        {},
    )


def credential_of(row: CredentialRow) -> Credential:
    authority = orjson.loads(row.authority)
    return Credential(row.id, row.name, frozenset(row.scopes.split()), authority, row.expires)


def _basic(authorization: str) -> tuple[str, str]:
    """Key and secret of HTTP Basic authentication (RFC 7617)."""
    scheme, _, encoded = authorization.strip().partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError as error:
        raise _refusal("credential-malformed") from error
    key, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise _refusal("credential-malformed")
    return key, secret


def _check_holds(row: CredentialRow, until: int, now: int) -> None:
    if row.revoked:
        raise _refusal("credential-revoked")
    if until <= now:
        raise _refusal("credential-expired", iso_time(until))


def _refusal(rule: str, value: str | None = None) -> NotAuthenticated:
    return NotAuthenticated(Problem("", rule, value), headers=CHALLENGE)


def _checked_scopes(scopes: Iterable[str]) -> list[str]:
    given = set(scopes)
    if unknown := given.difference(SCOPES):
        raise UnknownScope(unknown)
    if not given:
        raise InvalidCredential(f"a credential needs a scope: {', '.join(SCOPES)}")
    return [scope for scope in SCOPES if scope in given]


def _checked_name(name: str) -> str:
    if not name.strip() or not name.isprintable():
        raise InvalidCredential(f"a credential needs a name that can be printed, not {name!r}")
    return name


def _checked_agent(authority: Mapping[str, Any]) -> Mapping[str, Any]:
    problems = check_agent(authority, "1.0")
    if not problems and authority.get("objectType", "Agent") != "Agent":
        problems = [Problem("/objectType", "agent-not-group", authority["objectType"])]
    if problems:
        raise InvalidAuthority(problems)
    return authority

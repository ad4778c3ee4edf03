"""Accounts: the people who sign in, their roles, the units these reach, and who they are.

Opening, changing and closing an account are events; whoever did it through the interface is the
event's credential. An account is looked up at every request, so a change holds at once, everywhere.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from lrs.auth.passwords import Passwords, check_password
from lrs.auth.roles import PERMISSIONS, ROLES, SEES_UNITS
from lrs.log.recorder import StreamConflict
from lrs.privacy.subjects import of_account
from projections import accounts as projection
from projections.accounts import TABLES, AccountRow, account_id
from schemas.events import NOBODY, Kind, NewEvent

if TYPE_CHECKING:
    from lrs.store import Store

SIGN_IN_NAME: Final = re.compile(r"[\w.@-]{1,64}")
CHANGEABLE: Final = ("title", "roles", "permissions", "units", "person")


class UnknownAccount(LookupError):
    """No account has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: no such account; `lrs accounts list` shows them")


class AccountExists(Exception):
    """The name was given before. It stays with whoever had it, also when that account is closed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: this name was given before, choose another")


class InvalidAccount(ValueError):
    """No account can be like this; says why."""


class AccountClosed(Exception):
    """The account was closed, which is for ever; open another."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: this account was closed, which is for ever; open another")


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks. ``units`` is None for everything; units below those named are meant too."""

    id: bytes
    name: str
    title: str
    roles: frozenset[str]
    permissions: frozenset[str]
    units: frozenset[str] | None
    person: str | None

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    @property
    def own(self) -> str | None:
        """The person whose record is this account's own; None if it is no learner's."""
        return self.person if "learner" in self.roles else None

    @property
    def seen_units(self) -> frozenset[str] | None:
        """The units whose people it may see; None: all of them. A learner's role shows none."""
        return self.units if self.roles & SEES_UNITS else frozenset()


class Accounts:
    """The accounts of one store. What changes one waits until its event is durable."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self.passwords = Passwords(store)

    def open(
        self,
        name: str,
        password: str,
        *,
        by: bytes = NOBODY,
        title: str = "",
        roles: Iterable[str] = (),
        permissions: Iterable[str] = (),
        units: Iterable[str] | None = (),
        person: str | None = None,
    ) -> Account:
        """A new account.

        Raises AccountExists, UnfitPassword, or InvalidAccount for what cannot be one.
        """
        name = sign_in_name(name)
        said = _checked(
            {
                "title": title,
                "roles": roles,
                "permissions": permissions,
                "units": units,
                "person": person,
            }
        )
        check_password(password, name)
        id_ = account_id(name)
        kept = self.passwords.keep(id_, password)
        event = NewEvent(
            Kind.ACCOUNT_OPENED,
            id_,
            orjson.dumps({"name": name, **said, "password": kept.hex()}),
            credential=by,
            subject=of_account(name, person),
        )
        try:
            self._store.writer.append([event]).result()
        except StreamConflict:
            self.passwords.forget(kept)
            raise AccountExists(name) from None
        return account_of(self.named(name))

    def change(self, name: str, *, by: bytes = NOBODY, **changed: Any) -> Account:
        """Change what is given of ``CHANGEABLE``.

        Raises UnknownAccount, AccountClosed, InvalidAccount.
        """

        def decide(row: AccountRow) -> Mapping[str, Any]:
            whole = _checked({**_said(row), **changed})
            return {field: whole[field] for field in CHANGEABLE if field in changed}

        return account_of(self._change(sign_in_name(name), decide, by))

    def set_password(self, name: str, password: str, *, by: bytes = NOBODY) -> bytes:
        """Give an account another password; return its id. Sessions opened with the one before end.

        Raises UnknownAccount, AccountClosed, UnfitPassword.
        """
        name = sign_in_name(name)
        check_password(password, name)
        kept = self.passwords.keep(account_id(name), password)
        before = NOBODY

        def decide(row: AccountRow) -> Mapping[str, Any]:
            nonlocal before
            before = row.password
            return {"password": kept.hex()}

        try:
            self._change(name, decide, by)
        except (UnknownAccount, AccountClosed):
            self.passwords.forget(kept)
            raise
        self.passwords.forget(before)
        return kept

    def close(self, name: str, *, by: bytes = NOBODY) -> None:
        """End an account for ever. Raises UnknownAccount."""
        name = sign_in_name(name)
        with suppress(AccountClosed):
            row = self._change(name, lambda _: {}, by, Kind.ACCOUNT_CLOSED)
            self.passwords.forget(row.password)

    def opened(self) -> list[AccountRow]:
        """Every account there ever was, in the order of their opening."""
        with self._store.storage.read() as connection:
            return projection.find_all(connection, TABLES)

    def find(self, name: str) -> AccountRow | None:
        with self._store.storage.read() as connection:
            return projection.find(connection, TABLES, account_id(name))

    def named(self, name: str) -> AccountRow:
        """The account people sign in to with this name, open or closed. Raises UnknownAccount."""
        name = sign_in_name(name)
        row = self.find(name)
        if row is None:
            raise UnknownAccount(name)
        return row

    def _change(
        self,
        name: str,
        decide: Callable[[AccountRow], Mapping[str, Any]],
        by: bytes,
        kind: Kind = Kind.ACCOUNT_CHANGED,
    ) -> AccountRow:
        """Append what is decided on an account as it is, again if it has changed meanwhile."""
        while True:
            row = self.named(name)
            if row.closed:
                raise AccountClosed(name)
            said = {"name": name, **decide(row)}
            event = NewEvent(
                kind,
                row.id,
                orjson.dumps(said),
                credential=by,
                stream_version=row.version + 1,
                subject=of_account(name, said.get("person", row.person)),
            )
            with suppress(StreamConflict):
                self._store.writer.append([event]).result()
                return self.named(name)


def account_of(row: AccountRow) -> Account:
    said = _said(row)
    return Account(
        row.id,
        row.name,
        row.title,
        frozenset(said["roles"]),
        frozenset(said["permissions"]),
        None if said["units"] is None else frozenset(said["units"]),
        row.person,
    )


def sign_in_name(text: str) -> str:
    """The name an account is found by: letter case and composition of letters do not matter.

    Raises InvalidAccount for what cannot be one.
    """
    name = unicodedata.normalize("NFKC", text.strip()).casefold()
    if not SIGN_IN_NAME.fullmatch(name):
        raise InvalidAccount(
            f"{text!r} is no name to sign in with: use up to 64 letters, digits and . _ - @"
        )
    return name


def _said(row: AccountRow) -> dict[str, Any]:
    return {
        "title": row.title,
        "roles": row.roles.split(),
        "permissions": row.permissions.split(),
        "units": None if row.units is None else orjson.loads(row.units),
        "person": row.person,
    }


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    """What may be said of an account, in a fixed order. Raises InvalidAccount."""
    roles, permissions = set(said["roles"]), set(said["permissions"])
    _known("role", roles, ROLES)
    _known("permission", permissions, PERMISSIONS)
    if not roles:
        raise InvalidAccount(f"an account needs a role: {', '.join(ROLES)}")
    units = None if said["units"] is None else sorted(set(said["units"]))
    if units == [] and roles & SEES_UNITS:
        seeing = ", ".join(sorted(roles & SEES_UNITS))
        raise InvalidAccount(f"{seeing}: name the units it may see, or everything")
    if "learner" in roles and not said["person"]:
        raise InvalidAccount("learner: name the person whose record it is")
    if not said["title"].isprintable():
        raise InvalidAccount(f"{said['title']!r} cannot be printed")
    return {
        "title": said["title"],
        "roles": [role for role in ROLES if role in roles],
        "permissions": [name for name in PERMISSIONS if name in permissions],
        "units": units,
        "person": said["person"],
    }


def _known(what: str, given: set[str], known: Iterable[str]) -> None:
    if unknown := given.difference(known):
        raise InvalidAccount(
            f"no such {what}: {', '.join(sorted(unknown))}. There are: {', '.join(known)}"
        )

"""Passwords of people: chosen by them, so guessable, so hashed slowly.

What is kept is argon2id over the HMAC of the password under the store's pepper: a copy of the
database alone cannot be tried against lists of passwords. The log only ever names a password by a
random id; its hash is a row that is deleted when another password takes its place.

A hash made with older parameters is made anew when its password is next used.
"""

import hmac
import secrets
import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import delete, insert, select, update

from lrs.auth.pepper import read_pepper
from lrs.auth.tables import TABLES

if TYPE_CHECKING:
    from lrs.store import Store

LEAST: Final = 12  # characters
MOST: Final = 256
GENERATED_BYTES: Final = 15  # of a generated one, which is then 20 characters
HASHER: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


class UnfitPassword(ValueError):
    """The password cannot be one; ``rule`` says why (see ``lrs.rules``)."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class Passwords:
    """The passwords of one store's accounts."""

    def __init__(self, store: "Store") -> None:
        self._storage = store.storage
        self._pepper = read_pepper(store.settings)

    def keep(self, account: bytes, password: str) -> bytes:
        """Hash a password and return its new id. It opens nothing until an event names the id."""
        id_ = secrets.token_bytes(16)
        row = {
            "password": id_,
            "account": account,
            "hash": HASHER.hash(self._keyed(password)),
        }
        with self._storage.write() as connection:
            connection.execute(insert(TABLES.passwords).values(row))
        return id_

    def forget(self, id_: bytes) -> None:
        """Delete the hash of a password."""
        table = TABLES.passwords
        with self._storage.write() as connection:
            connection.execute(delete(table).where(table.c.password == id_))

    def holds(self, id_: bytes | None, password: str) -> bool:
        """Whether it is this password; takes as long for one that does not exist."""
        nobodys = self._nobodys
        kept = None if id_ is None else self._kept(id_)
        try:
            HASHER.verify(nobodys if kept is None else kept, self._keyed(password))
        except VerifyMismatchError:
            return False
        if id_ is None or kept is None:
            return False
        if HASHER.check_needs_rehash(kept):
            self._rehash(id_, password)
        return True

    @cached_property
    def _nobodys(self) -> str:
        """The hash that stands in for one that does not exist."""
        return HASHER.hash(secrets.token_bytes(16))

    def _kept(self, id_: bytes) -> str | None:
        table = TABLES.passwords
        with self._storage.read() as connection:
            return connection.scalar(select(table.c.hash).where(table.c.password == id_))

    def _rehash(self, id_: bytes, password: str) -> None:
        changed = HASHER.hash(self._keyed(password))
        table = TABLES.passwords
        with self._storage.write() as connection:
            connection.execute(update(table).where(table.c.password == id_).values(hash=changed))

    def _keyed(self, password: str) -> bytes:
        return hmac.digest(self._pepper, b"password\0" + _composed(password).encode(), "sha256")


def generate() -> str:
    """A password nobody has to invent."""
    return secrets.token_urlsafe(GENERATED_BYTES)


def check_password(password: str, name: str) -> None:
    """Raises UnfitPassword for what cannot be the password of the account ``name``."""
    text = _composed(password)
    if len(text) < LEAST:
        raise UnfitPassword("password-short", f"a password has at least {LEAST} characters")
    if len(text) > MOST:
        raise UnfitPassword("password-long", f"a password has at most {MOST} characters")
    if len(text.casefold().replace(name, "")) < LEAST // 2 or len(set(text)) < LEAST // 3:
        raise UnfitPassword(
            "password-plain",
            "a password is more than the name of its account, or a few characters repeated",
        )


def _composed(password: str) -> str:
    """Keyboards write Vietnamese letters composed or decomposed: the same password (NFKC)."""
    return unicodedata.normalize("NFKC", password)

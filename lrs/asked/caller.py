"""Who runs a command: what is decided or read by it is recorded as theirs."""

import os
from pwd import getpwuid
from typing import NamedTuple

from lrs.auth.accounts import AccountClosed, sign_in_name
from lrs.auth.machine import machine_user_id
from lrs.readings import Reader
from lrs.store import Store


class Caller(NamedTuple):
    """The user of the machine it runs on, and the account in whose name, where one is given.

    Whoever may run commands there is trusted to say so: nothing proves the account. So an event
    that holds both names both.
    """

    user: str
    account: str | None = None


class By(NamedTuple):
    """A caller as the store knows them; ``id`` is the credential of their events."""

    id: bytes
    user: str
    account: str | None

    @property
    def reader(self) -> Reader:
        return Reader(self.id, account=self.account, user=self.user)


def this_user(account: str | None = None) -> Caller:
    """Whoever runs this process, by the name the system has for them, else by their number."""
    number = os.getuid()
    try:
        return Caller(getpwuid(number).pw_name, account)
    except KeyError:  # as in a container
        return Caller(f"uid {number}", account)


def by(store: Store, caller: Caller) -> By:
    """Raises UnknownAccount, AccountClosed, or InvalidAccount for what is no account's name."""
    if caller.account is None:
        return By(machine_user_id(caller.user), caller.user, None)
    row = store.accounts.named(sign_in_name(caller.account))
    if row.closed:
        raise AccountClosed(row.name)
    return By(row.id, caller.user, row.name)

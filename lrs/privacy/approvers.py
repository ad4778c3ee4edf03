"""Who proposes and who approves that somebody is forgotten: two accounts of two people.

Whoever runs a command on the store's machine is not enough: each of the two proves to be who they
are by the password of their account, and the account has the permission ``privacy``, which no role
brings along. An account that does not say whose it is cannot take part: of two of those nobody
could tell that they are two people.
"""

from typing import TYPE_CHECKING, Final

from lrs.auth.accounts import Account, account_of, sign_in_name
from lrs.decisions.people import counted_as
from lrs.register import Recorded

if TYPE_CHECKING:
    from lrs.store import Store

PERMISSION: Final = "privacy"
HERE: Final = "a command"  # in place of the address that attempts to sign in are counted by


class NotProved(Exception):
    """Nobody has this account and this password."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name}: no such account, it is closed, or it has another password;"
            " `lrs accounts list` shows the accounts"
        )


class MayNotDecide(Exception):
    """The account is not one that may propose or approve this; says why, and who may."""


def proved(store: "Store", name: str, password: str) -> Account:
    """The account of this name and password. Raises NotProved, MayNotDecide, TooManyRequests.

    Attempts are counted with those to sign in.
    """
    try:
        name = sign_in_name(name)
    except ValueError:
        raise NotProved(name) from None
    attempts = store.sessions.attempts
    attempts.count(name, HERE)
    row = store.accounts.find(name)
    usable = row if row is not None and not row.closed else None
    good = store.accounts.passwords.holds(usable and usable.password, password)
    if usable is None or not good:
        raise NotProved(name)
    attempts.succeeded(name, HERE)
    return entitled(account_of(usable))


def entitled(account: Account) -> Account:
    """Raises MayNotDecide unless the account may propose and approve."""
    if not account.may(PERMISSION):
        raise MayNotDecide(
            f"{account.name} may not decide about forgetting;"
            f" `lrs accounts change {account.name} --permission {PERMISSION}` lets it"
        )
    if account.person is None:
        raise MayNotDecide(
            f"{account.name} does not say whose account it is, so nobody can tell that two people"
            f" decided; `lrs accounts change {account.name} --person …` says it"
        )
    return account


def check_is_another(account: Account, people: tuple[str, ...], recorded: Recorded) -> None:
    """Raises MayNotDecide for an account of one of these people, who is to be forgotten."""
    if _human_being(account, recorded) in people or account.person in people:
        raise MayNotDecide(
            f"{account.name} is an account of the person who is to be forgotten; others decide that"
        )


def check_are_two(first: Account, second: Account, recorded: Recorded) -> None:
    """Raises MayNotDecide unless two people hold these two accounts."""
    if first.id == second.id:
        raise MayNotDecide(
            f"{first.name} proposed it; a second account, of somebody else, approves it"
        )
    if _human_being(first, recorded) == _human_being(second, recorded):
        raise MayNotDecide(
            f"{first.name}, who proposed it, and {second.name} are accounts of one person; somebody"
            " else approves it"
        )


def _human_being(account: Account, recorded: Recorded) -> str:
    assert account.person is not None, "entitled accounts are somebody's"
    return (counted_as(account.person, recorded) or [account.person])[-1]

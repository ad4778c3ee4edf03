"""Accounts: opened, changed and closed by events; their passwords kept apart from the log."""

from typing import Any

import orjson
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from lrs.auth import accounts as module
from lrs.auth.accounts import (
    Account,
    AccountClosed,
    AccountExists,
    Accounts,
    InvalidAccount,
    UnknownAccount,
    account_of,
    sign_in_name,
)
from lrs.auth.passwords import UnfitPassword
from lrs.auth.tables import TABLES
from lrs.store import Store
from projections.accounts import account_id
from schemas.events import Kind
from tests.lrs.conftest import OpenStore

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PASSWORD, ANOTHER = "một câu dễ nhớ", "một câu dễ nhớ khác"


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return store.accounts


def opened(accounts: Accounts, name: str = "an.nv", **said: Any) -> Account:
    said = {"roles": ["evaluator"], "units": ["X"], **said}
    return accounts.open(name, PASSWORD, **said)


def hashes(store: Store) -> list[str]:
    with store.storage.read() as connection:
        return list(connection.scalars(select(TABLES.passwords.c.hash)))


def test_an_opened_account_is_found_by_its_name_however_it_is_written(accounts: Accounts) -> None:
    account = opened(accounts, "An.NV", title="Nguyễn Văn An", permissions=["party"])
    row = accounts.named(" aN.nv ")
    assert account == account_of(row)
    assert account == Account(
        id=account_id("an.nv"),
        name="an.nv",
        title="Nguyễn Văn An",
        roles=frozenset(["evaluator"]),
        permissions=frozenset(["party"]),
        units=frozenset(["X"]),
        person=None,
    )
    assert accounts.passwords.holds(row.password, PASSWORD)
    assert not accounts.passwords.holds(row.password, ANOTHER)


def test_the_log_names_passwords_and_holds_none_nor_their_hashes(store: Store) -> None:
    opened(store.accounts)
    before = hashes(store)
    store.accounts.set_password("an.nv", ANOTHER)
    entries = [entry for entry in store.log.read() if entry.kind >= Kind.ACCOUNT_OPENED]
    written = b"".join(entry.body for entry in entries)
    for secret in (PASSWORD, ANOTHER, *before, *hashes(store)):
        assert secret.encode() not in written
    row = store.accounts.named("an.nv")
    assert [entry.kind for entry in entries] == [Kind.ACCOUNT_OPENED, Kind.ACCOUNT_CHANGED]
    assert orjson.loads(entries[1].body) == {"name": "an.nv", "password": row.password.hex()}


def test_the_hash_of_a_replaced_password_is_gone(store: Store) -> None:
    opened(store.accounts)
    [before] = hashes(store)
    old = store.accounts.named("an.nv").password
    new = store.accounts.set_password("an.nv", ANOTHER)
    [after] = hashes(store)
    assert after != before
    assert not store.accounts.passwords.holds(old, PASSWORD)
    assert store.accounts.passwords.holds(new, ANOTHER)
    store.accounts.close("an.nv")
    assert hashes(store) == []


def test_a_hash_of_older_parameters_is_made_anew_when_it_is_used(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(store.accounts)
    [before] = hashes(store)
    row = store.accounts.named("an.nv")
    assert store.accounts.passwords.holds(row.password, PASSWORD)
    assert hashes(store) == [before]
    monkeypatch.setattr("lrs.auth.passwords.HASHER", PasswordHasher(2, 128, 1))
    assert not store.accounts.passwords.holds(row.password, ANOTHER)
    assert hashes(store) == [before], "by the right password only"
    assert store.accounts.passwords.holds(row.password, PASSWORD)
    [after] = hashes(store)
    assert "m=128,t=2,p=1" in after
    assert store.accounts.passwords.holds(row.password, PASSWORD)


def test_under_another_pepper_no_password_holds(open_store: OpenStore) -> None:
    store = open_store()
    opened(store.accounts)
    password = store.accounts.named("an.nv").password
    store.close()
    store = open_store(pepper="another for all tests")
    assert not store.accounts.passwords.holds(password, PASSWORD)


@ON_SQLITE
def test_a_password_is_the_same_however_its_letters_are_composed(accounts: Accounts) -> None:
    composed, decomposed = "m\u1ed9t c\u00e2u d\u1ec5", "mo\u0323\u0302t ca\u0302u de\u0302\u0303"
    assert composed != decomposed
    accounts.open("an.nv", f"{composed} nhớ", roles=["admin"])
    row = accounts.named("an.nv")
    assert accounts.passwords.holds(row.password, f"{decomposed} nhớ")


def test_a_change_leaves_what_it_does_not_name(accounts: Accounts) -> None:
    before = opened(accounts, title="An", person="P1")
    changed = accounts.change("an.nv", roles=["learner", "auditor"], units=None)
    assert changed == account_of(accounts.named("an.nv"))
    assert changed.roles == {"learner", "auditor"}
    assert changed.units is None
    assert (changed.title, changed.person) == (before.title, before.person)


def test_an_event_says_who_recorded_it(store: Store) -> None:
    admin = store.accounts.open("quan.tri", PASSWORD, roles=["admin"])
    opened(store.accounts, by=admin.id)
    store.accounts.change("an.nv", title="An", by=admin.id)
    store.accounts.close("an.nv", by=admin.id)
    recorded = [entry for entry in store.log.read() if entry.stream_id == account_id("an.nv")]
    assert [entry.credential for entry in recorded] == [admin.id] * 3


def test_a_name_is_given_once_whoever_asks_also_after_closing(
    open_store: OpenStore, database_url: str
) -> None:
    here = open_store()
    elsewhere = here if database_url.startswith("sqlite") else open_store()
    opened(here.accounts)
    for name in ("an.nv", "AN.NV"):
        with pytest.raises(AccountExists):
            opened(elsewhere.accounts, name)
    here.accounts.close("an.nv")
    with pytest.raises(AccountExists):
        opened(elsewhere.accounts)
    assert hashes(here) == []


def test_a_closed_account_stays_closed(accounts: Accounts) -> None:
    opened(accounts)
    accounts.close("an.nv")
    accounts.close("an.nv")
    with pytest.raises(AccountClosed):
        accounts.change("an.nv", title="An")
    with pytest.raises(AccountClosed):
        accounts.set_password("an.nv", ANOTHER)
    assert [row.closed for row in accounts.opened()] == [True]


@ON_SQLITE
def test_an_account_that_was_never_opened_is_unknown(store: Store) -> None:
    for act in (
        lambda: store.accounts.close("an.nv"),
        lambda: store.accounts.change("an.nv", title=""),
        lambda: store.accounts.set_password("an.nv", PASSWORD),
    ):
        with pytest.raises(UnknownAccount):
            act()
    assert hashes(store) == []


def test_a_change_is_decided_again_when_another_came_between(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(store.accounts, person="P1")
    checked, calls = module._checked, []

    def meanwhile(said: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            store.accounts.change("an.nv", person=None)
        return checked(said)

    monkeypatch.setattr(module, "_checked", meanwhile)
    changed = store.accounts.change("an.nv", title="An")
    assert (changed.title, changed.person) == ("An", None)


@ON_SQLITE
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"roles": []}, "an account needs a role"),
        ({"roles": ["evaluater"]}, "no such role: evaluater. There are: admin"),
        ({"permissions": ["all"]}, "no such permission: all"),
        ({"units": []}, "evaluator: name the units"),
        ({"roles": ["learner"]}, "learner: name the person"),
        ({"title": "a\x00b"}, "cannot be printed"),
        ({"name": "an nv"}, "is no name"),
        ({"name": ""}, "is no name"),
        ({"name": "a" * 65}, "is no name"),
    ],
)
def test_what_makes_no_account_is_refused_and_not_recorded(
    store: Store, wrong: dict[str, Any], said: str
) -> None:
    before = store.log.head().position
    with pytest.raises(InvalidAccount, match=said):
        opened(store.accounts, **wrong)
    opened(store.accounts, "binh.tt")
    if "name" not in wrong:
        with pytest.raises(InvalidAccount, match=said):
            store.accounts.change("binh.tt", **wrong)
    assert store.log.head().position == before + 1
    assert len(hashes(store)) == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("mười một ch", "password-short"),
        ("x" * 257, "password-long"),
        ("abababababababab", "password-plain"),
        ("nguyen.van.an", "password-plain"),
        ("Nguyen.Van.An12345", "password-plain"),
    ],
)
def test_an_unfit_password_is_refused(accounts: Accounts, password: str, rule: str) -> None:
    with pytest.raises(UnfitPassword) as refused:
        accounts.open("nguyen.van.an", password, roles=["admin"])
    assert refused.value.rule == rule
    assert accounts.opened() == []


@pytest.mark.parametrize(
    ("roles", "units", "seen", "own"),
    [
        (["learner"], ["X"], frozenset(), "P1"),
        (["admin"], None, frozenset(), None),
        (["evaluator"], ["X"], frozenset(["X"]), None),
        (["auditor", "learner"], None, None, "P1"),
    ],
)
def test_what_an_account_reaches_follows_from_its_roles(roles, units, seen, own) -> None:
    account = Account(
        bytes(16),
        "an.nv",
        "",
        frozenset(roles),
        frozenset(),
        None if units is None else frozenset(units),
        "P1",
    )
    assert (account.seen_units, account.own) == (seen, own)


def test_names_are_folded() -> None:
    assert sign_in_name(" ĐÀO.an@BO ") == "đào.an@bo"

"""Who may sign in: accounts, as commands ask about them."""

from typing import Any

import msgspec

from lrs.asked.caller import By
from lrs.store import Store
from lrs.store_time import iso_time
from projections.accounts import AccountRow


class Accounts:
    def __init__(self, store: Store) -> None:
        self._store = store

    def open_account(self, name: str, password: str, *, by: By, **said: Any) -> dict[str, Any]:
        self._store.accounts.open(name, password, by=by.id, **said)
        return self._account(name)

    def list_accounts(self) -> list[dict[str, Any]]:
        return [_listed_account(row) for row in self._store.accounts.opened()]

    def change_account(self, name: str, *, by: By, **changed: Any) -> dict[str, Any]:
        self._store.accounts.change(name, by=by.id, **changed)
        return self._account(name)

    def set_account_password(self, name: str, password: str, *, by: By) -> dict[str, Any]:
        self._store.accounts.set_password(name, password, by=by.id)
        return self._account(name)

    def close_account(self, name: str, *, by: By) -> dict[str, Any]:
        self._store.accounts.close(name, by=by.id)
        return self._account(name)

    def _account(self, name: str) -> dict[str, Any]:
        return _listed_account(self._store.accounts.named(name))


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

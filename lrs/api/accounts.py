"""/api/v1/accounts: who can sign in, for those who administer the store or audit it."""

from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from pydantic import Field

from lrs.api.documents import Answer, example
from lrs.api.route import Api
from lrs.auth.accounts import account_of
from lrs.store_time import iso_time
from projections.accounts import AccountRow

if TYPE_CHECKING:
    from lrs.store import Store

EXAMPLE = {
    "name": "an.nv",
    "title": "Nguyễn Văn An",
    "roles": ["evaluator"],
    "permissions": [],
    "units": ["X"],
    "person": None,
    "opened": "2026-01-05T01:00:00.000000Z",
    "closed": False,
    "position": 120,
}


class AccountAnswer(Answer):
    """``units`` is null for everything, ``position`` that of the last event of the account."""

    name: str
    title: str
    roles: list[str]
    permissions: list[str]
    units: list[str] | None
    person: str | None
    opened: str
    closed: bool
    position: Annotated[int, Field(ge=1)]


class AccountsAnswer(Answer):
    accounts: list[AccountAnswer]


def routes(api: Api, store: "Store") -> None:
    @api.route(
        "GET",
        "/accounts",
        summary="Every account there ever was",
        description="`lrs accounts` opens, changes and closes them.",
        tags=["accounts"],
        responses={200: example("Accounts in the order of their opening", {"accounts": [EXAMPLE]})},
    )
    async def accounts() -> AccountsAnswer:
        rows = await to_thread.run_sync(store.accounts.opened)
        return AccountsAnswer(accounts=[_answer(row) for row in rows])


def _answer(row: AccountRow) -> AccountAnswer:
    account = account_of(row)
    return AccountAnswer(
        name=row.name,
        title=row.title,
        roles=row.roles.split(),
        permissions=row.permissions.split(),
        units=None if account.units is None else sorted(account.units),
        person=row.person,
        opened=iso_time(row.opened),
        closed=row.closed,
        position=row.changed,
    )

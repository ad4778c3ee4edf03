"""Who may push and query: credentials, as commands ask about them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lrs.asked import CommandRefused
from lrs.auth.credentials import InvalidAuthority, Issued
from lrs.store import Store
from lrs.store_time import iso_time
from lrs.xapi.endpoint import ALL_RULES
from projections.credentials import CredentialRow
from schemas.problems import Problem, render


class Credentials:
    def __init__(self, store: Store) -> None:
        self._store = store

    def issue_credential(
        self, name: str, scopes: Sequence[str], expires: str | None, authority: Any
    ) -> dict[str, Any]:
        until = None if expires is None else datetime.fromisoformat(expires)
        try:
            issued = self._store.credentials.issue(name, scopes, expires=until, authority=authority)
        except InvalidAuthority as invalid:
            raise CommandRefused("\n".join(map(_said, invalid.problems))) from None
        return _issued(issued)

    def list_credentials(self) -> list[dict[str, Any]]:
        return [_listed(row) for row in self._store.credentials.issued()]

    def rotate_credential(self, credential: str, overlap: float) -> dict[str, Any]:
        id_ = credential_called(self._store, credential).id
        return _issued(self._store.credentials.rotate(id_, timedelta(seconds=overlap)))

    def revoke_credential(self, credential: str) -> dict[str, Any]:
        row = credential_called(self._store, credential)
        self._store.credentials.revoke(row.id)
        return _listed(row._replace(revoked=True))


def credential_called(store: Store, named: str) -> CredentialRow:
    """By its id, its key, the beginning of either, or its name where only one has it."""
    rows = store.credentials.issued()
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
            raise CommandRefused(f"{named}: {len(usable)} credentials are called so; use the id")
    raise CommandRefused(f"{named}: no such credential; `lrs credentials list` shows them")


def _said(problem: Problem) -> str:
    told = render(problem, "en", "1.0", ALL_RULES)
    place = f"the authority {told['pointer']}".rstrip()
    return f"{place}: {told['message']} {told['mend']} [{told['rule']}, {told['section']}]"


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

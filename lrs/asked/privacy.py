"""What is decided about people's data, and all that there is of one of them."""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from uuid import UUID

from lrs.asked import CommandRefused
from lrs.asked.caller import By
from lrs.auth.machine import machine_user_of
from lrs.jobs import Job, Progress
from lrs.privacy import forgetting, holds, person_export, retention, rotation
from lrs.privacy.data_keys import DataKeyBroken
from lrs.privacy.finishing import Stopped
from lrs.readings import Read, given, record_now
from lrs.rebuild import TooBusy
from lrs.settings import InvalidSettings
from lrs.store import Store
from lrs.store_time import iso_time
from projections import privacy
from projections.accounts import AccountRow


class Privacy:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._job: Job | None = None
        self._turn = Lock()

    # Forgetting

    def propose_forgetting(
        self, person: str, basis: str, account: str, password: str
    ) -> dict[str, Any]:
        proposal = forgetting.propose(self._store, person, basis, account, password)
        return {"proposal": str(proposal.id), **_shown(proposal.extent)}

    def approve_forgetting(self, proposal: str, account: str, password: str) -> dict[str, Any]:
        """Once this returns, the keys are destroyed; ``finishing`` tells how far the rest is."""
        done = forgetting.approve(self._store, proposal, account, password)
        self._finish()
        return {
            "position": done.position,
            "pseudonym": done.pseudonym,
            "keys": done.keys,
            "unsealed": done.unsealed,
        }

    def withdraw_forgetting(self, proposal: str, reason: str, *, by: By) -> None:
        forgetting.withdraw(self._store, proposal, reason, by=by.id)

    def finishing(self) -> dict[str, Any]:
        return self._store.finisher.state()

    def finish_forgetting(self) -> None:
        """Go on where nobody does; a server does so by itself."""
        self._finish()

    def _finish(self) -> None:
        finisher = self._store.finisher
        if finisher.is_started:
            finisher.hurry()
            return

        def finish(progress: Progress) -> Mapping[str, Any]:
            return {"position": finisher.finish(progress)}

        self._start("forgetting", finish, (TooBusy, Stopped))

    # Holds

    def hold_person(self, person: str, reason: str, *, by: By) -> None:
        holds.place(self._store, person, reason, by=by.id)

    def release_person(self, person: str, reason: str, *, by: By) -> int:
        """How many holds were on the person."""
        return holds.lift(self._store, person, reason, by=by.id)

    # Retention

    def retention(self) -> list[dict[str, Any]]:
        return [_passed(one) for one in retention.passed(self._store)]

    def apply_retention(self, *, by: By) -> list[dict[str, Any]]:
        applied = retention.apply(self._store, by=by.id)
        if applied:
            self._finish()
        return [_passed(one) for one in applied]

    # The sealing key

    def start_key_rotation(self) -> None:
        """Begin; ``key_rotation`` tells how far it is."""

        def rotate(progress: Progress) -> Mapping[str, Any]:
            store = self._store
            rotated = rotation.rotate(store.storage, store.settings, progress=progress)
            return {
                "before": rotated.before.hex(),
                "after": rotated.after.hex(),
                "keys": rotated.data_keys,
                "kept": str(rotated.kept),
            }

        expected = (rotation.NothingSealed, DataKeyBroken, InvalidSettings)
        self._start("key rotation", rotate, expected)

    def key_rotation(self) -> dict[str, Any]:
        if self._job is None:
            raise CommandRefused("no rotation was started, or the server was restarted meanwhile")
        return self._job.state()

    def _start(
        self,
        name: str,
        work: Callable[[Progress], Mapping[str, Any]],
        expected: tuple[type[Exception], ...],
    ) -> None:
        with self._turn:
            if self._job is not None and self._job.is_alive():
                raise CommandRefused(f"{self._job.name} is under way already")
            self._job = Job(name, work, expected)
            self._store.begin(self._job)

    # What there is

    def decisions_about_data(self) -> dict[str, Any]:
        """Proposals, holds, who was forgotten and what was not kept any longer."""
        names = {row.id: row for row in self._store.accounts.opened()}
        with self._store.storage.read() as connection:
            return {
                "proposals": [
                    {
                        "proposal": str(UUID(bytes=row.stream)),
                        "person": row.person,
                        "basis": row.basis,
                        "by": _named(row.decided_by, names),
                        "at": iso_time(row.proposed),
                        "state": row.state,
                        "reason": row.reason,
                    }
                    for row in privacy.proposals(connection)
                ],
                "holds": [
                    {
                        "person": row.person,
                        "reason": row.reason,
                        "by": _named(row.decided_by, names),
                        "at": iso_time(row.placed),
                        "lifted": None if row.lifted is None else iso_time(row.lifted),
                        "lift_reason": row.lift_reason,
                    }
                    for row in privacy.holds(connection)
                ],
                "forgotten": [
                    {
                        "position": row.position,
                        "pseudonym": row.pseudonym,
                        "basis": row.basis,
                        "proposed_by": _named(row.proposed_by, names),
                        "approved_by": _named(row.approved_by, names),
                        "at": iso_time(row.stored),
                        "keys": row.keys,
                        "unsealed": row.unsealed,
                    }
                    for row in privacy.forgotten(connection)
                ],
                "retentions": [
                    {
                        "position": row.position,
                        "class": row.retention,
                        "year": row.year,
                        "kept_years": row.years,
                        "at": iso_time(row.stored),
                        "keys": row.keys,
                    }
                    for row in privacy.retentions(connection)
                ],
                "finishing": self._store.finisher.state(),
            }

    def person_export(self, person: str, *, by: By) -> dict[str, Any]:
        """Files by their names, and the hashes of attachments to be asked for one by one."""
        read = Read("lrs privacy export", given(person=person), "json")
        found = person_export.find(self._store, person)
        record_now(self._store, by.reader, read, [person])
        exported = person_export.export(self._store, found)
        return {"files": exported.files, "attachments": exported.attachments}

    def person_attachment(self, sha2: str) -> bytes | None:
        return person_export.attachment(self._store, sha2)


def _named(id_: bytes, accounts: Mapping[bytes, AccountRow]) -> str:
    """The name of an account, or the user of the machine, or who can be named no more."""
    if id_ in accounts:
        return accounts[id_].name
    return machine_user_of(id_) or id_.hex()


def _shown(extent: forgetting.Extent) -> dict[str, Any]:
    found = extent.holdings
    return {
        "person": extent.names.person,
        "name": extent.names.name,
        "people": list(extent.names.people),
        "identifiers": [
            {"text": name.text, "shared": name.is_shared} for name in extent.names.agents
        ],
        "statements": len(found.statements),
        "mentions": len(found.mentions),
        "documents": len(found.documents),
        "register": len(found.register),
        "accounts": [row.name for row in found.account_rows],
        "keys": len(extent.keys),
        "periods": list(extent.periods),
        "unsealed": extent.unsealed,
        "credentials": list(extent.credentials),
    }


def _passed(one: retention.Passed) -> dict[str, Any]:
    return {
        "class": one.retention,
        "year": one.year,
        "kept_years": one.years,
        "keys": len(one.keys),
        "held": one.held,
        "people": list(one.people),
    }

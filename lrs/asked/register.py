"""Decisions about the register, what it holds now, and what waits for a decision."""

from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from lrs import directory, queues
from lrs.asked.caller import By
from lrs.deciders import decided_by
from lrs.decisions import decide, message_of
from lrs.readings import Read, given, record_now
from lrs.register import Recorded, change, read
from lrs.store import Store
from schemas.register import Item


class Register:
    def __init__(self, store: Store) -> None:
        self._store = store

    def decide(self, decision: bytes, *, by: By) -> int:
        """Record a decision, given as JSON text; how many events it made, 0 if it is so already."""
        return change(self._store, partial(decide, message_of(decision)), by=by.id)

    def people(self, unit: str | None, search: str | None, *, by: By) -> list[dict[str, Any]]:
        rows = directory.people(self._recorded(), self._today(), unit, search)
        read = Read("lrs people list", given(unit=unit), "text")
        record_now(self._store, by.reader, read, (row["id"] for row in rows))
        return rows

    def person(self, person: str, *, by: By) -> dict[str, Any]:
        found = directory.person(self._recorded(), person)
        read = Read("lrs people show", {"person": person}, "text")
        record_now(self._store, by.reader, read, [person])
        return found

    def units(self) -> list[dict[str, Any]]:
        return directory.units(self._recorded(), self._today())

    def platforms(self) -> list[dict[str, Any]]:
        return directory.platforms(self._recorded(), self._today())

    def courses(self) -> list[dict[str, Any]]:
        return directory.courses(self._recorded())

    def items(
        self, decision: str | None, person: str | None, unit: str | None, *, by: By
    ) -> list[dict[str, Any]]:
        rows = directory.items(self._recorded(), decision, person, unit)
        read = Read("lrs items list", given(decision=decision, person=person, unit=unit), "text")
        record_now(self._store, by.reader, read, (row["person"] for row in rows if row["person"]))
        who = decided_by(self._store, Item)
        return [row | {"recordedBy": who.get(row["id"])} for row in rows]

    def unresolved_actors(self) -> list[dict[str, Any]]:
        return queues.actors(self._store)

    def unmapped_courses(self, platform: str | None) -> list[dict[str, Any]]:
        return queues.courses(self._store, platform)

    def _recorded(self) -> Recorded:
        return read(self._store)[0]

    def _today(self) -> date:
        return datetime.now(ZoneInfo(self._store.settings.tz)).date()

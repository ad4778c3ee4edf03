"""Decisions about the register, what it holds now, and what waits for a decision."""

from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from lrs import directory, queues
from lrs.decisions import decide, message_of
from lrs.register import Recorded, change, read
from lrs.store import Store


class Register:
    def __init__(self, store: Store) -> None:
        self._store = store

    def decide(self, decision: bytes) -> int:
        """Record a decision, given as JSON text; how many events it made, 0 if it is so already."""
        return change(self._store, partial(decide, message_of(decision)))

    def people(self, unit: str | None, search: str | None) -> list[dict[str, Any]]:
        return directory.people(self._recorded(), self._today(), unit, search)

    def person(self, person: str) -> dict[str, Any]:
        return directory.person(self._recorded(), person)

    def units(self) -> list[dict[str, Any]]:
        return directory.units(self._recorded(), self._today())

    def platforms(self) -> list[dict[str, Any]]:
        return directory.platforms(self._recorded(), self._today())

    def courses(self) -> list[dict[str, Any]]:
        return directory.courses(self._recorded())

    def items(
        self, decision: str | None, person: str | None, unit: str | None
    ) -> list[dict[str, Any]]:
        return directory.items(self._recorded(), decision, person, unit)

    def unresolved_actors(self) -> list[dict[str, Any]]:
        return queues.actors(self._store)

    def unmapped_courses(self, platform: str | None) -> list[dict[str, Any]]:
        return queues.courses(self._store, platform)

    def _recorded(self) -> Recorded:
        return read(self._store)[0]

    def _today(self) -> date:
        return datetime.now(ZoneInfo(self._store.settings.tz)).date()

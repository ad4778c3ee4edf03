"""Who read whose record."""

from collections.abc import Mapping, Sequence
from typing import Any

from lrs.asked import CommandRefused
from lrs.asked.caller import By
from lrs.privacy.names import ids_of
from lrs.projector import catch_up
from lrs.readings import Read, record_now
from lrs.register import read
from lrs.store import Store
from lrs.store_time import iso_time
from lrs.transparency.openings import opened_at
from projections import readings
from schemas.readings import read_of
from schemas.register import Person


class Readings:
    def __init__(self, store: Store) -> None:
        self._store = store

    def record_reading(
        self,
        command: str,
        parameters: Mapping[str, str],
        people: Sequence[str] | None,
        *,
        by: By,
    ) -> None:
        """Of a command that reads the log itself; None: it gives out everybody's records."""
        shown = read(self._store)[0][Person] if people is None else people
        record_now(self._store, by.reader, Read(command, parameters, "text"), shown)

    def record_opening(self, position: int, *, by: By) -> None:
        """Of a command that writes down what one event of the log says."""
        with self._store.storage.read() as connection:
            opened = opened_at(connection, self._store, position)
        if opened is not None:
            said = Read("lrs audit prove", {"position": str(position)}, "text")
            record_now(self._store, by.reader, said, opened.people)

    def readings_of_person(self, person: str, limit: int, *, by: By) -> dict[str, Any]:
        """The latest first; asking is a reading, too, the next time."""
        store = self._store
        recorded, _ = read(store)
        position = catch_up(store.log, readings)
        with store.storage.read() as connection:
            people = ids_of(recorded, person)
            found = readings.of_people(connection, people, position, limit=limit)
            entries = store.log.entries(connection, found.positions)
        if person not in recorded[Person] and not found.total:
            raise CommandRefused(f"{person}: no such person, and nobody ever read of one")
        record_now(
            store, by.reader, Read("lrs privacy readings", {"person": person}, "text"), [person]
        )
        rows = [(entry, read_of(entry)) for entry in entries]
        return {
            "person": person,
            "position": position,
            "total": found.total,
            "rows": [
                {
                    "position": entry.position,
                    "stored": iso_time(entry.stored),
                    "account": said.account,
                    "roles": list(said.roles),
                    "user": said.user,
                    "route": said.route,
                    "asked": said.asked,
                    "format": said.format,
                    "purpose": said.purpose,
                    "count": len(said.people),
                }
                for entry, said in rows
            ],
        }

"""Awards that people decided."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from lrs import awards
from lrs.asked.caller import By
from lrs.readings import Read, given, record_now
from lrs.store import Store


class Awards:
    def __init__(self, store: Store) -> None:
        self._store = store

    def awards(self, period: str | None, *, by: By) -> list[dict[str, Any]]:
        rows = awards.listed(self._store, period)
        read = Read("lrs award list", given(period=period), "text")
        record_now(self._store, by.reader, read, (row["person"] for row in rows if row["person"]))
        return rows

    def decide_awards(
        self,
        period: str,
        award: str,
        number: str,
        day: str,
        decided_by: str,
        people: Sequence[str],
        units: Sequence[str],
        achievement: str | None,
        note: str | None,
        *,
        by: By,
    ) -> list[dict[str, Any]]:
        made = awards.decide(
            self._store,
            period,
            award,
            number=number,
            day=date.fromisoformat(day),
            decided_by=decided_by,
            people=people,
            units=units,
            achievement=achievement,
            note=note,
            by=by.id,
        )
        return [{"person": one.person, "unit": one.unit, "proposal": one.proposal} for one in made]

    def withdraw_award(
        self,
        period: str,
        award: str,
        person: str | None,
        unit: str | None,
        reason: str,
        *,
        by: By,
    ) -> None:
        awards.withdraw(
            self._store, period, award, person=person, unit=unit, reason=reason, by=by.id
        )

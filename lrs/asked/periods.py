"""Periods and score sheets."""

from collections.abc import Mapping
from typing import Any

import msgspec

from lrs import evaluation, periods
from lrs.asked.caller import By
from lrs.deciders import decided_by
from lrs.readings import Read, given, record_now
from lrs.store import Store
from schemas.register import Closing, Freeze, Period, Scheme


class Periods:
    def __init__(self, store: Store) -> None:
        self._store = store

    def periods(self) -> list[dict[str, Any]]:
        """With who opened, froze and closed each."""
        rows = periods.listed(self._store)
        decided = {
            "openedBy": decided_by(self._store, Period),
            "frozenBy": decided_by(self._store, Freeze),
            "closedBy": decided_by(self._store, Closing),
        }
        return [row | {name: who.get(row["id"]) for name, who in decided.items()} for row in rows]

    def freeze_period(self, period: str, *, by: By) -> int:
        return periods.freeze(self._store, period, by=by.id)

    def thaw_period(self, period: str, reason: str, *, by: By) -> None:
        periods.thaw(self._store, period, reason, by=by.id)

    def close_period(self, period: str, *, by: By) -> dict[str, Any]:
        return periods.close(self._store, period, by=by.id)

    def reopen_period(self, period: str, reason: str, *, by: By) -> None:
        periods.reopen(self._store, period, reason, by=by.id)

    def ripple(self, period: str, *, by: By) -> dict[str, Any]:
        found = periods.ripple(self._store, period)
        read = Read("lrs period corrections", {"period": period}, "text")
        record_now(self._store, by.reader, read, _people_in(found))
        return found

    def publish_scheme(self, scheme: bytes, *, by: By) -> bool:
        sheet = msgspec.json.decode(scheme, type=Scheme)
        return periods.publish(self._store, sheet, by=by.id)

    def scheme_difference(
        self, scheme: bytes, period: str, result_set: str | None, as_of: str | None, *, by: By
    ) -> dict[str, Any]:
        asked = evaluation.Asked(period, result_set, as_of)
        found = periods.what_if(self._store, asked, msgspec.json.decode(scheme, type=Scheme))
        said = given(period=period, result_set=result_set, as_of=as_of)
        read = Read("lrs scheme diff", said, "text")
        record_now(self._store, by.reader, read, _people_in(found))
        return found


def _people_in(difference: Mapping[str, Any]) -> set[str]:
    """Whom a difference between results names."""
    changed = (*difference["changes"], *difference["moves"])
    people = {one["id"] for one in changed if one["subject"] == "person"}
    quotas = (line for quota in difference["quotas"].values() for line in quota.values())
    return people.union(*(line["statuses"] for line in quotas if line is not None))

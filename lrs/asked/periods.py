"""Periods and score sheets."""

from typing import Any

import msgspec

from lrs import evaluation, periods
from lrs.store import Store
from schemas.register import Scheme


class Periods:
    def __init__(self, store: Store) -> None:
        self._store = store

    def periods(self) -> list[dict[str, Any]]:
        return periods.listed(self._store)

    def freeze_period(self, period: str) -> int:
        return periods.freeze(self._store, period)

    def thaw_period(self, period: str, reason: str) -> None:
        periods.thaw(self._store, period, reason)

    def close_period(self, period: str) -> dict[str, Any]:
        return periods.close(self._store, period)

    def reopen_period(self, period: str, reason: str) -> None:
        periods.reopen(self._store, period, reason)

    def ripple(self, period: str) -> dict[str, Any]:
        return periods.ripple(self._store, period)

    def publish_scheme(self, scheme: bytes) -> bool:
        return periods.publish(self._store, msgspec.json.decode(scheme, type=Scheme))

    def scheme_difference(
        self, scheme: bytes, period: str, result_set: str | None, as_of: str | None
    ) -> dict[str, Any]:
        asked = evaluation.Asked(period, result_set, as_of)
        return periods.what_if(self._store, asked, msgspec.json.decode(scheme, type=Scheme))

"""What people decide about periods and score sheets: freezing, closing, publishing.

The system only records it, with the position of the log it was decided at. The digests of a closed
period are what anybody gets who computes its results again.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import structs

from lrs import __version__, evaluation
from lrs.audit import closings
from lrs.evaluation import Asked, EvaluationRefused
from lrs.register import Change, Recorded, change, read
from lrs.store import Store
from projections import assessment
from projections.scoring.differences import difference
from projections.scoring.documents import plain
from schemas.events import NOBODY
from schemas.register import (
    RECORDS,
    Closing,
    Freeze,
    Period,
    Record,
    Scheme,
    Withdrawal,
)
from schemas.scheme import read_sheet

R = TypeVar("R", bound=Record)


class PeriodFrozen(EvaluationRefused):
    """The period was frozen before, at ``position``; that stands."""

    def __init__(self, period: str, position: int) -> None:
        super().__init__(f"{period} is frozen already, at position {position}")
        self.position = position


def listed(store: Store) -> list[dict[str, Any]]:
    """Every period with its state: open, frozen or closed."""
    recorded, _ = read(store)
    found = []
    for period in records_of(recorded, Period).values():
        freeze = recorded[Freeze].get(period.key)
        closing = recorded[Closing].get(period.key)
        found.append(
            {
                "id": period.id,
                "vi": period.vi,
                "start": period.start.isoformat(),
                "end": period.end.isoformat(),
                "personScheme": period.person_scheme,
                "unitScheme": period.unit_scheme,
                "state": "closed" if closing else "frozen" if freeze else "open",
                "position": freeze.position if isinstance(freeze, Freeze) else None,
                "results": closing.results if isinstance(closing, Closing) else None,
                "roster": closing.roster if isinstance(closing, Closing) else None,
            }
        )
    return found


def freeze(store: Store, period: str, *, by: bytes = NOBODY) -> int:
    """Freeze a period where the log ends now; return that position.

    Raises PeriodFrozen, and EvaluationRefused where there is no such period.
    """
    position = store.log.head().position

    def decide(recorded: Recorded) -> list[Change]:
        known_period(recorded, period)
        if (held := recorded[Freeze].get(period)) is not None:
            assert isinstance(held, Freeze)
            raise PeriodFrozen(period, held.position)
        return [(Freeze(period=period, position=position), RECORDS[Freeze].recorded)]

    change(store, decide, by=by)
    return position


def thaw(store: Store, period: str, reason: str, *, by: bytes = NOBODY) -> None:
    """Take a freeze back: what is stored counts again. Raises EvaluationRefused."""

    def decide(recorded: Recorded) -> list[Change]:
        known_period(recorded, period)
        if period in recorded[Closing]:
            raise EvaluationRefused(f"{period} is closed; reopen it first")
        if period not in recorded[Freeze]:
            raise EvaluationRefused(f"{period} is not frozen")
        return [(Withdrawal(key=period, reason=reason), RECORDS[Freeze].withdrawn)]

    change(store, decide, by=by)


def close(store: Store, period: str, *, by: bytes = NOBODY) -> dict[str, Any]:
    """Close a frozen period: its results, corrections included, are final.

    What is recorded are the position they were computed at, the score sheets, the digests of the
    results and of the roster, and a digest of each row; see ``lrs.audit.closings``.
    """
    closed: dict[str, Any] = {}

    def decide(recorded: Recorded) -> list[Change]:
        known_period(recorded, period)
        if period in recorded[Closing]:
            raise EvaluationRefused(f"{period} is closed already")
        if period not in recorded[Freeze]:
            freeze_first = f"{period} is not frozen; `lrs period freeze` comes first"
            raise EvaluationRefused(freeze_first)
        closing = _closing(store, period)  # if an appeal came before it, this is decided again
        closed.update(
            result_set=closing.result_set, position=closing.position, results=closing.results
        )
        return [(closing, RECORDS[Closing].recorded)]

    change(store, decide, by=by)
    return {"period": period, **closed}


def _closing(store: Store, period: str) -> Closing:
    """The results of a frozen period as they are now, corrections included, as a closing."""
    with evaluation.reading(store) as connection:
        seen = evaluation.seen_as(store, connection, Asked(period))
        last = assessment.result_sets(connection, period, seen.position)[-1]
        seen = assessment.view(connection, period, last, seen.position)
        found = closings.outcome(store.log, connection, seen, connection)
    return Closing(
        period=period,
        position=found.position,
        results=found.results,
        roster=found.roster,
        result_set="corrected" if last == "corrected" else "frozen",
        schemes=found.schemes,
        program=__version__,
        people=tuple(found.people.values()),
        units=tuple(found.units.values()),
    )


def reopen(store: Store, period: str, reason: str, *, by: bytes = NOBODY) -> None:
    """Take a closing back, for an appeal that was decided afterwards."""

    def decide(recorded: Recorded) -> list[Change]:
        known_period(recorded, period)
        if period not in recorded[Closing]:
            raise EvaluationRefused(f"{period} is not closed")
        return [(Withdrawal(key=period, reason=reason), RECORDS[Closing].withdrawn)]

    change(store, decide, by=by)


def publish(store: Store, scheme: Scheme, *, by: bytes = NOBODY) -> bool:
    """Activate a version of a score sheet, for ever; False if it is active as it is already."""

    def decide(recorded: Recorded) -> list[Change]:
        known = recorded[Scheme].get(scheme.key)
        if known is None:
            return [(scheme, RECORDS[Scheme].recorded)]
        if known != scheme:
            published = records_of(recorded, Scheme).values()
            versions = (one.version for one in published if one.id == scheme.id)
            raise EvaluationRefused(
                f"{scheme.key} is published and never changes; publish this one as version"
                f" {max(versions) + 1}"
            )
        return []

    return change(store, decide, by=by) > 0


def what_if(store: Store, asked: Asked, scheme: Scheme) -> dict[str, Any]:
    """What another score sheet would give on the same evidence; nothing is recorded."""
    sheet = read_sheet(scheme.sheet)
    with evaluation.reading(store) as connection:
        seen = evaluation.seen_as(store, connection, asked)
        period = seen.catalogue.period
        before = assessment.results(connection, period.id, seen.result_set, seen.position)
        after = assessment.results(
            connection,
            period.id,
            seen.result_set,
            seen.position,
            person_sheet=sheet if scheme.subject == "person" else None,
            unit_sheet=sheet if scheme.subject == "unit" else None,
        )
    return _difference(before, after) | {
        "period": period.id,
        "result_set": seen.result_set,
        "position": seen.position,
        "before": period.person_scheme if scheme.subject == "person" else period.unit_scheme,
        "after": scheme.key,
    }


def ripple(store: Store, period: str) -> dict[str, Any]:
    """What the corrections of decided appeals changed, for whomever: frozen against corrected."""
    with evaluation.reading(store) as connection:
        corrected = evaluation.seen_as(store, connection, Asked(period, "corrected"))
        position = corrected.position
        before = assessment.results(connection, period, "frozen", position)
        after = assessment.results(connection, period, "corrected", position)
    return _difference(before, after) | {"period": period, "position": position}


def _difference(before: Any, after: Any) -> dict[str, Any]:
    found = difference(before, after)
    return {
        "changes": [change._asdict() for change in found.changes],
        "moves": [plain({**move._asdict(), "difference": move.difference}) for move in found.moves],
        "bands": [
            {"before": before_, "after": after_, "people": count}
            for (before_, after_), count in found.bands.items()
        ],
        "quotas": {
            group: {
                side: None if line is None else plain(structs.asdict(line))
                for side, line in quota._asdict().items()
            }
            for group, quota in found.quotas.items()
        },
    }


def known_period(recorded: Recorded, period: str) -> None:
    """Raises EvaluationRefused, which names those there are."""
    if period not in recorded[Period]:
        names = ", ".join(sorted(recorded[Period])) or "none"
        raise EvaluationRefused(f"{period}: no such period; there are: {names}")


def records_of(recorded: Recorded, record: type[R]) -> Mapping[str, R]:
    """All records of a type, by their keys."""
    return recorded[record]  # type: ignore[return-value]  # by type

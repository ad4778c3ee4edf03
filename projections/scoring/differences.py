"""What differs between two results of a period: before and after a correction, by this score sheet
and by another one over the same evidence, at two positions.
"""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, NamedTuple

from msgspec import Struct

from projections.scoring.awards import QuotaLine, quota_lines
from projections.scoring.documents import person_line, unit_line
from projections.scoring.results import Results

Subject = Literal["person", "unit"]


class Change(NamedTuple):
    """One value of a result line; None where there is no such value."""

    subject: Subject
    id: str
    field: str
    before: str | None
    after: str | None


class Move(NamedTuple):
    """A final score or band that differs, of a subject that is scored in both."""

    subject: Subject
    id: str
    before: Decimal
    after: Decimal
    band_before: str
    band_after: str

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


class QuotaChange(NamedTuple):
    """What becomes of a group's quota; None where there is no such group or no quota."""

    before: QuotaLine | None
    after: QuotaLine | None


class Difference(Struct, frozen=True):
    """``bands``: how many people (of those scored in both) go from one band to which other.
    ``quotas``: the groups whose places, or who is proposed for them, change.
    """

    changes: tuple[Change, ...]
    moves: tuple[Move, ...]
    bands: dict[tuple[str, str], int]
    quotas: dict[str, QuotaChange]


def difference(before: Results, after: Results) -> Difference:
    """Everything that differs, people first, in the order of the results."""
    moves = (*_moves_of_people(before, after), *_moves_of_units(before, after))
    return Difference(
        changes=(
            *_changes("person", _people(before), _people(after)),
            *_changes("unit", _units(before), _units(after)),
        ),
        moves=moves,
        bands=dict(
            Counter(
                (move.band_before, move.band_after)
                for move in moves
                if move.subject == "person" and move.band_before != move.band_after
            )
        ),
        quotas=_quotas(quota_lines(before), quota_lines(after)),
    )


def _people(results: Results) -> dict[str, dict[str, str]]:
    return {
        id_: person_line(assessment, results.finals.get(id_))
        for id_, assessment in results.people.items()
    }


def _units(results: Results) -> dict[str, dict[str, str]]:
    return {id_: unit_line(assessment) for id_, assessment in results.units.items()}


def _changes(
    subject: Subject,
    before: Mapping[str, Mapping[str, str]],
    after: Mapping[str, Mapping[str, str]],
) -> list[Change]:
    found = []
    for id_ in {**before, **after}:
        old, new = before.get(id_, {}), after.get(id_, {})
        found += [
            Change(subject, id_, field, old.get(field), new.get(field))
            for field in {**old, **new}
            if old.get(field) != new.get(field)
        ]
    return found


def _moves_of_people(before: Results, after: Results) -> list[Move]:
    return [
        Move("person", id_, old.final, new.final, old.band, new.band)
        for id_, old in before.finals.items()
        if (new := after.finals.get(id_)) is not None
        and (old.final, old.band) != (new.final, new.band)
    ]


def _moves_of_units(before: Results, after: Results) -> list[Move]:
    return [
        Move("unit", id_, old.final, new.final, old.band, new.band)
        for id_, old in before.units.items()
        if (new := after.units.get(id_)) is not None
        and (old.final, old.band) != (new.final, new.band)
    ]


def _quotas(
    before: Mapping[str, QuotaLine], after: Mapping[str, QuotaLine]
) -> dict[str, QuotaChange]:
    return {
        group: QuotaChange(before.get(group), after.get(group))
        for group in sorted({**before, **after})
        if before.get(group) != after.get(group)
    }

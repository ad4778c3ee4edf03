"""People's final scores and bands: the head's blend with the unit's score, and the gates (H, B)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, Protocol

from projections.scoring.book import Rulebook
from projections.scoring.exact import half_up
from projections.scoring.people import PersonAssessment
from schemas.scheme import Sheet


class HasFinal(Protocol):
    @property
    def final(self) -> Decimal: ...


class Blend(NamedTuple):
    """The part of a head's final score that is the unit's (H2)."""

    unit: str
    head_months: int
    weight: Fraction
    final: Decimal


class Final(NamedTuple):
    """``ungated`` is the band before the gates; where it differs it tells of party membership, and
    is shown only to those who may see that.
    """

    final: Decimal
    band: str
    ungated: str
    blends: tuple[Blend, ...]


def finals(
    book: Rulebook,
    assessments: Iterable[PersonAssessment],
    units: Mapping[str, HasFinal],
) -> dict[str, Final]:
    """By person, for those who are scored."""
    return {
        assessment.person: _final(book, assessment, units)
        for assessment in assessments
        if assessment.facts is not None
    }


def _final(book: Rulebook, assessment: PersonAssessment, units: Mapping[str, HasFinal]) -> Final:
    blends = _blends(book, assessment, units)
    final = assessment.personal
    if blends:
        own = Fraction(final) * (1 - sum(blend.weight for blend in blends))
        final = half_up(own + sum(blend.weight * Fraction(blend.final) for blend in blends))
    ungated = band_of(book.person_sheet, final)
    return Final(final, _gated(book.person_sheet, assessment, ungated), ungated, blends)


def _blends(
    book: Rulebook, assessment: PersonAssessment, units: Mapping[str, HasFinal]
) -> tuple[Blend, ...]:
    said, facts = book.person_sheet.head_of_unit, assessment.facts
    if said is None or facts is None:
        return ()
    return tuple(
        Blend(unit, months, said.weight * months / len(facts.months), units[unit].final)
        for unit, months in facts.head_months.items()
        if months >= said.min_head_months and unit in units
    )


def band_of(sheet: Sheet, final: Decimal) -> str:
    """The first band whose minimum the rounded score reaches (B1, R2)."""
    score = Fraction(final)
    return next(band.id for band in sheet.bands if score >= band.min)


def _gated(sheet: Sheet, assessment: PersonAssessment, band: str) -> str:
    """The band after the gates, in their order (B2)."""
    if assessment.facts is None or not assessment.facts.party_member:
        return band
    maxima = {leaf.id: leaf.max for leaf in sheet.leaves}
    for gate in sheet.gates:
        reached = Fraction(assessment.scores[gate.criterion])
        if band == gate.level and reached < maxima[gate.criterion]:
            band = _next_lower(sheet, band)
    return band


def _next_lower(sheet: Sheet, band: str) -> str:
    bands = [each.id for each in sheet.bands]
    return bands[min(bands.index(band) + 1, len(bands) - 1)]

"""Units' assessments (U0-U9), from the register and from their people's assessments."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from projections.scoring.book import Rulebook
from projections.scoring.criteria import block_points, is_blocked, score
from projections.scoring.exact import kept_within, total
from projections.scoring.final_scores import band_of
from projections.scoring.inputs import UnitFile
from projections.scoring.people import PersonAssessment
from projections.scoring.unit_criteria import (
    UNIT_COUNTS,
    UNIT_KINDS,
    Member,
    Share,
    UnitFacts,
    unit_facts,
)
from schemas.register import Unit
from schemas.scheme import Block


class UnitAssessment(Struct, frozen=True):
    unit: str
    facts: UnitFacts
    scores: dict[str, Decimal]
    base: Decimal
    bonus: Decimal
    penalty: Decimal
    final: Decimal
    band: str
    bonus_counts: dict[str, int]
    penalty_counts: dict[str, int]
    award_blocked: bool


def has_result(book: Rulebook, unit: Unit) -> bool:
    """Whether a unit has results of its own: it is evaluated and exists on the last day (U0)."""
    end = book.period.end
    return (
        unit.evaluated
        and (unit.from_ is None or unit.from_ <= end)
        and (unit.to is None or end <= unit.to)
    )


def assess_units(
    book: Rulebook, files: Iterable[UnitFile], assessments: Iterable[PersonAssessment]
) -> dict[str, UnitAssessment]:
    """By unit, the results of those that have any."""
    members, shares = defaultdict(list), defaultdict(list)
    for assessment in assessments:
        facts = assessment.facts
        if facts is None:
            continue
        if facts.unit_at_end is not None:
            members[facts.unit_at_end].append(Member(assessment.person, facts))
        for unit, months in facts.months_in_unit.items():
            shares[unit].append(Share(assessment, months))
    return {
        file.unit.id: _assess_unit(
            book, unit_facts(book, file, members[file.unit.id], shares[file.unit.id])
        )
        for file in files
        if has_result(book, file.unit)
    }


def _assess_unit(book: Rulebook, facts: UnitFacts) -> UnitAssessment:
    sheet = book.unit_sheet
    scores = {
        leaf.id: score(leaf, UNIT_KINDS[leaf.kind].measure(leaf, facts, book))
        for leaf in book.unit_criteria
    }
    bonus_counts = _counts(sheet.bonus, facts, book)
    penalty_counts = _counts(sheet.penalty, facts, book)
    base = total(scores.values())
    bonus = block_points(sheet.bonus, bonus_counts)
    penalty = block_points(sheet.penalty, penalty_counts)
    final = kept_within(base + bonus - penalty, sheet.max)
    return UnitAssessment(
        unit=facts.unit.id,
        facts=facts,
        scores=scores,
        base=base,
        bonus=bonus,
        penalty=penalty,
        final=final,
        band=band_of(sheet, final),
        bonus_counts=bonus_counts,
        penalty_counts=penalty_counts,
        award_blocked=is_blocked(sheet.bonus, bonus_counts)
        or is_blocked(sheet.penalty, penalty_counts),
    )


def _counts(block: Block, facts: UnitFacts, book: Rulebook) -> dict[str, int]:
    return {rule.id: UNIT_COUNTS[rule.kind](rule, facts, book) for rule in block.rules}

"""A person's assessment: the facts of the period and the scores they give (P1-P9, M8)."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from projections.scoring.book import Rulebook
from projections.scoring.crediting import credit, judge
from projections.scoring.criteria import block_points, is_blocked, score
from projections.scoring.exact import ZERO, kept_within, total
from projections.scoring.facts import Facts, facts_of, months_of
from projections.scoring.inputs import Evidence, PersonFile
from projections.scoring.person_criteria import PERSON_COUNTS, PERSON_KINDS
from schemas.scheme import Block

NO_ELIGIBLE_MONTHS = "NO_ELIGIBLE_MONTHS"


class PersonAssessment(Struct, frozen=True):
    """``scores`` are by criterion. Without ``facts`` the person has no eligible month and is
    excluded: no scores, in no denominator.
    """

    person: str
    facts: Facts | None = None
    scores: dict[str, Decimal] = {}
    base: Decimal = ZERO
    bonus: Decimal = ZERO
    penalty: Decimal = ZERO
    personal: Decimal = ZERO
    bonus_counts: dict[str, int] = {}
    penalty_counts: dict[str, int] = {}
    award_blocked: bool = False

    @property
    def excluded(self) -> str | None:
        """Why the person is not scored."""
        return NO_ELIGIBLE_MONTHS if self.facts is None else None


def assess(book: Rulebook, file: PersonFile, evidence: Iterable[Evidence]) -> PersonAssessment:
    """The person's assessment. The order of the evidence does not matter."""
    months = months_of(book, file)
    if not months:
        return PersonAssessment(file.person)
    judged = judge(book, evidence)
    return assess_facts(
        book, file.person, facts_of(book, file, months, judged, credit(book, judged))
    )


def assess_facts(book: Rulebook, person: str, facts: Facts) -> PersonAssessment:
    """The scores the facts give by the rulebook's sheet."""
    sheet = book.person_sheet
    scores = {
        leaf.id: score(leaf, PERSON_KINDS[leaf.kind].measure(leaf, facts, book))
        for leaf in book.person_criteria
    }
    bonus_counts = _counts(sheet.bonus, facts, book)
    penalty_counts = _counts(sheet.penalty, facts, book)
    base = total(scores.values())
    bonus = block_points(sheet.bonus, bonus_counts)
    penalty = block_points(sheet.penalty, penalty_counts)
    return PersonAssessment(
        person=person,
        facts=facts,
        scores=scores,
        base=base,
        bonus=bonus,
        penalty=penalty,
        personal=kept_within(base + bonus - penalty, sheet.max),
        bonus_counts=bonus_counts,
        penalty_counts=penalty_counts,
        award_blocked=is_blocked(sheet.bonus, bonus_counts)
        or is_blocked(sheet.penalty, penalty_counts),
    )


def _counts(block: Block, facts: Facts, book: Rulebook) -> dict[str, int]:
    return {rule.id: PERSON_COUNTS[rule.kind](rule, facts, book) for rule in block.rules}

"""Why a score is what it is: every criterion's points, inputs, statements and items (X1-X5).

What is listed is judged, credited and measured by the same functions that score, so what is listed
as counted is exactly what was summed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from projections.scoring.book import Rulebook
from projections.scoring.crediting import Judged, credit, judge
from projections.scoring.criteria import PARTY_SESSION, score
from projections.scoring.days import MINUTE
from projections.scoring.exact import Exact, half_up
from projections.scoring.facts import Facts, facts_of, months_of
from projections.scoring.inputs import Evidence, PersonFile, UnitFile
from projections.scoring.people import PersonAssessment, assess_facts
from projections.scoring.person_criteria import PERSON_KINDS, PersonKind
from projections.scoring.unit_criteria import UNIT_KINDS
from projections.scoring.units import UnitAssessment
from schemas.register import Item
from schemas.scheme import Block, CountRule, Criterion


class ListedStatement(NamedTuple):
    """A statement that counts, or the reason why not. ``at`` is microseconds since 1970.

    ``minutes`` is the learning time it states, ``credited`` what is credited of it.
    """

    statement: UUID
    position: int
    at: int
    platform: str
    course: str | None
    reason: str | None
    minutes: Fraction
    credited: Fraction

    @property
    def is_partly_counted(self) -> bool:
        return 0 < self.credited < self.minutes


class ListedItem(NamedTuple):
    """A declared item that counts, or the reason why not: its decision, or the period."""

    item: Item
    reason: str | None


class Explanation(Struct, frozen=True):
    """``statements`` is None for a kind that counts none. ``protected`` inputs may be shown only
    to those who may see party membership.
    """

    criterion: str
    vi: str
    kind: str
    rule: str
    points: Decimal
    max: Decimal
    inputs: Mapping[str, Any]
    protected: Mapping[str, Any]
    statements: tuple[ListedStatement, ...] | None = None
    items: tuple[ListedItem, ...] = ()


class CountExplanation(Struct, frozen=True):
    """A rule of the bonus or the penalty; ``points`` before the cap of the whole block."""

    rule: str
    vi: str
    kind: str
    block: str
    count: int
    per_item: Decimal
    cap: Decimal
    points: Decimal
    items: tuple[ListedItem, ...] = ()


class PersonExplanation(Struct, frozen=True):
    """Of a person who is excluded there is nothing but that."""

    assessment: PersonAssessment
    criteria: dict[str, Explanation]
    rules: tuple[CountExplanation, ...]


class UnitExplanation(Struct, frozen=True):
    assessment: UnitAssessment
    criteria: dict[str, Explanation]
    rules: tuple[CountExplanation, ...]


def explain(book: Rulebook, file: PersonFile, evidence: Iterable[Evidence]) -> PersonExplanation:
    """The person's assessment, criterion by criterion, to the statement."""
    months = months_of(book, file)
    if not months:
        return PersonExplanation(PersonAssessment(file.person), {}, ())
    judged = judge(book, evidence)
    credited = credit(book, judged)
    facts = facts_of(book, file, months, judged, credited)
    assessment = assess_facts(book, file.person, facts)
    criteria = {}
    for leaf in book.person_criteria:
        kind = PERSON_KINDS[leaf.kind]
        measure = kind.measure(leaf, facts, book)
        criteria[leaf.id] = Explanation(
            criterion=leaf.id,
            vi=leaf.vi,
            kind=leaf.kind,
            rule=kind.rule,
            points=score(leaf, measure),
            max=half_up(leaf.max),
            inputs=measure.inputs,
            protected=measure.protected,
            statements=_statements(book, leaf, kind, facts, judged, credited),
            items=_items(book, _kinds(leaf), file.items),
        )
    sheet = book.person_sheet
    rules = (
        *_rules(book, "bonus", sheet.bonus, assessment.bonus_counts, file.items),
        *_rules(book, "penalty", sheet.penalty, assessment.penalty_counts, file.items),
    )
    return PersonExplanation(assessment, criteria, rules)


def explain_unit(book: Rulebook, file: UnitFile, assessment: UnitAssessment) -> UnitExplanation:
    """The unit's assessment, criterion by criterion, to the person and the item."""
    criteria = {}
    for leaf in book.unit_criteria:
        kind = UNIT_KINDS[leaf.kind]
        measure = kind.measure(leaf, assessment.facts, book)
        criteria[leaf.id] = Explanation(
            criterion=leaf.id,
            vi=leaf.vi,
            kind=leaf.kind,
            rule=kind.rule,
            points=score(leaf, measure),
            max=half_up(leaf.max),
            inputs=measure.inputs,
            protected=measure.protected,
            items=_items(book, _kinds(leaf), file.items),
        )
    sheet = book.unit_sheet
    rules = (
        *_rules(book, "bonus", sheet.bonus, assessment.bonus_counts, file.items),
        *_rules(book, "penalty", sheet.penalty, assessment.penalty_counts, file.items),
    )
    return UnitExplanation(assessment, criteria, rules)


def _statements(
    book: Rulebook,
    leaf: Criterion,
    kind: PersonKind,
    facts: Facts,
    judged: Sequence[Judged],
    credited: Mapping[int, Exact],
) -> tuple[ListedStatement, ...] | None:
    if kind.lists is None:
        return None
    return tuple(
        _listed(row, credited.get(row.evidence.position, 0), kind.is_time)
        for row in judged
        if kind.lists(leaf, facts, book, row)
    )


def _listed(row: Judged, credited: Exact, is_time: bool) -> ListedStatement:
    """For a criterion of learning time, what nothing is credited of does not count (T8)."""
    evidence = row.evidence
    is_capped = is_time and row.reason is None and credited == 0
    return ListedStatement(
        statement=UUID(bytes=evidence.statement),
        position=evidence.position,
        at=evidence.at,
        platform=evidence.platform,
        course=row.course,
        reason="MINUTES_CAPPED" if is_capped else row.reason,
        minutes=Fraction(row.time) / MINUTE,
        credited=Fraction(credited) / MINUTE,
    )


def _kinds(leaf: Criterion) -> Collection[str]:
    """The kinds of declared item a criterion looks at."""
    said = leaf.settings
    kinds = {item["evidence"] for item in said.get("items", ())}
    if "evidence" in said:
        kinds.add(said["evidence"])
    if "cap_without_party_session" in said:
        kinds.add(PARTY_SESSION)
    return kinds


def _items(book: Rulebook, kinds: Collection[str], items: Iterable[Item]) -> tuple[ListedItem, ...]:
    return tuple(ListedItem(item, _not_counted(book, item)) for item in items if item.kind in kinds)


def _not_counted(book: Rulebook, item: Item) -> str | None:
    if not book.period.start <= item.date <= book.period.end:
        return "OUT_OF_PERIOD"
    decision = book.decision(item)
    return None if decision == "accepted" else decision.upper()


def _rules(
    book: Rulebook, name: str, block: Block, counts: Mapping[str, int], items: Iterable[Item]
) -> tuple[CountExplanation, ...]:
    return tuple(_rule(book, name, rule, counts[rule.id], items) for rule in block.rules)


def _rule(
    book: Rulebook, name: str, rule: CountRule, count: int, items: Iterable[Item]
) -> CountExplanation:
    evidence = rule.settings.get("evidence")
    return CountExplanation(
        rule=rule.id,
        vi=rule.vi,
        kind=rule.kind,
        block=name,
        count=count,
        per_item=half_up(rule.per_item),
        cap=half_up(rule.cap),
        points=half_up(min(rule.cap, rule.per_item * count)),
        items=() if evidence is None else _items(book, (evidence,), items),
    )

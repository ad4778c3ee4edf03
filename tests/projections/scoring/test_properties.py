"""What holds whatever was learnt: order, maxima, sums, exactness."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from projections.scoring import (
    assess,
    explain,
    explanations_document,
    person_detail,
    results_document,
    results_of,
    unit_detail,
)
from projections.scoring.days import MINUTE
from projections.scoring.explanations import explain_unit
from projections.scoring.inputs import Evidence, PersonFile
from schemas.formats import parse_timestamp
from tests.projections.scoring.examples import (
    PARTY,
    absent,
    book_of,
    file_of,
    item,
    level,
    member,
    said,
    unit_of,
    waive,
)

FROZEN = book_of(freeze=30)
CORRECTED = book_of(
    freeze=30,
    corrections=[
        *(waive(position, "AFTER_FREEZE") for position in (31, 33)),
        *(waive(position, "PLATFORM_NOT_RECOGNISED") for position in (2, 31)),
        *(waive(position, "UNMAPPED_COURSE", course="R1") for position in (3, 4)),
    ],
)
BOOKS = st.sampled_from([FROZEN, CORRECTED, book_of()])
EARLIEST = parse_timestamp("2025-11-29T00:00:00Z")
LATEST = parse_timestamp("2026-12-02T00:00:00Z")


VERBS = ["completed", "passed", "failed", "scored", "experienced", "experienced", "experienced"]
COURSES = ["R1", "R1", "R2", "R2", "R3", "E1", "none"]
PLATFORMS = ["a", "a", "a", "b", "b", "unknown"]
MINUTES = [Fraction(text) for text in ("0", "30", "60", "90", "120", "1/300")]
SCORES = [None, None, None, "0", "0.5", "0.8999", "0.9", "1"]
VOIDED = [None, None, None, None, 5, 35]


# Drawing costs little, making a strategy much: each is made once.
some_positions = st.lists(st.integers(1, 40), unique=True, min_size=10, max_size=30)
moments = st.lists(st.integers(EARLIEST, LATEST), min_size=2, max_size=6)
verbs, courses, platforms = map(st.sampled_from, (VERBS, COURSES, PLATFORMS))
minutes = st.sampled_from(MINUTES)
scores = st.sampled_from(SCORES)
voided = st.sampled_from(VOIDED)


@st.composite
def evidence(draw: st.DrawFn) -> list[Evidence]:
    """Statements with many equal parts, so that there are duplicates, voids and full caps."""
    positions = draw(some_positions)
    some_moments = draw(moments)
    rows = []
    for position in positions:
        row = said(
            position,
            draw(verbs),
            draw(courses),
            platform=draw(platforms),
            minutes=draw(minutes),
            score=draw(scores),
            voided=draw(voided),
        )
        rows.append(row._replace(at=draw(st.sampled_from(some_moments))))
    return rows


@st.composite
def files(draw: st.DrawFn) -> PersonFile:
    moved = date(2026, 1, 1) + timedelta(draw(st.integers(0, 300)))
    positions = st.sampled_from(["CV", "LD", "TV", "BV"])
    rows = [
        member("X", draw(positions), last=moved.isoformat(), head=draw(st.booleans())),
        member("Y", draw(positions), first=(moved + timedelta(1)).isoformat()),
    ]
    kinds = ["digital_material", "sharing_session", "news_article", "skills_prize"]
    kinds.append("fraud_conclusion")
    declared = draw(st.lists(st.sampled_from(kinds), max_size=8))
    spring = absent("2026-02-01", "2026-05-20")
    leave = draw(st.sampled_from([[], [], [spring], [absent(None, None)]]))
    return file_of(
        memberships=rows,
        absences=leave,
        party=draw(st.sampled_from([[], [PARTY]])),
        items=[item(str(number), kind) for number, kind in enumerate(declared)],
        competences=[level(draw(st.integers(1, 8)))],
    )


@given(book=BOOKS, file=files(), rows=evidence(), seed=st.randoms(use_true_random=False))
def test_a_score_does_not_depend_on_the_order_of_the_evidence(
    book: Any, file: PersonFile, rows: list[Evidence], seed: random.Random
) -> None:
    shuffled = seed.sample(rows, len(rows))
    mixed = file._replace(
        memberships=file.memberships[::-1],
        items=seed.sample(list(file.items), len(file.items)),
    )
    assert assess(book, mixed, shuffled) == assess(book, file, rows)
    lists = [
        explanations_document(book, "open", [explain(book, file, given)])
        for given in (rows, shuffled)
    ]
    assert lists[0] == lists[1]


@given(book=BOOKS, file=files(), rows=evidence())
def test_no_criterion_is_above_its_maximum_or_below_0(
    book: Any, file: PersonFile, rows: list[Evidence]
) -> None:
    found = results_of(book, [(file, rows)], [unit_of("X"), unit_of("Y")])
    maxima = {leaf.id: leaf.max for leaf in (*book.person_criteria, *book.unit_criteria)}
    scored = [each.scores for each in found.people.values()]
    scored += [each.scores for each in found.units.values()]
    for scores in scored:
        for criterion, score in scores.items():
            assert 0 <= Fraction(score) <= maxima[criterion]
    for final in found.finals.values():
        assert 0 <= final.final <= 100


@given(book=BOOKS, file=files(), rows=evidence())
def test_an_explanation_sums_to_the_score(
    book: Any, file: PersonFile, rows: list[Evidence]
) -> None:
    found = results_of(book, [(file, rows)], [unit_of("X"), unit_of("Y")])
    explanation = explain(book, file, rows)
    assert explanation.assessment == found.people["P"]
    facts = explanation.assessment.facts
    if facts is None:
        return
    assert total(each.points for each in explanation.criteria.values()) == found.people["P"].base
    listed = explanation.criteria["B"].statements
    assert listed is not None
    credited = sum(each.credited for each in listed if each.reason is None)
    assert credited == Fraction(sum(facts.credited.values())) / MINUTE
    assert credited == explanation.criteria["B"].inputs["credited_minutes"]
    blocks = {"bonus": Decimal(5), "penalty": Decimal(10)}
    for block, cap in blocks.items():
        points = total(rule.points for rule in explanation.rules if rule.block == block)
        assert min(points, cap) == getattr(explanation.assessment, block)
    for unit in found.units.values():
        unit_explanation = explain_unit(book, unit_of(unit.unit), unit)
        assert total(each.points for each in unit_explanation.criteria.values()) == unit.base


def total(points: Any) -> Decimal:
    return sum(points, Decimal(0))


@given(book=BOOKS, file=files(), rows=evidence())
def test_what_is_listed_as_counted_is_all_that_is_needed(
    book: Any, file: PersonFile, rows: list[Evidence]
) -> None:
    """Without what is listed as not counted, or not listed at all, the scores are the same."""
    explanation = explain(book, file, rows)
    counted = {
        each.position
        for criterion in explanation.criteria.values()
        for each in criterion.statements or ()
        if each.reason is None
    }
    needed = [row for row in rows if row.position in counted]
    criteria = [leaf.id for leaf in book.person_criteria]
    again = assess(book, file, needed)
    assert [again.scores.get(id_) for id_ in criteria] == [
        explanation.assessment.scores.get(id_) for id_ in criteria
    ]


@given(book=BOOKS, file=files(), rows=evidence())
def test_there_is_no_binary_floating_point_anywhere(
    book: Any, file: PersonFile, rows: list[Evidence]
) -> None:
    unit = unit_of("X")
    found = results_of(book, [(file, rows)], [unit])
    explanation = explain(book, file, rows)
    documents = [
        results_document(found, "open", with_facts=True),
        explanations_document(book, "open", [explanation]),
        person_detail(explanation, found.finals.get("P"), with_party=True),
        unit_detail(explain_unit(book, unit, found.units["X"]), with_party=True),
    ]
    for value in values([found.people["P"], found.finals, explanation, *documents]):
        assert not isinstance(value, float)


def values(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            yield from values(list(value.values()))
        case list() | tuple():
            for each in value:
                yield from values(each)
        case msgspec.Struct():
            yield from values(msgspec.structs.astuple(value))
        case _:
            yield value


@given(file=files(), rows=evidence())
def test_the_frozen_set_is_not_changed_by_what_comes_after_the_freeze(
    file: PersonFile, rows: list[Evidence]
) -> None:
    before = [
        row._replace(voided=None if row.voided and row.voided > 30 else row.voided)
        for row in rows
        if row.position <= 30
    ]
    assert assess(FROZEN, file, rows) == assess(FROZEN, file, before)
    assert assess(FROZEN, file, before) == assess(book_of(), file, before)

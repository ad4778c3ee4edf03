"""Assessments as rows of the stored results."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from projections.assessment import exact_json
from projections.assessment.lines import PERSON, UNIT, MonthRow, ScoreRow
from projections.assessment.stored_results import Stored
from projections.scoring.book import Rulebook
from projections.scoring.exact import Exact
from projections.scoring.final_scores import Final
from projections.scoring.people import PersonAssessment
from projections.scoring.units import UnitAssessment


def person_row(of: Stored, assessment: PersonAssessment, outcome: Final | None) -> ScoreRow:
    """``outcome`` is None for who is excluded, and has no scores."""
    facts = assessment.facts
    return ScoreRow(
        assessment.person,
        PERSON,
        of.period,
        of.result_set,
        None if facts is None else facts.unit_at_end or facts.months[-1].unit,
        *_hundredths(assessment if outcome is not None else None),
        None if outcome is None else hundredths(assessment.personal),
        None if outcome is None else hundredths(outcome.final),
        None if outcome is None else outcome.band,
        assessment.award_blocked,
        exact_json.write(assessment.scores),
        exact_json.write(assessment),
        None if outcome is None else exact_json.write(outcome),
    )


def unit_row(of: Stored, assessment: UnitAssessment) -> ScoreRow:
    return ScoreRow(
        assessment.unit,
        UNIT,
        of.period,
        of.result_set,
        None,
        *_hundredths(assessment),
        None,
        hundredths(assessment.final),
        assessment.band,
        assessment.award_blocked,
        exact_json.write(assessment.scores),
        None,
        None,
    )


def _hundredths(
    assessment: PersonAssessment | UnitAssessment | None,
) -> tuple[int | None, int | None, int | None]:
    if assessment is None:
        return None, None, None
    return (
        hundredths(assessment.base),
        hundredths(assessment.bonus),
        hundredths(assessment.penalty),
    )


def hundredths(score: Decimal) -> int:
    """A score, which has 2 decimals, as a whole number."""
    return int(score.scaleb(2))


class MonthRows:
    """The months of people, and of the units they were in."""

    def __init__(self, book: Rulebook, of: Stored) -> None:
        self._days, self._of = book.days, of
        self._units: dict[tuple[str, int], MonthRow] = {}
        self._credited: dict[tuple[str, int], Exact] = {}
        self.of_people: list[MonthRow] = []

    def add(self, assessment: PersonAssessment) -> None:
        facts = assessment.facts
        if facts is None:
            return
        units = {month.number: month.unit for month in facts.months}
        days = self._days
        completed = Counter(days.month_of[days.number_at(at)] for at in facts.completed.values())
        for month, credited in enumerate(facts.time_by_month):
            unit, active = units.get(month), month in facts.active_months
            if unit is None and not credited and not completed[month]:
                continue
            row = MonthRow(
                assessment.person,
                PERSON,
                self._of.period,
                self._of.result_set,
                month,
                unit,
                int(unit is not None),
                int(active),
                completed[month],
                str(credited),
            )
            self.of_people.append(row)
            if unit is not None:
                self._count(unit, row, credited)

    def _count(self, unit: str, row: MonthRow, credited: Exact) -> None:
        key = unit, row.month
        before = self._units.get(key)
        if before is None:
            self._units[key] = row._replace(kind=UNIT, id=unit)
            self._credited[key] = credited
            return
        self._credited[key] += credited
        self._units[key] = before._replace(
            people=before.people + row.people,
            active=before.active + row.active,
            completions=before.completions + row.completions,
        )

    def of_units(self) -> Iterator[MonthRow]:
        """A unit's months are those of its people that are eligible ones in it."""
        for key, row in self._units.items():
            yield row._replace(credited=str(self._credited[key]))

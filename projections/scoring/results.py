"""The results of a period: everybody's assessment, the units', and the final scores."""

from collections.abc import Iterable

from msgspec import Struct

from projections.scoring.book import Rulebook
from projections.scoring.final_scores import Final, finals
from projections.scoring.inputs import Evidence, PersonFile, UnitFile
from projections.scoring.people import PersonAssessment, assess
from projections.scoring.units import UnitAssessment, assess_units


class Results(Struct, frozen=True):
    """People and units by their ids, in the order they were given in. ``finals`` has no entry for
    who is excluded.
    """

    book: Rulebook
    people: dict[str, PersonAssessment]
    units: dict[str, UnitAssessment]
    finals: dict[str, Final]


def results_of(
    book: Rulebook,
    people: Iterable[tuple[PersonFile, Iterable[Evidence]]],
    units: Iterable[UnitFile],
) -> Results:
    """Reads each person's evidence once and keeps none of it."""
    assessments = [assess(book, file, evidence) for file, evidence in people]
    unit_assessments = assess_units(book, units, assessments)
    return Results(
        book,
        {assessment.person: assessment for assessment in assessments},
        unit_assessments,
        finals(book, assessments, unit_assessments),
    )

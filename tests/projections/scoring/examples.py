"""A small ministry to score in: one period, two platforms, four courses, the golden sheets."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from projections.scoring import assess, results_of, rulebook
from projections.scoring.book import Rulebook
from projections.scoring.inputs import Catalogue, Evidence, PersonFile, UnitFile
from projections.scoring.people import PersonAssessment
from projections.scoring.results import Results
from schemas.formats import parse_timestamp
from schemas.keys import activity_key, registration_key, verb_key
from schemas.register import (
    Absence,
    Competence,
    Correction,
    Course,
    Item,
    JobPosition,
    Membership,
    PartyMembership,
    Period,
    Plan,
    Platform,
    Report,
    Unit,
)
from schemas.scheme import Sheet, read_sheet
from tests.projections.scoring.case_folder import read_yaml

GOLDEN = Path(__file__).parents[2] / "golden"
PERSON_SHEET: dict[str, Any] = read_yaml(GOLDEN / "movement-2026" / "scheme-individual.yaml")
UNIT_SHEET: dict[str, Any] = read_yaml(GOLDEN / "movement-2026" / "scheme-unit.yaml")

ADL = "http://adlnet.gov/expapi/verbs/"
PERIOD = Period(
    id="KY",
    vi="Kỳ",
    start=date(2025, 12, 1),
    end=date(2026, 11, 30),
    person_scheme="HTS-CN/1",
    unit_scheme="HTS-DV/1",
    required_course_deadline=date(2026, 10, 31),
    holidays=(date(2026, 1, 1),),
    working_days=(date(2026, 1, 10),),  # a Saturday
)
PLATFORMS = {
    "a": {
        "minutes_verbs": [f"{ADL}experienced", f"{ADL}terminated"],
        "recognitions": [{"from": "2025-01-01", "to": "2026-06-30"}, {"from": "2026-08-01"}],
    },
    "b": {"minutes_verbs": [f"{ADL}completed"], "recognitions": [{}]},
}
COURSES: dict[str, dict[str, Any]] = {
    "R1": {"nominal_minutes": 100, "exam": True, "move_on": "Completed"},
    "R2": {"nominal_minutes": 100, "exam": True, "move_on": "CompletedAndPassed"},
    "R3": {"nominal_minutes": 100, "move_on": "Passed"},
    "E1": {"nominal_minutes": 60, "exam": True, "move_on": "CompletedOrPassed"},
}
POSITIONS: dict[str, dict[str, Any]] = {
    "CV": {"required_courses": ["R1", "R2"], "required_level": 3},
    "LD": {"required_courses": ["R1", "R2", "R3"], "required_level": 5},
    "TV": {},
    "BV": {"required_courses": ["R3"]},
}


def change(sheet: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {**deepcopy(sheet), **members}


def with_criteria(sheet: dict[str, Any], *criteria: dict[str, Any]) -> dict[str, Any]:
    """The sheet with other criteria, each named after its kind, and without gates."""
    named = [{"id": leaf["kind"], "vi": "Tiêu chí", **leaf} for leaf in criteria]
    maximum = sum(Decimal(leaf["max"]) for leaf in named)
    changed = change(sheet, criteria=named, max=maximum)
    changed.pop("gates", None)
    return changed


def book_of(
    person: dict[str, Any] = PERSON_SHEET,
    unit: dict[str, Any] = UNIT_SHEET,
    freeze: int | None = None,
    corrections: Sequence[Correction] = (),
    period: Period = PERIOD,
    platforms: dict[str, Any] = PLATFORMS,
    courses: dict[str, Any] = COURSES,
) -> Rulebook:
    sheets: tuple[Sheet, Sheet] = (read_sheet(person), read_sheet(unit))
    catalogue = Catalogue(
        period=period,
        freeze=freeze,
        platforms={
            id_: msgspec.convert({"id": id_, "vi": id_, "credential": id_, **said}, Platform)
            for id_, said in platforms.items()
        },
        courses={
            id_: msgspec.convert(
                {
                    "id": id_,
                    "vi": id_,
                    "activities": {name: [f"https://{name}/{id_}"] for name in platforms},
                    **said,
                },
                Course,
            )
            for id_, said in courses.items()
        },
        positions={
            id_: msgspec.convert({"id": id_, "vi": id_, **said}, JobPosition)
            for id_, said in POSITIONS.items()
        },
        corrections=corrections,
    )
    return rulebook(catalogue, *sheets)


def said(
    position: int,
    verb: str,
    course: str = "R1",
    at: str = "2026-03-10T08:00:00+07:00",
    platform: str = "a",
    minutes: float | Fraction = 0,
    score: str | None = None,
    registration: str = "",
    completed: bool | None = None,
    passed: bool | None = None,
    voided: int | None = None,
) -> Evidence:
    """What a statement of one of the usual verbs says; its id is its position."""
    return Evidence(
        position=position,
        statement=UUID(int=position).bytes,
        at=parse_timestamp(at),
        platform=platform,
        verb=verb_key(ADL + verb),
        activity=activity_key(f"https://{platform}/{course}"),
        registration=registration_key(registration) if registration else b"",
        completed=verb == "completed" if completed is None else completed,
        passed=verb == "passed" if passed is None else passed,
        score=None if score is None else Fraction(score),
        seconds=Fraction(minutes) * 60,
        voided=voided,
    )


def studied(position: int, minutes: float | Fraction, **more: Any) -> Evidence:
    return said(position, "experienced", minutes=minutes, **more)


def waive(position: int, *reasons: Any, course: str | None = None) -> Correction:
    statement = str(UUID(int=position))
    return Correction("credit_statement", statement=statement, waive=reasons, course=course)


def member(
    unit: str = "X",
    position: str = "CV",
    first: str | None = "2020-01-01",
    last: str | None = None,
    **more: Any,
) -> Membership:
    return Membership(
        person="P",
        unit=unit,
        position=position,
        category="cong_chuc",
        from_=None if first is None else date.fromisoformat(first),
        to=None if last is None else date.fromisoformat(last),
        **more,
    )


def absent(first: str | None, last: str | None) -> Absence:
    return Absence(
        person="P",
        type="thai_san",
        from_=None if first is None else date.fromisoformat(first),
        to=None if last is None else date.fromisoformat(last),
    )


def item(id_: str, kind: str, day: str = "2026-03-01", **more: Any) -> Item:
    rest = {"decision": "accepted", **more}
    return Item(id=id_, kind=kind, date=date.fromisoformat(day), **rest)


def level(number: int, day: str = "2026-01-01", **more: Any) -> Competence:
    return Competence(
        person="P",
        level=number,
        date=date.fromisoformat(day),
        **({"framework": "KNLS-757"} | more),
    )


PARTY = PartyMembership(person="P")


def file_of(person: str = "P", **more: Any) -> PersonFile:
    return PersonFile(person, **({"memberships": [member()]} | more))


def unit_of(
    id_: str = "X",
    items: Sequence[Item] = (),
    plans: Sequence[str] = (),
    reports: Sequence[tuple[str, str | None]] = (),
    **more: Any,
) -> UnitFile:
    return UnitFile(
        Unit(id=id_, vi=id_, **more),
        items,
        [Plan(unit=id_, submitted=date.fromisoformat(day)) for day in plans],
        [
            Report(
                id=f"BC{number}",
                unit=id_,
                vi="Báo cáo",
                due=date.fromisoformat(due),
                submitted=None if submitted is None else date.fromisoformat(submitted),
            )
            for number, (due, submitted) in enumerate(reports)
        ],
    )


def assessed(*evidence: Evidence, book: Rulebook | None = None, **more: Any) -> PersonAssessment:
    return assess(book or book_of(), file_of(**more), evidence)


def results(
    *people: tuple[PersonFile, Sequence[Evidence]],
    units: Sequence[UnitFile] = (),
    book: Rulebook | None = None,
) -> Results:
    return results_of(book or book_of(), people, units)

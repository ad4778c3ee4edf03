"""The facts of a unit, the kinds of criterion of its sheet (U1-U7 and further ones), and what its
bonus and penalty rules count (U8, U9). A new kind is one function and one line in ``UNIT_KINDS``.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from msgspec import Struct

from projections.scoring.book import Rulebook
from projections.scoring.criteria import (
    Measure,
    count_declared,
    declared_count,
    declared_sum,
    external_value,
    manual,
)
from projections.scoring.facts import Declared, Facts, declared
from projections.scoring.inputs import UnitFile
from projections.scoring.people import PersonAssessment
from schemas.register import Report, Unit
from schemas.scheme import CountRule, Criterion

LATE: Final = timedelta(30)


class Member(NamedTuple):
    """A scored person of the unit, with the facts at hand."""

    person: str
    facts: Facts


class Share(NamedTuple):
    """A scored person's months in the unit, wherever the person is now."""

    assessment: PersonAssessment
    months: int


class LateReport(NamedTuple):
    """A report due in the period, and by how many working days it was late (U9)."""

    report: Report
    working_days_late: int


class UnitFacts(Struct, frozen=True):
    """``members`` are the scored persons who are in the unit at the end (U1)."""

    unit: Unit
    declared: dict[str, Declared]
    plan_submitted: date | None
    reports: tuple[LateReport, ...]
    members: tuple[Member, ...]
    shares: tuple[Share, ...]

    @property
    def head(self) -> Member | None:
        return next((member for member in self.members if member.facts.head_at_end), None)


def unit_facts(
    book: Rulebook, file: UnitFile, members: Sequence[Member], shares: Sequence[Share]
) -> UnitFacts:
    period = book.period
    plans = (plan.submitted for plan in file.plans if plan.submitted <= period.end)
    return UnitFacts(
        unit=file.unit,
        declared=declared(book, file.items),
        plan_submitted=min(plans, default=None),
        reports=tuple(
            LateReport(report, _working_days_late(book, report))
            for report in file.reports
            if period.start <= report.due <= period.end
        ),
        members=tuple(members),
        shares=tuple(shares),
    )


def _working_days_late(book: Rulebook, report: Report) -> int:
    end = book.period.end
    until = end if report.submitted is None else min(report.submitted, end)
    if until <= report.due:
        return 0
    before = book.working_days_before
    return before[book.days.number(until) + 1] - before[book.days.number(report.due) + 1]


def plan_date(criterion: Criterion, facts: UnitFacts, _: Rulebook) -> Measure:
    said, submitted = criterion.settings, facts.plan_submitted
    if submitted is None:
        outcome = "none"
    elif submitted <= said["deadline"]:
        outcome = "on_time"
    elif submitted <= said["deadline"] + LATE:
        outcome = "late_days_le_30"
    else:
        outcome = "later"
    inputs = {"submitted": submitted, "deadline": said["deadline"], "outcome": outcome}
    return Measure(said[outcome], inputs)


def report_timeliness(criterion: Criterion, facts: UnitFacts, _: Rulebook) -> Measure:
    """The part of the reports due that were submitted by their day; all, where none was due."""
    due = len(facts.reports)
    on_time = sum(_is_on_time(late.report) for late in facts.reports)
    points = criterion.max * on_time / due if due else criterion.max
    return Measure(points, {"on_time": on_time, "due": due})


def _is_on_time(report: Report) -> bool:
    return report.submitted is not None and report.submitted <= report.due


def member_ratio(criterion: Criterion, facts: UnitFacts, _: Rulebook) -> Measure:
    said = criterion.settings
    reaches = MEASURES[said["measure"]]
    reached = [member.person for member in facts.members if reaches(member.facts)]
    others = [member.person for member in facts.members if not reaches(member.facts)]
    ratio = _ratio(len(reached), len(facts.members))
    inputs = {
        "measure": said["measure"],
        "numerator": len(reached),
        "denominator": len(facts.members),
        "target": said["target"],
        "reached": reached,
        "others": others,
    }
    return Measure(criterion.max * min(1, ratio / said["target"]), inputs)


def _is_complete(facts: Facts) -> bool:
    return facts.is_complete


def _has_level(facts: Facts) -> bool:
    return facts.attained_level >= facts.required.level


def _has_any_course(facts: Facts) -> bool:
    return bool(facts.completed)


MEASURES: Final[Mapping[str, Callable[[Facts], bool]]] = {
    "required_courses_complete": _is_complete,
    "competence_level_met": _has_level,
    "any_course_complete": _has_any_course,
}


def _ratio(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction(0)


def weighted_mean_personal(criterion: Criterion, facts: UnitFacts, book: Rulebook) -> Measure:
    months = sum(share.months for share in facts.shares)
    weighted = sum(
        (Fraction(share.assessment.personal) * share.months for share in facts.shares),
        Fraction(0),
    )
    mean = weighted / months if months else Fraction(0)
    people = {
        share.assessment.person: {"personal": share.assessment.personal, "months": share.months}
        for share in facts.shares
    }
    inputs = {"mean": mean, "months": months, "of": book.person_sheet.max, "people": people}
    return Measure(criterion.max * mean / book.person_sheet.max, inputs)


def pioneers(criterion: Criterion, facts: UnitFacts, _: Rulebook) -> Measure:
    said, head = criterion.settings, facts.head
    head_complete = head is not None and head.facts.is_complete
    party = [member for member in facts.members if member.facts.party_member]
    pioneers = party or facts.members
    complete = sum(member.facts.is_complete for member in pioneers)
    points = said["party_ratio"] * _ratio(complete, len(pioneers))
    if head_complete:
        points += said["head_complete"]
    inputs = {"head": None if head is None else head.person, "head_complete": head_complete}
    protected = {
        "numerator": complete,
        "denominator": len(pioneers),
        "of": "party_members" if party else "members",
    }
    return Measure(points, inputs, protected)


class UnitKind(NamedTuple):
    """``rule``: its number in the case format, where it has one."""

    rule: str
    measure: Callable[[Criterion, UnitFacts, Rulebook], Measure]


UNIT_KINDS: Final[Mapping[str, UnitKind]] = {
    "plan_date": UnitKind("U2", plan_date),
    "member_ratio": UnitKind("U3, U4", member_ratio),
    "declared_count": UnitKind("U5", declared_count),
    "weighted_mean_personal": UnitKind("U6", weighted_mean_personal),
    "pioneers": UnitKind("U7", pioneers),
    "declared_sum": UnitKind("", declared_sum),
    "report_timeliness": UnitKind("", report_timeliness),
    "manual": UnitKind("", manual),
    "external_value": UnitKind("", external_value),
}


def late_report_blocks(rule: CountRule, facts: UnitFacts, _: Rulebook) -> int:
    """Per report, each block of working days begun (U9)."""
    block = rule.settings["block_working_days"]
    return sum(-(-late.working_days_late // block) for late in facts.reports)


UNIT_COUNTS: Final[Mapping[str, Callable[[CountRule, UnitFacts, Rulebook], int]]] = {
    "late_report_blocks": late_report_blocks,
    "declared_count": count_declared,
}

"""The kinds of criterion of a person's sheet (P2-P7 and further ones), and what its bonus and
penalty rules count (P9). A new kind is one function and one line in ``PERSON_KINDS``.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from projections.scoring.book import UNKNOWN_COURSE, Rulebook
from projections.scoring.crediting import Judged
from projections.scoring.criteria import (
    Measure,
    count_declared,
    declared_count,
    declared_sum,
    external_value,
    first_tier,
    manual,
)
from projections.scoring.days import MINUTE
from projections.scoring.facts import Facts
from schemas.scheme import CountRule, Criterion


def required_courses_ratio(criterion: Criterion, facts: Facts, _: Rulebook) -> Measure:
    complete, required = len(facts.required_complete), len(facts.required.courses)
    points = criterion.max * complete / required if required else criterion.max
    return Measure(points, {"complete": complete, "required": required})


def hours_linear(criterion: Criterion, facts: Facts, _: Rulebook) -> Measure:
    credited = _minutes(facts)
    target = criterion.settings["target_minutes_per_12_months"] * len(facts.months) / 12
    points = criterion.max * min(1, credited / target)
    inputs = {
        "credited_minutes": credited,
        "target_minutes": target,
        "eligible_months": len(facts.months),
    }
    return Measure(points, inputs)


def hours_tiers(criterion: Criterion, facts: Facts, _: Rulebook) -> Measure:
    """The first tier whose minutes, in proportion to the eligible months, are credited."""
    credited, said = _minutes(facts), criterion.settings
    yearly = credited * 12 / len(facts.months)
    points = first_tier(said["tiers"], "min_minutes_per_12_months", yearly, said["otherwise"])
    inputs = {
        "credited_minutes": credited,
        "minutes_per_12_months": yearly,
        "eligible_months": len(facts.months),
    }
    return Measure(points, inputs)


def _minutes(facts: Facts) -> Fraction:
    return Fraction(sum(facts.credited.values())) / MINUTE


def regularity_tiers(criterion: Criterion, facts: Facts, _: Rulebook) -> Measure:
    active, eligible, said = len(facts.active_months), len(facts.months), criterion.settings
    points = first_tier(said["tiers"], "min_ratio", Fraction(active, eligible), said["otherwise"])
    inputs = {
        "active_months": active,
        "eligible_months": eligible,
        "active_month_minutes": said["active_month_minutes"],
    }
    return Measure(points, inputs)


def competence_gap(criterion: Criterion, facts: Facts, _: Rulebook) -> Measure:
    required, attained = facts.required.level, facts.attained_level
    inputs = {"required_level": required, "attained_level": attained}
    for row in criterion.settings["table"]:
        if required - attained <= row["max_gap"]:
            return Measure(row["score"], inputs)
    return Measure(criterion.settings["otherwise"], inputs)


def exam_mean_tiers(criterion: Criterion, facts: Facts, _: Rulebook) -> Measure:
    said, mean = criterion.settings, facts.exam_mean
    scores = {course: facts.exam.get(course, 0) for course in facts.required.exams}
    inputs = {"exams": scores, "mean": mean}
    if mean is None:
        return Measure(criterion.max, inputs)
    return Measure(first_tier(said["tiers"], "min", mean, said["otherwise"]), inputs)


def exam_score(criterion: Criterion, facts: Facts, _: Rulebook) -> Measure:
    """The best score of one course, whoever must take it; no result is 0."""
    said = criterion.settings
    best = facts.exam.get(said["course"], 0)
    points = first_tier(said["tiers"], "min", best, said["otherwise"])
    return Measure(points, {"course": said["course"], "score": best})


def completions_count(criterion: Criterion, facts: Facts, _: Rulebook) -> Measure:
    said = criterion.settings
    complete = len(_complete(said.get("courses", "all"), facts))
    points = min(said["cap"], said["per_item"] * complete)
    return Measure(points, {"complete": complete})


def _complete(which: str, facts: Facts) -> list[str]:
    if which == "all":
        return list(facts.completed)
    is_required = which == "required"
    return [
        course for course in facts.completed if (course in facts.required.courses) == is_required
    ]


# ---- which statements a criterion lists (X1-X3, X5)

Lists = Callable[[Criterion, Facts, Rulebook, Judged], bool]


def completions(_: Criterion, facts: Facts, book: Rulebook, row: Judged) -> bool:
    """Signals of completion on a required course, as far as its ``move_on`` uses them, and on
    none.
    """
    return _completes(book, row) and (row.course is None or row.course in facts.required.courses)


def all_completions(criterion: Criterion, facts: Facts, book: Rulebook, row: Judged) -> bool:
    which = criterion.settings.get("courses", "all")
    return _completes(book, row) and (
        which == "all"
        or row.course is None
        or (row.course in facts.required.courses) == (which == "required")
    )


def _completes(book: Rulebook, row: Judged) -> bool:
    completed, passed = row.evidence.completed, row.evidence.passed
    if row.course is None:
        return completed or passed
    match book.courses.get(row.course, UNKNOWN_COURSE).move_on:
        case "Completed":
            return completed
        case "Passed":
            return passed
    return completed or passed


def learning_time(_: Criterion, __: Facts, ___: Rulebook, row: Judged) -> bool:
    return row.time > 0


def exams(_: Criterion, facts: Facts, __: Rulebook, row: Judged) -> bool:
    return row.evidence.score is not None and (
        row.course is None or row.course in facts.required.exams
    )


def exams_of_course(criterion: Criterion, _: Facts, __: Rulebook, row: Judged) -> bool:
    return row.evidence.score is not None and (
        row.course is None or row.course == criterion.settings["course"]
    )


class PersonKind(NamedTuple):
    """``rule``: its number in the case format, where it has one. ``lists``: the statements it
    is explained by. ``is_time``: those count by the time credited.
    """

    rule: str
    measure: Callable[[Criterion, Facts, Rulebook], Measure]
    lists: Lists | None = None
    is_time: bool = False


PERSON_KINDS: Final[Mapping[str, PersonKind]] = {
    "required_courses_ratio": PersonKind("P2", required_courses_ratio, completions),
    "hours_linear": PersonKind("P3", hours_linear, learning_time, is_time=True),
    "regularity_tiers": PersonKind("P4", regularity_tiers, learning_time, is_time=True),
    "competence_gap": PersonKind("P5", competence_gap),
    "exam_mean_tiers": PersonKind("P6", exam_mean_tiers, exams),
    "declared_sum": PersonKind("P7", declared_sum),
    "declared_count": PersonKind("", declared_count),
    "hours_tiers": PersonKind("", hours_tiers, learning_time, is_time=True),
    "exam_score": PersonKind("", exam_score, exams_of_course),
    "completions_count": PersonKind("", completions_count, all_completions),
    "manual": PersonKind("", manual),
    "external_value": PersonKind("", external_value),
}


# ---- what bonus and penalty rules count


def elective_courses(_: CountRule, facts: Facts, __: Rulebook) -> int:
    return len(_complete("elective", facts))


def overdue_required_courses(_: CountRule, facts: Facts, __: Rulebook) -> int:
    return len(facts.overdue)


PERSON_COUNTS: Final[Mapping[str, Callable[[CountRule, Facts, Rulebook], int]]] = {
    "elective_courses": elective_courses,
    "overdue_required_courses": overdue_required_courses,
    "declared_count": count_declared,
}

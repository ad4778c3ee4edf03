"""The evaluation rules, slowly: one sentence of the case format's description after another.

Written from those words and from nothing of the program's: no keys, no tables, no shortcuts. Every
number is a fraction. The comments quote the rules by their numbers; where the words leave something
open, the comment says what was taken.

``python -m tests.assessment.reference FOLDER`` prints what the folder's ``expected.yaml`` must say.
"""

import json
import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import sha1
from math import ceil, floor
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

Json = dict[str, Any]

ADL = "http://adlnet.gov/expapi/verbs/"
COMPLETED, PASSED, FAILED, SCORED, VOIDED = (
    ADL + verb for verb in ("completed", "passed", "failed", "scored", "voided")
)
ONE_DAY = timedelta(days=1)


# What is asked for: the results and explanations of section 8


def documents(folder: Path) -> list[Json]:
    """A results and an explanation document for each result set of the case."""
    expected_of_case = expected(folder)
    found = []
    for name, result_set in expected_of_case["result_sets"].items():
        head = {"period": expected_of_case["period"], "result_set": name}
        results = {key: result_set[key] for key in ("people", "units", "facts")}
        explanations = {
            "people": result_set["explanations"],
            "unattributed": result_set["unattributed"],
        }
        found += [
            {"format": "lrs-results/1", **head, **results},
            {"format": "lrs-explanations/1", **head, **explanations},
        ]
    return found


def expected(folder: Path) -> Json:
    """What ``expected.yaml`` must say."""
    case = read_case(folder)
    result_sets = {"frozen": evaluate(case)}  # J1: the frozen set uses no correction
    if case.corrections:
        result_sets["corrected"] = evaluate(corrected(case))
    return {
        "format": "lrs-expected/1",
        "case": folder.name,
        "period": case.period["id"],
        "result_sets": result_sets,
    }


# Reading, exactly [G3]


@dataclass(frozen=True)
class Line:
    """A statement as it is stored: where, from which platform, and its content."""

    position: int
    platform: str
    statement: Json


@dataclass
class Case:
    organisation: Json
    catalogue: Json
    person_sheet: Json
    unit_sheet: Json
    period: Json
    declarations: Json
    log: list[Line]
    freeze: int
    corrections: list[Json]
    credited: list[Json] = field(default_factory=list)
    """The corrections of the kind ``credit_statement`` that are in force."""


class ExactLoader(yaml.SafeLoader):
    """YAML whose decimals are exact."""


ExactLoader.add_constructor(
    "tag:yaml.org,2002:float",
    lambda _, node: Fraction(Decimal(node.value)),
)


def read_yaml(path: Path) -> Json:
    return dict(yaml.load(path.read_text("utf-8"), ExactLoader))


def read_case(folder: Path) -> Case:
    order = read_yaml(folder / "order.yaml")
    period = read_yaml(folder / "period.yaml")
    appeals = []
    if (folder / "appeal.yaml").exists():
        appeals = read_yaml(folder / "appeal.yaml")["appeals"]
    lines_posted = sum(batch["lines"] for batch in order["batches"])
    freeze = period["freeze"]
    return Case(
        organisation=read_yaml(folder / "organisation.yaml"),
        catalogue=read_yaml(folder / "catalogue.yaml"),
        person_sheet=read_yaml(folder / "scheme-individual.yaml"),
        unit_sheet=read_yaml(folder / "scheme-unit.yaml"),
        period=period,
        declarations=read_yaml(folder / "declarations.yaml"),
        log=post(folder, order["batches"]),
        freeze=lines_posted if freeze == "after_all_lines" else freeze["after_lines"],  # L6
        corrections=[correction for appeal in appeals for correction in appeal["corrections"]],
    )


# The log [L]


def post(folder: Path, batches: list[Json]) -> list[Line]:
    """What is stored after all batches were posted, in the order of their first positions [L1]."""
    unread = {
        path.stem: path.read_text("utf-8").split("\n")
        for path in (folder / "statements").glob("*.jsonl")
    }
    log: list[Line] = []
    stored: dict[str, Json] = {}
    position = 0
    for batch in batches:
        platform, count = batch["platform"], batch["lines"]
        texts, unread[platform] = unread[platform][:count], unread[platform][count:]
        lines = []
        for text in texts:
            position += 1  # L2: every line counts, whatever becomes of it
            statement = json.loads(text, parse_float=Decimal)
            lines.append(Line(position, platform, statement))
        if any(
            line.statement["id"] in stored
            and not equal(stored[line.statement["id"]], line.statement)
            for line in lines
        ):
            continue  # L5: nothing of the batch is stored
        for line in lines:
            if line.statement["id"] not in stored:  # L4: the first position stays
                stored[line.statement["id"]] = line.statement
                log.append(line)
    return log


def equal(one: Any, other: Any) -> bool:
    """Equal as JSON values [L4]; true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


# Voiding [V]


def is_voiding(statement: Json) -> bool:
    """V1."""
    verb, target = statement["verb"]["id"], statement["object"].get("objectType")
    return bool(verb == VOIDED and target == "StatementRef")


def voided_ids(case: Case) -> set[str]:
    """V2, V3: named by a voiding statement that is stored not after the freeze."""
    return {
        line.statement["object"]["id"]
        for line in case.log
        if is_voiding(line.statement) and line.position <= case.freeze
    }


# Identity [I]


def identifier_of(mapping: Json) -> tuple[str, ...] | None:
    """The one identifier of an Agent or of an entry of the organisation, or None.

    I3: an mbox and the SHA-1 of it are the same identifier, so both are taken as the SHA-1.
    """
    if "account" in mapping:
        return ("account", mapping["account"]["homePage"], mapping["account"]["name"])
    if "openid" in mapping:
        return ("openid", mapping["openid"])
    if "mbox" in mapping:
        return ("mbox", sha1(mapping["mbox"].encode()).hexdigest())
    if "mbox_sha1sum" in mapping:
        return ("mbox", mapping["mbox_sha1sum"].lower())
    return None


def owners(case: Case) -> dict[tuple[str, ...], str]:
    """Who has which identifier."""
    found = {}
    for person in case.organisation["people"]:
        for entry in person.get("identifiers") or []:
            identifier = identifier_of(entry)
            if identifier is not None:
                found[identifier] = person["id"]
    return found


def learner(case_owners: dict[tuple[str, ...], str], statement: Json) -> str | None:
    """I1, I2, I4."""
    actor = statement["actor"]
    if actor.get("objectType", "Agent") != "Agent":
        return None  # I4: a Group is nobody
    identifier = identifier_of(actor)
    return case_owners.get(identifier) if identifier is not None else None


# Courses and platforms [K]


def course_of(case: Case, line: Line) -> str | None:
    """K1."""
    target = line.statement["object"]
    if target.get("objectType", "Activity") != "Activity":
        return None
    for course in case.catalogue["courses"]:
        if target["id"] in ((course.get("activities") or {}).get(line.platform) or []):
            return str(course["id"])
    return None


def covers(bounds: Json, day: date) -> bool:
    """G4: both bounds are inclusive, a missing bound is open."""
    first, last = bounds.get("from"), bounds.get("to")
    return (first is None or first <= day) and (last is None or day <= last)


def is_recognised(case: Case, platform: str, day: date) -> bool:
    """K2."""
    [entry] = [entry for entry in case.catalogue["platforms"] if entry["id"] == platform]
    return any(covers(recognition, day) for recognition in entry["recognitions"] or [])


# Signals [S]


@dataclass(frozen=True)
class Signals:
    completed: bool
    passed: bool
    score: Fraction | None
    minutes: Fraction

    def none(self) -> bool:
        """S5."""
        return not self.completed and not self.passed and self.score is None and self.minutes == 0


def signals_of(case: Case, line: Line) -> Signals:
    verb = line.statement["verb"]["id"]
    result = line.statement.get("result", {})
    completion, success = result.get("completion"), result.get("success")
    completed = (verb == COMPLETED and completion is not False) or (
        verb in (PASSED, FAILED) and completion is True
    )  # S1
    passed = (verb == PASSED and success is not False) or (
        verb in (COMPLETED, SCORED) and success is True
    )  # S2
    score = None  # S3
    if verb in (PASSED, FAILED, SCORED) and "scaled" in result.get("score", {}):
        score = max(Fraction(0), Fraction(result["score"]["scaled"]))
    minutes = Fraction(0)  # S4
    [platform] = [entry for entry in case.catalogue["platforms"] if entry["id"] == line.platform]
    if verb in (platform["minutes_verbs"] or []) and "duration" in result:
        minutes = minutes_of(result["duration"])
    return Signals(completed, passed, score, minutes)


AMOUNT = "([0-9]+(?:[.,][0-9]+)?)"
WEEKS = re.compile(f"P{AMOUNT}W")
DAYS = re.compile(f"P(?:{AMOUNT}D)?(?:T(?:{AMOUNT}H)?(?:{AMOUNT}M)?(?:{AMOUNT}S)?)?")


def minutes_of(duration: str) -> Fraction:
    """S4. Whatever is of neither form, such as years and months, is 0."""
    in_weeks = WEEKS.fullmatch(duration)
    if in_weeks:
        return amount(in_weeks[1]) * 7 * 24 * 60
    in_days = DAYS.fullmatch(duration)
    if in_days:
        days, hours, minutes, seconds = map(amount, in_days.groups())
        return days * 24 * 60 + hours * 60 + minutes + seconds / 60
    return Fraction(0)


def amount(digits: str | None) -> Fraction:
    return Fraction((digits or "0").replace(",", "."))


# Admission [T], duplicates [D]


@dataclass
class Evidence:
    """A statement with a signal; admitted if it has no reason."""

    id: str
    position: int
    moment: datetime
    day: date
    verb: str
    registration: str | None
    person: str | None
    course: str | None
    signals: Signals
    reason: str | None

    def fact(self) -> tuple[Any, ...]:
        """D1."""
        return (self.person, self.course, self.verb, self.registration, self.day, self.signals)


def judge(case: Case) -> list[Evidence]:
    """All statements with a signal, in the order of their positions, with their reasons."""
    zone = ZoneInfo(case.period["timezone"])
    case_owners, voided = owners(case), voided_ids(case)
    judged: list[Evidence] = []
    for line in case.log:
        signals = signals_of(case, line)
        if is_voiding(line.statement) or signals.none():  # V4, S5
            continue
        moment = datetime.fromisoformat(line.statement["timestamp"].upper())
        waivers = waivers_of(case, line)
        evidence = Evidence(
            id=line.statement["id"],
            position=line.position,
            moment=moment.astimezone(UTC),
            day=moment.astimezone(zone).date(),  # G5
            verb=line.statement["verb"]["id"],
            registration=line.statement.get("context", {}).get("registration"),
            # J2: a waiver lifts a reason that applies; who is known stays who he is, and a course
            # of K1 stays it
            person=learner(case_owners, line.statement) or waivers.get("UNRESOLVED_ACTOR"),
            course=course_of(case, line) or waivers.get("UNMAPPED_COURSE"),
            signals=signals,
            reason=None,
        )
        evidence.reason = first_reason(case, line, evidence, voided, waivers)
        judged.append(evidence)
    facts = set()
    for evidence in judged:  # D2: the lowest position is admitted
        if evidence.reason is None:
            if evidence.fact() in facts:
                evidence.reason = "DUPLICATE"  # T7
            facts.add(evidence.fact())
    return judged


def first_reason(
    case: Case, line: Line, evidence: Evidence, voided: set[str], waivers: dict[str, str | None]
) -> str | None:
    """T1 to T6."""
    if evidence.person is None:
        return "UNRESOLVED_ACTOR"
    if evidence.position > case.freeze and "AFTER_FREEZE" not in waivers:
        return "AFTER_FREEZE"
    if evidence.id in voided:
        return "VOIDED"
    if not case.period["start"] <= evidence.day <= case.period["end"]:
        return "OUT_OF_PERIOD"
    if evidence.course is None:
        return "UNMAPPED_COURSE"
    if (
        not is_recognised(case, line.platform, evidence.day)
        and "PLATFORM_NOT_RECOGNISED" not in waivers
    ):
        return "PLATFORM_NOT_RECOGNISED"
    return None


# Appeals [J]


def corrected(case: Case) -> Case:
    """J1, J3: the case with all corrections applied."""
    changed = deepcopy(case)
    for correction in case.corrections:
        match correction["kind"]:
            case "credit_statement":
                changed.credited.append(correction)
            case "decide_declaration":
                [item] = [
                    entry
                    for entry in changed.declarations["items"]
                    if entry["id"] == correction["item"]
                ]
                item["decision"] = correction["decision"]
            case "link_identity":
                [person] = [
                    entry
                    for entry in changed.organisation["people"]
                    if entry["id"] == correction["person"]
                ]
                identifiers = person.get("identifiers") or []
                person["identifiers"] = [*identifiers, correction["identifier"]]
    return changed


def waivers_of(case: Case, line: Line) -> dict[str, str | None]:
    """J2: the reasons lifted for one statement, with the person or the course they give it."""
    gives = {"UNRESOLVED_ACTOR": "person", "UNMAPPED_COURSE": "course"}
    waivers: dict[str, str | None] = {}
    for correction in case.credited:
        if correction["statement"] == line.statement["id"]:
            for reason in correction["waive"]:
                waivers[reason] = correction[gives[reason]] if reason in gives else None
    return waivers


# Months [M]


@dataclass(frozen=True)
class Month:
    """An eligible month and the membership row it belongs to."""

    month: str
    row: Json


def days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += ONE_DAY


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def primary_rows(case: Case, person: str) -> list[Json]:
    return [
        row
        for row in case.organisation["memberships"]
        if row["person"] == person and row.get("primary") is not False
    ]


def row_on(rows: list[Json], day: date) -> Json | None:
    """The one of them that covers the day; primary rows never overlap."""
    for row in rows:
        if covers(row, day):
            return row
    return None


def absences_of(case: Case, person: str) -> list[Json]:
    return [
        absence for absence in case.organisation["absences"] or [] if absence["person"] == person
    ]


def eligible_months(case: Case, person: str) -> list[Month]:
    """M1 to M4."""
    own, absences = primary_rows(case, person), absences_of(case, person)
    rows_of_month: dict[str, list[Json]] = {}
    for day in days(case.period["start"], case.period["end"]):
        row = row_on(own, day)
        absent = any(covers(absence, day) for absence in absences)
        if row is not None and not absent:  # M2
            rows_of_month.setdefault(month_of(day), []).append(row)
    minimum = case.person_sheet["eligibility"]["month_min_days"]
    months = []
    for month, rows in sorted(rows_of_month.items()):
        if len(rows) >= minimum:  # M3
            # M4: most days, then the later start; rows never overlap, so the last is the later
            most = max(rows.count(row) for row in rows)
            [*_, owner] = [row for row in rows if rows.count(row) == most]
            months.append(Month(month, owner))
    return months


def position_of(months: list[Month]) -> str:
    """M5."""
    positions = [month.row["position"] for month in months]
    most = max(positions.count(position) for position in positions)
    [*_, chosen] = [position for position in positions if positions.count(position) == most]
    return str(chosen)


def months_in_unit(months: list[Month]) -> dict[str, int]:
    units = [month.row["unit"] for month in months]
    return {unit: units.count(unit) for unit in units}


def head_months(months: list[Month]) -> dict[str, int]:
    """M6."""
    return months_in_unit([month for month in months if month.row.get("head") is True])


def is_party_member(case: Case, person: str) -> bool:
    """M7."""
    return any(
        membership["person"] == person and covers(membership, case.period["end"])
        for membership in case.organisation["protected"]["party_memberships"] or []
    )


# Facts of a person [C]


@dataclass
class Facts:
    person: str
    position: str
    months: list[Month]
    row_at_end: Json | None
    required: list[str]
    required_level: Fraction
    completed: dict[str, datetime]
    overdue: list[str]
    reported: dict[str, Fraction]
    credited: dict[str, Fraction]
    credited_of_statement: dict[str, Fraction]
    active_months: list[str]
    attained_level: Any
    exam: dict[str, Fraction]
    exam_mean: Fraction | None
    declared: dict[str, dict[str, int]]

    def all_required_complete(self) -> bool:
        return all(course in self.completed for course in self.required)

    def has_required_level(self) -> bool:
        return bool(self.attained_level >= self.required_level)


def facts_of(case: Case, person: str, judged: list[Evidence]) -> Facts | None:
    """None for a person without an eligible month [M8]."""
    months = eligible_months(case, person)
    if not months:
        return None
    admitted = [e for e in judged if e.person == person and e.reason is None]
    position = position_of(months)
    [requirements] = [row for row in case.catalogue["positions"] if row["id"] == position]
    required = requirements["required_courses"] or []
    completed = completions(case, admitted)
    credited_of_statement = credit(case, admitted)
    reported: dict[str, Fraction] = {}
    credited: dict[str, Fraction] = {}
    for evidence in admitted:
        if evidence.signals.minutes > 0:
            course = str(evidence.course)
            reported[course] = reported.get(course, Fraction(0)) + evidence.signals.minutes
            credited[course] = (
                credited.get(course, Fraction(0)) + credited_of_statement[evidence.id]
            )
    exam = exam_results(case, admitted)
    return Facts(
        person=person,
        position=position,
        months=months,
        row_at_end=row_on(primary_rows(case, person), case.period["end"]),  # M7
        required=required,
        required_level=Fraction(requirements["required_level"]),
        completed=completed,
        overdue=overdue_courses(case, months, required, completed),
        reported=reported,
        credited=credited,
        credited_of_statement=credited_of_statement,
        active_months=active_months(case, months, admitted, credited_of_statement),
        attained_level=attained_level(case, person),
        exam=exam,
        exam_mean=exam_mean(case, required, exam),
        declared=declared_items(case, "person", person),
    )


def completions(case: Case, admitted: list[Evidence]) -> dict[str, datetime]:
    """C1: the complete courses and the moments at which they became so."""
    moments = {}
    for course in case.catalogue["courses"]:
        about = [evidence for evidence in admitted if evidence.course == course["id"]]
        completed = min((e.moment for e in about if e.signals.completed), default=None)
        passed = min((e.moment for e in about if e.signals.passed), default=None)
        moment = None
        match course["move_on"]:
            case "Completed":
                moment = completed
            case "Passed":
                moment = passed
            case "CompletedOrPassed":
                moment = min((m for m in (completed, passed) if m is not None), default=None)
            case "CompletedAndPassed":
                if completed is not None and passed is not None:
                    moment = max(completed, passed)
        if moment is not None:
            moments[course["id"]] = moment
    return moments


def overdue_courses(
    case: Case, months: list[Month], required: list[str], completed: dict[str, datetime]
) -> list[str]:
    """C2."""
    deadline = case.period["required_course_deadline"]
    zone = ZoneInfo(case.period["timezone"])
    if months[0].month > month_of(deadline):
        return []
    return [
        course
        for course in required
        if course not in completed or completed[course].astimezone(zone).date() > deadline
    ]


def only(case: Case, kind: str) -> Json | None:
    """The criterion of a kind that occurs at most once on the individual sheet."""
    for criterion in leaves(case.person_sheet["criteria"]):
        if criterion["kind"] == kind:
            return criterion
    return None


def the_only(case: Case, kind: str) -> Json:
    criterion = only(case, kind)
    assert criterion is not None, f"every individual sheet has {kind}"
    return criterion


def credit(case: Case, admitted: list[Evidence]) -> dict[str, Fraction]:
    """C3: the minutes credited to each admitted statement with learning time."""
    factor = Fraction(the_only(case, "hours_linear")["course_minutes_cap_factor"])
    credited = {}
    for course in case.catalogue["courses"]:
        left = factor * course["nominal_minutes"]
        about = [e for e in admitted if e.course == course["id"] and e.signals.minutes > 0]
        for evidence in sorted(about, key=lambda e: (e.moment, e.position)):
            credited[evidence.id] = min(left, evidence.signals.minutes)
            left -= credited[evidence.id]
    return credited


def active_months(
    case: Case, months: list[Month], admitted: list[Evidence], credited: dict[str, Fraction]
) -> list[str]:
    """C4."""
    threshold = Fraction(the_only(case, "regularity_tiers")["active_month_minutes"])
    active = []
    for month in months:
        minutes = sum(
            credited.get(evidence.id, Fraction(0))
            for evidence in admitted
            if month_of(evidence.day) == month.month
        )
        if minutes >= threshold:
            active.append(month.month)
    return active


def exam_results(case: Case, admitted: list[Evidence]) -> dict[str, Fraction]:
    """C5, of every course with an exam, required or not."""
    results = {}
    for course in case.catalogue["courses"]:
        scores = [
            evidence.signals.score
            for evidence in admitted
            if evidence.course == course["id"] and evidence.signals.score is not None
        ]
        if course["exam"] and scores:
            results[course["id"]] = max(scores)
    return results


def exams_required(case: Case, required: list[str]) -> list[str]:
    return [
        course["id"]
        for course in case.catalogue["courses"]
        if course["id"] in required and course["exam"]
    ]


def exam_mean(case: Case, required: list[str], exam: dict[str, Fraction]) -> Fraction | None:
    """C5; None where no required course has an exam."""
    courses = exams_required(case, required)
    if not courses:
        return None
    return sum((exam.get(course, Fraction(0)) for course in courses), Fraction(0)) / len(courses)


def attained_level(case: Case, person: str) -> Any:
    """C6."""
    framework = the_only(case, "competence_gap")["framework"]
    end = case.period["end"]
    levels = [
        credential["level"]
        for credential in case.declarations["competence_credentials"] or []
        if credential["person"] == person
        and credential["framework"] == framework
        and credential.get("verified") is not False
        and credential["date"] <= end
        and (credential.get("valid_to") is None or credential["valid_to"] >= end)
    ]
    return max(levels, default=0)


def declared_items(case: Case, subject: str, id: str) -> dict[str, dict[str, int]]:
    """C7: for every kind with an item in the period, how many were declared and accepted."""
    kinds: dict[str, dict[str, int]] = {}
    for item in case.declarations["items"] or []:
        if item.get(subject) == id and (case.period["start"] <= item["date"] <= case.period["end"]):
            counts = kinds.setdefault(item["kind"], {"self": 0, "accepted": 0})
            counts["self"] += item.get("self_declared") is not False
            counts["accepted"] += item["decision"] == "accepted"
    return kinds


def accepted(declared: dict[str, dict[str, int]], kind: str) -> int:
    return declared[kind]["accepted"] if kind in declared else 0


# Scores: what persons and units share [R], [P1], [P8], [B1]


def rounded(number: Fraction) -> Fraction:
    """R1: half up, to 2 decimals."""
    return Fraction(floor(number * 100 + Fraction(1, 2)), 100)


def leaves(criteria: list[Json]) -> list[Json]:
    """P1: an entry with ``children`` only groups."""
    found = []
    for entry in criteria:
        found += leaves(entry["children"]) if "children" in entry else [entry]
    return found


def block_total(block: Json, counts: dict[str, int]) -> Fraction:
    """P8: what a bonus or penalty block adds up to."""
    total = sum(
        (
            min(Fraction(rule["cap"]), Fraction(rule["per_item"]) * counts[rule["id"]])
            for rule in block["rules"] or []
        ),
        Fraction(0),
    )
    return rounded(min(Fraction(block["cap"]), total))


def kept_within(number: Fraction, maximum: Any) -> Fraction:
    return max(Fraction(0), min(Fraction(maximum), number))


def band_of(sheet: Json, final: Fraction) -> str:
    """B1, R2: of the rounded final score."""
    for band in sheet["bands"]:
        if final >= band["min"]:
            return str(band["id"])
    raise AssertionError("the last band starts at 0")


# Person [P], [H], [B2]


@dataclass
class PersonScore:
    criteria: dict[str, Fraction]
    base: Fraction
    bonus: Fraction
    penalty: Fraction
    personal: Fraction
    bonus_counts: dict[str, int]
    penalty_counts: dict[str, int]
    award_blocked: bool
    final: Fraction = Fraction(0)
    band: str = ""


def score_person(case: Case, facts: Facts) -> PersonScore:
    sheet = case.person_sheet
    criteria = {
        criterion["id"]: rounded(person_criterion(case, criterion, facts))
        for criterion in leaves(sheet["criteria"])
    }
    bonus_counts = person_counts(sheet["bonus"], facts)
    penalty_counts = person_counts(sheet["penalty"], facts)
    base = sum(criteria.values(), Fraction(0))
    bonus = block_total(sheet["bonus"], bonus_counts)
    penalty = block_total(sheet["penalty"], penalty_counts)
    counts = bonus_counts | penalty_counts
    return PersonScore(
        criteria=criteria,
        base=base,
        bonus=bonus,
        penalty=penalty,
        personal=kept_within(base + bonus - penalty, sheet["max"]),  # P8
        bonus_counts=bonus_counts,
        penalty_counts=penalty_counts,
        award_blocked=any(  # P9
            rule.get("blocks_award", False) and counts[rule["id"]] > 0
            for block in (sheet["bonus"], sheet["penalty"])
            for rule in block["rules"] or []
        ),
    )


def person_criterion(case: Case, criterion: Json, facts: Facts) -> Fraction:
    maximum = Fraction(criterion["max"])
    match criterion["kind"]:
        case "required_courses_ratio":  # P2
            if not facts.required:
                return maximum
            complete = [course for course in facts.required if course in facts.completed]
            return maximum * Fraction(len(complete), len(facts.required))
        case "hours_linear":  # P3
            minutes = sum(facts.credited.values(), Fraction(0))
            target = Fraction(criterion["target_minutes_per_12_months"]) * len(facts.months) / 12
            return maximum * min(Fraction(1), minutes / target)
        case "regularity_tiers":  # P4
            ratio = Fraction(len(facts.active_months), len(facts.months))
            for tier in criterion["tiers"]:
                if ratio >= tier["min_ratio"]:
                    return Fraction(tier["score"])
            return Fraction(criterion["otherwise"])
        case "competence_gap":  # P5
            gap = facts.required_level - facts.attained_level
            for row in criterion["table"]:
                if gap <= row["max_gap"]:
                    return Fraction(row["score"])
            return Fraction(criterion["otherwise"])
        case "exam_mean_tiers":  # P6
            if facts.exam_mean is None:
                return maximum
            for tier in criterion["tiers"]:
                if facts.exam_mean >= tier["min"]:
                    return Fraction(tier["score"])
            return Fraction(criterion["otherwise"])
        case "declared_sum":  # P7
            total = sum(
                (
                    min(
                        Fraction(item["cap"]),
                        Fraction(item["per_item"]) * accepted(facts.declared, item["evidence"]),
                    )
                    for item in criterion["items"]
                ),
                Fraction(0),
            )
            return min(maximum, total)
    raise AssertionError(f"no kind of criterion for persons: {criterion['kind']}")


def person_counts(block: Json, facts: Facts) -> dict[str, int]:
    """P9."""
    counts = {}
    for rule in block["rules"] or []:
        match rule["kind"]:
            case "elective_courses":
                count = len([c for c in facts.completed if c not in facts.required])
            case "overdue_required_courses":
                count = len(facts.overdue)
            case "declared_count":
                count = accepted(facts.declared, rule["evidence"])
            case kind:
                raise AssertionError(f"no kind of rule for persons: {kind}")
        counts[rule["id"]] = count
    return counts


def blended(
    case: Case, facts: Facts, score: PersonScore, units: dict[str, "UnitScore"]
) -> Fraction:
    """H1, H2; H3 because the units were scored before."""
    rule = case.person_sheet["head_of_unit"]
    blend, weights = Fraction(0), Fraction(0)
    for unit, months in head_months(facts.months).items():
        if months >= rule["min_head_months"] and unit in units:
            weight = Fraction(rule["weight"]) * months / len(facts.months)
            weights += weight
            blend += weight * units[unit].final
    return rounded(score.personal * (1 - weights) + blend)


def gated(case: Case, person: str, score: PersonScore) -> str:
    """B2: the band after the gates. A criterion is at its maximum if its score is."""
    bands = [band["id"] for band in case.person_sheet["bands"]]
    maxima = {entry["id"]: entry["max"] for entry in leaves(case.person_sheet["criteria"])}
    band = band_of(case.person_sheet, score.final)
    for gate in case.person_sheet["gates"] or []:
        criterion = gate["requires"]["criterion"]
        if (
            is_party_member(case, person)
            and band == gate["level"]
            and score.criteria[criterion] != maxima[criterion]
            and band != bands[-1]  # there is no lower one
        ):
            band = bands[bands.index(band) + 1]
    return str(band)


# Unit [U]


@dataclass
class UnitScore:
    criteria: dict[str, Fraction]
    base: Fraction
    bonus: Fraction
    penalty: Fraction
    final: Fraction
    band: str


@dataclass(frozen=True)
class Staff:
    """Everybody who is scored, and what is known of them."""

    facts: dict[str, Facts]
    scores: dict[str, PersonScore]


def scored_units(case: Case) -> list[str]:
    """U0."""
    return [
        unit["id"]
        for unit in case.organisation["units"]
        if unit.get("evaluated") is not False and covers(unit, case.period["end"])
    ]


def score_unit(case: Case, unit: str, staff: Staff) -> UnitScore:
    sheet = case.unit_sheet
    criteria = {
        criterion["id"]: rounded(unit_criterion(case, criterion, unit, staff))
        for criterion in leaves(sheet["criteria"])
    }
    base = sum(criteria.values(), Fraction(0))
    bonus = block_total(sheet["bonus"], unit_counts(case, sheet["bonus"], unit))
    penalty = block_total(sheet["penalty"], unit_counts(case, sheet["penalty"], unit))
    final = rounded(kept_within(base + bonus - penalty, sheet["max"]))  # U8
    return UnitScore(criteria, base, bonus, penalty, final, band_of(sheet, final))


def unit_criterion(case: Case, criterion: Json, unit: str, staff: Staff) -> Fraction:
    maximum = Fraction(criterion["max"])
    match criterion["kind"]:
        case "plan_date":
            return Fraction(criterion[plan_time(case, criterion["deadline"], unit)])
        case "member_ratio":  # U3, U4
            here = members(unit, staff)
            if not here:
                return Fraction(0)
            reached = [facts for facts in here if has_reached(facts, criterion["measure"])]
            ratio = Fraction(len(reached), len(here))
            return maximum * min(Fraction(1), ratio / Fraction(criterion["target"]))
        case "declared_count":  # U5
            declared = declared_items(case, "unit", unit)
            cap = criterion["cap"]
            if "cap_without_party_session" in criterion and not accepted(declared, "party_session"):
                cap = criterion["cap_without_party_session"]
            count = accepted(declared, criterion["evidence"])
            return min(Fraction(cap), Fraction(criterion["per_item"]) * count)
        case "weighted_mean_personal":  # U6
            total, months = Fraction(0), 0
            for person, facts in staff.facts.items():
                months_here = months_in_unit(facts.months).get(unit, 0)
                total += staff.scores[person].personal * months_here
                months += months_here
            if months == 0:
                return Fraction(0)
            return maximum * (total / months) / Fraction(case.person_sheet["max"])
        case "pioneers":
            return pioneers(case, criterion, unit, staff)
    raise AssertionError(f"no kind of criterion for units: {criterion['kind']}")


def members(unit: str, staff: Staff) -> list[Facts]:
    """U1."""
    return [
        facts
        for facts in staff.facts.values()
        if facts.row_at_end is not None and facts.row_at_end["unit"] == unit
    ]


def has_reached(facts: Facts, measure: str) -> bool:
    match measure:
        case "required_courses_complete":  # U3
            return facts.all_required_complete()
        case "competence_level_met":  # U4
            return facts.has_required_level()
    raise AssertionError(f"no measure: {measure}")


def plan_time(case: Case, deadline: date, unit: str) -> str:
    """U2."""
    submitted = [
        plan["submitted"]
        for plan in case.declarations["unit_plans"] or []
        if plan["unit"] == unit and plan["submitted"] <= case.period["end"]
    ]
    if not submitted:
        return "none"
    if min(submitted) <= deadline:
        return "on_time"
    if min(submitted) <= deadline + 30 * ONE_DAY:
        return "late_days_le_30"
    return "later"


def pioneers(case: Case, criterion: Json, unit: str, staff: Staff) -> Fraction:
    """U7. The head and the party members are members [U1], so an excluded head is no head."""
    here = members(unit, staff)
    points = Fraction(0)
    heads = [f for f in here if f.row_at_end is not None and f.row_at_end.get("head") is True]
    if any(head.all_required_complete() for head in heads):
        points += Fraction(criterion["head_complete"])
    of_the_party = [facts for facts in here if is_party_member(case, facts.person)]
    counted = of_the_party or here
    if counted:
        complete = [facts for facts in counted if facts.all_required_complete()]
        points += Fraction(criterion["party_ratio"]) * Fraction(len(complete), len(counted))
    return points


def unit_counts(case: Case, block: Json, unit: str) -> dict[str, int]:
    counts = {}
    for rule in block["rules"] or []:
        match rule["kind"]:
            case "declared_count":
                count = accepted(declared_items(case, "unit", unit), rule["evidence"])
            case "late_report_blocks":
                count = late_report_blocks(case, rule["block_working_days"], unit)
            case kind:
                raise AssertionError(f"no kind of rule for units: {kind}")
        counts[rule["id"]] = count
    return counts


def late_report_blocks(case: Case, block_working_days: int, unit: str) -> int:
    """U9."""
    blocks = 0
    end = case.period["end"]
    for report in case.declarations["reports"] or []:
        if report["unit"] == unit and case.period["start"] <= report["due"] <= end:
            submitted = report.get("submitted")
            last = end if submitted is None or submitted > end else submitted
            late = [day for day in days(report["due"] + ONE_DAY, last) if is_working(case, day)]
            blocks += ceil(Fraction(len(late), block_working_days))
    return blocks


def is_working(case: Case, day: date) -> bool:
    """U9."""
    monday_to_friday = day.weekday() < 5
    return (monday_to_friday and day not in (case.period["holidays"] or [])) or (
        day in (case.period["working_days"] or [])
    )


# One result set, and how it is written [O], [X]


def evaluate(case: Case) -> Json:
    judged = judge(case)
    people = [person["id"] for person in case.organisation["people"]]
    facts = {}
    for person in people:
        found = facts_of(case, person, judged)
        if found is not None:  # M8
            facts[person] = found
    scores = {person: score_person(case, facts[person]) for person in facts}
    staff = Staff(facts, scores)
    units = {unit: score_unit(case, unit, staff) for unit in scored_units(case)}
    for person, score in scores.items():
        score.final = blended(case, facts[person], score, units)
        score.band = gated(case, person, score)
    return {
        "people": {
            person: write_person(scores[person])
            if person in scores
            else {"excluded": "NO_ELIGIBLE_MONTHS"}
            for person in people
        },
        "units": {unit: write_unit(score) for unit, score in units.items()},
        "facts": {person: write_facts(facts[person], scores[person]) for person in facts},
        "explanations": {person: explain(case, facts[person], judged) for person in facts},
        "unattributed": {
            evidence.id: evidence.reason for evidence in judged if evidence.person is None
        },
    }


def two_decimals(number: Fraction) -> str:
    """O1."""
    hundredths = int(rounded(number) * 100)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def write_person(score: PersonScore) -> Json:
    return {
        **{id: two_decimals(points) for id, points in score.criteria.items()},
        "base": two_decimals(score.base),
        "bonus": two_decimals(score.bonus),
        "penalty": two_decimals(score.penalty),
        "personal": two_decimals(score.personal),
        "final": two_decimals(score.final),
        "band": score.band,
    }


def write_unit(score: UnitScore) -> Json:
    return {
        **{id: two_decimals(points) for id, points in score.criteria.items()},
        "base": two_decimals(score.base),
        "bonus": two_decimals(score.bonus),
        "penalty": two_decimals(score.penalty),
        "final": two_decimals(score.final),
        "band": score.band,
    }


def write_facts(facts: Facts, score: PersonScore) -> Json:
    """O2."""
    return {
        "position": facts.position,
        "eligible_months": len(facts.months),
        "months_in_unit": months_in_unit(facts.months),
        "head_months": head_months(facts.months),
        "unit_at_end": facts.row_at_end["unit"] if facts.row_at_end else None,
        "completed": {
            course: f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
            for course, moment in facts.completed.items()
        },
        "overdue": facts.overdue,
        "reported_minutes": {
            course: two_decimals(minutes) for course, minutes in facts.reported.items()
        },
        "credited_minutes": {
            course: two_decimals(minutes) for course, minutes in facts.credited.items()
        },
        "active_months": facts.active_months,
        "attained_level": facts.attained_level,
        "exam": {course: shortest_decimal(score) for course, score in facts.exam.items()},
        "exam_mean": None if facts.exam_mean is None else str(facts.exam_mean),
        "declared": facts.declared,
        "bonus_counts": score.bonus_counts,
        "penalty_counts": score.penalty_counts,
        "award_blocked": score.award_blocked,
    }


def shortest_decimal(number: Fraction) -> str:
    decimals = 0
    while number * 10**decimals != int(number * 10**decimals):
        decimals += 1
    digits = str(int(number * 10**decimals)).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


def explain(case: Case, facts: Facts, judged: list[Evidence]) -> Json:
    own = [evidence for evidence in judged if evidence.person == facts.person]
    required_exams = exams_required(case, facts.required)
    with_time = [e for e in own if e.signals.minutes > 0]  # X2
    explanations = {}
    for_courses = only(case, "required_courses_ratio")
    if for_courses is not None:
        listed = [e for e in own if is_listed_for_courses(case, facts, e)]
        explanations[for_courses["id"]] = write_explanation(listed)
    explanations[the_only(case, "hours_linear")["id"]] = write_time(facts, with_time)
    explanations[the_only(case, "regularity_tiers")["id"]] = write_time(facts, with_time)
    for_exams = only(case, "exam_mean_tiers")
    if for_exams is not None:  # X3
        listed = [
            e
            for e in own
            if e.signals.score is not None and (e.course is None or e.course in required_exams)
        ]
        explanations[for_exams["id"]] = write_explanation(listed)
    return explanations


def is_listed_for_courses(case: Case, facts: Facts, evidence: Evidence) -> bool:
    """X1, X5. A statement whose missing course was waived is about the course of the waiver."""
    signals = evidence.signals
    if evidence.course is None:
        return signals.completed or signals.passed
    if evidence.course not in facts.required:
        return False
    [course] = [row for row in case.catalogue["courses"] if row["id"] == evidence.course]
    match course["move_on"]:
        case "Completed":
            return signals.completed
        case "Passed":
            return signals.passed
    return signals.completed or signals.passed


def write_explanation(listed: list[Evidence]) -> Json:
    """X4."""
    return {
        "counted": [e.id for e in listed if e.reason is None],
        "not_counted": {e.id: e.reason for e in listed if e.reason is not None},
    }


def write_time(facts: Facts, listed: list[Evidence]) -> Json:
    """X4 for learning time; T8."""
    counted, not_counted, partly_counted = [], {}, {}
    for evidence in listed:
        credited = facts.credited_of_statement.get(evidence.id, Fraction(0))
        if evidence.reason is not None:
            not_counted[evidence.id] = evidence.reason
        elif credited == 0:
            not_counted[evidence.id] = "MINUTES_CAPPED"
        else:
            counted.append(evidence.id)
            if credited < evidence.signals.minutes:
                partly_counted[evidence.id] = two_decimals(credited)
    return {"counted": counted, "not_counted": not_counted, "partly_counted": partly_counted}


if __name__ == "__main__":
    print(json.dumps(expected(Path(sys.argv[1])), ensure_ascii=False, indent=1))

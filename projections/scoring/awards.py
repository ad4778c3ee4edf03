"""Who is proposed for an award or a capped band: places, order and ties (AW1-AW9).

The best status is PROPOSED. Nothing here grants anything, and no personal attribute is looked at.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any, Literal

from msgspec import Struct

from projections.scoring.exact import Exact
from projections.scoring.facts import Facts
from projections.scoring.people import PersonAssessment
from projections.scoring.results import Results
from schemas.scheme import Quota

UnresolvedTie = Literal["vote", "all_in", "all_out"]


def places_for(quota: Quota, count: int) -> int:
    """The number of places; ``count`` is that of the quota's base, for GOOD_ONLY of all who are
    rated good or better (AW1-AW3).
    """
    exact = quota.rate * count
    if quota.base == "GOOD_ONLY":  # the largest x with x <= rate * (count - x)
        exact /= 1 + quota.rate
    if quota.rounding == "half_up":
        exact += Fraction(1, 2)
    whole = exact.numerator // exact.denominator
    return max(whole, 1) if quota.minimum_one and count else whole


class Candidate(Struct, frozen=True):
    """``keys`` are what ties are broken by, higher first; an unknown one comes last.
    ``last_required_completion`` is in microseconds since 1970, earlier first.
    """

    id: str
    final: Decimal
    group: str = ""
    keys: Mapping[str, Exact | None] = {}
    last_required_completion: int | None = None
    band: str | None = None
    eligible_months: int | None = None
    award_blocked: bool = False
    awarded_for: Collection[str] = ()
    evidence_complete: bool = True


class Conditions(Struct, frozen=True):
    """What a candidate must fulfil; ``bands`` go from high to low."""

    bands: Sequence[str] = ()
    min_band: str | None = None
    min_eligible_months: int = 0
    achievement: str | None = None


NO_CONDITIONS = Conditions()


def choose(
    candidates: Iterable[Candidate],
    places: int | Mapping[str, int],
    tie_break: Sequence[str],
    unresolved_tie: UnresolvedTie,
    conditions: Conditions = NO_CONDITIONS,
) -> dict[str, str]:
    """The status of every candidate, group by group (AW4-AW9)."""
    statuses: dict[str, str] = {}
    groups: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        reason = _ineligible(candidate, conditions)
        if reason is None:
            groups[candidate.group].append(candidate)
            statuses[candidate.id] = "NOT_PROPOSED"
        else:
            statuses[candidate.id] = f"INELIGIBLE:{reason}"
    for group, members in groups.items():
        count = places if isinstance(places, int) else places.get(group, 0)
        statuses |= _choose_in_group(members, count, tie_break, unresolved_tie)
    return statuses


def _ineligible(candidate: Candidate, conditions: Conditions) -> str | None:
    """The first reason that puts a candidate out (AW5); incomplete evidence never does (AW9)."""
    if not candidate.evidence_complete:
        return None
    months, band, bands = candidate.eligible_months, candidate.band, conditions.bands
    if candidate.award_blocked:
        return "AWARD_BLOCKED"
    if months is not None and months < conditions.min_eligible_months:
        return "TOO_FEW_MONTHS"
    if conditions.achievement is not None and conditions.achievement in candidate.awarded_for:
        return "ALREADY_AWARDED"
    if (
        band is not None
        and conditions.min_band is not None
        and bands.index(band) > bands.index(conditions.min_band)
    ):
        return "BAND_TOO_LOW"
    return None


def _choose_in_group(
    candidates: Iterable[Candidate],
    places: int,
    tie_break: Sequence[str],
    unresolved_tie: UnresolvedTie,
) -> dict[str, str]:
    def rank(candidate: Candidate) -> tuple[Any, ...]:
        return candidate.final, *(_comparable(candidate, key) for key in tie_break)

    statuses, better = {}, 0
    for _, equals in groupby(sorted(candidates, key=rank, reverse=True), key=rank):
        tied = list(equals)
        if better + len(tied) <= places:
            status = "PROPOSED"
        elif better >= places:
            status = "NOT_PROPOSED"
        else:
            status = _ACROSS_THE_LAST_PLACE[unresolved_tie]
        for candidate in tied:
            statuses[candidate.id] = status if candidate.evidence_complete else "NEEDS_REVIEW"
        better += len(tied)
    return statuses


_ACROSS_THE_LAST_PLACE: Mapping[UnresolvedTie, str] = {
    "vote": "TIE_VOTE",
    "all_in": "PROPOSED",
    "all_out": "NOT_PROPOSED",
}


def _comparable(candidate: Candidate, key: str) -> tuple[bool, Exact]:
    if key == "last_required_completion":
        at = candidate.last_required_completion
        return (False, 0) if at is None else (True, -at)
    value = candidate.keys.get(key)
    return (False, 0) if value is None else (True, value)


# ---- the quota of a score sheet


class QuotaLine(Struct, frozen=True):
    """Of one group: how many the quota is computed from, how many may have the band, how many
    have reached it, and the status of each of those.
    """

    count: int
    places: int
    reached: int
    statuses: dict[str, str]


def quota_lines(results: Results) -> dict[str, QuotaLine]:
    """By group, what the quota of the person sheet allows; empty if the sheet has none.

    Groups are named by unit and position as the sheet asks, joined by ``/``. Who is in no unit on
    the last day is rated by none and takes no part.
    """
    quota = results.book.person_sheet.quota
    if quota is None:
        return {}
    bands = [band.id for band in results.book.person_sheet.bands]
    level = bands.index(quota.level)
    groups: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates(results, quota.group_by):
        groups[candidate.group].append(candidate)
    lines = {}
    for group, members in sorted(groups.items()):
        ranks = [bands.index(member.band or bands[-1]) for member in members]
        good = sum(rank <= level + 1 for rank in ranks)
        count = len(members) if quota.base == "COUNT" else good
        reached = [member for member, rank in zip(members, ranks, strict=True) if rank <= level]
        places = places_for(quota, count)
        statuses = choose(reached, places, quota.tie_break, quota.unresolved_tie)
        lines[group] = QuotaLine(count, places, len(reached), statuses)
    return lines


def proposals(
    results: Results,
    conditions: Conditions = NO_CONDITIONS,
    awarded_for: Mapping[str, Collection[str]] = {},
) -> dict[str, str]:
    """By person, why an award is not for them, or else what the sheet's quota says of them; nobody
    of whom neither says anything.
    """
    statuses = {
        candidate.id: f"INELIGIBLE:{reason}"
        for candidate in candidates(results, awarded_for=awarded_for)
        if (reason := _ineligible(candidate, conditions)) is not None
    }
    for line in quota_lines(results).values():
        statuses = line.statuses | statuses
    return statuses


def candidates(
    results: Results,
    group_by: Sequence[Literal["unit", "position"]] = (),
    awarded_for: Mapping[str, Collection[str]] = {},
) -> list[Candidate]:
    """Everybody scored who is in a unit on the last day, as a candidate.

    ``awarded_for``: by person, the achievements already awarded. Evidence is incomplete while an
    item of the period is undecided, or a criterion that an appraiser or another system gives has
    no value.
    """
    return [
        _candidate(results, assessment, assessment.facts, group_by, awarded_for)
        for assessment in results.people.values()
        if assessment.facts is not None and assessment.facts.unit_at_end is not None
    ]


def _candidate(
    results: Results,
    assessment: PersonAssessment,
    facts: Facts,
    group_by: Sequence[Literal["unit", "position"]],
    awarded_for: Mapping[str, Collection[str]],
) -> Candidate:
    final = results.finals[assessment.person]
    by = {"unit": facts.unit_at_end or "", "position": facts.position}
    return Candidate(
        id=assessment.person,
        final=final.final,
        group="/".join(by[key] for key in group_by),
        keys={
            **{criterion: Fraction(points) for criterion, points in assessment.scores.items()},
            "exam_mean": facts.exam_mean,
            "regularity": Fraction(len(facts.active_months), len(facts.months)),
        },
        last_required_completion=facts.last_required_completion,
        band=final.band,
        eligible_months=len(facts.months),
        award_blocked=assessment.award_blocked,
        awarded_for=awarded_for.get(assessment.person, ()),
        evidence_complete=_is_complete(results, facts),
    )


def _is_complete(results: Results, facts: Facts) -> bool:
    if any(declared.pending for declared in facts.declared.values()):
        return False
    return all(
        leaf.settings["evidence"] in facts.declared
        and facts.declared[leaf.settings["evidence"]].value is not None
        for leaf in results.book.person_criteria
        if leaf.kind in ("manual", "external_value")
    )

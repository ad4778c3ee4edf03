"""What a score sheet may say, key by key: the sheet, its parts, and every kind of criterion.

A new kind is a line in ``KINDS`` or ``COUNT_KINDS`` and a function in ``projections.scoring``.

Beyond the kinds of the case format, ``hours_tiers``, ``exam_score``, ``completions_count`` and
``report_timeliness`` are computed like them. ``manual`` and ``external_value`` name a kind of
declared item as their ``evidence``: of the accepted items of the period that have a ``value``, the
last one's is the points an appraiser gave, or the figure that is held against the ``target``. So
what a person or another system says is decided on, dated and explained like any other item.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from schemas.scheme_fields import (
    Field,
    Fields,
    as_it_is,
    boolean,
    day,
    identifier,
    just,
    list_of,
    mapping,
    maximum,
    number,
    one_of,
    optional,
    points,
    positive,
    positive_share,
    share,
    text,
    tiers,
    whole,
)

Subject = Literal["person", "unit"]
FORMAT: Final = "lrs-scheme/1"


class Kind(NamedTuple):
    """``subjects``: whose sheets may have it. ``once``: kinds with the same word exclude one
    another, because the sheet asks them for one and the same setting.
    """

    subjects: tuple[Subject, ...]
    fields: Fields = MappingProxyType({})
    once: str = ""


_PERSON: Final[tuple[Subject, ...]] = ("person",)
_UNIT: Final[tuple[Subject, ...]] = ("unit",)
_BOTH: Final[tuple[Subject, ...]] = ("person", "unit")

_PER_ITEM: Final[Fields] = {"per_item": Field(points), "cap": Field(points)}
_EVIDENCE: Final[Fields] = {"evidence": Field(identifier)}
_NAMED: Final[Fields] = {"id": Field(identifier), "vi": Field(text)}
_TIME_CAP: Final[Fields] = {"course_minutes_cap_factor": Field(number)}
_OTHERWISE: Final[Fields] = {"otherwise": Field(points)}
_MEASURE: Final = one_of("required_courses_complete", "competence_level_met", "any_course_complete")

KINDS: Final[Mapping[str, Kind]] = {
    "required_courses_ratio": Kind(_PERSON, once="required courses"),
    "hours_linear": Kind(
        _PERSON, {"target_minutes_per_12_months": Field(positive), **_TIME_CAP}, once="hours"
    ),
    "hours_tiers": Kind(
        _PERSON,
        {"tiers": tiers("min_minutes_per_12_months"), **_OTHERWISE, **_TIME_CAP},
        once="hours",
    ),
    "regularity_tiers": Kind(
        _PERSON,
        {"active_month_minutes": Field(number), "tiers": tiers("min_ratio"), **_OTHERWISE},
        once="regularity",
    ),
    "competence_gap": Kind(
        _PERSON,
        {
            "framework": Field(text),
            "table": tiers("max_gap", whole()),
            **_OTHERWISE,
        },
        once="competence",
    ),
    "exam_mean_tiers": Kind(_PERSON, {"tiers": tiers("min"), **_OTHERWISE}, once="exam mean"),
    "exam_score": Kind(_PERSON, {"course": Field(identifier), "tiers": tiers("min"), **_OTHERWISE}),
    "completions_count": Kind(
        _PERSON, {**_PER_ITEM, "courses": optional(one_of("all", "required", "elective"))}
    ),
    "declared_sum": Kind(
        _BOTH, {"items": Field(list_of(mapping({**_NAMED, **_EVIDENCE, **_PER_ITEM}), False))}
    ),
    "declared_count": Kind(
        _BOTH, {**_EVIDENCE, **_PER_ITEM, "cap_without_party_session": optional(points)}
    ),
    "manual": Kind(_BOTH, _EVIDENCE),
    "external_value": Kind(_BOTH, {**_EVIDENCE, "target": Field(positive)}),
    "plan_date": Kind(
        _UNIT,
        {
            "deadline": Field(day),
            "on_time": Field(points),
            "late_days_le_30": Field(points),
            "later": Field(points),
            "none": Field(points),
        },
    ),
    "report_timeliness": Kind(_UNIT),
    "member_ratio": Kind(_UNIT, {"measure": Field(_MEASURE), "target": Field(positive_share)}),
    "weighted_mean_personal": Kind(_UNIT),
    "pioneers": Kind(_UNIT, {"head_complete": Field(points), "party_ratio": Field(points)}),
}

COUNT_KINDS: Final[Mapping[str, Kind]] = {
    "elective_courses": Kind(_PERSON),
    "overdue_required_courses": Kind(_PERSON),
    "late_report_blocks": Kind(_UNIT, {"block_working_days": Field(whole(1))}),
    "declared_count": Kind(_BOTH, _EVIDENCE),
}

LEAF: Final[Fields] = {**_NAMED, "max": Field(points), "kind": Field(text)}
GROUP: Final[Fields] = {
    **_NAMED,
    "max": optional(points),
    "children": Field(list_of(as_it_is, may_be_empty=False)),
}
COUNT_RULE: Final[Fields] = {
    **_NAMED,
    "kind": Field(text),
    **_PER_ITEM,
    "blocks_award": optional(boolean),
}
_BLOCK: Final = mapping({"cap": Field(points), "rules": Field(list_of(as_it_is))})
_BAND: Final = mapping({"min": Field(points), **_NAMED})
_GATE: Final = mapping(
    {
        "if": Field(one_of("party_member")),
        "level": Field(identifier),
        "requires": Field(mapping({"criterion": Field(identifier), "at": Field(one_of("max"))})),
    }
)
_QUOTA: Final = mapping(
    {
        "rate": Field(positive_share),
        "base": Field(one_of("COUNT", "GOOD_OR_BETTER", "GOOD_ONLY")),
        "rounding": Field(one_of("floor", "half_up")),
        "minimum_one": Field(boolean),
        "level": optional(identifier),
        "group_by": optional(list_of(one_of("unit", "position"))),
        "tie_break": optional(list_of(identifier)),
        "unresolved_tie": optional(one_of("vote", "all_in", "all_out")),
    }
)

SHEET: Final[Fields] = {
    "format": Field(one_of(FORMAT)),
    "id": Field(identifier),
    "version": Field(whole(1)),
    "subject": Field(one_of("person", "unit")),
    "vi": Field(text),
    "legal_basis": Field(list_of(text, may_be_empty=False)),
    "max": Field(maximum),
    "rounding": Field(
        mapping(
            {"mode": Field(just("half_up", "rounding")), "decimals": Field(just("2", "rounding"))}
        )
    ),
    "criteria": Field(list_of(as_it_is, may_be_empty=False)),
    "bonus": optional(_BLOCK),
    "penalty": optional(_BLOCK),
    "bands": Field(list_of(_BAND, may_be_empty=False)),
}
PERSON_SHEET: Final[Fields] = {
    "eligibility": optional(mapping({"month_min_days": Field(whole(1))})),
    "head_of_unit": optional(mapping({"min_head_months": Field(whole(0)), "weight": Field(share)})),
    "gates": optional(list_of(_GATE)),
    "quota": optional(_QUOTA),
}

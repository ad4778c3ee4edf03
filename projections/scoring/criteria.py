"""What every kind of criterion has in common, and the kinds that persons and units share.

A kind is one function: it takes a criterion of the sheet, the facts and the rulebook, and returns
the exact points with the inputs they were computed from. Points are kept within 0 and the maximum
and rounded once, where the score is put together.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

from projections.scoring.exact import Exact, half_up, within
from projections.scoring.facts import NOT_DECLARED, Declared
from schemas.scheme import Block, CountRule, Criterion

PARTY_SESSION: Final = "party_session"
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Measure(NamedTuple):
    """``inputs`` may be shown to whoever may see the score, ``protected`` only to those who may
    see party membership.
    """

    points: Exact
    inputs: Mapping[str, Any]
    protected: Mapping[str, Any] = NOTHING


class HasDeclared(Protocol):
    @property
    def declared(self) -> Mapping[str, Declared]: ...


def score(criterion: Criterion, measure: Measure) -> Decimal:
    return half_up(within(measure.points, criterion.max))


def first_tier(
    rows: Iterable[Mapping[str, Any]], key: str, reached: Exact, otherwise: Exact
) -> Any:
    """The score of the first row whose bound is reached."""
    for row in rows:
        if reached >= row[key]:
            return row["score"]
    return otherwise


def counted_points(rule: Mapping[str, Any], count: int) -> Exact:
    points: Exact = min(rule["cap"], rule["per_item"] * count)
    return points


def declared_sum(criterion: Criterion, facts: HasDeclared, _: object) -> Measure:
    accepted = {
        item["id"]: facts.declared.get(item["evidence"], NOT_DECLARED).accepted
        for item in criterion.settings["items"]
    }
    points = {
        item["id"]: counted_points(item, accepted[item["id"]])
        for item in criterion.settings["items"]
    }
    return Measure(sum(points.values()), {"accepted": accepted, "points": points})


def declared_count(criterion: Criterion, facts: HasDeclared, _: object) -> Measure:
    rule = dict(criterion.settings)
    accepted = facts.declared.get(rule["evidence"], NOT_DECLARED).accepted
    inputs: dict[str, Any] = {"accepted": accepted}
    if "cap_without_party_session" in rule:
        sessions = facts.declared.get(PARTY_SESSION, NOT_DECLARED).accepted
        inputs["party_sessions"] = sessions
        if not sessions:
            rule["cap"] = rule["cap_without_party_session"]
    return Measure(counted_points(rule, accepted), inputs | {"cap": rule["cap"]})


def manual(criterion: Criterion, facts: HasDeclared, _: object) -> Measure:
    """The points an appraiser gave: the value of the last accepted item of the kind."""
    value = facts.declared.get(criterion.settings["evidence"], NOT_DECLARED).value
    return Measure(_fraction(value), {"value": value})


def external_value(criterion: Criterion, facts: HasDeclared, _: object) -> Measure:
    """The part of its target that a figure of another system reaches."""
    value = facts.declared.get(criterion.settings["evidence"], NOT_DECLARED).value
    target = criterion.settings["target"]
    points = criterion.max * min(1, _fraction(value) / target)
    return Measure(points, {"value": value, "target": target})


def _fraction(value: Decimal | None) -> Exact:
    return 0 if value is None else Fraction(value)


def count_declared(rule: CountRule, facts: HasDeclared, _: object) -> int:
    return facts.declared.get(rule.settings["evidence"], NOT_DECLARED).accepted


def block_points(block: Block, counts: Mapping[str, int]) -> Decimal:
    """Bonus or penalty: its rules by their counts, each within its cap, all within that of the
    block (P8).
    """
    points = (min(rule.cap, rule.per_item * counts[rule.id]) for rule in block.rules)
    return half_up(min(block.cap, sum(points)))


def is_blocked(block: Block, counts: Mapping[str, int]) -> bool:
    return any(rule.blocks_award and counts[rule.id] > 0 for rule in block.rules)

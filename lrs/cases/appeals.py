"""``appeal.yaml``: decided appeals and the corrections that follow from them."""

from typing import Any, Final, get_args

from msgspec.structs import replace

from lrs.cases.catalogue import decision_document
from lrs.cases.organisation import FORMAT, anonymous_identifier
from lrs.cases.problems import At
from lrs.cases.reading import INVALID, Reading
from lrs.cases.scalars import Reader, day, name, one_of, text
from lrs.cases.shapes import Required, defined, document, each, each_valid, reference, shape
from lrs.cases.yaml_text import Map, Node, Scalar
from schemas.register import Appeal, Correction, Decision, Waiver

_DECISIONS: Final = ("accepted", "partly_accepted", "rejected")
_NEEDS: Final = {"UNMAPPED_COURSE": "course", "UNRESOLVED_ACTOR": "person"}


def read_appeals(reading: Reading, root: Node, period: str) -> list[Appeal]:
    """The appeals of a period that are right in themselves."""
    found = document(reading, root, FORMAT, {"appeals": each_valid(_APPEAL)})
    appeals = []
    for appeal in found.get("appeals", ()):
        appeals.append(known := replace(appeal, period=period))
        reading.places[id(known)] = reading.places[id(appeal)]
    return appeals


# ---- corrections


def _correction(reading: Reading, node: Node, at: At) -> Any:
    """One of three shapes, by its ``kind``."""
    if not isinstance(node, Map):
        return reading.refuse("type.mapping", node.line, at, keys="kind, …")
    kind = node.pairs.get("kind")
    if isinstance(kind, Scalar) and kind.text in _CORRECTIONS:
        return _CORRECTIONS[kind.text](reading, node, at)
    choices = ", ".join(_CORRECTIONS)
    if kind is None:
        return reading.refuse("key.missing", node.line, at, key="kind")
    shown = kind.text if isinstance(kind, Scalar) else "…"
    return reading.refuse("choice", kind.line, (at, "kind"), value=shown, choices=choices)


def _waiver(reading: Reading, node: Node, at: At) -> Any:
    value = text(reading, node, at)
    if value is INVALID or value in get_args(Waiver):
        return value
    allowed = ", ".join(get_args(Waiver))
    return reading.refuse("waiver", node.line, at, value=value, choices=allowed)


def _waivers_complete(reading: Reading, correction: Correction, node: Map, at: At) -> bool:
    """Who lifts ``UNMAPPED_COURSE`` says which course it is, and nobody else does; so the actor."""
    line, before = node.line, len(reading.problems)
    if not correction.waive:
        reading.refuse("waiver.none", line, at)
    for waiver, key in _NEEDS.items():
        given = getattr(correction, key)
        if waiver in correction.waive and given is None:
            reading.refuse("waiver.needs", line, at, waiver=waiver, key=key)
        if waiver not in correction.waive and given is not None:
            line = node.line_of(key)
            reading.refuse("waiver.without", line, (at, key), waiver=waiver, key=key)
    return len(reading.problems) == before


def _linked(**values: Any) -> Correction:
    identified = replace(values.pop("identifier"), person=values["person"])
    return Correction(identifier=identified, **values)


_COMMON: Final[dict[str, Reader | Required]] = {"kind": Required(name), "reason": text}
_CORRECTIONS: Final[dict[str, Reader]] = {
    "credit_statement": shape(
        Correction,
        {
            **_COMMON,
            "statement": Required(reference("statement")),
            "waive": Required(each(_waiver)),
            "course": reference("course"),
            "person": reference("person"),
        },
        _waivers_complete,
        noted=True,
    ),
    "decide_declaration": shape(
        Correction,
        {
            **_COMMON,
            "item": Required(reference("item")),
            "decision": Required(one_of(get_args(Decision))),
        },
        noted=True,
    ),
    "link_identity": shape(
        _linked,
        {
            **_COMMON,
            "person": Required(reference("person")),
            "identifier": Required(anonymous_identifier),
        },
        noted=True,
    ),
}


# ---- appeals


def _none_if_rejected(reading: Reading, appeal: Appeal, node: Map, at: At) -> bool:
    if appeal.decision != "rejected" or not appeal.corrections:
        return True
    line = node.line_of("corrections")
    return reading.refuse("appeal.rejected", line, (at, "corrections")) is not INVALID


def _decided_after_filed(reading: Reading, appeal: Appeal, node: Map, at: At) -> bool:
    if appeal.filed <= appeal.decided:
        return True
    facts = {"from_": appeal.filed, "to": appeal.decided}
    return reading.refuse("dates.order", node.line_of("decided"), at, **facts) is not INVALID


_APPEAL: Final = shape(
    lambda **values: Appeal(period="", **values),
    {
        "id": defined("appeal"),
        "person": Required(reference("person")),
        "filed": Required(day),
        "decided": Required(day),
        "decision": Required(one_of(_DECISIONS)),
        "document": decision_document,
        "reason": text,
        "corrections": each(_correction),
    },
    _none_if_rejected,
    _decided_after_filed,
    noted=True,
)

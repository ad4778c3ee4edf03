"""``declarations.yaml``: declared and appraised items, plans, reports, competence credentials."""

from typing import Final, get_args

from lrs.cases.organisation import FORMAT
from lrs.cases.problems import At
from lrs.cases.reading import INVALID, Reading
from lrs.cases.scalars import amount, day, flag, integer, name, one_of, text, words
from lrs.cases.shapes import Required, defined, document, each, each_valid, reference, shape
from lrs.cases.yaml_text import Map, Node
from schemas.register import Competence, Decision, Item, Plan, Record, Report, Target


def read_declarations(reading: Reading, root: Node) -> list[Record]:
    """Every record of the file that is right in itself."""
    found = document(reading, root, FORMAT, _SECTIONS)
    return [record for section in _SECTIONS for record in found.get(section, ())]


def _one_subject(reading: Reading, item: Item, node: Map, at: At) -> bool:
    if (item.person is None) != (item.unit is None):
        return True
    rule = "item.no_subject" if item.person is None else "item.two_subjects"
    return reading.refuse(rule, node.line, at) is not INVALID


def _reason_if_rejected(reading: Reading, item: Item, node: Map, at: At) -> bool:
    if item.decision != "rejected" or (item.reason and item.reason.strip()):
        return True
    return reading.refuse("item.reason", node.line, at, value=item.id) is not INVALID


def _valid_when_given(reading: Reading, held: Competence, node: Map, at: At) -> bool:
    if held.valid_to is None or held.valid_to >= held.date:
        return True
    facts = {"from_": held.date, "to": held.valid_to}
    return reading.refuse("dates.order", node.line_of("valid_to"), at, **facts) is not INVALID


_SECTIONS: Final = {
    "items": each_valid(
        shape(
            Item,
            {
                "id": defined("item"),
                "kind": Required(name),
                "person": reference("person"),
                "unit": reference("unit"),
                "date": Required(day),
                "title": text,
                "self_declared": flag,
                "decision": one_of(get_args(Decision)),
                "reason": text,
            },
            _one_subject,
            _reason_if_rejected,
            noted=True,
        )
    ),
    "unit_plans": each_valid(
        shape(
            Plan,
            {
                "unit": Required(reference("unit")),
                "submitted": Required(day),
                "document": text,
                "targets": each(
                    shape(Target, {"measure": Required(words), "value": Required(amount)})
                ),
            },
            noted=True,
        )
    ),
    "reports": each_valid(
        shape(
            Report,
            {
                "id": defined("report"),
                "unit": Required(reference("unit")),
                "vi": Required(words),
                "due": Required(day),
                "submitted": day,
            },
            noted=True,
        )
    ),
    "competence_credentials": each_valid(
        shape(
            Competence,
            {
                "person": Required(reference("person")),
                "framework": Required(words),
                "level": Required(integer(0)),
                "date": Required(day),
                "source": text,
                "valid_to": day,
                "verified": flag,
            },
            _valid_when_given,
            noted=True,
        )
    ),
}

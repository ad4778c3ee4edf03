"""``catalogue.yaml``: platforms and their recognition, courses and their activities, positions."""

from typing import Any, Final, get_args

from lrs.cases.organisation import FORMAT
from lrs.cases.problems import At
from lrs.cases.reading import INVALID, Reading
from lrs.cases.scalars import amount, day, exact, flag, integer, iri, is_null, one_of, words
from lrs.cases.shapes import (
    Required,
    defined,
    document,
    each,
    each_valid,
    in_order,
    reference,
    shape,
)
from lrs.cases.yaml_text import List, Map, Node
from schemas.register import (
    Course,
    Document,
    JobPosition,
    MoveOn,
    Platform,
    Recognised,
    Recognition,
    Record,
)


def read_catalogue(reading: Reading, root: Node) -> list[Record]:
    """Every record of the file that is right in itself."""
    found = document(reading, root, FORMAT, _SECTIONS)
    return [record for section in _SECTIONS for record in found.get(section, ())]


def _activities(reading: Reading, node: Node, at: At) -> Any:
    """By platform, the ids of activities; ``note`` is one unless it is a list."""
    if not isinstance(node, Map):
        return reading.refuse("type.mapping", node.line, at, keys="<platform>")
    activities: dict[str, tuple[str, ...]] = {}
    first: dict[str, int] = {}
    is_valid = True
    for key in node.keys:
        value = node.pairs[key.text]
        if key.text == "note" and not isinstance(value, List):
            continue
        if key.text in first:
            facts = {"key": key.text, "line": first[key.text]}
            is_valid = reading.refuse("key.repeated", key.line, at, **facts) is not INVALID
            continue
        first[key.text] = key.line
        platform = _PLATFORM(reading, key, (at, key.text))
        iris = () if is_null(value) else _without_repeats(reading, value, (at, key.text))
        is_valid = is_valid and platform is not INVALID and iris is not INVALID
        activities[key.text] = iris
    return activities if is_valid else INVALID


def _without_repeats(reading: Reading, node: Node, at: At) -> Any:
    """The same activity twice for one course says nothing new."""
    values = each(iri)(reading, node, at)
    return values if values is INVALID else tuple(dict.fromkeys(values))


def _required_courses(reading: Reading, node: Node, at: At) -> Any:
    """A course required twice would count twice."""
    values = each(reference("course"))(reading, node, at)
    if values is INVALID or len(set(values)) == len(values):
        return values
    repeated = next(value for value in values if values.count(value) > 1)
    return reading.refuse("list.repeated", node.line, at, value=repeated)


_PLATFORM: Final = reference("platform")

decision_document: Final = shape(Document, {"number": Required(words), "date": Required(day)})

_SECTIONS: Final = {
    "platforms": each_valid(
        shape(
            Platform,
            {
                "id": defined("platform"),
                "vi": Required(words),
                "credential": Required(exact),
                "minutes_verbs": each(iri),
                "recognitions": each(
                    shape(
                        Recognition,
                        {
                            "from": day,
                            "to": day,
                            "decision": decision_document,
                            "status": one_of(get_args(Recognised)),
                        },
                        in_order,
                        noted=True,
                    )
                ),
            },
            noted=True,
        )
    ),
    "courses": each_valid(
        shape(
            Course,
            {
                "id": defined("course"),
                "vi": Required(words),
                "nominal_minutes": Required(amount),
                "exam": flag,
                "move_on": one_of(get_args(MoveOn)),
                "activities": _activities,
            },
            noted=True,
        )
    ),
    "positions": each_valid(
        shape(
            JobPosition,
            {
                "id": defined("position"),
                "vi": Required(words),
                "required_courses": _required_courses,
                "required_level": integer(0),
            },
            noted=True,
        )
    ),
}

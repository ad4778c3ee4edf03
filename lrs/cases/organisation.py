"""Units, people and their identifiers, memberships, absences, the party: ``organisation.yaml``.

The shapes of these records serve other kinds of file too (``lrs.cases.workbook``), which write
dates and truth values in their own way.
"""

from typing import Any, Final, NamedTuple, get_args

from msgspec.structs import replace

from lrs.cases import scalars
from lrs.cases.problems import At
from lrs.cases.reading import INVALID, Reading
from lrs.cases.scalars import Reader, text, words
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
from lrs.cases.yaml_text import Map, Node
from schemas.register import (
    Absence,
    Account,
    Category,
    Identifier,
    Membership,
    PartyMembership,
    Person,
    Record,
    Unit,
)

FORMAT: Final = "lrs-case/1"
CATEGORIES: Final[tuple[str, ...]] = get_args(Category)
IDENTIFIERS: Final = ("account", "mbox", "mbox_sha1sum", "openid")


def read_organisation(reading: Reading, root: Node) -> list[Record]:
    """Every record of the file that is right in itself."""
    found = document(reading, root, FORMAT, _SECTIONS)
    records: list[Record] = [*found.get("units", ())]
    for row in found.get("people", ()):
        records += _of_person(reading, row)
    for section in ("memberships", "absences", "protected"):
        records += found.get(section, ())
    return records


class Written(NamedTuple):
    """How a kind of file writes what is not plain text."""

    day: Reader
    flag: Reader
    category: Reader
    mbox: Reader


def record_shapes(written: Written) -> dict[type[Record], Reader]:
    """A reader for each kind of record that stands by itself; identifiers name their person."""
    person = Required(reference("person"))
    days: dict[str, Reader] = {"from": written.day, "to": written.day}
    return {
        Unit: shape(
            Unit,
            {
                "id": defined("unit"),
                "vi": Required(words),
                "type": text,
                "parent": reference("unit"),
                **days,
                "evaluated": written.flag,
                "predecessors": each(reference("unit")),
            },
            in_order,
            noted=True,
        ),
        Person: shape(Person, {"id": defined("person"), "name": Required(words)}, noted=True),
        Identifier: shape(
            Identifier,
            {"person": person, **_identifier_keys(written)},
            _one_identifier,
            noted=True,
        ),
        Membership: shape(
            Membership,
            {
                "person": person,
                "unit": Required(reference("unit")),
                "position": Required(reference("position")),
                "category": Required(written.category),
                "head": written.flag,
                "primary": written.flag,
                **days,
            },
            in_order,
            noted=True,
        ),
        Absence: shape(
            Absence, {"person": person, "type": Required(text), **days}, in_order, noted=True
        ),
        PartyMembership: shape(PartyMembership, {"person": person, **days}, in_order, noted=True),
    }


def _identifier_keys(written: Written) -> dict[str, Reader | Required]:
    return {
        "account": shape(
            lambda **values: Account(values["homePage"], values["name"]),
            {"homePage": Required(scalars.iri), "name": Required(scalars.exact)},
        ),
        "mbox": written.mbox,
        "mbox_sha1sum": scalars.sha1,
        "openid": scalars.iri,
    }


def _one_identifier(reading: Reading, _: Identifier, node: Map, at: At) -> bool:
    given = [key for key in IDENTIFIERS if key in node.pairs]
    if len(given) == 1:
        return True
    return reading.refuse("identifier.one", node.line, at, count=len(given)) is not INVALID


# ---- organisation.yaml


class _PersonRow(NamedTuple):
    id: str
    name: str
    identifiers: tuple[Identifier, ...] = ()
    note: str | None = None


def _of_person(reading: Reading, row: _PersonRow) -> list[Record]:
    """The person, and its identifiers, which only now learn whose they are."""
    person = Person(id=row.id, name=row.name, note=row.note)
    reading.places[id(person)] = reading.places[id(row)]
    records: list[Record] = [person]
    for anonymous in row.identifiers:
        records.append(owned := replace(anonymous, person=row.id))
        reading.places[id(owned)] = reading.places[id(anonymous)]
    return records


def _anonymous(**values: Any) -> Identifier:
    return Identifier(person="", **values)


_YAML: Final = Written(scalars.day, scalars.flag, scalars.one_of(CATEGORIES), scalars.mbox)
_SHAPES: Final = record_shapes(_YAML)

anonymous_identifier: Final = shape(
    _anonymous, _identifier_keys(_YAML), _one_identifier, noted=True
)

_SECTIONS: Final = {
    "units": each_valid(_SHAPES[Unit]),
    "people": each_valid(
        shape(
            _PersonRow,
            {
                "id": defined("person"),
                "name": Required(words),
                "identifiers": each(anonymous_identifier),
            },
            noted=True,
        )
    ),
    "memberships": each_valid(_SHAPES[Membership]),
    "absences": each_valid(_SHAPES[Absence]),
    "protected": shape(
        lambda party_memberships=(): party_memberships,
        {"party_memberships": each_valid(_SHAPES[PartyMembership])},
    ),
}

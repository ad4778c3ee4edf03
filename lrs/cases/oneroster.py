"""An organisation as OneRoster 1.2 CSV: units, people, identifiers and memberships.

``orgs.csv`` are units, ``users.csv`` people, ``roles.csv`` memberships; classes, courses and
enrolments do not say who works where. A role is the job position of that id, with or without the
``ext:`` that OneRoster wants before a role of one's own. A mail address is an identifier, and so is
each of ``userIds`` whose type is an address itself or has one in ``home_pages``.

Source: 1EdTech, OneRoster 1.2 CSV Binding.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from lrs.cases.csv_tables import Folder, open_folder, rows
from lrs.cases.described import Described, described
from lrs.cases.organisation import CATEGORIES
from lrs.cases.problems import At, CaseRefused
from lrs.cases.reading import INVALID, Names, Reading
from lrs.cases.repeats import told_apart
from lrs.cases.scalars import Reader, address, day, one_of, text, words
from lrs.cases.shapes import Required, defined, reference, shape
from lrs.cases.text_files import Unreadable
from lrs.cases.yaml_text import Map, Node, Scalar
from schemas.formats import is_iri
from schemas.register import Account, Category, Identifier, Membership, Person, Record, Unit

VERSION: Final = "1.2"
MANIFEST: Final = "manifest.csv"

_USER_ID: Final = re.compile(r"\s*\{([^{}]+)\}\s*(?:,|\Z)")
_ADDRESS_AND_NAME: Final = re.compile(r"(https?://.*):([^:]+)")


class Unsaid(NamedTuple):
    """What rosters leave open.

    ``home_pages``: by type of ``userIds``, the home page of the accounts it names. ``category`` is
    everybody's, unless ``metadata.category`` of the role says another; ``heads`` are the roles of
    those who head their unit.
    """

    home_pages: Mapping[str, str] = {}
    category: Category = "vien_chuc"
    heads: frozenset[str] = frozenset({"principal"})


NOTHING_UNSAID: Final = Unsaid()


def read_oneroster(path: Path, unsaid: Unsaid = NOTHING_UNSAID) -> Described:
    """The organisation in a folder, or a zip file, of OneRoster 1.2 CSV.

    Of the people it lists a roster says where they work, and not all their identifiers: those it
    does not have stay. Raises CaseRefused with everything that is wrong.
    """
    folder, names = open_folder(path), Names()
    manifest = Reading(MANIFEST, names)
    _check(manifest, folder)
    problems = manifest.problems
    records: list[Record] = []
    for file, columns, read in _files(unsaid):
        reading = Reading(file, names)
        records += _read(reading, folder, columns, read)
        problems += reading.problems
    found, between = described(records, names, frozenset({Membership}), told_apart)
    if problems or between:
        raise CaseRefused([*problems, *between])
    return found


def _read(reading: Reading, folder: Folder, columns: Iterable[str], read: Reader) -> list[Record]:
    records: list[Record] = []
    try:
        for row in rows(reading, folder, [*columns], "metadata.category"):
            found = read(reading, row, "")
            if found is not INVALID:
                records += [found] if isinstance(found, Record) else found
    except Unreadable as error:
        reading.refuse(error.rule, error.line, **error.facts)
    return records


def _check(manifest: Reading, folder: Folder) -> None:
    """The files are those of OneRoster 1.2, and whole."""
    said: dict[str, Scalar] = {}
    try:
        for row in rows(manifest, folder, ["propertyName", "value"]):
            name, value = (row.pairs.get(column) for column in ("propertyName", "value"))
            if isinstance(name, Scalar) and isinstance(value, Scalar):
                said[name.text] = value
    except Unreadable as error:
        manifest.refuse(error.rule, error.line, **error.facts)
        return
    version = said.get("oneroster.version", Scalar("", False, 1))
    if version.text != VERSION:
        manifest.refuse("roster.version", version.line, "oneroster.version", value=version.text)
    for file in ("file.orgs", "file.users", "file.roles"):
        mode = said.get(file, Scalar("", False, 1))
        if mode.text != "bulk":
            manifest.refuse("roster.bulk", mode.line, file, value=mode.text)


# ---- rows


def _files(unsaid: Unsaid) -> list[tuple[str, list[str], Reader]]:
    """Each file, the columns it must have and what its rows are read as."""
    orgs: dict[str, Reader | Required] = {
        "sourcedId": defined("unit"),
        "name": Required(words),
        "type": text,
        "parentSourcedId": reference("unit"),
    }
    users: dict[str, Reader | Required] = {
        "sourcedId": defined("person"),
        "userIds": _user_ids,
        "givenName": Required(words),
        "familyName": Required(words),
        "middleName": text,
        "email": address,
    }
    roles: dict[str, Reader | Required] = {
        "userSourcedId": Required(reference("person")),
        "roleType": Required(one_of(("primary", "secondary"))),
        "role": Required(_position),
        "beginDate": day,
        "endDate": day,
        "orgSourcedId": Required(reference("unit")),
    }
    category = {"metadata.category": one_of(CATEGORIES)}
    return [
        ("orgs.csv", [*orgs], shape(_unit, orgs)),
        ("users.csv", [*users], _with_identifiers(shape(_User.of, users), unsaid)),
        ("roles.csv", [*roles], shape(_membership(unsaid), {**roles, **category}, _in_order)),
    ]


def _unit(**row: Any) -> Unit:
    return Unit(
        id=row["sourcedId"],
        vi=row["name"],
        type=row.get("type", ""),
        parent=row.get("parentSourcedId"),
    )


class _User(NamedTuple):
    """``ids`` are pairs of a type and an id of that type."""

    person: Person
    ids: tuple[tuple[str, str], ...]
    mbox: str | None

    @classmethod
    def of(cls, **row: Any) -> "_User":
        parts = (row.get(part) for part in ("familyName", "middleName", "givenName"))
        name = " ".join(part for part in parts if part)
        person = Person(id=row["sourcedId"], name=name)
        return cls(person, row.get("userIds", ()), row.get("email"))


def _with_identifiers(read_user: Reader, unsaid: Unsaid) -> Reader:
    def read(reading: Reading, node: Node, at: At) -> Any:
        user = read_user(reading, node, at)
        if user is INVALID:
            return INVALID
        records: list[Record] = [user.person]
        id_ = user.person.id
        if user.mbox is not None:
            records.append(Identifier(person=id_, mbox=user.mbox))
        for type_, name in user.ids:
            home_page = unsaid.home_pages.get(type_, type_)
            if is_iri(home_page):
                records.append(Identifier(person=id_, account=Account(home_page, name)))
        for record in records:
            reading.places[id(record)] = reading.place(node.line, at)
        return records

    return read


def _membership(unsaid: Unsaid) -> Callable[..., Membership]:
    def build(**row: Any) -> Membership:
        role = row["role"]
        return Membership(
            person=row["userSourcedId"],
            unit=row["orgSourcedId"],
            position=role,
            category=row.get("metadata.category", unsaid.category),
            head=role in unsaid.heads,
            primary=row["roleType"] == "primary",
            from_=row.get("beginDate"),
            to=row.get("endDate"),
        )

    return build


# ---- values


def _user_ids(reading: Reading, node: Node, at: At) -> Any:
    """``{type:id},{type:id}``; a type that is an address has colons of its own."""
    value = text(reading, node, at)
    if value is INVALID:
        return INVALID
    found, end = [], 0
    while (match := _USER_ID.match(value, end)) is not None:
        end = match.end()
        pair = _ADDRESS_AND_NAME.fullmatch(match[1])
        type_, _, name = match[1].partition(":") if pair is None else (pair[1], "", pair[2])
        found.append((type_.strip(), name.strip()))
    if end < len(value) or not all(type_ and name for type_, name in found):
        return reading.refuse("roster.user_ids", node.line, at, value=value)
    return tuple(found)


def _position(reading: Reading, node: Node, at: At) -> Any:
    if isinstance(node, Scalar):
        node = node._replace(text=node.text.removeprefix("ext:"))
    return reference("position")(reading, node, at)


def _in_order(reading: Reading, row: Membership, node: Map, at: At) -> bool:
    if row.from_ is None or row.to is None or row.from_ <= row.to:
        return True
    facts = {"from_": row.from_, "to": row.to}
    return reading.refuse("dates.order", node.line, (at, "beginDate"), **facts) is not INVALID

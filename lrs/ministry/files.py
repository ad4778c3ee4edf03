"""Writes the ministry as the folder of an evaluation case.

Line by line, so a ministry of any size takes the memory of its people and of a month's learning.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from lrs.ministry.catalogue import COURSES, PLATFORMS, POSITIONS
from lrs.ministry.declarations import competences, items, plans, reports
from lrs.ministry.people import PEOPLE, SEED, Person, make_people
from lrs.ministry.sending import HANOI, requests
from lrs.ministry.units import ROOT, Unit, units
from lrs.ministry.year import evaluation_year, period
from schemas.register import Course, Item, JobPosition, Membership, Platform, Record, Report
from schemas.register import Unit as UnitRecord

STATEMENTS: Final = 12_000
FORMAT: Final = "format: lrs-case/1\n"
SHEETS: Final = ("scheme-individual.yaml", "scheme-unit.yaml")

EXPLICIT: Final[dict[type[Record], tuple[str, ...]]] = {  # written out even if it says the usual
    UnitRecord: ("parent", "to"),
    Membership: ("head",),
    Platform: ("recognitions",),
    Course: ("exam",),
    JobPosition: ("required_courses", "required_level"),
    Item: ("decision",),
    Report: ("submitted",),
}

_PLAIN: Final = re.compile("[A-Za-z][A-Za-z0-9_-]*")
_TAKEN: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


def write_ministry(
    folder: Path,
    *,
    seed: int = SEED,
    people: int = PEOPLE,
    statements: int = STATEMENTS,
    year: int | None = None,
    today: date | None = None,
) -> None:
    """Write the case. The same arguments give the same files, byte for byte.

    There are ``statements`` lines, give or take a few. Without a ``year`` it is the evaluation year
    that ends soon or ended last, seen from ``today``.
    """
    if year is None:
        year = evaluation_year(today or datetime.now(HANOI).date())
    its_units = units(people, year)
    everyone = make_people(its_units, year, seed=seed, people=people)
    (folder / "statements").mkdir(parents=True, exist_ok=True)
    sections = {
        "organisation.yaml": _organisation(its_units, everyone),
        "catalogue.yaml": _catalogue(year),
        "period.yaml": _period(year),
        "declarations.yaml": _declarations(its_units, everyone, year, seed),
    }
    for name, lines in sections.items():
        with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
            file.write(FORMAT)
            file.writelines(lines)
    for name in SHEETS:
        sheet = files("lrs.ministry").joinpath("sheets", name).read_text("utf-8")
        (folder / name).write_text(sheet.replace("YEAR", str(year)), "utf-8", newline="\n")
    _write_requests(folder, everyone, year, seed, statements)


def _write_requests(
    folder: Path, everyone: list[Person], year: int, seed: int, statements: int
) -> None:
    with ExitStack() as stack:
        order = stack.enter_context((folder / "order.yaml").open("w", newline="\n"))
        lines = {
            platform.id: stack.enter_context(
                (folder / "statements" / f"{platform.id}.jsonl").open("wb")
            )
            for platform in PLATFORMS
        }
        order.write(f"{FORMAT}batches:\n")
        for platform, sent in requests(everyone, year, seed=seed, statements=statements):
            order.write(f"  - {{platform: {platform.id}, lines: {len(sent)}}}\n")
            lines[platform.id].writelines(orjson.dumps(statement) + b"\n" for statement in sent)
        if not any(file.tell() for file in lines.values()):
            order.write("  []\n")


def _organisation(its_units: Iterable[Unit], everyone: list[Person]) -> Iterator[str]:
    yield from _section("units", (ROOT, *(unit.record for unit in its_units)))
    yield "people:\n"
    for person in everyone:
        yield f"  - id: {person.id}\n    name: {_flow(person.name)}\n    identifiers:\n"
        for identifier in person.identifiers():
            says = _says(identifier)
            del says["person"]
            kind, value = says.popitem()
            yield f"      - {kind}: {_flow(value)}\n"
    yield from _section("memberships", (row for person in everyone for row in person.memberships))
    yield from _section("absences", (row for person in everyone for row in person.absences))
    yield "protected:\n"
    party = (row for person in everyone for row in person.party)
    yield from _section("party_memberships", party, indent="  ")


def _catalogue(year: int) -> Iterator[str]:
    yield from _section("platforms", (platform.record(year) for platform in PLATFORMS))
    yield from _section("courses", COURSES)
    yield from _section("positions", POSITIONS)


def _period(year: int) -> Iterator[str]:
    for key, value in period(year).items():
        yield f"{key}: {_flow(value)}\n"


def _declarations(
    its_units: tuple[Unit, ...], everyone: list[Person], year: int, seed: int
) -> Iterator[str]:
    yield from _section("items", items(everyone, its_units, year, seed))
    yield from _section("unit_plans", plans(its_units, year, seed))
    yield from _section("reports", reports(its_units, year, seed))
    yield from _section("competence_credentials", competences(everyone, year, seed))


def _section(name: str, records: Iterable[Record], indent: str = "") -> Iterator[str]:
    """A list of records, one a line; empty is written out."""
    is_empty = True
    for record in records:
        if is_empty:
            yield f"{indent}{name}:\n"
            is_empty = False
        yield f"{indent}  - {_flow(_says(record))}\n"
    if is_empty:
        yield f"{indent}{name}: []\n"


def _says(record: Record) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(date, Decimal))
    return said | {
        name: getattr(record, name) for name in EXPLICIT.get(type(record), ()) if name not in said
    }


def _flow(value: Any) -> str:
    """YAML in the flow style, on one line."""
    match value:
        case str():
            is_plain = _PLAIN.fullmatch(value) and value.lower() not in _TAKEN
            return value if is_plain else json.dumps(value, ensure_ascii=False)
        case bool():
            return "true" if value else "false"
        case dict():
            pairs = (f"{key}: {_flow(item)}" for key, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        case list() | tuple():
            return f"[{', '.join(map(_flow, value))}]"
    return "null" if value is None else str(value)

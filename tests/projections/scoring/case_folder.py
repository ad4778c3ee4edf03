"""A case folder as inputs of the engine, read straight from its files for the tests here.

It does what a store does before anything is scored: numbers positions (L2), passes over what was
sent again (L4) or was refused (L5), and finds the person of an actor (I1-I4) and the voids (V1-V3).
Nothing is checked.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import yaml

from projections.scoring import has_signal, rulebook
from projections.scoring.book import Rulebook
from projections.scoring.inputs import Catalogue, Evidence, PersonFile, UnitFile
from schemas.formats import parse_timestamp
from schemas.keys import activity_key, registration_key, verb_key
from schemas.register import (
    Absence,
    Appeal,
    Competence,
    Correction,
    Course,
    Identifier,
    Item,
    JobPosition,
    Membership,
    PartyMembership,
    Period,
    Plan,
    Platform,
    Report,
    Unit,
    identity_key,
)
from schemas.scheme import Sheet, read_sheet

ADL = "http://adlnet.gov/expapi/verbs/"
DURATION = re.compile(
    r"P(?:(?P<w>[\d.]+)W|(?:(?P<y>[\d.]+)Y)?(?:(?P<mo>[\d.]+)M)?(?:(?P<d>[\d.]+)D)?"
    r"(?:T(?:(?P<h>[\d.]+)H)?(?:(?P<m>[\d.]+)M)?(?:(?P<s>[\d.]+)S)?)?)"
)


class Loader(yaml.SafeLoader):
    """YAML with exact decimals."""


Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: Decimal(node.value))


def read_yaml(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader)


class Gathered(NamedTuple):
    """Everything one result set is computed from."""

    book: Rulebook
    people: list[tuple[PersonFile, list[Evidence]]]
    units: list[UnitFile]
    unattributed: list[bytes]


class CaseFolder:
    def __init__(self, folder: Path) -> None:
        read = {path.stem: read_yaml(path) for path in folder.glob("*.yaml")}
        self.organisation = read["organisation"]
        self.catalogue = read["catalogue"]
        self.declarations = read["declarations"]
        self.sheets: tuple[Sheet, Sheet] = (
            read_sheet(read["scheme-individual"]),
            read_sheet(read["scheme-unit"]),
        )
        self.period = read["period"]
        self.appeals = read.get("appeal", {}).get("appeals", [])
        self.expected = read["expected"]
        self.lines, self.freeze = self._lines(folder, read["order"]["batches"])

    def _lines(self, folder: Path, batches: list[Any]) -> tuple[list[Any], int]:
        """Position, platform and statement of each line that is stored; and the freeze."""
        waiting = {
            path.stem: iter(path.read_text("utf-8").splitlines())
            for path in (folder / "statements").glob("*.jsonl")
        }
        stored: dict[str, Any] = {}
        lines = []
        position = 0
        for batch in batches:
            name = batch["platform"]
            sent = [
                json.loads(next(waiting[name]), parse_float=Decimal) for _ in range(batch["lines"])
            ]
            positions = range(position + 1, position + len(sent) + 1)
            position += len(sent)
            if any(stored.get(each["id"], each) != each for each in sent):
                continue
            for at, statement in zip(positions, sent, strict=True):
                if statement["id"] not in stored:
                    stored[statement["id"]] = statement
                    lines.append((at, name, statement))
        freeze = self.period["freeze"]
        return lines, position if freeze == "after_all_lines" else freeze["after_lines"]

    def gather(self, result_set: str, freeze: bool = True) -> Gathered:
        corrections = self._corrections() if result_set == "corrected" else []
        book = rulebook(
            Catalogue(
                period=self._period(),
                freeze=self.freeze if freeze else None,
                platforms=_by_id(self.catalogue["platforms"], Platform),
                courses=_by_id(self.catalogue["courses"], Course),
                positions=_by_id(self.catalogue["positions"], JobPosition),
                corrections=corrections,
            ),
            *self.sheets,
        )
        evidence = self._evidence(corrections)
        nobody = evidence.pop(None, [])
        return Gathered(
            book,
            [(file, evidence.get(file.person, [])) for file in self._people()],
            self._units(),
            [row.statement for row in nobody if has_signal(book, row)],
        )

    def _period(self) -> Period:
        said = {key: value for key, value in self.period.items() if key not in ("format", "freeze")}
        schemes = {"person_scheme": "P/1", "unit_scheme": "U/1"}
        return msgspec.convert(said | schemes, Period)

    def _corrections(self) -> list[Correction]:
        appeals = []
        for appeal in self.appeals:
            for correction in appeal["corrections"]:
                if "identifier" in correction:
                    correction["identifier"]["person"] = correction["person"]
            appeals.append(msgspec.convert(appeal | {"period": self.period["id"]}, Appeal))
        return [correction for appeal in appeals for correction in appeal.corrections]

    def _people(self) -> list[PersonFile]:
        said = self.organisation
        party = said.get("protected", {}).get("party_memberships", [])
        memberships = _by_person(said["memberships"], Membership)
        absences = _by_person(said.get("absences", []), Absence)
        parties = _by_person(party, PartyMembership)
        items = _by_person(self.declarations.get("items", []), Item)
        competences = _by_person(self.declarations.get("competence_credentials", []), Competence)
        return [
            PersonFile(
                id_, memberships[id_], absences[id_], parties[id_], items[id_], competences[id_]
            )
            for id_ in (person["id"] for person in said["people"])
        ]

    def _units(self) -> list[UnitFile]:
        items = _by_unit(self.declarations.get("items", []), Item)
        plans = _by_unit(self.declarations.get("unit_plans", []), Plan)
        reports = _by_unit(self.declarations.get("reports", []), Report)
        units = [msgspec.convert(unit, Unit) for unit in self.organisation["units"]]
        return [UnitFile(unit, items[unit.id], plans[unit.id], reports[unit.id]) for unit in units]

    def _identities(self, corrections: list[Correction]) -> dict[bytes, str]:
        found = {}
        for person in self.organisation["people"]:
            for said in person.get("identifiers", []):
                identifier = msgspec.convert(said | {"person": person["id"]}, Identifier)
                found[identifier.identity] = person["id"]
        for correction in corrections:
            if correction.identifier is not None:
                found[correction.identifier.identity] = correction.identifier.person
        return found

    def _evidence(self, corrections: list[Correction]) -> dict[str | None, list[Evidence]]:
        identities = self._identities(corrections)
        named = {
            correction.statement: correction.person
            for correction in corrections
            if "UNRESOLVED_ACTOR" in correction.waive
        }
        voids: dict[str, int] = {}
        for position, _, statement in self.lines:
            if statement["verb"]["id"] == f"{ADL}voided":
                voids.setdefault(statement["object"]["id"].lower(), position)
        evidence = defaultdict(list)
        for position, platform, statement in self.lines:
            if statement["verb"]["id"] == f"{ADL}voided":
                continue
            identity = identity_key(statement["actor"])
            person = identities.get(identity) if identity else None
            row = evidence_of(position, platform, statement, voids.get(statement["id"]))
            evidence[person or named.get(statement["id"])].append(row)
        return evidence


def evidence_of(
    position: int, platform: str, statement: Mapping[str, Any], voided: int | None
) -> Evidence:
    verb = statement["verb"]["id"]
    result, target = statement.get("result", {}), statement["object"]
    completion, success = result.get("completion"), result.get("success")
    scaled = result.get("score", {}).get("scaled")
    is_exam = scaled is not None and verb in (f"{ADL}passed", f"{ADL}failed", f"{ADL}scored")
    is_activity = target.get("objectType", "Activity") == "Activity"
    registration = statement.get("context", {}).get("registration")
    return Evidence(
        position=position,
        statement=UUID(statement["id"]).bytes,
        at=parse_timestamp(statement["timestamp"]),
        platform=platform,
        verb=verb_key(verb),
        activity=activity_key(target["id"]) if is_activity else b"",
        registration=registration_key(registration) if registration else b"",
        completed=(verb == f"{ADL}completed" and completion is not False)
        or (verb in (f"{ADL}passed", f"{ADL}failed") and completion is True),
        passed=(verb == f"{ADL}passed" and success is not False)
        or (verb in (f"{ADL}completed", f"{ADL}scored") and success is True),
        score=Fraction(max(scaled, 0)) if is_exam else None,
        seconds=seconds_of(result.get("duration", "PT0S")),
        voided=voided,
    )


def seconds_of(duration: str) -> Fraction:
    match = DURATION.fullmatch(duration)
    assert match is not None
    if match["y"] or match["mo"]:
        return Fraction(0)
    units = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
    return sum((Fraction(match[unit] or 0) * size for unit, size in units.items()), Fraction(0))


def _by_id(said: list[Any], record: type[Any]) -> dict[str, Any]:
    return {each["id"]: msgspec.convert(each, record) for each in said}


def _by_person(said: list[Any], record: type[Any]) -> dict[str, list[Any]]:
    return _grouped(said, record, "person")


def _by_unit(said: list[Any], record: type[Any]) -> dict[str, list[Any]]:
    return _grouped(said, record, "unit")


def _grouped(said: list[Any], record: type[Any], key: str) -> dict[str, list[Any]]:
    grouped = defaultdict(list)
    for each in said:
        if key in each:
            grouped[each[key]].append(msgspec.convert(each, record))
    return grouped

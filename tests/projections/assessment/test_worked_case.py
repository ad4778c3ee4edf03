"""The worked case of the golden files, by way of the log and the tables, on both databases."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from projections.assessment import gather_all, results, rulebook_of, unattributed, view
from projections.scoring import explain, explanations_document, results_document
from schemas.register import (
    Absence,
    Appeal,
    Competence,
    Course,
    Freeze,
    Identifier,
    Item,
    JobPosition,
    Membership,
    PartyMembership,
    Period,
    Person,
    Plan,
    Platform,
    Record,
    Report,
    Unit,
)
from tests.projections.assessment.logs import AssessmentLog, Database
from tests.projections.assessment.worlds import scheme_of
from tests.projections.scoring.case_folder import CaseFolder, read_yaml

GOLDEN = Path(__file__).parents[2] / "golden"
MOVEMENT = GOLDEN / "movement-2026"
encode = msgspec.json.Encoder(decimal_format="number").encode


def records(case: CaseFolder) -> Iterator[Record]:
    """The register of a case."""
    said, catalogue, declared = case.organisation, case.catalogue, case.declarations
    kinds: list[tuple[type[Record], list[Any]]] = [
        (Platform, catalogue["platforms"]),
        (Course, catalogue["courses"]),
        (JobPosition, catalogue["positions"]),
        (Unit, said["units"]),
        (Membership, said["memberships"]),
        (Absence, said.get("absences", [])),
        (PartyMembership, said["protected"]["party_memberships"]),
        (Item, declared["items"]),
        (Plan, declared["unit_plans"]),
        (Report, declared["reports"]),
        (Competence, declared["competence_credentials"]),
    ]
    for kind, rows in kinds:
        yield from (msgspec.convert(row, kind) for row in rows)
    for person in said["people"]:
        yield Person(id=person["id"], name=person["name"])
        for identifier in person.get("identifiers", []):
            yield msgspec.convert(identifier | {"person": person["id"]}, Identifier)
    keys = {}
    for name, field in (("individual", "person_scheme"), ("unit", "unit_scheme")):
        scheme = scheme_of(read_yaml(MOVEMENT / f"scheme-{name}.yaml"))
        keys[field] = scheme.key
        yield scheme
    period = {key: row for key, row in case.period.items() if key not in ("format", "freeze")}
    yield msgspec.convert(period | keys, Period)


def log_of(case: CaseFolder) -> AssessmentLog:
    """The case as a store records it: the register, the statements, the freeze, the appeals."""
    log = AssessmentLog()
    credentials = {}
    for number, platform in enumerate(case.catalogue["platforms"], 1):
        credentials[platform["id"]] = bytes([number]) * 16
        log.issue(credentials[platform["id"]], platform["credential"], "statements/write")
    log.record(*records(case))
    freeze = 0
    for line, platform, statement in case.lines:
        log.state(encode(statement), credentials[platform], UUID(statement["id"]).bytes)
        freeze = log.head if line <= case.freeze else freeze
    log.record(Freeze(period=case.period["id"], position=freeze))
    for appeal in case.appeals:
        for correction in appeal["corrections"]:
            if "identifier" in correction:
                correction["identifier"]["person"] = correction["person"]
        log.record(msgspec.convert(appeal | {"period": case.period["id"]}, Appeal))
    return log


@pytest.fixture(scope="module")
def case() -> CaseFolder:
    return CaseFolder(MOVEMENT)


@pytest.mark.parametrize("result_set", ["frozen", "corrected"])
def test_every_expected_value_comes_out_of_the_log(
    case: CaseFolder, database: Database, result_set: Any, tmp_path: Path
) -> None:
    log = log_of(case)
    with database.begin() as connection:
        log.project(connection, range(0, len(log.entries), 7))
        seen = view(connection, case.period["id"], result_set, log.head)
        book = rulebook_of(connection, seen)
        explanations = [explain(book, *gathered) for gathered in gather_all(connection, seen)]
        nobodys = [evidence.statement for evidence in unattributed(connection, seen)]
        computed = results(connection, case.period["id"], result_set, log.head)
        documents = [
            results_document(computed, result_set, with_facts=True),
            explanations_document(book, result_set, explanations, nobodys),
        ]
    actual = tmp_path / "actual.json"
    actual.write_text(json.dumps(documents), "utf-8")
    compared = subprocess.run(
        [sys.executable, GOLDEN / "compare.py", MOVEMENT / "expected.yaml", actual],
        capture_output=True,
        text=True,
        check=False,
    )
    assert compared.returncode == 0, compared.stdout + compared.stderr

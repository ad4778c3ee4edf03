"""From what is recorded to what files describe."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from lrs.cases import Case, CaseProblem, CaseRefused, Change, changes, read_case
from lrs.cases.conflicts import references
from lrs.cases.described import Records
from schemas.events import Kind
from schemas.register import (
    RECORDS,
    Absence,
    Closing,
    Freeze,
    Identifier,
    Item,
    JobPosition,
    Membership,
    PeopleMerged,
    Person,
    Plan,
    Record,
    Scheme,
    Unit,
    Withdrawal,
)
from tests.lrs.cases.golden import (
    APPEAL,
    CATALOGUE,
    DECLARATIONS,
    GOLDEN,
    ORGANISATION,
    PERIOD,
    PERSON_SHEET,
    Edit,
    copied,
    line_of,
)

Register = dict[type[Record], dict[str, Record]]


@pytest.fixture(scope="module")
def golden() -> Case:
    return read_case(GOLDEN)


def applied(found: Sequence[Change], recorded: Records = {}) -> Register:  # noqa: B006
    """The register after these changes, none of which may refer to what is not there."""
    register: Register = {type_: dict(records) for type_, records in recorded.items()}
    recording = {kinds.recorded: type_ for type_, kinds in RECORDS.items()}
    withdrawing = {kinds.withdrawn: type_ for type_, kinds in RECORDS.items()}
    for record, kind in found:
        if isinstance(record, Withdrawal):
            del register[withdrawing[kind]][record.key]
            continue
        for type_, key in references(record):
            assert key in register[type_], f"{record} refers to {key}"
        register.setdefault(recording[kind], {})[record.key] = record
    return register


def recorded(case: Case) -> Register:
    return {type_: dict(records) for type_, records in case.records.items()}


def refused(case: Case, recorded: Records) -> list[CaseProblem]:
    with pytest.raises(CaseRefused) as error:
        changes(case, recorded)
    return error.value.problems


def test_an_empty_register_becomes_what_the_files_say(golden: Case) -> None:
    found = changes(golden, {})
    assert applied(found) == golden.records
    assert [change.kind for change in found][-1] == Kind.APPEAL_DECIDED


def test_the_same_files_again_are_no_change(golden: Case) -> None:
    assert changes(golden, applied(changes(golden, {}))) == []


def test_what_differs_is_recorded_and_what_is_gone_is_withdrawn(
    golden: Case, tmp_path: Path
) -> None:
    account = '      - account: {homePage: "https://lms.example", name: "1002"}\n'
    folder = copied(
        tmp_path,
        Edit(ORGANISATION, account, ""),
        Edit(ORGANISATION, "from: 2021-09-01, to: 2026-07-31", "from: 2021-09-01, to: 2026-06-30"),
        Edit(ORGANISATION, "from: 2026-01-01, to: 2026-06-30", "from: 2026-01-02, to: 2026-06-30"),
        Edit(DECLARATIONS, '  - {unit: X, submitted: 2026-02-20, document: "12/KH-CX"}\n', ""),
        Edit(DECLARATIONS, "  - {person: P1, framework: KNLS-757, level: 5, date", "  #"),
    )
    case = read_case(folder)
    before = applied(changes(golden, {}))
    found = changes(case, before)
    assert [change.kind for change in found] == [
        Kind.IDENTIFIER_UNLINKED,
        Kind.ABSENCE_WITHDRAWN,
        Kind.COMPETENCE_WITHDRAWN,
        Kind.PLAN_WITHDRAWN,
        Kind.MEMBERSHIP_RECORDED,
        Kind.ABSENCE_RECORDED,
    ]
    assert applied(found, before) == case.records


def test_what_the_files_do_not_mention_stays(golden: Case) -> None:
    others: Register = {
        Unit: {"Z": Unit(id="Z", vi="Cục Z")},
        Person: {"P9": Person(id="P9", name="Phạm Văn Chín")},
        Identifier: {"k": Identifier(person="P9", mbox="mailto:chin@bo.example")},
        Absence: {"a": Absence(person="P9", type="om")},
        Plan: {"p": Plan(unit="Z", submitted=date(2026, 1, 1))},
        Item: {"KK-900": Item(id="KK-900", kind="x", date=date(2026, 1, 1), person="P1")},
        PeopleMerged: {"P9": PeopleMerged(person="P9", into="P1")},
    }
    before = applied(changes(golden, {}))
    for type_, records in others.items():
        before.setdefault(type_, {}).update({record.key: record for record in records.values()})
    assert changes(golden, before) == []


def test_units_come_after_the_units_above_them(tmp_path: Path) -> None:
    first = '  - {id: X, vi: "Cục X", type: cuc, parent: BO, from: 2020-01-01, to: null}\n'
    below = first.replace("id: X", "id: X1").replace("parent: BO", "parent: X2")
    between = first.replace("id: X", "id: X2").replace("parent: BO", "parent: X")
    case = read_case(copied(tmp_path, Edit(ORGANISATION, first, below + between + first)))
    assert applied(changes(case, {})) == case.records


def test_an_identifier_that_changes_hands_leaves_the_one_before_it_reaches_the_other(
    golden: Case, tmp_path: Path
) -> None:
    row = '      - mbox: "mailto:chau.le@nhahat.example"\n'
    other = '      - account: {homePage: "https://lms.example", name: "1002"}\n'
    folder = copied(tmp_path, Edit(ORGANISATION, row, ""), Edit(ORGANISATION, other, other + row))
    found = changes(read_case(folder), golden.records)
    assert [change.kind for change in found] == [Kind.IDENTIFIER_UNLINKED, Kind.IDENTIFIER_LINKED]


# ---- what cannot become so


def test_the_days_of_an_identifier_stay_and_another_person_may_have_it_after_them(
    golden: Case,
) -> None:
    register = recorded(golden)
    key, held = next(iter(register[Identifier].items()))
    assert isinstance(held, Identifier)
    register[Identifier][key] = replace(held, to=date(2026, 5, 31))
    later = replace(held, person="P3", from_=date(2026, 6, 1))
    register[Identifier][later.key] = later
    found = changes(golden, register)
    assert [change.record for change in found] == [Withdrawal(key=later.key)]
    register[Identifier] = {**register[Identifier], later.key: replace(later, person="P99")}
    register[Person]["P99"] = Person(id="P99", name="Ai đó")
    assert changes(golden, register) == []


def test_a_score_sheet_in_force_does_not_change(golden: Case, tmp_path: Path) -> None:
    folder = copied(tmp_path, Edit(PERSON_SHEET, "min: 90, id", "min: 89, id"))
    [problem] = refused(read_case(folder), golden.records)
    assert (problem.rule, problem.file) == ("scheme.changed", PERSON_SHEET)
    assert "version: 2" in problem.mend("en")


def test_a_new_version_of_a_score_sheet_is_recorded_beside_the_old(
    golden: Case, tmp_path: Path
) -> None:
    folder = copied(
        tmp_path,
        Edit(PERSON_SHEET, "min: 90, id", "min: 89, id"),
        Edit(PERSON_SHEET, "version: 1", "version: 2"),
    )
    found = changes(read_case(folder), golden.records)
    assert [change.kind for change in found] == [Kind.SCHEME_ACTIVATED, Kind.PERIOD_OPENED]
    assert set(applied(found, golden.records)[Scheme]) == {"HTS-CN/1", "HTS-CN/2", "HTS-DV/1"}


def test_the_facts_of_a_frozen_period_do_not_change(golden: Case, tmp_path: Path) -> None:
    folder = copied(tmp_path, Edit(PERIOD, "2026-10-31", "2026-10-30"))
    case = read_case(folder)
    assert len(changes(case, golden.records)) == 1
    frozen: Register = {
        **recorded(golden),
        Freeze: {"KY-2026": Freeze(period="KY-2026", position=84)},
    }
    [problem] = refused(case, frozen)
    assert (problem.rule, problem.file) == ("period.frozen", PERIOD)
    assert "required_course_deadline" in problem.reason("vi")
    assert changes(golden, frozen) == []


def test_an_appeal_does_not_change_a_closed_period(golden: Case, tmp_path: Path) -> None:
    closing = Closing(period="KY-2026", position=90, results="", roster="")
    closed: Register = {**recorded(golden), Closing: {"KY-2026": closing}}
    assert changes(golden, closed) == [], "what was decided before stands"
    other = read_case(copied(tmp_path, Edit(APPEAL, "b2000015", "b2000014")))
    [problem] = refused(other, closed)
    assert (problem.rule, problem.file) == ("appeal.closed", APPEAL)
    assert "lrs period reopen KY-2026" in problem.mend("vi")
    assert len(changes(other, recorded(golden))) == 1


def test_files_may_not_contradict_what_is_recorded_of_others(golden: Case) -> None:
    linked = Identifier(person="P9", mbox="mailto:chau.le@nhahat.example")
    head = Membership(
        person="P9",
        unit="X",
        position="LANH_DAO",
        category="cong_chuc",
        head=True,
        from_=date(2026, 11, 30),
    )
    before: Register = {
        Person: {"P9": Person(id="P9", name="Phạm Văn Chín")},
        Identifier: {linked.key: linked},
        Membership: {head.key: head},
        Unit: {"BO": Unit(id="BO", vi="Bộ", parent="X")},
    }
    found = {(problem.rule, problem.line) for problem in refused(golden, before)}
    assert found == {
        ("identifier.shared", line_of(GOLDEN, ORGANISATION, "chau.le")),
        ("unit.two_heads", line_of(GOLDEN, ORGANISATION, "from: 2023-05-01")),
    }


def test_a_unit_does_not_come_above_itself_by_way_of_what_is_recorded(
    golden: Case, tmp_path: Path
) -> None:
    before: Register = {
        Unit: {
            "BO": Unit(id="BO", vi="Bộ"),
            "X": Unit(id="X", vi="Cục X", parent="BO"),
            "TOP": Unit(id="TOP", vi="Trên", parent="X"),
        }
    }
    case = golden
    records = recorded(case)
    records[Unit]["BO"] = Unit(id="BO", vi="Bộ", parent="TOP")
    described = Case(records, case.places, case.covers, case.period, case.batches, case.freeze)
    [problem] = refused(described, before)
    assert (problem.rule, problem.line) == ("unit.cycle", line_of(GOLDEN, ORGANISATION, "id: X,"))


def test_a_reference_to_what_neither_has_is_told(golden: Case) -> None:
    records = {type_: rows for type_, rows in golden.records.items() if type_ is not JobPosition}
    described = Case(
        records, golden.places, golden.covers, golden.period, golden.batches, golden.freeze
    )
    assert {problem.rule for problem in refused(described, {})} == {"reference"}
    positions: Register = {JobPosition: recorded(golden)[JobPosition]}
    assert applied(changes(described, positions), positions)


def test_an_activity_of_a_recorded_course_is_not_another_course(
    golden: Case, tmp_path: Path
) -> None:
    folder = copied(tmp_path, Edit(CATALOGUE, "  - id: E3", "  - id: E4"))
    [problem] = refused(read_case(folder), golden.records)
    assert (problem.rule, problem.line) == (
        "course.activity",
        line_of(folder, CATALOGUE, "id: E4"),
    )
    assert "what the store holds" in problem.reason("en")

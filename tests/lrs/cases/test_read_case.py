"""What a case says, read from its folder."""

from datetime import date
from decimal import Decimal
from hashlib import sha1
from pathlib import Path
from unicodedata import normalize

import orjson
import pytest

from lrs.cases import Case, read_case
from schemas.register import (
    RECORDS,
    Absence,
    Account,
    Appeal,
    Competence,
    Course,
    Identifier,
    Item,
    JobPosition,
    Membership,
    PartyMembership,
    Period,
    Person,
    Plan,
    Platform,
    Recognition,
    Report,
    Scheme,
    Unit,
    body_of,
    record_of,
)
from schemas.scheme import read_sheet
from tests.lrs.cases.golden import (
    BDHVS,
    CATALOGUE,
    DECLARATIONS,
    GOLDEN,
    ORDER,
    ORGANISATION,
    PERIOD,
    PERSON_SHEET,
    Edit,
    copied,
)

WEAKER = """\
  - {person: P1, framework: KNLS-757, level: 5, date: 2026-04-10, source: VNeID, verified: false}
  - {person: P1, framework: KNLS-757, level: 5, date: 2026-04-10, source: VNeID,
     valid_to: 2026-05-01}
"""
COUNTS = {
    Unit: 3,
    Person: 3,
    Identifier: 9,
    Membership: 5,
    Absence: 1,
    PartyMembership: 2,
    Platform: 4,
    Course: 8,
    JobPosition: 3,
    Item: 40,
    Plan: 2,
    Report: 3,
    Competence: 5,
    Scheme: 2,
    Period: 1,
    Appeal: 1,
}


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(GOLDEN)


def only(case: Case, type_: type, key: str):
    return case.records[type_][key]


def test_the_worked_case_has_no_problem_and_every_record(case: Case) -> None:
    assert {type_: len(records) for type_, records in case.records.items()} == COUNTS


def test_every_record_survives_its_event(case: Case) -> None:
    for type_, records in case.records.items():
        for record in records.values():
            assert record_of(RECORDS[type_].recorded, body_of(record)) == record


def test_dates_numbers_and_names_are_what_was_written(case: Case) -> None:
    assert only(case, Course, "E3").nominal_minutes == Decimal(120)
    assert only(case, Person, "P2") == Person(id="P2", name="Trần Thị Bình")
    assert only(case, Platform, "onetouch").recognitions[0].to == date(2026, 4, 30)
    assert only(case, Unit, "Y").type == "nha_hat"
    assert only(case, Unit, "BO").evaluated is False
    accounts = [link.account for link in case.records[Identifier].values()]  # type: ignore[attr-defined]
    assert Account(home_page="https://bdhvs.example", name="1001") in accounts


def test_the_score_sheets_are_kept_as_they_were_written(case: Case) -> None:
    scheme = only(case, Scheme, "HTS-CN/1")
    assert scheme.sheet["criteria"][2]["tiers"][0] == {"min_ratio": "0.80", "score": "15"}
    assert read_sheet(scheme.sheet).version == 1
    assert case.period.person_scheme == scheme.key
    assert only(case, Scheme, "HTS-DV/1").sheet["criteria"][0]["deadline"] == "2026-03-31"


def test_the_appeal_belongs_to_the_period(case: Case) -> None:
    [appeal] = case.appeals
    assert appeal.period == case.period.id == "KY-2026"
    assert [len(appeal.corrections), appeal.decided] == [5, date(2026, 12, 15)]


def test_batches_hold_the_lines_as_they_stand_in_their_files(case: Case) -> None:
    assert len(case.batches) == 34
    assert [case.batches[0].first, case.batches[1].first, case.batches[-1].last] == [1, 4, 87]
    assert case.freeze == 84
    bdhvs = [
        line.body for batch in case.batches if batch.platform == "bdhvs" for line in batch.lines
    ]
    assert bdhvs == (GOLDEN / BDHVS).read_bytes().split(b"\n")[:-1]
    assert [line.number for line in case.batches[3].lines] == [4, 5, 6, 7]
    assert len(orjson.loads(case.batches[0].body)) == 3


def test_the_place_of_every_record_is_known(case: Case) -> None:
    for type_, records in case.records.items():
        for key in records:
            place = case.places[type_, key]
            assert place.line is not None
            assert (GOLDEN / place.file).is_file()


# ---- what may be written in more than one way


@pytest.mark.parametrize(
    ("written", "lines"),
    [("{after_lines: 84}", 84), ("after_all_lines", 87), ("{after_lines: 0}", 0), ("null", None)],
)
def test_the_freeze_is_after_lines_after_all_or_open(
    written: str, lines: int | None, tmp_path: Path
) -> None:
    folder = copied(tmp_path, Edit(PERIOD, "{after_lines: 84}", written))
    assert read_case(folder).freeze == lines


def test_a_note_may_stand_in_every_mapping(tmp_path: Path) -> None:
    folder = copied(
        tmp_path,
        Edit(ORGANISATION, 'name: "binh.tt"}', 'name: "binh.tt", note: 2026}'),
        Edit(ORGANISATION, "  - id: P3", "  - note: yes\n    id: P3"),
        Edit(ORGANISATION, "protected:  ", "note: a\nprotected:\n  note: b\n#"),
        Edit(CATALOGUE, "      khoahocmo:", "      note: to be renamed\n      khoahocmo:"),
        Edit(CATALOGUE, "2025-12-10}}", "2025-12-10, note: c}, note: d}"),
        Edit(PERIOD, "{after_lines: 84}", "{after_lines: 84, note: e}"),
        Edit(
            PERSON_SHEET,
            "{mode: half_up, decimals: 2}",
            "{mode: half_up, decimals: 2, note: 2026-02-30}",
        ),
        Edit(ORDER, "{platform: khoahocmo, lines: 2}", "{platform: khoahocmo, lines: 2, note: g}"),
    )
    case = read_case(folder)
    assert only(case, Person, "P3").note == "yes"
    [recognition] = only(case, Platform, "lms-bo").recognitions
    assert recognition == Recognition(
        from_=date(2025, 12, 15), decision=recognition.decision, note="d"
    )
    assert "note" not in only(case, Course, "R2").activities


def test_null_and_absent_are_the_same(tmp_path: Path) -> None:
    folder = copied(
        tmp_path,
        Edit(ORGANISATION, ", parent: null, from: 2020-01-01, to: null, evaluated", ", evaluated"),
        Edit(PERIOD, "working_days: []", "working_days:"),
        Edit(CATALOGUE, "    recognitions: []\n", ""),
    )
    case = read_case(folder)
    assert only(case, Unit, "BO").parent is None
    assert case.period.working_days == ()
    assert only(case, Platform, "khoahocmo").recognitions == ()


def test_a_byte_order_mark_and_line_ends_of_windows_are_no_problem(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    for file in folder.rglob("*.*"):
        mark = b"\xef\xbb\xbf" if file.suffix == ".yaml" else b""
        file.write_bytes(mark + file.read_bytes().replace(b"\n", b"\r\n"))
    case = read_case(folder)
    golden = read_case(GOLDEN)
    assert case.records == golden.records
    assert case.batches == golden.batches


def test_names_are_read_in_the_composed_form(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    file = folder / ORGANISATION
    file.write_text(normalize("NFD", file.read_text()))
    assert read_case(folder).records == read_case(GOLDEN).records


def test_y_and_n_are_letters(tmp_path: Path) -> None:
    """YAML 1.1 has them for truth values, and no program that writes YAML does."""
    folder = copied(tmp_path)
    for file in folder.glob("*.yaml"):
        file.write_text(file.read_text().replace('"Y"', "Y"))
    assert read_case(folder).records == read_case(GOLDEN).records


def test_truth_values_of_yaml_1_1_are_understood(tmp_path: Path) -> None:
    folder = copied(tmp_path, Edit(ORGANISATION, "evaluated: false", "evaluated: no"))
    assert only(read_case(folder), Unit, "BO").evaluated is False


@pytest.mark.parametrize("digest_first", [True, False])
def test_an_address_beside_its_own_digest_is_one_identifier(
    digest_first: bool, tmp_path: Path
) -> None:
    mbox = "mailto:chau.le@nhahat.example"
    digest = sha1(mbox.encode(), usedforsecurity=False).hexdigest().upper()
    rows = [f'      - mbox: "{mbox}"\n', f'      - mbox_sha1sum: "{digest}"\n']
    written = "".join(reversed(rows) if digest_first else rows)
    case = read_case(copied(tmp_path, Edit(ORGANISATION, rows[0], written)))
    assert case.records == read_case(GOLDEN).records


def test_what_is_said_twice_is_one_record(tmp_path: Path) -> None:
    """Of two that cannot both be so, the files are refused; elsewhere the stronger one stands."""
    longer = "  - {person: P3, type: thai_san, from: 2026-01-01}\n"
    plan = '  - {unit: X, submitted: 2026-02-20, document: "12/KH-CX"}\n'
    folder = copied(
        tmp_path,
        Edit(ORGANISATION, "protected:  ", f"{longer}protected:"),
        Edit(DECLARATIONS, "competence_credentials:\n", f"competence_credentials:\n{WEAKER}"),
        Edit(DECLARATIONS, "reports:\n", f"{plan}reports:\n"),
    )
    case = read_case(folder)
    [absence] = case.records[Absence].values()
    assert absence == Absence(person="P3", type="thai_san", from_=date(2026, 1, 1))
    assert case.records[Competence] == read_case(GOLDEN).records[Competence]
    assert case.records[Plan] == read_case(GOLDEN).records[Plan]


def test_a_second_head_in_a_second_post_is_no_second_head(tmp_path: Path) -> None:
    old = "head: false, primary: false, from: 2025-10-01"
    folder = copied(tmp_path, Edit(ORGANISATION, old, old.replace("head: false", "head: true")))
    read_case(folder)


def test_a_platform_may_be_called_note(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    for file in folder.glob("*.yaml"):
        file.write_text(file.read_text().replace("khoahocmo:", "note:"))
    sender = (folder / CATALOGUE).read_text().replace("id: khoahocmo", "id: note")
    (folder / CATALOGUE).write_text(sender)
    order = (folder / ORDER).read_text().replace("platform: khoahocmo", "platform: note")
    (folder / ORDER).write_text(order)
    (folder / "statements/khoahocmo.jsonl").rename(folder / "statements/note.jsonl")
    assert "note" in only(read_case(folder), Course, "R2").activities


def test_an_activity_listed_twice_for_one_course_is_listed_once(tmp_path: Path) -> None:
    course = '["https://bdhvs.example/khoa-hoc/ban-quyen-so"'
    twice = f"{course}, {course[1:]}"
    folder = copied(tmp_path, Edit(CATALOGUE, course, twice))
    assert read_case(folder).records == read_case(GOLDEN).records


def test_a_voiding_statement_may_name_what_is_nowhere(tmp_path: Path) -> None:
    """L3: it is no reason to refuse."""
    folder = copied(tmp_path)
    file = folder / BDHVS
    lines = file.read_text().split("\n")
    [number] = [index for index, line in enumerate(lines) if '"e5000001' in line]
    lines[number] = lines[number].replace("a1000020-", "a1999920-")
    assert "a1999920-" in lines[number]
    file.write_text("\n".join(lines))
    read_case(folder)


def test_a_case_without_appeals_or_absences(tmp_path: Path) -> None:
    folder = copied(
        tmp_path,
        Edit(ORGANISATION, "absences:\n  - {person: P3, type: thai_san", "#"),
    )
    (folder / "appeal.yaml").unlink()
    case = read_case(folder)
    assert case.appeals == ()
    assert Absence not in case.records

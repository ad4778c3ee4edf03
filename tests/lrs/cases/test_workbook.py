"""An organisation in an Excel workbook."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from lrs.cases import CaseProblem, CaseRefused, changes, read_case, workbook
from lrs.cases.described import Records
from lrs.cases.workbook import read_workbook
from lrs.cases.workbook_sheets import SHEETS
from lrs.cases.workbook_template import write_template
from schemas.register import (
    RECORDS,
    Absence,
    Identifier,
    JobPosition,
    Membership,
    PartyMembership,
    Person,
    Unit,
)
from tests.lrs.cases.golden import GOLDEN

Edit = Callable[[Any], None]


@pytest.fixture(scope="module")
def recorded() -> Records:
    return read_case(GOLDEN).records


def local(*parts: int) -> datetime:
    """A date and time as a workbook has them."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def organisation(records: Records) -> Records:
    return {sheet.record: records[sheet.record] for sheet in SHEETS}


@pytest.fixture
def filled(tmp_path: Path, recorded: Records) -> Path:
    """The worked case's organisation as a workbook."""
    path = tmp_path / "to-chuc.xlsx"
    write_template(path, recorded)
    return path


def edited(path: Path, sheet: str, **cells: Any) -> Path:
    """With these cells, by their address."""
    book = load_workbook(path)
    for address, value in cells.items():
        book[sheet][address] = value
    book.save(path)
    return path


def problems_of(path: Path) -> list[CaseProblem]:
    with pytest.raises(CaseRefused) as refused:
        read_workbook(path)
    for problem in refused.value.problems:
        assert problem.file == path.name
        assert problem.mend("vi")
    return refused.value.problems


def test_what_is_written_is_read_again(filled: Path, recorded: Records) -> None:
    assert read_workbook(filled).records == organisation(recorded)


def test_reading_what_was_written_changes_nothing(filled: Path, recorded: Records) -> None:
    assert changes(read_workbook(filled), recorded) == []


def test_all_a_unit_can_say_comes_back(tmp_path: Path) -> None:
    old = {id_: Unit(id=id_, vi=id_) for id_ in ("A", "B")}
    new = Unit(
        id="AB",
        vi="=Cục A và B",
        predecessors=("A", "B"),
        evaluated=False,
        from_=date(2026, 1, 1),
        note="+84",
    )
    write_template(tmp_path / "a.xlsx", {Unit: {**old, "AB": new}})
    assert read_workbook(tmp_path / "a.xlsx").records == {Unit: {**old, "AB": new}}


def test_the_template_is_empty_and_says_nothing(tmp_path: Path, recorded: Records) -> None:
    write_template(tmp_path / "mau.xlsx")
    read = read_workbook(tmp_path / "mau.xlsx")
    assert read.records == {}
    assert changes(read, recorded) == []


def test_the_template_helps_whoever_fills_it(tmp_path: Path) -> None:
    write_template(tmp_path / "mau.xlsx")
    book = load_workbook(tmp_path / "mau.xlsx")
    assert book.sheetnames == ["Hướng dẫn", *(sheet.title for sheet in SHEETS)]
    table = book["Quan hệ công tác"]
    assert [table["A1"].value, table["A2"].value] == ["Mã người *", "person"]
    assert table.freeze_panes == "B3"
    lists = [validation.formula1 for validation in table.data_validations.dataValidation]
    assert '"Cán bộ,Công chức,Viên chức,Người lao động"' in lists
    assert '"Có,Không"' in lists
    assert "'Đơn vị'!$A$3:$A$100000" in lists
    assert table.column_dimensions["A"].number_format == "@"


def test_dates_flags_and_categories_are_read_as_people_write_them(
    tmp_path: Path, recorded: Records
) -> None:
    book = Workbook()
    table = book.active
    assert table is not None
    table.title = " quan hệ CÔNG TÁC"
    table.append(["ghi ở đây"])
    table.append(["unit", "person", "position", "category", "head", "from", "to", "primary"])
    table.append([" X ", "P1\xa0", "LANH_DAO", "công chức", "x", "1/5/2023", None, True])
    table.append([None, "  ", "", None])
    table.append(["Y", "P1", "CHUYEN_VIEN", "cong_chuc", "KHÔNG", date(2025, 10, 1), None, "Không"])
    table.append([101, "P2", "NGHE_SI", "Viên chức", "", local(2026, 1, 2), "2026-01-31", ""])
    book.save(tmp_path / "a.xlsx")
    found = read_workbook(tmp_path / "a.xlsx").records[Membership].values()
    rows = [row for row in recorded[Membership].values() if row.about_person == "P1"]
    assert [*found] == [
        *rows,
        Membership(
            person="P2",
            unit="101",
            position="NGHE_SI",
            category="vien_chuc",
            from_=date(2026, 1, 2),
            to=date(2026, 1, 31),
        ),
    ]


def test_only_what_its_sheets_speak_of_is_withdrawn(filled: Path, recorded: Records) -> None:
    book = load_workbook(filled)
    book["Nghỉ"].delete_rows(3)
    book["Định danh"].delete_rows(3)
    book.save(filled)
    found = changes(read_workbook(filled), recorded)
    assert [change.kind for change in found] == [RECORDS[Identifier].withdrawn]


def test_positions_are_looked_for_in_the_store(filled: Path, recorded: Records) -> None:
    described = read_workbook(filled)
    positions: Records = {JobPosition: recorded[JobPosition]}
    assert len(changes(described, positions)) == sum(map(len, described.records.values()))
    with pytest.raises(CaseRefused) as refused:
        changes(described, {})
    problem = refused.value.problems[0]
    assert (problem.rule, problem.line, problem.path) == ("reference", 3, "Quan hệ công tác!3")


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "rule", "path"),
    [
        ("Người", "B4", "=A4", "cell.formula", "Người!4.name"),
        ("Người", "B4", "#N/A", "cell.error", "Người!4.name"),
        ("Người", "B4", date(2026, 1, 2), "cell.converted", "Người!4.name"),
        ("Người", "B4", 1.5, "cell.converted", "Người!4.name"),
        ("Người", "B4", None, "key.missing", "Người!4"),
        ("Người", "A4", "P 2", "id.form", "Người!4.id"),
        ("Người", "A4", "P1", "id.repeated", "Người!4.id"),
        ("Đơn vị", "E5", "2020", "cell.day", "Đơn vị!5.from"),
        ("Đơn vị", "E5", "31/02/2020", "date.exists", "Đơn vị!5.from"),
        ("Đơn vị", "E5", "01/02/1820", "date.early", "Đơn vị!5.from"),
        ("Đơn vị", "E5", local(2020, 1, 1, 8), "type.date", "Đơn vị!5.from"),
        ("Đơn vị", "F5", "31/12/2019", "dates.order", "Đơn vị!5"),
        ("Đơn vị", "G5", "có thể", "cell.flag", "Đơn vị!5.evaluated"),
        ("Định danh", "D4", "mailto:a@b.example", "identifier.one", "Định danh!4"),
        ("Định danh", "D5", "an", "text.mbox", "Định danh!5.mbox"),
        ("Quan hệ công tác", "D3", "nhân viên", "choice", "Quan hệ công tác!3.category"),
        ("Quan hệ công tác", "H4", "30/09/2026", "membership.overlap", "Quan hệ công tác!5"),
        ("Quan hệ công tác", "Z2", "chức vụ", "workbook.column", "Quan hệ công tác"),
        ("Quan hệ công tác", "Z2", "unit", "workbook.column", "Quan hệ công tác"),
        ("Nghỉ", "B2", "loại", "workbook.header", "Nghỉ"),
    ],
)
def test_a_problem_names_its_sheet_and_its_row(
    filled: Path, sheet: str, cell: str, value: Any, rule: str, path: str
) -> None:
    [problem] = problems_of(edited(filled, sheet, **{cell: value}))
    assert (problem.rule, problem.path) == (rule, path)
    if "!" in path:
        assert path.split("!")[1].split(".")[0] == str(problem.line)


def test_a_row_that_stands_twice_is_told(filled: Path) -> None:
    book = load_workbook(filled)
    book["Nghỉ"].append([cell.value for cell in book["Nghỉ"][3]])
    book.save(filled)
    [problem] = problems_of(filled)
    assert (problem.rule, problem.line, problem.path) == ("record.repeated", 4, "Nghỉ!4")
    assert "to-chuc.xlsx, dòng 3" in problem.reason("vi")


def test_a_number_that_shows_otherwise_or_is_to_be_a_date_is_told(filled: Path) -> None:
    book = load_workbook(filled)
    cell = book["Định danh"]["C3"]
    cell.value, cell.number_format = 1001, "000000"
    day = book["Đơn vị"]["E5"]
    day.value, day.number_format = 43831, "General"
    book.save(filled)
    assert [problem.rule for problem in problems_of(filled)] == ["cell.day", "cell.converted"]


def test_an_identifier_in_another_composition_is_told(filled: Path) -> None:
    [problem] = problems_of(edited(filled, "Định danh", C3="bi\u0300nh"))
    assert problem.rule == "text.nfc"


def test_problems_of_all_sheets_come_at_once(filled: Path) -> None:
    edited(filled, "Người", B4="=A4", B5="=A5")
    found = problems_of(edited(filled, "Đơn vị", E5="hôm qua"))
    assert sorted(problem.path for problem in found) == [
        "Người!4.name",
        "Người!5.name",
        "Đơn vị!5.from",
    ]


def test_a_sheet_under_a_likely_name_is_not_passed_over(filled: Path) -> None:
    book = load_workbook(filled)
    book["Định danh"].title = "Định danhs"
    book.save(filled)
    assert [problem.rule for problem in problems_of(filled)] == ["workbook.sheet"]


def test_a_workbook_of_something_else(tmp_path: Path) -> None:
    Workbook().save(tmp_path / "a.xlsx")
    assert [problem.rule for problem in problems_of(tmp_path / "a.xlsx")] == ["workbook.sheets"]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04nothing"])
def test_what_is_no_workbook(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    [problem] = problems_of(tmp_path / "a.xlsx")
    assert problem.rule == "workbook.unreadable"


def test_a_zip_file_of_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("a.txt", "a")
    [problem] = problems_of(tmp_path / "a.xlsx")
    assert problem.rule == "workbook.unreadable"


def test_a_workbook_that_unpacks_beyond_measure(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAXIMUM_BYTES", 10_000)
    assert [problem.rule for problem in problems_of(filled)] == ["file.size"]


def test_every_record_of_the_organisation_has_a_sheet() -> None:
    assert {sheet.record for sheet in SHEETS} == {
        Unit,
        Person,
        Identifier,
        Membership,
        Absence,
        PartyMembership,
    }

"""The workbook that ``lrs.cases.workbook`` reads, empty or filled with what is recorded."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from lrs.cases.described import Records
from lrs.cases.workbook_sheets import CATEGORIES, NO, SHEETS, YES, Column, Sheet
from schemas.register import Record

FIRST_ROW: Final = 3
LAST_ROW: Final = 100_000
_CODES: Final = {code: label for label, code in CATEGORIES.items()}
_HEADER: Final = PatternFill("solid", fgColor="1F4E79")
_KEYS: Final = PatternFill("solid", fgColor="DDEBF7")
_INSTRUCTIONS: Final = """\
Hướng dẫn
Mỗi trang tính là một loại hồ sơ; từ dòng 3, mỗi dòng là một mục.
Giữ nguyên dòng 2: chương trình tìm cột theo tên ở đó.
Cột có dấu * phải có giá trị. Mã gồm chữ, số và các dấu . _ - ; chữ hoa khác chữ thường.
Ngày ghi như 30/04/2026; “Từ ngày” và “Đến hết ngày” đều được tính; để trống là không giới hạn.
Để trống Có/Không nghĩa là: đơn vị được đánh giá, không đứng đầu đơn vị, là công tác chính.
Mỗi dòng ở “Định danh” là một định danh: tài khoản (hai cột), thư điện tử, SHA-1 hoặc OpenID.
Của những người có ở trang “Người”, điều gì không còn ghi ở các trang sau sẽ được rút.
Trang không có dòng nào thì không thay đổi gì.
“Đảng viên” là dữ liệu được bảo vệ: xóa trang này nếu người nhận tệp không được xem.
Dán giá trị, không dán công thức.

Instructions
Each sheet holds one kind of record, one a row, from row 3 on.
Keep row 2: columns are found by the keys there.
Columns marked * are required. Ids are letters, digits and . _ - ; capitals matter.
Write dates as 30/04/2026; both ends are included, empty is open.
Yes/No left empty means: the unit is evaluated, the person not its head, the post the main one.
Each row of identifiers is one: an account (two columns), an address, a SHA-1 or an OpenID.
Of the people listed, what the sheets after that no longer say is withdrawn.
A sheet without rows changes nothing.
Party membership is protected: remove the sheet if whoever receives the file may not see it.
Paste values, not formulas.
""".splitlines()


def write_template(path: Path, records: Records | None = None) -> None:
    """Write the workbook; with ``records``, those of an organisation fill its rows."""
    book = Workbook()
    guide = book.active
    assert guide is not None
    guide.title = "Hướng dẫn"
    for number, line in enumerate(_INSTRUCTIONS, start=1):
        cell = guide.cell(number, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(bold=" " not in line or number == 1)
    guide.column_dimensions["A"].width = 100
    for sheet in SHEETS:
        rows = (records or {}).get(sheet.record, {}).values()
        _write(book.create_sheet(sheet.title), sheet, rows)
    book.save(path)


def _write(table: Any, sheet: Sheet, records: Iterable[Record]) -> None:
    for index, column in enumerate(sheet.columns, start=1):
        header = table.cell(1, index, f"{column.header} *" if column.required else column.header)
        header.font, header.fill = Font(bold=True, color="FFFFFF"), _HEADER
        header.alignment = Alignment(wrap_text=True, vertical="center")
        key = table.cell(2, index, column.key)
        key.font, key.fill = Font(italic=True, color="595959"), _KEYS
        letter = get_column_letter(index)
        table.column_dimensions[letter].width = column.width
        table.column_dimensions[letter].number_format = _number_format(column)
        if (validation := _validation(column)) is not None:
            validation.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")
            table.add_data_validation(validation)
    table.freeze_panes = "B3"
    table.auto_filter.ref = f"A2:{get_column_letter(len(sheet.columns))}2"
    for number, record in enumerate(records, start=FIRST_ROW):
        values = msgspec.to_builtins(record, builtin_types=(date,))
        for index, column in enumerate(sheet.columns, start=1):
            _fill(table.cell(number, index), column, _value(values, column))


def _number_format(column: Column) -> str:
    """Whatever is typed stays text, so that 0012 does not become 12."""
    return "DD/MM/YYYY" if column.kind == "day" else "@"


def _validation(column: Column) -> DataValidation | None:
    match column.kind:
        case "flag":
            return _choices(f'"{YES},{NO}"')
        case "category":
            return _choices(f'"{",".join(CATEGORIES)}"')
        case "unit":
            return _choices(f"'Đơn vị'!$A${FIRST_ROW}:$A${LAST_ROW}")
        case "person":
            return _choices(f"'Người'!$A${FIRST_ROW}:$A${LAST_ROW}")
    return None


def _choices(formula: str) -> DataValidation:
    return DataValidation(
        type="list",
        formula1=formula,
        allow_blank=True,
        showErrorMessage=True,
        errorTitle="Học bạ",
        error="Chọn một giá trị trong danh sách.",
    )


def _value(values: Any, column: Column) -> Any:
    outer, _, inner = column.key.partition(".")
    value = values.get(outer)
    if inner:
        return None if value is None else value[inner]
    match column.kind:
        case "units":
            return ", ".join(value) if value else None
        case "flag" if value is not None:
            return YES if value else NO
        case "category":
            return _CODES[value]
    return value


def _fill(cell: Any, column: Column, value: Any) -> None:
    if value is None:
        return
    cell.value = value
    cell.number_format = _number_format(column)
    if isinstance(value, str):
        cell.data_type = "s"  # also if it begins like a formula

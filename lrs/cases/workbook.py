"""An organisation in an Excel workbook, with the sheets of ``lrs.cases.workbook_sheets``.

A row is read as the same record that ``organisation.yaml`` would give, by the same rules.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

from lrs.cases.described import Described, described
from lrs.cases.organisation import record_shapes
from lrs.cases.problems import At, CaseRefused, Place, problem
from lrs.cases.reading import INVALID, Names, Reading
from lrs.cases.repeats import told_apart
from lrs.cases.workbook_cells import IN_CELLS, written_in
from lrs.cases.workbook_sheets import SHEETS, Column, Sheet
from lrs.cases.yaml_text import List, Map, Node, Scalar
from schemas.register import Record

MAXIMUM_BYTES: Final = 512 * 1024 * 1024
"""Of all that is packed in the file."""

_HEADER_ROWS: Final = 10
_LIKELY: Final = 0.75
_SHAPES: Final = record_shapes(IN_CELLS)


def read_workbook(path: Path) -> Described:
    """The organisation in a workbook. Raises CaseRefused with everything that is wrong.

    A sheet without rows says nothing. Positions, and units and people not in the workbook, are
    looked for by ``changes`` in what is recorded.
    """
    names = Names()
    reading = Reading(path.name, names)
    records: list[Record] = []
    for sheet, rows in _sheets(path, reading).items():
        records += _records(reading, sheet, rows)
    covers = frozenset(type(record) for record in records)
    found, problems = described(records, names, covers, told_apart)
    if problems or reading.problems:
        raise CaseRefused([*reading.problems, *problems])
    return found


# ---- sheets


Cells = Sequence[Any]


def _sheets(path: Path, reading: Reading) -> dict[Sheet, list[Cells]]:
    """The rows of each sheet that is one of ours, from the first row on."""
    _refuse_bombs(path, reading.file)
    try:
        with warnings.catch_warnings(action="ignore"):  # of styles it does not know
            book = load_workbook(path, read_only=True)
            tables = {table.title: [*_rows(table)] for table in book.worksheets}
            book.close()
    except Exception as error:  # openpyxl raises whatever its parsers do
        raise _unreadable(reading.file, error) from error
    by_title = {_title(sheet.title): sheet for sheet in SHEETS}
    found = {}
    for title, rows in tables.items():
        if (sheet := by_title.get(_title(title))) is not None:
            found[sheet] = rows
        elif near := get_close_matches(_title(title), by_title, 1, _LIKELY):
            facts = {"title": title, "near": by_title[near[0]].title}
            reading.refuse("workbook.sheet", None, title, **facts)
    if not found:
        expected = ", ".join(sheet.title for sheet in SHEETS)
        reading.refuse("workbook.sheets", None, "", expected=expected)
    return found


def _refuse_bombs(path: Path, file: str) -> None:
    try:
        with ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (OSError, BadZipFile) as error:
        raise _unreadable(file, error) from error
    if unpacked > MAXIMUM_BYTES:
        megabytes = MAXIMUM_BYTES >> 20
        raise CaseRefused([problem(Place(file, None), "file.size", megabytes=megabytes)])


def _unreadable(file: str, error: Exception) -> CaseRefused:
    said = f"{type(error).__name__}: {error}"
    return CaseRefused([problem(Place(file, None), "workbook.unreadable", said=said)])


def _rows(table: Any) -> Iterator[Cells]:
    table.reset_dimensions()  # what a file says of its own size may be wrong
    yield from table.iter_rows()


def _title(title: str) -> str:
    return normalize("NFC", title).strip().casefold()


# ---- rows


def _records(reading: Reading, sheet: Sheet, rows: Sequence[Cells]) -> Iterator[Record]:
    header = _header(sheet, rows)
    if header is None:
        keys = ", ".join(column.key for column in sheet.columns)
        reading.refuse("workbook.header", None, sheet.title, keys=keys)
        return
    first, columns = header
    for unknown in columns.values():
        if isinstance(unknown, str):
            known = ", ".join(column.key for column in sheet.columns)
            reading.refuse("workbook.column", first, sheet.title, key=unknown, known=known)
    for number, cells in enumerate(rows[first:], start=first + 1):
        at = f"{sheet.title}!{number}"
        row = _row(reading, cells, columns, number, at)
        if row is not None:
            record = _SHAPES[sheet.record](reading, row, at)
            if record is not INVALID:
                yield record


def _header(sheet: Sheet, rows: Sequence[Cells]) -> tuple[int, dict[int, Column | str]] | None:
    """The number of the row of keys, and the column at each index, a text where it is unknown."""
    by_key = {column.key: column for column in sheet.columns}
    for number, cells in enumerate(rows[:_HEADER_ROWS], start=1):
        keys = {
            index: str(cell.value).strip()
            for index, cell in enumerate(cells)
            if cell.value is not None
        }
        if sheet.required <= set(keys.values()):
            found: dict[int, Column | str] = {}
            for index, key in keys.items():
                column = by_key.pop(key, None)  # a second column of the key is unknown
                found[index] = key if column is None else column
            return number, found
    return None


def _row(
    reading: Reading, cells: Cells, columns: Mapping[int, Column | str], number: int, at: At
) -> Map | None:
    """The filled cells of a row by key; None if there are none, or one of them was reported."""
    before = len(reading.problems)
    pairs: dict[str, Node] = {}
    for index, cell in enumerate(cells):
        column = columns.get(index)
        if not isinstance(column, Column) or cell.value is None:
            continue
        written = written_in(reading, cell, column, (at, column.key), number)
        if written is INVALID or not written:
            continue
        outer, _, inner = column.key.partition(".")
        scalar: Node = Scalar(written, False, number)
        if column.kind == "units":
            named = [Scalar(name.strip(), False, number) for name in written.split(",")]
            scalar = List([*named], number)
        if inner:
            within = pairs.setdefault(outer, Map({}, [], number))
            _add(within, inner, scalar, number)
        else:
            pairs[outer] = scalar
    if not pairs or len(reading.problems) > before:
        return None
    return Map(pairs, [Scalar(key, True, number) for key in pairs], number)


def _add(within: Node, key: str, value: Node, number: int) -> None:
    assert isinstance(within, Map)
    within.pairs[key] = value
    within.keys.append(Scalar(key, True, number))

"""Tables in CSV files (RFC 4180) of a folder or a zip file, row by row with their lines."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from zipfile import BadZipFile
from zipfile import Path as ZipPath

from lrs.cases.problems import CaseRefused, Place, problem
from lrs.cases.reading import Reading
from lrs.cases.text_files import MAXIMUM_BYTES, Unreadable, decoded
from lrs.cases.yaml_text import Map, Node, Scalar

Folder = Path | ZipPath


def open_folder(path: Path) -> Folder:
    """A folder, or a zip file with the files at its root. Raises CaseRefused."""
    if path.is_dir():
        return path
    try:
        return ZipPath(path)
    except (OSError, BadZipFile):
        raise CaseRefused([problem(Place(path.name, None), "roster.folder")]) from None


def rows(reading: Reading, folder: Folder, required: Sequence[str], *more: str) -> Iterator[Map]:
    """The filled cells of each row by column; other columns are passed over.

    Raises Unreadable if the file is no such table; nothing of it should then be believed.
    """
    table = csv.reader(StringIO(_text(folder / reading.file), newline=""), strict=True)
    try:
        header = next(table, [])
        if missing := [column for column in required if column not in header]:
            raise Unreadable("csv.columns", 1, columns=", ".join(missing))
        wanted = {
            index: column for index, column in enumerate(header) if column in (*required, *more)
        }
        line = table.line_num + 1
        for cells in table:
            if cells and len(cells) != len(header):
                said = f"{len(cells)} ≠ {len(header)}"
                reading.refuse("csv.row", line, "", said=said)
            elif cells:
                yield _row(cells, wanted, line)
            line = table.line_num + 1
    except csv.Error as error:
        raise Unreadable("csv.row", table.line_num, said=str(error)) from error


def _text(file: Folder) -> str:
    try:
        with file.open("rb") as stream:  # what a zip says of a size may be wrong
            return decoded(stream.read(MAXIMUM_BYTES + 1))
    except (FileNotFoundError, KeyError):
        raise Unreadable("file.missing") from None
    except (OSError, BadZipFile, NotImplementedError, RuntimeError) as error:  # of a broken zip
        raise Unreadable("file.unreadable", said=str(error)) from error


def _row(cells: Sequence[str], wanted: dict[int, str], line: int) -> Map:
    pairs: dict[str, Node] = {
        column: Scalar(written, False, line)
        for index, column in wanted.items()
        if (written := cells[index].strip())
    }
    return Map(pairs, [Scalar(column, True, line) for column in pairs], line)

"""Pages of lists, and the same lists as CSV.

A cursor holds the position of the log and the result set of the first page, so that all pages of a
list are of one state, and the id of the last row shown. It never expires.
"""

import base64
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from lrs.errors import InvalidRequest
from projections.assessment.views import ResultSet
from schemas.problems import Problem

MOST: Final = 1000
DEFAULT: Final = 100
BOM: Final = "\ufeff"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

Limit = Annotated[
    int | None,
    Query(ge=1, le=MOST, description=f"Rows of a page; {DEFAULT} unless CSV is asked for: all"),
]
CursorText = Annotated[
    str | None, Query(alias="cursor", max_length=1024, description="From `next` of the page before")
]
Format = Annotated[
    Literal["json", "csv"] | None,
    Query(alias="format", description="Comes before the header Accept (text/csv)"),
]
DecimalMark = Annotated[
    Literal["point", "comma"],
    Query(
        alias="decimal",
        description="Of CSV: with comma, columns are separated by semicolons, as a Vietnamese"
        " Excel opens them",
    ),
]
T = TypeVar("T")


class Cursor(NamedTuple):
    """Where a list goes on."""

    position: int
    result_set: ResultSet | None
    after: str

    @property
    def text(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def read_cursor(text: str | None) -> Cursor | None:
    """Raises InvalidRequest for what is no cursor."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(
            base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor
        )
    except (ValueError, msgspec.MsgspecError):
        raise InvalidRequest(Problem("", "cursor-unreadable", text)) from None


class Page(NamedTuple):
    """``after`` is the id of its last row if there are more."""

    rows: Sequence[Any]
    after: str | None


def page(ids: Sequence[str], rows: Sequence[T], cursor: Cursor | None, limit: int | None) -> Page:
    """The rows past the cursor; all of them without a limit. Raises InvalidRequest."""
    start = 0
    if cursor is not None:
        try:
            start = ids.index(cursor.after) + 1
        except ValueError:
            raise InvalidRequest(Problem("", "cursor-unreadable", cursor.after)) from None
    end = len(rows) if limit is None else start + limit
    return Page(rows[start:end], ids[end - 1] if end < len(rows) else None)


def wants_csv(request: Request, asked: Literal["json", "csv"] | None) -> bool:
    if asked is not None:
        return asked == "csv"
    accepted = request.headers.get("accept", "")
    return any(part.split(";")[0].strip() == "text/csv" for part in accepted.split(","))


def csv_answer(
    name: str,
    columns: Mapping[str, str],
    rows: Iterable[Mapping[str, Any]],
    *,
    numbers: Iterable[str],
    mark: Literal["point", "comma"],
    headers: Mapping[str, str],
) -> Response:
    """A CSV file (RFC 4180) in UTF-8 with its mark, which Excel needs to see that it is.

    ``columns`` are keys of the rows with their headings; of ``numbers`` the decimal mark is turned.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if mark == "comma" else ",")
    writer.writerow(columns.values())
    numeric = frozenset(numbers)
    for row in rows:
        writer.writerow(_cell(row.get(key), key in numeric, mark) for key in columns)
    disposition = f"attachment; filename*=UTF-8''{quote(name)}.csv"
    return Response(
        (BOM + out.getvalue()).encode(),
        headers={**headers, "Content-Disposition": disposition},
        media_type="text/csv; charset=utf-8",
    )


def _cell(value: Any, is_number: bool, mark: Literal["point", "comma"]) -> str:
    text = "" if value is None else str(value)
    if is_number:
        return text.replace(".", ",") if mark == "comma" else text
    return f"'{text}" if text.startswith(FORMULA) else text

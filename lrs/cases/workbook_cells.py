"""What a cell of a workbook says.

Nothing is guessed: a formula, a number that shows otherwise than it is, and a text that the
spreadsheet took for a date are told, with the sheet and the row. Spaces around a text are not part
of it.
"""

from datetime import date, datetime, time
from re import compile as pattern
from typing import Any, Final

from lrs.cases import scalars
from lrs.cases.organisation import CATEGORIES as CODES
from lrs.cases.organisation import Written
from lrs.cases.problems import At
from lrs.cases.reading import Reading
from lrs.cases.workbook_sheets import CATEGORIES, NO, YES, Column
from lrs.cases.yaml_text import Node, Scalar

_PLAIN_FORMATS: Final = ("General", "0", "@")
_LOCAL_DAY: Final = pattern(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_FLAGS: Final = {
    **dict.fromkeys((YES.casefold(), "x", "true", "yes", "đúng", "1"), True),
    **dict.fromkeys((NO.casefold(), "false", "no", "sai", "0"), False),
}
_LABELS: Final = {
    **{label.casefold(): code for label, code in CATEGORIES.items()},
    **{code: code for code in CODES},
}


def written_in(reading: Reading, cell: Any, column: Column, at: At, number: int) -> Any:
    """What a cell says as text; empty if nothing."""
    value = cell.value
    if cell.data_type == "f":
        return reading.refuse("cell.formula", number, at)
    if cell.data_type == "e":
        return reading.refuse("cell.error", number, at, value=value)
    match value:
        case bool():
            return YES if value else NO
        case str():
            return value.strip()
        case datetime() | date() if column.kind == "day":
            return _day_of(value)
        case int() | float() if _is_as_shown(value, cell.number_format):
            return str(int(value))
    return reading.refuse("cell.converted", number, at, value=value)


def _day_of(value: datetime | date) -> str:
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat()


def _is_as_shown(value: float, number_format: str) -> bool:
    return float(value).is_integer() and number_format in _PLAIN_FORMATS


# ---- values


def _day(reading: Reading, node: Node, at: At) -> Any:
    """30/04/2026 or 2026-04-30."""
    assert isinstance(node, Scalar)
    if (local := _LOCAL_DAY.fullmatch(node.text)) is not None:
        day, month, year = local.groups()
        return scalars.day(reading, node._replace(text=f"{year}-{month:0>2}-{day:0>2}"), at)
    if node.text[4:5] != "-":
        return reading.refuse("cell.day", node.line, at, value=node.text)
    return scalars.day(reading, node, at)


def _flag(reading: Reading, node: Node, at: At) -> Any:
    assert isinstance(node, Scalar)
    flag = _FLAGS.get(node.text.casefold())
    if flag is None:
        return reading.refuse("cell.flag", node.line, at, value=node.text, yes=YES, no=NO)
    return flag


def _category(reading: Reading, node: Node, at: At) -> Any:
    assert isinstance(node, Scalar)
    code = _LABELS.get(node.text.casefold())
    if code is None:
        choices = ", ".join(CATEGORIES)
        return reading.refuse("choice", node.line, at, value=node.text, choices=choices)
    return code


IN_CELLS: Final = Written(_day, _flag, _category, scalars.address)
"""How a person writes in a cell."""

"""What the routes of the evaluation share: where a question is asked from, and about what."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field
from sqlalchemy import Connection

from lrs.api.as_of import Located, located, position_of
from lrs.api.directory import Directories, Directory, Reach, reach_of, register_changed
from lrs.api.route import nothing_there
from lrs.auth.accounts import Account
from lrs.kept import Kept
from lrs.lines import Lines, PeriodLines, ResultSetUnknown, view_of
from projections import assessment
from projections.assessment import PeriodUnknown, View
from projections.assessment.views import ResultSet
from schemas.register import Item, Period

if TYPE_CHECKING:
    from lrs.store import Store

PeriodId = Annotated[str, Path(alias="period", max_length=128, examples=["KY-2026"])]
PersonId = Annotated[str, Path(alias="person", max_length=128, examples=["P1"])]
UnitId = Annotated[str, Path(alias="unit", max_length=128, examples=["X"])]
AskedResultSet = Annotated[
    Literal["open", "frozen", "corrected"] | None,
    Query(
        alias="result_set",
        description="Without it: what is so far while the period is open, then what was frozen",
    ),
]


class OfPeriod(Located):
    """An answer about a period, in one of its result sets."""

    period: str
    result_set: Annotated[ResultSet, Field(description="open, frozen, or corrected after appeals")]


class Views:
    """A store as it is seen through /api/v1."""

    def __init__(self, store: "Store") -> None:
        self.store = store
        self.lines = PeriodLines(store)
        self._directories = Directories()
        self._items: Kept[tuple[int, int], list[Item]] = Kept(2)

    async def position(self, as_of: str | None) -> int:
        return await position_of(self.store, as_of)

    def directory(self, connection: Connection, as_of: int) -> Directory:
        return self._directories.of(connection, as_of)

    def items(self, connection: Connection, as_of: int) -> list[Item]:
        """What was declared, the newest first."""
        changed = register_changed(connection, as_of)
        found = self._items.get(changed)
        if found is None:
            found = assessment.records(connection, Item, as_of)
            found.sort(key=lambda item: item.id)
            found.sort(key=lambda item: item.date, reverse=True)
            self._items.put(changed, found)
        return found

    def reach(self, connection: Connection, account: Account) -> Reach:
        """What exists for an account, now."""
        now = self.store.log.tracked(connection, assessment.NAME)
        return reach_of(account, self.directory(connection, now))

    def lines_of(
        self, period: str, result_set: ResultSet | None, position: int, exact: bool
    ) -> Lines:
        """Raises NotFound."""
        try:
            return self.lines.of(period, result_set, position, exact=exact)
        except (PeriodUnknown, ResultSetUnknown):
            raise nothing_there(named(period, result_set)) from None


def seen(connection: Connection, period: str, result_set: ResultSet | None, position: int) -> View:
    """A period from a position. Raises NotFound."""
    try:
        return view_of(connection, period, result_set, position)
    except (PeriodUnknown, ResultSetUnknown):
        raise nothing_there(named(period, result_set)) from None


def named(period: str, result_set: ResultSet | None) -> str:
    return period if result_set is None else f"{period}, {result_set}"


def heading(connection: Connection, view: View) -> dict[str, Any]:
    """What ``OfPeriod`` says, of a view."""
    return {
        "period": view.catalogue.period.id,
        "result_set": view.result_set,
        **located(connection, view.position),
    }


def heading_of(connection: Connection, lines: Lines) -> dict[str, Any]:
    """The same, of lines."""
    period: Period = lines.book.period
    return {
        "period": period.id,
        "result_set": lines.result_set,
        **located(connection, lines.position),
    }

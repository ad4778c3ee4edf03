"""Reads the stored results."""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, select

from projections.assessment import exact_json
from projections.assessment.gathering import gather_units
from projections.assessment.lines import LINES, PERSON, UNIT, LineTables
from projections.assessment.records import OneOf, fetch_in
from projections.assessment.results import rulebook_of
from projections.assessment.tables import TABLES, Tables
from projections.assessment.views import ResultSet, view
from projections.rows import fetch_rows
from projections.scoring import assess_units, finals
from projections.scoring.people import PersonAssessment
from projections.scoring.results import Results


class Stored(NamedTuple):
    """Results that are stored: all rows are as of ``position``. ``basis`` stands for what they
    rest on that concerns everybody.
    """

    period: str
    result_set: str
    position: int
    basis: bytes


class UnitFinal(NamedTuple):
    final: Decimal


def stored(connection: Connection, *, lines: LineTables = LINES) -> list[Stored]:
    """All results that are stored."""
    table = lines.results
    rows = connection.execute(select(table).order_by(table.c.period, table.c.result_set))
    return [Stored(*row) for row in rows]


def restored(
    connection: Connection,
    period_id: str,
    result_set: ResultSet,
    *,
    tables: Tables = TABLES,
    lines: LineTables = LINES,
) -> tuple[int, Results] | None:
    """The results of a whole period from what is stored, and the position they are as of; None
    if they are not stored. They are what ``results`` computes, in a fraction of the time.
    """
    named = [
        found
        for found in stored(connection, lines=lines)
        if (found.period, found.result_set) == (period_id, result_set)
    ]
    if not named:
        return None
    [found] = named
    seen = view(connection, period_id, result_set, found.position, tables=tables)
    book = rulebook_of(connection, seen)
    assessments = StoredResults(connection, found, lines).everybody()
    units = assess_units(book, gather_units(connection, seen), assessments)
    people = {assessment.person: assessment for assessment in assessments}
    return found.position, Results(book, people, units, finals(book, assessments, units))


class StoredResults:
    """The rows of one period in one result set."""

    def __init__(self, connection: Connection, of: Stored, lines: LineTables) -> None:
        self._connection, self._lines = connection, lines
        self._names = {"period": of.period, "result_set": of.result_set}

    def everybody(self) -> list[PersonAssessment]:
        """By the code points of their ids."""
        rows = fetch_rows(
            self._connection, _everybody(self._lines), {**self._names, "kind": PERSON}
        )
        return sorted(map(_assessment, rows), key=lambda assessment: assessment.person)

    def people(self, ids: Collection[str]) -> list[PersonAssessment]:
        """Those of these people who are among the results."""
        query, names = _some(self._lines), {**self._names, "kind": PERSON}
        return [_assessment(row) for row in fetch_in(self._connection, query, sorted(ids), **names)]

    def people_in(self, units: Collection[str]) -> set[str]:
        """Who is a part of the results of any of these units."""
        names = {**self._names, "kind": PERSON}
        return {
            person
            for query in _in_units(self._lines)
            for (person,) in fetch_in(self._connection, query, sorted(units), **names)
        }

    def unit_finals(self, units: Collection[str]) -> dict[str, UnitFinal]:
        """Of these units, those that have a final score."""
        names = {**self._names, "kind": UNIT}
        rows = fetch_in(self._connection, _finals(self._lines), sorted(units), **names)
        return {id_: UnitFinal(Decimal(final).scaleb(-2)) for id_, final in rows}


def _assessment(row: Sequence[Any]) -> PersonAssessment:
    return exact_json.read(row[0], PersonAssessment)


def _of(table: Any) -> Iterator[Any]:
    for name in ("period", "result_set", "kind"):
        yield table[name] == bindparam(name)


@lru_cache
def _everybody(lines: LineTables) -> Select[Any]:
    table = lines.scores.c
    return select(table.assessment).where(*_of(table))


@lru_cache
def _some(lines: LineTables) -> Select[Any]:
    table = lines.scores.c
    return select(table.assessment).where(*_of(table), OneOf(table.id))


@lru_cache
def _finals(lines: LineTables) -> Select[Any]:
    table = lines.scores.c
    return select(table.id, table.final).where(*_of(table), OneOf(table.id))


@lru_cache
def _in_units(lines: LineTables) -> tuple[Select[Any], Select[Any]]:
    scores, months = lines.scores.c, lines.months.c
    return (
        select(scores.id).where(*_of(scores), OneOf(scores.unit)),
        select(months.id).where(*_of(months), OneOf(months.unit)),
    )

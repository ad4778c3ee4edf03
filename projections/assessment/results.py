"""The results of a whole period, computed from everything the tables hold of it."""

from functools import lru_cache

import msgspec
from sqlalchemy import Connection

from projections.assessment.gathering import gather_all, gather_units
from projections.assessment.records import record
from projections.assessment.tables import TABLES, Tables
from projections.assessment.views import ResultSet, View, view
from projections.scoring import results_of, rulebook
from projections.scoring.book import Rulebook
from projections.scoring.results import Results
from schemas.register import Scheme
from schemas.scheme import Sheet, read_sheet


class SchemeUnknown(Exception):
    """The register of the view does not hold the score sheet that the period names."""


def sheet(connection: Connection, view: View, key: str) -> Sheet:
    """A score sheet by its key, such as ``HTS-CN/1``."""
    scheme = record(connection, Scheme, key, view.register, tables=view.tables)
    if scheme is None:
        raise SchemeUnknown(key)
    return _sheet(msgspec.json.encode(scheme.sheet))


@lru_cache(maxsize=32)  # reading one takes longer than scoring a person by it
def _sheet(text: bytes) -> Sheet:
    return read_sheet(msgspec.json.decode(text))


def rulebook_of(
    connection: Connection,
    view: View,
    *,
    person_sheet: Sheet | None = None,
    unit_sheet: Sheet | None = None,
) -> Rulebook:
    """The rules of a view, with the period's own score sheets or, to see what if, with others."""
    period = view.catalogue.period
    return rulebook(
        view.catalogue,
        person_sheet or sheet(connection, view, period.person_scheme),
        unit_sheet or sheet(connection, view, period.unit_scheme),
    )


def results(
    connection: Connection,
    period_id: str,
    result_set: ResultSet,
    as_of: int,
    *,
    person_sheet: Sheet | None = None,
    unit_sheet: Sheet | None = None,
    tables: Tables = TABLES,
) -> Results:
    """Everybody's and every unit's results, read and computed in one pass, person by person."""
    seen = view(connection, period_id, result_set, as_of, tables=tables)
    book = rulebook_of(connection, seen, person_sheet=person_sheet, unit_sheet=unit_sheet)
    return results_of(book, gather_all(connection, seen), gather_units(connection, seen))

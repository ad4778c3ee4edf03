"""Which people's and units' results differ: at two positions of the log, by two score sheets, or as
two versions of the program computed them.

Everything is computed from the log alone, replayed; the store's own tables are not asked.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from lrs.audit.closings import Subject
from lrs.audit.replay import Progress, replaying
from lrs.log.recorder import LogRecorder
from projections import assessment
from projections.assessment import View
from projections.scoring.documents import results_document
from schemas.register import Period, Scheme
from schemas.scheme import Sheet, read_sheet

PARTS: Final[tuple[tuple[Subject, str], ...]] = (("person", "people"), ("unit", "units"))
NOTHING: Final[Mapping[str, Any]] = {}


class NotThere(LookupError):
    """The log has no such period, results or score sheet at that position; says what it has."""


class Side(NamedTuple):
    """Results to compare, and how they were come by."""

    said: str
    document: Mapping[str, Any]


class Value(NamedTuple):
    """One value of a row that differs; None where there is no such value."""

    field: str
    before: Any
    after: Any


class RowDiffers(NamedTuple):
    """A row that is not the same on both sides. Facts are named after the points."""

    subject: Subject
    id: str
    values: tuple[Value, ...]


class Compared(NamedTuple):
    """Two results of a period; ``rows`` are those that differ, people first, by their ids."""

    period: str
    before: str
    after: str
    rows: tuple[RowDiffers, ...]


def between_positions(
    log: LogRecorder,
    period: str,
    first: int,
    last: int,
    *,
    result_set: str | None = None,
    progress: Progress = lambda done, total: None,
) -> Compared:
    """The period's results at two positions; without a ``result_set``, its own one at each.

    Raises NotThere.
    """
    with replaying(log, [assessment]) as replay:
        replay.to(max(first, last), progress)
        with replay.storage.read() as tables:
            sides = [_side(tables, seen_at(tables, period, at, result_set)) for at in (first, last)]
    return compared(period, *sides)


def between_schemes(
    log: LogRecorder,
    period: str,
    scheme: str,
    against: str | None,
    position: int,
    *,
    result_set: str | None = None,
    progress: Progress = lambda done, total: None,
) -> Compared:
    """The period's results by two published versions of a score sheet; without ``against``, by the
    period's own and the other. Raises NotThere.
    """
    with replaying(log, [assessment]) as replay:
        replay.to(position, progress)
        with replay.storage.read() as tables:
            seen = seen_at(tables, period, position, result_set)
            before = None if against is None else _published(tables, seen, against)
            after = _published(tables, seen, scheme)
            if before is not None and before.subject != after.subject:
                raise NotThere(
                    f"{against} is for a {before.subject}, {scheme} for a {after.subject}"
                )
            sides = [_side(tables, seen, sheet) for sheet in (before, after)]
    return compared(period, *sides)


def with_results(
    log: LogRecorder,
    document: Mapping[str, Any],
    position: int,
    name: str,
    *,
    progress: Progress = lambda done, total: None,
) -> Compared:
    """A document ``lrs-results/1``, whoever computed it, and what this program computes from the
    log at its position. Facts are compared if the document has any. Raises NotThere.
    """
    period, result_set = document["period"], document["result_set"]
    with replaying(log, [assessment]) as replay:
        replay.to(position, progress)
        with replay.storage.read() as tables:
            after = _side(tables, seen_at(tables, period, position, result_set))
    return compared(period, Side(name, document), after)


def seen_at(tables: Connection, period: str, position: int, result_set: str | None) -> View:
    """Raises NotThere."""
    if assessment.record(tables, Period, period, position) is None:
        known = sorted(one.id for one in assessment.records(tables, Period, position))
        there = ", ".join(known) or "none"
        raise NotThere(f"{period}: no such period at position {position}; there are: {there}")
    sets = assessment.result_sets(tables, period, position)
    for one in sets:
        if result_set in (None, one):
            return assessment.view(tables, period, one, position)
    raise NotThere(
        f"{period} has no results called {result_set} at position {position}; it has:"
        f" {', '.join(sets)}"
    )


def _published(tables: Connection, seen: View, key: str) -> Sheet:
    known = assessment.records(tables, Scheme, seen.position)
    for scheme in known:
        if scheme.key == key:
            return read_sheet(scheme.sheet)
    there = ", ".join(sorted(scheme.key for scheme in known)) or "none"
    raise NotThere(f"{key}: no such score sheet at position {seen.position}; there are: {there}")


def _side(tables: Connection, seen: View, sheet: Sheet | None = None) -> Side:
    """The results of a view, by another score sheet if one is given."""
    period = seen.catalogue.period
    computed = assessment.results(
        tables,
        period.id,
        seen.result_set,
        seen.position,
        person_sheet=sheet if sheet is not None and sheet.subject == "person" else None,
        unit_sheet=sheet if sheet is not None and sheet.subject == "unit" else None,
    )
    schemes = f"{period.person_scheme} and {period.unit_scheme}"
    by = schemes if sheet is None else f"{sheet.id}/{sheet.version}"
    return Side(
        f"{seen.result_set} as of position {seen.position}, by {by}",
        results_document(computed, seen.result_set, with_facts=True),
    )


def compared(period: str, before: Side, after: Side) -> Compared:
    rows = tuple(_differing(before.document, after.document))
    return Compared(period, before.said, after.said, rows)


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[RowDiffers]:
    facts = "facts" in before and "facts" in after
    for subject, part in PARTS:
        old, new = before[part], after[part]
        for id_ in sorted({*old, *new}):
            values = [*_values(old.get(id_, NOTHING), new.get(id_, NOTHING))]
            if facts and subject == "person":
                both = (side["facts"].get(id_, NOTHING) for side in (before, after))
                values += _values(*both)
            if values:
                yield RowDiffers(subject, id_, tuple(values))


def _values(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Value]:
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            yield Value(name, before.get(name), after.get(name))

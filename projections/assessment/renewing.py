"""Keeps the stored results fresh: only who is touched by what came in is computed anew.

A statement, a void or a record of a person touches that person; a person touches the units of their
months; a unit touches its heads. What concerns everybody (platforms, courses, positions, score
sheets, the period, who was merged, who sends) makes everything new. The results of a freeze change
only when the freeze does, the corrected ones also with the appeals.

Computing reads and may take long; storing is short and happens only if nobody was quicker. However
the log is cut into renewals, the rows end the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BindParameter, Connection, Select, bindparam, delete, select, tuple_

from projections.assessment.evidence import of_statement
from projections.assessment.gathering import (
    UnitUnknown,
    gather_all,
    gather_people,
    gather_unit,
    gather_units,
)
from projections.assessment.line_rows import MonthRows, person_row, unit_row
from projections.assessment.lines import LINES, PERSON, UNIT, LineTables, MonthRow, ScoreRow
from projections.assessment.records import OneOf, fetch_in, record, records, valid
from projections.assessment.results import SchemeUnknown, rulebook_of
from projections.assessment.stored_results import Stored, StoredResults, stored
from projections.assessment.tables import TABLES, Tables
from projections.assessment.views import PeriodUnknown, View, result_sets, view
from projections.rows import fetch_rows, insert_rows
from projections.scoring import assess, assess_units, finals
from projections.scoring.people import PersonAssessment
from schemas.keys import key_of
from schemas.register import (
    RECORDS,
    Freeze,
    Period,
    Person,
    Scheme,
    Unit,
    body_of,
    record_of,
)
from schemas.scheme import InvalidSheet


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is to be stored: ``gone`` are the kinds and ids whose rows go or are replaced, None for
    all of them. Without ``after`` there are no such results any more.
    """

    before: Stored | None
    after: Stored | None
    gone: Sequence[tuple[int, str]] | None = None
    scores: Sequence[ScoreRow] = ()
    months: Sequence[MonthRow] = ()


def refresh(
    connection: Connection,
    as_of: int,
    *,
    version: str = "",
    tables: Tables = TABLES,
    lines: LineTables = LINES,
) -> None:
    """Bring all stored results to a position; see ``renewals``."""
    for renewal in list(renewals(connection, as_of, version=version, tables=tables, lines=lines)):
        store(connection, renewal, lines=lines)


def renewals(
    connection: Connection,
    as_of: int,
    *,
    version: str = "",
    tables: Tables = TABLES,
    lines: LineTables = LINES,
) -> Iterator[Renewal]:
    """What is to be stored so that every period's results are those as of a position. Only reads.

    ``version`` is that of the program: another one computes everything anew. What cannot be
    computed, as a score sheet is missing, is not stored.
    """
    before = {(found.period, found.result_set): found for found in stored(connection, lines=lines)}
    for period in _periods(connection, as_of, tables):
        for result_set in result_sets(connection, period, as_of, tables=tables):
            found = before.pop((period, result_set), None)
            if found is not None and found.position >= as_of:
                continue
            try:
                seen = view(connection, period, result_set, as_of, tables=tables)
                yield _renewal(connection, seen, found, version, lines)
            except (PeriodUnknown, SchemeUnknown, InvalidSheet):
                if found is not None:
                    yield Renewal(found, None)
    yield from (Renewal(left, None) for left in before.values() if left.position < as_of)


def store(connection: Connection, renewal: Renewal, *, lines: LineTables = LINES) -> bool:
    """Store what was computed, unless somebody else has renewed the same results meanwhile.

    Of two who store the first results of a period at once, one gets the driver's IntegrityError.
    """
    before, after = renewal.before, renewal.after
    if before is not None and not _forget(connection, before, lines):
        return False
    if before is not None and renewal.gone is None:
        _delete_all(connection, before, lines)
    elif before is not None and renewal.gone:
        _delete(connection, before, renewal.gone, lines)
    if after is not None:
        insert_rows(connection, lines.results, [after])
        insert_rows(connection, lines.scores, renewal.scores)
        insert_rows(connection, lines.months, renewal.months)
    return True


def forget(connection: Connection, *, lines: LineTables = LINES) -> None:
    """Drop all stored results; the next renewal computes them anew. For when what they were
    computed from was found to be wrong.
    """
    for table in (lines.results, lines.scores, lines.months):
        connection.execute(delete(table))


def _forget(connection: Connection, before: Stored, lines: LineTables) -> bool:
    table = lines.results.c
    same = (table.period, table.result_set, table.position, table.basis)
    gone = connection.execute(delete(lines.results).where(tuple_(*same) == tuple_(*before)))
    return gone.rowcount == 1


def _delete_all(connection: Connection, before: Stored, lines: LineTables) -> None:
    for table in (lines.scores, lines.months):
        of_these = (table.c.period == before.period, table.c.result_set == before.result_set)
        connection.execute(delete(table).where(*of_these))


def _delete(
    connection: Connection, before: Stored, gone: Sequence[tuple[int, str]], lines: LineTables
) -> None:
    for table in (lines.scores, lines.months):
        one = delete(table).where(
            table.c.period == before.period,
            table.c.result_set == before.result_set,
            table.c.kind == bindparam("_kind"),
            table.c.id == bindparam("_id"),
        )
        connection.execute(one, [{"_kind": kind, "_id": id_} for kind, id_ in gone])


# ---- computing


def _periods(connection: Connection, as_of: int, tables: Tables) -> list[str]:
    """Those that are known, or were when they were frozen."""
    known = {period.id for period in records(connection, Period, as_of, tables=tables)}
    frozen = {freeze.period for freeze in records(connection, Freeze, as_of, tables=tables)}
    return sorted(known | frozen)


def _renewal(
    connection: Connection, seen: View, before: Stored | None, version: str, lines: LineTables
) -> Renewal:
    period, result_set = seen.catalogue.period.id, seen.result_set
    after = Stored(period, result_set, seen.position, _basis(connection, seen, version))
    if before is None or before.basis != after.basis:
        return _of_everybody(connection, seen, before, after)
    if result_set != "open":
        return Renewal(before, after, gone=())
    return _of_the_touched(connection, seen, before, after, lines)


def _basis(connection: Connection, seen: View, version: str) -> bytes:
    """What the results rest on that concerns everybody."""
    catalogue = seen.catalogue
    parts: list[Any] = [version, seen.result_set]
    if seen.result_set == "open":
        parts += [*_common_records(connection, seen), sorted(seen.merged.items())]
        parts += [[one.hex(), *rest] for one, *rest in _senders(connection, seen)]
    else:
        parts.append(seen.register)
        for correction in catalogue.corrections:
            parts.append(msgspec.json.encode(correction).decode())
            if correction.statement is not None:  # it may come in after it was credited
                found = of_statement(connection, seen, UUID(correction.statement).bytes)
                parts += [evidence.position for _, evidence in found]
    return key_of("basis", msgspec.json.encode(parts).decode())


def _common_records(connection: Connection, seen: View) -> Iterator[str]:
    catalogue = seen.catalogue
    period = catalogue.period
    mappings = (catalogue.platforms, catalogue.courses, catalogue.positions)
    for one in (period, *(one for each in mappings for _, one in sorted(each.items()))):
        yield body_of(one).decode()
    for key in (period.person_scheme, period.unit_scheme):
        scheme = record(connection, Scheme, key, seen.register, tables=seen.tables)
        if scheme is None:
            raise SchemeUnknown(key)
        yield body_of(scheme).decode()


def _senders(connection: Connection, seen: View) -> Sequence[tuple[Any, ...]]:
    return fetch_rows(connection, _credentials(seen.tables), {"as_of": seen.position})


def _of_everybody(
    connection: Connection, seen: View, before: Stored | None, after: Stored
) -> Renewal:
    book = rulebook_of(connection, seen)
    assessments = [assess(book, file, evidence) for file, evidence in gather_all(connection, seen)]
    units = assess_units(book, gather_units(connection, seen), assessments)
    outcomes = finals(book, assessments, units)
    months = MonthRows(book, after)
    for assessment in assessments:
        months.add(assessment)
    return Renewal(
        before,
        after,
        gone=None,
        scores=[
            *(person_row(after, one, outcomes.get(one.person)) for one in assessments),
            *(unit_row(after, unit) for unit in units.values()),
        ],
        months=[*months.of_people, *months.of_units()],
    )


def _of_the_touched(
    connection: Connection, seen: View, before: Stored, after: Stored, lines: LineTables
) -> Renewal:
    changed = _changes(connection, seen, before.position)
    if not changed.people and not changed.units:
        return Renewal(before, after, gone=())
    book = rulebook_of(connection, seen)
    kept = StoredResults(connection, before, lines)
    known = [
        person
        for person in sorted(changed.people)
        if record(connection, Person, person, seen.register, tables=seen.tables) is not None
    ]
    renewed = [
        assess(book, file, evidence) for file, evidence in gather_people(connection, seen, known)
    ]
    touched = set(changed.units)
    for assessment in (*renewed, *kept.people(changed.people)):
        touched |= units_of(assessment)
    others = kept.people(kept.people_in(touched) - changed.people)
    units = assess_units(book, _unit_files(connection, seen, touched), [*renewed, *others])
    heads = [one for one in others if one.facts and not touched.isdisjoint(one.facts.head_months)]
    headed = {unit for one in (*renewed, *heads) if one.facts for unit in one.facts.head_months}
    outcomes = finals(book, [*renewed, *heads], {**kept.unit_finals(headed - touched), **units})
    months, of_units = MonthRows(book, after), MonthRows(book, after)
    for assessment in (*renewed, *heads):
        months.add(assessment)
    for assessment in (*renewed, *others):
        of_units.add(assessment)
    rewritten = changed.people | {head.person for head in heads}
    return Renewal(
        before,
        after,
        gone=[*((PERSON, id_) for id_ in rewritten), *((UNIT, id_) for id_ in touched)],
        scores=[
            *(person_row(after, one, outcomes.get(one.person)) for one in (*renewed, *heads)),
            *(unit_row(after, unit) for unit in units.values()),
        ],
        months=[*months.of_people, *(row for row in of_units.of_units() if row.id in touched)],
    )


def units_of(assessment: PersonAssessment) -> set[str]:
    """The units whose results a person's assessment is a part of."""
    facts = assessment.facts
    if facts is None:
        return set()
    at_end = () if facts.unit_at_end is None else (facts.unit_at_end,)
    return {*facts.months_in_unit, *at_end}


def _unit_files(connection: Connection, seen: View, units: Iterable[str]) -> Iterator[Any]:
    for unit in sorted(units):
        try:
            yield gather_unit(connection, seen, unit)
        except UnitUnknown:  # it was withdrawn
            continue


# ---- what came in


class Changes(NamedTuple):
    people: set[str]
    units: set[str]


def _changes(connection: Connection, seen: View, since: int) -> Changes:
    """The people and units that anything recorded past ``since`` is about."""
    tables, bounds = seen.tables, {"since": since, "as_of": seen.position}
    people, units = set(), set()
    for query in _changed_records(tables):
        for kind, person, unit, body in fetch_rows(connection, query, bounds):
            if kind == RECORDS[Unit].recorded:
                units.add(record_of(kind, body).key)
            if person is not None:
                people.add(seen.counted_as(person))
            if unit is not None:
                units.add(unit)
    actors = {
        actor
        for query in _changed_actors(tables)
        for (actor,) in fetch_rows(connection, query, bounds)
    }
    held = fetch_in(connection, _owners(tables), sorted(actors), as_of=seen.register)
    people |= {seen.counted_as(person) for (person,) in held}
    return Changes(people, units)


@lru_cache
def _credentials(tables: Tables) -> Select[Any]:
    table = tables.credentials
    query = select(table.c.credential, table.c.name, table.c.unrestricted)
    return query.where(table.c.position <= bindparam("as_of")).order_by(table.c.credential)


@lru_cache
def _changed_records(tables: Tables) -> tuple[Select[Any], Select[Any]]:
    """What was recorded, and what was withdrawn or replaced."""
    table = tables.records.c
    columns = select(table.kind, table.person, table.unit, table.body)
    since, as_of = _bounds()
    return (
        columns.where(table.position > since, table.position <= as_of),
        columns.where(table.until > since, table.until <= as_of),
    )


@lru_cache
def _changed_actors(tables: Tables) -> tuple[Select[Any], Select[Any]]:
    """Of statements that came in, and of those that one that came in voids."""
    evidence, voids = tables.evidence.c, tables.voids.c
    since, as_of = _bounds()
    stated = select(evidence.actor).where(evidence.position > since, evidence.position <= as_of)
    voided = select(evidence.actor).join(
        voids_of := tables.voids, voids_of.c.target == evidence.statement
    )
    return stated.distinct(), voided.where(voids.position > since, voids.position <= as_of)


def _bounds() -> tuple[BindParameter[int], BindParameter[int]]:
    """What came in past the one position, up to the other."""
    return bindparam("since"), bindparam("as_of")


@lru_cache
def _owners(tables: Tables) -> Select[Any]:
    table = tables.identities
    return select(table.c.person).where(OneOf(table.c.identity), valid(table))

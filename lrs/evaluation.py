"""Results and explanations of a period, as of any position of the log."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from lrs.log.recorder import LogRecorder
from lrs.log.storage import Storage
from lrs.projector import catch_up
from lrs.settings import Settings
from lrs.store_time import microseconds
from projections import assessment
from projections.assessment import (
    View,
    gather_all,
    gather_people,
    gather_person,
    gather_unit,
    people,
    rulebook_of,
    unattributed,
    view,
)
from projections.assessment.records import about_unit
from projections.assessment.views import ResultSet
from projections.scoring import (
    assess,
    assess_units,
    explain,
    explain_unit,
    explanations_document,
    finals,
    results_document,
)
from projections.scoring.book import Rulebook
from projections.scoring.documents import person_detail, unit_detail
from projections.scoring.final_scores import Final as FinalScore
from projections.scoring.people import PersonAssessment
from projections.scoring.units import UnitAssessment
from schemas.register import Membership, Period

POSITION: Final = re.compile("[0-9]{1,18}")


class EvaluationRefused(Exception):
    """What was asked for is not there; says why, and what there is."""


class Assessed(Protocol):
    """A log with its assessment: a store, or a replay that was kept."""

    @property
    def log(self) -> LogRecorder: ...
    @property
    def storage(self) -> Storage: ...
    @property
    def settings(self) -> Settings: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A period in one of its result sets, read as of a position. No ``result_set`` means the
    period's own: what is so far while it is open, what was frozen afterwards. ``as_of`` is a
    position or a time, by default the end of the log.
    """

    period: str
    result_set: str | None = None
    as_of: str | None = None


def results(store: Assessed, asked: Asked, *, facts: bool = False) -> dict[str, Any]:
    """The document ``lrs-results/1``, with the position it was computed at."""
    with reading(store) as connection:
        seen = seen_as(store, connection, asked)
        period = seen.catalogue.period.id
        found = assessment.results(connection, period, seen.result_set, seen.position)
        document = results_document(found, seen.result_set, with_facts=facts)
    return document | {"position": seen.position}


def explanations(
    store: Assessed, asked: Asked, *, person: str | None = None, criterion: str | None = None
) -> dict[str, Any]:
    """The document ``lrs-explanations/1``, of everybody or of one person, of all criteria or one.

    Statements are listed only for criteria that count any.
    """
    with reading(store) as connection:
        seen = seen_as(store, connection, asked)
        book = rulebook_of(connection, seen)
        known = [leaf.id for leaf in book.person_criteria]
        if criterion is not None and criterion not in known:
            raise EvaluationRefused(f"--criterion {criterion}: there are {', '.join(known)}")
        if person is not None:
            try:
                gathered = iter([gather_person(connection, seen, person)])
            except assessment.PersonUnknown:
                raise EvaluationRefused(f"{person}: no such person in {asked.period}") from None
            nobodys: list[bytes] = []
        else:
            gathered = gather_all(connection, seen)
            nobodys = [evidence.statement for evidence in unattributed(connection, seen)]
        explained = (explain(book, file, evidence) for file, evidence in gathered)
        document = explanations_document(book, seen.result_set, explained, nobodys, person)
    if criterion is not None:
        for one, lists in document["people"].items():
            document["people"][one] = {id_: lists[id_] for id_ in lists if id_ == criterion}
    return document | {"position": seen.position}


def explained_person(store: Assessed, asked: Asked, person: str) -> dict[str, Any]:
    """One person's scores with all they rest on; nothing that tells of party membership."""
    with reading(store) as connection:
        seen = seen_as(store, connection, asked)
        book = rulebook_of(connection, seen)
        try:
            file, evidence = gather_person(connection, seen, person)
        except assessment.PersonUnknown:
            raise EvaluationRefused(f"{person}: no such person in {asked.period}") from None
        explanation = explain(book, file, evidence)
        final = final_of(connection, seen, book, explanation.assessment)
    return _heading(seen) | {"person": person} | person_detail(explanation, final)


def explained_unit(store: Assessed, asked: Asked, unit: str) -> tuple[dict[str, Any], set[str]]:
    """One unit's scores with all they rest on, and the people whom that names."""
    with reading(store) as connection:
        seen = seen_as(store, connection, asked)
        book = rulebook_of(connection, seen)
        try:
            found = unit_assessment(connection, seen, book, unit)
        except assessment.UnitUnknown:
            raise EvaluationRefused(f"{unit}: no such unit in {asked.period}") from None
        if found is None:
            raise EvaluationRefused(f"{unit}: has no results of its own in {asked.period}")
        explanation = explain_unit(book, gather_unit(connection, seen, unit), found)
    said = unit_detail(explanation)
    return _heading(seen) | {"unit": unit} | said, people_named(said["criteria"], found)


def people_named(criteria: Mapping[str, Any], unit: UnitAssessment) -> set[str]:
    """The people of a unit whom the inputs of its criteria name."""
    facts = unit.facts
    people = {member.person for member in facts.members}
    people |= {share.assessment.person for share in facts.shares}
    return people.intersection(_texts(each["inputs"] for each in criteria.values()))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a document, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from value
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _texts(inner)


def final_of(
    connection: Connection, seen: View, book: Rulebook, person: PersonAssessment
) -> FinalScore | None:
    """A person's final score; of the units, those are computed that the person heads."""
    headed = () if person.facts is None else person.facts.head_months
    units = {unit: unit_assessment(connection, seen, book, unit) for unit in headed}
    known = {unit: found for unit, found in units.items() if found is not None}
    return finals(book, [person], known).get(person.person)


def unit_assessment(
    connection: Connection, seen: View, book: Rulebook, unit: str
) -> UnitAssessment | None:
    """One unit's assessment from those of everybody who was ever in it; None where it has none."""
    file = gather_unit(connection, seen, unit)
    about = about_unit(connection, unit, seen.register, tables=seen.tables)
    names = {seen.counted_as(one.person) for one in about if isinstance(one, Membership)}
    known = set(people(connection, seen))
    gathered = gather_people(connection, seen, sorted(names & known))
    assessments = [assess(book, file, evidence) for file, evidence in gathered]
    return assess_units(book, [file], assessments).get(unit)


def _heading(seen: View) -> dict[str, Any]:
    period = seen.catalogue.period
    return {
        "period": period.id,
        "result_set": seen.result_set,
        "position": seen.position,
        "schemes": {"person": period.person_scheme, "unit": period.unit_scheme},
    }


def result_sets(store: Assessed, period: str) -> list[str]:
    """Those the period has now; the first is its own. Raises EvaluationRefused for no period."""
    with reading(store) as connection:
        position = _reached(store, connection)
        return list(_sets_of(connection, period, position))


def seen_as(store: Assessed, connection: Connection, asked: Asked) -> View:
    """Raises EvaluationRefused for a period, a result set or a position that is not there."""
    position = _position(store, connection, asked.as_of)
    held = _sets_of(connection, asked.period, position)
    wanted = held[0] if asked.result_set is None else asked.result_set
    if wanted not in held:
        raise EvaluationRefused(
            f"{asked.period} has no results called {wanted} as of position {position};"
            f" it has: {', '.join(held)}"
        )
    return view(connection, asked.period, wanted, position)


def _sets_of(connection: Connection, period: str, position: int) -> tuple[ResultSet, ...]:
    if assessment.record(connection, Period, period, position) is None:
        known = assessment.records(connection, Period, position)
        names = ", ".join(sorted(one.id for one in known)) or "none"
        raise EvaluationRefused(
            f"{period}: no such period as of position {position}; there are: {names}"
        )
    return assessment.result_sets(connection, period, position)


@contextmanager
def reading(store: Assessed) -> Iterator[Connection]:
    """One state of the database, in which the assessment has reached the end that the log had
    when it was asked for.
    """
    head = store.log.head().position
    with store.storage.read() as connection:
        is_behind = _reached(store, connection) < head
    if is_behind:  # taking it up to date takes the log's turn, which others wait for
        catch_up(store.log, assessment)
    with store.storage.read() as connection:
        yield connection


def _reached(store: Assessed, connection: Connection) -> int:
    return store.log.tracked(connection, assessment.NAME)


def _position(store: Assessed, connection: Connection, as_of: str | None) -> int:
    reached = _reached(store, connection)
    if as_of is None:
        return reached
    return min(position_of(store.log, connection, as_of, store.settings.tz), reached)


def position_of(log: LogRecorder, connection: Connection, as_of: str, tz: str) -> int:
    """The position that ``--as-of`` names; for a time, that of the last event stored by then.

    A time without an offset is one of the time zone ``tz``. Raises EvaluationRefused.
    """
    if POSITION.fullmatch(as_of):
        return int(as_of)
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        raise EvaluationRefused(
            f"--as-of {as_of}: a position of the log or a time such as 2026-11-30T23:59+07:00"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(tz))
    return position_at(log, connection, microseconds(moment))


def position_at(log: LogRecorder, connection: Connection, stored: int) -> int:
    """The position of the last event stored up to a time, in microseconds since 1970; 0 if none
    was. Positions and ``stored`` grow together, so it is found by halving.
    """
    low, high = 0, log.head_of(connection).position
    while low < high:
        middle = (low + high + 1) // 2
        if log.rows_at(connection, [middle])[0].stored <= stored:
            low = middle
        else:
            high = middle - 1
    return low

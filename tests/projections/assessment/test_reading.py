"""Reading as of any position: for every log, whatever the batches, on both databases."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from projections.assessment import (
    NotFrozen,
    PeriodUnknown,
    PersonUnknown,
    View,
    gather_all,
    gather_person,
    gather_unit,
    gather_units,
    people,
    record,
    records,
    result_sets,
    unattributed,
    unmapped_courses,
    unresolved_actors,
    view,
)
from projections.assessment.views import ResultSet
from projections.scoring.inputs import UnitFile
from schemas.register import RECORDS
from tests.projections.assessment.logs import AssessmentLog, Database, contents
from tests.projections.assessment.worlds import (
    PEOPLE,
    PERIOD,
    Plain,
    cuts,
    logs,
)

RESULT_SETS = get_args(ResultSet)
shared_tables = settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def seen(connection: Connection, result_set: Any, as_of: int) -> View | type[Exception]:
    try:
        return view(connection, PERIOD, result_set, as_of)
    except (NotFrozen, PeriodUnknown) as error:
        return type(error)


def everything(connection: Connection, as_of: int) -> dict[str, Any]:
    """All that can be read as of a position."""
    read: dict[str, Any] = {kind.__name__: records(connection, kind, as_of) for kind in RECORDS}
    read["result sets"] = result_sets(connection, PERIOD, as_of)
    read["unresolved"] = unresolved_actors(connection, as_of)
    read["unmapped"] = unmapped_courses(connection, as_of)
    for result_set in RESULT_SETS:
        it = seen(connection, result_set, as_of)
        if isinstance(it, View):
            read[result_set] = it
            read[f"{result_set} people"] = list(gather_all(connection, it))
            read[f"{result_set} units"] = gather_units(connection, it)
            read[f"{result_set} nobody's"] = sorted(unattributed(connection, it))
    return read


@shared_tables
@given(log=logs(), cut=cuts(), other=cuts())
def test_any_batching_gives_the_same_tables(
    database: Database, log: AssessmentLog, cut: set[int], other: set[int]
) -> None:
    tables = []
    for some in (cut, other):
        with database.begin() as connection:
            log.project(connection, [at for at in some if at < len(log.entries)])
            tables.append(contents(connection))
    assert tables[0] == tables[1]


@shared_tables
@given(log=logs(), at=st.integers(0, 60))
def test_reading_as_of_a_position_is_reading_a_log_that_ends_there(
    database: Database, log: AssessmentLog, at: int
) -> None:
    as_of = 1 + at % log.head
    with database.begin() as connection:
        log.project(connection)
        found = everything(connection, as_of)
    with database.begin() as connection:
        log.upto(as_of).project(connection)
        assert everything(connection, as_of) == found


@shared_tables
@given(log=logs(), at=st.integers(0, 60))
def test_the_register_is_what_a_plain_reading_of_the_log_gives(
    database: Database, log: AssessmentLog, at: int
) -> None:
    as_of = 1 + at % log.head
    expected = Plain(log).register(as_of)
    with database.begin() as connection:
        log.project(connection)
        for kind in RECORDS:
            found = records(connection, kind, as_of)
            assert found == [one for (type_, _), one in expected.items() if type_ is kind]
        for (kind, key), one in expected.items():
            assert record(connection, kind, key, as_of) == one


@shared_tables
@given(log=logs(), at=st.integers(0, 60), result_set=st.sampled_from(RESULT_SETS))
def test_evidence_is_whose_a_plain_reading_of_the_log_says(
    database: Database, log: AssessmentLog, at: int, result_set: Any
) -> None:
    as_of = 1 + at % log.head
    with database.begin() as connection:
        log.project(connection)
        it = seen(connection, result_set, as_of)
        if isinstance(it, View):
            gathered = {file.person: rows for file, rows in gather_all(connection, it)}
            nobodys = sorted(row.position for row in unattributed(connection, it))
    expected = Plain(log).evidence(result_set, as_of)
    if expected is None:
        assert not isinstance(it, View)
        return
    assert {
        person: [(row.position, row.platform, row.voided) for row in rows]
        for person, rows in gathered.items()
    } == expected.of
    assert nobodys == expected.nobodys


@shared_tables
@given(log=logs(), result_set=st.sampled_from(RESULT_SETS))
def test_one_person_and_one_unit_are_gathered_as_all_are(
    database: Database, log: AssessmentLog, result_set: Any
) -> None:
    with database.begin() as connection:
        log.project(connection)
        it = seen(connection, result_set, log.head)
        if not isinstance(it, View):
            return
        everybody = {gathered[0].person: gathered for gathered in gather_all(connection, it)}
        assert list(everybody) == people(connection, it)
        for person in PEOPLE:
            if person in everybody:
                assert gather_person(connection, it, person) == everybody[person]
            else:
                with pytest.raises(PersonUnknown):
                    gather_person(connection, it, person)
        for unit in gather_units(connection, it):
            assert sorted_file(gather_unit(connection, it, unit.unit.id)) == sorted_file(unit)


def sorted_file(file: UnitFile) -> list[Any]:
    return [file.unit, *(sorted(rows, key=str) for rows in file[1:])]


@shared_tables
@given(log=logs(), at=st.integers(0, 60), limit=st.integers(1, 4))
def test_the_queues_hold_what_a_plain_reading_finds_page_by_page(
    database: Database, log: AssessmentLog, at: int, limit: int
) -> None:
    as_of = 1 + at % log.head
    with database.begin() as connection:
        log.project(connection)
        actors = list(pages(partial(unresolved_actors, connection, as_of, limit=limit), itself))
        courses = list(pages(partial(unmapped_courses, connection, as_of, limit=limit), place))
    plain = Plain(log)
    assert actors == plain.unresolved_actors(as_of)
    assert courses == plain.unmapped_courses(as_of)


def itself(found: Any) -> Any:
    return found.identity


def place(found: Any) -> Any:
    return found.platform, found.activity


def pages(page: Callable[..., list[Any]], last: Callable[[Any], Any]) -> Iterator[Any]:
    found = page()
    while found:
        yield from found
        found = page(after=last(found[-1]))

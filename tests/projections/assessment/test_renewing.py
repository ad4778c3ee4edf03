"""Stored results: however they were renewed, they are those that are computed at once."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from projections.assessment import (
    PeriodUnknown,
    SchemeUnknown,
    lines,
    refresh,
    restored,
    result_sets,
    results,
)
from schemas.scheme import InvalidSheet
from tests.projections.assessment.logs import AssessmentLog, Database, contents
from tests.projections.assessment.worlds import PERIOD, logs

few = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(log=logs(late=False), stops=st.sets(st.integers(0, 60), max_size=8))
def test_any_sequence_of_renewals_ends_in_the_same_rows(
    database: Database, log: AssessmentLog, stops: set[int]
) -> None:
    found = []
    for some in (stops, ()):
        with database.begin() as connection:
            log.project(connection)
            for stop in sorted(1 + at % log.head for at in some):
                refresh(connection, stop)
            refresh(connection, log.head)
            found.append(contents(connection, lines.METADATA))
    assert found[0] == found[1]


@few
@given(log=logs(late=False))
def test_what_is_stored_is_what_is_computed(database: Database, log: AssessmentLog) -> None:
    with database.begin() as connection:
        log.project(connection)
        refresh(connection, log.head)
        for result_set in ("open", "frozen", "corrected"):
            computed = computed_results(connection, result_set, log.head)
            assert restored(connection, PERIOD, result_set) == computed


def computed_results(connection: Connection, result_set: Any, as_of: int) -> Any:
    """None where there are none."""
    try:
        if result_set not in result_sets(connection, PERIOD, as_of):
            return None
        return as_of, results(connection, PERIOD, result_set, as_of)
    except (PeriodUnknown, SchemeUnknown, InvalidSheet):
        return None

"""The lines of periods: computed once for each state, never for a state that is not so."""

import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lrs import lines as module
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.lines import Lines, PeriodLines, ResultSetUnknown
from lrs.projector import catch_up
from lrs.register import change
from lrs.store import Store
from projections import assessment
from projections.assessment import PeriodUnknown
from schemas.register import RECORDS, Item, Membership
from tests.lrs.conftest import OpenStore

MOVEMENT = Path(__file__).parents[1] / "golden" / "movement-2026"
PERIOD = "KY-2026"


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Result sets and positions for which lines were computed."""
    made: list[tuple[str, int]] = []
    compute = assessment.results

    def counted(connection: Any, period: str, result_set: Any, as_of: int) -> Any:
        made.append((result_set, as_of))
        return compute(connection, period, result_set, as_of)

    monkeypatch.setattr("projections.assessment.results", counted)
    return made


@pytest.fixture
def open_period(open_store: OpenStore) -> Store:
    store = open_store()
    import_case(store, read_case(MOVEMENT), freeze=False)
    return store


@pytest.fixture
def frozen_period(open_store: OpenStore) -> Store:
    store = open_store()
    import_case(store, read_case(MOVEMENT))
    return store


def head(store: Store) -> int:
    catch_up(store.log, assessment)
    return store.log.head().position


def declare(store: Store, id_: str = "KK-999") -> int:
    """Something that counts: an accepted item of P3."""
    item = Item(
        id=id_, kind="sharing_session", person="P3", date=date(2026, 3, 1), decision="accepted"
    )
    change(store, lambda _: [(item, RECORDS[Item].recorded)])
    return head(store)


def final(lines: Lines, person: str = "P3") -> str:
    return lines.people[person].values["final"]


def test_lines_are_computed_once_for_each_state(
    open_period: Store, computed: list[tuple[str, int]]
) -> None:
    lines, first = PeriodLines(open_period), head(open_period)
    before = lines.of(PERIOD, None, first, exact=False)
    assert lines.of(PERIOD, "open", first, exact=True) == before
    assert computed == [("open", first)]
    second = declare(open_period)
    after = lines.of(PERIOD, None, second, exact=False)
    assert computed == [("open", first), ("open", second)]
    assert final(before) != final(after)
    assert lines.of(PERIOD, None, first, exact=True) == before, "what was kept still holds there"
    assert len(computed) == 2


def test_what_no_result_depends_on_computes_nothing_anew(
    open_period: Store, computed: list[tuple[str, int]]
) -> None:
    lines, first = PeriodLines(open_period), head(open_period)
    before = lines.of(PERIOD, None, first, exact=True)
    open_period.accounts.open("an.nv", "một câu dễ nhớ", roles=["admin"])
    second = head(open_period)
    after = lines.of(PERIOD, None, second, exact=True)
    assert second > first
    assert (after.position, after.people) == (second, before.people)
    assert len(computed) == 1


def test_frozen_and_corrected_lines_hold_whatever_is_recorded_afterwards(
    frozen_period: Store, computed: list[tuple[str, int]]
) -> None:
    lines, first = PeriodLines(frozen_period), head(frozen_period)
    frozen = lines.of(PERIOD, None, first, exact=True)
    corrected = lines.of(PERIOD, "corrected", first, exact=True)
    assert (final(frozen, "P2"), final(corrected, "P2")) == ("74.20", "92.10")
    later = declare(frozen_period)
    assert lines.of(PERIOD, None, later, exact=True).people == frozen.people
    assert lines.of(PERIOD, "corrected", later, exact=True).people == corrected.people
    assert computed == [("frozen", first), ("corrected", first)]


def test_an_appeal_that_is_rejected_after_all_leaves_no_corrected_lines(
    frozen_period: Store,
) -> None:
    [appeal] = read_case(MOVEMENT).appeals
    lines, first = PeriodLines(frozen_period), head(frozen_period)
    before = lines.of(PERIOD, "corrected", first, exact=True)
    rejected = msgspec.structs.replace(appeal, decision="rejected", corrections=())
    change(frozen_period, lambda _: [(rejected, RECORDS[type(appeal)].recorded)])
    with pytest.raises(ResultSetUnknown):
        lines.of(PERIOD, "corrected", head(frozen_period), exact=True)
    assert final(before, "P2") == "92.10"


def test_while_slow_lines_are_made_the_earlier_ones_are_given_with_their_position(
    open_period: Store, computed: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, first = PeriodLines(open_period), head(open_period)
    before = lines.of(PERIOD, None, first, exact=False)
    monkeypatch.setattr(module, "QUICK", -1.0)  # however quick, it was slow
    second = declare(open_period)
    early = lines.of(PERIOD, None, second, exact=False)
    assert (early.position, final(early)) == (first, final(before))
    exact = lines.of(PERIOD, None, second, exact=True)
    assert exact.position == second
    assert final(exact) != final(before)
    end = time.monotonic() + 5
    while lines.of(PERIOD, None, second, exact=False).position != second:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert computed == [("open", first), ("open", second)], "and not twice"


def keep(store: Store) -> int:
    """Have the store keep the results of its periods as they are."""
    position = head(store)
    with store.storage.write() as connection:
        assessment.refresh(connection, position)
    return position


def test_results_the_store_keeps_are_not_computed_again(
    frozen_period: Store, computed: list[tuple[str, int]]
) -> None:
    position = head(frozen_period)
    by_hand = PeriodLines(frozen_period)
    expected = [by_hand.of(PERIOD, name, position, exact=True) for name in ("frozen", "corrected")]
    keep(frozen_period)
    lines, later = PeriodLines(frozen_period), declare(frozen_period)
    computed.clear()
    for wanted in expected:
        found = lines.of(PERIOD, wanted.result_set, later, exact=True)
        assert found == replace(wanted, position=later, book=found.book)
    assert computed == []


def test_what_the_store_keeps_of_an_open_period_is_given_with_its_position(
    open_period: Store, computed: list[tuple[str, int]]
) -> None:
    kept = keep(open_period)
    lines = PeriodLines(open_period)
    assert lines.of(PERIOD, None, kept, exact=True).position == kept
    later = declare(open_period)
    early = PeriodLines(open_period).of(PERIOD, None, later, exact=False)
    assert early.position == kept
    assert computed == []
    exact = lines.of(PERIOD, None, later, exact=True)
    assert (exact.position, computed) == (later, [("open", later)])
    assert final(exact) != final(early)
    before = lines.of(PERIOD, None, kept - 1, exact=True)
    assert before.position == kept - 1


def test_many_who_ask_at_once_wait_for_one_computation(
    open_period: Store, computed: list[tuple[str, int]]
) -> None:
    lines, position = PeriodLines(open_period), head(open_period)
    found: list[Lines] = []
    askers = [
        threading.Thread(target=lambda: found.append(lines.of(PERIOD, None, position, exact=True)))
        for _ in range(4)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(found) == 4
    assert len(computed) == 1


@pytest.mark.parametrize(
    ("first", "last", "primary", "touches"),
    [
        (None, None, True, True),
        (None, date(2025, 11, 30), True, False),
        (None, date(2025, 12, 1), True, True),
        (date(2026, 11, 30), None, True, True),
        (date(2026, 12, 1), None, True, False),
        (None, None, False, False),
    ],
)
def test_somebody_is_in_a_unit_by_a_primary_membership_that_touches_the_period(
    first: date | None, last: date | None, primary: bool, touches: bool
) -> None:
    row = Membership(
        person="P1", unit="X", position="CV", category="cong_chuc", primary=primary, from_=first,
        to=last,
    )  # fmt: skip
    found = module.units_in(read_case(MOVEMENT).period, [row])
    assert found == (frozenset("X") if touches else frozenset())


def test_what_is_not_there_has_no_lines(open_period: Store) -> None:
    lines, position = PeriodLines(open_period), head(open_period)
    with pytest.raises(PeriodUnknown):
        lines.of("KY-1999", None, position, exact=True)
    with pytest.raises(ResultSetUnknown):
        lines.of(PERIOD, "frozen", position, exact=True)

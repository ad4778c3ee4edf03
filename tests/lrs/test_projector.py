"""Following the log: together while projections stand together, else each by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Connection

from lrs.log.recorder import Append
from lrs.log.storage import Task, open_storage, take_turn
from lrs.privacy.data_keys import new_generation
from lrs.projector import BATCH, Follower, StandApart, advance, catch_up
from lrs.rebuild import rebuild
from lrs.settings import Settings
from lrs.store import FOLLOWED, Store
from projections import activities, assessment
from tests.examples import statement_event
from tests.ministry import generate, load

POISON = b"poison"


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """One that nobody follows."""
    settings = Settings(database_url=database_url, pepper_file=tmp_path / "pepper")
    store = Store(settings, follow=False)
    yield store
    store.close()


def positions(store: Store) -> dict[str, int]:
    with store.storage.read() as connection:
        return {it.NAME: store.log.tracked(connection, it.NAME) for it in FOLLOWED}


def everywhere(position: int) -> dict[str, int]:
    return {projection.NAME: position for projection in FOLLOWED}


def record(store: Store, number: int) -> int:
    """Record so many statements; the position of the last."""
    store.log.append([Append([statement_event() for _ in range(number)])])
    return store.log.head().position


def after_reading(monkeypatch: pytest.MonkeyPatch, store: Store, do: Callable[[], Any]) -> None:
    """Something happens once, between reading events and applying them."""
    read_in = store.log.read_in

    def read_and_do(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(store.log, "read_in", read_in)
        entries = read_in(*given, **named)
        do()
        return entries

    monkeypatch.setattr(store.log, "read_in", read_and_do)


def test_the_tables_are_those_of_a_rebuild(store: Store) -> None:
    load(store, generate(400))
    head = store.log.head().position
    assert head < BATCH
    assert not advance(store.log, FOLLOWED)
    assert positions(store) == everywhere(head)
    for projection in FOLLOWED:
        assert rebuild(store.log, projection, check=True).position == head


def test_it_goes_on_in_batches_to_the_end_and_stays_there(store: Store) -> None:
    head = record(store, BATCH + 1)
    assert advance(store.log, FOLLOWED)
    assert 0 < positions(store)[activities.NAME] < head
    assert not advance(store.log, FOLLOWED)
    assert positions(store) == everywhere(head)
    assert not advance(store.log, FOLLOWED)


def test_projections_that_stand_apart_are_left_to_themselves(store: Store) -> None:
    head = record(store, 1)
    catch_up(store.log, activities)
    with pytest.raises(StandApart):
        advance(store.log, FOLLOWED)
    assert positions(store) == {**everywhere(0), activities.NAME: head}


def test_what_was_read_before_somebody_was_forgotten_is_not_applied(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = record(store, 1)

    def forget() -> None:
        with store.storage.write() as connection:
            new_generation(connection)

    after_reading(monkeypatch, store, forget)
    assert advance(store.log, FOLLOWED)
    assert positions(store) == everywhere(0)
    assert not advance(store.log, FOLLOWED)
    assert positions(store) == everywhere(head)


def test_what_somebody_else_applied_meanwhile_is_not_applied_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = record(store, 1)
    after_reading(monkeypatch, store, lambda: catch_up(store.log, assessment))
    assert advance(store.log, FOLLOWED)
    assert positions(store) == {**everywhere(0), assessment.NAME: head}


def test_of_several_processes_one_follows(store: Store, database_url: str) -> None:
    if store.storage.dialect == "sqlite":
        assert take_turn_twice(store)  # there is no other process
        return
    head = record(store, 1)
    other = open_storage(database_url)
    try:
        with other.read() as connection:
            assert take_turn(connection, Task.FOLLOW)
            assert not advance(store.log, FOLLOWED)
            assert positions(store) == everywhere(0)
    finally:
        other.close()
    advance(store.log, FOLLOWED)
    assert positions(store) == everywhere(head)


def take_turn_twice(store: Store) -> bool:
    with store.storage.read() as one, store.storage.read() as another:
        return take_turn(one, Task.FOLLOW) and take_turn(another, Task.FOLLOW)


def test_an_event_that_cannot_be_applied_stops_its_projection_and_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, assessment)
    first = record(store, 1)
    follower = Follower(store.log, FOLLOWED)
    try:
        wait_for(lambda: activities_at(store) == first)
        store.log.append([Append([statement_event()._replace(stream_id=POISON.ljust(16))])])
        end = record(store, 1)
        wait_for(lambda: activities_at(store) == end)
        wait_for(lambda: bool(follower.failures))
        assert follower.failures == {assessment.NAME: "ValueError: poison"}
        wait_for(lambda: positions(store) == {**everywhere(end), assessment.NAME: first})
        monkeypatch.undo()  # the program was mended
        wait_for(lambda: positions(store) == everywhere(end))
        wait_for(lambda: not follower.failures)
    finally:
        follower.close()


def test_a_failure_that_passes_is_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("unreadable")

    follower = Follower(store.log, FOLLOWED)
    try:
        wait_for(lambda: positions(store) == everywhere(store.log.head().position))
        monkeypatch.setattr(store.log, "read_in", fail)
        end = record(store, 1)
        wait_for(lambda: follower.failures.keys() == everywhere(0).keys())
        monkeypatch.undo()
        wait_for(lambda: positions(store) == everywhere(end) and not follower.failures)
    finally:
        follower.close()


def refuse(monkeypatch: pytest.MonkeyPatch, projection: ModuleType) -> None:
    apply = projection.apply

    def applied(connection: Connection, tables: Any, entries: Any) -> None:
        if any(entry.stream_id.startswith(POISON) for entry in entries):
            raise ValueError("poison")
        apply(connection, tables, entries)

    monkeypatch.setattr(projection, "apply", applied)


def activities_at(store: Store) -> int:
    return positions(store)[activities.NAME]


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        Event().wait(0.02)
    raise AssertionError("it did not come to be")

"""Changes to the register: each decided on what is there, recorded whole or not at all."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from lrs import register
from lrs.log.recorder import Appended
from lrs.register import AT_ONCE, ATTEMPTS, Change, Recorded, RegisterBusy, change, read
from lrs.store import Store
from schemas.events import NOBODY, NewEvent
from schemas.register import RECORDS, Person, Withdrawal
from tests.lrs.conftest import OpenStore
from tests.lrs.register import recorded

KEY_OF_AN = bytes(range(16))


def person(id_: str, name: str = "An") -> Change:
    return recorded(Person(id=id_, name=name))


def people(store: Store) -> list[str]:
    return sorted(read(store)[0][Person])


def test_a_change_is_recorded_in_the_name_of_who_decided(store: Store) -> None:
    assert change(store, lambda _: [person("P1"), person("P2")], by=KEY_OF_AN) == 2
    assert change(store, lambda _: [person("P1", "Bình")]) == 1
    found, version = read(store)
    assert version == 3
    assert found[Person] == {"P1": Person(id="P1", name="Bình"), "P2": Person(id="P2", name="An")}
    with store.storage.read() as connection:
        head = store.log.head_of(connection).position
        entries = store.log.entries(connection, [head - 2, head - 1, head])
    assert [entry.credential for entry in entries] == [KEY_OF_AN, KEY_OF_AN, NOBODY]
    assert [entry.stream_version for entry in entries] == [1, 2, 3]


def test_what_is_withdrawn_is_not_there_until_it_is_recorded_again(store: Store) -> None:
    an = Person(id="P1", name="An")
    change(store, lambda _: [recorded(an), person("P2")])
    change(store, lambda _: [(Withdrawal(key="P1"), RECORDS[Person].withdrawn)])
    assert people(store) == ["P2"]
    change(store, lambda _: [recorded(an)])
    assert people(store) == ["P1", "P2"]


def test_a_change_that_changes_nothing_records_nothing(store: Store) -> None:
    head = store.log.head()
    assert change(store, lambda _: []) == 0
    assert store.log.head() == head


def test_what_a_decision_raises_is_passed_on_and_nothing_is_recorded(store: Store) -> None:
    def refuse(_: Recorded) -> list[Change]:
        raise LookupError("P1")

    with pytest.raises(LookupError, match="P1"):
        change(store, refuse)
    assert read(store)[1] == 0


def test_a_change_is_decided_again_on_what_somebody_faster_left(
    store: Store, open_store: OpenStore
) -> None:
    elsewhere = open_store() if store.storage.dialect == "postgresql" else store
    seen = []

    def decide(found: Recorded) -> list[Change]:
        seen.append(sorted(found[Person]))
        if len(seen) == 1:
            change(elsewhere, lambda _: [person("P1")])
        return [person("P2"), person("P3")]

    assert change(store, decide) == 2
    assert seen == [[], ["P1"]]
    assert people(store) == ["P1", "P2", "P3"]
    assert read(store)[1] == 3


def test_of_changes_that_come_too_late_nothing_is_recorded(store: Store) -> None:
    """The first of three is in the way of another; the places of the others are free."""

    def decide(found: Recorded) -> list[Change]:
        if found[Person]:
            raise LookupError("others were faster")
        change(store, lambda _: [person("P1")])
        return [person("P2"), person("P3"), person("P4")]

    with pytest.raises(LookupError, match="faster"):
        change(store, decide)
    assert people(store) == ["P1"]


def test_where_others_never_stop_changing_the_register_is_busy(store: Store) -> None:
    tried: list[str] = []

    def decide(_: Recorded) -> list[Change]:
        tried.append(f"P{len(tried)}")
        change(store, lambda _: [person(tried[-1])])
        return [person("Q")]

    with pytest.raises(RegisterBusy, match="try again"):
        change(store, decide)
    assert len(tried) == ATTEMPTS
    assert people(store) == tried


def test_nothing_is_lost_where_many_change_the_same_record(
    store: Store, open_store: OpenStore
) -> None:
    """Each adds a letter to a name, whatever it is by then."""
    two = store.storage.dialect == "postgresql"
    stores = [store, open_store() if two else store] * 2

    def add(letter: str, to: Store) -> None:
        def decide(found: Recorded) -> list[Change]:
            held = found[Person].get("P1")
            name = held.name if isinstance(held, Person) else ""
            return [person("P1", name + letter)]

        for _ in range(4):
            while True:
                try:
                    change(to, decide)
                    break
                except RegisterBusy:
                    continue

    with ThreadPoolExecutor(len(stores)) as pool:
        list(pool.map(add, "abcd", stores))
    [held] = read(store)[0][Person].values()
    assert isinstance(held, Person)
    assert sorted(held.name) == sorted("abcd" * 4)


def test_more_than_is_recorded_at_once_comes_in_parts_and_is_completed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "AT_ONCE", 2)
    wanted = [f"P{number}" for number in range(5)]
    append, parts, seen = store.writer.append, [], []

    def appended(events: Sequence[NewEvent], *more: Any) -> Future[Appended]:
        parts.append(len(events))
        if len(parts) == 2:  # somebody comes between the first two parts
            append([events[0]._replace(body=b'{"id":"Q","name":"Q"}')]).result()
        return append(events, *more)

    def decide(found: Recorded) -> list[Change]:
        seen.append(sorted(found[Person]))
        return [person(id_) for id_ in wanted if id_ not in found[Person]]

    monkeypatch.setattr(store.writer, "append", appended)
    assert change(store, decide) == 3
    assert seen == [[], ["P0", "P1", "Q"]]
    assert parts == [2, 2, 2, 1]
    assert people(store) == [*wanted, "Q"]


def test_what_is_recorded_at_once_is_in_one_commit(store: Store) -> None:
    commits: list[int] = []
    store.writer.on_commit = lambda requests, _, __: commits.append(
        sum(len(request.events) for request in requests)
    )
    names = [f"P{number}" for number in range(AT_ONCE)]
    assert change(store, lambda _: [person(name) for name in names]) == AT_ONCE
    assert commits == [AT_ONCE]

"""Rebuilding the tables of a projection while the store goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import text

from lrs.log.recorder import Head
from lrs.rebuild import TablesDiffer, TooBusy, rebuild, tables_of
from lrs.settings import Settings
from lrs.store import FOLLOWED, INLINE, Store
from projections import activities, statement_index
from tests.databases import Fill
from tests.examples import statement_event
from tests.ministry import generate, load

ALL = pytest.mark.parametrize("projection", INLINE + FOLLOWED, ids=lambda p: p.NAME)


@contextmanager
def opened(database_url: str, directory: Path) -> Iterator[Store]:
    store = Store(Settings(database_url=database_url, pepper_file=directory / "pepper"))
    try:
        yield store
    finally:
        store.close()


def generated(database_url: str, directory: Path) -> None:
    with opened(database_url, directory) as store:
        load(store, generate(400))


@pytest.fixture
def fill() -> Fill:
    return generated


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    with opened(database_url, tmp_path) as store:
        yield store


def followed_up(store: Store) -> None:
    """Until everything that follows the log stands at its end."""
    for _ in range(500):
        with store.storage.read() as connection:
            head = store.log.head_of(connection).position
            if all(store.log.tracked(connection, p.NAME) == head for p in FOLLOWED):
                return
        Event().wait(0.01)
    raise AssertionError(store.follower and store.follower.failures)


def rows(store: Store, tables) -> list[list[tuple]]:
    with store.storage.read() as connection:
        return [
            [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key))]
            for table in tables_of(tables)
        ]


def index_names(store: Store) -> set[str]:
    if store.storage.dialect == "sqlite":
        sql = "SELECT name FROM sqlite_master WHERE type = 'index'"
    else:
        sql = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
    with store.storage.read() as connection:
        return set(connection.scalars(text(sql)))


@ALL
def test_rebuilt_tables_equal_the_live_ones(store, projection):
    followed_up(store)
    before = rows(store, projection.TABLES)
    rebuilt = rebuild(store.log, projection, check=True)
    assert rows(store, projection.TABLES) == before
    assert rebuilt.position == store.log.head().position


@ALL
def test_a_second_rebuild_finds_nothing_in_its_way(store, projection):
    followed_up(store)
    names = index_names(store)
    rebuild(store.log, projection)
    rebuild(store.log, projection, check=True)
    assert index_names(store) == names


def test_a_rebuild_mends_what_is_wrong(store):
    before = rows(store, statement_index.TABLES)
    with store.storage.write() as connection:
        connection.execute(text("DELETE FROM statement_links WHERE position % 3 = 0"))
    with pytest.raises(TablesDiffer, match="statement_links"):
        rebuild(store.log, statement_index, check=True)
    assert rows(store, statement_index.TABLES) != before, "the check switched nothing"
    rebuild(store.log, statement_index)
    assert rows(store, statement_index.TABLES) == before


def test_the_check_names_the_first_row_that_differs(store):
    followed_up(store)
    with store.storage.write() as connection:
        connection.execute(text("UPDATE activities SET changed = 1"))
    with pytest.raises(TablesDiffer, match=r"activities: the live table has .*, 1, "):
        rebuild(store.log, activities, check=True)


@pytest.mark.parametrize("projection", [statement_index, activities], ids=lambda p: p.NAME)
def test_what_is_stored_during_a_rebuild_is_in_the_new_tables(store, projection, monkeypatch):
    monkeypatch.setattr("lrs.rebuild.BATCH", 20)
    stopped = Event()
    heads: list[Head] = []

    def send() -> None:
        while not stopped.is_set():
            heads.append(store.writer.append([statement_event()]).result().head)

    sender = Thread(target=send)
    sender.start()
    try:
        rebuilt = rebuild(store.log, projection)
    finally:
        stopped.set()
        sender.join()
    assert heads[0].position < rebuilt.position, "statements came in meanwhile"
    for _ in range(3):
        store.writer.append([statement_event()]).result()
    followed_up(store)
    before = rows(store, projection.TABLES)
    rebuild(store.log, projection, check=True)
    assert rows(store, projection.TABLES) == before


def test_a_rebuild_that_was_killed_leaves_nothing_that_hinders_the_next(store):
    def killed(position: int, head: int) -> None:
        raise KeyboardInterrupt

    before = rows(store, statement_index.TABLES)
    with pytest.raises(KeyboardInterrupt):
        rebuild(store.log, statement_index, progress=killed)
    rebuild(store.log, statement_index, check=True)
    assert rows(store, statement_index.TABLES) == before
    with store.storage.read() as connection:
        names = connection.scalars(text("SELECT name FROM projection_tracking")).all()
    assert not [name for name in names if name.startswith("rebuild")]


def test_progress_runs_to_the_end_of_the_log(store):
    seen = []
    rebuild(store.log, statement_index, progress=lambda position, head: seen.append(position))
    assert seen == sorted(seen)
    assert seen[-1] == store.log.head().position


def test_somebody_who_reads_for_long_puts_off_the_switch_and_stops_no_append(
    postgres_url: str, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr("lrs.rebuild.SWITCH_SECONDS", 0.2)
    monkeypatch.setattr("lrs.rebuild.SWITCH_ATTEMPTS", 3)
    store = Store(Settings(database_url=postgres_url, pepper_file=tmp_path / "pepper"))
    try:
        with store.storage.read() as backup:
            backup.execute(text("SELECT count(*) FROM statement_index")).scalar()
            with pytest.raises(TooBusy, match="a backup perhaps"):
                rebuild(store.log, statement_index)
            store.writer.append([statement_event()]).result(timeout=5)
        rebuild(store.log, statement_index, check=True)
    finally:
        store.close()

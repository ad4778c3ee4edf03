"""The read tables: migrated as the modules define them, and filled when they are new."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import inspect, text

from lrs.doctor import examine
from lrs.log.opening import open_log
from lrs.log.recorder import Append
from lrs.log.storage import open_storage
from lrs.projector import catch_up
from lrs.rebuild import rebuild, tables_of
from lrs.schema import (
    VERSION_TABLE,
    alembic_config,
    fill_new_tables,
    forget,
    metadata_of,
    migrate_tables,
    newest_version,
)
from lrs.settings import Settings
from lrs.store import BESIDE, FOLLOWED, INLINE, Store
from projections import statement_index
from tests.examples import reference_to, statement, statement_event
from tests.ministry import generate, load

LOG = {
    "event_log",
    "event_registry",
    "attachment_content",
    "projection_tracking",
    "log_head",
    "log_migrations",
    "merkle_tile",
    "merkle_tree",
    "log_epoch",
    "signed_checkpoint",
    "cosignature",
    "witness_turn",
    "sealing",
    "data_key",
    "attachment_sealed",
}


@pytest.fixture
def store(empty_database_url: str, tmp_path: Path) -> Iterator[Store]:
    store = Store(Settings(database_url=empty_database_url, pepper_file=tmp_path / "pepper"))
    yield store
    store.close()


def rows(store: Store, tables) -> list[list[tuple]]:
    with store.storage.read() as connection:
        return [
            [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key))]
            for table in tables_of(tables)
        ]


def test_the_migrations_lead_to_the_tables_the_modules_define(empty_database_url: str):
    storage = open_storage(empty_database_url)
    try:
        with storage.write() as connection:
            migrate_tables(connection)
        with storage.write() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "version_table": VERSION_TABLE,
                    "compare_type": True,
                    "include_name": lambda name, kind, _: kind != "table" or name not in LOG,
                },
            )
            assert compare_metadata(context, metadata_of(*INLINE, *FOLLOWED, *BESIDE)) == []
    finally:
        storage.close()


def test_migrating_again_changes_nothing(store):
    with store.storage.write() as connection:
        migrate_tables(connection)
        migrate_tables(connection)


def test_the_newest_version_is_the_one_alembic_would_migrate_to(store):
    with store.storage.read() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
        assert connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) == (
            newest_version()
        )
    assert script.get_heads() == [newest_version()]


def test_tables_of_a_later_program_are_refused(store):
    with store.storage.write() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with store.storage.write() as connection, pytest.raises(CommandError, match="9999"):
        migrate_tables(connection)


def test_a_store_that_cannot_be_opened_leaves_nothing_open(empty_database_url: str, tmp_path: Path):
    settings = Settings(database_url=empty_database_url, pepper_file=tmp_path / "pepper")
    with closing(Store(settings, follow=False)) as store, store.storage.write() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    before = threading.active_count()
    with pytest.raises(CommandError, match="9999"):
        Store(settings)
    assert threading.active_count() == before
    with closing(open_storage(empty_database_url)) as storage, storage.write() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{newest_version()}'"))
    Store(settings).close()


def test_no_key_or_index_of_a_projection_has_a_name_of_its_own():
    """A rebuild renames tables; SQLite cannot rename an index."""
    for table in metadata_of(*INLINE, *FOLLOWED).tables.values():
        assert not table.indexes
        assert all(constraint.name is None for constraint in table.constraints), table.name


def test_a_projection_that_is_new_is_filled_when_the_store_opens(
    empty_database_url: str, tmp_path: Path
):
    settings = Settings(database_url=empty_database_url, pepper_file=tmp_path / "pepper")
    store = Store(settings)
    load(store, generate(300))
    before = rows(store, statement_index.TABLES)
    with store.storage.write() as connection:
        for table in tables_of(statement_index.TABLES):
            connection.execute(table.delete())
        forget(connection, statement_index.NAME)
    store.close()
    store = Store(settings)
    try:
        assert rows(store, statement_index.TABLES) == before
        assert before[0]
    finally:
        store.close()


@pytest.mark.parametrize("projection", INLINE + FOLLOWED, ids=lambda projection: projection.NAME)
def test_tables_that_somebody_deleted_are_made_again_from_the_log(
    empty_database_url: str, tmp_path: Path, projection: ModuleType
):
    settings = Settings(
        database_url=empty_database_url,
        pepper_file=tmp_path / "pepper",
        api_key_default="key",
        api_secret_default="secret",
    )
    with closing(Store(settings, follow=False)) as store:
        load(store, generate(50))
        for followed in FOLLOWED:
            catch_up(store.log, followed)
        before = rows(store, projection.TABLES)
        with store.storage.write() as connection:
            connection.execute(text(f"DROP TABLE {tables_of(projection.TABLES)[-1].name}"))
    [finding] = [one for one in examine(settings) if one.what == projection.NAME]
    assert finding.state == "fail"
    with closing(Store(settings, follow=False)) as store:
        if projection in FOLLOWED:
            catch_up(store.log, projection)
        assert rows(store, projection.TABLES) == before
        assert rebuild(store.log, projection, check=True).checked


def test_an_index_of_an_earlier_form_is_made_anew_and_filled(
    empty_database_url: str, tmp_path: Path
):
    storage = open_storage(empty_database_url)
    log, ids = open_log(storage), [uuid4() for _ in range(3)]
    values = [statement(id=str(ids[0])), reference_to(str(ids[0])), reference_to(str(ids[2]))]
    values.append(statement(id=str(ids[2])))
    log.append([Append([statement_event(value) for value in values])])
    with storage.write() as connection:
        assert not inspect(connection).has_table("statement_links")
        command.upgrade(alembic_config(connection), "0006")
        log.track(connection, statement_index.NAME, 4)
        for position in range(1, 5):
            connection.execute(
                text("INSERT INTO statement_links VALUES (:key, 1, :position, :position)"),
                {"key": bytes(16), "position": position},
            )
    storage.close()
    store = Store(Settings(database_url=empty_database_url, pepper_file=tmp_path / "pepper"))
    try:
        links = rows(store, statement_index.TABLES)[1]
        assert {(position, distance) for _, _, position, distance in links if position <= 4} == {
            (1, 0),
            (2, 0),
            (2, 1),
            (3, 0),
            (3, -1),
            (4, 0),
        }
        assert rebuild(store.log, statement_index, check=True).checked
    finally:
        store.close()


def test_opening_a_store_again_applies_nothing_twice(empty_database_url: str, tmp_path: Path):
    settings = Settings(database_url=empty_database_url, pepper_file=tmp_path / "pepper")
    for number in (1, 2, 3):
        store = Store(settings)
        load(store, generate(50 * number))
        with store.storage.read() as connection:
            indexed = connection.scalar(text("SELECT count(*) FROM statement_index"))
            stored = connection.scalar(text("SELECT count(*) FROM event_log WHERE kind IN (2, 3)"))
        store.close()
        assert indexed == stored > 0


def test_filling_goes_on_where_it_was_killed(store, monkeypatch):
    load(store, generate(300))
    before = rows(store, statement_index.TABLES)
    with store.storage.write() as connection:
        for table in tables_of(statement_index.TABLES):
            connection.execute(table.delete())
        forget(connection, statement_index.NAME)
    monkeypatch.setattr("lrs.schema.BATCH", 50)
    apply, calls = statement_index.apply, []

    def killed(*arguments) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        apply(*arguments)

    monkeypatch.setattr(statement_index, "apply", killed)
    with pytest.raises(KeyboardInterrupt):
        fill_new_tables(store.log, statement_index)
    fill_new_tables(store.log, statement_index)
    assert rows(store, statement_index.TABLES) == before

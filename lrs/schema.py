"""The read tables: brought up to date, and filled where they are new, whenever a store opens.

Read tables hold nothing that is not in the log. So a migration never has to convert what is hard to
convert: it makes the tables of a projection anew and forgets the projection (``forget``), and
opening the store fills them from the log. The log's own tables are made by numbered SQL, in
``lrs.log``.
"""

from collections.abc import Sequence
from importlib.resources import files
from types import ModuleType
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, inspect, text

from lrs.log.recorder import LogRecorder, present
from lrs.log.storage import Task, take_turn

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "read_tables_version"
BATCH = 1000  # events a transaction while filling


def migrate_tables(connection: Connection) -> None:
    """Run the migrations this database has not seen, in the transaction of ``connection``."""
    take_turn(connection, Task.MIGRATE_TABLES, wait=True)
    if _version(connection) != newest_version():
        from alembic import command  # it takes as long to load as a store takes to open

        command.upgrade(alembic_config(connection), "head")


def make_missing_tables(connection: Connection, projections: Sequence[ModuleType]) -> None:
    """Make the tables of projections anew that somebody deleted, to be filled from the log."""
    missing = missing_tables(connection, projections)
    for projection in projections:
        if missing[projection.NAME]:
            metadata = metadata_of(projection)
            metadata.drop_all(connection)
            metadata.create_all(connection)
            forget(connection, projection.NAME)


def missing_tables(
    connection: Connection, projections: Sequence[ModuleType]
) -> dict[str, list[str]]:
    """By projection, those of its tables that are not in the database."""
    there = inspect(connection).get_table_names()
    return {one.NAME: sorted(metadata_of(one).tables.keys() - there) for one in projections}


def newest_version() -> str:
    """The revision of the last migration; their files are named by it."""
    folder = files("lrs.migrations") / "versions"
    return max(file.name.partition("_")[0] for file in folder.iterdir() if file.name[0].isdigit())


def _version(connection: Connection) -> str | None:
    """The revision of the read tables; None when there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    return found


def alembic_config(connection: Connection) -> "Config":
    """For Alembic's own commands on the read tables."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "lrs:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def metadata_of(*projections: ModuleType) -> MetaData:
    """All tables of these projections, as their modules define them."""
    metadata = MetaData()
    for projection in projections:
        projection.define(metadata)
    return metadata


def fill_new_tables(log: LogRecorder, projection: ModuleType) -> None:
    """Bring a projection that is applied while appending to the end of the log, if it never was.

    Once it is there it stays there, as every append applies it. That it got there is what its
    tracking row says; until then it is tracked under another name, so that filling goes on where it
    was killed. Each batch takes its turn at the log: of several processes that open a store, all
    may fill, and no event is applied twice.
    """
    filling = f"filling {projection.NAME}"
    while True:
        with log.storage.write() as connection:
            head = log.lock_head(connection).position
            if log.tracked(connection, projection.NAME):
                return
            position = log.tracked(connection, filling)
            entries = log.read_in(connection, position, BATCH, stop=head, kinds=projection.KINDS)
            if shown := present(entries):
                projection.apply(connection, projection.TABLES, shown)
            reached = entries[-1].position if len(entries) == BATCH else head
            log.track(connection, projection.NAME if reached == head else filling, reached)
        if reached == head:
            return


def forget(connection: Connection, *names: str) -> None:
    """These projections have new, empty tables, to be filled from the log."""
    for name in names:
        connection.execute(
            text("DELETE FROM projection_tracking WHERE name IN (:live, :filling)"),
            {"live": name, "filling": f"filling {name}"},
        )

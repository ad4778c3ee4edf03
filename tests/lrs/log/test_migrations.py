"""The log's own tables are brought up to date where an earlier program made them."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from lrs.log.rows import Row
from lrs.log.tables import EVENT_LOG, LOG_HEAD
from tests.tampering.honest import grown
from tests.tampering.logs import Log, record
from tests.tampering.matrix import judged

WITH_LEAVES = ("001_log.sql", "002_tree.sql", "003_data_keys.sql", "004_witness_turn.sql")
"""What made the tables while the leaf was a column."""


@pytest.fixture
def with_leaves(empty_database_url: str, tmp_path: Path) -> Log:
    """A log that such a program recorded."""
    directory = tmp_path / "recorded"
    directory.mkdir()
    log = record(f"sqlite:///{directory / 'hocba.db'}", directory, sealed=True)
    old, new = (create_engine(url, poolclass=NullPool) for url in (empty_database_url, log.url))
    with new.connect() as source, old.begin() as target:
        make(target, *WITH_LEAVES)
        copy(source, target)
    return replace(log, url=empty_database_url)


def make(connection: Connection, *scripts: str) -> None:
    driver: Any = connection.connection.driver_connection
    folder = files("lrs.log") / "sql" / connection.dialect.name
    connection.execute(text("CREATE TABLE log_migrations (name text PRIMARY KEY)"))
    for name in scripts:
        script = (folder / name).read_text("utf-8")
        if connection.dialect.name == "sqlite":
            driver.executescript(script)
        else:
            driver.execute(script)
        connection.execute(text("INSERT INTO log_migrations VALUES (:name)"), {"name": name})


def copy(source: Connection, target: Connection) -> None:
    for table in EVENT_LOG.metadata.sorted_tables:
        rows = [dict(row._mapping) for row in source.execute(select(table))]
        if table is EVENT_LOG:
            rows = [{**row, "leaf": Row(**row).leaf} for row in rows]
        if table is LOG_HEAD:
            [head] = rows
            values = ", ".join(f"{name} = {head[name]}" for name in head if name != "single")
            target.execute(text(f"UPDATE log_head SET {values}"))
        elif rows:
            names = ", ".join(rows[0])
            marks = ", ".join(f":{name}" for name in rows[0])
            target.execute(text(f"INSERT INTO {table.name} ({names}) VALUES ({marks})"), rows)


def columns(connection: Connection) -> list[str]:
    return [column["name"] for column in inspect(connection).get_columns("event_log")]


def test_a_log_whose_leaves_were_a_column_is_migrated_and_verifies(with_leaves: Log) -> None:
    engine = create_engine(with_leaves.url, poolclass=NullPool)
    with engine.connect() as connection:
        assert columns(connection)[-2:] == ["leaf", "body"]
    grown(with_leaves)
    with engine.connect() as connection:
        assert columns(connection) == EVENT_LOG.columns.keys()
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text("UPDATE event_log SET stored = 0"))
    found = judged(with_leaves, full=True)
    assert not any(found.values()), found

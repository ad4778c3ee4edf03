"""Batches of 50: the processor time of a statement against the sum of its parts.

The parts are what no store of this kind can leave out: read the JSON, check the statement, make its
leaf, insert its rows. They are measured in this process: the first three on bodies as they are
sent, the last with all the rows the server wrote, put into the same schema by the driver's
``executemany``, a transaction for each batch. So both begin with empty tables and end with the
same, those that follow the log too, as far as they had followed it. On PostgreSQL the time of its
processes counts too, on both sides.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select

from bench.asking import Asked, Asker, describe
from bench.databases import Database, NewDatabase
from bench.load import LoadGenerator
from bench.report import Report, at_least, at_most
from bench.scale import Scale
from bench.server import serving
from bench.stores import opened
from bench.traffic import POST, Traffic, batch_bodies
from lrs.log import leaf
from lrs.log.tables import DATA_KEY, EVENT_LOG, EVENT_REGISTRY
from lrs.privacy.sealing import ID_BYTES
from lrs.rebuild import tables_of
from lrs.store import Store
from projections import assessment, statement_index
from schemas import json_text
from schemas.statement import check_statement

TITLE: Final = "batches of 50, CPU a statement; bound: the sum of its parts"
BATCH: Final = 50
CONNECTIONS: Final = 4
IN_MEMORY: Final = 1214
"""Statements a second: the best peer on this class of machine, which keeps nothing on a disk."""

TABLES: Final = (
    EVENT_REGISTRY,
    EVENT_LOG,
    DATA_KEY,
    *tables_of(statement_index.TABLES),
    *tables_of(assessment.TABLES),
)
"""Where a statement has rows of its own. What many share, activities and the tree, is left out."""

Rows = Mapping[Table, Sequence[Sequence[Any]]]
"""What one batch puts into each table."""


def measure(new_database: NewDatabase, scale: Scale, report: Report, load: LoadGenerator) -> None:
    with new_database() as database:
        report.begin("(b) batches", database.kind, TITLE)
        with serving(database) as server:
            asker = Asker(server, database, load)
            asked = asker.ask(Traffic("POST", POST, BATCH), CONNECTIONS, scale.seconds)
        with opened(database) as store:
            batches = _rows_by_batch(store)
    with new_database() as database, opened(database) as store:
        insert = _insert(database, store, batches)
    _report(asked, {**_parts(batch_bodies(BATCH, scale.batches)), "raw insert": insert}, report)


def _report(asked: Asked, parts: Mapping[str, float], report: Report) -> None:
    for name, seconds in parts.items():
        report.add(f"  {name}", 1e6 * seconds, "us")
    report.add(
        "CPU a statement",
        1e6 * (asked.server_cpu + asked.database_cpu) / BATCH,
        "us",
        bound=1e6 * sum(parts.values()),
        target=at_most(2.0),
        note=f"a batch: {describe([asked])}",
    )
    rate, target = BATCH * asked.rate, at_least(5 * IN_MEMORY)
    report.add(f"statements, {CONNECTIONS} connections", rate, "/s", target=target)


def _parts(bodies: Sequence[bytes]) -> dict[str, float]:
    """Seconds of processor time a statement, for what is done before its rows are inserted."""
    values = [value for body in bodies for value in json_text.parse(body)]
    texts = [text for body in bodies for text in json_text.split(body) or ()]

    def parse() -> None:
        for body in bodies:
            json_text.parse(body)

    def check() -> None:
        for value in values:
            check_statement(value, "1.0")

    def make_leaves() -> None:
        for text in texts:
            commitment = leaf.commit(bytes(16), text)
            record = leaf.leaf_record(1, 1, 2, bytes(16), 1, bytes(16), len(text), commitment)
            leaf.leaf_hash(record)

    each = {"JSON parse": parse, "validation": check, "leaf": make_leaves}
    return {name: _cpu_of(part) / len(values) for name, part in each.items()}


def _cpu_of(part: Callable[[], None]) -> float:
    part()  # what is remembered of earlier statements is in memory, as in the server
    began = time.process_time()
    part()
    return time.process_time() - began


def _rows_by_batch(store: Store) -> list[Rows]:
    """All rows the server wrote for statements, by the request that sent them."""
    position = statement_index.TABLES.statements.c.position
    with store.storage.read() as connection:
        first, last = connection.execute(select(func.min(position), func.max(position))).one()
        number = (last + 1 - first) // BATCH
        batches: list[dict[Table, list[Any]]] = [{t: [] for t in TABLES} for _ in range(number)]
        sealed = _first_sealed(connection)
        for table in TABLES:
            for row in connection.execute(select(table).order_by(*table.primary_key.columns)):
                written = _written_at(row, sealed)
                if first <= written < first + number * BATCH:
                    batches[(written - first) // BATCH][table].append(tuple(row))
    return [*batches]


def _first_sealed(connection: Connection) -> dict[bytes, int]:
    """Where each data key was made: at the first event it seals."""
    body, position = EVENT_LOG.c.body, EVENT_LOG.c.position
    key_id = func.substr(body, 1, ID_BYTES)
    query = select(key_id, func.min(position)).where(EVENT_LOG.c.salt == b"").group_by(key_id)
    return {bytes(id_): at for id_, at in connection.execute(query)}


def _written_at(row: Any, sealed: Mapping[bytes, int]) -> int:
    """The position with which a row was written. A link that comes by a reference is written with
    the later of the two statements.
    """
    if hasattr(row, "key_id"):
        return sealed.get(row.key_id, 0)
    return int(row.position - min(0, getattr(row, "distance", 0)))


def _insert(database: Database, store: Store, batches: Sequence[Rows]) -> float:
    """Seconds of processor time a statement, this process and the database together."""
    mark = "?" if database.kind == "SQLite" else "%b"
    inserts = {
        table: f"INSERT INTO {table.name} VALUES ({','.join([mark] * len(table.columns))})"
        for table in batches[0]
    }
    began = time.process_time() + database.cpu_seconds()
    for rows_of in batches:
        with store.storage.write() as connection:
            driver: Any = connection.connection.driver_connection
            cursor = driver.cursor()
            for table, rows in rows_of.items():
                if rows:
                    cursor.executemany(inserts[table], rows)
            last = rows_of[EVENT_LOG][-1]
            cursor.execute(f"UPDATE log_head SET position = {last[0]}, stored = {last[1]}")
            cursor.close()
    return (time.process_time() + database.cpu_seconds() - began) / (BATCH * len(batches))

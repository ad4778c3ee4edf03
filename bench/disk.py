"""Bytes on disk a statement, against its JSON as it was received; what each table has of them."""

from typing import Final

from sqlalchemy import text

from bench.databases import Database
from bench.report import Report, at_most
from bench.stores import opened
from lrs.log.storage import sqlite_path
from lrs.store import Store
from schemas.events import STATEMENT_KINDS

TITLE: Final = "bytes on disk a statement; bound: the raw JSON"
KINDS: Final = ",".join(str(int(kind)) for kind in STATEMENT_KINDS)
RAW: Final = f"SELECT COUNT(*), SUM(LENGTH(body)) FROM event_log WHERE kind IN ({KINDS})"
BY_TABLE: Final = {
    "sqlite": "SELECT tbl_name, SUM(pgsize) FROM dbstat JOIN sqlite_schema USING (name)"
    " WHERE aggregate = TRUE GROUP BY tbl_name",
    "postgresql": "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace",
}
SHOWN: Final = 1.0  # bytes a statement, from which on a table has a line


def measure(database: Database, report: Report) -> None:
    with opened(database) as store:
        statements, raw, tables = _sizes(store)
    path = sqlite_path(database.url)  # closed, and with that checkpointed
    on_disk = path.stat().st_size if path else sum(tables.values())
    report.begin("(e) disk", f"{database.kind}, {statements:,} statements", TITLE)
    report.add(
        "all",
        on_disk / statements,
        "bytes",
        bound=raw / statements,
        target=at_most(2.0) if path else None,
    )
    for name, size in sorted(tables.items(), key=lambda item: -item[1]):
        if size / statements >= SHOWN:
            report.add(f"  {name}", size / statements, "bytes")


def _sizes(store: Store) -> tuple[int, int, dict[str, int]]:
    """Number of statements, bytes of their JSON, bytes of each table with its keys."""
    with store.storage.read() as connection:
        statements, raw = connection.execute(text(RAW)).one()
        rows = connection.execute(text(BY_TABLE[store.storage.dialect])).all()
    return statements, int(raw), {name: int(size) for name, size in rows}

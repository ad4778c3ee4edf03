"""Replay of the whole log against a bare read of the same columns; and the index built anew."""

import sqlite3
import time
from collections.abc import Callable
from statistics import median
from typing import Any, Final

import psycopg

from bench.databases import Database, driver_url
from bench.report import Report, at_least
from bench.scale import Scale
from bench.stores import opened
from lrs.log.recorder import LogRecorder
from lrs.log.storage import sqlite_path
from lrs.log.tables import EVENT_LOG
from lrs.rebuild import rebuild
from projections import activities, statement_index

TITLE: Final = "events a second; bound: the driver's SELECT of the same columns, as many at a time"
AT_ONCE: Final = 1000
MOST_ROUNDS: Final = 3
SELECT: Final = (
    f"SELECT {', '.join(column.name for column in EVENT_LOG.columns)} FROM event_log"
    f" WHERE position > {{}} ORDER BY position LIMIT {AT_ONCE}"
)


def measure(database: Database, scale: Scale, report: Report) -> None:
    with opened(database) as store:
        end = store.log.head().position
        report.begin("(d) replay", f"{database.kind}, {end:,} events", TITLE)
        raw, replayed = [], []
        for _ in range(min(scale.rounds, MOST_ROUNDS)):
            raw.append(end / _seconds(lambda: _read_bare(database)))
            replayed.append(end / _seconds(lambda: _replay(store.log)))
        bare = median(raw)
        report.add("replay", median(replayed), "/s", bound=bare, target=at_least(0.4))
        built = end / rebuild(store.log, statement_index).seconds
        report.add("rebuild of the statement index", built, "/s", target=at_least(15_000))
        built = end / rebuild(store.log, activities).seconds
        report.add("rebuild of the activities", built, "/s")


def _seconds(read: Callable[[], None]) -> float:
    began = time.perf_counter()
    read()
    return time.perf_counter() - began


def _replay(log: LogRecorder) -> None:
    after = 0
    while entries := log.read(after, AT_ONCE):
        after = entries[-1].position


def _read_bare(database: Database) -> None:
    path = sqlite_path(database.url)
    if path is not None:
        connection: Any = sqlite3.connect(path)
        cursor = connection.cursor()
    else:
        connection = psycopg.connect(driver_url(database.url))
        cursor = connection.cursor(binary=True)
    after = 0
    while rows := cursor.execute(SELECT.format(after)).fetchall():
        after = rows[-1][0]
    connection.close()

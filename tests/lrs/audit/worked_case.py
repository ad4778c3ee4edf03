"""A store that has taken in the worked case, and what somebody could do to it past the program."""

from collections.abc import Callable
from typing import Any

import orjson
from sqlalchemy import text

from lrs.audit.period_checks import check_period
from lrs.audit.period_findings import Checked
from lrs.log import leaf
from lrs.log.recorder import LogRecorder
from lrs.projector import catch_up
from lrs.reading import open_for_reading
from lrs.store import Store
from projections import assessment
from schemas.events import Kind, LogEntry
from tests.evaluation import PERIOD

Change = Callable[[dict[str, Any]], None]


def checked(store: Store, period: str = PERIOD) -> Checked:
    """What an auditor finds who may only read."""
    catch_up(store.log, assessment)
    with open_for_reading(store.settings) as log:
        return check_period(log, period)


def last_of(log: LogRecorder, kind: Kind) -> LogEntry:
    return log.read(limit=100_000, kinds=[kind])[-1]


def change_event(store: Store, entry: LogEntry, change: Change, *, hashes: bool = False) -> None:
    """Change what an event says; with ``hashes`` its commitment to match."""
    body = orjson.loads(entry.body)
    change(body)
    written = orjson.dumps(body)
    commitment = leaf.commit(entry.salt, written if hashes else entry.body)
    sql = "UPDATE event_log SET body = :body, commitment = :c WHERE position = :at"
    said = {"body": written, "c": commitment, "at": entry.position}
    with store.storage.write() as connection:
        if store.storage.dialect == "sqlite":
            connection.execute(text("DROP TRIGGER IF EXISTS event_log_no_update"))
        else:
            connection.execute(text("ALTER TABLE event_log DISABLE TRIGGER USER"))
        connection.execute(text(sql), said)


def change_tables(store: Store, sql: str, **values: Any) -> None:
    """Change the store's own tables, which must have been reached by a statement."""
    catch_up(store.log, assessment)
    with store.storage.write() as connection:
        assert connection.execute(text(sql), values).rowcount

"""The recorder that fits a database."""

from collections.abc import Sequence
from types import ModuleType

from lrs.log.postgres import PostgresLogRecorder
from lrs.log.recorder import Clock, LogRecorder, wall_clock
from lrs.log.sqlite import SqliteLogRecorder
from lrs.log.storage import Storage
from lrs.privacy.data_keys import DataKeys


def open_log(
    storage: Storage,
    inline: Sequence[ModuleType] = (),
    *,
    keys: DataKeys | None = None,
    topics: dict[str, int] | None = None,
    clock: Clock = wall_clock,
) -> LogRecorder:
    """The log in a database; ``inline`` projections are applied in the transaction that appends.

    Without ``keys`` nothing is sealed, and what is sealed cannot be read.
    """
    recorder = SqliteLogRecorder if storage.dialect == "sqlite" else PostgresLogRecorder
    return recorder(storage, inline, keys=keys, topics=topics, clock=clock)

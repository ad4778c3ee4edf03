"""Changes to the register: decided on what is recorded, appended only if nothing came between.

The register is one stream, so the version a change was decided at is the version it must follow.
Where somebody else was faster the change is decided again, on what they left.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, select, text

from lrs.imports import queue
from lrs.log.recorder import Append, StreamConflict
from lrs.projector import catch_up
from lrs.store import Store
from projections import assessment
from projections.assessment.tables import FOREVER
from schemas.events import NOBODY, Category, Kind, NewEvent
from schemas.register import RECORDED, RECORDS, STREAM, Record, Withdrawal, body_of, record_of

AT_ONCE: Final = 2_000  # events a transaction: whoever else appends waits for no more
ATTEMPTS: Final = 5

Recorded = Mapping[type[Record], Mapping[str, Record]]
"""What the register holds now, by type and key."""

Change = tuple[Record | Withdrawal, Kind]
Decide = Callable[[Recorded], Sequence[Change]]


class RegisterBusy(Exception):
    """Others kept changing the register while this change was being decided."""


def change(store: Store, decide: Decide, *, by: bytes = NOBODY) -> int:
    """Append what ``decide`` makes of the register as it is; return how many events that were.

    ``decide`` may be called again, so it must do nothing but decide; what it raises is passed on.
    ``by`` is who decided, as the event's credential. Up to ``AT_ONCE`` changes are recorded
    together or not at all; of more, those before the first that fails.
    """
    for _ in range(ATTEMPTS):
        recorded, version = read(store)
        events = [
            NewEvent(kind, STREAM, body_of(said), by, version + number)
            for number, (said, kind) in enumerate(decide(recorded), 1)
        ]
        try:
            for start in range(0, len(events), AT_ONCE):
                queue(store, Append(events[start : start + AT_ONCE])).result()
        except StreamConflict:
            continue
        return len(events)
    raise RegisterBusy("the register kept changing; try again")


def read(store: Store) -> tuple[Recorded, int]:
    """The register at the end of the log, and the version of its stream."""
    while True:
        catch_up(store.log, assessment)
        with store.storage.read() as connection:
            version = _version(connection)
            last = store.log.position_of(connection, Category.REGISTER, STREAM, version) or 0
            if store.log.tracked(connection, assessment.NAME) >= last:
                return _recorded(connection), version


def _version(connection: Connection) -> int:
    query = text(
        "SELECT max(stream_version) FROM event_registry WHERE category = :category"
        " AND stream_id = :stream"
    )
    found = connection.scalar(query, {"category": Category.REGISTER, "stream": STREAM})
    return 0 if found is None else int(found)


def _recorded(connection: Connection) -> Recorded:
    columns = assessment.TABLES.records.c
    query = select(columns.kind, columns.body).where(columns.until == FOREVER)
    recorded: dict[type[Record], dict[str, Record]] = {record: {} for record in RECORDS}
    for kind, body in connection.execute(query):
        record = record_of(kind, body)
        recorded[RECORDED[kind]][record.key] = record
    return recorded

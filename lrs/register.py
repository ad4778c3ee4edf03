"""Changes to the register: decided on what is recorded, appended only if nothing came between.

The register is one stream, so the version a change was decided at is the version it must follow.
Where somebody else was faster the change is decided again, on what they left.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, select

from lrs.imports import queue
from lrs.log.recorder import Append, StreamConflict
from lrs.privacy.subjects import NOBODYS, of_record
from lrs.projector import catch_up
from lrs.store import Store
from projections import assessment
from projections.assessment.tables import FOREVER
from schemas.events import NOBODY, Category, Kind, NewEvent
from schemas.register import (
    RECORDED,
    RECORDS,
    STREAM,
    WITHDRAWN,
    Record,
    Withdrawal,
    body_of,
    record_of,
)

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
        changes = decide(recorded)
        subjects = _subjects(recorded, changes)
        events = [
            NewEvent(kind, STREAM, body_of(said), by, version + number, subject=subject)
            for number, ((said, kind), subject) in enumerate(zip(changes, subjects, strict=True), 1)
        ]
        try:
            for start in range(0, len(events), AT_ONCE):
                queue(store, Append(events[start : start + AT_ONCE])).result()
        except StreamConflict:
            continue
        return len(events)
    raise RegisterBusy("the register kept changing; try again")


def _subjects(recorded: Recorded, changes: Sequence[Change]) -> Iterator[bytes]:
    """Whose each change is; a withdrawal is whose the record is that it withdraws."""
    before: dict[tuple[type[Record], str], Record] = {}
    for said, kind in changes:
        if isinstance(said, Withdrawal):
            of = WITHDRAWN[kind]
            withdrawn = before.get((of, said.key)) or recorded[of].get(said.key)
            yield NOBODYS if withdrawn is None else of_record(withdrawn)
        else:
            before[type(said), said.key] = said
            yield of_record(said)


def read(store: Store) -> tuple[Recorded, int]:
    """The register at the end of the log, and the version of its stream."""
    while True:
        catch_up(store.log, assessment)
        with store.storage.read() as connection:
            version = store.log.last_version(connection, Category.REGISTER, STREAM)
            last = store.log.position_of(connection, Category.REGISTER, STREAM, version) or 0
            if store.log.tracked(connection, assessment.NAME) >= last:
                return _recorded(connection), version


def _recorded(connection: Connection) -> Recorded:
    columns = assessment.TABLES.records.c
    query = select(columns.kind, columns.body).where(columns.until == FOREVER)
    recorded: dict[type[Record], dict[str, Record]] = {record: {} for record in RECORDS}
    for kind, body in connection.execute(query):
        record = record_of(kind, body)
        recorded[RECORDED[kind]][record.key] = record
    return recorded

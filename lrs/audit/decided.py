"""What was decided on the results of a period, read from the log itself: tables may be changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection

from lrs.audit.checks.rows import leaf_holds
from lrs.audit.tiles import leaf_in_tree
from lrs.log.recorder import LogRecorder
from schemas.events import Kind, LogEntry
from schemas.privacy import DESTROYING, PersonForgotten, RetentionApplied
from schemas.register import AwardDecision, Closing, Withdrawal, record_of

DECIDED: Final = (
    Kind.PERIOD_CLOSED,
    Kind.PERIOD_REOPENED,
    Kind.AWARD_DECIDED,
    Kind.AWARD_WITHDRAWN,
    *DESTROYING,
)
AT_ONCE: Final = 500


class Event(NamedTuple):
    """A decision, with the event that recorded it."""

    entry: LogEntry
    record: Any


@dataclass
class Decided:
    """What the log holds of decisions on the results of one period.

    ``expired`` has, by the position at which content was destroyed because its time was over, the
    calendar year it was of; ``destroyed`` are the ids of all data keys that events destroyed.
    ``unreadable`` are events that no program of ours has written.
    """

    closing: Event | None = None
    awards: dict[str, Event] = field(default_factory=dict)
    expired: dict[int, int] = field(default_factory=dict)
    destroyed: set[bytes] = field(default_factory=set)
    unreadable: list[int] = field(default_factory=list)


def decided_about(log: LogRecorder, source: Connection, period: str) -> Decided:
    """What holds at the end of the log; what was withdrawn, or tells of people forgotten, is not
    there.
    """
    decided = Decided()
    for entry in entries(log, source, DECIDED):
        if not entry.erased:
            try:
                _take(decided, entry, period)
            except (msgspec.MsgspecError, ValueError):
                decided.unreadable.append(entry.position)
    return decided


def _take(decided: Decided, entry: LogEntry, period: str) -> None:
    match entry.kind:
        case Kind.PERIOD_CLOSED | Kind.AWARD_DECIDED:
            record = record_of(entry.kind, entry.body)
            if isinstance(record, Closing) and record.period == period:
                decided.closing = Event(entry, record)
            elif isinstance(record, AwardDecision) and record.period == period:
                decided.awards[record.key] = Event(entry, record)
        case Kind.PERIOD_REOPENED:
            if msgspec.json.decode(entry.body, type=Withdrawal).key == period:
                decided.closing = None
        case Kind.AWARD_WITHDRAWN:
            decided.awards.pop(msgspec.json.decode(entry.body, type=Withdrawal).key, None)
        case Kind.PERSON_FORGOTTEN:
            forgotten = msgspec.json.decode(entry.body, type=PersonForgotten)
            decided.destroyed.update(map(bytes.fromhex, forgotten.keys))
        case Kind.RETENTION_APPLIED:
            said = msgspec.json.decode(entry.body, type=RetentionApplied)
            decided.destroyed.update(map(bytes.fromhex, said.keys))
            decided.expired[entry.position] = said.year


def entries(
    log: LogRecorder, source: Connection, kinds: Sequence[int], stop: int | None = None
) -> Iterator[LogEntry]:
    """All events of these kinds, in the order of the log, up to ``stop``."""
    last = 0
    while some := log.read_in(source, last, AT_ONCE, stop=stop, kinds=kinds):
        yield from some
        last = some[-1].position


def is_as_recorded(log: LogRecorder, source: Connection, position: int) -> bool:
    """Whether the event at a position is what its commitment and the tree say."""
    [row] = log.rows_at(source, [position])
    [opened] = log.open_rows(source, [row])
    return leaf_holds(row, opened, leaf_in_tree(source, position))

"""Checks that content which can be read by nobody was destroyed by a decision in the log.

Forgetting somebody destroys their data keys, by an event that names them; so does the end of the
time for which something is kept. A key that is missing and that no event names was deleted past the
program. One that an event names and that is there again came back with an old database.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from lrs.audit.checks.findings import Finding
from lrs.log.recorder import LogRecorder
from lrs.log.rows import Content, Opened, Row
from lrs.log.tables import DATA_KEY
from schemas.privacy import DESTROYING, PersonForgotten, RetentionApplied, said_in

AT_ONCE: Final = 500


class ErasureChecks:
    """The data keys that are missing, and those that events destroyed."""

    def __init__(self) -> None:
        self.events = 0
        self._missing: dict[bytes, int] = {}  # where it is first missed
        self._destroyed: dict[bytes, int] = {}  # by the event at this position

    def saw(self, rows: Sequence[Row], contents: Sequence[Opened]) -> None:
        """These events are in the log."""
        for row, opened in zip(rows, contents, strict=True):
            if opened.content is Content.ERASED:
                self.events += 1
                self._missing.setdefault(row.key_id, row.position)
            elif row.kind in DESTROYING:
                self._destroyed.update(dict.fromkeys(named_keys(row), row.position))

    def finish(self, log: LogRecorder, connection: Connection, end: int) -> Iterator[Finding]:
        """What is not accounted for, also by no event past position ``end``: a key may have been
        destroyed since.
        """
        rows = log.rows(connection, end, AT_ONCE) if self._missing else []
        while rows:
            for row in rows:
                if row.kind in DESTROYING:
                    self._destroyed.update(dict.fromkeys(named_keys(row), row.position))
            rows = log.rows(connection, rows[-1].position, AT_ONCE)
        for key_id, position in self._missing.items():
            if key_id not in self._destroyed:
                expected = f"data key {key_id.hex()}, or the event that destroyed it"
                yield Finding("key-missing", position, expected, "neither")
        destroyed = iter(self._destroyed)
        while some := list(islice(destroyed, AT_ONCE)):
            held = select(DATA_KEY.c.key_id).where(DATA_KEY.c.key_id.in_(some))
            for key_id in connection.scalars(held):
                found = f"data key {key_id.hex()}"
                yield Finding("key-not-destroyed", self._destroyed[key_id], "no such key", found)


def named_keys(row: Row) -> list[bytes]:
    """The data keys an event says it destroyed; none for a body that is not such an event's."""
    try:
        said = said_in(row.kind, row.body)
        assert isinstance(said, PersonForgotten | RetentionApplied)
        return [bytes.fromhex(key) for key in said.keys]
    except (msgspec.MsgspecError, ValueError):
        return []

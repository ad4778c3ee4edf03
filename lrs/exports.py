"""All statements of a log as lines of JSON, in the order of the log.

Voided statements and those that void are among them. A store that imports the lines has the same
statements as its own: with an authority and a ``stored`` it gives them, and each that voids another
sender's statement takes effect there, even if it had none here.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from lrs.log.recorder import LogRecorder, present
from lrs.log.storage import Storage
from lrs.xapi.formats import Reading, statement_text
from lrs.xapi.multipart import attachments_of
from projections import credentials
from schemas.events import STATEMENT_KINDS
from schemas.raw_json import may_hold

LINES = 1000  # statements read at once; each read sees one state of the database, and ends


class Exported(NamedTuple):
    """Lines to be written, and the position to go on after."""

    position: int
    lines: list[bytes]


def export_statements(
    storage: Storage,
    log: LogRecorder,
    *,
    base_url: str,
    after: int = 0,
    stop: int | None = None,
    as_received: bool = False,
    in_utc: bool = False,
) -> Iterator[Exported]:
    """The statements past position ``after``, none past ``stop`` (default: the end of the log now).

    A line is what GET returns for the statement under xAPI 1.0.3, or 2.0.0 with ``in_utc``;
    ``as_received`` gives the text the sender sent, its line ends made spaces, without what the
    store has set: a statement that came without an id has none.
    """
    with storage.read() as connection:
        stop = log.head_of(connection).position if stop is None else stop
        reading = Reading(_Authorities(connection, base_url), in_utc)
    while after < stop:
        with storage.read() as connection:
            entries = log.read_in(connection, after, LINES, stop=stop, kinds=STATEMENT_KINDS)
        after = entries[-1].position if len(entries) == LINES else stop
        yield Exported(
            after,
            [
                _one_line(entry.body if as_received else statement_text(entry, reading))
                for entry in present(entries)
            ],
        )


def write_attachments(log: LogRecorder, lines: Sequence[bytes], directory: Path) -> None:
    """Write the attachment data that these statements announce, in files named by their hash."""
    announced = {
        attachment["sha2"].lower()
        for line in lines
        if may_hold(line, b'"attachments"')
        for _, attachment in attachments_of(orjson.loads(line))
    }
    directory.mkdir(parents=True, exist_ok=True)
    missing = sorted(sha2 for sha2 in announced if not (directory / sha2).exists())
    with log.storage.read() as connection:
        for sha2 in missing:  # one at a time: they may be large
            for content in log.attachments(connection, [sha2]).values():
                draft = directory / f".{sha2}.{os.getpid()}"
                draft.write_bytes(content)
                draft.replace(directory / sha2)


class _Authorities:
    """The authority of each credential, as the running store gives it."""

    def __init__(self, connection: Connection, base_url: str) -> None:
        rows = credentials.find_all(connection, credentials.TABLES)
        self._texts = {row.id: row.authority.encode() for row in rows}
        account = {"homePage": base_url, "name": "store"}
        self._store = orjson.dumps({"objectType": "Agent", "account": account})

    def __call__(self, credential: bytes) -> bytes:
        return self._texts.get(credential, self._store)


def _one_line(statement: bytes) -> bytes:
    """JSON text has line ends only between its tokens, where a space means the same."""
    return statement.replace(b"\r", b" ").replace(b"\n", b" ")

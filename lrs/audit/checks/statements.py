"""Checks what is kept beside statements and is not in their leaves: the content hash by which a
retry is told from a conflict, and the data of the attachments they announce.

For each statement its text is read again, so this takes several times as long as the rest.
"""

from collections.abc import Iterator, Sequence

import orjson
from sqlalchemy import Connection, select, text

from lrs.audit.checks.findings import Finding
from lrs.audit.checks.keys import usable_keys
from lrs.audit.checks.rows import Report
from lrs.log.recorder import LogRecorder
from lrs.log.rows import Content, Opened, Row
from lrs.log.tables import ATTACHMENT_CONTENT, ATTACHMENT_SEALED
from lrs.xapi.multipart import attachments_of
from schemas.comparison import content_hash
from schemas.events import STATEMENT_KINDS, Category

READABLE = (Content.PLAIN, Content.OPENED)
HASHES = (
    "SELECT e.position, r.content_hash FROM event_log e JOIN event_registry r"
    f" ON r.category = {int(Category.STATEMENT)} AND r.stream_id = e.stream_id"
    " AND r.stream_version = e.stream_version AND r.position = e.position"
    " WHERE e.position >= :first AND e.position <= :last"
    f" AND e.kind IN ({', '.join(str(int(kind)) for kind in STATEMENT_KINDS)})"
)


class StatementChecks:
    """Sees every event of the log, some at a time."""

    def __init__(self, log: LogRecorder, report: Report) -> None:
        self._log = log
        self._report = report

    def saw(self, connection: Connection, rows: Sequence[Row], contents: Sequence[Opened]) -> None:
        between = {"first": rows[0].position, "last": rows[-1].position}
        hashes: dict[int, bytes] = dict(map(tuple, connection.execute(text(HASHES), between)))
        ids = {row.key_id for row in rows if row.sealed}
        keys = usable_keys(self._log, connection, ids)
        announced: list[tuple[int, str, bytes]] = []
        for row, opened in zip(rows, contents, strict=True):
            if row.kind not in STATEMENT_KINDS or opened.content not in READABLE:
                continue
            try:
                statement = orjson.loads(opened.body)
                made = content_hash(statement, opened.body)
            except (ValueError, LookupError, TypeError):
                continue  # no statement any more: what was changed is reported by its commitment
            key = keys.get(row.key_id)
            made = made if key is None else key.hash(made)
            found = hashes.get(row.position, made)  # the registry itself is checked elsewhere
            if found != made:
                self._report(Finding("content-hash", row.position, made.hex(), found.hex()))
            announced += [
                (row.position, attachment["sha2"].lower(), row.key_id)
                for _, attachment in attachments_of(statement)
                if "fileUrl" not in attachment
            ]
        for finding in self._missing(connection, announced):
            self._report(finding)

    def _missing(
        self, connection: Connection, announced: Sequence[tuple[int, str, bytes]]
    ) -> Iterator[Finding]:
        """Attachments whose data are not there: under the key of their statement, or plain."""
        named = {sha2 for _, sha2, _ in announced}
        if not named:
            return
        plain, sealed = ATTACHMENT_CONTENT.c, ATTACHMENT_SEALED.c
        held = {
            (sha2, b"")
            for sha2 in connection.scalars(select(plain.sha2).where(plain.sha2.in_(named)))
        }
        query = select(sealed.sha2, sealed.key_id).where(sealed.sha2.in_(named))
        held.update(map(tuple, connection.execute(query)))
        for position, sha2, key_id in announced:
            if (sha2, key_id) not in held and (sha2, b"") not in held:
                yield Finding("attachment-missing", position, f"data of {sha2}", "none")

"""Checks the data of attachments against the hash that their statements give for them."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select, tuple_

from lrs.audit.checks.findings import Finding
from lrs.audit.checks.keys import usable_keys
from lrs.log.recorder import LogRecorder
from lrs.log.tables import ATTACHMENT_CONTENT, ATTACHMENT_SEALED
from lrs.privacy.sealing import SealBroken
from lrs.xapi.multipart import DIGESTS

AT_ONCE: Final = 20  # attachments in memory
_plain, _sealed = ATTACHMENT_CONTENT.c, ATTACHMENT_SEALED.c


def check_attachments(log: LogRecorder) -> Iterator[Finding]:
    """All attachments the store holds; sealed ones as far as their keys are there."""
    last: Any = ""
    while last is not None:
        query = select(_plain.sha2, _plain.content).where(_plain.sha2 > last)
        with log.storage.read() as connection:
            rows = connection.execute(query.order_by(_plain.sha2).limit(AT_ONCE)).all()
        for sha2, content in rows:
            yield from _check(sha2, content)
        last = rows[-1].sha2 if rows else None
    after: Any = ("", b"")
    while after is not None:
        query = select(ATTACHMENT_SEALED).where(tuple_(_sealed.sha2, _sealed.key_id) > after)
        ordered = query.order_by(_sealed.sha2, _sealed.key_id).limit(AT_ONCE)
        with log.storage.read() as connection:
            rows = connection.execute(ordered).all()
            yield from _check_sealed(log, connection, rows)
        after = (rows[-1].sha2, rows[-1].key_id) if rows else None


def _check_sealed(
    log: LogRecorder, connection: Connection, rows: Sequence[Any]
) -> Iterator[Finding]:
    keys = usable_keys(log, connection, {row.key_id for row in rows})
    for sha2, key_id, content in rows:
        key = keys.get(key_id)
        if key is None:
            continue
        try:
            opened = key.open(content, sha2.encode())
        except SealBroken:
            expected = f"what data key {key_id.hex()} opens, of {sha2}"
            yield Finding("attachment", 0, expected, "what it does not open")
        else:
            yield from _check(sha2, opened)


def _check(sha2: str, content: bytes) -> Iterator[Finding]:
    digest = DIGESTS.get(len(sha2))
    found = digest(content).hexdigest() if digest else "no hash of that length"
    if found != sha2:
        yield Finding("attachment", 0, f"data of {sha2}", found)

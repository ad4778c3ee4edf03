"""Takes an evaluation case into the store: what its files record, then the requests they hold.

The requests are posted as platforms would: each whole or not at all, in the order of the case, with
the credential of its platform. Where the case freezes the period, the period is frozen, once: who
thaws it afterwards has decided that it is open, and no import decides otherwise. Taking in the same
case again changes nothing, so an import that was stopped is simply run again.
"""

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from lrs import periods
from lrs.auth.credentials import Credential, credential_of
from lrs.cases import Case, changes
from lrs.imports import queue
from lrs.jobs import Progress
from lrs.log.recorder import Append, Appended, StreamConflict
from lrs.register import Change, Recorded, change
from lrs.store import Store
from lrs.xapi.request import XapiRequest
from lrs.xapi.statements import receive
from projections import assessment
from projections.assessment.recording import record_key
from projections.assessment.tables import FOREVER
from schemas.events import NOBODY
from schemas.register import RECORDS, Appeal, Freeze

APPEALED: Final = RECORDS[Appeal].recorded
UNDER_WAY: Final = 100  # requests
SCOPES: Final = ("statements/write", "statements/read/mine")


@dataclass(slots=True)
class CaseImported:
    """What an import did: events of the register, and statements by what became of them."""

    recorded: int = 0
    stored: int = 0
    present: int = 0
    refused: int = 0  # of requests that contradict what is stored
    credentials: int = 0  # made for platforms; `lrs credentials rotate` shows a new secret
    thawed: bool = False  # the period was frozen and thawed before, and was left open


def import_case(
    store: Store,
    case: Case,
    *,
    freeze: bool = True,
    by: bytes = NOBODY,
    progress: Progress = lambda done, total: None,
) -> CaseImported:
    """Record and post everything the case holds; ``freeze`` false leaves its period open.

    ``by`` is who decided what it holds. Raises CaseRefused, and then nothing was recorded.
    """
    imported = CaseImported()

    def first(recorded: Recorded) -> list[Change]:
        return [(said, kind) for said, kind in changes(case, recorded) if kind != APPEALED]

    imported.recorded += change(store, first, by=by)
    if freeze and case.freeze is not None:
        imported.thawed = _is_thawed(store, case.period.id)
        freeze = not imported.thawed
    before = len(store.credentials.issued())
    sending = senders(store, case)
    imported.credentials = len(store.credentials.issued()) - before
    posting = _Posting(store, imported)
    total = sum(len(batch.lines) for batch in case.batches)
    if freeze and case.freeze == 0:
        imported.recorded += _freeze(store, case, by)
    for batch in case.batches:
        posting.post(batch.body, len(batch.lines), sending[batch.platform])
        if freeze and case.freeze == batch.last:
            posting.finish()
            imported.recorded += _freeze(store, case, by)
        progress(batch.last, total)
    posting.finish()
    imported.recorded += change(store, lambda recorded: list(changes(case, recorded)), by=by)
    return imported


class _Posting:
    """Requests on their way into the log, several at once and in their order."""

    def __init__(self, store: Store, imported: CaseImported) -> None:
        self._store, self._imported = store, imported
        self._last = store.log.head().position  # what is further on is new
        self._waiting: deque[tuple[int, Future[Appended]]] = deque()

    def post(self, body: bytes, lines: int, sender: Credential) -> None:
        request = XapiRequest(self._store, "POST", {}, {"content-type": "application/json"}, body)
        request.credential = sender
        received = receive(request)
        append = Append(received.events, received.attachments)
        self._waiting.append((lines, queue(self._store, append)))
        self._settle(leave=UNDER_WAY)

    def finish(self) -> None:
        """Wait until everything posted is durable."""
        self._settle(leave=0)

    def _settle(self, *, leave: int) -> None:
        while len(self._waiting) > leave:
            lines, future = self._waiting.popleft()
            try:
                appended = future.result()
            except StreamConflict:  # the whole request is refused, and the platform goes on
                self._imported.refused += lines
                continue
            new = sum(position > self._last for position in appended.positions)
            self._last = max(self._last, *appended.positions)
            self._imported.stored += new
            self._imported.present += lines - new
            self._store.saw(appended.head)


def senders(store: Store, case: Case) -> dict[str, Credential]:
    """The credential of each platform, made where there is none of its name."""
    sending = {}
    for platform in case.platforms.values():
        named = [row for row in store.credentials.issued() if row.name == platform.credential]
        if not named:
            store.credentials.issue(platform.credential, SCOPES)
            named = [row for row in store.credentials.issued() if row.name == platform.credential]
        row = next((row for row in named if not row.revoked), named[0])
        sending[platform.id] = credential_of(row)
    return sending


def _is_thawed(store: Store, period: str) -> bool:
    """Whether a freeze of the period was taken back and none holds now."""
    table = assessment.TABLES.records
    query = select(table.c.until).where(
        table.c.kind == RECORDS[Freeze].recorded, table.c.key == record_key(period)
    )
    with store.storage.read() as connection:
        ends = list(connection.scalars(query))
    return bool(ends) and FOREVER not in ends


def _freeze(store: Store, case: Case, by: bytes) -> int:
    """Freeze the period of the case where the log ends now; how many events that was."""
    try:
        periods.freeze(store, case.period.id, by=by)
    except periods.PeriodFrozen:  # an earlier import of the case did it
        return 0
    return 1

"""A store: one log with its projections, and those who may use it."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Concatenate, ParamSpec, TypeVar

import orjson
import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, select

from lrs.audit.cosigning import Submitter, reachable, read_policy
from lrs.audit.sealer import Sealer
from lrs.audit.start import open_signing
from lrs.auth import tables as sign_in_tables
from lrs.auth.accounts import Accounts
from lrs.auth.credentials import Credentials
from lrs.auth.sessions import Sessions
from lrs.jobs import Job
from lrs.log.opening import open_log
from lrs.log.recorder import Append, Head, LogRecorder, wall_clock
from lrs.log.storage import READERS, open_storage
from lrs.log.tables import EVENT_LOG
from lrs.log.writer import Writer
from lrs.privacy.finishing import Finisher
from lrs.privacy.opening import open_data_keys
from lrs.privacy.seen import Sight
from lrs.projector import Follower
from lrs.rate import Rates
from lrs.renewer import Renewer
from lrs.schema import fill_new_tables, make_missing_tables, migrate_tables
from lrs.settings import Settings
from lrs.store_time import iso_time
from projections import (
    accounts,
    activities,
    assessment,
    credentials,
    documents,
    privacy,
    readings,
    statement_index,
)
from projections.assessment import lines
from schemas.events import Kind, NewEvent

INLINE: tuple[ModuleType, ...] = (privacy, credentials, accounts, statement_index, documents)
"""Projections applied in the transaction that appends: read your own write, on every process. The
first one says how the log is read by all others.
"""

FOLLOWED: tuple[ModuleType, ...] = (activities, assessment, readings)
"""Projections that follow the log."""

BESIDE: tuple[ModuleType, ...] = (sign_in_tables, lines)
"""Tables whose rows are not in the log, so that they can be deleted."""

LOOKED_THROUGH = 1_000  # events behind which a projection may be without lacking any of its own
RECENT = 1_000_000  # microseconds; an older Consistent-Through is renewed
P = ParamSpec("P")
T = TypeVar("T")
logger = structlog.get_logger(__name__)


class Store:
    """Everything that belongs to one log. Opening it creates or migrates its tables.

    ``on_failure`` is called when the log itself fails; by default the process is told to stop.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        follow: bool = True,
        on_failure: Callable[[Exception], None] | None = None,
    ) -> None:
        self.settings = settings
        self.storage = open_storage(settings.database_url)
        try:
            self.data_keys = open_data_keys(self.storage, settings)
            self.log = open_log(self.storage, INLINE, keys=self.data_keys)
            self.policy = read_policy(settings)
            signing = open_signing(self.log, settings)
            self.log.seen = Sight(self.data_keys)
            create_tables(self.log, settings.base_url)
        except Exception:
            self.storage.close()
            raise
        self.writer = Writer(
            self.log,
            queue_limit=settings.queue_limit,
            on_failure=stop_process if on_failure is None else on_failure,
        )
        self.credentials = Credentials(self)
        self.accounts = Accounts(self)
        self.sessions = Sessions(self)
        self.rates = Rates(settings.rate_limit, settings.rate_burst)
        self.follower = Follower(self.log, FOLLOWED) if follow else None
        self.renewer = Renewer(self.log) if follow else None
        self.finisher = Finisher(self.log, INLINE + FOLLOWED)
        if follow:
            self.finisher.start()
        self.sealer = Sealer(self.log, signing, follow=follow)
        witnesses = reachable(self.policy) if self.policy is not None and follow else []
        self.submitter = (
            Submitter(self.log, witnesses, settings.witness_interval) if witnesses else None
        )
        self._jobs: list[Job] = []
        self._known = self.log.head()
        self._readers = CapacityLimiter(READERS[self.storage.dialect])
        self._ticking = asyncio.Lock()

    async def read(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``function(connection, …)`` in a worker thread, on one state of the database."""

        def run() -> T:
            with self.storage.read() as connection:
                return function(connection, *args, **kwargs)

        return await to_thread.run_sync(run, limiter=self._readers)

    def saw(self, head: Head) -> None:
        """Remember how far the log is known to reach."""
        if head.stored > self._known.stored:
            self._known = head

    async def refresh(self) -> None:
        """On an idle log, make the time up to which it is known to be complete a recent one."""
        if wall_clock() - self._known.stored < RECENT:
            return
        async with self._ticking:
            if wall_clock() - self._known.stored < RECENT:
                return
            with suppress(*self.log.server_lost, *self.log.log_broken):  # the older time stays true
                self.saw(await to_thread.run_sync(self.log.tick))

    @property
    def consistent_through(self) -> str:
        """The time up to which every stored statement is available, as ISO 8601.

        The statement index is applied in the transaction that appends, so it reaches as far as
        the log; and nothing more is recorded with a ``stored`` up to that of the head (see
        ``LogRecorder.tick``).
        """
        return iso_time(self._known.stored)

    async def caught_up(self, name: str, seconds: float = 2.0) -> int:
        """Wait until the projection has applied what the log holds now; return how far it got.

        It has, too, where what follows is none of its events: reading, which is recorded, does not
        wait for itself. Gives up after ``seconds``: a reader is then told of an earlier position,
        never of a wrong one.
        """
        head = (await self.read(self.log.head_of)).position
        deadline = time.monotonic() + seconds
        while (position := await self.read(self._applied, name, head)) < head:
            if self.follower is not None:
                self.follower.hurry()
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(0.01)
        return position

    def _applied(self, connection: Connection, name: str, head: int) -> int:
        """How far a projection's tables are those of the log, up to ``head``."""
        position = self.log.tracked(connection, name)
        if not 0 < head - position <= LOOKED_THROUGH:
            return position
        [kinds] = [projection.KINDS for projection in FOLLOWED if name == projection.NAME]
        column = EVENT_LOG.c.position
        wanted = EVENT_LOG.c.kind.in_([int(kind) for kind in kinds])
        later = select(column).where(column > position, column <= head, wanted).limit(1)
        return head if connection.scalar(later) is None else position

    def begin(self, job: Job) -> None:
        """Start long work on this store, which ends with it."""
        self._jobs = [*filter(Job.is_alive, self._jobs), job]
        job.start()

    def close(self) -> None:
        """Stop what was begun, commit what is queued, then let go of the database."""
        for job in self._jobs:
            job.stop()
        self.writer.close()
        self.finisher.close()
        if self.renewer is not None:
            self.renewer.close()
        if self.follower is not None:
            self.follower.close()
        if self.submitter is not None:
            self.submitter.close()
        self.sealer.close()  # after the writer: what was acknowledged is sealed
        self.credentials.close()
        self.storage.close()


def create_tables(log: LogRecorder, origin: str) -> None:
    """Bring the read tables up to date; a projection that is new, or whose tables somebody deleted,
    is filled from the log.

    The log's first event says when it was opened, and as whose, so it always has a last event.
    """
    with log.storage.write() as connection:
        migrate_tables(connection)
        make_missing_tables(connection, INLINE + FOLLOWED)
    if log.head().position == 0:
        body = orjson.dumps({"origin": origin, "format": 1})
        log.append([Append([NewEvent(Kind.LOG_OPENED, bytes(16), body, content_hash=bytes(32))])])
    for projection in INLINE:
        fill_new_tables(log, projection)


def stop_process(error: Exception) -> None:
    logger.critical("the log failed, stopping", error=f"{type(error).__name__}: {error}")
    os.kill(os.getpid(), signal.SIGTERM)

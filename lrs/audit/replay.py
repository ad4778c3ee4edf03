"""Replays a log into a scratch database: every projection as it was at a position.

The scratch database is an SQLite file beside nothing: it holds the tables of projections and how
far each of them is, filled by the same ``catch_up`` that keeps the live ones up. The log is only
read, so a server may be writing it meanwhile, and it may be of either kind of database.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import Connection, MetaData, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from lrs.audit.digests import Difference, ProjectionDigest, digest_of, first_difference
from lrs.log.contents import ContentBroken
from lrs.log.opening import open_log
from lrs.log.recorder import LogRecorder
from lrs.log.storage import Storage, migrate_log
from lrs.projector import catch_up, live_position
from lrs.reading import open_for_reading
from lrs.settings import InvalidSettings, Settings
from lrs.store import FOLLOWED, INLINE

ALL: Final = INLINE + FOLLOWED
BATCH: Final = 4000  # events a transaction

Progress = Callable[[int, int], None]
"""Called with the events gone through, of all projections together, and how many there are."""


class ScratchExists(Exception):
    """A replay begins in an empty database; another one is never added to."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already. Name a file that does not, or remove this one.")


class ReplayedFurther(Exception):
    """A replay only goes forward."""

    def __init__(self, position: int, asked: int) -> None:
        super().__init__(
            f"the replay stands at position {position}, past {asked}. Begin a new one for that."
        )


class NotReplayable(Exception):
    """A projection cannot take in an event: it was changed, or another version recorded it."""

    def __init__(self, name: str, after: int, error: Exception) -> None:
        super().__init__(
            f"{name}: an event past position {after} cannot be applied"
            f" ({type(error).__name__}: {error}). `lrs audit verify` says whether it was changed."
        )


class NoReplay(Exception):
    """What was to be asked is not a replay that was kept."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is no replay: `lrs audit replay --as-of … --into FILE` keeps one")


class ScratchStorage(Storage):
    """An SQLite file that one replay writes: what a power cut took would be replayed again.

    What it holds is as personal as the store, so only its owner may read it.
    """

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            raise ScratchExists(path) from None
        self.readers = create_engine(f"sqlite:///{path}", poolclass=NullPool)
        event.listen(self.readers, "connect", _prepare)
        event.listen(self.readers, "begin", lambda it: it.exec_driver_sql("BEGIN"))
        self._writer = self.readers.connect()  # one for all batches: it keeps its cache

    @contextmanager
    def write(self, *, relaxed: bool = False) -> Iterator[Connection]:  # noqa: ARG002
        with self._writer.begin():
            yield self._writer

    def close(self) -> None:
        self._writer.close()
        self.readers.dispose()


def _prepare(driver: Any, _record: object) -> None:
    driver.isolation_level = None  # transactions begin where we say so
    for pragma in ("journal_mode=WAL", "synchronous=OFF", "cache_size=-65536"):
        driver.execute(f"PRAGMA {pragma}")


class Replay:
    """The projections of a log, replayed into a database of their own, further and further."""

    def __init__(
        self, log: LogRecorder, path: Path, projections: Sequence[ModuleType] = ALL
    ) -> None:
        """``path`` is a file that does not exist yet; raises ScratchExists if it does."""
        self.source = log
        self.projections = projections
        self.storage = ScratchStorage(path)
        self.log = open_log(self.storage)
        self.position = 0
        metadata = MetaData()
        for projection in projections:
            projection.define(metadata)
        migrate_log(self.storage)
        with self.storage.write() as connection:
            metadata.create_all(connection)

    def to(self, position: int, progress: Progress = lambda done, total: None) -> None:
        """Apply the log up to a position, which it must have reached.

        Raises ReplayedFurther, NotReplayable, and ContentBroken where sealed content was changed.
        """
        if position < self.position:
            raise ReplayedFurther(self.position, position)
        total = position * len(self.projections)
        for number, projection in enumerate(self.projections):
            before = number * position

            def moved(reached: int, _: int, before: int = before) -> None:
                progress(before + reached, total)

            try:
                catch_up(
                    self.source,
                    projection,
                    into=self.log,
                    stop=position,
                    batch=BATCH,
                    progress=moved,
                )
            except (ContentBroken, InvalidSettings, SQLAlchemyError):
                raise
            except Exception as error:  # whatever a body leads to that no program of ours wrote
                with self.storage.read() as connection:
                    after = self.log.tracked(connection, projection.NAME)
                raise NotReplayable(projection.NAME, after, error) from error
        self.position = position
        with self.storage.write() as connection:  # where this log, which has no events, ends
            connection.execute(text("UPDATE log_head SET position = :at"), {"at": position})
        progress(total, total)

    def digests(self) -> list[ProjectionDigest]:
        """Of every projection, at the position replayed to."""
        with self.storage.read() as connection:
            return [digest_of(connection, one, self.position) for one in self.projections]

    def close(self) -> None:
        self.storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def replaying(
    log: LogRecorder, projections: Sequence[ModuleType] = ALL, *, into: Path | None = None
) -> Iterator[Replay]:
    """A replay in ``into``, which is kept, or in a file that is gone afterwards."""
    if into is not None:
        with Replay(log, into, projections) as replay:
            yield replay
        return
    with (
        TemporaryDirectory(prefix="lrs-replay-") as directory,
        Replay(log, Path(directory) / "replay.db", projections) as replay,
    ):
        yield replay


class Kept(NamedTuple):
    """A replay that was kept, opened for reading: it ends at the position it was replayed to, and
    holds no events.
    """

    log: LogRecorder
    settings: Settings

    @property
    def storage(self) -> Storage:
        return self.log.storage


@contextmanager
def open_kept(path: Path, settings: Settings) -> Iterator[Kept]:
    """Raises NoReplay."""
    if not path.exists():
        raise NoReplay(path)
    there = settings.model_copy(update={"database_url": f"sqlite:///{path}"})
    with open_for_reading(there) as log:
        if log.head().position == 0 or log.read(limit=1):
            raise NoReplay(path)
        yield Kept(log, there)


def first_wrong_row(
    log: LogRecorder, projection: ModuleType, progress: Progress = lambda done, total: None
) -> Difference | None:
    """The first row of a projection's live tables that is not what the log gives; None if all are.

    The store may go on meanwhile: the last events are replayed, and the tables compared, as of one
    state of it.
    """
    with replaying(log, [projection]) as replay:
        with log.storage.read() as live:
            position = live_position(log, live, projection)
        replay.to(position, progress)
        with log.storage.read() as live:
            replay.to(live_position(log, live, projection), progress)
            with replay.storage.read() as replayed:
                return first_difference(live, replayed, projection)

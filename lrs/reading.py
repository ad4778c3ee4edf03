"""Reads a store without holding it: beside a running server, changing nothing."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import UnsupportedOperation
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool

from lrs.asked import CommandRefused
from lrs.control import DATABASE_ERRORS, cannot_open, shown_url
from lrs.log.opening import open_log
from lrs.log.recorder import LogRecorder
from lrs.log.storage import Storage, sqlite_path
from lrs.privacy.opening import data_keys_for_reading
from lrs.privacy.seen import Sight
from lrs.settings import Settings
from lrs.store import INLINE


class ReadOnlyStorage(Storage):
    """Connections for reading alone. On SQLite they can neither write nor checkpoint, whatever
    happens.
    """

    def __init__(self, settings: Settings) -> None:
        path = sqlite_path(settings.database_url)
        if path is not None:
            self.dialect = "sqlite"
            url = f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&uri=true"
            self.readers = create_engine(url, poolclass=NullPool)
            event.listen(self.readers, "connect", _leave_transactions_to_us)
            event.listen(self.readers, "begin", lambda it: it.exec_driver_sql("BEGIN"))
        else:
            self.dialect = "postgresql"
            self.readers = create_engine(
                settings.database_url,
                isolation_level="REPEATABLE READ",
                execution_options={"postgresql_readonly": True},
            )

    def write(self, *, relaxed: bool = False) -> AbstractContextManager[Connection]:  # noqa: ARG002
        raise UnsupportedOperation("this store was opened for reading")

    def close(self) -> None:
        self.readers.dispose()


@contextmanager
def open_for_reading(settings: Settings) -> Iterator[LogRecorder]:
    """The log of a store that exists. Raises CommandRefused when it does not, or is unreadable."""
    path = sqlite_path(settings.database_url)
    if path is not None and not Path(path).exists():
        raise CommandRefused(
            f"{path}: there is no such database. LRS_DATABASE_URL names the one to read."
        )
    storage = ReadOnlyStorage(settings)
    try:
        keys = data_keys_for_reading(settings)
        log = open_log(storage, INLINE, keys=keys)
        log.seen = Sight(keys)
        try:
            log.head()
        except DATABASE_ERRORS as error:
            raise CommandRefused(cannot_open(settings, error)) from None
        except Exception as error:
            raise CommandRefused(f"{shown_url(settings)} holds no log: {error}") from None
        yield log
    finally:
        storage.close()


def _leave_transactions_to_us(driver: object, _record: object) -> None:
    driver.isolation_level = None  # type: ignore[attr-defined]

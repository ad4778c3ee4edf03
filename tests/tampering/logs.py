"""Small logs to be tampered with, on either database, and copies of them."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from lrs.audit.checkpoints import add_cosignature, latest
from lrs.audit.cosignatures import Cosigner
from lrs.audit.notes import Signer
from lrs.audit.policy import Policy
from lrs.audit.verify import Outside
from lrs.log.recorder import Append, Attachment
from lrs.log.storage import sqlite_path
from lrs.privacy.subjects import of_statement
from lrs.settings import Settings
from lrs.store import Store
from schemas.events import NewEvent
from tests.databases import database_on
from tests.examples import statement, statement_event

EVENTS = 600  # more than two tiles
BATCH = 50  # events from one checkpoint to the next
PEOPLE = 5
WITNESS = Cosigner.generate("witness.example/hocba")
POLICY = Policy.parse(f"witness nearby {WITNESS.vkey}\nquorum nearby\n")
ATTACHED = b"a certificate"

TABLES = (
    "event_log",
    "log_head",
    "event_registry",
    "attachment_content",
    "attachment_sealed",
    "data_key",
    "merkle_tile",
    "merkle_tree",
    "log_epoch",
    "signed_checkpoint",
    "cosignature",
    "statement_links",
)
"""Those that acts reach."""

DIFFERS = """
SELECT EXISTS ((TABLE {0} EXCEPT ALL TABLE untouched.{0}) UNION ALL
               (TABLE untouched.{0} EXCEPT ALL TABLE {0}))
"""

Copy = Callable[[], AbstractContextManager["Log"]]


@dataclass(frozen=True)
class Log:
    """A log whose last checkpoint somebody remembers and a witness has cosigned.

    ``directory`` has the keys and the file of checkpoints. What is somebody's is ``sealed`` or not.
    """

    url: str
    directory: Path
    sealed: bool
    remembered: str = ""

    @cached_property
    def settings(self) -> Settings:
        return Settings(
            database_url=self.url,
            base_url="https://lrs.example",
            pepper_file=self.directory / "pepper",
            signing_key_file=self.directory / "signing-key",
            sealing_key_file=self.directory / "sealing-key",
            checkpoints_file=self.directory / "checkpoints",
            seal=self.sealed,
        )

    @property
    def signer(self) -> Signer:
        return Signer.parse(self.settings.signing_key_path.read_text("ascii"))

    @property
    def outside(self) -> Outside:
        """All that is out of the insider's reach."""
        return Outside(
            self.signer.verifier, self.settings.checkpoints_path, self.remembered, POLICY
        )

    @contextmanager
    def opened(self) -> Iterator[Store]:
        store = Store(self.settings, follow=False, on_failure=lambda error: None)
        try:
            yield store
        finally:
            store.close()


def learned(number: int) -> NewEvent:
    """One of a few people did something; their statements come in turn."""
    value = statement(
        id=str(uuid4()),
        actor={"account": {"homePage": "https://sso.example", "name": f"10{number % PEOPLE}"}},
        result={"score": {"scaled": 0.5}},
    )
    return statement_event(value)._replace(subject=of_statement(value))


def record(url: str, directory: Path, *, sealed: bool) -> Log:
    """Record a log of ``EVENTS`` in an empty database, its keys and its file in a directory.

    A checkpoint is signed every ``BATCH`` events; one event has an attachment.
    """
    log = Log(url, directory, sealed)
    sha2 = sha256(ATTACHED).hexdigest()
    attached = learned(0)
    value = {**attached.value, "attachments": [announced(sha2)]}
    attached = statement_event(value)._replace(subject=attached.subject)
    with log.opened() as store:
        store.log.append([Append([attached], [Attachment(sha2, ATTACHED, [attached.subject])])])
        while (position := store.log.head().position) < EVENTS:
            number = min(BATCH, EVENTS - position)
            store.log.append([Append([learned(position + n) for n in range(number)])])
            store.sealer.seal(last=True)
        with store.storage.write() as connection:
            signed = latest(connection)
            assert signed is not None
            assert signed.size == EVENTS
            line = WITNESS.sign(signed.checkpoint.text, signed.signed // 1_000_000)
            add_cosignature(connection, signed.epoch, signed.size, line)
    return replace(log, remembered=signed.note)


def announced(sha2: str) -> dict[str, object]:
    return {
        "usageType": "https://lrs.example/attachments/certificate",
        "display": {"en": "certificate"},
        "contentType": "application/octet-stream",
        "length": len(ATTACHED),
        "sha2": sha2,
    }


@contextmanager
def copied(log: Log) -> Iterator[Log]:
    """The same log in a database and a directory of its own, gone afterwards."""
    with TemporaryDirectory(prefix="hocba-tampering-") as name:
        directory = Path(name)
        path = sqlite_path(log.url)
        for file in log.directory.iterdir():
            if path is None or file != path:
                shutil.copy(file, directory / file.name)
        if path is not None:
            shutil.copy(path, directory / path.name)
            yield replace(log, url=f"sqlite:///{directory / path.name}", directory=directory)
        else:
            url = make_url(log.url)
            server = url.set(database="postgres").render_as_string(hide_password=False)
            with database_on(server, template=str(url.database)) as copy:
                yield replace(log, url=copy, directory=directory)


@contextmanager
def copies(log: Log) -> Iterator[Copy]:
    """What gives an untouched copy whenever it is asked, one at a time.

    On PostgreSQL that is one database, whose tables are filled again afterwards: making a database
    takes many times as long. What an insider can reach is in tables.
    """
    if sqlite_path(log.url) is not None:
        yield partial(copied, log)
        return
    with copied(log) as copy, untouched(copy) as restore:

        @contextmanager
        def again() -> Iterator[Log]:
            yield copy
            restore()

        yield again


@contextmanager
def untouched(log: Log) -> Iterator[Callable[[], None]]:
    """What gives the tables the rows they have now."""
    engine = create_engine(log.url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA untouched"))
        for table in TABLES:
            connection.execute(text(f"CREATE TABLE untouched.{table} AS TABLE {table}"))

    def restore() -> None:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL synchronous_commit = off"))
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in TABLES:
                if connection.scalar(text(DIFFERS.format(table))):
                    connection.execute(text(f"DELETE FROM {table}"))
                    connection.execute(text(f"INSERT INTO {table} TABLE untouched.{table}"))

    yield restore
    engine.dispose()


@contextmanager
def pair(server: str | None = None) -> Iterator[tuple[Log, Log]]:
    """A log that does not seal and one that does, on a PostgreSQL server or in SQLite files."""
    with TemporaryDirectory(prefix="hocba-tampering-") as name, ExitStack() as stack:
        logs = []
        for sealed in (False, True):
            directory = Path(name) / ("sealed" if sealed else "plain")
            directory.mkdir()
            url = f"sqlite:///{directory / 'hocba.db'}"
            if server is not None:
                url = stack.enter_context(database_on(server))
            logs.append(record(url, directory, sealed=sealed))
        yield logs[0], logs[1]

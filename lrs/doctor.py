"""Looks a store over, changing nothing: is its ground sound, does the log hold together."""

import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, text

from lrs.asked import CommandRefused
from lrs.audit.checkpoints import CheckpointFileDamaged, latest
from lrs.audit.checks.rows import leaf_holds
from lrs.audit.cosigning import read_policy
from lrs.audit.quorums import last_quorum
from lrs.audit.sealer import seal_lag
from lrs.audit.start import MENDS, find_loss
from lrs.audit.tiles import leaf_in_tree
from lrs.auth.pepper import pepper_in
from lrs.control import DATABASE_ERRORS, shown_url
from lrs.log.recorder import LogRecorder
from lrs.log.rows import Content
from lrs.log.storage import sqlite_path
from lrs.privacy.data_keys import fingerprint_of
from lrs.privacy.sealing_key import find
from lrs.reading import open_for_reading
from lrs.schema import missing_tables
from lrs.settings import InvalidSettings, Settings
from lrs.store import FOLLOWED, INLINE
from lrs.store_time import iso_time
from schemas.events import STATEMENT_KINDS

State = Literal["ok", "warn", "fail"]
SAMPLE: Final = 1000  # events whose leaf is computed again, besides the first and the last
LITTLE_DISK: Final = 1 << 30  # bytes free
SEAL_LAG: Final = 60  # seconds an event may wait for a checkpoint over it
QUORUM_WAIT: Final = 3600  # seconds a checkpoint may wait for its witnesses
LAG: Final = 10_000  # events a followed projection may be behind
OLDEST_SQLITE: Final = (3, 37, 0)
WAL_MENDED: Final = (3, 51, 3)
OLDEST_POSTGRES: Final = 150_000
LOG_TABLES: Final = (
    "event_log",
    "event_registry",
    "attachment_content",
    "attachment_sealed",
    "log_epoch",
    "signed_checkpoint",
    "cosignature",
    "projection_tracking",
    "data_key",
    "sealing",
    "merkle_tile",
    "merkle_tree",
)

GUARDED: Final = LOG_TABLES[:7]


class Finding(NamedTuple):
    """One thing looked at: its state, what was seen, and what to do when it is not right."""

    state: State
    what: str
    seen: str
    mend: str = ""


def examine(settings: Settings, seed: int | None = None) -> Iterator[Finding]:
    """Everything, in the order of what stands on what. Stops where nothing further can be seen."""
    yield Finding("ok", "settings", f"read; {shown_url(settings)}")
    yield from _pepper(settings)
    yield from _signing_key(settings)
    yield from _disk(settings)
    try:
        with open_for_reading(settings) as log, log.storage.read() as connection:
            chance = random.Random(seed)  # noqa: S311 (a sample)
            for what, findings in (
                ("database version", _versions(log, connection)),
                ("log tables", _tables(connection)),
                ("append-only", _triggers(log, connection)),
                ("positions", _positions(connection)),
                ("head", _head(log, connection)),
                ("clock", _clock(log, connection)),
                ("sealing key", _sealing_key(settings, connection)),
                ("leaves", _leaves(log, connection, chance)),
                ("checkpoints", _checkpoints(settings, log, connection)),
                ("witnesses", _witnesses(settings, log, connection)),
                ("projections", _projections(log, connection)),
            ):
                yield from _guarded(what, findings)
    except CommandRefused as refusal:
        mend = "Start the database, mend the URL, or restore a backup."
        yield Finding("fail", "database", str(refusal), mend)


def _guarded(what: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """The findings, or that the database did not let them be made."""
    try:
        yield from findings
    except DATABASE_ERRORS as error:
        said = str(error).splitlines()
        yield Finding("fail", what, said[0] if said else type(error).__name__)


def _pepper(settings: Settings) -> Iterator[Finding]:
    if settings.pepper is not None:
        yield Finding("ok", "pepper", "from LRS_PEPPER")
        return
    path = settings.pepper_path
    if not path.exists():
        mend = (
            "The first start makes it. If there was one, restore it: no credential opens without."
        )
        yield Finding("warn", "pepper", f"{path} does not exist", mend)
        return
    try:
        pepper_in(path)
    except InvalidSettings as refused:
        yield Finding("fail", "pepper", str(refused))
        return
    if path.stat().st_mode & 0o077:
        yield Finding("warn", "pepper", f"{path} can be read by others", f"chmod 600 {path}")
    else:
        yield Finding("ok", "pepper", str(path))


def _sealing_key(settings: Settings, connection: Connection) -> Iterator[Finding]:
    """Is it the key of this database, and for the eyes of the store alone."""
    path = settings.sealing_key_path
    fingerprint = fingerprint_of(connection)
    if fingerprint is None:
        yield Finding("warn", "sealing key", "none yet", "The first start makes it.")
        return
    try:
        find(settings, fingerprint)
    except InvalidSettings as refused:
        yield Finding("fail", "sealing key", str(refused), "Restore the file from the backup.")
        return
    if path.exists() and path.stat().st_mode & 0o077:
        yield Finding("warn", "sealing key", f"{path} can be read by others", f"chmod 600 {path}")
    else:
        state = "new content is sealed" if settings.seal else "new content is not sealed: LRS_SEAL"
        yield Finding("ok", "sealing key", f"{path}, key {fingerprint.hex()}; {state}")


def _signing_key(settings: Settings) -> Iterator[Finding]:
    path = settings.signing_key_path
    if not path.exists():
        mend = (
            "The first start makes it. If there was one, restore it: checkpoints are signed by it."
        )
        yield Finding("warn", "signing key", f"{path} does not exist", mend)
    elif path.stat().st_mode & 0o077:
        mend = f"chmod 600 {path}: whoever reads it can sign another history of the log."
        yield Finding("fail", "signing key", f"{path} can be read by others", mend)
    else:
        yield Finding("ok", "signing key", str(path))


def _disk(settings: Settings) -> Iterator[Finding]:
    path = sqlite_path(settings.database_url)
    where = Path.cwd() if path is None else path.absolute().parent
    if not where.exists():
        yield Finding("fail", "disk", f"{where} does not exist", f"mkdir -p {where}")
        return
    free = shutil.disk_usage(where).free
    seen = f"{free / (1 << 30):.1f} GiB free in {where}"
    if free < LITTLE_DISK:
        yield Finding("warn", "disk", seen, "Make room: a full disk stops the log.")
    else:
        yield Finding("ok", "disk", seen)


def _versions(log: LogRecorder, connection: Connection) -> Iterator[Finding]:
    if log.storage.dialect == "sqlite":
        version = sqlite3.sqlite_version_info
        seen = f"SQLite {sqlite3.sqlite_version}"
        if version < OLDEST_SQLITE:
            yield Finding("fail", "database version", seen, "SQLite 3.37 or newer is needed.")
        elif version < WAL_MENDED:
            seen += "; versions before 3.51.3 can corrupt a WAL that two connections checkpoint"
            mend = "Nothing: exactly one connection writes. Let no other program write to the file."
            yield Finding("ok", "database version", seen, mend)
        else:
            yield Finding("ok", "database version", seen)
        mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
        state: State = "ok" if mode == "wal" else "fail"
        yield Finding(state, "journal", mode, "" if mode == "wal" else "PRAGMA journal_mode=WAL")
        return
    number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    seen = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number < OLDEST_POSTGRES:
        yield Finding("fail", "database version", seen, "PostgreSQL 15 or newer is needed.")
    else:
        yield Finding("ok", "database version", seen)
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        value = connection.execute(text(f"SHOW {name}")).scalar_one()
        if value in ("off", "local"):
            mend = f"Set {name}=on: acknowledged statements would be lost in a crash."
            yield Finding("fail", "durability", f"{name}={value}", mend)
            return
    yield Finding("ok", "durability", "fsync, synchronous_commit and full_page_writes are on")


def _tables(connection: Connection) -> Iterator[Finding]:
    inspector = _names(connection, "table")
    missing = [name for name in LOG_TABLES if name not in inspector]
    if missing:
        yield Finding("fail", "log tables", f"missing: {', '.join(missing)}", "Restore a backup.")
    else:
        yield Finding("ok", "log tables", "all there")


def _triggers(log: LogRecorder, connection: Connection) -> Iterator[Finding]:
    if log.storage.dialect == "sqlite":
        wanted = {f"{t}_no_{verb}" for t in GUARDED for verb in ("update", "delete")}
        found = _names(connection, "trigger")
    else:
        wanted = set(GUARDED)
        sql = (
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname = 'append_only' AND tgenabled IN ('O', 'A')"
        )
        found = set(connection.scalars(text(sql)))
    if missing := sorted(wanted - found):
        mend = "Somebody took away what keeps the log append-only. Find out who; restore a backup."
        yield Finding("fail", "append-only", f"not guarded: {', '.join(missing)}", mend)
    else:
        yield Finding("ok", "append-only", "the database refuses UPDATE and DELETE on the log")


def _names(connection: Connection, kind: str) -> set[str]:
    if connection.dialect.name == "sqlite":
        sql = "SELECT name FROM sqlite_master WHERE type = :kind"
        return set(connection.scalars(text(sql), {"kind": kind}))
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return set(connection.scalars(text(sql)))


def _positions(connection: Connection) -> Iterator[Finding]:
    count, first, last = connection.execute(
        text(
            "SELECT count(*), coalesce(min(position), 1), coalesce(max(position), 0) FROM event_log"
        )
    ).one()
    if (first, last) == (1, count):
        yield Finding("ok", "positions", f"1 to {last}, without a gap")
    else:
        seen = f"{count} events from {first} to {last}"
        yield Finding("fail", "positions", seen, "Events are missing. Restore a backup.")


def _head(log: LogRecorder, connection: Connection) -> Iterator[Finding]:
    head = log.head_of(connection)
    last, stored = connection.execute(
        text("SELECT position, stored FROM event_log ORDER BY position DESC LIMIT 1")
    ).first() or (0, 0)
    if head.position == last and head.stored >= stored:  # later on an idle log, see tick
        yield Finding("ok", "head", f"position {head.position}, stored {iso_time(head.stored)}")
    else:
        seen = (
            f"log_head says {head.position} at {iso_time(head.stored)}, the last event is {last}"
            f" at {iso_time(stored)}"
        )
        yield Finding("fail", "head", seen, "log_head follows the last event: set it to that.")


def _clock(log: LogRecorder, connection: Connection) -> Iterator[Finding]:
    ahead = log.head_of(connection).stored / 1e6 - time.time()
    seen = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if ahead > 1:
        mend = "Until it has caught up, new statements get times past the last one. Set it by NTP."
        yield Finding("warn", "clock", f"{seen}, {ahead:.0f} s behind the last event", mend)
    else:
        yield Finding("ok", "clock", seen)


def _leaves(log: LogRecorder, connection: Connection, chance: random.Random) -> Iterator[Finding]:
    head = log.head_of(connection).position
    if head == 0:
        yield Finding("warn", "leaves", "the log is empty", "Start the store once.")
        return
    sample = {1, head, *(chance.randint(1, head) for _ in range(SAMPLE))}
    rows = log.rows_at(connection, sorted(sample))
    contents = log.open_rows(connection, rows)
    in_tree = [leaf_in_tree(connection, row.position) for row in rows]
    looked_at = zip(rows, contents, in_tree, strict=True)
    wrong = [row.position for row, of, known in looked_at if not leaf_holds(row, of, known)]
    if wrong:
        seen = f"{len(wrong)} of {len(rows)} differ, the first at position {wrong[0]}"
        mend = (
            "Somebody changed recorded events, or the tree: `lrs audit verify` says which. Keep the"
            " database; restore a backup beside it."
        )
        yield Finding("fail", "leaves", seen, mend)
    else:
        unread = sum(one.content in (Content.ERASED, Content.LOCKED) for one in contents)
        compared = len(rows) - in_tree.count(None)
        seen = f"{len(rows)} computed again, {compared} held against the tree, all equal"
        yield Finding("ok", "leaves", f"{seen}; {unread} without content" if unread else seen)


def _checkpoints(settings: Settings, log: LogRecorder, connection: Connection) -> Iterator[Finding]:
    try:
        loss = find_loss(log, settings)
    except (CheckpointFileDamaged, InvalidSettings) as error:
        yield Finding("fail", "checkpoints", str(error))
        return
    if loss is not None:
        yield Finding("fail", "checkpoints", str(loss), MENDS[loss.kind])
        return
    signed = latest(connection)
    if signed is None:
        yield Finding("warn", "checkpoints", "none was signed yet", "Start the store once.")
        return
    events, seconds = seal_lag(log, connection)
    seen = f"{signed.size} events, signed {iso_time(signed.signed)}; {events} events since"
    if seconds > SEAL_LAG:
        mend = "Is a server running? /health/ready says why it does not sign."
        yield Finding("warn", "checkpoints", seen, mend)
    else:
        yield Finding("ok", "checkpoints", seen)


def _witnesses(settings: Settings, log: LogRecorder, connection: Connection) -> Iterator[Finding]:
    """How far the quorum of witnesses has followed, where a policy names one."""
    try:
        policy = read_policy(settings)
    except InvalidSettings as invalid:
        yield Finding("fail", "witnesses", str(invalid), "Mend the policy.")
        return
    if policy is None:
        mend = "LRS_WITNESS_POLICY_FILE names a policy. Without, the log is its only witness."
        yield Finding("ok", "witnesses", "none", mend)
        return
    quorum = last_quorum(connection, policy)
    waited = quorum.waited(log.clock())
    seen = f"the quorum has cosigned size {quorum.size}"
    if quorum.signed is not None:
        seen += f", signed {iso_time(quorum.signed.signed)}"
    if quorum.waits_since is not None:
        seen += f"; a newer checkpoint waits since {iso_time(quorum.waits_since)}"
    if waited > max(QUORUM_WAIT, 3 * settings.witness_interval):
        mend = "The log says which witness does not cosign, and why; so does lrs_witness_failed."
        yield Finding("warn", "witnesses", seen, mend)
    else:
        yield Finding("ok", "witnesses", seen)


def _projections(log: LogRecorder, connection: Connection) -> Iterator[Finding]:
    missing = missing_tables(connection, INLINE + FOLLOWED)
    for name, tables in missing.items():
        if tables:
            mend = "Start the store once: it makes them again from the log."
            yield Finding("fail", name, f"without {', '.join(tables)}", mend)
    if any(missing.values()):
        return
    head = log.head_of(connection).position
    kinds = ",".join(str(int(kind)) for kind in STATEMENT_KINDS)
    last = "SELECT coalesce(max(position), 0) FROM"
    stored = connection.execute(text(f"{last} event_log WHERE kind IN ({kinds})")).scalar_one()
    indexed: Any = connection.execute(text(f"{last} statement_index")).scalar_one()
    if stored == indexed:
        yield Finding("ok", "statement index", f"at the last statement, position {stored}")
    else:
        mend = "lrs projections rebuild statement_index"
        yield Finding("fail", "statement index", f"at {indexed}, the log at {stored}", mend)
    for projection in INLINE:
        if not log.tracked(connection, projection.NAME):
            yield Finding("warn", projection.NAME, "was never filled", "Start the store once.")
    for projection in FOLLOWED:
        lag = head - log.tracked(connection, projection.NAME)
        seen = f"{lag} events behind"
        if lag > LAG:
            mend = "Start the server, which follows; lrs projections status shows what stopped it."
            yield Finding("warn", projection.NAME, seen, mend)
        else:
            yield Finding("ok", projection.NAME, seen)

"""A replay to a position gives what was live at that position, wherever the log is."""

import random
import stat
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text

from lrs.audit.digests import live_digests
from lrs.audit.replay import (
    ALL,
    NotReplayable,
    Replay,
    ReplayedFurther,
    ScratchExists,
    first_wrong_row,
    replaying,
)
from lrs.auth.credentials import Credential, credential_of
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.log.opening import open_log
from lrs.log.recorder import Append, LogRecorder
from lrs.log.storage import open_storage
from lrs.projector import catch_up
from lrs.reading import open_for_reading
from lrs.rebuild import rebuild, tables_of
from lrs.schema import migrate_tables
from lrs.settings import Settings
from lrs.store import FOLLOWED, INLINE, Store
from projections import activities, statement_index
from schemas.events import NewEvent
from tests.databases import Fill
from tests.evaluation import MOVEMENT
from tests.examples import statement_event
from tests.lrs.conftest import OpenStore, opening
from tests.ministry import generate, load

POSITIONS = 20

Digests = dict[tuple[str, int], str]
"""The digest of each projection by its name and the position it stood at."""


def record(store: Store, digests: Digests) -> None:
    """What is live now, each projection as of its own position, in one state of the database."""
    with store.storage.read() as connection:
        for digest in live_digests(store.log, connection, ALL):
            digests[digest.name, digest.position] = digest.digest


def replayed(settings: Settings, wanted: Digests) -> Digests:
    """The digests that replays have, each projection at the positions wanted of it."""
    found: Digests = {}
    positions: dict[str, list[int]] = defaultdict(list)
    for name, position in sorted(wanted):
        positions[name].append(position)
    with open_for_reading(settings) as log:
        for projection in ALL:
            with replaying(log, [projection]) as replay:
                for position in positions[projection.NAME]:
                    replay.to(position)
                    [digest] = replay.digests()
                    found[projection.NAME, position] = digest.digest
    return found


def follow(log: LogRecorder) -> None:
    for projection in FOLLOWED:
        catch_up(log, projection)


def send(store: Store, sender: Credential, seed: int, number: int) -> None:
    """Statements and credentials, as platforms and people send them at once."""
    chosen = random.Random(seed)
    for count in range(number):
        if chosen.random() < 0.1:
            store.credentials.issue(f"platform {seed} {count}", ("statements/write",))
        else:
            events = [statement_event() for _ in range(chosen.randint(1, 4))]
            store.writer.append([one._replace(credential=sender.id) for one in events]).result()


def positions(live: Digests) -> set[int]:
    return {position for _, position in live}


def test_a_replay_gives_what_was_live_at_random_moments_under_load(open_store: OpenStore) -> None:
    live: Digests = {}
    store = open_store()
    sender = credential_of(store.credentials.issued()[0])
    threads = [Thread(target=send, args=(store, sender, seed, 60)) for seed in range(3)]
    threads.append(Thread(target=import_case, args=(store, read_case(MOVEMENT))))
    for thread in threads:
        thread.start()
    moments = random.Random(7)
    while any(thread.is_alive() for thread in threads) or len(positions(live)) < POSITIONS:
        if not any(thread.is_alive() for thread in threads):  # on a busy machine there is more load
            threads.append(Thread(target=send, args=(store, sender, len(threads) + 10, 20)))
            threads[-1].start()
        record(store, live)
        moments.choice(threads).join(moments.random() * 0.05)
    store.close()

    store = open_store()  # the same log in another process
    load(store, generate(60))
    record(store, live)
    for projection in ALL:
        rebuild(store.log, projection)
    send(store, sender, 4, 10)
    follow(store.log)
    record(store, live)
    for projection in ALL:
        assert len([name for name, _ in live if name == projection.NAME]) >= 3
    assert replayed(store.settings, live) == live


# One log, two databases


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Store]:
    """A store on SQLite that has taken in the worked case and some statements of the ministry."""
    url = f"sqlite:///{tmp_path / 'first.db'}"
    store = Store(Settings(database_url=url, pepper_file=tmp_path / "pepper"), follow=False)
    import_case(store, read_case(MOVEMENT))
    load(store, generate(100))
    follow(store.log)
    yield store
    store.close()


@contextmanager
def copied(log: LogRecorder, database_url: str) -> Iterator[LogRecorder]:
    """Another database that is fed the same events, one by one, by the same clock."""
    entries = log.read(limit=10_000)
    times = iter([entry.stored for entry in entries])
    storage = open_storage(database_url)
    try:
        with storage.write() as connection:
            migrate_tables(connection)
        copy = open_log(storage, INLINE, clock=lambda: next(times))
        for entry in entries:
            said = (entry.kind, entry.stream_id, entry.body, entry.credential)
            copy.append([Append([NewEvent(*said, entry.stream_version)])])
        follow(copy)
        yield copy
    finally:
        storage.close()


def test_the_same_log_has_the_same_digests_on_sqlite_and_postgresql(
    on_sqlite: Store, postgres_url: str
) -> None:
    live: Digests = {}
    record(on_sqlite, live)
    with copied(on_sqlite.log, postgres_url) as copy, copy.storage.read() as connection:
        there = live_digests(copy, connection, ALL)
    assert {(one.name, one.position): one.digest for one in there} == live
    some = {(projection.NAME, position): "" for projection in ALL for position in (1, 90, 200)}
    wanted = live | some
    by_sqlite = replayed(on_sqlite.settings, wanted)
    settings = on_sqlite.settings.model_copy(update={"database_url": postgres_url})
    assert replayed(settings, wanted) == by_sqlite
    assert {key: by_sqlite[key] for key in live} == live
    assert len(set(by_sqlite.values())) > 12, "digests tell positions apart"


# How a replay goes


def generated(database_url: str, directory: Path) -> None:
    with opening(database_url) as open_:
        store = open_()
        load(store, generate(120))
        follow(store.log)


@pytest.fixture
def fill(request: pytest.FixtureRequest) -> Fill | None:
    return generated if "filled" in request.fixturenames else None


@pytest.fixture
def filled(open_store: OpenStore) -> Store:
    return open_store()


def test_a_replay_that_was_stopped_goes_on_where_its_tables_are(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.audit.replay.BATCH", 25)
    end = filled.log.head().position
    with open_for_reading(filled.settings) as log:
        with replaying(log) as undisturbed:
            undisturbed.to(end)
            wanted = undisturbed.digests()
        with Replay(log, tmp_path / "replay.db") as replay:
            stops = random.Random(3)

            def stop(done: int, total: int) -> None:
                if stops.random() < 0.5:
                    raise KeyboardInterrupt

            for _ in range(1000):
                try:
                    replay.to(end, stop)
                    break
                except KeyboardInterrupt:
                    continue
            assert replay.digests() == wanted


def test_progress_runs_over_all_projections(filled: Store) -> None:
    seen: list[tuple[int, int]] = []
    end = filled.log.head().position
    with open_for_reading(filled.settings) as log, replaying(log) as replay:
        replay.to(end, lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (end * len(ALL), end * len(ALL))


def test_a_replay_goes_only_forward_into_a_file_of_its_own(filled: Store, tmp_path: Path) -> None:
    file = tmp_path / "kept.db"
    with open_for_reading(filled.settings) as log:
        with Replay(log, file) as replay:
            replay.to(20)
            with pytest.raises(ReplayedFurther, match="stands at position 20, past 19"):
                replay.to(19)
        with pytest.raises(ScratchExists, match=r"kept\.db exists already"):
            Replay(log, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_is_not_kept_is_gone_afterwards(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with open_for_reading(filled.settings) as log, replaying(log) as replay:
        replay.to(20)
        assert list(temporary.iterdir())
    assert not list(temporary.iterdir())


# The live tables held against a replay


@pytest.mark.parametrize("projection", ALL, ids=lambda projection: projection.NAME)
def test_live_tables_are_what_the_log_gives(filled: Store, projection: object) -> None:
    with open_for_reading(filled.settings) as log:
        assert first_wrong_row(log, projection) is None  # type: ignore[arg-type]  # a module


TAMPERED = [
    (activities, "UPDATE activities SET changed = changed + 1", "activities"),
    (statement_index, "DELETE FROM statement_links WHERE position = 60", "statement_links"),
    (
        statement_index,
        "UPDATE statement_index SET stored = 7 WHERE position = 60",
        "statement_index",
    ),
]


@pytest.mark.parametrize(("projection", "sql", "table"), TAMPERED, ids=["change", "gone", "stored"])
def test_a_row_that_was_changed_is_named(
    filled: Store, projection: object, sql: str, table: str
) -> None:
    with filled.storage.write() as connection:
        connection.execute(text(sql))
    with open_for_reading(filled.settings) as log:
        wrong = first_wrong_row(log, projection)  # type: ignore[arg-type]  # a module
    assert wrong is not None
    assert wrong.table == table
    assert wrong.live != wrong.replayed
    [named] = [one for one in tables_of(projection.TABLES) if one.name == table]  # type: ignore[attr-defined]
    assert wrong.replayed is not None
    assert len(wrong.replayed) == len(named.columns)


def test_an_event_that_cannot_be_applied_is_said(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apply(*_: object) -> None:
        raise ValueError("not what I know")

    monkeypatch.setattr(activities, "apply", apply)
    with (
        open_for_reading(filled.settings) as log,
        replaying(log, [activities]) as replay,
        pytest.raises(NotReplayable, match="activities: an event past position 0 cannot"),
    ):
        replay.to(60)

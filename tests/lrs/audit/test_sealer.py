"""The sealer: one tree and consistent notes, whoever seals, in whatever steps, however it ends."""

import random
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest

from lrs.audit import sealer as module
from lrs.audit.checkpoints import CheckpointFile, latest, notes
from lrs.audit.sealer import Sealer, Signing, seal_lag, tree_of
from lrs.audit.start import open_signing
from lrs.log.opening import open_log
from lrs.log.recorder import LogRecorder
from lrs.log.storage import open_storage
from lrs.settings import Settings
from lrs.store import Store
from tests.lrs.audit.sealed import Appending, append, check, settings_of, tiles_in

KILLS = 4
HOUR = 3_600_000_000  # microseconds


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_of(database_url, tmp_path)


@pytest.fixture
def log(settings: Settings) -> Iterator[LogRecorder]:
    storage = open_storage(settings.database_url)
    yield open_log(storage)
    storage.close()


@pytest.fixture
def signing(log: LogRecorder, settings: Settings) -> Signing:
    return open_signing(log, settings)


def sealing(log: LogRecorder, signing: Signing, interval: float = 0.0) -> Sealer:
    """One that does a round when it is told to."""
    return Sealer(log, signing, follow=False, interval=interval)


def sizes(log: LogRecorder) -> list[int]:
    with log.storage.read() as connection:
        return [it.size for it in notes(connection)]


def wait_until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_was_appended_is_sealed(log, settings, signing) -> None:
    append(log, 700)
    assert sealing(log, signing).seal() is None
    [signed] = check(log, settings)
    assert signed.size == 700
    assert signed.checkpoint.origin == "lrs.example/log"
    assert list(CheckpointFile(settings.checkpoints_path)) == [signed]


def test_nothing_is_signed_when_nothing_changed(log, settings, signing) -> None:
    sealer = sealing(log, signing)
    assert sealer.seal() is None
    assert sizes(log) == []
    append(log, 3)
    for _ in range(3):
        assert sealer.seal() is None
    sealer.close()
    assert sealing(log, signing).seal() is None
    assert sizes(log) == [3]


def test_any_batching_gives_the_same_tiles(log, settings, signing, monkeypatch) -> None:
    chance = random.Random(7)
    sealer = sealing(log, signing)
    for _ in range(12):
        monkeypatch.setattr(module, "BATCH", chance.choice((1, 3, 100, 256, 257, 10_000)))
        append(log, chance.randrange(1, 400))
        for _ in range(chance.randrange(3)):
            sealer.seal()
        if chance.random() < 0.3:
            sealer = sealing(log, signing)
    monkeypatch.setattr(module, "BATCH", 1000)
    sealer.close()
    assert check(log, settings)[-1].size == log.head().position


def test_many_sealers_of_one_log_are_one(log, settings, signing) -> None:
    alone = log.storage.dialect == "sqlite"
    storages = [log.storage if alone else open_storage(settings.database_url) for _ in range(4)]
    logs = [open_log(storage) for storage in storages]
    sealers = [Sealer(log, signing, interval=0.01) for log in logs]

    def fill(log: LogRecorder) -> None:
        for _ in range(20):
            append(log, 60)
            time.sleep(0.01)

    threads = [Thread(target=fill, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for sealer in sealers:
        sealer.close()
        assert sealer.failure is None
    signed = check(logs[0], settings)
    assert len(signed) > 3
    assert signed[-1].size == 1200 * len(logs)
    assert list(CheckpointFile(settings.checkpoints_path)) == signed
    for storage in storages:
        storage.close()


def test_a_round_that_another_process_was_quicker_than_counts_for_nothing(
    log, settings, signing, monkeypatch
) -> None:
    append(log, 300)
    slow, quick = sealing(log, signing), sealing(log, signing)
    monkeypatch.setattr(module, "take_turn", lambda *_, **__: True)
    commit = slow._commit

    def overtaken(*arguments):
        append(log, 300)
        quick.seal()
        return commit(*arguments)

    monkeypatch.setattr(slow, "_commit", overtaken)
    assert slow.seal() == 0.0
    assert sizes(log) == [600]
    monkeypatch.undo()
    append(log, 1)
    assert slow.seal() is None
    assert [it.size for it in check(log, settings)] == [600, 601]


def test_a_store_seals_within_two_seconds_at_most_once_a_second(settings) -> None:
    store = Store(settings)
    lags, end = [], time.monotonic() + 3.5
    while time.monotonic() < end:
        append(store.log, 5)
        time.sleep(0.02)
        with store.storage.read() as connection:
            lags.append(seal_lag(store.log, connection))
    with store.storage.read() as connection:
        signed = list(notes(connection))
    assert 3 <= len(signed) <= 5
    times = [it.signed for it in signed]
    assert all(b - a >= 900_000 for a, b in pairwise(times))
    assert max(seconds for _, seconds in lags) < 2
    assert max(events for events, _ in lags) > 0
    appended = store.log.head().position
    began = time.monotonic()
    store.close()
    assert time.monotonic() - began < 2
    assert store.sealer.failure is None
    storage = open_storage(settings.database_url)
    assert check(open_log(storage), settings)[-1].size == appended, "what was appended is sealed"
    storage.close()


def test_an_idle_store_signs_nothing(settings) -> None:
    store = Store(settings)
    wait_until(lambda: bool(sizes(store.log)))
    time.sleep(1.2)
    assert sizes(store.log) == [1]
    store.close()


def test_what_other_processes_append_is_sealed_too(postgres_url: str, tmp_path: Path) -> None:
    settings = settings_of(postgres_url, tmp_path)
    storages = [open_storage(postgres_url) for _ in range(2)]
    log, other = (open_log(storage) for storage in storages)
    sealer = Sealer(log, open_signing(log, settings), interval=0.0)
    append(other, 5)
    wait_until(lambda: sizes(log) == [5])
    sealer.close()
    for storage in storages:
        storage.close()


def test_between_two_notes_a_second_passes_but_tiles_do_not_wait(
    log, settings, signing, monkeypatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 256)
    sealer = sealing(log, signing, interval=60.0)
    append(log, 10)
    assert sealer.seal() is None
    append(log, 600)
    assert [sealer.seal() for _ in range(2)] == [0.0, 0.0]
    pause = sealer.seal()
    assert pause is not None
    assert 50 < pause <= 60
    assert sizes(log) == [10]
    assert len(tiles_in(log)) == 2
    restarted = sealing(log, signing, interval=60.0)
    pause = restarted.seal()
    assert pause is not None
    assert 50 < pause <= 60, "whoever signed the last note"
    restarted.close()
    assert [it.size for it in check(log, settings)] == [10, 610], "at its end it does not wait"


def test_a_clock_set_back_an_hour_neither_stops_notes_nor_their_time(
    log, settings, signing
) -> None:
    sealer = sealing(log, signing)
    append(log, 5)
    sealer.seal()
    before = log.head()
    now = log.clock
    log.clock = lambda: now() - HOUR
    append(log, 5)
    assert log.head().stored > before.stored
    assert sealer.seal() is None
    restarted = sealing(log, signing, interval=1.0)
    append(log, 5)
    assert restarted.seal() is None, "an hour is not waited for"
    signed = check(log, settings)
    assert [it.size for it in signed] == [5, 10, 15]
    assert signed[-1].signed >= log.head().stored, "a note is no older than what it covers"
    assert signed[-1].signed - signed[0].signed < HOUR / 2
    assert 0 <= log.head().stored - before.stored < 1000


def tamper(log: LogRecorder, sql: str) -> None:
    with log.storage.write() as connection:
        if log.storage.dialect == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS event_log_no_delete")
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS event_log_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE event_log DISABLE TRIGGER append_only")
        connection.exec_driver_sql(sql)


def refused(log: LogRecorder, signing: Signing) -> str:
    """Why a sealer that begins now signs nothing."""
    before = sizes(log)
    sealer = sealing(log, signing)
    sealer.close()
    assert sizes(log) == before
    return str(sealer.failure)


@pytest.mark.parametrize("position", [7, 20])
@pytest.mark.parametrize(
    "change", ["DELETE FROM event_log", "UPDATE event_log SET stream_version = -1"]
)
def test_a_gap_in_the_log_is_not_signed_over(log, signing, change, position) -> None:
    append(log, 20)
    tamper(log, f"{change} WHERE position = {position}")
    assert f"position {position} is missing" in refused(log, signing)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event_log SET stored = stored + 1 WHERE position = 290",
        "UPDATE merkle_tree SET size = size - 1",
        "UPDATE merkle_tree SET range = edge",
    ],
)
def test_a_tree_that_is_not_that_of_the_log_is_not_signed_over(log, signing, change) -> None:
    append(log, 300)
    sealing(log, signing).close()
    tamper(log, change)
    append(log, 5)
    assert "is not that of the log: an event past position 256 was changed" in refused(log, signing)


def test_a_changed_event_is_not_what_a_running_sealer_goes_on_from(log, settings, signing) -> None:
    sealer = sealing(log, signing)
    append(log, 300)
    sealer.seal()
    tamper(log, "UPDATE event_log SET stored = stored + 1 WHERE position = 290")
    append(log, 300)
    assert sealer.seal() is None
    tamper(log, "UPDATE event_log SET stored = stored - 1 WHERE position = 290")
    assert [it.size for it in check(log, settings)] == [300, 600]


def test_a_database_set_back_while_it_is_open_is_not_signed(log, settings, signing) -> None:
    sealer = sealing(log, signing)
    append(log, 5)
    sealer.seal()
    with log.storage.write() as connection:
        if log.storage.dialect == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER signed_checkpoint_no_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE signed_checkpoint DISABLE TRIGGER append_only")
        connection.exec_driver_sql("DELETE FROM signed_checkpoint")
    append(log, 5)
    sealer.close()
    assert sealer.failure is not None
    assert "the checkpoint of 5 events is no longer in the database" in sealer.failure
    assert sizes(log) == []


def test_a_file_that_cannot_be_written_is_said_and_filled_later(
    log, settings, signing, monkeypatch
) -> None:
    monkeypatch.setattr(module, "AFTER_FAILURE", 0.05)
    path = settings.checkpoints_path
    sealer = Sealer(log, signing, interval=0.0)
    append(log, 5)
    wait_until(lambda: CheckpointFile(path).last() is not None)
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    append(log, 5)
    wait_until(lambda: sealer.failure is not None)
    assert "IsADirectoryError" in str(sealer.failure)
    path.rmdir()
    path.with_suffix(".away").rename(path)
    wait_until(lambda: sealer.failure is None)
    assert [it.size for it in CheckpointFile(path)] == [5, 10]
    sealer.close()


def test_a_lost_file_is_written_again_from_the_database(log, settings, signing) -> None:
    sealer = sealing(log, signing)
    for _ in range(3):
        append(log, 5)
        sealer.seal()
    settings.checkpoints_path.unlink()
    again = sealing(log, open_signing(log, settings))
    again.close()
    assert [it.size for it in CheckpointFile(settings.checkpoints_path)] == [5, 10, 15]


def test_the_lag_is_told_in_events_and_seconds(log, settings, signing) -> None:
    append(log, 5)
    with log.storage.read() as connection:
        events, seconds = seal_lag(log, connection)
    assert events == 5
    assert 0 < seconds < 10
    sealing(log, signing).seal()
    with log.storage.read() as connection:
        assert seal_lag(log, connection) == (0, 0.0)


def test_a_killed_process_leaves_the_same_tree(settings: Settings) -> None:
    kill_and_check(settings, KILLS)


@pytest.mark.faults
def test_thirty_kills_leave_the_same_tree(settings: Settings) -> None:
    kill_and_check(settings, 30)


def kill_and_check(settings: Settings, kills: int) -> None:
    """Kill a process that appends and seals as fast as it can; the store starts, and all holds."""
    chance = random.Random()
    for _ in range(kills):
        with Appending(settings, interval=0.005) as process:
            time.sleep(chance.uniform(0.02, 0.4))
            process.kill()
        storage = open_storage(settings.database_url)
        log = open_log(storage)
        open_signing(log, settings)
        check(log, settings)
        storage.close()
    with Appending(settings, interval=0.005) as process:
        process.stop()
    storage = open_storage(settings.database_url)
    log = open_log(storage)
    assert check(log, settings)[-1].size == log.head().position
    storage.close()


def test_processes_killed_and_stopped_beside_each_other_agree(
    postgres_url: str, tmp_path: Path
) -> None:
    settings = settings_of(postgres_url, tmp_path)
    with Appending(settings, 0.01) as one, Appending(settings, 0.01) as two:
        with Appending(settings, 0.01) as killed:
            time.sleep(0.5)
            killed.kill()
        time.sleep(0.5)
        one.stop()
        two.stop()
    storage = open_storage(settings.database_url)
    log = open_log(storage)
    signed = check(log, settings)
    assert signed[-1].size == log.head().position
    assert list(CheckpointFile(settings.checkpoints_path)) == signed
    with storage.read() as connection:
        assert latest(connection) == signed[-1]
        assert tree_of(connection) is not None
    storage.close()

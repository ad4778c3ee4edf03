"""A store is not opened on a log that is not what its checkpoints say; who lost events says so."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import psycopg
import pytest
from sqlalchemy import make_url

from lrs.audit.checkpoints import CheckpointFile, Epoch, epochs, latest
from lrs.audit.notes import Signer
from lrs.audit.recovery import mend_tiles, recover
from lrs.audit.sealer import EventsMissing, Sealer
from lrs.audit.start import StartRefused, find_loss, open_signing
from lrs.log.opening import open_log
from lrs.log.recorder import LogRecorder
from lrs.log.storage import Storage, open_storage
from lrs.settings import InvalidSettings, Settings
from lrs.store import Store
from schemas.events import Kind
from tests.lrs.audit.sealed import append, check, settings_of, tiles_in

Backup = Callable[[], Callable[[], None]]


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_of(database_url, tmp_path)


class Opened:
    """The log of a store that nobody else has open."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __enter__(self) -> LogRecorder:
        self.storage: Storage = open_storage(self.settings.database_url)
        return open_log(self.storage)

    def __exit__(self, *_: object) -> None:
        self.storage.close()


def fill(settings: Settings, count: int) -> None:
    """Open the store, append, and close it: everything is sealed."""
    with Opened(settings) as log:
        sealer = Sealer(log, open_signing(log, settings), follow=False)
        append(log, count)
        sealer.close()
        assert sealer.failure is None


def change(settings: Settings, *statements: str) -> None:
    """What somebody does to the database who may do everything to it."""
    with Opened(settings) as log, log.storage.write() as connection:
        if log.storage.dialect == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            sql = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for (name,) in connection.exec_driver_sql(sql).all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def backup(settings: Settings) -> Iterator[Backup]:
    """Keeps the database as it is now; what it returns puts it back."""
    url = make_url(settings.database_url)
    copies: list[str] = []

    def on_server(*statements: str) -> None:
        plain = url.set(drivername="postgresql", database="postgres")
        dsn = plain.render_as_string(hide_password=False)
        with psycopg.connect(dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def keep() -> Callable[[], None]:
        copy = f"{url.database}_{len(copies)}"
        copies.append(copy)
        if url.get_backend_name() == "sqlite":
            shutil.copyfile(str(url.database), copy)
            return lambda: _copy(copy, str(url.database))
        on_server(f"CREATE DATABASE {copy} TEMPLATE {url.database}")
        return lambda: on_server(
            f"DROP DATABASE {url.database} WITH (FORCE)",
            f"CREATE DATABASE {url.database} TEMPLATE {copy}",
        )

    yield keep
    if url.get_backend_name() == "postgresql":
        on_server(*(f"DROP DATABASE {copy}" for copy in copies))


def _copy(source: str, target: str) -> None:
    shutil.copyfile(source, target)


def refused(settings: Settings) -> str:
    """Why the store does not start; asked twice, since refusing must hold nothing."""
    reasons = []
    for _ in range(2):
        with pytest.raises(StartRefused) as why:
            Store(settings)
        reasons.append(str(why.value))
    assert reasons[0] == reasons[1]
    return reasons[0]


def test_the_first_start_makes_a_key_and_begins_the_first_epoch(settings: Settings) -> None:
    for _ in range(2):
        with Opened(settings) as log:
            signing = open_signing(log, settings)
            assert signing.epoch == Epoch(1, "lrs.example/log", signing.signer.vkey)
            with log.storage.read() as connection:
                assert epochs(connection) == [signing.epoch]
    path = settings.signing_key_path
    assert path.stat().st_mode & 0o777 == 0o600
    assert Signer.parse(path.read_text()).name == "lrs.example/log"


def test_a_log_keeps_its_name_when_it_is_reached_elsewhere(settings: Settings) -> None:
    fill(settings, 3)
    moved = settings.model_copy(update={"base_url": "https://elsewhere.example"})
    with Opened(moved) as log:
        assert open_signing(log, moved).epoch.origin == "lrs.example/log"


def test_a_name_may_be_of_any_script(settings: Settings) -> None:
    named = settings.model_copy(update={"base_url": "https://học.example"})
    for _ in range(2):
        with Opened(named) as log:
            assert open_signing(log, named).signer.name == "học.example/log"


def test_a_name_has_no_plus(settings: Settings) -> None:
    plus = settings.model_copy(update={"base_url": "https://lrs.example/a+b"})
    with Opened(plus) as log:
        assert open_signing(log, plus).signer.name == "lrs.example/a%2Bb/log"


def test_a_restored_backup_is_refused_and_recovered(settings: Settings, backup: Backup) -> None:
    fill(settings, 300)
    put_back = backup()
    fill(settings, 500)
    put_back()
    why = refused(settings)
    assert "ends at position 300" in why
    assert f"LRS_CHECKPOINTS_FILE={settings.checkpoints_path} is of 800 events" in why
    assert "Restore the newer database" in why
    assert "lrs audit recover --acknowledge-loss" in why

    lost = CheckpointFile(settings.checkpoints_path).last()
    assert lost is not None
    with Opened(settings) as log:
        recovered = recover(log, settings)
        assert recovered is not None
        assert recovered.epoch.origin == "lrs.example/log/epoch/2"
        assert recovered.position == 301
        [begun] = log.read(300)
        assert begun.kind == Kind.EPOCH_BEGUN
        said = orjson.loads(begun.body)
        assert said["last"] == lost._asdict()
        assert (said["epoch"], said["loss"], said["found"]["size"]) == (2, "shorter", 300)
        assert recover(log, settings) is None, "it is acknowledged"
    fill(settings, 10)
    with Opened(settings) as log:
        signed = check(log, settings, lost=1)
    assert [it[:2] for it in signed] == [(1, 300), (2, 301), (2, 311)]


def test_the_newer_database_found_again_is_not_taken_for_the_log(
    settings: Settings, backup: Backup
) -> None:
    fill(settings, 300)
    put_back_old = backup()
    fill(settings, 500)
    put_back_new = backup()
    put_back_old()
    with Opened(settings) as log:
        recover(log, settings)
    put_back_new()
    assert "have another root" in refused(settings)


def test_a_second_loss_begins_a_third_epoch(settings: Settings, backup: Backup) -> None:
    fill(settings, 5)
    put_back = backup()
    fill(settings, 5)
    for epoch in (2, 3):
        put_back()
        with Opened(settings) as log:
            recovered = recover(log, settings)
        assert recovered is not None
        assert recovered.epoch.epoch == epoch
        fill(settings, 7)


def test_an_empty_database_beside_the_notes_of_another_is_refused(
    settings: Settings, backup: Backup
) -> None:
    with Opened(settings):
        put_back = backup() if settings.database_url.startswith("sqlite") else None
    put_back = put_back or backup()
    fill(settings, 10)
    put_back()
    why = refused(settings)
    assert "ends at position 0" in why
    assert "If this is meant to be another log, give it files of its own" in why


def test_a_changed_event_after_the_last_full_tile_is_refused(settings: Settings) -> None:
    fill(settings, 300)
    change(settings, "UPDATE event_log SET stored = stored + 1 WHERE position = 290")
    assert "the first 300 events have another root" in refused(settings)


def test_changed_tiles_are_built_again(settings: Settings) -> None:
    fill(settings, 1000)
    with Opened(settings) as log:
        tiles = tiles_in(log)
    change(
        settings,
        f"UPDATE merkle_tile SET hashes = {blob(settings, 8192)} WHERE number = 1",
        "DELETE FROM merkle_tile WHERE number = 0",
        f"INSERT INTO merkle_tile VALUES (1, 0, {blob(settings, 8192)})",
    )
    with Opened(settings) as log:
        assert mend_tiles(log) == 3
        assert tiles_in(log) == tiles
        assert mend_tiles(log) == 0
    fill(settings, 5)
    with Opened(settings) as log:
        assert [it[:2] for it in check(log, settings)] == [(1, 1000), (1, 1005)]


def test_tiles_are_not_built_again_over_changed_events(settings: Settings) -> None:
    fill(settings, 1000)
    with Opened(settings) as log:
        tiles = tiles_in(log)
    change(settings, "UPDATE event_log SET stored = stored + 1 WHERE position = 3")
    with Opened(settings) as log:
        with pytest.raises(StartRefused, match="events were changed, not tiles"):
            mend_tiles(log)
        assert tiles_in(log) == tiles


@pytest.mark.parametrize("edge", ["", "00", "00" * 32 * 3])
def test_a_changed_edge_is_refused_and_built_again(settings: Settings, edge: str) -> None:
    fill(settings, 1000)
    hexed = f"x'{edge}'" if settings.database_url.startswith("sqlite") else f"'\\x{edge}'"
    change(settings, f"UPDATE merkle_tree SET edge = {hexed}")
    assert "another root" in refused(settings)
    with Opened(settings) as log:
        recovered = recover(log, settings)
        assert recovered is not None
        assert (recovered.epoch.epoch, recovered.position, recovered.signed) == (1, None, None)
        assert find_loss(log, settings) is None, "nothing was lost"
        check(log, settings)


def test_a_tail_cut_off_with_everything_that_tells_of_it_is_refused(settings: Settings) -> None:
    fill(settings, 300)
    fill(settings, 20)
    change(
        settings,
        "DELETE FROM event_log WHERE position > 300",
        "UPDATE log_head SET position = 300",
        "DELETE FROM signed_checkpoint WHERE size > 300",
        "UPDATE merkle_tree SET size = 300",
    )
    assert "is of 320 events" in refused(settings)


def test_a_tail_cut_off_is_seen_without_the_file(settings: Settings) -> None:
    fill(settings, 300)
    change(
        settings,
        "DELETE FROM event_log WHERE position > 290",
        "UPDATE log_head SET position = 290",
    )
    settings.checkpoints_path.unlink()
    assert "in the table signed_checkpoint is of 300 events" in refused(settings)


def test_events_cut_off_before_they_were_sealed_are_seen(settings: Settings) -> None:
    fill(settings, 300)
    with Opened(settings) as log:
        append(log, 5)
    change(settings, "DELETE FROM event_log WHERE position > 302")
    why = refused(settings)
    assert "log_head says that the log ends at 305; the database ends at position 302" in why
    with Opened(settings) as log:
        recovered = recover(log, settings)
        assert recovered is not None
        assert recovered.position == 303
    fill(settings, 5)
    with Opened(settings) as log:
        assert check(log, settings)[-1].size == 308


def test_a_lost_key_is_refused_and_replaced(settings: Settings) -> None:
    fill(settings, 5)
    settings.signing_key_path.unlink()
    assert f"{settings.signing_key_path} does not exist" in refused(settings)
    assert not settings.signing_key_path.exists(), "no other is made in its place"
    with Opened(settings) as log:
        recovered = recover(log, settings)
        assert recovered is not None
        assert recovered.epoch.origin == "lrs.example/log/epoch/2"
    fill(settings, 5)
    with Opened(settings) as log, log.storage.read() as connection:
        assert [it[:2] for it in check(log, settings)] == [(1, 5), (2, 6), (2, 11)]
        one, two = epochs(connection)
        assert one.vkey != two.vkey


def test_another_key_than_the_log_s_is_refused(settings: Settings) -> None:
    fill(settings, 5)
    key = settings.signing_key_path.read_text()
    settings.signing_key_path.write_text(Signer.generate("lrs.example/log").text())
    why = refused(settings)
    assert "this log signs with lrs.example/log+" in why
    assert "Restore the key file" in why
    settings.signing_key_path.write_text(key)
    fill(settings, 5)


def test_notes_of_another_log_are_refused(settings: Settings, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    fill(settings_of(f"sqlite:///{other}/hocba.db", other), 3)
    fill(settings, 5)
    shutil.copy(other / "hocba.checkpoints", settings.checkpoints_path)
    assert "is not signed by a key of this log" in refused(settings)


def test_a_database_ahead_of_the_file_starts(settings: Settings) -> None:
    fill(settings, 5)
    older = settings.checkpoints_path.read_bytes()
    fill(settings, 5)
    settings.checkpoints_path.write_bytes(older)
    fill(settings, 5)
    with Opened(settings) as log:
        assert [it.size for it in check(log, settings)] == [5, 10, 15]
    assert [it.size for it in CheckpointFile(settings.checkpoints_path)] == [5, 10, 15]


def test_an_epoch_that_began_just_before_a_crash_holds(
    settings: Settings, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(settings, 5)
    put_back = backup()
    fill(settings, 5)
    put_back()
    with Opened(settings) as log, monkeypatch.context() as patched:

        def crash(file: CheckpointFile, signed: object) -> None:
            if signed:
                raise KeyboardInterrupt

        patched.setattr(CheckpointFile, "append", crash)
        with pytest.raises(KeyboardInterrupt):
            recover(log, settings)
    fill(settings, 1)
    with Opened(settings) as log:
        assert [it[:2] for it in check(log, settings, lost=1)] == [(1, 5), (2, 6), (2, 7)]


def test_a_gap_is_mended_by_no_epoch(settings: Settings, backup: Backup) -> None:
    fill(settings, 10)
    put_back = backup()
    fill(settings, 10)
    put_back()
    change(settings, "DELETE FROM event_log WHERE position = 4")
    with Opened(settings) as log:
        with pytest.raises(EventsMissing, match="position 4 is missing"):
            recover(log, settings)
        with log.storage.read() as connection:
            assert len(epochs(connection)) == 1


def test_nothing_is_recovered_where_nothing_is_lost(settings: Settings) -> None:
    fill(settings, 10)
    with Opened(settings) as log:
        assert find_loss(log, settings) is None
        assert recover(log, settings) is None
        with log.storage.read() as connection:
            signed = latest(connection)
    assert signed is not None
    assert signed.size == 10


def test_a_damaged_file_is_refused_with_what_to_do(settings: Settings) -> None:
    fill(settings, 3)
    settings.checkpoints_path.write_text("no checkpoint\n")
    assert "Restore this file, or move it away" in refused(settings)


@pytest.mark.parametrize("name", ["signing_key_path", "checkpoints_path"])
def test_a_file_that_cannot_be_used_is_named(settings: Settings, name: str) -> None:
    path: Path = getattr(settings, name)
    path.mkdir()
    with pytest.raises(InvalidSettings, match=str(path)):
        Store(settings)


def test_a_key_file_that_holds_none_is_named_and_never_shown(settings: Settings) -> None:
    settings.signing_key_path.write_text("PRIVATE+KEY+lrs.example/log+00000000+c2VjcmV0\n")
    with pytest.raises(InvalidSettings, match="Restore the file") as invalid:
        Store(settings)
    assert "c2VjcmV0" not in str(invalid.value)


def blob(settings: Settings, length: int) -> str:
    """Bytes that nobody hashed to, as SQL."""
    if settings.database_url.startswith("sqlite"):
        return f"zeroblob({length})"
    return f"decode(repeat('00', {length}), 'hex')"

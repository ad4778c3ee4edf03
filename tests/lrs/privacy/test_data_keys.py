"""Data keys are made once, found again, destroyed for every process, and wrapped anew."""

import os
import re
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import text

from lrs.log.opening import open_log
from lrs.log.recorder import LogRecorder
from lrs.privacy import rotation
from lrs.privacy.data_keys import DataKeyBroken, DataKeys, NotErasing
from lrs.privacy.opening import data_keys_for_reading, open_data_keys
from lrs.privacy.rotation import NothingSealed, rotate
from lrs.privacy.sealing_key import NotWrappedByThis, SealingKey, successor_of
from lrs.reading import ReadOnlyStorage
from lrs.settings import InvalidSettings, Settings
from schemas.events import Kind, NewEvent
from tests.lrs.privacy.stores import (
    append,
    ask,
    count,
    destroy,
    destroy_of,
    opened_log,
    settings_of,
)

BODY = b'{"name": "Tr\xe1\xba\xa7n"}'


def subject(number: int) -> bytes:
    return number.to_bytes(16)


def said(number: int, stream: int | None = None, kind: Kind = Kind.STATEMENT_1_0) -> NewEvent:
    stream_id = (number if stream is None else stream).to_bytes(16)
    return NewEvent(kind, stream_id, BODY, subject=subject(number))


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "hocba.sealing-key"


@pytest.fixture
def log(database_url: str, key: Path) -> Iterator[LogRecorder]:
    with opened_log(database_url, key) as log:
        yield log


class Counting:
    """Counts the queries of a log for data keys."""

    def __init__(self, log: LogRecorder, monkeypatch: pytest.MonkeyPatch) -> None:
        self.queries = 0
        rows = DataKeys._rows

        def counting(*arguments):
            self.queries += 1
            return rows(*arguments)

        monkeypatch.setattr(DataKeys, "_rows", counting)

    def since(self) -> int:
        queries, self.queries = self.queries, 0
        return queries


def test_a_batch_asks_once_for_the_keys_it_has_not_and_never_for_those_it_has(
    log: LogRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Counting(log, monkeypatch)
    append(log, *(said(number) for number in range(50)))
    assert asked.since() == 1
    append(log, *(said(number, 100 + number) for number in range(50)))
    assert asked.since() == 0
    log.read()
    assert asked.since() == 0
    log.keys._by_id.clear()  # as after a start
    log.read()
    assert asked.since() == 1
    log.read()
    assert asked.since() == 0
    assert count(log, "data_key") == 50


def test_a_store_opened_again_goes_on_with_the_keys_there_are(database_url: str, key: Path) -> None:
    for stream in (1, 2):
        with opened_log(database_url, key) as log:
            append(log, said(7, stream))
            assert [entry.body for entry in log.read()] == [BODY] * stream
            assert count(log, "data_key") == 1


def test_what_a_reader_holds_gets_no_key_of_another_state(log: LogRecorder) -> None:
    append(log, said(1))
    with log.storage.read() as connection:
        later = log.keys.remembered(1)
        [id_] = [row.key_id for row in log.rows(connection)]
        assert log.keys.by_id(connection, 0, {id_})[id_] is not None  # somebody reads what was
        assert id_ in log.keys.remembered(0)
    assert not later


def test_more_subjects_than_are_remembered(
    log: LogRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.privacy.data_keys.REMEMBERED", 10)
    for round_ in range(3):
        append(log, *(said(number, 1000 * round_ + number) for number in range(30)))
    assert [entry.body for entry in log.read()] == [BODY] * 90
    assert count(log, "data_key") == 30


def test_of_many_keys_the_first_keep_their_ciphers(
    log: LogRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.privacy.data_keys.CIPHERS", 2)
    for number in range(5):
        append(log, said(number))
    assert [entry.body for entry in log.read()] == [BODY] * 5
    kept = [key and key.cipher is not None for key in log.keys.remembered(0).values()]
    assert kept == [True, True, False, False, False]


def test_more_keys_than_a_query_names(log: LogRecorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrs.privacy.data_keys.AT_ONCE", 7)
    append(log, *(said(number) for number in range(30)))
    assert [entry.body for entry in log.read()] == [BODY] * 30
    gone = destroy(log, *(subject(number) for number in range(20)))
    assert (len(gone), gone) == (20, sorted(gone))
    assert [entry.erased for entry in log.read()] == [True] * 20 + [False] * 10


def test_processes_share_the_keys_of_their_subjects(postgres_url: str, key: Path) -> None:
    with opened_log(postgres_url, key) as one, opened_log(postgres_url, key) as other:
        with ThreadPoolExecutor(2) as pool:

            def record(log: LogRecorder, first: int) -> None:
                for start in range(0, 200, 10):
                    append(log, *(said(n % 40, first + n) for n in range(start, start + 10)))

            for done in [pool.submit(record, one, 0), pool.submit(record, other, 10_000)]:
                done.result()
        assert [entry.body for entry in one.read()] == [BODY] * 400
        assert [entry.body for entry in other.read()] == [BODY] * 400
        assert count(one, "data_key") == 40


def test_a_key_another_process_destroyed_is_neither_read_with_nor_written_with(
    postgres_url: str, key: Path
) -> None:
    with opened_log(postgres_url, key) as one, opened_log(postgres_url, key) as other:
        append(one, said(1, 1), said(2, 2))
        append(other, said(1, 3))
        assert not any(entry.erased for entry in other.read())
        [gone] = destroy(one, subject(1))
        assert [entry.erased for entry in other.read()] == [True, False, True]
        append(other, said(1, 4))
        with other.storage.read() as connection:
            assert other.rows(connection, 3)[0].key_id != gone
        assert [entry.erased for entry in one.read()] == [True, False, True, False]


def test_a_reader_beside_the_store_notices(sqlite_url: str, key: Path) -> None:
    settings = settings_of(sqlite_url, key)
    with opened_log(sqlite_url, key) as log:
        append(log, said(1), said(2))
        storage = ReadOnlyStorage(settings)
        beside = open_log(storage, keys=data_keys_for_reading(settings))
        assert [entry.body for entry in beside.read()] == [BODY, BODY]
        destroy(log, subject(1))
        assert [entry.body for entry in beside.read()] == [b"", BODY]
        storage.close()


@pytest.mark.parametrize("meanwhile", [False, True])
def test_an_older_state_brings_no_destroyed_key_back(
    database_url: str, key: Path, meanwhile: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One who reads a state from before a destruction must not leave the key to those after, who
    may read ``meanwhile``.
    """
    monkeypatch.setattr("lrs.log.storage.LOG_ATTEMPTS", 1)
    with opened_log(database_url, key) as log:
        append(log, said(1), said(2))
    with opened_log(database_url, key) as log:
        rows = DataKeys._rows

        def others_read(*arguments):
            monkeypatch.setattr(DataKeys, "_rows", rows)
            found = list(rows(*arguments))
            assert [entry.body for entry in log.read()] == [b"", BODY]
            return iter(found)

        with log.storage.read() as connection:
            log.head_of(connection)  # the state is that of now
            destroy(log, subject(1))
            if meanwhile:
                monkeypatch.setattr(DataKeys, "_rows", others_read)
            assert [entry.body for entry in log.read_in(connection)] == [BODY, BODY]
        assert [entry.body for entry in log.read()] == [b"", BODY]


def test_a_destruction_that_was_rolled_back_is_none(log: LogRecorder) -> None:
    append(log, said(1, 1))

    def fail() -> None:
        with log.storage.erase() as connection:
            assert destroy_of(log.keys, connection, subject(1))
            assert [entry.erased for entry in log.read_in(connection)] == [True]
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [entry.erased for entry in log.read()] == [False]
    append(log, said(1, 2))
    assert count(log, "data_key") == 1
    destroy(log, subject(1))
    assert [entry.erased for entry in log.read()] == [True, True]


def test_whoever_has_no_key_is_none(log: LogRecorder) -> None:
    append(log, said(1))
    assert destroy(log, subject(2)) == []
    with log.storage.read() as connection:
        assert log.keys.held(connection, [subject(2)]) == []


def test_keys_are_destroyed_where_deleted_rows_are_overwritten(
    database_url: str, key: Path
) -> None:
    with opened_log(database_url, key) as log:
        append(log, said(1))
        with pytest.raises(NotErasing), log.storage.write() as connection:
            destroy_of(log.keys, connection, subject(1))
        assert [entry.erased for entry in log.read()] == [False]


def leave_deleted_rows(log: LogRecorder) -> None:
    """As SQLite does unless it was built otherwise."""
    with log.storage.write() as connection:
        connection.execute(text("PRAGMA secure_delete=OFF"))


def test_a_destroyed_key_is_in_no_page_of_the_file_and_not_in_its_log(
    sqlite_url: str, key: Path, tmp_path: Path
) -> None:
    with opened_log(sqlite_url, key) as log:
        leave_deleted_rows(log)
        for start in range(0, 3000, 500):
            append(log, *(said(number) for number in range(start, start + 500)))
        for number in range(0, 900, 90):  # rows move between pages
            destroy(log, *(subject(number + each) for each in range(45)))
        with log.storage.read() as connection:
            sql = text("SELECT key_id, wrapped FROM data_key")
            wrapped = {bytes(id_): bytes(it) for id_, it in connection.execute(sql)}
        gone = destroy(log, *(subject(number) for number in range(0, 3000, 3)))
        assert len(gone) > 500
        assert (tmp_path / "hocba.db-wal").stat().st_size == 0
        content = (tmp_path / "hocba.db").read_bytes()
        assert [id_ for id_ in gone if wrapped[id_][12:] in content] == []
        kept = wrapped.keys() - set(gone)
        assert all(wrapped[id_] in content for id_ in kept)


def test_the_write_ahead_log_is_emptied_once_nobody_reads_an_older_state(
    sqlite_url: str, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.log.storage.LOG_ATTEMPTS", 1)
    wal = tmp_path / "hocba.db-wal"
    with opened_log(sqlite_url, key) as log:
        append(log, said(1))
        with log.storage.read() as connection:
            sql = text("SELECT wrapped FROM data_key")
            wrapped = bytes(connection.execute(sql).scalar_one())
            destroy(log, subject(1))
            assert wrapped in wal.read_bytes(), "the older state is still read"
        append(log, said(2))
        assert wrapped not in wal.read_bytes()
        assert wrapped not in (tmp_path / "hocba.db").read_bytes()


# ---- the sealing key


def test_the_key_is_made_at_the_first_start_for_the_eyes_of_the_store_alone(
    database_url: str, key: Path
) -> None:
    with opened_log(database_url, key):
        made = key.read_bytes()
    assert re.fullmatch(rb"[0-9a-f]{64}\n", made)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with opened_log(database_url, key):
        assert key.read_bytes() == made


def test_another_key_is_refused_in_clear_words(database_url: str, key: Path) -> None:
    with opened_log(database_url, key) as log:
        append(log, said(1))
    other = key.with_name("other")
    other.write_text("ab" * 32)
    with pytest.raises(InvalidSettings, match=r"LRS_SEALING_KEY_FILE=.*other: holds the key"):
        _open(database_url, other)
    with opened_log(database_url, key) as log:
        assert [entry.body for entry in log.read()] == [BODY]


def test_a_key_of_tokens_that_was_changed_is_refused_in_clear_words(
    database_url: str, key: Path
) -> None:
    with opened_log(database_url, key) as log, log.storage.write() as connection:
        connection.execute(text("UPDATE sealing SET token_key = :other"), {"other": b"x" * 60})
    with pytest.raises(InvalidSettings, match=r"table sealing was changed.*Restore the table"):
        _open(database_url, key)


def test_a_key_that_is_gone_is_asked_for_and_not_made_anew(database_url: str, key: Path) -> None:
    with opened_log(database_url, key):
        key.unlink()
    with pytest.raises(InvalidSettings, match=r"no such file.*Restore the file"):
        _open(database_url, key)
    assert not key.exists()


@pytest.mark.parametrize("content", [b"", b"ab" * 31, b"zz" * 32, b"\xff" * 64])
def test_a_file_that_holds_no_key_is_refused(sqlite_url: str, key: Path, content: bytes) -> None:
    key.write_bytes(content)
    with pytest.raises(InvalidSettings, match="not a sealing key"):
        _open(sqlite_url, key)


def _open(database_url: str, key: Path) -> None:
    with opened_log(database_url, key):
        pass


def test_what_a_key_wrapped_no_other_unwraps(key: Path) -> None:
    one, other = SealingKey(b"1" * 32), SealingKey(b"2" * 32)
    wrapped = one.wrap(b"secret", b"purpose")
    assert one.unwrap(wrapped, b"purpose") == b"secret"
    for wrong, purpose in ((other, b"purpose"), (one, b"another")):
        with pytest.raises(NotWrappedByThis):
            wrong.unwrap(wrapped, purpose)


def test_a_subject_is_known_by_the_same_token_at_all_times(
    database_url: str, key: Path, tmp_path: Path
) -> None:
    with opened_log(database_url, key) as log, log.storage.read() as connection:
        token = log.keys.token_of(connection, subject(1))
    with opened_log(database_url, key, seal=False) as log:
        rotate(log.storage, settings_of(database_url, key))
        with log.storage.read() as connection:
            assert log.keys.token_of(connection, subject(1)) == token != subject(1)


# ---- rotation


def test_a_new_sealing_key_opens_all_and_the_one_before_nothing(
    database_url: str, key: Path
) -> None:
    settings = settings_of(database_url, key)
    with opened_log(database_url, key) as log:
        append(log, *(said(number) for number in range(30)))
        before = key.read_bytes()
        reached: list[tuple[int, int]] = []
        rotated = rotate(log.storage, settings, progress=lambda *at: reached.append(at))
        assert (rotated.data_keys, reached[-1]) == (30, (30, 30))
        assert rotated.kept.read_bytes() == before != key.read_bytes()
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert not successor_of(key).exists()
        append(log, said(1, 101), said(99))
        assert [entry.body for entry in log.read()] == [BODY] * 32, "no restart is needed"
    with opened_log(database_url, key) as log:
        assert [entry.body for entry in log.read()] == [BODY] * 32
    with pytest.raises(InvalidSettings, match="Restore the file that belongs to this database"):
        _open(database_url, rotated.kept)


def test_a_data_key_that_was_changed_is_named_and_nothing_is_rotated(
    database_url: str, key: Path
) -> None:
    before = key.with_name("before")
    with opened_log(database_url, key) as log:
        append(log, said(1), said(2))
        copyfile(key, before)
        changed = ask(log, "SELECT key_id FROM data_key ORDER BY key_id DESC LIMIT 1")
        with log.storage.write() as connection:
            sql = text("UPDATE data_key SET year = year + 1 WHERE key_id = :id")
            connection.execute(sql, {"id": changed})
        with pytest.raises(DataKeyBroken, match=f"{bytes(changed).hex()}.*Restore the table"):
            rotate(log.storage, settings_of(database_url, key))
    assert key.read_bytes() == before.read_bytes()
    with opened_log(database_url, key) as log:
        append(log, said(1, 11))


def test_another_process_goes_on_with_the_new_key(postgres_url: str, key: Path) -> None:
    settings = settings_of(postgres_url, key)
    with opened_log(postgres_url, key) as one, opened_log(postgres_url, key) as other:
        append(other, said(1, 1))
        rotate(one.storage, settings)
        append(other, said(1, 2), said(2, 3))
        assert [entry.body for entry in other.read()] == [BODY] * 3
        assert [entry.body for entry in one.read()] == [BODY] * 3


def test_what_was_wrapped_before_is_of_no_use_with_the_new_key(sqlite_url: str, key: Path) -> None:
    """A backup from before a forgetting, and the key of today: nobody comes back."""
    backup = key.with_name("backup.db")
    with opened_log(sqlite_url, key) as log:
        append(log, said(1), said(2))
    copyfile(key.with_name("hocba.db"), backup)
    with opened_log(sqlite_url, key) as log:
        destroy(log, subject(1))
        kept = rotate(log.storage, settings_of(sqlite_url, key)).kept
    url = f"sqlite:///{backup}"
    with pytest.raises(InvalidSettings):
        _open(url, key)
    with opened_log(url, kept) as log:
        assert [entry.body for entry in log.read()] == [BODY, BODY], "until its file is destroyed"


@pytest.mark.parametrize("cut_off", ["before the commit", "after it", "between the names"])
def test_a_rotation_that_was_cut_off_leaves_a_store_that_opens(
    database_url: str, key: Path, cut_off: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(database_url, key)

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with opened_log(database_url, key) as log:
        append(log, said(1), said(2))
        with monkeypatch.context() as patch:
            match cut_off:
                case "before the commit":
                    patch.setattr(rotation, "rewrite", stop)
                case "after it":
                    patch.setattr(rotation, "finish", stop)
                case _:
                    replace = os.replace
                    renamed: list[Path] = []

                    def replace_once(old: Path, new: Path) -> None:
                        if renamed:
                            raise KeyboardInterrupt
                        renamed.append(new)
                        replace(old, new)

                    patch.setattr(os, "replace", replace_once)
            with pytest.raises(KeyboardInterrupt):
                rotate(log.storage, settings)
        append(log, said(1, 11))
        assert [entry.body for entry in log.read()] == [BODY] * 3
    with opened_log(database_url, key) as log:
        assert [entry.body for entry in log.read()] == [BODY] * 3
        rotate(log.storage, settings)
        assert [entry.body for entry in log.read()] == [BODY] * 3
    assert not successor_of(key).exists()


def test_where_nothing_was_ever_sealed_nothing_is_rotated(database_url: str, key: Path) -> None:
    with opened_log(database_url, key) as log:
        with log.storage.write() as connection:
            connection.execute(text("DELETE FROM sealing"))
        with pytest.raises(NothingSealed):
            rotate(log.storage, settings_of(database_url, key))
        assert not successor_of(key).exists()


def test_a_wrapped_key_that_is_replaced_is_in_no_page_of_the_file(
    sqlite_url: str, key: Path, tmp_path: Path
) -> None:
    with opened_log(sqlite_url, key) as log:
        leave_deleted_rows(log)
        append(log, *(said(number) for number in range(500)))
        with log.storage.read() as connection:
            wrapped = [bytes(it) for it in connection.scalars(text("SELECT wrapped FROM data_key"))]
        rotate(log.storage, settings_of(sqlite_url, key))
        content = (tmp_path / "hocba.db").read_bytes() + (tmp_path / "hocba.db-wal").read_bytes()
    assert [it for it in wrapped if it in content] == []


def test_keys_are_opened_once_for_settings_and_storage(sqlite_url: str, key: Path) -> None:
    """Of processes that start at once on an empty database all have the same key."""
    with opened_log(sqlite_url, key) as log:
        settings = Settings(database_url=sqlite_url, sealing_key_file=key)
        again = open_log(log.storage, keys=open_data_keys(log.storage, settings))
        append(log, said(1, 1))
        append(again, said(1, 2))
        assert [entry.body for entry in again.read()] == [BODY, BODY]
        assert ask(log, "SELECT count(*) FROM sealing") == 1

"""Checkpoints: their text, and the copy of every note outside the database."""

import multiprocessing
import os
from pathlib import Path

import orjson
import pytest
from sqlalchemy.exc import DatabaseError

from lrs.audit.checkpoints import (
    Checkpoint,
    CheckpointFile,
    CheckpointFileDamaged,
    SignedCheckpoint,
    add_cosignature,
    cosignatures,
    cosigned,
    epochs,
    latest,
    note_at,
    notes,
    origin_of,
)
from lrs.audit.merkle import EMPTY_ROOT
from lrs.audit.notes import NoteInvalid, Signer
from lrs.log.storage import Storage, open_storage
from lrs.log.tables import SIGNED_CHECKPOINT
from projections.rows import insert_rows

TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
SIGNER = Signer.generate("lrs.example/log")


def signed(size: int, epoch: int = 1) -> SignedCheckpoint:
    text = Checkpoint(origin_of(SIGNER.name, epoch), size, EMPTY_ROOT).text
    return SignedCheckpoint(epoch, size, str(SIGNER.note(text)), size * 1_000_000)


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    return CheckpointFile(tmp_path / "hocba.checkpoints")


@pytest.fixture
def storage(database_url: str):
    storage = open_storage(database_url)
    yield storage
    storage.close()


def test_the_example_of_the_specification_is_read_and_written() -> None:
    checkpoint = Checkpoint.parse(TEXT)
    assert checkpoint[:2] == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.root.hex().startswith("0ac5186a91863e8e")
    assert checkpoint.text == TEXT


def test_a_checkpoint_is_read_from_a_whole_note_too() -> None:
    extended = Checkpoint("lrs.example/log", 0, EMPTY_ROOT, ("one", "two"))
    assert Checkpoint.parse(str(SIGNER.note(extended.text))) == extended


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/log\n",
        TEXT.replace("20852163", "020852163"),
        TEXT.replace("20852163", "-1"),
        TEXT.replace("20852163", "2_0"),
        TEXT.replace("20852163", "٢٠"),
        TEXT.replace("20852163", str(2**63)),
        TEXT.replace("20852163", "9" * 5000),
        TEXT.replace("CsUY", "CsU"),
        TEXT.replace("q2I=", "q2J="),
        TEXT.replace("q2I=", "q2I=="),
        TEXT.replace("example.com/behind-the-sofa", ""),
        TEXT.removesuffix("\n"),
    ],
)
def test_what_is_written_otherwise_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteInvalid):
        Checkpoint.parse(text)


def test_an_epoch_has_an_origin_of_its_own() -> None:
    assert origin_of("lrs.example/log", 1) == "lrs.example/log"
    assert origin_of("lrs.example/log", 2) == "lrs.example/log/epoch/2"


def test_the_file_holds_what_was_added_in_that_order(file: CheckpointFile) -> None:
    assert file.last() is None
    file.append([signed(1), signed(5)])
    file.append([signed(9), signed(3, epoch=2)])
    assert list(file) == [signed(1), signed(5), signed(9), signed(3, epoch=2)]
    assert file.last() == signed(3, epoch=2)


def test_the_file_takes_nothing_older_than_its_last(file: CheckpointFile) -> None:
    file.append([signed(5)])
    file.append([signed(1), signed(5), signed(7)])
    file.append([signed(6)])
    assert list(file) == [signed(5), signed(7)]


@pytest.mark.parametrize("left", [1, 100, -1])
def test_what_a_crash_left_of_a_line_is_written_over(file: CheckpointFile, left: int) -> None:
    file.append([signed(1), signed(2)])
    whole = file.path.read_bytes()
    second = whole.index(b"\n") + 1
    file.path.write_bytes(whole[: second + left] if left > 0 else whole[:left])
    assert file.last() == signed(1)
    assert list(file) == [signed(1)]
    file.append([signed(2)])
    assert file.path.read_bytes() == whole


def test_the_last_of_many_is_found_without_reading_all(file: CheckpointFile) -> None:
    file.append(signed(size) for size in range(1, 1000))
    assert file.path.stat().st_size > 2 * 65_536
    assert file.last() == signed(999)
    file.append([signed(1000)])
    assert [it.size for it in file] == list(range(1, 1001))


@pytest.mark.parametrize(
    "line",
    [
        b"{}\n",
        b"no json\n",
        b"null\n",
        b"[1]\n",
        b'{"epoch":1,"size":2,"signed":3}\n',
        orjson.dumps({**signed(5)._asdict(), "epoch": "1"}) + b"\n",
        orjson.dumps({**signed(5)._asdict(), "signed": None}) + b"\n",
    ],
)
def test_a_line_that_is_no_checkpoint_is_named(file: CheckpointFile, line: bytes) -> None:
    file.path.write_bytes(line)
    with pytest.raises(CheckpointFileDamaged, match="Restore this file"):
        file.last()


def test_a_line_whose_note_is_of_another_size_is_no_checkpoint(file: CheckpointFile) -> None:
    file.append([signed(5)._replace(size=6)])
    with pytest.raises(CheckpointFileDamaged):
        file.last()


def _append(path: Path) -> None:
    os.fsync = lambda _: None  # type: ignore[assignment]  # waiting for the disk would part them
    for size in range(1, 2000):
        CheckpointFile(path).append([signed(size)])


def test_several_processes_keep_one_file_in_order(file: CheckpointFile) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_append, args=(file.path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert [it.size for it in file] == list(range(1, 2000))


def test_notes_are_read_in_the_order_of_epochs_and_sizes(storage: Storage) -> None:
    rows = [signed(size, epoch) for epoch in (1, 2) for size in range(1, 600)]
    with storage.write() as connection:
        insert_rows(connection, SIGNED_CHECKPOINT, rows[::-1])
    with storage.read() as connection:
        assert list(notes(connection)) == rows
        assert list(notes(connection, (1, 598))) == rows[598:]
        assert latest(connection) == rows[-1]
        assert note_at(connection, 1, 7) == signed(7)
        assert note_at(connection, 3, 7) is None
        assert epochs(connection) == []


def test_cosignatures_are_kept_beside_the_note(storage: Storage) -> None:
    witness, other = Signer.generate("witness.example"), Signer.generate("another.example")
    note = signed(5)
    with storage.write() as connection:
        insert_rows(connection, SIGNED_CHECKPOINT, [note])
        for signer in (witness, other, witness):
            add_cosignature(connection, 1, 5, signer.sign(note.checkpoint.text))
    with storage.read() as connection:
        assert cosignatures(connection, 1, 5) == [
            signer.sign(note.checkpoint.text) for signer in (other, witness)
        ]
        whole = cosigned(connection, note)
        assert cosignatures(connection, 1, 4) == []
    known = [SIGNER.verifier, witness.verifier, other.verifier]
    assert whole.verified_by(known) == known


@pytest.mark.parametrize("change", ["UPDATE {} SET epoch = 9", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["signed_checkpoint", "cosignature", "log_epoch"])
def test_the_database_refuses_to_change_what_was_signed(
    storage: Storage, table: str, change: str
) -> None:
    with storage.write() as connection:
        insert_rows(connection, SIGNED_CHECKPOINT, [signed(5)])
        add_cosignature(connection, 1, 5, SIGNER.sign(signed(5).checkpoint.text))
        connection.exec_driver_sql("INSERT INTO log_epoch VALUES (1, 'origin', 'vkey')")
    with pytest.raises(DatabaseError, match="append-only"), storage.write() as connection:
        connection.exec_driver_sql(change.format(table))

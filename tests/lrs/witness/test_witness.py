"""What a witness cosigns, what it refuses, and what it remembers."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree
from typing import Any
from unittest.mock import patch

import pytest

from lrs.audit.checkpoints import Checkpoint
from lrs.audit.cosignatures import Cosigner
from lrs.audit.merkle import EMPTY_ROOT, verify_consistency
from lrs.audit.notes import ML_DSA_44, Note, Signer
from lrs.audit.policy import cosigned_at
from lrs.witness.memory import MOST_KEPT, Memories, MemoryDamaged, name_of, write_durably
from lrs.witness.submission import Submission
from lrs.witness.witness import (
    NoCheckpoint,
    NotConsistent,
    NotTheLogs,
    OtherSize,
    UnknownOrigin,
    Witness,
    WitnessFolderInvalid,
    WitnessRefused,
)
from tests.lrs.witness.growing import NAME, GrowingLog


def folder_of(witness: Witness, origin: str = NAME) -> Path:
    return witness.folder / "origins" / name_of(origin)


def kept(witness: Witness, kind: str) -> list[Path]:
    return sorted((folder_of(witness) / kind).glob("*/offered"))


def test_a_log_that_grows_is_cosigned_from_size_to_size(log: GrowingLog, witness: Witness):
    last = 0
    for size in (1, 2, 3, 3, 7, 8, 10):
        cosigned = witness.cosign(log.submission(last, size))
        note = Note.parse(log.note(size)).signed_by(*cosigned.lines)
        assert note.verified_by([log.signer.verifier, witness.cosigners[0].verifier])
        assert len(note.signatures) == 2
        last = size
    assert witness.last_of(NAME)[:2] == (10, log.checkpoint(10).root)


def test_a_cosignature_tells_when_and_never_an_earlier_time_than_the_one_before(
    log: GrowingLog, witness: Witness
):
    times = iter((1_700_000_000.7, 1_600_000_000.0, 1_700_000_005.0))
    set_back = Witness(witness.folder, clock=lambda: next(times))
    seen = []
    for old, new in ((0, 3), (3, 5), (5, 10)):
        note = set_back.cosign(log.submission(old, new)).note
        seen.append(cosigned_at(note, set_back.cosigners[0].verifier))
    assert seen == [1_700_000_000, 1_700_000_000, 1_700_000_005]


def test_a_proof_from_another_size_is_answered_with_the_witness_size(
    log: GrowingLog, witness: Witness
):
    witness.cosign(log.submission(0, 6))
    for old in (0, 3, 8):
        with pytest.raises(OtherSize) as refused:
            witness.cosign(log.submission(old, 9))
        assert refused.value.size == 6
    witness.cosign(log.submission(6, 9))


def test_a_fork_at_the_same_size_is_refused_and_both_notes_are_kept(
    log: GrowingLog, witness: Witness
):
    witness.cosign(log.submission(0, 8))
    forged = log.branched(5, 8)
    with pytest.raises(NotConsistent, match=r"FORK.*two trees of size 8"):
        witness.cosign(Submission(8, (), forged.note(8)))
    [offered] = kept(witness, "forks")
    held = Note.parse(offered.read_text())
    seen = Note.parse((offered.parent / "seen").read_text())
    keys = [log.signer.verifier]
    assert held.verified_by(keys) == seen.verified_by(keys) == keys  # the log condemns itself
    assert Checkpoint.parse(held.text)[:2] == Checkpoint.parse(seen.text)[:2]
    assert held.text != seen.text
    assert witness.last_of(NAME).root == log.checkpoint(8).root


def test_a_fork_behind_what_was_cosigned_is_refused_and_kept(log: GrowingLog, witness: Witness):
    for old, new in ((0, 4), (4, 8), (8, 9)):
        witness.cosign(log.submission(old, new))
    forged = log.branched(2, 4)
    with pytest.raises(OtherSize, match=r"FORK.*two trees of size 4"):
        witness.cosign(forged.submission(3, 4))
    [offered] = kept(witness, "forks")
    assert (offered.parent / "seen").read_text().startswith("4 ")


@pytest.mark.parametrize("at", range(6))
def test_a_history_that_branches_off_anywhere_is_refused_whatever_it_proves(
    at: int, log: GrowingLog, witness: Witness
):
    witness.cosign(log.submission(0, 6))
    forged = log.branched(at, 9)
    with pytest.raises(NotConsistent, match="proof from 6 to 9"):
        witness.cosign(forged.submission(6, 9))
    assert len(kept(witness, "unproven")) == 1
    assert kept(witness, "forks") == []
    witness.cosign(log.submission(6, 9))  # the log itself goes on


def test_no_older_checkpoint_is_cosigned(log: GrowingLog, witness: Witness):
    witness.cosign(log.submission(0, 9))
    for old in (0, 5):
        with pytest.raises(OtherSize) as refused:
            witness.cosign(log.submission(old, 5))
        assert refused.value.size == 9
    with pytest.raises(NoCheckpoint, match="old 9 is more than the size 5"):
        witness.cosign(Submission(9, (), log.note(5)))


@pytest.mark.parametrize("size", [1, 2, 7, 8])
def test_a_changed_proof_is_refused(size: int, log: GrowingLog, witness: Witness):
    witness.cosign(log.submission(0, size))
    good = log.submission(size, 10)
    for wrong in (
        good.proof[1:],
        (*good.proof, bytes(32)),
        *((*good.proof[:i], bytes(32), *good.proof[i + 1 :]) for i in range(len(good.proof))),
    ):
        with pytest.raises(NotConsistent):
            witness.cosign(good._replace(proof=wrong))
    witness.cosign(good)


def test_there_is_nothing_to_prove_of_an_empty_tree(log: GrowingLog, witness: Witness):
    with pytest.raises(NotConsistent):
        witness.cosign(log.submission(0, 4)._replace(proof=(bytes(32),)))
    other_root = Checkpoint(NAME, 0, bytes(32)).text
    with pytest.raises(NotConsistent, match="size 0"):
        witness.cosign(Submission(0, (), str(log.signer.note(other_root))))
    empty = Checkpoint(NAME, 0, EMPTY_ROOT).text
    witness.cosign(Submission(0, (), str(log.signer.note(empty))))
    witness.check()
    witness.cosign(log.submission(0, 4))


@pytest.mark.parametrize("size", [str(2**63), "9" * 30, "9" * 5000])
def test_a_size_that_no_log_has_is_no_checkpoint_though_the_log_signed_it(
    size: str, log: GrowingLog, witness: Witness
):
    """Remembered, it could not be read back, and the witness would sign for nobody any more."""
    text = log.checkpoint(3).text.replace("\n3\n", f"\n{size}\n")
    with pytest.raises(NoCheckpoint, match="is not a size"):
        witness.cosign(Submission(0, (), str(log.signer.note(text))))
    witness.check()
    largest = Checkpoint(NAME, 2**63 - 1, bytes(32)).text
    witness.cosign(Submission(0, (), str(log.signer.note(largest))))
    witness.check()
    assert witness.last_of(NAME).size == 2**63 - 1


def test_only_the_keys_of_a_log_speak_for_it(log: GrowingLog, witness: Witness):
    stranger = Signer.generate(NAME)
    text = log.checkpoint(3).text
    with pytest.raises(NotTheLogs, match="no key of"):
        witness.cosign(Submission(0, (), str(stranger.note(text))))
    other_text = str(log.signer.note(log.checkpoint(4).text)).replace("\n4\n", "\n3\n")
    with pytest.raises(NotTheLogs, match="does not hold"):
        witness.cosign(Submission(0, (), other_text))
    both = Note.parse(log.note(3)).signed_by(stranger.sign(text))
    cosigned = witness.cosign(Submission(0, (), str(both)))
    assert [it.name for it in cosigned.note.signatures] == [NAME, witness.name]


def test_epochs_are_origins_of_their_own_under_the_same_key(log: GrowingLog, witness: Witness):
    witness.cosign(log.submission(0, 9))
    second = GrowingLog(4, f"{NAME}/epoch/2", log.signer)
    witness.cosign(second.submission(0, 4))
    assert witness.last_of(NAME).size == 9
    for origin in ("other.example/log", f"{NAME}/epoch/", f"{NAME}/epoch/02", f"{NAME}x"):
        with pytest.raises(UnknownOrigin, match="not among the logs"):
            witness.cosign(GrowingLog(4, origin, log.signer).submission(0, 4))


def test_a_log_that_is_added_is_watched_without_a_restart(log: GrowingLog, witness: Witness):
    other = GrowingLog(3, "other.example/x", Signer.generate("other.example/key"))
    with pytest.raises(UnknownOrigin):
        witness.cosign(other.submission(0, 3))
    with (witness.folder / "logs").open("a") as logs:
        logs.write(f"{other.signer.vkey} other.example/x\n")
    witness.cosign(other.submission(0, 3))
    with (witness.folder / "logs").open("a") as logs:
        logs.write("nonsense\n")
    with pytest.raises(WitnessFolderInvalid, match="logs, line 5: not a vkey"):
        witness.cosign(other.submission(3, 3))


def test_another_process_sees_what_was_cosigned(log: GrowingLog, witness: Witness):
    witness.cosign(log.submission(0, 5))
    again = Witness(witness.folder)
    again.check()
    with pytest.raises(OtherSize):
        again.cosign(log.submission(0, 5))
    again.cosign(log.submission(5, 6))
    assert witness.last_of(NAME).size == 6


def test_of_requests_at_once_no_two_forks_and_no_step_back_are_cosigned(
    log: GrowingLog, witness: Witness
):
    log.grow(40)
    forged = log.branched(10, 40)
    witness.cosign(log.submission(0, 10))
    requests = [it.submission(10, size) for size in range(11, 41) for it in (log, forged)]

    def attempt(request: Submission) -> str:
        try:
            return witness.cosign(request).note.text
        except WitnessRefused:
            return ""

    def slowly(*checked: Any) -> None:
        time.sleep(0.02)  # for the others to come in between
        verify_consistency(*checked)

    checking = patch("lrs.witness.witness.verify_consistency", slowly)
    with checking, ThreadPoolExecutor(8) as threads:
        signed = [text for text in threads.map(attempt, requests) if text]
    assert len(signed) == 1
    witness.check()


class KilledHere(BaseException):
    """In place of a power cut."""


@pytest.mark.parametrize("step", ["history", "checkpoint", "answer"])
def test_killed_anywhere_a_witness_never_signs_a_fork_afterwards(
    step: str, log: GrowingLog, witness: Witness
):
    witness.cosign(log.submission(0, 5))
    forged = log.branched(3, 9)

    def killed(*_: object) -> None:
        raise KilledHere

    where = {
        "history": "lrs.witness.memory.os.fsync",
        "checkpoint": "lrs.witness.memory.write_durably",
        "answer": "lrs.witness.witness.Cosigned",
    }[step]
    with patch(where, killed), pytest.raises(KilledHere):
        witness.cosign(log.submission(5, 8))
    restarted = Witness(witness.folder)
    restarted.check()
    last = restarted.last_of(NAME)
    assert last.size == 8
    with pytest.raises(NotConsistent):
        restarted.cosign(forged.submission(8, 9))
    restarted.cosign(log.submission(8, 8))
    restarted.cosign(log.submission(8, 10))
    restarted.check()


@pytest.mark.parametrize("cut", [1, 20, 57])
def test_what_a_crash_left_of_a_line_was_shown_to_nobody(
    cut: int, log: GrowingLog, witness: Witness
):
    witness.cosign(log.submission(0, 5))
    history = folder_of(witness) / "history"
    line = history.read_bytes()
    with history.open("ab") as file:
        file.write(line.replace(b"5 ", b"7 ")[:cut])
    restarted = Witness(witness.folder)
    restarted.check()
    restarted.cosign(log.submission(5, 9))
    assert [seen.size for seen in Memories(witness.folder / "origins").all_of(NAME)] == [5, 9]


def test_a_disk_that_fails_ends_the_signing(log: GrowingLog, witness: Witness):
    witness.cosign(log.submission(0, 5))
    failing = patch("lrs.witness.memory.os.fsync", side_effect=OSError(5, "I/O error"))
    with failing, pytest.raises(OSError, match="I/O error"):
        witness.cosign(log.submission(5, 8))
    with pytest.raises(OSError, match="I/O error"):
        witness.cosign(log.submission(8, 8))
    Witness(witness.folder).cosign(log.submission(8, 8))


def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path):
    write_durably(tmp_path / "checkpoint", "before")
    failing = patch("lrs.witness.memory.os.fsync", side_effect=OSError(28, "No space left"))
    with failing, pytest.raises(OSError, match="No space left"):
        write_durably(tmp_path / "checkpoint", "after")
    assert [*tmp_path.iterdir()] == [tmp_path / "checkpoint"]
    assert (tmp_path / "checkpoint").read_text() == "before"


def test_a_history_that_was_set_back_alone_is_noticed(log: GrowingLog, witness: Witness):
    witness.cosign(log.submission(0, 5))
    history = folder_of(witness) / "history"
    old = history.read_bytes()
    witness.cosign(log.submission(5, 9))
    history.write_bytes(old)
    with pytest.raises(MemoryDamaged, match="size 9, which was cosigned, is not in the history"):
        witness.check()
    history.write_bytes(old.replace(b"5 ", b"5 x"))
    with pytest.raises(MemoryDamaged, match="restore the whole folder"):
        witness.check()


@pytest.mark.parametrize("content", [b"", b"no checkpoint\n", b"\xff\n"])
def test_a_last_checkpoint_that_is_none_is_noticed(
    content: bytes, log: GrowingLog, witness: Witness
):
    witness.cosign(log.submission(0, 5))
    (folder_of(witness) / "checkpoint").write_bytes(content)
    with pytest.raises(MemoryDamaged, match="restore the whole folder"):
        witness.check()


@pytest.mark.parametrize("file", ["logs", "signing-key"])
def test_a_file_that_is_no_text_is_named(file: str, witness: Witness):
    (witness.folder / file).write_bytes(b"\xff\n")
    with pytest.raises(WitnessFolderInvalid, match=f"{file}: not UTF-8 text"):
        Witness(witness.folder).check()


def test_a_stolen_folder_cannot_show_its_holder_that_the_witness_went_on(
    log: GrowingLog, witness: Witness, tmp_path: Path
):
    """A copy of key and state signs a fork in the witness's name: what is left is the evidence."""
    witness.cosign(log.submission(0, 5))
    copytree(witness.folder, tmp_path / "stolen")
    witness.cosign(log.submission(5, 9))
    forged = log.branched(6, 9)
    stolen = Witness(tmp_path / "stolen").cosign(forged.submission(5, 9))
    with pytest.raises(NotConsistent, match="FORK"):
        witness.cosign(Submission(9, (), str(stolen.note)))
    [offered] = kept(witness, "forks")
    assert Note.parse(offered.read_text()).verified_by([log.signer.verifier])


def test_bad_proofs_fill_no_disk(log: GrowingLog, witness: Witness):
    log.grow(MOST_KEPT + 30)
    witness.cosign(log.submission(0, 5))
    for size in range(6, MOST_KEPT + 26):
        with pytest.raises(NotConsistent):
            witness.cosign(Submission(5, (bytes(32),), log.note(size)))
    assert len(kept(witness, "unproven")) == MOST_KEPT
    forged = log.branched(3, 5)
    with pytest.raises(NotConsistent, match="FORK"):
        witness.cosign(Submission(5, (), forged.note(5)))
    assert len(kept(witness, "forks")) == 1


def test_any_size_that_was_cosigned_is_found_again(log: GrowingLog, witness: Witness):
    log.grow(400)
    last = 0
    for size in range(1, 400, 3):
        witness.cosign(log.submission(last, size))
        last = size
    with witness.memories.remembering(NAME) as memory:
        for size in range(401):
            seen = memory.at(size)
            assert (seen is not None) == ((size % 3 == 1 and size < 400) or size == 0)
            assert seen is None or seen.root == log.checkpoint(size).root


def test_a_witness_signs_with_ml_dsa_too(log: GrowingLog, tmp_path: Path):
    cosigners = [Cosigner.generate("w.example"), Cosigner.generate("w.example", ML_DSA_44)]
    witness = Witness.create(tmp_path / "both", cosigners, [log.signer.vkey])
    note = witness.cosign(log.submission(0, 7)).note
    keys = [cosigner.verifier for cosigner in Witness(witness.folder).cosigners]
    assert note.verified_by(keys) == keys
    forged = Note.parse(str(note).replace(f"\n{NAME}\n7\n", "\n8\n").replace("\n7\n", "\n8\n", 1))
    for key in keys:
        with pytest.raises(Exception, match="does not hold"):
            forged.verified_by([key])


def test_a_folder_holds_one_witness_and_its_key_is_its_owners(witness: Witness, tmp_path: Path):
    with pytest.raises(WitnessFolderInvalid, match="holds a witness already"):
        Witness.create(witness.folder, [Cosigner.generate("other.example")])
    assert (witness.folder / "signing-key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(WitnessFolderInvalid, match="lrs witness init"):
        Witness(tmp_path / "nowhere")
    (witness.folder / "signing-key").write_text("PRIVATE+KEY+a+00000000+AAAA\n")
    with pytest.raises(WitnessFolderInvalid, match="Restore it"):
        Witness(witness.folder)

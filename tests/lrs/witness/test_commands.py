"""``lrs witness`` as its operator uses it, and what ``lrs audit`` makes of cosignatures."""

import base64
from pathlib import Path

import httpx
import pytest

from lrs.audit.notes import Note, Verifier
from lrs.audit.tiles import WIDTH, tile_path, tiles_of
from lrs.witness.memory import name_of
from lrs.witness.witness import Witness
from tests.lrs.commands import Commands
from tests.lrs.conftest import OpenStore
from tests.lrs.witness.growing import NAME, GrowingLog
from tests.lrs.witness.servers import serving
from tests.lrs.witness.test_cosigning import append, vkey_of


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    """``lrs`` where there is no store."""
    return Commands(f"sqlite:///{tmp_path / 'no-store.db'}", tmp_path)


def init(commands: Commands, folder: Path, *vkeys: str, more: tuple[str, ...] = ()) -> list[str]:
    logs = [argument for vkey in vkeys for argument in ("--log", vkey)]
    said = commands.run("witness", "init", "--name", "w.example", "--dir", folder, *logs, *more)
    return said.splitlines()


def write_tiles(folder: Path, log: GrowingLog, size: int) -> None:
    """What a copy of the log's pages holds: the tiles of a size and the checkpoint."""
    for level, number, width in tiles_of(size):
        assert level is not None
        hashes = [log.node(8 * level, number * WIDTH + place) for place in range(width)]
        file = folder / tile_path(level, number, width)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(hashes))
    (folder / "checkpoint").write_text(log.note(size))


def test_init_prints_the_keys_and_keeps_the_secret(commands: Commands, tmp_path: Path):
    log = GrowingLog(3)
    vkeys = init(commands, tmp_path / "w", log.signer.vkey, more=("--ml-dsa",))
    verifiers = [Verifier.parse(vkey) for vkey in vkeys]
    assert [it.algorithm for it in verifiers] == [4, 6]
    assert "PRIVATE" not in "".join(vkeys)
    assert [it.vkey for it in Witness(tmp_path / "w").cosigners] == vkeys
    again = ("witness", "init", "--name", "w.example", "--dir", tmp_path / "w")
    assert "holds a witness already" in commands.run(*again, code=1)
    other = ("witness", "init", "--name", "w x", "--dir", tmp_path / "v")
    assert "no space and no plus" in commands.run(*other, code=1)
    wrong = ("witness", "init", "--name", "w", "--dir", tmp_path / "v", "--log", vkeys[0])
    assert "a witness's, not a log's" in commands.run(*wrong, code=1)


def test_a_note_is_cosigned_from_files_by_a_proof(commands: Commands, tmp_path: Path):
    log, note, proof = GrowingLog(300), tmp_path / "note", tmp_path / "proof"
    [vkey] = init(commands, tmp_path / "w", log.signer.vkey)
    cosign = ("witness", "cosign", note, "--dir", tmp_path / "w")
    note.write_text(log.note(9))
    first = Note.parse(commands.run(*cosign))
    assert first.verified_by([log.signer.verifier, Verifier.parse(vkey)])[1].name == "w.example"
    note.write_text(log.note(300))
    assert "has seen size 9" in commands.run(*cosign, code=1)
    hashes = [base64.b64encode(it).decode() for it in log.proof(9, 300)]
    proof.write_text("\n".join(["old 8", *hashes, ""]))
    assert "begins at 8" in commands.run(*cosign, "--proof", proof, code=1)
    proof.write_text("\n".join([*hashes[1:], ""]))
    refused = commands.run(*cosign, "--proof", proof, "--out", tmp_path / "out", code=1)
    assert "consistency proof from 9 to 300" in refused
    assert not (tmp_path / "out").exists()
    proof.write_text("\n".join(["old 9", *hashes, ""]))
    said = commands.run(*cosign, "--proof", proof, "--out", tmp_path / "out")
    assert str(tmp_path / "out") in said
    assert len(Note.parse((tmp_path / "out").read_text()).signatures) == 2
    note.write_text(log.note(20))
    assert "older than 300" in commands.run(*cosign, code=1)
    note.write_text(log.branched(7, 9).note(9))
    refused = commands.run(*cosign, code=1)
    assert "FORK" in refused
    kept = Path(refused.rpartition("kept in ")[2].strip())
    assert (kept / "offered").read_text() == note.read_text()


@pytest.mark.parametrize(("old", "new"), [(0, 5), (5, 300), (256, 300), (255, 66_000)])
def test_a_folder_of_tiles_is_proof_enough(old: int, new: int, commands: Commands, tmp_path: Path):
    log = GrowingLog(new)
    init(commands, tmp_path / "w", log.signer.vkey)
    cosign = ("witness", "cosign", tmp_path / "tiles", "--dir", tmp_path / "w")
    write_tiles(tmp_path / "tiles", log, new)
    if old:
        (tmp_path / "note").write_text(log.note(old))
        commands.run("witness", "cosign", tmp_path / "note", "--dir", tmp_path / "w")
    commands.run(*cosign)
    assert Witness(tmp_path / "w").last_of(NAME).size == new


def test_tiles_of_another_history_are_refused(commands: Commands, tmp_path: Path):
    log = GrowingLog(300)
    init(commands, tmp_path / "w", log.signer.vkey)
    (tmp_path / "note").write_text(log.note(200))
    commands.run("witness", "cosign", tmp_path / "note", "--dir", tmp_path / "w")
    forged = log.branched(100, 300)
    write_tiles(tmp_path / "forged", forged, 300)
    cosign = ("witness", "cosign", tmp_path / "forged", "--dir", tmp_path / "w")
    assert "another root at size 200" in commands.run(*cosign, code=1)
    (tmp_path / "forged" / "tile/0/001.p/44").write_bytes(bytes(40))
    assert "does not hold 44 hashes" in commands.run(*cosign, code=1)
    (tmp_path / "forged" / "tile/0/001.p/44").unlink()
    assert "001.p/44: No such file" in commands.run(*cosign, code=1)
    write_tiles(tmp_path / "true", log, 300)
    commands.run("witness", "cosign", tmp_path / "true", "--dir", tmp_path / "w")


def test_a_witness_in_use_may_also_be_brought_files(commands: Commands, tmp_path: Path):
    log = GrowingLog(20)
    init(commands, tmp_path / "w", log.signer.vkey)
    with serving(tmp_path / "w") as (url, _):
        post = f"{url}/add-checkpoint"
        assert httpx.post(post, content=bytes(log.submission(0, 5))).status_code == 200
        write_tiles(tmp_path / "tiles", log, 9)
        commands.run("witness", "cosign", tmp_path / "tiles", "--dir", tmp_path / "w")
        assert httpx.post(post, content=bytes(log.submission(5, 20))).text == "9\n"
        assert httpx.post(post, content=bytes(log.submission(9, 20))).status_code == 200


def test_what_cannot_be_served_is_said(commands: Commands, tmp_path: Path):
    serve = ("witness", "serve", "--dir", tmp_path / "w")
    assert "lrs witness init" in commands.run_apart(*serve, code=1)
    init(commands, tmp_path / "w")
    with serving(tmp_path / "w") as (url, _):
        port = url.rpartition(":")[2]
        assert "Choose another" in commands.run_apart(*serve, "--port", port, code=1)
    lock = tmp_path / "w" / "origins" / name_of(NAME) / "lock"
    lock.mkdir(parents=True)
    (lock.parent / "origin").write_text(f"{NAME}\n")
    said = commands.run_apart(*serve, code=1)
    assert "lock: Is a directory" in said
    assert "Choose another" not in said
    (tmp_path / "w" / "logs").write_text("nonsense\n")
    assert "line 1: not a vkey" in commands.run_apart(*serve, code=1)


def test_cosignatures_brought_back_are_kept_and_judged_by_a_policy(
    open_store: OpenStore, database_url: str, commands: Commands, tmp_path: Path
):
    store = open_store()
    [vkey] = init(commands, tmp_path / "w", vkey_of(store))
    policy, note = tmp_path / "policy", tmp_path / "note"
    policy.write_text(f"log {vkey_of(store)}\nwitness w {vkey}\nquorum w\n")
    signed = append(store, 4)
    store.close()
    lrs = Commands(database_url, tmp_path, LRS_WITNESS_POLICY_FILE=str(policy))
    files = [f"{store.settings.signing_key_path}", f"{store.settings.checkpoints_path}"]
    lrs.environment |= dict(
        zip(("LRS_SIGNING_KEY_FILE", "LRS_CHECKPOINTS_FILE"), files, strict=True)
    )
    assert "believes no checkpoint" in lrs.run("audit", "checkpoint", "--policy", policy, code=1)
    note.write_text(signed.note)
    judge = ("audit", "checkpoint", "--policy", policy, "--note", note)
    assert "NOT satisfied" in commands.run(*judge, code=1)
    assert "no witness of the policy" in lrs.run("audit", "cosigned", note, code=1)
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"\xff\n")
    judge_wrong = ("audit", "checkpoint", "--policy", policy, "--note", wrong)
    for asked in (judge_wrong, ("audit", "cosigned", wrong)):
        assert f"{wrong}: 'utf-8' codec" in lrs.run(*asked, code=1)
    note.write_text(commands.run("witness", "cosign", note, "--dir", tmp_path / "w"))
    assert "w: satisfied" in commands.run(*judge)
    assert commands.json(*judge)["satisfied"] is True
    assert f"size {signed.size}, cosigned by w" in lrs.run("audit", "cosigned", note)
    assert lrs.run("audit", "checkpoint", "--policy", policy) == note.read_text()
    page = tmp_path / "page.html"
    assert "signatures in it: 2" in lrs.run(
        "audit", "checkpoint", "--policy", policy, "--print", page
    )
    assert "w (" in page.read_text()
    other = GrowingLog(signed.size, signed.checkpoint.origin, store.sealer.signing.signer)
    forged = Witness(tmp_path / "w").cosigners[0].sign(other.checkpoint(signed.size).text, 1)
    note.write_text(str(Note.parse(other.note(signed.size)).signed_by(forged)))
    assert "never signed that checkpoint" in lrs.run("audit", "cosigned", note, code=1)
    without = Commands(database_url, tmp_path)
    without.environment |= lrs.environment | {"LRS_WITNESS_POLICY_FILE": ""}
    assert "LRS_WITNESS_POLICY_FILE is not set" in without.run("audit", "cosigned", note, code=1)

"""A log that signs with ML-DSA-44 as well."""

from pathlib import Path

import pytest

from lrs.audit import checkpoints
from lrs.audit.cosignatures import Cosigner
from lrs.audit.notes import ML_DSA_44, Note, Verifier
from lrs.audit.policy import Policy, satisfied
from lrs.audit.second_key import second_vkey
from lrs.settings import InvalidSettings
from lrs.witness.submission import Submission
from lrs.witness.witness import NotTheLogs, Witness
from tests.lrs.commands import Commands
from tests.lrs.conftest import OpenStore
from tests.lrs.witness.test_cosigning import append, vkey_of


def test_every_checkpoint_has_a_second_line_from_when_it_is_asked_for(
    open_store: OpenStore, tmp_path: Path
):
    files = {"ml_dsa_key_file": tmp_path / "second"}
    store = open_store(**files)
    before = append(store, 2)
    store.close()
    assert not (tmp_path / "second").exists()
    store = open_store(ml_dsa=True, **files)
    after = append(store, 2)
    assert (tmp_path / "second").stat().st_mode & 0o777 == 0o600
    vkey = second_vkey(store.settings)
    assert vkey is not None
    second = Verifier.parse(vkey)
    first = Verifier.parse(vkey_of(store))
    assert (second.name, second.algorithm) == (first.name, ML_DSA_44)
    assert Note.parse(before.note).verified_by([first, second]) == [first]
    assert Note.parse(after.note).verified_by([first, second]) == [first, second]
    store.close()
    store = open_store(ml_dsa=True, **files)  # its own checkpoints open it again, by the same key
    assert Note.parse(append(store, 1).note).verified_by([second]) == [second]
    store.close()
    store = open_store(**files)
    assert Note.parse(append(store, 1).note).verified_by([first, second]) == [first]


def test_whoever_knows_the_second_key_needs_no_other(open_store: OpenStore, tmp_path: Path):
    store = open_store(ml_dsa=True, ml_dsa_key_file=tmp_path / "second")
    signed = append(store, 2)
    vkey = second_vkey(store.settings)
    assert vkey is not None
    policy = Policy.parse(f"log {vkey}\nquorum none\n")
    assert satisfied(signed.note, policy)
    witness = Witness.create(tmp_path / "w", [Cosigner.generate("w.example")], [vkey])
    witness.cosign(Submission(0, (), signed.note))
    lines = signed.note.splitlines(keepends=True)
    assert not satisfied("".join(lines[:-1]), policy)
    with pytest.raises(NotTheLogs):
        witness.cosign(Submission(signed.size, (), "".join(lines[:-1])))
    with store.storage.read() as connection:
        assert checkpoints.cosigned(connection, signed) == Note.parse(signed.note)


def test_another_logs_key_and_a_damaged_one_are_refused(open_store: OpenStore, tmp_path: Path):
    second = tmp_path / "second"
    for content, said in (
        (
            Cosigner.generate("other.example/log", ML_DSA_44).text(),
            "the key is other.example/log's",
        ),
        (Cosigner.generate("lrs.example/log").text(), "the key is lrs.example/log's"),
        ("nonsense", "not a cosigner's key"),
    ):
        second.write_text(content)
        with pytest.raises(InvalidSettings, match=f"LRS_ML_DSA_KEY_FILE=.*{said}"):
            open_store(ml_dsa=True, ml_dsa_key_file=second)
    open_store(ml_dsa_key_file=second)


def test_the_commands_show_both_keys_and_a_bundle_has_them(
    open_store: OpenStore, database_url: str, tmp_path: Path
):
    store = open_store(ml_dsa=True, ml_dsa_key_file=tmp_path / "second")
    append(store, 3)
    store.close()
    settings = store.settings
    lrs = Commands(
        database_url,
        tmp_path,
        LRS_ML_DSA="true",
        LRS_ML_DSA_KEY_FILE=str(tmp_path / "second"),
        LRS_SIGNING_KEY_FILE=str(settings.signing_key_path),
        LRS_CHECKPOINTS_FILE=str(settings.checkpoints_path),
        LRS_SEALING_KEY_FILE=str(settings.sealing_key_path),
    )
    vkeys = lrs.run("audit", "checkpoint", "--vkey").splitlines()
    assert [Verifier.parse(vkey).algorithm for vkey in vkeys] == [1, ML_DSA_44]
    lrs.run("audit", "export", tmp_path / "bundle")
    assert (tmp_path / "bundle" / "vkeys").read_text().splitlines() == vkeys
    lrs.run("audit", "verify-bundle", tmp_path / "bundle", "--vkey", vkeys[0])
    for command in (("verify-bundle", tmp_path / "bundle"), ("verify",)):
        said = lrs.run("audit", *command, "--vkey", vkeys[1], code=2)
        assert "give the first one" in said
    page = tmp_path / "page.html"
    assert "signatures in it: 1" in lrs.run("audit", "checkpoint", "--print", page)
    assert "Còn 1 chữ ký khác" in page.read_text()

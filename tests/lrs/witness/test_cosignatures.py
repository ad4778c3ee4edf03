"""Timestamped signatures of both kinds, by the message c2sp.org/tlog-cosignature writes out."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from lrs.audit.cosignatures import Cosigner
from lrs.audit.notes import COSIGNATURE, ED25519, ML_DSA_44, Note, NoteInvalid, Signature, Verifier

ROOT = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
TIME = 1679315147
KINDS = pytest.mark.parametrize("algorithm", [COSIGNATURE, ML_DSA_44], ids=["Ed25519", "ML-DSA-44"])


def test_the_ed25519_message_is_two_lines_before_the_text():
    cosigner = Cosigner.generate("witness.example.com/w1")
    signature = Signature.parse(cosigner.sign(TEXT, TIME)).signature
    message = b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    assert signature[:8] == TIME.to_bytes(8)
    Ed25519PublicKey.from_public_bytes(cosigner.verifier.key).verify(signature[8:], message)


def test_the_ml_dsa_message_is_the_structure_of_the_specification():
    cosigner = Cosigner.generate("witness.example.com/w1", ML_DSA_44)
    signature = Signature.parse(cosigner.sign(TEXT, TIME)).signature
    message = (
        b"subtree/v1\n\x00"
        b"\x16witness.example.com/w1"
        + TIME.to_bytes(8)
        + b"\x1bexample.com/behind-the-sofa"
        + bytes(8)
        + (20852163).to_bytes(8)
        + ROOT
    )
    assert len(message) == 12 + 23 + 8 + 28 + 8 + 8 + 32
    assert (signature[:8], len(signature)) == (TIME.to_bytes(8), 8 + 2420)
    MLDSA44PublicKey.from_public_bytes(cosigner.verifier.key).verify(signature[8:], message)


@KINDS
def test_a_signature_holds_for_its_text_its_time_and_its_name_alone(algorithm: int):
    cosigner = Cosigner.generate("w.example", algorithm)
    line = cosigner.sign(TEXT, TIME)
    note = Note.parse(f"{TEXT}\n{line}\n")
    assert note.verified_by([cosigner.verifier]) == [cosigner.verifier]
    signature = note.signatures[0].signature
    late = (TIME + 1).to_bytes(8) + signature[8:]
    for text, changed in (
        (TEXT.replace("sofa", "door"), signature),
        (TEXT.replace("20852163", "20852164"), signature),
        (TEXT.replace("CsUY", "CsUZ"), signature),
        (TEXT, late),
        (TEXT, signature[:-1]),
        (TEXT, signature + b"\x00"),
        (TEXT, signature[:8] + bytes(len(signature) - 8)),
    ):
        assert not cosigner.verifier.verifies(text, changed)


def test_the_ml_dsa_message_names_who_signs_so_keys_cannot_change_names():
    cosigner = Cosigner.generate("w.example", ML_DSA_44)
    signature = Signature.parse(cosigner.sign(TEXT, TIME)).signature
    renamed = Verifier.of("v.example", ML_DSA_44, cosigner.verifier.key)
    assert not renamed.verifies(TEXT, signature)


@KINDS
def test_keys_are_written_and_read_back(algorithm: int):
    cosigner = Cosigner.generate("w.example", algorithm)
    again = Cosigner.parse(cosigner.text())
    assert again.verifier == cosigner.verifier == Verifier.parse(cosigner.vkey)
    prefix, _, _, _ = cosigner.text().split("+")[0:4]
    assert prefix == "PRIVATE"
    material = base64.b64decode(cosigner.text().split("+", 4)[4])
    assert (material[0], len(material)) == (algorithm, 33)
    assert cosigner.verifier.verifies(TEXT, Signature.parse(again.sign(TEXT, 7)).signature)


def test_what_is_no_key_is_refused_without_being_repeated():
    good = Cosigner.generate("w.example").text()
    other = Cosigner.generate("w.example").text()
    log_key = base64.b64encode(bytes([ED25519]) + bytes(32)).decode()
    for bad, said in (
        ("", "not a cosigner's key"),
        (good[:-8], "not a cosigner's key"),
        (good.replace("PRIVATE", "PUBLIC"), "not a cosigner's key"),
        (good.split("+", 4)[0] + "+" + other, "not a cosigner's key"),
        (
            "+".join((*good.split("+")[:3], *other.split("+", 4)[3:])).replace("w.ex", "v.ex"),
            "beside",
        ),
        (f"PRIVATE+KEY+w.example+00000000+{log_key}", "algorithm 1 makes no cosignatures"),
    ):
        with pytest.raises(NoteInvalid, match=said) as refused:
            Cosigner.parse(bad)
        assert good[-20:] not in str(refused.value)
    with pytest.raises(NoteInvalid, match="no space and no plus"):
        Cosigner.generate("a b")


@pytest.mark.parametrize(
    "text", ["one line\n", "o\n01\n" + TEXT.split("\n")[2] + "\n", "o\n1\nAA==\n"]
)
def test_ml_dsa_signs_checkpoints_alone(text: str):
    with pytest.raises(NoteInvalid):
        Cosigner.generate("w.example", ML_DSA_44).sign(text, 1)


def test_ml_dsa_has_room_for_names_of_255_bytes():
    name = "ư" * 127
    cosigner = Cosigner.generate(name, ML_DSA_44)
    line = cosigner.sign(TEXT.replace("example.com/behind-the-sofa", name), TIME)
    assert cosigner.verifier.verifies(
        TEXT.replace("example.com/behind-the-sofa", name), Signature.parse(line).signature
    )
    with pytest.raises(NoteInvalid, match="255 bytes"):
        Cosigner.generate("ư" * 128, ML_DSA_44).sign(TEXT, TIME)

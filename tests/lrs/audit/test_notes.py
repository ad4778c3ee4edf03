"""Signed notes, by the examples of their specification and of the Go checksum database."""

import pytest

from lrs.audit.notes import (
    COSIGNATURE,
    ED25519,
    MOST_SIGNATURES,
    Note,
    NoteInvalid,
    Signature,
    Signer,
    Verifier,
    cosigned_text,
    signature_line,
)

SPECIFIED_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPECIFIED = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuw"
    "HjG1Yu72IneyaQM=\n"
)
"""c2sp.org/signed-note, section Example."""

GO_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM="
)
"""golang.org/x/mod/sumdb/note, ExampleSign."""

BEHIND_THE_SOFA = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q"
    "1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2o"
    "yin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
"""c2sp.org/tlog-cosignature."""


def test_the_example_of_the_specification_is_verified() -> None:
    verifier = Verifier.parse(SPECIFIED_VKEY)
    assert (verifier.name, verifier.key_id.hex()) == ("example.com/foo", "530d903a")
    assert Note.parse(SPECIFIED).verified_by([verifier]) == [verifier]
    assert verifier.vkey == SPECIFIED_VKEY


def test_a_key_of_go_signs_what_go_signs() -> None:
    signer = Signer.parse(GO_SKEY)
    assert signer.vkey == GO_VKEY
    assert signer.text() == GO_SKEY
    assert signer.sign(GO_TEXT) == GO_LINE
    assert str(signer.note(GO_TEXT)) == f"{GO_TEXT}\n{GO_LINE}\n"


def test_a_note_is_written_as_it_was_read() -> None:
    note = Note.parse(BEHIND_THE_SOFA)
    assert str(note) == BEHIND_THE_SOFA
    assert [signature.name for signature in note.signatures] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]
    assert note.text == BEHIND_THE_SOFA.partition("\n\n")[0] + "\n"


@pytest.mark.parametrize("key", [GO_VKEY, GO_SKEY])
def test_no_part_of_a_key_and_no_changed_one_is_a_key(key: str) -> None:
    kind = Verifier if key == GO_VKEY else Signer
    parts = [key[i:j] for i in range(len(key)) for j in range(i + 1, len(key) + 1)]
    changed = [key[:i] + chr(ord(key[i]) + 1) + key[i + 1 :] for i in range(len(key))]
    for wrong in {*parts, *changed} - {key}:
        with pytest.raises(NoteInvalid) as refused:
            kind.parse(wrong)
        if kind is Signer:
            assert key[-30:] not in str(refused.value), "a private key is never repeated"


@pytest.mark.parametrize(
    ("vkey", "why"),
    [
        (
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "wrong length",
        ),
        (
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "algorithm that is not known",
        ),
        (GO_VKEY.replace("c74f20a3", "c74f20a4"), "says key id c74f20a4, it is c74f20a3"),
        (GO_VKEY.replace("PeterNeumann", "Peter Neumann"), "not a vkey"),
    ],
)
def test_what_is_wrong_with_a_vkey_is_said(vkey: str, why: str) -> None:
    with pytest.raises(NoteInvalid, match=why):
        Verifier.parse(vkey)


def test_a_made_key_signs_what_its_vkey_verifies() -> None:
    signer = Signer.generate("lrs.example.vn/log")
    note = Note.parse(str(signer.note("one\n\ntwo\n")))
    assert note.text == "one\n\ntwo\n"
    assert note.verified_by([Verifier.parse(signer.vkey)])
    assert Signer.parse(signer.text() + "\n").vkey == signer.vkey


def test_who_did_not_sign_is_not_named() -> None:
    one, other = Signer.generate("one"), Signer.generate("other")
    assert one.note("text\n").verified_by([other.verifier]) == []
    assert one.note("text\n").verified_by([]) == []


def test_a_wrong_signature_of_a_known_key_condemns_the_note() -> None:
    one, other = Signer.generate("one"), Signer.generate("other")
    forged = one.note("text\n").signed_by(other.sign("another text\n"))
    assert forged.verified_by([one.verifier]) == [one.verifier]
    with pytest.raises(NoteInvalid, match="of other does not hold"):
        forged.verified_by([one.verifier, other.verifier])


def test_a_key_of_the_same_name_is_another_key() -> None:
    one, other = Signer.generate("lrs.example/log"), Signer.generate("lrs.example/log")
    both = one.note("text\n").signed_by(other.sign("another text\n"))
    assert both.verified_by([one.verifier]) == [one.verifier]


@pytest.mark.parametrize("place", range(0, len(GO_TEXT), 7))
def test_a_changed_text_is_not_what_was_signed(place: int) -> None:
    text = GO_TEXT[:place] + chr(ord(GO_TEXT[place]) ^ 1) + GO_TEXT[place + 1 :]
    note = Note(text, (Signature.parse(GO_LINE),))
    with pytest.raises(NoteInvalid):
        note.verified_by([Verifier.parse(GO_VKEY)])


def test_a_cosignature_says_when() -> None:
    signer = Signer.generate("witness.example")
    witness = Verifier.of("witness.example", COSIGNATURE, signer.verifier.key)
    assert witness.key_id != signer.verifier.key_id
    checkpoint = Signer.generate("log.example").note("log.example\n1\nroot\n")
    signed = signer.sign(cosigned_text("", checkpoint.text, 1_679_315_147).decode())
    ed25519 = Signature.parse(signed).signature
    line = signature_line(witness, (1_679_315_147).to_bytes(8) + ed25519)
    assert checkpoint.signed_by(line).verified_by([witness]) == [witness]
    later = signature_line(witness, (1_679_315_148).to_bytes(8) + ed25519)
    with pytest.raises(NoteInvalid, match="does not hold"):
        checkpoint.signed_by(later).verified_by([witness])
    with pytest.raises(NoteInvalid, match="does not hold"):
        checkpoint.signed_by(signature_line(witness, ed25519)).verified_by([witness])
    assert (
        cosigned_text("", "example.com/behind-the-sofa\n", 1_679_315_147)
        == b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n"
    )


def test_a_signature_is_not_added_twice() -> None:
    signer = Signer.generate("one")
    assert len(signer.note("text\n").signed_by(signer.sign("text\n")).signatures) == 1


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        f"text\n{GO_LINE}\n",
        f"\n\n{GO_LINE}\n",
        f"text\n\n{GO_LINE}",
        f"text\n\n{GO_LINE}\r\n",
        f"te\txt\n\n{GO_LINE}\n",
        f"text\n\n{GO_LINE} \n",
        f"text\n\n{GO_LINE.replace('— ', '—')}\n",
        f"text\n\n{GO_LINE.replace('— ', '-- ')}\n",
        f"text\n\n{GO_LINE.replace('PeterNeumann', 'Peter+Neumann')}\n",
        "text\n\n" + GO_LINE.replace("rN", "r\u00a0N") + "\n",
        "text\n\n— PeterNeumann x08g\n",
        "text\n\n— PeterNeumann x08go===\n",
        "text\n\n" + f"{GO_LINE}\n" * (MOST_SIGNATURES + 1),
        "x" * 1_000_001 + f"\n\n{GO_LINE}\n",
    ],
)
def test_what_is_written_otherwise_is_no_note(note: str) -> None:
    with pytest.raises(NoteInvalid):
        Note.parse(note)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb"])
def test_a_key_has_a_name_that_a_line_can_carry(name: str) -> None:
    with pytest.raises(NoteInvalid, match="no space and no plus"):
        Signer.generate(name)


def test_an_ed25519_key_may_be_used_for_both_kinds_of_signature() -> None:
    key = Signer.generate("one").verifier.key
    kinds = [Verifier.of("one", algorithm, key) for algorithm in (ED25519, COSIGNATURE)]
    assert [Verifier.parse(kind.vkey) for kind in kinds] == kinds

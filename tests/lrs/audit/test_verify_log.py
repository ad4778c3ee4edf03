"""``tools/verify_log.py``: its own Ed25519, its own tree, and that it needs nothing of ours."""

import ast
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lrs.audit import notes
from lrs.audit.cosignatures import Cosigner
from lrs.audit.merkle import CompactRange, root_of
from lrs.audit.notes import ML_DSA_44, Signer, signature_line
from tests.lrs.audit.bundles import judged_by_tool, make_bundle, seal_sums
from tools import verify_log
from tools.verify_log import Ed25519, Key, Malformed, Note, Report, Tree

TOOL = Path(verify_log.__file__)
OLDEST = (3, 9)

RFC_8032 = {
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    "TEST 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    "TEST SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
}
"""Section 7.1: public key, message, signature."""


@pytest.mark.parametrize("name", RFC_8032)
def test_the_signatures_of_rfc_8032_verify_and_no_others(name: str) -> None:
    public, message, signature = (bytes.fromhex(text) for text in RFC_8032[name])
    key = Ed25519(public)
    assert key.verifies(message, signature)
    assert not key.verifies(message + b"\0", signature)
    for place in (0, 31, 32, 63):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not key.verifies(message, bytes(changed))


def test_a_signature_has_one_spelling() -> None:
    """RFC 8032, section 5.1.7: S below the order of the group, else anybody could add to it."""
    public, _, signature = (bytes.fromhex(text) for text in RFC_8032["TEST 1"])
    s = int.from_bytes(signature[32:], "little") + verify_log.L
    assert not Ed25519(public).verifies(b"", signature[:32] + s.to_bytes(32, "little"))
    assert not Ed25519(public).verifies(b"", signature + b"\0")
    assert not Ed25519(public).verifies(b"", b"")


@pytest.mark.parametrize(
    "public",
    [
        b"",
        bytes(31),
        (2).to_bytes(32, "little"),  # no x fits this y
        verify_log.P.to_bytes(32, "little"),  # y = 0, spelt another way
        (1 | 1 << 255).to_bytes(32, "little"),  # x = 0 has no sign
    ],
)
def test_what_is_no_public_key_is_refused(public: bytes) -> None:
    with pytest.raises(Malformed):
        Ed25519(public)


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200))
@hypothesis_settings(max_examples=20)
def test_it_verifies_what_another_implementation_signs(seed: bytes, message: bytes) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key = Ed25519(private.public_key().public_bytes_raw())
    signature = private.sign(message)
    assert key.verifies(message, signature)
    assert not key.verifies(message + b"x", signature)


def test_a_vkey_and_a_note_of_the_specification_are_read() -> None:
    """c2sp.org/signed-note, "Example"; its text is no checkpoint, so it is verified directly."""
    key = Key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    line = (
        "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH"
        "3mFXmRKuwHjG1Yu72IneyaQM="
    )
    signed = verify_log.Signature.parse(line)
    assert (signed.name, signed.key_id) == (key.name, key.id)
    assert key.verifies("This is an example message.\n", signed.signature)
    assert not key.verifies("This is an example message\n", signed.signature)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "+e3b0c442+",
        f"log+{sha256(b'log' + bytes([10])).hexdigest()[:8]}+",  # a key without a key
    ],
)
def test_what_is_no_vkey_is_refused(vkey: str) -> None:
    with pytest.raises(Malformed):
        Key(vkey)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n1\n",
        "log\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 log AAAAAAA=\n",
        "log\n1\nAAAA\n\n\u2014 log AAAAAAA=\n",
        "log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\n\u2014 log AAAAAAA=\n",
        "log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n- log AAAAAAA=\n",
        "log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 log AAAAAAA=",
        "log\n1\n\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 log AAAAAAA=\n",
        f"log\n{'9' * 5000}\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 log AAAAAAA=\n",
        "log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\ud800\n\n\u2014 log AAAAAAA=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Note.parse(text)


def test_its_tree_is_the_one_of_the_store_at_every_size() -> None:
    leaves = [sha256(number.to_bytes(4, "big")).digest() for number in range(700)]
    tree, other = Tree(), CompactRange()
    tiles: dict[int, list[bytes]] = {0: [], 1: [], 2: []}
    for leaf in leaves:
        for level, node in tree.append(leaf):
            tiles[level].append(node)
        other.append(leaf)
        assert tree.root() == other.root()
    assert tiles[0] == leaves
    assert tiles[1] == [root_of(leaves[:256]), root_of(leaves[256:512])]
    assert tiles[2] == []


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [
        (0, 256, "tile/0/000"),
        (67, 5, "tile/0/067.p/5"),
        (1067, 256, "tile/0/x001/067"),
        (1234067, 255, "tile/0/x001/x234/067.p/255"),
    ],
)
def test_tiles_are_where_the_specification_has_them(number: int, width: int, path: str) -> None:
    assert verify_log.tile_path("0", number, width) == path


def test_it_is_one_file_for_the_oldest_python_with_the_standard_library_alone() -> None:
    source = TOOL.read_text("utf-8")
    tree = ast.parse(source, feature_version=OLDEST)
    names = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        (node.module or "").partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert names <= {*sys.stdlib_module_names}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("verified"))


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "bundle"))


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """In a process that sees neither this project nor any package."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", str(TOOL), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
    )


def test_it_runs_alone(made: Path, bundle: Path) -> None:
    vkey = (made / "vkeys").read_text("utf-8").strip()
    done = run(made, "--vkey", vkey, "--since", made / "checkpoint")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.splitlines()[-1] == "VALID"
    own = run(made)
    assert (own.returncode, "the bundle's own: compare it" in own.stdout) == (0, True)
    (bundle / "vkeys").write_bytes(b"")
    wrong = run(bundle)
    assert (wrong.returncode, wrong.stderr) == (1, "")
    assert wrong.stdout.splitlines()[-1].startswith("INVALID: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere",),
        ("BUNDLE", "--vkey", "no+vkey"),
        ("BUNDLE", "--vkey", Cosigner.generate("log", ML_DSA_44).vkey),
        ("BUNDLE", "--since", "nowhere"),
        ("BUNDLE", "--since", "BUNDLE/manifest.json"),
    ],
)
def test_what_cannot_be_read_ends_with_2(made: Path, arguments: tuple[str, ...]) -> None:
    done = run(*(argument.replace("BUNDLE", str(made)) for argument in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("verify_log.py: ")


def test_of_very_many_checkpoints_some_signatures_are_taken_and_always_the_newest(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_log, "ALL_SIGNATURES", 3)
    monkeypatch.setattr(verify_log, "SAMPLE", 1)
    verified: list[str] = []
    problem_of = verify_log.signature_problem

    def counted(note: Note, *keys: object) -> str | None:
        verified.append(note.text)
        return problem_of(note, *keys)  # type: ignore[arg-type]

    monkeypatch.setattr(verify_log, "signature_problem", counted)
    assert judged_by_tool(bundle) == []
    newest = (bundle / "checkpoint").read_text("utf-8").partition("\n\n")[0] + "\n"
    assert (len(verified), verified[-1]) == (2, newest)
    assert verify_log.main([str(bundle), "--all-signatures"]) == 0
    assert len(verified) > 5


def test_a_signature_by_somebody_nobody_knows_says_nothing(bundle: Path) -> None:
    stranger = Signer.generate("stranger.example")
    lines = (bundle / "checkpoints.jsonl").read_bytes().splitlines()
    kept = [orjson.loads(line) for line in lines]
    kept[0]["cosignatures"] = [stranger.sign("something else")]
    (bundle / "checkpoints.jsonl").write_bytes(b"".join(orjson.dumps(it) + b"\n" for it in kept))
    seal_sums(bundle)
    assert judged_by_tool(bundle) == []


def test_a_log_whose_key_it_cannot_verify_by_is_not_valid(bundle: Path) -> None:
    """Anybody could write such signatures."""
    name = (bundle / "vkeys").read_text("utf-8").partition("+")[0]
    other = Cosigner.generate(name, ML_DSA_44).verifier
    line = signature_line(other, bytes(8 + 2420))

    def signed_by_nobody(note: str) -> str:
        return f"{notes.Note.parse(note).text}\n{line}\n"

    kept = [orjson.loads(it) for it in (bundle / "checkpoints.jsonl").read_bytes().splitlines()]
    lines = [orjson.dumps(it | {"note": signed_by_nobody(it["note"])}) + b"\n" for it in kept]
    (bundle / "checkpoints.jsonl").write_bytes(b"".join(lines))
    checkpoint = bundle / "checkpoint"
    checkpoint.write_text(signed_by_nobody(checkpoint.read_text("utf-8")), "utf-8")
    (bundle / "vkeys").write_text(f"{other.vkey}\n", "utf-8")
    manifest = orjson.loads((bundle / "manifest.json").read_bytes())
    (bundle / "manifest.json").write_bytes(orjson.dumps(manifest | {"epochs": {"1": other.vkey}}))
    seal_sums(bundle)
    [wrong] = judged_by_tool(bundle)
    assert "no signature of it is verified" in wrong


def test_a_name_that_cannot_be_shown_is_said_all_the_same(bundle: Path) -> None:
    with (bundle / "SHA256SUMS").open("a", encoding="utf-8") as sums:
        sums.write(f"{'0' * 64}  việc.txt\n")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8=0", str(TOOL), str(bundle)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"LC_ALL": "POSIX"},
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "vi\\u1ec7c.txt: listed in SHA256SUMS and not there" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("INVALID: ")


def test_a_report_lists_some_problems_and_counts_all(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    for number in range(verify_log.SHOWN + 7):
        report.wrong("tiles", f"hash {number}")
    report.done("tiles", "all")
    said = capsys.readouterr().out.splitlines()
    assert (report.problems, len(said)) == (verify_log.SHOWN + 7, verify_log.SHOWN + 1)
    assert said[-1] == "WRONG  tiles: 7 more of this kind are not listed"

"""Bundles: two programs find whatever was changed in one, and nothing where nothing was."""

import base64
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from argon2 import PasswordHasher

from lrs.audit import bundle as bundles
from lrs.audit.bundle import export
from lrs.audit.bundle_checks import verify
from lrs.audit.bundle_files import BundleUnreadable
from lrs.audit.checkpoints import Checkpoint
from lrs.audit.notes import Note, Signer
from lrs.privacy.subjects import of_statement
from lrs.reading import open_for_reading
from lrs.settings import Settings
from tests.evaluation import PERIOD
from tests.examples import statement, statement_event
from tests.lrs.audit.bundles import (
    JUDGES,
    Judge,
    files_of,
    make_bundle,
    pack,
    seal_sums,
    unpacked,
)
from tests.lrs.commands import Commands
from tests.lrs.conftest import OpenStore
from tests.lrs.privacy.conftest import AN, AN_BY_MAIL, BINH, OF_AN, World, peopled
from tests.lrs.privacy.stores import destroy_of

NOT_COVERED = {"SHA256SUMS", "manifest.json", "vkeys"}
"""Files in which a forger who writes SHA256SUMS anew may change what says nothing."""

SAYS_THE_SAME = {
    ("checkpoints.jsonl", "line removed"),  # an older one is kept back; the tree is the same
    ("closings.json", "cut off"),  # a line break after the document
    ("closings.json", "longer"),
}

Tamper = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("exported"))


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    """A bundle of its own to tamper with."""
    return Path(shutil.copytree(made, tmp_path / "bundle"))


@pytest.fixture(params=JUDGES)
def judge(request: pytest.FixtureRequest) -> Judge:
    return JUDGES[request.param]


def flipped(at: float) -> Tamper:
    def flip(content: bytes) -> bytes:
        place = min(int(len(content) * at), len(content) - 1)
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

    return flip


def without_a_line(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[:-2] + lines[-1:])


def with_lines_swapped(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([*lines[:-2], *lines[-2:][::-1]])


def with_a_line_twice(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([*lines, *lines[-1:]])


TAMPERINGS: dict[str, Tamper] = {
    "first byte": flipped(0),
    "a byte": flipped(0.37),
    "a later byte": flipped(0.81),
    "last byte": flipped(1),
    "cut off": lambda content: content[:-1],
    "longer": lambda content: content + b"\n",
    "empty": lambda content: b"",
    "line removed": without_a_line,
    "lines swapped": with_lines_swapped,
    "line repeated": with_a_line_twice,
}


def tampered(bundle: Path) -> Iterator[tuple[str, str]]:
    """Change one file after the other in every way there is; each change is undone."""
    for name in files_of(bundle):
        file = bundle / name
        content = file.read_bytes()
        for how, tamper in TAMPERINGS.items():
            changed = tamper(content)
            if changed != content:
                file.write_bytes(changed)
                yield name, how
        file.unlink()
        yield name, "removed"
        file.write_bytes(content)


def document(bundle: Path, name: str) -> Any:
    return orjson.loads((bundle / name).read_bytes())


def rewrite(bundle: Path, name: str, change: Callable[[Any], None]) -> None:
    """Change a document and seal the bundle again."""
    said = document(bundle, name)
    change(said)
    (bundle / name).write_bytes(orjson.dumps(said))
    seal_sums(bundle)


def test_a_bundle_is_valid_as_it_was_written(made: Path, judge: Judge) -> None:
    assert judge(made) == []


def test_a_bundle_holds_what_its_format_says(made: Path) -> None:
    names = files_of(made)
    size = document(made, "manifest.json")["size"]
    assert size > 256
    assert {name for name in names if not name.startswith("tile/")} == {
        "SHA256SUMS",
        "checkpoint",
        "checkpoints.jsonl",
        "closings.json",
        "events.jsonl.gz",
        "manifest.json",
        "vkeys",
        *(f"schemes/{scheme}@1.json" for scheme in ("HTS-CN", "HTS-DV")),
        f"results/{PERIOD}.corrected.json",
    }
    assert {name for name in names if name.startswith("tile/")} >= {
        "tile/0/000",
        f"tile/0/{size // 256:03}.p/{size % 256}",
        f"tile/1/000.p/{size // 256}",
        "tile/entries/000",
    }


def test_the_results_of_a_bundle_are_those_that_were_closed(made: Path) -> None:
    [closing] = document(made, "closings.json")["closings"]
    closed = orjson.loads(base64.b64decode(closing["body"]))
    digest = sha256((made / closing["document"]).read_bytes()).hexdigest()
    assert (closing["period"], digest) == (PERIOD, closed["results"])


def test_every_change_of_a_file_is_found(bundle: Path, judge: Judge) -> None:
    assert [(name, how) for name, how in tampered(bundle) if not judge(bundle)] == []
    assert judge(bundle) == []  # all of it was undone


def test_every_change_is_found_when_the_hashes_are_written_anew(bundle: Path, judge: Judge) -> None:
    missed = []
    for name, how in tampered(bundle):
        if name in NOT_COVERED:
            continue
        seal_sums(bundle)
        if not judge(bundle):
            missed.append((name, how))
    assert set(missed) <= SAYS_THE_SAME


def test_a_file_that_is_no_part_of_a_bundle_is_found(bundle: Path, judge: Judge) -> None:
    (bundle / "tile" / "0" / "999").write_bytes(b"")
    assert judge(bundle)
    seal_sums(bundle)
    assert judge(bundle)


@pytest.mark.parametrize(
    "member", ["origin", "epoch", "size", "root", "bodies", "format", "epochs"]
)
def test_a_manifest_that_tells_of_another_tree_is_found(
    bundle: Path, judge: Judge, member: str
) -> None:
    other = {"size": 256, "epoch": 2, "bodies": "none", "epochs": {}}.get(member, "other")
    rewrite(bundle, "manifest.json", lambda it: it.update({member: other}))
    assert judge(bundle)


@pytest.mark.parametrize("place", [0, 255, 256, -1])
def test_a_body_that_was_exchanged_is_found(bundle: Path, judge: Judge, place: int) -> None:
    lines = unpacked(bundle)
    event = orjson.loads(lines[place])
    event["body"] = base64.b64encode(base64.b64decode(event["body"])[::-1]).decode()
    pack(bundle, [*lines[:place], orjson.dumps(event) + b"\n", *(lines[place:][1:])])
    seal_sums(bundle)
    assert [fault for fault in judge(bundle) if f"event {event['position']}" in fault]


def test_bodies_that_changed_places_are_found(bundle: Path, judge: Judge) -> None:
    lines = unpacked(bundle)
    lines[3], lines[4] = lines[4], lines[3]
    pack(bundle, lines)
    seal_sums(bundle)
    assert len(judge(bundle)) == 2


@pytest.mark.parametrize("how", ["erased", "withheld"])
def test_content_is_not_gone_without_an_event_that_says_so(
    bundle: Path, judge: Judge, how: str
) -> None:
    lines = unpacked(bundle)
    lines[9] = orjson.dumps({"position": 10, how: True}) + b"\n"
    pack(bundle, lines)
    seal_sums(bundle)
    assert judge(bundle)


def test_a_closing_that_is_kept_back_is_found(bundle: Path, judge: Judge) -> None:
    (bundle / document(bundle, "closings.json")["closings"][0]["document"]).unlink()
    rewrite(bundle, "closings.json", lambda it: it.update(closings=[]))
    assert judge(bundle)


def test_a_closing_with_other_digests_is_found(bundle: Path, judge: Judge) -> None:
    def close_with_others(closings: Any) -> None:
        [closing] = closings["closings"]
        body = orjson.loads(base64.b64decode(closing["body"])) | {"results": "0" * 64}
        closing["body"] = base64.b64encode(orjson.dumps(body)).decode()

    rewrite(bundle, "closings.json", close_with_others)
    assert judge(bundle)


def test_a_tree_that_was_made_anew_and_signed_by_the_log_is_found_by_a_checkpoint(
    bundle: Path, judge: Judge, tmp_path: Path
) -> None:
    remembered = tmp_path / "remembered"
    lines = (bundle / "checkpoints.jsonl").read_bytes().splitlines()
    remembered.write_text(orjson.loads(lines[1])["note"], "utf-8")
    assert judge(bundle, since=(remembered,)) == []
    other = Checkpoint.parse(remembered.read_text("utf-8"))
    signer = Signer.parse((bundle.parent / "hocba.signing-key").read_text("utf-8"))
    remembered.write_text(str(signer.note(other._replace(root=bytes(32)).text)), "utf-8")
    [fault] = judge(bundle, since=(remembered,))
    assert f"the first {other.size} events are not those it was signed for" in fault


@pytest.fixture(autouse=True)
def signing_key(made: Path, tmp_path: Path) -> None:
    shutil.copy(made.parent / "hocba.signing-key", tmp_path)


def signer_of(tmp_path: Path) -> Signer:
    return Signer.parse((tmp_path / "hocba.signing-key").read_text("utf-8"))


def rewrite_checkpoint(bundle: Path, number: int, change: Callable[[Note], Note]) -> None:
    """Exchange a checkpoint that was kept, and seal the bundle again."""
    lines = [orjson.loads(it) for it in (bundle / "checkpoints.jsonl").read_bytes().splitlines()]
    lines[number]["note"] = str(change(Note.parse(lines[number]["note"])))
    text = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    (bundle / "checkpoints.jsonl").write_bytes(text)
    seal_sums(bundle)


def test_an_older_checkpoint_of_another_tree_is_found_though_the_log_signed_it(
    bundle: Path, judge: Judge, tmp_path: Path
) -> None:
    """The log showed somebody else another history."""

    def of_another_tree(note: Note) -> Note:
        other = Checkpoint.parse(note.text)._replace(root=bytes(32))
        return signer_of(tmp_path).note(other.text)

    rewrite_checkpoint(bundle, 1, of_another_tree)
    [fault] = judge(bundle)
    assert "checkpoints.jsonl:2: not the root of the tree at that size" in fault


def test_an_older_checkpoint_of_this_tree_is_found_if_the_log_did_not_sign_it(
    bundle: Path, judge: Judge, tmp_path: Path
) -> None:
    other = signer_of(tmp_path).note(Checkpoint("localhost:8080/log", 1, bytes(32)).text)
    rewrite_checkpoint(bundle, 1, lambda note: note._replace(signatures=other.signatures))
    [fault] = judge(bundle)
    assert "checkpoints.jsonl:2: the signature " in fault
    rewrite_checkpoint(bundle, 1, lambda note: Signer.generate("somebody").note(note.text))
    [fault] = judge(bundle)
    assert "checkpoints.jsonl:2: not signed by" in fault


def test_a_bundle_that_ends_before_a_checkpoint_is_found(
    bundle: Path, judge: Judge, tmp_path: Path
) -> None:
    last = Checkpoint.parse((bundle / "checkpoint").read_text("utf-8"))
    later = tmp_path / "later"
    later.write_text(str(signer_of(tmp_path).note(last._replace(size=last.size + 1).text)), "utf-8")
    [fault] = judge(bundle, since=(later,))
    assert f"the bundle has only {last.size}" in fault


def test_a_checkpoint_of_another_log_is_found(bundle: Path, judge: Judge, tmp_path: Path) -> None:
    other = Signer.generate("elsewhere.example/log")
    note = tmp_path / "other"
    note.write_text(str(other.note(Checkpoint(other.name, 1, bytes(32)).text)), "utf-8")
    [fault] = judge(bundle, since=(note,))
    assert "another log" in fault


def test_a_bundle_signed_by_another_key_is_found(bundle: Path, judge: Judge) -> None:
    vkey = (bundle / "vkeys").read_text("utf-8").splitlines()[0]
    name = vkey.split("+")[0]
    assert judge(bundle, vkey) == []
    assert judge(bundle, Signer.generate(name).vkey)


def test_a_bundle_that_another_key_signed_throughout_is_found_by_the_key_given(
    bundle: Path, judge: Judge
) -> None:
    """A forger who signs everything anew needs the key that the auditor has from elsewhere."""
    vkey = (bundle / "vkeys").read_text("utf-8").strip()
    forger = Signer.generate(vkey.split("+")[0])

    def signed_anew(note: str) -> str:
        return str(forger.note(Note.parse(note).text))

    lines = (bundle / "checkpoints.jsonl").read_bytes().splitlines()
    kept = [orjson.loads(line) for line in lines]
    text = [orjson.dumps(it | {"note": signed_anew(it["note"])}) + b"\n" for it in kept]
    (bundle / "checkpoints.jsonl").write_bytes(b"".join(text))
    checkpoint = bundle / "checkpoint"
    checkpoint.write_text(signed_anew(checkpoint.read_text("utf-8")), "utf-8")
    (bundle / "vkeys").write_text(f"{forger.vkey}\n", "utf-8")
    rewrite(bundle, "manifest.json", lambda it: it.update(epochs={"1": forger.vkey}))
    assert judge(bundle) == []  # nothing in it contradicts itself
    assert judge(bundle, vkey)


def test_what_is_no_bundle_cannot_be_read(judge: Judge, tmp_path: Path) -> None:
    with pytest.raises(BundleUnreadable, match="no such directory"):
        judge(tmp_path / "nothing")


def test_an_empty_directory_is_not_valid(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert judge(tmp_path / "empty")


def test_a_bundle_without_bodies_proves_the_same_and_holds_none(
    made: Path, judge: Judge, tmp_path: Path
) -> None:
    commands = Commands(f"sqlite:///{made.parent / 'hocba.db'}", made.parent)
    commands.run("audit", "export", tmp_path / "bundle", "--bodies", "none")
    assert judge(tmp_path / "bundle") == []
    names = files_of(tmp_path / "bundle")
    assert "events.jsonl.gz" not in names
    assert not [name for name in names if name.startswith("results/")]
    found = verify(tmp_path / "bundle")
    assert (found.bodies, found.documents, found.size) == (0, 0, verify(made).size)


def test_the_same_log_gives_the_same_files(made: Path, tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{made.parent / 'hocba.db'}")
    with open_for_reading(settings) as log:
        export(log, tmp_path / "again", bodies=True, about={})
    same = [name for name in files_of(made) if name not in ("SHA256SUMS", "manifest.json")]
    assert [
        n for n in same if (made / n).read_bytes() != (tmp_path / "again" / n).read_bytes()
    ] == []


def test_a_bundle_goes_into_a_directory_of_its_own(made: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{made.parent / 'hocba.db'}")
    with open_for_reading(settings) as log, pytest.raises(bundles.DirectoryTaken):
        export(log, made, bodies=True, about={})


def test_what_is_personal_is_its_owners_alone(made: Path, tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{made.parent / 'hocba.db'}")
    with open_for_reading(settings) as log:
        export(log, tmp_path / "bodies", bodies=True, about={})
        export(log, tmp_path / "no bodies", bodies=False, about={})
    (tmp_path / "any other").mkdir()
    modes = [(tmp_path / n).stat().st_mode & 0o777 for n in ("bodies", "no bodies", "any other")]
    assert modes[0] == 0o700
    assert modes[1] == modes[2], "a web server may show it"


def test_both_databases_export(open_store: OpenStore, tmp_path: Path, judge: Judge) -> None:
    store = open_store()
    for _ in range(3):
        store.writer.append([statement_event() for _ in range(100)]).result()
    store.close()
    with open_for_reading(store.settings) as log:
        exported = export(log, tmp_path / "bundle", bodies=True, about={})
    assert exported.signed.size > 300
    assert judge(tmp_path / "bundle") == []


INSTRUCTED_BY_AN = {"instructor": {"name": "Nguyễn Văn An", **AN_BY_MAIL}}


def test_who_was_forgotten_is_in_no_bundle_and_every_proof_holds(
    open_store: OpenStore, tmp_path: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("lrs.auth.passwords.HASHER", quick)
    world = peopled(World(open_store()))
    world.say(AN)
    world.say(BINH, context=INSTRUCTED_BY_AN)
    world.forget()
    world.say(BINH)
    world.store.close()
    with open_for_reading(world.store.settings) as log:
        exported = export(log, tmp_path / "bundle", bodies=True, about={})
    assert judge(tmp_path / "bundle") == []
    events = [orjson.loads(line) for line in unpacked(tmp_path / "bundle")]
    gone = [event for event in events if "body" not in event]
    assert exported.gone == len(gone)
    assert {why for event in gone for why in event} == {"position", "erased", "withheld"}
    content = b"".join(base64.b64decode(event.get("body", "")) for event in events)
    assert [said for said in OF_AN if said.encode() in content] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_second_signature_of_a_log_is_verified_where_it_can_be(
    open_store: OpenStore, tmp_path: Path, judge: Judge
) -> None:
    store = open_store(ml_dsa=True)
    store.writer.append([statement_event() for _ in range(5)]).result()
    second = store.sealer.signing.second
    assert second is not None
    store.close()
    with open_for_reading(store.settings) as log:
        export(log, tmp_path / "bundle", bodies=True, about={}, witnesses=[second.vkey])
    assert judge(tmp_path / "bundle") == []
    assert (tmp_path / "bundle" / "checkpoint").read_text("utf-8").count("\u2014") == 2


def test_content_that_is_gone_without_an_event_that_says_so_is_not_exported(
    open_store: OpenStore, tmp_path: Path
) -> None:
    store = open_store()
    value = statement()
    store.writer.append([statement_event(value)._replace(subject=of_statement(value))]).result()
    with store.storage.erase() as connection:
        destroy_of(store.data_keys, connection, of_statement(value))
    store.close()
    with open_for_reading(store.settings) as log:
        with pytest.raises(bundles.ForgottenMeanwhile):
            export(log, tmp_path / "bundle", bodies=True, about={})
        export(log, tmp_path / "proof", bodies=False, about={})

"""Receipts: whatever is changed in one, it no longer holds."""

import base64
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.audit import checkpoints
from lrs.audit.checkpoints import Checkpoint
from lrs.audit.cosignatures import Cosigner
from lrs.audit.merkle import inclusion_proof, root_of
from lrs.audit.notes import Signer, Verifier
from lrs.audit.openings import ContentDamaged, Entry, Opening, OpeningInvalid, openings
from lrs.audit.proofs import (
    EventUnknown,
    NotSignedYet,
    Receipt,
    ReceiptInvalid,
    position_of_statement,
    prove,
)
from lrs.audit.tiles import TileMissing, Tiles
from lrs.log.leaf import commit, leaf_hash, leaf_record
from lrs.reading import open_for_reading
from lrs.store import Store
from tests.examples import statement, statement_event
from tests.lrs.commands import Commands
from tests.lrs.conftest import OpenStore

LOG = Signer.generate("log.example/log")
WITNESS = Cosigner.generate("witness.example")
SALT, BODY = bytes(range(16)), b'{"said": "something"}'


def record(position: int) -> bytes:
    commitment = commit(SALT, BODY)
    return leaf_record(position, 10 + position, 2, bytes(16), 1, bytes(16), len(BODY), commitment)


def nodes_of(leaves: Sequence[bytes]) -> Callable[[int, int], bytes]:
    return lambda level, index: root_of(leaves[index << level : (index + 1) << level])


def receipt_of(position: int, size: int) -> Receipt:
    leaves = [leaf_hash(record(place)) for place in range(1, size + 1)]
    note = LOG.note(Checkpoint(LOG.name, size, root_of(leaves)).text)
    hashes = tuple(inclusion_proof(position - 1, size, nodes_of(leaves)))
    return Receipt(position - 1, hashes, note, record(position))


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    size = draw(st.integers(1, 40))
    return receipt_of(draw(st.integers(1, size)), size)


@given(receipt=receipts())
def test_a_receipt_reads_as_it_was_written_and_holds(receipt: Receipt) -> None:
    read = Receipt.parse(str(receipt))
    assert str(read) == str(receipt)
    assert read.check(LOG.verifier).position == receipt.position


@given(receipt=receipts(), data=st.data())
def test_a_receipt_with_one_byte_changed_does_not_hold(
    receipt: Receipt, data: st.DataObject
) -> None:
    text = str(receipt).encode()
    place = data.draw(st.integers(0, len(text) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = text[:place] + bytes([text[place] ^ 1 << bit]) + text[place + 1 :]
    with pytest.raises((ReceiptInvalid, UnicodeDecodeError)):
        Receipt.parse(changed.decode()).check(LOG.verifier)


@given(receipt=receipts())
def test_a_receipt_does_not_hold_for_another_place_or_with_hashes_left_out(
    receipt: Receipt,
) -> None:
    others = [receipt._replace(leaf_index=receipt.leaf_index + 1)]
    if receipt.hashes:
        others.append(receipt._replace(hashes=receipt.hashes[1:]))
        others.append(receipt._replace(hashes=receipt.hashes[:-1]))
    others.append(receipt._replace(hashes=(*receipt.hashes, bytes(32))))
    for other in others:
        with pytest.raises(ReceiptInvalid):
            other.check(LOG.verifier)


def test_a_receipt_is_written_as_the_format_says() -> None:
    lines = str(receipt_of(3, 5)).split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1] == "extra " + base64.b64encode(record(3)).decode()
    assert lines[2] == "index 2"
    assert [len(line) for line in lines[3:6]] == [44] * 3
    assert lines[6:9] == ["", "log.example/log", "5"]


def test_a_receipt_of_a_tree_of_one_has_no_hashes() -> None:
    receipt = receipt_of(1, 1)
    assert receipt.hashes == ()
    assert Receipt.parse(str(receipt)).check(LOG.verifier).position == 1


def test_a_receipt_of_another_log_does_not_hold() -> None:
    other = Signer.generate(LOG.name)
    with pytest.raises(ReceiptInvalid, match="not signed by"):
        receipt_of(1, 2).check(other.verifier)


def test_a_receipt_of_an_origin_that_is_not_the_keys_does_not_hold() -> None:
    receipt = receipt_of(1, 1)
    text = Checkpoint("elsewhere.example", 1, receipt.checkpoint.root).text
    with pytest.raises(ReceiptInvalid, match="another log"):
        receipt._replace(note=LOG.note(text)).check(LOG.verifier)


def test_a_receipt_of_a_later_epoch_holds() -> None:
    receipt = receipt_of(1, 1)
    text = Checkpoint(f"{LOG.name}/epoch/2", 1, receipt.checkpoint.root).text
    assert receipt._replace(note=LOG.note(text)).check(LOG.verifier).position == 1


def test_a_wrong_cosignature_of_a_known_witness_condemns_a_receipt() -> None:
    receipt = receipt_of(1, 2)
    line = WITNESS.sign(receipt.note.text, 1_700_000_000)
    good = receipt._replace(note=receipt.note.signed_by(line))
    assert good.check(LOG.verifier, [WITNESS.verifier]).position == 1
    wrong = WITNESS.sign(receipt_of(1, 3).note.text, 1_700_000_000)
    bad = receipt._replace(note=receipt.note.signed_by(wrong))
    assert bad.check(LOG.verifier).position == 1  # nobody known
    with pytest.raises(ReceiptInvalid, match=r"witness\.example"):
        bad.check(LOG.verifier, [WITNESS.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nx\n",
        "c2sp.org/tlog-proof@v1\nindex -1\n\nx\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx\n",
        "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nx\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n\nno note\n",
    ],
)
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(ReceiptInvalid):
        Receipt.parse(text)


def test_an_opening_shows_what_was_recorded() -> None:
    receipt = receipt_of(2, 3)
    opening = Opening(record(2), SALT, BODY)
    receipt.check_opening(Opening.read(orjson.loads(orjson.dumps(opening.plain()))))
    for other in (
        opening._replace(body=BODY + b" "),
        opening._replace(salt=bytes(16)),
        opening._replace(record=record(1)),
    ):
        with pytest.raises(ReceiptInvalid):
            receipt.check_opening(other)


def test_an_opening_says_when_the_content_is_gone() -> None:
    for gone in ("erased", "withheld"):
        said = Opening(record(2), gone=gone).plain()
        assert said[gone] is True
        assert not {"salt", "body"} & said.keys()
        assert Opening.read(said).check().position == 2


@pytest.mark.parametrize(
    "change", [{"salt": "x"}, {"body": "?"}, {"entry": "AAAA"}, {"body": None}]
)
def test_what_is_no_opening_is_refused(change: dict[str, Any]) -> None:
    said = Opening(record(2), SALT, BODY).plain() | change
    with pytest.raises(OpeningInvalid):
        Opening.read(said).check()


def test_the_fields_of_an_entry_are_those_of_the_record() -> None:
    entry = Entry.parse(record(7))
    assert entry.record == record(7)
    assert entry.leaf == leaf_hash(record(7))
    assert entry.plain()["topic"] == "StatementStored/1.0"
    assert entry.plain()["commitment"] == commit(SALT, BODY).hex()


# ---- of a store


def test_every_event_of_a_store_can_be_proved(store: Store) -> None:
    events = [statement_event() for _ in range(9)]
    positions = store.writer.append(events).result().positions
    store.close()
    with open_for_reading(store.settings) as log, log.storage.read() as connection:
        key = Verifier.parse(checkpoints.epochs(connection)[0].vkey)
        for event, position in zip(events, positions, strict=True):
            assert position_of_statement(log, connection, event.stream_id) == position
            entry = prove(log, connection, position).check(key)
            assert (entry.stream_id, entry.position) == (event.stream_id, position)
            [(opening, _)] = openings(log, connection, position - 1, position)
            assert (opening.check().position, opening.body) == (position, event.body)
        with pytest.raises(EventUnknown):
            prove(log, connection, positions[-1] + 1)
        with pytest.raises(EventUnknown):
            prove(log, connection, 0)


def test_what_was_not_signed_for_yet_is_not_proved(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.storage.read() as connection:
        head = store.log.head_of(connection).position
        monkeypatch.setattr("lrs.audit.checkpoints.latest", lambda connection: None)
        with pytest.raises(NotSignedYet, match=f"event {head} is recorded"):
            prove(store.log, connection, head)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_content_that_was_changed_in_the_database_is_not_opened(
    open_store: OpenStore, sqlite_url: str
) -> None:
    store = open_store(seal=False)
    [position] = store.writer.append([statement_event()]).result().positions
    store.close()
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        database.execute("DROP TRIGGER event_log_no_update")
        database.execute("UPDATE event_log SET body = x'7b7d' WHERE position = ?", [position])
    database.close()
    with open_for_reading(store.settings) as log, log.storage.read() as connection:
        list(openings(log, connection, 0, position - 1))
        with pytest.raises(ContentDamaged, match=f"event {position}"):
            list(openings(log, connection, 0, position))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_event_that_is_not_in_the_database_is_not_proved(
    open_store: OpenStore, sqlite_url: str
) -> None:
    store = open_store()
    position, _ = store.writer.append([statement_event() for _ in range(2)]).result().positions
    store.close()
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        database.execute("DROP TRIGGER event_log_no_delete")
        database.execute("DELETE FROM event_log WHERE position = ?", [position])
    database.close()
    with open_for_reading(store.settings) as log, log.storage.read() as connection:
        with pytest.raises(TileMissing):
            prove(log, connection, position)
        with pytest.raises(TileMissing, match=f"event {position} is not in the database"):
            Tiles(log, connection).entry(position)


# ---- by command


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """On a store with two statements, whose checkpoint is signed."""
    directory = tmp_path_factory.mktemp("proved")
    commands = Commands(f"sqlite:///{directory / 'hocba.db'}", directory)
    lines = directory / "statements.jsonl"
    said = [statement(id=str(UUID(int=number, version=4))) for number in (1, 2)]
    lines.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in said))
    commands.run("import", "statements", lines)
    return commands


def test_a_receipt_is_made_and_checked_by_command(sealed: Commands, tmp_path: Path) -> None:
    vkey = sealed.run("audit", "checkpoint", "--vkey").strip()
    receipt, opening = tmp_path / "one.tlog-proof", tmp_path / "one.json"
    id_ = UUID(int=1, version=4)
    said = sealed.run("audit", "prove", id_, "--out", receipt, "--opening", opening)
    position = orjson.loads(opening.read_bytes())["position"]
    assert f"event {position}, in the signed tree of" in said
    assert opening.stat().st_mode & 0o077 == 0
    assert sealed.run("audit", "prove", position) == receipt.read_text("utf-8")
    check = ("audit", "prove", "--check", receipt, "--vkey", vkey)
    nowhere = Commands(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)  # no store is needed
    valid = nowhere.run(*check, "--opening", opening)
    assert valid.startswith(f"VALID: event {position}, StatementStored/1.0, stored 20")
    assert "the opening is what was recorded" in valid
    assert nowhere.json(*check)["stream"] == id_.hex
    other = tmp_path / "two.json"
    sealed.run("audit", "prove", UUID(int=2, version=4), "--out", receipt, "--opening", other)
    assert "INVALID" in nowhere.run(*check, "--opening", opening, code=1)
    nowhere.run(*check, "--opening", other)
    receipt.write_text(receipt.read_text("utf-8").replace("index", "Index"), "utf-8")
    assert "INVALID" in nowhere.run(*check, code=1)
    assert "No such file" in nowhere.run(*check, "--opening", tmp_path / "none", code=2)
    unknown = ("audit", "prove", "--check", receipt, "--vkey", "x")
    assert "not a vkey" in nowhere.run(*unknown, code=2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no-id",), "neither the id of a statement nor a position"),
        ((str(UUID(int=9, version=4)),), "the log holds no such statement"),
        (("99",), "there is no event 99"),
        ((), "name a statement or a position"),
        (("1", "--vkey", "x"), "--vkey goes with --check"),
        (("--check", "none"), "--check needs --vkey"),
        (("1", "--check", "none"), "stands alone"),
    ],
)
def test_a_receipt_of_nothing_is_refused_with_what_is_meant(
    sealed: Commands, arguments: tuple[str, ...], said: str
) -> None:
    assert said in sealed.run("audit", "prove", *arguments, code=1)

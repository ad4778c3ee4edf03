"""Verifying a log: what the command says, and what tampering alone does not show.

What an insider can do is in tests/tampering.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection

from lrs.audit.checkpoints import CheckpointFile
from lrs.audit.checks.findings import Finding
from lrs.audit.checks.rows import LARGEST_GAP
from lrs.audit.cosignatures import Cosigner
from lrs.audit.notes import ML_DSA_44, Signer
from lrs.audit.verify import Verified, verify
from lrs.log.recorder import Append
from lrs.reading import open_for_reading
from tests.lrs.commands import Commands
from tests.lrs.privacy.conftest import World, peopled
from tests.tampering.honest import acknowledged, forgotten, grown, set_back
from tests.tampering.insider import insider
from tests.tampering.logs import EVENTS, PEOPLE, WITNESS, Log, copied, learned, pair
from tests.tampering.on_the_rest import change_tile, note, signed_by_its_key


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def recorded(request: pytest.FixtureRequest) -> Iterator[Log]:
    """A log that seals; each test gets a copy of its own."""
    on_postgres = request.param == "postgresql"
    with pair(request.getfixturevalue("postgres_server") if on_postgres else None) as logs:
        yield logs[1]


@pytest.fixture
def log(recorded: Log) -> Iterator[Log]:
    with copied(recorded) as copy:
        yield copy


@pytest.fixture
def commands(log: Log) -> Commands:
    return Commands(
        log.url,
        log.directory,
        LRS_SIGNING_KEY_FILE=str(log.settings.signing_key_path),
        LRS_SEALING_KEY_FILE=str(log.settings.sealing_key_path),
        LRS_CHECKPOINTS_FILE=str(log.settings.checkpoints_path),
    )


def verified(log: Log, **outside: Any) -> tuple[Verified, list[str]]:
    """What was looked at, and the rules of what was found."""
    found: list[Finding] = []
    with open_for_reading(log.settings) as opened:
        done = verify(opened, log.outside._replace(**outside), found.append)
    return done, [finding.rule for finding in found]


def sql(log: Log, *statements: str) -> None:
    with insider(log) as somebody:
        for statement in statements:
            somebody.execute(statement)


def test_a_log_that_nobody_touched_is_verified(log: Log) -> None:
    done, found = verified(log)
    assert found == []
    assert done.events == done.signed == done.witnessed == EVENTS
    assert done.notes == done.file_notes == 12
    assert (done.erased, done.locked, done.excused) == (0, 0, 0)


def test_where_bodies_are_long_fewer_are_read_at_a_time(log: Log, monkeypatch) -> None:
    monkeypatch.setattr("lrs.audit.verify.AT_ONCE", 200)
    monkeypatch.setattr("lrs.audit.verify.BYTES", 20_000)
    reached = [0]
    with open_for_reading(log.settings) as opened:
        verify(opened, log.outside, lambda _: None, lambda done, total: reached.append(done))
    assert reached[-1] == EVENTS
    assert max(b - a for a, b in pairwise(reached[1:])) < 100


def test_a_log_that_grows_meanwhile_is_verified_up_to_where_it_ended(log: Log) -> None:
    grew = Event()

    def progress(done: int, total: int) -> None:
        if not grew.is_set():
            grown(log)
            grew.set()

    found: list[Finding] = []
    with open_for_reading(log.settings) as opened:
        done = verify(opened, log.outside, found.append, progress)
    assert grew.is_set()
    assert found == []
    assert done.events == EVENTS
    assert done.signed == EVENTS + 150


def test_it_runs_beside_a_server_that_takes_statements(log: Log) -> None:
    stopped = Event()
    with log.opened() as store:

        def send() -> None:
            number = 0
            while not stopped.is_set():
                number += 1
                store.log.append([Append([learned(number)])])
                store.sealer.seal()

        sender = Thread(target=send)
        sender.start()
        try:
            for _ in range(5):
                assert verified(log)[1] == []
        finally:
            stopped.set()
            sender.join()


# Erasure


def test_who_was_forgotten_is_counted_and_not_found(log: Log) -> None:
    forgotten(log)
    done, found = verified(log)
    assert found == []
    assert done.erased == 119


def test_a_ministry_that_forgot_somebody_is_verified(database_url: str, tmp_path: Path) -> None:
    at = Log(database_url, tmp_path, sealed=True)
    with at.opened() as store:
        world = peopled(World(store))
        world.say({"account": {"homePage": "https://bdhvs.example", "name": "an.nv"}})
        world.forget()
    found: list[Finding] = []
    with open_for_reading(at.settings) as opened:
        outside = at.outside._replace(since=None, policy=None)
        done = verify(opened, outside, found.append, full=True)
    assert found == []
    assert done.erased > 5


def test_a_destroyed_key_that_is_there_again_is_found(log: Log) -> None:
    with insider(log) as somebody:
        kept = somebody.execute("SELECT * FROM data_key")
    forgotten(log)
    with insider(log) as somebody:
        there = {row.key_id for row in somebody.execute("SELECT key_id FROM data_key")}
        [gone] = [row for row in kept if row.key_id not in there]
        somebody.execute(
            "INSERT INTO data_key VALUES (:key_id, :subject_token, :retention, :year, :wrapped)",
            **gone._mapping,
        )
    assert verified(log)[1] == ["key-not-destroyed"]


def test_who_is_forgotten_while_it_runs_is_not_taken_for_tampering(log: Log, monkeypatch) -> None:
    monkeypatch.setattr("lrs.audit.verify.AT_ONCE", 100)
    monkeypatch.setattr("lrs.audit.verify.SNAPSHOT", 1)
    found: list[Finding] = []
    with open_for_reading(log.settings) as opened:
        read = opened.storage.read
        states: list[int] = []

        def read_later() -> AbstractContextManager[Connection]:
            states.append(len(states))
            if len(states) == 4:
                forgotten(log)
            return read()

        monkeypatch.setattr(opened.storage, "read", read_later)
        erased = verify(opened, log.outside, found.append).erased
    assert found == []
    assert 0 < erased < EVENTS // PEOPLE - 20


def test_without_the_sealing_key_the_tree_is_verified_and_bodies_are_left(
    log: Log, commands: Commands
) -> None:
    log.settings.sealing_key_path.unlink()
    said = commands.run("audit", "verify", code=2)
    assert "599 sealed bodies could not be opened" in said
    assert "Verified" in commands.run("audit", "verify", "--unopened")
    sql(log, "UPDATE event_log SET credential = stream_id WHERE position = 300")
    assert "leaf at 300" in commands.run("audit", "verify", "--unopened", code=1)


# Events that are not those in the tree


def found_in(log: Log) -> list[Finding]:
    found: list[Finding] = []
    with open_for_reading(log.settings) as opened:
        verify(opened, log.outside, found.append)
    return found


@pytest.mark.parametrize(
    "change", ["stored = stored + 1", "kind = 3", "credential = commitment", "stream_version = 2"]
)
def test_an_event_that_was_changed_is_named_with_both_leaves(log: Log, change: str) -> None:
    with insider(log) as somebody:
        before = somebody.leaves[299]
        somebody.execute(f"UPDATE event_log SET {change} WHERE position = 300")
        after = somebody.leaves[299]
    named = [finding for finding in found_in(log) if finding.rule in ("leaf", "tile")]
    assert named == [Finding("leaf", 300, before.hex(), after.hex())]


def test_every_event_that_was_changed_is_named(log: Log) -> None:
    sql(log, "UPDATE event_log SET credential = commitment WHERE position IN (2, 256, 257, 600)")
    assert [one.position for one in found_in(log) if one.rule == "leaf"] == [2, 256, 257]
    assert "tile" not in {one.rule for one in found_in(log)}


def test_a_tile_that_was_changed_is_named_and_no_event(log: Log) -> None:
    with insider(log) as somebody:
        change_tile(somebody, 0)
    assert [(one.rule, one.position) for one in found_in(log)] == [("tile", 256)]


def test_where_a_tile_and_an_event_in_it_were_changed_the_tile_tells_of_no_event(log: Log) -> None:
    sql(log, "UPDATE event_log SET credential = commitment WHERE position = 100")
    with insider(log) as somebody:
        change_tile(somebody, 0)
    named = [(one.rule, one.position) for one in found_in(log) if one.rule in ("leaf", "tile")]
    assert named == [("tile", 100)]
    assert "note-root" in {one.rule for one in found_in(log)}


def test_a_number_that_no_record_has_room_for_is_found(log: Log) -> None:
    sql(log, "UPDATE event_log SET stream_version = -1 WHERE position IN (1, 300, 600)")
    named = {(one.rule, one.position) for one in found_in(log)}
    assert {("event-malformed", position) for position in (1, 300, 600)} <= named
    assert ("sealed", 300) in named
    assert "leaf" not in {rule for rule, _ in named}


# Epochs


def test_what_is_remembered_of_a_loss_is_not_in_the_log(log: Log) -> None:
    later = set_back(log)
    lost = max(one for one in CheckpointFile(log.settings.checkpoints_path) if one.epoch == 1)
    done, found = verified(later, since=lost.note)
    assert found == ["since-lost"]
    assert done.excused == 3
    assert [begun.kept for begun in done.epochs] == [EVENTS]


def test_an_epoch_that_no_event_began_is_found(log: Log) -> None:
    sql(log, "INSERT INTO log_epoch SELECT 2, origin, vkey FROM log_epoch")
    assert verified(log)[1] == ["epoch"]


def test_an_epoch_that_is_not_listed_is_found(log: Log) -> None:
    log.settings.signing_key_path.unlink()
    acknowledged(log)
    assert verified(log)[1] == []
    sql(log, "DELETE FROM log_epoch WHERE epoch = 2")
    found = verified(log)[1]
    assert {"epoch", "epoch-key"} <= set(found)


def test_a_loss_excuses_no_note_of_what_was_kept(log: Log) -> None:
    later = set_back(log)
    assert verified(later)[1] == []
    with insider(log) as somebody:
        note(signed_by_its_key)(somebody, 302)
    assert set(verified(later)[1]) == {"note-root", "file-note-differs"}


def test_a_note_that_says_it_was_signed_before_the_one_before_is_found(log: Log) -> None:
    sql(log, "UPDATE signed_checkpoint SET signed = 1 WHERE size = 302")
    assert verified(log, file=None)[1] == ["note"]


def test_a_note_put_under_another_size_is_found(log: Log) -> None:
    sql(log, "UPDATE signed_checkpoint SET size = size + 1 WHERE size = 302")
    assert verified(log, file=None)[1] == ["note"]


# The file of checkpoints


def test_a_line_deleted_from_the_file_is_found(log: Log) -> None:
    path = log.settings.checkpoints_path
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5] + lines[6:]))
    assert verified(log)[1] == ["file-incomplete"]


def test_notes_that_did_not_reach_the_file_yet_are_not_missed(log: Log) -> None:
    path = log.settings.checkpoints_path
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    done, found = verified(log)
    assert found == []
    assert done.file_notes == done.notes - 1


@pytest.mark.parametrize("damage", [b"{}\n", b"no line\n"])
def test_a_file_that_holds_something_else_is_found(log: Log, damage: bytes) -> None:
    with log.settings.checkpoints_path.open("ab") as file:
        file.write(damage)
    assert verified(log)[1] == ["file"]


def test_lines_in_another_order_are_found(log: Log) -> None:
    path = log.settings.checkpoints_path
    path.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))
    assert verified(log)[1] == ["file"]


# Gaps


def test_after_a_gap_the_rest_is_still_checked(log: Log) -> None:
    sql(
        log,
        "DELETE FROM event_registry WHERE position BETWEEN 20 AND 30",
        "DELETE FROM event_log WHERE position BETWEEN 20 AND 30",
        "UPDATE event_log SET credential = stream_id WHERE position = 500",
    )
    found: list[Finding] = []
    with open_for_reading(log.settings) as opened:
        verify(opened, log.outside, found.append)
    by_rule = {finding.rule: finding for finding in found}
    assert by_rule["event-missing"].position == 20
    assert by_rule["event-missing"].expected == "events 20 to 30"
    assert by_rule["leaf"].position == 500


def test_a_gap_that_no_log_has_ends_the_check(log: Log) -> None:
    far = EVENTS + LARGEST_GAP + 10
    sql(
        log,
        f"UPDATE event_registry SET position = {far} WHERE position = {EVENTS}",
        f"UPDATE event_log SET position = {far} WHERE position = {EVENTS}",
        f"UPDATE log_head SET position = {far}",
    )
    assert {"event-missing", "head"} <= set(verified(log)[1])


@pytest.mark.parametrize("position", [0, -5])
def test_a_row_before_the_first_event_is_found(log: Log, position: int) -> None:
    sql(
        log,
        f"INSERT INTO event_log SELECT {position}, stored, kind, stream_id, stream_version,"
        " credential, salt, commitment, body FROM event_log WHERE position = 1",
    )
    assert verified(log)[1] == ["event-outside"]


# The command


def test_the_command_says_what_it_looked_at(log: Log, commands: Commands) -> None:
    said = commands.run("audit", "verify")
    assert f"{EVENTS} events in " in said
    assert "12 checkpoints, 12 of them in the file outside the database" in said
    assert "Verified" in said


def test_the_command_holds_the_log_against_a_checkpoint_that_was_kept(
    log: Log, commands: Commands, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.note"
    kept.write_text(commands.run("audit", "checkpoint"), "utf-8")
    grown(log)
    assert "it continues the checkpoint" in commands.run("audit", "verify", "--since", kept)
    kept.write_text(
        str(Signer.generate("lrs.example/log").note("lrs.example/log\n1\nx\n")), "utf-8"
    )
    assert "not a checkpoint" in commands.run("audit", "verify", "--since", kept, code=2)
    since = ("audit", "verify", "--vkey", log.signer.vkey, "--since", kept)
    for content in (b"something else", b"\xff"):
        kept.write_bytes(content)
        said = commands.run(*since, code=2)
        assert "kept.note: " in said
        assert log.signer.vkey not in said, "it is the note that is none"


def test_the_command_names_each_finding_in_a_line(log: Log, commands: Commands) -> None:
    with insider(log) as somebody:
        change_tile(somebody, 1)
    said = commands.run("audit", "verify", code=1).splitlines()
    [finding] = [line for line in said if line.startswith("tile at 512: expected ")]
    assert finding.endswith("one of the two was changed.")
    assert said[-1] == "NOT verified: 1 findings"


def test_many_findings_of_a_rule_are_counted(log: Log, commands: Commands) -> None:
    sql(log, "DELETE FROM event_registry WHERE position <= 50")
    said = commands.run("audit", "verify", code=1)
    assert said.count("registry-missing at ") == 20
    assert "registry-missing: 30 more" in said
    assert "NOT verified: 50 findings" in said


def test_a_program_reads_it_as_json(log: Log, commands: Commands) -> None:
    said = commands.json("audit", "verify")
    assert (said["events"], said["findings"], said["counts"]) == (EVENTS, [], {})


def test_a_known_key_is_held_against_that_of_the_log(log: Log, commands: Commands) -> None:
    other = Signer.generate("lrs.example/log").vkey
    assert "epoch-key" in commands.run("audit", "verify", "--vkey", other, code=1)
    assert "Verified" in commands.run("audit", "verify", "--vkey", log.signer.vkey)
    assert "not a vkey" in commands.run("audit", "verify", "--vkey", "x", code=2)
    second = Cosigner.generate("lrs.example/log", ML_DSA_44).vkey
    assert "not an Ed25519 one" in commands.run("audit", "verify", "--vkey", second, code=2)


def test_a_policy_that_no_checkpoint_meets_is_found(
    log: Log, commands: Commands, tmp_path: Path
) -> None:
    policy = tmp_path / "witnesses"
    policy.write_text(f"witness near {WITNESS.vkey}\nquorum near\n", "utf-8")
    said = commands.run("audit", "verify", "--policy", policy)
    assert f"cosigned as the policy asks up to position {EVENTS}" in said
    sql(log, "DELETE FROM cosignature")
    assert "policy: expected" in commands.run("audit", "verify", "--policy", policy, code=1)
    policy.write_text("quorum nobody\n", "utf-8")
    assert "nobody" in commands.run("audit", "verify", "--policy", policy, code=2)


def test_what_cannot_be_read_ends_with_2(commands: Commands, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    for option in ("--since", "--checkpoints", "--policy"):
        assert "missing" in commands.run("audit", "verify", option, missing, code=2)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"\xff")
    key = commands.environment["LRS_SIGNING_KEY_FILE"]
    commands.environment["LRS_SIGNING_KEY_FILE"] = str(damaged)
    assert f"LRS_SIGNING_KEY_FILE={damaged}" in commands.run("audit", "verify", code=2)
    commands.environment["LRS_SIGNING_KEY_FILE"] = key
    commands.environment["LRS_DATABASE_URL"] = f"sqlite:///{missing}"
    assert "missing" in commands.run("audit", "verify", code=2)


def test_without_a_file_of_checkpoints_that_is_said(log: Log, commands: Commands) -> None:
    log.settings.checkpoints_path.unlink()
    assert "no file of checkpoints" in commands.run("audit", "verify")


def test_attachments_and_tables_are_looked_at_in_full(log: Log, commands: Commands) -> None:
    assert "Verified" in commands.run("audit", "verify", "--full")
    sql(
        log,
        "DELETE FROM attachment_sealed",
        "DELETE FROM statement_links WHERE position = 300",
    )
    assert "Verified" in commands.run("audit", "verify")
    said = commands.run("audit", "verify", "--full", code=1)
    assert "attachment-missing at 2: " in said
    assert "projection: expected (" in said
    assert "in statement_links; found" in said


def test_where_an_event_cannot_be_replayed_everything_else_is_still_looked_at(
    log: Log, commands: Commands
) -> None:
    sql(
        log,
        "UPDATE event_log SET body = (SELECT o.body FROM event_log o WHERE o.position = 305)"
        " WHERE position = 300",
        "DELETE FROM attachment_sealed",
    )
    said = orjson.loads(commands.run("audit", "verify", "--full", "--json", code=1))
    assert {"sealed", "attachment-missing", "projection"} <= set(said["counts"])
    assert any("position 300" in one["found"] for one in said["findings"])
    assert said["events"] == EVENTS

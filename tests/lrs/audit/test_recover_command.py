"""lrs audit checkpoint and lrs audit recover, and what a refused start says."""

import shutil
from pathlib import Path

import httpx
import pytest

from lrs.audit.checkpoints import Checkpoint
from lrs.audit.notes import Note, Verifier
from lrs.log.storage import open_storage
from tests.examples import statement
from tests.lrs.commands import Commands
from tests.servers import Server


@pytest.fixture
def commands(sqlite_url: str, tmp_path: Path) -> Commands:
    return Commands(sqlite_url, tmp_path, LRS_BASE_URL="https://lrs.example")


@pytest.fixture
def set_back(commands: Commands, sqlite_url: str) -> Path:
    """A store whose database was restored from before its last checkpoint; the backup."""
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    commands.run("credentials", "create", "--name", "one")
    backup = database.with_suffix(".backup")
    shutil.copyfile(database, backup)
    commands.run("credentials", "create", "--name", "two")
    shutil.copyfile(backup, database)
    return backup


def test_the_last_checkpoint_is_printed_and_verified_by_the_key_that_is(commands) -> None:
    commands.run("credentials", "create", "--name", "one")
    note = Note.parse(commands.run("audit", "checkpoint"))
    vkey = commands.run("audit", "checkpoint", "--vkey")
    assert vkey.startswith("lrs.example/log+")
    verifier = Verifier.parse(vkey)
    assert note.verified_by([verifier]) == [verifier]
    said = commands.json("audit", "checkpoint")
    checkpoint = Checkpoint.parse(note.text)
    assert (said["size"], said["root"]) == (checkpoint.size, checkpoint.root.hex())
    assert (said["epoch"], said["origin"], said["vkey"]) == (1, "lrs.example/log", vkey.strip())
    assert said["note"] == str(note)


def test_a_checkpoint_is_printed_beside_a_running_server(sqlite_url, tmp_path) -> None:
    with Server(sqlite_url, tmp_path) as server, server.client() as client:
        commands = Commands(sqlite_url, tmp_path)
        before = commands.json("audit", "checkpoint")["size"]
        answer: httpx.Response = client.post("/statements", json=[statement()])
        answer.raise_for_status()
        server.stop()
        assert commands.json("audit", "checkpoint")["size"] > before


def test_where_nothing_was_signed_that_is_said(tmp_path) -> None:
    nowhere = Commands(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)
    assert "there is no such database" in nowhere.run("audit", "checkpoint", code=1)
    open_storage(nowhere.environment["LRS_DATABASE_URL"]).close()
    assert "no checkpoint was signed yet" in nowhere.run("audit", "checkpoint", code=1)


def test_a_server_refuses_to_start_on_a_database_that_was_set_back(commands, set_back) -> None:
    said = commands.run_apart("serve", "--port", "0", code=1)
    assert "it was set back. Restore the newer database." in said
    assert "lrs audit recover --acknowledge-loss" in said


def test_commands_that_write_are_refused_and_those_that_read_are_not(commands, set_back) -> None:
    assert "it was set back" in commands.run("credentials", "list", code=1)
    assert "lrs.example/log" in commands.run("audit", "checkpoint")


def test_the_doctor_names_the_loss_and_the_state_of_the_key(commands, set_back) -> None:
    key = set_back.with_suffix(".signing-key")
    key.chmod(0o644)
    text = commands.run("doctor", code=1)
    assert "it was set back" in text
    assert f"chmod 600 {key}" in text
    key.chmod(0o600)
    shutil.copyfile(set_back, set_back.with_suffix(".db"))
    commands.run("audit", "recover", "--acknowledge-loss")
    found = {finding["what"]: finding for finding in commands.json("doctor")}
    assert found["signing key"]["state"] == found["checkpoints"]["state"] == "ok"
    assert "0 events since" in found["checkpoints"]["seen"]


def test_a_loss_is_named_before_it_is_acknowledged(commands, set_back) -> None:
    before = set_back.with_suffix(".db").read_bytes()
    assert "it was set back" in commands.run("audit", "recover", code=1)
    assert set_back.with_suffix(".db").read_bytes() == before


def test_an_acknowledged_loss_begins_an_epoch_that_names_it(commands, set_back) -> None:
    said = commands.run("audit", "recover", "--acknowledge-loss")
    assert "Acknowledged: the database ends at position 2" in said
    assert "Epoch 2 begins at position 3, as lrs.example/log/epoch/2:" in said
    checkpoint = Checkpoint.parse(commands.run("audit", "checkpoint"))
    assert checkpoint[:2] == ("lrs.example/log/epoch/2", 3)
    assert said.endswith(commands.run("audit", "checkpoint"))
    assert "one" in commands.run("credentials", "list")
    assert "nothing is lost" in commands.run("audit", "recover", "--acknowledge-loss", code=1)
    assert "nothing is lost" in commands.run("audit", "recover", code=1)


def test_a_recovery_is_told_to_programs_too(commands, set_back) -> None:
    said = commands.json("audit", "recover", "--acknowledge-loss")
    assert (said["epoch"], said["position"], said["loss"]) == (2, 3, "shorter")
    assert Checkpoint.parse(said["note"]).origin == said["origin"] == "lrs.example/log/epoch/2"


def test_tiles_are_mended_on_request(commands) -> None:
    commands.run("credentials", "create", "--name", "one")
    assert commands.json("audit", "recover", "--tiles") == {"mended": 0}
    assert "; 0 of its tiles were not" in commands.run("audit", "recover", "--tiles")


def test_nothing_is_recovered_beside_a_running_server(sqlite_url, tmp_path) -> None:
    with Server(sqlite_url, tmp_path):
        said = Commands(sqlite_url, tmp_path).run("audit", "recover", "--tiles", code=1)
    assert "is open for writing in another process" in said

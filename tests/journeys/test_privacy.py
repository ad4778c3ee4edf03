"""Somebody asks to be forgotten: what they are given before, who decides, what is left, and that
everything that was proved before is proved still.
"""

import shutil
import time
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.log.storage import sqlite_path
from lrs.privacy.forgetting import approve
from lrs.settings import Settings
from lrs.store import Store
from tests.evaluation import MOVEMENT, head_of
from tests.journeys.test_evaluating import account, get
from tests.lrs.commands import Commands
from tests.lrs.privacy.conftest import AN, AN_BY_MAIL, OF_AN
from tests.lrs.privacy.test_forgetting import content_of
from tests.servers import Server
from tests.xapi_client import new_id

BASIS = "Quyết định 12/QĐ-TTCĐS"
PERIOD = "/periods/KY-2026"
PEOPLE = {"an.tai.khoan": "P1", "binh": "P2", "chau": "P3"}
AUDITOR = ("--role", "auditor", "--everything", "--permission", "privacy")


class Office:
    """A store that is served, its commands, and files with the passwords of its people."""

    def __init__(self, commands: Commands, server: Server, directory: Path) -> None:
        self.commands, self.server, self.directory = commands, server, directory

    def open_accounts(self) -> None:
        self.commands.run("import", "case", MOVEMENT, "--no-freeze")
        for name, person in PEOPLE.items():
            file = self.password_file(name)
            file.write_text(f"correct horse {name}\n")
            roles = ("--role", "learner") if person == "P1" else AUDITOR
            self.commands.run(
                *("accounts", "create", name, "--person", person, *roles),
                *("--title", "Nguyễn Văn An" if person == "P1" else name),
                *("--password-file", file),
            )

    def password_file(self, name: str) -> Path:
        return self.directory / f"password-{name}"

    def decide(self, *command: str, by: str, code: int = 0) -> str:
        proved = ("--as", by, "--password-file", self.password_file(by))
        return self.commands.run("privacy", *command, *proved, code=code)

    def propose(self, person: str = "P1") -> str:
        said = self.decide("forget", person, "--basis", BASIS, "--json", by="binh")
        return str(orjson.loads(said)["proposal"])

    def statements(self, **asked: Any) -> list[Any]:
        with self.server.client() as client:
            answer = client.get("/statements", params=asked)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["statements"])

    def by_agent(self, agent: Any) -> list[Any]:
        return self.statements(agent=orjson.dumps(agent).decode(), related_agents="true")

    def post(self, **said: Any) -> None:
        statement = {"id": new_id(), "verb": {"id": "urn:x:v"}, "object": {"id": "urn:x:1"}, **said}
        with self.server.client() as client:
            answer = client.post("/statements", json=statement)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Any:
    sealing = {"LRS_SEALING_KEY_FILE": str(tmp_path / "sealing-key")}
    commands = Commands(database_url, tmp_path, **sealing)
    workers = {"LRS_WORKERS": "2"} if database_url.startswith("postgresql") else {}
    with Server(database_url, tmp_path, **sealing, **workers) as server:
        opened = Office(commands, server, tmp_path)
        opened.open_accounts()
        yield opened


def test_somebody_is_given_everything_and_then_forgotten(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    commands, server = office.commands, office.server
    office.post(
        actor={"account": {"homePage": "https://bdhvs.example", "name": "binh.tt"}},
        context={"instructor": {"objectType": "Agent", "name": "Nguyễn Văn An", **AN_BY_MAIL}},
    )
    with server.client() as client:
        state = {"activityId": "urn:x:1", "stateId": "s", "agent": orjson.dumps(AN).decode()}
        assert client.put("/activities/state", params=state, content=b"x").status_code == 204
    checkpoint = commands.run("audit", "checkpoint")
    (tmp_path / "before.note").write_text(checkpoint)

    archive = tmp_path / "an.zip"
    commands.run("privacy", "export", "P1", "--to", archive)
    assert archive.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(archive) as exported:
        assert "Nguyễn Văn An" in exported.read("register.jsonl").decode()
        assert len(exported.read("statements.jsonl").splitlines()) > 30
        assert "results/KY-2026.open.json" in exported.namelist()
    assert "there already" in commands.run("privacy", "export", "P1", "--to", archive, code=1)

    with closing(
        account(commands, server, "evaluator", "--role", "evaluator", "--everything")
    ) as e:
        assert get(e, f"{PERIOD}/explanations/people/P1")
        assert "P1" in str(get(e, f"{PERIOD}/results/people"))
        assert "Nguyễn Văn An" in str(get(e, "/people"))
        proposal = office.propose()
        office.decide("approve", proposal, by="binh", code=1)
        said = office.decide("approve", proposal, by="chau")
        assert "data keys destroyed" in said

        for path in (
            f"{PERIOD}/explanations/people/P1",
            f"{PERIOD}/results/people/P1",
            f"{PERIOD}/evidence/people/P1",
            "/people/P1",
        ):
            assert e.get(path).status_code == 404, path
        for path in (
            f"{PERIOD}/results/people",
            "/people",
            "/items",
            "/evidence/unresolved-actors",
            "/evidence/unmapped-courses",
            "/units",
        ):
            shown = str(get(e, path))
            assert not [name for name in (*OF_AN, "P1") if f"'{name}'" in shown], path

    assert office.by_agent(AN) == []
    assert office.by_agent(AN_BY_MAIL) == []
    with server.client() as client:
        assert client.get("/activities/state", params=state).status_code == 404
        person = client.get("/agents", params={"agent": state["agent"]}).json()
        assert person == {"objectType": "Person", "account": [AN["account"]]}  # as it was asked
    everything = str(office.statements(limit=1000))
    assert "lrs.example" not in everything
    assert "/forgotten" in everything
    assert not [name for name in OF_AN if name in everything]
    exported_file = tmp_path / "all.jsonl"
    commands.run("export", "statements", exported_file)
    assert not [name for name in OF_AN if name in exported_file.read_text("utf-8")]

    listed = commands.json("privacy", "list")
    assert [row["basis"] for row in listed["forgotten"]] == [BASIS]
    assert listed["forgotten"][0]["approved_by"] == "chau"
    assert (listed["proposals"], listed["finishing"]["done"]) == ([], True)
    assert not [name for name in OF_AN if name in orjson.dumps(listed).decode()]

    deadline = time.monotonic() + 20
    while commands.json("audit", "checkpoint")["size"] < head_of(database_url):
        assert time.monotonic() < deadline, "the sealer signs for it"
        time.sleep(0.05)
    commands.run("audit", "verify", "--full", "--since", tmp_path / "before.note")
    found = content_of(database_url)
    assert [name for name in OF_AN if name.encode() in found] == []
    if (file := sqlite_path(database_url)) is not None:
        server.stop()
        check_backup(file, tmp_path)


def check_backup(database: Path, directory: Path) -> None:
    """Of a copy of all files, with which the store could go on elsewhere."""
    copy = directory / "backup"
    copy.mkdir()
    for file in (database, directory / "pepper", directory / "sealing-key"):
        shutil.copy(file, copy)
    sealing_key = str(copy / "sealing-key")
    restored = Commands(f"sqlite:///{copy / database.name}", copy, LRS_SEALING_KEY_FILE=sealing_key)
    lines = copy / "all.jsonl"
    restored.run("export", "statements", lines, "--as-received")
    assert lines.stat().st_size > 10_000
    assert not [name for name in OF_AN if name in lines.read_text("utf-8")]


def test_a_server_that_is_killed_while_it_forgets_goes_on_when_it_starts(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    """Killed at once after the approval: the keys are destroyed, the tables are what they were."""
    commands, server = office.commands, office.server
    proposal = office.propose()
    server.stop()
    store = Store(
        Settings(
            database_url=database_url,
            pepper_file=tmp_path / "pepper",
            sealing_key_file=tmp_path / "sealing-key",
        ),
        follow=False,
    )
    try:
        approve(store, proposal, "chau", "correct horse chau")
        assert not store.finisher.state()["done"]
    finally:
        store.close()
    server.restart()
    deadline = time.monotonic() + 20
    while not commands.json("privacy", "list")["finishing"]["done"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    found = content_of(database_url)
    assert [name for name in OF_AN if name.encode() in found] == []


def test_a_hold_refuses_until_it_is_released_and_the_sealing_key_can_be_replaced(
    office: Office, tmp_path: Path
) -> None:
    commands = office.commands
    commands.run("privacy", "hold", "P1", "--reason", "thanh tra 5/TT")
    refused = office.decide("forget", "P1", "--basis", BASIS, by="binh", code=1)
    assert "legal hold: thanh tra 5/TT" in refused
    assert "thanh tra 5/TT" in commands.run("privacy", "list")
    commands.run("privacy", "release", "P1", "--reason", "thanh tra kết thúc")
    proposal = office.propose()
    commands.run("privacy", "withdraw", proposal, "--reason", "rút đơn")
    states = {row["state"] for row in commands.json("privacy", "list")["proposals"]}
    assert states == {"refused", "withdrawn"}
    before = (tmp_path / "sealing-key").read_text()
    rotated = commands.json("privacy", "rotate-key")
    assert (tmp_path / "sealing-key").read_text() != before
    assert Path(rotated["kept"]).read_text() == before
    assert office.by_agent(AN), "what is sealed can be read as before"

"""An evaluator at work with a real server: what platforms send is in the scores a moment later, and
every earlier state stays to be asked for.
"""

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.lrs.commands import Commands
from tests.servers import ROOT, Server
from tests.xapi_client import new_id

MOVEMENT = ROOT / "tests" / "golden" / "movement-2026"
PERIOD = "/periods/KY-2026"
EVALUATOR_OF_Y = ("--role", "evaluator", "--unit", "Y")
LEARNER = ("--role", "learner", "--person", "P3")
ADL = "http://adlnet.gov/expapi/verbs/"


def account(commands: Commands, server: Server, name: str, *said: str) -> httpx.Client:
    """A client that is signed in to a new account, as a browser is."""
    made = commands.json("accounts", "create", name, "--generate", *said)
    client = httpx.Client(base_url=f"{server.url}/api/v1", timeout=30)
    answer = client.post("/session", json={"name": name, "password": made["password"]})
    assert answer.status_code == 201, answer.text
    return client


def get(client: httpx.Client, path: str, **asked: Any) -> Any:
    answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def sent_by(commands: Commands, server: Server, credential: str, statement: Any) -> None:
    """Post a statement as a platform does."""
    opened = commands.json("credentials", "rotate", credential)
    deadline = time.monotonic() + 1  # by then every worker knows the new secret
    while True:
        is_last = time.monotonic() > deadline
        answer = httpx.post(
            f"{server.endpoint}/statements",
            json=statement,
            auth=(opened["key"], opened["secret"]),
            headers={"X-Experience-API-Version": "1.0.3"},
        )
        if answer.status_code != 401 or is_last:
            break
        time.sleep(0.05)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_what_a_platform_sends_is_scored_explained_and_can_be_asked_for_as_it_was(
    database_url: str, tmp_path: Path
) -> None:
    commands = Commands(database_url, tmp_path)
    workers = {"LRS_WORKERS": "2"} if database_url.startswith("postgresql") else {}
    with Server(database_url, tmp_path, **workers) as server:
        commands.run("import", "case", MOVEMENT, "--no-freeze")
        with (
            closing(account(commands, server, "an", *EVALUATOR_OF_Y)) as evaluator,
            closing(account(commands, server, "chau", *LEARNER)) as learner,
        ):
            before = get(evaluator, f"{PERIOD}/results/people/P3")
            assert before["result_set"] == "open"
            statement = {
                "id": new_id(),
                "actor": {"mbox": "mailto:chau.le@nhahat.example"},
                "verb": {"id": f"{ADL}completed"},
                "object": {"id": "https://bdhvs.example/khoa-hoc/cong-cu-cong-tac"},
                "timestamp": "2026-09-05T02:00:00.000Z",
            }
            sent_by(commands, server, "bdhvs-2026", statement)
            end = time.monotonic() + 10
            while True:
                after = get(evaluator, f"{PERIOD}/results/people/P3")
                if after["result"] != before["result"]:
                    break
                assert time.monotonic() < end
                time.sleep(0.1)
            assert float(after["result"]["bonus"]) > float(before["result"]["bonus"])
            assert after["position"] > before["position"]
            again = get(evaluator, f"{PERIOD}/results/people/P3", as_of=before["position"])
            assert again == before
            [found] = [
                one
                for one in get(learner, f"{PERIOD}/evidence/people/P3")["statements"]
                if one["id"] == statement["id"]
            ]
            assert (found["course"], found["counted"]) == ("E1", True)
            assert learner.get(f"{PERIOD}/results/people/P2").status_code == 404
            assert evaluator.get(f"{PERIOD}/results/people/P1").status_code == 404
            page = evaluator.get(f"{PERIOD}/results/people", headers={"Accept": "text/csv"})
            assert page.text.splitlines()[-1].startswith("P3,Lê Minh Châu,Y,")

"""schemathesis reads what /openapi.json promises, and holds the store to it."""

import subprocess
import sys
from pathlib import Path

import httpx

from tests.lrs.commands import Commands
from tests.servers import ROOT, Server

MOVEMENT = ROOT / "tests" / "golden" / "movement-2026"


def test_every_answer_is_as_promised(server: Server) -> None:
    check(server.url)


def test_every_answer_to_an_evaluator_is_as_promised(sqlite_url: str, tmp_path: Path) -> None:
    commands = Commands(sqlite_url, tmp_path)
    commands.run("import", "case", MOVEMENT)
    made = commands.json(
        "accounts", "create", "a", "--role", "evaluator", "--role", "auditor", "--everything",
        "--generate",
    )  # fmt: skip
    with Server(sqlite_url, tmp_path) as server:
        sent = {"name": "a", "password": made["password"], "use": "bearer"}
        session = httpx.post(f"{server.url}/api/v1/session", json=sent)
        check(server.url, session.json()["token"])


def check(*arguments: str) -> None:
    check = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.openapi_check", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert check.returncode == 0, check.stdout + check.stderr

"""People sign in to real servers: over a restart, and whichever worker answers."""

from pathlib import Path

import httpx

from tests.lrs.commands import Commands
from tests.servers import Server


def account(url: str, directory: Path, name: str = "an.nv") -> str:
    """A new account; gives its password."""
    commands = Commands(url, directory)
    made = commands.json(
        "accounts", "create", name, "--role", "auditor", "--everything", "--generate"
    )
    return str(made["password"])


def sign_in(client: httpx.Client, password: str, name: str = "an.nv") -> httpx.Response:
    return client.post("/session", json={"name": name, "password": password})


def test_a_session_outlasts_a_restart_and_ends_with_its_account(
    sqlite_url: str, tmp_path: Path
) -> None:
    with Server(sqlite_url, tmp_path) as server:
        password = account(sqlite_url, tmp_path)
        with httpx.Client(base_url=f"{server.url}/api/v1") as client:
            assert sign_in(client, password).status_code == 201
            server.stop()
            server.restart()
            assert client.get("/session").json()["name"] == "an.nv"
            assert client.get("/accounts").json()["accounts"][0]["name"] == "an.nv"
            Commands(sqlite_url, tmp_path).run("accounts", "close", "an.nv")
            assert client.get("/session").status_code == 401


def test_every_worker_knows_a_session_its_end_and_the_attempts(
    postgres_url: str, tmp_path: Path
) -> None:
    with Server(postgres_url, tmp_path, LRS_WORKERS="2") as server:
        password = account(postgres_url, tmp_path)
        base = f"{server.url}/api/v1"

        def anew(cookies: httpx.Cookies) -> httpx.Client:
            """On a connection of its own, which any worker may take."""
            return httpx.Client(base_url=base, cookies=cookies)

        with httpx.Client(base_url=base) as client:
            assert sign_in(client, password).status_code == 201
            cookies = client.cookies
        for _ in range(20):
            with anew(cookies) as client:
                assert client.get("/session").status_code == 200
        with anew(cookies) as client:
            assert client.delete("/session").status_code == 204
        for _ in range(20):
            with anew(cookies) as client:
                assert client.get("/session").status_code == 401
        told = []
        for _ in range(12):
            with anew(httpx.Cookies()) as client:
                told.append(sign_in(client, "not this one", "nobody").status_code)
        assert told == [401] * 10 + [429] * 2

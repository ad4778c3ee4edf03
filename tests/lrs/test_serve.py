"""The server as a process: how it starts, how it stops, what survives."""

import contextlib
import os
import re
import resource
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx
import orjson
import pytest

from tests.examples import statement
from tests.lrs.commands import Commands
from tests.servers import KEY, Server, free_port

CLIENTS = 8


def send_until(server: Server, stopped: Event) -> list[str]:
    """Ids of the statements the server acknowledged, each posted by itself."""
    acknowledged: list[str] = []
    with server.client() as client:
        while not stopped.is_set():
            id_ = str(uuid4())
            try:
                answer = client.post("/statements", json=statement(id=id_))
            except httpx.HTTPError:
                return acknowledged
            if answer.status_code == 200:
                acknowledged.append(id_)
            else:
                assert answer.status_code == 503, answer.text
    return acknowledged


def missing(server: Server, ids: list[str]) -> list[str]:
    with server.client() as client:
        get = lambda id_: client.get("/statements", params={"statementId": id_})  # noqa: E731
        return [id_ for id_ in ids if get(id_).status_code != 200]


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_stopping_under_load_loses_nothing_and_exits_with_0(sqlite_url, tmp_path, number):
    with Server(sqlite_url, tmp_path) as server:
        stopped = Event()
        with ThreadPoolExecutor(CLIENTS) as pool:
            sending = [pool.submit(send_until, server, stopped) for _ in range(CLIENTS)]
            time.sleep(1)
            server.process.send_signal(number)
            code = server.process.wait(20)
            stopped.set()
        acknowledged = [id_ for future in sending for id_ in future.result()]
        assert code == 0, server.log.read_text()
        assert acknowledged
        server.restart()
        assert missing(server, acknowledged) == []


def test_a_request_under_way_is_answered_before_the_server_ends(sqlite_url, tmp_path):
    with Server(sqlite_url, tmp_path) as server:
        body = orjson.dumps(statement())
        head = (
            f"POST /api/v1/validate HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head.encode() + body[:10])
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            connection.sendall(body[10:])
            connection.settimeout(10)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")
        assert server.process.wait(20) == 0


def test_what_is_said_at_the_start_hides_the_password(postgres_url, tmp_path):
    url = postgres_url.replace("hocba@", "hocba:not-to-be-seen@")
    with Server(url, tmp_path, LRS_LOG_LEVEL="warning") as server:
        said = server.log.read_text()
    assert "not-to-be-seen" not in said
    assert "hocba:***@" in said
    assert server.url in said
    assert f"Default credential: {KEY}" in said


def test_a_request_is_logged_at_debug_and_never_with_its_content(sqlite_url, tmp_path):
    with Server(sqlite_url, tmp_path, LRS_LOG_LEVEL="debug") as server, server.client() as client:
        client.post("/statements", json=statement())
        client.get("/statements", params={"agent": '{"mbox":"mailto:someone@example.com"}'})
        wait_until(lambda: server.log.read_text().count('"path": "/xapi/statements"') == 2)
    said = server.log.read_text()
    assert "someone@example.com" not in said
    assert "Nguyễn" not in said


def test_a_second_server_on_the_same_file_is_refused_with_a_reason(sqlite_url, tmp_path):
    with Server(sqlite_url, tmp_path) as server:
        said = Commands(sqlite_url, tmp_path).run_apart("serve", "--port", free_port(), code=1)
        assert f"pid {server.process.pid}" in said
        assert "SQLite takes one writing process" in said


def test_a_link_to_the_file_is_the_file_to_a_second_server_and_to_commands(sqlite_url, tmp_path):
    (tmp_path / "linked").mkdir()
    link = tmp_path / "linked" / "link.db"
    link.symlink_to(tmp_path / "hocba.db")
    commands = Commands(f"sqlite:///{link}", tmp_path)
    with Server(sqlite_url, tmp_path) as server:
        said = commands.run_apart("serve", "--port", free_port(), code=1)
        assert f"pid {server.process.pid}" in said
        made = commands.json("credentials", "create", "--name", "x", "--scope", "all/read")
        answer = httpx.get(
            f"{server.endpoint}/statements",
            auth=(made["key"], made["secret"]),
            headers={"X-Experience-API-Version": "1.0.3"},
        )
        assert answer.status_code == 200
    assert list(link.parent.iterdir()) == [link]


def test_several_workers_on_sqlite_are_refused_with_a_mend(sqlite_url, tmp_path):
    said = Commands(sqlite_url, tmp_path).run_apart("serve", "--workers", "2", code=1)
    assert "exactly one writing process" in said
    assert "PostgreSQL" in said


def test_a_port_that_is_taken_is_named(sqlite_url, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = Commands(sqlite_url, tmp_path).run_apart("serve", "--port", port, code=1)
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "--port" in said


def test_a_database_that_is_away_is_said_in_a_line(tmp_path):
    url = f"postgresql://someone:secret@127.0.0.1:{free_port()}/none"
    said = Commands(url, tmp_path).run_apart("serve", "--port", free_port(), code=1)
    assert "the database cannot be opened" in said
    assert "secret" not in said


def test_a_log_that_cannot_be_written_ends_the_server_with_1(sqlite_url, tmp_path):
    with Server(sqlite_url, tmp_path) as server:
        acknowledged = []
        with server.client() as client:
            for _ in range(20):
                answer = client.post("/statements", json=statement())
                acknowledged += answer.json()
            size = max(os.path.getsize(f) for f in tmp_path.glob("hocba.db*"))
            # The disk of this process is full from now on.
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, size))
            with contextlib.suppress(httpx.HTTPError):
                while (answer := client.post("/statements", json=statement())).status_code == 200:
                    acknowledged += answer.json()
        assert server.process.wait(20) == 1, server.log.read_text()
        assert "the log failed, stopping" in server.log.read_text()
        server.restart()
        assert missing(server, acknowledged) == []


@pytest.fixture
def workers(postgres_url: str, tmp_path: Path) -> Iterator[Server]:
    with Server(postgres_url, tmp_path, LRS_WORKERS="2") as server:
        wait_until(lambda: len(worker_pids(server)) == 2)
        yield server


def worker_pids(server: Server) -> set[int]:
    """Processes that have said they serve and are still there."""
    started = re.findall(r"Started server process \[(\d+)\]", server.log.read_text())
    listed = subprocess.run(
        ("pgrep", "-P", str(server.process.pid)), capture_output=True, text=True, check=False
    )
    return {int(pid) for pid in started} & {int(pid) for pid in listed.stdout.split()}


def test_workers_share_one_log_and_one_metrics(workers):
    ids = []
    for _ in range(30):  # a new connection each, so that both workers get some
        with workers.client() as client:
            ids += client.post("/statements", json=statement()).json()
    assert missing(workers, ids) == []

    def counted() -> bool:
        text = httpx.get(f"{workers.url}/metrics").text
        return 'lrs_requests_total{method="POST",resource="statements",status="200"} 30.0' in text

    wait_until(counted)
    assert workers.stop() == 0, workers.log.read_text()


def test_a_worker_that_dies_is_started_again(workers):
    before = worker_pids(workers)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(worker_pids(workers) - {victim}) == 2)
    with workers.client() as client:
        assert client.post("/statements", json=statement()).status_code == 200
    assert workers.stop() == 0


def test_workers_end_with_their_supervisor(workers):
    os.kill(workers.process.pid, signal.SIGKILL)
    workers.process.wait()
    wait_until(lambda: not answers(workers.port))


def test_the_address_can_be_chosen_by_option_and_is_left_when_killed(sqlite_url, tmp_path):
    """What a killed server leaves behind hinders neither the next server nor a command."""
    commands = Commands(sqlite_url, tmp_path)
    for _ in range(2):
        port = free_port()
        with subprocess.Popen(
            (sys.executable, "-m", "lrs", "serve", "--host", "127.0.0.1", "--port", str(port)),
            env=commands.environment,
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            wait_until(partial(answers, port))
            assert commands.json("credentials", "list") == []
            process.kill()
        assert commands.json("credentials", "list") == []


def test_the_demo_serves_what_it_says_and_the_same_when_started_again(tmp_path):
    commands = Commands("sqlite:///unused.db", tmp_path)
    del commands.environment["LRS_PEPPER_FILE"]
    said = []
    for _ in range(2):
        arguments = ("demo", "--dir", str(tmp_path / "demo"), "--statements", "300")
        with subprocess.Popen(
            (sys.executable, "-m", "lrs", *arguments, "--port", str(free_port())),
            env=commands.environment,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            try:
                line = next(line for line in process.stdout if line.startswith("Try:"))
                curl = shlex.split(line.removeprefix("Try:"))
                key, _, secret = curl[curl.index("-u") + 1].partition(":")
                answer = httpx.get(
                    curl[-1], auth=(key, secret), headers={"X-Experience-API-Version": "1.0.3"}
                )
                assert len(answer.json()["statements"]) == 3
            finally:
                process.terminate()
            said.append((secret, answer.json()["statements"]))
        assert process.returncode == 0
    assert said[0] == said[1]
    assert not (tmp_path / "unused.db").exists()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    except httpx.HTTPError:
        return False

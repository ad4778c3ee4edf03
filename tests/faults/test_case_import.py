"""An import that is killed is run again, and then everything is as if it never had been.

A short round runs with all tests; `make faults` kills one import of a larger case many times over.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest

from lrs.reading import open_for_reading
from lrs.settings import Settings
from schemas.events import STATEMENT_KINDS
from schemas.register import REGISTER_KINDS
from tests.assessment import reference
from tests.assessment.random_cases import write_case
from tests.evaluation import Json, check, documents, head_of
from tests.faults.checks import check_tables
from tests.lrs.commands import ROOT, Commands
from tests.servers import Server

SMALL = (20, 2_000)  # people and lines
LARGE = (200, 5_000)
SECONDS = 60


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[int, int]], Path]:
    """Random cases with appeals, by their size, and what they must come to beside them."""

    @lru_cache
    def case(size: tuple[int, int]) -> Path:
        folder = tmp_path_factory.mktemp("killed") / "case"
        write_case(folder, seed=3, people=size[0], statements=size[1])
        return folder

    return case


@lru_cache
def wanted_of(folder: Path) -> Json:
    return reference.expected(folder)


class Importing:
    """``lrs import case`` in a process of its own."""

    def __init__(self, commands: Commands, folder: Path) -> None:
        self._complaint: str | None = None
        self._process = subprocess.Popen(
            (sys.executable, "-m", "lrs", "import", "case", folder),
            env=commands.environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self.complaint()

    def complaint(self) -> str:
        """What it says of a failure, once it has ended."""
        if self._complaint is None:
            self._complaint = self._process.communicate(timeout=SECONDS)[1]
        return self._complaint

    @property
    def code(self) -> int:
        return self._process.returncode


@contextmanager
def importing(commands: Commands, folder: Path) -> Iterator[Importing]:
    started = Importing(commands, folder)
    try:
        yield started
    finally:
        if not started.has_ended():
            started.kill()
        started.complaint()


def wait_for(database_url: str, position: int, importing: Importing) -> None:
    """Until the log has come so far, or the import has ended."""
    deadline = time.monotonic() + SECONDS
    settings = Settings(database_url=database_url)
    while not importing.has_ended():
        try:
            with open_for_reading(settings) as log:
                while not importing.has_ended() and log.head().position < position:
                    assert time.monotonic() < deadline, f"position {position} is not reached"
                    time.sleep(0.001)
                return
        except Exception:  # there is no such database yet
            assert time.monotonic() < deadline, "there is no log"
            time.sleep(0.01)


def check_log(database_url: str) -> None:
    """No gap, nothing twice, and the tables are those of the log."""
    with (
        open_for_reading(Settings(database_url=database_url)) as log,
        log.storage.read() as connection,
    ):
        entries = log.read_in(connection, 0, 10**9)
        assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
        versions = [entry.stream_version for entry in entries if entry.kind in REGISTER_KINDS]
        assert versions == list(range(1, len(versions) + 1))
        statements = [entry.stream_id for entry in entries if entry.kind in STATEMENT_KINDS]
        assert len(statements) == len(set(statements))
        check_tables(connection, entries)


def check_again(commands: Commands, database_url: str, folder: Path) -> None:
    """Import once more; then everything is there, once, and comes to what it must."""
    done = commands.json("import", "case", folder)
    lines = sum(len(path.read_bytes().splitlines()) for path in (folder / "statements").iterdir())
    assert done["stored"] + done["present"] + done["refused"] == lines
    wanted = wanted_of(folder)
    check(wanted, documents(commands, wanted))
    position = head_of(database_url)
    again = commands.json("import", "case", folder)
    assert (again["recorded"], again["stored"], again["credentials"]) == (0, 0, 0)
    assert head_of(database_url) == position
    check_log(database_url)


def test_a_command_killed_while_it_imports_is_run_again(
    cases: Callable[..., Path], database_url: str, tmp_path: Path
) -> None:
    folder, commands = cases(SMALL), Commands(database_url, tmp_path)
    with importing(commands, folder) as killed:
        wait_for(database_url, SMALL[1] // 2, killed)
        killed.kill()
    assert killed.code == -signal.SIGKILL, "it had ended before it could be killed"
    check_again(commands, database_url, folder)


def test_a_server_killed_while_it_imports_is_started_and_asked_again(
    cases: Callable[..., Path], sqlite_url: str, tmp_path: Path
) -> None:
    folder, commands = cases(SMALL), Commands(sqlite_url, tmp_path)
    with Server(sqlite_url, tmp_path) as server:
        with importing(commands, folder) as left:
            wait_for(sqlite_url, SMALL[1] // 2, left)
            server.kill()
            complaint = left.complaint()
        assert left.code == 1
        assert "Traceback" not in complaint
        assert f"asking the server at {server.url} failed" in complaint
        server.restart()
        check_again(commands, sqlite_url, folder)


@pytest.mark.faults
def test_a_server_goes_on_importing_when_the_command_is_killed(
    cases: Callable[..., Path], sqlite_url: str, tmp_path: Path
) -> None:
    folder, commands = cases(SMALL), Commands(sqlite_url, tmp_path)
    with Server(sqlite_url, tmp_path):
        with importing(commands, folder) as killed:
            wait_for(sqlite_url, SMALL[1] // 4, killed)
            killed.kill()
        wait_until_idle(commands, folder)
        check_again(commands, sqlite_url, folder)


def wait_until_idle(commands: Commands, folder: Path) -> None:
    """Until the server lets another import begin."""
    deadline = time.monotonic() + SECONDS
    while True:
        with importing(commands, folder) as another:
            complaint = another.complaint()
        if another.code == 0:
            return
        assert "an import is under way already" in complaint
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.faults
def test_twenty_kills_of_one_command_after_another(
    cases: Callable[..., Path], database_url: str, tmp_path: Path
) -> None:
    folder, commands = cases(LARGE), Commands(database_url, tmp_path)
    kills = kill_often(
        lambda: importing(commands, folder), database_url, lambda killed: killed.kill()
    )
    check_again(commands, database_url, folder)
    assert kills >= 5


@pytest.mark.faults
def test_twenty_kills_of_the_server_that_imports(
    cases: Callable[..., Path], sqlite_url: str, tmp_path: Path
) -> None:
    folder, commands = cases(LARGE), Commands(sqlite_url, tmp_path)
    with Server(sqlite_url, tmp_path) as server:

        def kill(left: Importing) -> None:
            server.kill()
            assert "Traceback" not in left.complaint()
            server.restart()

        kills = kill_often(lambda: importing(commands, folder), sqlite_url, kill)
        check_again(commands, sqlite_url, folder)
    assert kills >= 5


def kill_often(
    begin: Callable[[], object], database_url: str, kill: Callable[[Importing], None]
) -> int:
    """Begin an import, kill it after some more events, twenty times or until one ends by itself;
    returns how many kills met one under way.
    """
    dice = random.Random(5)
    kills = reached = 0
    for _ in range(20):
        with begin() as started:  # type: ignore[attr-defined]
            wait_for(database_url, reached + dice.choice((1, 50, 300, 700)), started)
            if started.has_ended():
                break
            kill(started)
        kills += started.code != 0
        reached = head_of(database_url)
        print(f"killed at position {reached}")
    return kills

"""Nothing acknowledged is ever lost: the server is killed while four platforms send to it.

A short round runs with all tests; `make faults` runs twenty, several workers, a database that is
cut off and a disk that is full.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import database_on, start_postgres
from tests.faults.checks import check_store
from tests.faults.senders import Report, sending
from tests.servers import Server


def kill_and_check(database_url: str, directory: Path, rounds: int, **settings: str) -> None:
    """Kill the server at a random moment under load, start it again, and check everything."""
    in_flight = events = 0
    with (
        Server(database_url, directory, **settings) as server,
        sending(server.url, directory) as senders,
    ):
        for _ in range(rounds):
            senders.wait_for_answers(30)
            time.sleep(random.uniform(0, 0.5))
            server.kill()
            report = senders.read_notes()
            in_flight += len(report.sent) > len(report.answers)
            server.restart()
            events = check_store(server, database_url, senders)
        senders.wait_for_answers(30)
        senders.stop()
        events = check_store(server, database_url, senders)
    tell(senders.report, events, f"{rounds} rounds")
    assert in_flight > 0, "no kill met a request under way: the rounds proved nothing"


def tell(report: Report, events: int, what: str) -> None:
    """The figures of a run, for whoever reads its output (pytest -rP)."""
    answers = Counter(report.answers.values())
    print(
        f"{what}: {len(report.acknowledged)} statements acknowledged by {answers[200]} answers,"
        f" {answers[409]} conflicts, {report.refusals} answers of 503, {events} events in the log"
    )
    assert answers[200] > 20
    assert answers[409] > 5, "too few conflicts to prove anything"


def test_a_killed_server_has_everything_it_acknowledged(database_url: str, tmp_path: Path) -> None:
    kill_and_check(database_url, tmp_path, rounds=2)


@pytest.mark.faults
def test_twenty_kills_lose_nothing(database_url: str, tmp_path: Path) -> None:
    kill_and_check(database_url, tmp_path, rounds=20)


@pytest.mark.faults
def test_several_workers_killed_at_once_lose_nothing(postgres_url: str, tmp_path: Path) -> None:
    kill_and_check(postgres_url, tmp_path, rounds=20, LRS_WORKERS="3")


@pytest.mark.faults
def test_one_of_several_workers_killed_loses_nothing(postgres_url: str, tmp_path: Path) -> None:
    """The others go on, and the supervisor starts a new one."""
    with (
        Server(postgres_url, tmp_path, LRS_WORKERS="3") as server,
        sending(server.url, tmp_path) as senders,
    ):
        for _ in range(20):
            senders.wait_for_answers(30)
            os.kill(random.choice(server.workers()), signal.SIGKILL)
            senders.wait_for_answers(60)
        senders.stop()
        tell(senders.report, check_store(server, postgres_url, senders), "20 workers killed")


@pytest.mark.faults
def test_a_postmaster_killed_under_load_loses_nothing(tmp_path: Path) -> None:
    """The store outlives its database: 503 meanwhile, and then it goes on."""
    with (
        start_postgres() as postgres,
        database_on(postgres.url) as url,
        Server(url, tmp_path) as server,
        sending(server.url, tmp_path) as senders,
    ):
        for _ in range(20):
            senders.wait_for_answers(30)
            time.sleep(random.uniform(0, 0.5))
            postgres.kill()
            time.sleep(random.uniform(0, 1))
            postgres.start()
            senders.wait_for_answers(30)
            check_store(server, url, senders)
        senders.stop()
        events = check_store(server, url, senders)
        assert server.process.poll() is None
    tell(senders.report, events, "20 times without a database")
    assert senders.report.refusals > 0


class Disk:
    """A small file system in memory, which can be filled up and cleared again."""

    def __init__(self, megabytes: int) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="hocba-disk-"))
        self.path.chmod(0o755)  # PostgreSQL runs under an account of its own
        self._ballast = self.path / "ballast"
        options = f"size={megabytes}m,mode=0777"
        mount = ("mount", "-t", "tmpfs", "-o", options, "tmpfs", self.path)
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode:
            self.path.rmdir()
            pytest.fail(
                "A disk that fills up is a small tmpfs, and this account may not mount one"
                f" ({done.stderr.strip()}). Run as root: sudo make faults."
            )

    def fill(self, spare_kilobytes: int) -> None:
        """Leave so much free, while others are writing."""
        with self._ballast.open("wb") as ballast:
            while (free := shutil.disk_usage(self.path).free - spare_kilobytes * 1024) > 0:
                with contextlib.suppress(OSError):
                    size = os.fstat(ballast.fileno()).st_size
                    os.posix_fallocate(ballast.fileno(), size, free)

    def clear(self) -> None:
        self._ballast.unlink()

    def unmount(self) -> None:
        subprocess.run(("umount", "--lazy", self.path), check=True)
        self.path.rmdir()


@pytest.fixture
def disk() -> Iterator[Disk]:
    made = Disk(400)
    yield made
    made.unmount()


@pytest.mark.faults
def test_a_full_disk_under_sqlite_stops_the_server_and_loses_nothing(
    disk: Disk, tmp_path: Path
) -> None:
    url = f"sqlite:///{disk.path / 'hocba.db'}"
    with Server(url, tmp_path) as server, sending(server.url, tmp_path) as senders:
        for _ in range(5):
            senders.wait_for_answers(30)
            disk.fill(random.randrange(200, 2000))
            assert server.process.wait(60) == 1  # what a failed fsync left behind is not known
            assert "the log failed" in server.log.read_text()
            disk.clear()
            server.restart()
            check_store(server, url, senders)
        senders.wait_for_answers(30)
        senders.stop()
        tell(senders.report, check_store(server, url, senders), "5 times a full disk")


@pytest.mark.faults
def test_a_full_disk_under_postgresql_loses_nothing(disk: Disk, tmp_path: Path) -> None:
    with (
        start_postgres(disk.path) as postgres,
        database_on(postgres.url) as url,
        Server(url, tmp_path) as server,
        sending(server.url, tmp_path) as senders,
    ):
        for _ in range(5):
            senders.wait_for_answers(30)
            refused = senders.report.refusals
            disk.fill(random.randrange(200, 2000))
            deadline = time.monotonic() + 60
            while senders.read_notes().refusals == refused:
                assert time.monotonic() < deadline, "the disk is full, and nobody was refused"
                time.sleep(0.1)
            disk.clear()
            if not postgres.is_running():
                postgres.start()
            senders.wait_for_answers(30)
            check_store(server, url, senders)
        senders.stop()
        tell(senders.report, check_store(server, url, senders), "5 times a full disk")

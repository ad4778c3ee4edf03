"""Real server processes for tests, on free ports of this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import httpx

ROOT = Path(__file__).parents[1]
KEY, SECRET = "hocba-test", "a-secret-for-tests-only"
START_SECONDS = 30


class Server:
    """``lrs serve`` as a process of its own; ends with the ``with`` block, or by ``kill``."""

    def __init__(self, database_url: str, directory: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.endpoint = f"{self.url}/xapi"
        self.log = directory / f"server-{self.port}.log"
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("LRS_") or name == "LRS_SEALING_KEY_FILE"
        }
        self._environment: Mapping[str, str] = {
            **inherited,
            "PYTHONPATH": str(ROOT),
            "LRS_DATABASE_URL": database_url,
            "LRS_HTTP_PORT": str(self.port),
            "LRS_API_KEY_DEFAULT": KEY,
            "LRS_API_SECRET_DEFAULT": SECRET,
            "LRS_PEPPER_FILE": str(directory / "pepper"),
            "LRS_RATE_LIMIT": "0",
            **settings,
        }
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "lrs", "serve"],
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self, seconds: float = START_SECONDS) -> Self:
        deadline = time.monotonic() + seconds
        with httpx.Client(timeout=2, verify=False) as client:  # no certificates to load
            while True:
                if self.process.poll() is not None:
                    raise RuntimeError(f"the server ended: {self.log.read_text()[-4000:]}")
                try:
                    if client.get(f"{self.url}/health/ready").status_code == 200:
                        return self
                except httpx.HTTPError:
                    pass
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the server is not ready: {self.log.read_text()[-4000:]}")
                time.sleep(0.05)

    def restart(self) -> Self:
        """Start it again on the same port, after ``kill`` or ``stop``."""
        self.process = self._start()
        return self.wait_until_ready()

    def kill(self) -> None:
        """SIGKILL to the server and every process it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds: float = 20) -> int:
        """SIGTERM, as an operator stops it; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def workers(self) -> list[int]:
        """Process ids of the workers that serve, of a server with several."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                command = (stat.parent / "cmdline").read_bytes()
                if parent == self.process.pid and b"spawn_main" in command:
                    found.append(int(stat.parent.name))
        return found

    def client(self, version: str = "1.0.3") -> httpx.Client:
        return httpx.Client(
            base_url=self.endpoint,
            auth=(KEY, SECRET),
            headers={"X-Experience-API-Version": version},
            timeout=30,
        )

    def __enter__(self) -> Self:
        try:
            return self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

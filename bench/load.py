"""The load generator: a process of its own that costs little beside the server it drives.

It does as little for a request as can be done in Python: a socket, a selector, bytes made
beforehand. Every connection has one request under way. Only answers with status 200 count.
"""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from selectors import EVENT_READ, DefaultSelector
from typing import NamedTuple

from bench.traffic import Requests, Traffic

WARM_UP = 0.2  # of the time of a run, before it
SEND_BUFFER = 1 << 20
CHUNK = 1 << 18


class NothingAnswered(Exception):
    """No answer had status 200; with the number of those that had another."""


class Load(NamedTuple):
    """How a server did. ``median`` and ``slowest`` (of a hundred) are milliseconds of an answer."""

    answered: int
    refused: int
    sent: int  # all of them, also while warming up
    seconds: float
    cpu: float  # of the generator itself, as a share of a core
    median: float
    slowest: float

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


class LoadGenerator:
    """Runs loads in the other process."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def run(self, port: int, traffic: Traffic, connections: int, seconds: float) -> Load:
        return self._pool.submit(drive, port, traffic, connections, seconds).result()


@contextmanager
def load_generator() -> Iterator[LoadGenerator]:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield LoadGenerator(pool)


def drive(port: int, traffic: Traffic, connections: int, seconds: float) -> Load:
    """Send as fast as answers come, for so long. Raises NothingAnswered."""
    requests = Requests(traffic)
    opened = [_Connection(port) for _ in range(connections)]
    try:
        _drive(opened, requests, seconds * WARM_UP)
        return _drive(opened, requests, seconds)
    finally:
        for connection in opened:
            connection.socket.close()


def _drive(opened: "list[_Connection]", requests: Requests, seconds: float) -> Load:
    took: list[float] = []
    refused = 0
    with DefaultSelector() as selector:
        cpu, began = time.process_time(), time.perf_counter()
        end = began + seconds
        for connection in opened:
            selector.register(connection.socket, EVENT_READ, connection)
            connection.send(requests.next())
        under_way = len(opened)
        while under_way:
            for key, _ in selector.select():
                connection = key.data
                if not connection.receive():
                    continue
                now = time.perf_counter()
                if connection.status == b"200":
                    took.append(now - connection.sent)
                else:
                    refused += 1
                if now < end:
                    connection.send(requests.next())
                else:
                    under_way -= 1
        took_all, cpu = time.perf_counter() - began, time.process_time() - cpu
    if not took:
        raise NothingAnswered(refused)
    took.sort()
    return Load(
        len(took),
        refused,
        requests.made,
        took_all,
        cpu / took_all,
        1000 * took[len(took) // 2],
        1000 * took[len(took) * 99 // 100],
    )


class _Connection:
    """A connection that is kept alive, with one request under way."""

    __slots__ = ("_head", "_missing", "sent", "socket", "status")

    def __init__(self, port: int) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", port))
        self.status = b""
        self._head = b""
        self._missing = 0

    def send(self, request: bytes) -> None:
        self.sent = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has come; True when the answer is complete."""
        data = self.socket.recv(CHUNK)
        if not data:
            raise ConnectionResetError("the server closed a connection")
        if not self._missing:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return False
            self.status = self._head[9:12]
            length = self._head[:end].lower().partition(b"content-length: ")[2]
            self._missing = end + 4 + int(length.partition(b"\r\n")[0])
            data, self._head = self._head, b""
        self._missing -= len(data)
        return not self._missing

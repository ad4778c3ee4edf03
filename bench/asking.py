"""A load on a server, and what it cost there."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from bench.databases import Database
from bench.load import Load, LoadGenerator
from bench.machine import cpu_seconds
from bench.traffic import Traffic
from tests.servers import Server


class Asked(NamedTuple):
    """``server_cpu`` and ``database_cpu`` are processor seconds for one request."""

    load: Load
    server_cpu: float
    database_cpu: float

    @property
    def rate(self) -> float:
        """Answers with status 200, a second."""
        return self.load.rate


class Asker:
    """Sends to one server and watches what that uses."""

    def __init__(self, server: Server, database: Database, generator: LoadGenerator) -> None:
        self._server = server
        self._database = database
        self._generator = generator

    def ask(self, traffic: Traffic, connections: int, seconds: float) -> Asked:
        server, database = self._used()
        load = self._generator.run(self._server.port, traffic, connections, seconds)
        server_after, database_after = self._used()
        return Asked(
            load,
            (server_after - server) / load.sent,
            (database_after - database) / load.sent,
        )

    def _used(self) -> tuple[float, float]:
        return cpu_seconds(self._server.process.pid), self._database.cpu_seconds()


def median_rate(asked: Sequence[Asked]) -> float:
    return median(one.rate for one in asked)


def describe(asked: Sequence[Asked]) -> str:
    """What stands beside a rate: where the time went, and whether the generator was in the way."""

    def middle(values: Sequence[float]) -> float:
        return median(values)

    server = 1e6 * middle([one.server_cpu for one in asked])
    database = 1e6 * middle([one.database_cpu for one in asked])
    cpu = f"{server:.0f}+{database:.0f}" if database else f"{server:.0f}"
    return (
        f"{cpu} us CPU, {middle([one.load.median for one in asked]):.1f} ms"
        f" (99 %: {middle([one.load.slowest for one in asked]):.1f}),"
        f" client {100 * middle([one.load.cpu for one in asked]):.0f} % of a core"
        + _refused(sum(one.load.refused for one in asked))
    )


def _refused(number: int) -> str:
    return f", {number} REFUSED" if number else ""

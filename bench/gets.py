"""Pages of 50 statements over HTTP, as many as a store can send."""

from typing import Final

from bench.asking import Asker, describe, median_rate
from bench.databases import Database
from bench.load import LoadGenerator
from bench.queries import FILTERS
from bench.report import Report, at_least
from bench.scale import Scale
from bench.server import serving
from bench.traffic import Traffic

TITLE: Final = "GET of 50 statements, 16 connections"
CONNECTIONS: Final = 16
PEER: Final = 64
"""A second: the best peer on this class of machine."""


def measure(database: Database, scale: Scale, report: Report, load: LoadGenerator) -> None:
    report.begin("(f) gets", f"{database.kind}, {scale.sizes[-1]:,} statements", TITLE)
    with serving(database) as server:
        asker = Asker(server, database, load)
        for name in ("no filter", "agent", "verb"):
            traffic = Traffic("GET", FILTERS[name].path(None))
            asked = [asker.ask(traffic, CONNECTIONS, scale.seconds) for _ in range(scale.rounds)]
            target = at_least(5 * PEER) if name == "no filter" else None
            report.add(name, median_rate(asked), "/s", target=target, note=describe(asked))

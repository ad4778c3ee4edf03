"""Single statements, each durable when it is answered, against an empty handler.

Both are asked in turn on one server, so that whatever else the machine does hits both.
"""

from typing import Final

from bench.asking import Asker, describe, median_rate
from bench.databases import NewDatabase
from bench.load import LoadGenerator
from bench.report import Report, at_least
from bench.scale import Scale
from bench.server import serving
from bench.traffic import EMPTY, POST, Traffic

TITLE: Final = "single durable POSTs; bound: an empty handler on the same server"
JUDGED: Final = 16  # connections
EMPTY_POSTS: Final = Traffic("POST", EMPTY, 1)
STATEMENT_POSTS: Final = Traffic("POST", POST, 1)
IN_MEMORY: Final = 234
"""A second: the best store measured on this class of machine that keeps nothing on a disk."""

ON_DISK: Final = 55
"""The best of those that do."""


def measure(new_database: NewDatabase, scale: Scale, report: Report, load: LoadGenerator) -> None:
    with new_database() as database, serving(database) as server:
        report.begin("(a) posts", database.kind, TITLE)
        asker = Asker(server, database, load)
        for connections in scale.connections:
            _compare(asker, connections, scale, report)


def _compare(asker: Asker, connections: int, scale: Scale, report: Report) -> None:
    empty, single = [], []
    for _ in range(scale.rounds):
        empty.append(asker.ask(EMPTY_POSTS, connections, scale.seconds))
        single.append(asker.ask(STATEMENT_POSTS, connections, scale.seconds))
    judged = connections == JUDGED
    report.add(
        f"{connections} connections",
        median_rate(single),
        "/s",
        bound=median_rate(empty),
        target=at_least(0.5) if judged else None,
        note=f"{describe(single)}; empty: {describe(empty)}",
    )
    if judged:
        target = at_least(max(5 * IN_MEMORY, 20 * ON_DISK))
        report.add("  against peers", median_rate(single), "/s", target=target)

"""A log that grows, and what is measured on it: queries at every size, the rest at the last."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from bench import disk, gets, queries, replay
from bench.databases import Database, NewDatabase, settle
from bench.load import LoadGenerator
from bench.report import Report, say
from bench.scale import Scale
from bench.statements import as_event, statements
from bench.stores import default_credential, opened
from lrs.log.recorder import Append
from lrs.projector import catch_up
from lrs.store import FOLLOWED

PARTS: Final = ("queries", "gets", "disk", "replay")
APPENDED_AT_ONCE: Final = 5000


def measure(
    new_database: NewDatabase,
    names: Sequence[str],
    scale: Scale,
    report: Report,
    load: LoadGenerator,
) -> None:
    with new_database() as small, new_database() as large:
        sent = statements()
        before = 0
        if "queries" in names:
            _grow(small, islice(statements(), scale.sizes[0]), scale.sizes[0])
        for size in scale.sizes[1:] if "queries" in names else scale.sizes[-1:]:
            _grow(large, islice(sent, size - before), size)
            before = size
            if "queries" in names:
                queries.measure(small, large, size, scale, report, load)
        if "gets" in names:
            gets.measure(large, scale, report, load)
        if "disk" in names:
            disk.measure(large, report)
        if "replay" in names:  # the last: it leaves other tables behind
            replay.measure(large, scale, report)


def _grow(database: Database, added: Iterator[dict[str, Any]], size: int) -> None:
    say(f"{database.kind}: the log grows to {size:,} statements")
    began, number = time.perf_counter(), 0
    with opened(database) as store:
        credential = default_credential(store)
        while events := [as_event(s, credential) for s in islice(added, APPENDED_AT_ONCE)]:
            store.log.append([Append(events)])
            number += len(events)
        seconds = time.perf_counter() - began
        for projection in FOLLOWED:  # else a server asked next would still be busy with it
            catch_up(store.log, projection)
    settle(database)
    say(f"{number / seconds:,.0f} statements a second")

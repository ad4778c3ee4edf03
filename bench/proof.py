"""What it costs that everything can be proved: leaves, the tree, checkpoints, sealed content.

A commitment and a seal are made on the path of every append; their cost is processor time. The
sealer makes the leaves and follows the log beside it: how fast it can, how far it is behind while
statements come in, and what it takes from them, by two servers asked in turn, one of which has
none. Verification and opening are what an auditor waits for.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from random import Random
from statistics import median
from threading import Event, Thread
from typing import Final

from bench.asking import Asked, Asker, describe, median_rate
from bench.databases import Database, NewDatabase, settle
from bench.load import LoadGenerator
from bench.report import Report, at_least, at_most
from bench.scale import Scale
from bench.server import WITHOUT_SEALER, serving
from bench.statements import as_event, statements
from bench.stores import opened, settings_of
from bench.traffic import POST, Traffic
from lrs.audit.checks.findings import Finding
from lrs.audit.merkle import inclusion_proof, verify_inclusion
from lrs.audit.sealer import Tree, seal_lag, store_tree
from lrs.audit.tiles import WIDTH, RightEdge, Tiles
from lrs.audit.verify import Outside, verify
from lrs.log import leaf
from lrs.log.opening import open_log
from lrs.log.recorder import Append, LogRecorder
from lrs.log.rows import Row
from lrs.log.storage import open_storage
from lrs.log.tables import EVENT_LOG, MERKLE_TREE
from lrs.privacy.sealing import ID_BYTES, NONCE_BYTES, SECRET_BYTES, DataKey, place_of
from lrs.reading import open_for_reading
from lrs.store import Store
from projections.rows import insert_rows
from schemas.events import NOBODY, NewEvent

TITLE: Final = "what a proof costs; bound of the POSTs: the same server without a sealer"
BATCH: Final = 50
AT_ONCE: Final = 1000  # events read together
BODIES: Final = 2000  # of which leaves and seals are made
PROOFS: Final = 200
CONNECTIONS: Final = 16
LOOK: Final = 0.05  # seconds between two looks at how far the sealer is behind
STATEMENT_POSTS: Final = Traffic("POST", POST, 1)


def measure(new_database: NewDatabase, scale: Scale, report: Report, load: LoadGenerator) -> None:
    events = [as_event(s, NOBODY) for s in islice(statements(), scale.audited)]
    with new_database() as plain, new_database() as sealed:
        report.begin("(h) proof", f"{plain.kind}, {len(events):,} events", TITLE)
        _leaves(events[:BODIES], report)
        _seals(events[:BODIES], report)
        bound = _grow(plain, events, report, seal=False)
        cost = _grow(sealed, events, report, seal=True)
        report.add("append, sealed", cost, "us", bound=bound, note="CPU; bound: not sealed")
        _audit(plain, report, seal=False)
        _audit(sealed, report, seal=True)
    with new_database() as database:
        _proofs(database, scale.leaves, report)
    with new_database() as database, new_database() as other:
        _posts(database, other, scale, report, load)


def _leaves(events: Sequence[NewEvent], report: Report) -> None:
    """Salt, commitment, record and leaf."""

    def make() -> None:
        for position, event in enumerate(events, 1):
            salt = os.urandom(leaf.SALT_LENGTH)
            commitment = leaf.commit(salt, event.body)
            length = len(event.body)
            record = leaf.leaf_record(
                position, position, event.kind, event.stream_id, 1, NOBODY, length, commitment
            )
            leaf.leaf_hash(record)

    report.add("leaf", 1e6 * _cpu_of(make) / len(events), "us", target=at_most(10))


def _seals(events: Sequence[NewEvent], report: Report) -> None:
    """One data key for each: no key is met twice in a row."""
    keys = [DataKey(os.urandom(ID_BYTES), os.urandom(SECRET_BYTES)) for _ in events]
    places = [place_of(n, event.kind, event.stream_id, 1) for n, event in enumerate(events)]
    sealed: list[bytes] = []

    def seal() -> None:
        sealed[:] = [
            key.seal(os.urandom(NONCE_BYTES), bytes(leaf.SALT_LENGTH) + event.body, place)
            for key, event, place in zip(keys, events, places, strict=True)
        ]

    def open_() -> None:
        for key, body, place in zip(keys, sealed, places, strict=True):
            key.open(body, place)

    report.add("sealing a body", 1e6 * _cpu_of(seal) / len(events), "us", target=at_most(10))
    report.add("opening a body", 1e6 * _cpu_of(open_) / len(events), "us", target=at_most(10))


def _cpu_of(part: Callable[[], None]) -> float:
    part()
    began = time.process_time()
    part()
    return time.process_time() - began


def _grow(database: Database, events: Sequence[NewEvent], report: Report, *, seal: bool) -> float:
    """Record the events, batch by batch, then build the tree over them and sign it.

    Returns microseconds of processor time an event, the database's too, of the second half: by then
    most people have a data key.
    """
    half = len(events) // 2
    with opened(database, seal=seal) as store:
        _append(store, events[:half])
        began = time.process_time() + database.cpu_seconds()
        _append(store, events[half:])
        cost = time.process_time() + database.cpu_seconds() - began
        settle(database)
        if not seal:
            seconds = _seconds_of(lambda: _build_tree(store))
            rate = store.log.head().position / seconds
            report.add("sealer", rate, "/s", target=at_least(50_000))
    return 1e6 * cost / half


def _append(store: Store, events: Sequence[NewEvent]) -> None:
    for start in range(0, len(events), BATCH):
        store.log.append([Append(events[start : start + BATCH])])


def _build_tree(store: Store) -> None:
    while store.sealer.seal(last=True) is not None:
        pass


def _audit(database: Database, report: Report, *, seal: bool) -> None:
    """Read and verify everything, as a command does beside a server."""
    settings = settings_of(database)
    what = "sealed" if seal else "plain"
    with open_for_reading(settings) as log:
        number = log.head().position
        seconds = _seconds_of(lambda: _read_all(log))
        report.add(f"reading, {what}", number / seconds, "/s")
        found: list[Finding] = []
        outside = Outside(file=settings.checkpoints_path)
        began = time.process_time() + database.cpu_seconds()
        seconds = _seconds_of(lambda: verify(log, outside, found.append))
        cpu = time.process_time() + database.cpu_seconds() - began
        assert not found, found[0]
        report.add(
            f"full verification a core, {what}",
            number / cpu,
            "/s",
            target=at_least(30_000),
            note=f"by the clock {number / seconds:,.0f}/s; with the database's processor time",
        )


def _read_all(log: LogRecorder) -> None:
    after = 0
    while entries := log.read(after, AT_ONCE):
        after = entries[-1].position


def _seconds_of(part: Callable[[], object]) -> float:
    began = time.perf_counter()
    part()
    return time.perf_counter() - began


def _proofs(database: Database, size: int, report: Report) -> None:
    """Inclusion proofs of a tree whose tiles are put into the tables as the sealer leaves them."""
    storage = open_storage(database.url)
    try:
        log = open_log(storage)
        edge = RightEdge()
        leaves = [_leaf(index) for index in range(size)]
        tiles = edge.grow(leaves)
        tail = range(size - size % WIDTH + 1, size + 1)
        rows = [_row(n) for n in tail]
        with storage.write() as connection:
            insert_rows(connection, EVENT_LOG, rows)
            insert_rows(connection, MERKLE_TREE, [(True, *Tree.of(1, edge))])
            store_tree(connection, Tree.of(1, edge), tiles, None)
        settle(database)
        root = edge.range().root()
        took = []
        for index in Random(7).sample(range(size), min(PROOFS, size)):
            with storage.read() as connection:
                began = time.perf_counter()
                proof = inclusion_proof(index, size, Tiles(log, connection).node)
                took.append(1000 * (time.perf_counter() - began))
            verify_inclusion(_leaf(index), index, size, proof, root)
    finally:
        storage.close()
    took.sort()
    report.add(
        f"inclusion proof, {size:,} leaves",
        median(took),
        "ms",
        target=at_most(5),
        note=f"99 %: {took[len(took) * 99 // 100]:.1f} ms",
    )


def _row(position: int) -> Row:
    return Row(position, position, 2, bytes(16), position, NOBODY, b"", b"", b"")


def _leaf(index: int) -> bytes:
    return leaf.leaf_hash(_row(index + 1).record)


def _posts(
    database: Database, other: Database, scale: Scale, report: Report, load: LoadGenerator
) -> None:
    """Two servers, asked in turn, so that whatever else the machine does hits both."""
    with serving(database) as server, serving(other, **WITHOUT_SEALER) as without:
        askers = Asker(server, database, load), Asker(without, other, load)
        asked: tuple[list[Asked], list[Asked]] = ([], [])
        lags: list[float] = []
        for _ in range(scale.rounds):
            with _looking(database, lags):
                asked[0].append(askers[0].ask(STATEMENT_POSTS, CONNECTIONS, scale.seconds))
            with _looking(other, []):  # looking costs as well
                asked[1].append(askers[1].ask(STATEMENT_POSTS, CONNECTIONS, scale.seconds))
    report.add(
        f"POSTs, {CONNECTIONS} connections",
        median_rate(asked[0]),
        "/s",
        bound=median_rate(asked[1]),
        target=at_least(0.9),
        note=f"{describe(asked[0])}; without: {describe(asked[1])}",
    )
    lags.sort()
    slowest = lags[len(lags) * 99 // 100]
    report.add("seal lag, 99 % of looks", slowest, "s", target=at_most(2))


@contextmanager
def _looking(database: Database, lags: list[float]) -> Iterator[None]:
    """While it lasts, look how long the first event has waited that no checkpoint covers."""
    ended = Event()

    def look() -> None:
        with open_for_reading(settings_of(database)) as log:
            while not ended.wait(LOOK):
                with log.storage.read() as connection:
                    lags.append(seal_lag(log, connection)[1])

    thread = Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()

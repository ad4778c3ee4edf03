"""The evaluation side: a ministry's year in the log, its assessment rebuilt, scored and explained.

A person has some forty statements a year, whatever the size of the ministry: the large log has more
people, not more of each.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from threading import Event, Thread
from typing import Final

import orjson

from bench.databases import Database, NewDatabase, settle
from bench.load import LoadGenerator
from bench.report import Report, at_least, at_most, say
from bench.scale import Scale
from bench.stores import opened
from lrs import evaluation
from lrs.case_import import senders
from lrs.cases import changes, read_case
from lrs.evaluation import Asked
from lrs.log.recorder import Append, StreamConflict
from lrs.ministry import Sent, statements, write_ministry
from lrs.privacy.subjects import of_statement
from lrs.projector import Follower, catch_up
from lrs.rebuild import rebuild
from lrs.register import change
from lrs.store import FOLLOWED, Store
from projections import assessment, statement_index
from schemas.comparison import content_hash
from schemas.events import Kind, NewEvent

TITLE: Final = "a ministry's year; bound of one person's: the same of a ministry a tenth the size"
A_PERSON: Final = 40  # statements
FEWEST: Final = 30
YEAR: Final = 2026
APPENDED_AT_ONCE: Final = 5000
ASKED: Final = 60  # people
LIVE_RATE: Final = 1000  # statements a second
LIVE_SECONDS: Final = 10.0
TICK: Final = 0.05


def measure(new_database: NewDatabase, scale: Scale, report: Report, _: LoadGenerator) -> None:
    size = scale.sizes[-1]
    with new_database() as small, new_database() as large:
        period = _fill(small, size // 10)
        _fill(large, size)
        people = f"{_people(size):,} people, {size:,} statements"
        report.begin("(g) evaluation", f"{large.kind}, {people}", TITLE)
        with opened(small) as one, opened(large) as other:
            _rebuild(other, report)
            _period(other, period, report)
            _one_person(one, other, period, report)
            _live(other, scale, report)


def _fill(database: Database, size: int) -> str:
    """The register and the statements of a ministry; returns its period."""
    people = _people(size)
    say(f"{database.kind}: a ministry of {people:,} people and {size:,} statements")
    with opened(database) as store, tempfile.TemporaryDirectory() as directory:
        write_ministry(Path(directory), people=people, statements=0, year=YEAR)
        case = read_case(Path(directory))
        change(store, lambda recorded: changes(case, recorded))
        credentials = senders(store, case)
        sent = statements(people=people, year=YEAR)
        for some in _batches(islice(sent, size)):
            # a request each: platforms also send what contradicts what they sent before
            store.log.append(
                [Append([_event(one, credentials[one.platform.id].id)]) for one in some]
            )
        for projection in FOLLOWED:
            catch_up(store.log, projection)
    settle(database)
    return case.period.id


def _people(size: int) -> int:
    return max(size // A_PERSON, FEWEST)


def _batches(sent: Iterator[Sent]) -> Iterator[Sequence[Sent]]:
    while some := list(islice(sent, APPENDED_AT_ONCE)):
        yield some


def _event(sent: Sent, credential: bytes) -> NewEvent:
    value = sent.statement
    text = orjson.dumps(value)
    id_ = bytes.fromhex(value["id"].replace("-", ""))
    return NewEvent(
        Kind.STATEMENT_1_0,
        id_,
        text,
        credential,
        1,
        content_hash(value, text),
        value,
        of_statement(value),
    )


def _rebuild(store: Store, report: Report) -> None:
    end = store.log.head().position
    index = end / rebuild(store.log, statement_index).seconds
    built = end / rebuild(store.log, assessment).seconds
    report.add("rebuild of the assessment", built, "/s", target=at_least(10_000))
    report.add("  against the index", built, "/s", bound=index)


def _period(store: Store, period: str, report: Report) -> None:
    began = time.perf_counter()
    document = evaluation.results(store, Asked(period))
    seconds = time.perf_counter() - began
    scored = len(document["people"]) + len(document["units"])
    note = f"{scored:,} people and units"
    report.add("a whole period", seconds, "s", target=at_most(120), note=note)


def _one_person(small: Store, large: Store, period: str, report: Report) -> None:
    for name, ask in (("explained", evaluation.explained_person), ("listed", _listed)):
        few = _median(small, period, ask)
        many = _median(large, period, ask)
        report.add(f"one person {name}", many, "ms", target=at_most(50))
        report.add("  against the small log", many, "ms", bound=few, target=at_most(1.5))


def _listed(store: Store, asked: Asked, person: str) -> object:
    return evaluation.explanations(store, asked, person=person)


def _median(store: Store, period: str, ask: Callable[[Store, Asked, str], object]) -> float:
    with evaluation.reading(store) as connection:
        seen = evaluation.seen_as(store, connection, Asked(period))
        people = assessment.people(connection, seen)
    times = []
    for person in Random(1).sample(people, min(ASKED, len(people))):
        began = time.perf_counter()
        ask(store, Asked(period), person)
        times.append(1000 * (time.perf_counter() - began))
    return median(times)


def _live(store: Store, scale: Scale, report: Report) -> None:
    """How old the newest statement is that the assessment does not know, while they come in."""
    follower = Follower(store.log, FOLLOWED)
    lags: list[float] = []
    stop = Event()

    def watch() -> None:
        while not stop.wait(TICK):
            with store.storage.read() as connection:
                tracked = store.log.tracked(connection, assessment.NAME)
                missing = store.log.read_in(connection, tracked, 1)
            lags.append(time.time() - missing[0].stored / 1e6 if missing else 0.0)

    watcher = Thread(target=watch)
    watcher.start()
    people = store.log.head().position // A_PERSON
    sent = statements(seed=7, people=min(people, 2000), year=YEAR)
    credential = store.credentials.issued()[-1].id
    seconds = min(LIVE_SECONDS, 5 * scale.seconds)
    began, number = time.perf_counter(), 0
    try:
        while (passed := time.perf_counter() - began) < seconds:
            due = int(passed * LIVE_RATE) - number
            if due:
                events = [_event(one, credential) for one in islice(sent, due)]
                for future in [store.writer.append([event]) for event in events]:
                    with suppress(StreamConflict):
                        future.result()
                number += due
            time.sleep(TICK / 5)
    finally:
        stop.set()
        watcher.join()
        follower.close()
    note = f"{number / seconds:,.0f} statements/s; median {median(lags):.2f} s"
    report.add("the live assessment is behind", max(TICK, *lags), "s", target=at_most(1), note=note)

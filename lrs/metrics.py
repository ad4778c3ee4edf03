"""What the store counts about itself, for Prometheus.

Counting is adding to plain dictionaries: one or two microseconds a request. The text is made when
it is asked for. With several workers, whichever is asked answers for all: each writes its counts to
a file in a directory they share, once a second when they have changed, and adds up everybody's
files. Counts of a worker that ended stay in the sum, so counters never go back.
"""

import os
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

Key = tuple[str, ...]

COUNTERS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "lrs_requests": ("Requests answered.", ("resource", "method", "status")),
    "lrs_statements": ("Statements acknowledged, retries included.", ()),
    "lrs_events": ("Events acknowledged, retries included.", ()),
    "lrs_refused": ("Problems named in refusals, by rule.", ("rule",)),
    "lrs_rate_limited": ("Requests refused because their credential asks too fast.", ("key",)),
}
HISTOGRAMS: Final[Mapping[str, tuple[str, tuple[str, ...], tuple[float, ...]]]] = {
    "lrs_request_seconds": (
        "From a request's head to the end of its answer.",
        ("resource", "method"),
        (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    ),
    "lrs_append_events": ("Events in one commit.", (), (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)),
    "lrs_append_seconds": (
        "A commit, from its first insert until it is durable.",
        (),
        (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    ),
}
GAUGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "lrs_queue_events": ("Events that wait for the writer, of all workers.", ()),
    "lrs_log_position": ("Position of the last event of the log.", ()),
    "lrs_sealed_position": ("Position up to which a signed checkpoint covers the log.", ()),
    "lrs_seal_lag_events": ("Events no signed checkpoint covers yet.", ()),
    "lrs_seal_lag_seconds": ("For how long the first of these has waited.", ()),
    "lrs_seal_failed": ("1 when the log is not sealed; /health/ready says why.", ()),
    "lrs_projection_position": ("Position a projection has applied.", ("projection",)),
    "lrs_projection_lag_events": ("Events a projection has not applied.", ("projection",)),
    "lrs_projection_failed": ("1 when a projection stopped at an event.", ("projection",)),
    "lrs_quorum_size": ("Size of the newest checkpoint that the quorum cosigned.", ()),
    "lrs_quorum_wait_seconds": ("How long a newer checkpoint has waited for the quorum.", ()),
    "lrs_witness_failed": ("1 when a witness did not cosign, the last time asked.", ("witness",)),
}
SUM: Final = "sum"


class Counts:
    """Numbers by name and labels. One thread adds to a name; reading while it does is harmless."""

    def __init__(self) -> None:
        self.numbers: dict[Key, float] = defaultdict(float)
        self._histograms: dict[Key, list[float]] = {}

    def add(self, *key: str, amount: float = 1) -> None:
        self.numbers[key] += amount

    def observe(self, value: float, *key: str) -> None:
        """Put a value into its bucket of the histogram ``key[0]`` with the labels that follow."""
        edges = HISTOGRAMS[key[0]][2]
        histogram = self._histograms.get(key)
        if histogram is None:  # a bucket for each edge, one for what is past the last, the sum
            histogram = self._histograms[key] = [0.0] * (len(edges) + 2)
        histogram[bisect_left(edges, value)] += 1
        histogram[-1] += value

    def all(self) -> dict[Key, float]:
        """Every number; of a histogram, the buckets by their edges and the sum."""
        numbers = dict(self.numbers)
        for key, histogram in tuple(self._histograms.items()):
            edges = (*map(str, HISTOGRAMS[key[0]][2]), "+Inf", SUM)
            numbers |= {(*key, edge): n for edge, n in zip(edges, histogram, strict=True) if n}
        return numbers


class SharedCounts:
    """The counts of all workers, in files of a directory; without one, this process's alone."""

    def __init__(self, counts: Counts, directory: Path | None) -> None:
        self._counts = counts
        self._file = directory / f"{os.getpid()}.json" if directory else None
        self._written: dict[Key, float] = {}

    def write(self, waiting: int) -> None:
        """Show the others what this worker has counted and how many events wait in it."""
        if self._file is None:
            return
        numbers = self._counts.all() | {("lrs_queue_events",): float(waiting)}
        if numbers == self._written:
            return
        draft = self._file.with_suffix(".draft")
        draft.write_bytes(orjson.dumps([[*key, number] for key, number in numbers.items()]))
        draft.replace(self._file)
        self._written = numbers

    def total(self, waiting: int) -> dict[Key, float]:
        total: dict[Key, float] = defaultdict(float, self._counts.all())
        total["lrs_queue_events",] = waiting
        for key, number in self._of_others():
            total[key] += number
        return total

    def _of_others(self) -> Iterator[tuple[Key, float]]:
        if self._file is None:
            return
        for file in self._file.parent.glob("*.json"):
            if file == self._file:
                continue
            ended = not Path(f"/proc/{file.stem}").exists() and Path("/proc/self").exists()
            for *key, number in orjson.loads(file.read_bytes()):
                if not (ended and key[0] in GAUGES):
                    yield tuple(key), number


def exposition(numbers: Mapping[Key, float]) -> bytes:
    """The numbers in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Numbers(numbers))
    return generate_latest(registry)


class _Numbers(Collector):
    def __init__(self, numbers: Mapping[Key, float]) -> None:
        self._numbers = numbers

    def collect(self) -> Iterable[Metric]:
        by_name: dict[str, dict[Key, float]] = defaultdict(dict)
        for (name, *labels), number in sorted(self._numbers.items()):
            by_name[name][tuple(labels)] = number
        for name, (text, named) in COUNTERS.items():
            counter = CounterMetricFamily(name, text, labels=named)
            for values, number in by_name[name].items():
                counter.add_metric(values, number)
            yield counter
        for name, (text, named) in GAUGES.items():
            gauge = GaugeMetricFamily(name, text, labels=named)
            for values, number in by_name[name].items():
                gauge.add_metric(values, number)
            yield gauge
        for name, (text, named, edges) in HISTOGRAMS.items():
            yield _histogram(name, text, named, edges, by_name[name])


def _histogram(
    name: str,
    text: str,
    labels: Sequence[str],
    edges: Sequence[float],
    numbers: Mapping[Key, float],
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, text, labels=labels)
    for values in sorted({key[:-1] for key in numbers}):
        so_far, buckets = 0.0, []
        for edge in (*map(str, edges), "+Inf"):
            so_far += numbers.get((*values, edge), 0)
            buckets.append((edge, so_far))
        family.add_metric(values, buckets, numbers.get((*values, SUM), 0))
    return family

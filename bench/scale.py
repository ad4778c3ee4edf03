"""How much is measured: everything, less of it, or just enough to see that it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """``sizes`` are statements in the log. A load runs ``rounds`` times for ``seconds``."""

    sizes: tuple[int, ...]
    page: int  # the far page of a query; an earlier one where the log has fewer
    connections: tuple[int, ...]
    seconds: float
    rounds: int
    query_seconds: float
    query_rounds: int
    batches: int  # for the parts of a batch that are done before its rows are inserted
    audited: int  # events of the log that is verified
    leaves: int  # of the tree in which proofs are made


FULL = Scale(
    sizes=(10_000, 100_000, 1_000_000),
    page=1000,
    connections=(16, 1, 64),
    seconds=4,
    rounds=7,
    query_seconds=0.1,
    query_rounds=15,
    batches=200,
    audited=200_000,
    leaves=1_000_000,
)
QUICK = Scale(
    sizes=(10_000, 100_000),
    page=1000,
    connections=(16, 1, 64),
    seconds=2,
    rounds=3,
    query_seconds=0.06,
    query_rounds=7,
    batches=60,
    audited=50_000,
    leaves=1_000_000,
)
SMOKE = Scale(
    sizes=(200, 300),
    page=2,
    connections=(16,),
    seconds=0.2,
    rounds=1,
    query_seconds=0.01,
    query_rounds=1,
    batches=2,
    audited=600,
    leaves=1_000,
)

"""The log as it says itself whom it was made to forget, whatever a table of the store says.

Whoever could write into the tables could else pass a change off as somebody forgotten.
"""

from lrs.audit.replay import replaying
from lrs.log.opening import open_log
from lrs.log.recorder import LogRecorder
from lrs.privacy.seen import Forgotten
from projections import privacy


def alone(log: LogRecorder) -> LogRecorder:
    """The same log, in the same database, seen through its own events alone."""
    seen_alone = open_log(log.storage, log.inline, keys=log.keys)
    with replaying(log, [privacy]) as replay:
        replay.to(log.head().position)
        with replay.storage.read() as known, log.storage.read() as source:
            names = privacy.names(known)
            token_of = log.keys.tokens_by(source) if names else None
    if token_of is not None:
        forgotten = Forgotten(names, token_of)
        seen_alone.seen = lambda _, entries: [forgotten.seen(entry) for entry in entries]
    return seen_alone

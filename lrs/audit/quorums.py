"""How far the witnesses of a policy have followed the log."""

from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, select, tuple_

from lrs.audit import checkpoints
from lrs.audit.checkpoints import SignedCheckpoint
from lrs.audit.policy import NONE, Policy, satisfied
from lrs.log.tables import COSIGNATURE, SIGNED_CHECKPOINT

LOOKED_AT: Final = 200  # cosigned checkpoints, from the newest back

_COSIGNED = (
    select(COSIGNATURE.c.epoch, COSIGNATURE.c.size)
    .distinct()
    .order_by(COSIGNATURE.c.epoch.desc(), COSIGNATURE.c.size.desc())
    .limit(LOOKED_AT)
)
_WAITING = (
    select(SIGNED_CHECKPOINT.c.signed)
    .where(
        tuple_(SIGNED_CHECKPOINT.c.epoch, SIGNED_CHECKPOINT.c.size)
        > tuple_(bindparam("epoch"), bindparam("size"))
    )
    .order_by(SIGNED_CHECKPOINT.c.epoch, SIGNED_CHECKPOINT.c.size)
    .limit(1)
)


class Quorum(NamedTuple):
    """The newest checkpoint that satisfies a policy, and since when a newer one waits to.

    ``waits_since`` is in microseconds since 1970; None when the newest checkpoint satisfies it.
    """

    signed: SignedCheckpoint | None
    waits_since: int | None

    @property
    def size(self) -> int:
        return 0 if self.signed is None else self.signed.size

    def waited(self, now: int) -> float:
        """Seconds that the oldest checkpoint past the quorum has waited for one."""
        return 0.0 if self.waits_since is None else max(0, now - self.waits_since) / 1_000_000


def last_quorum(connection: Connection, policy: Policy) -> Quorum:
    """How far a policy's quorum reaches."""
    found = _newest(connection, policy)
    after = (0, -1) if found is None else found[:2]
    waiting = connection.scalar(_WAITING, {"epoch": after[0], "size": after[1]})
    return Quorum(found, waiting)


def _newest(connection: Connection, policy: Policy) -> SignedCheckpoint | None:
    newest = checkpoints.latest(connection)
    if newest is None or (policy.quorum == NONE and satisfied(newest.note, policy)):
        return newest
    for epoch, size in connection.execute(_COSIGNED):
        signed = checkpoints.note_at(connection, epoch, size)
        if signed and satisfied(checkpoints.cosigned(connection, signed), policy):
            return signed
    return None

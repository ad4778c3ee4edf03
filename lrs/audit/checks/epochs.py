"""Checks that every epoch after the first was begun by an event of the log.

Such an event says that events which were signed for are lost, or were changed, and that somebody
acknowledged it. From then on the notes of the epochs before are excused where they contradict what
was kept; the notes of the new epoch vouch for that.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import orjson

from lrs.audit.checkpoints import Epoch
from lrs.audit.checks.findings import Finding

CHANGED: Final = "differs"
"""The kind of loss after which no note of an epoch before need hold."""


class EpochBegun(NamedTuple):
    """What an EPOCH_BEGUN event says: after how many events, ``kept``, it was begun, and of how
    many the last checkpoint before had been ``signed``; 0 when that was not known.
    """

    position: int
    epoch: Epoch
    loss: str
    kept: int
    signed: int

    @classmethod
    def read(cls, position: int, body: bytes) -> "EpochBegun | None":
        """None for a body that no such event has."""
        try:
            said: dict[str, Any] = orjson.loads(body)
            epoch = Epoch(said["epoch"], said["origin"], said["vkey"])
            signed = 0 if said["last"] is None else said["last"]["size"]
            return cls(position, epoch, said["loss"], said["found"]["size"], signed)
        except (ValueError, LookupError, TypeError):
            return None


class EpochChecks:
    """The epochs that the database lists, and those that events began."""

    def __init__(self, listed: Sequence[Epoch]) -> None:
        self.listed = {epoch.epoch: epoch for epoch in listed}
        self.begun: list[EpochBegun] = []

    def saw(self, position: int, body: bytes) -> None:
        """An EPOCH_BEGUN event is in the log. One that was changed begins nothing."""
        begun = EpochBegun.read(position, body)
        if begun is not None:
            self.begun.append(begun)

    def excuses(self, epoch: int, size: int) -> bool:
        """Whether a checkpoint of an epoch that ended may contradict what was kept."""
        ended = next((begun for begun in self.begun if begun.epoch.epoch > epoch), None)
        return ended is not None and (size > ended.kept or ended.loss == CHANGED)

    def finish(self) -> Iterator[Finding]:
        """What one side has and the other has not."""
        events = {begun.epoch.epoch: begun for begun in self.begun}
        for number in sorted({1} | self.listed.keys() | events.keys()):
            listed = self.listed.get(number)
            if number > 1 and number not in events:
                yield Finding("epoch", 0, f"an event that began epoch {number}", "none")
            elif listed is None:
                yield Finding("epoch", 0, f"epoch {number} in the list of epochs", "none")
            elif number > 1 and listed != events[number].epoch:
                begun = events[number]
                yield Finding("epoch", begun.position, _shown(begun.epoch), _shown(listed))


def _shown(epoch: Epoch) -> str:
    return f"{epoch.origin} signed by {epoch.vkey}"

"""A log that grows as tests tell it to, and signs what it is told to sign."""

from hashlib import sha256

from lrs.audit.checkpoints import Checkpoint
from lrs.audit.merkle import consistency_proof, root_of
from lrs.audit.notes import Signer
from lrs.witness.submission import Submission

NAME = "lrs.example/log"


class GrowingLog:
    """Leaves without a database; ``branch`` makes another tree under the same key."""

    def __init__(self, size: int = 0, origin: str = NAME, signer: Signer | None = None) -> None:
        self.signer = Signer.generate(NAME) if signer is None else signer
        self.origin = origin
        self.leaves: list[bytes] = []
        self.grow(size)

    def grow(self, size: int, branch: str = "") -> None:
        """Up to a size; events of another branch are other events."""
        for number in range(len(self.leaves), size):
            self.leaves.append(sha256(f"{branch}{number}".encode()).digest())

    def branched(self, at: int, size: int, branch: str = "forged") -> "GrowingLog":
        """The same up to ``at``, then another history."""
        other = GrowingLog(at, self.origin, self.signer)
        other.grow(size, branch)
        return other

    def node(self, level: int, index: int) -> bytes:
        return root_of(self.leaves[index << level : (index + 1) << level])

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, root_of(self.leaves[:size]))

    def note(self, size: int) -> str:
        return str(self.signer.note(self.checkpoint(size).text))

    def proof(self, old: int, new: int) -> list[bytes]:
        return consistency_proof(old, new, self.node)

    def submission(self, old: int, new: int) -> Submission:
        return Submission(old, tuple(self.proof(old, new)), self.note(new))

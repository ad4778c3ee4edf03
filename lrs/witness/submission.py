"""What a log sends to a witness: its new checkpoint, and the proof that it continues the old one.

Source: c2sp.org/tlog-witness, add-checkpoint.
"""

import base64
import binascii
import re
from typing import Final, NamedTuple, Self

MOST_HASHES: Final = 63  # a consistency proof has no more, whatever the size
MOST_BYTES: Final = 256 * 1024  # room for a note with many signatures of ML-DSA
SIZE_TYPE: Final = "text/x.tlog.size"
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_HASH: Final = re.compile(r"[A-Za-z0-9+/]{43}=")


class SubmissionInvalid(Exception):
    """The request is not written as the protocol has it."""


class Submission(NamedTuple):
    """The size that the proof begins at, the proof, and the signed note of the new checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises SubmissionInvalid."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise SubmissionInvalid("not UTF-8") from None
        head, gap, note = text.partition("\n\n")
        if not gap:
            raise SubmissionInvalid("there is no empty line between the proof and the checkpoint")
        first, *hashes = head.split("\n")
        match = _OLD.fullmatch(first)
        if match is None:
            raise SubmissionInvalid("the first line is not: old SIZE")
        return cls(int(match[1]), parse_hashes(hashes), note)

    def __bytes__(self) -> bytes:
        lines = [f"old {self.old}", *(base64.b64encode(it).decode() for it in self.proof)]
        return ("".join(f"{line}\n" for line in lines) + "\n" + self.note).encode()


def parse_hashes(lines: list[str]) -> tuple[bytes, ...]:
    """The hashes of a proof, one a line. Raises SubmissionInvalid."""
    if len(lines) > MOST_HASHES:
        raise SubmissionInvalid(f"more than {MOST_HASHES} lines of proof")
    return tuple(_hash(line) for line in lines)


def _hash(line: str) -> bytes:
    try:
        if _HASH.fullmatch(line) is None:
            raise ValueError
        return base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raise SubmissionInvalid(f"{line[:60]!r} is not a hash in base64") from None

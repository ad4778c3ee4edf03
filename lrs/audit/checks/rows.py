"""Checks events as they are stored: every body against its commitment, every row for what a program
writes. Their leaves are held against the tree (``tree``).

A finding never stops the check; an event that is not there is given a leaf of zeros, so that what
follows keeps its place in the tree.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from lrs.audit.checks.findings import Finding
from lrs.log.leaf import SALT_LENGTH, commit
from lrs.log.rows import Content, Opened, Row
from schemas.events import CATEGORIES

MISSING: Final = bytes(32)
"""The leaf of an event that is not there, or of a row that makes none. No event has it."""

LARGEST_GAP: Final = 1_000_000  # events; what lies behind a larger one is not checked
LENGTHS: Final = ((16, 16, SALT_LENGTH), (16, 16, 0))  # stream id, credential, salt
NOT_READABLE: Final = (Content.ERASED, Content.LOCKED)

Report = Callable[[Finding], None]


class GapTooLarge(Exception):
    """So many events in a row are missing that it is no use to go on."""


class RowChecks:
    """What is remembered from one event to the next."""

    def __init__(self, report: Report) -> None:
        self.position = 0
        self.stored = 0
        self._report = report

    def leaves_of(self, rows: Sequence[Row], contents: Sequence[Opened]) -> list[bytes]:
        """Check events that follow those before; the leaves by what the rows say, in order.

        The leaf of a row is that of its record with its stored commitment, so a body that was
        changed is one finding and does not show again in all of the tree. Raises GapTooLarge.
        """
        leaves: list[bytes] = []
        last, stored_last = self.position, self.stored
        for row, opened in zip(rows, contents, strict=True):
            position, stored, kind, stream, _, credential, salt, commitment, _ = row
            leaf = row.leaf
            if (
                leaf is None
                or position != last + 1
                or stored <= stored_last
                or kind not in CATEGORIES
                or (len(stream), len(credential), len(salt)) not in LENGTHS
                or made_commitment(opened) not in (commitment, None)
                or opened.content is Content.BROKEN
            ):
                leaves += self._missing(last, position)
                for finding in explained(row, opened, stored_last):
                    self._report(finding)
            leaves.append(leaf or MISSING)
            last, stored_last = position, stored
        self.position, self.stored = last, stored_last
        return leaves

    def _missing(self, last: int, position: int) -> list[bytes]:
        number = position - last - 1
        if number:
            expected = f"events {last + 1} to {position - 1}"
            self._report(Finding("event-missing", last + 1, expected, "none"))
        if number > LARGEST_GAP:
            raise GapTooLarge
        return [MISSING] * number


def made_commitment(opened: Opened) -> bytes | None:
    """The commitment to what can be read of a row; None where nothing can."""
    if opened.content in NOT_READABLE:
        return None
    return commit(opened.salt, opened.body)


def leaf_holds(row: Row, opened: Opened, in_tree: bytes | None) -> bool:
    """Whether a row is what its commitment says, and makes the leaf that is in the tree, once it is
    there.
    """
    return (
        opened.content is not Content.BROKEN
        and made_commitment(opened) in (row.commitment, None)
        and row.leaf is not None
        and in_tree in (row.leaf, None)
    )


def explained(row: Row, opened: Opened, stored_last: int) -> Iterator[Finding]:
    """What is wrong with a row of which something is."""
    position = row.position
    if row.stored <= stored_last:
        yield Finding("stored-order", position, f"later than {stored_last}", str(row.stored))
    if row.kind not in CATEGORIES:
        yield Finding("kind-unknown", position, "a kind of schemas/events.py", str(row.kind))
    lengths = len(row.stream_id), len(row.credential), len(row.salt)
    if lengths not in LENGTHS:  # a record takes 16 bytes of each and says nothing of the others
        found = "stream of {}, credential of {}, salt of {}".format(*lengths)
        yield Finding("event-malformed", position, "16 bytes of each", found)
    if row.leaf is None:
        found = f"stored {row.stored}, kind {row.kind}, version {row.stream_version}"
        yield Finding("event-malformed", position, "numbers that a record has room for", found)
    if opened.content is Content.BROKEN:
        expected = f"what data key {row.key_id.hex()} opens"
        yield Finding("sealed", position, expected, "what it does not open")
    elif (commitment := made_commitment(opened)) not in (row.commitment, None):
        assert commitment is not None
        yield Finding("commitment", position, commitment.hex(), row.commitment.hex())

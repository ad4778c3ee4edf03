"""What verification can find: each finding names a rule, a place, what was expected and what is
there.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

RULES: Final[Mapping[str, str]] = {
    # Events
    "event-missing": "Events were deleted.",
    "event-outside": "A row was put past the ends of the log, which the program never does.",
    "event-malformed": "The program writes no such row: it was changed.",
    "commitment": "The salt, the body or the commitment was changed.",
    "sealed": "The sealed body or the row of its data key was changed, or the body is of another"
    " event.",
    "leaf": "The event is not the one in the tree: its time, kind, stream, version, credential,"
    " length or commitment was changed; or the tree, if no checkpoint contradicts the event.",
    "stored-order": "The time of the event was changed: each is stored later than the one before.",
    "kind-unknown": "The kind was changed, or a newer program recorded the event.",
    "head": "The row that says where the log ends was changed, or events were cut off.",
    # The registry of stream versions
    "registry-missing": "Without its entry a second event could take the place of this one.",
    "registry-extra": "The event this entry stands for was deleted or changed, or the entry was.",
    "content-hash": "By the content hash another statement would pass as a retry of this one.",
    # Erasure
    "key-missing": "Content was destroyed and no event of the log accounts for it.",
    "key-not-destroyed": "A key the log says was destroyed is there: the database, or this table,"
    " was set back. What was to be forgotten can be read.",
    # The tree
    "tile": "The stored tree is not that of the events: one of the two was changed.",
    "tile-missing": "A part of the stored tree was deleted.",
    "tile-outside": "The stored tree has more than its size says.",
    "tree": "The state of the sealer was changed: the next checkpoint would be wrong.",
    # Signed checkpoints
    "epoch": "The list of epochs was changed.",
    "epoch-key": "The key was replaced: whoever did that can sign whatever they like.",
    "note": "The signed checkpoint was changed, or another key signed it.",
    "note-missing": "A signed checkpoint was deleted.",
    "note-root": "The log is not the one this checkpoint was signed for: events before it were"
    " changed, and the leaves with them.",
    "note-beyond": "The log was signed when it was longer: events at its end were cut off.",
    "file": "The file of checkpoints was changed, or the key of the log was.",
    "file-note-missing": "The database was set back, or this checkpoint was deleted from it.",
    "file-note-differs": "Two checkpoints of one size: the history was written anew.",
    "file-incomplete": "Lines of the file of checkpoints were deleted.",
    "since": "The remembered checkpoint is not this log's.",
    "since-root": "The log is not the one that is remembered: what it held then was changed.",
    "since-beyond": "The log was longer when the remembered checkpoint was signed: it was cut off.",
    "since-lost": "What is remembered was lost since. Somebody acknowledged that in the log.",
    "policy": "The witnesses the policy asks for have not seen this log, or their signatures were"
    " deleted.",
    # With --full
    "attachment": "The data of an attachment were changed.",
    "attachment-missing": "The data of an attachment were deleted.",
    "projection": "A table computed from the log does not hold what the log gives.",
}
"""What a finding under each rule means."""


class Finding(NamedTuple):
    """Something that is not as the program leaves it. ``position`` is 0 where it is about none."""

    rule: str
    position: int
    expected: str
    found: str

    @property
    def meaning(self) -> str:
        return RULES[self.rule]

    def __str__(self) -> str:
        where = f" at {self.position}" if self.position else ""
        return f"{self.rule}{where}: expected {self.expected}; found {self.found}. {self.meaning}"

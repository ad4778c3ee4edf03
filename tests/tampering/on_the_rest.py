"""Acts on what is kept beside the events: tree, checkpoints, registry, attachments, tables."""

from collections.abc import Callable, Sequence
from typing import Final

from tests.tampering.acts import ANOTHER, EVENT, ONCE, STATEMENT, Act, How, Places, flipped, run
from tests.tampering.insider import Insider
from tests.tampering.logs import BATCH, EVENTS

NOTE: Final[Places] = {"first": BATCH + 2, "middle": EVENTS // 2 + 2, "last": EVENTS}
TILE: Final[Places] = {"first": 0, "last": 1}
ROOT: Final = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
"""The root of the empty tree."""


def change_tile(insider: Insider, number: int) -> None:
    [(hashes,)] = insider.execute("SELECT hashes FROM merkle_tile WHERE number = :at", at=number)
    sql = "UPDATE merkle_tile SET hashes = :hashes WHERE number = :at"
    insider.execute(sql, hashes=flipped(hashes), at=number)


def change_leaf_in_tree(insider: Insider, at: int) -> None:
    leaves = insider.leaves
    leaves[at - 1] = flipped(leaves[at - 1])
    insider.put_tree(leaves)


def note(rewritten: Callable[[Insider, str], str]) -> How:
    """Put another note in place of one, which is named by its size."""

    def write(insider: Insider, size: int) -> None:
        sql = "SELECT note FROM signed_checkpoint WHERE size = :size"
        [(text,)] = insider.execute(sql, size=size)
        sql = "UPDATE signed_checkpoint SET note = :note WHERE size = :size"
        insider.execute(sql, note=rewritten(insider, text), size=size)

    return write


def other_text(note: str) -> str:
    """The text of a note, over another root."""
    origin, size, _ = note.split("\n")[:3]
    return f"{origin}\n{size}\n{ROOT}\n"


def with_old_signature(_: Insider, note: str) -> str:
    return other_text(note) + note[note.index("\n\n") + 1 :]


def signed_by_its_key(insider: Insider, note: str) -> str:
    return str(insider.log.signer.note(other_text(note)))


def signed_by_another(_: Insider, note: str) -> str:
    return str(ANOTHER.note(other_text(note)))


def change_content_hash(insider: Insider, at: int) -> None:
    sql = "SELECT content_hash FROM event_registry WHERE position = :at"
    [(found,)] = insider.execute(sql, at=at)
    sql = "UPDATE event_registry SET content_hash = :other WHERE position = :at"
    insider.execute(sql, other=flipped(found), at=at)


ACTS: Final[Sequence[Act]] = (
    Act("head set back", run("UPDATE log_head SET position = position - 1"), ONCE),
    Act("tile changed", change_tile, TILE),
    Act("leaf in the tree, all above it computed anew", change_leaf_in_tree, EVENT),
    Act("tile deleted", run("DELETE FROM merkle_tile WHERE number = :at"), TILE),
    Act(
        "tile added",
        run("INSERT INTO merkle_tile SELECT 0, 2, hashes FROM merkle_tile WHERE number = 0"),
        ONCE,
    ),
    Act("state of the tree", run("UPDATE merkle_tree SET size = size - 1"), ONCE),
    Act("root in a checkpoint", note(with_old_signature), NOTE),
    Act("root in a checkpoint, signed with another key", note(signed_by_another), NOTE),
    Act("root in a checkpoint, signed with the stolen key", note(signed_by_its_key), NOTE),
    Act(
        "time of a checkpoint",
        run("UPDATE signed_checkpoint SET signed = signed + 1 WHERE size = :at"),
        NOTE,
    ),
    Act("checkpoint deleted", run("DELETE FROM signed_checkpoint WHERE size = :at"), NOTE),
    Act("signature of the witness changed", run("UPDATE cosignature SET line = lower(line)"), ONCE),
    Act("signature of the witness deleted", run("DELETE FROM cosignature"), ONCE),
    Act("key of the epoch", run("UPDATE log_epoch SET vkey = :vkey", vkey=ANOTHER.vkey), ONCE),
    Act("registry: entry deleted", run("DELETE FROM event_registry WHERE position = :at"), EVENT),
    Act(
        "registry: position of an entry",
        run("UPDATE event_registry SET position = 5 WHERE position = :at"),
        EVENT,
    ),
    Act(
        "registry: entry added",
        run(
            "INSERT INTO event_registry SELECT 0, stream_id, stream_version, position, content_hash"
            " FROM event_registry WHERE position = :at"
        ),
        EVENT,
    ),
    Act("registry: content hash", change_content_hash, STATEMENT, full=True),
    Act(
        "data of an attachment",
        run("UPDATE attachment_content SET content = :other", other=b"another certificate"),
        ONCE,
        full=True,
    ),
    Act("data of an attachment deleted", run("DELETE FROM attachment_content"), ONCE, full=True),
    Act(
        "row of a computed table",
        run("DELETE FROM statement_links WHERE position = :at"),
        STATEMENT,
        full=True,
    ),
)

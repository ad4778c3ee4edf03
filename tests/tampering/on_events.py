"""Acts on events: on a row of the log, and on its whole history."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from lrs.log.rows import Row
from schemas.events import Kind
from tests.tampering.acts import ANOTHER, EVENT, Act, How, flipped
from tests.tampering.insider import Insider, anew
from tests.tampering.logs import EVENTS

DIGITS: Final = bytes.maketrans(b"0123456789", b"1234567890")


def changed(row: Row) -> Row:
    """Other digits in the body: a better score, another day."""
    return row._replace(body=row.body.translate(DIGITS))


def columns(of: Callable[[Row], Mapping[str, Any]]) -> How:
    """Change columns of one row and nothing else."""
    return lambda insider, at: insider.change(at, **of(insider.row(at)))


def body_and_commitment(row: Row) -> Mapping[str, Any]:
    row = anew(changed(row))
    return {"body": row.body, "commitment": row.commitment}


def delete_row(insider: Insider, at: int) -> None:
    """The row and its entry in the registry; of the last one, the head agrees."""
    insider.execute("DELETE FROM event_registry WHERE position = :at", at=at)
    insider.execute("DELETE FROM event_log WHERE position = :at", at=at)
    insider.execute(
        "UPDATE log_head SET position = (SELECT max(position) FROM event_log) WHERE position = :at",
        at=at,
    )


def insert_row(insider: Insider, at: int) -> None:
    """Where the program would put the next one; the head stays."""
    insider.execute(
        "INSERT INTO event_log SELECT position + 1, stored + 1, kind, stream_id, stream_version,"
        " credential, salt, commitment, body FROM event_log WHERE position = :at",
        at=at,
    )


def swap_rows(insider: Insider, at: int) -> None:
    """Exchange the positions of two neighbours, in the registry too."""
    one = min(at, EVENTS - 1)
    for before, after in ((one, -one), (one + 1, one), (-one, one + 1)):
        for table in ("event_log", "event_registry"):
            sql = f"UPDATE {table} SET position = :after WHERE position = :before"
            insider.execute(sql, after=after, before=before)


# The history: what the events are afterwards


def bodies(rows: list[Row], at: int) -> list[Row]:
    return [changed(row) if row.position == at else row for row in rows]


def deleted(rows: list[Row], at: int) -> list[Row]:
    return [row for row in rows if row.position != at]


def inserted(rows: list[Row], at: int) -> list[Row]:
    """A copy of the event, under an id of its own, comes before it."""
    copy = rows[at - 1]._replace(stream_id=uuid4().bytes)
    return [*rows[: at - 1], copy, *rows[at - 1 :]]


def appended(rows: list[Row], at: int) -> list[Row]:
    """As the program would: nothing in the history is another one."""
    return [*rows, rows[at - 1]._replace(stream_id=uuid4().bytes)]


def swapped(rows: list[Row], at: int) -> list[Row]:
    """The event and its neighbour change places."""
    one = min(at, EVENTS - 1)
    return [*rows[: one - 1], rows[one], rows[one - 1], *rows[one + 1 :]]


def cut_off(rows: list[Row], at: int) -> list[Row]:
    """What comes after the event is gone; of the last one, it itself."""
    return rows[: min(at, EVENTS - 1)]


def history(of: Callable[[list[Row], int], list[Row]], *then: Callable[[Insider], None]) -> How:
    """Write the log anew: positions, times, commitments, registry and head match. Then do more."""

    def write(insider: Insider, at: int) -> None:
        insider.put(of(insider.rows, at))
        for more in then:
            more(insider)

    return write


def sign_by_its_key(insider: Insider) -> None:
    insider.sign(insider.log.signer)


def sign_by_another(insider: Insider) -> None:
    insider.sign(ANOTHER)


def delete_notes(insider: Insider) -> None:
    """Checkpoints of more than there is are gone; none is changed."""
    insider.execute("DELETE FROM signed_checkpoint WHERE size > :end", end=len(insider.rows))
    insider.execute("DELETE FROM cosignature")


HISTORIES: Final = {
    "body changed": bodies,
    "event deleted": deleted,
    "event inserted": inserted,
    "two events swapped": swapped,
    "tail cut off": cut_off,
}
THEN: Final[Mapping[str, Sequence[Callable[[Insider], None]]]] = {
    "tree computed anew": (Insider.grow_tree,),
    "all signed anew with the stolen key": (Insider.grow_tree, sign_by_its_key),
    "all signed anew with another key": (Insider.grow_tree, sign_by_another),
}
TRACELESS: Final = (Insider.grow_tree, delete_notes)
ACTS: Final[Sequence[Act]] = (
    Act("body", columns(lambda row: {"body": changed(row).body}), EVENT),
    Act("salt", columns(lambda row: {"salt": flipped(row.salt)}), EVENT),
    Act("commitment", columns(lambda row: {"commitment": flipped(row.commitment)}), EVENT),
    Act("stored time", columns(lambda row: {"stored": row.stored + 1}), EVENT),
    Act("kind", columns(lambda row: {"kind": int(Kind.STATEMENT_2_0)}), EVENT),
    Act("kind, an unknown one", columns(lambda row: {"kind": 9999}), EVENT),
    Act("stream id", columns(lambda row: {"stream_id": flipped(row.stream_id)}), EVENT),
    Act("stream id, longer", columns(lambda row: {"stream_id": row.stream_id + b"x"}), EVENT),
    Act("stream version", columns(lambda row: {"stream_version": 7}), EVENT),
    Act("stream version, a negative one", columns(lambda row: {"stream_version": -1}), EVENT),
    Act("credential", columns(lambda row: {"credential": flipped(row.credential)}), EVENT),
    Act("body and commitment", columns(body_and_commitment), EVENT),
    Act("row deleted", delete_row, EVENT),
    Act("row put behind the end", insert_row, {"last": EVENTS}),
    Act("two rows swapped", swap_rows, EVENT),
    Act("tail cut off, head adjusted", history(cut_off), EVENT),
    Act(
        "tail cut off, and every trace of it",
        history(cut_off, Insider.grow_tree, delete_notes),
        EVENT,
    ),
    Act("event appended, as the program would", history(appended), {"last": EVENTS}),
    *(
        Act(f"{what}, {said}", history(of, *then), EVENT)
        for said, then in THEN.items()
        for what, of in HISTORIES.items()
    ),
)

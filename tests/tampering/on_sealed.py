"""Acts on a log that seals what is somebody's: on sealed bodies and on the keys of people."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lrs.log.rows import Row
from lrs.privacy.sealing import ID_BYTES
from tests.tampering.acts import ONCE, STATEMENT, Act, flipped, run
from tests.tampering.insider import Insider
from tests.tampering.logs import PEOPLE
from tests.tampering.on_events import columns

KEY_OF: Final = "(SELECT substr(body, 1, 16) FROM event_log WHERE position = :at)"


def body_of_another(insider: Insider, at: int) -> None:
    """Under the same key: another statement of the same person."""
    other = at + PEOPLE if at < 100 else at - PEOPLE
    insider.change(at, body=insider.row(other).body)


def unsealed(row: Row) -> Mapping[str, Any]:
    """An invented body, stored as what is nobody's."""
    return {"salt": bytes(16), "body": b"{}".rjust(row.body_length)}


def other_key(insider: Insider, at: int) -> None:
    """Name a key that never was: as if somebody had been forgotten."""
    body = insider.row(at).body
    insider.change(at, body=flipped(body[:ID_BYTES]) + body[ID_BYTES:])


ACTS: Final[Sequence[Act]] = (
    Act("sealed body", columns(lambda row: {"body": flipped(row.body)}), STATEMENT),
    Act("sealed body of another event", body_of_another, STATEMENT),
    Act("sealed body, an unsealed one put there", columns(unsealed), STATEMENT),
    Act("sealed body, under a key that never was", other_key, STATEMENT),
    Act(
        "data key deleted, by no event",
        run(f"DELETE FROM data_key WHERE key_id = {KEY_OF}"),
        STATEMENT,
    ),
    Act(
        "data key changed",
        run(f"UPDATE data_key SET year = year + 1 WHERE key_id = {KEY_OF}"),
        STATEMENT,
    ),
    Act("sealed attachment deleted", run("DELETE FROM attachment_sealed"), ONCE, full=True),
    Act(
        "sealed attachment of another",
        run("UPDATE attachment_sealed SET content = :other", other=bytes(60)),
        ONCE,
        full=True,
    ),
)

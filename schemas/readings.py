"""The event that somebody read other people's records.

It names the people by their ids and holds nothing of what was shown: what that was can be computed
again from the log. So there is nothing in it to forget: of a person who was forgotten an id is
left that leads nowhere.
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from schemas.events import LogEntry

PEOPLE_AT_ONCE: Final = 5_000
"""People an event names at most; a read that showed more is several events."""

LONGEST_PURPOSE: Final = 200  # characters


class RecordRead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``account`` read in ``roles``, or ``user`` of the store's machine did by a command.

    ``asked`` are the parameters of the route, but for those that hold parts of names. A read that
    showed very many is recorded in ``parts``, of which this is one, counted from 1.
    """

    route: str
    people: tuple[str, ...]
    account: str | None = None
    roles: tuple[str, ...] = ()
    user: str | None = None
    asked: dict[str, str] = {}
    format: Literal["json", "csv", "text"] = "json"
    purpose: str | None = None
    part: int = 1
    parts: int = 1


_DECODER: Final = msgspec.json.Decoder(RecordRead)


def body_of(read: RecordRead) -> bytes:
    return msgspec.json.encode(read)


def read_of(entry: LogEntry) -> RecordRead:
    """What an event of this kind says."""
    return _DECODER.decode(entry.body)

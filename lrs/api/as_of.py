"""As of: every view is that of a log which ends at a position, and says at which.

A position is asked for by number, or by a time: then it is the last one that was recorded by that
time. Who asks for neither gets what has been taken in so far, which is the end of the log, or a
moment behind it.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import Field
from sqlalchemy import Connection, select

from lrs.api.documents import Answer
from lrs.errors import InvalidRequest
from lrs.evaluation import position_at
from lrs.log.tables import EVENT_LOG
from lrs.store_time import iso_time, microseconds
from projections import assessment
from schemas.problems import Problem

if TYPE_CHECKING:
    from lrs.store import Store

WAIT_SECONDS: Final = 1.0
DIGITS: Final = 18  # of the largest position there can be

AsOf = Annotated[
    str | None,
    Query(
        description="A position of the log, or a time such as 2026-11-30T17:00:00Z: the answer is"
        " that of the log as it was then. Without it: as it is now",
        examples=["120"],
        max_length=64,
    ),
]


class Located(Answer):
    """An answer computed from the log up to a position."""

    position: Annotated[int, Field(description="The answer is that of the log up to here", ge=0)]
    stored: Annotated[str | None, Field(description="When that position was recorded")]


async def position_of(store: "Store", as_of: str | None) -> int:
    """The position that is meant. Raises InvalidRequest for what is none, or not yet one."""
    reached = await store.caught_up(assessment.NAME, WAIT_SECONDS)
    if as_of is None:
        return reached
    if as_of.isascii() and as_of.isdigit() and len(as_of) <= DIGITS:
        position = int(as_of)
        if position > reached:
            raise InvalidRequest(Problem("", "as-of-ahead", position, {"reached": reached}))
        return position
    moment = _moment(as_of, store.settings.tz)
    return min(reached, await store.read(_position_at, store, moment))


def located(connection: Connection, position: int) -> dict[str, Any]:
    """What ``Located`` says."""
    return {"position": position, "stored": stored_at(connection, position)}


def stored_at(connection: Connection, position: int) -> str | None:
    """When a position was recorded, as answers say it; position 0 never was."""
    query = select(EVENT_LOG.c.stored).where(EVENT_LOG.c.position == position)
    stored = connection.scalar(query)
    return None if stored is None else iso_time(stored)


def _position_at(connection: Connection, store: "Store", moment: int) -> int:
    return position_at(store.log, connection, moment)


def _moment(text: str, zone: str) -> int:
    """A time in microseconds since 1970; without an offset, in the store's time zone."""
    try:
        moment = datetime.fromisoformat(text)
        return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))
    except (ValueError, OverflowError):
        raise InvalidRequest(Problem("", "as-of-unreadable", text)) from None

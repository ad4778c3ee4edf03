"""Reads of people's records by others: each is an event, durable before anything is shown.

Who reads waits for the commit. Where the event cannot be recorded the answer is withheld: what was
shown and what the log says was shown are the same, whatever fails.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from lrs.auth.accounts import Account
from lrs.auth.roles import ROLES, SEES_UNITS
from lrs.log.writer import LogBusy, LogUnavailable
from lrs.privacy.subjects import SHARED
from lrs.random_ids import random_16
from schemas.events import Kind, NewEvent
from schemas.readings import LONGEST_PURPOSE, PEOPLE_AT_ONCE, RecordRead, body_of

if TYPE_CHECKING:
    from lrs.store import Store

NOT_REPEATED: Final = frozenset(("cursor", "purpose", "search"))
"""Parameters an event does not repeat: a search is a part of somebody's name, and names can be
forgotten while events stay."""


class ReadingUnrecorded(Exception):
    """A read could not be recorded, so nothing was shown; it can be tried again."""

    def __init__(self) -> None:
        super().__init__(
            "the log cannot record now who reads this, so nothing is shown; try again later"
        )


class UnfitPurpose(ValueError):
    """No purpose as events hold them."""

    def __init__(self) -> None:
        super().__init__(
            f"a purpose is one line of up to {LONGEST_PURPOSE} characters, and not empty"
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: an account in the roles that permit it, or the user of the store's machine by a
    command, in an account's name where they give one. ``id`` is the credential of the event.
    """

    id: bytes
    account: str | None = None
    roles: tuple[str, ...] = ()
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What is read: a route or a command, with its parameters."""

    route: str
    asked: Mapping[str, str] = field(default_factory=dict)
    format: Literal["json", "csv", "text"] = "json"
    purpose: str | None = None


def given(**asked: object) -> dict[str, str]:
    """Those parameters that were given, as an event has them."""
    return {name: str(value) for name, value in asked.items() if value is not None}


def signed_in(account: Account, permitted: Iterable[str]) -> Reader:
    """The reader that an account is where these roles permit it. A learner's role shows nobody
    else, so it is named only where there is no other.
    """
    roles = [role for role in ROLES if role in account.roles and role in set(permitted)]
    seeing = [role for role in roles if role in SEES_UNITS]
    return Reader(account.id, account.name, tuple(seeing or roles))


async def record(store: "Store", reader: Reader, read: Read, people: Iterable[str]) -> None:
    """Wait until it is durable that these people's records are read; of nobody's nothing is
    recorded. Raises ReadingUnrecorded: then they must not be shown.
    """
    if events := _events(reader, read, people):
        try:
            appended = await store.writer.append_async(events)
        except (LogBusy, LogUnavailable) as error:
            raise ReadingUnrecorded from error
        store.saw(appended.head)


def record_now(store: "Store", reader: Reader, read: Read, people: Iterable[str]) -> None:
    """The same on a thread that may wait."""
    if events := _events(reader, read, people):
        try:
            appended = store.writer.append(events).result()
        except (LogBusy, LogUnavailable) as error:
            raise ReadingUnrecorded from error
        store.saw(appended.head)


def purpose_of(text: str | None) -> str | None:
    """A purpose as it is recorded. Raises UnfitPurpose."""
    if text is None:
        return None
    purpose = text.strip()
    if not purpose or len(purpose) > LONGEST_PURPOSE or not purpose.isprintable():
        raise UnfitPurpose
    return purpose


def _events(reader: Reader, read: Read, people: Iterable[str]) -> list[NewEvent]:
    """Together they are appended or not at all. Each is a stream of its own, as a statement is."""
    shown = sorted(set(people))
    starts = range(0, len(shown), PEOPLE_AT_ONCE)
    asked = {name: value for name, value in read.asked.items() if name not in NOT_REPEATED}
    return [
        NewEvent(
            Kind.RECORD_READ,
            random_16(),
            body_of(
                RecordRead(
                    route=read.route,
                    people=tuple(shown[start : start + PEOPLE_AT_ONCE]),
                    account=reader.account,
                    roles=reader.roles,
                    user=reader.user,
                    asked=asked,
                    format=read.format,
                    purpose=read.purpose,
                    part=part,
                    parts=len(starts),
                )
            ),
            reader.id,
            subject=SHARED,
        )
        for part, start in enumerate(starts, 1)
    ]

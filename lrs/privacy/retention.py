"""How long personal content is kept, by class, and what has passed.

What was recorded in one calendar year (UTC) and is of one class goes together, by its data keys.
Statements and documents pass by the year in which they were recorded. What the register says about
a person is needed as long as the person is there, so it passes, with the accounts and what was
decided about the person's data, by the year in which they left: that in which their last post ended
or, of somebody who never had one, that in which something was last recorded.

Nobody's time passes while they are under a legal hold. Nothing is destroyed until somebody says so.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, func, select

from lrs.auth.tables import TABLES as SIGN_IN
from lrs.decisions.judging import of
from lrs.decisions.people import counted_as
from lrs.log.tables import DATA_KEY
from lrs.privacy.data_keys import HeldKey
from lrs.privacy.holds import held_people
from lrs.privacy.names import names_of
from lrs.privacy.subjects import SHARED, of_person
from lrs.random_ids import random_16
from lrs.register import Recorded, RegisterBusy, read
from projections.accounts import TABLES as ACCOUNTS
from projections.accounts import find_all
from schemas.events import NOBODY, Category, NewEvent
from schemas.privacy import KIND_OF, RetentionApplied, body_of
from schemas.register import STREAM, Membership, Person

if TYPE_CHECKING:
    from lrs.store import Store

ATTEMPTS: Final = 5
KEYS_AT_ONCE: Final = 5_000  # that an event names
BY_YEAR: Final[Mapping[str, Category]] = {
    "statements": Category.STATEMENT,
    "documents": Category.DOCUMENT,
}
OF_PEOPLE: Final = (Category.REGISTER, Category.ACCOUNT, Category.PRIVACY)


@dataclass(frozen=True, slots=True)
class Passed:
    """What need not be kept any more: a class and a year. ``people`` are the ids of those who left,
    for the register; ``held`` is how many keys stay for a legal hold.
    """

    retention: str
    year: int
    years: int
    keys: tuple[bytes, ...]
    held: int = 0
    people: tuple[str, ...] = ()
    accounts: tuple[bytes, ...] = ()


def passed(store: "Store") -> list[Passed]:
    """What has passed by now, the longest past first."""
    recorded, _ = read(store)
    with store.storage.read() as connection:
        return list(_passed(store, connection, recorded))


def apply(store: "Store", *, by: bytes = NOBODY) -> list[Passed]:
    """Destroy the keys of everything that has passed, in one transaction in which an event names
    them; return what that was. ``finishing`` makes anew what was made of it.

    Raises RegisterBusy.
    """
    log = store.log
    for _ in range(ATTEMPTS):
        recorded, version = read(store)
        with store.storage.erase() as connection:
            head = log.lock_head(connection)
            if log.position_of(connection, Category.REGISTER, STREAM, version + 1) is not None:
                continue
            found = [one for one in _passed(store, connection, recorded) if one.keys]
            events = []
            for one in found:
                store.data_keys.destroy(connection, one.keys)
                _close_accounts(connection, one)
                events += [
                    NewEvent(KIND_OF[RetentionApplied], random_16(), body_of(said), credential=by)
                    for said in _said(one, head.position)
                ]
            if events:
                log.append_in(connection, events)
        log.wake()
        return found
    raise RegisterBusy("the register kept changing; try again")


def _said(one: Passed, position: int) -> Iterator[RetentionApplied]:
    for start in range(0, len(one.keys), KEYS_AT_ONCE):
        yield RetentionApplied(
            position=position,
            retention=one.retention,
            year=one.year,
            years=one.years,
            keys=tuple(key.hex() for key in one.keys[start : start + KEYS_AT_ONCE]),
        )


def _close_accounts(connection: Connection, one: Passed) -> None:
    for table in (SIGN_IN.passwords, SIGN_IN.sessions):
        connection.execute(delete(table).where(table.c.account.in_(one.accounts)))


def _passed(store: "Store", connection: Connection, recorded: Recorded) -> Iterator[Passed]:
    settings = store.settings
    kept = {
        "statements": settings.retain_statements_years,
        "documents": settings.retain_documents_years,
    }
    this_year = datetime.fromtimestamp(store.log.clock() // 1_000_000, UTC).year
    held = held_people(connection)
    for retention, category in BY_YEAR.items():
        if (years := kept[retention]) is not None:
            spared = {
                key.id
                for person in sorted(held & set(recorded[Person]))
                for key in store.data_keys.held(connection, _agents(recorded, person))
            }
            yield from _by_year(store, connection, retention, category, years, this_year, spared)
    if (years := settings.retain_register_years) is not None:
        yield from _of_people(store, connection, recorded, years, this_year, held)


def _agents(recorded: Recorded, person: str) -> list[bytes]:
    """Whose statements and documents are kept with a person who is held; those nobody can tell
    apart, among them what withdraws statements, too.
    """
    root = (counted_as(person, recorded) or [person])[-1]
    return [SHARED, *(name.key for name in names_of(recorded, root).agents)]


def _by_year(
    store: "Store",
    connection: Connection,
    retention: str,
    category: Category,
    years: int,
    this_year: int,
    spared: set[bytes],
) -> Iterator[Passed]:
    """What withdraws statements stays for one year more than they do: it may have come first."""
    columns = DATA_KEY.c
    query = select(columns.key_id, columns.year).where(columns.retention == int(category))
    later = {key.id for key in store.data_keys.held(connection, [SHARED])}
    ids: dict[int, list[bytes]] = defaultdict(list)
    held: dict[int, int] = defaultdict(int)
    for id_, year in connection.execute(query.order_by(columns.key_id)):
        if year + years + (id_ in later) >= this_year:
            continue
        if id_ in spared:
            held[year] += 1
        else:
            ids[year].append(id_)
    for year in sorted({*ids, *held}):
        yield Passed(retention, year, years, tuple(ids[year]), held[year])


def _of_people(
    store: "Store",
    connection: Connection,
    recorded: Recorded,
    years: int,
    this_year: int,
    held: set[str],
) -> Iterator[Passed]:
    accounts: dict[str, list[bytes]] = defaultdict(list)
    for row in find_all(connection, ACCOUNTS):
        if row.person is not None:
            accounts[row.person].append(row.id)
    known_as: dict[str, list[str]] = defaultdict(list)
    for person in recorded[Person]:
        known_as[(counted_as(person, recorded) or [person])[-1]].append(person)
    posts: dict[str, list[Membership]] = defaultdict(list)
    for membership in of(recorded, Membership).values():
        posts[membership.person].append(membership)
    gone: dict[int, list[tuple[str, list[bytes], list[HeldKey]]]] = defaultdict(list)
    stays: dict[int, int] = defaultdict(int)
    for people in known_as.values():
        mine = [post for person in people for post in posts[person]]
        if any(post.to is None for post in mine):
            continue
        ids = [id_ for person in people for id_ in accounts[person]]
        keys = [
            key
            for key in store.data_keys.held(connection, [*map(of_person, people), *ids])
            if key.retention in OF_PEOPLE
        ]
        ends = [post.to.year for post in mine if post.to is not None]
        year = max(ends or [key.year for key in keys], default=this_year)
        if year + years >= this_year:
            continue
        if held.isdisjoint(people):
            gone[year].append((people[0], ids, keys))
        else:
            stays[year] += len(keys)
    for year in sorted({*gone, *stays}):
        yield Passed(
            "register",
            year,
            years,
            tuple(sorted(key.id for _, _, keys in gone[year] for key in keys)),
            stays[year],
            tuple(sorted(person for person, _, _ in gone[year])),
            tuple(id_ for _, ids, _ in gone[year] for id_ in ids),
        )


def key_count(connection: Connection) -> int:
    """How many data keys there are."""
    return connection.scalar(select(func.count()).select_from(DATA_KEY)) or 0

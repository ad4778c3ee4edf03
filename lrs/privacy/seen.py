"""How the log is read after people were forgotten.

Everything that is opened for tables, queries, documents or an export passes here, and nothing that
is read raw for a proof. So what a rebuild makes of the log is what is shown, whoever shows it. An
event of somebody forgotten is erased; with its key destroyed it was so already, and one recorded
while nothing was sealed is so here. In an event of others the forgotten is a pseudonym.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Connection

from lrs.auth.accounts import sign_in_name
from lrs.privacy import subjects
from lrs.privacy.data_keys import DataKeys
from lrs.privacy.pseudonyms import (
    account_text,
    agent_text,
    keys_of,
    names_any,
    statement_of_others,
)
from projections import privacy
from projections.privacy import ALWAYS, FOREVER, NameRow
from schemas.documents import read_deleted, read_stored
from schemas.events import STATEMENT_KINDS, Category, Kind, LogEntry
from schemas.formats import parse_timestamp
from schemas.privacy import PersonForgotten, RetentionApplied, said_in
from schemas.raw_json import join_members, members
from schemas.readings import body_of as reading_body
from schemas.readings import read_of
from schemas.register import (
    RECORDED,
    Appeal,
    PeopleMerged,
    body_of,
    record_of,
)

REMEMBERED: Final = 65_536  # subjects, most of whom were not forgotten

TokenOf = Callable[[bytes], bytes]
"""The token of a subject; see ``lrs.privacy.data_keys``."""


class Sight:
    """How one store's log is seen: as of the state of the database that is read, whoever forgot
    somebody in whichever process.
    """

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys
        self._known = (0, Forgotten((), lambda subject: subject))

    def __call__(self, connection: Connection, entries: list[LogEntry]) -> list[LogEntry]:
        last = privacy.last_forgotten(connection) if entries else 0
        if not last:
            return entries
        forgotten = self._as_of(connection, last)
        return [forgotten.seen(entry) for entry in entries]

    def _as_of(self, connection: Connection, last: int) -> "Forgotten":
        known, forgotten = self._known
        if known != last:
            forgotten = Forgotten(privacy.names(connection), self._keys.tokens_by(connection))
            self._known = (last, forgotten)
        return forgotten


class Forgotten:
    """Everybody who was forgotten, as of one state of the database."""

    def __init__(self, names: Sequence[NameRow], token_of: TokenOf) -> None:
        named: dict[bytes, list[NameRow]] = defaultdict(list)
        for name in sorted(names, key=lambda name: name.position):
            named[name.token].append(name)
        self.until = max((name.position for name in names), default=0)
        self._named = dict(named)
        self._names_of = lru_cache(REMEMBERED)(
            lambda subject: tuple(self._named.get(token_of(subject), ()))
        )

    def name_of(self, subject: bytes, position: int, at: Callable[[], int]) -> NameRow | None:
        """What a subject is called in an event that happened ``at`` a time; None if it was not
        forgotten, or only what was recorded before or happened at another time was.
        """
        for name in self._names_of(subject):
            if position <= name.position and _covers(name, at):
                return name
        return None

    def seen(self, entry: LogEntry) -> LogEntry:
        """The entry as everybody may see it."""
        if entry.position > self.until or not entry.body:
            return entry
        if entry.kind in STATEMENT_KINDS and not self._is_named(entry):
            return entry
        return _See(self, entry).entry

    def _is_named(self, entry: LogEntry) -> bool:
        """Whether a statement names anybody who was forgotten; nearly all name nobody.

        What was parsed is not kept: of thousands it would keep the garbage collector busy.
        """
        return any(map(self._names_of, keys_of(entry.parsed())))


def _covers(name: NameRow, at: Callable[[], int]) -> bool:
    if name.begins == ALWAYS and name.ends == FOREVER:
        return True
    return name.begins <= at() < name.ends


class _See:
    """One entry being looked at."""

    def __init__(self, forgotten: Forgotten, entry: LogEntry) -> None:
        self._forgotten, self._entry = forgotten, entry

    @cached_property
    def entry(self) -> LogEntry:
        kind = self._entry.kind
        if kind in STATEMENT_KINDS:
            return self._statement()
        if kind in RECORDED:
            return self._record()
        match kind:
            case Kind.DOCUMENT_STORED:
                return self._of(subjects.of_agent(read_stored(self._entry.body).name.context.agent))
            case Kind.DOCUMENT_DELETED:
                return self._of(subjects.of_agent(read_deleted(self._entry.body).context.agent))
            case Kind.CREDENTIAL_ISSUED:
                return self._credential()
            case Kind.RECORD_READ:
                return self._reading()
        match subjects.retention_of(kind):
            case Category.ACCOUNT:
                return self._account()
            case Category.PRIVACY:
                said = said_in(kind, self._entry.body)
                if isinstance(said, PersonForgotten | RetentionApplied):
                    return self._entry
                return self._of(subjects.of_person(said.person))  # type: ignore[attr-defined]
        return self._entry

    def _name(self, subject: bytes) -> NameRow | None:
        return self._forgotten.name_of(subject, self._entry.position, lambda: self._at)

    @cached_property
    def _at(self) -> int:
        """When it happened, which for a statement is its own time."""
        if self._entry.kind in STATEMENT_KINDS:
            timestamp = self._entry.parsed().get("timestamp")
            if timestamp is not None:
                return parse_timestamp(timestamp)
        return self._entry.stored

    def _stand_in(self, key: bytes) -> bytes | None:
        name = self._name(key)
        return None if name is None else account_text(name.home_page, name.pseudonym)

    def _of(self, *owners: bytes) -> LogEntry:
        """Erased if it is of somebody forgotten."""
        if any(owner and self._name(owner) is not None for owner in owners):
            return self._entry._replace(salt=b"", body=b"", value=None)
        return self._entry

    def _said(self, body: bytes) -> LogEntry:
        return self._entry._replace(body=body, value=None)

    def _statement(self) -> LogEntry:
        statement = self._entry.parsed()
        owned = self._of(subjects.of_statement(statement))
        if not owned.body or not names_any(statement, self._stand_in):
            return owned
        return self._said(statement_of_others(self._entry.body, self._stand_in))

    def _record(self) -> LogEntry:
        record = record_of(self._entry.kind, self._entry.body)
        owned = self._of(subjects.of_record(record))
        match record:
            case PeopleMerged(into=into) if owned.body:
                return self._of(subjects.of_person(into))
            case Appeal(corrections=corrections) if owned.body:
                kept = tuple(one for one in corrections if not self._is_forgotten(one.person))
                if kept != corrections:
                    return self._said(body_of(replace(record, corrections=kept)))
        return owned

    def _is_forgotten(self, person: str | None) -> bool:
        return person is not None and self._name(subjects.of_person(person)) is not None

    def _account(self) -> LogEntry:
        said: Mapping[str, Any] = self._entry.parsed()
        owners = [subjects.of_account(said["name"], None)]
        if said.get("person") is not None:
            owners.append(subjects.of_person(said["person"]))
        return self._of(*owners)

    def _credential(self) -> LogEntry:
        said = members(self._entry.body)
        authority = agent_text(said["authority"], self._stand_in)
        if authority == said["authority"]:
            return self._entry
        return self._said(join_members({**said, "authority": authority}))

    def _reading(self) -> LogEntry:
        read = read_of(self._entry)
        shown = replace(
            read,
            people=tuple(map(self._person, read.people)),
            asked={
                name: (self._account_name if name == "account" else self._person)(value)
                for name, value in read.asked.items()
            },
            account=None if read.account is None else self._account_name(read.account),
        )
        return self._entry if shown == read else self._said(reading_body(shown))

    def _person(self, person: str) -> str:
        """The id, or what stands for it."""
        name = self._name(subjects.of_person(person))
        return person if name is None else name.pseudonym

    def _account_name(self, account: str) -> str:
        """The same of an account, however its name was written."""
        with suppress(ValueError):  # what is no name is nobody's
            name = self._name(subjects.of_account(sign_in_name(account), None))
            return account if name is None else name.pseudonym
        return account

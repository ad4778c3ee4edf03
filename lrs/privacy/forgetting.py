"""Forgetting a person: proposed by one, approved by another, done in one transaction.

In that transaction the event is recorded and the person's data keys are destroyed; from then on
nobody can read what they sealed. What was made of it before, tables and results, is made anew
afterwards (``finishing``). A legal hold refuses, and so does a closed period whose records are to
be kept; that it was refused, and why, is recorded too.

An identifier that others had as well is told apart by days, its keys by class and calendar year. A
key that sealed only what was the person's goes, one that sealed nothing of the person stays. Where
one key sealed both, nothing is forgotten: destroying it would take from others what is theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, delete

from lrs.auth.accounts import Account, account_of
from lrs.auth.attempts import of_account
from lrs.auth.tables import TABLES as SIGN_IN
from lrs.decisions.judging import of
from lrs.lines import units_in
from lrs.log.recorder import StreamConflict
from lrs.privacy import holdings, subjects
from lrs.privacy.approvers import check_are_two, check_is_another, entitled, proved
from lrs.privacy.data_keys import new_generation
from lrs.privacy.holdings import Holdings, find, unsealed
from lrs.privacy.holds import checked_reason, event, names_held
from lrs.privacy.names import Name, Names, names_of, spans_of
from lrs.random_ids import random_16, random_uuid
from lrs.register import Recorded, RegisterBusy, read
from projections import privacy
from projections.credentials import TABLES as CREDENTIALS
from projections.credentials import find_all as credentials_of
from projections.privacy import ProposalRow
from schemas.agents import agent_key
from schemas.events import NOBODY, Category, NewEvent
from schemas.privacy import (
    KIND_OF,
    Cause,
    ForgettingProposed,
    ForgettingRefused,
    ForgettingWithdrawn,
    PersonForgotten,
    Subject,
    body_of,
)
from schemas.register import STREAM, Closing, Membership, Period

if TYPE_CHECKING:
    from lrs.store import Store

ATTEMPTS: Final = 5
HOME_PAGE: Final = "{base_url}/forgotten"


class NotForgotten(Exception):
    """The person may not be forgotten, or not so; says why, and what would have to be done."""


class ProposalUnknown(LookupError):
    """There is no such proposal that waits for approval."""

    def __init__(self, proposal: str) -> None:
        super().__init__(
            f"{proposal}: no such proposal waits for approval; `lrs privacy list` shows those that"
            " do"
        )


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is of a person, and so what a forgetting takes. ``credentials`` are the names of
    keys of programs that were issued in the person's name, which nothing seals.
    """

    names: Names
    holdings: Holdings
    keys: Sequence[bytes]
    subjects: Sequence[Subject]
    periods: Sequence[str]
    unsealed: int
    credentials: Sequence[str]


@dataclass(frozen=True, slots=True)
class Proposal:
    id: UUID
    extent: Extent


@dataclass(frozen=True, slots=True)
class Done:
    """``position`` is that of the event; ``keys`` were destroyed."""

    position: int
    pseudonym: str
    keys: int
    unsealed: int


# ---- proposing and withdrawing


def propose(store: "Store", person: str, basis: str, name: str, password: str) -> Proposal:
    """Propose to forget a person, on a legal basis, by somebody who proves who they are.

    Raises NotForgotten, and what ``approvers`` and ``names`` raise.
    """
    account = proved(store, name, password)
    recorded, _ = read(store)
    names = names_of(recorded, person)
    check_is_another(account, names.people, recorded)
    basis = checked_reason(basis, names=names.texts, what="the legal basis")
    with store.storage.read() as connection:
        refusal = _refusal(store, connection, recorded, names)
        if refusal is None:
            _check_is_there(store, connection, names)
            extent = _extent(store, connection, recorded, names)
            _check_is_first(connection, names)
    if refusal is not None:
        _record_refusal(store, refusal, names, basis, account, random_16(), 1)
    id_ = UUID(bytes=random_uuid())
    said = ForgettingProposed(
        person=person, basis=basis, by=account.id.hex(), periods=tuple(extent.periods)
    )
    store.writer.append([event(said, id_.bytes, 1, person, account.id)]).result()
    return Proposal(id_, extent)


def withdraw(store: "Store", proposal: str, reason: str, *, by: bytes = NOBODY) -> None:
    """Raises ProposalUnknown."""
    row = _waiting(store, proposal)
    said = ForgettingWithdrawn(person=row.person, reason=checked_reason(reason))
    try:
        store.writer.append([event(said, row.stream, 2, row.person, by)]).result()
    except StreamConflict:
        raise ProposalUnknown(proposal) from None


def _check_is_there(store: "Store", connection: Connection, names: Names) -> None:
    """The register shows somebody forgotten until its tables were made anew."""
    position = holdings.last_recorded(connection, names)
    token = store.data_keys.tokens_by(connection)(subjects.of_person(names.person))
    if any(n.token == token and n.position >= position for n in privacy.names(connection)):
        raise NotForgotten(
            f"{names.person} is forgotten already; the tables are being made anew"
            " (`lrs privacy finish`)"
        )


def _check_is_first(connection: Connection, names: Names) -> None:
    for row in privacy.proposals(connection):
        if row.state == "open" and row.person in names.people:
            raise NotForgotten(
                f"{names.person}: proposal {UUID(bytes=row.stream)} waits for approval already;"
                " approve or withdraw that one"
            )


def _waiting(store: "Store", proposal: str) -> ProposalRow:
    try:
        stream = UUID(proposal).bytes
    except ValueError:
        raise ProposalUnknown(proposal) from None
    with store.storage.read() as connection:
        return _open_row(connection, stream, proposal)


def _open_row(connection: Connection, stream: bytes, proposal: str) -> ProposalRow:
    for row in privacy.proposals(connection):
        if row.stream == stream and row.state == "open":
            return row
    raise ProposalUnknown(proposal)


# ---- what may not be forgotten


def _refusal(
    store: "Store", connection: Connection, recorded: Recorded, names: Names
) -> tuple[Cause, str] | None:
    """Why somebody may not be forgotten now."""
    if (reason := names_held(connection, names)) is not None:
        return "legal-hold", reason
    years = store.settings.retain_register_years
    if years is None:
        return None
    today = datetime.now(ZoneInfo(store.settings.tz)).date()
    for period in _closed_periods(recorded, names):
        last = period.end.year + years
        if today.year <= last:
            return "retention", (
                f"the results of {period.id} are closed, and its records are kept up to the end of"
                f" {last} (LRS_RETAIN_REGISTER_YEARS={years})"
            )
    return None


def _closed_periods(recorded: Recorded, names: Names) -> list[Period]:
    """Those the person was in; without the person they cannot be computed again."""
    mine = [one for one in of(recorded, Membership).values() if one.person in names.people]
    closed = of(recorded, Closing)
    return [
        period
        for period in of(recorded, Period).values()
        if period.id in closed and units_in(period, mine)
    ]


def _record_refusal(
    store: "Store",
    refusal: tuple[Cause, str],
    names: Names,
    basis: str,
    account: Account,
    stream: bytes,
    version: int,
) -> NoReturn:
    """Record it, and raise NotForgotten."""
    cause, reason = refusal
    said = ForgettingRefused(
        person=names.person, basis=basis, by=account.id.hex(), cause=cause, reason=reason
    )
    try:
        store.writer.append([event(said, stream, version, names.person, account.id)]).result()
    except StreamConflict:
        raise ProposalUnknown(str(UUID(bytes=stream))) from None
    if cause == "legal-hold":
        raise NotForgotten(
            f"{names.person} is under a legal hold: {reason}. The refusal is recorded. When the"
            f" hold has ended, `lrs privacy release {names.person}` and propose it again."
        )
    raise NotForgotten(f"{names.person}: {reason}. The refusal is recorded.")


# ---- what it takes


def _extent(store: "Store", connection: Connection, recorded: Recorded, names: Names) -> Extent:
    """Raises NotForgotten where others would lose what is theirs."""
    token_of = store.data_keys.tokens_by(connection)
    held = find(store, connection, names)
    _check_accounts(held, names)
    own = [*names.subjects, *(row.id for row in held.account_rows)]
    keys = {key.id for key in store.data_keys.held(connection, own)}
    for name in names.agents:
        if name.is_shared:
            keys |= _keys_of_shared(store, connection, name, held)
    said = [Subject(token_of(subject).hex()) for subject in own]
    for name in names.agents:
        if name.is_shared:
            said += (
                Subject(token_of(name.key).hex(), first, end)
                for first, end in spans_of(name, store.settings.tz)
            )
    agents = {name.key for name in names.agents}
    return Extent(
        names,
        held,
        sorted(keys),
        said,
        [period.id for period in _closed_periods(recorded, names)],
        unsealed(connection, held.own),
        [
            row.name
            for row in credentials_of(connection, CREDENTIALS)
            if agent_key(orjson.loads(row.authority)) in agents
        ],
    )


def _check_accounts(found: Holdings, names: Names) -> None:
    for row in found.account_rows:
        if row.person not in names.people and not row.closed:
            whose = f"{row.person}'s" if row.person else "nobody's"
            raise NotForgotten(
                f"the account {row.name} was {names.person}'s and is {whose} now: what opened it"
                f" would go with {names.person}. Open another one for whoever uses it, and close"
                f" this one (`lrs accounts close {row.name}`)."
            )


def _keys_of_shared(
    store: "Store", connection: Connection, name: Name, found: Holdings
) -> set[bytes]:
    """The keys of an agent that others were too which sealed what is the person's."""
    ids = set()
    for held in store.data_keys.held(connection, [name.key]):
        counted = found.shared.get((name.key, Category(held.retention), held.year))
        if not counted or not counted[True]:
            continue
        if counted[False]:
            others = ", ".join(map(str, name.others))
            raise NotForgotten(
                f"{name.text} was {name.mine[0]} and also {others}: what both recorded with it in"
                f" {held.year} ({counted[True]} and {counted[False]}) is sealed under one key, and"
                " destroying that would take from the other what is theirs. Where the register is"
                " wrong about whose it was, `lrs people link` and `unlink` mend it. Otherwise it"
                f" can be forgotten once what was recorded in {held.year} need not be kept"
                " (`lrs privacy retain`)."
            )
        ids.add(held.id)
    return ids


# ---- approving


def approve(store: "Store", proposal: str, name: str, password: str) -> Done:
    """Forget the person of a proposal. Once this returns nobody can read what the keys sealed;
    ``finishing`` makes anew what was made of it.

    Raises NotForgotten, ProposalUnknown, RegisterBusy, and what ``approvers`` raises.
    """
    approver = proved(store, name, password)
    for _ in range(ATTEMPTS):
        recorded, version = read(store)
        row = _waiting(store, proposal)
        names = names_of(recorded, row.person)
        _check_approver(store, row, approver, names, recorded)
        with store.storage.read() as connection:
            refusal = _refusal(store, connection, recorded, names)
        if refusal is not None:
            _record_refusal(store, refusal, names, row.basis, approver, row.stream, 2)
        done = _forget(store, proposal, names, approver, recorded, version)
        if done is not None:
            store.log.wake()
            return done
    raise RegisterBusy("the register kept changing; try again")


def _check_approver(
    store: "Store", row: ProposalRow, approver: Account, names: Names, recorded: Recorded
) -> None:
    check_is_another(approver, names.people, recorded)
    proposer = next((one for one in store.accounts.opened() if one.id == row.decided_by), None)
    if proposer is None or proposer.closed:
        raise NotForgotten(
            "the account that proposed it was closed; withdraw the proposal, and let somebody else"
            " propose it again"
        )
    check_are_two(entitled(account_of(proposer)), approver, recorded)


def _forget(
    store: "Store",
    proposal: str,
    names: Names,
    approver: Account,
    recorded: Recorded,
    version: int,
) -> Done | None:
    """The transaction; None when the register or the holds changed meanwhile."""
    log = store.log
    with store.storage.erase() as connection:
        head = log.lock_head(connection)
        if log.position_of(connection, Category.REGISTER, STREAM, version + 1) is not None:
            return None
        if names_held(connection, names) is not None:
            return None
        row = _open_row(connection, UUID(proposal).bytes, proposal)
        extent = _extent(store, connection, recorded, names)
        destroyed = store.data_keys.destroy(connection, extent.keys)
        new_generation(connection)  # also where nothing was sealed: whoever reads looks again
        _close_accounts(connection, extent.holdings)
        said = PersonForgotten(
            position=head.position,
            home_page=HOME_PAGE.format(base_url=store.settings.base_url.rstrip("/")),
            pseudonym=UUID(bytes=random_uuid()).hex,
            subjects=tuple(extent.subjects),
            keys=tuple(key.hex() for key in destroyed),
            basis=row.basis,
            proposed_by=row.decided_by.hex(),
            approved_by=approver.id.hex(),
            periods=tuple(extent.periods),
            unsealed=extent.unsealed,
        )
        recorded_as = NewEvent(
            KIND_OF[PersonForgotten],
            row.stream,
            body_of(said),
            credential=approver.id,
            stream_version=2,
        )
        [position] = log.append_in(connection, [recorded_as]).positions
    return Done(position, said.pseudonym, len(destroyed), extent.unsealed)


def _close_accounts(connection: Connection, found: Holdings) -> None:
    """Nobody is, or can get, signed in to the person's accounts any more."""
    ids = [row.id for row in found.account_rows]
    for table in (SIGN_IN.passwords, SIGN_IN.sessions):
        connection.execute(delete(table).where(table.c.account.in_(ids)))
    attempts = [of_account(row.name) for row in found.account_rows]
    table = SIGN_IN.attempts
    connection.execute(delete(table).where(table.c.who.in_(attempts)))

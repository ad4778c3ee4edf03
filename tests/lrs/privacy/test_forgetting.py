"""Somebody is forgotten: what was theirs is gone for ever, what is others' stays."""

import time
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import psycopg
import pytest
from sqlalchemy import make_url, text

from lrs.app import create_app
from lrs.auth.accounts import AccountExists
from lrs.decisions.judging import DecisionRefused
from lrs.errors import NotAuthenticated, TooManyRequests
from lrs.log.storage import sqlite_path
from lrs.privacy import forgetting, holds, person_export
from lrs.privacy.approvers import MayNotDecide, NotProved
from lrs.privacy.finishing import Stopped
from lrs.privacy.forgetting import NotForgotten, ProposalUnknown, approve, propose, withdraw
from lrs.privacy.holds import UnfitReason
from lrs.queues import with_latest_statements
from lrs.readings import Read, Reader, record_now
from lrs.rebuild import TooBusy, rebuild
from lrs.register import change
from lrs.renewer import Renewer
from lrs.settings import Settings
from lrs.store import FOLLOWED, INLINE, Store
from projections import assessment, privacy, statement_index, statement_query
from schemas.agents import agent_key
from schemas.events import Kind
from schemas.privacy import ForgettingRefused, PersonForgotten, said_in
from schemas.register import (
    Appeal,
    Closing,
    Correction,
    Freeze,
    Identifier,
    PeopleMerged,
    Person,
    Withdrawal,
)
from tests.lrs.commands import Commands
from tests.lrs.privacy.conftest import (
    AN,
    AN_BY_MAIL,
    BASIS,
    BINH,
    OF_AN,
    PASSWORD,
    OpenWorld,
    World,
    peopled,
    stream_of,
)
from tests.lrs.register import day

INSTRUCTED_BY_AN = {"instructor": {"name": "Nguyễn Văn An", **AN_BY_MAIL}}


def ids_of(store: Store, agent: dict[str, Any], *, related: bool = False) -> set[str]:
    """The statements that are found by an agent."""
    key = agent_key(agent)
    asked = statement_query.Query(agent=key, related_agents=related, limit=1000)
    with store.storage.read() as connection:
        page = statement_query.find(connection, statement_index.TABLES, asked)
        found = store.log.entries(connection, page.positions)
    return {str(UUID(bytes=entry.stream_id)) for entry in found if not entry.erased}


def text_of(store: Store, statement: str) -> Any:
    with store.storage.read() as connection:
        found = statement_query.locate(connection, statement_index.TABLES, stream_of(statement))
        assert found is not None
        return orjson.loads(store.log.entries(connection, [found.position])[0].body)


def events(store: Store, kind: Kind) -> list[Any]:
    return [said_in(entry.kind, entry.body) for entry in store.log.read(0, 10_000, kinds=[kind])]


def content_of(database_url: str) -> bytes:
    """All bytes of the database: its files, or on PostgreSQL a dump of everything in it."""
    path = sqlite_path(database_url)
    if path is not None:
        files = [path, *path.parent.glob(f"{path.name}-*")]
        return b"".join(file.read_bytes() for file in files)
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    found = bytearray()
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        ).fetchall()
        for (table,) in tables:
            for row in connection.execute(f"SELECT * FROM {table}"):
                for value in row:
                    found += value if isinstance(value, bytes) else str(value).encode()
                    found += b"\n"
    return bytes(found)


# ---- what is gone


def test_what_was_theirs_is_found_no_more_and_what_others_said_stays(world: World) -> None:
    own = world.say(AN)
    others = world.say(BINH, context=INSTRUCTED_BY_AN)
    done = world.forget()
    assert ids_of(world.store, AN, related=True) == set()
    assert ids_of(world.store, AN_BY_MAIL, related=True) == set()
    account = {"homePage": "https://lrs.example/forgotten", "name": done.pseudonym}
    pseudonym = {"objectType": "Agent", "account": account}
    assert text_of(world.store, others)["context"] == {"instructor": pseudonym}
    assert others in ids_of(world.store, {"account": account}, related=True)
    assert others in ids_of(world.store, BINH)
    with world.store.storage.read() as connection:
        tables = statement_index.TABLES
        assert statement_query.locate(connection, tables, stream_of(own)) is None


def test_nothing_of_them_can_be_read_in_the_database(world: World, database_url: str) -> None:
    world.say(BINH, context=INSTRUCTED_BY_AN)
    world.keep_document(AN, "Nguyễn Văn An ghi chú".encode())
    world.store.credentials.issue("lop", authority={"name": "Nguyễn Văn An", **AN_BY_MAIL})
    with world.store.storage.write() as connection:
        assessment.refresh(connection, world.store.log.tracked(connection, assessment.NAME))
    before = content_of(database_url)
    assert all(name.encode() in before for name in OF_AN[:2]), "the tables hold what they show"
    world.forget()
    after = content_of(database_url)
    assert [name for name in OF_AN if name.encode() in after] == []
    others = ("Trần Thị Bình", "binh.tt")
    assert all(name.encode() in after for name in others), "nobody else was forgotten"


def test_every_table_is_what_a_rebuild_gives(world: World) -> None:
    world.say(BINH, context=INSTRUCTED_BY_AN)
    world.keep_document(AN)
    world.forget()
    for projection in INLINE + FOLLOWED:
        rebuild(world.store.log, projection, check=True)


def test_the_results_of_others_are_computed_without_them(world: World) -> None:
    store = world.store
    world.forget()
    with store.storage.read() as connection:
        position = store.log.tracked(connection, assessment.NAME)
        results = assessment.results(connection, "KY-2026", "open", position)
        assert set(results.people) == {"P2", "P3"}
        assert assessment.stored(connection) == []
        assert assessment.record(connection, Person, "P1", position) is None


def test_their_account_is_closed_and_their_sessions_end(world: World) -> None:
    sessions = world.store.sessions
    token, _ = sessions.sign_in("an.tai.khoan", PASSWORD, "192.0.2.1")
    world.forget()
    with world.store.storage.read() as connection, pytest.raises(NotAuthenticated):
        sessions.find(connection, token)
    with pytest.raises(NotAuthenticated):
        sessions.sign_in("an.tai.khoan", PASSWORD, "192.0.2.1")
    assert "an.tai.khoan" not in [row.name for row in world.store.accounts.opened()]
    with pytest.raises(AccountExists):
        world.store.accounts.open("an.tai.khoan", PASSWORD, roles=["admin"])


async def test_a_new_document_of_the_same_name_begins_anew(world: World) -> None:
    store = world.store
    issued = store.credentials.issue("lms", ["all"])
    transport = httpx.ASGITransport(create_app(store.settings, store))
    asked = {
        "stateId": "bookmark",
        "activityId": "urn:x:1",
        "agent": orjson.dumps(AN).decode(),
    }
    async with httpx.AsyncClient(
        transport=transport,
        base_url="https://lrs.example/xapi",
        auth=(issued.key, issued.secret),
        headers={"X-Experience-API-Version": "1.0.3"},
    ) as client:
        for content in ("one", "two"):
            stored = await client.put("/activities/state", params=asked, content=content)
            assert stored.status_code == 204
        world.forget()
        assert (await client.get("/activities/state", params=asked)).status_code == 404
        again = await client.put("/activities/state", params=asked, content="three")
        assert again.status_code == 204, again.text
        assert (await client.get("/activities/state", params=asked)).text == "three"


def test_what_comes_afterwards_is_new(world: World) -> None:
    world.forget()
    new = world.say(AN)
    about = world.say(BINH, context=INSTRUCTED_BY_AN)
    assert ids_of(world.store, AN) == {new}
    assert text_of(world.store, about)["context"] == INSTRUCTED_BY_AN
    world.record(Person(id="P1", name="Nguyễn Văn An"))
    world.link("P1", {"mbox": "mailto:an.nguyen@bo.example"})
    second = world.forget()
    assert text_of(world.store, about)["context"]["instructor"]["account"]["name"] == (
        second.pseudonym
    )


def test_a_voiding_statement_outlasts_who_sent_it(world: World) -> None:
    voided = world.say(BINH)
    void = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    world.say(AN, verb=void, object={"objectType": "StatementRef", "id": voided})
    void_position = world.store.log.head().position
    held = person_export.find(world.store, "P1").holdings
    assert void_position in held.mentions
    assert void_position not in held.own
    world.forget()
    with world.store.storage.read() as connection:
        tables = statement_index.TABLES
        found = statement_query.locate(connection, tables, stream_of(voided))
        assert found is not None
        assert found.voided


def test_an_appeal_of_somebody_else_names_them_no_more(world: World) -> None:
    link = Correction(
        kind="link_identity",
        person="P1",
        identifier=Identifier(person="P1", mbox="mailto:an.cu@bo.example"),
    )
    credit = Correction(kind="decide_declaration", item="KK-001", decision="rejected")
    appeal = Appeal(
        id="KN-9",
        period="KY-2026",
        person="P2",
        filed=day("2026-12-01"),
        decided=day("2026-12-02"),
        decision="accepted",
        corrections=(link, credit),
    )
    world.record(appeal)
    own = world.say({"mbox": "mailto:an.cu@bo.example"})
    world.forget()
    store = world.store
    with store.storage.read() as connection:
        position = store.log.tracked(connection, assessment.NAME)
        found = assessment.record(connection, Appeal, "KN-9", position)
        assert found is not None
        assert found.corrections == (credit,)
        tables = statement_index.TABLES
        assert statement_query.locate(connection, tables, stream_of(own)) is None


def test_who_is_the_same_human_being_goes_with_them(world: World) -> None:
    world.record(Person(id="P9", name="Nguyễn Văn An (cũ)"), PeopleMerged(person="P9", into="P1"))
    world.link("P9", {"mbox": "mailto:an.9@bo.example"})
    world.say({"mbox": "mailto:an.9@bo.example"})
    with pytest.raises(DecisionRefused, match="counted as P1"):
        propose(world.store, "P9", BASIS, "binh", PASSWORD)
    world.forget()
    assert ids_of(world.store, {"mbox": "mailto:an.9@bo.example"}) == set()
    with world.store.storage.read() as connection:
        position = world.store.log.tracked(connection, assessment.NAME)
        assert {one.id for one in assessment.records(connection, Person, position)} == {"P2", "P3"}


def test_who_was_parted_from_them_is_a_person_of_their_own(world: World) -> None:
    """That somebody was once taken for them names them, so it is said of nobody any more."""
    world.record(Person(id="P9", name="Võ Văn Chín"), PeopleMerged(person="P9", into="P1"))
    parted = Withdrawal(key="P9", reason="nhầm"), Kind.PEOPLE_PARTED
    change(world.store, lambda _: [parted])
    world.link("P9", {"mbox": "mailto:chin@bo.example"})
    kept = world.say({"mbox": "mailto:chin@bo.example"})
    world.forget()
    assert ids_of(world.store, {"mbox": "mailto:chin@bo.example"}) == {kept}
    assert [e.erased for e in world.store.log.read(0, 10_000, kinds=[Kind.PEOPLE_MERGED])] == [True]


def test_who_read_what_and_in_whose_name_a_credential_is_names_them_no_more(world: World) -> None:
    store = world.store
    account = store.accounts.named("an.tai.khoan")
    by_an = Reader(account.id, account=account.name, roles=("learner",))
    record_now(store, by_an, Read("/people/{person}", {"person": "P2"}), ["P2"])
    by_binh = Reader(store.accounts.named("binh").id, account="binh", roles=("auditor",))
    record_now(store, by_binh, Read("/people/{person}", {"person": "P1"}), ["P1", "P2"])
    record_now(store, by_binh, Read("/readings", {"account": "An.Tai.Khoan"}), ["P2"])
    record_now(store, by_binh, Read("/readings", {"account": "no name"}), ["P2"])
    issued = store.credentials.issue("lop", authority={"name": "Nguyễn Văn An", **AN_BY_MAIL})
    assert b"an.nguyen" in store.credentials.authority_text(issued.credential.id)
    done = world.forget()
    store.credentials.refresh()
    assert b"an.nguyen" not in store.credentials.authority_text(issued.credential.id)
    assert done.pseudonym.encode() in store.credentials.authority_text(issued.credential.id)
    reads = [orjson.loads(e.body) for e in store.log.read(0, 10_000, kinds=[Kind.RECORD_READ])]
    assert [(read["account"], read["people"], read["asked"]) for read in reads] == [
        (done.pseudonym, ["P2"], {"person": "P2"}),
        ("binh", [done.pseudonym, "P2"], {"person": done.pseudonym}),
        ("binh", ["P2"], {"account": done.pseudonym}),
        ("binh", ["P2"], {"account": "no name"}),
    ]


def test_the_event_names_nobody_and_what_was_destroyed(world: World) -> None:
    done = world.forget()
    [said] = events(world.store, Kind.PERSON_FORGOTTEN)
    assert isinstance(said, PersonForgotten)
    assert (said.position, len(said.keys), said.basis) == (done.position - 1, done.keys, BASIS)
    assert done.keys > 3
    assert len({subject.token for subject in said.subjects}) == 6  # P1, four identifiers, account
    with world.store.storage.read() as connection:
        [row] = world.store.log.rows_at(connection, [done.position])
        assert not row.sealed, "it must be readable whoever else is forgotten"
        keys = set(connection.scalars(text("SELECT key_id FROM data_key")))
        destroyed = {bytes.fromhex(key) for key in said.keys}
        assert keys.isdisjoint(destroyed)
        rows = world.store.log.rows(connection, 0, 10_000, stop=done.position)
        assert {row.key_id for row in rows if row.sealed} - keys == destroyed


# ---- who may


def test_two_people_decide(world: World) -> None:
    proposal = world.propose()
    with pytest.raises(MayNotDecide, match="second account"):
        approve(world.store, proposal, "binh", PASSWORD)
    world.store.accounts.open(
        "binh2", PASSWORD, roles=["admin"], permissions=["privacy"], person="P2"
    )
    with pytest.raises(MayNotDecide, match="accounts of one person"):
        approve(world.store, proposal, "binh2", PASSWORD)
    with pytest.raises(NotProved):
        approve(world.store, proposal, "chau", "not the password at all")
    world.store.accounts.change("chau", permissions=[])
    with pytest.raises(MayNotDecide, match="permission privacy"):
        approve(world.store, proposal, "chau", PASSWORD)
    world.store.accounts.change("chau", permissions=["privacy"], person=None)
    with pytest.raises(MayNotDecide, match="whose account"):
        approve(world.store, proposal, "chau", PASSWORD)
    assert events(world.store, Kind.PERSON_FORGOTTEN) == []
    world.store.accounts.change("chau", person="P3")
    approve(world.store, proposal, "chau", PASSWORD)
    assert len(events(world.store, Kind.PERSON_FORGOTTEN)) == 1


def test_two_ids_of_one_human_being_are_not_two_people(world: World) -> None:
    world.record(Person(id="P9", name="Bình"), PeopleMerged(person="P9", into="P2"))
    proposal = world.propose()
    world.store.accounts.change("chau", person="P9")
    with pytest.raises(MayNotDecide, match="accounts of one person"):
        approve(world.store, proposal, "chau", PASSWORD)


def test_nobody_decides_about_themselves(world: World) -> None:
    with pytest.raises(MayNotDecide, match="others decide"):
        propose(world.store, "P2", BASIS, "binh", PASSWORD)
    proposal = str(propose(world.store, "P3", BASIS, "binh", PASSWORD).id)
    with pytest.raises(MayNotDecide, match="others decide"):
        approve(world.store, proposal, "chau", PASSWORD)


def test_guessing_the_password_of_an_approver_is_counted(world: World) -> None:
    for _ in range(10):
        with pytest.raises(NotProved):
            propose(world.store, "P1", BASIS, "binh", "guessed, and wrong")
    with pytest.raises(TooManyRequests):
        propose(world.store, "P1", BASIS, "binh", PASSWORD)


def test_a_proposer_who_may_no_longer_decide_takes_the_proposal_along(world: World) -> None:
    proposal = world.propose()
    world.store.accounts.change("binh", permissions=[])
    with pytest.raises(MayNotDecide):
        approve(world.store, proposal, "chau", PASSWORD)
    world.store.accounts.close("binh")
    with pytest.raises(NotForgotten, match="was closed"):
        approve(world.store, proposal, "chau", PASSWORD)


@pytest.mark.parametrize(
    "basis", ["", "  ", "Đơn của NGUYỄN VĂN AN", "theo an.nv, 2026", "x" * 3000]
)
def test_the_basis_stays_for_ever_so_it_names_nobody(world: World, basis: str) -> None:
    with pytest.raises(UnfitReason):
        propose(world.store, "P1", basis, "binh", PASSWORD)


def test_a_proposal_is_open_once_and_until_it_is_withdrawn(world: World) -> None:
    proposal = world.propose()
    with pytest.raises(NotForgotten, match=proposal):
        world.propose()
    withdraw(world.store, proposal, "nhầm người")
    with pytest.raises(ProposalUnknown):
        withdraw(world.store, proposal, "nhầm người")
    with pytest.raises(ProposalUnknown):
        approve(world.store, proposal, "chau", PASSWORD)
    for unknown in ("no-such", "7f6f3b7e-0000-4000-8000-000000000000"):
        with pytest.raises(ProposalUnknown):
            approve(world.store, unknown, "chau", PASSWORD)
    assert world.propose() != proposal


def test_who_was_forgotten_cannot_be_again(world: World) -> None:
    approve(world.store, world.propose(), "chau", PASSWORD)
    with pytest.raises(NotForgotten, match="forgotten already"):
        world.propose()
    world.store.finisher.finish()
    with pytest.raises(DecisionRefused):
        world.propose()


# ---- what refuses


def test_a_hold_placed_after_the_proposal_refuses_its_approval(world: World) -> None:
    proposal = world.propose()
    holds.place(world.store, "P1", "thanh tra 5/TT")
    with pytest.raises(NotForgotten, match="legal hold: thanh tra 5/TT"):
        approve(world.store, proposal, "chau", PASSWORD)
    [refused] = events(world.store, Kind.FORGETTING_REFUSED)
    assert isinstance(refused, ForgettingRefused)
    assert (refused.cause, refused.reason, refused.person) == (
        "legal-hold",
        "thanh tra 5/TT",
        "P1",
    )
    with pytest.raises(ProposalUnknown):  # it has ended
        approve(world.store, proposal, "chau", PASSWORD)
    assert ids_of(world.store, AN)


def test_a_hold_that_comes_at_the_last_moment_refuses_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = world.propose()
    looked = []

    def refusal(*given: Any) -> Any:
        """Between looking and destroying, somebody else places a hold."""
        looked.append(found := original(*given))
        if len(looked) == 1:
            placing.append(True)
        return found

    placing: list[bool] = []
    original, forget = forgetting._refusal, forgetting._forget

    def forgetting_now(*given: Any) -> Any:
        if placing.pop():
            holds.place(world.store, "P1", "thanh tra 5/TT")
            placing.append(False)
        return forget(*given)

    monkeypatch.setattr(forgetting, "_refusal", refusal)
    monkeypatch.setattr(forgetting, "_forget", forgetting_now)
    with pytest.raises(NotForgotten, match="legal hold"):
        approve(world.store, proposal, "chau", PASSWORD)
    assert events(world.store, Kind.PERSON_FORGOTTEN) == []


def closed(world: World) -> None:
    world.record(Freeze(period="KY-2026", position=world.store.log.head().position))
    world.record(Closing(period="KY-2026", position=9, results="0" * 64, roster="0" * 64))


def test_a_closed_period_whose_records_are_to_be_kept_refuses(open_world: OpenWorld) -> None:
    world = peopled(open_world(retain_register_years=100))
    closed(world)
    with pytest.raises(NotForgotten, match=r"KY-2026 are closed.* up to the end of 2126"):
        world.propose()
    [refused] = events(world.store, Kind.FORGETTING_REFUSED)
    assert refused.cause == "retention"


def test_a_closed_period_is_named_where_nothing_keeps_its_people(world: World) -> None:
    closed(world)
    proposal = propose(world.store, "P1", BASIS, "binh", PASSWORD)
    assert proposal.extent.periods == ["KY-2026"]
    approve(world.store, str(proposal.id), "chau", PASSWORD)
    [said] = events(world.store, Kind.PERSON_FORGOTTEN)
    assert said.periods == ("KY-2026",)


@pytest.mark.parametrize("sealed_since", [True, False])
def test_what_was_recorded_unsealed_is_hidden_and_counted(
    open_world: OpenWorld, sealed_since: bool
) -> None:
    before = peopled(open_world(seal=False))
    before.say(BINH, context=INSTRUCTED_BY_AN)
    before.store.close()
    world = open_world(seal=sealed_since)
    world.say(AN)
    done = world.forget()
    assert done.unsealed > 10
    assert done.keys == 2 * sealed_since  # of the statement and of the proposal
    assert ids_of(world.store, AN, related=True) == set()
    with world.store.storage.read() as connection:
        position = world.store.log.tracked(connection, assessment.NAME)
        assert {one.id for one in assessment.records(connection, Person, position)} == {"P2", "P3"}
    assert "an.tai.khoan" not in [row.name for row in world.store.accounts.opened()]


# ---- identifiers that others had too


def shared(world: World, until: str, since: str) -> dict[str, Any]:
    """A mailbox that was An's up to a day and Châu's from another one on."""
    mailbox = {"mbox": "mailto:van.thu@bo.example"}
    world.link("P1", mailbox, to=until)
    world.link("P3", mailbox, **{"from": since})
    return mailbox


def test_of_a_mailbox_that_passed_on_only_the_persons_own_years_go(open_world: OpenWorld) -> None:
    world = peopled(open_world())
    mailbox = shared(world, "2030-12-31", "2031-01-01")
    own = world.say(mailbox, timestamp="2030-05-01T08:00:00+07:00", stored_in=2030)
    about_own = world.say(
        BINH,
        context={"instructor": mailbox},
        timestamp="2030-05-02T08:00:00+07:00",
        stored_in=2030,
    )
    of_chau = world.say(mailbox, timestamp="2031-05-01T08:00:00+07:00", stored_in=2031)
    about_chau = world.say(
        BINH,
        context={"instructor": mailbox},
        timestamp="2031-05-02T08:00:00+07:00",
        stored_in=2031,
    )
    world.forget()
    assert ids_of(world.store, mailbox, related=True) == {of_chau, about_chau}
    assert text_of(world.store, about_chau)["context"] == {"instructor": mailbox}
    assert "forgotten" in str(text_of(world.store, about_own))
    with world.store.storage.read() as connection:
        tables = statement_index.TABLES
        assert statement_query.locate(connection, tables, stream_of(own)) is None


def test_what_one_key_sealed_of_two_people_is_not_destroyed(world: World) -> None:
    mailbox = shared(world, "2026-06-30", "2026-07-01")
    world.say(mailbox, timestamp="2026-05-01T08:00:00+07:00")
    of_chau = world.say(mailbox, timestamp="2026-08-01T08:00:00+07:00")
    with pytest.raises(NotForgotten, match=r"van.thu@bo.example was P1 .* and also P3"):
        world.propose()
    assert of_chau in ids_of(world.store, mailbox)


def test_an_identifier_that_was_unlinked_was_never_theirs(world: World) -> None:
    mistaken = Identifier(person="P1", mbox="mailto:khac@bo.example")
    world.record(mistaken)
    kept = world.say({"mbox": "mailto:khac@bo.example"})
    withdrawn = (Withdrawal(key=mistaken.key), Kind.IDENTIFIER_UNLINKED)
    change(world.store, lambda _: [withdrawn])
    world.forget()
    assert ids_of(world.store, {"mbox": "mailto:khac@bo.example"}) == {kept}


def test_an_account_that_was_passed_on_is_closed_first(world: World) -> None:
    world.store.accounts.change("an.tai.khoan", person="P2")
    with pytest.raises(NotForgotten, match=r"lrs accounts close an\.tai\.khoan"):
        world.propose()
    world.store.accounts.close("an.tai.khoan")
    world.forget()
    for projection in INLINE:
        rebuild(world.store.log, projection, check=True)


def test_results_computed_before_and_stored_after_are_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def people() -> set[str]:
        with world.store.storage.read() as connection:
            restored = assessment.restored(connection, "KY-2026", "open")
        return set() if restored is None else set(restored[1].people)

    renewer = Renewer(world.store.log, pause=3600)
    try:
        renewer.renew()
        assert people() == {"P1", "P2", "P3"}
        world.forget()
        with monkeypatch.context() as patched:
            patched.setattr("lrs.renewer.renewed", lambda _: 0)  # as it was when it began
            renewer.renew()
        assert people() == set()
        renewer.renew()
        assert people() == {"P2", "P3"}
    finally:
        renewer.close()


# ---- cut off at any moment


def interrupted(world: World, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Forget, and stop when so many projections were rebuilt."""
    done = 0
    original = rebuild

    def counted(*given: Any, **named: Any) -> Any:
        nonlocal done
        if done == after:
            raise Stopped
        done += 1
        return original(*given, **named)

    approve(world.store, world.propose(), "chau", PASSWORD)
    with monkeypatch.context() as patched:
        patched.setattr("lrs.privacy.finishing.rebuild", counted)
        with pytest.raises(Stopped):
            world.store.finisher.finish()


@pytest.mark.parametrize("after", [0, 3])
def test_the_next_server_finishes_what_was_cut_off(
    open_world: OpenWorld, world: World, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    world.say(BINH, context=INSTRUCTED_BY_AN)
    interrupted(world, monkeypatch, after)
    assert not world.store.finisher.state()["done"]
    world.store.close()
    again = open_world(follow=True)
    for _ in range(500):
        if again.store.finisher.state()["done"]:
            break
        time.sleep(0.02)
    assert again.store.finisher.state()["done"], again.store.finisher.failure
    for projection in INLINE:
        rebuild(again.store.log, projection, check=True)
    assert "an.tai.khoan" not in [row.name for row in again.store.accounts.opened()]


def test_a_command_says_what_is_destroyed_also_where_the_tables_are_not_made_anew(
    world: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*given: Any, **named: Any) -> None:
        raise TooBusy("somebody reads for long")

    proposal = world.propose()
    world.store.close()
    (tmp_path / "password").write_text(PASSWORD)
    commands = Commands(
        database_url,
        tmp_path,
        LRS_BASE_URL="https://lrs.example",
        LRS_SEALING_KEY_FILE=str(tmp_path / "sealing-key"),
    )
    approval = ("privacy", "approve", proposal, "--as", "chau")
    with monkeypatch.context() as patched:
        patched.setattr("lrs.privacy.finishing.rebuild", busy)
        said = commands.run(*approval, "--password-file", tmp_path / "password", code=1)
    assert "data keys destroyed, recorded at position" in said
    assert "tables not made anew yet: TooBusy: somebody reads for long" in said
    assert "`lrs privacy finish` goes on" in said
    assert not commands.json("privacy", "list")["finishing"]["done"]
    assert "Nothing is left" in commands.run("privacy", "finish")


def test_before_it_is_finished_nobody_reads_it_either(world: World) -> None:
    """Tables that are not made anew yet lead to what is erased already."""
    own = world.say(AN)
    about = world.say(BINH, context=INSTRUCTED_BY_AN)
    before = {"mbox": "mailto:an.2025@bo.example"}
    world.link("P1", before, to="2025-12-31")
    completed = {"id": "http://adlnet.gov/expapi/verbs/completed"}
    world.say(before, verb=completed, timestamp="2026-05-01T08:00:00+07:00")  # nobody's
    approve(world.store, world.propose(), "chau", PASSWORD)
    assert own not in ids_of(world.store, AN)
    assert "an.nguyen" not in str(text_of(world.store, about))
    with world.store.storage.read() as connection:
        rows = assessment.unresolved_actors(connection, 10_000)
        shown = list(with_latest_statements(world.store, connection, rows))
    assert len(shown) == len(rows) - 1
    assert "an.2025" not in str(shown)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_another_process_sees_it_at_its_next_read(
    world: World, database_url: str, tmp_path: Path
) -> None:
    own = world.say(AN)
    about = world.say(BINH, context=INSTRUCTED_BY_AN)
    settings: dict[str, Any] = {
        "database_url": database_url,
        "pepper_file": tmp_path / "pepper",
        "sealing_key_file": tmp_path / "sealing-key",
    }
    other = Store(Settings(**settings), follow=False)
    try:
        assert "an.nguyen" in str(text_of(other, about))
        assert own in ids_of(other, AN)
        approve(world.store, world.propose(), "chau", PASSWORD)
        assert "an.nguyen" not in str(text_of(other, about))
        assert own not in ids_of(other, AN)
    finally:
        other.close()


def test_the_names_table_holds_tokens_alone(world: World) -> None:
    world.forget()
    with world.store.storage.read() as connection:
        names = privacy.names(connection)
        tokens_by = world.store.data_keys.tokens_by(connection)
    key = agent_key(AN)
    assert tokens_by is not None
    assert key is not None
    assert tokens_by(key) in {name.token for name in names}
    assert key not in {name.token for name in names}

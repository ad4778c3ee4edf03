"""Every kind of event that holds personal content is sealed, under whose it is."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import copyfile
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.log.rows import Row
from lrs.ministry.files import write_ministry
from lrs.ministry.people import make_people
from lrs.ministry.units import units
from lrs.privacy import subjects
from lrs.register import change
from lrs.settings import Settings
from lrs.store import Store
from schemas.agents import agent_key
from schemas.events import Kind
from schemas.privacy import PRIVACY_KINDS
from schemas.register import (
    RECORDS,
    Absence,
    Account,
    Appeal,
    AwardDecision,
    Competence,
    Identifier,
    Item,
    Membership,
    PartyMembership,
    PeopleMerged,
    Person,
    Record,
    Unit,
    Withdrawal,
)
from tests.examples import statement, voiding
from tests.lrs.conftest import KEY, SECRET

PERSON = "CB00017"
ANH = {"objectType": "Agent", "mbox": "mailto:anh@hocba.example", "name": "Trần Thị Ánh"}
TEAM = {"objectType": "Group", "account": {"homePage": "https://sso.example", "name": "tổ 3"}}
UNNAMED = {"objectType": "Group", "member": [ANH, {"mbox": "mailto:binh@hocba.example"}]}
DAY = date(2026, 11, 20)

PERSONAL: tuple[Record, ...] = (
    Person(id=PERSON, name="Trần Thị Ánh"),
    Identifier(person=PERSON, account=Account("https://sso.example", "anh17")),
    PeopleMerged(person=PERSON, into="CB00018"),
    Membership(person=PERSON, unit="HTQT", position="cv", category="cong_chuc"),
    Absence(person=PERSON, type="thai_san"),
    PartyMembership(person=PERSON),
    Competence(person=PERSON, framework="tin_hoc", level=2, date=DAY),
    Item(id="SK-1", kind="sang_kien", date=DAY, person=PERSON, title="của chị Ánh"),
    Appeal(
        id="KN-1",
        period="2026",
        person=PERSON,
        filed=DAY,
        decided=DAY,
        decision="rejected",
    ),
)
"""One of each type of record that can be about a person; awards have a test of their own."""

SEALED = {
    Kind.STATEMENT_1_0,
    Kind.STATEMENT_2_0,
    Kind.DOCUMENT_STORED,
    Kind.DOCUMENT_DELETED,
    Kind.CREDENTIAL_ISSUED,
    Kind.ACCOUNT_OPENED,
    Kind.ACCOUNT_CHANGED,
    Kind.ACCOUNT_CLOSED,
    Kind.RECORD_READ,
    *(kind for record in PERSONAL for kind in RECORDS[type(record)]),
    *RECORDS[AwardDecision],
    *(set(PRIVACY_KINDS) - {Kind.PERSON_FORGOTTEN, Kind.RETENTION_APPLIED}),
}
"""Kinds whose content can be somebody's."""

PLAIN = {
    Kind.LOG_OPENED,
    Kind.EPOCH_BEGUN,
    Kind.CREDENTIAL_ROTATED,
    Kind.CREDENTIAL_REVOKED,
    Kind.PERSON_FORGOTTEN,
    Kind.RETENTION_APPLIED,
    *(kind for record in RECORDS for kind in RECORDS[record] if kind not in SEALED),
}
"""Kinds whose content is about no person: units, rules, periods, keys that no longer are."""


@pytest.fixture
def store(sqlite_url: str, tmp_path: Path) -> Iterator[Store]:
    settings = Settings(
        database_url=sqlite_url,
        pepper_file=tmp_path / "pepper",
        base_url="https://lrs.example",
        api_key_default=KEY,
        api_secret_default=SECRET,
    )
    store = Store(settings, follow=False)
    yield store
    store.close()


def rows(store: Store) -> list[Row]:
    with store.storage.read() as connection:
        return store.log.rows(connection, 0, 10**6)


def keys_of(store: Store, *owners: bytes) -> set[bytes]:
    with store.storage.read() as connection:
        return {key.id for key in store.data_keys.held(connection, owners)}


def test_of_every_kind_it_is_decided_whether_it_is_sealed() -> None:
    assert set(Kind) - SEALED - PLAIN == set()
    assert set() == SEALED & PLAIN


def test_records_about_a_person_are_those_named_here() -> None:
    about = {record for record in RECORDS if record.about_person is not Record.about_person}
    about |= {record for record in RECORDS if "person" in record.__struct_fields__}
    assert about == {type(record) for record in PERSONAL} | {AwardDecision}
    assert {subjects.of_record(record) for record in PERSONAL} == {subjects.of_person(PERSON)}
    assert subjects.of_record(Unit(id="HTQT", vi="Cục Hợp tác quốc tế")) == subjects.NOBODYS


@pytest.mark.parametrize(
    ("said", "owner"),
    [
        (statement(actor=ANH), agent_key(ANH)),
        (statement(actor={"mbox": "mailto:anh@HOCBA.example"}), agent_key(ANH)),
        (statement(actor=TEAM), agent_key(TEAM)),
        (statement(actor=UNNAMED), subjects.SHARED),
        (voiding(str(uuid4()), actor=ANH), subjects.SHARED),
        (statement(actor=TEAM, object=ANH), agent_key(TEAM)),
    ],
    ids=["agent", "same mail address", "group", "anonymous group", "voiding", "about another"],
)
def test_a_statement_is_its_actors(said: dict[str, Any], owner: bytes | None) -> None:
    assert subjects.of_statement(said) == owner


async def test_statements_and_documents_are_sealed_for_whom_they_are(
    client: httpx.AsyncClient, store: Store
) -> None:
    before = len(rows(store))
    agent = orjson.dumps(ANH).decode()
    state = {"activityId": "https://lms.example/course", "agent": agent, "stateId": "s"}
    profile = {"agent": agent, "profileId": "p"}
    of_activity = {"activityId": "https://lms.example/course", "profileId": "p"}
    new = {"If-None-Match": "*"}
    await client.post("/statements", json=statement(actor=ANH))
    await client.put(f"/statements?statementId={uuid4()}", json=statement(actor=ANH))
    await client.put("/activities/state", params=state, content=b"Anh", headers=new)
    await client.put("/agents/profile", params=profile, content=b"Anh", headers=new)
    await client.delete("/activities/state", params=state)
    await client.delete("/agents/profile", params=profile)
    await client.put("/activities/profile", params=of_activity, content=b"page", headers=new)
    *personal, public = rows(store)[before:]
    owned = keys_of(store, agent_key(ANH) or b"")
    assert [row.key_id in owned for row in personal] == [True] * 6
    assert not public.sealed


def test_register_records_and_their_withdrawals_are_sealed_for_their_person(store: Store) -> None:
    before = len(rows(store))
    change(store, lambda _: [(one, RECORDS[type(one)].recorded) for one in PERSONAL])
    withdrawals = [
        (Withdrawal(one.key, reason="Ánh"), RECORDS[type(one)].withdrawn) for one in PERSONAL
    ]
    change(store, lambda _: withdrawals)
    unit = Unit(id="HTQT", vi="Cục Hợp tác quốc tế")
    change(store, lambda _: [(unit, RECORDS[Unit].recorded)])
    *personal, public = rows(store)[before:]
    owned = keys_of(store, subjects.of_person(PERSON))
    assert [row.key_id in owned for row in personal] == [True] * 2 * len(PERSONAL)
    assert not public.sealed


def test_what_is_recorded_and_withdrawn_by_one_decision_is_one_persons(store: Store) -> None:
    before = len(rows(store))
    item = PERSONAL[7]
    change(
        store,
        lambda _: [
            (item, RECORDS[Item].recorded),
            (Withdrawal(item.key, reason="Ánh"), RECORDS[Item].withdrawn),
        ],
    )
    assert {row.key_id for row in rows(store)[before:]} == keys_of(
        store, subjects.of_person(PERSON)
    )


def test_an_account_is_sealed_for_its_person_or_for_itself(store: Store) -> None:
    before = len(rows(store))
    password = "một mật khẩu dài đủ dùng"
    store.accounts.open("anh17", password, roles=["learner"], person=PERSON)
    store.accounts.change("anh17", title="Chị Ánh")
    store.accounts.open("admin", password, roles=["auditor"], units=None)
    store.accounts.change("admin", person=PERSON)
    store.accounts.close("admin")
    mine, my_title, other, now_mine, closed = (row.key_id for row in rows(store)[before:])
    [persons] = keys_of(store, subjects.of_person(PERSON))
    [own] = keys_of(store, subjects.of_account("admin", None))
    assert (mine, my_title, now_mine, closed, other) == (persons,) * 4 + (own,)


def test_a_credential_is_sealed_and_nobodys_alone(store: Store) -> None:
    store.credentials.issue("LMS", authority=ANH)
    [shared] = keys_of(store, subjects.SHARED)
    assert rows(store)[-1].key_id == shared


def test_the_log_of_a_ministry_has_no_name_no_address_and_no_account_of_anybody(
    store: Store, tmp_path: Path
) -> None:
    case = tmp_path / "case"
    write_ministry(case, people=60, statements=1200, year=2026)
    import_case(store, read_case(case))
    people = make_people(units(60, 2026), 2026, people=60)
    password = "một mật khẩu dài đủ dùng"
    for person in people[:5]:
        store.accounts.open(
            person.mbox.removeprefix("mailto:"),
            password,
            title=person.name,
            roles=["learner"],
            person=person.id,
        )
    known = {name for person in people for name in names_of(person)}
    log = only_the_log(tmp_path)
    with store.storage.read() as connection:
        found = store.log.open_rows(connection, rows(store))
    opened = b"\n".join(one.body for one in found)
    there = {name for name in known if name.encode() in opened}
    assert len(there) > len(known) // 2, "what is looked for is what was recorded"
    assert sorted(name for name in known if name.encode() in log) == []


def names_of(person: Any) -> Iterator[str]:
    yield person.name
    yield person.mbox
    yield person.digest
    yield f'"{person.id}"'
    for identifier in person.identifiers():
        if identifier.account is not None:
            yield f'"{identifier.account.name}"'
        if identifier.openid is not None:
            yield identifier.openid


def only_the_log(directory: Path) -> bytes:
    """The database file as it would be with no table but those of the log."""
    copyfile(directory / "hocba.db", directory / "copy.db")
    copyfile(directory / "hocba.db-wal", directory / "copy.db-wal")
    kept = {"event_log", "event_registry", "attachment_content", "attachment_sealed", "data_key"}
    with sqlite3.connect(directory / "copy.db", isolation_level=None) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        for (name,) in tables.fetchall():
            if name not in kept:
                connection.execute(f"DROP TABLE {name}")
        connection.execute(f"VACUUM INTO '{directory / 'log.db'}'")
    connection.close()
    return (directory / "log.db").read_bytes()


def test_without_sealing_they_are_all_there(sqlite_url: str, tmp_path: Path) -> None:
    """What the test above looks for can be found."""
    settings = Settings(database_url=sqlite_url, pepper_file=tmp_path / "pepper", seal=False)
    store = Store(settings, follow=False)
    try:
        person = Person(id=PERSON, name="Trần Thị Ánh")
        change(store, lambda _: [(person, RECORDS[Person].recorded)])
        assert "Trần Thị Ánh".encode() in only_the_log(tmp_path)
    finally:
        store.close()


def test_an_import_line_without_an_id_is_sealed_too(store: Store) -> None:
    from lrs.imports import Line, import_lines

    line = Line(1, orjson.dumps(statement(actor=ANH)))
    assert import_lines(store, [line], version="1.0", language="en").stored == 1
    [last] = rows(store)[-1:]
    assert last.key_id in keys_of(store, agent_key(ANH) or b"")
    assert UUID(bytes=last.stream_id).version == 5

"""Everything the store holds about a person, in files a program can read."""

import base64
from typing import Any

import orjson
import pytest

from lrs.asked.caller import By
from lrs.asked.privacy import Privacy
from lrs.auth.machine import machine_user_id
from lrs.decisions.judging import DecisionRefused
from lrs.log.recorder import Attachment
from lrs.privacy import holds, person_export
from lrs.privacy.subjects import of_agent
from lrs.projector import catch_up
from lrs.readings import Read, Reader, record_now
from projections import readings
from tests.examples import statement_event
from tests.lrs.privacy.conftest import AN, AN_BY_MAIL, BINH, World

OPERATOR = By(machine_user_id("root"), "root", None)


def exported(world: World, person: str = "P1") -> dict[str, Any]:
    found = person_export.export(world.store, person_export.find(world.store, person))
    return {
        name: [orjson.loads(line) for line in content.splitlines()]
        if name.endswith("l")
        else orjson.loads(content)
        for name, content in found.files.items()
    }


def ids(statements: list[Any]) -> set[str]:
    return {statement["id"] for statement in statements}


def test_it_has_what_they_did_and_what_others_said_of_them(world: World) -> None:
    own = world.say(AN, result={"score": {"raw": 1.0, "max": 123456789012345678901234567890}})
    other = world.say(BINH)
    about = world.say(BINH, context={"instructor": AN_BY_MAIL})
    files = exported(world)
    assert own in ids(files["statements.jsonl"])
    assert ids(files["mentions.jsonl"]) >= {about}
    assert other not in ids(files["statements.jsonl"]) | ids(files["mentions.jsonl"])
    found = person_export.export(world.store, person_export.find(world.store, "P1"))
    assert b'"max": 123456789012345678901234567890' in found.files["statements.jsonl"]
    assert files["manifest.json"]["files"]["statements.jsonl"] == len(files["statements.jsonl"])


def test_it_has_what_the_register_says_and_what_was_withdrawn(world: World) -> None:
    events = exported(world)["register.jsonl"]
    said = [(line["event"], line["said"]) for line in events]
    assert ("PersonRecorded", {"id": "P1", "name": "Nguyễn Văn An"}) in said
    assert {event for event, _ in said} >= {
        "IdentifierLinked",
        "MembershipRecorded",
        "PartyMembershipRecorded",
    }
    assert all("P2" not in orjson.dumps(body).decode() for _, body in said)


def test_it_has_documents_accounts_holds_and_results(world: World) -> None:
    world.keep_document(AN, b"\x00 not text")
    world.keep_document(AN, b"second", version=2)
    holds.place(world.store, "P1", "thanh tra")
    files = exported(world)
    contents = [base64.b64decode(line["said"]["base64"]) for line in files["documents.jsonl"]]
    assert contents == [b"\x00 not text", b"second"]
    [account] = files["accounts.jsonl"]
    assert account["said"]["name"] == "an.tai.khoan"
    assert "password" not in account["said"]
    assert [line["event"] for line in files["decisions.jsonl"]] == ["LegalHoldPlaced"]
    assert files["results/KY-2026.open.json"]["person"] == "P1"


def test_it_says_who_read_the_record_and_is_a_reading_itself(world: World) -> None:
    reader = Reader(world.store.accounts.named("binh").id, account="binh", roles=("auditor",))
    record_now(world.store, reader, Read("/people/{person}", {"person": "P1"}), ["P1"])
    asked = Privacy(world.store)
    asked.person_export("P1", by=OPERATOR)
    catch_up(world.store.log, readings)
    found = asked.person_export("P1", by=OPERATOR)["files"]["readings.jsonl"]
    said = [orjson.loads(line)["said"] for line in found.splitlines()]
    assert [(one.get("account"), one.get("user"), one["route"]) for one in said] == [
        ("binh", None, "/people/{person}"),
        (None, "root", "lrs privacy export"),
    ]


def test_attachments_come_with_the_statements(world: World) -> None:
    sha2 = "ab" * 32
    attached = {
        "usageType": "urn:x:photo",
        "display": {"vi": "Ảnh"},
        "contentType": "image/png",
        "length": 3,
        "sha2": sha2,
    }
    value = {
        "actor": AN,
        "verb": {"id": "urn:x:v"},
        "object": {"id": "urn:x:1"},
        "attachments": [attached],
    }
    event = statement_event(value)._replace(subject=of_agent(AN))
    world.store.writer.append([event], [Attachment(sha2, b"png", (of_agent(AN),))]).result()
    asked = Privacy(world.store)
    assert asked.person_export("P1", by=OPERATOR)["attachments"] == [sha2]
    assert asked.person_attachment(sha2) == b"png"
    world.forget()
    assert asked.person_attachment(sha2) is None


def test_of_a_mailbox_others_had_only_the_persons_days_are_exported(world: World) -> None:
    mailbox = {"mbox": "mailto:van.thu@bo.example"}
    world.link("P1", mailbox, to="2026-06-30")
    world.link("P3", mailbox, **{"from": "2026-07-01"})
    own = world.say(mailbox, timestamp="2026-06-30T23:59:59+07:00")
    of_chau = world.say(mailbox, timestamp="2026-07-01T00:00:00+07:00")
    assert {own, of_chau} & ids(exported(world)["statements.jsonl"]) == {own}
    assert {own, of_chau} & ids(exported(world, "P3")["statements.jsonl"]) == {of_chau}


def test_of_who_was_forgotten_there_is_nothing_to_export(world: World) -> None:
    world.forget()
    with pytest.raises(DecisionRefused):
        exported(world)

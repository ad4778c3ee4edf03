"""What one statement may count for: signals S1 to S3, durations, moments, actors; all exact."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from hashlib import sha1
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.assessment.signals import DECIMALS, read, score_of, seconds_of
from projections.assessment.tables import NOBODY_KNOWN, EvidenceRow, VoidRow
from schemas.events import Kind, LogEntry
from schemas.formats import parse_timestamp
from schemas.keys import activity_key, registration_key, verb_key
from tests.projections.assessment.logs import ADL, COURSE, OFFICER, Json, statement

STATEMENT, SENDER = UUID(int=7).bytes, bytes([1]) * 16
STORED = 1_790_000_000_123_456


def read_text(text: bytes) -> EvidenceRow | VoidRow | None:
    empty = b""
    return read(LogEntry(9, STORED, Kind.STATEMENT_1_0, STATEMENT, 1, SENDER, empty, text))


def evidence(verb: str = "completed", /, **said: Any) -> EvidenceRow | None:
    row = read_text(orjson.dumps(statement(verb, **said)))
    assert not isinstance(row, VoidRow)
    return row


def signals(verb: str, **result: Any) -> tuple[bool, bool, str | None] | None:
    row = evidence(verb, result=result)
    return None if row is None else (row.completed, row.passed, row.score)


def test_a_row_says_who_what_when_and_by_which_sender() -> None:
    registration = "F6B2F0B8-5A3B-4F0E-9F3E-1D1F6D6F9A01"
    row = evidence(
        "experienced", result={"duration": "PT1H"}, context={"registration": registration}
    )
    assert row is not None
    assert row._replace(actor=b"") == EvidenceRow(
        position=9,
        statement=STATEMENT,
        credential=SENDER,
        actor=b"",
        verb=verb_key(f"{ADL}experienced"),
        activity=activity_key(COURSE),
        registration=registration_key(registration.lower()),
        at=parse_timestamp("2026-03-02T01:00:00Z"),
        completed=False,
        passed=False,
        score=None,
        seconds="3600",
    )


@pytest.mark.parametrize(
    ("verb", "result", "expected"),
    [
        ("completed", {}, (True, False, None)),
        ("completed", {"completion": True}, (True, False, None)),
        ("completed", {"completion": False}, None),
        ("passed", {"completion": True}, (True, True, None)),
        ("passed", {}, (False, True, None)),
        ("passed", {"success": False}, None),
        ("passed", {"success": False, "completion": True}, (True, False, None)),
        ("failed", {"completion": True}, (True, False, None)),
        ("failed", {}, None),
        ("failed", {"success": True}, None),
        ("completed", {"success": True}, (True, True, None)),
        ("scored", {"success": True}, (False, True, None)),
        ("scored", {"completion": True}, None),
        ("experienced", {"completion": True, "success": True}, None),
        ("attempted", {"score": {"scaled": 1}}, None),
        ("passed", {"score": {"scaled": 0.85}}, (False, True, "0.85")),
        ("failed", {"score": {"scaled": 0}}, (False, False, "0")),
        ("scored", {"score": {"scaled": 1}}, (False, False, "1")),
        ("scored", {"score": {"scaled": -0.5}}, (False, False, "0")),
        ("scored", {"score": {"raw": 80, "min": 0, "max": 100}}, None),
        ("completed", {"score": {"scaled": 0.85}}, (True, False, None)),
    ],
)
def test_completion_success_and_exam_score(verb: str, result: Json, expected: Any) -> None:
    assert signals(verb, **result) == expected


def test_only_verbs_of_adl_have_these_signals() -> None:
    assert evidence(verb={"id": "https://w3id.org/xapi/dod-isd/verbs/completed"}) is None
    assert evidence(verb={"id": f"{ADL}Completed"}) is None


def test_a_statement_that_carries_nothing_gives_no_row() -> None:
    assert evidence("initialized") is None
    assert evidence("experienced", result={"duration": "PT0S"}) is None


@given(scaled=st.decimals(0, 1, places=30))
def test_a_score_is_exactly_what_was_written(scaled: Decimal) -> None:
    text = orjson.dumps(statement("scored", result={"score": {"scaled": None}}))
    row = read_text(text.replace(b"null", str(scaled).encode()))
    assert isinstance(row, EvidenceRow)
    assert row.score is not None
    assert Fraction(row.score) == Fraction(scaled)


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ("0.1", Fraction(1, 10)),
        ("1.0", Fraction(1)),
        ("1e-1", Fraction(1, 10)),
        ("85E-2", Fraction(85, 100)),
        ("0.333333333333333333333333333333", Fraction(333333333333333333333333333333, 10**30)),
        ("1e-400", Fraction(1, 10**400)),
        ("0.30000000000000000001", Fraction(3, 10) + Fraction(1, 10**20)),
        ("-0.0", Fraction(0)),
        ("-1e-400", Fraction(0)),
        ("0e5000", Fraction(0)),
        (f"1e-{DECIMALS}", Fraction(1, 10**DECIMALS)),
    ],
)
def test_however_a_score_is_written(written: str, exact: Fraction) -> None:
    assert Fraction(score_of(written)) == exact


@pytest.mark.parametrize(
    "written", ["1e-999999999", "1e-99999999999999999999999", "0." + "0" * 9000 + "1"]
)
def test_no_number_can_fill_the_tables(written: str) -> None:
    assert score_of(written) == "0"


def test_a_score_of_very_many_decimals_is_cut_off() -> None:
    assert Fraction(score_of("0." + "9" * 9000)) == 1 - Fraction(1, 10**DECIMALS)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("PT2H", "7200"),
        ("PT120M", "7200"),
        ("P2W", "1209600"),
        ("P1DT1H1M1S", "90061"),
        ("P1D", "86400"),
        ("PT0.1S", "0.1"),
        ("PT1.25H", "4500"),
        ("PT1,5M", "90"),
        ("P0.5W", "302400"),
        ("PT0.333333333333333333333333333333S", "0.333333333333333333333333333333"),
        ("PT000S", "0"),
        ("PT0.00S", "0"),
        ("P1Y", "0"),
        ("P1M", "0"),
        ("P0Y1D", "0"),
        ("P0MT1H", "0"),
        ("P1Y2M3DT4H5M6S", "0"),
        ("PT" + "9" * DECIMALS + "S", "0"),
    ],
)
def test_a_duration_in_seconds(duration: str, seconds: str) -> None:
    assert Fraction(seconds_of(duration)) == Fraction(seconds)


@given(
    days=st.integers(0, 400),
    hours=st.integers(0, 99),
    minutes=st.integers(0, 9999),
    seconds=st.decimals(0, 9999, places=25),
)
def test_any_duration_is_exact(days: int, hours: int, minutes: int, seconds: Decimal) -> None:
    exact = days * 86_400 + hours * 3600 + minutes * 60 + Fraction(seconds)
    assert Fraction(seconds_of(f"P{days}DT{hours}H{minutes}M{seconds:f}S")) == exact


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-11-30T17:10:00Z",
        "2026-12-01T00:10:00+07:00",
        "2026-11-30T17:10:00.1234567Z",
        "1969-12-31T23:59:59.9999999Z",
        "2026-11-30t17:10:00z",
        "2016-12-31T23:59:60Z",
        "2026-11-30T17:10",
        "20261130T171000,5+07",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ],
)
def test_a_moment_is_exact_to_the_microsecond(timestamp: str) -> None:
    row = evidence(timestamp=timestamp)
    assert row is not None
    assert row.at == parse_timestamp(timestamp)


@given(moment=st.datetimes(timezones=st.just(UTC)))
def test_any_moment_is_exact(moment: datetime) -> None:
    row = evidence(timestamp=moment.isoformat())
    assert row is not None
    assert row.at == parse_timestamp(moment.isoformat())


def test_a_statement_without_timestamp_is_of_when_it_was_stored() -> None:
    row = evidence(timestamp=None)
    assert row is not None
    assert row.at == STORED


def actor_of(actor: Json) -> bytes:
    row = evidence(actor=actor)
    assert row is not None
    return row.actor


def test_a_mailbox_and_its_digest_in_either_case_are_one_actor() -> None:
    digest = sha1(b"mailto:an@bo.example").hexdigest()
    keys = {
        actor_of({"mbox": "mailto:an@bo.example"}),
        actor_of({"mbox_sha1sum": digest}),
        actor_of({"objectType": "Agent", "mbox_sha1sum": digest.upper(), "name": "An"}),
    }
    assert len(keys) == 1
    assert actor_of({"mbox": "mailto:An@bo.example"}) not in keys


def test_an_account_is_its_home_page_and_its_name() -> None:
    other = {"account": {"homePage": "https://lms.bvhttdl.example", "name": "100045"}}
    assert actor_of(OFFICER) != actor_of(other)
    assert actor_of(OFFICER) == actor_of({**OFFICER, "name": "whoever"})


@pytest.mark.parametrize("identifier", [{}, OFFICER, {"mbox": "mailto:phong@bo.example"}])
def test_a_group_is_nobody_whatever_identifies_it(identifier: Json) -> None:
    group = {"objectType": "Group", **identifier, "member": [OFFICER]}
    assert actor_of(group) == NOBODY_KNOWN


@pytest.mark.parametrize(
    "target",
    [
        {"objectType": "Agent", **OFFICER},
        {"objectType": "StatementRef", "id": str(UUID(int=1))},
        {
            "objectType": "SubStatement",
            "actor": OFFICER,
            "verb": {"id": f"{ADL}passed"},
            "object": {"id": COURSE},
        },
    ],
)
def test_what_is_about_no_activity_has_none(target: Json) -> None:
    row = evidence(object=target)
    assert row is not None
    assert row.activity == b""


def test_an_activity_may_say_that_it_is_one() -> None:
    row = evidence(object={"objectType": "Activity", "id": COURSE})
    assert row is not None
    assert row.activity == activity_key(COURSE)


def test_a_voiding_statement_says_what_it_voids_and_is_no_evidence() -> None:
    target = UUID("ABCDEF00-0000-4000-8000-000000000001")
    value = statement(
        "voided",
        object={"objectType": "StatementRef", "id": str(target).upper()},
        result={"completion": True, "duration": "PT1H"},
    )
    assert read_text(orjson.dumps(value)) == VoidRow(target.bytes, 9, SENDER)


def test_escaped_keys_and_repeated_looking_text_are_read_as_json_reads_them() -> None:
    text = orjson.dumps(
        statement("scored", result={"score": {"scaled": 0.5}, "response": '"scaled":0.9'})
    )
    row = read_text(text.replace(b'"scaled":0.5', b'"\\u0073caled" : 0.5'))
    assert isinstance(row, EvidenceRow)
    assert row.score == "0.5"

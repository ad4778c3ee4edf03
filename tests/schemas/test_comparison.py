"""Which differences make another statement, and which are the same statement sent again."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.comparison import SIGNATURE, content_hash, payload_agrees, same
from tests.schemas.cases import (
    AN,
    BINH,
    GONE,
    OTHER_UUID,
    UUID,
    changed,
    context_agent,
    context_group,
    statement,
    sub_statement,
)
from tests.schemas.strategies import statements


def hash_of(value: dict[str, Any]) -> bytes:
    return content_hash(value, orjson.dumps(value))


def hash_of_text(text: str) -> bytes:
    return content_hash(orjson.loads(text), text.encode())


EXAMPLE = statement(
    actor={"objectType": "Group", "member": [AN, BINH, {"openid": "https://example.org/c"}]}
)
EXAMPLE["context"]["contextAgents"] = [context_agent()]
EXAMPLE["context"]["contextGroups"] = [context_group()]

ABOUT_SUB_STATEMENT = statement(object=sub_statement(object={"id": UUID, "objectType": "Activity"}))

SAME: dict[str, dict[str, Any]] = {
    "another id": {"/id": OTHER_UUID},
    "no id": {"/id": GONE},
    "another moment of storing": {"/stored": "2030-01-01T00:00:00Z"},
    "another authority": {"/authority": AN},
    "another version": {"/version": "1.0.0"},
    "another display of the verb": {"/verb/display": {"vi": "đã làm"}},
    "no display of the verb": {"/verb/display": GONE},
    "another definition": {"/object/definition": {"name": {"vi": "Câu một"}}},
    "no definition": {"/object/definition": GONE},
    "a definition in the context": {
        "/context/contextActivities/parent/0/definition": {"name": {"vi": "An toàn"}}
    },
    "no objectType of an activity": {"/object/objectType": GONE},
    "an objectType of a context activity": {
        "/context/contextActivities/parent/0/objectType": "Activity"
    },
    "an objectType of a member": {"/actor/member/0": {**AN, "objectType": "Agent"}},
    "an objectType of a context agent": {
        "/context/contextAgents/0/agent": {**AN, "objectType": "Agent"}
    },
    "an objectType of a member of a context group": {
        "/context/contextGroups/0/group/member/0": {**AN, "objectType": "Agent"}
    },
    "an array of one context activity": {
        "/context/contextActivities/grouping": [{"id": f"urn:uuid:{UUID}"}]
    },
    "other order of members": {"/actor/member": EXAMPLE["actor"]["member"][::-1]},
    "other order of members in the context": {"/context/instructor/member": [BINH, AN]},
    "registration in capitals": {"/context/registration": UUID.upper()},
    "reference in capitals": {"/context/statement/id": OTHER_UUID.upper()},
    "language in other case": {"/context/language": "VI-vn"},
    "mbox with other case of scheme and domain": {"/context/team/mbox": "MAILTO:to1@EXAMPLE.org"},
    "another time zone": {"/timestamp": "2026-03-14T02:30:00.123Z"},
    "zeros in the timestamp": {"/timestamp": "2026-03-14T09:30:00.123000+07:00"},
    "a float for an integer": {"/result/score/raw": 95.0},
    "a finer duration": {"/result/duration": "PT1M12.509S"},
    "zeros in the duration": {"/result/duration": "PT1M12.50S"},
    "a comma in the duration": {"/result/duration": "PT1M12,5S"},
    "a digest in capitals": {
        "/attachments/0/sha2": EXAMPLE["attachments"][0]["sha2"].upper(),
    },
}

DIFFERENT: dict[str, dict[str, Any]] = {
    "another actor": {"/actor": AN},
    "another name of the actor": {"/actor/name": "Tổ 1"},
    "a member less": {"/actor/member": [AN, BINH]},
    "a member twice": {"/actor/member": [AN, AN, BINH, {"openid": "https://example.org/c"}]},
    "another verb": {"/verb/id": "http://adlnet.gov/expapi/verbs/failed"},
    "another activity": {"/object": {"id": "https://bdhvs.example/khoa-hoc/an-toan/cau-2"}},
    "other case of an activity": {"/object/id": "https://bdhvs.example/khoa-hoc/AN-toan/cau-1"},
    "a reference as object": {"/object": {"objectType": "StatementRef", "id": UUID}},
    "no result": {"/result": GONE},
    "an empty result": {"/result": {}},
    "another score": {"/result/score/raw": 95.5},
    "no score": {"/result/score": GONE},
    "success unsaid": {"/result/success": GONE},
    "completion": {"/result/completion": True},
    "another response": {"/result/response": "a[,]b"},
    "another duration": {"/result/duration": "PT1M12.51S"},
    "the same duration in seconds": {"/result/duration": "PT72.5S"},
    "another extension": {"/result/extensions": {"https://example.org/lan-thu": 2}},
    "other order in an extension": {
        "/result/extensions": {"https://example.org/lan-thu": {"": [{}, None]}}
    },
    "no context": {"/context": GONE},
    "another registration": {"/context/registration": OTHER_UUID},
    "another team": {"/context/team/mbox": "mailto:to2@example.org"},
    "other case of the local part": {"/context/team/mbox": "mailto:To1@example.org"},
    "another instructor": {"/context/instructor": AN},
    "another parent": {"/context/contextActivities/parent/0/id": "urn:x:1"},
    "a second parent": {
        "/context/contextActivities/parent": [
            *EXAMPLE["context"]["contextActivities"]["parent"],
            {"id": "urn:x:1"},
        ]
    },
    "another platform": {"/context/platform": "onetouch"},
    "another language": {"/context/language": "en-US"},
    "another reference": {"/context/statement/id": UUID},
    "an extension of the context": {"/context/extensions": {"https://example.org/phong": "1"}},
    "another context agent": {"/context/contextAgents": [context_agent(agent=BINH)]},
    "another type of context group": {
        "/context/contextGroups": [context_group(relevantTypes=["urn:x:2"])]
    },
}

DIFFERENT_IN_1_0: dict[str, dict[str, Any]] = {
    "another moment": {"/timestamp": "2026-03-14T09:30:00.124+07:00"},
    "no timestamp": {"/timestamp": GONE},
    "no attachments": {"/attachments": GONE},
    "another attachment": {"/attachments/0/sha2": "0" * 64},
    "another title of an attachment": {"/attachments/0/display": {"vi": "Bằng khen"}},
}


@pytest.mark.parametrize("changes", SAME.values(), ids=SAME)
def test_it_is_the_same_statement_with(changes: dict[str, Any]):
    assert hash_of(changed(EXAMPLE, changes)) == hash_of(EXAMPLE)


@pytest.mark.parametrize("changes", DIFFERENT.values(), ids=DIFFERENT)
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_it_is_another_statement_with(changes: dict[str, Any], version):
    assert not same(hash_of(changed(EXAMPLE, changes)), hash_of(EXAMPLE), version)


@pytest.mark.parametrize("changes", DIFFERENT_IN_1_0.values(), ids=DIFFERENT_IN_1_0)
def test_it_is_another_statement_in_1_0_only_with(changes: dict[str, Any]):
    a, b = hash_of(changed(EXAMPLE, changes)), hash_of(EXAMPLE)
    assert (same(a, b, "1.0"), same(a, b, "2.0")) == (False, True)


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"/object/actor": BINH}, False),
        ({"/object/verb/id": "urn:x:1"}, False),
        ({"/object/object/id": "urn:x:1"}, False),
        ({"/object/result": {"success": True}}, False),
        ({"/object/context/platform": "x"}, False),
        ({"/object/timestamp": "2031-01-01T00:00:01Z"}, False),
        ({"/object/timestamp": "2031-01-01T07:00:00+07:00"}, True),
        ({"/object/verb/display": {"vi": "dự định"}}, True),
        ({"/object/object/definition": {}}, True),
        ({"/object/object/objectType": GONE}, True),
    ],
    ids=str,
)
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_sub_statement_is_compared_as_a_statement(changes, is_same: bool, version):
    a, b = hash_of(changed(ABOUT_SUB_STATEMENT, changes)), hash_of(ABOUT_SUB_STATEMENT)
    assert same(a, b, version) == is_same


@pytest.mark.parametrize(
    ("a", "b", "is_same"),
    [
        ("PT0.12S", "PT0.1299S", True),
        ("PT0.129S", "PT0.13S", False),
        ("PT1S", "PT1.00S", True),
        ("PT1S", "PT1.009S", True),
        ("PT60S", "PT1M", False),
        ("PT1.5H", "PT1.509H", False),
        ("P1DT12H36M0.1237S", "P1DT12H36M0.12S", True),
    ],
)
def test_durations_are_text_cut_off_at_hundredths_of_a_second(a: str, b: str, is_same: bool):
    one, other = ({**EXAMPLE, "result": {"duration": duration}} for duration in (a, b))
    assert (hash_of(one) == hash_of(other)) == is_same


def with_extension(text: str) -> str:
    return json.dumps({**EXAMPLE, "result": {"extensions": {"urn:x:n": "N"}}}).replace('"N"', text)


@pytest.mark.parametrize(
    ("a", "b", "is_same"),
    [
        ("1", "1.0", True),
        ("-0.0", "0", True),
        ("[1e2]", "[100]", True),
        ("1", "true", False),
        ("1", '"1"', False),
        ("0.1", "0.10", True),
        ("9007199254740993", "9007199254740992", False),
        ("18446744073709551615", "18446744073709551614", False),
        ("18446744073709551616", "18446744073709551617", False),
        ("-9223372036854775808", "-9223372036854775809", False),
        ("123456789012345678901234567890", "123456789012345678901234567891", False),
        ("123456789012345678901234567890", "123456789012345678901234567890", True),
        ("123456789012345678901234567890", '"123456789012345678901234567890"', False),
        ('{"a":{"b":123456789012345678901234567890}}', '{"a":{"b":1.2345678901234568e29}}', False),
        ("1e300", "1E+300", True),
        ("1e300", "1e301", False),
        ("1" * 300, "1" * 299 + "2", False),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else str(value),
)
def test_numbers_are_compared_by_value(a: str, b: str, is_same: bool):
    one, other = (hash_of_text(with_extension(text)) for text in (a, b))
    assert (one == other) == is_same


def test_a_long_integer_in_what_is_not_compared_makes_no_difference():
    definition = {"extensions": {"urn:x:n": "N"}}
    long = json.dumps(changed(EXAMPLE, {"/object/definition": definition}))
    assert hash_of_text(long.replace('"N"', "1" * 30)) == hash_of(EXAMPLE)


# ---- what a signature was made over


def agrees(payload: dict[str, Any], value: dict[str, Any]) -> bool:
    return payload_agrees(payload, orjson.dumps(payload), value, orjson.dumps(value))


A_SIGNATURE = {**EXAMPLE["attachments"][0], "usageType": SIGNATURE}

SIGNED: dict[str, dict[str, Any]] = {
    **SAME,
    "another id": {"/id": UUID.upper()},
    "no timestamp": {"/timestamp": GONE},
    "a signature": {"/attachments": [A_SIGNATURE, *EXAMPLE["attachments"]]},
}

SIGNED_OTHERWISE: dict[str, dict[str, Any]] = {
    **DIFFERENT,
    **DIFFERENT_IN_1_0,
    "no timestamp": {"/timestamp": "2026-03-14T09:30:00.123Z"},
    "another id": {"/id": OTHER_UUID},
    "a second attachment": {"/attachments": EXAMPLE["attachments"] * 2},
    "a signature alone": {"/attachments": [A_SIGNATURE]},
}


@pytest.mark.parametrize("changes", SIGNED.values(), ids=SIGNED)
def test_a_payload_agrees_with(changes: dict[str, Any]):
    assert agrees(changed(EXAMPLE, changes), EXAMPLE)
    assert agrees(EXAMPLE, changed(EXAMPLE, changes))


@pytest.mark.parametrize("changes", SIGNED_OTHERWISE.values(), ids=SIGNED_OTHERWISE)
def test_a_payload_does_not_agree_with(changes: dict[str, Any]):
    assert not agrees(changed(EXAMPLE, changes), EXAMPLE)
    assert not agrees(EXAMPLE, changed(EXAMPLE, changes))


def test_a_payload_may_announce_the_signature_that_is_still_to_be_made():
    payload = changed(
        EXAMPLE, {"/attachments": [*EXAMPLE["attachments"], {"usageType": SIGNATURE}]}
    )
    assert agrees(payload, EXAMPLE)


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"/object/attachments": EXAMPLE["attachments"]}, False),
        ({"/object/attachments": [A_SIGNATURE]}, True),
        ({"/object/timestamp": "2031-01-01T00:00:01Z"}, False),
        ({"/object/timestamp": "2031-01-01T07:00:00+07:00"}, True),
        ({"/object/timestamp": GONE}, False),
    ],
)
def test_a_signature_covers_a_sub_statement(changes: dict[str, Any], is_same: bool):
    assert agrees(changed(ABOUT_SUB_STATEMENT, changes), ABOUT_SUB_STATEMENT) == is_same


@pytest.mark.parametrize(("last", "is_same"), [("1", True), ("2", False)])
def test_a_signature_covers_a_long_integer_to_its_last_digit(last: str, is_same: bool):
    signed, sent = with_extension("1" * 29 + last), with_extension("1" * 30)
    texts = orjson.loads(signed), signed.encode(), orjson.loads(sent), sent.encode()
    assert payload_agrees(*texts) == is_same


def test_the_hash_is_two_halves():
    assert len(hash_of(EXAMPLE)) == 32


def test_the_hash_never_changes():
    """Logs hold these: a change of the canonical form would take retries for conflicts."""
    assert hash_of(statement()) == bytes.fromhex(
        "7a2aeec7778fdd051acbaff746a5ccf6ac1c33b16998d27adf47140f89888f01"
    )


def shuffled(value: Any, data: st.DataObject) -> Any:
    """The value with the members of every object in another order."""
    if isinstance(value, dict):
        keys = data.draw(st.permutations(list(value)))
        return {key: shuffled(value[key], data) for key in keys}
    return [shuffled(item, data) for item in value] if isinstance(value, list) else value


@given(value=statements(version="2.0"), data=st.data())
def test_the_order_of_members_makes_no_difference(value: dict[str, Any], data: st.DataObject):
    assert hash_of(shuffled(value, data)) == hash_of(value)


@given(statements(version="2.0"))
def test_white_space_and_escapes_make_no_difference(value: dict[str, Any]):
    assert hash_of_text(json.dumps(value, indent=1)) == hash_of(value)


@given(a=statements(), b=statements())
def test_equal_hashes_mean_equal_actors_verbs_and_results(a: dict[str, Any], b: dict[str, Any]):
    if same(hash_of(a), hash_of(b), "2.0"):
        assert a["verb"]["id"] == b["verb"]["id"]
        assert a["actor"].get("account") == b["actor"].get("account")
        assert a.get("result", {}).get("response") == b.get("result", {}).get("response")

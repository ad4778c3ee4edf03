"""One key for each identity, and never one key for two."""

from hashlib import sha1
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.agents import agent_key, identifiers
from schemas.keys import KEY_LENGTH, activity_key, key_of, registration_key, verb_key
from tests.schemas.strategies import texts

MAILTO = "mailto:an@example.org"
SHA1 = sha1(MAILTO.encode()).hexdigest()
AGENTS: list[dict[str, Any]] = [
    {"mbox": MAILTO},
    {"mbox": "mailto:An@example.org"},
    {"openid": MAILTO},
    {"openid": "https://example.org/an"},
    {"account": {"homePage": "https://example.org/", "name": "an"}},
    {"account": {"homePage": "https://example.org", "name": "/an"}},
    {"account": {"homePage": "https://example.org/", "name": "An"}},
    {"account": {"homePage": "https://example.org/", "name": MAILTO}},
    {"mbox_sha1sum": "0" * 40},
]


def test_agents_with_different_identifiers_have_different_keys():
    assert len({agent_key(agent) for agent in AGENTS}) == len(AGENTS)


def test_a_key_is_16_bytes():
    assert [len(agent_key(agent) or b"") for agent in AGENTS] == [KEY_LENGTH] * len(AGENTS)


@pytest.mark.parametrize(
    "agent",
    [
        {"mbox": MAILTO, "name": "An", "objectType": "Agent"},
        {"mbox": "MAILTO:an@EXAMPLE.org"},
        {"mbox_sha1sum": SHA1},
        {"mbox_sha1sum": SHA1.upper()},
        {"mbox": MAILTO, "objectType": "Group", "member": []},
    ],
)
def test_one_identity_has_one_key(agent: dict):
    assert agent_key(agent) == agent_key({"mbox": MAILTO})


def test_an_anonymous_group_has_no_key():
    assert agent_key({"objectType": "Group", "member": [{"mbox": MAILTO}]}) is None


@given(a=st.tuples(texts, texts), b=st.tuples(texts, texts))
def test_accounts_share_a_key_only_if_page_and_name_are_equal(
    a: tuple[str, str], b: tuple[str, str]
):
    def key(account: tuple[str, str]) -> bytes | None:
        # a home page is an IRI, and holds no NUL
        page = account[0].replace("\0", "")
        return agent_key({"account": {"homePage": page, "name": account[1]}})

    same = (a[0].replace("\0", ""), a[1]) == (b[0].replace("\0", ""), b[1])
    assert (key(a) == key(b)) == same


def test_identifiers_are_what_tells_an_agent():
    account = {"homePage": "https://example.org", "name": "an"}
    assert identifiers({"objectType": "Agent", "name": "An", "account": account}) == {
        "account": account
    }


def test_an_anonymous_group_has_no_identifiers():
    assert identifiers({"objectType": "Group", "name": "Tổ 1", "member": []}) == {}


def test_keys_of_different_families_differ():
    text = "12345678-1234-5678-1234-567812345678"
    keys = {derive(text) for derive in (activity_key, verb_key, registration_key)}
    assert len(keys | {key_of("agent", text)}) == 4


def test_a_registration_has_no_case():
    text = "ABCDEF78-1234-5678-1234-567812345678"
    assert registration_key(text) == registration_key(text.lower())


def test_an_iri_has_case():
    assert activity_key("https://example.org/A") != activity_key("https://example.org/a")


def test_the_key_of_a_long_iri_is_that_of_its_text():
    iri = "https://example.org/" + "x" * 10_000
    assert activity_key(iri) == key_of("activity", iri)


def test_a_key_never_changes():
    """Stored tables hold these: a change of derivation is a migration."""
    assert agent_key({"mbox": MAILTO}) == bytes.fromhex("8827e5b7bd6f14f92bf981cb0938f510")
    assert activity_key("https://example.org/a") == bytes.fromhex(
        "cbe8fa63845549e516351264779654ef"
    )

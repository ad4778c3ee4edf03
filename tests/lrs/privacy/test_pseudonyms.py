"""Who was forgotten is a pseudonym in what others said, and nothing else of it changes."""

import json
from hashlib import sha1
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.privacy.pseudonyms import (
    account_text,
    agents_of,
    names_any,
    statement_of_others,
)
from schemas.agents import agent_key
from schemas.facets import facets
from schemas.rules import Version
from schemas.statement import check_statement
from tests.schemas.strategies import statements

AN = {"mbox": "mailto:an@bo.example"}
ACCOUNT = {"homePage": "https://lrs.example/forgotten", "name": "p-1"}
PSEUDONYM = {"objectType": "Agent", "account": ACCOUNT}
BINH = {"name": "Bình", "mbox": "mailto:binh@bo.example"}
KEY = agent_key(AN)


ACCOUNT_TEXT = account_text(ACCOUNT["homePage"], ACCOUNT["name"])


def an_forgotten(key: bytes) -> bytes | None:
    return ACCOUNT_TEXT if key == KEY else None


def seen(statement: Any) -> Any:
    text = statement if isinstance(statement, bytes) else orjson.dumps(statement)
    return orjson.loads(statement_of_others(text, an_forgotten))


def statement(**said: Any) -> dict[str, Any]:
    verb = {"id": "http://adlnet.gov/expapi/verbs/completed"}
    return {"actor": BINH, "verb": verb, "object": {"id": "https://lms.example/1"}, **said}


GROUP = {"objectType": "Group", "name": "Tổ 1", "member": [BINH, {"name": "An", **AN}]}
PLACES: dict[str, dict[str, Any]] = {
    "the actor": {"actor": {"name": "An", **AN}},
    "a member of the group that acts": {"actor": GROUP},
    "the object": {"object": {"objectType": "Agent", "name": "An", **AN}},
    "a member of the object": {"object": GROUP},
    "the instructor": {"context": {"instructor": {"name": "An", **AN}}},
    "a member of the team": {"context": {"team": GROUP}},
    "a context agent": {
        "context": {"contextAgents": [{"objectType": "contextAgent", "agent": AN}]}
    },
    "a member of a context group": {
        "context": {"contextGroups": [{"objectType": "contextGroup", "group": GROUP}]}
    },
    "the authority it came with": {"authority": AN},
    "who acts in a sub-statement": {
        "object": {"objectType": "SubStatement", **statement(actor=AN)}
    },
    "who instructs in a sub-statement": {
        "object": {"objectType": "SubStatement", **statement(context={"instructor": AN})}
    },
    "the object of a sub-statement": {
        "object": {
            "objectType": "SubStatement",
            **statement(object={"objectType": "Agent", **AN}),
        }
    },
}


@pytest.mark.parametrize("place", PLACES)
def test_the_forgotten_is_a_pseudonym_wherever_an_agent_may_stand(place: str) -> None:
    said = statement(**PLACES[place])
    assert names_any(said, an_forgotten)
    found = seen(said)
    text = orjson.dumps(found)
    assert b"an@bo.example" not in text
    assert b'"An"' not in text
    assert found != said
    assert PSEUDONYM in list(agents_of(found))


@pytest.mark.parametrize(
    "agent",
    [
        {"mbox": "MAILTO:an@BO.example"},
        {"mbox_sha1sum": sha1(b"mailto:an@bo.example").hexdigest().upper()},
    ],
)
def test_another_writing_of_the_same_identifier_is_the_same_person(agent: dict[str, str]) -> None:
    assert seen(statement(actor=agent))["actor"] == PSEUDONYM


def test_an_identified_group_with_the_name_keeps_its_other_members() -> None:
    said = statement(actor={"objectType": "Group", "name": "An", **AN, "member": [BINH, AN]})
    assert seen(said)["actor"] == {
        "objectType": "Group",
        "account": ACCOUNT,
        "member": [BINH, PSEUDONYM],
    }


def test_what_looks_like_an_agent_in_an_extension_is_the_senders_own_word() -> None:
    said = statement(result={"extensions": {"urn:x": {"mbox": "mailto:an@bo.example"}}})
    assert not names_any(said, an_forgotten)


def test_numbers_and_the_order_of_keys_survive() -> None:
    text = (
        b'{"verb":{"id":"urn:v","display":{"vi" : "xong"}},\n "result" : {"score":{"raw":1.0 ,'
        b' "max":100.50},"extensions":{"urn:x":123456789012345678901234567890}},'
        b'"object":{"id":"urn:1"},"actor":{"mbox":"mailto:an@bo.example"},'
        b'"context":{"extensions":{"urn:y":[1e2, 1.10]}}}'
    )
    assert statement_of_others(text, an_forgotten) == (
        b'{"verb":{"id":"urn:v","display":{"vi" : "xong"}},"result":{"score":{"raw":1.0 ,'
        b' "max":100.50},"extensions":{"urn:x":123456789012345678901234567890}},'
        b'"object":{"id":"urn:1"},"actor":{"objectType":"Agent","account":'
        b'{"homePage":"https://lrs.example/forgotten","name":"p-1"}},'
        b'"context":{"extensions":{"urn:y":[1e2, 1.10]}}}'
    )


# ---- any statement, whoever of it was forgotten

versions: st.SearchStrategy[Version] = st.sampled_from(("1.0", "2.0"))


@given(st.data())
def test_every_agent_of_the_forgotten_is_replaced_and_all_else_is_as_it_was(data: Any) -> None:
    version = data.draw(versions)
    said = data.draw(statements(version))
    keys = sorted({key for one in agents_of(said) if (key := agent_key(one)) is not None})
    gone = set(data.draw(st.lists(st.sampled_from(keys)))) if keys else set()

    def stand_in(key: bytes) -> bytes | None:
        return ACCOUNT_TEXT if key in gone else None

    text = json.dumps(said, ensure_ascii=data.draw(st.booleans())).encode()
    found = statement_of_others(text, stand_in)
    assert names_any(said, stand_in) == bool(gone)
    assert exact(found) == expected(exact(text), gone)
    assert check_statement(orjson.loads(found), version) == []
    assert gone.isdisjoint(key for key, _ in facets(orjson.loads(found)))
    assert statement_of_others(found, stand_in) == found


class Pairs(list[tuple[str, Any]]):
    """An object, its members in their order."""


def exact(text: bytes) -> Any:
    """JSON text with numbers as they are written and members in their order."""
    return json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=Pairs)


def expected(said: Pairs, gone: set[bytes]) -> Pairs:
    """The same by another road: on the value, with the places of agents written out."""

    def agent(value: Pairs) -> Pairs:
        plain = dict(value)
        if "member" in plain:
            members = [agent(member) for member in plain["member"]]
            value = Pairs((k, members if k == "member" else v) for k, v in value)
            plain = dict(value)
        account = plain.get("account")
        key = agent_key({**plain, **({} if account is None else {"account": dict(account)})})
        if key not in gone:
            return value
        replaced = Pairs(
            [
                ("objectType", plain.get("objectType", "Agent")),
                ("account", Pairs(ACCOUNT.items())),
            ]
        )
        return Pairs([*replaced, *((k, v) for k, v in value if k == "member")])

    def at(value: Any, name: str) -> Any:
        match name:
            case "actor" | "authority" | "instructor" | "team" | "agent" | "group":
                return agent(value)
            case "contextAgents" | "contextGroups":
                return [every(one, ("agent", "group")) for one in value]
            case "context":
                return every(value, ("instructor", "team", "contextAgents", "contextGroups"))
            case "object" if dict(value).get("objectType") in ("Agent", "Group"):
                return agent(value)
            case "object" if dict(value).get("objectType") == "SubStatement":
                return expected(value, gone)
        return value

    def every(value: Pairs, names: tuple[str, ...]) -> Pairs:
        return Pairs((name, at(one, name) if name in names else one) for name, one in value)

    return every(said, ("actor", "authority", "context", "object"))


def test_the_pseudonym_is_an_agent_that_the_store_would_take() -> None:
    assert check_statement(seen(statement(actor=AN)), "1.0") == []

"""What a statement is found by: examples, and any one against a search through all of it."""

from typing import Any

import pytest
from hypothesis import given

from schemas.agents import agent_key
from schemas.facets import (
    ACTIVITY,
    ACTIVITY_RELATED,
    AGENT,
    AGENT_RELATED,
    REGISTRATION,
    VERB,
    facets,
    is_voiding,
    reference_of,
)
from schemas.keys import activity_key, registration_key, verb_key
from tests.schemas.cases import (
    AN,
    BINH,
    UUID,
    VOIDED,
    context_agent,
    context_group,
    statement,
    sub_statement,
)
from tests.schemas.strategies import statements

CHI = {"openid": "https://id.example.org/chi"}
TEAM = {"objectType": "Group", "mbox": "mailto:to1@example.org", "member": [CHI]}
COURSE = {"id": "https://bdhvs.example/khoa-hoc/an-toan"}


def example(**changes: Any) -> dict[str, Any]:
    return {"actor": AN, "verb": {"id": "urn:x:did"}, "object": COURSE, **changes}


def roles(value: dict[str, Any], key: bytes | None) -> list[int]:
    return [role for found, role in facets(value) if found == key]


def test_a_plain_statement_is_found_by_actor_verb_and_activity():
    assert sorted(facets(example())) == sorted(
        [
            (agent_key(AN), AGENT),
            (verb_key("urn:x:did"), VERB),
            (activity_key(COURSE["id"]), ACTIVITY),
        ]
    )


@pytest.mark.parametrize("agent", [TEAM, CHI], ids=["the group", "its member"])
@pytest.mark.parametrize("place", ["actor", "object"])
def test_a_group_is_found_by_itself_and_by_its_members(place: str, agent: dict[str, Any]):
    assert roles(example(**{place: TEAM}), agent_key(agent)) == [AGENT]


def test_an_agent_as_object_is_an_agent():
    assert roles(example(object={**BINH, "objectType": "Agent"}), agent_key(BINH)) == [AGENT]


@pytest.mark.parametrize(
    "context",
    [
        {"instructor": CHI},
        {"instructor": TEAM},
        {"team": TEAM},
        {"contextAgents": [context_agent(agent=CHI)]},
        {"contextGroups": [context_group(group=TEAM)]},
    ],
    ids=["instructor", "instructing group", "team", "context agent", "context group"],
)
def test_an_agent_of_the_context_is_related(context: dict[str, Any]):
    assert roles(example(context=context), agent_key(CHI)) == [AGENT_RELATED]


@pytest.mark.parametrize(
    "planned",
    [
        sub_statement(actor=CHI),
        sub_statement(object=TEAM, context={}),
        sub_statement(context={"instructor": CHI}),
    ],
    ids=["actor", "object", "instructor"],
)
def test_an_agent_of_a_sub_statement_is_related(planned: dict[str, Any]):
    assert roles(example(object=planned), agent_key(CHI)) == [AGENT_RELATED]


def test_an_agent_in_both_roles_has_the_plain_one():
    assert roles(example(context={"instructor": AN}), agent_key(AN)) == [AGENT]


def test_the_authority_is_no_facet():
    assert roles(example(authority=CHI), agent_key(CHI)) == []


@pytest.mark.parametrize("kind", ["parent", "grouping", "category", "other"])
@pytest.mark.parametrize("value", [{"id": "urn:x:1"}, [{"id": "urn:x:2"}, {"id": "urn:x:1"}]])
def test_an_activity_of_the_context_is_related(kind: str, value: Any):
    found = example(context={"contextActivities": {kind: value}})
    assert roles(found, activity_key("urn:x:1")) == [ACTIVITY_RELATED]


@pytest.mark.parametrize(
    "iri", [COURSE["id"], "urn:x:lop"], ids=["its object", "its context activity"]
)
def test_an_activity_of_a_sub_statement_is_related(iri: str):
    assert roles(example(object=sub_statement()), activity_key(iri)) == [ACTIVITY_RELATED]


def test_an_activity_in_both_roles_has_the_plain_one():
    found = example(context={"contextActivities": {"parent": COURSE}})
    assert roles(found, activity_key(COURSE["id"])) == [ACTIVITY]


def test_the_verb_of_a_sub_statement_is_no_facet():
    found = example(object=sub_statement(verb={"id": "urn:x:planned"}))
    assert roles(found, verb_key("urn:x:planned")) == []


def test_a_registration_is_found_without_regard_to_case():
    found = example(context={"registration": UUID.upper()})
    assert roles(found, registration_key(UUID)) == [REGISTRATION]


def test_the_registration_of_a_sub_statement_is_no_facet():
    found = example(object=sub_statement(context={"registration": UUID}))
    assert roles(found, registration_key(UUID)) == []


def test_a_reference_is_the_id_in_lower_case():
    value = example(object={"objectType": "StatementRef", "id": UUID.upper()})
    assert reference_of(value) == UUID


@pytest.mark.parametrize(
    "value",
    [
        example(),
        example(context={"statement": {"objectType": "StatementRef", "id": UUID}}),
        example(object=sub_statement(object={"objectType": "StatementRef", "id": UUID})),
    ],
    ids=["none", "one in the context", "one in a sub-statement"],
)
def test_there_is_no_reference_but_the_object(value: dict[str, Any]):
    assert reference_of(value) is None


def test_a_voiding_statement_is_told_by_its_verb():
    reference = {"objectType": "StatementRef", "id": UUID}
    verbs = (VOIDED, "urn:x:did")
    assert [is_voiding(example(verb={"id": v}, object=reference)) for v in verbs] == [True, False]


def test_the_example_with_everything_is_found_by_all_of_it():
    assert {role for _, role in facets(statement())} == {
        AGENT, AGENT_RELATED, ACTIVITY, ACTIVITY_RELATED, VERB, REGISTRATION,
    }  # fmt: skip


def naive_agents(value: Any) -> set[bytes]:
    """Every agent anywhere in a part of a statement, by looking through all of it."""
    if isinstance(value, list):
        return {key for item in value for key in naive_agents(item)}
    if not isinstance(value, dict):
        return set()
    own = agent_key(value) if value.get("objectType") != "Activity" else None
    inner = {
        key
        for name, member in value.items()
        if name not in ("extensions", "definition", "authority", "attachments")
        for key in naive_agents(member)
    }
    return inner | ({own} if own else set())


@given(statements(version="2.0"))
def test_every_agent_in_a_statement_is_found_in_one_role(value: dict[str, Any]):
    plain = naive_agents(value["actor"])
    if value["object"].get("objectType") in ("Agent", "Group"):
        plain |= naive_agents(value["object"])
    expected = {(key, AGENT) for key in plain}
    expected |= {(key, AGENT_RELATED) for key in naive_agents(value) - plain}
    assert {facet for facet in facets(value) if facet[1] in (AGENT, AGENT_RELATED)} == expected


def naive_activities(value: Any) -> set[bytes]:
    """Every activity in contexts, and in the objects of sub-statements."""
    found: set[bytes] = set()
    for kinds in value.get("context", {}).get("contextActivities", {}).values():
        some = kinds if isinstance(kinds, list) else [kinds]
        found |= {activity_key(activity["id"]) for activity in some}
    target = value["object"]
    if target.get("objectType") == "SubStatement":
        found |= naive_activities(target)
        if target["object"].get("objectType", "Activity") == "Activity":
            found.add(activity_key(target["object"]["id"]))
    return found


@given(statements(version="2.0"))
def test_every_activity_in_a_statement_is_found_in_one_role(value: dict[str, Any]):
    is_plain = value["object"].get("objectType", "Activity") == "Activity"
    plain = {activity_key(value["object"]["id"])} if is_plain else set()
    expected = {(key, ACTIVITY) for key in plain}
    expected |= {(key, ACTIVITY_RELATED) for key in naive_activities(value) - plain}
    found = {facet for facet in facets(value) if facet[1] in (ACTIVITY, ACTIVITY_RELATED)}
    assert found == expected


@given(statements(version="2.0"))
def test_no_facet_is_given_twice(value: dict[str, Any]):
    found = facets(value)
    assert len(set(found)) == len(found)

"""Which statements are accepted, and what is said of those that are not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.agents import IDENTIFIERS
from schemas.checks import MOST_PROBLEMS
from schemas.problems import Problem, render
from schemas.rules import Version
from schemas.statement import check_activity_id, check_agent, check_statement
from tests.schemas.cases import (
    ACCEPTED,
    AN,
    GONE,
    REFUSED,
    UUID,
    Case,
    changed,
    context_agent,
    context_group,
    statement,
)
from tests.schemas.strategies import json_values, statements

VERSIONS: tuple[Version, ...] = ("1.0", "2.0")


def found(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.rule, problem.pointer) for problem in problems]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_a_statement_is_accepted_with(changes: dict[str, Any], version: Version):
    assert check_statement(changed(statement(), changes), version) == []


@pytest.mark.parametrize(
    ("case", "version"),
    [(case, version) for case in REFUSED for version in case.versions],
    ids=[f"{case.rule}: {case.name} ({version})" for case in REFUSED for version in case.versions],
)
def test_a_statement_is_refused_for(case: Case, version: Version):
    spoilt = changed(statement(), case.changes)
    assert found(check_statement(spoilt, version)) == [(case.rule, case.pointer)]


@pytest.mark.parametrize("name", ["contextAgents", "contextGroups"])
def test_2_0_accepts(name: str):
    item = context_agent() if name == "contextAgents" else context_group()
    assert check_statement(changed(statement(), {f"/context/{name}": [item]}), "2.0") == []


def test_2_0_accepts_a_context_agent_without_relevant_types():
    item = {"objectType": "contextAgent", "agent": AN}
    assert check_statement(changed(statement(), {"/context/contextAgents": [item]}), "2.0") == []


@pytest.mark.parametrize("version", ["2.0", "2.0.0", "1.0.0", "1.0"])
def test_2_0_accepts_the_statement_version(version: str):
    assert check_statement(statement(version=version), "2.0") == []


@pytest.mark.parametrize(
    "timestamp", ["2026-03-14T09:30:00", "2026-03-14T09:30", "20260314T093000,5+0700"]
)
def test_1_0_accepts_the_iso_8601_timestamp(timestamp: str):
    assert check_statement(statement(timestamp=timestamp), "1.0") == []


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "{}", [], [{}]], ids=repr)
def test_what_is_no_object_is_no_statement(value: Any):
    assert [problem.pointer for problem in check_statement(value, "1.0", "/3")] == ["/3"]


def test_pointers_begin_where_the_statement_stands():
    spoilt = changed(statement(), {"/verb/id": "answered"})
    assert found(check_statement(spoilt, "1.0", "/7")) == [("iri.scheme", "/7/verb/id")]


def test_every_problem_is_found_at_once():
    spoilt = changed(
        statement(),
        {
            "/actor/objectType": "agent",
            "/actor/account": GONE,
            "/verb/id": "answered",
            "/object/objectType": "GroupActivity",
            "/object/definition/choices/1/id": "a",
            "/result/score": {"scaled": "1", "raw": 9, "max": 8},
            "/context/contextActivities/grouping/id": UUID,
            "/context/language": None,
            "/Timestamp": "x",
        },
    )
    assert sorted(found(check_statement(spoilt, "2.0"))) == [
        ("agent.identifier_required", "/actor"),
        ("interaction.component_distinct", "/object/definition/choices/1/id"),
        ("iri.scheme", "/verb/id"),
        ("iri.uuid", "/context/contextActivities/grouping/id"),
        ("null", "/context/language"),
        ("object_type", "/actor/objectType"),
        ("object_type", "/object/objectType"),
        ("property.case", "/Timestamp"),
        ("score.raw", "/result/score/raw"),
        ("type.quoted", "/result/score/scaled"),
    ]


def test_a_raw_score_of_the_wrong_type_is_not_compared():
    spoilt = changed(statement(), {"/result/score": {"raw": "good", "min": 10}})
    assert found(check_statement(spoilt, "1.0")) == [("type", "/result/score/raw")]


def test_of_many_problems_the_first_are_reported():
    spoilt = changed(statement(), {"/verb/display": {f"no tag {n}": "x" for n in range(1000)}})
    assert len(check_statement(spoilt, "1.0")) == MOST_PROBLEMS


# ---- what the mend says


@pytest.mark.parametrize(
    ("changes", "mend"),
    [
        (
            {"/object/objectType": "GroupActivity"},
            (
                'Change it to "Activity". Values allowed here: '
                '"Activity", "Agent", "Group", "StatementRef", "SubStatement".'
            ),
        ),
        ({"/object/id": UUID}, f"Put urn:uuid: before it: urn:uuid:{UUID}."),
        (
            {"/actor/objectType": "agent"},
            'Change it to "Agent". Values allowed here: "Agent", "Group".',
        ),
        ({"/actor/name": None}, 'Remove "name" or give it a value.'),
        ({"/context/contextActivities/parent/0": None}, "Remove item 0 or give it a value."),
        ({"/result/score/raw": "95"}, "Remove the quotation marks: 95."),
        ({"/actor/Name": "An"}, 'Rename it to "name".'),
        (
            {"/object/id": "bdhvs.example/khoa-hoc/1"},
            "Send the whole IRI, for example https://bdhvs.example/khoa-hoc/1.",
        ),
        (
            {"/object/id": "urn:x:khóa học {1}"},
            "Percent-encode it: urn:x:khóa%20học%20%7B1%7D.",
        ),
        (
            {"/result/extensions": {"Lần thử đầu": 1}},
            ("Make the key a whole IRI, for example https://example.org/extensions/Lan-thu-dau."),
        ),
        ({"/actor": {"mbox": "an@example.org"}}, "Change it to mailto:an@example.org."),
        (
            {"/timestamp": "2026-03-14T09:30:00-00:00"},
            "Replace the final -00:00 by Z or +00:00 if it is UTC: 2026-03-14T09:30:00Z.",
        ),
        ({"/object": AN}, 'Add "objectType": "Agent".'),
        (
            {"/verb": {}},
            'Add "id", for example "id": "http://adlnet.gov/expapi/verbs/completed".',
        ),
        ({"/actor/account": GONE}, "Add exactly one of mbox, mbox_sha1sum, openid, account."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_mend_says_exactly_what_to_change(changes: dict[str, Any], mend: str):
    [problem] = check_statement(changed(statement(), changes), "1.0")
    assert render(problem, "en", "1.0")["mend"] == mend


# ---- parameters


def test_an_agent_parameter_is_an_agent():
    assert check_agent(AN, "1.0", "/agent") == []


def test_an_agent_parameter_is_an_identified_group():
    assert check_agent({"objectType": "Group", **AN}, "1.0", "/agent") == []


def test_an_agent_parameter_is_no_anonymous_group():
    group = {"objectType": "Group", "member": [AN]}
    assert found(check_agent(group, "1.0", "/agent")) == [("agent.anonymous", "/agent")]


@pytest.mark.parametrize("value", ["wrong", None, 7, [AN], {}, {"objectType": "Group"}], ids=repr)
def test_an_agent_parameter_is_not(value: Any):
    assert [problem.pointer for problem in check_agent(value, "2.0", "/agent")] == ["/agent"]


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_an_agent_parameter_is_validated_as_in_statements(identifier: str):
    assert [p.pointer for p in check_agent({identifier: "wrong"}, "1.0")] == [f"/{identifier}"]


def test_an_activity_parameter_is_an_iri():
    assert check_activity_id("https://bdhvs.example/khoa-hoc/1") == []


def test_an_activity_parameter_without_scheme_is_refused():
    problems = check_activity_id("not.a.valid.iri.com/activity", "/activity")
    assert found(problems) == [("iri.scheme", "/activity")]


# ---- properties


@given(value=json_values, version=st.sampled_from(VERSIONS))
def test_no_value_makes_the_check_raise(value: Any, version: Version):
    check_statement(value, version)


def places(value: Any, pointer: str = "") -> list[str]:
    """A pointer to every member and item of a value."""
    found = [pointer] if pointer else []
    members: Any = value.items() if isinstance(value, dict) else ()
    members = enumerate(value) if isinstance(value, list) else members
    for token, member in members:
        escaped = str(token).replace("~", "~0").replace("/", "~1")
        found += places(member, f"{pointer}/{escaped}")
    return found


PLACES = [
    place
    for place in places(statement(object={"id": "urn:x:1"})) + places(statement())
    if "extensions/" not in place
]


@given(place=st.sampled_from(PLACES), value=json_values, version=st.sampled_from(VERSIONS))
def test_every_pointer_leads_to_a_place_in_the_statement(place: str, value: Any, version: Version):
    try:
        spoilt = changed(statement(), {place: value})
    except KeyError:
        return
    there = {"", *places(spoilt)}
    assert {problem.pointer for problem in check_statement(spoilt, version)} <= there


@given(statements())
def test_generated_statements_are_accepted_by_1_0(value: dict[str, Any]):
    assert check_statement(value, "1.0") == []


@given(statements(version="2.0"))
def test_generated_statements_are_accepted_by_2_0(value: dict[str, Any]):
    assert check_statement(value, "2.0") == []

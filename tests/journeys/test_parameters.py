"""Every parameter of every resource: its format, its name, its company; refused by name when wrong.

ADL's suite claims to test the formats and never sends the requests. Generated from the table of
resources, so a parameter that is added and not listed here fails.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from lrs.app import RESOURCES
from lrs.xapi.query import Shape, more_token
from projections.statement_query import Query
from tests.examples import statement
from tests.xapi_client import (
    JSON,
    STATEMENTS,
    Client,
    Json,
    StoreInThisProcess,
    agent,
    as_parameter,
    iri,
    new_id,
    problems,
    rules,
)

VERSIONS = ("1.0.3", "2.0.0")

NO_IRI = (
    "",
    "no-scheme",
    "//host/path",
    "/path",
    "1http://x",
    "http://a b",
    "http://x/<y>",
    "http://[::1",
    "http://x/%zz",
    ":nothing",
    " http://x",
)
NO_UUID = (
    "",
    "1",
    "6690e6c93ef04ed38b377f3964730bee",
    "{6690e6c9-3ef0-4ed3-8b37-7f3964730bee}",
    "urn:uuid:6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "6690e6c9-3ef0-4ed3-8b37-7f3964730be",
    "6690e6c9-3ef0-4ed3-8b37-7f3964730beg",
    "6690e6c9-3ef0-4ed3-8b37-7f3964730bee ",
    "٦690e6c9-3ef0-4ed3-8b37-7f3964730bee",
)
NO_TIME = (
    "",
    "now",
    "1368855154",
    "2026-11-30",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-11-30T25:00:00Z",
    "2026-11-30T17:00:00-00:00",
    "2026-11-30T17:00:00 07:00",  # the + of a time zone that was not percent-encoded
    "2026-11-30 17:00:00Z",
    "0000-01-01T00:00:00Z",
)
NO_AGENT = (
    "",
    "null",
    "1",
    "[]",
    "{}",
    "anh@bvhttdl.example",
    '{"mbox":"anh@bvhttdl.example"}',
    '{"mbox":null}',
    '{"mbox":"mailto:a@b.example","openid":"http://a.example"}',
    '{"account":{"homePage":"no-scheme","name":"1"}}',
    '{"account":{"name":"1"}}',
    '{"account":{"homePage":"http://a.example","name":1}}',
    '{"mbox_sha1sum":"abc"}',
    '{"openid":"x"}',
    '{"objectType":"agent","mbox":"mailto:a@b.example"}',
    '{"objectType":"Person","mbox":"mailto:a@b.example"}',
    '{"objectType":"Group","member":[{"mbox":"mailto:a@b.example"}]}',
    '{"mbox":"mailto:a@b.example","age":7}',
    '{"mbox":"mailto:a@b.example","mbox":"mailto:c@d.example"}',
    '{"mbox":"mailto:a@b.example"',
    '{"mbox":"mailto:a@b.example"} {}',
)
NO_BOOLEAN = ("", "1", "yes", "tru", "null", "true,true")
NO_FORMAT = ("", "EXACT", "json", "exact,ids")

WRONG: dict[str, tuple[str, ...]] = {
    "statementId": NO_UUID,
    "voidedStatementId": NO_UUID,
    "registration": NO_UUID,
    "agent": NO_AGENT,
    "verb": NO_IRI,
    "activity": NO_IRI,
    "activityId": NO_IRI,
    "since": NO_TIME,
    "until": NO_TIME,
    "related_agents": NO_BOOLEAN,
    "related_activities": NO_BOOLEAN,
    "ascending": NO_BOOLEAN,
    "attachments": NO_BOOLEAN,
    "format": NO_FORMAT,
    "limit": ("", "-1", "1.0", "x"),
    "query": ("", "x"),
}
ANYTHING = {"stateId", "profileId"}  # any text names a document

RIGHT: dict[str, str] = {
    "statementId": new_id(),
    "voidedStatementId": new_id(),
    "registration": new_id(),
    "agent": as_parameter(agent()),
    "verb": iri(),
    "activity": iri(),
    "activityId": iri(),
    "since": "2026-11-30T17:00:00Z",
    "stateId": "bookmark",
    "profileId": "bookmark",
    "query": more_token(Query(), Shape(), after=5),
}

OPERATIONS = [
    (path, method, operation)
    for path, resource in RESOURCES.items()
    for method, operation in resource.items()
]


@pytest.fixture
def client(sqlite_store: StoreInThisProcess) -> Client:
    """Nothing here depends on the database."""
    return sqlite_store.client()


def ask(client: Client, method: str, path: str, parameters: Json) -> Any:
    sent: Json = {}
    if method in ("PUT", "POST"):
        content = as_parameter(statement()) if path == "/statements" else "{}"
        sent = {"content": content, "headers": JSON}
    return client.http.request(method, f"/xapi{path}", params=parameters, **sent)


def wrong_values() -> Iterator[Any]:
    for path, method, operation in OPERATIONS:
        for name in sorted(operation.known - ANYTHING):
            required = {other: RIGHT[other] for other in operation.required - {name}}
            yield pytest.param(path, method, name, required, id=f"{method}{path}-{name}")


@pytest.mark.parametrize(("path", "method", "name", "required"), [*wrong_values()])
def test_a_value_in_no_right_form_is_refused_and_said_what_it_is(
    client: Client, path: str, method: str, name: str, required: dict[str, str]
) -> None:
    for version, value in product(VERSIONS, WRONG[name]):
        answer = ask(client.at(version), method, path, {**required, name: value})
        assert answer.status_code == 400, (name, value)
        told = problems(answer)
        assert told[0]["rule"] not in ("parameter-unknown", "parameter-missing"), (name, value)
        assert name in str(told) or told[0]["rule"] == "more-unreadable", (name, value)


def test_all_wrong_parameters_are_named_at_once(client: Client) -> None:
    wrong = {
        name: WRONG[name][1] for name in ("verb", "activity", "registration", "since", "limit")
    }
    answer = client.http.get(STATEMENTS, params={**wrong, "ascending": "yes"})
    assert answer.status_code == 400
    assert len(problems(answer)) == 6


def wrong_names() -> Iterator[Any]:
    for path, method, operation in OPERATIONS:
        required = {name: RIGHT[name] for name in operation.required}
        for name in sorted(operation.known | {"color"}):
            for other in sorted({name.upper(), name.capitalize(), f"{name} "} - operation.known):
                yield pytest.param(path, method, other, required, id=f"{method}{path}-{other}")


@pytest.mark.parametrize(("path", "method", "name", "required"), [*wrong_names()])
def test_a_name_that_is_unknown_or_in_the_wrong_case_is_refused(
    client: Client, path: str, method: str, name: str, required: dict[str, str]
) -> None:
    answer = ask(client, method, path, {**required, name: "true"})
    assert answer.status_code == 400
    [told] = problems(answer)
    assert told["rule"] in ("parameter-unknown", "parameter-case")
    assert repr(name)[1:-1] in told["message"]


@pytest.mark.parametrize(
    ("name", "meant"), [("Limit", "limit"), ("StatementID", "statementId"), ("AGENT", "agent")]
)
def test_a_wrong_case_is_told_with_the_right_one(client: Client, name: str, meant: str) -> None:
    [told] = problems(client.http.get(STATEMENTS, params={name: "1"}))
    assert f"Write {meant}." in told["mend"]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_a_missing_parameter_is_refused_by_name(
    client: Client, path: str, method: str, operation: Any
) -> None:
    for name in sorted(operation.required):
        given = {other: RIGHT.get(other, "x") for other in operation.required - {name}}
        answer = ask(client, method, path, given)
        assert answer.status_code == 400
        assert [told["message"] for told in problems(answer)] == [
            f"The required parameter {name} is missing."
        ]


@pytest.mark.parametrize("query", ["verb=http://a&verb=http://a", "limit=1&limit=1"])
def test_a_parameter_sent_twice_is_refused(client: Client, query: str) -> None:
    answer = client.http.get(f"{STATEMENTS}?{query}")
    assert (answer.status_code, rules(answer)) == (400, ["parameter-twice"])


@pytest.mark.parametrize("query", ["verb=http://a/%ff", "verb=%c3", "%ff=1"])
def test_a_parameter_that_is_not_utf_8_is_refused(client: Client, query: str) -> None:
    answer = client.http.get(f"{STATEMENTS}?{query}")
    assert (answer.status_code, rules(answer)) == (400, ["query-unreadable"])


@pytest.mark.parametrize("given", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize(
    "beside",
    sorted(set(RESOURCES["/statements"]["GET"].known) - {"format", "attachments"}),
)
def test_a_statement_id_stands_beside_no_filter(client: Client, given: str, beside: str) -> None:
    if beside == given:
        return
    value = RIGHT.get(beside, "true" if beside != "limit" else "1")
    answer = client.http.get(STATEMENTS, params={given: new_id(), beside: value})
    assert answer.status_code == 400
    assert rules(answer)[0] in ("both-statement-ids", "filter-with-statement-id")


@pytest.mark.parametrize("path", ["/agents/profile", "/activities/profile", "/activities/state"])
@pytest.mark.parametrize("document_id", ["a b", "đ/ế?n&=", "'", "%00", "x" * 2000, "..", ""])
def test_any_text_names_a_document(client: Client, path: str, document_id: str) -> None:
    operation = RESOURCES[path]["PUT"]
    name = "stateId" if path.endswith("state") else "profileId"
    about = {**{n: RIGHT[n] for n in operation.required}, "activityId": iri(), name: document_id}
    about = {n: value for n, value in about.items() if n in operation.required}
    if "agent" in about:
        about["agent"] = as_parameter(agent())
    sent = {"If-None-Match": "*", **JSON}
    answer = client.http.put(f"/xapi{path}", params=about, content=b"{}", headers=sent)
    assert answer.status_code == 204, answer.text
    listed = {n: value for n, value in about.items() if n != name}
    assert client.http.get(f"/xapi{path}", params=listed).json() == [document_id]
    assert client.http.get(f"/xapi{path}", params=about).content == b"{}"

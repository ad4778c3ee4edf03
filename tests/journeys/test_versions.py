"""One server, two versions of xAPI: the header chooses; alternate syntax is of 1.0.x only."""

from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from lrs.app import RESOURCES
from tests.examples import statement
from tests.xapi_client import (
    HOME,
    JSON,
    KEY,
    SECRET,
    STATEMENTS,
    Client,
    StoreInThisProcess,
    agent,
    as_parameter,
    good,
    iri,
    new_id,
    problems,
    rules,
)

BASIC = httpx.BasicAuth(KEY, SECRET)._auth_header


@pytest.fixture
def client(sqlite_store: StoreInThisProcess) -> Client:
    return sqlite_store.client()


@pytest.fixture
def bare(client: Client) -> httpx.Client:
    """Sends no header of its own."""
    return httpx.Client(transport=client.http._transport, base_url=HOME)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("1.0", "1.0.3"),
        ("1.0.0", "1.0.3"),
        ("1.0.2", "1.0.3"),
        ("1.0.3", "1.0.3"),
        ("1.0.99", "1.0.3"),
        ("2.0", "2.0.0"),
        ("2.0.0", "2.0.0"),
        ("2.0.7", "2.0.0"),
    ],
)
def test_the_version_asked_for_is_the_version_answered(
    client: Client, asked: str, answered: str
) -> None:
    for answer in (client.at(asked).get(limit=1), client.at(asked).get(limit="x")):
        assert answer.headers["x-experience-api-version"] == answered


@pytest.mark.parametrize(
    "asked", ["0.95", "0.9", "1.1.0", "1", "2", "2.1.0", "3.0.0", "", "x", "1.0x"]
)
@pytest.mark.parametrize("path", [path for path in RESOURCES if path != "/about"])
def test_any_other_version_is_refused_before_anything_else(
    client: Client, path: str, asked: str
) -> None:
    answer = client.at(asked).signed_in(None).http.get(f"/xapi{path}", params={"color": "red"})
    assert (answer.status_code, rules(answer)) == (400, ["version-unsupported"])
    assert "1.0.3, 2.0.0" in problems(answer)[0]["mend"]


@pytest.mark.parametrize("path", [path for path in RESOURCES if path != "/about"])
def test_without_a_version_there_is_no_answer(bare: httpx.Client, path: str) -> None:
    answer = bare.get(f"/xapi{path}", headers={"Authorization": BASIC, "Accept-Language": "en"})
    assert (answer.status_code, rules(answer)) == (400, ["version-missing"])


def test_about_is_answered_whatever_the_version(bare: httpx.Client) -> None:
    for headers in ({}, {"X-Experience-API-Version": "0.9"}, {"X-Experience-API-Version": "9"}):
        answer = bare.get("/xapi/about", headers=headers)
        assert answer.status_code == 200
        assert answer.json()["version"] == ["1.0.3", "2.0.0"]


def test_what_only_2_0_knows_is_refused_in_1_0(client: Client) -> None:
    context = {"contextAgents": [{"objectType": "contextAgent", "agent": agent()}]}
    value = statement(context=context)
    answer = client.http.post(STATEMENTS, json=value)
    assert (answer.status_code, rules(answer)) == (400, ["context.version"])
    [statement_id] = client.at("2.0.0").send(value)
    assert client.one(statement_id)["context"] == context  # not converted for whoever reads it
    assert client.one(statement_id)["version"] == "2.0.0"


@pytest.mark.parametrize(
    ("version", "sent", "status"),
    [
        ("1.0.3", "1.0", 200),
        ("1.0.3", "1.0.9", 200),
        ("1.0.3", "2.0.0", 400),
        ("1.0.3", "0.9", 400),
        ("2.0.0", "2.0.0", 200),
        ("2.0.0", "1.0.3", 200),
        ("2.0.0", "2.1.0", 400),
    ],
)
def test_the_version_of_a_statement(client: Client, version: str, sent: str, status: int) -> None:
    answer = client.at(version).http.post(STATEMENTS, json=statement(version=sent))
    assert answer.status_code == status
    if status == 200:
        assert client.one(answer.json()[0])["version"] == sent


@pytest.mark.parametrize(
    "path", ["/xapi/nothing", "/xapi", "/xapi/statements/x", "/xapi/statements/", "/nothing", "/"]
)
def test_where_nothing_is_it_is_said_so(client: Client, path: str) -> None:
    answer = client.http.get(path)
    if answer.status_code != 200:  # the first page may be one for people
        assert (answer.status_code, rules(answer)) == (404, ["not-found"])
        assert answer.headers["x-experience-api-version"]


@pytest.mark.parametrize("path", RESOURCES)
def test_a_method_no_resource_takes_is_refused_with_those_it_does(
    client: Client, path: str
) -> None:
    taken = {*RESOURCES[path], *(("HEAD",) if "GET" in RESOURCES[path] else ())}
    for method in {"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"} - taken:
        answer = client.http.request(method, f"/xapi{path}")
        assert (answer.status_code, rules(answer)) == (405, ["method-not-allowed"]), method
        assert set(answer.headers["allow"].split(", ")) == taken
        consistent = path.startswith("/statements")
        assert ("x-experience-api-consistent-through" in answer.headers) == consistent


# The alternate request syntax


def form(**fields: Any) -> bytes:
    return urlencode(fields, quote_via=quote).encode()


def alternate(
    bare: httpx.Client, method: str, path: str = STATEMENTS, **fields: Any
) -> httpx.Response:
    """Everything in the form: the version, the credential, the parameters, the content."""
    told = {
        "X-Experience-API-Version": "1.0.3",
        "Authorization": BASIC,
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    content = form(**{name: value for name, value in told.items() if value is not None})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return bare.post(path, params={"method": method}, content=content, headers=headers)


def test_all_methods_can_come_in_a_form(bare: httpx.Client, client: Client) -> None:
    value = statement(id=new_id())
    text = as_parameter(value)
    assert alternate(bare, "PUT", statementId=value["id"], content=text).status_code == 204
    assert alternate(bare, "POST", content=text).json() == [value["id"]]
    assert alternate(bare, "GET", statementId=value["id"]).json()["id"] == value["id"]
    assert alternate(bare, "GET", limit="1").json()["statements"]
    head = alternate(bare, "HEAD", limit="1")
    assert (head.status_code, head.content) == (200, b"")
    about = {"activityId": iri(), "agent": as_parameter(agent()), "stateId": "bookmark"}
    path = "/xapi/activities/state"
    saved = alternate(
        bare, "PUT", path, **about, content="trang 7 + 8%", Content_Type="text/plain; charset=utf-8"
    )
    assert saved.status_code == 204
    found = client.http.get(path, params=about)
    assert found.text == "trang 7 + 8%"
    assert found.headers["content-type"] == "text/plain; charset=utf-8"
    etag = found.headers["etag"]
    assert alternate(bare, "DELETE", path, **about, If_Match='"x"').status_code == 412
    assert alternate(bare, "DELETE", path, **about, If_Match=etag).status_code == 204


@pytest.mark.parametrize(
    ("method", "fields", "rule"),
    [
        ("PUT", {"statementId": new_id()}, "alternate-no-content"),
        ("POST", {}, "alternate-no-content"),
        ("PATCH", {}, "alternate-method"),
        ("get", {}, "alternate-method"),
        ("", {}, "alternate-method"),
        ("GET", {"Limit": "1"}, "parameter-case"),
        ("GET", {"X_Experience_API_Version": "0.8"}, "version-unsupported"),
        ("GET", {"X_Experience_API_Version": None}, "version-missing"),
        ("GET", {"Authorization": None}, "not-authenticated"),
        ("GET", {"Authorization": "Basic Og=="}, "credential-unknown"),
        ("POST", {"content": "{"}, "json.truncated"),
    ],
)
def test_a_form_that_says_too_little_or_too_much_is_refused(
    bare: httpx.Client, method: str, fields: dict[str, Any], rule: str
) -> None:
    answer = alternate(bare, method, **fields)
    assert answer.status_code in (400, 401)
    assert rules(answer) == [rule]


def test_the_form_decides_over_the_headers(client: Client) -> None:
    content = form(**{"X-Experience-API-Version": "0.8"})
    answer = client.http.post(STATEMENTS, params={"method": "GET"}, content=content)
    assert (answer.status_code, rules(answer)) == (400, ["version-unsupported"])


def test_parameters_beside_the_method_are_refused(client: Client) -> None:
    answer = client.http.post(STATEMENTS, params={"method": "GET", "limit": "1"})
    assert (answer.status_code, rules(answer)) == (400, ["alternate-extra-parameter"])
    answer = client.http.put(STATEMENTS, params={"method": "GET"})
    assert (answer.status_code, rules(answer)) == (400, ["alternate-not-post"])


@pytest.mark.parametrize("content", [b"content=%ff", b"\xff", b"content=a&content=b"])
def test_a_form_that_cannot_be_read_is_refused(client: Client, content: bytes) -> None:
    answer = client.http.post(STATEMENTS, params={"method": "POST"}, content=content)
    assert answer.status_code == 400
    assert rules(answer)[0] == "alternate-form"


def test_2_0_has_no_alternate_syntax(client: Client, bare: httpx.Client) -> None:
    value = statement(id=new_id())
    content = form(statementId=value["id"], content=as_parameter(value))
    answer = client.at("2.0.0").http.post(STATEMENTS, params={"method": "PUT"}, content=content)
    assert (answer.status_code, rules(answer)) == (400, ["alternate-version"])
    in_form = alternate(
        bare,
        "PUT",
        statementId=value["id"],
        content=as_parameter(value),
        X_Experience_API_Version="2.0.0",
    )
    assert (in_form.status_code, rules(in_form)) == (400, ["alternate-version"])
    assert client.get(statementId=value["id"]).status_code == 404


@pytest.mark.parametrize(
    "label", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"]
)
def test_json_may_be_labelled_with_its_charset(client: Client, label: str) -> None:
    content = as_parameter(statement())
    good(client.http.post(STATEMENTS, content=content, headers={**JSON, "Content-Type": label}))

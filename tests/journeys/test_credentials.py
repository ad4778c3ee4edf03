"""Who may do what: a real 401 for everyone unknown, and 403 for every scope that does not cover it.

The table of scopes below is written from xAPI-Communication 4.2 and not from the store's.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from lrs.app import RESOURCES
from lrs.auth.credentials import SCOPES
from tests.examples import statement
from tests.xapi_client import (
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

DOCUMENTS = {
    "/activities/state": "state",
    "/agents/profile": "profile",
    "/activities/profile": "profile",
}
READS_STATEMENTS = {"all", "all/read", "statements/read", "statements/read/mine"}
OPERATIONS = [
    (path, method)
    for path, resource in RESOURCES.items()
    for method in ("HEAD", *resource)
    if path != "/about"
]


def covers(scope: str, path: str, method: str) -> bool:
    """Whether a scope lets a client do this (xAPI-Communication 4.2)."""
    reads = method in ("GET", "HEAD")
    if scope == "all" or (scope == "all/read" and reads):
        return True
    if path.startswith("/statements"):
        return scope in READS_STATEMENTS if reads else scope == "statements/write"
    if path in DOCUMENTS:
        return scope == DOCUMENTS[path]
    return scope != "statements/write"  # /agents and /activities: for whoever may read something


@pytest.fixture
def client(sqlite_store: StoreInThisProcess) -> Client:
    return sqlite_store.client()


@pytest.fixture
def more(client: Client) -> str:
    """A link to a second page."""
    verb = iri("verbs")
    client.send(*(statement(verb={"id": verb}) for _ in range(2)))
    return str(good(client.get(verb=verb, limit=1)).json()["more"])


def ask(client: Client, path: str, method: str, more: str, **changed: Any) -> httpx.Response:
    """A request that succeeds, or finds nothing, with scope ``all``."""
    if path == "/statements/more":
        return client.http.request(method, more, **changed)
    values = {
        "statementId": new_id(),
        "agent": as_parameter(agent()),
        "activityId": iri(),
        "stateId": "bookmark",
        "profileId": "bookmark",
    }
    operation = RESOURCES[path]["GET" if method == "HEAD" else method]
    sent: dict[str, Any] = {"params": {name: values[name] for name in operation.required}}
    if method in ("PUT", "POST"):
        body = as_parameter(statement()) if path == "/statements" else "{}"
        sent |= {"content": body, "headers": {**JSON, "If-None-Match": "*"}}
    return client.http.request(method, f"/xapi{path}", **{**sent, **changed})


# 403


def test_the_table_of_scopes_is_whole() -> None:
    assert len(OPERATIONS) == 2 * len(RESOURCES) - 2 + 2 + 3 * len(DOCUMENTS)
    for path, method in OPERATIONS:
        assert any(covers(scope, path, method) for scope in SCOPES if scope != "all")


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_allows_what_it_covers_and_nothing_else(
    client: Client, more: str, scope: str
) -> None:
    limited = client.with_scopes(scope)
    for path, method in OPERATIONS:
        answer = ask(limited, path, method, more)
        if covers(scope, path, method):
            assert answer.status_code in (200, 204), (path, method, answer.text)
        else:
            assert answer.status_code == 403, (path, method)
            if method == "HEAD":
                continue
            [told] = problems(answer)
            assert told["rule"] == "not-permitted"
            assert scope in told["message"]
            named = told["mend"].partition(": ")[2].partition(".")[0].split(", ")
            assert set(named) == {s for s in SCOPES if covers(s, path, method)}


@pytest.mark.parametrize("scopes", [("statements/write", "state"), ("profile", "all/read")])
def test_scopes_add_up(client: Client, more: str, scopes: tuple[str, ...]) -> None:
    both = client.with_scopes(*scopes)
    for path, method in OPERATIONS:
        allowed = any(covers(scope, path, method) for scope in scopes)
        assert (ask(both, path, method, more).status_code != 403) is allowed, (path, method)


def test_a_refused_writer_has_changed_nothing(client: Client) -> None:
    position = client.store.log.head().position
    limited = client.with_scopes("all/read")
    for path, method in OPERATIONS:
        if method in ("PUT", "POST", "DELETE"):
            assert ask(limited, path, method, "").status_code == 403
    assert client.store.log.head().position == position + 1  # the credential's own


def test_read_mine_sees_what_its_own_credential_wrote(client: Client) -> None:
    verb = iri("verbs")
    mine = client.with_scopes("statements/write", "statements/read/mine")
    other = client.with_scopes("statements/write", "statements/read/mine")
    [ours] = mine.send(statement(verb={"id": verb}))
    [theirs] = other.send(statement(verb={"id": verb}))
    assert mine.find(verb=verb) == [ours]
    assert other.find(verb=verb) == [theirs]
    assert client.find(verb=verb) == [theirs, ours]
    assert mine.one(ours)["id"] == ours
    refused = mine.get(statementId=theirs)
    assert (refused.status_code, rules(refused)) == (404, ["no-such-statement"])


def test_what_may_read_all_does_not_read_mine_only(client: Client) -> None:
    verb = iri("verbs")
    client.send(statement(verb={"id": verb}))
    for scopes in (
        ("statements/read",),
        ("statements/read", "statements/read/mine"),
        ("all/read",),
    ):
        assert len(client.with_scopes(*scopes).find(verb=verb)) == 1


def test_authority_is_the_credential_whatever_the_statement_says(client: Client) -> None:
    mine = client.with_scopes("statements/write", "statements/read/mine")
    said = {"objectType": "Agent", "mbox": "mailto:minister@bvhttdl.example"}
    [statement_id] = mine.send(statement(authority=said))
    authority = mine.one(statement_id)["authority"]
    assert authority["objectType"] == "Agent"
    assert authority["account"]["homePage"] == "https://lrs.example"
    assert authority != said
    [again] = client.with_scopes("statements/write").send(statement(authority=said))
    assert client.one(again)["authority"] != authority


# 401


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


REFUSED: dict[str, tuple[str | None, str]] = {
    "none": (None, "not-authenticated"),
    "empty": ("", "credential-malformed"),
    "empty Basic": ("Basic", "credential-malformed"),
    "empty key and secret": ("Basic Og==", "credential-unknown"),
    "wrong secret": (basic(f"{KEY}:wrong"), "credential-unknown"),
    "secret of another case": (basic(f"{KEY}:{SECRET.upper()}"), "credential-unknown"),
    "secret and more": (basic(f"{KEY}:{SECRET} "), "credential-unknown"),
    "no secret": (basic(f"{KEY}:"), "credential-unknown"),
    "wrong key": (basic(f"nobody:{SECRET}"), "credential-unknown"),
    "no colon": (basic(KEY), "credential-malformed"),
    "not base64": ("Basic !!!!", "credential-malformed"),
    "half of base64": (basic(f"{KEY}:{SECRET}")[:-3], "credential-malformed"),
    "not UTF-8": ("Basic " + base64.b64encode(b"\xff:\xff").decode(), "credential-malformed"),
    "another scheme": (f"Bearer {SECRET}", "credential-malformed"),
    "Basic under another name": (
        basic(f"{KEY}:{SECRET}").replace("Basic", "Digest"),
        "credential-malformed",
    ),
    "two in one": (f"{basic(f'{KEY}:wrong')}, {basic(f'{KEY}:{SECRET}')}", "credential-malformed"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_whoever_does_not_sign_in_gets_401(client: Client, more: str, how: str) -> None:
    sent, rule = REFUSED[how]
    nobody = client.signed_in(None)
    headers = {} if sent is None else {"Authorization": sent}
    for path, method in OPERATIONS:
        answer = ask(nobody.with_headers(headers), path, method, more)
        assert answer.status_code == 401, (path, method)
        assert answer.headers["www-authenticate"].startswith("Basic realm=")
        assert method == "HEAD" or rules(answer) == [rule]


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "Basic "])
def test_the_name_of_the_scheme_has_no_case(client: Client, scheme: str) -> None:
    sent = basic(f"{KEY}:{SECRET}").replace("Basic", scheme)
    nobody = client.signed_in(None).with_headers({"Authorization": sent})
    assert nobody.get(limit=1).status_code == 200


def test_401_comes_before_anything_is_said_about_the_request(client: Client) -> None:
    nobody = client.signed_in(None)
    for answer in (
        nobody.http.get(STATEMENTS, params={"color": "red"}),
        nobody.http.post(STATEMENTS, content=b"{", headers=JSON),
        nobody.http.get(STATEMENTS, params={"statementId": new_id()}),
    ):
        assert answer.status_code == 401


def test_403_comes_before_anything_is_said_about_the_content(client: Client) -> None:
    answer = client.with_scopes("all/read").http.post(STATEMENTS, content=b"{", headers=JSON)
    assert (answer.status_code, rules(answer)) == (403, ["not-permitted"])


def test_about_is_open_to_all(client: Client) -> None:
    for sent in (None, "Basic Og==", "Bearer x"):
        headers = {} if sent is None else {"Authorization": sent}
        answer = client.signed_in(None).with_headers(headers).http.get("/xapi/about")
        assert answer.status_code == 200


def test_a_revoked_credential_is_told_so(client: Client) -> None:
    issued = client.store.credentials.issue("for a month", ["all"])
    theirs = client.signed_in((issued.key, issued.secret))
    assert theirs.get(limit=1).status_code == 200
    client.store.credentials.revoke(issued.credential.id)
    answer = theirs.get(limit=1)
    assert (answer.status_code, rules(answer)) == (401, ["credential-revoked"])


def test_an_expired_credential_is_told_so(client: Client) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    issued = client.store.credentials.issue("of yesterday", ["all"], expires=past)
    answer = client.signed_in((issued.key, issued.secret)).get(limit=1)
    assert (answer.status_code, rules(answer)) == (401, ["credential-expired"])


def test_a_rotated_secret_opens_until_its_overlap_ends(client: Client) -> None:
    issued = client.store.credentials.issue("of a platform", ["all"])
    old = client.signed_in((issued.key, issued.secret))
    with_overlap = client.store.credentials.rotate(issued.credential.id, timedelta(minutes=5))
    new = client.signed_in((with_overlap.key, with_overlap.secret))
    assert [old.get(limit=1).status_code, new.get(limit=1).status_code] == [200, 200]
    newest = client.store.credentials.rotate(issued.credential.id)
    assert client.signed_in((newest.key, newest.secret)).get(limit=1).status_code == 200
    assert [old.get(limit=1).status_code, new.get(limit=1).status_code] == [401, 401]


def test_the_answer_tells_nobody_whether_a_key_exists(client: Client) -> None:
    wrong_key = client.signed_in(("nobody", SECRET)).get()
    wrong_secret = client.signed_in((KEY, "wrong")).get()
    assert wrong_key.content == wrong_secret.content

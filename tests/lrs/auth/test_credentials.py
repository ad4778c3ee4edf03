"""Credentials: who is let in, who no longer, and how soon every process knows."""

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import current_thread
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import event

from lrs.auth.credentials import (
    SCOPES,
    CredentialRevoked,
    Credentials,
    InvalidCredential,
    UnknownCredential,
    UnknownScope,
)
from lrs.errors import NotAuthenticated
from lrs.store import Store
from schemas.events import NOBODY, Kind
from tests.lrs.conftest import KEY, SECRET, OpenStore

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what happens before any database is asked."""


def basic(key: str, secret: str, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(f'{key}:{secret}'.encode()).decode()}"


def refusal(credentials: Credentials, header: str | None) -> str:
    """The rule under which a header is refused; empty when it is not."""
    try:
        credentials.authenticate(header)
    except NotAuthenticated as error:
        refused = error
    else:
        return ""
    [problem] = refused.problems
    assert refused.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert SECRET not in str(problem)
    return problem.rule


@pytest.fixture
def credentials(store: Store) -> Credentials:
    return store.credentials


# Letting in


def test_a_key_with_its_secret_is_let_in(credentials: Credentials) -> None:
    issued = credentials.issue("Moodle của Bộ", ["statements/write", "state"])
    for scheme in ("Basic", "basic", "BASIC"):
        found = credentials.authenticate(basic(issued.key, issued.secret, scheme))
        assert found == issued.credential
    assert found.name == "Moodle của Bộ"
    assert found.may(frozenset(("all", "state")))
    assert not found.may(frozenset(("all", "profile")))


@ON_SQLITE
@pytest.mark.parametrize(
    ("header", "rule"),
    [
        (None, "not-authenticated"),
        ("", "credential-malformed"),
        ("Basic", "credential-malformed"),
        ("Basic Og==", "credential-unknown"),
        ("Basic !!!", "credential-malformed"),
        ("Basic /w==", "credential-malformed"),
        ("Basic YQ==", "credential-malformed"),
        ("Basic:" + base64.b64encode(b"a:b").decode(), "credential-malformed"),
        ("Bearer " + base64.b64encode(b"a:b").decode(), "credential-malformed"),
        (basic("nobody", SECRET), "credential-unknown"),
        (basic(KEY, "wrong"), "credential-unknown"),
        (basic(KEY, SECRET + " "), "credential-unknown"),
        (basic(KEY, SECRET), ""),
    ],
)
def test_whatever_else_is_refused(credentials: Credentials, header: str | None, rule: str) -> None:
    assert refusal(credentials, header) == rule


def test_an_expired_credential_is_refused_also_when_it_was_used_before(
    open_store: OpenStore,
) -> None:
    store = open_store()
    now = [time.time_ns() // 1000]
    credentials = Credentials(store, clock=lambda: now[0])
    try:
        expires = datetime.fromtimestamp(now[0] / 1e6, UTC) + timedelta(hours=1)
        issued = credentials.issue("a course", expires=expires)
        header = basic(issued.key, issued.secret)
        assert refusal(credentials, header) == ""
        now[0] += 3_599_000_000
        assert refusal(credentials, header) == ""
        now[0] += 2_000_000
        assert refusal(credentials, header) == "credential-expired"
    finally:
        credentials.close()


def test_after_a_rotation_both_secrets_open_until_the_overlap_ends(open_store: OpenStore) -> None:
    store = open_store()
    now = [time.time_ns() // 1000]
    credentials = Credentials(store, clock=lambda: now[0])
    try:
        first = credentials.issue("a platform")
        second = credentials.rotate(first.credential.id, timedelta(hours=1))
        assert (second.key, second.credential.id) == (first.key, first.credential.id)
        headers = [basic(issued.key, issued.secret) for issued in (first, second)]
        assert [refusal(credentials, header) for header in headers] == ["", ""]
        now[0] += 3_601_000_000
        assert [refusal(credentials, h) for h in headers] == ["credential-expired", ""]
        third = credentials.rotate(first.credential.id)
        headers.append(basic(third.key, third.secret))
        assert [refusal(credentials, header) for header in headers] == [
            "credential-unknown",
            "credential-expired",
            "",
        ]
    finally:
        credentials.close()


def test_a_request_asks_the_database_nothing(store: Store) -> None:
    issued = store.credentials.issue("a platform")
    store.credentials.close()  # no looks while we count
    here, asked = current_thread(), list[str]()

    def ask(*args: Any) -> None:
        if current_thread() is here:  # those that follow the log ask whenever they like
            asked.append(args[2])

    event.listen(store.storage.readers, "before_cursor_execute", ask)
    for _ in range(10):
        store.credentials.authenticate(basic(issued.key, issued.secret))
        assert refusal(store.credentials, basic(issued.key, "wrong")) == "credential-unknown"
        store.credentials.authority_text(issued.credential.id)
        store.credentials.authority_text(NOBODY)
    assert asked == []


@ON_SQLITE
def test_what_is_remembered_does_not_grow_without_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.auth.credentials.REMEMBERED", 10)
    header = basic(KEY, SECRET)
    for spaces in range(50):
        store.credentials.authenticate(header.replace(" ", " " * (spaces + 1)))
    assert len(store.credentials._known.good) <= 10


# Revoking


def eventually(holds: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def test_a_revocation_holds_at_once_here_and_within_a_second_elsewhere(
    open_store: OpenStore, database_url: str
) -> None:
    here = open_store()
    elsewhere = here if database_url.startswith("sqlite") else open_store()
    issued = here.credentials.issue("a platform")
    header = basic(issued.key, issued.secret)
    assert eventually(lambda: refusal(elsewhere.credentials, header) == "", 1)
    here.credentials.revoke(issued.credential.id)
    assert refusal(here.credentials, header) == "credential-revoked"
    assert eventually(lambda: refusal(elsewhere.credentials, header) == "credential-revoked", 1)


def test_a_revoked_credential_stays_revoked(credentials: Credentials) -> None:
    issued = credentials.issue("a platform")
    credentials.revoke(issued.credential.id)
    credentials.revoke(issued.credential.id)
    with pytest.raises(CredentialRevoked):
        credentials.rotate(issued.credential.id)
    assert refusal(credentials, basic(issued.key, "wrong")) == "credential-unknown"


@ON_SQLITE
def test_a_credential_that_was_never_issued_is_unknown(credentials: Credentials) -> None:
    with pytest.raises(UnknownCredential):
        credentials.revoke(bytes(16))
    with pytest.raises(UnknownCredential):
        credentials.rotate(bytes(16))


def test_looks_go_on_after_one_that_failed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = store.credentials.issue("a platform")
    looked = []

    def fail(*_: object) -> int:
        looked.append(1)
        raise OSError("the database is away")

    with monkeypatch.context() as away:
        away.setattr("lrs.auth.credentials.projection.last_change", fail)
        assert eventually(lambda: len(looked) > 1, 3)
    assert refusal(store.credentials, basic(issued.key, issued.secret)) == ""
    assert store.credentials._thread.is_alive()


# Issuing


def test_the_log_holds_no_secret(store: Store) -> None:
    issued = store.credentials.issue("a platform", ["all"])
    rotated = store.credentials.rotate(issued.credential.id)
    written = b"".join(entry.body for entry in store.log.read())
    for secret in (SECRET, issued.secret, rotated.secret):
        assert secret.encode() not in written
    assert issued.key.encode() in written


@ON_SQLITE
def test_secrets_are_256_random_bits(credentials: Credentials) -> None:
    secrets = [credentials.issue("a platform").secret for _ in range(3)]
    assert len(set(secrets)) == 3
    assert all(len(base64.urlsafe_b64decode(secret + "=")) == 32 for secret in secrets)


def test_an_issued_credential_is_an_event_that_reads_by_itself(store: Store) -> None:
    before = store.log.head().position
    expires = datetime(2027, 1, 1, tzinfo=UTC)
    issued = store.credentials.issue("Moodle", ["state", "statements/write"], expires=expires)
    [entry] = store.log.read(before)
    said = orjson.loads(entry.body)
    assert entry.kind == Kind.CREDENTIAL_ISSUED
    assert said.pop("secretHash")
    assert said == {
        "id": (name := issued.credential.authority["account"]["name"]),
        "key": issued.key,
        "name": "Moodle",
        "scopes": ["statements/write", "state"],
        "authority": {
            "objectType": "Agent",
            "account": {"homePage": "https://lrs.example", "name": name},
        },
        "expires": "2027-01-01T00:00:00+00:00",
    }


@ON_SQLITE
def test_scopes_that_xapi_has_not_are_refused_with_those_it_has(credentials: Credentials) -> None:
    with pytest.raises(UnknownScope) as refused:
        credentials.issue("a platform", ["state", "statement/write", "ALL"])
    assert refused.value.names == ["ALL", "statement/write"]
    assert all(scope in str(refused.value) for scope in SCOPES)


@ON_SQLITE
@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"name": " "},
        {"name": "a\x00b"},
        {"expires": datetime(2027, 1, 1)},  # noqa: DTZ001 (that is what is wrong)
        {"authority": {"name": "nobody"}},
        {"authority": {"objectType": "Group", "mbox": "mailto:a@b.vn"}},
    ],
)
def test_what_makes_no_credential_is_refused_and_not_recorded(
    store: Store, wrong: dict[str, Any]
) -> None:
    before = store.log.head().position
    with pytest.raises(InvalidCredential):
        store.credentials.issue(**{"name": "a platform", **wrong})
    assert store.log.head().position == before


@ON_SQLITE
def test_an_authority_that_is_given_is_kept(credentials: Credentials) -> None:
    authority = {"name": "Cổng thông tin", "mbox": "mailto:cong@bvhttdl.example"}
    issued = credentials.issue("the portal", authority=authority)
    assert issued.credential.authority == authority
    text = credentials.authority_text(issued.credential.id)
    assert text == '{"name":"Cổng thông tin","mbox":"mailto:cong@bvhttdl.example"}'.encode()


def test_the_authority_of_a_credential_issued_elsewhere_is_known_at_once(
    open_store: OpenStore, database_url: str
) -> None:
    here = open_store()
    elsewhere = here if database_url.startswith("sqlite") else open_store()
    issued = elsewhere.credentials.issue("a platform")
    text = here.credentials.authority_text(issued.credential.id)
    assert orjson.loads(text) == issued.credential.authority


@ON_SQLITE
def test_what_the_store_recorded_by_itself_has_an_authority(credentials: Credentials) -> None:
    account = {"homePage": "https://lrs.example", "name": "store"}
    authority = orjson.loads(credentials.authority_text(NOBODY))
    assert authority == {"objectType": "Agent", "account": account}


def test_credentials_are_listed_as_they_were_issued(credentials: Credentials) -> None:
    names = [credentials.issue(name).credential.name for name in ("a", "b")]
    assert [row.name for row in credentials.issued()] == ["default", *names]


# The credential of the settings


def test_the_credential_of_the_settings_may_do_everything(credentials: Credentials) -> None:
    found = credentials.authenticate(basic(KEY, SECRET))
    assert (found.name, found.scopes) == ("default", frozenset(("all",)))


def events_of(store: Store) -> list[int]:
    return [entry.kind for entry in store.log.read() if entry.kind != Kind.LOG_OPENED]


def test_it_is_issued_once_however_often_the_store_is_opened(open_store: OpenStore) -> None:
    for _ in range(3):
        store = open_store()
        found = store.credentials.authenticate(basic(KEY, SECRET))
        assert events_of(store) == [Kind.CREDENTIAL_ISSUED]
        store.close()
    assert found.name == "default"


def test_its_secret_follows_the_settings(open_store: OpenStore) -> None:
    open_store().close()
    store = open_store(api_secret_default="another secret")
    assert refusal(store.credentials, basic(KEY, "another secret")) == ""
    assert refusal(store.credentials, basic(KEY, SECRET)) == "credential-expired"
    assert events_of(store) == [Kind.CREDENTIAL_ISSUED, Kind.CREDENTIAL_ROTATED]


def test_once_revoked_it_does_not_come_back(open_store: OpenStore) -> None:
    store = open_store()
    store.credentials.revoke(store.credentials.authenticate(basic(KEY, SECRET)).id)
    store.close()
    store = open_store(api_secret_default="another secret")
    assert refusal(store.credentials, basic(KEY, SECRET)) == "credential-revoked"
    assert refusal(store.credentials, basic(KEY, "another secret")) == "credential-unknown"


# Over HTTP


@ON_SQLITE
async def test_an_answer_of_401_says_how_to_authenticate(client: httpx.AsyncClient) -> None:
    for auth in (None, (KEY, "wrong")):
        request = client.build_request("GET", "/activities", params={"activityId": "urn:a:b"})
        answer = await client.send(request, auth=auth)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic realm=")
        assert answer.json()["problems"][0]["mend"]


@ON_SQLITE
async def test_an_answer_of_403_says_which_scopes_are_needed(
    client: httpx.AsyncClient, store: Store
) -> None:
    issued = store.credentials.issue("a reader", ["statements/read"])
    answer = await client.get(
        "/activities/state", params={"activityId": "urn:a:b"}, auth=(issued.key, issued.secret)
    )
    assert answer.status_code == 403
    assert "all, all/read, state" in answer.json()["problems"][0]["mend"]

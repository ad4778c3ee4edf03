"""Signing in over HTTP: cookies, tokens, other sites, and what a refusal gives away."""

from typing import Any

import httpx
import pytest

from lrs.app import create_app
from lrs.auth.attempts import FROM_ADDRESS, OF_ACCOUNT
from lrs.store import Store
from tests.lrs.api.conftest import HERE, PASSWORD, SignedIn, client_of, rules
from tests.lrs.conftest import OpenStore

ANOTHER = "một câu dễ nhớ khác"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def account(store: Store) -> None:
    store.accounts.open(
        "an.nv",
        PASSWORD,
        title="Nguyễn Văn An",
        roles=["evaluator", "learner"],
        units=["X"],
        person="P1",
    )


def sign_in(client: httpx.AsyncClient, **changed: Any) -> Any:
    return client.post("/session", json={"name": "an.nv", "password": PASSWORD, **changed})


async def test_a_browser_is_signed_in_by_a_cookie_no_script_can_read(
    client: httpx.AsyncClient,
) -> None:
    answer = await sign_in(client)
    assert answer.status_code == 201
    assert answer.json()["token"] is None
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-hocba=")
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure", "Max-Age=43200"} == set(attributes)
    said = (await client.get("/session")).json()
    assert said.pop("opened") < said.pop("ends")
    assert said == {
        "name": "an.nv",
        "title": "Nguyễn Văn An",
        "roles": ["evaluator", "learner"],
        "permissions": [],
        "units": ["X"],
        "person": "P1",
    }


@ON_SQLITE
async def test_without_https_the_cookie_is_one_a_browser_takes(
    store: Store, open_store: OpenStore
) -> None:
    store.close()
    plain = open_store(base_url="http://localhost:8080")
    app = create_app(plain.settings, plain)
    async with client_of(app, "http://localhost:8080") as client:
        answer = await sign_in(client)
        assert answer.headers["set-cookie"].startswith("hocba=")
        assert "Secure" not in answer.headers["set-cookie"]
        assert (await client.get("/session")).status_code == 200


@ON_SQLITE
async def test_a_program_is_given_a_token_and_no_cookie(client: httpx.AsyncClient) -> None:
    answer = await sign_in(client, use="bearer")
    assert "set-cookie" not in answer.headers
    assert (await client.get("/session")).status_code == 401
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert (await client.get("/session", headers=headers)).json()["name"] == "an.nv"
    assert (await client.delete("/session", headers=headers)).status_code == 204
    told = await client.get("/session", headers=headers)
    assert (told.status_code, rules(told)) == (401, ["session-ended"])
    assert told.headers["www-authenticate"].startswith("Bearer")


async def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(
    client: httpx.AsyncClient,
) -> None:
    await sign_in(client)
    kept = dict(client.cookies)
    answer = await client.delete("/session")
    assert answer.status_code == 204
    assert 'hocba=""' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    told = await client.get("/session", headers={"Cookie": f"__Host-hocba={kept['__Host-hocba']}"})
    assert rules(told) == ["session-ended"]


@ON_SQLITE
async def test_a_refused_sign_in_says_nothing_about_the_account(
    client: httpx.AsyncClient, store: Store
) -> None:
    store.accounts.open("closed", PASSWORD, roles=["admin"])
    store.accounts.close("closed")
    answers = [
        await sign_in(client, name=name, password=password)
        for name, password in (
            ("an.nv", "not this one"),
            ("nobody", PASSWORD),
            ("closed", PASSWORD),
            ("no name at all", PASSWORD),
            ("", ""),
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert rules(answers[0]) == ["sign-in-failed"]


@ON_SQLITE
async def test_too_many_attempts_are_told_when_to_come_back(client: httpx.AsyncClient) -> None:
    for number in range(OF_ACCOUNT.burst):
        await sign_in(client, password=f"not this one {number}")
    answer = await sign_in(client)
    assert (answer.status_code, rules(answer)) == (429, ["sign-in-too-often"])
    assert int(answer.headers["retry-after"]) == OF_ACCOUNT.seconds
    assert "set-cookie" not in answer.headers


@ON_SQLITE
async def test_behind_a_proxy_on_this_machine_addresses_are_those_it_names(
    client: httpx.AsyncClient,
) -> None:
    async def attempt(forwarded: str) -> int:
        headers = {"X-Forwarded-For": forwarded}
        name = f"n{len(told)}"
        sent = {"name": name, "password": "not this one"}
        told.append((await client.post("/session", json=sent, headers=headers)).status_code)
        return told[-1]

    told: list[int] = []
    for _ in range(FROM_ADDRESS.burst):
        assert await attempt("made-up, 192.0.2.1") == 401
    assert await attempt("also made-up, 192.0.2.1") == 429
    assert await attempt("192.0.2.1, 192.0.2.2") == 401


# Other sites


@ON_SQLITE
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"Origin": HERE}, 204),
        ({"Origin": "https://lrs.example:443"}, 403),
        ({"Origin": "https://other.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": HERE}, 204),
        ({"Sec-Fetch-Site": "none"}, 204),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://www.lrs.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": HERE}, 403),
    ],
)
async def test_what_another_site_has_a_browser_send_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    await sign_in(client)
    answer = await client.delete("/session", headers=headers)
    assert answer.status_code == status
    assert status == 204 or rules(answer) == ["cross-site"]
    assert (await client.get("/session", headers=headers)).status_code == (
        401 if status == 204 else 200
    )
    if status == 403:
        again = await client.post(
            "/session", json={"name": "an.nv", "password": PASSWORD}, headers=headers
        )
        assert rules(again) == ["cross-site"], "nobody is signed in to another's account"


@ON_SQLITE
async def test_a_token_no_browser_sends_by_itself_is_good_from_anywhere(
    signed_in: SignedIn,
) -> None:
    async with signed_in("admin") as client:
        answer = await client.delete("/session", headers={"Origin": "https://other.example"})
    assert answer.status_code == 204


# Passwords


async def test_a_changed_password_ends_the_other_sessions(
    client: httpx.AsyncClient, app: Any
) -> None:
    async with client_of(app) as other:
        await sign_in(client)
        await sign_in(other)
        answer = await client.put("/session/password", json={"current": PASSWORD, "new": ANOTHER})
        assert answer.status_code == 204
        assert (await client.get("/session")).status_code == 200
        assert rules(await other.get("/session")) == ["session-ended"]
        assert rules(await sign_in(other)) == ["sign-in-failed"]
        assert (await sign_in(other, password=ANOTHER)).status_code == 201


@ON_SQLITE
@pytest.mark.parametrize(
    ("current", "new", "rule", "pointer"),
    [
        ("not this one", ANOTHER, "password-wrong", "/current"),
        (PASSWORD, "short", "password-short", "/new"),
        (PASSWORD, "x" * 300, "password-long", "/new"),
        (PASSWORD, "an.nvan.nvan.nv", "password-plain", "/new"),
    ],
)
async def test_a_password_that_cannot_be_is_refused(
    client: httpx.AsyncClient, current: str, new: str, rule: str, pointer: str
) -> None:
    await sign_in(client)
    answer = await client.put("/session/password", json={"current": current, "new": new})
    assert (answer.status_code, rules(answer)) == (400, [rule])
    [problem] = answer.json()["problems"]
    assert (problem["pointer"], problem["value"]) == (pointer, None)
    assert (await sign_in(client)).status_code == 201


# What is sent


@ON_SQLITE
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", [("", "json.empty")]),
        (b'{"name": "a", "name": "b", "password": ""}', [("/name", "json.duplicate_key")]),
        (b"[]", [("", "value-unfit")]),
        (b'{"name": "an.nv", "password": ["secret"]}', [("/password", "value-unfit")]),
        (b"{}", [("/name", "member-missing"), ("/password", "member-missing")]),
        (
            b'{"name": 1, "pasword": "secret", "use": "x"}',
            [
                ("/name", "value-unfit"),
                ("/password", "member-missing"),
                ("/use", "value-choice"),
                ("/pasword", "member-unknown"),
            ],
        ),
    ],
)
async def test_what_is_wrong_with_a_body_is_told_at_its_place_without_repeating_it(
    client: httpx.AsyncClient, body: bytes, expected: list[tuple[str, str]]
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/session", content=body, headers=headers)
    assert answer.status_code == 400
    rules(answer)
    found = [(problem["pointer"], problem["rule"]) for problem in answer.json()["problems"]]
    assert found == expected
    assert "secret" not in answer.text


@ON_SQLITE
async def test_a_form_is_no_json(client: httpx.AsyncClient) -> None:
    answer = await client.post("/session", data={"name": "an.nv", "password": PASSWORD})
    assert (answer.status_code, rules(answer)) == (415, ["json-expected"])


@ON_SQLITE
async def test_parameters_that_are_not_known_are_refused_not_ignored(
    client: httpx.AsyncClient,
) -> None:
    await sign_in(client)
    answer = await client.get("/session", params={"color": "red", "size": "1"})
    assert rules(answer) == ["parameter-unknown", "parameter-unknown"]


@ON_SQLITE
async def test_nobody_is_told_what_is_wrong_with_a_request_before_they_are_signed_in(
    client: httpx.AsyncClient,
) -> None:
    for request in (
        client.get("/session", params={"color": "red"}),
        client.put("/session/password", content=b"{"),
    ):
        assert rules(await request) == ["session-missing"]


@ON_SQLITE
async def test_refusals_speak_the_readers_language(client: httpx.AsyncClient) -> None:
    answer = await client.get("/session", headers={"Accept-Language": "vi"})
    assert answer.headers["content-language"] == "vi"
    assert answer.json()["title"] == "Bạn chưa đăng nhập."


@ON_SQLITE
async def test_the_body_has_a_limit(client: httpx.AsyncClient, store: Store) -> None:
    large = b'{"name": "' + b"x" * store.settings.max_body_bytes + b'"}'
    answer = await client.post(
        "/session", content=large, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, rules(answer)) == (413, ["body-too-large"])


# Accounts


async def test_accounts_are_listed_as_they_are(
    client: httpx.AsyncClient, signed_in: SignedIn, store: Store
) -> None:
    store.accounts.change("an.nv", units=None)
    store.accounts.close("an.nv")
    async with signed_in("admin") as admin:
        answer = await admin.get("/accounts")
    first, second = answer.json()["accounts"]
    assert (first["name"], first["closed"], first["units"]) == ("an.nv", True, None)
    assert first["position"] == store.accounts.named("an.nv").changed
    assert (second["roles"], second["closed"]) == (["admin"], False)
    assert "password" not in answer.text

"""The three document resources: what a client may do to documents, and what it then finds."""

from email.utils import parsedate_to_datetime
from uuid import uuid4

import httpx
import orjson
import pytest

from lrs.store import Store
from lrs.store_time import iso_time
from lrs.xapi.documents import names
from schemas.events import Kind

AGENT = {"objectType": "Agent", "mbox": "mailto:anh@bvhttdl.example"}
COURSE = "https://lms.bvhttdl.example/courses/an-toan-thong-tin-2026"
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain; charset=UTF-8"}
STATE, AGENT_PROFILE, ACTIVITY_PROFILE = (
    "/activities/state",
    "/agents/profile",
    "/activities/profile",
)
PROFILES = (AGENT_PROFILE, ACTIVITY_PROFILE)
RESOURCES = (STATE, *PROFILES)
ABOUT: dict[str, dict[str, str]] = {
    STATE: {"activityId": COURSE, "agent": orjson.dumps(AGENT).decode()},
    AGENT_PROFILE: {"agent": orjson.dumps(AGENT).decode()},
    ACTIVITY_PROFILE: {"activityId": COURSE},
}


def one(path: str, document_id: str = "bookmark", **more: str) -> dict[str, str]:
    """The parameters of one document."""
    name = "stateId" if path == STATE else "profileId"
    return {**ABOUT[path], name: document_id, **more}


async def put(
    client: httpx.AsyncClient, path: str, content: bytes = b"page 7", **headers: str
) -> httpx.Response:
    sent = {**TEXT, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await client.put(path, params=one(path), content=content, headers=sent)


async def content(client: httpx.AsyncClient, path: str) -> bytes | None:
    answer = await client.get(path, params=one(path))
    return answer.content if answer.status_code == 200 else None


def rules(answer: httpx.Response) -> list[str]:
    return [problem["rule"] for problem in answer.json()["problems"]]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What depends on the database has tests of its own below, on both."""
    return sqlite_url


@pytest.fixture
async def client_2_0(client: httpx.AsyncClient) -> httpx.AsyncClient:
    client.headers["X-Experience-API-Version"] = "2.0.0"
    return client


# Storing and reading


@pytest.mark.parametrize("path", RESOURCES)
async def test_a_document_comes_back_byte_for_byte(client: httpx.AsyncClient, path: str) -> None:
    sent = b'\xef\xbb\xbf{"a" : 1.0}\r\n\x00'
    stored = await client.put(
        path,
        params=one(path),
        content=sent,
        headers={"Content-Type": 'Text/X-Odd;  charset="utf-8"', "If-None-Match": "*"},
    )
    assert stored.status_code == 204
    answer = await client.get(path, params=one(path))
    assert (answer.status_code, answer.content) == (200, sent)
    assert answer.headers["content-type"] == 'Text/X-Odd;  charset="utf-8"'
    assert answer.headers["etag"] == stored.headers["etag"]


async def test_the_etag_is_the_sha_1_of_the_content_in_quotes(client: httpx.AsyncClient) -> None:
    await put(client, STATE, b"page 7")
    answer = await client.get(STATE, params=one(STATE))
    assert answer.headers["etag"] == '"4259236192d8191ee1b831025e87b45d29c42a40"'


async def test_last_modified_is_when_the_document_was_stored(
    client: httpx.AsyncClient, store: Store
) -> None:
    await put(client, STATE)
    answer = await client.get(STATE, params=one(STATE))
    modified = parsedate_to_datetime(answer.headers["last-modified"])
    assert modified.timestamp() == store.log.head().stored // 1_000_000


async def test_content_without_a_type_is_bytes(client: httpx.AsyncClient) -> None:
    await client.put(STATE, params=one(STATE), content=b"\x01")
    answer = await client.get(STATE, params=one(STATE))
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_a_browser_runs_nothing_that_a_document_holds(client: httpx.AsyncClient) -> None:
    await client.put(
        STATE, params=one(STATE), content=b"<script>", headers={"Content-Type": "text/html"}
    )
    answer = await client.get(STATE, params=one(STATE))
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", RESOURCES)
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    await put(client, path, If_None_Match="*")
    get = await client.get(path, params=one(path))
    head = await client.head(path, params=one(path))
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "last-modified", "content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize("path", RESOURCES)
async def test_a_document_that_is_not_there_is_not_found(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path, params=one(path))
    assert (answer.status_code, rules(answer)) == (404, ["no-such-document"])


@pytest.mark.parametrize("path", RESOURCES)
async def test_a_document_a_client_has_is_not_sent_again(
    client: httpx.AsyncClient, path: str
) -> None:
    etag = (await put(client, path, If_None_Match="*")).headers["etag"]
    answer = await client.get(path, params=one(path), headers={"If-None-Match": f"W/{etag}"})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


async def test_json_that_is_not_json_is_kept_as_it_came(client: httpx.AsyncClient) -> None:
    """Rise and Captivate send their state so."""
    answer = await client.put(STATE, params=one(STATE), content=b"2A1B,C:~", headers=JSON)
    assert answer.status_code == 204
    assert await content(client, STATE) == b"2A1B,C:~"
    merged = await client.post(STATE, params=one(STATE), content=b'{"a":1}', headers=JSON)
    assert (merged.status_code, rules(merged)[0]) == (400, "stored-not-object")
    assert await content(client, STATE) == b"2A1B,C:~"


async def test_a_content_type_no_header_can_hold_is_refused(client: httpx.AsyncClient) -> None:
    """It can only come in a form of the alternate syntax."""
    form = {**one(STATE), "Content-Type": "text/plain\r\nX: y", "content": "page 7"}
    answer = await client.post(STATE, params={"method": "PUT"}, data=form)
    assert (answer.status_code, rules(answer)) == (400, ["content-type-unreadable"])


async def test_the_alternate_syntax_stores_a_document(client: httpx.AsyncClient) -> None:
    form = {**one(STATE), "Content-Type": "text/plain", "content": "trang 7 ở đây"}
    answer = await client.post(STATE, params={"method": "PUT"}, data=form)
    assert answer.status_code == 204
    assert await content(client, STATE) == "trang 7 ở đây".encode()


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
async def test_a_condition_beside_the_form_counts_as_one_in_it(
    client: httpx.AsyncClient, method: str
) -> None:
    await put(client, STATE)
    form = {**one(STATE), "Content-Type": "text/plain", "content": "page 8"}
    answer = await client.post(
        STATE, params={"method": method}, data=form, headers={"If-Match": '"stale"'}
    )
    assert answer.status_code == 412
    assert await content(client, STATE) == b"page 7"


# Merging


@pytest.mark.parametrize("path", RESOURCES)
async def test_a_post_sets_top_level_members_and_leaves_the_rest(
    client: httpx.AsyncClient, path: str
) -> None:
    first = b'{"a": {"x": 1, "y": 2}, "b": 123456789012345678901234567890, "c": [1.0]}'
    second = b'{"a": {"z": 1.50}, "d": "\\u1ea3"}'
    sent = {"Content-Type": "application/json; charset=UTF-8"}
    assert (await client.post(path, params=one(path), content=first, headers=sent)).is_success
    answer = await client.post(path, params=one(path), content=second, headers=JSON)
    assert answer.status_code == 204
    found = await client.get(path, params=one(path))
    assert found.content == (
        b'{"a":{"z": 1.50},"b":123456789012345678901234567890,"c":[1.0],"d":"\\u1ea3"}'
    )
    assert found.headers["content-type"] == "application/json; charset=UTF-8"
    assert found.headers["etag"] == answer.headers["etag"]


async def test_the_first_post_stores_a_document_of_any_type(client: httpx.AsyncClient) -> None:
    answer = await client.post(STATE, params=one(STATE), content=b"page 7", headers=TEXT)
    assert answer.status_code == 204
    assert await content(client, STATE) == b"page 7"


async def test_the_first_post_keeps_the_bytes_of_an_object(client: httpx.AsyncClient) -> None:
    sent = b' {"a" : 1 }\n'
    await client.post(STATE, params=one(STATE), content=sent, headers=JSON)
    assert await content(client, STATE) == sent


@pytest.mark.parametrize(
    ("stored", "stored_type", "posted", "posted_type", "rule"),
    [
        (b'{"a":1}', "application/json", b"page 8", "text/plain", "posted-not-json"),
        (b"page 7", "text/plain", b'{"a":1}', "application/json", "stored-not-json"),
        (b"[1]", "application/json", b'{"a":1}', "application/json", "stored-not-object"),
        (b'{"a":1}', "application/json", b"[1]", "application/json", "posted-not-object"),
        (b'{"a":1}', "application/json", b'{"a":1', "application/json", "posted-not-object"),
        (b'{"a":1}', "application/json", b'{"a":1,"a":2}', "application/json", "posted-not-object"),
        (b'{"a":1}', "application/json", b"", "application/json", "posted-not-object"),
    ],
)
async def test_what_cannot_be_merged_is_refused_and_changes_nothing(
    client: httpx.AsyncClient,
    stored: bytes,
    stored_type: str,
    posted: bytes,
    posted_type: str,
    rule: str,
) -> None:
    sent = {"Content-Type": stored_type}
    await client.put(STATE, params=one(STATE), content=stored, headers=sent)
    answer = await client.post(
        STATE, params=one(STATE), content=posted, headers={"Content-Type": posted_type}
    )
    assert (answer.status_code, rules(answer)[0]) == (400, rule)
    assert await content(client, STATE) == stored


async def test_a_first_post_that_says_json_must_be_an_object(client: httpx.AsyncClient) -> None:
    answer = await client.post(STATE, params=one(STATE), content=b"[1]", headers=JSON)
    assert (answer.status_code, rules(answer)) == (400, ["posted-not-object"])
    assert await content(client, STATE) is None


# Preconditions


@pytest.mark.parametrize(
    ("header", "weakly", "named"),
    [
        ('"abc"', False, True),
        ("abc", False, True),
        ("*", False, True),
        ('"x", "abc" ,"y"', False, True),
        ('W/"abc"', False, False),
        ('W/"abc"', True, True),
        ('"ABC"', False, False),
        ("", False, False),
        ('"a,abc"', False, False),
    ],
)
def test_a_header_names_an_entity_tag(header: str, weakly: bool, named: bool) -> None:
    assert names(header, "abc", weakly=weakly) is named


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("path", RESOURCES)
async def test_if_match_and_if_none_match_guard_every_change(
    client: httpx.AsyncClient, path: str, version: str
) -> None:
    client.headers["X-Experience-API-Version"] = version
    wrong = {"If-Match": '"1111111111111111111111111111111111111111"'}
    for method in ("PUT", "POST", "DELETE"):
        answer = await client.request(method, path, params=one(path), content=b"{}", headers=wrong)
        assert (answer.status_code, rules(answer)) == (412, ["precondition-absent"])
    absent = await put(client, path, b"first", If_None_Match="*")
    assert absent.status_code == 204
    etag = absent.headers["etag"]
    for method in ("PUT", "POST", "DELETE"):
        for headers in (wrong, {"If-None-Match": "*"}, {"If-None-Match": etag}):
            answer = await client.request(
                method, path, params=one(path), content=b"{}", headers=JSON | headers
            )
            rule = "precondition-failed" if headers is wrong else "precondition-exists"
            assert (answer.status_code, rules(answer)) == (412, [rule])
            assert etag.strip('"') in answer.json()["problems"][0]["message"]
    assert await content(client, path) == b"first"
    replaced = await put(client, path, b"second", If_Match=f'"x", {etag}')
    assert replaced.status_code == 204
    answer = await client.delete(
        path, params=one(path), headers={"If-Match": replaced.headers["etag"]}
    )
    assert answer.status_code == 204
    assert await content(client, path) is None


async def test_1_0_3_wants_a_precondition_for_a_new_profile(client: httpx.AsyncClient) -> None:
    for path in PROFILES:
        answer = await put(client, path)
        assert (answer.status_code, rules(answer)) == (400, ["precondition-missing"])
        assert await content(client, path) is None


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.1", "1.0.2"])
async def test_older_clients_create_a_profile_without_one(
    client: httpx.AsyncClient, version: str
) -> None:
    client.headers["X-Experience-API-Version"] = version
    for path in PROFILES:
        assert (await put(client, path)).status_code == 204
        assert (await put(client, path)).status_code == 409


async def test_2_0_creates_any_document_without_one(client_2_0: httpx.AsyncClient) -> None:
    for path in RESOURCES:
        assert (await put(client_2_0, path)).status_code == 204


async def test_a_profile_is_never_overwritten_unasked(client: httpx.AsyncClient) -> None:
    for path in PROFILES:
        first = await put(client, path, b"first", If_None_Match="*")
        answer = await put(client, path, b"second")
        assert (answer.status_code, rules(answer)) == (409, ["document-exists"])
        assert f"If-Match: {first.headers['etag']}" in answer.json()["problems"][0]["mend"]
        assert await content(client, path) == b"first"


async def test_a_state_is_overwritten_unasked_under_1_0_and_not_under_2_0(
    client: httpx.AsyncClient,
) -> None:
    assert (await put(client, STATE, b"first")).status_code == 204
    assert (await put(client, STATE, b"second")).status_code == 204
    client.headers["X-Experience-API-Version"] = "2.0.0"
    answer = await put(client, STATE, b"third")
    assert (answer.status_code, rules(answer)) == (409, ["document-exists"])
    assert await content(client, STATE) == b"second"


async def test_a_post_needs_no_precondition(client_2_0: httpx.AsyncClient) -> None:
    for path in RESOURCES:
        for sent in (b'{"a":1}', b'{"b":2}'):
            answer = await client_2_0.post(path, params=one(path), content=sent, headers=JSON)
            assert answer.status_code == 204
        assert await content(client_2_0, path) == b'{"a":1,"b":2}'


# Lists, and deleting many


@pytest.mark.parametrize("path", RESOURCES)
async def test_the_ids_of_a_context_are_listed(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, params=ABOUT[path])).json() == []
    for document_id in ("bài 1", "b", ""):
        await client.post(path, params=one(path, document_id), content=b"x", headers=TEXT)
    answer = await client.get(path, params=ABOUT[path])
    assert answer.json() == ["bài 1", "b", ""]
    newest = await client.get(path, params=one(path, ""))
    assert answer.headers["last-modified"] == newest.headers["last-modified"]
    assert answer.headers["etag"].startswith('"')


@pytest.mark.parametrize("path", RESOURCES)
async def test_since_lists_what_was_stored_after_it(
    client: httpx.AsyncClient, store: Store, path: str
) -> None:
    await put(client, path, If_None_Match="*")
    before = iso_time(store.log.head().stored)
    answer = await client.get(path, params={**ABOUT[path], "since": before})
    assert answer.json() == []
    await client.post(path, params=one(path, "answers"), content=b"x", headers=TEXT)
    answer = await client.get(path, params={**ABOUT[path], "since": before})
    assert answer.json() == ["answers"]


async def test_states_of_all_registrations_are_listed_and_deleted_together(
    client: httpx.AsyncClient,
) -> None:
    first, second = str(uuid4()), str(uuid4())
    for registration in (first.upper(), second):
        params = one(STATE, registration=registration)
        await client.put(STATE, params=params, content=b"x", headers=TEXT)
    await client.put(STATE, params=one(STATE, "answers"), content=b"x", headers=TEXT)
    listed = await client.get(STATE, params=ABOUT[STATE])
    assert listed.json() == ["bookmark", "answers"]
    of_first = {**ABOUT[STATE], "registration": first}
    assert (await client.get(STATE, params=of_first)).json() == ["bookmark"]
    assert (await client.get(STATE, params=one(STATE))).status_code == 404
    assert (await client.delete(STATE, params=of_first)).status_code == 204
    assert (await client.get(STATE, params=of_first)).json() == []
    assert (await client.get(STATE, params=ABOUT[STATE])).json() == ["bookmark", "answers"]
    assert (await client.delete(STATE, params=ABOUT[STATE])).status_code == 204
    assert (await client.get(STATE, params=ABOUT[STATE])).json() == []


async def test_deleting_many_is_one_event_for_each(client: httpx.AsyncClient, store: Store) -> None:
    for document_id in "abc":
        await client.put(STATE, params=one(STATE, document_id), content=b"x", headers=TEXT)
    before = store.log.head().position
    await client.delete(STATE, params=ABOUT[STATE])
    events = store.log.read(before)
    assert [event.kind for event in events] == [Kind.DOCUMENT_DELETED] * 3
    said = [orjson.loads(event.body) for event in events]
    assert [event["documentId"] for event in said] == ["a", "b", "c"]
    assert said[0]["agent"] == AGENT


async def test_deleting_many_heeds_the_etag_of_the_list(client: httpx.AsyncClient) -> None:
    await put(client, STATE)
    etag = (await client.get(STATE, params=ABOUT[STATE])).headers["etag"]
    await client.put(STATE, params=one(STATE, "answers"), content=b"x", headers=TEXT)
    answer = await client.delete(STATE, params=ABOUT[STATE], headers={"If-Match": etag})
    assert (answer.status_code, rules(answer)) == (412, ["precondition-failed"])
    assert len((await client.get(STATE, params=ABOUT[STATE])).json()) == 2


@pytest.mark.parametrize("path", RESOURCES)
async def test_deleting_nothing_succeeds_and_records_nothing(
    client: httpx.AsyncClient, store: Store, path: str
) -> None:
    before = store.log.head().position
    assert (await client.delete(path, params=one(path))).status_code == 204
    assert (await client.delete(STATE, params=ABOUT[STATE])).status_code == 204
    assert store.log.head().position == before


async def test_a_profile_is_deleted_by_its_id_only(client: httpx.AsyncClient) -> None:
    for path in PROFILES:
        answer = await client.delete(path, params=ABOUT[path])
        assert (answer.status_code, rules(answer)) == (400, ["parameter-missing"])


# Parameters


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"activityId": "no scheme"}, "parameter-iri"),
        ({"agent": "not JSON"}, "parameter-json"),
        ({"agent": '{"mbox":"mailto:a@b.vn","mbox":"mailto:c@d.vn"}'}, "parameter-json"),
        ({"agent": '{"objectType":"Group","mbox":"mailto:a@b.vn"}'}, "agent-not-group"),
        ({"agent": '{"objectType":"Agent"}'}, "agent.identifier_required"),
        ({"agent": "[]"}, "type"),
        ({"registration": "true"}, "parameter-uuid"),
        ({"since": "2026-11-30T17:00:00.000+07:00"}, None),
        ({"since": "yesterday"}, "parameter-timestamp"),
        ({"since": "2026-11-30T17:00:00.000 07:00"}, "parameter-timestamp"),
        ({"since": "2026-11-30T17:00:00Z", "stateId": "bookmark"}, "since-with-id"),
        ({"StateId": "bookmark"}, "parameter-case"),
        ({"bookmark": "1"}, "parameter-unknown"),
    ],
)
async def test_parameters_are_held_to_their_formats(
    client: httpx.AsyncClient, version: str, wrong: dict[str, str], rule: str | None
) -> None:
    client.headers["X-Experience-API-Version"] = version
    answer = await client.get(STATE, params={**ABOUT[STATE], **wrong})
    if rule is None:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, rules(answer)[0]) == (400, rule)


async def test_every_parameter_that_is_wrong_is_named_at_once(client: httpx.AsyncClient) -> None:
    wrong = {"activityId": "x", "agent": "y", "registration": "z", "since": "w"}
    answer = await client.get(STATE, params=wrong)
    assert {"parameter-iri", "parameter-json", "parameter-uuid", "parameter-timestamp"} <= set(
        rules(answer)
    )


@pytest.mark.parametrize("path", RESOURCES)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
async def test_no_parameter_that_is_required_may_be_left_out(
    client: httpx.AsyncClient, path: str, method: str
) -> None:
    for name in ABOUT[path]:
        params = {key: value for key, value in one(path).items() if key != name}
        answer = await client.request(method, path, params=params, headers={"If-None-Match": "*"})
        assert (answer.status_code, rules(answer)) == (400, ["parameter-missing"])


# Who may


@pytest.mark.parametrize(
    ("scope", "path", "reads", "writes"),
    [
        ("all", STATE, True, True),
        ("all/read", STATE, True, False),
        ("state", STATE, True, True),
        ("profile", STATE, False, False),
        ("statements/write", STATE, False, False),
        ("all", AGENT_PROFILE, True, True),
        ("all/read", ACTIVITY_PROFILE, True, False),
        ("profile", AGENT_PROFILE, True, True),
        ("profile", ACTIVITY_PROFILE, True, True),
        ("state", AGENT_PROFILE, False, False),
        ("statements/read", ACTIVITY_PROFILE, False, False),
    ],
)
async def test_a_scope_opens_what_it_names(
    client: httpx.AsyncClient, store: Store, scope: str, path: str, reads: bool, writes: bool
) -> None:
    issued = store.credentials.issue("a platform", [scope])
    auth = (issued.key, issued.secret)
    answer = await client.get(path, params=ABOUT[path], auth=auth)
    assert answer.status_code == (200 if reads else 403)
    for method in ("PUT", "POST", "DELETE"):
        sent = {"If-None-Match": "*"} if method != "DELETE" else {}
        params = one(path, method)
        answer = await client.request(method, path, params=params, headers=sent, auth=auth)
        assert answer.status_code == (204 if writes else 403)


async def test_an_event_says_who_changed_the_document(
    client: httpx.AsyncClient, store: Store
) -> None:
    issued = store.credentials.issue("a platform", ["state"])
    await client.put(STATE, params=one(STATE), content=b"x", auth=(issued.key, issued.secret))
    [event] = store.log.read(store.log.head().position - 1)
    assert (event.kind, event.credential) == (Kind.DOCUMENT_STORED, issued.credential.id)

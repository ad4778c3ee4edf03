"""Whatever is sent: never a 5xx, always problem details; what is accepted is kept."""

from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lrs.app import RESOURCES
from tests.examples import reference_to, statement
from tests.xapi_client import JSON, STATEMENTS, Client, Json, agent, multipart, problems

pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")

fuzz = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
VERSIONS = st.sampled_from(["1.0.3", "2.0.0"])
SET_BY_STORE = {"id", "stored", "authority", "version", "timestamp"}


def check(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        for problem in problems(answer):
            assert problem["message"]
            assert problem["mend"]
            assert problem["section"]
    if "/xapi/" in str(answer.request.url):
        assert answer.headers["x-experience-api-version"] in ("1.0.3", "2.0.0")


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["Agent", "Group", "SubStatement", "http://x.example", "mailto:a@b.example"])
)
names = st.text(max_size=10) | st.sampled_from(
    ["id", "objectType", "actor", "verb", "object", "member", "mbox", "account", "definition"]
)
json_values = st.recursive(
    scalars,
    lambda v: st.lists(v, max_size=4) | st.dictionaries(names, v, max_size=4),
    max_leaves=20,
)


def whole_statement() -> Json:
    """Everything a statement may have."""
    who = agent("1")
    group = {"objectType": "Group", "name": "Tổ", "member": [who, {"mbox": "mailto:a@b.example"}]}
    activity = {
        "id": "http://x.example/a",
        "definition": {
            "name": {"vi": "A"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "interactionType": "choice",
            "correctResponsesPattern": ["a[,]b"],
            "choices": [{"id": "a", "description": {"en": "A"}}],
            "extensions": {"http://x.example/e": [1, {"a": None}]},
        },
    }
    attachment = {
        "usageType": "http://x.example/u",
        "display": {"en": "x"},
        "contentType": "text/plain",
        "length": 1,
        "sha2": "a" * 64,
        "fileUrl": "http://x.example/f",
    }
    inner = {
        "actor": group,
        "verb": {"id": "http://x.example/v"},
        "object": reference_to("0")["object"],
    }
    inner["object"] = {"objectType": "StatementRef", "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"}
    return statement(
        actor=group,
        object={"objectType": "SubStatement", **inner, "attachments": [attachment]},
        result={
            "score": {"scaled": 0.5, "raw": 1, "min": 0, "max": 2},
            "success": True,
            "duration": "PT1.5S",
            "extensions": {"http://x.example/e": 1.0},
        },
        context={
            "registration": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
            "instructor": who,
            "team": {**group, "mbox": "mailto:t@b.example"},
            "contextActivities": {"parent": activity, "other": [activity, activity]},
            "statement": inner["object"],
            "language": "vi",
        },
        attachments=[attachment],
        version="1.0.0",
    )


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(member, dict | list):
            found += places(member, (*at, key))
        else:
            found.append((*at, key))
    return found


PLACES = places(whole_statement())


@st.composite
def mutated_statements(draw: st.DrawFn) -> Json:
    """A whole statement with a few places changed, taken away, renamed or added to."""
    value = orjson.loads(orjson.dumps(whole_statement()))
    for *way, last in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3)):
        place = value
        try:
            for key in way:
                place = place[key]
            match draw(st.sampled_from(["replace", "remove", "rename", "add"])):
                case "replace":
                    place[last] = draw(json_values)
                case "remove":
                    del place[last]
                case "rename" if isinstance(place, dict):
                    place[draw(names)] = place.pop(last)
                case _ if isinstance(place, dict):
                    place[draw(names)] = draw(json_values)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return dict(value)


@fuzz
@given(value=json_values, version=VERSIONS)
def test_any_json_is_answered(client: Client, value: Any, version: str) -> None:
    check(client.at(version).http.post(STATEMENTS, content=orjson.dumps(value), headers=JSON))


@fuzz
@given(value=mutated_statements(), version=VERSIONS)
def test_any_statement_is_refused_or_kept_as_it_is(
    client: Client, value: Json, version: str
) -> None:
    client = client.at(version)
    answer = client.http.post(STATEMENTS, json=value)
    check(answer)
    if answer.status_code == 200:
        found = client.one(answer.json()[0])
        for name in set(value) - SET_BY_STORE:
            assert as_told(found[name]) == as_told(value[name])


def as_told(value: Any) -> Any:
    """With one context activity as an array, as the specification has it returned."""
    if isinstance(value, dict):
        told = {name: as_told(member) for name, member in value.items()}
        groups = told.get("contextActivities")
        if isinstance(groups, dict):
            told["contextActivities"] = {
                name: group if isinstance(group, list) else [group]
                for name, group in groups.items()
            }
        return told
    return [as_told(item) for item in value] if isinstance(value, list) else value


tokens = st.sampled_from(
    [b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"\\u", b"d800", b"1e", b"-", b"\xff", b"NaN"]
)
near_json = st.lists(tokens | st.binary(max_size=4), max_size=40).map(b"".join)
media_types = st.sampled_from(
    [
        "application/json",
        "application/json; charset=latin-1",
        "multipart/mixed; boundary=b",
        "multipart/mixed; boundary*=utf-8''b",
        "multipart/mixed; boundary*=nothing''b",
        'multipart/mixed; boundary="',
        "multipart/mixed; boundary*0=b; boundary*1=c",
        "text/plain",
        "",
    ]
)
latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30)


@fuzz
@given(body=near_json | st.binary(max_size=200), content_type=media_types | latin, version=VERSIONS)
@example(body=b"--b\r\n", content_type="multipart/mixed; boundary*=nothing''b", version="1.0.3")
def test_any_bytes_are_answered(
    client: Client, body: bytes, content_type: str, version: str
) -> None:
    headers = {"Content-Type": content_type.encode("latin-1")}
    check(client.at(version).http.post(STATEMENTS, content=body, headers=headers))  # type: ignore[arg-type]


@fuzz
@given(body=near_json, start=st.integers(0, 60), length=st.integers(0, 20))
def test_a_statement_damaged_anywhere_is_answered(
    client: Client, body: bytes, start: int, length: int
) -> None:
    text = orjson.dumps(whole_statement())
    at = start * len(text) // 60
    damaged = text[:at] + body + text[at + length :]
    check(client.http.post(STATEMENTS, content=damaged, headers=JSON))


lines = st.sampled_from(
    [
        b"--b\r\n",
        b"--b--\r\n",
        b"--b\n",
        b"--b--",
        b"\r\n",
        b"\n",
        b"Content-Type: application/json\r\n",
        b"Content-Transfer-Encoding: binary\r\n",
        b"X-Experience-API-Hash: " + b"a" * 64 + b"\r\n",
        b"X-Experience-API-Hash: \xff\r\n",
        b"Content-Length: -1\r\n",
        b": \r\n",
        orjson.dumps(statement()) + b"\r\n",
        orjson.dumps(whole_statement()) + b"\r\n",
    ]
)


@fuzz
@given(body=st.lists(lines | st.binary(max_size=6), max_size=14).map(b"".join), version=VERSIONS)
def test_any_multipart_is_answered(client: Client, body: bytes, version: str) -> None:
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    check(client.at(version).http.post(STATEMENTS, content=body, headers=headers))


@fuzz
@given(
    content=st.binary(max_size=60), boundary=st.text("'()+_,-./:=?abz09", min_size=1, max_size=70)
)
def test_any_attachment_comes_back(client: Client, content: bytes, boundary: str) -> None:
    from hashlib import sha256

    if b"\n--" + boundary.encode() in b"\n" + content:
        return  # a sender has to choose another boundary
    announced = {
        "usageType": "http://x.example/u",
        "display": {},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha256(content).hexdigest(),
    }
    sha2 = sha256(content).hexdigest()
    part = {"Content-Transfer-Encoding": "binary", "X-Experience-API-Hash": sha2}
    body, _ = multipart(
        orjson.dumps(statement(attachments=[announced])), [(part, content)], boundary
    )
    headers = {"Content-Type": f'multipart/mixed; boundary="{boundary}"'}
    answer = client.http.post(STATEMENTS, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told = client.get(statementId=answer.json()[0], attachments="true")
    assert b"\r\n\r\n" + content + b"\r\n--hocba" in told.content


PARAMETERS = sorted({name for r in RESOURCES.values() for o in r.values() for name in o.known})
values = st.text(max_size=20) | st.sampled_from(
    [
        "true",
        "0",
        "-1",
        "9" * 5000,
        "http://x.example/é",
        "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "2026-11-20T08:00:00Z",
        "9999-12-31T23:59:59.999999999-00:01",
        "0001-01-01T00:00:00+23:59",
        '{"mbox":"mailto:a@b.example"}',
        '{"account":{"homePage":"http://x.example","name":""}}',
        "[" * 3000,
        '{"a":"\\ud800"}',
        "\x00",
    ]
)


@fuzz
@given(
    path=st.sampled_from(sorted(RESOURCES)),
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"]),
    parameters=st.dictionaries(
        st.sampled_from(PARAMETERS) | st.text(max_size=8), values, max_size=4
    ),
    version=VERSIONS,
)
def test_any_parameters_are_answered(
    client: Client, path: str, method: str, parameters: dict[str, str], version: str
) -> None:
    answer = client.at(version).http.request(method, f"/xapi{path}", params=parameters)
    check(answer)


@fuzz
@given(
    path=st.sampled_from(sorted(RESOURCES)),
    required=st.booleans(),
    parameters=st.dictionaries(st.sampled_from(PARAMETERS), values, max_size=3),
    version=VERSIONS,
)
def test_any_parameters_beside_the_right_ones_are_answered(
    client: Client, path: str, required: bool, parameters: dict[str, str], version: str
) -> None:
    """Random names rarely meet those required, and nothing behind them would be reached."""
    operation = RESOURCES[path]["GET"]
    right = {
        "agent": '{"mbox":"mailto:a@b.example"}',
        "activityId": "http://x.example/a",
        "query": "mAEFCgDAwJTAwMDApWV4YWN0",
    }
    known = {name: right[name] for name in operation.required}
    mixed = {name: value for name, value in parameters.items() if name in operation.known}
    check(client.at(version).http.get(f"/xapi{path}", params={**known, **mixed}))


@fuzz
@given(query=st.binary(max_size=60), path=st.sampled_from(sorted(RESOURCES)))
def test_any_query_string_is_answered(client: Client, query: bytes, path: str) -> None:
    url = httpx.URL(f"{client.http.base_url}xapi{path}")
    request = client.http.build_request("GET", url)
    escaped = b"".join(
        b"%%%02x" % byte if byte > 126 or byte < 33 else bytes([byte]) for byte in query
    )
    request.url = url.copy_with(query=escaped.replace(b"#", b"%23"))
    check(client.http.send(request, auth=client.http.auth))


HEADERS = (
    "Authorization",
    "Content-Type",
    "Content-Encoding",
    "Accept-Language",
    "Accept",
    "If-Match",
    "If-None-Match",
    "X-Experience-API-Version",
    "X-Request-Id",
    "Origin",
    "Range",
    "Expect",
)


@fuzz
@given(
    headers=st.dictionaries(st.sampled_from(HEADERS), latin, max_size=4),
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    path=st.sampled_from(sorted(RESOURCES)),
)
@example(headers={"Authorization": "Basic \xff"}, method="GET", path="/statements")
@example(headers={"Accept-Language": "en;q=" + "9" * 400}, method="GET", path="/statements")
@example(headers={"Accept-Language": "en;q=nan, vi;q=inf"}, method="GET", path="/statements")
def test_any_headers_are_answered(
    client: Client, headers: dict[str, str], method: str, path: str
) -> None:
    sent = {name: value.encode("latin-1") for name, value in headers.items()}
    right = {"agent": '{"mbox":"mailto:a@b.example"}', "activityId": "http://x.example/a"}
    right |= {"stateId": "s", "profileId": "p", "query": "x", "statementId": "x"}
    operation = RESOURCES[path].get(method)
    parameters = {name: right[name] for name in operation.required} if operation else {}
    http = client.signed_in(None).http if "Authorization" in headers else client.http
    check(http.request(method, f"/xapi{path}", params=parameters, headers=sent, content=b"{}"))  # type: ignore[arg-type]


@fuzz
@given(
    first=near_json | st.binary(max_size=20),
    second=json_values.map(orjson.dumps) | near_json,
    types=st.tuples(media_types, media_types),
    path=st.sampled_from(["/activities/state", "/agents/profile", "/activities/profile"]),
    name=st.text(max_size=20),
    version=VERSIONS,
)
def test_any_document_is_kept_to_the_byte_and_merged_or_refused(
    client: Client,
    first: bytes,
    second: bytes,
    types: tuple[str, str],
    path: str,
    name: str,
    version: str,
) -> None:
    http = client.at(version).http
    id_name = "stateId" if path.endswith("state") else "profileId"
    right = {"agent": '{"mbox":"mailto:a@b.example"}', "activityId": "http://x.example/a"}
    about = {n: right[n] for n in RESOURCES[path]["PUT"].required & right.keys()} | {id_name: name}
    url = f"/xapi{path}"
    check(http.delete(url, params=about))
    stored = http.put(
        url, params=about, content=first, headers={"If-None-Match": "*", "Content-Type": types[0]}
    )
    check(stored)
    if stored.status_code != 204:
        return
    assert http.get(url, params=about).content == first
    merged = http.post(url, params=about, content=second, headers={"Content-Type": types[1]})
    check(merged)
    found = http.get(url, params=about)
    if merged.status_code != 204:
        assert found.content == first
    else:
        assert found.json() == {**orjson.loads(first), **orjson.loads(second)}


@fuzz
@given(
    form=st.dictionaries(st.sampled_from([*HEADERS, *PARAMETERS, "content"]), values, max_size=5)
)
def test_any_form_of_the_alternate_syntax_is_answered(client: Client, form: dict[str, str]) -> None:
    for method in ("GET", "PUT", "POST", "DELETE"):
        body = str(httpx.QueryParams(form)).encode()
        check(client.http.post(STATEMENTS, params={"method": method}, content=body))


def test_the_weights_of_languages_are_numbers(client: Client) -> None:
    """What float() reads and no header means."""
    for accepted in ("en;q=nan", "en;q=inf", "en;q=1e999", "en;q=-1", "en;q=", "*;q=٣"):
        headers = {"Accept-Language": accepted.encode()}
        parameters = {"format": "canonical", "limit": "1"}
        check(client.http.get(STATEMENTS, params=parameters, headers=headers))  # type: ignore[arg-type]

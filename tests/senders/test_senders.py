"""What real senders do: it is accepted, or refused with an answer that says exactly what to change.

Bodies and headers are as these products send them; names and addresses are made up.
"""

import base64
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

import httpx
import orjson
import pytest

from tests.xapi_client import (
    HOME,
    KEY,
    SECRET,
    STATEMENTS,
    Client,
    Json,
    as_parameter,
    good,
    multipart,
    new_id,
    problems,
    store_in_this_process,
)

BASIC = f"Basic {base64.b64encode(f'{KEY}:{SECRET}'.encode()).decode()}"
STATE = "/xapi/activities/state"
LEARNER = {"objectType": "Agent", "name": "Trần Bình", "mbox": "mailto:binh@truong.example"}


def raw(client: Client) -> httpx.Client:
    """Without a header of ours: what a sender says is all there is."""
    return httpx.Client(transport=client.http._transport, base_url=HOME)


# Articulate Storyline


def storyline(statement_id: str, **changes: Any) -> Json:
    return {
        "id": statement_id,
        "actor": LEARNER,
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/experienced",
            "display": {"en-US": "experienced"},
        },
        "object": {
            "objectType": "Activity",
            "id": "http://6fMwTzB0Pna_course_id/6Ss4NKXhbQb",
            "definition": {
                "name": {"und": "Bài 1"},
                "type": "http://adlnet.gov/expapi/activities/module",
            },
        },
        "context": {
            "contextActivities": {
                "parent": [{"id": "http://6fMwTzB0Pna_course_id", "objectType": "Activity"}],
                "grouping": {"id": "http://6fMwTzB0Pna_course_id", "objectType": "Activity"},
            },
            "registration": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        },
        "timestamp": "2026-11-20T08:00:00.123+07:00",
        **changes,
    }


def storyline_form(value: Json) -> bytes:
    """Storyline escapes with encodeURIComponent: a space is %20, and a plus is no space."""
    form = {
        "X-Experience-API-Version": "1.0.2",
        "Authorization": BASIC,
        "Content-Type": "application/json",
        "statementId": value["id"],
        "content": orjson.dumps(value).decode(),
    }
    return "&".join(
        urlencode({name: text}).replace("+", "%20") for name, text in form.items()
    ).encode()


@pytest.mark.parametrize(
    "label", ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "", "text/plain"]
)
def test_storyline_puts_statements_in_a_form(client: Client, label: str) -> None:
    value = storyline(new_id())
    headers = {"Content-Type": label} if label else {}
    form = storyline_form(value)
    answer = raw(client).post(STATEMENTS, params={"method": "PUT"}, content=form, headers=headers)
    assert answer.status_code == 204, answer.text
    stored = client.one(value["id"])
    assert stored["timestamp"] == value["timestamp"]
    assert stored["actor"] == LEARNER
    grouping = stored["context"]["contextActivities"]["grouping"]
    assert grouping == [value["context"]["contextActivities"]["grouping"]]


def test_storyline_sends_a_changed_statement_under_the_same_id(client: Client) -> None:
    value = storyline(new_id())
    headers = {"Content-Type": "text/plain;charset=UTF-8", "Accept-Language": "en"}
    send = {"params": {"method": "PUT"}, "headers": headers}
    answers = [
        raw(client).post(STATEMENTS, content=storyline_form(v), **send)  # type: ignore[arg-type]
        for v in (value, value, {**value, "result": {"completion": True}})
    ]
    assert [a.status_code for a in answers] == [204, 204, 409]
    [told] = problems(answers[2])
    assert told["value"] == value["id"]
    assert len(told["message"]) < 150
    assert "new id" in told["mend"]


# Articulate Rise, Adobe Captivate


@pytest.mark.parametrize(
    "body", [b"2A345060708090", b"cmi.suspend_data=1", b"", b"{not json", "đã xem".encode()]
)
@pytest.mark.parametrize("version", ["1.0.0", "1.0.3"])
def test_rise_and_captivate_label_a_state_json_that_is_none(
    client: Client, body: bytes, version: str
) -> None:
    about = {
        "stateId": "suspend_data",
        "activityId": "https://rise.example/VmZ1",
        "agent": as_parameter(LEARNER),
        "registration": new_id(),
    }
    sender = client.at(version)
    label = {"Content-Type": "application/json"}
    for _ in range(2):  # again and again, as the learner goes on
        answer = sender.http.put(STATE, params=about, content=body, headers=label)
        assert answer.status_code == 204, answer.text
    answer = sender.http.get(STATE, params=about)
    assert (answer.content, answer.headers["content-type"]) == (body, "application/json")


# Moodle, logstore_xapi


def moodle(**changes: Any) -> Json:
    return {
        "actor": {
            "name": "Nguyễn Thị Ánh",
            "account": {"homePage": "https://moodle.truong.example", "name": "4711"},
        },
        "verb": {"id": "http://id.tincanapi.com/verb/viewed", "display": {"en": "Viewed"}},
        "object": {
            "id": "https://moodle.truong.example/course/view.php?id=7",
            "definition": {
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "name": {"vi": "An toàn thông tin"},
                "extensions": {
                    "https://w3id.org/learning-analytics/learning-management-system/short-id": "ATTT"  # noqa: E501
                },
            },
        },
        "context": {
            "platform": "Moodle",
            "language": "vi",
            "extensions": {
                "http://lrs.learninglocker.net/define/extensions/info": {
                    "https://moodle.org/": "4.5.1 (Build: 20241202)",
                    "event_name": "\\core\\event\\course_viewed",
                    "event_function": "\\src\\transformer\\events\\core\\course_viewed",
                }
            },
            "contextActivities": {
                "grouping": [{"id": "https://moodle.truong.example"}],
                "category": [{"id": "https://moodle.truong.example"}],
            },
        },
        "timestamp": "2026-11-20T15:00:00+07:00",
        **changes,
    }


@pytest.mark.parametrize("user", ["4711", "anh.nguyen"])
def test_moodle_sends_batches_without_ids_and_waits_for_200(client: Client, user: str) -> None:
    verb = f"https://moodle.truong.example/verbs/{new_id()}"
    account = {"homePage": "https://moodle.truong.example", "name": user}
    batch = [moodle(verb={"id": verb}, actor={"account": account}) for _ in range(3)]
    sent = {"Authorization": BASIC, "X-Experience-API-Version": "1.0.0"}
    answer = raw(client).post(STATEMENTS, json=batch, headers=sent)
    assert answer.status_code == 200  # nothing else counts as success there
    ids = answer.json()
    assert len(set(ids)) == 3
    found = client.get(verb=verb, agent=as_parameter({"account": account})).json()["statements"]
    assert [s["id"] for s in found] == ids[::-1]
    assert {s["timestamp"] for s in found} == {"2026-11-20T15:00:00+07:00"}
    assert all("registration" not in s["context"] for s in found)


def test_moodle_tries_again_after_a_time_out(client: Client) -> None:
    """Without an id the store cannot know: the same statement is there twice, under two ids."""
    value = moodle(verb={"id": f"https://moodle.truong.example/verbs/{new_id()}"})
    first, second = client.send(value), client.send(value)
    assert first != second
    assert client.find(verb=value["verb"]["id"]) == [*second, *first]


# Open edX, event-routing-backends


def open_edx(name: str, **changes: Any) -> Json:
    return {
        "id": str(uuid5(NAMESPACE_URL, name)),
        "version": "1.0.3",
        "actor": {
            "objectType": "Agent",
            "account": {
                "homePage": "https://lms.truong.example",
                "name": "32e08e30-f8ae-4ce2-94a8-c2bfe38a70cb",
            },
        },
        "verb": {
            "id": "https://w3id.org/xapi/acrossx/verbs/evaluated",
            "display": {"en": "evaluated"},
        },
        "object": {
            "objectType": "Activity",
            "id": "https://lms.truong.example/xblock/block-v1:TRUONG+ATTT+2026+type@problem+block@3",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "interactionType": "other",
                "description": {"en": "Add the question text"},
            },
        },
        "result": {
            "score": {"scaled": 1.0, "raw": 1.0, "min": 0.0, "max": 1.0},
            "success": True,
            "response": "['a correct answer']",
        },
        "context": {
            "contextActivities": {
                "parent": [
                    {
                        "id": "https://lms.truong.example/course/course-v1:TRUONG+ATTT+2026",
                        "objectType": "Activity",
                    }
                ]
            },
            "extensions": {
                "https://w3id.org/xapi/openedx/extension/transformer-version": (
                    "event-routing-backends@9.3.0"
                ),
                "https://w3id.org/xapi/openedx/extensions/session-id": "056aca2a1c6b76e283b9fa1d4bc0a3c0",  # noqa: E501
            },
        },
        "timestamp": "2026-11-20T08:00:00.123456+00:00",
        **changes,
    }


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_open_edx_sends_its_events_again(client: Client, version: str) -> None:
    value = open_edx(new_id())
    for _ in range(3):
        assert client.at(version).send(value) == [value["id"]]
    stored = client.one(value["id"])
    assert stored["timestamp"] == "2026-11-20T08:00:00.123456+00:00"
    assert stored["version"] == "1.0.3"
    assert stored["result"] == value["result"]


def test_open_edx_calls_a_problem_with_several_questions_a_group_activity(client: Client) -> None:
    value = open_edx(new_id())
    value["object"]["objectType"] = "GroupActivity"
    answer = client.http.post(STATEMENTS, json=[open_edx(new_id()), value])
    assert answer.status_code == 400
    [told] = problems(answer)
    assert told["pointer"] == "/1/object/objectType"
    assert told["value"] == "GroupActivity"
    assert '"Activity"' in told["mend"]
    assert told["section"]


def test_open_edx_names_a_proctored_exam_by_a_bare_uuid(client: Client) -> None:
    value = open_edx(new_id())
    exam = "22b46dba-3d5e-4bc1-8d6c-6ac4b1b5f5b3"
    value["context"]["contextActivities"]["grouping"] = [{"id": exam, "objectType": "Activity"}]
    answer = client.http.post(STATEMENTS, json=value)
    assert answer.status_code == 400
    [told] = problems(answer)
    assert told["pointer"] == "/context/contextActivities/grouping/0/id"
    assert told["value"] == exam
    assert f"urn:uuid:{exam}" in told["mend"]
    value["context"]["contextActivities"]["grouping"] = [{"id": f"urn:uuid:{exam}"}]
    assert client.send(value) == [value["id"]]  # what it says to change is enough


# @xapi/xapi 3


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_xapi_js_labels_a_get_without_body_json(client: Client, version: str) -> None:
    headers = {"Content-Type": "application/json", "X-Experience-API-Version": version}
    answer = raw(client).get(STATEMENTS, headers={**headers, "Authorization": BASIC})
    assert answer.status_code == 200
    assert answer.headers["x-experience-api-version"] == version


def test_xapi_js_on_node_labels_multipart_an_octet_stream(client: Client) -> None:
    body, _ = multipart(orjson.dumps(moodle()), [])
    answer = client.http.post(
        STATEMENTS, content=body, headers={"Content-Type": "application/octet-stream"}
    )
    assert answer.status_code == 400
    [told] = problems(answer)
    assert told["value"] == "application/octet-stream"
    assert "multipart/mixed; boundary=" in told["mend"]


# tincanjs 0.50


def test_tincanjs_sends_parts_without_a_disposition(client: Client) -> None:
    data = b"\x00\x01 test \r\n"
    sha2 = sha256(data).hexdigest()
    value = moodle(
        id=new_id(),
        attachments=[
            {
                "usageType": "http://id.tincanapi.com/attachment/supporting_media",
                "display": {"en-US": "Test"},
                "contentType": "application/octet-stream",
                "length": len(data),
                "sha2": sha2,
            }
        ],
    )
    boundary = "TinCanJS______123"
    body = (
        f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
        + orjson.dumps(value)
        + f"\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n".encode()
        + data
        + f"\r\n--{boundary}--\r\n".encode()
    )
    headers = {
        "Content-Type": f"multipart/mixed; boundary={boundary}",
        "X-Experience-API-Version": "1.0.2",
        "Authorization": BASIC,
    }
    answer = raw(client).put(
        STATEMENTS, params={"statementId": value["id"]}, content=body, headers=headers
    )
    assert answer.status_code == 204, answer.text
    told = client.get(statementId=value["id"], attachments="true")
    assert b"\r\n\r\n" + data + b"\r\n--" in told.content


# tincan for Python


def test_tincan_for_python_asks_with_an_empty_query(client: Client) -> None:
    headers = {"X-Experience-API-Version": "1.0.1", "Authorization": BASIC}
    for path in (f"{STATEMENTS}?", "/xapi/about?"):
        assert raw(client).get(path, headers=headers).status_code == 200
    answer = good(raw(client).post(f"{STATEMENTS}?", json=moodle(), headers=headers))
    assert answer.headers["x-experience-api-version"] == "1.0.3"


def test_the_versions_announced_are_a_setting_for_clients_that_know_no_2_0(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'hocba.db'}"
    with store_in_this_process(url, supported_versions=("1.0.0", "1.0.1", "1.0.3")) as running:
        client = running.client()
        assert client.http.get("/xapi/about").json()["version"] == ["1.0.0", "1.0.1", "1.0.3"]
        assert client.at("1.0.1").get().status_code == 200
        refused = client.at("2.0.0").get()
        assert refused.status_code == 400
        [told] = problems(refused)
        assert "1.0.0, 1.0.1, 1.0.3" in told["mend"]


# H5P


def h5p(**changes: Any) -> Json:
    return {
        "actor": LEARNER,
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/interacted",
            "display": {"en-US": "interacted"},
        },
        "object": {
            "objectType": "Activity",
            "definition": {"name": {"en-US": "Trắc nghiệm"}, "interactionType": "choice"},
        },
        **changes,
    }


def test_h5p_sends_objects_without_id(client: Client) -> None:
    answer = client.http.post(STATEMENTS, json=h5p())
    assert answer.status_code == 400
    [told] = problems(answer)
    assert told["pointer"] == "/object"
    assert '"id"' in told["message"]
    assert '"id": "https://' in told["mend"]  # an example of what to add


def test_h5p_sends_null_for_the_id_of_a_parent(client: Client) -> None:
    activity = "https://truong.example/wp-admin/admin-ajax.php?action=h5p_embed&id=1"
    context = {"contextActivities": {"parent": [{"id": None, "objectType": "Activity"}]}}
    value = h5p(object={"id": activity}, context=context)
    answer = client.http.post(STATEMENTS, json=value)
    assert answer.status_code == 400
    [told] = problems(answer)
    assert told["pointer"] == "/context/contextActivities/parent/0/id"
    assert "null" in told["message"]
    assert client.send(h5p(object={"id": activity}))

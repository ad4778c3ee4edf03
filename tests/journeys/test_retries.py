"""A statement sent again: equal is stored once and answered as before, different is a conflict.

What counts as equal is xAPI-Data 2.3.1 for 1.0.x and IEEE 9274.1.1 4.2 for 2.0.
"""

import threading
from typing import Any

import orjson
import pytest

from tests.examples import statement
from tests.xapi_client import (
    JSON,
    STATEMENTS,
    Client,
    Json,
    agent,
    good,
    iri,
    new_id,
    problems,
    rules,
)

HASH = "a" * 64
PDF = {
    "usageType": "http://id.tincanapi.com/attachment/supporting_media",
    "display": {"vi": "Giấy chứng nhận"},
    "contentType": "application/pdf",
    "length": 12,
    "sha2": HASH,
    "fileUrl": "https://files.bvhttdl.example/1.pdf",
}


def full() -> Json:
    """A statement with everything that may be compared."""
    return statement(
        id=new_id(),
        actor={"objectType": "Group", "name": "Tổ 1", "member": [agent("1"), agent("2")]},
        result={
            "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
            "success": True,
            "completion": True,
            "response": "a",
            "duration": "PT1M30.55S",
            "extensions": {"https://x.example/n": {"a": [1, 2.5, None], "b": "1"}},
        },
        context={
            "registration": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
            "instructor": {"mbox": "mailto:thay@bvhttdl.example"},
            "language": "vi-VN",
            "platform": "LMS",
            "revision": "2",
            "contextActivities": {"parent": [{"id": "https://lms.example/parent"}]},
            "extensions": {"https://x.example/c": "d"},
        },
        attachments=[PDF],
    )


def changed(value: Json, path: str, new: Any) -> Json:
    """The statement with one value at a dotted path replaced, added, or (None) taken away."""
    copy = orjson.loads(orjson.dumps(value))
    *way, last = path.split(".")
    place: Any = copy
    for name in way:
        place = place[int(name)] if isinstance(place, list) else place[name]
    if new is None:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = new
    return dict(copy)


EQUAL_IN_BOTH = {
    "name of the actor's order": ("actor.member", [agent("2"), agent("1")]),
    "verb display": ("verb.display", {"fr": "a terminé"}),
    "no verb display": ("verb.display", None),
    "activity definition": ("object.definition", {"name": {"en": "Another"}}),
    "no activity definition": ("object.definition", None),
    "time zone": ("timestamp", "2026-11-20T15:00:00.123+07:00"),
    "authority": ("authority", agent("somebody")),
    "stored": ("stored", "2001-01-01T00:00:00Z"),
    "version": ("version", "1.0.9"),
    "duration beyond 0.01 s": ("result.duration", "PT1M30.559S"),
    "number written otherwise": ("result.score.max", 10.0),
    "case of the registration": (
        "context.registration",
        "6690E6C9-3EF0-4ED3-8B37-7F3964730BEE",
    ),
    "definition in context": (
        "context.contextActivities.parent",
        [{"id": "https://lms.example/parent", "definition": {"name": {"en": "P"}}}],
    ),
    "one activity in place of an array": (
        "context.contextActivities.parent",
        {"id": "https://lms.example/parent"},
    ),
    "default object type": (
        "context.instructor",
        {"objectType": "Agent", "mbox": "mailto:thay@bvhttdl.example"},
    ),
}
DIFFERENT_IN_BOTH = {
    "success": ("result.success", False),
    "scaled": ("result.score.scaled", 0.51),
    "response": ("result.response", "b"),
    "no completion": ("result.completion", None),
    "duration": ("result.duration", "PT1M30.56S"),
    "duration of another form": ("result.duration", "PT90.55S"),
    "extension": ("result.extensions", {"https://x.example/n": {"a": [1, 2.5, None], "b": 1}}),
    "verb": ("verb.id", "http://adlnet.gov/expapi/verbs/passed"),
    "activity": ("object.id", "https://lms.example/another"),
    "kind of object": ("object", {"objectType": "StatementRef", "id": new_id()}),
    "member": ("actor.member", [agent("1"), agent("3")]),
    "a member more": ("actor.member", [agent("1"), agent("2"), agent("2")]),
    "registration": ("context.registration", "6690e6c9-3ef0-4ed3-8b37-7f3964730bef"),
    "parent": ("context.contextActivities.parent", [{"id": "https://lms.example/other"}]),
    "kind of context": (
        "context.contextActivities",
        {"grouping": [{"id": "https://lms.example/parent"}]},
    ),
    "no context": ("context", None),
    "no result": ("result", None),
    "language": ("context.language", "en"),
    "instructor": ("context.instructor", {"mbox": "mailto:co@bvhttdl.example"}),
    "platform": ("context.platform", "lms"),
}
DIFFERENT_IN_1_0_ONLY = {
    "timestamp": ("timestamp", "2026-11-20T08:00:00.124Z"),
    "no timestamp": ("timestamp", None),
    "attachment": ("attachments", [PDF, {**PDF, "sha2": "b" * 64}]),
    "attachment's name": ("attachments.0.display", {"vi": "Ảnh"}),
    "no attachments": ("attachments", None),
}


def outcomes(client: Client, value: Json) -> list[int]:
    """Of a POST, a PUT, and a POST among others."""
    return [
        client.http.post(STATEMENTS, json=value).status_code,
        client.put(value).status_code,
        client.http.post(STATEMENTS, json=[statement(), value, statement()]).status_code,
    ]


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("what", EQUAL_IN_BOTH)
def test_an_equal_statement_is_answered_as_before_and_changes_nothing(
    client: Client, version: str, what: str
) -> None:
    client = client.at(version)
    first = full()
    client.send(first)
    before = client.get(statementId=first["id"]).content
    path, new = EQUAL_IN_BOTH[what]
    again = changed(first, path, new)
    assert outcomes(client, again) == [200, 204, 200]
    assert client.send(again) == [first["id"]]
    assert client.get(statementId=first["id"]).content == before


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("what", DIFFERENT_IN_BOTH)
def test_a_different_statement_is_a_conflict_and_changes_nothing(
    client: Client, version: str, what: str
) -> None:
    client = client.at(version)
    first = full()
    client.send(first)
    before = client.get(statementId=first["id"]).content
    path, new = DIFFERENT_IN_BOTH[what]
    again = changed(first, path, new)
    if what == "kind of object":
        again["context"] = {n: v for n, v in again["context"].items() if n == "registration"}
    assert outcomes(client, again) == [409, 409, 409]
    assert client.get(statementId=first["id"]).content == before


@pytest.mark.parametrize("what", DIFFERENT_IN_1_0_ONLY)
def test_what_2_0_does_not_compare_is_a_conflict_in_1_0_only(client: Client, what: str) -> None:
    path, new = DIFFERENT_IN_1_0_ONLY[what]
    for version, expected in (("1.0.3", [409, 409, 409]), ("2.0.0", [200, 204, 200])):
        first = full()
        client.at(version).send(first)
        assert outcomes(client.at(version), changed(first, path, new)) == expected, version


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_a_statement_that_was_read_may_be_sent_as_it_was_read(client: Client, version: str) -> None:
    client = client.at(version)
    first = changed(full(), "timestamp", None)
    client.send(first)
    read = client.one(first["id"])
    in_milliseconds = changed(read, "timestamp", read["timestamp"][:23] + "Z")
    for again in (first, read, in_milliseconds):
        assert outcomes(client, again) == [200, 204, 200]
    another = changed(read, "timestamp", "2026-11-20T08:00:00.124Z")
    assert outcomes(client, another) == ([409] * 3 if version == "1.0.3" else [200, 204, 200])
    assert outcomes(client, changed(read, "result.response", "b")) == [409] * 3
    assert client.one(first["id"]) == read


def test_the_order_of_keys_and_the_spaces_between_do_not_count(client: Client) -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        return [turned(item) for item in value] if isinstance(value, list) else value

    first = full()
    client.send(first)
    text = orjson.dumps(turned(first), option=orjson.OPT_INDENT_2)
    assert good(client.http.post(STATEMENTS, content=text, headers=JSON)).json() == [first["id"]]
    told = good(client.get(statementId=first["id"])).text
    assert told.index('"actor"') < told.index('"attachments"')  # as it was received first


def test_long_integers_that_differ_in_the_last_digit_differ(client: Client) -> None:
    ids = [new_id(), new_id()]
    long = "123456789012345678901234567890"

    def text(statement_id: str, number: str) -> bytes:
        value = statement(id=statement_id, result={"extensions": {"https://x.example/n": 0}})
        return orjson.dumps(value).replace(b'/n":0', b'/n":' + number.encode())

    for statement_id, number, status in (
        (ids[0], long, 200),
        (ids[0], long, 200),
        (ids[0], long[:-1] + "1", 409),
        (ids[1], "9007199254740993", 200),
        (ids[1], "9007199254740992", 409),
        (ids[1], "9007199254740993", 200),
    ):
        content = text(statement_id, number)
        answer = client.http.post(STATEMENTS, content=content, headers=JSON)
        assert answer.status_code == status, (number, answer.text)


def test_an_id_in_the_other_case_is_the_same_id(client: Client) -> None:
    first = full()
    client.send(first)
    shouted = {**first, "id": first["id"].upper()}
    assert client.http.post(STATEMENTS, json=shouted).status_code == 200
    assert client.http.post(STATEMENTS, json={**shouted, "result": {}}).status_code == 409
    assert client.one(first["id"].upper())["id"] == first["id"]


def test_the_conflict_says_which_statement_and_what_to_do(client: Client) -> None:
    first, second = full(), full()
    client.send(first, second)
    answer = client.http.post(
        STATEMENTS,
        json=[statement(), {**second, "result": {}}, {**first, "result": {}}, statement()],
    )
    assert answer.status_code == 409
    told = problems(answer)
    assert {t["rule"] for t in told} == {"statement-conflict"}
    assert {t["value"] for t in told} == {first["id"], second["id"]}
    assert all("new id" in t["mend"] for t in told)


def test_a_conflict_rejects_the_whole_batch(client: Client) -> None:
    first, verb = full(), iri("verbs")
    client.send(first)
    new = [statement(id=new_id(), verb={"id": verb}) for _ in range(3)]
    answer = client.http.post(STATEMENTS, json=[*new, {**first, "result": {}}])
    assert answer.status_code == 409
    assert client.find(verb=verb) == []
    assert client.send(*new) == [s["id"] for s in new]  # the ids are free still


def test_a_batch_of_old_and_new_is_answered_in_the_order_sent(client: Client) -> None:
    old, new = [full() for _ in range(3)], [full() for _ in range(3)]
    client.send(*old)
    mixed = [new[0], old[2], new[1], old[0], new[2], old[1]]
    assert client.send(*mixed) == [s["id"] for s in mixed]


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_an_id_twice_in_a_batch_is_refused_each_time_it_is_repeated(
    client: Client, version: str, count: int
) -> None:
    verb = iri("verbs")
    same = statement(id=new_id(), verb={"id": verb})
    batch = [
        statement(verb={"id": verb}),
        *([same] * (count - 1)),
        {**same, "id": same["id"].upper()},
    ]
    answer = client.at(version).http.post(STATEMENTS, json=batch)
    assert answer.status_code == 400
    assert [(t["rule"], t["pointer"]) for t in problems(answer)] == [
        ("batch-repeats-id", f"/{number}/id") for number in range(2, count + 1)
    ]
    assert client.find(verb=verb) == []


def test_two_pairs_of_one_id_are_both_told(client: Client) -> None:
    one, two = new_id(), new_id()
    batch = [statement(id=i) for i in (one, two, one, two)]
    answer = client.http.post(STATEMENTS, json=batch)
    assert [t["pointer"] for t in problems(answer)] == ["/2/id", "/3/id"]


def test_one_invalid_statement_rejects_the_whole_batch(client: Client) -> None:
    verb = iri("verbs")
    batch = [statement(verb={"id": verb}) for _ in range(9)]
    batch[4] = {**batch[4], "actor": {}}
    batch[7] = {**batch[7], "object": {"id": "no-iri"}}
    answer = client.http.post(STATEMENTS, json=batch)
    assert answer.status_code == 400
    assert {t["pointer"].split("/")[1] for t in problems(answer)} == {"4", "7"}
    assert client.find(verb=verb) == []


def test_put_takes_its_id_from_the_parameter_and_no_other(client: Client) -> None:
    value, statement_id = statement(), new_id()

    def put(body: Any) -> Any:
        return client.http.put(STATEMENTS, params={"statementId": statement_id}, json=body)

    assert put(value).status_code == 204
    assert put({**value, "id": statement_id}).status_code == 204
    assert put({**value, "id": statement_id.upper()}).status_code == 204
    assert client.one(statement_id)["id"] == statement_id
    answer = put({**value, "id": new_id()})
    assert (answer.status_code, rules(answer)) == (400, ["statement-id-mismatch"])
    answer = put([value])
    assert (answer.status_code, rules(answer)) == (400, ["put-takes-one"])


def test_of_many_who_send_one_id_at_once_all_agree_on_the_winner(client: Client) -> None:
    """Whoever got 200 finds his own statement; whoever sent another got 409."""
    for _ in range(5):
        statement_id = new_id()
        answers: dict[int, int] = {}

        def send(number: int, statement_id: str, answers: dict[int, int]) -> None:
            mine = statement(id=statement_id, result={"response": str(number % 3)})
            answers[number] = client.http.post(STATEMENTS, json=mine).status_code

        threads = [threading.Thread(target=send, args=(n, statement_id, answers)) for n in range(9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winner = int(client.one(statement_id)["result"]["response"])
        assert answers == {n: 200 if n % 3 == winner else 409 for n in range(9)}

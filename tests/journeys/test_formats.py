"""What comes back: exactly what was sent, plus what the store sets; or its ids; or one language."""

import re
from typing import Any

import orjson
import pytest

from tests.examples import statement
from tests.xapi_client import JSON, STATEMENTS, Client, Json, agent, good, iri, new_id

SET_BY_STORE = ("id", "stored", "authority", "version", "timestamp")

ODD_TEXT = (
    b'{ "verb" : {"display":{"en":"did"},"id":"http://adlnet.gov/expapi/verbs/completed"},\n'
    b'\t"object": { "id" :"https://lms.bvhttdl.example/odd" , "definition" : {"extensions":'
    b' {"https://x.example/z":1.0,"https://x.example/a":[ 1 ,2.50, -0.0, 1E+2, 1e400 ]}}},'
    b' "result":{"score":{"raw":1.0,"max":10.00},"extensions":{"https://x.example/n":'
    b"123456789012345678901234567890,"
    b'"https://x.example/s":"\\u0110\\u00e0 \\ud83d\\ude00 \\/ \\"\\\\ caf\xc3\xa9 \\u0000 \xe2\x80\xa8",'  # noqa: E501
    b'"https://x.example/big":18446744073709551616,"https://x.example/null":null,'
    b'"https://x.example/empty":{},"https://x.example/deep":[[[[{"a":[]}]]]]}},\r\n'
    b' "actor":{"name":"\\u00c1nh","account":{"name":"1","homePage":"https://sso.example"}} }'
).replace(b"1e400", b"1e300")


def values_of(text: bytes) -> dict[str, bytes]:
    """The members of a JSON object as text, found without the store's own reader."""
    members, depth, start, key, in_string = {}, 0, 0, b"", False
    for found in re.finditer(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]', text):
        token = found[0]
        if token in (b"{", b"["):
            depth += 1
            start = found.end() if depth == 1 else start
        elif token in (b"}", b"]"):
            depth -= 1
        if depth == 1 and token == b":" and not key:
            key, start = text[start : found.start()].strip(), found.end()
        elif key and ((depth == 1 and token == b",") or depth == 0):
            members[orjson.loads(key)] = text[start : found.start()].strip()
            key, start = b"", found.end()
    assert not in_string
    return members


def test_what_was_sent_comes_back_to_the_byte(client: Client) -> None:
    for version in ("1.0.3", "2.0.0"):
        sender = client.at(version)
        [one] = good(sender.http.post(STATEMENTS, content=ODD_TEXT, headers=JSON)).json()
        batch = b"[" + ODD_TEXT + b" , " + ODD_TEXT + b"]"
        [_, two] = good(sender.http.post(STATEMENTS, content=batch, headers=JSON)).json()
        put = new_id()
        good(
            sender.http.put(STATEMENTS, params={"statementId": put}, content=ODD_TEXT, headers=JSON)
        )
        sent = values_of(ODD_TEXT)
        for statement_id in (one, two, put):
            told = good(sender.get(statementId=statement_id)).content
            found = values_of(told)
            assert {name: found[name] for name in sent} == sent
            assert set(found) == set(sent) | set(SET_BY_STORE)
            assert found["id"] == f'"{statement_id}"'.encode()


def test_a_list_holds_the_same_text_as_the_statement_alone(client: Client) -> None:
    verb = iri("verbs")
    text = ODD_TEXT.replace(b"http://adlnet.gov/expapi/verbs/completed", verb.encode())
    [statement_id] = good(client.http.post(STATEMENTS, content=text, headers=JSON)).json()
    alone = client.get(statementId=statement_id).content
    assert b'{"statements":[' + alone + b'],"more":""}' == client.get(verb=verb).content


def test_the_store_sets_what_is_its_own(client: Client) -> None:
    sent = statement()
    del sent["timestamp"]
    [statement_id] = client.send(sent)
    found = client.one(statement_id)
    assert found["timestamp"] == found["stored"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found["stored"])
    assert found["version"] == "1.0.0"
    assert client.at("2.0.0").one(client.at("2.0.0").send(sent)[0])["version"] == "2.0.0"
    told = {"stored": "2001-01-01T00:00:00Z", "authority": agent(), "version": "1.0.7"}
    found = client.one(client.send({**sent, **told})[0])
    assert found["stored"] != told["stored"]
    assert found["authority"] != told["authority"]
    assert found["version"] == "1.0.7"


@pytest.mark.parametrize(
    ("sent", "in_2_0"),
    [
        ("2026-11-20T15:00:00+07:00", "2026-11-20T08:00:00Z"),
        ("2026-11-20T08:00:00.123456789+00:00", "2026-11-20T08:00:00.123456789+00:00"),
        ("2026-11-20T15:00:00.120+07:00", "2026-11-20T08:00:00.120Z"),
        ("2026-11-19T23:59:59.9-11:00", "2026-11-20T10:59:59.9Z"),
        ("20261120T1500+07", "2026-11-20T08:00:00Z"),
        ("2026-11-20T08:00:00,5", "2026-11-20T08:00:00.5Z"),
    ],
)
def test_a_timestamp_is_kept_in_1_0_and_told_in_utc_in_2_0(
    client: Client, sent: str, in_2_0: str
) -> None:
    [statement_id] = client.send(statement(timestamp=sent))
    assert client.one(statement_id)["timestamp"] == sent
    assert client.at("2.0.0").one(statement_id)["timestamp"] == in_2_0


@pytest.mark.parametrize("wanted", ["exact", "ids", "canonical"])
def test_one_context_activity_comes_back_as_an_array(client: Client, wanted: str) -> None:
    parent = {"id": iri()}
    inner = {name: statement()[name] for name in ("actor", "verb", "object")}
    context = {"contextActivities": {"parent": parent, "other": [parent]}}
    value = statement(
        context=context, object={**inner, "objectType": "SubStatement", "context": context}
    )
    [statement_id] = client.send(value)
    found = client.one(statement_id, format=wanted)
    for holder in (found, found["object"]):
        groups = holder["context"]["contextActivities"]
        assert groups["parent"] == groups["other"] == [parent]


# ids


def test_ids_leaves_what_identifies_and_nothing_else(client: Client) -> None:
    group = {
        "objectType": "Group",
        "name": "Tổ 1",
        "member": [{**agent("1"), "name": "A"}, {"mbox": "mailto:b@x.example", "name": "B"}],
    }
    identified = {"objectType": "Group", "mbox": "mailto:to@x.example", "member": group["member"]}
    activity = {"id": iri(), "definition": {"name": {"en": "A"}}, "objectType": "Activity"}
    value = statement(
        actor=group,
        object={
            "objectType": "SubStatement",
            "actor": identified,
            "verb": statement()["verb"],
            "object": {**agent("3"), "name": "C"},
        },
        context={
            "instructor": {**agent("2"), "name": "Cô"},
            "team": identified,
            "contextActivities": {"grouping": [activity]},
            "language": "vi",
            "extensions": {"https://x.example/a": {"name": "kept"}},
        },
        result={"success": True, "extensions": {"https://x.example/a": 1.0}},
    )
    [statement_id] = client.send(value)
    found = client.one(statement_id, format="ids")
    bare = {"account": agent("1")["account"]}
    assert found["actor"] == {
        "objectType": "Group",
        "member": [bare, {"mbox": "mailto:b@x.example"}],
    }
    assert found["verb"] == {"id": value["verb"]["id"]}
    assert found["object"]["actor"] == {"objectType": "Group", "mbox": "mailto:to@x.example"}
    assert found["object"]["verb"] == {"id": value["verb"]["id"]}
    assert found["object"]["object"] == agent("3")
    assert found["context"]["instructor"] == {"account": agent("2")["account"]}
    assert found["context"]["team"] == {"objectType": "Group", "mbox": "mailto:to@x.example"}
    assert found["context"]["contextActivities"] == {"grouping": [{"id": activity["id"]}]}
    assert found["context"]["extensions"] == value["context"]["extensions"]
    assert found["result"] == value["result"]
    assert found["stored"]


def test_ids_of_an_activity_is_its_id_alone(client: Client) -> None:
    [statement_id] = client.send(statement())
    found = client.one(statement_id, format="ids")
    assert found["object"] == {"id": statement()["object"]["id"]}
    assert found["actor"] == {"account": statement()["actor"]["account"]}


# canonical


NAMES = {"vi-VN": "An toàn", "en-US": "Safety", "en-GB": "Safety (UK)", "fr": "Sécurité"}


@pytest.fixture
def multilingual(client: Client) -> Json:
    """A statement whose maps have several languages, and not all the same."""
    return statement(
        id=new_id(),
        verb={"id": iri("verbs"), "display": NAMES},
        object={
            "id": iri(),
            "definition": {
                "name": NAMES,
                "description": {"fr": "Cours", "de": "Kurs"},
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "interactionType": "choice",
                "choices": [{"id": "a", "description": {"en": "Yes", "vi": "Có"}}],
            },
        },
    )


@pytest.mark.parametrize(
    ("accepted", "name", "description", "choice"),
    [
        ("vi", "vi-VN", "fr", "vi"),
        ("vi-VN", "vi-VN", "fr", "en"),
        ("en", "en-US", "fr", "en"),
        ("en-GB", "en-GB", "fr", "en"),
        ("de, en;q=0.5", "en-US", "de", "en"),
        ("en;q=0.1, de;q=0.2, vi;q=0.9", "vi-VN", "de", "vi"),
        ("en;q=0, fr", "fr", "fr", "en"),
        ("EN-gb", "en-GB", "fr", "en"),
        ("*", "vi-VN", "fr", "en"),
        ("ja", "vi-VN", "fr", "en"),
        ("e", "vi-VN", "fr", "en"),
        ("", "vi-VN", "fr", "en"),
        (";;q=,x", "vi-VN", "fr", "en"),
    ],
)
def test_canonical_has_one_language_in_each_map_chosen_map_by_map(
    client: Client, multilingual: Json, accepted: str, name: str, description: str, choice: str
) -> None:
    client.send(multilingual)
    reader = client.with_headers({"Accept-Language": accepted})
    found = reader.one(multilingual["id"], format="canonical")
    definition = found["object"]["definition"]
    assert found["verb"]["display"] == {name: NAMES[name]}
    assert definition["name"] == {name: NAMES[name]}
    assert list(definition["description"]) == [description]
    assert [list(c["description"]) for c in definition["choices"]] == [[choice]]
    assert client.one(multilingual["id"])["object"] == multilingual["object"]


def test_canonical_reaches_context_and_sub_statements(client: Client, multilingual: Json) -> None:
    activity, verb = multilingual["object"], multilingual["verb"]
    inner = {"actor": agent(), "verb": verb, "object": activity}
    value = statement(
        id=new_id(),
        object={
            "objectType": "SubStatement",
            **inner,
            "context": {"contextActivities": {"other": [activity]}},
        },
        context={"contextActivities": {"parent": [activity]}},
    )
    client.send(value)
    found = client.with_headers({"Accept-Language": "fr"}).one(value["id"], format="canonical")
    places = [
        found["context"]["contextActivities"]["parent"][0],
        found["object"]["object"],
        found["object"]["context"]["contextActivities"]["other"][0],
    ]
    assert [place["definition"]["name"] for place in places] == [{"fr": "Sécurité"}] * 3
    assert found["object"]["verb"]["display"] == {"fr": "Sécurité"}


def test_canonical_has_the_definition_of_whoever_may_define(client: Client) -> None:
    activity = iri()

    def send(sender: Client, name: str) -> str:
        definition = {"name": {"en": name}}
        return sender.send(statement(object={"id": activity, "definition": definition}))[0]

    first = send(client, "By the ministry")
    second = send(client.with_scopes("statements/write"), "By a stranger")
    for statement_id in (first, second):
        found = client.one(statement_id, format="canonical")
        assert found["object"]["definition"] == {"name": {"en": "By the ministry"}}
    assert client.one(second)["object"]["definition"] == {"name": {"en": "By a stranger"}}
    third = send(client.with_scopes("statements/write", "define"), "By an author")
    assert client.one(third, format="canonical")["object"]["definition"] == {
        "name": {"en": "By an author"}
    }
    told = client.http.get("/xapi/activities", params={"activityId": activity}).json()
    assert told["definition"] == {"name": {"en": "By an author"}}


def test_canonical_keeps_numbers_and_agents_as_they_were_sent(client: Client) -> None:
    text = ODD_TEXT.replace(b"https://lms.bvhttdl.example/odd", iri().encode())
    [statement_id] = good(client.http.post(STATEMENTS, content=text, headers=JSON)).json()
    told = good(client.get(statementId=statement_id, format="canonical")).content
    found, sent = values_of(told), values_of(text)
    assert found["result"] == sent["result"]
    assert found["actor"] == sent["actor"]
    assert values_of(values_of(found["object"])["definition"]) == values_of(
        values_of(sent["object"])["definition"]
    )


@pytest.mark.parametrize("accepted", ["vi", "en", "en-US,en;q=0.9,vi;q=0.8", "fr", ""])
def test_problems_are_told_in_vietnamese_or_english(client: Client, accepted: str) -> None:
    answer: Any = client.with_headers({"Accept-Language": accepted}).get(limit="x")
    language = "en" if accepted.startswith("en") else "vi"
    assert answer.headers["content-language"] == language
    [told] = answer.json()["problems"]
    words = {"vi": "phải là số nguyên không âm", "en": "is a nonnegative integer"}
    assert words[language] in told["message"]
    assert answer.json()["title"] == told["message"]
    assert answer.json()["detail"] == told["mend"]
    assert told["section"] == "xAPI-Communication 2.1.3"
    assert client.at("2.0.0").get(limit="x").json()["problems"][0]["section"].startswith("IEEE")

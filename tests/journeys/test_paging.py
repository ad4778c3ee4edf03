"""``more`` leads through every statement once, however many pages and whoever is writing."""

import base64
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from tests.examples import statement, voiding
from tests.xapi_client import (
    STATEMENTS,
    Client,
    agent,
    as_parameter,
    good,
    iri,
    new_id,
    problems,
    rules,
)

MORE = f"{STATEMENTS}/more"


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_hold_every_statement_once_in_order(
    client: Client, limit: int, ascending: bool
) -> None:
    verb = iri("verbs")
    ids = client.send(*(statement(verb={"id": verb}) for _ in range(20)))
    pages = list(client.pages(verb=verb, limit=limit, ascending=as_parameter(ascending)))
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert len(pages) == -(-20 // limit)
    assert [s["id"] for page in pages for s in page] == (ids if ascending else ids[::-1])


def test_a_page_that_ends_with_the_last_statement_has_no_more(client: Client) -> None:
    verb = iri("verbs")
    client.send(*(statement(verb={"id": verb}) for _ in range(6)))
    assert [len(page) for page in client.pages(verb=verb, limit=3)] == [3, 3]
    assert good(client.get(verb=verb, limit=6)).json()["more"] == ""
    assert good(client.get(verb=iri("verbs"))).json() == {"statements": [], "more": ""}


def test_more_goes_on_with_every_filter_and_with_the_shape(client: Client) -> None:
    who, course, verb, registration = agent(), iri(), iri("verbs"), new_id()

    def about(**changes: Any) -> dict[str, Any]:
        return statement(
            **{
                "actor": who,
                "verb": {"id": verb, "display": {"vi": "làm", "en": "did"}},
                "object": {"id": course},
                "context": {"registration": registration},
                **changes,
            }
        )

    wanted = []
    for _ in range(10):
        wanted += client.send(
            about(),
            about(actor=agent()),
            about(object={"id": iri()}),
            about(verb={"id": iri("verbs")}),
            about(context={"registration": new_id()}),
        )[:1]
    asked = {
        "agent": as_parameter(who),
        "activity": course,
        "verb": verb,
        "registration": registration,
        "related_agents": "true",
        "related_activities": "true",
        "since": client.one(wanted[0])["stored"],
        "until": client.one(wanted[-2])["stored"],
        "format": "ids",
    }
    pages = list(client.pages(**asked, limit=2))
    assert [s["id"] for page in pages for s in page] == wanted[-2:0:-1]
    assert all(s["verb"] == {"id": verb} for page in pages for s in page)


def test_more_goes_on_with_attachments(client: Client) -> None:
    verb = iri("verbs")
    client.send(*(statement(verb={"id": verb}) for _ in range(2)))
    first = good(client.get(verb=verb, limit=1, attachments="true"))
    more = msgspec.json.decode(first.content.split(b"\r\n\r\n", 1)[1].split(b"\r\n--")[0])["more"]
    second = good(client.http.get(more))
    assert second.headers["content-type"].startswith("multipart/mixed; boundary=")


def test_statements_that_come_in_meanwhile_neither_repeat_nor_hide_others(client: Client) -> None:
    verb = iri("verbs")
    there = client.send(*(statement(verb={"id": verb}) for _ in range(60)))
    stop = threading.Event()

    def write() -> None:
        writer = client.at("1.0.3")
        while not stop.is_set():
            writer.send(statement(verb={"id": verb}), statement(verb={"id": verb}))

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        backwards = client.find(verb=verb, limit=7)
        pages = client.pages(verb=verb, limit=7, ascending="true")
        forwards = [s["id"] for page, _ in zip(pages, range(12), strict=False) for s in page]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    in_order = client.find(verb=verb, ascending="true", limit=1000)
    assert in_order[:60] == there
    assert backwards == in_order[: len(backwards)][::-1]
    assert len(backwards) >= 60
    assert forwards == in_order[: len(forwards)]
    assert len(forwards) >= 60


def test_a_statement_voided_between_two_pages_drops_out(client: Client) -> None:
    verb = iri("verbs")
    ids = client.send(*(statement(verb={"id": verb}) for _ in range(6)))
    pages = client.pages(verb=verb, limit=2, ascending="true")
    found = [s["id"] for s in next(pages)]
    [voider] = client.send(voiding(ids[3]))
    found += [s["id"] for page in pages for s in page]
    # The voiding statement refers to one that has the verb, so it answers as well.
    assert found == [*ids[:3], *ids[4:], voider]


def test_more_needs_only_the_usual_headers_and_keeps_its_own_version(client: Client) -> None:
    verb = iri("verbs")
    client.at("2.0.0").send(*(statement(verb={"id": verb}) for _ in range(3)))
    more = good(client.at("2.0.0").get(verb=verb, limit=1)).json()["more"]
    assert not urlsplit(more).scheme
    assert more.startswith("/xapi/statements/more?")
    usual = {name: client.http.headers[name] for name in ("x-experience-api-version",)}
    plain = client.http.build_request("GET", more, headers=usual)
    answer = client.http.send(plain)
    assert answer.status_code == 200
    assert answer.headers["x-experience-api-version"] == "1.0.3"
    assert client.http.get(more.replace("/xapi/", "/xAPI/")).content == answer.content


def test_more_gives_a_credential_no_more_than_it_may_read(client: Client) -> None:
    verb = iri("verbs")
    mine = client.with_scopes("statements/write", "statements/read/mine")
    ids = []
    for _ in range(3):
        client.send(statement(verb={"id": verb}))
        ids += mine.send(statement(verb={"id": verb}))
    assert mine.find(verb=verb, limit=1, ascending="true") == ids
    more = good(client.get(verb=verb, limit=1, ascending="true")).json()["more"]
    found = good(mine.http.get(more)).json()
    assert [s["id"] for s in found["statements"]] == ids[:1]  # a link is not a permission
    refused = client.with_scopes("state").http.get(more)
    assert (refused.status_code, rules(refused)) == (403, ["not-permitted"])
    assert client.signed_in(None).http.get(more).status_code == 401


def test_more_works_on_another_process_and_after_a_restart(client: Client, open_store: Any) -> None:
    """The link holds no state of the server, so it works for ever (24 hours are asked for)."""
    first = open_store().client()
    ids = first.send(*(statement() for _ in range(4)))
    more = good(first.get(limit=3)).json()["more"]
    first.store.close()
    again = open_store().client()
    assert [s["id"] for s in good(again.http.get(more)).json()["statements"]] == ids[:1]


def test_more_stays_short(client: Client) -> None:
    """Clients keep links in fields of limited length; 256 bytes fit any."""
    verb, registration = iri("verbs"), new_id()
    context = {"registration": registration}
    client.send(*(statement(verb={"id": verb}, context=context) for _ in range(2)))
    asked = {
        "agent": as_parameter(statement()["actor"]),
        "activity": statement()["object"]["id"],
        "verb": verb,
        "registration": registration,
        "since": "2020-01-01T00:00:00Z",
        "until": "2126-01-01T00:00:00Z",
    }
    more = good(client.get(**asked, limit=1)).json()["more"]
    assert more
    assert len(more) < 256


def _token(*values: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(values)).rstrip(b"=").decode()


NO_KEYS = (None, None, None, None)
GOOD = (1, 5, 10, 0, None, None, NO_KEYS, "exact")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "not a token",
        "%%%",
        "é",
        "AAAA",
        _token(*GOOD)[:-3],
        _token(2, *GOOD[1:]),
        _token(1, -1, *GOOD[2:]),
        _token(1, 2**64 - 1, *GOOD[2:]),
        _token(1, 5, -10, *GOOD[3:]),
        _token(1, 5, 10, 0, 2**64 - 1, None, NO_KEYS, "exact"),
        _token(1, 5, 10, 0, None, "1", NO_KEYS, "exact"),
        _token(*GOOD[:6], (b"x",), "exact"),
        _token(*GOOD[:6], ("x", None, None, None), "exact"),
        _token(*GOOD[:7], "other"),
        base64.urlsafe_b64encode(bytes(range(60))).decode(),
    ],
)
def test_a_link_nobody_gave_out_is_refused(client: Client, token: str) -> None:
    answer = client.http.get(MORE, params={"query": token})
    assert (answer.status_code, rules(answer)) == (400, ["more-unreadable"])


def test_a_link_with_anything_changed_is_refused_or_answered_but_never_fails(
    client: Client,
) -> None:
    verb = iri("verbs")
    client.send(*(statement(verb={"id": verb}) for _ in range(2)))
    more = good(client.get(verb=verb, limit=1, since="2020-01-01T00:00:00Z")).json()["more"]
    [token] = parse_qs(urlsplit(more).query)["query"]
    for place in range(len(token)):
        for put in ("A", "_", ""):
            changed = token[:place] + put + token[place + 1 :]
            answer = client.http.get(MORE, params={"query": changed})
            assert answer.status_code in (200, 400)
            if answer.status_code == 400:
                assert problems(answer)


def test_a_parameter_beside_the_link_is_refused(client: Client) -> None:
    answer = client.http.get(MORE, params={"query": _token(*GOOD), "limit": "1"})
    assert (answer.status_code, rules(answer)) == (400, ["parameter-unknown"])

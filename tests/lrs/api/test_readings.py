"""Who reads the record of somebody else is in the log before the record is shown."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from lrs.api import access
from lrs.api.access import ACCESS, ROOT, Access
from lrs.api.route import Api, ReadingUndeclared, Showing
from lrs.app import create_app
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.log.writer import LogBusy, LogUnavailable
from lrs.store import Store
from schemas.events import Kind, LogEntry
from schemas.readings import PEOPLE_AT_ONCE, RecordRead, read_of
from tests.lrs.api.conftest import HERE, MOVEMENT, PASSWORD, PERIOD, Worked, client_of, rules
from tests.lrs.conftest import OpenStore

ON_SQLITE = pytest.mark.parametrize("worked", ["sqlite"], indirect=True)
STORE_ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RESULT = f"{PERIOD}/results/people"
PEOPLE = {"P1": "Nguyễn Văn An", "P2": "Trần Thị Bình", "P3": "Lê Minh Châu"}
AUDITOR: Mapping[str, Any] = {"roles": ("auditor",)}


def readings(store: Store, after: int = 0) -> list[LogEntry]:
    return store.log.read(after, kinds=[Kind.RECORD_READ])


async def read_during(worked: Worked, asked: Any) -> tuple[Any, list[RecordRead]]:
    """What is answered, and what was recorded by then."""
    before = worked.store.log.head().position
    answer = await asked
    return answer, [read_of(entry) for entry in readings(worked.store, before)]


# Every route there is


VALUES = {"period": "KY-2026", "unit": "X", "person": "P1", "scheme": "HTS-CN", "version": "1"}
QUERIES = {
    "GET /units/{unit}/coverage": {"period": "KY-2026"},
    "GET /units/{unit}/trend": {"period": "KY-2026"},
    "GET /periods/{period}/differences": {"result_set": "corrected"},
}
OWNERS = {"GET /accounts"}
"""Who has which account is told there, and nothing of anybody's record."""
ALL_ROLES = ("evaluator", "council", "auditor")


def operations() -> list[str]:
    return [f"{method} {path}" for path, methods in ACCESS.items() for method in methods]


async def sent_with(worked: Worked, operation: str) -> dict[str, Any]:
    """What a request needs beside its path to be answered."""
    match operation:
        case "POST /session":
            return {"json": {"name": "everybody", "password": PASSWORD}}
        case "PUT /session/password":
            return {"json": {"current": PASSWORD, "new": PASSWORD}}
        case "POST /validate":
            issued = worked.store.credentials.issue("somebody", ["statements/write"])
            return {"json": [], "auth": (issued.key, issued.secret)}
        case "POST /periods/{period}/what-if":
            draft = (await worked.get("/schemes/HTS-CN/1"))["sheet"]
            [e] = [one for one in draft["criteria"] if one["id"] == "E"]
            e["tiers"][0]["min"] = "0.895"
            return {"json": {"person_sheet": {**draft, "version": 2}}}
    return {"params": QUERIES.get(operation, {})}


def texts(value: Any) -> Iterator[str]:
    """Every text in an answer, but for what is said of rules: some are called as people are."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from () if name in ("rule", "rules", "sheet") else texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def named_in(answer: httpx.Response) -> set[str]:
    """The people whose id or name an answer has as a value."""
    found = set(texts(orjson.loads(answer.content))) if answer.content else set()
    return {id_ for id_, name in PEOPLE.items() if id_ in found or name in found}


@ON_SQLITE
@pytest.mark.parametrize("operation", operations())
async def test_an_event_appears_exactly_where_people_are_shown(
    worked: Worked, operation: str
) -> None:
    method, path = operation.split()
    if worked.store.accounts.find("everybody") is None:
        everything: dict[str, Any] = {"roles": ALL_ROLES, "units": None, "permissions": ["party"]}
        worked.store.accounts.open("everybody", PASSWORD, **everything)
    await worked.ask(RESULT)  # so that there is a reading to be shown
    sent = await sent_with(worked, operation)
    async with client_of(worked.app) as client:
        if operation not in ("POST /session", "POST /validate"):
            token, _ = worked.store.sessions.sign_in("everybody", PASSWORD, "192.0.2.1")
            client.headers["Authorization"] = f"Bearer {token}"
        place = ROOT + path.format(**VALUES)
        asked = client.request(method, str(client.base_url.copy_with(path=place)), **sent)
        answer, recorded = await read_during(worked, asked)
    assert answer.is_success, answer.text
    shows = ACCESS[path][method].shows
    assert [event.route for event in recorded] == [operation] * (shows == "people")
    if operation in OWNERS:
        return
    assert {one for event in recorded for one in event.people} == named_in(answer)
    assert bool(named_in(answer)) == (shows == "people")


# What is recorded


async def test_it_says_who_read_what_about_whom_and_what_for(worked: Worked) -> None:
    async with worked.client("evaluator", "learner", person="P3") as client:
        asked = client.get(f"{RESULT}/P2", params={"purpose": "Thẩm định", "result_set": "frozen"})
        answer, [read] = await read_during(worked, asked)
        account = (await client.get("/session")).json()["name"]
    assert answer.json()["result"]["person"] == "P2"
    assert read == RecordRead(
        route="GET /periods/{period}/results/people/{person}",
        people=("P2",),
        account=account,
        roles=("evaluator",),  # a learner's role would not have shown it
        asked={"period": "KY-2026", "person": "P2", "result_set": "frozen"},
        purpose="Thẩm định",
    )
    entry = readings(worked.store)[-1]
    row = worked.store.accounts.find(account)
    assert row is not None
    assert entry.credential == row.id


@ON_SQLITE
async def test_the_purpose_may_come_as_a_header(worked: Worked) -> None:
    async with worked.client() as client:
        header = {b"X-Purpose": "Thẩm định quý II".encode()}
        _, [read] = await read_during(worked, client.get(f"{RESULT}/P2", headers=header))
        assert read.purpose == "Thẩm định quý II"
        asked = client.get(f"{RESULT}/P2", params={"purpose": "Khiếu nại"}, headers=header)
        _, [read] = await read_during(worked, asked)
        assert read.purpose == "Khiếu nại"


@ON_SQLITE
@pytest.mark.parametrize("purpose", ["", "  ", "x" * 201, "hai\ndòng"])
async def test_what_is_no_purpose_is_refused(worked: Worked, purpose: str) -> None:
    answer, recorded = await read_during(worked, worked.ask(f"{RESULT}/P2", purpose=purpose))
    assert (answer.status_code, rules(answer), recorded) == (400, ["purpose-unfit"], [])


@ON_SQLITE
async def test_a_list_names_those_on_its_page(worked: Worked) -> None:
    first, [read] = await read_during(worked, worked.get(RESULT, limit=2))
    assert read.people == tuple(sorted(row["person"] for row in first["rows"]))
    assert len(read.people) == 2
    rest, [read] = await read_during(worked, worked.get(RESULT, cursor=first["next"]))
    assert read.people == tuple(row["person"] for row in rest["rows"])
    assert "cursor" not in read.asked


@ON_SQLITE
async def test_a_file_names_everybody_in_it(worked: Worked) -> None:
    answer, [read] = await read_during(worked, worked.ask(RESULT, format="csv"))
    assert answer.headers["content-type"].startswith("text/csv")
    assert (read.format, read.people) == ("csv", ("P1", "P2", "P3"))


@ON_SQLITE
async def test_part_of_a_name_is_not_repeated(worked: Worked) -> None:
    found, [read] = await read_during(worked, worked.get("/people", search="binh"))
    assert [row["id"] for row in found["rows"]] == ["P2"]
    assert (read.asked, read.people) == ({}, ("P2",))
    assert b"binh" not in readings(worked.store)[-1].body


@ON_SQLITE
async def test_a_whole_ministry_is_one_read_in_several_events(
    worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.readings.PEOPLE_AT_ONCE", 2)
    assert PEOPLE_AT_ONCE > 2
    _, recorded = await read_during(worked, worked.get(RESULT))
    assert [(read.people, read.part, read.parts) for read in recorded] == [
        (("P1", "P2"), 1, 2),
        (("P3",), 2, 2),
    ]


@ON_SQLITE
@pytest.mark.parametrize("roles", [("learner",), ("evaluator",)])
async def test_ones_own_record_is_nobody_elses_business(
    worked: Worked, roles: tuple[str, ...]
) -> None:
    own = {"roles": roles, "person": "P2"}
    for path in ("/people/P2", f"{RESULT}/P2"):
        _, recorded = await read_during(worked, worked.get(path, own))
        assert recorded == []
    if roles == ("evaluator",):
        _, [read] = await read_during(worked, worked.get(RESULT, own))
        assert read.people == ("P1", "P3")


@ON_SQLITE
async def test_what_is_refused_is_no_reading(worked: Worked) -> None:
    for path, units, asked in (
        ("/people/P3", ("X",), {}),
        ("/people/nobody", None, {}),
        ("/people", None, {"limit": "0"}),
    ):
        answer, recorded = await read_during(worked, worked.ask(path, {"units": units}, **asked))
        assert answer.status_code in (400, 404)
        assert recorded == []


# Never unrecorded


@ON_SQLITE
@pytest.mark.parametrize("failure", [LogBusy(1), LogUnavailable("x")], ids=["busy", "failed"])
async def test_what_cannot_be_recorded_is_not_shown(
    worked: Worked, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    async def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(worked.store.writer, "append_async", fail)
    for path in (RESULT, f"{RESULT}/P2", f"{PERIOD}/explanations/units/X"):
        answer = await worked.ask(path)
        assert (answer.status_code, rules(answer)) == (503, ["reading-unrecorded"])
        assert "retry-after" in answer.headers
        assert not any(id_ in answer.text for id_ in PEOPLE)
    assert (await worked.ask(f"{PERIOD}/results/units")).status_code == 200, "it shows nobody"
    assert (await worked.ask("/people/P2", {"person": "P2"})).status_code == 200, "one's own"


@ON_SQLITE
async def test_it_is_durable_before_the_answer_leaves(
    worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent while the writer still waits for the disk."""
    done: list[str] = []
    append = worked.store.writer.append_async

    async def watched(*events: Any) -> Any:
        appended = await append(*events)
        with worked.store.storage.read() as connection:
            [entry] = worked.store.log.entries(connection, appended.positions)
        done.append(read_of(entry).route)
        return appended

    monkeypatch.setattr(worked.store.writer, "append_async", watched)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def watched_send(message: Any) -> None:
            done.append(message["type"])
            await send(message)

        await worked.app(scope, receive, watched_send)

    async with worked.client() as client:
        headers = client.headers
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"{HERE}/api/v1", headers=headers
    ) as client:
        await client.get("/people/P2")
    assert done[:2] == ["GET /people/{person}", "http.response.start"]


@STORE_ON_SQLITE
async def test_a_store_may_require_a_purpose(open_store: OpenStore) -> None:
    store = open_store(purpose_required=True)
    import_case(store, read_case(MOVEMENT))
    store.accounts.open("an", PASSWORD, roles=["evaluator"], units=None, person="P1")
    token, _ = store.sessions.sign_in("an", PASSWORD, "192.0.2.1")
    async with client_of(create_app(store.settings, store)) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        answer = await client.get("/people/P2")
        assert (answer.status_code, rules(answer)) == (400, ["purpose-missing"])
        assert readings(store) == []
        assert (await client.get("/people/P1")).status_code == 200, "one's own"
        assert (await client.get("/units")).status_code == 200, "it shows nobody"
        answer = await client.get("/people/P2", params={"purpose": "Thẩm định"})
        assert answer.status_code == 200
    assert len(readings(store)) == 1


# A route that does not say


def marked(monkeypatch: pytest.MonkeyPatch, mark: Access) -> Api:
    monkeypatch.setitem(ACCESS, "/new", {"GET": mark})
    return Api(FastAPI())


async def says(shown: Showing) -> None:
    shown.these([], None)


async def says_nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("mark", "function", "why"),
    [
        (access.EVALUATION, says, "does not say whether"),
        (access.people(access.EVALUATION), says_nothing, "must take Showing"),
        (access.nobody(access.EVALUATION), says, "says it shows nobody"),
    ],
)
def test_a_route_that_does_not_say_whom_it_shows_stops_the_program(
    monkeypatch: pytest.MonkeyPatch, mark: Access, function: Any, why: str
) -> None:
    api = marked(monkeypatch, mark)
    with pytest.raises(ReadingUndeclared, match=why):
        api.route("GET", "/new")(function)


def test_every_entry_says_whether_its_answers_show_people() -> None:
    for methods in ACCESS.values():
        assert {access.shows for access in methods.values()} <= {"people", "nobody"}


# Who read mine


def ids(rows: Iterable[Mapping[str, Any]]) -> list[int]:
    return [row["position"] for row in rows]


async def test_a_person_sees_who_read_their_record(worked: Worked) -> None:
    _, [read] = await read_during(worked, worked.get(f"{RESULT}/P3", purpose="Quý II"))
    own = {"roles": ("learner",), "person": "P3"}
    found, recorded = await read_during(worked, worked.get("/people/P3/readings", own))
    assert recorded == [], "one's own"
    latest = found["rows"][0]
    entry = readings(worked.store)[-1]
    assert latest == {
        "position": entry.position,
        "stored": latest["stored"],
        "account": read.account,
        "roles": ["evaluator"],
        "user": None,
        "route": "GET /periods/{period}/results/people/{person}",
        "asked": {"period": "KY-2026", "person": "P3"},
        "format": "json",
        "purpose": "Quý II",
        "count": 1,
    }
    about_p3 = [e.position for e in readings(worked.store) if "P3" in read_of(e).people]
    assert ids(found["rows"]) == sorted(about_p3, reverse=True)[:100]
    assert found["total"] == len(about_p3)


@ON_SQLITE
async def test_it_says_of_a_list_how_many_were_on_it_and_not_who(worked: Worked) -> None:
    await worked.get(RESULT)
    own = {"roles": ("learner",), "person": "P1"}
    found = await worked.get("/people/P1/readings", own)
    assert found["rows"][0]["count"] == 3
    assert "P2" not in orjson.dumps(found["rows"][0]).decode()


@ON_SQLITE
async def test_nobody_else_but_an_auditor_sees_it(worked: Worked) -> None:
    answers = {
        "another learner": {"roles": ("learner",), "person": "P2"},
        "an evaluator who learns": {"roles": ("evaluator", "learner"), "person": "P2"},
        "an auditor of other units": {"roles": ("auditor",), "units": ("Y",), "person": "P2"},
    }
    await worked.get(f"{RESULT}/P1")
    for who, account in answers.items():
        answer = await worked.ask("/people/P1/readings", account)
        assert (answer.status_code, rules(answer)) == (404, ["nothing-there"]), who
    found, [read] = await read_during(worked, worked.get("/people/P1/readings", AUDITOR))
    assert found["total"] > 0
    assert (read.route, read.people) == ("GET /people/{person}/readings", ("P1",))
    answer = await worked.ask("/people/nobody/readings", AUDITOR)
    assert (answer.status_code, rules(answer)) == (404, ["nothing-there"])


@ON_SQLITE
async def test_the_list_comes_in_pages_of_one_state(worked: Worked) -> None:
    for _ in range(5):
        await worked.get(f"{RESULT}/P2")
    whole = await worked.get("/people/P2/readings", AUDITOR)
    found: list[int] = []
    asked: dict[str, Any] = {"limit": 2, "as_of": whole["position"]}
    while True:
        page = await worked.get("/people/P2/readings", AUDITOR, **asked)
        found += ids(page["rows"])
        assert page["total"] == whole["total"]
        if page["next"] is None:
            break
        asked = {"limit": 2, "cursor": page["next"]}
    assert found == ids(whole["rows"])
    assert len(found) >= 5
    answer = await worked.ask("/people/P2/readings", AUDITOR, cursor="eHg")
    assert (answer.status_code, rules(answer)) == (400, ["cursor-unreadable"])


@ON_SQLITE
async def test_it_comes_as_csv(worked: Worked) -> None:
    await worked.get(RESULT, purpose="=Thẩm định")
    answer, [read] = await read_during(
        worked, worked.ask("/people/P2/readings", AUDITOR, format="csv", limit=1)
    )
    head, row, *_ = answer.text.removeprefix("\ufeff").split("\r\n")
    assert head == "Position,Time,Account,Roles,Machine user,Read,Parameters,Format,Purpose,People"
    assert row.endswith(
        ",evaluator,,GET /periods/{period}/results/people,period=KY-2026,json,'=Thẩm định,3"
    )
    assert read.format == "csv"
    assert answer.headers["x-hocba-next"]


async def test_an_auditor_sees_what_an_account_read(worked: Worked) -> None:
    async with worked.client("council") as client:
        name = (await client.get("/session")).json()["name"]
        await client.get("/people/P1")
        await client.get(RESULT)
    found, [read] = await read_during(worked, worked.get("/readings", AUDITOR, account=name))
    assert [row["people"] for row in found["rows"]][:2] == [["P1", "P2", "P3"], ["P1"]]
    assert {row["account"] for row in found["rows"]} == {name}
    assert read.people == ("P1", "P2", "P3")
    everything = await worked.get("/readings", AUDITOR)
    assert everything["total"] > found["total"]
    for account, refused in (("nobody-of-that-name", 404), ("a b", 400)):
        assert (await worked.ask("/readings", AUDITOR, account=account)).status_code == refused
    of_y = {"roles": ("auditor",), "units": ("Y",)}
    assert (await worked.ask("/readings", of_y)).status_code == 404


async def test_reading_does_not_wait_for_what_reading_recorded(
    worked: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A projection is as far as the log where it lacks none of its own events."""
    store = worked.store
    await worked.get(RESULT)
    head = store.log.head().position
    for behind, applied in ((head - 1, head), (head, head), (1, 1)):
        monkeypatch.setattr(store.log, "tracked", lambda *_, behind=behind: behind)
        with store.storage.read() as connection:
            assert store._applied(connection, "assessment", head) == applied

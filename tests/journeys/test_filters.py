"""Every filter of GET statements, alone and combined, finds all it should and nothing else.

What is expected comes from ``tests.oracle``, which knows the specification and not the store.
A cast of statements holds every way in which a statement can name an agent, an activity or another
statement; then every combination of parameters is asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from schemas.formats import parse_timestamp
from tests.examples import reference_to, statement, voiding
from tests.oracle import Parameters, Recorded, Sender, find
from tests.xapi_client import (
    STATEMENTS,
    Client,
    Json,
    StoreInThisProcess,
    agent,
    as_parameter,
    good,
    iri,
    new_id,
    rules,
)


@dataclass(frozen=True)
class Cast:
    """Who and what the statements are about, and the statements as the oracle wants them."""

    client: Client
    agents: dict[str, Json]
    activities: dict[str, str]
    verbs: dict[str, str]
    registrations: dict[str, str]
    log: list[Recorded]

    def expected(self, **asked: Any) -> list[str]:
        """Ids of what answers."""
        ids = {recorded.position: recorded.statement["id"] for recorded in self.log}
        return [ids[position] for position in find(self.log, Parameters(**asked))]

    def mine(self, ids: list[str]) -> list[str]:
        """Those of this cast: others share the store."""
        ids_here = {recorded.statement["id"] for recorded in self.log}
        return [statement_id for statement_id in ids if statement_id in ids_here]


CASTS: dict[int, Cast] = {}


@pytest.fixture
def cast(running: StoreInThisProcess) -> Cast:
    """Sent once to each store."""
    return CASTS.setdefault(id(running), CASTS.get(id(running)) or perform(running.client()))


def activity(activity_id: str) -> Json:
    return {"objectType": "Activity", "id": activity_id}


def perform(client: Client) -> Cast:
    address = f"mailto:{uuid4().hex}@bvhttdl.example"
    ánh, bình, chi = {"objectType": "Agent", "mbox": address}, agent(), agent()
    team = {"objectType": "Group", "openid": iri("teams"), "member": [ánh, chi]}
    crowd = {"objectType": "Group", "member": [bình, chi]}
    ánh_by_hash = {"mbox_sha1sum": sha1(address.encode()).hexdigest()}
    course, lesson = iri(), iri("lessons")
    done, seen = iri("verbs"), iri("verbs")
    first, second = new_id(), new_id()
    writer = client.store.credentials.issue("of the cast", ["statements/write"], authority=bình)
    written = client.signed_in((writer.key, writer.secret))
    later, lost, target, voider = new_id(), new_id(), new_id(), new_id()
    verbs = {"done": {"id": done}, "seen": {"id": seen}}
    nobody = agent()

    def said(verb: str = "done", **changes: Any) -> Json:
        return {
            **statement(actor=nobody, object=activity(iri()), verb=verbs[verb]),
            "id": new_id(),
            **changes,
        }

    one = said(actor=ánh, object=activity(course))
    sent: list[Json | tuple[str, Json]] = [
        one,
        said("seen", actor=bình, object=activity(lesson), context={"registration": first}),
        said(actor=team, object=activity(course), context={"registration": first.upper()}),
        said("seen", actor=crowd, object=activity(course), context={"registration": second}),
        said(actor=ánh_by_hash, object=activity(lesson)),
        said(object={**ánh, "name": "Ánh"}),
        said("seen", object=team),
        said("seen", object=crowd, context={"registration": first}),
        said(context={"instructor": ánh}, object=activity(lesson)),
        said(context={"team": team, "registration": first}),
        said("seen", context={"contextActivities": {"parent": activity(course)}}),
        said(
            context={
                "contextActivities": {
                    "grouping": [activity(lesson)],
                    "category": [activity(iri()), activity(course)],
                }
            }
        ),
        said(
            object={
                "objectType": "SubStatement",
                "actor": ánh,
                "verb": verbs["seen"],
                "object": activity(course),
                "context": {
                    "registration": first,
                    "instructor": bình,
                    "contextActivities": {"other": activity(lesson)},
                },
            }
        ),
        said(
            "seen",
            object={
                "objectType": "SubStatement",
                "actor": chi,
                "verb": {"id": done},
                "object": bình,
            },
        ),
        said(context={"statement": {"objectType": "StatementRef", "id": one["id"]}}),
        reference_to(one["id"], id=new_id(), actor=nobody, verb=verbs["seen"]),
        reference_to(later, id=new_id(), actor=chi, verb=verbs["done"]),
        said("seen", id=later, actor=bình, object=activity(course)),
        reference_to(lost, id=new_id(), actor=ánh, verb=verbs["done"]),
        voiding(target, id=voider, actor=nobody),
        said("seen", id=target, actor=ánh, object=activity(lesson)),
        reference_to(target, id=new_id(), actor=nobody, verb=verbs["done"]),
        voiding(voider, id=new_id(), actor=nobody),
        ("2.0.0", said(context={"contextAgents": [{"objectType": "contextAgent", "agent": bình}]})),
        (
            "2.0.0",
            said(
                "seen", context={"contextGroups": [{"objectType": "contextGroup", "group": team}]}
            ),
        ),
        ("writer", said("seen", actor=chi, object=activity(course))),
        ("writer", said(actor=ánh, object=activity(lesson), context={"registration": second})),
    ]
    middle = next(s for s in sent if isinstance(s, dict) and s["object"].get("id") == later)
    sent.append(reference_to(middle["id"], id=new_id(), actor=nobody, verb=verbs["seen"]))
    senders = {
        "": (client, Sender(client_id(client), authority_of(client), True)),
        "2.0.0": (client.at("2.0.0"), Sender(client_id(client), authority_of(client), True)),
        "writer": (written, Sender(writer.credential.id, bình, False)),
    }
    log = []
    for position, item in enumerate(sent, start=1):
        how, value = item if isinstance(item, tuple) else ("", item)
        sender_client, sender = senders[how]
        sender_client.send(value)
        name = "voidedStatementId" if value["id"] == target else "statementId"
        found = client.get(**{name: value["id"]})
        log.append(Recorded(position, parse_timestamp(found.json()["stored"]), value, sender))
    return Cast(
        client,
        {"ánh": ánh, "bình": bình, "team": {"openid": team["openid"]}, "by hash": ánh_by_hash},
        {"course": course, "lesson": lesson},
        {"done": done, "seen": seen},
        {"first": first, "second": second},
        log,
    )


def client_id(client: Client) -> bytes:
    [row] = [row for row in client.store.credentials.issued() if row.name == "default"]
    return row.id


def authority_of(client: Client) -> Json:
    [statement_id] = client.send(statement())
    return dict(client.one(statement_id)["authority"])


def queries(cast: Cast) -> Iterator[dict[str, Any]]:
    """Every combination of filters, as the oracle takes them; one at least is of this cast."""
    agents = [
        {},
        *(
            {"agent": who, "related_agents": related}
            for who in cast.agents.values()
            for related in (False, True)
        ),
    ]
    activities = [
        {},
        *(
            {"activity": what, "related_activities": related}
            for what in cast.activities.values()
            for related in (False, True)
        ),
    ]
    verbs = [{}, *({"verb": verb} for verb in cast.verbs.values())]
    registrations = [{}, *({"registration": r} for r in cast.registrations.values())]
    for parts in product(agents, activities, verbs, registrations):
        asked = {name: value for part in parts for name, value in part.items()}
        if asked:
            yield asked


def as_parameters(asked: dict[str, Any]) -> dict[str, str]:
    return {
        name: as_parameter(value) if isinstance(value, dict | bool) else str(value)
        for name, value in asked.items()
    }


def test_every_combination_of_filters_finds_exactly_what_it_should(cast: Cast) -> None:
    found_some = 0
    for number, asked in enumerate(queries(cast)):
        ascending = number % 2 == 1
        wanted = cast.expected(**asked, ascending=ascending)
        parameters = as_parameters({**asked, "ascending": ascending})
        assert cast.client.find(**parameters) == wanted, asked
        found_some += bool(wanted)
    assert found_some > 150  # a cast that answers few of them would prove little


def test_every_filter_alone_finds_something(cast: Cast) -> None:
    """Recall cannot be tested where nothing is to be found."""
    alone = (
        [{"agent": who} for who in cast.agents.values()]
        + [{"activity": what} for what in cast.activities.values()]
        + [{"verb": verb} for verb in cast.verbs.values()]
        + [{"registration": registration} for registration in cast.registrations.values()]
    )
    for asked in alone:
        assert len(cast.expected(**asked)) >= 2


@pytest.mark.parametrize("name", ["related_agents", "related_activities"])
def test_related_finds_more_than_its_filter_alone(cast: Cast, name: str) -> None:
    filters = {"related_agents": {"agent": cast.agents["bình"]}}
    asked = filters.get(name, {"activity": cast.activities["course"]})
    alone, related = cast.expected(**asked), cast.expected(**asked, **{name: True})
    assert set(alone) < set(related)
    assert cast.client.find(**as_parameters(asked)) == alone
    assert cast.client.find(**as_parameters({**asked, name: True})) == related


def test_since_is_exclusive_and_until_inclusive_at_every_statement(cast: Cast) -> None:
    times = [recorded.stored for recorded in cast.log]
    for ascending in (False, True):
        for moment in times:
            for asked in (
                {"since": moment},
                {"until": moment},
                {"since": moment - 1, "until": moment},
                {"since": moment, "until": moment},
                {"since": times[0], "until": moment - 1},
            ):
                wanted = cast.expected(**asked, ascending=ascending)
                bounds = {name: iso(value) for name, value in asked.items()}
                found = cast.client.find(**bounds, ascending=as_parameter(ascending), limit="1000")
                assert cast.mine(found) == wanted, asked


def test_bounds_hold_together_with_filters(cast: Cast) -> None:
    low, high = cast.log[3].stored, cast.log[-4].stored
    for asked in list(queries(cast))[::7]:
        wanted = cast.expected(**asked, since=low, until=high)
        parameters = as_parameters(asked) | {"since": iso(low), "until": iso(high)}
        assert cast.client.find(**parameters, limit="2") == wanted, asked


@pytest.mark.parametrize("hours", [-11, 0, 7])
def test_bounds_are_instants_whatever_their_time_zone(cast: Cast, hours: int) -> None:
    moment = cast.log[5].stored
    local = datetime.fromisoformat(iso(moment)) + timedelta(hours=hours)
    text = f"{local:%Y-%m-%dT%H:%M:%S.%f}{hours:+03}:00"
    found = cast.client.find(verb=cast.verbs["done"], until=text)
    assert found == cast.expected(verb=cast.verbs["done"], until=moment)


def test_bounds_regard_stored_and_not_timestamp(client: Client) -> None:
    verb = iri("verbs")
    old = statement(id=new_id(), verb={"id": verb}, timestamp="2001-01-01T00:00:00Z")
    client.send(old)
    stored = client.one(old["id"])["stored"]
    assert client.find(verb=verb, until="2002-01-01T00:00:00Z") == []
    assert client.find(verb=verb, since="2002-01-01T00:00:00Z") == [old["id"]]
    assert client.find(verb=verb, since=stored) == []
    assert client.find(verb=verb, until=stored) == [old["id"]]


def test_statements_of_one_batch_have_different_times_in_the_order_sent(client: Client) -> None:
    verb = {"id": iri("verbs")}
    ids = client.send(*(statement(verb=verb) for _ in range(20)))
    assert client.find(verb=verb["id"], ascending="true") == ids
    assert client.find(verb=verb["id"]) == ids[::-1]
    times = [client.one(statement_id)["stored"] for statement_id in ids]
    assert times == sorted(set(times))


# How many


@pytest.fixture
def small(open_store: Any) -> Client:
    """Of a store whose pages hold 3 statements, and 5 at the most; it holds 7."""
    client: Client = open_store(statements_page_default=3, statements_page_max=5).client()
    client.send(*(statement() for _ in range(7)))
    return client


@pytest.mark.parametrize(
    ("limit", "size"),
    [(None, 3), ("0", 5), ("1", 1), ("5", 5), ("6", 5), ("9" * 30, 5), ("9" * 5000, 5)],
)
def test_a_page_holds_what_the_limit_says_up_to_the_maximum_of_the_store(
    small: Client, limit: str | None, size: int
) -> None:
    asked = {} if limit is None else {"limit": limit}
    first = good(small.get(**asked)).json()
    assert len(first["statements"]) == size
    assert len(small.http.get(first["more"]).json()["statements"]) == min(size, 7 - size)
    assert len(small.find(**asked)) == 7


def test_the_pages_of_more_are_as_large_as_the_store_allows(open_store: Any) -> None:
    client: Client = open_store(statements_page_max=1500).client()
    for _ in range(7):
        client.send(*(statement() for _ in range(400)))
    assert [len(page) for page in client.pages(limit="1200")] == [1200, 1200, 400]


@pytest.mark.parametrize("limit", ["-1", "-0", "1.5", "1e3", "", " 1", "ten", "١", "+1", "0x10"])
def test_a_limit_that_is_no_nonnegative_integer_is_refused(client: Client, limit: str) -> None:
    answer = client.http.get(STATEMENTS, params={"limit": limit})
    assert answer.status_code == 400
    assert rules(answer) == ["parameter-limit"]


def iso(moment: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)).isoformat()

"""What waits for a decision counts as soon as it is decided, and not before; both can be seen."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from lrs import evaluation, queues
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.decisions import AnyMessage, decide
from lrs.decisions.messages import (
    DecideRecognition,
    LinkIdentifier,
    MapActivity,
    MergePeople,
    PartPeople,
    RegisterPerson,
    UnlinkIdentifier,
    UnmapActivity,
)
from lrs.evaluation import Asked
from lrs.register import change
from lrs.store import Store
from schemas.register import Account, Document, Identifier
from tests.lrs.cases.golden import GOLDEN
from tests.lrs.register import day, days

PERIOD = "KY-2026"
NOBODYS = "d4000002-0000-4000-8000-000000000004"  # R2 completed, on a platform recognised then
UNMAPPED = "b2000007-0000-4000-8000-000000000002"  # 45 minutes of P2's, about no course
PYTHON = {"platform": "bdhvs", "activity": "https://bdhvs.example/khoa-hoc/nhap-mon-python"}
ACCOUNT = Account("https://onetouch.example", "binh.tran.cu")


@pytest.fixture
def open_period(store: Store) -> Store:
    """The worked case while its period is open."""
    import_case(store, read_case(GOLDEN), freeze=False)
    return store


def take(store: Store, decision: AnyMessage) -> int:
    """Have a decision recorded; the position of the log before it."""
    position = store.log.head().position
    assert change(store, partial(decide, decision))
    return position


def line(store: Store, as_of: int | None = None, person: str = "P2") -> dict[str, Any]:
    asked = Asked(PERIOD, as_of=None if as_of is None else str(as_of))
    found: dict[str, Any] = evaluation.results(store, asked)["people"][person]
    return found


def explained(store: Store, as_of: int | None = None) -> dict[str, Any]:
    asked = Asked(PERIOD, as_of=None if as_of is None else str(as_of))
    return evaluation.explanations(store, asked)


def binh(**said: Any) -> Identifier:
    return Identifier(person="P2", account=ACCOUNT, **said)


def test_linking_an_actor_credits_what_it_held_back_and_unlinking_takes_it_back(open_period):
    store = open_period
    [waiting] = queues.actors(store)
    assert waiting["identifier"] == {
        "account": {"homePage": ACCOUNT.home_page, "name": ACCOUNT.name}
    }
    assert waiting["statements"] == 1
    assert line(store)["A"] == "20.00"

    before_linking = take(store, LinkIdentifier(identifier=binh()))
    assert line(store)["A"] == "30.00", "the third of three required courses"
    assert NOBODYS in explained(store)["people"]["P2"]["A"]["counted"]
    assert NOBODYS not in explained(store)["unattributed"]
    assert queues.actors(store) == []

    before_unlinking = take(store, UnlinkIdentifier(identifier=binh(), reason="nhầm"))
    assert line(store)["A"] == "20.00"
    assert explained(store)["unattributed"][NOBODYS] == "UNRESOLVED_ACTOR"
    assert queues.actors(store) == [waiting]

    assert line(store, before_linking)["A"] == "20.00"
    assert line(store, before_unlinking)["A"] == "30.00"
    assert NOBODYS in explained(store, before_linking)["unattributed"]
    assert NOBODYS in explained(store, before_unlinking)["people"]["P2"]["A"]["counted"]


def test_a_queue_is_read_whole_and_what_holds_back_most_comes_first(open_period, monkeypatch):
    whole = queues.courses(open_period)
    assert len(whole) == 3
    chau = Identifier(person="P3", account=Account("https://bdhvs.example", "1001"))
    take(open_period, UnlinkIdentifier(identifier=chau))
    first, second = queues.actors(open_period)
    assert first["identifier"]["account"]["name"] == "1001"
    assert first["statements"] > second["statements"] == 1
    assert first["first"] < first["last"]
    monkeypatch.setattr(queues, "AT_ONCE", 1)
    assert queues.courses(open_period) == whole
    assert queues.actors(open_period) == [first, second]


def test_an_identifier_credits_only_what_was_done_on_its_days(open_period):
    """The statement is of 15 March."""
    take(open_period, LinkIdentifier(identifier=binh(**days("2026-03-16"))))
    assert line(open_period)["A"] == "20.00"
    assert len(queues.actors(open_period)) == 1
    take(open_period, LinkIdentifier(identifier=binh(**days("2026-03-15", "2026-03-15"))))
    assert line(open_period)["A"] == "30.00"
    assert queues.actors(open_period) == []


def test_mapping_an_activity_credits_what_it_held_back_and_unmapping_takes_it_back(open_period):
    store = open_period
    waiting = {row["activity"]: row for row in queues.courses(store)}
    assert waiting[PYTHON["activity"]]["name"] == {"vi-VN": "Nhập môn Python"}
    assert queues.courses(store, "onetouch") == []
    hours = line(store)["B"]

    before_mapping = take(store, MapActivity(**PYTHON, course="E1"))
    more = line(store)["B"]
    assert Decimal(more) > Decimal(hours)
    assert UNMAPPED in explained(store)["people"]["P2"]["B"]["counted"]
    assert PYTHON["activity"] not in {row["activity"] for row in queues.courses(store)}

    before_unmapping = take(store, UnmapActivity(**PYTHON))
    assert line(store)["B"] == hours
    assert explained(store)["people"]["P2"]["B"]["not_counted"][UNMAPPED] == "UNMAPPED_COURSE"
    assert PYTHON["activity"] in {row["activity"] for row in queues.courses(store)}

    assert line(store, before_mapping)["B"] == hours
    assert line(store, before_unmapping)["B"] == more


def test_merging_two_people_credits_one_with_the_identifiers_of_the_other(open_period):
    store = open_period
    take(store, RegisterPerson(id="P2B", name="Trần Thị Bình"))
    take(store, LinkIdentifier(identifier=Identifier(person="P2B", account=ACCOUNT)))
    assert line(store)["A"] == "20.00"
    before_merging = take(store, MergePeople(person="P2B", into="P2"))
    assert line(store)["A"] == "30.00"
    assert "P2B" not in explained(store)["people"]
    before_parting = take(store, PartPeople(person="P2B"))
    assert line(store)["A"] == "20.00"
    assert [line(store, at)["A"] for at in (before_merging, before_parting)] == ["20.00", "30.00"]


def test_recognising_a_platform_credits_what_it_sent_on_those_days(open_period):
    """P2 learnt R2 on a platform in the months in which it was not recognised."""
    paper = Document("1/QĐ", day("2026-05-02"))
    recognise = DecideRecognition(
        platform="onetouch", status="recognised", document=paper, **days("2026-05-01", "2026-08-31")
    )
    before = take(open_period, recognise)
    assert (line(open_period, before)["A"], line(open_period)["A"]) == ("20.00", "30.00")
    take(open_period, replace(recognise, status="suspended"))
    assert line(open_period)["A"] == "20.00"

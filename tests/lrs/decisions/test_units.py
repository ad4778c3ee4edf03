"""Units that are renamed, become one, or become several."""

from typing import Any

import pytest
from msgspec.structs import replace

from lrs.decisions import decide
from lrs.decisions.judging import known
from lrs.decisions.messages import MergeUnits, RenameUnit, SplitUnit, Successor
from schemas.register import Person, Unit
from tests.lrs.register import after, day, decided, ministry, post, posts, refusal

ON = day("2026-07-01")


def test_a_unit_is_renamed():
    found = decided(ministry(), RenameUnit(unit="X", vi="Cục Chuyển đổi số"))
    assert found[Unit]["X"] == replace(ministry()[Unit]["X"], vi="Cục Chuyển đổi số")
    assert "empty" in refusal(ministry(), RenameUnit(unit="X", vi=""))
    assert "no unit “Z”" in refusal(ministry(), RenameUnit(unit="Z", vi="Z"))


def merge(*units: str, into: Successor | None = None, **said: Any) -> MergeUnits:
    into = into or Successor(id="Z", vi="Trung tâm Z")
    return MergeUnits(units=units or ("X", "Y"), into=into, **{"on": ON, "head": "P3", **said})


def test_merged_units_end_and_their_people_go_on_in_the_successor():
    found = decided(ministry(), merge())
    assert found[Unit]["Z"] == Unit(
        id="Z", vi="Trung tâm Z", type="cuc", parent="BO", from_=ON, predecessors=("X", "Y")
    )
    assert [known(found, Unit, unit).to for unit in ("X", "Y")] == [day("2026-06-30")] * 2
    assert known(found, Unit, "X1").parent == "Z"
    assert posts(found, unit="Z") == [
        "P1 Z LD 2026-07-01..",
        "P2 Z CV 2026-07-01..",
        "P3 Z LD 2026-07-01.. head",
        "P4 Z CV 2026-07-01..",
    ]
    assert posts(found, unit="X") == [
        "P2 X CV 2021-09-01..2026-06-30",
        "P1 X LD 2023-05-01..2026-06-30 head",
    ]


def test_who_heads_a_merged_unit_must_be_said_where_several_would():
    assert "2 heads on 2026-07-01: P1, P3" in refusal(ministry(), merge(head=None))
    assert "P9" in refusal(ministry(), merge(head="P9"))
    absent = ministry(Person(id="P5", name="Khác"))
    assert "P5 has no primary post in Z" in refusal(absent, merge(head="P5"))


def test_a_unit_can_be_merged_into_one_there_is():
    found = decided(ministry(), merge("X", into=Successor(id="Y")))
    assert found[Unit]["Y"] == replace(ministry()[Unit]["Y"], predecessors=("X",))
    assert posts(found, unit="Y") == [
        "P4 Y CV ..",
        "P3 Y LD 2019-03-01.. head",
        "P1 Y LD 2026-07-01..",
        "P2 Y CV 2026-07-01..",
    ]
    assert known(decided(found, merge("X1", into=Successor(id="Y"))), Unit, "Y").predecessors == (
        "X",
        "X1",
    )
    headed_by_another = decided(ministry(), merge("X", into=Successor(id="Y"), head="P1"))
    assert posts(headed_by_another, unit="Y") == [
        "P4 Y CV ..",
        "P3 Y LD 2019-03-01..2026-06-30 head",
        "P1 Y LD 2026-07-01.. head",
        "P2 Y CV 2026-07-01..",
        "P3 Y LD 2026-07-01..",
    ]


def test_a_unit_can_be_merged_into_one_below_it():
    found = decided(ministry(), merge("X", into=Successor(id="X1"), head=None))
    assert known(found, Unit, "X1").parent == "BO"
    assert posts(found, unit="X1") == ["P1 X1 LD 2026-07-01.. head", "P2 X1 CV 2026-07-01.."]


def test_a_unit_and_one_below_it_can_be_merged():
    message = merge("X", "X1", head="P1")
    assert [one.key for one, _ in decide(message, ministry())].count("X1") == 1
    found = decided(ministry(), message)
    assert known(found, Unit, "X1").parent == "X", "as it was when it ended"
    assert known(found, Unit, "Z").parent == "BO"


def test_a_successor_may_be_put_below_another_unit_that_goes_on():
    into = Successor(id="Z", vi="Phòng Z", type="phong", parent="Y")
    found = decided(ministry(), merge("X", into=into, head=None))
    assert (known(found, Unit, "Z").parent, known(found, Unit, "Z").type) == ("Y", "phong")
    into = Successor(id="Z", vi="Trung tâm Z", parent="X")
    assert known(decided(ministry(), merge(into=into)), Unit, "Z").parent == "BO"


def test_a_head_who_would_begin_on_the_day_of_the_merger_is_only_that_if_it_is_said():
    before = ministry(Person(id="P5", name="Vũ Hoàng Yến"), post("P5", "X1", str(ON), head=True))
    found = decided(before, merge("X", into=Successor(id="X1"), head="P1"))
    assert posts(found, unit="X1") == [
        "P1 X1 LD 2026-07-01.. head",
        "P2 X1 CV 2026-07-01..",
        "P5 X1 CV 2026-07-01..",
    ]


def test_posts_that_begin_after_the_merger_begin_in_the_successor():
    before = ministry(
        post("P2", "X", "2021-09-01", "2026-09-30"), post("P2", "Y", "2026-10-01", "2027-01-31")
    )
    found = decided(before, merge())
    assert posts(found, person="P2") == [
        "P2 X CV 2021-09-01..2026-06-30",
        "P2 Z CV 2026-07-01..2026-09-30",
        "P2 Z CV 2026-10-01..2027-01-31",
    ]


def test_two_posts_that_become_one_last_as_long_as_the_longer():
    second = {"primary": False}
    before = ministry(
        post("P4", "X", "2026-01-01", "2026-12-31", **second),
        post("P4", "Y", "2026-02-01", "2026-08-31", **second),
    )
    assert "P4 Z CV 2026-07-01..2026-12-31 second" in posts(decided(before, merge()), person="P4")


def test_what_is_over_before_the_merger_stays_as_it_was():
    before = ministry(
        Unit(id="X0", vi="Phòng cũ", parent="X", to=day("2026-06-30")),
        Person(id="P5", name="Đã nghỉ"),
        post("P5", "X", "2020-01-01", "2026-06-30"),
    )
    found = decided(before, merge())
    assert known(found, Unit, "X0").parent == "X"
    assert posts(found, person="P5") == ["P5 X CV 2020-01-01..2026-06-30"]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (merge(into=Successor(id="Z")), "Z: there is no such unit; say its name"),
        (merge(into=Successor(id="Z Z", vi="Z")), "no identifier"),
        (merge(into=Successor(id="Z", vi="Z", parent="Q")), "no unit “Q”"),
        (merge(into=Successor(id="Z", vi="Z", parent="OLD")), "OLD ended on 2025-12-31"),
        (merge(into=Successor(id="X")), "X goes on"),
        (merge("X", into=Successor(id="Y", vi="Z")), "its name is Nhà hát Y"),
        (merge("X", "Q"), "no unit “Q”"),
        (merge("X", "X1"), "P3 has no primary post in Z"),
        (merge(on=day("2020-01-01")), "2020-01-01 is after 2019-12-31"),
        (merge(on=day("2019-07-01")), "X begins on 2020-01-01"),
        (merge("X", "OLD"), "OLD ended on 2025-12-31; name another unit"),
        (merge("X", into=Successor(id="OLD")), "OLD ended on 2025-12-31"),
        (merge("X", "SUB"), "say which unit it is below (X below BO, SUB below Y)"),
    ],
)
def test_a_merger_that_cannot_be_is_refused(message, said):
    before = ministry(
        Unit(id="OLD", vi="Cũ", parent="BO", to=day("2025-12-31")),
        Unit(id="SUB", vi="Dưới", parent="Y"),
    )
    assert said in refusal(before, message)


def split(**said: Any) -> SplitUnit:
    into = (Successor(id="A", vi="Cục A"), Successor(id="B", vi="Cục B"))
    return SplitUnit(unit="X", on=ON, **{"into": into, **said})


def test_a_split_unit_ends_and_everybody_goes_where_it_was_said():
    found = decided(ministry(), split(people={"P2": "B"}, units={"X1": "B"}, rest="A"))
    assert posts(found, unit="A") == ["P1 A LD 2026-07-01.. head"]
    assert posts(found, unit="B") == ["P2 B CV 2026-07-01.."]
    assert known(found, Unit, "A").predecessors == known(found, Unit, "B").predecessors == ("X",)
    unit = known(found, Unit, "B")
    assert (unit.vi, unit.type, unit.parent, unit.from_) == ("Cục B", "cuc", "BO", ON)
    assert known(found, Unit, "X1").parent == "B"
    assert known(found, Unit, "X").to == day("2026-06-30")


def test_a_unit_can_give_a_part_away_and_go_on():
    into = (Successor(id="X"), Successor(id="B", vi="Cục B"))
    found = decided(ministry(), split(into=into, people={"P1": "X", "P2": "B"}, units={"X1": "X"}))
    assert found[Unit]["X"] == ministry()[Unit]["X"]
    assert posts(found, unit="X") == ["P2 X CV 2021-09-01..2026-06-30", "P1 X LD 2023-05-01.. head"]
    assert posts(found, unit="B") == ["P2 B CV 2026-07-01.."]


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"rest": "A", "into": (Successor(id="A", vi="A"),)}, "two units or more"),
        ({"rest": "C"}, "nobody can go to C; X is split into A, B"),
        ({"people": {"P1": "C"}, "rest": "A"}, "nobody can go to C"),
        ({"people": {"P1": "A"}, "units": {"X1": "A"}}, "P2: in X on 2026-07-01 or later; say"),
        ({"people": {"P1": "A", "P2": "B"}}, "X1: right below X"),
        ({"people": {"P3": "A"}, "rest": "B"}, "P3: not in X"),
        ({"units": {"Y": "A"}, "rest": "B"}, "Y: not right below X"),
        ({"rest": "A", "unit": "Q"}, "no unit “Q”"),
        ({"rest": "A", "on": day("2019-12-31")}, "X begins on"),
    ],
)
def test_a_split_that_cannot_be_is_refused(said, refused):
    assert refused in refusal(ministry(), replace(split(), **said))


@pytest.mark.parametrize(
    "message",
    [
        merge(),
        merge("X", into=Successor(id="Y"), head="P1"),
        split(people={"P2": "B", "P1": "A"}, units={"X1": "B"}),
    ],
    ids=["merge", "merge into another", "split"],
)
def test_a_decision_recorded_in_part_is_completed_by_deciding_it_again(message):
    before = ministry(
        post("P2", "X", "2021-09-01", "2026-09-30"),
        post("P2", "X", "2026-10-01", position="LD"),
    )
    changes = decide(message, before)
    whole = after(before, changes)
    for count in range(1, len(changes)):
        partly = after(before, changes[:count])
        assert after(partly, decide(message, partly)) == whole, changes[count - 1]

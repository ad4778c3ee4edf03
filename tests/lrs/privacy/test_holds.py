"""A legal hold keeps what there is of a person until it is lifted."""

import pytest

from lrs.decisions.judging import DecisionRefused
from lrs.privacy import holds
from lrs.privacy.forgetting import NotForgotten
from lrs.privacy.holds import HoldRefused, UnfitReason
from projections import privacy
from schemas.events import Kind
from schemas.register import PeopleMerged, Person
from tests.lrs.privacy.conftest import World


def reasons(world: World) -> list[tuple[str, str, bool]]:
    with world.store.storage.read() as connection:
        return [(row.person, row.reason, row.lifted is None) for row in privacy.holds(connection)]


def test_a_hold_refuses_a_proposal_and_the_refusal_says_why(world: World) -> None:
    holds.place(world.store, "P1", "vụ án 12/2026")
    with pytest.raises(NotForgotten, match=r"P1 is under a legal hold: vụ án 12/2026\."):
        world.propose()
    with world.store.storage.read() as connection:
        [refused] = privacy.proposals(connection)
    assert (refused.person, refused.state, refused.reason) == ("P1", "refused", "vụ án 12/2026")
    [entry] = world.store.log.read(0, 10_000, kinds=[Kind.FORGETTING_REFUSED])
    with world.store.storage.read() as connection:
        [row] = world.store.log.rows_at(connection, [entry.position])
    assert row.sealed, "whom it is about goes with them"


def test_when_it_is_lifted_the_person_can_be_forgotten(world: World) -> None:
    holds.place(world.store, "P1", "thanh tra")
    holds.place(world.store, "P3", "thanh tra")
    assert holds.lift(world.store, "P1", "thanh tra kết thúc") == 1
    assert reasons(world) == [("P1", "thanh tra", False), ("P3", "thanh tra", True)]
    world.forget()
    assert reasons(world) == [("P3", "thanh tra", True)]


def test_a_person_is_held_once_and_released_if_held(world: World) -> None:
    with pytest.raises(HoldRefused, match="not held"):
        holds.lift(world.store, "P1", "x")
    holds.place(world.store, "P1", "vụ án 12/2026")
    with pytest.raises(HoldRefused, match="held already: vụ án 12/2026"):
        holds.place(world.store, "P1", "vụ án 13/2026")


def test_a_hold_on_somebody_who_was_merged_holds_the_human_being(world: World) -> None:
    world.record(Person(id="P9", name="An"))
    holds.place(world.store, "P9", "vụ án 12/2026")
    world.record(PeopleMerged(person="P9", into="P1"))
    with pytest.raises(NotForgotten, match="vụ án"):
        world.propose()
    with pytest.raises(DecisionRefused, match="name P1"):
        holds.lift(world.store, "P9", "đã xong")
    assert holds.lift(world.store, "P1", "đã xong") == 1
    world.forget()


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 2001, "a\x07b"])
def test_a_hold_has_a_reason(world: World, reason: str) -> None:
    with pytest.raises(UnfitReason):
        holds.place(world.store, "P1", reason)


def test_nobody_holds_who_is_not_there(world: World) -> None:
    with pytest.raises(DecisionRefused):
        holds.place(world.store, "P404", "vụ án")

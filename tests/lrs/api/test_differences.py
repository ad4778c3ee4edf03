"""What differs between two states of a period: the ripple of an appeal, and what came meanwhile."""

from typing import Any

import pytest

from schemas.events import Kind
from tests.lrs.api.conftest import PERIOD, Worked, rules

DIFFERENCES = f"{PERIOD}/differences"
OF_X = {"units": ("X",)}


def told(said: dict[str, Any]) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    found = {
        (row["id"], row["field"]): (row["before"], row["after"]) for row in said["differences"]
    }
    assert len(found) == len(said["differences"])
    return found


async def test_an_appeal_and_its_ripples_are_listed_value_by_value(
    worked: Worked, expected: dict[str, Any]
) -> None:
    said = await worked.get(DIFFERENCES)
    assert [said[side]["result_set"] for side in ("before", "after")] == ["frozen", "corrected"]
    wanted = {}
    for kind in ("people", "units"):
        for id_, before in expected["frozen"][kind].items():
            after = expected["corrected"][kind][id_]
            for field in {**before, **after}:
                if before.get(field) != after.get(field):
                    wanted[id_, field] = (before.get(field), after.get(field))
    assert told(said) == wanted
    assert wanted["P1", "final"] == ("93.71", "93.92"), "another person's appeal moves P1"
    assert not any(id_ == "P3" for id_, _ in wanted)


async def test_two_positions_can_be_compared(worked: Worked) -> None:
    period = (await worked.get(PERIOD))["period"]
    asked = {"before_as_of": 100, "as_of": period["frozen_at"] - 20}
    said = await worked.get(DIFFERENCES, **asked)
    assert (said["before"]["position"], said["after"]["position"]) == tuple(asked.values())
    lines = [
        {
            row["person"]: row["final"]
            for row in (await worked.get(f"{PERIOD}/results/people", as_of=as_of))["rows"]
        }
        for as_of in asked.values()
    ]
    finals = {id_: pair for (id_, field), pair in told(said).items() if field == "final"}
    people = {id_: pair for id_, pair in finals.items() if id_ in lines[0]}
    assert people == {id_: (f, lines[1][id_]) for id_, f in lines[0].items() if f != lines[1][id_]}
    assert people


async def test_nothing_differs_from_itself(worked: Worked) -> None:
    said = await worked.get(DIFFERENCES, before="corrected", result_set="corrected")
    assert said["differences"] == []


async def test_what_lies_outside_is_not_listed(worked: Worked) -> None:
    found = {id_ for id_, _ in told(await worked.get(DIFFERENCES, OF_X))}
    assert found == {"P1", "P2", "X"}
    assert (await worked.get(DIFFERENCES, {"units": ("Z",)}))["differences"] == []


async def test_without_an_appeal_nothing_differs(worked: Worked) -> None:
    freeze = next(e.position for e in worked.store.log.read() if e.kind == Kind.PERIOD_FROZEN)
    said = await worked.get(DIFFERENCES, as_of=freeze)
    assert (said["after"]["result_set"], said["differences"]) == ("frozen", [])


@pytest.mark.parametrize("worked", ["sqlite"], indirect=True)
async def test_what_is_not_there_cannot_be_compared(worked: Worked) -> None:
    for asked in ({"before": "open"}, {"before_as_of": "1"}):
        answer = await worked.ask(DIFFERENCES, **asked)  # type: ignore[arg-type]
        assert (answer.status_code, rules(answer)) == (404, ["nothing-there"])

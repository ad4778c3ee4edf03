"""Why a score is what it is: the lists of the worked case, the sums, and what stays hidden."""

from decimal import Decimal
from typing import Any

import orjson
import pytest

from lrs.api.access import ACCESS
from tests.lrs.api.conftest import PERIOD, Worked, rules

EXPLAINED = f"{PERIOD}/explanations"
PARTY = {"party": True}
OF_X = {"units": ("X",)}
SETS = pytest.mark.parametrize("result_set", ["frozen", "corrected"])
ON_SQLITE = pytest.mark.parametrize("worked", ["sqlite"], indirect=True)


def lists(criterion: dict[str, Any]) -> dict[str, Any]:
    """What a criterion lists, as the documents of explanations have it."""
    statements = criterion["statements"]
    return {
        "counted": {one["id"] for one in statements if one["counted"]},
        "not_counted": {one["id"]: one["reason"] for one in statements if not one["counted"]},
        "partly_counted": {
            one["id"]: one["credited_minutes"]
            for one in statements
            if one["counted"] and "0.00" != one["credited_minutes"] != one["minutes"]
        },
    }


@SETS
async def test_the_lists_of_the_worked_case_come_out_exactly(
    worked: Worked, expected: dict[str, Any], result_set: str
) -> None:
    for person, criteria in expected[result_set]["explanations"].items():
        said = await worked.get(f"{EXPLAINED}/people/{person}", result_set=result_set)
        listed = {id_: c for id_, c in said["criteria"].items() if c["statements"] is not None}
        assert listed.keys() == criteria.keys()
        for id_, wanted in criteria.items():
            found = lists(listed[id_])
            assert found["counted"] == set(wanted["counted"]), (person, id_)
            assert found["not_counted"] == wanted["not_counted"], (person, id_)
            if "partly_counted" in wanted:
                assert found["partly_counted"] == wanted["partly_counted"], (person, id_)


@SETS
async def test_an_explanation_sums_to_the_result(worked: Worked, result_set: str) -> None:
    for kind, ids in (("people", ("P1", "P2", "P3")), ("units", ("X", "Y"))):
        for id_ in ids:
            said = await worked.get(f"{EXPLAINED}/{kind}/{id_}", result_set=result_set)
            result = await worked.get(f"{PERIOD}/results/{kind}/{id_}", result_set=result_set)
            criteria = said["criteria"]
            points = {name: criterion["points"] for name, criterion in criteria.items()}
            assert points == result["result"]["scores"]
            total = sum(Decimal(criterion["points"]) for criterion in criteria.values())
            assert str(total) == said["line"]["base"] == result["result"]["base"]
            assert said["line"]["final"] == result["result"]["final"]
            assert all(Decimal(c["points"]) <= Decimal(c["max"]) for c in criteria.values())


async def test_a_criterion_says_what_it_was_computed_from(worked: Worked) -> None:
    await worked.get(f"{EXPLAINED}/people/P2")  # who asks has an account now
    head = worked.store.log.head().position
    said = await worked.get(f"{EXPLAINED}/people/P2", criterion="A")
    assert said["scheme"]["id"] == "HTS-CN"
    assert said["scheme"]["version"] == 1
    assert said["scheme"]["legal_basis"]
    assert said["position"] == head
    [(name, criterion)] = said["criteria"].items()
    assert name == "A"
    assert (criterion["points"], criterion["max"], criterion["rule"]) == ("20.00", "30.00", "P2")
    assert criterion["inputs"] == {"complete": 2, "required": 3}
    late, *_ = (s for s in criterion["statements"] if s["reason"] == "PLATFORM_NOT_RECOGNISED")
    assert (late["platform"], late["course"], late["counted"]) == ("onetouch", "R2", False)
    [entry] = [e for e in worked.store.log.read() if e.position == late["position"]]
    assert orjson.loads(entry.body)["id"] == late["id"]


@ON_SQLITE
async def test_what_cannot_be_explained_is_not_there(worked: Worked) -> None:
    absent: list[tuple[str, dict[str, Any]]] = [
        ("people/P9", {}),
        ("units/Z", {}),
        ("units/BO", {}),  # not evaluated
        ("people/P1", {"criterion": "U1"}),
        ("units/X", {"criterion": "A"}),
    ]
    for path, asked in absent:
        answer = await worked.ask(f"{EXPLAINED}/{path}", **asked)
        assert (answer.status_code, rules(answer)) == (404, ["nothing-there"]), path


async def test_the_evidence_of_a_person_is_every_statement_with_what_became_of_it(
    worked: Worked,
) -> None:
    for person in ("P1", "P2", "P3"):
        said = await worked.get(f"{PERIOD}/evidence/people/{person}")
        found = {one["id"]: one for one in said["statements"]}
        positions = [one["position"] for one in said["statements"]]
        assert positions == sorted(set(positions))
        explained = await worked.get(f"{EXPLAINED}/people/{person}")
        for criterion in explained["criteria"].values():
            for one in criterion["statements"] or ():
                same = found[one["id"]]
                capped = one["reason"] == "MINUTES_CAPPED"
                assert same["reason"] == (None if capped else one["reason"])
                assert (same["course"], same["minutes"]) == (one["course"], one["minutes"])


# What is not for everybody


async def test_nothing_tells_of_party_membership_without_the_permission(worked: Worked) -> None:
    for unit in ("X", "Y"):
        hidden = await worked.get(f"{EXPLAINED}/units/{unit}")
        shown = await worked.get(f"{EXPLAINED}/units/{unit}", PARTY)
        inputs = {
            name: {id_: c["inputs"] for id_, c in said["criteria"].items()}
            for name, said in (("hidden", hidden), ("shown", shown))
        }
        pioneers = {id_ for id_, c in shown["criteria"].items() if c["kind"] == "pioneers"}
        assert pioneers
        for id_, seen in inputs["hidden"].items():
            if id_ in pioneers:
                assert seen.keys() == {"head", "head_complete"}
                assert inputs["shown"][id_].keys() - seen.keys() == {
                    "numerator",
                    "denominator",
                    "of",
                }
            else:
                assert seen == inputs["shown"][id_]
    for person in ("P1", "P2", "P3"):
        hidden = await worked.get(f"{EXPLAINED}/people/{person}")
        shown = await worked.get(f"{EXPLAINED}/people/{person}", PARTY, as_of=hidden["position"])
        assert hidden["band_before_gates"] is None
        assert shown["band_before_gates"] is not None
        assert shown | {"band_before_gates": None} == hidden


async def test_no_answer_names_a_party_membership_without_the_permission(worked: Worked) -> None:
    """Of every route there is, so of every route there will be."""
    values = {"period": "KY-2026", "unit": "X", "person": "P1", "scheme": "HTS-CN", "version": 1}
    needed = {"/units/{unit}/coverage", "/units/{unit}/trend"}
    without = {"roles": ("evaluator", "auditor", "council")}
    looked = 0
    for path, methods in ACCESS.items():
        if "GET" in methods:
            asked = {"period": "KY-2026"} if path in needed else {}
            said = await worked.get(path.format_map(values), without, **asked)
            assert list(told_of_party(said)) == [], path
            looked += 1
    assert looked > 15


def told_of_party(said: Any, key: str = "") -> Any:
    """Values under names that speak of the party; a session of the party is no membership, the
    score sheet itself may say what it looks at, and an account what it is permitted.
    """
    match said:
        case dict():
            for name, value in said.items():
                if name not in ("sheet", "permissions", "party_sessions"):
                    yield from told_of_party(value, name)
        case list():
            for value in said:
                yield from told_of_party(value, key)
        case None:
            return
        case _:
            is_about = "party" in key or "gates" in key
            if is_about or (isinstance(said, str) and said == "party_members"):
                yield key, said


async def test_another_units_part_in_a_heads_score_is_not_shown(worked: Worked) -> None:
    path = f"{EXPLAINED}/people/P2"
    [whole] = (await worked.get(path))["head_of_unit"]
    assert (whole["unit"], whole["final"], whole["weight"]) == ("Y", "35.01", "1/15")
    [part] = (await worked.get(path, OF_X))["head_of_unit"]
    assert (part["unit"], part["final"]) == (None, None)


async def test_explanations_of_others_do_not_exist(worked: Worked) -> None:
    learner = {"roles": ("learner",), "person": "P2"}
    for who, path in (
        (OF_X, f"{EXPLAINED}/people/P3"),
        (OF_X, f"{EXPLAINED}/units/Y"),
        (OF_X, f"{PERIOD}/evidence/people/P3"),
        (learner, f"{EXPLAINED}/people/P1"),
        (learner, f"{PERIOD}/evidence/people/P1"),
    ):
        assert (await worked.ask(path, who)).status_code == 404, path
    for path in (f"{EXPLAINED}/people/P2", f"{PERIOD}/evidence/people/P2"):
        assert (await worked.ask(path, learner)).status_code == 200

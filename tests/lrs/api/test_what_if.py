"""What other score sheets would change: shown to those who may see it, recorded nowhere."""

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

import httpx
import orjson
import pytest

from schemas.events import Kind
from tests.lrs.api.conftest import PERIOD, Worked, rules

WHAT_IF = f"{PERIOD}/what-if"
PARTY: Mapping[str, Any] = {"party": True}
ON_SQLITE = pytest.mark.parametrize("worked", ["sqlite"], indirect=True)


async def sheet(worked: Worked, scheme: str) -> dict[str, Any]:
    return dict((await worked.get(f"/schemes/{scheme}/1"))["sheet"])


async def ask(
    worked: Worked, sent: Any, who: Mapping[str, Any] = PARTY, **asked: Any
) -> httpx.Response:
    content = sent if isinstance(sent, bytes) else orjson.dumps(sent)
    who = dict(who)
    async with worked.client(*who.pop("roles", ()), **who) as client:
        headers = {"Content-Type": "application/json"}
        return await client.post(WHAT_IF, content=content, headers=headers, params=asked)


async def compare(worked: Worked, sent: Any, who: Mapping[str, Any] = PARTY, **asked: Any) -> Any:
    answer = await ask(worked, sent, who, **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def criterion(sheet: Mapping[str, Any], id_: str) -> Any:
    waiting = list(sheet["criteria"])
    while waiting:
        node = waiting.pop()
        if node["id"] == id_:
            return node
        waiting += node.get("children", ())
    raise LookupError(id_)


@pytest.mark.parametrize("result_set", ["frozen", "corrected"])
async def test_the_same_sheets_change_nothing(worked: Worked, result_set: str) -> None:
    drafts = {
        "person_sheet": await sheet(worked, "HTS-CN"),
        "unit_sheet": await sheet(worked, "HTS-DV"),
    }
    said = await compare(worked, drafts, result_set=result_set)
    assert (said["people"], said["units"], said["bands"], said["quotas"]) == ([], [], [], [])
    assert said["before"] == said["after"]
    assert (said["result_set"], said["position"]) == (result_set, worked.store.log.head().position)


async def test_a_draft_is_scored_over_the_same_evidence_and_recorded_nowhere(
    worked: Worked,
) -> None:
    draft = await sheet(worked, "HTS-CN")
    draft["version"] = 2
    tiers = criterion(draft, "E")["tiers"]
    assert tiers[0]["min"] == "0.90"
    tiers[0]["min"] = 0.895  # P1's mean, exactly; as a binary fraction it would be another number
    said = await compare(worked, {"person_sheet": draft})
    assert said["after"]["person"]["version"] == 2
    before = await worked.get(f"{PERIOD}/results/people/P1")
    [move] = said["people"]
    assert (move["id"], move["name"]) == ("P1", "Nguyễn Văn An")
    assert move["before"] == before["result"]["final"] == "93.71"
    assert Decimal(move["after"]) - Decimal(move["before"]) == Decimal(move["difference"]) > 0
    [unit] = said["units"]
    assert unit["id"] == "X", "its people's mean is part of its score"
    recorded = worked.store.log.read(said["position"])
    assert {entry.kind for entry in recorded} == {Kind.RECORD_READ}
    assert [s["version"] for s in (await worked.get("/schemes"))["schemes"]] == [1, 1]


async def test_bands_say_who_goes_where(worked: Worked) -> None:
    draft = await sheet(worked, "HTS-CN")
    draft["bands"][0]["min"] = "94.00"
    said = await compare(worked, {"person_sheet": draft})
    assert said["bands"] == [{"before": "XUAT_SAC", "after": "TOT", "people": 1}]
    assert [(m["id"], m["difference"]) for m in said["people"]] == [("P1", "0.00")]


async def test_only_those_are_told_of_who_exist_for_the_account(worked: Worked) -> None:
    draft = await sheet(worked, "HTS-CN")
    for band, least in zip(draft["bands"], ("100", "99", "98", "0"), strict=False):
        band["min"] = least
    draft["bands"][-1]["min"] = "0"
    everybody = await compare(worked, {"person_sheet": draft})
    assert {move["id"] for move in everybody["people"]} == {"P1", "P2"}
    of_y = await compare(worked, {"person_sheet": draft}, {"party": True, "units": ("Y",)})
    assert {move["id"] for move in of_y["people"]} == {"P2"}
    assert sum(band["people"] for band in of_y["bands"]) == 1


async def test_a_draft_finds_out_no_party_membership(worked: Worked) -> None:
    """A gate on a band that everybody is in would show who is a member."""
    people, units = await sheet(worked, "HTS-CN"), await sheet(worked, "HTS-DV")
    del people["gates"]
    blind = deepcopy(units)
    pioneers = criterion(blind, "U8")
    assert pioneers["kind"] == "pioneers"
    for name in ("head_complete", "party_ratio"):
        del pioneers[name]
    pioneers |= {"kind": "declared_count", "evidence": "model", "per_item": "1", "cap": "1"}
    for sent in (
        {"person_sheet": people},
        {"unit_sheet": units},
        {"person_sheet": people, "unit_sheet": blind},  # by these sheets against its own
    ):
        await compare(worked, sent)
        for who in ({}, {"roles": ("council",)}):
            answer = await ask(worked, sent, who)
            assert (answer.status_code, rules(answer)) == (403, ["permission-missing"])


@ON_SQLITE
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda s: s.update(colour="red"), "/person_sheet"),
        (lambda s: s["criteria"][0].update(max=31), "/person_sheet"),
        (lambda s: s["criteria"][0].update(kind="magic"), "/person_sheet/criteria/0/kind"),
        (lambda s: s.pop("bands"), "/person_sheet"),
    ],
    ids=["unknown key", "sum of the maxima", "unknown kind", "missing key"],
)
async def test_every_problem_of_a_draft_is_told_at_its_place(
    worked: Worked, change: Any, pointer: str
) -> None:
    draft = deepcopy(await sheet(worked, "HTS-CN"))
    change(draft)
    answer = await ask(worked, {"person_sheet": draft})
    assert answer.status_code == 400
    assert set(rules(answer)) == {"sheet-invalid"}
    assert all(p["pointer"].startswith(pointer) for p in answer.json()["problems"])
    assert all(p["message"] and p["mend"] for p in answer.json()["problems"])


@ON_SQLITE
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"{}", ["member-missing"]),
        (b"[]", ["value-unfit"]),
        (b'{"sheet": {}}', ["member-unknown"]),
        (b'{"person_sheet": 1}', ["sheet-invalid"]),
        (b'{"person_sheet": {"max": NaN}}', ["json.not_a_number"]),
    ],
)
async def test_what_is_no_draft_is_refused(
    worked: Worked, sent: bytes, expected: list[str]
) -> None:
    answer = await ask(worked, sent)
    assert (answer.status_code, rules(answer)) == (400, expected)


@ON_SQLITE
async def test_a_sheet_is_for_whom_it_says(worked: Worked) -> None:
    answer = await ask(worked, {"person_sheet": await sheet(worked, "HTS-DV")})
    assert rules(answer) == ["value-choice"]
    assert answer.json()["problems"][0]["pointer"] == "/person_sheet/subject"

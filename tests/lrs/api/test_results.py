"""Results as evaluators ask for them: exact, filtered, sorted, paged, and as of any position."""

import asyncio
import csv
import io
from typing import Any

import pytest

from lrs.api.paging import Cursor, csv_answer
from schemas.events import Kind
from tests.lrs.api.conftest import PERIOD, Worked, rules

PEOPLE, UNITS = f"{PERIOD}/results/people", f"{PERIOD}/results/units"
OF_X = {"units": ("X",)}
SETS = pytest.mark.parametrize("result_set", ["frozen", "corrected"])
ON_SQLITE = pytest.mark.parametrize("worked", ["sqlite"], indirect=True)


def line(row: dict[str, Any]) -> dict[str, str]:
    """A row as the documents of results have it."""
    plain = {name: value for name, value in row.items() if value is not None}
    scores = plain.pop("scores")
    return {
        **scores,
        **{n: v for n, v in plain.items() if n not in ("person", "unit", "name", "scores")},
    }


async def everybody(worked: Worked, **asked: Any) -> list[str]:
    said = await worked.get(PEOPLE, **asked)
    assert said["total"] == len(said["rows"])
    return [row["person"] for row in said["rows"]]


@SETS
async def test_the_worked_case_comes_out_exactly(
    worked: Worked, expected: dict[str, Any], result_set: str
) -> None:
    await worked.get(UNITS)  # who asks has an account now
    head = worked.store.log.head().position
    units = await worked.get(UNITS, result_set=result_set)
    people = await worked.get(PEOPLE, result_set=result_set)
    assert {r["person"]: line(r) for r in people["rows"]} == expected[result_set]["people"]
    assert {r["unit"]: line(r) for r in units["rows"]} == expected[result_set]["units"]
    assert (people["period"], people["result_set"]) == ("KY-2026", result_set)
    assert people["position"] == units["position"] == head
    for row in people["rows"]:
        one = await worked.get(f"{PEOPLE}/{row['person']}", result_set=result_set)
        assert one["result"] == row
    for row in units["rows"]:
        one = await worked.get(f"{UNITS}/{row['unit']}", result_set=result_set)
        assert one["result"] == row


async def test_a_frozen_periods_own_results_are_the_frozen_ones(worked: Worked) -> None:
    assert (await worked.get(PEOPLE))["result_set"] == "frozen"
    assert (await worked.get(f"{UNITS}/X"))["result_set"] == "frozen"


# Which, and in which order


@ON_SQLITE
async def test_names_are_in_the_order_of_given_names(worked: Worked) -> None:
    assert await everybody(worked) == ["P1", "P2", "P3"]  # An, Bình, Châu
    units = await worked.get(UNITS)
    assert [row["name"] for row in units["rows"]] == ["Cục X", "Nhà hát Y"]


@ON_SQLITE
async def test_scores_are_in_the_order_of_scores(worked: Worked) -> None:
    assert await everybody(worked, order="score") == ["P1", "P2", "P3"]
    # as of the first statements nobody has learned; what is left comes from declarations
    early = await worked.get(PEOPLE, order="score", result_set="open", as_of=early_position(worked))
    finals = [row["final"] for row in early["rows"]]
    assert finals == sorted(finals, key=float, reverse=True)
    units = await worked.get(UNITS, order="score")
    assert [row["unit"] for row in units["rows"]] == ["X", "Y"]


def early_position(worked: Worked) -> int:
    """That of the tenth statement."""
    found = [entry.position for entry in worked.store.log.read() if entry.kind in (2, 3)]
    return found[9]


@ON_SQLITE
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"search": "binh"}, ["P2"]),
        ({"search": "TRẦN bình"}, ["P2"]),
        ({"search": "tran thi"}, ["P2"]),
        ({"search": "inh"}, []),
        ({"search": "nguyen chau"}, []),
        ({"unit": "X"}, ["P1"]),
        ({"unit": "Y"}, ["P2", "P3"]),
        ({"unit": "BO"}, ["P1", "P2", "P3"]),
        ({"band": "CHUA_DAT"}, ["P3"]),
        ({"band": "TOT", "unit": "X"}, []),
        ({"excluded": "true"}, []),
        ({"excluded": "false"}, ["P1", "P2", "P3"]),
    ],
)
async def test_filters_leave_what_meets_them_all(
    worked: Worked, asked: dict[str, Any], found: list[str]
) -> None:
    assert await everybody(worked, **asked) == found


@ON_SQLITE
async def test_units_are_filtered_too(worked: Worked) -> None:
    wanted: list[tuple[dict[str, Any], list[str]]] = [
        ({"unit": "Y"}, ["Y"]),
        ({"unit": "BO"}, ["X", "Y"]),
        ({"band": "XUAT_SAC"}, ["X"]),
        ({"search": "nha hat"}, ["Y"]),
    ]
    for asked, found in wanted:
        said = await worked.get(UNITS, **asked)
        assert [row["unit"] for row in said["rows"]] == found


@ON_SQLITE
@pytest.mark.parametrize(
    ("asked", "status", "rule"),
    [
        ({"unit": "Z"}, 404, "nothing-there"),
        ({"band": "EXCELLENT"}, 400, "value-choice"),
        ({"order": "age"}, 400, "value-choice"),
        ({"limit": "0"}, 400, "value-range"),
        ({"limit": "1001"}, 400, "value-range"),
        ({"limit": "many"}, 400, "value-number"),
        ({"excluded": "perhaps"}, 400, "value-boolean"),
        ({"result_set": "final"}, 400, "value-choice"),
        ({"cursor": "no cursor"}, 400, "cursor-unreadable"),
        ({"cursor": Cursor(5, "frozen", "P1").text}, 404, "nothing-there"),
        ({"cursor": Cursor(180, "frozen", "P9").text}, 400, "cursor-unreadable"),
        ({"as_of": "tomorrow"}, 400, "as-of-unreadable"),
        ({"as_of": "-1"}, 400, "as-of-unreadable"),
        ({"as_of": "99999999"}, 400, "as-of-ahead"),
        ({"as_of": "9" * 19}, 400, "as-of-unreadable"),
        ({"colour": "red"}, 400, "parameter-unknown"),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    worked: Worked, asked: dict[str, Any], status: int, rule: str
) -> None:
    answer = await worked.ask(PEOPLE, **asked)
    assert (answer.status_code, rules(answer)) == (status, [rule])


# Pages


@pytest.mark.parametrize("order", ["name", "score"])
async def test_pages_hold_every_row_once(worked: Worked, order: str) -> None:
    whole = await worked.get(PEOPLE, order=order)
    found: list[Any] = []
    cursor: dict[str, Any] = {}
    pages = 0
    while True:
        said = await worked.get(PEOPLE, order=order, limit=2, **cursor)
        assert said["total"] == 3
        found += said["rows"]
        pages += 1
        if said["next"] is None:
            break
        cursor = {"cursor": said["next"]}
    assert (found, pages) == (whole["rows"], 2)


@ON_SQLITE
async def test_a_page_that_is_full_and_last_has_no_next(worked: Worked) -> None:
    assert (await worked.get(PEOPLE, limit=3))["next"] is None


@ON_SQLITE
async def test_all_pages_are_of_the_state_of_the_first(worked: Worked) -> None:
    early = early_position(worked)
    first = await worked.get(PEOPLE, result_set="open", as_of=early, limit=1)
    second = await worked.get(PEOPLE, cursor=first["next"], limit=2)
    assert (second["position"], second["result_set"]) == (early, "open")
    whole = await worked.get(PEOPLE, result_set="open", as_of=early)
    assert first["rows"] + second["rows"] == whole["rows"]


# As of


def frozen_at(worked: Worked) -> int:
    """The position of the event that froze the period."""
    [freeze] = [e.position for e in worked.store.log.read() if e.kind == Kind.PERIOD_FROZEN]
    return freeze


async def test_before_the_appeal_there_are_no_corrected_results(worked: Worked) -> None:
    freeze = frozen_at(worked)
    answer = await worked.ask(PEOPLE, result_set="corrected", as_of=freeze)
    assert (answer.status_code, rules(answer)) == (404, ["nothing-there"])
    said = await worked.get(PEOPLE, as_of=freeze)
    assert (said["result_set"], said["position"]) == ("frozen", freeze)


async def test_before_the_freeze_the_period_is_open(
    worked: Worked, expected: dict[str, Any]
) -> None:
    before = frozen_at(worked) - 1
    said = await worked.get(PEOPLE, as_of=before)
    assert (said["result_set"], said["position"]) == ("open", before)
    answer = await worked.ask(PEOPLE, result_set="frozen", as_of=before)
    assert (answer.status_code, rules(answer)) == (404, ["nothing-there"])


async def test_before_the_period_was_recorded_it_does_not_exist(worked: Worked) -> None:
    answer = await worked.ask(PEOPLE, as_of=1)
    assert (answer.status_code, rules(answer)) == (404, ["nothing-there"])


async def test_a_time_means_the_last_position_recorded_by_then(worked: Worked) -> None:
    freeze = frozen_at(worked)
    by_number = await worked.get(f"{PEOPLE}/P2", as_of=freeze)
    by_time = await worked.get(f"{PEOPLE}/P2", as_of=by_number["stored"])
    assert by_time == by_number
    earlier = by_number["stored"].replace("Z", "")[:-6] + "000000Z"
    assert (await worked.get("/periods", as_of=earlier))["position"] < freeze
    never = await worked.get("/periods", as_of="2001-01-01T00:00:00Z")
    assert (never["position"], never["stored"], never["periods"]) == (0, None, [])
    ahead = await worked.get("/periods", as_of="2999-01-01T00:00:00Z")
    assert ahead["position"] == worked.store.log.head().position


# Who


async def test_what_lies_outside_an_accounts_units_does_not_exist(worked: Worked) -> None:
    said = await worked.get(PEOPLE, OF_X)
    assert [row["person"] for row in said["rows"]] == ["P1", "P2"], "who was in X in the period"
    assert [row["unit"] for row in said["rows"]] == ["X", None], "Y does not exist"
    assert said["total"] == 2
    assert '"Y"' not in str(said)
    assert [r["unit"] for r in (await worked.get(UNITS, OF_X))["rows"]] == ["X"]
    missing = await worked.ask(f"{PEOPLE}/P9", OF_X)
    for path, asked in ((f"{PEOPLE}/P3", {}), (f"{UNITS}/Y", {}), (PEOPLE, {"unit": "Y"})):
        answer = await worked.ask(path, OF_X, **asked)
        assert (answer.status_code, rules(answer)) == (404, ["nothing-there"]), path
        assert answer.json().keys() == missing.json().keys()


async def test_units_below_those_of_an_account_are_its_own(worked: Worked) -> None:
    said = await worked.get(PEOPLE, {"units": ("BO",)})
    assert [row["unit"] for row in said["rows"]] == ["X", "Y", "Y"]


async def test_an_account_of_units_that_are_not_there_sees_nothing(worked: Worked) -> None:
    assert (await worked.get(PEOPLE, {"units": ("Z",)}))["rows"] == []


async def test_learners_see_themselves_and_nobody_else(worked: Worked) -> None:
    learner = {"roles": ("learner",), "person": "P2"}
    assert (await worked.get(f"{PEOPLE}/P2", learner))["result"]["final"] == "74.20"
    assert (await worked.ask(f"{PEOPLE}/P1", learner)).status_code == 404
    for path in (PEOPLE, UNITS, f"{UNITS}/Y"):
        assert rules(await worked.ask(path, learner)) == ["role-not-permitted"]


async def test_a_learner_who_evaluates_too_sees_both(worked: Worked) -> None:
    both = {"roles": ("evaluator", "learner"), "units": ("X",), "person": "P3"}
    said = await worked.get(PEOPLE, both)
    assert [row["person"] for row in said["rows"]] == ["P1", "P2", "P3"]


async def test_many_may_ask_at_once(worked: Worked) -> None:
    """More than there are connections to the database."""
    paths = (PEOPLE, UNITS, f"{PERIOD}/differences", f"{PERIOD}/explanations/units/X", "/people")
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*(worked.ask(path) for path in paths * 10))
    assert {answer.status_code for answer in answers} == {200}


# CSV


async def test_csv_holds_what_json_holds(worked: Worked) -> None:
    rows = (await worked.get(PEOPLE))["rows"]
    head = worked.store.log.head().position
    answer = await worked.ask(PEOPLE, format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["x-hocba-position"] == str(head)
    assert answer.headers["x-hocba-result-set"] == "frozen"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    criteria = {name.split()[0]: name for name in table[0] if name[1:2] == " "}
    assert [r["Name"] for r in table] == [r["name"] for r in rows]
    for cells, row in zip(table, rows, strict=True):
        assert {id_: cells[name] for id_, name in criteria.items()} == row["scores"]
        assert (cells["Final"], cells["Band"]) == (row["final"], row["band"])


@ON_SQLITE
async def test_csv_as_a_vietnamese_excel_opens_it(worked: Worked) -> None:
    async with worked.client() as client:
        headers = {"Accept": "text/csv", "Accept-Language": "vi"}
        answer = await client.get(UNITS, params={"decimal": "comma"}, headers=headers)
    first, second, *_ = answer.text.removeprefix("\ufeff").split("\r\n")
    assert first.startswith("Đơn vị;Tên;U1 ")
    assert second.startswith("X;Cục X;10,00;8,00;25,00;")
    assert "." not in second
    assert "KY-2026-frozen-units-" in answer.headers["content-disposition"]


@ON_SQLITE
async def test_csv_in_pages_says_where_it_goes_on(worked: Worked) -> None:
    first = await worked.ask(PEOPLE, format="csv", limit=2)
    assert len(first.text.splitlines()) == 3
    second = await worked.ask(PEOPLE, format="csv", cursor=first.headers["x-hocba-next"])
    assert len(second.text.splitlines()) == 2
    assert "x-hocba-next" not in second.headers


@ON_SQLITE
async def test_the_format_asked_for_comes_before_what_is_accepted(worked: Worked) -> None:
    async with worked.client() as client:
        headers = {"Accept": "text/csv"}
        answer = await client.get(PEOPLE, params={"format": "json"}, headers=headers)
    assert answer.headers["content-type"] == "application/json"


def test_no_cell_is_a_formula_to_a_spreadsheet() -> None:
    answer = csv_answer(
        "x",
        {"name": "Name", "final": "Final"},
        [{"name": '=HYPERLINK("https://example")', "final": "-1.50"}, {"name": None}],
        numbers=["final"],
        mark="comma",
        headers={},
    )
    text = bytes(answer.body).decode()
    assert text == '\ufeffName;Final\r\n"\'=HYPERLINK(""https://example"")";-1,50\r\n;\r\n'

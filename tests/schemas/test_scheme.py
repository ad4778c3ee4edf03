"""Score sheets: what is read, and everything that is wrong with one, where and how to mend it."""

import json
import re
from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import date
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from projections.scoring.person_criteria import PERSON_COUNTS, PERSON_KINDS
from projections.scoring.unit_criteria import MEASURES, UNIT_COUNTS, UNIT_KINDS
from schemas.scheme import (
    Criterion,
    Gate,
    Group,
    HeadOfUnit,
    InvalidSheet,
    Sheet,
    problems_of,
    read_sheet,
    written,
)
from schemas.scheme_kinds import COUNT_KINDS, KINDS
from schemas.scheme_problems import WORDS
from tests.projections.scoring.case_folder import Loader, read_yaml

GOLDEN = Path(__file__).parents[1] / "golden" / "movement-2026"
SHIPPED = ["don-vi-hoc-tap.yaml", "ca-nhan-30-70.yaml"]
VIETNAMESE = re.compile("[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]")


@pytest.fixture(scope="module")
def of_persons() -> Any:
    return read_yaml(GOLDEN / "scheme-individual.yaml")


@pytest.fixture(scope="module")
def of_units() -> Any:
    return read_yaml(GOLDEN / "scheme-unit.yaml")


def shipped(name: str) -> dict[str, Any]:
    text = resources.files("schemas").joinpath("sheets", name).read_text("utf-8")
    sheet: dict[str, Any] = yaml.load(text, Loader)
    return sheet


def changed(sheet: dict[str, Any], change: Callable[[Any], object]) -> dict[str, Any]:
    copy = deepcopy(sheet)
    change(copy)
    return copy


def put(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        for key in path[:-1]:
            sheet = sheet[key]
        sheet[path[-1]] = to

    return change


def drop(*path: str | int) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        for key in path[:-1]:
            sheet = sheet[key]
        del sheet[path[-1]]

    return change


def points(nodes: Iterable[Group | Criterion]) -> Fraction:
    return sum((node.max for node in nodes if isinstance(node, Criterion)), Fraction(0))


# ---- what is read


def test_a_sheet_is_read_exactly(of_persons: dict[str, Any]) -> None:
    sheet = read_sheet(of_persons)
    assert [leaf.id for leaf in sheet.leaves] == ["A", "B", "C", "D", "E", "F"]
    assert sheet.max == 100
    assert sheet.head_of_unit == HeadOfUnit(3, Fraction(1, 5))
    assert sheet.gates == (Gate("XUAT_SAC", "A"),)
    assert sheet.leaves[1].settings == {
        "target_minutes_per_12_months": 1800,
        "course_minutes_cap_factor": Fraction(3, 2),
    }
    assert [band.min for band in sheet.bands] == [90, 70, 50, 0]
    assert sheet.penalty.rules[1].blocks_award


def test_a_sheet_stored_as_json_reads_as_the_same_sheet(
    of_persons: dict[str, Any], of_units: dict[str, Any]
) -> None:
    for sheet in (of_persons, of_units):
        stored = json.loads(json.dumps(written(sheet)))
        assert read_sheet(stored) == read_sheet(sheet)
        assert "0.2" not in json.dumps(stored).replace('"0.20"', "")


def test_binary_floating_point_is_refused(of_persons: dict[str, Any]) -> None:
    [problem] = problems_of(changed(of_persons, put("head_of_unit", "weight", to=0.2)))
    assert problem.path == ("head_of_unit", "weight")
    assert problem.rule == "number"


def test_groups_hold_the_leaves_they_are_written_with() -> None:
    sheet = read_sheet(shipped("ca-nhan-30-70.yaml"))
    common, results = sheet.criteria
    assert isinstance(common, Group)
    assert isinstance(results, Group)
    assert isinstance(common.children[1], Group)
    assert [leaf.id for leaf in sheet.leaves] == ["C1", "C2", "C3", "C4", "C5", "K1", "K2", "K3"]
    assert points(results.children) == 70


@pytest.mark.parametrize("key", ["eligibility", "head_of_unit", "gates", "bonus", "penalty"])
def test_what_is_optional_may_be_left_out_or_null(key: str, of_persons: dict[str, Any]) -> None:
    absent = read_sheet(changed(of_persons, drop(key)))
    assert read_sheet(changed(of_persons, put(key, to=None))) == absent
    assert absent.month_min_days == 15


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("criteria", 3, "table", 0, "max_gap"), -1),  # one level above the one required
        (("criteria", 4, "tiers"), []),
        (("head_of_unit", "min_head_months"), 0),
        (("penalty", "rules", 0, "id"), "T1"),  # a bonus rule has the same
        (("bonus", "rules"), []),
    ],
)
def test_what_is_unusual_but_has_a_meaning_is_read(
    path: tuple[str | int, ...], value: Any, of_persons: dict[str, Any]
) -> None:
    assert problems_of(changed(of_persons, put(*path, to=value))) == []


def test_a_note_may_be_anywhere(of_persons: dict[str, Any]) -> None:
    sheet = deepcopy(of_persons)
    for mapping in (sheet, sheet["criteria"][2]["tiers"][0], sheet["bands"][0], sheet["gates"][0]):
        mapping["note"] = "ghi chú"
    sheet["rounding"]["note"] = None
    assert read_sheet(sheet) == read_sheet(of_persons)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_sheets_that_come_with_the_program_have_no_problems(name: str) -> None:
    assert problems_of(shipped(name)) == []


def test_the_learning_unit_sheet_is_that_of_the_circular() -> None:
    sheet = read_sheet(shipped("don-vi-hoc-tap.yaml"))
    assert sheet.subject == "unit"
    parts = [group.children for group in sheet.criteria if isinstance(group, Group)]
    assert [points(part) for part in parts] == [30, 30, 40]
    assert [band.min for band in sheet.bands] == [85, 70, 50, 0]


def test_the_quota_of_the_yearly_sheet_is_settings() -> None:
    sheet = shipped("ca-nhan-30-70.yaml")
    sheet["quota"] |= {"base": "COUNT", "rounding": "half_up", "group_by": [], "level": "TOT"}
    quota = read_sheet(sheet).quota
    assert quota is not None
    assert (quota.base, quota.rounding, quota.group_by, quota.level) == (
        "COUNT",
        "half_up",
        (),
        "TOT",
    )


def test_every_kind_a_sheet_may_name_can_be_scored() -> None:
    assert PERSON_KINDS.keys() | UNIT_KINDS.keys() == KINDS.keys()
    assert PERSON_COUNTS.keys() | UNIT_COUNTS.keys() == COUNT_KINDS.keys()
    for subject, kinds, counts in (
        ("person", PERSON_KINDS, PERSON_COUNTS),
        ("unit", UNIT_KINDS, UNIT_COUNTS),
    ):
        assert kinds.keys() == {name for name, kind in KINDS.items() if subject in kind.subjects}
        assert counts.keys() == {
            name for name, kind in COUNT_KINDS.items() if subject in kind.subjects
        }


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_of_members_can_be_named(measure: str, of_units: dict[str, Any]) -> None:
    assert problems_of(changed(of_units, put("criteria", 2, "measure", to=measure))) == []


# ---- what is wrong


A, B, C, D, E, F = range(6)
REPEATED_B = {
    "id": "B2",
    "vi": "Thời lượng",
    "max": 15,
    "kind": "hours_tiers",
    "course_minutes_cap_factor": 1,
    "tiers": [{"min_minutes_per_12_months": 1800, "score": 15}],
    "otherwise": 0,
}
QUOTA = {"rate": "0.2", "base": "COUNT", "rounding": "floor", "minimum_one": False}


class Wrong(NamedTuple):
    """A change to a good sheet, and what must be reported of it."""

    rule: str
    path: tuple[str | int, ...]
    change: Callable[[Any], object]


def wrong(rule: str, *path: str | int, to: Any) -> Wrong:
    return Wrong(rule, path, put(*path, to=to))


def missing(*path: str | int) -> Wrong:
    return Wrong("key.missing", path[:-1], drop(*path))


WRONG_FOR_PERSONS = [
    wrong("key.unknown", "colour", to="red"),
    wrong("key.unknown", "criteria", B, "target", to=1),
    wrong("key.unknown", "criteria", C, "tiers", 1, "max", to=1),
    missing("legal_basis"),
    missing("rounding"),
    missing("criteria", A, "kind"),
    missing("criteria", B, "course_minutes_cap_factor"),
    missing("bonus", "rules", 0, "cap"),
    wrong("empty", "legal_basis", to=[]),
    wrong("text", "legal_basis", 0, to=" "),
    wrong("text", "vi", to=None),
    wrong("choice", "format", to="lrs-case/1"),
    wrong("choice", "subject", to="team"),
    wrong("whole", "version", to="1.5"),
    wrong("least", "version", to=0),
    wrong("id", "id", to="HTS CN"),
    wrong("id", "id", to=1001),
    wrong("list", "criteria", to={}),
    wrong("mapping", "criteria", A, to="A"),
    wrong("mapping", "bonus", to=[]),
    wrong("number", "max", to=True),
    wrong("number", "max", to=Decimal("NaN")),
    wrong("number", "max", to="1e2"),
    wrong("decimals", "bonus", "cap", to=Decimal("2.505")),
    wrong("decimals", "criteria", C, "tiers", 3, "score", to="3.999"),
    wrong("decimals", "criteria", F, "items", 0, "per_item", to=Decimal("0.001")),
    wrong("least", "bonus", "cap", to=-1),
    wrong("positive", "criteria", B, "target_minutes_per_12_months", to=0),
    wrong("most", "head_of_unit", "weight", to=Decimal("1.01")),
    wrong("boolean", "penalty", "rules", 1, "blocks_award", to="yes"),
    wrong("rounding", "rounding", "mode", to="half_even"),
    wrong("rounding", "rounding", "decimals", to=1),
    wrong("id.repeated", "criteria", B, "id", to="A"),
    wrong("id.repeated", "criteria", F, "items", 1, "id", to="F1"),
    wrong("id.repeated", "penalty", "rules", 1, "id", to="P1"),
    wrong("id.repeated", "bands", 2, "id", to="TOT"),
    wrong("id.reserved", "criteria", D, "id", to="final"),
    wrong("kind.unknown", "criteria", A, "kind", to="guess"),
    wrong("kind.unknown", "bonus", "rules", 0, "kind", to="hours"),
    wrong("kind.subject", "criteria", A, "kind", to="report_timeliness"),
    wrong("kind.cycle", "criteria", A, "kind", to="weighted_mean_personal"),
    Wrong("kind.repeated", ("criteria", C, "kind"), put("criteria", C, to=REPEATED_B)),
    Wrong("sum", ("criteria",), put("criteria", A, "max", to=29)),
    wrong("above_max", "criteria", C, "tiers", 0, "score", to=Decimal("15.01")),
    wrong("above_max", "criteria", E, "otherwise", to=11),
    wrong("empty", "criteria", F, "items", to=[]),
    wrong("positive", "max", to=0),
    wrong("whole", "criteria", D, "table", 0, "max_gap", to="0.5"),
    wrong("descending", "bands", 2, "min", to=75),
    wrong("bands.last", "bands", 3, "min", to=1),
    wrong("choice", "gates", 0, "if", to="is_head"),
    wrong("choice", "gates", 0, "requires", "at", to="half"),
    wrong("criterion.unknown", "gates", 0, "requires", "criterion", to="Z"),
    wrong("band.unknown", "gates", 0, "level", to="GIOI"),
    wrong("band.lowest", "gates", 0, "level", to="CHUA_DAT"),
    Wrong("choice", ("quota", "base"), put("quota", to=QUOTA | {"base": "ALL"})),
    Wrong("positive", ("quota", "rate"), put("quota", to=QUOTA | {"rate": 0})),
    Wrong("most", ("quota", "rate"), put("quota", to=QUOTA | {"rate": 20})),
    Wrong("choice", ("quota", "group_by", 0), put("quota", to=QUOTA | {"group_by": ["sex"]})),
    Wrong(
        "criterion.unknown",
        ("quota", "tie_break", 1),
        put("quota", to=QUOTA | {"tie_break": ["exam_mean", "age"]}),
    ),
]
WRONG_FOR_UNITS = [
    wrong("key.subject", "head_of_unit", to={"min_head_months": 3, "weight": "0.2"}),
    wrong("key.subject", "gates", to=[]),
    wrong("day", "criteria", 0, "deadline", to="2026-02-30"),
    wrong("day", "criteria", 0, "deadline", to="20260331"),
    wrong("day", "criteria", 0, "deadline", to=date(1899, 12, 31)),
    wrong("above_max", "criteria", 0, "on_time", to=11),
    wrong("choice", "criteria", 2, "measure", to="happiness"),
    wrong("positive", "criteria", 2, "target", to=0),
    wrong("most", "criteria", 2, "target", to="1.2"),
    wrong("above_max", "criteria", 7, "party_ratio", to="6.5"),
    wrong("least", "penalty", "rules", 0, "block_working_days", to=0),
    wrong("kind.subject", "penalty", "rules", 0, "kind", to="elective_courses"),
]


@pytest.mark.parametrize("case", WRONG_FOR_PERSONS)
def test_a_wrong_sheet_of_persons_is_refused_where_it_is_wrong(
    of_persons: dict[str, Any], case: Wrong
) -> None:
    sheet = changed(of_persons, case.change)
    assert (case.rule, case.path) in [(each.rule, each.path) for each in problems_of(sheet)]
    with pytest.raises(InvalidSheet):
        read_sheet(sheet)


@pytest.mark.parametrize("case", WRONG_FOR_UNITS)
def test_a_wrong_sheet_of_units_is_refused_where_it_is_wrong(
    of_units: dict[str, Any], case: Wrong
) -> None:
    sheet = changed(of_units, case.change)
    assert (case.rule, case.path) in [(each.rule, each.path) for each in problems_of(sheet)]


CONSEQUENCES = {"sum", "criterion.unknown", "kind.unknown", "key.missing", "key.unknown"}


def test_only_what_is_wrong_is_told(of_persons: dict[str, Any], of_units: dict[str, Any]) -> None:
    assert problems_of(of_persons) == []
    assert problems_of(of_units) == []
    for case in WRONG_FOR_PERSONS:
        found = {each.rule for each in problems_of(changed(of_persons, case.change))}
        assert found - CONSEQUENCES <= {case.rule}


def test_all_problems_are_found_at_once(of_persons: dict[str, Any]) -> None:
    sheet = deepcopy(of_persons)
    for change in (
        drop("vi"),
        put("criteria", A, "max", to=29),
        put("bands", 3, "min", to=5),
        put("gates", 0, "level", to="GIOI"),
        put("criteria", E, "kind", to="guess"),
    ):
        change(sheet)
    assert {problem.rule for problem in problems_of(sheet)} == {
        "key.missing",
        "sum",
        "bands.last",
        "band.unknown",
        "kind.unknown",
    }


def test_a_group_nested_in_itself_is_refused_once(of_persons: dict[str, Any]) -> None:
    group: dict[str, Any] = {"id": "G", "vi": "Nhóm", "children": []}
    group["children"].append(group)
    sheet = deepcopy(of_persons)
    sheet["criteria"].append(group)
    [problem] = problems_of(sheet)
    assert problem.rule == "cycle"
    assert problem.path == ("criteria", 6, "children", 0)


def test_a_group_without_an_id_that_is_nested_in_itself_is_refused(
    of_persons: dict[str, Any],
) -> None:
    group: dict[str, Any] = {"vi": "Nhóm", "children": []}
    group["children"].append(group)
    sheet = deepcopy(of_persons)
    sheet["criteria"].append(group)
    assert [problem.rule for problem in problems_of(sheet)] == ["key.missing", "cycle"]


@pytest.mark.parametrize("inner", ["G", {"id": "G", "vi": "Nhóm", "max": 0, "kind": "manual"}])
def test_a_group_that_names_itself_as_a_child_is_refused(
    inner: Any, of_persons: dict[str, Any]
) -> None:
    sheet = deepcopy(of_persons)
    sheet["criteria"].append({"id": "G", "vi": "Nhóm", "children": [inner]})
    assert [problem.rule for problem in problems_of(sheet)] == ["cycle"]


def test_a_leaf_without_an_id_in_a_group_without_one_is_no_cycle(
    of_persons: dict[str, Any],
) -> None:
    sheet = deepcopy(of_persons)
    leaf = sheet["criteria"].pop(0)
    del leaf["id"]
    sheet["criteria"].append({"vi": "Nhóm", "children": [leaf]})
    assert {problem.rule for problem in problems_of(sheet)} == {"key.missing", "criterion.unknown"}


def test_a_group_that_states_its_maximum_is_held_to_it() -> None:
    sheet = shipped("don-vi-hoc-tap.yaml")
    sheet["criteria"][1]["max"] = "29"
    [problem] = problems_of(sheet)
    assert problem.path == ("criteria", 1, "max")
    assert (problem.facts["sum"], problem.facts["max"]) == ("30", "29")


def test_a_course_that_is_not_in_the_catalogue_is_refused(of_persons: dict[str, Any]) -> None:
    exam = {
        "id": "E",
        "vi": "Kết quả kiểm tra",
        "max": 10,
        "kind": "exam_score",
        "course": "R9",
        "tiers": [{"min": "0.5", "score": 10}],
        "otherwise": 0,
    }
    sheet = changed(of_persons, put("criteria", E, to=exam))
    assert problems_of(sheet) == problems_of(sheet, courses={"R9"}) == []
    [problem] = problems_of(sheet, courses={"R1"})
    assert problem.path == ("criteria", E, "course")
    assert problem.rule == "course.unknown"


def test_a_sheet_that_is_no_mapping_is_refused() -> None:
    assert [problem.rule for problem in problems_of(["A"])] == ["mapping"]


def test_every_rule_is_told_in_both_languages_with_its_facts(
    of_persons: dict[str, Any], of_units: dict[str, Any]
) -> None:
    told = set()
    for sheet, cases in ((of_persons, WRONG_FOR_PERSONS), (of_units, WRONG_FOR_UNITS)):
        for case in cases:
            for problem in problems_of(changed(sheet, case.change)):
                told.add(problem.rule)
                for said in (problem.reason("vi"), problem.mend("vi")):
                    assert VIETNAMESE.search(said.lower())
                for said in (problem.reason("en"), problem.mend("en")):
                    assert not VIETNAMESE.search(said.replace("Thời lượng", "").lower())
    assert told >= WORDS.keys() - {"cycle", "course.unknown"}


def test_a_message_quotes_what_was_found(of_persons: dict[str, Any]) -> None:
    [problem] = problems_of(changed(of_persons, put("criteria", A, "max", to=29)))
    assert problem.reason("vi") == ("Điểm tối đa của các tiêu chí cộng lại là 99, không phải 100.")
    assert problem.mend("en") == ("Change the “max” of the criteria so that they add up to 100.")


def test_sheets_are_values(of_persons: dict[str, Any]) -> None:
    sheet: Sheet = read_sheet(of_persons)
    with pytest.raises(AttributeError):
        sheet.max = Fraction(1)  # type: ignore[misc]

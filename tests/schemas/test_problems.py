"""Every rule can be broken, and is told in both languages with its section in both versions."""

import re
import string

import pytest

from schemas.json_text import InvalidJson, parse
from schemas.problems import RULES, Language, Problem, Rule, Version, render
from schemas.statement import check_agent, check_statement
from tests.schemas.cases import AN, REFUSED, changed, statement
from tests.schemas.test_json_text import UNREADABLE

VIETNAMESE = re.compile(
    "[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE
)


def unreadable(body: bytes) -> list[Problem]:
    try:
        parse(body)
    except InvalidJson as refused:
        return refused.problems
    return []


EXAMPLES: list[Problem] = [
    *(problem for body, _, _ in UNREADABLE.values() for problem in unreadable(body)),
    *unreadable(b'{"a":1,"a":2}'),
    *check_agent({"objectType": "Group", "member": [AN]}, "1.0"),
    *(
        problem
        for case in REFUSED
        for problem in check_statement(
            changed(statement(), case.changes), "1.0" if "1.0" in case.versions else "2.0"
        )
    ),
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_broken_by_an_example(rule: str):
    assert rule in {problem.rule for problem in EXAMPLES}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_names_its_section_in_both_versions(rule: Rule):
    assert re.match("xAPI-(Data|Communication) [0-9]|RFC 8259", rule.section_1_0)
    assert re.match("IEEE 9274.1.1 [0-9]|RFC 8259", rule.section_2_0)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_worded_in_vietnamese(rule: Rule):
    assert all(VIETNAMESE.search(text) for text in rule.vi)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_worded_in_english(rule: Rule):
    assert all(text and not VIETNAMESE.search(text) for text in rule.en)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_both_languages_tell_the_same_facts(rule: Rule):
    def fields(text: str) -> set[str]:
        return {field for _, field, _, _ in string.Formatter().parse(text) if field}

    assert [fields(text) for text in rule.vi] == [fields(text) for text in rule.en]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_every_example_can_be_told(language: Language, version: Version):
    for problem in EXAMPLES:
        told = render(problem, language, version)
        assert told["message"]
        assert told["mend"]


def test_a_problem_is_told_with_everything_known_about_it():
    problem = Problem(
        "/result/score/raw", "type.quoted", "95", {"expected": "number", "bare": "95"}
    )
    assert render(problem, "vi", "1.0") == {
        "pointer": "/result/score/raw",
        "value": "95",
        "rule": "type.quoted",
        "section": "xAPI-Data 2.2",
        "message": 'Giá trị "95" là chuỗi ký tự, trong khi ở đây phải là số.',
        "mend": "Bỏ dấu ngoặc kép: 95.",
    }


def test_the_section_is_that_of_the_version():
    problem = Problem("/actor/name", "null")
    assert render(problem, "en", "2.0")["section"] == "IEEE 9274.1.1 4.2.4.1"


def test_a_long_value_is_cut():
    told = render(Problem("/actor", "iri", ["x" * 1000]), "en", "1.0")
    assert told["value"] == '["' + "x" * 197 + "…"


def test_a_value_of_200_characters_is_whole():
    value = "x" * 198  # and two quotation marks
    assert render(Problem("/actor", "iri", value), "en", "1.0")["value"] == value


def test_braces_in_a_value_are_no_facts():
    told = render(Problem("/a", "iri", "{place}"), "en", "1.0")
    assert told["message"] == '"{place}" is not a valid IRI.'


@pytest.mark.parametrize(
    ("pointer", "place"), [("", "the whole body"), ("/a~1b", '"a/b"'), ("/member/3", "item 3")]
)
def test_a_place_is_named(pointer: str, place: str):
    assert (
        render(Problem(pointer, "null"), "en", "1.0")["mend"]
        == f"Remove {place} or give it a value."
    )

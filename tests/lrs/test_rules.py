"""Every refusal there is in the program can be worded, in both languages."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import lrs
from lrs.rules import RULES
from schemas.problems import Problem, render
from schemas.rules import RULES as BODY_RULES
from schemas.rules import Language, Version

LANGUAGES: tuple[Language, ...] = ("vi", "en")
ALWAYS_THERE = {"value", "place"}
PACKAGE = Path(lrs.__file__).parent


def problems() -> Iterator[tuple[str, ast.Call]]:
    """Every call of ``Problem`` with the name of a rule in it, and where it is."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name("Problem"), args=[_, ast.Constant(), *_]):
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def rule_of(call: ast.Call) -> str:
    name = call.args[1]
    assert isinstance(name, ast.Constant)
    return str(name.value)


def placeholders(*texts: str) -> set[str]:
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def test_every_rule_a_refusal_names_is_worded() -> None:
    unworded = {
        place: rule
        for place, call in problems()
        if (rule := rule_of(call)) not in RULES and rule not in BODY_RULES
    }
    assert unworded == {}


def test_no_request_rule_has_the_name_of_a_body_rule() -> None:
    assert RULES.keys().isdisjoint(BODY_RULES)


def test_every_wording_has_the_facts_it_speaks_of() -> None:
    lacking = {}
    for place, call in problems():
        match call.args[3:]:
            case []:
                facts: set[str] = set()
            case [ast.Dict(keys=keys)]:
                facts = {str(key.value) for key in keys if isinstance(key, ast.Constant)}
            case _:
                continue  # made beforehand, with the facts several problems share
        rule = RULES.get(rule_of(call))
        if rule is not None:
            missing = placeholders(*rule.vi, *rule.en) - facts - ALWAYS_THERE
            if missing:
                lacking[place] = missing
    assert lacking == {}


@pytest.mark.parametrize("name", RULES)
def test_both_languages_say_what_is_wrong_and_what_to_do(name: str) -> None:
    rule = RULES[name]
    facts = dict.fromkeys(placeholders(*rule.vi, *rule.en) - ALWAYS_THERE, "7")
    problem = Problem("", name, "x", facts)
    sections: dict[Version, str] = {"1.0": rule.section_1_0, "2.0": rule.section_2_0}
    for version, section in sections.items():
        told = [render(problem, language, version, RULES) for language in LANGUAGES]
        assert [one["section"] for one in told] == [section, section]
        texts = [one[part] for one in told for part in ("message", "mend")]
        assert all(text.endswith(".") and "{7" not in text for text in texts)
        assert len(set(texts)) == 4

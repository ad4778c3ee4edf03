"""YAML as a tree that guesses nothing."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.cases.scalars import meaning
from lrs.cases.text_files import Unreadable
from lrs.cases.yaml_text import List, Map, Scalar, read_yaml


def test_every_value_knows_its_line_and_its_quotes() -> None:
    root = read_yaml(b'a: 1\nb:\n  - "1"\n  - >-\n    two\n    lines\n')
    assert isinstance(root, Map)
    assert root.pairs["a"] == Scalar("1", True, 1)
    listed = root.pairs["b"]
    assert isinstance(listed, List)
    assert listed.items == [Scalar("1", False, 3), Scalar("two lines", False, 4)]
    assert root.line_of("b") == 2


def test_a_repeated_key_is_seen_and_its_first_value_kept() -> None:
    root = read_yaml(b"a: 1\na: 2\n")
    assert isinstance(root, Map)
    assert [key.line for key in root.keys] == [1, 2]
    assert root.pairs == {"a": Scalar("1", True, 1)}


def test_what_is_nested_deeply_is_refused_without_recursion() -> None:
    for brackets in (b"[" * 900 + b"]" * 900, b"- " * 5_000 + b"a"):
        with pytest.raises(Unreadable) as refused:
            read_yaml(brackets)
        assert refused.value.rule in ("yaml.depth", "yaml.syntax")


def test_aliases_that_would_multiply_are_refused_before_they_do() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    with pytest.raises(Unreadable) as refused:
        read_yaml("\n".join(["a0: &a0 [x]", *levels]).encode())
    assert (refused.value.rule, refused.value.line) == ("yaml.aliases", 7)


def test_aliases_that_would_nest_deeply_are_refused() -> None:
    levels = [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 100)]
    with pytest.raises(Unreadable) as refused:
        read_yaml("\n".join(["a0: &a0 [x]", *levels]).encode())
    assert (refused.value.rule, refused.value.line) == ("yaml.depth", 64)


def test_an_alias_is_the_value_it_names_on_its_own_line() -> None:
    root = read_yaml(b"a: &day 2026-01-01\nb: &list [*day]\nc:\n  - *list\n")
    assert isinstance(root, Map)
    [again] = root.pairs["c"].items  # type: ignore[union-attr]
    assert again == List([Scalar("2026-01-01", True, 2)], 4)


@pytest.mark.parametrize("written", [b"a: *a\n", b"a: &a [*a]\n", b"a: *b\nb: &b 1\n"])
def test_an_alias_of_nothing_above_is_refused(written: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_yaml(written)
    assert (refused.value.rule, refused.value.line) == ("yaml.alias", 1)


def test_a_tab_after_the_indentation_is_no_problem() -> None:
    assert read_yaml(b"a:\tb\n") == Map({"a": Scalar("b", True, 1)}, [Scalar("a", True, 1)], 1)


@pytest.mark.parametrize(
    ("written", "taken_for"),
    [
        ("~", "null"),
        ("Null", "null"),
        ("on", "boolean"),
        ("YES", "boolean"),
        ("False", "boolean"),
        ("Y", None),
        ("n", None),
        ("12", "number"),
        ("-1_000.5", "number"),
        ("1e3", None),
        ("1.5e+3", "number"),
        (".5", "number"),
        ("017", "number"),
        ("08", None),
        ("0o17", None),
        ("190:20:30", "number"),
        ("-.inf", "number"),
        (".NaN", "number"),
        ("2026-01-05", "date"),
        ("2026-1-5", None),
        ("2026-01-05 10:00", "date"),
        ("99a2c636", None),
        ("1.2.3", None),
        ("an.nv", None),
        ("+84 24", None),
        ("-", None),
    ],
)
def test_what_yaml_takes_plain_text_for(written: str, taken_for: str | None) -> None:
    assert meaning(Scalar(written, True, 1)) == taken_for
    assert meaning(Scalar(written, False, 1)) is None


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(Unreadable):
        read_yaml(content)

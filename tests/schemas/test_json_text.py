"""JSON text has exactly one reading, or is refused with the reason and the place."""

import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.json_text import MAXIMUM_DEPTH, InvalidJson, parse, split
from schemas.problems import Problem
from tests.schemas.strategies import json_values, texts

UNREADABLE: dict[str, tuple[bytes, str, dict[str, Any]]] = {
    "an empty body": (b"", "json.empty", {}),
    "white space alone": (b" \r\n", "json.empty", {}),
    "a byte order mark": (b"\xef\xbb\xbf{}", "json.bom", {}),
    "Latin-1": (b'{"a":"\xe9"}', "json.encoding", {"byte": "0xE9", "offset": 6}),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "json.encoding", {"byte": "0xFF", "offset": 0}),
    "a surrogate in UTF-8": (b'"\xed\xa0\x80"', "json.encoding", {"byte": "0xED", "offset": 1}),
    "an object left open": (b'{"a":1', "json.truncated", {"line": 1, "column": 7}),
    "a string left open": (b'[\n"abc', "json.truncated", {"line": 2, "column": 5}),
    "an escape left open": (b'["\\u00', "json.truncated", {"line": 1, "column": 7}),
    "a literal left open": ('["ế", tru'.encode(), "json.truncated", {"line": 1, "column": 10}),
    "a trailing comma": (b'{"a":1,}', "json.syntax", {"line": 1, "column": 7, "near": "“,}”"}),
    "single quotes": (b"{'a':1}", "json.syntax", {"line": 1, "column": 2, "near": "“'a':1}”"}),
    "a leading zero": (b'{\n "a": 01}', "json.syntax", {"line": 2, "column": 7, "near": "“01}”"}),
    "a tab in a string": (b'["\t"]', "json.syntax", {"line": 1, "column": 3, "near": '“\\t"]”'}),
    "a hexadecimal number": (b"[0x10]", "json.syntax", {"line": 1, "column": 3, "near": "“x10]”"}),
    "two values": (b"{} {}", "json.trailing", {"line": 1, "column": 4, "near": "“{}”"}),
    "a bracket too many": (b"[1]]", "json.trailing", {"line": 1, "column": 4, "near": "“]”"}),
    "NaN": (b'{"a":NaN}', "json.not_a_number", {"line": 1, "column": 6, "near": "“NaN”"}),
    "Infinity": (b"[1, Infinity]", "json.not_a_number", {"line": 1, "column": 5}),
    "-Infinity": (b"[-Infinity]", "json.not_a_number", {"line": 1}),
    "a number beyond a float": (
        b"[1e999]",
        "json.number_range",
        {"line": 1, "column": 2, "near": "“1e999”"},
    ),
    "half a surrogate pair": (
        b'["abc\\ud83d"]',
        "json.surrogate",
        {"line": 1, "column": 6, "near": "“\\ud83d”"},
    ),
    "a surrogate pair in the wrong order": (
        b'["\\ude00\\ud83d"]',
        "json.surrogate",
        {"line": 1, "column": 3, "near": "“\\ude00”"},
    ),
    "65 levels": (b"[" * 65 + b"]" * 65, "json.depth", {"maximum": 64}),
    "as many levels as one of two parsers takes": (
        b"[" * 1010 + b"]" * 1010,
        "json.depth",
        {"maximum": 64},
    ),
    "more levels than a parser takes": (b'{"a":' * 5000, "json.depth", {"maximum": 64}),
}


def problems_of(body: bytes) -> list[Problem]:
    with pytest.raises(InvalidJson) as refused:
        parse(body)
    return refused.value.problems


def refusals(body: bytes) -> set[str]:
    try:
        parse(body)
    except InvalidJson as refused:
        return {problem.rule for problem in refused.problems}
    return set()


@pytest.mark.parametrize(("body", "rule", "facts"), UNREADABLE.values(), ids=UNREADABLE)
def test_text_is_refused_for(body: bytes, rule: str, facts: dict[str, Any]):
    [problem] = problems_of(body)
    assert (problem.rule, {**problem.facts, **facts}) == (rule, problem.facts)


def test_64_levels_are_read():
    assert parse(b"[" * 64 + b"]" * 64) is not None


def test_brackets_in_strings_are_no_levels():
    body = json.dumps([{"a": "[" * 100 + '\\"{'}] * 5).encode()
    assert parse(body) == json.loads(body)


def test_many_shallow_values_are_not_deep():
    body = json.dumps([{"a": [[], {}]}] * 100).encode()
    assert parse(body) == json.loads(body)


@given(st.integers(MAXIMUM_DEPTH - 3, MAXIMUM_DEPTH + 3), st.data())
def test_exactly_64_levels_are_allowed(depth: int, data: st.DataObject):
    kinds = data.draw(st.lists(st.sampled_from("[{"), min_size=depth, max_size=depth))
    text = '"{["'
    for kind in kinds:
        text = f'[1,{text},[],"]"]' if kind == "[" else f'{{"a[":[],"b":{text},"c":{{}}}}'
    levels = depth + 1  # the innermost container holds an empty one
    assert refusals(text.encode()) == ({"json.depth"} if levels > MAXIMUM_DEPTH else set())


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"\\u003a":'], ids=repr)
def test_a_million_levels_are_refused_at_once(opening: bytes):
    body = opening * 1_000_000
    tracemalloc.start()
    started = time.process_time()
    [problem] = problems_of(body)
    took = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert problem.rule == "json.depth"
    assert took < 1
    assert peak < 16 * len(body)  # what orjson sets aside for any text


# ---- repeated keys


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('{"a":1,"a":1}', ["/a"]),
        ('{"a":{"b":1,"b":2},"c":1}', ["/a/b"]),
        ('[{"a":1},{"a":1,"b":{"c":1,"c":2,"c":3}}]', ["/1/b/c"]),
        ('{"a/b":1,"a/b":2,"~":1,"~":2}', ["/a~1b", "/~0"]),
        ('{"a":1,"\\u0061":2}', ["/a"]),
        ('{":":1,"\\u003a":2}', ["/:"]),
        ('{"a":{"x":1,"x":2},"a":{"y":1,"y":2}}', ["/a", "/a/x", "/a/y"]),
        ('{"a":"::","a":""}', ["/a"]),
        ('{"a":1,"a":"\\u003a"}', ["/a"]),
        ('{"a":1,"a":"\\u003A"}', ["/a"]),
        ('{"n":[{"a":1,"a":123456789012345678901234567890}]}', ["/n/0/a"]),
    ],
)
def test_every_repeated_key_is_named(text: str, pointers: list[str]):
    problems = problems_of(text.encode())
    assert [(p.rule, p.pointer) for p in problems] == [("json.duplicate_key", p) for p in pointers]


@pytest.mark.parametrize("text", ['{"\\u003a":":"}', '["\\\\u003a"]', '[{"a":1},{"a":1}]'])
def test_a_key_that_is_not_repeated_is_no_problem(text: str):
    assert parse(text.encode()) == json.loads(text)


pairs = st.recursive(
    texts | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.tuples(st.sampled_from((":", "a", "b")), inner), max_size=3).map(tuple)
    ),
    max_leaves=8,
)


def written(value: Any) -> str:
    """Arrays as lists, objects as tuples of pairs, so that a key can be repeated."""
    if isinstance(value, tuple):
        return "{" + ",".join(f"{json.dumps(k)}:{written(v)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def repeats(value: Any) -> bool:
    if isinstance(value, tuple):
        keys = [key for key, _ in value]
        return len(set(keys)) < len(keys) or any(repeats(member) for _, member in value)
    return isinstance(value, list) and any(map(repeats, value))


@given(pairs)
def test_text_is_refused_if_and_only_if_a_key_is_repeated(value: Any):
    expected = {"json.duplicate_key"} if repeats(value) else set()
    assert refusals(written(value).encode()) == expected


# ---- agreement


@given(value=json_values, ascii_only=st.booleans(), indent=st.none() | st.integers(0, 2))
def test_accepted_text_means_what_the_standard_library_says(
    value: Any, ascii_only: bool, indent: int | None
):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert parse(text.encode()) == json.loads(text)


@given(st.binary(max_size=40) | st.text('[]{}:,"\\u0ae1-. \n', max_size=20).map(str.encode))
def test_any_bytes_are_read_as_the_standard_library_does_or_refused(body: bytes):
    if not refusals(body):
        assert parse(body) == json.loads(body)


# ---- taking a batch apart


def test_the_items_of_an_array_are_given_as_received():
    assert split(b' [ {"a" : 1.0 }, 123456789012345678901234567890,"x" ]') == [
        b'{"a" : 1.0 }',
        b"123456789012345678901234567890",
        b'"x"',
    ]


def test_an_object_is_not_taken_apart():
    assert split(b' {"a": [1]}') is None


@pytest.mark.parametrize(
    "body", [b"[", b"[1,]", b"[1] x", b"[" * 1010 + b"]" * 1010], ids=lambda body: repr(body[:5])
)
def test_what_cannot_be_taken_apart_is_refused_as_when_it_is_parsed(body: bytes):
    with pytest.raises(InvalidJson) as split_refused:
        split(body)
    with pytest.raises(InvalidJson) as parse_refused:
        parse(body)
    assert split_refused.value.problems == parse_refused.value.problems


@given(st.lists(json_values, max_size=4))
def test_the_items_are_the_values_of_the_array(values: list[Any]):
    items = split(json.dumps(values).encode())
    assert items is not None
    assert [json.loads(item) for item in items] == values

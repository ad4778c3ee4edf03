"""Whatever a sender sends, the time it takes and what is remembered of it stay within bounds."""

import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from schemas.agents import agent_key
from schemas.checks import MOST_PROBLEMS
from schemas.formats import is_iri
from schemas.json_text import InvalidJson, parse
from schemas.keys import activity_key, verb_key
from schemas.language_tags import is_language_tag
from schemas.problems import render
from schemas.statement import check_statement
from tests.schemas.cases import changed, statement

LENGTH = 50_000
COUNT = 200


@pytest.mark.parametrize(
    "derive",
    [
        is_iri,
        is_language_tag,
        activity_key,
        verb_key,
        lambda text: agent_key({"openid": text}),
        lambda text: agent_key({"account": {"homePage": "https://example.org", "name": text}}),
    ],
    ids=["is_iri", "is_language_tag", "activity_key", "verb_key", "openid", "account"],
)
def test_long_values_are_not_remembered(derive: Callable[[str], object]):
    gc.collect()
    tracemalloc.start()
    for number in range(COUNT):
        derive(f"x:{number}".ljust(LENGTH, "x"))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < COUNT * LENGTH / 10


HOSTILE = {
    "letters": "a",
    "capital T": "T",
    "digits": "1",
    "offsets": "-00",
    "dots": ".",
    "digits and dots": "1.",
    "slashes": "/",
    "colons": ":",
    "at signs": "@",
    "labels": "a.",
    "escapes": "%41",
    "percent signs": "%",
    "spaces": " ",
    "parameters": ";a=b",
    "open quotes": ';a="',
    "subtags": "-abcde",
    "singletons": "-a-bb",
    "weeks": "1W",
}
PLACES = (
    "/id",
    "/actor",
    "/verb/id",
    "/verb/display",
    "/object/definition/interactionType",
    "/result/score/raw",
    "/result/success",
    "/result/duration",
    "/result/extensions",
    "/context/language",
    "/timestamp",
    "/version",
    "/attachments/0/contentType",
    "/attachments/0/sha2",
)
BEGINNINGS = ("", "http://", "mailto:", "mailto:a@", "P", "P1", "2026-03-14T", "text/plain", "vi")


@pytest.mark.parametrize("part", HOSTILE.values(), ids=HOSTILE)
def test_long_values_are_judged_in_linear_time(part: str):
    values: list[Any] = [beginning + part * 5_000 for beginning in BEGINNINGS]
    started = time.process_time()
    for place in PLACES:
        for value in values:
            if place == "/actor":
                spoilt: Any = {"mbox": value}
            elif place in ("/verb/display", "/result/extensions"):
                spoilt = {value: "x"}
            else:
                spoilt = value
            for problem in check_statement(changed(statement(), {place: spoilt}), "1.0"):
                render(problem, "vi", "1.0")
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * 60_000,
        b'["' + b'","' * 500_000,
        b"[" + b"[]," * 500_000,
        b"[" + b"1" * 1_500_000,
        b'{"a":' * 300_000,
        b"{" + b'"a":1,' * 300_000 + b'"a":1}',
        b"[" + b'{"a":1,"a":1},' * 100_000 + b"1]",
        b'{"\\u003a":["' + b"[" * 1_500_000 + b'"]}',
        b"[" + b"{}," * 500_000 + b"[" * 100,
        b" " * 1_500_000,
        b"\xff" * 1_500_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_long_texts_are_read_or_refused_in_linear_time(body: bytes):
    started = time.process_time()
    try:
        parse(body)
    except InvalidJson as refused:
        for problem in refused.problems:
            render(problem, "en", "1.0")
    assert time.process_time() - started < 2


def test_a_million_wrong_properties_cost_no_more_than_reading_them():
    spoilt = statement(result={f"p{number}": None for number in range(1_000_000)})
    started = time.process_time()
    check_statement(spoilt, "1.0")
    assert time.process_time() - started < 1


def test_of_many_repeated_keys_the_first_are_reported():
    with pytest.raises(InvalidJson) as refused:
        parse(b"[" + b'{"a":1,"a":1},' * 1000 + b"1]")
    assert len(refused.value.problems) == MOST_PROBLEMS


def test_a_long_suggestion_is_cut():
    [problem] = check_statement(changed(statement(), {"/result/score/raw": "9" * 10_000}), "1.0")
    assert len(render(problem, "en", "1.0")["mend"]) < 500

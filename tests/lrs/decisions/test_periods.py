"""Which periods there are."""

from typing import Any

import pytest
from msgspec.structs import replace

from lrs.decisions.judging import known
from lrs.decisions.messages import OpenPeriod
from lrs.register import Recorded
from schemas.register import Period, Scheme
from tests.lrs.register import day, decided, ministry, refusal

SHEETS = (
    Scheme(id="CN", version=1, subject="person", sheet={}),
    Scheme(id="DV", version=1, subject="unit", sheet={}),
)
NEXT = Period(
    id="KY-2027",
    vi="Kỳ 2027",
    start=day("2026-12-01"),
    end=day("2027-11-30"),
    person_scheme="CN/1",
    unit_scheme="DV/1",
    required_course_deadline=day("2027-10-31"),
)


def published() -> Recorded:
    return ministry(*SHEETS)


def test_a_period_is_opened_by_published_score_sheets():
    found = decided(published(), OpenPeriod(period=NEXT))
    assert known(found, Period, "KY-2027") == NEXT


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"start": day("2026-12-02")}, "Start it on the first of a month, such as 2026-12-01"),
        ({"end": day("2027-11-29")}, "End it on the last of a month, such as 2027-11-30"),
        ({"end": day("2026-11-30")}, "2026-12-01 is after 2026-11-30"),
        ({"person_scheme": "CN/2"}, "no score sheet “CN/2”"),
        ({"person_scheme": "DV/1"}, "DV/1 is a score sheet for a unit; name one for a person"),
        ({"unit_scheme": "CN/1"}, "CN/1 is a score sheet for a person; name one for a unit"),
        ({"timezone": "Hanoi"}, "Asia/Ho_Chi_Minh"),
        ({"holidays": (day("0027-01-01"),)}, "1900"),
        ({"id": " KY"}, "KY"),
        ({"vi": ""}, "text"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_no_case_could_open_is_refused(wrong: dict[str, Any], said: str):
    assert said in refusal(published(), OpenPeriod(period=replace(NEXT, **wrong)))


def test_a_period_is_not_opened_twice():
    again = OpenPeriod(period=replace(NEXT, vi="Kỳ khác"))
    said = refusal(decided(published(), OpenPeriod(period=NEXT)), again)
    assert "there is a period KY-2027 already, from 2026-12-01 to 2027-11-30" in said

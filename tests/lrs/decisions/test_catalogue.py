"""What is recognised, mapped and accepted."""

from typing import Any

import pytest
from msgspec.structs import replace

from lrs.decisions import decide
from lrs.decisions.catalogue import status_on
from lrs.decisions.judging import known
from lrs.decisions.messages import DecideItem, DecideRecognition, MapActivity, UnmapActivity
from lrs.register import Recorded
from schemas.register import Course, Document, Item, Platform, Recognition
from tests.lrs.register import HOME, after, day, days, decided, ministry, refusal

ON = day("2026-07-01")
PAPER = Document("9/QĐ", day("2026-06-25"))


def recognition(status: str, *span: str | None, **said: Any) -> DecideRecognition:
    said = {"platform": "one", "document": PAPER, **said}
    return DecideRecognition(status=status, **days(*span), **said)  # type: ignore[arg-type]


def statuses(found: Recorded, *texts: str) -> list[str | None]:
    return [status_on(known(found, Platform, "one"), day(text)) for text in texts]


def test_a_suspension_overrides_a_recognition_on_its_days():
    found = decided(ministry(), recognition("suspended", "2026-03-01", "2026-03-31"))
    days_ = ("2025-08-31", "2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01")
    assert statuses(found, *days_) == [
        None, "recognised", "suspended", "suspended", "recognised",
    ]  # fmt: skip
    [*_, said] = known(found, Platform, "one").recognitions
    assert said.decision == PAPER


def test_recognising_again_ends_what_overrode_it():
    found = decided(ministry(), recognition("suspended", "2026-02-01", "2026-03-31"))
    found = decided(found, recognition("revoked", "2026-05-01"))
    found = decided(found, recognition("recognised", "2026-03-10", "2026-06-30"))
    days_ = ("2026-02-01", "2026-03-09", "2026-03-10", "2026-05-01", "2026-06-30", "2026-07-01")
    assert statuses(found, *days_) == [
        "suspended", "suspended", "recognised", "recognised", "recognised", "revoked",
    ]  # fmt: skip
    assert known(found, Platform, "one").recognitions[0] == Recognition(
        **days("2025-09-01", "2026-12-31")
    )
    inside = decided(ministry(), recognition("suspended", "2026-02-01", "2026-03-31"))
    inside = decided(inside, recognition("recognised", "2026-02-10", "2026-02-20"))
    assert statuses(inside, "2026-02-09", "2026-02-10", "2026-02-20", "2026-02-21") == [
        "suspended", "recognised", "recognised", "suspended",
    ]  # fmt: skip


def test_a_proposal_is_no_recognition():
    found = decided(ministry(), recognition("proposed", "2027-01-01"))
    assert statuses(found, "2026-12-31", "2027-01-01") == ["recognised", "proposed"]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (recognition("suspended", "2027-01-01"), "not recognised on any of these days"),
        (recognition("revoked", "2026-01-01", platform="two"), "two is not recognised"),
        (recognition("revoked", "2026-01-01", "2026-02-01"), "no last day"),
        (recognition("recognised", "2026-02-01", "2026-01-01"), "is after"),
        (recognition("recognised", "1899-01-01"), "before 1900"),
        (recognition("recognised", "2026-01-01", document=Document(" ", ON)), "empty"),
        (
            recognition("recognised", "2026-01-01", document=Document("1", day("1899-01-01"))),
            "before 1900",
        ),
        (recognition("recognised", "2026-01-01", platform="six"), "no platform “six”"),
    ],
)
def test_a_recognition_that_cannot_be_is_refused(message, said):
    assert said in refusal(ministry(), message)


def test_an_activity_is_mapped_to_one_course_and_unmapped():
    activity = {"platform": "two", "activity": f"{HOME}/1"}
    found = decided(ministry(), MapActivity(**activity, course="R2"))
    assert known(found, Course, "R2").activities == {"two": (f"{HOME}/1",)}
    found = decided(found, MapActivity(platform="two", activity=f"{HOME}/2", course="R2"))
    assert "is the course “R2” already" in refusal(found, MapActivity(**activity, course="R1"))
    found = after(found, decide(UnmapActivity(**activity), found))
    assert known(found, Course, "R2").activities == {"two": (f"{HOME}/2",)}
    assert "is no course" in refusal(found, UnmapActivity(**activity))
    last = UnmapActivity(platform="two", activity=f"{HOME}/2")
    assert after(found, decide(last, found)) == ministry()


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"platform": "six"}, "no platform “six”"),
        ({"course": "R9"}, "no course “R9”"),
        ({"activity": "no iri"}, "not an IRI"),
        ({"course": "R2"}, "the course “R1” already"),
    ],
    ids=str,
)
def test_a_mapping_that_cannot_be_is_refused(said, refused):
    mapping = MapActivity(platform="one", activity=f"{HOME}/1", course="R1")
    assert decide(mapping, ministry()) == []
    assert refused in refusal(ministry(), replace(mapping, **said))


def test_an_item_is_decided_and_the_decision_taken_back():
    found = decided(ministry(), DecideItem(item="K1", decision="rejected", reason="trùng"))
    item = known(found, Item, "K1")
    assert (item.decision, item.reason) == ("rejected", "trùng")
    assert decided(found, DecideItem(item="K1", decision="pending")) == ministry()
    for wrong, said in (
        (DecideItem(item="K1", decision="rejected"), "without a reason"),
        (DecideItem(item="K1", decision="rejected", reason=" "), "empty"),
        (DecideItem(item="K9", decision="accepted"), "no declared item “K9”"),
    ):
        assert said in refusal(ministry(), wrong)

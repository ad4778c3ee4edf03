"""Which statements are admitted, which are not and why, and how much time is credited."""

from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from projections.scoring import has_signal
from projections.scoring.book import Rulebook
from projections.scoring.crediting import credit, judge
from projections.scoring.days import MINUTE
from projections.scoring.inputs import Evidence
from tests.projections.scoring.examples import COURSES, book_of, said, studied, waive

BOOK = book_of()
FROZEN = book_of(freeze=10)
MORNING = "2026-03-10T08:00:00+07:00"
EVENING = "2026-03-10T20:00:00+07:00"
LOST = "2026-07-15T08:00:00+07:00"  # platform a is not recognised in July


def reasons(*evidence: Evidence, book: Rulebook = BOOK) -> dict[int, str | None]:
    return {row.evidence.position: row.reason for row in judge(book, evidence)}


def minutes(*evidence: Evidence, book: Rulebook = BOOK) -> dict[int, Fraction]:
    credited = credit(book, judge(book, evidence))
    return {position: Fraction(time) / MINUTE for position, time in credited.items()}


# ---- signals


def test_a_statement_without_a_signal_is_ignored() -> None:
    launched = said(1, "launched")
    assert reasons(launched) == {}
    assert not has_signal(BOOK, launched)


@pytest.mark.parametrize(
    "row",
    [
        said(1, "completed"),
        said(1, "passed"),
        said(1, "scored", score="0"),
        studied(1, Fraction(1, 100)),
        said(1, "completed", completed=False, platform="b", minutes=5),
    ],
)
def test_any_signal_is_enough(row: Evidence) -> None:
    assert reasons(row) == {1: None}
    assert has_signal(BOOK, row)


def test_time_is_learning_time_only_in_a_verb_of_its_platform() -> None:
    assert reasons(studied(1, 5, platform="b")) == {}
    assert not has_signal(BOOK, studied(1, 5, platform="b"))
    assert minutes(said(1, "completed", minutes=5)) == {}
    assert minutes(said(1, "completed", minutes=5, platform="b")) == {1: 5}


# ---- admission


def test_the_first_reason_in_the_order_of_the_rules_is_given() -> None:
    late: dict[str, Any] = {
        "position": 11,
        "at": "2025-11-01T08:00:00Z",
        "course": "none",
        "voided": 3,
    }
    assert reasons(studied(minutes=5, **late), book=FROZEN) == {11: "AFTER_FREEZE"}
    late["position"] = 10
    assert reasons(studied(minutes=5, **late), book=FROZEN) == {10: "VOIDED"}
    late["voided"] = None
    assert reasons(studied(minutes=5, **late), book=FROZEN) == {10: "OUT_OF_PERIOD"}
    late["at"] = LOST
    assert reasons(studied(minutes=5, **late), book=FROZEN) == {10: "UNMAPPED_COURSE"}
    late["course"] = "R1"
    assert reasons(studied(minutes=5, **late), book=FROZEN) == {10: "PLATFORM_NOT_RECOGNISED"}
    late["at"] = MORNING
    assert reasons(studied(minutes=5, **late), book=FROZEN) == {10: None}


def test_an_open_period_has_no_freeze() -> None:
    assert reasons(said(10**9, "completed", voided=None)) == {10**9: None}
    assert reasons(said(1, "completed", voided=10**9)) == {1: "VOIDED"}


@pytest.mark.parametrize(("voided", "reason"), [(10, "VOIDED"), (11, None)])
def test_a_voiding_after_the_freeze_has_no_effect(voided: int, reason: str | None) -> None:
    assert reasons(said(1, "completed", voided=voided), book=FROZEN) == {1: reason}


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2025-11-30T16:59:59Z", "OUT_OF_PERIOD"),
        ("2025-11-30T17:00:00Z", None),
        ("2026-11-30T23:59:59+07:00", None),
        ("2026-12-01T00:00:00+07:00", "OUT_OF_PERIOD"),
        ("2026-06-30T16:59:59Z", None),  # the last day of recognition, inclusive
        ("2026-06-30T17:00:00Z", "PLATFORM_NOT_RECOGNISED"),
        ("2026-07-31T16:59:59Z", "PLATFORM_NOT_RECOGNISED"),
        ("2026-07-31T17:00:00Z", None),
    ],
)
def test_periods_and_recognitions_begin_and_end_with_local_days(
    at: str, reason: str | None
) -> None:
    assert reasons(said(1, "completed", at=at)) == {1: reason}


def test_an_activity_is_a_course_only_under_the_platform_that_posted_it() -> None:
    mapped = {**COURSES["R1"], "activities": {"a": ["https://a/R1"]}}
    book = book_of(courses={"R1": mapped})
    on_b = said(1, "completed", platform="b")._replace(activity=said(1, "completed").activity)
    assert reasons(said(1, "completed"), book=book) == {1: None}
    assert reasons(on_b, book=book) == {1: "UNMAPPED_COURSE"}


def test_a_statement_of_no_platform_is_about_no_course() -> None:
    assert reasons(said(1, "completed")._replace(platform="")) == {1: "UNMAPPED_COURSE"}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("recognised", None),
        ("proposed", None),
        ("suspended", "PLATFORM_NOT_RECOGNISED"),
        ("revoked", "PLATFORM_NOT_RECOGNISED"),
    ],
)
def test_a_suspension_or_a_revocation_overrides_a_recognition(
    status: str, reason: str | None
) -> None:
    overriding = {"from": "2026-03-10", "to": "2026-03-10", "status": status}
    platforms = {"a": {"recognitions": [overriding, {"from": "2025-01-01"}]}}
    book = book_of(platforms=platforms)
    assert reasons(said(1, "completed"), book=book) == {1: reason}
    the_day_before = said(1, "completed", at="2026-03-09T08:00:00+07:00")
    assert reasons(the_day_before, book=book) == {1: None}


def test_a_proposal_is_no_recognition() -> None:
    book = book_of(platforms={"a": {"recognitions": [{"status": "proposed"}]}})
    assert reasons(said(1, "completed"), book=book) == {1: "PLATFORM_NOT_RECOGNISED"}


# ---- duplicates


def test_the_same_fact_counts_once_whatever_the_time_of_day_and_the_platform() -> None:
    first = said(1, "completed", at=EVENING)
    second = said(2, "completed", at=MORNING, platform="b")
    assert reasons(second, first) == {1: None, 2: "DUPLICATE"}


@pytest.mark.parametrize(
    "other",
    [
        said(2, "completed", course="R2"),
        said(2, "passed", completed=True, passed=False),
        said(2, "completed", registration=str(UUID(int=7))),
        said(2, "completed", at="2026-03-11T00:00:00+07:00"),
        said(2, "completed", completed=False, passed=True),
        said(2, "completed", passed=True),
        said(2, "completed", score="0"),
        said(2, "completed", platform="b", minutes=1),
    ],
)
def test_what_differs_in_any_part_is_another_fact(other: Evidence) -> None:
    assert reasons(said(1, "completed"), other) == {1: None, 2: None}


def test_equal_scores_and_times_are_equal_however_they_were_written() -> None:
    one = said(1, "passed", score="0.90", minutes=Fraction(1, 3))
    two = said(2, "passed", score="0.9", minutes=Fraction(2, 6))
    assert reasons(one, two) == {1: None, 2: "DUPLICATE"}


def test_registrations_are_uuids_in_either_case() -> None:
    one = said(1, "completed", registration=str(UUID(int=0xABC)))
    two = said(2, "completed", registration=str(UUID(int=0xABC)).upper())
    assert reasons(one, two) == {1: None, 2: "DUPLICATE"}


@pytest.mark.parametrize(
    "bad",
    [
        said(1, "completed", voided=2),
        said(1, "completed", course="none"),
        said(11, "completed"),
    ],
)
def test_what_is_kept_out_never_displaces_a_good_one(bad: Evidence) -> None:
    assert reasons(bad, said(5, "completed"), book=FROZEN)[5] is None


# ---- corrections


def test_a_waiver_lifts_its_reason_for_that_statement_alone() -> None:
    book = book_of(corrections=[waive(1, "PLATFORM_NOT_RECOGNISED")])
    lost = [
        said(position, "completed", course, at=LOST) for position, course in ((1, "R1"), (2, "R2"))
    ]
    assert reasons(*lost, book=book) == {1: None, 2: "PLATFORM_NOT_RECOGNISED"}


def test_other_reasons_still_apply() -> None:
    late = said(11, "completed", at=LOST)
    waived = [waive(11, "AFTER_FREEZE")]
    assert reasons(late, book=book_of(freeze=10, corrections=waived)) == {
        11: "PLATFORM_NOT_RECOGNISED"
    }
    waived.append(waive(11, "PLATFORM_NOT_RECOGNISED"))  # by another appeal
    assert reasons(late, book=book_of(freeze=10, corrections=waived)) == {11: None}


def test_a_waived_statement_may_be_a_duplicate() -> None:
    book = book_of(corrections=[waive(1, "UNMAPPED_COURSE", course="R1")])
    unmapped = said(1, "completed", course="none")
    assert reasons(unmapped, said(2, "completed"), book=book) == {1: None, 2: "DUPLICATE"}


def test_a_correction_says_which_course_an_unmapped_statement_is_about() -> None:
    book = book_of(corrections=[waive(1, "UNMAPPED_COURSE", course="R2")])
    [row] = judge(book, [studied(1, 30, course="none")])
    assert (row.course, row.reason) == ("R2", None)
    [mapped] = judge(book, [studied(1, 30, course="R1")])
    assert mapped.course == "R1"


# ---- credited time


def test_time_is_credited_by_timestamp_until_the_cap_is_used_up() -> None:
    first, second, third = (f"2026-03-1{day}T08:00:00+07:00" for day in "123")
    assert minutes(
        studied(1, 100, at=third), studied(2, 90, at=second), studied(3, 40, at=first)
    ) == {3: 40, 2: 90, 1: 20}


def test_of_equal_timestamps_the_first_in_the_log_is_credited_first() -> None:
    rows = [studied(position, 100 + position) for position in (3, 1, 2)]
    assert minutes(*rows) == {1: 101, 2: 49, 3: 0}


def test_the_cap_holds_over_all_platforms_and_for_each_course() -> None:
    rows = [
        studied(1, 100),
        said(2, "completed", platform="b", minutes=100, at=EVENING),
        studied(3, 80, course="E1"),
    ]
    assert minutes(*rows) == {1: 100, 2: 50, 3: 80}


def test_a_sheet_without_a_cap_credits_all_time() -> None:
    sheet = {
        "format": "lrs-scheme/1",
        "id": "S",
        "version": 1,
        "subject": "person",
        "vi": "Bộ tiêu chí",
        "legal_basis": ["Minh họa"],
        "max": 10,
        "rounding": {"mode": "half_up", "decimals": 2},
        "criteria": [{"id": "A", "vi": "A", "max": 10, "kind": "required_courses_ratio"}],
        "bands": [{"min": 0, "id": "DAT", "vi": "Đạt"}],
    }
    assert minutes(studied(1, 10_000), book=book_of(person=sheet)) == {1: 10_000}


def test_hundredths_of_seconds_and_less_are_credited_exactly() -> None:
    third = Fraction(1, 3)
    assert minutes(studied(1, 149), studied(2, 1 - third), studied(3, 5)) == {
        1: 149,
        2: 1 - third,
        3: third,
    }


def test_a_time_shorter_than_a_microsecond_is_exact_too() -> None:
    short = studied(1, 0)._replace(seconds=Fraction(1, 10**7))
    assert minutes(short) == {1: Fraction(1, 6 * 10**8)}


def test_what_is_kept_out_uses_up_no_time() -> None:
    rows = [studied(1, 100, voided=9), studied(2, 100, course="none"), studied(3, 100)]
    assert minutes(*rows) == {3: 100}

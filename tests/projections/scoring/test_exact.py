"""Rounding: once, half up, exactly."""

from decimal import Decimal, getcontext, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.scoring.exact import half_up, kept_within, total


@pytest.mark.parametrize(
    ("number", "rounded"),
    [
        (Fraction("94.995"), "95.00"),
        (Fraction("94.994999999999999999999"), "94.99"),
        (Fraction("0.005"), "0.01"),
        (Fraction("2.675"), "2.68"),  # the nearest binary number is below the half
        (Fraction(1, 3), "0.33"),
        (Fraction(2, 3), "0.67"),
        (Fraction("-0.005"), "0.00"),
        (Fraction("-0.006"), "-0.01"),
        (0, "0.00"),
        (100, "100.00"),
    ],
)
def test_halves_go_up(number: Fraction | int, rounded: str) -> None:
    assert str(half_up(number)) == rounded


@given(st.fractions(min_value=0, max_value=1000))
def test_rounding_moves_less_than_a_hundredth_and_never_down_from_a_half(number: Fraction) -> None:
    assert Fraction(-1, 200) < Fraction(half_up(number)) - number <= Fraction(1, 200)


def test_rounding_does_not_depend_on_the_callers_precision() -> None:
    with localcontext() as context:
        context.prec = 2
        assert str(half_up(Fraction("123.455"))) == "123.46"
    assert getcontext().prec > 2


def test_sums_keep_two_decimals() -> None:
    assert str(total([Decimal("10.10"), Decimal("0.90")])) == "11.00"
    assert str(total([])) == "0.00"


@pytest.mark.parametrize(
    ("score", "kept"), [("-3.00", "0.00"), ("50.50", "50.50"), ("103", "100.00")]
)
def test_a_score_is_kept_within_0_and_its_maximum(score: str, kept: str) -> None:
    assert str(kept_within(Decimal(score), Fraction(100))) == kept

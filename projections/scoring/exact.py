"""Exact numbers: whole ones and fractions until the one rounding, half up, to 2 decimals (R1)."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final

Exact = int | Fraction

ZERO: Final = Decimal("0.00")


def half_up(number: Exact) -> Decimal:
    """The number with 2 decimals; halves go up."""
    hundredths = (200 * number.numerator + number.denominator) // (2 * number.denominator)
    return Decimal(f"{hundredths}e-2")


def total(scores: Iterable[Decimal]) -> Decimal:
    """The sum of rounded scores, which is exact."""
    return sum(scores, ZERO)


def within(number: Exact, maximum: Exact) -> Exact:
    """The number, or the nearest of 0 and the maximum."""
    return min(max(number, 0), maximum)


def kept_within(score: Decimal, maximum: Fraction) -> Decimal:
    """A sum of rounded scores, or the nearest of 0 and the maximum, which has 2 decimals too."""
    return half_up(within(Fraction(score), maximum))


def lowered(number: Fraction) -> Exact:
    """The number as an int if it is whole: ints are quicker."""
    return number.numerator if number.denominator == 1 else number

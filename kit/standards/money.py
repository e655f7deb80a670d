"""Amounts of money: exact inside, rounded once where they are told."""

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from kit.standards.iso import MINOR_UNITS

_LONGEST = Context(prec=80, rounding=ROUND_HALF_UP)
"""Wider than any sum of products of quantities, prices and percentages."""


USUAL = 2
"""Digits after the point that a currency has which does not stand in UNUSUAL, also one of old."""


def _unusual() -> dict[int, list[str]]:
    """Return digits after the point -> the currencies that have as many."""
    found: dict[int, list[str]] = {}
    for currency, digits in MINOR_UNITS.items():
        if digits != USUAL:
            found.setdefault(digits, []).append(currency)
    return found


UNUSUAL = _unusual()


class Amount(NamedTuple):
    """An amount of a currency."""

    amount: Decimal
    currency: str


def rounded(exact: Decimal, currency: str) -> Amount:
    """Round half up (away from zero) to the currency's minor unit: 0.005 EUR is 0.01 EUR."""
    unit = Decimal(1).scaleb(-MINOR_UNITS.get(currency, USUAL))
    return Amount(exact.quantize(unit, context=_LONGEST), currency)

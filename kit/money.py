"""Amounts of money: exact inside, rounded once where they are told."""

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from babel.core import get_global
from babel.numbers import get_currency_precision

_LONGEST = Context(prec=80, rounding=ROUND_HALF_UP)
"""Wider than any sum of products of quantities, prices and percentages."""


USUAL = 2
"""Digits after the point that a currency has which does not stand in UNUSUAL."""


def _unusual() -> dict[int, list[str]]:
    """Return digits after the point -> the currencies that have as many."""
    found: dict[int, list[str]] = {}
    for currency in get_global("currency_fractions"):
        digits = get_currency_precision(currency)
        if digits != USUAL and currency.isalpha():
            found.setdefault(digits, []).append(currency)
    return found


UNUSUAL = _unusual()


class Amount(NamedTuple):
    """An amount of a currency."""

    amount: Decimal
    currency: str


def rounded(exact: Decimal, currency: str) -> Amount:
    """Round half up (away from zero) to the currency's minor unit: 0.005 EUR is 0.01 EUR."""
    unit = Decimal(1).scaleb(-get_currency_precision(currency))
    return Amount(exact.quantize(unit, context=_LONGEST), currency)

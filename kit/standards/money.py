"""Amounts of money: exact inside, rounded once where they are told."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
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
    return Amount(exact.quantize(minor_unit(currency), context=_LONGEST), currency)


def with_currency(exact: Decimal, currency: str) -> str:
    """Return an amount as people write it, in whole minor units: "606.20 EUR"."""
    return f"{rounded(exact, currency).amount:f} {currency}"


def minor_unit(currency: str) -> Decimal:
    """Return the least amount of a currency: 0.01 of EUR, 1 of JPY."""
    return Decimal(1).scaleb(-MINOR_UNITS.get(currency, USUAL))


def is_payable(amount: Decimal, currency: str) -> bool:
    """Tell whether an amount is one of whole minor units."""
    return rounded(amount, currency).amount == amount


def plain(number: Decimal) -> str:
    """Return a number as people write it: 12 and not 12.000000, 0 and not 0E-24."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def part_of(amount: Decimal, part: Decimal, whole: Decimal, currency: str) -> Decimal:
    """Return what of an amount falls on a part of a whole above 0, rounded half up."""
    exact = _LONGEST.divide(_LONGEST.multiply(amount, part), whole)
    return rounded(exact, currency).amount


def spread(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Spread an amount of whole minor units over weights; what falls on each, which sums to it.

    The largest remainder decides who gets the minor units that are left, then the first weight.
    total: 0 unless some weight is above 0; none is below.
    """
    unit, all_ = minor_unit(currency), sum(weights, Decimal(0))
    if not total:
        return [Decimal(0)] * len(weights)
    exact = [_LONGEST.divide(_LONGEST.multiply(total, it), all_) for it in weights]
    shares = [it.quantize(unit, ROUND_FLOOR, context=_LONGEST) for it in exact]
    left = int((total - sum(shares)) / unit)
    by_remainder = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[:left]:
        shares[place] += unit
    return shares

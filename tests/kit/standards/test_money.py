"""Rounding and spreading of money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.standards.iso import MINOR_UNITS
from kit.standards.money import is_payable, minor_unit, part_of, rounded, spread


@pytest.mark.parametrize(
    ("exact", "currency", "found"),
    [
        ("0.005", "EUR", "0.01"),
        ("0.0049999999", "EUR", "0.00"),
        ("-0.005", "EUR", "-0.01"),
        ("100.5", "JPY", "101"),
        ("1.0005", "KWD", "1.001"),
        ("123456789012345678901234567890.125", "EUR", "123456789012345678901234567890.13"),
    ],
)
def test_halves_go_up_at_the_minor_unit(exact, currency, found):
    assert rounded(Decimal(exact), currency) == (Decimal(found), currency)


@pytest.mark.parametrize(
    ("currency", "found"),
    [("RSD", "1.01"), ("ALL", "1.01"), ("MGA", "1.01"), ("IQD", "1.006"), ("CLF", "1.0056")],
)
def test_money_is_rounded_as_the_standard_says_not_as_people_write_it(currency, found):
    assert rounded(Decimal("1.00555"), currency) == (Decimal(found), currency)


CURRENCIES = st.sampled_from(sorted(MINOR_UNITS))
WEIGHTS = st.lists(
    st.decimals(0, 10**12, allow_nan=False, places=6), min_size=1, max_size=40
).filter(any)


@given(units=st.integers(0, 10**14), weights=WEIGHTS, currency=CURRENCIES)
def test_what_is_spread_sums_to_the_minor_unit(units, weights, currency):
    total = units * minor_unit(currency)
    shares = spread(total, weights, currency)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert is_payable(share, currency)
        assert abs(share - total * weight / sum(weights)) < minor_unit(currency)
        assert weight or not share


@pytest.mark.parametrize(
    ("total", "weights", "currency", "found"),
    [
        ("0.01", ["1", "1", "1"], "EUR", ["0.01", "0", "0"]),
        ("1", ["1", "1", "1"], "EUR", ["0.34", "0.33", "0.33"]),
        ("1", ["2", "3", "2"], "JPY", ["0", "1", "0"]),
        ("10", ["0", "5"], "KWD", ["0", "10"]),
        ("0", ["0", "0"], "EUR", ["0", "0"]),
    ],
)
def test_the_largest_remainder_gets_what_is_left_then_the_first(total, weights, currency, found):
    shares = spread(Decimal(total), [Decimal(it) for it in weights], currency)
    assert shares == [Decimal(it) for it in found]


@given(
    units=st.integers(0, 10**14),
    whole=st.integers(1, 10**18),
    part=st.integers(0, 10**18),
    currency=CURRENCIES,
)
def test_a_part_of_an_amount_is_rounded_half_up_exactly(units, whole, part, currency):
    part %= whole + 1
    quantities = (Decimal(it).scaleb(-6) for it in (part, whole))
    found = part_of(units * minor_unit(currency), *quantities, currency)
    assert found == (2 * units * part + whole) // (2 * whole) * minor_unit(currency)

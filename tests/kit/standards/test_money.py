"""Rounding of money."""

from decimal import Decimal

import pytest

from kit.standards.money import rounded


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

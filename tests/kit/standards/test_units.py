"""Units by the codes of UN/ECE Recommendation 20; factors are those of the recommendation."""

from decimal import Decimal

import pytest

from kit.standards.units import converted


@pytest.mark.parametrize(
    ("quantity", "unit", "wanted", "found"),
    [
        ("5000", "GRM", "KGM", "5"),
        ("1", "LBR", "KGM", "0.45359237"),
        ("0.5", "KGM", "GRM", "500"),
        ("3", "LTR", "MTQ", "0.003"),
        ("2", "MIL", "C62", "2000"),
        ("7.50", "PCE", "C62", "7.50"),
        ("0", "MMT", "MTR", "0"),
    ],
)
def test_factors_are_exact(quantity: str, unit: str, wanted: str, found: str) -> None:
    assert str(converted(Decimal(quantity), unit, wanted)) == found


@pytest.mark.parametrize("unit", ["PCE", "MTR", "XYZ", ""])
def test_what_measures_something_else_has_none(unit: str) -> None:
    assert converted(Decimal(1), unit, "KGM") is None

"""Our lists of codes are the standards' own, of the versions that they name."""

from importlib.metadata import version

import iso4217
import pycountry
import pytest

from kit.errors import Refused
from kit.inputs import Country, Currency, Input
from kit.standards.iso import COUNTRIES, COUNTRIES_AS_OF, CURRENCIES_AS_OF, MINOR_UNITS


class Coded(Input):
    currency: Currency = "EUR"
    country: Country = "DE"


def test_currencies_are_list_one_of_iso_4217_with_its_minor_units() -> None:
    assert iso4217.__published__.isoformat() == CURRENCIES_AS_OF
    listed = {it.code: it.exponent for it in iso4217.Currency if it.exponent is not None}
    assert listed == MINOR_UNITS


def test_countries_are_those_of_iso_3166_1() -> None:
    assert version("pycountry") == COUNTRIES_AS_OF
    assert {it.alpha_2 for it in pycountry.countries} == COUNTRIES
    assert len(COUNTRIES) == 249


def test_every_code_of_the_lists_is_taken() -> None:
    assert [Coded.read({"currency": it}).currency for it in MINOR_UNITS] == [*MINOR_UNITS]
    assert {Coded.read({"country": it}).country for it in COUNTRIES} == COUNTRIES


@pytest.mark.parametrize("currency", ["DEM", "XAU", "XXX", "XTS", "HRK", "eur", "EURO"])
def test_no_other_currency_is_taken(currency: str) -> None:
    with pytest.raises(Refused):
        Coded.read({"currency": currency})


@pytest.mark.parametrize("country", ["001", "150", "ZZ", "XK", "EU", "UK", "AC", "de", "DEU"])
def test_no_other_country_is_taken(country: str) -> None:
    with pytest.raises(Refused):
        Coded.read({"country": country})

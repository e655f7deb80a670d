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


@pytest.mark.parametrize("currency", [*MINOR_UNITS])
def test_every_currency_of_the_list_is_taken(currency: str) -> None:
    assert Coded.read({"currency": currency}).currency == currency


@pytest.mark.parametrize("currency", ["DEM", "XAU", "XXX", "XTS", "HRK", "eur", "EURO", ""])
def test_no_other_currency_is_taken(currency: str) -> None:
    with pytest.raises(Refused):
        Coded.read({"currency": currency})


@pytest.mark.parametrize("country", [*COUNTRIES])
def test_every_country_of_the_list_is_taken(country: str) -> None:
    assert Coded.read({"country": country}).country == country


@pytest.mark.parametrize("country", ["001", "150", "ZZ", "XK", "EU", "UK", "AC", "de", "DEU", ""])
def test_no_other_country_is_taken(country: str) -> None:
    with pytest.raises(Refused):
        Coded.read({"country": country})

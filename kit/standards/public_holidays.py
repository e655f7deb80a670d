"""Public holidays by country and subdivision, as the package `holidays` keeps them."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, lru_cache

import holidays


def with_own_holidays(country: str) -> Sequence[str]:
    """Return the subdivisions of a country that have public holidays of their own."""
    return _supported()[country]


@lru_cache(maxsize=10_000)
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """Return the days of a year that are public holidays there; NotImplementedError: unknown."""
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


@cache
def _supported() -> Mapping[str, Sequence[str]]:
    """Return country -> its subdivisions: every one of ISO 3166-1 is there."""
    return holidays.list_supported_countries(include_aliases=False)

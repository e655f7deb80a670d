"""Public holidays by country and subdivision, as the package `holidays` keeps them."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, lru_cache

import holidays


@cache
def known() -> Mapping[str, Sequence[str]]:
    """Return country (ISO 3166-1 alpha-2) -> its subdivisions that have holidays of their own."""
    return holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=10_000)
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """Return the days of a year that are public holidays there; NotImplementedError: unknown."""
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))

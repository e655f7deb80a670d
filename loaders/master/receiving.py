"""Hours of a week as they are read."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Integer, cast

from loaders.reading.listed import listed_in
from loaders.reading.relations import Nested


def openings_in(name: str) -> Nested:
    """Declare the hours that a row's column keeps: see `models.master.receiving.Opening`."""
    return listed_in(name, _opening)


def _opening(value: Any) -> SimpleNamespace:
    weekday = cast(value["weekday"].astext, Integer)
    return SimpleNamespace(
        weekday=weekday, opens=value["opens"].astext, closes=value["closes"].astext
    )

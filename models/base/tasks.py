"""Tasks: rows of which something is still to be done, and which name rows of master data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, any_, literal

from models.base.acts import AllRows


@dataclass(frozen=True)
class Task:
    """That a table's rows are tasks with what one of its columns names. by: that column.

    is_open: (all rows, table) -> whether there is still something to be done.
    """

    by: str
    is_open: Callable[[AllRows, Any], ColumnElement[bool]]


def is_among(state: Any, states: Iterable[StrEnum]) -> ColumnElement[bool]:
    """Tell whether a state is one of several, by one text for any number of them."""
    found: ColumnElement[bool] = state == any_(literal(sorted(states), ARRAY(Text())))
    return found

"""Custom scalars: exact decimals, days and instants, currencies and countries.

Each takes what its contract says, not all that Python can read. What is not written so is `Wrong`,
which the rules of the input refuse with its path: of a bulk call, that one item.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import NewType, TypeVar

import strawberry
from sqlalchemy import ColumnElement, Numeric, String, Text, func
from strawberry.types.scalar import ScalarDefinition

from execution.texts import BUILT_IN, Form, Forms, escaped, quoted, text_of
from kit.errors import Code, Wrong
from kit.standards import written
from kit.standards.money import plain

Currency = NewType("Currency", str)
Country = NewType("Country", str)
Value = TypeVar("Value")


def _exact(value: object) -> Decimal | Wrong:
    """Read a decimal from a string or a whole number, never from an inexact float."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return _read(written.number, str(value) if is_whole else value, Code.INVALID)


def _instant(value: object) -> datetime | Wrong:
    return _read(written.instant, value, Code.INVALID_DATE)


def _day(value: object) -> date | Wrong:
    return _read(written.day, value, Code.INVALID_DATE)


def _read(read: Callable[[str], Value], value: object, code: Code) -> Value | Wrong:
    """Read a string; whatever else it is reads like one that is not written right."""
    try:
        return read(value if isinstance(value, str) else "")
    except ValueError as error:
        return Wrong(code, str(error), value)


def _plain(value: ColumnElement[Decimal]) -> ColumnElement[str]:
    """Write what `plain` gives, in SQL."""
    return quoted(text_of(func.trim_scale(value, type_=Text())))


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, carried as a string without trailing zeros.",
        serialize=plain,
        parse_value=_exact,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the calendar as RFC 3339 writes it: 2026-03-02.",
        serialize=date.isoformat,
        parse_value=_day,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, RFC 3339 with an offset: 2026-03-02T09:00:00Z.",
        serialize=datetime.isoformat,
        parse_value=_instant,
    ),
    Currency: strawberry.scalar(
        name="Currency",
        description="A currency code of ISO 4217, for example EUR.",
        serialize=str,
        parse_value=str,
    ),
    Country: strawberry.scalar(
        name="Country",
        description="A country code of ISO 3166-1 alpha-2, for example DE.",
        serialize=str,
        parse_value=str,
    ),
}

FORMS: Forms = {
    **BUILT_IN,
    "Decimal": Form((Numeric,), _plain),
    "Currency": Form((String,), escaped),
    "Country": Form((String,), escaped),
}
"""The same scalars as SQL writes them."""

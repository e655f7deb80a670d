"""Custom scalars: exact decimals, days and instants, currencies and countries.

Each takes what its contract says, not all that Python can read.
"""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import NewType

import strawberry
from graphql import GraphQLError
from sqlalchemy import ColumnElement, Numeric, String, Text, func
from strawberry.types.scalar import ScalarDefinition

from execution.texts import BUILT_IN, Form, Forms, escaped, quoted, text_of

_LONGEST = 64
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""As JSON writes numbers (RFC 8259, section 6); zeros may stand before it."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
"""As RFC 3339 writes it, without leap seconds and finer parts than microseconds."""

Currency = NewType("Currency", str)
Country = NewType("Country", str)


def _exact(value: object) -> Decimal:
    """Read a decimal from a string or a whole number, never from an inexact float."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and len(value) <= _LONGEST and _NUMBER.fullmatch(value):
        try:
            return Decimal(value)
        except InvalidOperation:
            pass
    message = 'A Decimal is written as a string, for example "12.5".'
    raise GraphQLError(message)


def _instant(value: object) -> datetime:
    """Read an instant as RFC 3339 writes it; its letters may be small ones (section 5.6)."""
    if isinstance(value, str) and _INSTANT.fullmatch(value.upper()):
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError:
            pass
    message = 'A DateTime is written as in RFC 3339, for example "2026-03-02T09:00:00Z".'
    raise GraphQLError(message)


def _day(value: object) -> date:
    """Read a day as RFC 3339 writes it."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    message = 'A Date is written as in RFC 3339, for example "2026-03-02".'
    raise GraphQLError(message)


def plain(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros: the text of its exact value."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


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
        description="Date (isoformat)",
        serialize=date.isoformat,
        parse_value=_day,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="Date with time (isoformat)",
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

"""Custom scalars: exact decimals, currencies and countries."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NewType

import strawberry
from graphql import GraphQLError
from sqlalchemy import ColumnElement, Numeric, String, Text, func
from strawberry.types.scalar import ScalarDefinition

from execution.texts import BUILT_IN, Form, Forms, escaped, quoted, text_of

_LONGEST = 64

Currency = NewType("Currency", str)
Country = NewType("Country", str)


def _exact(value: object) -> Decimal:
    """Read a decimal from a string or a whole number, never from an inexact float."""
    if (
        isinstance(value, (str, int))
        and not isinstance(value, bool)
        and len(str(value)) <= _LONGEST
    ):
        try:
            return Decimal(str(value))
        except InvalidOperation:
            pass
    message = 'A Decimal is written as a string, for example "12.5".'
    raise GraphQLError(message)


def _instant(value: object) -> datetime:
    """Read an instant as RFC 3339 writes it; its letters may be small ones (section 5.6)."""
    if isinstance(value, str) and len(value) <= _LONGEST:
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError:
            pass
    message = 'A DateTime is written as in RFC 3339, for example "2026-03-02T09:00:00Z".'
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

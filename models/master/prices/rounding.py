"""Amounts as SQL rounds them: the same as `kit.standards.money` does."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, case, func, literal_column

from kit.standards.money import UNUSUAL, USUAL


def constant(value: str | int) -> ColumnElement[Any]:
    """Return a value of ours as part of the statement's text."""
    return literal_column(repr(value))


def rounded_net(exact: Any, currency: Any) -> ColumnElement[Decimal]:
    """Round in SQL as kit.standards.money; PostgreSQL rounds halves of `numeric` away from zero."""
    digits = case(
        *((currency.in_(map(constant, some)), constant(unit)) for unit, some in UNUSUAL.items()),
        else_=constant(USUAL),
    )
    return func.round(exact, digits, type_=Numeric())

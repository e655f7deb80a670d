"""Amounts as SQL rounds them: the same as `kit.standards.money` does."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, case, func

from kit.standards.money import UNUSUAL, USUAL
from models.base.tables import fixed


def rounded_net(exact: Any, currency: Any) -> ColumnElement[Decimal]:
    """Round in SQL as kit.standards.money; PostgreSQL rounds halves of `numeric` away from zero."""
    digits = case(
        *((currency.in_(map(fixed, some)), fixed(unit)) for unit, some in UNUSUAL.items()),
        else_=fixed(USUAL),
    )
    return func.round(exact, digits, type_=Numeric())

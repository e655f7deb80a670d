"""What a product costs whom: one statement reads the products of all lines with their prices."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Numeric,
    Text,
    Uuid,
    bindparam,
    case,
    column,
    func,
    select,
)

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.access.viewers import Actor, anyone
from models.base.records import columns, record
from models.base.visibility import seen_by
from models.master.catalog import Product


class Asked(NamedTuple):
    """What a line asks the price of.

    product: its id or SKU. quantity: in its unit; at: the instant that the price must hold at.
    party_id, group: None for a guest, and for a party of no group.
    """

    product: Any
    quantity: Decimal
    currency: str
    at: datetime
    channel_id: UUID
    party_id: UUID | None
    group: str | None


class Priced(NamedTuple):
    """A product, and what one unit of it costs; None where no price is known."""

    product: Any
    unit_price: Decimal | None


Prices: TypeAlias = Mapping[Asked, Priced]
"""Only for products that are there."""


async def priced(writing: Writing, named_by: str, asked: Collection[Asked]) -> Prices:
    """Read products with their prices. named_by: the column of products that questions give.

    Prices are the merchant's, whatever of them the viewer sees.
    """
    if not asked:
        return {}
    questions = list(asked)
    of = dict(zip(Asked._fields, map(list, zip(*questions, strict=True)), strict=True))
    statement = _priced(writing.viewer.actor, named_by)
    rows = await writing.session.rows(statement, {**writing.parameters, **of})
    make = record(Product)._make
    return {questions[row[0] - 1]: Priced(make(row[2:]), row[1]) for row in rows}


@cache
def _priced(actor: Actor, named_by: str) -> Statement:
    """Build the statement of `priced`: the place of a question, its price, the product."""
    key = getattr(Product, named_by)
    asked = _asked(key.type)
    known = select(asked.c.place, _price(asked.c).label("unit_price"), *columns(Product))
    found = known.select_from(asked.join(Product, key == asked.c.product))
    return Statement(found.where(*seen_by(anyone(actor), Product)))


def _asked(product: Any) -> Any:
    """Return the questions as a table, numbered from 1. product: the type of what names one."""
    types = {
        "product": product,
        "quantity": Numeric(),
        "currency": Text(),
        "at": DateTime(timezone=True),
        "channel_id": Uuid(),
        "party_id": Uuid(),
        "group": Text(),
    }
    given = func.unnest(*(bindparam(name, type_=ARRAY(type_)) for name, type_ in types.items()))
    named = (column(name, type_) for name, type_ in types.items())
    return given.table_valued(*named, with_ordinality="place", name="asked").render_derived()


def _price(asked: Any) -> ColumnElement[Decimal | None]:
    """Return what one unit costs who asks."""
    return case((Product.list_currency == asked.currency, Product.list_price))

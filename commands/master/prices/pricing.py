"""What a product costs whom: one statement reads the products of all lines with their prices."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Numeric, Text, Uuid, bindparam, column, func, select, true

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.access.viewers import Actor, anyone
from models.base.records import columns, record
from models.base.visibility import seen_by
from models.master.catalog import Product
from models.master.prices.precedence import price_of


class PriceQuestion(NamedTuple):
    """What a line asks the price of.

    product: its id or SKU. quantity: in its unit; at: the instant that the price must hold at.
    party_id, group: None for a guest, and for a party of no group. Where all else is None, no price
    is wanted.
    """

    product: Any
    quantity: Decimal | None = None
    currency: str | None = None
    at: datetime | None = None
    channel_id: UUID | None = None
    party_id: UUID | None = None
    group: str | None = None


class Priced(NamedTuple):
    """A product, and what one unit of it costs; None where no price is known.

    entry_id: the entry of a price list that says so, None for the product's list price.
    """

    product: Any
    unit_price: Decimal | None
    entry_id: UUID | None

    def is_of_step(self, other: "Priced") -> bool:
        """Tell whether both prices are said by the same, or neither is known."""
        steps = [(it.entry_id, it.unit_price is None) for it in (self, other)]
        return steps[0] == steps[1]


Prices: TypeAlias = Mapping[PriceQuestion, Priced]
"""Only for products that are there."""


async def priced(writing: Writing, named_by: str, of: Collection[PriceQuestion]) -> Prices:
    """Read products with their prices. named_by: the column of products that questions give.

    Prices are the merchant's, whatever of them the viewer sees: see `price_of`.
    """
    if not of:
        return {}
    questions = list(of)
    names, values = PriceQuestion._fields, map(list, zip(*questions, strict=True))
    parameters = {**writing.parameters, **dict(zip(names, values, strict=True))}
    rows = await writing.session.rows(_priced(writing.viewer.actor, named_by), parameters)
    make = record(Product)._make
    return {questions[row[0] - 1]: Priced(make(row[3:]), *row[1:3]) for row in rows}


@cache
def _priced(actor: Actor, named_by: str) -> Statement:
    """Build the statement of `priced`: the place of a question, its price, the product."""
    key = getattr(Product, named_by)
    question = _questions(key.type)
    price = price_of(anyone(Actor.STAFF), Product, question.c)
    terms = (price.c.unit_price, price.c.price_list_entry_id)
    found = select(question.c.place, *terms, *columns(Product))
    found = found.select_from(question.join(Product, key == question.c.product))
    found = found.outerjoin(price, true())
    return Statement(found.where(*seen_by(anyone(actor), Product)))


def _questions(product: Any) -> Any:
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
    listed = func.unnest(*(bindparam(name, type_=ARRAY(type_)) for name, type_ in types.items()))
    named = (column(name, type_) for name, type_ in types.items())
    return listed.table_valued(*named, with_ordinality="place", name="question").render_derived()

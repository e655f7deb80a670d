"""What a product costs whom: one statement reads the products of all lines with their prices."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    DateTime,
    Numeric,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from models.access.keys import zone_of_days
from models.access.viewers import Actor, anyone
from models.base.records import columns, record
from models.base.visibility import seen_by
from models.master.catalog import Product
from models.master.prices import PriceList, PriceListEntry


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
    """A product, and what one unit of it costs; None where no price is known."""

    product: Any
    unit_price: Decimal | None


Prices: TypeAlias = Mapping[PriceQuestion, Priced]
"""Only for products that are there."""


async def priced(writing: Writing, named_by: str, of: Collection[PriceQuestion]) -> Prices:
    """Read products with their prices. named_by: the column of products that questions give.

    Prices are the merchant's, whatever of them the viewer sees. That of a line is what the list of
    the party says at that instant, else that of its group, else that of the channel, else the
    product's list price. Of several lists of one kind the one counts that began last, then the
    first by code; of a list, the price from the largest quantity that the line has.
    """
    if not of:
        return {}
    questions = list(of)
    names, values = PriceQuestion._fields, map(list, zip(*questions, strict=True))
    parameters = {**writing.parameters, **dict(zip(names, values, strict=True))}
    rows = await writing.session.rows(_priced(writing.viewer.actor, named_by), parameters)
    make = record(Product)._make
    return {questions[row[0] - 1]: Priced(make(row[2:]), row[1]) for row in rows}


@cache
def _priced(actor: Actor, named_by: str) -> Statement:
    """Build the statement of `priced`: the place of a question, its price, the product."""
    key = getattr(Product, named_by)
    question = _questions(key.type)
    list_price = case((Product.list_currency == question.c.currency, Product.list_price))
    known = func.coalesce(_listed(question), list_price, type_=Numeric())
    price = case((question.c.currency.is_not(None), known))
    found = select(question.c.place, price.label("unit_price"), *columns(Product))
    found = found.select_from(question.join(Product, key == question.c.product))
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


def _listed(question: Any) -> Any:
    """Return what price lists say, NULL where none says anything."""
    lists, entry, wanted = aliased(PriceList), aliased(PriceListEntry), question.c
    of_party, of_group = lists.party_id == wanted.party_id, lists.party_group == wanted.group
    whose = or_(of_party, of_group, lists.channel_id == wanted.channel_id)
    merchant = bindparam("merchant", type_=Uuid())
    day = cast(func.timezone(zone_of_days(merchant), wanted["at"]), Date)
    valid = day.between(lists.valid_from, func.coalesce(lists.valid_to, day))
    step = and_(entry.product_id == Product.id, entry.from_quantity <= wanted.quantity)
    of_list = and_(entry.price_list_id == lists.id, step, entry.is_active, *_merchants(entry))
    kind = case((lists.party_id.is_not(None), 1), (lists.party_group.is_not(None), 2), else_=3)
    first = (kind, lists.valid_from.desc(), lists.code, entry.from_quantity.desc())
    rows = select(entry.unit_price).select_from(lists).join(entry, of_list).order_by(*first)
    rows = rows.where(*_merchants(lists), lists.currency == wanted.currency, whose, valid)
    return rows.limit(1).correlate(question, Product).scalar_subquery()


def _merchants(table: Any) -> Any:
    return seen_by(anyone(Actor.STAFF), table)

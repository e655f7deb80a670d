"""What a product costs who reads it: the price at which an order would be placed now."""

from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    ColumnElement,
    Numeric,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    type_coerce,
)

from kit.ids import Names
from kit.inputs import Currency, Input, Quantity, Reference
from loaders.reading.relations import Part, Reader
from loaders.reading.wanted import AsWanted
from models.access.viewers import Actor, anyone
from models.base.visibility import bound, seen_by
from models.master.catalog import Product
from models.master.channels import Channel
from models.master.packagings import Packaging
from models.master.parties import Party
from models.master.prices.precedence import price_of, source_of

_NOTHING: ColumnElement[int] = literal_column("0")
_WHOLE: ColumnElement[int] = literal_column("1")


class PriceWanted(Input):
    """For what a price of a product is wanted."""

    quantity: Quantity = Field(Decimal(1), description="How much of it; 1 when left out.")
    packaging: Reference | None = Field(
        None,
        description="Code of its packaging in which the quantity is counted, for example CARTON;"
        " when left out, it is in the product's unit.",
    )
    currency: Currency | None = Field(
        None,
        description="Currency of the price, that of the list price when left out; of a product"
        " without one, that of the first price that it has.",
    )
    channel_id: Annotated[UUID, Names("Channel")] | None = Field(
        None,
        description="The channel over which it is ordered; a shop's own when left out, and a"
        " buyer's, where its company orders over one only. Else lists of channels do not count"
        " without it, and an order may cost something else.",
    )
    party_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="The company that orders, for staff; a buyer's is its own."
    )


@dataclass(frozen=True)
class PriceFor(AsWanted[PriceWanted]):
    """Product -> what it costs who reads it, None where it has no price for that."""

    def one(self, reader: Reader, wanted: PriceWanted, key: Any) -> Part:
        """Return it and the select of one row's."""
        return _price(reader, wanted, key)


def _price(reader: Reader, wanted: PriceWanted, key: Any) -> Part:
    """Return the price of a product with what it is of, and the select of both."""
    viewer, product = reader.viewer, reader.table(Product)
    counted, ordering = _counted(reader, wanted, product), _ordering(reader, wanted)
    currency = product.list_currency
    if wanted.currency is not None:
        currency = type_coerce(wanted.currency, Text())
    order = SimpleNamespace(
        quantity=counted.c.quantity, currency=currency, at=reader.at, **dict(ordering.c.items())
    )
    price = price_of(viewer, product, order)
    rows = select().select_from(product)
    for each in (counted, ordering, price):
        rows = rows.join(each, true())
    found = SimpleNamespace(
        currency=price.c.currency,
        source=source_of(price),
        unit=product.unit,
        scale=product.scale,
        unit_price=price.c.unit_price,
        price_list_entry_id=price.c.price_list_entry_id,
        **dict(counted.c.items()),
    )
    rows = rows.where(product.id == key, product.is_active, *seen_by(viewer, product))
    return found, rows.correlate_except(product, counted, ordering, price)


def _counted(reader: Reader, wanted: PriceWanted, product: Any) -> Any:
    """Select the quantity in the product's unit; nothing where no line may have it."""
    quantity: Any = type_coerce(wanted.quantity, Numeric())
    packaging = reader.table(Packaging)
    of: tuple[Any, ...]
    if wanted.packaging is None:
        units, of = quantity, (cast(null(), Uuid()), cast(null(), Numeric()))
        rules = [quantity % product.step == _NOTHING]
    else:
        units, of = quantity * packaging.content, (packaging.id, quantity)
        rules = [packaging.product_id == product.id, packaging.code == wanted.packaging]
        rules += [quantity % _WHOLE == _NOTHING, packaging.is_active]
        rules += seen_by(reader.viewer, packaging)
    names = ("quantity", "packaging_id", "packaged_quantity")
    columns = (it.label(name) for it, name in zip((units, *of), names, strict=True))
    return select(*columns).where(*rules).correlate_except(packaging).lateral("counted")


def _ordering(reader: Reader, wanted: PriceWanted) -> Any:
    """Select who orders over which channel; nothing where the reader does not order so.

    A buyer orders for its own company, over its channels, which need not be named where there is
    one; a shop over its own, for guests. Nobody orders over a channel that is not active.
    """
    viewer, party, over = reader.viewer, reader.table(Party), reader.table(Channel)
    own = {viewer.actor: bound(viewer)}
    customer = cast(own.get(Actor.BUYER, wanted.party_id), Uuid())
    named = cast(own.get(Actor.STOREFRONT, wanted.channel_id), Uuid())
    who = select(customer.label("id"), named.label("channel_id")).subquery("who")
    seen = and_(party.id == who.c.id, *seen_by(viewer, party))
    channel: Any = who.c.channel_id
    if viewer.actor is Actor.BUYER and wanted.channel_id is None:
        only = (func.cardinality(party.channel_ids) == _WHOLE, party.channel_ids[_WHOLE])
        channel = case(only)
    rows = select(channel.label("channel_id"), party.id.label("party_id"))
    rows = rows.add_columns(party.price_group.label("group"))
    rows = rows.select_from(who.outerjoin(party, seen))
    used = and_(over.id == channel, over.is_active, *seen_by(viewer, over))
    rows = rows.where(or_(channel.is_(None), exists().where(used).correlate_except(over)))
    if wanted.party_id is not None:
        rows = rows.where(party.id == wanted.party_id)
    if wanted.channel_id is not None:
        rows = rows.where(who.c.channel_id == wanted.channel_id)
        if viewer.actor is Actor.BUYER:
            rows = rows.where(who.c.channel_id == any_(party.channel_ids))
    return rows.correlate_except(who, party).lateral("ordering")


_EXAMPLE, _ = _price(Reader(anyone(Actor.STAFF), None), PriceWanted(), null())
PriceFor.source, PriceFor.record = _EXAMPLE, namedtuple("Price", vars(_EXAMPLE))  # noqa: PYI024 -- the types of the fields are SQL's.

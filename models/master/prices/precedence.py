"""What a product costs whom: which of several prices counts, for whoever asks.

Placing an order asks it with all lines at once, clients ask it as `Product.price`.
"""

from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from models.access.keys import zone_of_days
from models.base.tables import OneOf, fixed
from models.base.visibility import AnyViewer, merchant, seen_by
from models.master.prices.tables import PriceList, PriceListEntry

PRECEDENCE = (
    "A line costs what the list of its party says, else that of its party's group, else that of its"
    " channel, else the product's `listPrice`; what is called off costs what the contract's line"
    " says. Of several lists of one kind the one counts that began last, then the first by code; of"
    " a list, the price from the largest `fromQuantity` that the line has."
)
"""What `price_of` asks, for clients."""


class PriceSource(StrEnum):
    """Where a price comes from; the first of these that says one counts."""

    PARTY = "PARTY"
    GROUP = "GROUP"
    CHANNEL = "CHANNEL"
    LIST_PRICE = "LIST_PRICE"


class Wanted(Protocol):
    """What the price is asked of, as expressions.

    quantity: in the product's unit. currency: NULL for whichever the price is in. at: the instant
    at which the price must hold. party_id, group: NULL for a guest, and for a party of no group.
    """

    quantity: Any
    currency: Any
    at: Any
    channel_id: Any
    party_id: Any
    group: Any


def price_of(viewer: AnyViewer, product: Any, wanted: Wanted) -> Any:
    """Select what one unit of a product costs, of all known prices the first; no row without any.

    viewer: who sees the lists; orders are placed with those that the merchant sees. product: the
    table, or as it is shown. Returns a lateral select of unit_price, its currency,
    price_list_entry_id (NULL for a list price), and place: see `source_of`.
    """
    known = union_all(_listed(viewer, product, wanted), _list_price(product, wanted))
    of = known.selected_columns
    first = (of.place, of.valid_from.desc(), of.code, of.from_quantity.desc())
    return known.order_by(*first).limit(literal_column("1")).lateral("price")


def source_of(price: Any) -> ColumnElement[PriceSource]:
    """Return where a price of `price_of` comes from."""
    names = ((price.c.place == _place(it), fixed(it, Text())) for it in PriceSource)
    source = case(*names)
    return type_coerce(source, OneOf(PriceSource))


def _listed(viewer: AnyViewer, product: Any, wanted: Wanted) -> Select[Any]:
    """Select what price lists say."""
    lists, entry = _lists(viewer, wanted), aliased(PriceListEntry)
    of_list, of = entry.price_list_id == lists.c.id, entry.product_id == product.id
    step = and_(of_list, of, entry.from_quantity <= wanted.quantity, entry.is_active)
    rows = select(
        *(entry.unit_price, entry.currency),
        *(entry.id.label("price_list_entry_id"), lists.c.place),
        *(lists.c.valid_from, lists.c.code, entry.from_quantity),
    )
    rows = rows.select_from(lists).join(entry, step).where(*seen_by(viewer, entry))
    return rows.correlate_except(lists, entry)


def _lists(viewer: AnyViewer, wanted: Wanted) -> Any:
    """Select the lists that count.

    They are looked for first, and prices in them by their keys: OFFSET keeps PostgreSQL from
    beginning with all prices of the product, of which there may be one for each party.
    """
    lists = aliased(PriceList)
    of_party, of_group = lists.party_id == wanted.party_id, lists.party_group == wanted.group
    whose = or_(of_party, of_group, lists.channel_id == wanted.channel_id)
    day = cast(func.timezone(zone_of_days(merchant(viewer)), wanted.at), Date)
    valid = day.between(lists.valid_from, func.coalesce(lists.valid_to, day))
    place = case(
        (lists.party_id.is_not(None), _place(PriceSource.PARTY)),
        (lists.party_group.is_not(None), _place(PriceSource.GROUP)),
        else_=_place(PriceSource.CHANNEL),
    )
    rows = select(lists.id, place.label("place"), lists.valid_from, lists.code)
    is_in = lists.currency == func.coalesce(wanted.currency, lists.currency)
    rows = rows.where(*seen_by(viewer, lists), is_in, whose, valid)
    return rows.offset(literal_column("0")).correlate_except(lists).lateral("lists")


def _list_price(product: Any, wanted: Wanted) -> Select[Any]:
    """Select what the product says itself, which has no list, day and step."""
    others = (PriceList.valid_from, PriceList.code, PriceListEntry.from_quantity)
    others_null = (cast(null(), column.type) for column in others)
    rows = select(
        *(product.list_price, product.list_currency),
        *(cast(null(), Uuid()), _place(PriceSource.LIST_PRICE), *others_null),
    )
    rows = rows.where(product.list_currency == wanted.currency, product.list_price.is_not(None))
    return rows.correlate_except()


def _place(source: PriceSource) -> ColumnElement[int]:
    """Return how many sources go before one, as part of the statement's text."""
    return literal_column(str(list(PriceSource).index(source)), Integer())

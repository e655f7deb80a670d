"""Price lists: what products cost a party, a group of parties, or whoever orders over a channel."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, any_, exists
from sqlalchemy.orm import Mapped, aliased, mapped_column

from models.access.viewers import Actor
from models.base.tables import Owned, check, indexed, to, unique
from models.base.visibility import AnyViewer, Rule, Seen, bound, either, merchant, own, through
from models.master.catalog import OfProduct, to_product
from models.master.packagings import Packaged, count_in_packagings, packaged
from models.master.parties import Party


def _whose(viewer: AnyViewer, table: Any) -> ColumnElement[bool]:
    """Tell whether a list is for the group of the viewer's party, or for a channel of it."""
    party = aliased(Party)
    of_group = party.price_group == table.party_group
    of_channel = table.channel_id == any_(party.channel_ids)
    mine = (party.merchant_id == merchant(viewer), party.id == bound(viewer))
    return exists().where(*mine, of_group | of_channel)


_SHARED = Rule("of its group and its channels", _whose)


class PriceList(Owned):
    """Prices in one currency, known by a code: of one party, one group of them, or one channel.

    valid_from, valid_to: days of the merchant's, both inclusive; valid_to None for no end.

    Whom a list is for sees it before it begins: it is announced. What is seen must not change by
    itself at midnight, or cursors and timelines would; what is a secret is written on its day.
    """

    __tablename__ = "price_lists"
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: either(own("party_id"), _SHARED),
        Actor.STOREFRONT: own("channel_id"),
    }
    __table_args__ = (
        unique("code", "code"),
        to("parties", "party_id"),
        to("channels", "channel_id"),
        indexed("price_lists", "party_id"),
        indexed("price_lists", "party_group"),
        indexed("price_lists", "channel_id"),
        check("for_one", "num_nonnulls(party_id, party_group, channel_id) = 1"),
        check("validity_ordered", "valid_from <= valid_to"),
    )

    code: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    party_id: Mapped[UUID | None]
    party_group: Mapped[str | None]
    channel_id: Mapped[UUID | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class PriceListEntry(OfProduct, Packaged, Owned):
    """What one unit of a product costs from a quantity on.

    from_quantity: in the product's unit. currency: the list's.
    """

    __tablename__ = "price_list_entries"
    __seen__: ClassVar[Seen] = dict.fromkeys(
        (Actor.BUYER, Actor.STOREFRONT), through("PriceList", "price_list_id")
    )
    __table_args__ = (
        to("price_lists", "price_list_id"),
        to_product(),
        unique("step", "price_list_id", "product_id", "from_quantity"),
        indexed("price_list_entries", "product_id"),
        indexed("price_list_entries", "price_list_id", "unit_price", "id"),
        indexed("price_list_entries", "price_list_id", "is_active", "product_id", "id"),
        check("from_quantity_not_negative", "from_quantity >= 0"),
        check("price_not_negative", "unit_price >= 0"),
        *packaged("price_list_entries"),
    )

    price_list_id: Mapped[UUID]
    from_quantity: Mapped[Decimal]
    currency: Mapped[str]
    unit_price: Mapped[Decimal]
    is_active: Mapped[bool] = mapped_column(default=True)

    packaged_quantity = count_in_packagings("from_quantity")

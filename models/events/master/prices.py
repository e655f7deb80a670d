"""What happens to price lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from models.base.events import Created, Event, Updated, event
from models.base.payloads import IdOf, Item
from models.master.prices.tables import PriceList


@dataclass(frozen=True, slots=True)
class PriceChange(Item):
    """What one unit cost before, and what it costs from then on."""

    before: Annotated[Decimal | None, "The price of before, null where there was none."]
    after: Annotated[Decimal | None, "The price from then on, null where there is none."]


@event("price_list.created", PriceList)
class PriceListCreated(Created):
    """It was written for the first time."""


@event("price_list.updated", PriceList)
class PriceListUpdated(Updated):
    """It was changed."""


@event("price_list.repriced", PriceList)
class PriceListRepriced(Event):
    """Prices in it were written."""

    created: Annotated[int, "How many are new."]
    updated: Annotated[int, "How many were changed."]
    prices: Annotated[
        Mapping[Annotated[UUID, IdOf("PriceListEntry")], PriceChange],
        "Entry that was there → its price, where that is another; null while it does not count."
        " Left out before it was told.",
    ] = field(default_factory=dict)

"""What happens to price lists."""

from typing import Annotated

from models.base.events import Created, Event, Updated, event
from models.master.prices.tables import PriceList


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

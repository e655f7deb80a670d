"""The words of stock, described for clients."""

from loaders.supply.stock.lists import StockLevelSort, StockMovementSort
from models.master.catalog import StockKeeping
from models.supply.stock import MovementKind, StockReason
from schema.graphql.enums import described

described(
    StockKeeping,
    "StockKeeping",
    "Whether stock of a product is kept here.",
    NONE="Nobody says here how much there is.",
    TRACKED="Levels and movements tell it.",
)
described(
    MovementKind,
    "StockMovementKind",
    "What moved stock.",
    ADJUST="Somebody adjusted it: `reason` says why.",
)
described(
    StockReason,
    "StockReason",
    "Why stock was adjusted; each says whether goods come or go.",
    OPENING="They come: they lay here before stock was kept.",
    ARRIVED="They come: they arrived from elsewhere.",
    FOUND="They come: there were more than was known.",
    LEFT="They go: they left for elsewhere.",
    LOST="They go: there were fewer than was known.",
    BROKEN="They go: they are of no use any more.",
    EXPIRED="They go: their time is over.",
    USED="They go: the merchant used them itself.",
)
described(
    StockLevelSort,
    "StockLevelSort",
    "Order of a list of levels.",
    PRODUCT="By product, in the order in which products were made.",
    PRODUCT_DESC="By product, the newest first.",
    ON_HAND="By what is on hand, least first.",
    ON_HAND_DESC="By what is on hand, most first.",
    AVAILABLE="By what is available, least first.",
    AVAILABLE_DESC="By what is available, most first.",
)
described(
    StockMovementSort,
    "StockMovementSort",
    "Order of a list of movements.",
    RECORDED_AT_DESC="The last recorded first.",
    RECORDED_AT="The first recorded first.",
)

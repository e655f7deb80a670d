"""The words of deliveries, described for clients."""

from loaders.fulfilment.deliveries.lists import DeliverySort
from models.fulfilment.deliveries.acts import DeliveryAction
from models.fulfilment.deliveries.receipts import ReceiptDifference
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Incoterm, ShortReason
from schema.graphql.enums import described, offered

described(
    DeliveryState,
    "DeliveryState",
    "Where a delivery stands.",
    PLANNED="It has lines, a window and a place; the warehouse does not work on it.",
    RELEASED="The warehouse may pick it.",
    PICKING="The warehouse picks it. Nothing sets it yet.",
    PACKED="It lies in its parcels.",
    DISPATCHED="It has left.",
    PARTIALLY_DELIVERED="Some of it arrived.",
    DELIVERED="All of it arrived.",
    FAILED="It came to its end and did not arrive.",
    RESHIPPED="Another delivery replaces it.",
    RETURNED_TO_SENDER="All of it came back.",
    LOST="All of it was lost on the way.",
    CANCELLED="It is not made; its quantities went back to the order lines.",
)
offered(
    DeliveryAction,
    "DeliveryAction",
    "What can be done with a delivery.",
    "delivery",
    MERGE="`deliveryMerge`, with another one that is alike.",
    PACK="`deliveryPack`; packing again replaces the parcels.",
    CONFIRM_RECEIPT="`deliveryConfirmReceipt`; a later receipt corrects an earlier one.",
)
described(
    ShortReason,
    "ShortReason",
    "Why less was picked than planned.",
    DAMAGED="What is there is damaged.",
    NOT_FOUND="It is not where it should be.",
    QUALITY_HOLD="Quality control has not let it go.",
)
described(
    Incoterm,
    "Incoterm",
    "Who bears cost and risk on the way (Incoterms 2020).",
    EXW="Ex works.",
    FCA="Free carrier.",
    CPT="Carriage paid to.",
    CIP="Carriage and insurance paid to.",
    DAP="Delivered at place.",
    DPU="Delivered at place unloaded.",
    DDP="Delivered duty paid.",
    FAS="Free alongside ship.",
    FOB="Free on board.",
    CFR="Cost and freight.",
    CIF="Cost, insurance and freight.",
)
described(
    ReceiptDifference,
    "ReceiptDifference",
    "How a receipt differs from what was shipped (EDIFACT 4221).",
    SHORT="Less came; what is missing is lost.",
    OVER="More came.",
    DAMAGED="Some of it came damaged.",
    WRONG_ITEM="Some of it is something else.",
    REFUSED="Some of it was not taken in.",
)
described(
    DeliverySort,
    "DeliverySort",
    "Order of a delivery list.",
    WINDOW="By the end of the window.",
    WINDOW_DESC="By the end of the window, last first.",
    NUMBER="By number.",
    NUMBER_DESC="By number, last first.",
)

__all__ = [
    "DeliveryAction",
    "DeliverySort",
    "DeliveryState",
    "Incoterm",
    "ReceiptDifference",
    "ShortReason",
]

"""The words of orders, described for clients."""

from loaders.trade.orders.line_lists import OrderLineSort
from loaders.trade.orders.lists import OrderSort
from models.trade.orders.acts import OrderAction
from models.trade.orders.holds import HoldReason
from models.trade.orders.states import (
    Approval,
    ChargeKind,
    DeliveryPolicy,
    FulfilmentStatus,
    LineResponse,
    OrderKind,
    OrderState,
    PaymentState,
    ProposalAnswer,
    TaxCategory,
)
from schema.graphql.enums import described, offered

described(
    ProposalAnswer,
    "ProposalAnswer",
    "What the merchant answers to a window that was proposed.",
    ACCEPTED="It is the order's window.",
    DECLINED="The order stays as it was.",
)
described(
    OrderKind,
    "OrderKind",
    "Why an order exists.",
    STANDARD="Somebody buys.",
    CALL_OFF="A part of a contract is drawn (EDIFACT 1001 226).",
    REPLACEMENT="It replaces what was returned, lost or damaged.",
    SAMPLE="Goods to look at.",
)
described(
    OrderState,
    "OrderState",
    "Where an order stands; how far it is fulfilled is its fulfilment status.",
    DRAFT="Not placed yet. Nothing sets it yet.",
    PENDING_APPROVAL="It waits for `orderApprove` or `orderReject`.",
    CONFIRMED="It is being fulfilled.",
    CLOSED="Nothing more happens to it; what was not delivered was cancelled.",
    CANCELLED="All of it was cancelled before anything was shipped.",
    REJECTED="Its approval was refused.",
)
described(
    Approval,
    "Approval",
    "Whose approval an order waits for.",
    MERCHANT="The merchant's, as its channel demands: staff give it.",
    COMPANY="The company's, above `Party.approvalLimit`: one of its approvers gives it.",
)
described(
    FulfilmentStatus,
    "FulfilmentStatus",
    "How far an order has come, derived from its lines; what was cancelled does not count.",
    UNFULFILLED="Nothing was shipped.",
    PARTIALLY_SHIPPED="Something was shipped, nothing delivered.",
    SHIPPED="All was shipped, nothing delivered.",
    PARTIALLY_DELIVERED="Something was delivered.",
    DELIVERED="All was delivered.",
    PARTIALLY_RETURNED="All was delivered, and a part came back.",
    RETURNED="All was delivered, and all of it came back.",
)
described(
    PaymentState,
    "PaymentState",
    "What is known of an order's payment: recorded as a shop or a back office reports it.",
    NOT_REQUIRED="Nobody awaits a payment.",
    AWAITED="It is not there yet, as far as anybody knows.",
    AUTHORISED="It is reserved with the payer.",
    PAID="All of it is there.",
    PARTLY_PAID="Less than the order's total is there.",
    FAILED="It was refused, taken back, or did not come.",
)
described(
    DeliveryPolicy,
    "DeliveryPolicy",
    "Whether an order may come in parts (EDIFACT 4493).",
    SHIP_COMPLETE="All at once (SC).",
    PARTIAL_BACKORDER="In parts; what is missing comes later (BK).",
    PARTIAL_CANCEL_REST="What is there comes, the rest is cancelled (SP). What is lost on its way"
    " is owed, as of any order: it is sent again, or cancelled by whoever decides so.",
    CANCEL_IF_NOT_BY="What has not left by an instant is cancelled (CD). What is packed by then may"
    " have left in time and be told for a day; then its delivery is taken back, its parcels are"
    " voided, and what other orders had in them can be planned again. `deliveryCancel` does so at"
    " once.",
)
described(
    ChargeKind,
    "ChargeKind",
    "What an order is charged for beside its lines (EDIFACT 7161).",
    SHIPPING="Carriage (FC).",
    EXPEDITING="Being faster than usual (EP).",
    HANDLING="Handling (HD).",
    PACKING="Packing (PC).",
    SMALL_ORDER="It is smaller than the least order (DAN).",
    FINANCING="Paying later or in parts (FI).",
    OTHER="Anything else (ZZZ).",
)
described(
    TaxCategory,
    "TaxCategory",
    "What kind of tax an amount is (EDIFACT 5305, as EN 16931 uses it).",
    STANDARD="Standard and reduced rates (S).",
    ZERO_RATED="Zero-rated goods (Z).",
    EXEMPT="Exempt from tax (E).",
    REVERSE_CHARGE="The buyer owes it (AE).",
    INTRA_COMMUNITY="Supply to another country of the European Union (K).",
    EXPORT="Export, free of tax (G).",
    OUT_OF_SCOPE="Outside the scope of the tax (O).",
)
described(
    LineResponse,
    "LineResponse",
    "What the merchant answers to a line (EDIFACT 1229).",
    ACCEPTED="It comes as ordered (5).",
    AMENDED="It comes otherwise, once its customer accepts that (6).",
    REJECTED="It does not come (7); it is cancelled.",
)
described(
    HoldReason,
    "HoldReason",
    "Why something must not be released.",
    FRAUD="Others than the merchant read UNDER_REVIEW.",
    OPERATOR="Others than the merchant read UNDER_REVIEW.",
    UNDER_REVIEW="The merchant looks into it.",
)
offered(
    OrderAction,
    "OrderAction",
    "What the viewer may do now with an order.",
    "order",
    UPDATE="`ordersUpdate`.",
    REORDER="`orderDraftFrom`, then `orderPlace`, or `contractCallOff` for a call-off.",
)
described(
    OrderSort,
    "OrderSort",
    "Order of a list of orders.",
    PLACED_AT_DESC="By the time of placing, last first.",
    PLACED_AT="By the time of placing.",
    NUMBER="By number.",
    NUMBER_DESC="By number, last first.",
    DUE_AT="By the end of its own window; those without one last.",
    DUE_AT_DESC="By the end of its own window, last first; those without one first of all.",
    NET="By `net`, whatever its currency (filter by one); those without one that you know first.",
    NET_DESC="By `net`, largest first, whatever its currency; those without one last.",
)
described(
    OrderLineSort,
    "OrderLineSort",
    "Order of a list of order lines.",
    NEWEST_FIRST="What was ordered last first.",
    OLDEST_FIRST="What was ordered first first.",
)

__all__ = [
    "Approval",
    "ChargeKind",
    "DeliveryPolicy",
    "FulfilmentStatus",
    "HoldReason",
    "LineResponse",
    "OrderAction",
    "OrderKind",
    "OrderLineSort",
    "OrderSort",
    "OrderState",
    "PaymentState",
    "ProposalAnswer",
    "TaxCategory",
]

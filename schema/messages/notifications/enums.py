"""Enums of notifications."""

from loaders.messages import notifications as loaders
from models.messages.notifications import (
    NotificationKind,
    NotificationReason,
    NotificationState,
    NotificationTiming,
)
from schema.graphql.enums import described

described(
    NotificationKind,
    "NotificationKind",
    "What people are told by mail.",
    ORDER_CANCELLED="An order was cancelled or rejected; its buyer.",
    APPROVAL_AWAITED="An order waits for its approval; the company's contacts that want to know it,"
    " else the company's address; for the merchant's approval staff that want to know it.",
    ORDER_CONFIRMED="An order is confirmed; its buyer.",
    CALL_OFF_CONFIRMED="A call-off is confirmed; its buyer.",
    DELIVERY_DELIVERED="All of a delivery has arrived; its recipient and its buyer, as always.",
    DELIVERY_PARTLY_DELIVERED="A part of a delivery has arrived.",
    DELIVERY_ATTEMPT_FAILED="Nobody took a parcel in.",
    DELIVERY_AT_THE_DOOR="A parcel is on its last mile.",
    DELIVERY_DISPATCHED="A delivery left, with where its parcels can be followed.",
    DELIVERY_PLANNED="A delivery was planned.",
    DELIVERY_RESCHEDULED="A delivery comes at another time.",
    ORDER_CHANGED="An order was changed, or the merchant has answered to it; its buyer.",
    ORDER_BACKORDERED="Goods of an order come later than wanted: picked short, lost or returned on"
    " their way and owed again, or promised for later; its buyer.",
    CONTRACT_SHORTFALL="Less of a contract was called off than agreed; its company.",
    CONTRACT_ENDS="A contract in force ends in 30 days or less; its company.",
    CONTRACT_RUNS_LOW="A call-off has left a tenth or less of a contract line; its company.",
    WEBHOOK_DISABLED="An endpoint is sent nothing any more, by itself; its company, of the"
    " merchant's own staff that wants to know it, else the merchant's address for support.",
)
described(
    NotificationState,
    "NotificationState",
    "What became of a notification.",
    PENDING="It waits: for what else happens, for the day, or for the mail server.",
    SENT="A mail server has taken it.",
    FAILED="It could not be sent.",
    SUPPRESSED="It was not to be sent.",
)
described(
    NotificationReason,
    "NotificationReason",
    "Why a notification was not sent.",
    OVERTAKEN="It was not true any more when it was to be sent, or waited for five days.",
    NOT_WANTED="Its reader does not want this kind.",
    FORGOTTEN="Its reader was forgotten.",
    BAD_ADDRESS="Its address is none of ASCII that every mail server takes: it is not tried.",
    REFUSED="The mail server refused it for good.",
    UNREACHABLE="It was tried for three days.",
    UNWRITTEN="We failed to write its mail. It says nothing of its reader.",
)
described(
    NotificationTiming,
    "NotificationTiming",
    "When somebody wants to be told.",
    NOW="Soon after it happened.",
    DAILY="In one mail a day.",
    NEVER="Not at all.",
)
described(
    loaders.NotificationSort,
    "NotificationSort",
    "Order of a list of notifications.",
    NEWEST_FIRST="The newest first.",
    OLDEST_FIRST="The oldest first.",
)

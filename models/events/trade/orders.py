"""What the journal tells of orders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from models.access.viewers import Actor
from models.base.events import Event, Moving, Payload, Progressed, event, without
from models.base.masks import NULL
from models.base.payloads import AllLines, Beside, ColumnName, IdOf, Item
from models.events.master.prices import PriceChange
from models.trade.contracts.states import TimeRule
from models.trade.orders.holds import HIDDEN_IN_EVENTS_OF_ORDERS, HoldReason
from models.trade.orders.states import (
    Approval,
    FulfilmentStatus,
    LineChange,
    LineResponse,
    PaymentState,
    ProposalAnswer,
)
from models.trade.orders.tables import Order


@event("order.placed", Order)
class OrderPlaced(Moving):
    """It was placed or imported."""

    lines: Annotated[int, AllLines(), "How many lines it has."]


@dataclass(frozen=True, slots=True)
class UpdatedLine(Item):
    """What was done to a line."""

    line_no: Annotated[int, "The line's number in its order."]
    change: Annotated[LineChange, "What it was."]
    quantity: Annotated[Decimal, "How much is ordered now, in the line's unit."]


@event("order.updated", Order, hidden={Actor.WAREHOUSE: {"prices": NULL}})
class OrderUpdated(Moving):
    """It was changed before what changes was planned, or was sent again with other content."""

    fields: Annotated[tuple[ColumnName, ...], "The columns of the order that were written."]
    lines: Annotated[tuple[UpdatedLine, ...], AllLines(), "The lines that were changed."]
    prices: Annotated[
        Mapping[Annotated[UUID, IdOf("OrderLine")], PriceChange],
        "Line that was there → the price of one unit before discount, where that is another."
        " Left out before it was told.",
    ] = field(default_factory=dict)


@event("order.window_overridden", Order)
class OrderWindowOverridden(Event):
    """A window that is wanted or promised breaks rules; its window_override says why."""

    rules: Annotated[tuple[TimeRule, ...], "The rules."]


@event("order.approved", Order)
class OrderApproved(Event):
    """One side approved it; it is confirmed when no other approval is awaited."""

    by: Annotated[Approval, "Whose approval it is."]


@event("order.rejected", Order, without("reason"))
class OrderRejected(Moving):
    """One side rejected it; all of its lines are cancelled."""

    by: Annotated[Approval, "Who rejected it."]


@dataclass(frozen=True, slots=True)
class CancelledLine(Item):
    """How much of a line was cancelled."""

    line_no: Annotated[int, "The line's number in its order."]
    quantity: Annotated[Decimal, "How much less is wanted, in the line's unit."]


@event("order.lines_cancelled", Order, without("reason"))
class OrderLinesCancelled(Moving):
    """Parts of it were cancelled, by somebody or by its delivery policy."""

    lines: Annotated[
        tuple[CancelledLine, ...],
        AllLines(),
        "The lines; left out where somebody did it before version 2.",
    ] = ()


@event("order.cancelled", Order)
class OrderCancelled(Event):
    """Nothing of it is wanted any more."""


@event("order.closed", Order)
class OrderClosed(Moving):
    """It is over; what no delivery had taken is cancelled."""


@dataclass(frozen=True, slots=True)
class RespondedLine(Item):
    """What the merchant has said to a line."""

    line_no: Annotated[int, "The line's number in its order."]
    response: Annotated[LineResponse, "What it is."]
    quantity: Annotated[Decimal | None, "How much an amendment offers, in the line's unit."] = None
    latest: Annotated[datetime | None, "The end of the window that is promised or offered."] = None
    is_substitute: Annotated[bool, "Whether an amendment offers another product."] = False
    answer_by: Annotated[datetime | None, "Until when an amendment waits for its answer."] = None


@event("order.responded", Order)
class OrderResponded(Moving):
    """The merchant has accepted, amended or rejected lines; what is rejected is cancelled."""

    lines: Annotated[tuple[RespondedLine, ...], AllLines(), "The lines."]
    latest: Annotated[datetime | None, "The end of the window promised for the whole order."] = None


@event("order.amendment_accepted", Order)
class OrderAmendmentAccepted(Moving):
    """Its customer has accepted amendments; what they leave out is cancelled."""

    lines: Annotated[tuple[int, ...], AllLines(), "Numbers of the lines."]


@event("order.amendment_declined", Order, without("moved"))
class OrderAmendmentDeclined(Event):
    """Its customer has declined amendments; their lines stand as they were ordered."""

    lines: Annotated[tuple[int, ...], AllLines(), "Numbers of the lines."]


@event("order.amendment_expired", Order)
class OrderAmendmentExpired(Event):
    """Amendments were not answered in time; their lines stand as they were ordered."""

    lines: Annotated[tuple[int, ...], AllLines(), "Numbers of the lines."]


@event("order.amendment_withdrawn", Order)
class OrderAmendmentWithdrawn(Event):
    """So much of lines was cancelled that amendments change nothing any more: they ended."""

    lines: Annotated[tuple[int, ...], AllLines(), "Numbers of the lines."]


@event("order.window_proposed", Order, zone_column="proposed_zone")
class OrderWindowProposed(Event):
    """Its customer has proposed another window for what has none of its own."""

    earliest: Annotated[datetime, "The beginning of the window."]
    latest: Annotated[datetime, "Its end."]


@event("order.proposal_answered", Order)
class OrderProposalAnswered(Event):
    """The merchant has accepted or declined the window that was proposed."""

    answer: Annotated[ProposalAnswer, "What it says; what is accepted is the order's window now."]


@event("order.partially_delivered", Order)
class OrderPartiallyDelivered(Moving):
    """Something of it has arrived."""


@event("order.delivered", Order)
class OrderDelivered(Moving):
    """All that is wanted of it has arrived."""


def _reached_unknown(payload: Payload) -> Payload:
    """Upcast version 1, which told of orders of which nothing had arrived any more."""
    return {"reached": None, **payload}


@event("order.arrival_corrected", Order, _reached_unknown)
class OrderArrivalCorrected(Moving):
    """Less of it has arrived than was told: a carrier took it back, or the client says so."""

    reached: Annotated[
        FulfilmentStatus | None,
        AllLines(),
        "How far it has been delivered now, null where nothing of it has arrived.",
    ]


@event("order.payment_recorded", Order, untold=(Actor.WAREHOUSE, Actor.CARRIER))
class OrderPaymentRecorded(Event):
    """Something was reported of its payment."""

    payment_id: Annotated[UUID, IdOf("Payment"), "The report."]
    state: Annotated[PaymentState, Beside("payment_id"), "What it says."]
    is_newest: Annotated[
        bool,
        Beside("payment_id"),
        "Whether the order's payment state is what it says: none that is there tells of later.",
    ]


@event("order.amounts_stated", Order)
class OrderAmountsStated(Event):
    """Its charges or taxes were stated anew."""

    amounts: Annotated[tuple[ColumnName, ...], "Which of them: `charges`, `taxes`."]


@event("order.progressed", Order)
class OrderProgressed(Progressed):
    """Counters of its lines were moved, and nothing else happened to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Event):
    """What holds on orders and deliveries tell."""

    hold_id: Annotated[Annotated[UUID, IdOf("Hold")] | None, "The hold; null before version 2."]
    reason: Annotated[HoldReason, Beside("hold_id"), "Why it must not be released."]


def hold_without_owner(payload: Payload) -> Payload:
    """Upcast version 1 of events of holds, which named who had placed it, but not the hold."""
    return {"hold_id": None, "reason": payload["reason"]}


@event(
    "order.held",
    Order,
    hold_without_owner,
    hidden=HIDDEN_IN_EVENTS_OF_ORDERS,
    untold=(Actor.CARRIER,),
)
class OrderHeld(Held):
    """A hold stops it."""


@event(
    "order.hold_released",
    Order,
    hold_without_owner,
    hidden=HIDDEN_IN_EVENTS_OF_ORDERS,
    untold=(Actor.CARRIER,),
)
class OrderHoldReleased(Held):
    """A hold stops it no longer."""

"""What clients ask about deliveries and do with them."""

import strawberry

from commands.fulfilment.deliveries.dispatch import DeliveryDispatch
from commands.fulfilment.deliveries.holds import DeliveryHold, DeliveryReleaseHold
from commands.fulfilment.deliveries.packing import DeliveryPack
from commands.fulfilment.deliveries.plan import DeliveryPlan
from commands.fulfilment.deliveries.receipts import DeliveryConfirmReceipt
from commands.fulfilment.deliveries.release import DeliveryCancel, DeliveryRelease
from commands.fulfilment.deliveries.shapes import (
    DeliveryMerge,
    DeliveryMove,
    DeliveryReschedule,
    DeliverySplit,
)
from execution import each_related, related
from loaders.fulfilment import deliveries as loaders
from loaders.fulfilment import parcels as parcel_loaders
from loaders.trade import orders as order_loaders
from models.access.viewers import Scope
from resolvers.fulfilment import deliveries as resolvers
from schema.fulfilment.deliveries.enums import DeliverySort
from schema.fulfilment.deliveries.types import Delivery, Receipt
from schema.fulfilment.parcels import Parcel
from schema.graphql.connections import Connection, connection
from schema.graphql.mutations import Payload, mutation
from schema.graphql.roots import one_by
from schema.trade.orders import Hold


@strawberry.type(description="Outcome of a mutation of one delivery.")
class DeliveryPayload(Payload):
    """The delivery that was changed."""

    delivery: Delivery | None = related(
        loaders.by_id, "The delivery; null when refused.", key="delivery_id"
    )


@strawberry.type(description="Outcome of `deliveryPlan`.")
class DeliveryPlanPayload(Payload):
    """The planned deliveries."""

    deliveries: list[Delivery] | None = each_related(
        loaders.by_id,
        "The deliveries, in the order of the input; null when refused.",
        key="delivery_ids",
    )


@strawberry.type(description="Outcome of `deliverySplit`.")
class DeliverySplitPayload(DeliveryPayload):
    """The delivery and the part that was split off."""

    part: Delivery | None = related(
        loaders.by_id, "The new delivery; null when refused.", key="part_id"
    )


@strawberry.type(description="Outcome of `deliveryMerge`.")
class DeliveryMergePayload(DeliveryPayload):
    """The delivery with all that was put into it."""


@strawberry.type(description="Outcome of `deliveryMove`.")
class DeliveryMovePayload(DeliveryPayload):
    """The delivery at its new location."""


@strawberry.type(description="Outcome of `deliveryReschedule`.")
class DeliveryReschedulePayload(DeliveryPayload):
    """The delivery with its new window."""


@strawberry.type(description="Outcome of `deliveryHold`.")
class DeliveryHoldPayload(DeliveryPayload):
    """The delivery and its new hold."""

    hold: Hold | None = related(
        order_loaders.hold_by_id, "The hold; null when refused.", key="hold_id"
    )


@strawberry.type(description="Outcome of `deliveryReleaseHold`.")
class DeliveryReleaseHoldPayload(DeliveryPayload):
    """The delivery and the hold that ended."""

    hold: Hold | None = related(
        order_loaders.hold_by_id, "The hold; null when refused.", key="hold_id"
    )


@strawberry.type(description="Outcome of `deliveryRelease`.")
class DeliveryReleasePayload(DeliveryPayload):
    """The released delivery."""


@strawberry.type(description="Outcome of `deliveryPack`.")
class DeliveryPackPayload(DeliveryPayload):
    """The packed delivery and its new parcels."""

    parcels: list[Parcel] | None = each_related(
        parcel_loaders.by_id,
        "The parcels, in the order of the input; null when refused.",
        key="parcel_ids",
    )


@strawberry.type(description="Outcome of `deliveryDispatch`.")
class DeliveryDispatchPayload(DeliveryPayload):
    """The dispatched delivery."""


@strawberry.type(description="Outcome of `deliveryCancel`.")
class DeliveryCancelPayload(DeliveryPayload):
    """The cancelled delivery."""


@strawberry.type(description="Outcome of `deliveryConfirmReceipt`.")
class DeliveryConfirmReceiptPayload(DeliveryPayload):
    """The delivery and its new receipt."""

    receipt: Receipt | None = related(
        loaders.receipt_by_id, "The receipt; null when refused.", key="receipt_id"
    )


@strawberry.type
class DeliveriesQuery:
    """Root fields that read deliveries."""

    delivery: Delivery | None = one_by(
        "One delivery, by id or number.", Delivery=loaders.by_id, number=loaders.by_number
    )
    deliveries: Connection[Delivery] = connection(
        loaders.every,
        "Deliveries.",
        key=None,
        filters=loaders.DeliveryFilter,
        sorts=DeliverySort,
    )


@strawberry.type
class DeliveriesMutation:
    """Mutations of deliveries."""

    delivery_plan: DeliveryPlanPayload = mutation(
        resolvers.plan_all,
        DeliveryPlan,
        DeliveryPlanPayload,
        Scope.DELIVERIES_PLAN,
        "Plan up to 250 deliveries of confirmed orders, each with its own window and place;"
        " all or none.",
    )
    delivery_split: DeliverySplitPayload = mutation(
        resolvers.split,
        DeliverySplit,
        DeliverySplitPayload,
        Scope.DELIVERIES_PLAN,
        "Move a part of a delivery into a new one, which is PLANNED. Before picking only.",
    )
    delivery_merge: DeliveryMergePayload = mutation(
        resolvers.merge,
        DeliveryMerge,
        DeliveryMergePayload,
        Scope.DELIVERIES_PLAN,
        "Put deliveries that are alike into one. Before picking only.",
    )
    delivery_move: DeliveryMovePayload = mutation(
        resolvers.move,
        DeliveryMove,
        DeliveryMovePayload,
        Scope.DELIVERIES_PLAN,
        "Start a delivery at another location. Before picking only.",
    )
    delivery_reschedule: DeliveryReschedulePayload = mutation(
        resolvers.reschedule,
        DeliveryReschedule,
        DeliveryReschedulePayload,
        Scope.DELIVERIES_PLAN,
        "Deliver at another time. Before the dispatch only.",
    )
    delivery_hold: DeliveryHoldPayload = mutation(
        resolvers.hold,
        DeliveryHold,
        DeliveryHoldPayload,
        Scope.DELIVERIES_PLAN,
        "Stop a delivery: it is neither released nor dispatched while a hold is active.",
    )
    delivery_release_hold: DeliveryReleaseHoldPayload = mutation(
        resolvers.release_hold,
        DeliveryReleaseHold,
        DeliveryReleaseHoldPayload,
        Scope.DELIVERIES_PLAN,
        "End one hold on a delivery.",
    )
    delivery_release: DeliveryReleasePayload = mutation(
        resolvers.release_one,
        DeliveryRelease,
        DeliveryReleasePayload,
        Scope.DELIVERIES_PLAN,
        "Hand a delivery to the warehouse.",
    )
    delivery_pack: DeliveryPackPayload = mutation(
        resolvers.pack,
        DeliveryPack,
        DeliveryPackPayload,
        Scope.DELIVERIES_FULFIL,
        "Pack what was picked into parcels. Less than planned needs a reason and goes back to"
        " the order line as a backorder, or is cancelled where the order's policy says so."
        " Packing again voids the parcels of before.",
    )
    delivery_dispatch: DeliveryDispatchPayload = mutation(
        resolvers.dispatch_one,
        DeliveryDispatch,
        DeliveryDispatchPayload,
        Scope.DELIVERIES_FULFIL,
        "Ship what was packed.",
    )
    delivery_cancel: DeliveryCancelPayload = mutation(
        resolvers.cancel,
        DeliveryCancel,
        DeliveryCancelPayload,
        Scope.DELIVERIES_PLAN,
        "Take a delivery back before it leaves; its quantities can be planned again.",
    )
    delivery_confirm_receipt: DeliveryConfirmReceiptPayload = mutation(
        resolvers.confirm_receipt,
        DeliveryConfirmReceipt,
        DeliveryConfirmReceiptPayload,
        Scope.RECEIPTS_WRITE,
        "Record the client's own receipt, line by line. From then on it tells what arrived,"
        " not the tracking. A later receipt corrects an earlier one.",
    )

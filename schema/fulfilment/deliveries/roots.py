"""What clients ask about deliveries and do with them."""

import strawberry

from commands.fulfilment.deliveries import (
    dispatch,
    holds,
    packing,
    release,
)
from commands.fulfilment.deliveries.arrivals import receipts
from commands.fulfilment.deliveries.changes import merge, move, reschedule, split
from commands.fulfilment.deliveries.planning import plan, reship
from execution.fields import each_related, related
from loaders.fulfilment import deliveries as loaders
from loaders.fulfilment import parcels as parcel_loaders
from loaders.fulfilment.deliveries import lists
from loaders.trade import orders as order_loaders
from schema.fulfilment.deliveries.enums import DeliverySort
from schema.fulfilment.deliveries.types import Delivery, Receipt
from schema.fulfilment.parcels import Parcel
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import Connection, connection
from schema.graphql.mutations import Payload, mutation
from schema.graphql.roots import one_by
from schema.trade.orders.holds import Hold


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
        loaders.by_id,
        "The new delivery, which brings it again; `delivery` is the one that did not arrive."
        " Null when refused.",
        key="part_id",
    )


@strawberry.type(description="Outcome of `deliveryMerge`.")
class DeliveryMergePayload(DeliveryPayload):
    """The delivery with all that was put into it."""


@strawberry.type(description="Outcome of `deliveryMove`.")
class DeliveryMovePayload(DeliveryPayload):
    """The delivery at its new location."""


@strawberry.type(description="Outcome of `deliveryExcuse`.")
class DeliveryExcusePayload(DeliveryPayload):
    """The delivery with what excuses it."""


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


@strawberry.type(description="Outcome of `deliveryReship`.")
class DeliveryReshipPayload(DeliveryPayload):
    """The delivery and the one that brings it again."""

    reshipment: Delivery | None = related(
        loaders.by_id, "The new delivery; null when refused.", key="reshipment_id"
    )


@strawberry.type(description="Outcome of `deliveryConfirmReceipt`.")
class DeliveryConfirmReceiptPayload(DeliveryPayload):
    """The delivery and its new receipt."""

    receipt: Receipt | None = related(
        loaders.receipt_by_id, "The receipt; null when refused.", key="receipt_id"
    )


@strawberry.type(description="What was done to one delivery of a verb for many.")
class DeliveryResult(UpsertResult):
    """One result."""

    delivery: Delivery | None = related(
        loaders.by_id, "The delivery; null when refused.", key="delivery_id"
    )
    parcels: list[Parcel] | None = each_related(
        parcel_loaders.by_id, "Its new parcels; null where none were made.", key="parcel_ids"
    )


@strawberry.type(description="Outcome of a verb for many deliveries.")
class DeliveriesPayload(Payload):
    """The results, in the order of the input."""

    results: list[DeliveryResult] | None = strawberry.field(
        description="One result for each delivery; null when the whole call was refused."
    )


@strawberry.type(description="Outcome of `deliveriesRelease`.")
class DeliveriesReleasePayload(DeliveriesPayload):
    """What was released."""


@strawberry.type(description="Outcome of `deliveriesPack`.")
class DeliveriesPackPayload(DeliveriesPayload):
    """What was packed."""


@strawberry.type(description="Outcome of `deliveriesDispatch`.")
class DeliveriesDispatchPayload(DeliveriesPayload):
    """What was dispatched."""


@strawberry.type
class DeliveriesQuery:
    """Root fields that read deliveries."""

    delivery: Delivery | None = one_by(
        "One delivery, by id or number.", Delivery=loaders.by_id, number=loaders.by_number
    )
    deliveries: Connection[Delivery] | None = connection(
        lists.every,
        "Deliveries.",
        key=None,
        filters=lists.DeliveryFilter,
        sorts=DeliverySort,
    )


@strawberry.type
class DeliveriesMutation:
    """Mutations of deliveries."""

    delivery_plan: DeliveryPlanPayload = mutation(plan.plan_all)
    delivery_split: DeliverySplitPayload = mutation(split.split)
    delivery_merge: DeliveryMergePayload = mutation(merge.merge)
    delivery_move: DeliveryMovePayload = mutation(move.move)
    delivery_reschedule: DeliveryReschedulePayload = mutation(reschedule.reschedule)
    delivery_excuse: DeliveryExcusePayload = mutation(reschedule.excuse)
    delivery_hold: DeliveryHoldPayload = mutation(holds.hold)
    delivery_release_hold: DeliveryReleaseHoldPayload = mutation(holds.release_hold)
    delivery_release: DeliveryReleasePayload = mutation(release.release)
    delivery_pack: DeliveryPackPayload = mutation(packing.pack)
    delivery_dispatch: DeliveryDispatchPayload = mutation(dispatch.dispatch)
    deliveries_release: DeliveriesReleasePayload = mutation(release.release_each)
    deliveries_pack: DeliveriesPackPayload = mutation(packing.pack_each)
    deliveries_dispatch: DeliveriesDispatchPayload = mutation(dispatch.dispatch_each)
    delivery_cancel: DeliveryCancelPayload = mutation(release.cancel)
    delivery_reship: DeliveryReshipPayload = mutation(reship.reship)
    delivery_confirm_receipt: DeliveryConfirmReceiptPayload = mutation(receipts.confirm_receipt)

"""Steps that every scene takes: place, plan, release, pack, dispatch, report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from examples.demo.goods import HAMBURG, MAIN_CARRIER
from examples.demo.story import Story
from examples.mutations import Mutation

_LINES = "lines { id planned orderLine { product { sku } } }"
PLACE = Mutation("orderPlace", "order { id number lines { id product { sku } } }")
PAY = Mutation("orderRecordPayment", "order { paymentState }")
PLAN = Mutation("deliveryPlan", f"deliveries {{ id number {_LINES} }}")
RELEASE = Mutation("deliveryRelease", "")
PACK = Mutation("deliveryPack", "parcels { id sscc }")
DISPATCH = Mutation("deliveryDispatch", "")
TRACK = Mutation("parcelRecordTracking", "results { status userErrors { code message field } }")

Quantities = Mapping[str, str]
"""SKU -> quantity in the product's unit."""


@dataclass(frozen=True)
class Parcel:
    """What goes into one parcel under one tracking number."""

    tracking_number: str
    contents: Quantities
    weight_g: int


@dataclass(frozen=True)
class Delivery:
    """A planned delivery. lines: SKU -> id of its line."""

    id: str
    lines: Mapping[str, str]

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> "Delivery":
        """Read it from an answer."""
        lines = {line["orderLine"]["product"]["sku"]: line["id"] for line in node["lines"]}
        return cls(node["id"], lines)


async def place(
    story: Story, actor: str, channel: str, prices: Mapping[str, tuple[str, str]], **fields: Any
) -> dict[str, str]:
    """Place an order; returns SKU -> id of its line. prices: SKU -> quantity and unit price.

    Staff state the price, as the marketplace told it; others say what they were shown. An order
    with a reference is found by it from now on.
    """
    stated = "unitPrice" if actor == "staff" else "expectedUnitPrice"
    lines = [
        {"productId": story.ids[sku], "quantity": quantity, stated: price}
        for sku, (quantity, price) in prices.items()
    ]
    order = {"channelId": story.ids[channel], "currency": "EUR", "lines": lines, **fields}
    placed = (await story.do(actor, PLACE, **order))["order"]
    if "externalReference" in fields:
        story.ids[fields["externalReference"]] = placed["id"]
    return {line["product"]["sku"]: line["id"] for line in placed["lines"]}


async def plan(
    story: Story, lines: Mapping[str, str], quantities: Quantities, **fields: Any
) -> Delivery:
    """Plan one delivery of an order. lines: SKU -> id of the order line."""
    part = {
        "locationId": story.ids[HAMBURG],
        "lines": [
            {"orderLineId": lines[sku], "quantity": quantity}
            for sku, quantity in quantities.items()
        ],
        **fields,
    }
    payload = await story.do("staff", PLAN, deliveries=[part])
    return Delivery.of(payload["deliveries"][0])


async def release(story: Story, delivery: Delivery) -> None:
    """Hand a delivery to its warehouse."""
    await story.do("staff", RELEASE, deliveryId=delivery.id)


async def pack(
    story: Story,
    delivery: Delivery,
    *parcels: Parcel,
    carrier: str = MAIN_CARRIER,
    short: Quantities | None = None,
    actor: str = "warehouse",
) -> None:
    """Pack a delivery. short: SKU -> what was picked of it, the rest being out of stock."""
    packed = [
        {
            "carrierId": story.ids[carrier],
            "generateSscc": True,
            "trackingNumbers": [parcel.tracking_number],
            "weightG": parcel.weight_g,
            "contents": [
                {"deliveryLineId": delivery.lines[sku], "quantity": quantity}
                for sku, quantity in parcel.contents.items()
            ],
        }
        for parcel in parcels
    ]
    lines = [
        {"deliveryLineId": delivery.lines[sku], "picked": picked, "shortReason": "OUT_OF_STOCK"}
        for sku, picked in (short or {}).items()
    ]
    await story.do(actor, PACK, deliveryId=delivery.id, parcels=packed, lines=lines)


async def dispatch(story: Story, delivery: Delivery, actor: str = "warehouse") -> None:
    """Let a delivery leave."""
    await story.do(actor, DISPATCH, deliveryId=delivery.id)


async def report(
    story: Story,
    tracking_number: str,
    status: str,
    place: str,
    message: str | None = None,
    actor: str = "carrier",
) -> None:
    """Report what happened to a parcel just now."""
    event = {
        "trackingNumber": tracking_number,
        "status": status,
        "occurredAt": story.now.isoformat(),
        "place": place,
        "message": message,
    }
    await story.do(actor, TRACK, events=[event])

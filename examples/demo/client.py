"""The machine builder: a yearly contract for two plants, three call-offs, seven deliveries."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from examples.demo.goods import (
    BEARING,
    BUYER,
    FREIGHT_CARRIER,
    GREASE,
    HOUSING,
    LIST_PRICES,
    OIL,
    PORTAL,
    SHAFT,
    TOOLS,
)
from examples.demo.moves import Delivery, Parcel, dispatch, pack, place, plan, release, report
from examples.demo.story import ZONE, Story
from examples.mutations import Mutation

CONTRACT = "RV-KOESTER"
_LINES = "lines { id product { sku } }"
CREATE = Mutation("contractCreate", f"contract {{ id {_LINES} }}")
ACTIVATE = Mutation("contractActivate", "")
RELEASE = Mutation("contractRelease", "")
PARTNERS = Mutation("partnerProfilesUpsert", "results { status userErrors { code message field } }")
CALL_OFF = Mutation("contractCallOff", f"callOff {{ number {_LINES} }}")
RECEIPT = Mutation("deliveryConfirmReceipt", "receipt { id }")

_AGREED: list[tuple[str, dict[str, Any]]] = [
    (
        SHAFT,
        {
            "targetQuantity": "1200",
            "minQuantity": "1000",
            "maxQuantity": "1300",
            "overTolerancePercent": "2",
            "underTolerancePercent": "5",
            "lotMultiple": "10",
            "unitPrice": "48.90",
        },
    ),
    (
        BEARING,
        {
            "targetQuantity": "6000",
            "minQuantity": "4000",
            "lotMultiple": "50",
            "minPerCallOff": "100",
            "unitPrice": "3.1450",
        },
    ),
    (
        HOUSING,
        {
            "targetQuantity": "400",
            "maxQuantity": "440",
            "maxPerCallOff": "120",
            "unitPrice": "131.00",
            "guarantee": {
                "leadTimeDays": 10,
                "quantity": "60",
                "period": "WEEK",
                "graceDays": 1,
                "penaltyPercentPerDay": "0.5",
                "penaltyCapPercent": "5",
                "excuses": ["FORCE_MAJEURE", "CUSTOMER_REQUEST"],
            },
        },
    ),
    (OIL, {"targetQuantity": "900", "overTolerancePercent": "10", "unitPrice": "7.25"}),
]
_GOODS_IN = {"name": "Jens Ohlendorf", "department": "Goods receipt", "building": "Gate 3"}
_SECOND_PLANT = "plant-2"
_PARTNER = {
    "code": "KOESTER",
    "identification": "KOESTER",
    "qualifier": "ZZ",
    "partyNumber": BUYER,
    "timeZone": ZONE,
    "scheduleCodes": [{"element": "PLACE", "code": "LOC 7", "meaning": "UNLOADING_POINT"}],
    "articleNumbers": [{"theirs": "7711-B", "ours": SHAFT}],
    "placeCodes": [
        {"theirs": "W1", "ours": "plant"},
        {"theirs": "W2", "ours": _SECOND_PLANT},
    ],
}
"""How the buyer's files are read."""
_RAMP, _HUB = "Bremen, Am Hafen 12", "Hub Hamburg"


async def scene(story: Story) -> AsyncIterator[datetime]:
    """Agree on the contract, let each call-off go its way, order by the price list too."""
    yield story.at(-60, 10)
    lines = await _agreed(story)
    yield story.at(-58, 9)
    await _schedules(story, lines)
    async for time in _first(story, lines):
        yield time
    async for time in _second(story, lines):
        yield time
    async for time in _third(story, lines):
        yield time
    yield story.at(-1, 16)
    grease = {GREASE: ("24", "7.60"), TOOLS: ("1", LIST_PRICES[TOOLS])}
    await place(story, "buyer", PORTAL, grease, purchaseOrderNumber="4500-04")


async def _agreed(story: Story) -> dict[str, str]:
    """Put the contract in force; returns SKU -> id of its line."""
    first = story.day(-59)
    fields = {
        "number": CONTRACT,
        "partyId": story.ids[BUYER],
        "purchaseOrderNumber": "BO-4500",
        "shipToIds": [story.ids[f"{BUYER}/{it}"] for it in ("plant", _SECOND_PLANT, "service")],
        "validFrom": first.isoformat(),
        "validTo": (first + timedelta(364)).isoformat(),
        "timeZone": ZONE,
        "currency": "EUR",
        "minNoticeDays": 3,
        "firmZoneDays": 14,
        "tradeOffDays": 42,
        "lines": [{"productId": story.ids[sku], **terms} for sku, terms in _AGREED],
    }
    contract = (await story.do("staff", CREATE, **fields))["contract"]
    story.ids[CONTRACT] = contract["id"]
    await story.do("staff", ACTIVATE, contractId=contract["id"])
    await story.do("staff", PARTNERS, partnerProfiles=[_PARTNER])
    return {line["product"]["sku"]: line["id"] for line in contract["lines"]}


async def _schedules(story: Story, lines: Mapping[str, str]) -> None:
    """Send the forecasts of two plants; the first one says just in time what it needs first."""
    near, far = (4, "150", "FIRM"), (20, "120", "MATERIAL")
    shafts = [(-15, "100", "FIRM"), near, (5, "60", "FORECAST"), far, (60, "150", "FORECAST")]
    housings = [(-6, "60", "FIRM"), (6, "40", "MAKE_AND_MATERIAL"), (40, "80", "FORECAST")]
    await _schedule(story, lines[SHAFT], "FORECAST", shafts, "plant", "RAMP-1")
    few = [(9, "30", "FIRM"), (29, "40", "FORECAST")]
    await _schedule(story, lines[SHAFT], "FORECAST", few, _SECOND_PLANT, "GATE-B")
    await _schedule(story, lines[HOUSING], "FORECAST", housings, "plant", "RAMP-1")
    overlay = [(-15, "100", "FIRM"), (4, "140", "FIRM"), (5, "80", "FIRM")]
    await _schedule(story, lines[SHAFT], "JIT", overlay, "plant", "RAMP-1")


async def _schedule(
    story: Story,
    line_id: str,
    kind: str,
    quantities: list[tuple[int, str, str]],
    plant: str,
    place: str,
) -> None:
    fields: dict[str, Any] = {
        "contractLineId": line_id,
        "shipToId": story.ids[f"{BUYER}/{plant}"],
        "unloadingPoint": place,
        "type": kind,
        "releaseNo": 1,
        "horizonEnd": story.at(6, 0).isoformat() if kind == "JIT" else None,
        "lines": [
            {"window": story.window(day), "quantity": quantity, "commitment": commitment}
            for day, quantity, commitment in quantities
        ],
    }
    await story.do("buyer", RELEASE, **fields)


async def _call_off(
    story: Story, lines: Mapping[str, str], day: int, number: str, quantities: Mapping[str, str]
) -> dict[str, str]:
    """Call off for a day; returns SKU -> id of the order line."""
    fields = {
        "contractId": story.ids[CONTRACT],
        "channelId": story.ids[PORTAL],
        "window": story.window(day),
        "recipient": _GOODS_IN,
        "purchaseOrderNumber": number,
        "lines": [
            {"contractLineId": lines[sku], "quantity": quantity}
            for sku, quantity in quantities.items()
        ],
    }
    order = (await story.do("buyer", CALL_OFF, **fields))["callOff"]
    return {line["product"]["sku"]: line["id"] for line in order["lines"]}


async def _first(story: Story, lines: Mapping[str, str]) -> AsyncIterator[datetime]:
    """One delivery arrives, with a difference at the gate; the other one fails."""
    yield story.at(-25, 11)
    wanted = {SHAFT: "100", BEARING: "400"}
    order = await _call_off(story, lines, -15, "4500-01", wanted)
    good = await plan(story, order, {SHAFT: "60", BEARING: "400"}, window=story.window(-15))
    bad = await plan(story, order, {SHAFT: "40"}, window=story.window(-11))
    yield story.at(-17, 8)
    await release(story, good)
    yield story.at(-16, 10)
    await pack(
        story,
        good,
        Parcel("NP100200301", {SHAFT: "60"}, 146_000),
        Parcel("NP100200302", {BEARING: "400"}, 46_500),
    )
    await dispatch(story, good)
    yield story.at(-15, 9)
    for number in ("NP100200301", "NP100200302"):
        await report(story, number, "DELIVERED", _RAMP, "Signed for by Ohlendorf.")
    yield story.at(-15, 14)
    await _receive(story, good)
    async for time in _failing(story, bad):
        yield time


async def _receive(story: Story, delivery: Delivery) -> None:
    damaged = {
        "deliveryLineId": delivery.lines[BEARING],
        "received": "394",
        "difference": "DAMAGED",
        "note": "One box was wet; six bearings are rusty.",
    }
    fields = {"receivedBy": "Jens Ohlendorf", "reference": "WE-2291", "lines": [damaged]}
    await story.do("buyer", RECEIPT, deliveryId=delivery.id, **fields)


async def _failing(story: Story, delivery: Delivery) -> AsyncIterator[datetime]:
    """Two parcels: one comes back after two attempts, the other one is lost."""
    back, lost = "NP100200317", "NP100200318"
    yield story.at(-13, 8)
    await release(story, delivery)
    yield story.at(-12, 15)
    parcels = [Parcel(number, {SHAFT: "20"}, 48_700) for number in (back, lost)]
    await pack(story, delivery, *parcels)
    await dispatch(story, delivery)
    yield story.at(-12, 18)
    for number in (back, lost):
        await report(story, number, "PICKED_UP", _HUB)
    yield story.at(-11, 11)
    await report(story, back, "ATTEMPT_FAILED", _RAMP, "Nobody at the gate.")
    await report(story, lost, "EXCEPTION", _HUB, "Not found at the sorting.")
    yield story.at(-10, 11)
    await report(story, back, "ATTEMPT_FAILED", _RAMP, "The gate was closed.")
    yield story.at(-9, 9)
    await report(story, back, "RETURNED_TO_SENDER", _HUB)
    await report(story, lost, "LOST", _HUB, "Search was given up.")


async def _second(story: Story, lines: Mapping[str, str]) -> AsyncIterator[datetime]:
    """One delivery arrives in part, the other one is on its way."""
    yield story.at(-8, 13)
    order = await _call_off(story, lines, -3, "4500-02", {HOUSING: "60", OIL: "250.5"})
    part = await plan(
        story, order, {HOUSING: "60"}, window=story.window(-4), method="FREIGHT", incoterm="DAP"
    )
    yield story.at(-7, 8)
    await release(story, part)
    yield story.at(-5, 15)
    parcels = [Parcel(number, {HOUSING: "30"}, 252_000) for number in ("HF-77410", "HF-77411")]
    await pack(story, part, *parcels, carrier=FREIGHT_CARRIER)
    await dispatch(story, part)
    yield story.at(-4, 10)
    await report(story, "HF-77410", "DELIVERED", _RAMP, actor="staff")
    await report(story, "HF-77411", "ATTEMPT_FAILED", _RAMP, "No forklift free.", actor="staff")
    on_its_way = await plan(story, order, {OIL: "250.5"}, window=story.window(1))
    yield story.at(-3, 8)
    await release(story, on_its_way)
    yield story.at(-2, 16)
    await pack(story, on_its_way, Parcel("NP100200388", {OIL: "250.5"}, 228_000))
    await dispatch(story, on_its_way)
    yield story.at(-2, 19)
    await report(story, "NP100200388", "IN_TRANSIT", _HUB)


async def _third(story: Story, lines: Mapping[str, str]) -> AsyncIterator[datetime]:
    """One delivery is packed, one released, one planned."""
    yield story.at(-2, 20)
    wanted = {SHAFT: "150", BEARING: "200", HOUSING: "40"}
    order = await _call_off(story, lines, 4, "4500-03", wanted)
    packed = await plan(story, order, {BEARING: "200"}, window=story.window(2))
    released = await plan(story, order, {SHAFT: "150"}, window=story.window(4))
    await plan(story, order, {HOUSING: "40"}, window=story.window(6), completesOrder=True)
    yield story.at(-1, 9)
    await release(story, packed)
    await release(story, released)
    yield story.at(-1, 15)
    await pack(story, packed, Parcel("NP100200402", {BEARING: "200"}, 23_400))

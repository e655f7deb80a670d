"""A valid input for every mutation of call-offs, deliveries and tracking: see everything.py."""

from typing import Any

from kit.ids import new_id
from kit.standards import gs1
from tests.make.fulfilment import deliveries
from tests.make.scene import PACKAGING, PERSON, PLACE, WINDOW, Scene, fresh, versioned
from tests.make.trade import contracts

COUNTED = {"packaging": PACKAGING}


async def contract_call_off(s: Scene) -> dict[str, Any]:
    agreed = contracts.line(s.product, guarantee=contracts.GUARANTEE)
    contract = await s.contract(lines=[agreed])
    line = contract["lines"][0]["id"]
    plan = await contracts.release(s.ask, line, 1, contracts.schedule("2026-03-10", "50"))
    request = {"contractLineId": line, "quantity": "20", "unit": "PIECE", "window": WINDOW}
    more = {"scheduleLineId": plan["scheduleLines"][0]["id"], "externalReference": "L-1"}
    more |= {"expectedUnitPrice": "2.5"}
    taken = [{"lineNo": 1, "quantity": "5", "packaging": PACKAGING}]
    part = {"locationId": s.location, "lines": taken, "window": WINDOW}
    part |= {"shipToId": s.address, "recipient": PERSON, "method": "PARCEL"}
    part |= {"windowOverride": "Asked."}
    fields = s.company_fields()
    for name in ("currency", "kind", "deliveryPolicy", "cancelIfNotBy"):
        del fields[name]
    own = {"contractId": contract["id"], "channelId": s.channel, "windowOverride": "Asked."}
    own |= {"dryRun": False}
    return {**fields, **own, "lines": [request | more], "deliveries": [part]}


async def contract_call_off_in_packagings(s: Scene) -> dict[str, Any]:
    values = await contract_call_off(s)
    (line,) = values["lines"]
    del line["unit"]
    return {**values, "lines": [line | {"packaging": PACKAGING}]}


async def delivery_plan_from_schedule(s: Scene) -> dict[str, Any]:
    return {**await _plan(s), "recipient": PERSON}


async def delivery_plan_from_schedule_to_places(s: Scene) -> dict[str, Any]:
    place = {"shipToId": s.address, "unloadingPoint": "D1"}
    return {**await _plan(s, **place), "recipients": [{**place, "recipient": PERSON}]}


async def _plan(s: Scene, **of_release: Any) -> dict[str, Any]:
    contract = await s.contract()
    line = contract["lines"][0]["id"]
    await contracts.release(s.ask, line, 1, contracts.schedule("2026-03-10", "50"), **of_release)
    what = {"contractId": contract["id"], "until": "2026-03-31", "dryRun": False}
    return {**what, "channelId": s.channel, "locationId": s.location, "method": "PARCEL"}


async def delivery_plan(s: Scene) -> dict[str, Any]:
    order = await s.order()
    when = dict.fromkeys(("promisedAt", "fulfilAt", "fulfilBy"), "2026-03-09T06:00:00+00:00")
    how = {
        "method": "PARCEL",
        "incoterm": "DAP",
        "completesOrder": True,
        "windowOverride": "Asked.",
    }
    where = {"locationId": s.location, "window": WINDOW, "recipient": PERSON}
    lines = [it | COUNTED for it in deliveries.lines(order, "10")]
    part = {**where, **when, **how, "lines": lines}
    return {"deliveries": [part | {"shipToId": s.address}], "dryRun": False}


async def delivery_plan_free(s: Scene) -> dict[str, Any]:
    (part,) = (await delivery_plan(s))["deliveries"]
    del part["shipToId"]
    return {"deliveries": [part | {"shipTo": PLACE}]}


async def delivery_split(s: Scene) -> dict[str, Any]:
    delivery = await s.delivery()
    where = {"locationId": s.location, "window": WINDOW, "windowOverride": "Asked."}
    lines = [it | COUNTED for it in deliveries.contents(delivery, "4")]
    return {**versioned("deliveryId", delivery), **where, "lines": lines}


async def delivery_merge(s: Scene) -> dict[str, Any]:
    target, source = await s.delivery(), await s.delivery()
    return {**versioned("deliveryId", target), "deliveryIds": [source["id"]]}


async def delivery_move(s: Scene) -> dict[str, Any]:
    return {**versioned("deliveryId", await s.delivery()), "locationId": s.location}


async def delivery_reschedule(s: Scene) -> dict[str, Any]:
    when = {"window": WINDOW, "windowOverride": "Asked.", "excuse": "CUSTOMER_REQUEST"}
    when |= {"recipient": PERSON, "dryRun": False}
    return {**versioned("deliveryId", await s.delivery()), **when}


async def delivery_excuse(s: Scene) -> dict[str, Any]:
    return {**versioned("deliveryId", await s.delivery()), "excuse": "STRIKE"}


async def delivery_hold(s: Scene) -> dict[str, Any]:
    why = {"reason": "FRAUD", "owner": "audit", "note": "Look at it."}
    return {**versioned("deliveryId", await s.delivery()), **why}


async def delivery_release_hold(s: Scene) -> dict[str, Any]:
    held = await deliveries.done(s.ask, "deliveryHold", **await delivery_hold(s))
    return {"holdId": held["hold"]["id"]}


async def delivery_release(s: Scene) -> dict[str, Any]:
    return versioned("deliveryId", await s.delivery())


async def delivery_pack(s: Scene) -> dict[str, Any]:
    return _packing(s, await s.delivery(deliveries.released))


async def delivery_pack_again(s: Scene) -> dict[str, Any]:
    return _packing(s, await s.delivery(deliveries.packed))


def _packing(s: Scene, delivery: dict[str, Any]) -> dict[str, Any]:
    (content,) = deliveries.contents(delivery, "2")
    size = {"weightG": 100, "lengthMm": 10, "widthMm": 10, "heightMm": 10}
    labels = {"service": "Express", "labelReference": "L-1", "trackingNumbers": [fresh("T")]}
    sscc = gs1.sscc("4012345", new_id().int % 10**9)
    pallet = {"sscc": sscc, "carrierId": s.carrier, **size, **labels}
    box = {
        "generateSscc": True,
        "parent": 0,
        "trackingNumbers": labels["trackingNumbers"],
        "contents": [{**content, **COUNTED, "lot": "L", "serialNumbers": ["1", "2"]}],
    }
    short = {"deliveryLineId": content["deliveryLineId"], "picked": "2", "shortReason": "OTHER"}
    short |= COUNTED
    return {**versioned("deliveryId", delivery), "parcels": [pallet, box], "lines": [short]}


async def delivery_dispatch(s: Scene) -> dict[str, Any]:
    packed = await s.delivery(deliveries.packed)
    when = {"dispatchedAt": "2026-03-02T08:00:00Z", "windowOverride": "It had left by then."}
    return {**versioned("deliveryId", packed), **when}


async def deliveries_release(s: Scene) -> dict[str, Any]:
    return {"deliveries": [await delivery_release(s)]}


async def deliveries_pack(s: Scene) -> dict[str, Any]:
    return {"deliveries": [await delivery_pack(s)]}


async def deliveries_pack_again(s: Scene) -> dict[str, Any]:
    return {"deliveries": [await delivery_pack_again(s)]}


async def deliveries_dispatch(s: Scene) -> dict[str, Any]:
    return {"deliveries": [await delivery_dispatch(s)]}


def _recorded(s: Scene, order: dict[str, Any], quantity: str) -> dict[str, Any]:
    (line,) = order["lines"]
    taken = {"orderLineId": line["id"], "quantity": quantity, **COUNTED}
    how = {"method": "PARCEL", "incoterm": "DAP", "completesOrder": False, "recipient": PERSON}
    where = {"locationId": s.location, "window": WINDOW, "windowOverride": "Asked."}
    return {**how, **where, "lines": [taken]}


async def deliveries_record(s: Scene) -> dict[str, Any]:
    order = await s.order()
    (line,) = order["lines"]
    steps = ("planned", "released", "packed", "dispatched", "delivered")
    times = {f"{it}At": f"2026-03-02T08:{place:02}:00Z" for place, it in enumerate(steps)}
    due = dict.fromkeys(("promisedAt", "fulfilAt", "fulfilBy"), "2026-03-02T08:00:00Z")
    size = {"weightG": 9000, "lengthMm": 400, "widthMm": 300, "heightMm": 300}
    labels = {"service": "Freight", "labelReference": "L", "trackingNumbers": [fresh("T")]}
    sscc = gs1.sscc("4012345", new_id().int % 10**9)
    content = {"orderLineId": line["id"], "quantity": "2", **COUNTED, "lot": "L"}
    box = {"parent": 0, "contents": [content | {"serialNumbers": ["1", "2"]}]}
    box |= {"generateSscc": True}
    pallet = {"sscc": sscc, "carrierId": s.carrier, **size, **labels}
    sent = _recorded(s, order, "2") | times | due
    sent |= {"parcels": [pallet, box], "shipToId": s.address, "externalReference": fresh("F")}
    return {"deliveries": [sent]}


async def deliveries_record_cancelled(s: Scene) -> dict[str, Any]:
    free = _recorded(s, await s.order(), "3")
    free |= {"shipTo": PLACE, "cancelledAt": "2026-03-02T08:30:00Z"}
    return {"deliveries": [free]}


async def delivery_cancel(s: Scene) -> dict[str, Any]:
    return versioned("deliveryId", await s.delivery())


async def _lost(s: Scene) -> dict[str, Any]:
    """Return a delivery whose one parcel was lost."""
    sent = await s.delivery(deliveries.dispatched)
    lost = {"sscc": sent["parcels"][0]["sscc"], "status": "LOST"}
    report = {"events": [{**lost, "occurredAt": "2026-03-02T08:45:00Z"}]}
    document = """mutation ($input: ParcelRecordTrackingInput!) {
        parcelRecordTracking(input: $input) { userErrors { code } }
    }"""
    await s.ask(document, input=report)
    return await deliveries.read(s.ask, sent)


async def delivery_reship(s: Scene) -> dict[str, Any]:
    lost = await _lost(s)
    when = dict.fromkeys(("promisedAt", "fulfilAt", "fulfilBy"), "2026-03-09T06:00:00+00:00")
    where = {"locationId": s.location, "window": WINDOW, "recipient": PERSON, "method": "PARCEL"}
    lines = [it | COUNTED for it in deliveries.contents(lost, "4")]
    more = {"windowOverride": "Asked.", "shipToId": s.address, "lines": lines}
    return {**versioned("deliveryId", lost), **when, **where, **more}


async def delivery_reship_free(s: Scene) -> dict[str, Any]:
    values = await delivery_reship(s)
    del values["shipToId"]
    return {**values, "shipTo": PLACE}


async def delivery_confirm_receipt(s: Scene) -> dict[str, Any]:
    sent = await s.delivery(deliveries.dispatched)
    line = {"deliveryLineId": sent["lines"][0]["id"], "received": "4", "difference": "SHORT"}
    when = {"receivedAt": "2026-03-02T08:30:00Z", "receivedBy": "Anna", "reference": "R-1"}
    return {
        **versioned("deliveryId", sent),
        **when,
        "lines": [line | COUNTED | {"note": "Six are missing."}],
    }


TRACKED = {
    "vocabulary": "ABRUF",
    "status": "IN_TRANSIT",
    "subStatus": "sorted",
    "occurredAt": "2026-03-02T08:45:00Z",
    "carrierEventId": "E-1",
    "place": "Köln",
    "message": "On its way.",
    "rawReference": "raw/1",
    "isCorrection": False,
    "newTrackingNumber": "T-2",
}


async def parcel_record_tracking(s: Scene) -> dict[str, Any]:
    return {"source": "feed", "events": [{**TRACKED, "parcelId": (await s.parcel())["id"]}]}


async def parcel_record_tracking_sscc(s: Scene) -> dict[str, Any]:
    return {"source": "feed", "events": [{**TRACKED, "sscc": (await s.parcel())["sscc"]}]}


async def parcel_record_tracking_error(s: Scene) -> dict[str, Any]:
    named = {"parcelId": (await s.parcel())["id"]}
    declared = {"isErrorDeclaration": True, "correctiveEventIds": ["E-2"]}
    return {"source": "feed", "events": [{**TRACKED, **named, **declared}]}


async def parcel_record_tracking_local(s: Scene) -> dict[str, Any]:
    """Record what a carrier tells in the time of a place."""
    event = {**TRACKED, "parcelId": (await s.parcel())["id"]}
    del event["occurredAt"]
    local = {"time": "2026-03-02T09:30:00", "timeZone": "Europe/Berlin"}
    return {"source": "feed", "events": [{**event, "occurredLocally": local}]}


async def parcel_record_tracking_number(s: Scene) -> dict[str, Any]:
    number = (await s.parcel())["trackingNumbers"][0]["number"]
    named = {"trackingNumber": number, "carrierId": s.carrier}
    return {"source": "feed", "events": [{**TRACKED, **named}]}


def actions_of_delivery(
    delivery: dict[str, Any], *others: dict[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Return action -> what may be sent for it beside the id. others: to merge with it."""
    lines = delivery["lines"]
    least = [deliveries.contents({"lines": [it]}, "1") for it in lines]
    whole_orders = [
        deliveries.contents({"lines": [it for it in lines if it["orderLine"]["id"] in of]})
        for of in delivery["of"]
    ]
    return {
        "SPLIT": [{"lines": it} for it in (*least, *whole_orders)],
        "MERGE": [{"deliveryIds": [it["id"]]} for it in others],
        "MOVE": [{"locationId": delivery["location"]["id"]}],
        "RESCHEDULE": [{"window": delivery.get("window") or WINDOW}],
        "HOLD": [{"reason": "FRAUD", "owner": "Somebody"}],
        "PACK": [{"parcels": [{"generateSscc": True, "contents": deliveries.contents(delivery)}]}],
        "DISPATCH": [{}, {"dispatchedAt": "2026-03-02T09:00:00Z"}],
        "RESHIP": [{"window": WINDOW}],
    }

"""A valid input for every mutation, with as many of its fields as can stand beside each other."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from kit import gs1
from kit.ids import new_id
from tests.make.fulfilment import deliveries
from tests.make.scene import GTIN, PERSON, PLACE, WINDOW, Scene, fresh, gln
from tests.make.trade import contracts


async def products_upsert(_: Scene) -> dict[str, Any]:
    item = {"sku": fresh("S"), "name": "Bolt", "unit": "PIECE", "scale": 0}
    return {"products": [{**item, "gtin": GTIN, "weightG": 100, "isActive": True}]}


async def channels_upsert(_: Scene) -> dict[str, Any]:
    item = {"code": fresh("C"), "name": "Shop", "kind": "WEB_SHOP", "deliveryMethods": ["PARCEL"]}
    flags = {"guestsAllowed": True, "approvalRequired": False, "isActive": True}
    return {"channels": [item | flags]}


async def locations_upsert(s: Scene) -> dict[str, Any]:
    item = {"code": fresh("L"), "name": "North", "timeZone": "Europe/Berlin", "kind": "STORE"}
    more = {"gln": gln(), "place": PLACE, "providerId": s.carrier, "isActive": True}
    return {"locations": [item | more]}


async def parties_upsert(_: Scene) -> dict[str, Any]:
    hours = [{"weekday": 1, "opens": "08:00", "closes": "16:00"}]
    at = {"code": "MAIN", "place": PLACE, "timeZone": "Europe/Berlin", "isDefault": True}
    person = {"code": "A", "name": "Anna", "title": "Head", "department": "Purchasing"}
    item = {"number": fresh("P"), "name": "Weber", "kind": "COMPANY", "roles": ["CUSTOMER"]}
    more = {"gln": gln(), "vatId": "DE1", "email": "a@b.de", "phone": "1", "language": "de"}
    more |= {"approvalLimit": {"amount": "50", "currency": "EUR"}}
    contacts = [person | {"email": "a@b.de", "phone": "1"}]
    addresses = [at | {"receivingHours": hours}]
    return {"parties": [item | more | {"contacts": contacts, "addresses": addresses}]}


async def order_place(s: Scene) -> dict[str, Any]:
    return {**s.company_fields(), "channelId": s.channel, "lines": [s.order_line()]}


async def order_place_guest(s: Scene) -> dict[str, Any]:
    who = {"guest": PERSON, "shipTo": PLACE, "channelId": s.channel}
    return {**s.order_fields(), **who, "lines": [s.order_line()]}


async def orders_import(s: Scene) -> dict[str, Any]:
    when = {"placedAt": "2026-03-01T00:00:00+00:00", "channelId": s.channel}
    return {"orders": [{**s.company_fields(), **when, "lines": [s.order_line()]}]}


async def orders_import_guest(s: Scene) -> dict[str, Any]:
    given = (await orders_import(s))["orders"][0]
    for name in ("partyId", "buyerContactId", "shipToId"):
        del given[name]
    return {"orders": [{**given, "guest": PERSON, "shipTo": PLACE}]}


async def order_approve(s: Scene) -> dict[str, Any]:
    order = await s.pending()
    return {"orderId": order["id"], "expectedVersion": order["version"]}


async def order_reject(s: Scene) -> dict[str, Any]:
    return {**await order_approve(s), "reason": "Too late."}


async def order_hold(s: Scene) -> dict[str, Any]:
    why = {"reason": "FRAUD", "owner": "audit", "note": "Look at it."}
    return {"orderId": (await s.order())["id"], **why}


HELD = """
mutation ($input: OrderHoldInput!) { orderHold(input: $input) { hold { id } } }
"""


async def order_release_hold(s: Scene) -> dict[str, Any]:
    held = await s.ask(HELD, input=await order_hold(s))
    return {"holdId": held["orderHold"]["hold"]["id"]}


async def order_cancel_lines(s: Scene) -> dict[str, Any]:
    order = await s.order()
    lines = [{"lineId": order["lines"][0]["id"], "quantity": "4"}]
    version = {"expectedVersion": order["version"], "reason": "Too many."}
    return {"orderId": order["id"], "lines": lines, **version}


async def order_close(s: Scene) -> dict[str, Any]:
    order = await s.order()
    return {"orderId": order["id"], "expectedVersion": order["version"]}


def contract_line(s: Scene) -> dict[str, Any]:
    more = {"minQuantity": "10", "maxQuantity": "2000", "lotMultiple": "2", "minPerCallOff": "2"}
    percents = {"overTolerancePercent": "10", "underTolerancePercent": "5"}
    return contracts.line(s.product, maxPerCallOff="500", **more, **percents)


CONTRACT_FIELDS = {
    "validFrom": "2026-01-01",
    "validTo": "2026-12-31",
    "timeZone": "Europe/Berlin",
    "purchaseOrderNumber": "PO-1",
    "terms": "Ex works.",
    "reservationStrategy": "AT_CALL_OFF",
    "priorityOn": "2026-01-01",
    "endOfLife": "EXPIRE",
    "minNoticeDays": 1,
    "firmZoneDays": 5,
    "tradeOffDays": 10,
}


async def contract_create(s: Scene) -> dict[str, Any]:
    own = {"partyId": s.party, "number": fresh("K"), "currency": "EUR", "shipToIds": [s.address]}
    return {**CONTRACT_FIELDS, **own, "lines": [contract_line(s)]}


async def contract_amend(s: Scene) -> dict[str, Any]:
    contract = await s.contract()
    change = contract_line(s) | {"contractLineId": contract["lines"][0]["id"]}
    del change["productId"]
    lines = {"lines": [change], "addLines": [contract_line(s)], "shipToIds": [s.address]}
    return {**CONTRACT_FIELDS, **_versioned("contractId", contract), **lines}


def _versioned(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row["id"], "expectedVersion": row["version"]}


async def contract_activate(s: Scene) -> dict[str, Any]:
    return _versioned("contractId", await s.contract(contracts.draft))


async def contract_suspend(s: Scene) -> dict[str, Any]:
    return {**_versioned("contractId", await s.contract()), "reason": "Unpaid."}


async def _after(s: Scene, name: str) -> dict[str, Any]:
    contract = await s.contract()
    changed = await contracts.change(s.ask, name, contractId=contract["id"])
    return _versioned("contractId", changed["contract"])


async def contract_resume(s: Scene) -> dict[str, Any]:
    return await _after(s, "contractSuspend")


async def contract_terminate(s: Scene) -> dict[str, Any]:
    return {**await contract_suspend(s), "keepCallOffs": True}


async def contract_settle(s: Scene) -> dict[str, Any]:
    return await _after(s, "contractTerminate")


async def contract_call_off(s: Scene) -> dict[str, Any]:
    contract = await s.contract()
    line = contract["lines"][0]["id"]
    plan = await contracts.release(s.ask, line, 1, contracts.schedule("2026-03-10", "50"))
    asked = {"contractLineId": line, "quantity": "20", "unit": "PIECE", "window": WINDOW}
    more = {"scheduleLineId": plan["scheduleLines"][0]["id"], "externalReference": "L-1"}
    part = {"locationId": s.location, "lines": [{"lineNo": 1, "quantity": "5"}], "window": WINDOW}
    part |= {"shipToId": s.address, "recipient": PERSON, "method": "PARCEL"}
    given = s.company_fields()
    for name in ("currency", "kind", "deliveryPolicy", "cancelIfNotBy"):
        del given[name]
    own = {"contractId": contract["id"], "channelId": s.channel}
    return {**given, **own, "lines": [asked | more], "deliveries": [part]}


async def contract_release(s: Scene) -> dict[str, Any]:
    horizon = {"horizonStart": "2026-03-01T00:00:00Z", "horizonEnd": "2026-06-01T00:00:00Z"}
    counted = {"cumulativeReceived": "0", "correction": False, "lastReceiptReference": "R-1"}
    return {
        "contractLineId": (await s.contract())["lines"][0]["id"],
        "type": "FORECAST",
        "releaseNo": 1,
        "function": "REPLACE",
        "supplierConsent": False,
        "lines": [{"window": WINDOW, "quantity": "5", "commitment": "FIRM"}],
        **horizon,
        **counted,
    }


async def delivery_plan(s: Scene) -> dict[str, Any]:
    order = await s.order()
    when = dict.fromkeys(("promisedAt", "fulfilAt", "fulfilBy"), "2026-03-09T12:00:00+00:00")
    how = {
        "method": "PARCEL",
        "incoterm": "DAP",
        "completesOrder": True,
        "windowOverride": "Asked.",
    }
    where = {"locationId": s.location, "window": WINDOW, "recipient": PERSON}
    part = {**where, **when, **how, "lines": deliveries.lines(order, "5")}
    return {"deliveries": [part | {"shipToId": s.address}]}


async def delivery_plan_free(s: Scene) -> dict[str, Any]:
    (part,) = (await delivery_plan(s))["deliveries"]
    del part["shipToId"]
    return {"deliveries": [part | {"shipTo": PLACE}]}


async def delivery_split(s: Scene) -> dict[str, Any]:
    delivery = await s.delivery()
    where = {"locationId": s.location, "window": WINDOW, "windowOverride": "Asked."}
    lines = deliveries.contents(delivery, "4")
    return {**_versioned("deliveryId", delivery), **where, "lines": lines}


async def delivery_merge(s: Scene) -> dict[str, Any]:
    target, source = await s.delivery(), await s.delivery()
    return {**_versioned("deliveryId", target), "deliveryIds": [source["id"]]}


async def delivery_move(s: Scene) -> dict[str, Any]:
    return {**_versioned("deliveryId", await s.delivery()), "locationId": s.location}


async def delivery_reschedule(s: Scene) -> dict[str, Any]:
    when = {"window": WINDOW, "windowOverride": "Asked."}
    return {**_versioned("deliveryId", await s.delivery()), **when}


async def delivery_hold(s: Scene) -> dict[str, Any]:
    why = {"reason": "FRAUD", "owner": "audit", "note": "Look at it."}
    return {**_versioned("deliveryId", await s.delivery()), **why}


async def delivery_release_hold(s: Scene) -> dict[str, Any]:
    held = await deliveries.done(s.ask, "deliveryHold", **await delivery_hold(s))
    return {"holdId": held["hold"]["id"]}


async def delivery_release(s: Scene) -> dict[str, Any]:
    return _versioned("deliveryId", await s.delivery())


async def delivery_pack(s: Scene) -> dict[str, Any]:
    delivery = await s.delivery(deliveries.released)
    (content,) = deliveries.contents(delivery, "2")
    size = {"weightG": 100, "lengthMm": 10, "widthMm": 10, "heightMm": 10}
    labels = {"service": "Express", "labelReference": "L-1", "trackingNumbers": [fresh("T")]}
    sscc = gs1.sscc("4012345", new_id().int % 10**9)
    pallet = {"sscc": sscc, "carrierId": s.carrier, **size, **labels}
    box = {
        "generateSscc": True,
        "parent": 0,
        "contents": [{**content, "lot": "L", "serialNumbers": ["1", "2"]}],
    }
    short = {"deliveryLineId": content["deliveryLineId"], "picked": "2", "shortReason": "OTHER"}
    return {**_versioned("deliveryId", delivery), "parcels": [pallet, box], "lines": [short]}


async def delivery_dispatch(s: Scene) -> dict[str, Any]:
    packed = await s.delivery(deliveries.packed)
    return {**_versioned("deliveryId", packed), "dispatchedAt": "2026-03-02T08:00:00Z"}


async def delivery_cancel(s: Scene) -> dict[str, Any]:
    return _versioned("deliveryId", await s.delivery())


async def delivery_confirm_receipt(s: Scene) -> dict[str, Any]:
    sent = await s.delivery(deliveries.dispatched)
    line = {"deliveryLineId": sent["lines"][0]["id"], "received": "4", "difference": "SHORT"}
    when = {"receivedAt": "2026-03-02T08:30:00Z", "receivedBy": "Anna", "reference": "R-1"}
    return {
        **_versioned("deliveryId", sent),
        **when,
        "lines": [line | {"note": "Six are missing."}],
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


async def record_tracking(s: Scene) -> dict[str, Any]:
    return {"source": "feed", "events": [{**TRACKED, "parcelId": (await s.parcel())["id"]}]}


async def record_tracking_sscc(s: Scene) -> dict[str, Any]:
    return {"source": "feed", "events": [{**TRACKED, "sscc": (await s.parcel())["sscc"]}]}


async def record_tracking_number(s: Scene) -> dict[str, Any]:
    number = (await s.parcel())["trackingNumbers"][0]["number"]
    named = {"trackingNumber": number, "carrierId": s.carrier}
    return {"source": "feed", "events": [{**TRACKED, **named}]}


async def api_key_create(s: Scene) -> dict[str, Any]:
    limits = [{"limit": "depth", "value": 9}]
    terms = {"limits": limits, "documents": "REGISTERED", "expiresAt": "2027-01-01T00:00:00+00:00"}
    own = {"actor": "BUYER", "partyId": s.party, "role": "APPROVER", "scopes": ["ORDERS_READ"]}
    return {"name": fresh("K"), **own, **terms}


async def api_key_create_shop(s: Scene) -> dict[str, Any]:
    return {"actor": "STOREFRONT", "channelId": s.channel}


async def api_key_create_warehouse(s: Scene) -> dict[str, Any]:
    return {"actor": "WAREHOUSE", "locationId": s.location}


CREATED = """
mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { apiKey { id } } }
"""


async def api_key_revoke(s: Scene) -> dict[str, Any]:
    made = await s.ask(CREATED, input=await api_key_create(s))
    return {"apiKeyId": made["apiKeyCreate"]["apiKey"]["id"]}


Maker = Callable[[Scene], Awaitable[dict[str, Any]]]
MAKERS: Mapping[str, tuple[Maker, ...]] = {
    "apiKeyCreate": (api_key_create, api_key_create_shop, api_key_create_warehouse),
    "apiKeyRevoke": (api_key_revoke,),
    "productsUpsert": (products_upsert,),
    "channelsUpsert": (channels_upsert,),
    "locationsUpsert": (locations_upsert,),
    "partiesUpsert": (parties_upsert,),
    "orderPlace": (order_place, order_place_guest),
    "ordersImport": (orders_import, orders_import_guest),
    "orderApprove": (order_approve,),
    "orderReject": (order_reject,),
    "orderHold": (order_hold,),
    "orderReleaseHold": (order_release_hold,),
    "orderCancelLines": (order_cancel_lines,),
    "orderClose": (order_close,),
    "contractCreate": (contract_create,),
    "contractAmend": (contract_amend,),
    "contractActivate": (contract_activate,),
    "contractSuspend": (contract_suspend,),
    "contractResume": (contract_resume,),
    "contractTerminate": (contract_terminate,),
    "contractSettle": (contract_settle,),
    "contractCallOff": (contract_call_off,),
    "contractRelease": (contract_release,),
    "deliveryPlan": (delivery_plan, delivery_plan_free),
    "deliverySplit": (delivery_split,),
    "deliveryMerge": (delivery_merge,),
    "deliveryMove": (delivery_move,),
    "deliveryReschedule": (delivery_reschedule,),
    "deliveryHold": (delivery_hold,),
    "deliveryReleaseHold": (delivery_release_hold,),
    "deliveryRelease": (delivery_release,),
    "deliveryPack": (delivery_pack,),
    "deliveryDispatch": (delivery_dispatch,),
    "deliveryCancel": (delivery_cancel,),
    "deliveryConfirmReceipt": (delivery_confirm_receipt,),
    "parcelRecordTracking": (record_tracking, record_tracking_sscc, record_tracking_number),
}
"""Mutation -> what makes its inputs; several where fields exclude each other."""

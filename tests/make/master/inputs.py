"""A valid input for every mutation of master data: see tests/make/everything.py."""

from typing import Any

from tests.make.scene import PACKAGING, PLACE, Scene, fresh, gln

HANDLING = {
    "keepFromC": "2",
    "keepToC": "8",
    "unNumber": "UN1263",
    "hazardClass": "3",
    "isHighValue": True,
    "isOversize": True,
}
CAPABILITIES = {
    "keepsFromC": "2",
    "keepsToC": "8",
    "hazardClasses": ["3"],
    "takesHighValue": True,
    "takesOversize": True,
}


async def method_handlings_upsert(_: Scene) -> dict[str, Any]:
    return {"methodHandlings": [{"method": "PARCEL", **CAPABILITIES}]}


async def products_upsert(s: Scene) -> dict[str, Any]:
    variant = {"variantOfSku": await code_of(s, "product")}
    variant |= {"options": [{"name": "size", "value": "M8"}], "handling": HANDLING}
    item = {"sku": fresh("S"), "name": "Bolt", "unit": "PIECE", "scale": 0}
    price = {"listPrice": {"amount": "2.5", "currency": "EUR"}}
    return {
        "products": [{**item, **price, **variant, "gtin": gln(), "weightG": 100, "isActive": True}]
    }


async def packagings_upsert(s: Scene) -> dict[str, Any]:
    own = {"productSku": await code_of(s, "product"), "name": "Pallet", "isActive": True}
    made_up = {"code": fresh("P"), "quantity": "48", "packaging": PACKAGING, "gtin": gln()}
    return {"packagings": [own | made_up]}


async def channels_upsert(_: Scene) -> dict[str, Any]:
    item = {"code": fresh("C"), "name": "Shop", "kind": "WEB_SHOP", "deliveryMethods": ["PARCEL"]}
    flags = {"guestsAllowed": True, "approvalRequired": False, "isActive": True}
    flags |= {
        "takesUnpriced": True,
        "withdrawable": True,
        "reschedulable": True,
        "releaseWhen": "AUTHORISED",
    }
    return {"channels": [item | flags]}


async def locations_upsert(s: Scene) -> dict[str, Any]:
    item = {"code": fresh("L"), "name": "North", "timeZone": "Europe/Berlin", "kind": "STORE"}
    more = {"gln": gln(), "place": PLACE, "providerId": s.carrier, "isActive": True}
    more |= {"handling": CAPABILITIES}
    return {"locations": [item | more]}


CALENDAR = {
    "name": "Works",
    "timeZone": "Europe/Berlin",
    "hours": [{"weekday": 1, "opens": "08:00", "closes": "16:00"}],
    "holidays": {"country": "DE", "subdivision": "BY"},
    "closures": [{"fromOn": "2026-12-28", "toOn": "2026-12-30", "name": "Stocktaking"}],
    "transitDays": 2,
}


async def calendars_upsert(s: Scene) -> dict[str, Any]:
    of = {"partyNumber": await code_of(s, "party", s.carrier), "service": fresh("S")}
    return {"calendars": [{"code": fresh("C"), "owner": of, **CALENDAR}]}


async def calendars_upsert_location(s: Scene) -> dict[str, Any]:
    made = await s.ask(LOCATED, input=await locations_upsert(s))
    (here,) = made["locationsUpsert"]["results"]
    of = {"locationCode": here["location"]["code"]}
    return {"calendars": [{"code": fresh("C"), "owner": of, **CALENDAR}]}


async def parties_upsert(s: Scene) -> dict[str, Any]:
    hours = [{"weekday": 1, "opens": "08:00", "closes": "16:00"}]
    at = {"code": "MAIN", "place": PLACE, "timeZone": "Europe/Berlin", "isDefault": True}
    person = {"code": "A", "name": "Anna", "title": "Head", "department": "Purchasing"}
    person |= {"language": "nl", "duties": ["PURCHASING"]}
    item = {"number": fresh("P"), "name": "Weber", "kind": "COMPANY", "roles": ["CUSTOMER"]}
    more = {"gln": gln(), "vatId": "DE1", "email": "a@b.de", "phone": "1", "language": "de"}
    limits = {"approvalLimit": {"amount": "50", "currency": "EUR"}}
    limits |= {"approvalLimitPerDay": {"amount": "90", "currency": "EUR"}}
    more |= {
        **limits,
        "priceGroup": "GOLD",
        "releaseWhen": "PAID",
        "trackingUrl": "https://example.com/?q={number}",
        "channelCodes": [await code_of(s, "channel")],
    }
    contacts = [person | {"email": "a@b.de", "phone": "1"}]
    addresses = [at | {"receivingHours": hours}]
    return {"parties": [item | more | {"contacts": contacts, "addresses": addresses}]}


async def code_of(s: Scene, noun: str, key_of: Any = None) -> str:
    """Return the business key of what a scene has."""
    key = {"channel": "code", "party": "number", "product": "sku"}[noun]
    query = f"query ($id: ID!) {{ it: {noun}(id: $id) {{ {key} }} }}"
    return (await s.ask(query, id=key_of or getattr(s, noun)))["it"][key]


async def price_lists_upsert(s: Scene) -> dict[str, Any]:
    terms = {"currency": "EUR", "validFrom": "2026-01-01", "validTo": "2026-12-31"}
    own = {"code": fresh("PL"), "name": "Prices", "partyNumber": await code_of(s, "party")}
    return {"priceLists": [own | terms]}


async def price_lists_upsert_group(s: Scene) -> dict[str, Any]:
    values = (await price_lists_upsert(s))["priceLists"][0]
    del values["partyNumber"]
    return {"priceLists": [values | {"partyGroup": "GOLD"}]}


async def price_lists_upsert_channel(s: Scene) -> dict[str, Any]:
    values = (await price_lists_upsert(s))["priceLists"][0]
    del values["partyNumber"]
    return {"priceLists": [values | {"channelCode": await code_of(s, "channel")}]}


LOCATED = """
mutation ($input: LocationsUpsertInput!) {
  locationsUpsert(input: $input) { results { location { code } } }
}
"""
LISTED = """
mutation ($input: PriceListsUpsertInput!) {
  priceListsUpsert(input: $input) { results { priceList { code } } }
}
"""


async def price_list_entries_upsert(s: Scene) -> dict[str, Any]:
    listed = await s.ask(LISTED, input=await price_lists_upsert(s))
    (made,) = listed["priceListsUpsert"]["results"]
    price = {"fromQuantity": "20", "unitPrice": "2.25", "isActive": True, "packaging": PACKAGING}
    product = await code_of(s, "product")
    entry = {"priceListCode": made["priceList"]["code"], "productSku": product}
    return {"priceListEntries": [entry | price]}

"""A valid input for every mutation of master data: see tests/make/everything.py."""

from typing import Any

from tests.make.scene import GTIN, PLACE, Scene, fresh, gln


async def products_upsert(_: Scene) -> dict[str, Any]:
    item = {"sku": fresh("S"), "name": "Bolt", "unit": "PIECE", "scale": 0}
    price = {"listPrice": {"amount": "2.5", "currency": "EUR"}}
    return {"products": [{**item, **price, "gtin": GTIN, "weightG": 100, "isActive": True}]}


async def channels_upsert(_: Scene) -> dict[str, Any]:
    item = {"code": fresh("C"), "name": "Shop", "kind": "WEB_SHOP", "deliveryMethods": ["PARCEL"]}
    flags = {"guestsAllowed": True, "approvalRequired": False, "isActive": True}
    flags |= {"takesUnpriced": True}
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

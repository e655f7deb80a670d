"""One company of a merchant, with everything that its inputs name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kit.ids import new_id, to_global
from kit.standards import gs1
from models.access.viewers import Actor, allowed
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, packagings, parties
from tests.make.trade import contracts, orders

PACKAGING = "BAG"
"""The packaging of what a scene sells: a bag of one."""
OF_PARTY = "query ($id: ID!) { party(id: $id) { contacts { id } addresses { id } } }"
WINDOW = deliveries.WINDOW
PERSON = {
    "name": "Anna Weber",
    "department": "Goods in",
    "building": "Gate 2",
    "phone": "+49 221 1",
    "email": "anna@example.com",
}
PLACE = {
    "name": "Plant 2",
    "line1": "Ringstr. 1",
    "line2": "Gate 2",
    "postalCode": "50667",
    "city": "Köln",
    "region": "NRW",
    "country": "DE",
}


def fresh(prefix: str) -> str:
    """Return a business key that no other row has."""
    return f"{prefix}-{new_id().hex[-12:]}"


def gln() -> str:
    body = f"{new_id().int % 10**12:012}"
    return body + gs1.check_digit(body)


def versioned(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Name a row by its id, and the version that was read."""
    return {name: row["id"], "expectedVersion": row["version"]}


@dataclass(frozen=True)
class Scene:
    """One company of a merchant with what its orders name; all ids are global."""

    world: World
    ask: Ask
    company: UUID
    party: str
    contact: str
    address: str
    channel: str
    location: str
    product: str
    carrier: str

    async def as_buyer(self) -> Ask:
        """Ask as the company itself, which may state prices."""
        scopes = sorted(allowed(Actor.BUYER))
        return self.ask.by(await self.world.key(Actor.BUYER, self.company, scopes=scopes))

    def order_line(self, **fields: Any) -> dict[str, Any]:
        prices = {"unitPrice": "2.5", "expectedUnitPrice": "2.5", "discountPercent": "5"}
        terms = {"quantity": "10", "packaging": PACKAGING, "window": WINDOW, **prices}
        more = {"substitutionAllowed": True, "externalReference": fresh("EL")}
        return {"productId": self.product, **terms, **more, **fields}

    def order_fields(self) -> dict[str, Any]:
        return {
            "currency": "EUR",
            "kind": "SAMPLE",
            "recipient": PERSON,
            "window": WINDOW,
            "deliveryPolicy": "CANCEL_IF_NOT_BY",
            "cancelIfNotBy": "2026-04-01T00:00:00+00:00",
            "purchaseOrderNumber": "PO-1",
            "externalReference": fresh("E"),
            "note": "Ring twice.",
        }

    def company_fields(self) -> dict[str, Any]:
        who = {"partyId": self.party, "buyerContactId": self.contact}
        return {**self.order_fields(), **who, "shipToId": self.address}

    async def order(self, **fields: Any) -> dict[str, Any]:
        lines = [{"productId": self.product, "quantity": "10", "unitPrice": "2.5"}]
        valid = {"partyId": self.party, "channelId": self.channel, "lines": lines}
        return await orders.order(self.world, self.ask, **valid | fields)

    async def pending(self) -> dict[str, Any]:
        portal = await channels.channel(self.world, approval_required=True)
        return await self.order(channelId=to_global("Channel", portal))

    async def contract(self, make: Any = contracts.contract, **fields: Any) -> dict[str, Any]:
        terms = {"partyId": self.party, "lines": [contracts.line(self.product)]}
        return await make(self.world, self.ask, **terms | fields)

    async def delivery(self, make: Any = deliveries.planned, **fields: Any) -> dict[str, Any]:
        order = await self.order()
        return await make(self.world, self.ask, order, locationId=self.location, **fields)

    async def parcel(self) -> dict[str, Any]:
        numbers = {"trackingNumbers": [fresh("T")], "carrierId": self.carrier}
        sent = await self.delivery(deliveries.dispatched, parcel=numbers)
        return sent["parcels"][0]


async def scene(world: World, ask: Ask, **fields: Any) -> Scene:
    """Make what every mutation needs. fields: of its company."""
    company = await parties.company(world, **fields)
    party = to_global("Party", company)
    of = (await ask(OF_PARTY, id=party))["party"]
    sku = fresh("S")
    (product,) = await orders.products(ask, sku)
    await packagings.packagings(ask, packagings.item(PACKAGING, "1", productSku=sku))
    channel = to_global("Channel", await channels.channel(world))
    await parties.allow(world, party, channel)
    return Scene(
        world,
        ask,
        company,
        party,
        of["contacts"][0]["id"],
        of["addresses"][0]["id"],
        channel,
        to_global("Location", await locations.location(world)),
        product,
        to_global("Party", await parties.carrier(world, roles=["CARRIER", "FULFILMENT_PROVIDER"])),
    )

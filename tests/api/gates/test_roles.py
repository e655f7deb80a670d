"""Parties act in their roles only, whichever verb names them, and keep what they are used as."""

import pytest

from kit.ids import from_global, to_global
from models.master.parties import Party, PartyRole
from tests.make import refusals
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import contracts, orders

UPSERT = """
mutation ($input: %s!) { it: %s(input: $input) { %s userErrors { code field message } } }
"""


async def _refusals(ask, name, **fields):
    takes = f"{name[0].upper()}{name[1:]}Input"
    items = "results { userErrors { code field } }" if name.endswith("sUpsert") else ""
    answer = (await ask(UPSERT % (takes, name, items), input=fields))["it"]
    found = refusals({"results": (), **answer})
    return [(it["code"], ".".join(it["field"][1:])) for it in found]


@pytest.mark.gate("R1", "contractCreate", "locationsUpsert", "priceListsUpsert", "deliveryPack")
async def test_a_party_acts_in_its_roles_only(world, ask):
    carrier = to_global("Party", await parties.carrier(world, number="EXPRESS"))
    customer = to_global("Party", await parties.company(world))
    fields = await contracts.contract_input(world, ask, partyId=carrier)
    assert await _refusals(ask, "contractCreate", **fields) == [("INVALID", "partyId")]
    shed = {"code": "SHED", "name": "Shed", "timeZone": "Europe/Berlin", "providerId": customer}
    refused = await _refusals(ask, "locationsUpsert", locations=[shed])
    assert refused == [("INVALID", "locations.0.providerId")]
    prices = {"code": "X", "name": "X", "currency": "EUR", "validFrom": "2026-01-01"}
    theirs = [{**prices, "partyNumber": "EXPRESS"}]
    refused = await _refusals(ask, "priceListsUpsert", priceLists=theirs)
    assert refused == [("INVALID", "priceLists.0.partyNumber")]
    delivery = await deliveries.released(world, ask)
    parcel = {"contents": deliveries.contents(delivery), "carrierId": customer}
    call = {"deliveryId": delivery["id"], "parcels": [parcel]}
    refused = await deliveries.refusals(ask, "deliveryPack", **call)
    assert refused == [("INVALID", "parcels.0.carrierId")]


@pytest.mark.gate("R1", "partiesUpsert")
async def test_a_role_that_is_used_stays(world, ask):
    async def become(number, role):
        item = {"number": number, "name": number, "roles": [role]}
        return await _refusals(ask, "partiesUpsert", parties=[item])

    await parties.party(world, number="NEW")
    assert await become("NEW", "SUPPLIER") == []
    stays = [("IN_USE", "parties.0.roles")]
    buyer = to_global("Party", await parties.company(world, number="BUYER"))
    await orders.order(world, ask, partyId=buyer)
    agreed = to_global("Party", await parties.company(world, number="AGREED"))
    await contracts.draft(world, ask, partyId=agreed)
    carrier = to_global("Party", await parties.carrier(world, number="CARRIER"))
    await deliveries.packed(world, ask, parcel={"carrierId": carrier})
    runs = await parties.party(world, number="RUNS", roles=["FULFILMENT_PROVIDER"])
    await locations.location(world, provider_id=runs)
    for number in ("BUYER", "AGREED", "CARRIER", "RUNS"):
        assert await become(number, "SUPPLIER") == stays, number


@pytest.mark.gate("R1", "contractCallOff")
async def test_a_contract_with_who_is_no_customer_is_not_called_off(world, ask, database):
    made = await contracts.contract(world, ask)
    # As contracts could be made before parties kept their roles.
    async with database.writing(world.merchant_id) as session:
        key = (world.merchant_id, from_global(made["party"]["id"])[1])
        (await session.get_one(Party, key)).roles = [PartyRole.SUPPLIER]
    payload = await contracts.try_call_off(world, ask, made, "5")
    assert contracts.codes(payload) == [("INVALID", "contractId")]


@pytest.mark.gate("D8", "deliveryPlan")
async def test_a_method_that_is_not_allowed_is_told_with_those_that_are(world, ask):
    shop = await channels.channel(world, delivery_methods=["PARCEL", "LOCKER", "FREIGHT"])
    order = await orders.order(world, ask, channelId=to_global("Channel", shop))
    for method, why in (("EXPRESS", "does not allow EXPRESS"), ("LOCKER", "not for businesses")):
        part = await deliveries.part(world, order, method=method)
        payload = await deliveries.act(ask, "deliveryPlan", deliveries=[part])
        assert [it["code"] for it in payload["userErrors"]] == ["METHOD_NOT_ALLOWED"]
        message = payload["userErrors"][0]["message"]
        assert why in message
        assert message.endswith("what would do: PARCEL, FREIGHT.")

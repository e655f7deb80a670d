"""Parties act in their roles only, whichever verb names them, and keep what they are used as."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from kit.ids import from_global, to_global
from models.master.parties import Party, PartyRole
from tests.make import reasons, refusals
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import contracts, orders

UPSERT = """
mutation ($input: %s!) { it: %s(input: $input) { %s userErrors { code field message } } }
"""


async def _refusals(ask, name, **fields):
    takes = f"{name[0].upper()}{name[1:]}Input"
    is_bulk = name.endswith("sUpsert") or name in {"ordersImport", "deliveriesPack"}
    items = "results { userErrors { code field } }" if is_bulk else ""
    answer = (await ask(UPSERT % (takes, name, items), input=fields))["it"]
    found = refusals({"results": (), **answer})
    return reasons(found)


async def _contract(world, ask):
    party = await parties.company(world)
    return party, await contracts.contract_input(world, ask, partyId=to_global("Party", party))


async def _order(world, ask):
    party = await parties.company(world)
    return party, await orders.order_input(world, ask, partyId=to_global("Party", party))


async def _imported(world, ask):
    party, order = await _order(world, ask)
    return party, {
        "orders": [{**order, "externalReference": "E-1", "placedAt": "2026-01-01T00:00:00Z"}]
    }


async def _call_off(world, ask):
    made = await contracts.contract(world, ask)
    return from_global(made["party"]["id"])[1], await contracts.call_off_input(world, made, "5")


async def _location(world, _ask):
    party = await parties.party(world, roles=["FULFILMENT_PROVIDER"])
    shed = {"code": "SHED", "name": "Shed", "timeZone": "Europe/Berlin"}
    return party, {"locations": [{**shed, "providerId": to_global("Party", party)}]}


async def _price_list(world, _ask):
    party = await parties.company(world, number="PRICED")
    prices = {"code": "X", "name": "X", "currency": "EUR", "validFrom": "2026-01-01"}
    return party, {"priceLists": [{**prices, "partyNumber": "PRICED"}]}


async def _parcel(world, ask):
    party, delivery = await parties.carrier(world), await deliveries.released(world, ask)
    parcel = {"contents": deliveries.contents(delivery), "carrierId": to_global("Party", party)}
    return party, {"deliveryId": delivery["id"], "parcels": [parcel]}


async def _parcels(world, ask):
    party, packed = await _parcel(world, ask)
    return party, {"deliveries": [packed]}


async def _key(world, _ask):
    party = await parties.carrier(world)
    return party, {"actor": "CARRIER", "partyId": to_global("Party", party)}


USERS = {
    "contractCreate": _contract,
    "orderPlace": _order,
    "ordersImport": _imported,
    "contractCallOff": _call_off,
    "locationsUpsert": _location,
    "priceListsUpsert": _price_list,
    "deliveryPack": _parcel,
    "deliveriesPack": _parcels,
    "apiKeyCreate": _key,
}
"""Verb that uses a party in a role -> the party and the input of such a call."""


@pytest.mark.gate(
    "R1", "contractCreate", "locationsUpsert", "priceListsUpsert", "deliveryPack", "deliveriesPack"
)
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
    await parties.company(world, number="PRICED")
    prices = {"code": "X", "name": "X", "currency": "EUR", "validFrom": "2026-01-01"}
    theirs = [{**prices, "partyNumber": "PRICED"}]
    assert await _refusals(ask, "priceListsUpsert", priceLists=theirs) == []
    for number in ("BUYER", "AGREED", "PRICED", "CARRIER", "RUNS"):
        assert await become(number, "SUPPLIER") == stays, number


@pytest.mark.gate("R1", "partiesUpsert")
@pytest.mark.parametrize(("actor", "role"), [("CARRIER", "CARRIER"), ("BUYER", "CUSTOMER")])
async def test_a_role_stays_while_a_key_lives_in_it(world, ask, clock, actor, role):
    party = await parties.party(world, number="KEYED", roles=[role])
    soon = (clock() + timedelta(hours=1)).isoformat()
    key = {"actor": actor, "partyId": to_global("Party", party)}
    tokens = [{**key, "expiresAt": soon}, key]
    made = [await make_key(ask, it) for it in tokens]
    supplier = [{"number": "KEYED", "name": "Keyed", "roles": ["SUPPLIER"]}]
    stays = [("IN_USE", "parties.0.roles")]
    assert await _refusals(ask, "partiesUpsert", parties=supplier) == stays
    await _refusals(ask, "apiKeyRevoke", apiKeyId=made[1])
    assert await _refusals(ask, "partiesUpsert", parties=supplier) == stays
    clock.advance(hours=2)
    assert await _refusals(ask, "partiesUpsert", parties=supplier) == []


async def make_key(ask, key):
    made = "mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { apiKey { id } } }"
    return (await ask(made, input=key))["apiKeyCreate"]["apiKey"]["id"]


_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.mark.gate(
    "R1",
    "contractCreate",
    "orderPlace",
    "ordersImport",
    "locationsUpsert",
    "priceListsUpsert",
    "deliveryPack",
    "deliveriesPack",
    "contractCallOff",
    "apiKeyCreate",
)
@pytest.mark.parametrize("verb", USERS)
async def test_a_role_that_goes_at_the_same_time_is_gone(world, ask, database, verb):
    party, fields = await USERS[verb](world, ask)
    async with database.owner.writing(world.merchant_id) as session:
        held = await session.get_one(Party, (world.merchant_id, party), with_for_update=True)
        held.roles = [PartyRole.SUPPLIER]
        await session.flush()
        call = asyncio.create_task(_refusals(ask, verb, **fields))
        async with asyncio.timeout(30), database.engine.connect() as connection:
            while not (await connection.execute(text(_WAITING))).scalar_one():
                await connection.rollback()
    assert await call != []


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

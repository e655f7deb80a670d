"""A company that carries, supplies and fulfils, too, has the same walls as any other one."""

import json

import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from tests.make.master import channels, locations, parties
from tests.make.trade import orders

PRIVATE = {
    "gln": "4012345000009",
    "vat_id": "DE123456789",
    "email": "buying@both.example",
    "phone": "+49 40 12345",
    "language": "de",
    "price_group": "GOLD",
}
READ = """query ($id: ID!) { party(id: $id) {
  number name kind roles gln vatId email phone language priceGroup releaseWhen
  approvalLimit { amount } approvalLimitPerDay { amount } channels { code }
  contacts { name } addresses { code } timeline(first: 9) { nodes { type payload } } } }"""
FOUND = """query ($by: PartyFilter!) { parties(first: 9, filter: $by) { totalCount } }"""
PLACE = """mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) {
  order { id state awaitingApprovalOf } userErrors { code field price { amount } } } }"""


@pytest.fixture
async def both(world):
    """Return a company with every role, which orders over one channel up to a limit."""
    channel = await channels.channel(world, code="OWN")
    fields = dict(
        number="B-1",
        roles=parties.EVERY_ROLE,
        approval_limit={"amount": "10", "currency": "EUR"},
        approval_limit_per_day={"amount": "20", "currency": "EUR"},
        release_when="PAID",
        channel_codes=["OWN"],
        **PRIVATE,
    )
    party = await parties.company(world, **fields)
    await parties.company(world, **fields, name="Both GmbH")
    return party, channel


@pytest.mark.parametrize("actor", [Actor.BUYER, Actor.STOREFRONT, Actor.WAREHOUSE])
async def test_others_read_of_it_what_they_read_of_a_carrier(world, ask, both, actor) -> None:
    party, _ = both
    bound = {
        Actor.BUYER: parties.company,
        Actor.STOREFRONT: channels.channel,
        Actor.WAREHOUSE: locations.location,
    }[actor]
    viewer = ask.by(await world.key(actor, await bound(world)))
    read = (await viewer(READ, id=to_global("Party", party)))["party"]
    assert read.pop("timeline")["nodes"] == [{"type": "party.created", "payload": {}}]
    shown = {name: read.pop(name) for name in ("number", "name", "kind", "roles")}
    assert shown["number"] == "B-1"
    assert shown["roles"] == ["CARRIER"]
    assert [it for it in read.values() if it] == []
    hidden = ({"vatId": PRIVATE["vat_id"]}, {"gln": PRIVATE["gln"]}, {"role": "CUSTOMER"})
    for by in hidden:
        listed = await viewer(FOUND, by={**by, "numberPrefix": "B-1"})
        assert listed["parties"]["totalCount"] == 0
    assert (await viewer(FOUND, by={"role": "CARRIER"}))["parties"]["totalCount"] == 1


async def test_it_reads_itself_whole(world, ask, both) -> None:
    party, _ = both
    viewer = ask.by(await world.key(Actor.BUYER, party))
    read = (await viewer(READ, id=to_global("Party", party)))["party"]
    assert sorted(read["roles"]) == sorted(parties.EVERY_ROLE)
    assert read["email"] == PRIVATE["email"]
    assert "party.updated" in json.dumps(read["timeline"])
    assert (await viewer(FOUND, by={"role": "CUSTOMER"}))["parties"]["totalCount"] == 1


async def test_a_shop_orders_in_its_name_over_its_channel_and_within_its_limits(
    world, ask, both
) -> None:
    party, channel = both
    (product,) = await orders.products(ask, "BOLT")
    strange = await channels.channel(world)

    async def placed(at, **line):
        shop = ask.by(await world.key(Actor.STOREFRONT, at))
        lines = [{"productId": product, "quantity": "10", **line}]
        ids = {"partyId": to_global("Party", party), "channelId": to_global("Channel", at)}
        values = {**ids, "currency": "EUR", "lines": lines}
        return (await shop(PLACE, input=values))["orderPlace"]

    refused = await placed(strange, expectedUnitPrice="1")
    assert refused["order"] is None
    (error,) = refused["userErrors"]
    assert error == {"code": "NOT_FOUND", "field": ["input", "partyId"], "price": None}
    order = (await placed(channel))["order"]
    assert (order["state"], order["awaitingApprovalOf"]) == ("PENDING_APPROVAL", ["COMPANY"])

"""How many statements the operations of the screens cost: the same for 1 and for 20 parents."""

from typing import Any

from kit.ids import to_global
from tests.guard import counted
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.trade import contracts as contract_makers
from tests.make.trade import orders

ORDERS = """
query ($first: Int!) {
  orders(first: $first) {
    totalCount
    nodes {
      number fulfilmentStatus isLate isBackordered net { amount } availableActions
      channel { code } party { name }
      lines { ordered shipped openQuantity product { sku } }
      deliveries {
        number state location { code }
        lines { planned shipped orderLine { lineNo } }
        parcels { status trackingNumbers { number } contents { quantity } latestEvent { status } }
      }
      timeline(first: 3) { nodes { type } }
    }
  }
}
"""
DELIVERIES = """
query ($first: Int!) {
  deliveries(first: $first) {
    nodes {
      number state isLate availableActions party { name } location { code }
      orders { number }
      lines { planned orderLine { product { sku } } }
      parcels { sscc carrier { name } contents { quantity deliveryLine { planned } } }
      receipts { sequence } holds { reason }
    }
  }
}
"""
CONTRACTS = """
query ($first: Int!) {
  contracts(first: $first) {
    nodes {
      number state isExhausted isExpired party { name }
      lines {
        agreed calledOff remaining inTransit product { sku }
        releases(first: 2) { nodes { releaseNo scheduleLines { quantity openQuantity status } } }
      }
      callOffs(first: 5) { nodes { number lines { ordered } } }
    }
  }
}
"""
PARTIES = """
query ($first: Int!) {
  parties(first: $first) {
    nodes { number contacts { name } addresses { code } orders(first: 2) { nodes { number } } }
  }
}
"""


async def _sent(ask: Ask, world: World, document: str, root: str) -> list[int]:
    """Return the number of statements for 1 and for 20 parents."""
    counts = []
    for first in (1, 20):
        with counted(world.database.engine) as statements:
            answer: dict[str, Any] = await ask(document, first=first)
        assert len(answer[root]["nodes"]) == first
        counts.append(len(statements))
    return counts


async def _ship_twenty(world: World, ask: Ask) -> None:
    """Make twenty orders, each planned, packed and dispatched."""
    fields = await orders.order_input(world, ask)
    parcel = {"carrierId": to_global("Party", await parties.carrier(world))}
    first = await orders.order(world, ask, **fields)
    location = (await deliveries.dispatched(world, ask, first, parcel))["location"]["id"]
    for _ in range(19):
        order = await orders.order(world, ask, **fields)
        await deliveries.dispatched(world, ask, order, parcel, locationId=location)


async def test_orders_and_deliveries_with_all_that_hangs_on_them(ask, world, plans):
    await _ship_twenty(world, ask)
    assert await _sent(ask, world, ORDERS, "orders") == ([1, 1] if plans else [19, 19])
    assert await _sent(ask, world, DELIVERIES, "deliveries") == ([1, 1] if plans else [15, 15])


async def test_contracts_with_lines_releases_and_call_offs(ask, world, plans):
    for _ in range(20):
        contract = await contract_makers.contract(world, ask)
        await contract_makers.call_off(world, ask, contract, "10")
    assert await _sent(ask, world, CONTRACTS, "contracts") == ([1, 1] if plans else [8, 8])


async def test_parties_with_contacts_addresses_and_orders(ask, world, plans):
    for number in range(20):
        await parties.company(world, number=f"K-{number}")
    assert await _sent(ask, world, PARTIES, "parties") == ([1, 1] if plans else [4, 4])

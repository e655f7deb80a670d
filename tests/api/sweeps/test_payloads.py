"""A payload names exactly those rows that its reader finds by `node`, by both executors."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from kit.ids import to_global
from models.access.viewers import OTHERS, Actor
from schema.graphql.nodes import NODES
from tests.guard import counted
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import orders

DOCUMENT = """
fragment told on Delivery { timeline(first: 50) { nodes { type payload } } }
query ($ids: [ID!]!) { nodes(ids: $ids) {
  ...told ... on Order { timeline(first: 50) { nodes { type payload } } }
} }
"""
NODE = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
TOKEN = "query ($id: ID!) { order(id: $id) { accessToken } }"
ROW = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
AT_A, AT_B, MOVED = range(3)


@pytest.fixture(params=[True, False], ids=["planned", "reference"])
def plans(request: pytest.FixtureRequest) -> bool:
    """Both executors, whatever the whole run is of."""
    return bool(request.param)


class Reply:
    """Two orders with two lines each, and deliveries at two locations.

    At A: the first line of both orders. At B: the second line of the first. Moved from A to B:
    the second line of the second. viewers: the warehouse is A's; the storefront holds the token of
    the first order; the carrier takes the delivery at A.
    """

    orders: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]
    viewers: dict[Actor, Ask]

    def __init__(self, world: World, ask: Ask) -> None:
        self.world, self.ask = world, ask

    async def happen(self) -> None:
        world, ask = self.world, self.ask
        company, channel = await parties.company(world), await channels.channel(world)
        a, b = [await locations.location(world) for _ in range(2)]
        carrier = await parties.carrier(world)
        where = {"partyId": to_global("Party", company), "channelId": to_global("Channel", channel)}
        self.orders = [await orders.order(world, ask, **where) for _ in range(2)]
        (one_a, one_b), (two_a, two_b) = (deliveries.lines(it) for it in self.orders)
        at = [to_global("Location", it) for it in (a, b)]
        parcel = {"carrierId": to_global("Party", carrier)}
        self.deliveries = [
            await deliveries.dispatched(
                world, ask, self.orders[0], parcel, locationId=at[0], lines=[one_a, two_a]
            ),
            await deliveries.dispatched(
                world, ask, self.orders[0], locationId=at[1], lines=[one_b]
            ),
            await deliveries.planned(world, ask, self.orders[1], locationId=at[0], lines=[two_b]),
        ]
        moved = {"deliveryId": self.deliveries[MOVED]["id"]}
        await deliveries.done(ask, "deliveryMove", **moved, locationId=at[1])
        await deliveries.done(ask, "deliveryHold", **moved, reason="ADDRESS", owner="desk")
        held = "mutation ($it: OrderHoldInput!) { orderHold(input: $it) { userErrors { code } } }"
        on = {"orderId": self.orders[0]["id"], "reason": "ADDRESS", "owner": "desk"}
        assert (await ask(held, it=on))["orderHold"]["userErrors"] == []
        token = (await ask(TOKEN, id=self.orders[0]["id"]))["order"]["accessToken"]
        bound = {
            Actor.BUYER: company,
            Actor.STOREFRONT: channel,
            Actor.WAREHOUSE: a,
            Actor.CARRIER: carrier,
        }
        self.viewers = {
            actor: ask.by(await world.key(actor, each)).with_headers({"Abruf-Order-Token": token})
            for actor, each in bound.items()
        }

    async def read(self, ask: Ask) -> list[list[dict[str, Any]] | None]:
        """Return the timelines of the orders, then of the deliveries, None for unseen ones."""
        ids = [it["id"] for it in (*self.orders, *self.deliveries)]
        found = (await ask(DOCUMENT, ids=ids))["nodes"]
        return [it and it["timeline"]["nodes"] for it in found]


@pytest.fixture
async def shown(world: World, ask: Ask) -> Reply:
    made = Reply(world, ask)
    await made.happen()
    return made


def _named(payload: Any) -> set[str]:
    return set(ROW.findall(json.dumps(payload)))


async def _found(ask: Ask, rows: set[str]) -> set[str]:
    """Return those that are a row of any type that the viewer finds."""
    ids = {to_global(name, row): row for name in NODES for row in rows}
    wanted, found = list(ids), set()
    for start in range(0, len(wanted), 50):
        nodes = (await ask(NODE, ids=wanted[start : start + 50]))["nodes"]
        found |= {ids[it["id"]] for it in nodes if it}
    return found


def _pairs(seen: Any, every: Any) -> Iterator[tuple[Any, Any]]:
    for mine, whole in zip(seen, every, strict=True):
        if mine is not None:
            yield from zip(mine, whole, strict=True)


@pytest.mark.parametrize("actor", OTHERS)
async def test_a_payload_names_the_rows_that_its_reader_finds_and_no_others(shown, actor) -> None:
    viewer = shown.viewers[actor]
    every, seen = await shown.read(shown.ask), await shown.read(viewer)
    rows = _named(every)
    found = await _found(viewer, rows)
    assert (found == rows) == (actor is Actor.BUYER)
    assert await _found(shown.ask, rows) == rows
    entries = list(_pairs(seen, every))
    assert entries
    for mine, whole in entries:
        assert mine["type"] == whole["type"]
        assert _named(mine["payload"]) == _named(whole["payload"]) & found


def _payload(timeline: list[dict[str, Any]] | None, event: str) -> dict[str, Any]:
    assert timeline is not None
    (payload,) = (it["payload"] for it in timeline if it["type"] == event)
    return payload


async def test_a_warehouse_is_told_neither_anothers_lines_nor_how_many_there_are(shown) -> None:
    order, _, own, other, moved = await shown.read(shown.viewers[Actor.WAREHOUSE])
    assert (other, moved) == (None, None)
    assert "lines" not in _payload(order, "order.placed")
    assert list(_payload(own, "delivery.planned")["planned"].values()) == ["10", "10"]


async def test_a_storefront_is_told_nothing_of_another_order_in_the_same_delivery(shown) -> None:
    order, other, delivery, _, moved = await shown.read(shown.viewers[Actor.STOREFRONT])
    assert (other, moved, _payload(order, "order.placed")["lines"]) == (None, None, 2)
    assert list(_payload(delivery, "delivery.planned")["planned"].values()) == ["10"]
    assert list(_payload(delivery, "delivery.dispatched")["shipped"].values()) == ["10"]


async def test_a_carrier_is_told_no_lines_of_what_it_carries(shown) -> None:
    _, _, delivery, *others = await shown.read(shown.viewers[Actor.CARRIER])
    assert others == [None, None]
    assert _payload(delivery, "delivery.planned") == {"planned": {}}
    assert _payload(delivery, "delivery.packed") == {"picked": {}, "short": {}}


@pytest.mark.parametrize("actor", OTHERS)
async def test_reading_less_takes_no_more_statements(shown, world, actor) -> None:
    sent = {}
    for each in (Actor.STAFF, actor):
        viewer = shown.viewers.get(each, shown.ask)
        with counted(world.database.engine) as sent[each]:
            await shown.read(viewer)
    assert 0 < len(sent[actor]) <= len(sent[Actor.STAFF])

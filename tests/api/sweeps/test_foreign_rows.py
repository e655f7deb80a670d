"""What another owner has is read exactly like what is not there: same answer, same errors."""

from base64 import urlsafe_b64decode
from collections.abc import Collection
from typing import Any
from uuid import UUID

import orjson
import pytest
from graphql import get_named_type

from kit.ids import from_global, to_global
from models.access.journal import EventEntry
from models.access.viewers import Actor
from models.base.events import EVENTS, nouns
from models.master.parties import PartyRole
from schema.access.journal.events import type_of
from schema.graphql.nodes import NODES
from tests.make import Ask, World
from tests.make import world as another_world
from tests.make.everything import LISTS, ROOTS, SHARED, SHOWN
from tests.make.master import channels
from tests.make.master.parties import EVERY_ROLE
from tests.make.scene import Scene, scene
from tests.make.sweeps.foreign import differing, found, listing, some

TOKEN = "query ($id: ID!) { order(id: $id) { accessToken } }"
OF_A_SHOP = {*SHARED, "Party", "PriceList", "PriceListEntry"}
"""What a storefront sees of: its channel and its prices, carriers, what every actor sees."""


@pytest.mark.prepared("everything")
async def test_another_merchants_rows_are_read_like_missing_ones(world: World, ask: Ask) -> None:
    theirs, of = ask, await found(world)
    ask = ask.by((await another_world(world.database, world.clock)).token)
    assert [name for name, of_type in of.items() if not of_type] == []
    assert await differing(ask, of) == []
    assert await listing(ask, of) == []
    every = sum(len(some(of_type)) for of_type in of.values())
    assert len(await differing(theirs, of)) > 2 * every
    assert await listing(theirs, of) == list(LISTS)


def test_every_type_and_root_field_is_read() -> None:
    """Those that are added later too: `reads` and `listing` follow the schema."""
    of_nodes = {it.name for it in SHOWN.get_possible_types(SHOWN.get_type("Node"))}
    assert of_nodes == {*NODES, *map(type_of, EVENTS)} - {"Event"}
    by_keys = {name for name, it in ROOTS.items() if get_named_type(it.type).name in NODES}
    others = {"viewer", "node", "nodes", "search", "orderDraftFrom"}
    others |= {"notificationPicture", "notificationPreview"}
    assert ROOTS.keys() - by_keys - LISTS.keys() == others
    # `api/access/test_search.py` looks for what is others', `api/trade/lists/test_reorders.py` and
    # `api/messages/test_notifications.py` too.
    # `transport/test_sockets.py` reads the one with a foreign id; companies follow the other one
    # side by side in `resolvers/access/test_changed.py`.
    assert SHOWN.subscription_type.fields.keys() == {"changed", "orderStatusChanged"}


@pytest.mark.prepared("everything")
async def test_another_companys_rows_are_read_like_missing_ones_by_one_that_carries_too(
    world: World, ask: Ask
) -> None:
    every = await found(world)
    carriers = {row.id for row in every["Party"] if _is_carrier(row)}
    of = {
        name: [row for row in of_type if not _is_carrier(row) and not _is_of(row, SHARED, carriers)]
        for name, of_type in every.items()
        if name not in SHARED
    }
    assert [name for name, of_type in of.items() if not of_type] == []
    here = await scene(world, ask, roles=EVERY_ROLE)
    carrier = ask.by(await world.key(Actor.CARRIER, here.company))
    for own in (await here.as_buyer(), carrier):
        assert await differing(own, of) == []
        assert await listing(own, of) == []


@pytest.mark.prepared("everything")
@pytest.mark.parametrize("holding", [None, "theirs"])
async def test_a_storefront_reads_orders_like_missing_ones_but_the_one_that_it_holds(
    world: World, ask: Ask, here: Scene, holding: str | None
) -> None:
    other = to_global("Channel", await channels.channel(world))
    token = (await ask(TOKEN, id=(await here.order(channelId=other))["id"]))["order"]["accessToken"]
    shop = ask.by(await world.key(Actor.STOREFRONT, from_global(here.channel)[1]))
    shop = shop.with_headers({"Abruf-Order-Token": token} if holding else {})
    of = {
        name: [row for row in rows if not _is_of(row, OF_A_SHOP)]
        for name, rows in (await found(world)).items()
        if name not in OF_A_SHOP
    }
    assert [name for name, of_type in of.items() if not of_type] == []
    assert await differing(shop, of) == []
    assert await listing(shop, of) == []
    own = (await ask(TOKEN, id=(await here.order())["id"]))["order"]["accessToken"]
    assert await differing(shop.with_headers({"Abruf-Order-Token": own}), await found(world)) != []


def _is_of(row: Any, shared: Collection[str], ids: Collection[UUID] = ()) -> bool:
    """Tell whether it is an event of a row that is seen, with what happened to it."""
    is_event = isinstance(row, EventEntry)
    return is_event and (nouns()[row.aggregate] in shared or row.aggregate_id in ids)


def _is_carrier(row: Any) -> bool:
    return PartyRole.CARRIER in getattr(row, "roles", ())


@pytest.mark.prepared("everything")
async def test_a_buyer_cannot_tell_how_much_others_do(world: World, ask: Ask) -> None:
    here = await scene(world, ask)
    order, buyer = await here.order(), await here.as_buyer()
    of_order = "order(id: $id) { timeline(first: 9) { nodes { sequence } edges { cursor } } }"
    shown = (await buyer(f"query ($id: ID!) {{ {of_order} }}", id=order["id"]))["order"]["timeline"]
    assert [it["sequence"] for it in shown["nodes"]] == [1]
    assert [orjson.loads(urlsafe_b64decode(it["cursor"]))[1] for it in shown["edges"]] == [1]
    assert "position" not in SHOWN.type_map["TimelineEntry"].fields

"""What another owner has is read exactly like what is not there: same answer, same errors."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from kit.ids import from_global, new_id, to_global
from kit.viewer import Actor
from models.parcels import TrackingNumber
from models.parties import PartyRole
from schema.nodes import NODES
from schema.schema import schema
from tests.make import Ask, World, channels, contracts
from tests.make import world as another_world
from tests.make.feed import rows
from tests.make.inputs import MAKERS
from tests.make.leaves import SHOWN
from tests.make.scene import Scene, fresh, scene

TOKEN = "query ($id: ID!) { order(id: $id) { accessToken } }"
OF_A_SHOP = {"Product", "Channel", "Location", "Party"}
"""What a storefront sees of: its channel, carriers, and what every actor sees."""
SHARED = {"Product", "Channel", "Location"}
"""What every company of a merchant sees."""
Found = dict[str, list[Any]]
"""Type name -> its rows; the numbers of parcels beside them."""


async def live(here: Scene) -> None:
    """Let a company have a row of every kind."""
    names = ("contractCallOff", "deliveryConfirmReceipt", "parcelRecordTracking", "orderHold")
    for name in (*names, "apiKeyCreate"):
        takes = f"{name[0].upper()}{name[1:]}Input"
        asked = f"{name}(input: $input) {{ userErrors {{ code field }} }}"
        given = await MAKERS[name][0](here)
        answer = await here.ask(f"mutation ($input: {takes}!) {{ {asked} }}", input=given)
        assert answer[name]["userErrors"] == []
    owing = await here.contract(lines=[contracts.line(here.product, minQuantity="10")])
    for name in ("contractTerminate", "contractSettle"):
        await contracts.change(here.ask, name, contractId=owing["id"])


async def found(world: World) -> Found:
    """Return all rows of the merchant that are nodes, and the tracking numbers."""
    kinds = {name: schema.get_type_by_name(name).origin.entity for name in NODES}
    kinds["TrackingNumber"] = TrackingNumber
    return {name: await rows(world, entity) for name, entity in kinds.items()}


def reads(of: Found) -> Iterator[tuple[str, str, str]]:
    """Yield (document, key, unknown key) for every way to read one of the rows."""
    for name in NODES.keys() & of.keys():
        for row in of[name]:
            ids = to_global(name, row.id), to_global(name, new_id())
            yield "query ($key: ID!) { node(id: $key) { id } }", *ids
            yield "query ($key: ID!) { nodes(ids: [$key]) { id } }", *ids
            yield deep(name), *ids
    for root, field in SHOWN.query_type.fields.items():
        name = get_named_type(field.type).name
        for argument, it in field.args.items():
            document = f"query ($key: {it.type}) {{ {root}({argument}: $key) {{ id }} }}"
            for key, unknown in keys(of, name, argument) if "first" not in field.args else ():
                yield document, key, unknown


@cache
def deep(name: str) -> str:
    """Write a document that asks a type for all that lies below it, in one statement."""

    def asked(type_: Any, levels: int) -> str:
        if not levels:
            return "__typename"
        below = [
            f"{field} {{ {asked(get_named_type(it.type), levels - 1)} }}"
            for field, it in type_.fields.items()
            if isinstance(get_named_type(it.type), GraphQLObjectType) and "first" not in it.args
        ]
        return " ".join(["__typename", *below])

    fields = asked(SHOWN.get_type(name), 1)
    return f"query ($key: ID!) {{ node(id: $key) {{ ... on {name} {{ id {fields} }} }} }}"


def keys(of: Found, name: str, argument: str) -> Iterator[tuple[str, str]]:
    """Yield (key, unknown key) of the rows of a type by an argument of its root field."""
    if argument == "id":
        yield from ((to_global(name, it.id), to_global(name, new_id())) for it in of.get(name, ()))
    elif argument == "trackingNumber":
        yield from ((it.number, fresh("T")) for it in of["TrackingNumber"])
    else:
        known = (getattr(it, argument, None) for it in of.get(name, ()))
        yield from ((key, fresh("none")) for key in known if key is not None)


async def differing(ask: Ask, of: Found) -> list[str]:
    """Return what is read otherwise than what is not there."""
    return [
        f"{document} {key}"
        for document, key, unknown in reads(of)
        if await ask.answer(document, key=key) != await ask.answer(document, key=unknown)
    ]


async def test_another_merchants_rows_are_read_like_missing_ones(world: World, ask: Ask) -> None:
    other = await another_world(world.database, world.clock)
    theirs = ask.by(other.token)
    await live(await scene(other, theirs))
    of = await found(other)
    assert [name for name, of_type in of.items() if not of_type] == []
    assert await differing(ask, of) == []
    every = sum(len(of_type) for of_type in of.values())
    assert len(await differing(theirs, of)) > 2 * every


async def test_another_companys_rows_are_read_like_missing_ones_by_a_buyer(
    world: World, ask: Ask
) -> None:
    here = await scene(world, ask)
    before = await found(world)
    await live(await scene(world, ask))
    known = {row.id for of_type in before.values() for row in of_type}
    of = {
        name: [row for row in of_type if row.id not in known and not _is_carrier(row)]
        for name, of_type in (await found(world)).items()
        if name not in SHARED
    }
    assert [name for name, of_type in of.items() if not of_type] == []
    assert await differing(await here.as_buyer(), of) == []


@pytest.mark.parametrize("holding", [None, "theirs"])
async def test_a_storefront_reads_orders_like_missing_ones_but_the_one_that_it_holds(
    world: World, ask: Ask, holding: str | None
) -> None:
    here = await scene(world, ask)
    await live(here)
    other = to_global("Channel", await channels.channel(world))
    token = (await ask(TOKEN, id=(await here.order(channelId=other))["id"]))["order"]["accessToken"]
    shop = ask.by(await world.key(Actor.STOREFRONT, from_global(here.channel)[1]))
    shop = shop.with_headers({"Abruf-Order-Token": token} if holding else {})
    of = {name: rows for name, rows in (await found(world)).items() if name not in OF_A_SHOP}
    assert [name for name, of_type in of.items() if not of_type] == []
    assert await differing(shop, of) == []
    own = (await ask(TOKEN, id=(await here.order())["id"]))["order"]["accessToken"]
    assert await differing(shop.with_headers({"Abruf-Order-Token": own}), await found(world)) != []


def _is_carrier(row: Any) -> bool:
    return PartyRole.CARRIER in getattr(row, "roles", ())

"""Commands over many lines, which let others have their turn on the event loop."""

import asyncio
import gc
import weakref
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from commands.master.catalog import ProductsUpsert, upsert_all
from commands.trade.orders.revisions import imports
from commands.trade.orders.revisions.changes import LineChanges
from commands.trade.orders.revisions.imports import OrdersImport, import_all
from commands.trade.orders.revisions.inputs import OrdersUpdate
from commands.trade.orders.revisions.update import update_all
from commands.trade.releases import record as releases
from commands.trade.releases.inputs import ContractRelease
from commands.trade.releases.transit import Transit
from commands.writing.extent import Extent
from commands.writing.ledger import Ledger
from execution.mixed import Mixed
from kit.errors import Refused
from kit.ids import from_global
from kit.inputs import LARGEST_BULK
from kit.loop import memory
from kit.loop.apart import Apart, Crowded
from kit.loop.work import SLICE, Slices
from resolvers.running.context import Context
from resolvers.running.process import Process
from resolvers.running.writing import write
from schema.graphql import mutations
from tests.make import Ask, World
from tests.make.master.channels import channel
from tests.make.master.parties import company
from tests.make.running import run, staff, until
from tests.make.trade import contracts

IMPORTS, ORDERS, LINES = 2, 12, 50
PASSES = 4
"""What an import does with each line: asks its price, composes it, makes a row of it, writes it."""


async def _orders(world: World, count: int) -> list[dict[str, Any]]:
    """Return orders to import, of lines of different products."""
    products = [{"sku": f"S-{number}", "name": "Shaft"} for number in range(LINES)]
    await run(world, upsert_all, ProductsUpsert, products=products)
    line = {"quantity": "2", "unit_price": "1"}
    order = {
        "channel_id": await channel(world),
        "party_id": await company(world),
        "placed_at": world.clock().isoformat(),
        "currency": "EUR",
        "lines": [line | {"product_sku": it["sku"]} for it in products],
    }
    return [order | {"external_reference": f"{number}"} for number in range(count)]


async def test_imports_do_a_slice_in_a_round_all_of_them_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, rounds = Process(world.database), dict[int, int]()
    fits = Slices._fits  # noqa: SLF001 -- what a round takes.

    def noted(self: Slices, objects: int) -> bool:
        if found := fits(self, objects):
            rounds[self.count] = rounds.get(self.count, 0) + objects
        return found

    monkeypatch.setattr(Slices, "_fits", noted)
    (order,) = await _orders(world, 1)

    async def imported(own: int) -> Any:
        orders = [order | {"external_reference": f"{own} {it}"} for it in range(ORDERS)]
        context = Context(staff(world), world.database, world.clock, process=process)
        context.begin()
        return await write(context, OrdersImport.read({"orders": orders}), import_all)

    rounds.clear()
    await asyncio.gather(*map(imported, range(IMPORTS)))
    assert process.slices.count >= IMPORTS * PASSES * ORDERS * LINES // SLICE
    assert max(rounds.values()) <= SLICE


async def test_an_order_that_stands_many_times_in_a_call_is_looked_at_once_or_is_too_much(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import knows what is equal by its key; a change counts lines as often as it looks."""
    (order,) = await _orders(world, 1)
    # One line more than what 250 items may look at.
    order["lines"] = [*order["lines"], order["lines"][0] | {"unit_price": "2"}]
    looked = list[Any]()
    for of, name in ((imports, "compose"), (LineChanges, "targets")):
        look = getattr(of, name)
        monkeypatch.setattr(
            of, name, lambda *about, look=look: looked.append(about) or look(*about)
        )
    imported = await run(world, import_all, OrdersImport, orders=[order] * ORDERS)
    assert [it["status"] for it in imported["results"]] == ["CREATED"] + ["REFUSED"] * (ORDERS - 1)
    order_id = imported["results"][0]["order_id"]
    every = [{"order_id": order_id, "window_override": f"{it}"} for it in range(LARGEST_BULK)]
    with pytest.raises(Refused) as refused:
        await run(world, update_all, OrdersUpdate, orders=every)
    assert [it.code for it in refused.value.problems] == ["TOO_MANY_ITEMS"]
    # Once imported, never changed.
    assert len(looked) == 1


async def test_lines_of_orders_that_are_changed_leave_room_for_others(world: World) -> None:
    orders = await _orders(world, ORDERS)
    imported = await run(world, import_all, OrdersImport, orders=orders)
    every = [
        {"order_id": it["order_id"], "window_override": "Agreed."} for it in imported["results"]
    ]
    process = Process(world.database)
    context = Context(staff(world), world.database, world.clock, process=process)
    context.begin()
    updated = await write(context, OrdersUpdate.read({"orders": every}), update_all)
    assert {it["status"] for it in updated["results"]} == {"UPDATED"}
    assert process.slices.count >= 2 * ORDERS * LINES // SLICE


async def test_long_inputs_are_checked_beside_the_event_loop(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """mutation ($input: ProductsUpsertInput!) {
      productsUpsert(input: $input) { results { status } userErrors { code field } }
    }"""
    made, beside = Apart.made, list[Any]()

    async def noted(self: Apart, payer: Any, make: Any, *over: Any) -> Any:
        beside.extend(getattr(make, "args", ())[:1])
        return await made(self, payer, make, *over)

    await ask(text, input={"products": [{"sku": "S", "name": "Shaft"}]})
    monkeypatch.setattr(Apart, "made", noted)
    products = [{"sku": f"S-{number}", "name": "Shaft"} for number in range(SLICE + 1)]
    await ask(text, input={"products": products[:SLICE]})
    assert ProductsUpsert.read not in beside
    await ask(text, input={"products": products})
    assert beside.count(ProductsUpsert.read) == 1
    odd = [{"sku": ""}, *products]
    answer = (await ask(text, input={"products": odd}))["productsUpsert"]
    assert [it["status"] for it in answer["results"]][:2] == ["REFUSED", "UNCHANGED"]


async def test_of_mutations_with_thousands_of_lines_one_at_a_time_holds_their_memory(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """mutation ($input: ProductsUpsertInput!) {
      productsUpsert(input: $input) { results { status } } }"""
    inside, most = set[object](), dict[int, int]()

    async def charged(_: Any, lines: int) -> None:
        """Stay for some rounds of the loop; of few lines, until another one has come, too."""
        own, rounds = object(), 0
        inside.add(own)
        async with asyncio.timeout(60):
            while rounds < 50 or (lines == 1 and most[lines] == 1):
                await asyncio.sleep(0)
                rounds += 1
                most[lines] = max(most.get(lines, 0), len(inside))
        inside.remove(own)

    monkeypatch.setattr(mutations, "charged_for_lines", charged)
    monkeypatch.setattr(mutations, "MUCH", 2)
    for count in (1, 2):
        products = [{"sku": f"S-{it}", "name": "Shaft"} for it in range(count)]
        await asyncio.gather(*(ask(text, input={"products": products}) for _ in range(3)))
    assert most[2] == 1 < most[1]


async def test_who_waits_too_long_for_that_is_told_when_to_come_again() -> None:
    apart = Apart(patience=0.01)
    async with apart.alone(("one", "key")):
        with pytest.raises(Crowded):
            async with apart.alone(("other", "key")):
                pass
    async with apart.alone(("other", "key")):
        pass


async def test_what_long_commands_leave_behind_is_given_back_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the last of them has ended; after short ones nothing is done."""
    monkeypatch.setattr(memory, "_AFTER_S", 0)
    trims = list[int]()
    leftovers = memory.Leftovers(trims.append)
    for lines in (memory.MUCH, memory.MUCH, memory.MUCH - 1):
        leftovers.of(lines)
    await until(lambda: trims == [0])
    leftovers.of(memory.MUCH - 1)
    leftovers.of(memory.MUCH)
    await until(lambda: trims == [0, 0])
    leftovers.of(1, memory.MUCH_SIZE - 1)
    assert trims == [0, 0]
    leftovers.of(1, memory.MUCH_SIZE)
    await until(lambda: trims == [0, 0, 0])


async def test_commands_tell_how_much_they_leave_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = list[int]()
    monkeypatch.setattr(memory.Leftovers, "of", lambda _, lines: counts.append(lines))
    context = Context(staff(world), world.database, world.clock)
    context.begin()
    context.extent = Extent(context.limits.lines, memory.MUCH)
    command = ProductsUpsert.read({"products": [{"sku": "S", "name": "Shaft"}]})
    await write(context, command, upsert_all)
    assert counts == [memory.MUCH]


async def test_the_collector_looks_at_nothing_old_while_much_is_held() -> None:
    """Each look would keep everybody waiting for a tenth of a second, and find nothing."""
    looked, usual, apart = list[int](), gc.get_threshold(), Apart()

    def note(phase: str, about: dict[str, int]) -> None:
        if phase == "start":
            looked.append(about["generation"])

    gc.callbacks.append(note)
    try:
        async with apart.alone(("one",)), Apart().alone(("other",)):
            held = [[it] for it in range(200_000)]
        assert gc.get_threshold() == usual
    finally:
        gc.callbacks.remove(note)
    assert (len(held), set(looked)) == (200_000, {0, 1})


async def test_nothing_of_a_mutation_waits_for_the_collector(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its input may be megabytes, and so may be what its lines have moved."""
    kept = list[weakref.ref[Any]]()
    for kind in (Mixed, Ledger):

        def begun(self: Any, *about: Any, _begin: Any = kind.__init__, **more: Any) -> None:
            kept.append(weakref.ref(self))
            _begin(self, *about, **more)

        monkeypatch.setattr(kind, "__init__", begun)
    text = """mutation ($input: ProductsUpsertInput!) {
      productsUpsert(input: $input) { results { product { sku } } userErrors { code } } }"""
    gc.collect()
    gc.disable()
    try:
        for sku in ("S", ""):
            await ask(text, input={"products": [{"sku": sku, "name": "Shaft"}]})
        assert len(kept) >= 2 * 2
        assert not [it() for it in kept if it() is not None]
    finally:
        gc.enable()


async def test_what_lines_of_long_buckets_take_is_looked_up_in_rounds(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each day of a quarter is looked up by three calendars: 25 quarters are a round's work."""
    made, process = await contracts.contract(world, ask), Process(world.database)
    rounds, reckon = Counter[int](), Transit._days  # noqa: SLF001 -- what takes long.

    def noted(self: Transit, *about: Any, **how: Any) -> Any:
        rounds[process.slices.count] += 1
        return reckon(self, *about, **how)

    monkeypatch.setattr(Transit, "_days", noted)
    begins = [world.clock() + timedelta(days=it) for it in range(LARGEST_BULK)]
    windows = [
        {"earliest": it, "latest": it + timedelta(days=92), "time_zone": "UTC"} for it in begins
    ]
    context = Context(staff(world), world.database, world.clock, process=process)
    context.begin()
    release = ContractRelease.read(
        {
            "contract_line_id": from_global(made["lines"][0]["id"])[1],
            "type": "FORECAST",
            "number": "1",
            "lines": [{"window": it, "quantity": "1"} for it in windows],
        }
    )
    await write(context, release, releases.release)
    assert rounds.total() == LARGEST_BULK
    assert max(rounds.values()) <= SLICE // 4

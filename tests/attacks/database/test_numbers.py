"""Numbers without holes: who writes much keeps nobody from taking one meanwhile."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from commands.fulfilment.parcels import ssccs
from commands.writing import counters
from kit.ids import to_global
from kit.standards import gs1
from models.fulfilment.deliveries.tables import Delivery
from models.trade.orders.tables import Order
from tests.guard import counted
from tests.make import Ask, World
from tests.make.feed import rows
from tests.make.fulfilment import deliveries
from tests.make.master import locations
from tests.make.trade import contracts, orders

Input = Callable[[World, Ask], Awaitable[dict[str, Any]]]


async def imported(world: World, ask: Ask) -> dict[str, Any]:
    one = await orders.order_input(world, ask) | {"placedAt": world.clock().isoformat()}
    return {"orders": [one | {"externalReference": f"R-{it}"} for it in range(3)]}


async def planned(world: World, ask: Ask) -> dict[str, Any]:
    made = [await orders.order(world, ask) for _ in range(3)]
    return {"deliveries": [await deliveries.part(world, it) for it in made]}


async def called_off(world: World, ask: Ask) -> dict[str, Any]:
    contract = await contracts.contract(world, ask)
    part = {"locationId": to_global("Location", await locations.location(world))}
    part["lines"] = [{"lineNo": 1, "quantity": "10"}]
    return await contracts.call_off_input(world, contract, "10", deliveries=[part])


@pytest.mark.parametrize(
    ("mutation", "made", "counted_rows"),
    [
        ("ordersImport", imported, 1),
        ("deliveryPlan", planned, 1),
        ("contractCallOff", called_off, 2),
    ],
)
async def test_beside_one_that_has_written_its_many_rows_others_take_numbers(
    world: World,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
    mutation: str,
    made: Input,
    counted_rows: int,
) -> None:
    fields = await made(world, ask)
    order, own = await orders.order(world, ask), await orders.order_input(world, ask)
    part = await deliveries.part(world, order)
    monkeypatch.setattr(counters, "SLICE", 0)
    real, beside = counters.numbers, list[dict[str, Any]]()

    async def taken(writing: Any, *about: Any) -> list[str]:
        monkeypatch.setattr(counters, "numbers", real)
        beside.append((await ask(orders.PLACE, input=own))["orderPlace"]["order"])
        payload = await deliveries.done(ask, "deliveryPlan", deliveries=[part])
        beside.extend(payload["deliveries"])
        statements.clear()
        return await real(writing, *about)

    monkeypatch.setattr(counters, "numbers", taken)
    takes = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = (
        f"mutation ($input: {takes}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
    )
    with counted(world.database.engine) as statements:
        answer = await ask(document, input=fields)
    assert answer[mutation]["userErrors"] == []
    # The numbers, the rows that get them, the journal: nothing that takes long.
    first = [it.split()[0] for it in statements[: counted_rows + 1]]
    assert first == [*["INSERT"] * counted_rows, first[-1]]
    assert first[-1] in {"UPDATE", "WITH"}
    assert "INSERT INTO journal" in statements[counted_rows + 1]
    assert not any("_lines" in it for it in statements[: counted_rows + 2])
    for entity, letter, one in ((Order, "O", beside[0]), (Delivery, "D", beside[1])):
        found = sorted(it.number for it in await rows(world, entity))
        assert found == [f"{letter}-{it:06}" for it in range(1, 1 + len(found))]
        assert one["number"] in found


async def test_beside_a_large_packing_others_generate_ssccs_until_it_has_written_the_rest(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = [
        await deliveries.released(world, ask, await orders.order(world, ask)) for _ in range(2)
    ]
    raised, found = ssccs.raised, list[str]()

    async def packed(delivery: dict[str, Any]) -> list[str]:
        parcel = {"generateSscc": True, "parent": 0, "contents": deliveries.contents(delivery)}
        own = {"deliveryId": delivery["id"], "parcels": [{"generateSscc": True}, parcel]}
        made = await deliveries.done(ask, "deliveryPack", **own)
        return [it["sscc"] for it in made["delivery"]["parcels"]]

    async def taken(*about: Any) -> int:
        monkeypatch.setattr(ssccs, "raised", raised)
        found.extend(await packed(small))
        statements.clear()
        return await raised(*about)

    monkeypatch.setattr(ssccs, "SLICE", 0)
    monkeypatch.setattr(ssccs, "raised", taken)
    with counted(world.database.engine) as statements:
        found.extend(await packed(large))
    assert len(set(found)) == 4
    assert all(gs1.is_valid(it, 18) for it in found)
    # The counter, whether another has one of them, the parcels that get them, the journal.
    assert [it.split()[0] for it in statements[:3]] == ["INSERT", "SELECT", "UPDATE"]
    assert "INSERT INTO journal" in statements[3]

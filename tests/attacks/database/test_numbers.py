"""Numbers without holes: who writes much keeps nobody from taking one meanwhile."""

from typing import Any

import pytest

from commands.master.catalog import ProductsUpsert, upsert_all
from commands.trade.orders import drafts
from commands.trade.orders.place import OrderPlace, place
from commands.trade.orders.revisions.imports import OrdersImport, import_all
from commands.writing.counters import numbers
from models.master.catalog import Product
from models.trade.orders.tables import Order
from tests.guard import counted
from tests.make import World
from tests.make.feed import rows
from tests.make.master.channels import channel
from tests.make.master.parties import company
from tests.make.running import run

ORDERS = 3


async def test_beside_an_import_that_has_written_its_rows_an_order_is_placed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whom = {"channel_id": await channel(world), "party_id": await company(world)}
    whom["currency"] = "EUR"
    await run(world, upsert_all, ProductsUpsert, products=[{"sku": "BOLT", "name": "Bolt"}])
    (bolt,) = await rows(world, Product)
    line = {"product_id": bolt.id, "quantity": "2", "unit_price": "1"}
    beside = list[Any]()

    async def taken(writing: Any, *about: Any) -> list[str]:
        monkeypatch.setattr(drafts, "numbers", numbers)
        beside.append(await run(world, place, OrderPlace, **whom, lines=[line]))
        statements.clear()
        return await numbers(writing, *about)

    monkeypatch.setattr(drafts, "numbers", taken)
    own = {**whom, "lines": [line], "placed_at": world.clock().isoformat()}
    orders = [own | {"external_reference": f"R-{number}"} for number in range(ORDERS)]
    with counted(world.database.engine) as statements:
        made = (await run(world, import_all, OrdersImport, orders=orders))["results"]
    # The number, the rows that get it, the journal: nothing that takes long.
    assert [it.split()[0] for it in statements[:2]] == ["INSERT", "UPDATE"]
    assert "INSERT INTO journal" in statements[2]
    assert not any("order_lines" in it for it in statements)
    known = {it.id: it.number for it in await rows(world, Order)}
    assert known[beside[0]["order_id"]] == "O-000001"
    assert [known[it["order_id"]] for it in made] == [f"O-{it:06}" for it in range(2, 2 + ORDERS)]

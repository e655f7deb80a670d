"""What was reported in full without an amount covers what its order costs when 0044 comes."""

import asyncio

import pytest
from alembic import command

import migrations
from tests.kit.programs import ask as ask_once
from tests.make import Ask, World
from tests.make.trade import orders, payments, responses

COVERS = "SELECT state, amount, covers FROM payments ORDER BY id"
TAX = {"category": "STANDARD", "rate": "19", "amount": "6.65"}
SHIPPING = {"kind": "SHIPPING", "amount": "4.9"}


@pytest.mark.prepared("inputs")
async def test_a_report_without_an_amount_covers_what_its_order_costs(
    world: World, ask: Ask
) -> None:
    for more in ({}, {"taxes": [TAX], "charges": [SHIPPING]}, {"discountPercent": "33.3"}):
        order = await orders.order(world, ask, **more)
        await payments.record(ask, order, "AUTHORISED", "60")
        for cancelled in ("3", "6"):
            line = {"lineId": order["lines"][0]["id"], "quantity": cancelled}
            later = {"reference": cancelled, "occurredAt": "2026-03-01T13:00:00Z"}
            await responses.done(ask, responses.CANCEL, order, lines=[line])
        await payments.record(ask, order, "PAID", **later)
        await payments.record(ask, order, "FAILED", reference="R-3")
    own = str(world.database.owner.url)
    read = f"{own}?app.merchant={world.merchant_id}"
    before = await asyncio.to_thread(ask_once, read, COVERS)
    assert [it[2] is None for it in before] == [False, False, True] * 3
    for step, revision in ((command.downgrade, "0043"), (command.upgrade, "0044")):
        await asyncio.to_thread(step, migrations.configured(own), revision)
    assert await asyncio.to_thread(ask_once, read, COVERS) == before

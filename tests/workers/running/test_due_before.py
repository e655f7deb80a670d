"""What is due of rows that were there before 0069 is found when it comes."""

import asyncio

import pytest
from alembic import command
from alembic.script import ScriptDirectory

import migrations
from tests.kit.programs import ask as ask_once
from tests.make import Ask, World
from tests.make.messages import files, hooks
from tests.make.trade import orders, responses

DUE = """
SELECT kind, subject, {at} FROM due
WHERE kind {which} ('{kinds}') AND kind NOT IN ('TELL_ENDS', 'FORGET_SESSIONS')
ORDER BY kind, due_at
"""
"""Asks for what was known then."""
AT_ONCE = "READ_MESSAGES', 'FORGET_WEBHOOK_MESSAGES"
"""What the migration lets be looked at now, which is not when it was written."""
WANTED = {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": "2026-03-03T00:00:00Z"}


@pytest.mark.prepared("inputs")
async def test_what_is_due_of_rows_that_are_there_is_found(world: World, ask: Ask) -> None:
    order = await orders.order(world, ask, **WANTED)
    await responses.amended(ask, order)
    partner = await files.partner(ask)
    await files.received(ask, files.interchange(partner["identification"]))
    await hooks.created(ask, "https://example.com/")
    named = {"sku": "KEPT", "name": "Kept"}
    upsert = "mutation ($input: ProductsUpsertInput!) { productsUpsert(input: $input) {"
    kept = {"products": [named], "idempotencyKey": "k"}
    await ask(f"{upsert} userErrors {{ code }} }} }}", input=kept)
    own = str(world.database.owner.url)
    read = f"{own}?app.merchant={world.merchant_id}"
    seen = (("due_at", "NOT IN"), ("NULL", "IN"))
    queries = [DUE.format(at=at, which=which, kinds=AT_ONCE) for at, which in seen]
    before = [set(await asyncio.to_thread(ask_once, read, it)) for it in queries]
    assert {kind for rows in before for kind, *_ in rows} == {
        *("LAPSE_ORDERS", "EXPIRE_AMENDMENTS", "READ_MESSAGES"),
        *("FORGET_ANSWERS", "FORGET_BUCKETS", "FORGET_WEBHOOK_MESSAGES"),
    }
    configured = migrations.configured(own)
    before_it = ScriptDirectory.from_config(configured).get_revision("0069").down_revision
    for step, revision in ((command.downgrade, before_it), (command.upgrade, "0069")):
        await asyncio.to_thread(step, configured, revision)
    assert [set(await asyncio.to_thread(ask_once, read, it)) for it in queries] == before

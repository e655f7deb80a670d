"""Filters by what is computed look at each row once, and by its key at what it hangs on."""

from typing import Any

import httpx
import pytest
from sqlalchemy import func, literal, select, text
from sqlalchemy.orm import aliased

from models.access.viewers import Actor
from models.base.acts import AllRows, Some
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.conditions import RIVALLED
from models.fulfilment.deliveries.tables import Delivery
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.attacks.load.large import DELIVERIES, LINES, ORDERS, Long
from tests.attacks.load.limits import LIMITS
from tests.make.counting import EXPLAIN, looked_at, plan_of, sent
from transport.serving import Serving

FILTERS = [
    *(f"{name}: {it}" for name in ("late", "open", "backordered") for it in ("true", "false")),
    'netFrom: "1", netTo: "9"',
    "onHold: true",
    "stoppedByPayment: true",
    "fulfilmentStatuses: [RETURNED]",
]
BODIES = ["nodes { id }", "totalCount"]
ROWS = ORDERS + 2 * ORDERS + LINES + DELIVERIES * LINES // 25
"""Orders, their lines, and what was delivered of these."""
SPARE = 2
"""A row may be looked at again by its key."""


@pytest.mark.parametrize("actor", [Actor.STAFF, Actor.BUYER, Actor.WAREHOUSE])
async def test_what_is_computed_is_looked_for_in_each_row_once(long: Long, actor: Actor) -> None:
    world = long.world
    bound = {Actor.BUYER: long.made.party, Actor.WAREHOUSE: long.made.location}
    token = await world.key(actor, bound.get(actor))
    app = application(Serving(world.database, clock=world.clock, terms=Terms(limits=LIMITS)))
    transport = httpx.ASGITransport(app)
    counts = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        ask = make.Ask(client, token)
        for chosen in FILTERS:
            for body in BODIES:
                with sent(world.database) as statements:
                    await ask(f"{{ orders(first: 5, filter: {{{chosen}}}) {{ {body} }} }}")
                statement, values = next(it for it in statements if "FROM orders" in it[0])
                counts[chosen, body] = looked_at(await plan_of(world, statement, values))
    assert {it: count for it, count in counts.items() if count > SPARE * ROWS} == {}
    assert max(counts.values()) > DELIVERIES


async def test_what_stops_a_delivery_is_looked_for_among_what_it_brings(
    long: Long,
) -> None:
    """Not among all orders, deliveries and products of its merchant."""
    stops = {stop for act in acts.ACTS for stop in (*act.stopped_by, *act.needs)} | {RIVALLED}
    counts = {}
    async with long.world.database.owner.engine.begin() as owner:
        await owner.execute(text(f"SELECT set_merchant('{long.world.merchant_id}')"))
        await owner.execute(text("UPDATE deliveries SET completes_order = true"))
        for stop in sorted((it for it in stops if isinstance(it, Some)), key=lambda it: it.words):
            row: Any = aliased(Delivery)
            rows = AllRows(literal(long.world.merchant_id), func.now())
            found = select(row.id, stop.of(rows, row)).where(row.merchant_id == rows.merchant)
            statement = str(
                found.limit(1).compile(owner.engine, compile_kwargs={"literal_binds": True})
            )
            (plan,) = (await owner.exec_driver_sql(EXPLAIN + statement)).one()
            counts[stop.words] = looked_at(plan[0]["Plan"])
        await owner.rollback()
    # Who shares orders with it, is found among their lines.
    shared = 20 * LINES
    assert {words: count for words, count in counts.items() if count > shared} == {}

"""What was reconciled when 0046 comes: the figure that counts, as of when it was told first.

One with a note was taken to hold nothing that left after that.
"""

import asyncio
from datetime import datetime

import pytest
from alembic import command

import migrations
from tests.kit.programs import ask as ask_once
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule

FIGURES = """
SELECT unloading_point, starts_on::text, reconciled_received::text, reconciled_at::text
FROM account_periods JOIN cumulative_accounts accounts ON accounts.id = account_id
WHERE unloading_point IN ('A', 'B', 'C', 'D', 'E')
ORDER BY unloading_point, starts_on
"""


@pytest.mark.prepared("inputs")
async def test_the_figure_that_counts_is_reconciled_as_of_when_it_was_told_first(
    world: World, ask: Ask, clock
) -> None:
    made = await contracts.contract(world, ask)
    line = made["lines"][0]["id"]
    order = await contracts.call_off(world, ask, made, "4")
    sent = await deliveries.dispatched(world, ask, order, parcel={"generateSscc": True})
    note = {"lastReceipts": [{"deliveryNote": sent["number"]}]}
    anew = {"countedFrom": "2026-03-01"}
    midnight = {"issuedAt": "2026-02-27T23:00:00Z"}
    sent_for = {
        "A": [{"cumulativeReceived": "10"}] * 2,
        "B": [{"cumulativeReceived": "3", **note}],
        "C": [{"cumulativeReceived": "7", **midnight}],
        "D": [{"cumulativeReceived": "6"}, {"cumulativeReceived": "2", **anew}],
        "E": [{}],
    }
    for point, some in sent_for.items():
        for number, each in enumerate(some, 1):
            clock.advance(hours=1)
            fields = {"unloadingPoint": point, **each}
            await contracts.release(ask, line, number, schedule("2026-03-10", "9"), **fields)
    own = str(world.database.owner.url)
    read = f"{own}?app.merchant={world.merchant_id}"
    before = await asyncio.to_thread(ask_once, read, FIGURES)
    assert [it[3] is None for it in before] == [False] * 5 + [True]
    for step, revision in ((command.downgrade, "0045"), (command.upgrade, "0046")):
        await asyncio.to_thread(step, migrations.configured(own), revision)
    after = await asyncio.to_thread(ask_once, read, FIGURES)
    noted = next(it for it in after if it[0] == "B")
    assert datetime.fromisoformat(noted[3]) == datetime.fromisoformat(sent["dispatchedAt"])
    assert [it for it in after if it != noted] == [it for it in before if it[0] != "B"]

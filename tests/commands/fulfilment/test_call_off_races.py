"""Call-offs under parallel calls: the contract's row decides who was first."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from commands.fulfilment.call_offs.inputs import ContractCallOff
from commands.fulfilment.call_offs.place import place
from commands.trade.contracts.settle import ContractSettle, settle
from commands.trade.releases.inputs import ContractRelease
from commands.trade.releases.record import release
from commands.writing import journal
from commands.writing.transaction import Writing
from kit.errors import Refused
from kit.ids import from_global, to_global
from models.trade.codes import TradeCode
from tests.make.master import channels
from tests.make.running import run, staff
from tests.make.trade import contracts
from tests.make.trade.orders import products

CANCEL = """
mutation ($input: OrderCancelLinesInput!) {
  orderCancelLines(input: $input) { userErrors { code } }
}
"""
STATES = "query ($id: ID!) { contract(id: $id) { releases(first: 9) { nodes { state } } } }"
_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def _blocked(database) -> None:
    """Return when a transaction waits for the lock of another."""
    async with asyncio.timeout(30), database.engine.connect() as connection:
        while not (await connection.execute(text(_WAITING))).scalar_one():
            await connection.rollback()


async def _ending(world, ask) -> dict[str, Any]:
    """Return a contract of 1000 bolts, of which 600 must be called off, on its last day."""
    (bolt,) = await products(ask, "BOLT")
    lines = [contracts.line(bolt, minQuantity="600")]
    return await contracts.contract(world, ask, validTo="2026-03-02", lines=lines)


async def _taking(world, made: Mapping[str, Any], quantity: str) -> dict[str, Any]:
    """Return what `place` takes, for delivery on the same day."""
    times = {"earliest": world.clock(), "latest": world.clock() + timedelta(hours=4)}
    line = {"contract_line_id": from_global(made["lines"][0]["id"])[1], "quantity": quantity}
    return {
        "contract_id": from_global(made["id"])[1],
        "channel_id": await channels.channel(world),
        "lines": [line],
        "window": times | {"time_zone": "Europe/Berlin"},
    }


async def _read(ask, made) -> dict[str, Any]:
    return (await ask(contracts.CONTRACT, id=made["id"]))["contract"]


@pytest.mark.gate("K4", "contractCallOff")
async def test_the_contracts_last_quantity_is_called_off_once(ask, world):
    made = await contracts.contract(world, ask)
    await contracts.call_off(world, ask, made, "400")
    fields = await contracts.call_off_input(world, made, "600")
    answers = await asyncio.gather(*(ask(contracts.CALL_OFF, input=fields) for _ in range(6)))
    codes = Counter(it["code"] for each in answers for it in each["contractCallOff"]["userErrors"])
    assert codes == {"EXCEEDS_MAX": 5}
    after = await _read(ask, made)
    assert (after["lines"][0]["calledOff"], after["state"]) == ("1000", "EXHAUSTED")


async def test_20_equal_calls_with_one_key_call_off_once(ask, world):
    made = await contracts.contract(world, ask)
    fields = await contracts.call_off_input(world, made, "100", idempotencyKey="once")
    answers = await asyncio.gather(*(ask(contracts.CALL_OFF, input=fields) for _ in range(20)))
    assert len({it["contractCallOff"]["callOff"]["id"] for it in answers}) == 1
    assert (await _read(ask, made))["lines"][0]["calledOff"] == "100"


async def test_a_settlement_waits_for_a_call_off_and_finds_it_open(ask, world, database, clock):
    made = await _ending(world, ask)
    command = ContractCallOff.read(await _taking(world, made, "500"))
    async with database.writing(world.merchant_id) as session:
        writing = Writing(session, staff(world), clock())
        await place(writing, command)
        clock.advance(days=1)
        settling = asyncio.create_task(
            run(world, settle, ContractSettle, contract_id=command.contract_id)
        )
        await _blocked(database)
        await journal.append(writing)
    with pytest.raises(Refused) as refused:
        await settling
    assert refused.value.code == TradeCode.OPEN_CALL_OFFS
    after = await _read(ask, made)
    assert (after["shortfalls"], after["lines"][0]["calledOff"]) == ([], "500")


async def test_a_call_off_waits_for_a_settlement_and_is_refused(ask, world, database, clock):
    made = await _ending(world, ask)
    fields = await _taking(world, made, "500")
    async with database.writing(world.merchant_id) as session:
        writing = Writing(session, staff(world), clock() + timedelta(days=1))
        await settle(writing, ContractSettle.read({"contract_id": fields["contract_id"]}))
        calling = asyncio.create_task(run(world, place, ContractCallOff, **fields))
        await _blocked(database)
        await journal.append(writing)
    (refused,) = await asyncio.gather(calling, return_exceptions=True)
    assert isinstance(refused, Refused)
    assert refused.code == "WRONG_STATE"
    after = await _read(ask, made)
    assert [it["quantity"] for it in after["shortfalls"]] == ["600"]
    assert after["lines"][0]["calledOff"] == "0"


async def test_cancelling_and_calling_off_at_once_keep_the_sum(ask, world):
    made = await contracts.contract(world, ask)
    first = await contracts.call_off(world, ask, made, "1000")
    lines = [{"lineId": first["lines"][0]["id"], "quantity": "100"}]
    cancel = {"orderId": first["id"], "lines": lines}
    channel = to_global("Channel", await channels.channel(world))
    fields = await contracts.call_off_input(world, made, "100", channelId=channel)
    calls = [ask(CANCEL, input=cancel), ask(CANCEL, input=cancel)]
    calls += [ask(contracts.CALL_OFF, input=fields) for _ in range(4)]
    answers = await asyncio.gather(*calls)
    assert all(it["orderCancelLines"]["userErrors"] == [] for it in answers[:2])
    won = sum(not it["contractCallOff"]["userErrors"] for it in answers[2:])
    assert (await _read(ask, made))["lines"][0]["calledOff"] == str(800 + 100 * won)


async def test_of_two_equal_releases_one_becomes_active(world, ask):
    made = await contracts.contract(world, ask)
    line = {"window": contracts.window("2026-04-03"), "quantity": "10"}
    line["window"]["time_zone"] = line["window"].pop("timeZone")
    fields = {"contract_line_id": from_global(made["lines"][0]["id"])[1], "type": "FORECAST"}
    fields |= {"release_no": 7, "lines": [line]}
    outcomes = await asyncio.gather(
        *(run(world, release, ContractRelease, **fields) for _ in range(5)),
        return_exceptions=True,
    )
    assert [it for it in outcomes if isinstance(it, BaseException)] == []
    found = (await ask(STATES, id=made["id"]))["contract"]["releases"]["nodes"]
    states = sorted(it["state"] for it in found)
    assert states == ["ACTIVE", *["SUPERSEDED"] * 4]

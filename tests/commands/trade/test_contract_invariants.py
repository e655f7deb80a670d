"""What a contract line's counters keep to, through the whole life of call-offs (K1, K5, K6)."""

from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from kit.ids import from_global, to_global
from models.trade.contracts.tables import ContractLine
from tests.make.fulfilment import deliveries
from tests.make.master import channels
from tests.make.trade import contracts
from tests.make.trade.orders import products

DONE = """
mutation ($input: %(takes)s!) { it: %(name)s(input: $input) { userErrors { code field } } }
"""


async def _do(ask, name, takes, **fields) -> None:
    answer = await ask(DONE % {"name": name, "takes": takes}, input=fields)
    assert answer["it"]["userErrors"] == []


async def _counters(ask, made) -> tuple[str, str, str]:
    """Return what is called off, shipped and remaining."""
    line = (await ask(contracts.CONTRACT, id=made["id"]))["contract"]["lines"][0]
    return line["calledOff"], line["shipped"], line["remaining"]


async def _partly_shipped(ask, world):
    """Return a contract and its call-off of 100, of which 60 are dispatched."""
    made = await contracts.contract(world, ask)
    placed = await contracts.call_off(world, ask, made, "100")
    part = deliveries.lines(placed, "60")
    await deliveries.dispatched(world, ask, placed, lines=part)
    return made, placed


@pytest.mark.gate("K5", "orderClose")
@pytest.mark.gate("K6", "orderClose")
async def test_closing_a_call_off_gives_back_only_the_unshipped_part(ask, world):
    made, placed = await _partly_shipped(ask, world)
    assert await _counters(ask, made) == ("100", "60", "900")
    await _do(ask, "orderClose", "OrderCloseInput", orderId=placed["id"])
    assert await _counters(ask, made) == ("60", "60", "940")


@pytest.mark.gate("K5", "orderCancelLines")
async def test_cancelling_gives_back_no_more_than_what_is_in_no_delivery(ask, world):
    made, placed = await _partly_shipped(ask, world)
    lines = [{"lineId": placed["lines"][0]["id"], "quantity": "41"}]
    answer = await ask(
        DONE % {"name": "orderCancelLines", "takes": "OrderCancelLinesInput"},
        input={"orderId": placed["id"], "lines": lines},
    )
    assert [it["code"] for it in answer["it"]["userErrors"]] == ["QUANTITY_NOT_OPEN"]
    lines[0]["quantity"] = "40"
    takes = "OrderCancelLinesInput"
    await _do(ask, "orderCancelLines", takes, orderId=placed["id"], lines=lines)
    assert await _counters(ask, made) == ("60", "60", "940")


async def test_a_call_off_that_is_all_shipped_lets_its_contract_end(ask, world):
    made, placed = await _partly_shipped(ask, world)
    refused = await contracts.change(ask, "contractTerminate", contractId=made["id"])
    assert contracts.codes(refused) == [("OPEN_CALL_OFFS", "keepCallOffs")]
    await deliveries.dispatched(world, ask, placed, lines=deliveries.lines(placed, "40"))
    await _do(ask, "contractTerminate", "ContractTerminateInput", contractId=made["id"])


@pytest.mark.gate("K5", "orderReject")
async def test_a_rejected_call_off_gives_back_all(ask, world):
    made = await contracts.contract(world, ask)
    channel = to_global("Channel", await channels.channel(world, approval_required=True))
    placed = await contracts.call_off(world, ask, made, "100", channelId=channel)
    takes = "OrderRejectInput"
    await _do(ask, "orderReject", takes, orderId=placed["id"], reason="No capacity")
    assert await _counters(ask, made) == ("0", "0", "1000")


@pytest.mark.parametrize(
    "wrong",
    [
        {"called_off": "1051"},
        {"called_off": "-1"},
        {"shipped": "-1"},
        {"delivered": "-1"},
        {"min_quantity": "1001"},
        {"max_quantity": "999"},
        {"received": "-1"},
    ],
)
async def test_the_database_keeps_the_counters_in_bounds(ask, world, wrong):
    (bolt,) = await products(ask, "BOLT")
    lines = [contracts.line(bolt, overTolerancePercent="5")]
    made = await contracts.contract(world, ask, lines=lines)
    key = (world.merchant_id, from_global(made["lines"][0]["id"])[1])

    async def write() -> None:
        async with world.database.writing(world.merchant_id) as session:
            line = await session.get_one(ContractLine, key)
            for name, value in wrong.items():
                setattr(line, name, Decimal(value))

    with pytest.raises(IntegrityError):
        await write()

"""How contracts end: once nothing is open, as their end of life says, and not by a side door."""

import pytest

from kit.ids import from_global, to_global
from models.trade.contracts.states import ContractState
from models.trade.contracts.tables import Contract
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts, responses
from tests.make.trade.orders import products

READ = """
query ($id: ID!) { contract(id: $id) {
  state availableActions successor { number }
  lines { targetQuantity minQuantity maxQuantity calledOff }
  shortfalls { owed calledOff quantity invoiced { amount currency } }
  timeline(first: 20) { nodes { type } }
} }
"""


async def _read(ask, made):
    return (await ask(READ, id=made["id"]))["contract"]


async def _owing(ask, world, **fields):
    """Return a contract of 100 bolts, of which 60 must be called off."""
    (bolt,) = await products(ask, "BOLT")
    line = contracts.line(bolt, "100", minQuantity="60")
    return await contracts.contract(world, ask, lines=[line], **fields)


async def _end(ask, made, name, **fields):
    payload = await contracts.change(ask, name, contractId=made["id"], **fields)
    return contracts.codes(payload)


@pytest.mark.gate("K1", "contractCallOff")
async def test_no_more_is_called_off_than_is_agreed(ask, world):
    made = await _owing(ask, world)
    payload = await contracts.try_call_off(world, ask, made, "101")
    assert contracts.codes(payload) == [("EXCEEDS_MAX", "lines.0.quantity")]


@pytest.mark.gate("K11", "contractSettle", "contractTerminate")
async def test_nothing_is_settled_while_call_offs_are_open(ask, world):
    made = await _owing(ask, world)
    placed = await contracts.call_off(world, ask, made, "60")
    assert await _end(ask, made, "contractSettle") == [("WRONG_STATE", "contractId")]
    assert await _end(ask, made, "contractTerminate") == [("OPEN_CALL_OFFS", "keepCallOffs")]
    assert await _end(ask, made, "contractTerminate", keepCallOffs=True) == []
    assert "SETTLE" not in (await _read(ask, made))["availableActions"]
    assert await _end(ask, made, "contractSettle") == [("OPEN_CALL_OFFS", "contractId")]
    lines = [{"lineId": placed["lines"][0]["id"], "quantity": "60"}]
    await responses.done(ask, responses.CANCEL, placed, lines=lines)
    assert "SETTLE" in (await _read(ask, made))["availableActions"]
    assert await _end(ask, made, "contractSettle") == []
    assert [it["quantity"] for it in (await _read(ask, made))["shortfalls"]] == ["60"]


@pytest.mark.gate("K11", "contractAmend")
async def test_a_last_day_in_the_past_passes_what_a_termination_passes(ask, world):
    made = await _owing(ask, world)
    await contracts.call_off(world, ask, made, "60")
    yesterday = {"validTo": "2026-03-01"}
    assert await _end(ask, made, "contractAmend", **yesterday) == [
        ("OPEN_CALL_OFFS", "keepCallOffs")
    ]
    today = {"validTo": "2026-03-02", "keepCallOffs": True}
    assert await _end(ask, made, "contractAmend", **today) == []
    assert await _end(ask, made, "contractAmend", **yesterday, keepCallOffs=True) == []
    assert (await _read(ask, made))["state"] == "EXPIRED"


@pytest.mark.gate("K3", "contractAmend")
async def test_a_last_day_is_not_moved_before_what_is_called_off_comes(ask, world):
    made = await _owing(ask, world)
    days = [{"window": contracts.window(it)} for it in ("2026-04-10", "2026-05-10")]
    sooner, later = [await contracts.call_off(world, ask, made, "30", **it) for it in days]
    part = await deliveries.part(world, sooner, window=contracts.window("2026-04-20"))
    planned = (await deliveries.done(ask, "deliveryPlan", deliveries=[part]))["deliveries"][0]
    refused = [("OPEN_CALL_OFFS", "keepCallOffs")]
    for day, found in (("2026-05-09", refused), ("2026-05-10", []), ("2026-05-10", [])):
        assert await _end(ask, made, "contractAmend", validTo=day) == found
    await responses.done(ask, responses.CLOSE, later)
    for day, found in (("2026-04-19", refused), ("2026-04-20", [])):
        assert await _end(ask, made, "contractAmend", validTo=day) == found
    keep = {"validTo": "2026-04-10", "keepCallOffs": True}
    assert await _end(ask, made, "contractAmend", **keep) == []
    assert await _end(ask, made, "contractAmend", validTo="2026-04-20") == refused[1:]
    window = {"window": contracts.window("2026-04-30"), "windowOverride": "They know."}
    await deliveries.done(ask, "deliveryReschedule", deliveryId=planned["id"], **window)
    assert await _end(ask, made, "contractAmend", validTo="2026-04-19") == []


@pytest.mark.gate("K3", "contractAmend")
async def test_a_first_day_is_not_moved_behind_what_is_called_off(ask, world):
    made = await _owing(ask, world)
    await contracts.call_off(world, ask, made, "60", window=contracts.window("2026-04-10"))
    refused = [("OPEN_CALL_OFFS", "keepCallOffs")]
    for day, found in (("2026-04-11", refused), ("2026-03-03", refused), ("2026-03-02", [])):
        assert await _end(ask, made, "contractAmend", validFrom=day) == found
    assert await _end(ask, made, "contractAmend", validFrom="2026-04-11", keepCallOffs=True) == []


async def test_a_contract_ends_after_it_starts_whoever_says_it(ask, world):
    made = await _owing(ask, world)
    first, last = {"validFrom": "2027-01-01"}, {"validTo": "2025-12-31"}
    kept, refused = {**last, "keepCallOffs": True}, ("INVALID_DATE", "validTo")
    line = {"contractLineId": made["lines"][0]["id"], "targetQuantity": "120"}
    assert await _end(ask, made, "contractAmend", **first) == [("INVALID_DATE", "validFrom")]
    for fields in (last, kept, {**first, **last}, {**last, "lines": [line]}):
        assert await _end(ask, made, "contractAmend", **fields) == [refused]
    odd = {**last, "lines": [{**line, "targetQuantity": "0"}], "shipToIds": [made["id"]]}
    found = await _end(ask, made, "contractAmend", **odd)
    assert {refused, ("NOT_POSITIVE", "lines.0.targetQuantity")} <= set(found)
    assert len(found) == 3
    values = await contracts.contract_input(world, ask, **last)
    values["partyId"] = made["id"]
    payload = await contracts.change(ask, "contractCreate", **values)
    assert refused in contracts.codes(payload)
    assert (await _read(ask, made))["lines"][0]["targetQuantity"] == "100"


async def _settled(ask, world, database):
    """Return a contract that was settled before call-offs were asked for, and one of it."""
    made = await _owing(ask, world, endOfLife="INVOICE_SHORTFALL")
    placed = await contracts.call_off(world, ask, made, "60")
    await _end(ask, made, "contractTerminate", keepCallOffs=True)
    async with database.writing(world.merchant_id) as session:
        key = (world.merchant_id, from_global(made["id"])[1])
        (await session.get_one(Contract, key)).state = ContractState.SETTLED
    return made, placed


@pytest.mark.gate("K2", "orderClose")
@pytest.mark.gate("K2", "orderCancelLines")
@pytest.mark.parametrize("query", [responses.CLOSE, responses.CANCEL])
async def test_what_is_given_back_to_a_settled_contract_is_missing_from_then_on(
    ask, world, database, query
):
    made, placed = await _settled(ask, world, database)
    lines = [{"lineId": placed["lines"][0]["id"], "quantity": "60"}]
    fields = {"lines": lines} if query is responses.CANCEL else {}
    await responses.done(ask, query, placed, **fields)
    found = (await _read(ask, made))["shortfalls"]
    owed = {"owed": "60", "calledOff": "0", "quantity": "60"}
    assert found == [{**owed, "invoiced": {"amount": "150", "currency": "EUR"}}]


@pytest.mark.gate("K3", "contractAmend", "deliveryPlan", "deliverySplit")
@pytest.mark.parametrize("way", ["contractTerminate", "contractAmend"])
async def test_what_is_kept_comes_when_it_was_called_off_for_without_any_reason(ask, world, way):
    """However its contract has ended; for another day after the last one somebody says why."""
    made, window = await _owing(ask, world), contracts.window("2026-04-10")
    placed = await contracts.call_off(world, ask, made, "60", window=window)
    until = {"validTo": "2026-03-01"} if way == "contractAmend" else {}
    assert await _end(ask, made, way, keepCallOffs=True, **until) == []
    noon = window | {"latest": "2026-04-10T12:00:00+02:00"}
    part = await deliveries.part(world, placed, lines=deliveries.lines(placed, "10"))
    for each in (window, noon, None):
        planned = await deliveries.done(ask, "deliveryPlan", deliveries=[part | {"window": each}])
    (delivery,) = planned["deliveries"]
    other = {"window": contracts.window("2026-04-11")}
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part | other])
    outside = [("OUTSIDE_VALIDITY", "deliveries.0.window")] if until else []
    assert refused == outside
    off = {"deliveryId": delivery["id"], "lines": deliveries.contents(delivery, "4")}
    assert await deliveries.refusals(ask, "deliverySplit", **off, window=noon) == []


@pytest.mark.gate("K2", "orderConfirm")
@pytest.mark.gate("K2", "orderAnswerAmendment")
@pytest.mark.parametrize("quantity", [None, "20"])
async def test_what_a_response_leaves_out_is_missing_from_a_settled_contract(
    ask, world, database, quantity
):
    """Be it rejected, or amended and accepted; what waits for its answer is not missing yet."""
    made, placed = await _settled(ask, world, database)
    assert (await _read(ask, made))["shortfalls"] == []
    if quantity is None:
        lines = [responses.line(placed, 0, "REJECTED", reason="OUT_OF_STOCK")]
        await responses.done(ask, responses.CONFIRM, placed, lines=lines)
    else:
        await responses.amended(ask, placed, quantity=quantity)
        assert (await _read(ask, made))["shortfalls"] == []
        await responses.answer(ask, placed, accepts=True)
    (found,) = (await _read(ask, made))["shortfalls"]
    left = quantity or "0"
    assert (found["calledOff"], found["quantity"]) == (left, str(60 - int(left)))


@pytest.mark.gate("K12", "contractSettle")
async def test_an_expired_rest_lapses_and_what_is_invoiced_says_how_much(ask, world, clock):
    made = {it: await _owing(ask, world, endOfLife=it) for it in ("EXPIRE", "INVOICE_SHORTFALL")}
    clock.time = clock.time.replace(year=2027)
    for each in made.values():
        assert await _end(ask, each, "contractSettle") == []
    found = [(await _read(ask, it))["shortfalls"][0]["invoiced"] for it in made.values()]
    assert found == [None, {"amount": "150", "currency": "EUR"}]


@pytest.mark.gate("K12", "contractSettle", "contractCallOff")
async def test_a_rest_that_is_to_be_delivered_is_called_off_after_the_last_day(ask, world, clock):
    made = await _owing(ask, world, endOfLife="DELIVER_REST", validTo="2026-03-31")
    clock.time = clock.time.replace(month=4)
    assert await _end(ask, made, "contractSettle") == [("WRONG_STATE", "contractId")]
    found = await _read(ask, made)
    assert (found["state"], "SETTLE" in found["availableActions"]) == ("EXPIRED", False)
    assert "CALL_OFF" in found["availableActions"]
    late = {"window": contracts.window("2026-04-10")}
    more = await contracts.try_call_off(world, ask, made, "101", **late)
    assert contracts.codes(more) == [("EXCEEDS_MAX", "lines.0.quantity")]
    placed = await contracts.call_off(world, ask, made, "100", **late)
    await deliveries.dispatched(world, ask, placed, window={**contracts.window("2026-04-10")})
    assert await _end(ask, made, "contractSettle") == []


@pytest.mark.gate("K12", "contractCallOff")
async def test_a_rest_that_no_lot_fits_is_called_off_whole(ask, world, clock):
    (bolt,) = await products(ask, "BOLT")
    sizes = {"lotMultiple": "8", "minPerCallOff": "8"}
    lines = [contracts.line(bolt, "20", **sizes)]
    fields = {"endOfLife": "DELIVER_REST", "validTo": "2026-03-31", "lines": lines}
    made = await contracts.contract(world, ask, **fields)
    placed = await contracts.call_off(world, ask, made, "16")
    await deliveries.dispatched(world, ask, placed)
    clock.time = clock.time.replace(month=4)
    late = {"window": contracts.window("2026-04-10")}
    for quantity, more in (("3", ()), ("5", ("EXCEEDS_MAX",))):
        payload = await contracts.try_call_off(world, ask, made, quantity, **late)
        codes = ("LOT_MULTIPLE", "BELOW_MINIMUM", *more)
        assert contracts.codes(payload) == [(it, "lines.0.quantity") for it in codes]
    assert "CALL_OFF" in (await _read(ask, made))["availableActions"]
    placed = await contracts.call_off(world, ask, made, "4", **late)
    await deliveries.dispatched(world, ask, placed, window=contracts.window("2026-04-10"))
    assert await _end(ask, made, "contractSettle") == []


async def test_a_terminated_contract_owes_no_rest(ask, world):
    made = await _owing(ask, world, endOfLife="DELIVER_REST")
    await _end(ask, made, "contractTerminate")
    assert await _end(ask, made, "contractSettle") == []


@pytest.mark.gate("K12", "contractSettle")
async def test_what_remains_goes_over_to_the_contract_that_is_named(ask, world, clock):
    made = await _owing(ask, world, endOfLife="CARRY_OVER")
    (bolt,) = await products(ask, "BOLT")
    party = {"partyId": made["party"]["id"], "validTo": "2027-12-31"}
    line = contracts.line(bolt, "100", maxQuantity="120", minQuantity="10")
    next_one = await contracts.contract(world, ask, lines=[line], number="NEXT", **party)
    placed = await contracts.call_off(world, ask, made, "30")
    await deliveries.dispatched(world, ask, placed)
    clock.time = clock.time.replace(year=2027)
    assert await _end(ask, made, "contractSettle") == [("INVALID", "successorId")]
    assert await _end(ask, made, "contractSettle", successorId=next_one["id"]) == []
    found, into = await _read(ask, made), await _read(ask, next_one)
    assert (found["state"], found["successor"], found["shortfalls"]) == (
        "SETTLED",
        {"number": "NEXT"},
        [],
    )
    assert into["lines"] == [
        {"targetQuantity": "170", "minQuantity": "40", "maxQuantity": "190", "calledOff": "0"}
    ]
    types = [it["type"] for it in found["timeline"]["nodes"]]
    assert types[-2:] == ["contract.carried_over", "contract.settled"]
    assert into["timeline"]["nodes"][-1]["type"] == "contract.amended"


@pytest.mark.gate("K12", "contractSettle")
async def test_a_successor_is_one_that_can_take_it(ask, world):
    made = await _owing(ask, world, endOfLife="CARRY_OVER")
    (nut,) = await products(ask, "NUT")
    same = {"partyId": made["party"]["id"]}
    other = await contracts.draft(world, ask)
    nuts = await contracts.contract(world, ask, lines=[contracts.line(nut)], **same)
    (bolt,) = await products(ask, "BOLT")
    lots = contracts.line(bolt, "55", minQuantity="55", lotMultiple="55")
    lots = await contracts.contract(world, ask, lines=[lots], **same)
    draft, stopped, past = [await contracts.draft(world, ask, **same) for _ in range(3)]
    for each in (stopped, past):
        await _end(ask, each, "contractActivate")
    await _end(ask, stopped, "contractSuspend")
    await _end(ask, past, "contractAmend", validTo="2026-03-01")
    dollars = await contracts.draft(world, ask, currency="USD", **same)
    ended = await contracts.contract(world, ask, **same)
    await _end(ask, ended, "contractTerminate")
    await _end(ask, made, "contractTerminate")
    wrong = {
        made["id"]: "WRONG_STATE",
        ended["id"]: "WRONG_STATE",
        draft["id"]: "WRONG_STATE",
        stopped["id"]: "WRONG_STATE",
        past["id"]: "OUTSIDE_VALIDITY",
        other["id"]: "PARTY_MISMATCH",
        dollars["id"]: "INVALID_CURRENCY",
        nuts["id"]: "NOT_ON_CONTRACT",
        lots["id"]: "OUT_OF_RANGE",
        to_global("Contract", world.merchant_id): "NOT_FOUND",
    }
    for key, code in wrong.items():
        refused = await _end(ask, made, "contractSettle", successorId=key)
        assert refused == [(code, "successorId")]
    lapsing = await _owing(ask, world)
    await _end(ask, lapsing, "contractTerminate")
    refused = await _end(ask, lapsing, "contractSettle", successorId=other["id"])
    assert refused == [("INVALID", "successorId")]


async def test_a_terminated_contract_says_so_whatever_else_is_true_of_it(ask, world, clock):
    made = await _owing(ask, world)
    placed = await contracts.call_off(world, ask, made, "100")
    await deliveries.dispatched(world, ask, placed)
    await _end(ask, made, "contractTerminate")
    clock.time = clock.time.replace(year=2027)
    assert (await _read(ask, made))["state"] == "TERMINATED"
    payload = await contracts.try_call_off(world, ask, made, "1")
    past = ("INVALID_WINDOW", "window.latest")
    most = ("EXCEEDS_MAX", "lines.0.quantity")
    assert contracts.codes(payload) == [("WRONG_STATE", "contractId"), past, most]
    assert "is TERMINATED:" in payload["userErrors"][0]["message"]


@pytest.mark.gate("K13", "contractCreate", "contractAmend", sure=True)
@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        # In lots of 70, 100 hold one; the minimum of 80 would take two.
        ({"minQuantity": "80", "lotMultiple": "70"}, {"minQuantity": "70", "lotMultiple": "70"}),
        # Two call-offs of at least 60 do not fit into 100.
        (
            {"minQuantity": "70", "minPerCallOff": "60", "maxPerCallOff": "65"},
            {"minQuantity": "65", "minPerCallOff": "60", "maxPerCallOff": "65"},
        ),
        # No lot fits into what one call-off may have.
        (
            {"lotMultiple": "40", "maxPerCallOff": "30"},
            {"lotMultiple": "30", "maxPerCallOff": "30"},
        ),
    ],
)
async def test_a_minimum_that_call_offs_do_not_reach_is_refused(ask, world, wrong, right):
    (bolt,) = await products(ask, "BOLT")
    fields = await contracts.contract_input(
        world, ask, lines=[contracts.line(bolt, "100", **wrong)]
    )
    payload = await contracts.change(ask, "contractCreate", **fields)
    assert [it["code"] for it in payload["userErrors"]] == ["OUT_OF_RANGE"]
    made = await contracts.draft(world, ask, lines=[contracts.line(bolt, "100", **right)])
    change = {"contractLineId": made["lines"][0]["id"], **wrong}
    payload = await contracts.change(ask, "contractAmend", contractId=made["id"], lines=[change])
    assert [it["code"] for it in payload["userErrors"]] == ["OUT_OF_RANGE"]


@pytest.mark.gate("K13", "contractAmend")
async def test_what_is_called_off_may_leave_a_rest_that_no_size_fits_but_no_sizes_that_none_do(
    ask, world
):
    (bolt,) = await products(ask, "BOLT")
    made = await contracts.contract(world, ask, lines=[contracts.line(bolt, "100")])
    await contracts.call_off(world, ask, made, "95")
    line = {"contractLineId": made["lines"][0]["id"]}
    odd = line | {"lotMultiple": "7", "maxPerCallOff": "5"}
    refused = [("OUT_OF_RANGE", "lines.0.lotMultiple")]
    assert await _end(ask, made, "contractAmend", lines=[odd]) == refused
    assert await _end(ask, made, "contractAmend", lines=[line | {"minPerCallOff": "20"}]) == []
    too_much = [("OUT_OF_RANGE", "lines.0.minPerCallOff")]
    assert (
        await _end(ask, made, "contractAmend", lines=[line | {"minPerCallOff": "101"}]) == too_much
    )
    assert await _end(ask, made, "contractAmend", lines=[line | {"unitPrice": "2"}]) == []

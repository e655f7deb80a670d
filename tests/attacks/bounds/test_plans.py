"""Plans of long schedules: of what a day asks for, beside the loop, and refused beforehand."""

from datetime import date, timedelta
from typing import Any

import pytest

from commands.writing.extent import Extent
from kit.ids import to_global
from kit.loop import in_turn
from kit.loop.in_turn import InTurn
from tests.make import Ask, World
from tests.make.master import channels, locations, parties
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule
from tests.make.trade.orders import products

DAYS, START = 60, date(2026, 3, 9)
PLAN = """
mutation ($input: DeliveryPlanFromScheduleInput!) { deliveryPlanFromSchedule(input: $input) {
  items { status quantity } userErrors { code message } } }
"""


def _day(number: int) -> str:
    return (START + timedelta(number)).isoformat()


async def _wanted(world: World, ask: Ask, quantity: str, **line: Any) -> dict[str, Any]:
    """Let a schedule want so much on each of some days; returns the input of its plan."""
    (bolt,) = await products(ask, "BOLT")
    lines = [contracts.line(bolt, target="10000000", **line)]
    contract = await contracts.contract(world, ask, lines=lines)
    wanted = [schedule(_day(it), quantity) for it in range(DAYS)]
    await contracts.release(ask, contract["lines"][0]["id"], 1, *wanted)
    channel = await channels.channel(world, kind="B2B_PORTAL", guests_allowed=False)
    place = {
        "channelId": to_global("Channel", channel),
        "locationId": to_global("Location", await locations.location(world)),
    }
    await parties.allow(world, contract["party"]["id"], place["channelId"])
    return {
        "contractId": contract["id"],
        "recipient": {"name": "A. Gate"},
        "dryRun": True,
        **place,
    }


async def _planned(ask: Ask, fields: dict[str, Any], days: int) -> dict[str, Any]:
    return (await ask(PLAN, input=fields | {"until": _day(days - 1)}))["deliveryPlanFromSchedule"]


async def test_a_plan_reads_and_pays_what_is_wanted_by_its_day(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = await _wanted(world, ask, "10")
    touched, turns = list[int](), list[object]()
    touch, made = Extent.touch, InTurn.made

    def noted(self: Extent, count: int, *path: Any) -> None:
        touched.append(count)
        touch(self, count, *path)

    async def noted_turn(self: InTurn, *about: Any) -> Any:
        turns.append(about[0])
        return await made(self, *about)

    monkeypatch.setattr(Extent, "touch", noted)
    monkeypatch.setattr(InTurn, "made", noted_turn)
    monkeypatch.setattr(in_turn, "TURN_S", 0)
    near = await _planned(ask, fields, 3)
    assert [it["quantity"] for it in near["items"]] == ["10"] * 3
    few, in_turns = max(touched), len(turns)
    assert few <= 2 * 3
    every = await _planned(ask, fields, DAYS)
    assert len(every["items"]) == DAYS
    assert DAYS <= max(touched) <= 2 * DAYS
    # Each line may be a turn of its own, which others may have between.
    assert len(turns) - in_turns >= DAYS > in_turns


async def test_what_is_too_much_is_refused_before_it_is_planned(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = await _wanted(world, ask, "10")
    monkeypatch.setattr(Extent, "__init__", _small(Extent.__init__, DAYS // 2))
    turns = list[object]()
    made = InTurn.items

    async def noted_turn(self: InTurn, *about: Any) -> Any:
        turns.append(about[0])
        return await made(self, *about)

    monkeypatch.setattr(InTurn, "items", noted_turn)
    refused = await _planned(ask, fields, DAYS)
    ((code, message),) = [(it["code"], it["message"]) for it in refused["userErrors"]]
    assert (code, turns) == ("TOO_MANY_ITEMS", [])
    assert f"{DAYS} lines" in message
    assert len((await _planned(ask, fields, 5))["items"]) == 5
    assert turns


def _small(init: Any, most: int) -> Any:
    def begun(self: Extent, _most: int, *about: Any) -> None:
        init(self, most, *about)

    return begun


async def test_a_million_call_offs_of_a_line_are_refused_before_any_is_made(
    world: World, ask: Ask
) -> None:
    fields = await _wanted(world, ask, "100000", maxPerCallOff="1")
    refused = await _planned(ask, fields, DAYS)
    assert [it["code"] for it in refused["userErrors"]] == ["TOO_MANY_ITEMS"]
    fields = await _wanted(world, ask, "20", maxPerCallOff="2")
    assert len((await _planned(ask, fields, 2))["items"]) == 2

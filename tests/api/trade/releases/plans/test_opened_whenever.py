"""Opening balances written before, between and after what comes in: all end as the first one does.

Every story runs once for each place in it at which the opening can be written, side by side, so
that each step is of one instant for all of them.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from tests.api.trade.releases.test_accounts import _open
from tests.api.trade.releases.test_net_quantities import _left
from tests.make.trade import contracts
from tests.make.trade.contracts import line, schedule
from tests.make.trade.orders import products

ENDED = """
query ($id: ID!) { contract(id: $id) { lines {
  cumulativeReleased cumulativeReceived cumulativeIssued inTransit
  accounts { periods {
    startsOn opening received reconciled: cumulativeReceived supplied inTransit
  } }
  demand(first: 20) { nodes { quantity openQuantity dueOn scheduleLine { code } } }
  releases(first: 20) { nodes {
    number type state findings { code text day expected found isAwaiting }
  } }
} } }
"""
OPENING = {"issued": "3000", "received": "2900"}
Step = Callable[[Any, Any, dict[str, Any]], Awaitable[Any]]


async def _sent(
    ask: Any, world: Any, made: dict[str, Any], number: int, *days: tuple[int, str], **fields: Any
) -> None:
    """Send a release; fields: of it. What is firm is told of days of March."""
    del world
    wanted = [schedule(f"2026-03-{day:02}", it, "FIRM") for day, it in days]
    payload = await contracts.try_release(ask, made["lines"][0]["id"], number, *wanted, **fields)
    assert payload["userErrors"] == []


def asks(number: int, *days: tuple[int, str], **fields: Any) -> Step:
    """Return the step of a release."""

    async def step(ask: Any, world: Any, made: dict[str, Any]) -> None:
        await _sent(ask, world, made, number, *days, **fields)

    return step


def forecast(number: int, received: str, *days: tuple[int, str], **fields: Any) -> Step:
    """Return the step of a forecast with a figure."""
    return asks(number, *days, cumulativeReceived=received, **fields)


async def _shipped(ask: Any, world: Any, made: dict[str, Any], quantity: str) -> None:
    made["notes"] = await _left(ask, world, made, quantity)


def shipped(quantity: str) -> Step:
    """Return the step of what leaves."""
    return partial(_shipped, quantity=quantity)


def noted(number: int, received: str, *days: tuple[int, str]) -> Step:
    """Return the step of a forecast that names what has left last."""

    async def step(ask: Any, world: Any, made: dict[str, Any]) -> None:
        notes = [{"deliveryNote": it} for it in made["notes"]]
        fields = {"cumulativeReceived": received, "lastReceipts": notes}
        await _sent(ask, world, made, number, *days, **fields)

    return step


def changed(verb: str) -> Step:
    """Return the step of a change of the contract."""

    async def step(ask: Any, world: Any, made: dict[str, Any]) -> None:
        del world
        await contracts.change(ask, verb, contractId=made["id"])

    return step


NET = {"isNetOfTransit": True}
JIT = {"type": "JIT"}
FIRST = (5, "50"), (7, "60")
STORIES: dict[str, tuple[Step, ...]] = {
    "gross": (forecast(1, "2900", *FIRST), forecast(2, "2950", (7, "60"))),
    "net": (forecast(1, "2900", *FIRST, **NET), forecast(2, "2950", (7, "60"), **NET)),
    "firm still": (forecast(1, "2900", *FIRST), forecast(2, "2900", (7, "60"))),
    "a note": (
        forecast(1, "2900", (5, "150"), (7, "60")),
        shipped("50"),
        noted(2, "3040", (5, "10"), (7, "60")),
    ),
    "it waits, and just in time comes": (
        forecast(1, "2900", *FIRST),
        forecast(2, "2950", (7, "60")),
        forecast(3, "2950", (7, "60"), **JIT),
    ),
    "just in time is newer": (
        forecast(1, "2900", *FIRST),
        forecast(2, "2950", (7, "60")),
        forecast(3, "3000", (7, "60"), **JIT),
    ),
    "suspended": (
        forecast(1, "2900", *FIRST),
        forecast(2, "2950", (7, "60")),
        changed("contractSuspend"),
        changed("contractResume"),
    ),
    "three": (
        forecast(1, "2900", *FIRST),
        forecast(2, "2900", (5, "70"), (7, "60")),
        forecast(3, "2970", (7, "60")),
    ),
}


@pytest.mark.parametrize("holding", [None, []], ids=("usual", "none"))
@pytest.mark.parametrize("story", STORIES)
async def test_it_ends_as_with_the_opening_first(ask, world, story, holding):
    steps = STORIES[story]
    every = [await _contract(ask, world, at, holding) for at in range(len(steps) + 1)]
    for at, step in enumerate((*steps, None)):
        ((opened),) = await _open(ask, {"contractLineId": every[at]["lines"][0]["id"], **OPENING})
        assert opened["userErrors"] == []
        world.clock.advance(minutes=1)
        now = world.clock()
        for made in every if step is not None else ():
            world.clock.time = now
            await step(ask, world, made)
        world.clock.advance(minutes=1)
    first, *others = [await _ended(ask, it) for it in every]
    for each in others:
        assert each == first


async def _contract(ask: Any, world: Any, at: int, holding: Any) -> dict[str, Any]:
    (part,) = await products(ask, f"PART-{at}")
    fields = {"firmZoneDays": 14, "jumpPercent": "20"}
    fields |= {} if holding is None else {"holdingFindings": holding}
    return await contracts.contract(world, ask, lines=[line(part, targetQuantity="9000")], **fields)


async def _ended(ask: Any, made: dict[str, Any]) -> dict[str, Any]:
    """Return a contract line as it ends; of what was overtaken nothing is found anew."""
    (ended,) = (await ask(ENDED, id=made["id"]))["contract"]["lines"]
    for each in ended["releases"]["nodes"]:
        found = each.pop("findings")
        if each["state"] != "SUPERSEDED":
            each["findings"] = sorted(found, key=lambda it: (it["code"], str(it["day"])))
    return ended

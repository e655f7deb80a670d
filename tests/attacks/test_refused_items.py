"""Items that are refused cost what others do, however many: looked at in few runs, each paid."""

from typing import Any
from unittest.mock import patch

import pytest

from commands.writing.transaction import Writing
from schema.graphql.mutations import WRITE
from tests.api.fulfilment.test_many_deliveries import AT, MANY, a_scene, an_order, recorded
from tests.guard import counted
from tests.make import Ask, World
from tests.make.fulfilment import deliveries

RECORD = MANY.format(name="DeliveriesRecord", name_="deliveriesRecord")
FEW, MANY_ITEMS = 3, 12


async def _recorded(
    world: World, ask: Ask, scene: dict[str, Any], count: int, odd: dict[str, Any] | None
) -> tuple[list[str], list[str], int, int]:
    """Record deliveries, every third one odd.

    Returns what became of each, the statements of that, the rows worked on, the points.
    """
    orders = [await an_order(world, ask, scene) for _ in range(count)]
    items = [await recorded(world, scene, it, **AT) for it in orders]
    for place in range(0, count, 3) if odd is not None else ():
        items[place] |= odd if "parcels" not in odd else _unlike(orders[place])
    rows, wait = list[int](), Writing.room

    async def room(self: Writing, lines: int) -> None:
        rows.append(lines)
        await wait(self, lines)

    with patch.object(Writing, "room", room), counted(world.database.engine) as statements:
        answer = await ask.answer(RECORD, input={"deliveries": items})
    found = answer["data"]["deliveriesRecord"]["results"]
    points = answer["extensions"]["cost"]["actualQueryCost"]
    return [it["status"] for it in found], list(statements), sum(rows), points


def _unlike(order: dict[str, Any]) -> dict[str, Any]:
    return {"parcels": [{"contents": deliveries.lines(order, "5")}]}


@pytest.mark.parametrize(
    ("odd", "runs"),
    [
        # It is known before anything is done with it.
        ({"deliveredAt": "2020-02-05T00:00:00Z"}, 1),
        ({"method": "LOCKER"}, 2),
        ({"parcels": ()}, 2),
    ],
)
async def test_deliveries_that_are_refused_are_done_in_few_runs_whose_number_does_not_grow(
    world: World, ask: Ask, odd: dict[str, Any], runs: int
) -> None:
    scene = await a_scene(world, ask)
    _, _, whole, paid = await _recorded(world, ask, scene, MANY_ITEMS, None)
    found = [await _recorded(world, ask, scene, it, odd) for it in (FEW, MANY_ITEMS)]
    for status, _, _, _ in found:
        assert status == ["REFUSED", "CREATED", "CREATED"] * (len(status) // 3)
    assert len(found[0][1]) == len(found[1][1])
    _, _, rows, points = found[1]
    assert rows <= whole * runs
    # Each run of which nothing is kept is paid like a mutation.
    assert points >= WRITE * (1 + runs) > paid

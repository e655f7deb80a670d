"""How an order and a key come to their ends."""

from datetime import timedelta
from typing import Any

from commands.access.keys import operate as keys
from models.access.tokens import token_parts
from tests.make import Ask, World
from transport.identity.holders import FRESH

CANCEL = """
mutation ($input: OrderCancelLinesInput!) {
  orderCancelLines(input: $input) { order { state } userErrors { code } }
}
"""


async def cancel(ask: Ask, order: dict[str, Any]) -> None:
    """Cancel all lines of an order, as `make.orders.order` returns it."""
    lines = [{"lineId": it["id"], "quantity": it["ordered"]} for it in order["lines"]]
    fields = {"orderId": order["id"], "lines": lines, "reason": "no more"}
    answer = (await ask(CANCEL, input=fields))["orderCancelLines"]
    assert answer == {"order": {"state": "CANCELLED"}, "userErrors": []}


async def revoke(world: World, token: str, after: timedelta = FRESH) -> None:
    """End the key of a token, and let time pass, by default that for which it is remembered."""
    found = token_parts(token)
    assert found is not None
    async with world.database.owner.writing(None) as session:
        await keys.revoke_key(session, found[0], world.clock())
    world.clock.advance(seconds=after.total_seconds())

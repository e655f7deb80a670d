"""Responses to orders and answers to amendments, made over the API."""

from typing import Any

from kit.ids import from_global
from models.access.viewers import Actor
from tests.make import Ask, World, reasons
from tests.make.fulfilment import deliveries

ORDER = """
fragment response on Order {
  id state version availableActions confirmedWindow { latest } net { amount }
  totals { gross { amount } }
  lines {
    id lineNo ordered cancelled planned unplanned response responseReason
    overTolerance overTolerancePackaged { quantity packaging { code } }
    product { id sku } replacedProduct { sku } confirmedWindow { latest }
    packaged { quantity packaging { code } }
    amendment {
      quantity packaged { quantity packaging { code } } window { latest } product { sku }
      answerBy reason
    }
  }
  timeline(first: 9) { nodes { type actorName payload } }
}
"""
READ = f"query ($id: ID!) {{ order(id: $id) {{ ...response }} }} {ORDER}"


def _mutation(name: str) -> str:
    takes = f"$input: {name[0].upper()}{name[1:]}Input!"
    payload = "order { ...response } userErrors { code field }"
    return f"mutation ({takes}) {{ it: {name}(input: $input) {{ {payload} }} }} {ORDER}"


CONFIRM, ANSWER = _mutation("orderConfirm"), _mutation("orderAnswerAmendment")
CANCEL, CLOSE = _mutation("orderCancelLines"), _mutation("orderClose")
WINDOW = deliveries.WINDOW
UNTIL = "2026-03-04T12:00:00+00:00"
"""Two days and three hours after the clock of a test starts."""


async def done(ask: Ask, query: str, order: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Run a mutation of an order that must not be refused."""
    answer = (await ask(query, input={"orderId": order["id"], **fields}))["it"]
    assert answer["userErrors"] == []
    return answer["order"]


async def refusals(
    ask: Ask, query: str, order: dict[str, Any], **fields: Any
) -> list[tuple[str, str]]:
    """Run a mutation of an order and return the (code, path) of its refusals."""
    answer = (await ask(query, input={"orderId": order["id"], **fields}))["it"]
    return reasons(answer["userErrors"])


def line(order: dict[str, Any], place: int, response: str, **fields: Any) -> dict[str, Any]:
    return {"lineId": order["lines"][place]["id"], "response": response, **fields}


async def amended(
    ask: Ask, order: dict[str, Any], place: int = 0, **offered: Any
) -> dict[str, Any]:
    """Amend a line; to eight pieces where nothing else is offered."""
    lines = [line(order, place, "AMENDED", **(offered or {"quantity": "8"}))]
    return await done(ask, CONFIRM, order, lines=lines, answerBy=UNTIL)


async def answer(
    ask: Ask, order: dict[str, Any], *, accepts: bool, place: int = 0
) -> dict[str, Any]:
    lines = [{"lineId": order["lines"][place]["id"], "isAccepted": accepts}]
    return await done(ask, ANSWER, order, lines=lines)


async def read(ask: Ask, order: dict[str, Any]) -> dict[str, Any]:
    return (await ask(READ, id=order["id"]))["order"]


async def buyer(world: World, ask: Ask, order: dict[str, Any], **more: Any) -> Ask:
    """Ask as the company that has ordered. more: columns of its key."""
    return ask.by(await world.key(Actor.BUYER, from_global(order["party"]["id"])[1], **more))


def last(order: dict[str, Any]) -> dict[str, Any]:
    """Return the last entry of the timeline."""
    return order["timeline"]["nodes"][-1]

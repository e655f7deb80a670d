"""Of something with several lines, a line of wrong shape hides nothing of the others."""

from typing import Any

import pytest

from kit.ids import new_id, to_global
from tests.make import Ask, World, reasons
from tests.make.fulfilment import deliveries
from tests.make.scene import Scene, fresh, scene

ANSWER = "userErrors { code field }"
Call = tuple[str, dict[str, Any], list[tuple[str, str]]]
"""A mutation, its input, and what is refused: code, and path without its first names."""


@pytest.fixture
async def here(world: World, ask: Ask) -> Scene:
    return await scene(world, ask)


def _lines(here: Scene) -> list[dict[str, Any]]:
    """Return lines of an order: whole, of wrong shape, of no product, and of too many decimals."""
    good = {"productId": here.product, "quantity": "1", "unitPrice": "1"}
    window = {**deliveries.WINDOW, "latest": deliveries.WINDOW["earliest"]}
    unknown = {"productId": to_global("Product", new_id())}
    return [good, good | {"quantity": "0", "window": window}, good | unknown, good | _FINE]


_FINE = {"quantity": "0.0001"}
_WRONG = [("NOT_POSITIVE", "1.quantity"), ("INVALID_WINDOW", "1.window"), ("NOT_FOUND", "2")]


def _refused_lines(above: str, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(code, f"{above}.{path}") for code, path in (*_WRONG, ("SCALE_EXCEEDED", "3"), *more)]


async def _place(here: Scene) -> Call:
    fields = {"partyId": here.party, "channelId": here.channel, "currency": "EUR"}
    return "orderPlace", {**fields, "lines": _lines(here)}, _refused_lines("lines")


async def _import(here: Scene) -> Call:
    fields = {"partyId": here.party, "channelId": here.channel, "currency": "EUR"}
    known = {"placedAt": "2026-03-01T00:00:00Z", "externalReference": fresh("E")}
    item = {**fields, **known, "lines": _lines(here)}
    return "ordersImport", {"orders": [item]}, _refused_lines("orders.0.lines")


async def _add(here: Scene) -> Call:
    order = await here.order()
    return "orderAddLines", {"orderId": order["id"], "lines": _lines(here)}, _refused_lines("lines")


async def _update(here: Scene) -> Call:
    order = await here.order()
    unknown = {"lineId": to_global("OrderLine", new_id())}
    changes = [{"lineId": order["lines"][0]["id"], "quantity": "-1"}, unknown]
    item = {"orderId": order["id"], "lines": changes, "addLines": _lines(here)}
    mine = [("NOT_POSITIVE", "orders.0.lines.0.quantity"), ("NOT_FOUND", "orders.0.lines.1.lineId")]
    return "ordersUpdate", {"orders": [item]}, [*mine, *_refused_lines("orders.0.addLines")]


def _part(here: Scene, order: dict[str, Any]) -> dict[str, Any]:
    named = [order["lines"][0]["id"], to_global("OrderLine", new_id())]
    lines = [{"orderLineId": it, "quantity": n} for it, n in zip(named, ("0", "1"), strict=True)]
    return {"locationId": here.location, "lines": lines, "window": deliveries.WINDOW}


_OF_PART = [("NOT_POSITIVE", "lines.0.quantity"), ("NOT_FOUND", "lines.1.orderLineId")]


async def _plan(here: Scene) -> Call:
    part = _part(here, await here.order())
    refused = [(code, f"deliveries.0.{path}") for code, path in _OF_PART]
    return "deliveryPlan", {"deliveries": [part]}, refused


async def _record(here: Scene) -> Call:
    part = _part(here, await here.order())
    odd = {"orderLineId": part["lines"][0]["orderLineId"], "quantity": "x"}
    item = {**part, "parcels": [{"contents": [odd]}], "deliveredAt": "2027-03-02T08:00:00Z"}
    more = [
        ("INVALID", "parcels.0.contents.0.quantity"),
        ("INVALID_DATE", "deliveredAt"),
        ("RECIPIENT_MISSING", "recipient"),
    ]
    refused = [(code, f"deliveries.0.{path}") for code, path in (*_OF_PART, *more)]
    return "deliveriesRecord", {"deliveries": [item]}, refused


async def _pack(here: Scene) -> Call:
    delivery = await here.delivery(deliveries.released)
    ((line,),) = (delivery["lines"],)
    content = {"deliveryLineId": line["id"], "quantity": "1"}
    unknown = {"deliveryLineId": to_global("DeliveryLine", new_id())}
    contents = [content | {"quantity": "0"}, content | unknown]
    lines = [{"deliveryLineId": line["id"], "picked": "-1"}, {**unknown, "picked": "0"}]
    item = {"deliveryId": delivery["id"], "parcels": [{"contents": contents}], "lines": lines}
    refused = [
        ("NOT_POSITIVE", "lines.0.picked"),
        ("NOT_FOUND", "lines.1.deliveryLineId"),
        ("NOT_POSITIVE", "parcels.0.contents.0.quantity"),
        ("NOT_FOUND", "parcels.0.contents.1.deliveryLineId"),
    ]
    refused = [(code, f"deliveries.0.{path}") for code, path in refused]
    return "deliveriesPack", {"deliveries": [item]}, refused


async def _refusals(ask: Ask, verb: str, values: dict[str, Any]) -> list[tuple[str, str]]:
    takes = f"{verb[0].upper()}{verb[1:]}Input"
    results = f"results {{ status {ANSWER} }}" if verb in _EACH else ""
    document = f"mutation ($input: {takes}!) {{ {verb}(input: $input) {{ {results} {ANSWER} }} }}"
    answer = (await ask(document, input=values))[verb]
    refused = answer["userErrors"] or [
        it for each in answer["results"] for it in each["userErrors"]
    ]
    return reasons(refused)


_EACH = {"ordersImport", "ordersUpdate", "deliveriesRecord", "deliveriesPack"}


@pytest.mark.parametrize("make", [_place, _import, _add, _update, _plan, _record, _pack])
async def test_a_line_of_wrong_shape_hides_nothing_of_others(here, ask, make):
    verb, values, refused = await make(here)
    found = await _refusals(ask, verb, values)
    ends = {"2": "2.productId", "3": "3.quantity"}
    expected = [(code, path[:-1] + ends.get(path[-1], path[-1])) for code, path in refused]
    assert sorted(found) == sorted(expected)


async def test_what_is_wrong_with_an_order_itself_hides_no_line_of_wrong_shape(here, ask):
    for make in (_place, _import):
        verb, values, _ = await make(here)
        above = "" if verb == "orderPlace" else "orders.0."
        (values["orders"][0] if above else values)["currency"] = "XXQ"
        found = await _refusals(ask, verb, values)
        wrong = {("INVALID_CURRENCY", f"{above}currency")}
        lines = [*_WRONG[:2], ("NOT_FOUND", "2.productId"), ("SCALE_EXCEEDED", "3.quantity")]
        wrong |= {(code, f"{above}lines.{path}") for code, path in lines}
        assert set(found) == wrong

"""Nothing is told of a value that only stands in for an odd one: two odd ones are not the same."""

from typing import Any

import pytest

from tests.make import Ask, reasons
from tests.make.master import channels
from tests.make.trade import orders

ITEMS = "mutation ($i: %sInput!) { it: %s(input: $i) { results { userErrors { code field } } } }"


async def _refused(ask: Ask, verb: str, items: str, **item: Any) -> set[tuple[str, str]]:
    document = ITEMS % (verb[0].upper() + verb[1:], verb)
    (result,) = (await ask(document, i={items: [item]}))["it"]["results"]
    return set(reasons(result["userErrors"], 3))


def _hours(weekday: Any, opens: str, closes: str) -> dict[str, Any]:
    return {"weekday": weekday, "opens": opens, "closes": closes}


HOURS = {
    "weekdays": (
        [_hours("Mo", "06:00", "9:00"), _hours("Tu", "06:00", "12:00"), _hours("We", "06:00", "7")],
        {"0.weekday", "1.weekday", "2.weekday", "0.closes", "2.closes"},
        set(),
    ),
    "opens": (
        [_hours(1, "6", "09:00"), _hours(1, "10", "12:00"), _hours(1, "14", "18:00")],
        {"0.opens", "1.opens", "2.opens"},
        set(),
    ),
    "closes": (
        [_hours(1, "06:00", "9"), _hours(1, "10:00", "12"), _hours(1, "14:00", "18")],
        {"0.closes", "1.closes", "2.closes"},
        set(),
    ),
    "one closes": (
        [_hours(1, "06:00", "12"), _hours(1, "13:00", "18:00")],
        {"0.closes"},
        set(),
    ),
    "overlap": (
        [_hours(1, "06:00", "noon"), _hours(1, "05:00", "18:00"), _hours(2, "6", "12:00")],
        {"0.closes", "2.opens"},
        {("INVALID_WINDOW", "0")},
    ),
}


@pytest.mark.parametrize("name", HOURS)
async def test_hours(ask: Ask, name: str) -> None:
    hours, odd, more = HOURS[name]
    place = {"line1": "Street 1", "city": "Berlin", "country": "DE"}
    address = {"code": "A", "timeZone": "Europe/Berlin", "place": place, "receivingHours": hours}
    party = {"number": "1", "name": "Weber", "addresses": [address]}
    found = await _refused(ask, "partiesUpsert", "parties", **party)
    above = "addresses.0.receivingHours."
    expected = {("INVALID", above + it) for it in odd}
    assert found == expected | {(code, above + path) for code, path in more}


def _tax(category: str, rate: str) -> dict[str, Any]:
    return {"category": category, "rate": rate, "amount": "1"}


def _wanted(day: str) -> dict[str, Any]:
    window = {"earliest": day, "latest": day, "timeZone": "Europe/Berlin"}
    return {"productSku": "BOLT", "quantity": "1", "window": window}


def _priced(price: str) -> dict[str, Any]:
    return {"productSku": "BOLT", "quantity": "1", "unitPrice": price}


ORDERS = {
    "rates": (
        {"taxes": [_tax("STANDARD", "19%"), _tax("STANDARD", "7%"), _tax("STANDARD", "0%")]},
        {"taxes.0.rate", "taxes.1.rate", "taxes.2.rate"},
    ),
    "categories": (
        {"taxes": [_tax("X", "19"), _tax("Y", "19"), _tax("Z", "19")]},
        {"taxes.0.category", "taxes.1.category", "taxes.2.category"},
    ),
    "windows": (
        {"lines": [_wanted("2026-06-01"), _wanted("2026-07-01")]},
        {f"lines.{it}.window.{end}" for it in (0, 1) for end in ("earliest", "latest")},
    ),
    "prices": (
        {"lines": [_priced("1,00"), _priced("2,00"), _priced("3,00")]},
        {"lines.0.unitPrice", "lines.1.unitPrice", "lines.2.unitPrice"},
    ),
}


@pytest.mark.parametrize("name", ORDERS)
async def test_orders(world, ask: Ask, name: str) -> None:
    changed, odd = ORDERS[name]
    await channels.channel(world, code="PORTAL")
    await orders.products(ask, "BOLT")
    order = {
        "externalReference": "1",
        "placedAt": "2026-02-01T00:00:00Z",
        "channelCode": "PORTAL",
        "currency": "EUR",
        "guest": {"name": "Anna"},
        "lines": [{"productSku": "BOLT", "quantity": "1"}],
    }
    found = await _refused(ask, "ordersImport", "orders", **order | changed)
    assert {path for _, path in found} == odd
    assert "DUPLICATE" not in {code for code, _ in found}

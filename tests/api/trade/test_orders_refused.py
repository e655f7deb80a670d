"""Wrong orders: each is refused with a typed error at its path, and nothing is written."""

import pytest
from sqlalchemy import func, select

from kit.ids import new_id, to_global
from models.access.journal import JournalEntry
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order
from tests import make
from tests.make import reasons
from tests.make.master import channels, parties
from tests.make.trade import orders

WINDOW = {
    "earliest": "2026-03-09T08:00:00Z",
    "latest": "2026-03-09T12:00:00Z",
    "timeZone": "Europe/Berlin",
}
LINE = {"quantity": "1", "unitPrice": "1"}


async def _written(world):
    """Return how many orders, lines and events of orders the merchant has."""
    counts = []
    async with world.database.writing(world.merchant_id) as session:
        for entity in (Order, OrderLine):
            rows = select(func.count()).where(entity.merchant_id == world.merchant_id)
            counts.append(await session.scalar(rows))
        events = select(func.count()).where(
            JournalEntry.merchant_id == world.merchant_id, JournalEntry.type.startswith("order.")
        )
        counts.append(await session.scalar(events))
    return counts


async def _refused(world, ask, **fields):
    inputs = await orders.order_input(world, ask, **fields)
    answer = (await ask(orders.PLACE, input=inputs))["orderPlace"]
    assert answer["order"] is None
    assert await _written(world) == [0, 0, 0]
    return reasons(answer["userErrors"])


UNKNOWN = new_id()
CASES = {
    "a product's id for a channel": (
        {"channelId": to_global("Product", UNKNOWN)},
        "INVALID_ID",
        "channelId",
    ),
    "an id that is none": ({"partyId": "nonsense"}, "INVALID_ID", "partyId"),
    "an unknown channel": (
        {"channelId": to_global("Channel", UNKNOWN)},
        "NOT_FOUND",
        "channelId",
    ),
    "an unknown party": ({"partyId": to_global("Party", UNKNOWN)}, "NOT_FOUND", "partyId"),
    "an unknown address": ({"shipToId": to_global("Address", UNKNOWN)}, "NOT_FOUND", "shipToId"),
    "an unknown contact": (
        {"buyerContactId": to_global("Contact", UNKNOWN)},
        "NOT_FOUND",
        "buyerContactId",
    ),
    "an unknown currency": ({"currency": "XXQ"}, "INVALID_CURRENCY", "currency"),
    "a call-off without its contract": ({"kind": "CALL_OFF"}, "INVALID", "kind"),
    "an address beside another": (
        {
            "shipToId": to_global("Address", UNKNOWN),
            "shipTo": {"line1": "Weg 1", "city": "Ulm", "country": "DE"},
        },
        "INVALID",
        "shipTo",
    ),
    "a country that is none": (
        {"shipTo": {"line1": "Weg 1", "city": "Ulm", "country": "ZZ"}},
        "INVALID_COUNTRY",
        "shipTo.country",
    ),
    "a last instant without its policy": (
        {"cancelIfNotBy": "2026-04-01T00:00:00Z"},
        "INVALID",
        "cancelIfNotBy",
    ),
    "a policy without its last instant": (
        {"deliveryPolicy": "CANCEL_IF_NOT_BY"},
        "INVALID",
        "cancelIfNotBy",
    ),
    "a last instant that has passed": (
        {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": "2026-03-01T00:00:00Z"},
        "INVALID_DATE",
        "cancelIfNotBy",
    ),
    "a window that ends before it starts": (
        {"window": WINDOW | {"latest": "2026-03-09T07:00:00Z"}},
        "INVALID_WINDOW",
        "window",
    ),
    "a window that has passed": (
        {"window": WINDOW | {"earliest": "2026-03-01T08:00:00Z", "latest": "2026-03-02T09:00:00Z"}},
        "INVALID_WINDOW",
        "window.latest",
    ),
    "a time zone that is none": (
        {"window": WINDOW | {"timeZone": "Europe/Atlantis"}},
        "INVALID_TIME_ZONE",
        "window.timeZone",
    ),
    "the year 1": (
        {"window": WINDOW | {"earliest": "0001-01-01T00:00:00Z"}},
        "INVALID_DATE",
        "window.earliest",
    ),
    "the year 9999": (
        {"window": WINDOW | {"latest": "9999-12-31T23:59:59Z"}},
        "INVALID_DATE",
        "window.latest",
    ),
    "100 kB of text": ({"note": "x" * 100_000}, "TOO_LONG", "note"),
    "a NUL character": ({"note": "a\0b"}, "INVALID_CHARACTER", "note"),
    "a blank name": ({"recipient": {"name": " ", "phone": "1"}}, "BLANK", "recipient.name"),
    "no line": ({"lines": []}, "TOO_FEW_ITEMS", "lines"),
}


@pytest.mark.parametrize(("fields", "code", "path"), CASES.values(), ids=CASES)
async def test_an_order_is_refused_for(world, ask, fields, code, path):
    assert await _refused(world, ask, **fields) == [(code, path)]


LINES = {
    "an unknown product": (
        {"productId": to_global("Product", UNKNOWN)},
        "NOT_FOUND",
        "lines.0.productId",
    ),
    "a quantity of zero": ({"quantity": "0"}, "NOT_POSITIVE", "lines.0.quantity"),
    "a quantity below zero": ({"quantity": "-1"}, "NOT_POSITIVE", "lines.0.quantity"),
    "half a piece": ({"quantity": "0.5"}, "SCALE_EXCEEDED", "lines.0.quantity"),
    "seven decimals": ({"quantity": "1.0000001"}, "SCALE_EXCEEDED", "lines.0.quantity"),
    "a quantity beyond all": ({"quantity": f"1{'0' * 30}"}, "OUT_OF_RANGE", "lines.0.quantity"),
    "a quantity with an exponent": ({"quantity": "1e2"}, "INVALID", "lines.0.quantity"),
    "a price below zero": ({"unitPrice": "-1"}, "NOT_POSITIVE", "lines.0.unitPrice"),
    "a discount beyond the price": (
        {"discountPercent": "100.1"},
        "OUT_OF_RANGE",
        "lines.0.discountPercent",
    ),
    "a window that has passed": (
        {"window": WINDOW | {"earliest": "2026-03-01T08:00:00Z", "latest": "2026-03-02T08:00:00Z"}},
        "INVALID_WINDOW",
        "lines.0.window.latest",
    ),
}


@pytest.mark.parametrize(("fields", "code", "path"), LINES.values(), ids=LINES)
async def test_a_line_is_refused_for(world, ask, fields, code, path):
    (bolt,) = await orders.products(ask, "BOLT")
    lines = [{"productId": bolt} | LINE | fields]
    assert await _refused(world, ask, lines=lines) == [(code, path)]


async def test_two_lines_that_differ_only_in_quantity_are_refused(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    lines = [orders.line(bolt, "1"), orders.line(bolt, "2")]
    assert await _refused(world, ask, lines=lines) == [("DUPLICATE", "lines.1")]


async def test_a_lines_reference_stands_once(world, ask):
    bolt, nut = await orders.products(ask, "BOLT", "NUT")
    lines = [orders.line(bolt, externalReference="1"), orders.line(nut, externalReference="1")]
    refused = await _refused(world, ask, lines=lines)
    assert refused == [("DUPLICATE", "lines.1.externalReference")]


async def test_251_lines_are_refused(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    lines = [orders.line(bolt, str(number)) for number in range(1, 252)]
    assert await _refused(world, ask, lines=lines) == [("TOO_MANY_ITEMS", "lines")]


async def test_an_order_is_of_a_party_or_of_a_guest(world, ask):
    party = to_global("Party", await parties.company(world))
    both = {"partyId": party, "guest": {"name": "Jan"}}
    for who in (both, {"partyId": None}):
        assert await _refused(world, ask, **who) == [("INVALID", "partyId")]


async def test_anothers_address_and_contact_are_unknown(world, ask):
    other = to_global("Party", await parties.company(world))
    people = await ask(
        "query ($id: ID) { party(id: $id) { contacts { id } addresses { id } } }", id=other
    )
    address, contact = (people["party"][it][0]["id"] for it in ("addresses", "contacts"))
    assert await _refused(world, ask, shipToId=address) == [("NOT_FOUND", "shipToId")]
    assert await _refused(world, ask, buyerContactId=contact) == [("NOT_FOUND", "buyerContactId")]


async def test_another_merchants_rows_are_unknown(world, ask, database, clock):
    elsewhere = await make.world(database, clock)
    party = to_global("Party", await parties.company(elsewhere))
    channel = to_global("Channel", await channels.channel(elsewhere))
    (bolt,) = await orders.products(ask.by(elsewhere.token), "BOLT")
    assert await _refused(world, ask, partyId=party) == [("NOT_FOUND", "partyId")]
    assert await _refused(world, ask, channelId=channel) == [("NOT_FOUND", "channelId")]
    refused = await _refused(world, ask, lines=[orders.line(bolt)])
    assert refused == [("NOT_FOUND", "lines.0.productId")]


async def test_what_is_inactive_takes_no_order(world, ask):
    (bolt,) = await orders.products(ask, "OLD", isActive=False)
    refused = await _refused(world, ask, lines=[orders.line(bolt)])
    assert refused == [("WRONG_STATE", "lines.0.productId")]
    channel = to_global("Channel", await channels.channel(world, is_active=False))
    assert await _refused(world, ask, channelId=channel) == [("WRONG_STATE", "channelId")]

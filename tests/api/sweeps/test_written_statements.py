"""How many statements writing costs: the same for one line or event and for many."""

import re

from tests.guard import counted
from tests.make.feed import Feed
from tests.make.fulfilment.tracking import sent
from tests.make.trade import orders

_WRITTEN = re.compile(r"\b(INSERT|(?<!DO )(?<!FOR )UPDATE) (?:INTO )?(\w+)")
_READ = re.compile(r"\b(?:FROM|JOIN) (\w+)")
PLACE = """
mutation ($input: OrderPlaceInput!) {
  orderPlace(input: $input) { order { id number lines { ordered } } userErrors { code } }
}
"""
RECORD = """
mutation ($input: ParcelRecordTrackingInput!) {
  parcelRecordTracking(input: $input) { results { status parcel { status } } }
}
"""
PRICED = " + ".join(
    f"SELECT {each}"
    for each in (
        *("unnest", "products", "LATERAL", "price_lists", "merchants"),
        "price_list_entries",
    )
)
"""Products and what they cost, by one statement."""
PLACING = [
    "INSERT due + INSERT idempotency_keys",
    "SELECT channels",
    "SELECT parties",
    PRICED,
    "SELECT addresses",
    "INSERT merchant_counters",
    "INSERT orders + INSERT order_lines",
    "UPDATE idempotency_keys",
    "UPDATE orders + INSERT merchant_counters + INSERT journal",
]
"""Placing an order: what it names is read, its rows are written by one statement, and what it keeps
of its lines, where that is not as written, by the last."""
RECORDING = [
    "INSERT due + INSERT idempotency_keys",
    "SELECT parcels",
    "SELECT orders + SELECT delivery_lines",
    "SELECT delivery_lines + SELECT orders + SELECT parcels",
    "SELECT tracking_events",
    "INSERT tracking_events",
    "UPDATE idempotency_keys",
    "INSERT merchant_counters",
]
"""Recording events that change no status: the locks, what is known, what is new, and that something
is, since no entry tells it."""

MOVING = [
    *RECORDING[:-3],
    "INSERT tracking_events + UPDATE parcels",
    "UPDATE idempotency_keys",
    "INSERT merchant_counters + INSERT journal",
]
"""Recording events that change statuses, but end no parcel's way: nothing else follows."""


def _summary(statements: list[str]) -> list[str]:
    """Return verb and table of each statement; of one with parts, of all that it writes."""
    return [" + ".join(f"{verb} {table}" for verb, table in _summary_of(it)) for it in statements]


def _summary_of(statement: str) -> list[tuple[str, str]]:
    """Return verb and table of all that a statement writes, else of all that it reads."""
    read = [("SELECT", table) for table in dict.fromkeys(_READ.findall(statement))]
    return _WRITTEN.findall(statement) or read


async def test_placing_an_order_costs_the_same_for_any_number_of_lines(ask, world, plans):
    fields = await orders.order_input(world, ask)
    bolt, nut = fields["lines"]
    for number, lines in enumerate(([bolt], [bolt, nut, {**nut, "unitPrice": "3"}])):
        more = {"lines": lines, "idempotencyKey": f"k-{number}"}
        with counted(world.database.engine) as statements:
            assert (await ask(PLACE, input={**fields, **more}))["orderPlace"]["userErrors"] == []
        payload = 1 if plans else 2
        assert _summary(statements[:-payload]) == PLACING


async def test_recording_events_costs_the_same_for_any_number_of_events(ask, world):
    parcels = [{"sscc": it} for it in (await sent(world, 10)).ssccs]
    feed = Feed(ask, world)
    await feed(*(feed.event("IN_TRANSIT", 0, **it) for it in parcels))
    for hour, named in ((1, parcels[:1]), (2, parcels)):
        events = [feed.event("IN_TRANSIT", hour, **it) for it in named]
        with counted(world.database.engine) as statements:
            await ask(RECORD, input={"events": events, "idempotencyKey": f"k-{hour}"})
        assert _summary(statements[:-1]) == RECORDING


async def test_statuses_on_the_way_read_no_delivery(ask, world):
    parcels = [{"sscc": it} for it in (await sent(world, 10)).ssccs]
    feed = Feed(ask, world)
    await feed(*(feed.event("IN_TRANSIT", 0, **it) for it in parcels))
    for status, named in (("EXCEPTION", parcels[:1]), ("OUT_FOR_DELIVERY", parcels)):
        events = [feed.event(status, 1, **it) for it in named]
        with counted(world.database.engine) as statements:
            await ask(RECORD, input={"events": events, "idempotencyKey": status})
        assert _summary(statements[:-1]) == MOVING

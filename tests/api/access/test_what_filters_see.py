"""What an actor does not see bears on none of its filters, and is told in none of its timelines."""

from dataclasses import dataclass
from typing import Any

import pytest

from kit.ids import to_global
from loaders.reading.pages import named_in
from models.access.viewers import OTHERS, Actor
from models.base.events import EVENTS
from models.base.payloads import CODES_OF_PAYLOADS
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.sweeps.rules import models
from tests.make.trade import orders

HOLD = "mutation ($it: OrderHoldInput!) { orderHold(input: $it) { hold { id } } }"
HOLDS = """query ($held: Boolean!) {
  orders(first: 9, filter: {onHold: $held}) { totalCount nodes { holds { reason owner note } } }
  deliveries(first: 9, filter: {onHold: $held}) { totalCount nodes {
    holds { reason owner note } orders { holds { reason owner note } } } } }"""
NAMED = """{ deliveries(first: 9) { nodes { party { id } channel { id } location { id } } }
  orders(first: 9) { nodes { party { id } channel { id } } } }"""
TIMELINES = """{
  orders(first: 9) { nodes { holds { id } timeline(first: 50) { nodes { ...entry } } } }
  deliveries(first: 9) { nodes { holds { id } timeline(first: 50) { nodes { ...entry } } } } }
fragment entry on TimelineEntry { type actor actorName payload }"""


@pytest.fixture(params=[True, False], ids=["planned", "reference"])
def plans(request: pytest.FixtureRequest) -> bool:
    """Both executors, whatever the whole run is of."""
    return bool(request.param)


@dataclass(frozen=True)
class Sent:
    """A packed delivery of one order. own: field of a filter -> the id of what it belongs to."""

    order: dict[str, Any]
    delivery: dict[str, Any]
    viewers: dict[Actor, Ask]
    own: dict[str, str]

    async def hold(self, ask: Ask, *, delivery: bool) -> None:
        """Stop the order, or the delivery, in the name of staff."""
        fields = {"reason": "PAYMENT", "owner": "Finance", "note": "The card was refused."}
        if delivery:
            await deliveries.done(ask, "deliveryHold", deliveryId=self.delivery["id"], **fields)
        else:
            await ask(HOLD, it={"orderId": self.order["id"], **fields})


@pytest.fixture
async def packed(world: World, ask: Ask) -> Sent:
    company, channel = await parties.company(world), await channels.channel(world)
    location, carrier = await locations.location(world), await parties.carrier(world)
    own = {"partyId": to_global("Party", company), "channelId": to_global("Channel", channel)}
    order = await orders.order(world, ask, **own)
    parcel, at = {"carrierId": to_global("Party", carrier)}, to_global("Location", location)
    delivery = await deliveries.packed(world, ask, order, parcel, locationId=at)
    token = "query ($id: ID!) { order(id: $id) { accessToken } }"
    shown = {"Abruf-Order-Token": (await ask(token, id=order["id"]))["order"]["accessToken"]}
    bound = {
        Actor.BUYER: company,
        Actor.STOREFRONT: channel,
        Actor.WAREHOUSE: location,
        Actor.CARRIER: carrier,
    }
    viewers = {
        actor: ask.by(await world.key(actor, it)).with_headers(shown) for actor, it in bound.items()
    }
    return Sent(order, delivery, {Actor.STAFF: ask, **viewers}, {**own, "locationId": at})


@pytest.mark.parametrize("on", ["delivery", "order"])
async def test_a_filter_by_holds_counts_those_that_are_read(
    packed: Sent, ask: Ask, on: str
) -> None:
    await packed.hold(ask, delivery=on == "delivery")
    for actor in Actor:
        await _counts_holds(packed.viewers[actor], actor, of_delivery=on == "delivery")


async def _counts_holds(viewer: Ask, actor: Actor, *, of_delivery: bool) -> None:
    held, free = await viewer(HOLDS, held=True), await viewer(HOLDS, held=False)
    sees_orders, sees_holds = actor is not Actor.CARRIER, actor is not Actor.CARRIER
    counts = {name: it["totalCount"] for name, it in held.items()}
    assert counts == {"orders": sees_orders and not of_delivery, "deliveries": sees_holds}
    counts = {name: it["totalCount"] for name, it in free.items()}
    assert counts == {"orders": sees_orders and of_delivery, "deliveries": not sees_holds}
    for each in held["deliveries"]["nodes"]:
        (hold,) = each["holds"] if of_delivery else each["orders"][0]["holds"]
        is_masked = actor is Actor.WAREHOUSE and not of_delivery
        assert hold["reason"] == ("UNDER_REVIEW" if is_masked else "PAYMENT")
        tells = actor is Actor.STAFF or (actor is Actor.WAREHOUSE and of_delivery)
        assert (hold["owner"], hold["note"]) == (
            ("Finance", "The card was refused.") if tells else (None, None)
        )


async def test_a_filter_by_what_reads_null_matches_nothing(packed: Sent) -> None:
    for viewer in packed.viewers.values():
        await _finds_what_it_reads(packed, viewer)


async def _finds_what_it_reads(packed: Sent, viewer: Ask) -> None:
    for name, page in (await viewer(NAMED)).items():
        for row in page["nodes"]:
            for relation, read in row.items():
                field = f"{relation}Id"
                text = f"{{ it: {name}(first: 9, filter: {{{field}: {{}}}}) {{ totalCount }} }}"
                text = text.replace("{}", f'"{packed.own[field]}"')
                found = (await viewer(text))["it"]["totalCount"]
                assert found == (read is not None), (name, field)


def test_every_id_in_a_filter_is_known_as_one() -> None:
    filters = [it for _, it in models() if it.__name__.endswith("Filter")]
    ids = {(it, name) for it in filters for name in it.model_fields if name.endswith("_id")}
    known = {(it, name) for it in filters for name in named_in(it)}
    assert {(it.__name__, name) for it, name in ids - known} == {("PartyFilter", "vat_id")}
    assert len(known) > 10


async def test_a_timeline_tells_reasons_of_seen_holds_only(packed: Sent, ask: Ask) -> None:
    for of_delivery in (True, False):
        await packed.hold(ask, delivery=of_delivery)
    for actor in OTHERS:
        await _tells_seen_reasons(packed, actor)


async def _tells_seen_reasons(packed: Sent, actor: Actor) -> None:
    entries = []
    for page in (await packed.viewers[actor](TIMELINES)).values():
        for row in page["nodes"]:
            held = [it for it in row["timeline"]["nodes"] if it["type"].endswith(".held")]
            assert len(held) == len(row["holds"])
            for entry in held:
                entries.append(entry)
                masked = actor is Actor.WAREHOUSE and entry["type"] == "order.held"
                reason = "UNDER_REVIEW" if masked else "PAYMENT"
                assert entry["payload"].keys() == {"hold_id", "reason"}
                assert entry["payload"]["reason"] == reason
    assert len(entries) == (0 if actor is Actor.CARRIER else 2)


OF_ITS_OWN_ROW = {
    "interchange_message.settled.fate",
    "order.approved.by",
    "order.rejected.by",
    "contract.released.type",
    "delivery.arrival_corrected.state",
    "delivery.reshipped.state",
    "api_key.created.actor",
    "api_key.created.documents",
    "portal_session.began.actor",
}
"""Codes of the event's own row, and of what everybody sees who sees that."""


def test_every_code_of_another_row_stands_beside_its_id() -> None:
    """An event that names one other row, and has a code, says whose the code is."""
    hints = {
        f"{kind.name}.{value.name}": value.kind.rows
        for kind in EVENTS.values()
        for value in kind.versions.values
        if value.kind.word.strip("`") in CODES_OF_PAYLOADS
        and any(it.kind.rows for it in kind.versions.values)
    }
    assert {name for name, rows in hints.items() if rows and rows.beside} == {
        f"{noun}.{what}.reason"
        for noun in ("order", "delivery")
        for what in ("held", "hold_released")
    } | {"order.payment_recorded.state"}
    assert {name for name, rows in hints.items() if not rows} <= OF_ITS_OWN_ROW


async def test_a_timeline_names_nobody_of_the_merchant_to_others(
    packed: Sent, world: World, ask: Ask
) -> None:
    other = ask.by(await world.key(Actor.WAREHOUSE, await locations.location(world, code="OTHER")))
    await packed.hold(ask, delivery=True)
    own = packed.viewers[Actor.WAREHOUSE]
    one = {"generateSscc": True, "contents": deliveries.contents(packed.delivery)}
    await deliveries.done(own, "deliveryPack", deliveryId=packed.delivery["id"], parcels=[one])
    assert other is not own
    for actor in Actor:
        await _names_nobody(packed, actor)


async def _names_nobody(packed: Sent, actor: Actor) -> None:
    entries = [
        each
        for page in (await packed.viewers[actor](TIMELINES)).values()
        for row in page["nodes"]
        for each in row["timeline"]["nodes"]
    ]
    names = {(it["actor"], it["actorName"]) for it in entries}
    sees = {Actor.STAFF: {"STAFF", "WAREHOUSE"}, Actor.WAREHOUSE: {"WAREHOUSE"}}.get(actor, set())
    assert names == {
        (it, it.lower() if it in sees else it.capitalize()) for it in ("STAFF", "WAREHOUSE")
    }

"""What tables hide from an actor is hidden however it is asked for, by both executors."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from pydantic import Field

from kit.ids import from_global, new_id, to_global
from kit.inputs import Input
from loaders.reading.cursors import PageArgs
from loaders.reading.pages import ROOT, Paged, Sorted
from loaders.reading.wholes import CountOf
from models.access.viewers import OTHERS, Actor, Scope, Viewer
from models.base.masks import NULL
from models.matrix import entities
from models.trade.orders.lines import OrderLine
from resolvers.running.context import Context
from schema.schema import schema
from tests.execution.operations import Seen, Writer
from tests.guard import counted
from tests.make import Ask, World
from tests.make.feed import RECORD
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import orders

PRICE, DISCOUNT, SHIPPING, TAX = "7777.77", "3.25", "31.17", "53.71"
LINES, OFF, BORNE, NET, GROSS = "75249.92", "1.75", "1316.87", "73964.22", "74017.93"
AMOUNTS = [SHIPPING, TAX, LINES, OFF, BORNE, NET, GROSS]
SECRETS = [PRICE, DISCOUNT, *AMOUNTS, "FRAUD", "OPERATOR", "risk desk", "Same card, three names."]
NOTE = {"owner": "dispatch desk", "note": "The gate is closed."}
PARTS = """
fragment line on OrderLine {
  unitPrice { amount currency } discountPercent net { amount currency } ordered
  discountAmount { amount } orderDiscount { amount }
}
fragment hold on Hold { reason owner note }
"""
FIELDS = f"""{PARTS}
fragment order on Order {{
  number net {{ amount currency }} lines {{ ...line }} holds {{ ...hold }}
  discountPercent discountAmount {{ amount }} charges {{ amount {{ amount }} }}
  taxes {{ amount {{ amount }} }} totals {{ gross {{ amount }} discount {{ amount }} }}
  timeline(first: 50) {{ nodes {{ type payload }} edges {{ cursor node {{ payload }} }} }}
}}
fragment delivery on Delivery {{
  number holds {{ ...hold }} orders {{ ...order }}
  lines {{ orderLine {{ ...line }} order {{ ...order }} }}
  timeline(first: 50) {{ nodes {{ type payload }} }}
}}
"""
AGAIN = """
fragment orderAgain on Order {
  net { amount currency } charges { amount { amount } } lines { ...line } holds { ...hold }
  timeline(first: 50) { nodes { payload } }
}
fragment deliveryAgain on Delivery { holds { ...hold } lines { orderLine { ...line } } }
"""
"""What hides something is asked whole on one way to it, and of each kind on further ways."""
WHOLE_AGAIN = """
fragment orderAgain on Order { ...order }
fragment deliveryAgain on Delivery { ...delivery }
"""
"""The same, whole on every way: `--every-case`."""
LISTS = """{
  orders(first: 9) { nodes { ...order } edges { cursor node { ...orderAgain } } totalCount
    summary { orderCount netTotals { amount currency } } }
  orders_: orders(last: 9, sort: NUMBER, filter: {onHold: true}) { nodes { ...orderAgain } }
  deliveries(first: 9) { nodes { ...delivery } }
  parcel(trackingNumber: "T-1") { delivery { ...deliveryAgain } }
}"""
NODE = "query ($id: ID!) { node(id: $id) { ...order ...delivery ...line ...hold } }"
NODES = """query ($ids: [ID!]!) {
  nodes(ids: $ids) { ...orderAgain ...deliveryAgain ...line ...hold }
}"""
HELD = {"order.held", "delivery.held", "delivery.hold_released"}


@pytest.fixture(params=[True, False], ids=["planned", "reference"])
def plans(request: pytest.FixtureRequest) -> bool:
    """Both executors, whatever the whole run is of."""
    return bool(request.param)


@dataclass(frozen=True)
class Held:
    """A packed delivery with its order, both on hold; viewers: actor -> who asks.

    is_whole: whether everything is asked on every way.
    """

    order: dict[str, Any]
    delivery: dict[str, Any]
    ids: list[str]
    viewers: dict[Actor, Ask]
    is_whole: bool

    @property
    def lists(self) -> str:
        """Return a document with every list that has them."""
        return LISTS + FIELDS + (WHOLE_AGAIN if self.is_whole else AGAIN)

    def wanted(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (document, variables) for every way to read what they have."""
        yield self.lists, {}
        yield NODES + (FIELDS + WHOLE_AGAIN if self.is_whole else PARTS + AGAIN), {"ids": self.ids}
        for each in self.ids:
            yield NODE + FIELDS, {"id": each}


@pytest.fixture
async def held(request: pytest.FixtureRequest, world: World, ask: Ask) -> Held:
    # Who buys carries, too: that shows it nothing of what it buys.
    company = await parties.company(world, roles=parties.EVERY_ROLE)
    channel = await channels.channel(world)
    location, carrier = await locations.location(world), await parties.carrier(world)
    (product,) = await orders.products(ask, "BOLT")
    order = await orders.order(
        world,
        ask,
        partyId=to_global("Party", company),
        channelId=to_global("Channel", channel),
        lines=[orders.line(product, unitPrice=PRICE, discountPercent=DISCOUNT)],
        discountPercent=OFF,
        charges=[{"kind": "SHIPPING", "amount": SHIPPING}],
        taxes=[{"category": "STANDARD", "rate": "19", "amount": TAX}],
    )
    parcel = {"carrierId": to_global("Party", carrier), "trackingNumbers": ["T-1"]}
    at = to_global("Location", location)
    delivery = await deliveries.packed(world, ask, order, parcel, locationId=at)
    holds = await _hold(ask, order, delivery)
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
    lines = [it["id"] for it in order["lines"]]
    ids = [order["id"], delivery["id"], *lines, *holds]
    is_whole = bool(request.config.getoption("--every-case"))
    return Held(order, delivery, ids, {Actor.STAFF: ask, **viewers}, is_whole)


async def _hold(ask: Ask, order: dict[str, Any], delivery: dict[str, Any]) -> list[str]:
    secret = {"owner": "risk desk", "note": "Same card, three names."}
    held = "mutation ($it: OrderHoldInput!) { orderHold(input: $it) { hold { id } } }"
    fields = {"orderId": order["id"], "reason": "FRAUD", **secret}
    holds = [(await ask(held, it=fields))["orderHold"]["hold"]["id"]]
    for reason, more in (("OPERATOR", secret), ("ADDRESS", NOTE)):
        on = {"deliveryId": delivery["id"], "reason": reason, **more}
        holds.append((await deliveries.done(ask, "deliveryHold", **on))["hold"]["id"])
    await deliveries.done(ask, "deliveryReleaseHold", holdId=holds[1])
    return holds


def _payloads(timeline: dict[str, Any]) -> list[dict[str, Any]]:
    return [it["payload"] for it in timeline["nodes"] if it["type"] in HELD]


REVIEW = {"reason": "UNDER_REVIEW", "owner": None, "note": None}
ADDRESS = {"reason": "ADDRESS", **NOTE}
SPARSE = {"reason": "ADDRESS", "owner": None, "note": None}
HOLDS = {
    Actor.BUYER: [REVIEW, SPARSE],
    Actor.STOREFRONT: [REVIEW, SPARSE],
    Actor.WAREHOUSE: [REVIEW, ADDRESS],
    Actor.CARRIER: [],
}
"""Actor -> the delivery's holds as it reads them; a carrier sees none."""


async def test_others_read_neither_internal_reasons_nor_whose_they_are(held) -> None:
    document = "query ($id: ID!) { delivery(id: $id) { ...delivery } }" + FIELDS
    staff = (await held.viewers[Actor.STAFF](document, id=held.delivery["id"]))["delivery"]
    assert [it["reason"] for it in staff["holds"]] == ["OPERATOR", "ADDRESS"]
    assert _payloads(staff["timeline"])[0]["reason"] == "OPERATOR"
    for actor in OTHERS:
        read = (await held.viewers[actor](document, id=held.delivery["id"]))["delivery"]
        assert read["holds"] == HOLDS[actor], actor
        reasons = [it.get("reason") for it in _payloads(read["timeline"])]
        readable = ["UNDER_REVIEW", "ADDRESS", "UNDER_REVIEW"]
        assert reasons == ([] if actor is Actor.CARRIER else readable), actor


async def test_a_warehouse_and_a_carrier_read_no_prices(held) -> None:
    for actor in (Actor.STAFF, Actor.BUYER, Actor.STOREFRONT, Actor.WAREHOUSE):
        await _reads_prices(held, actor)
    read = (await held.viewers[Actor.CARRIER](held.lists))["orders"]
    assert (read["nodes"], read["summary"]["netTotals"]) == ([], [])


async def _reads_prices(held: Held, actor: Actor) -> None:
    read = (await held.viewers[actor](held.lists))["orders"]
    (order,) = read["nodes"]
    (line,) = order["lines"]
    prices = [order["net"], line["net"], line["unitPrice"], line["discountPercent"]]
    assert (line["ordered"], read["summary"]["orderCount"]) == ("10", 1)
    if actor is Actor.WAREHOUSE:
        assert (prices, read["summary"]["netTotals"]) == ([None] * 4, [])
    else:
        money = [{"amount": it, "currency": "EUR"} for it in (NET, LINES, PRICE)]
        assert prices == [*money, DISCOUNT]
        assert read["summary"]["netTotals"] == money[:1]


def _hidden_from(actor: Actor) -> list[str]:
    """Return the texts that the actor must not read."""
    priced = {Actor.BUYER, Actor.STOREFRONT}
    return SECRETS[2 + len(AMOUNTS) :] if actor in priced else SECRETS


async def test_nothing_hidden_is_read_in_any_way(held) -> None:
    for actor in OTHERS:
        for document, fields in held.wanted():
            text = json.dumps(await held.viewers[actor](document, **fields))
            assert [it for it in _hidden_from(actor) if f'"{it}"' in text] == [], actor
    answers = ""
    for document, fields in held.wanted():
        answers += json.dumps(await held.viewers[Actor.STAFF](document, **fields))
    assert [it for it in SECRETS if f'"{it}"' not in answers] == []


async def test_a_payload_hides_from_who_writes(held, world) -> None:
    warehouse, carrier = held.viewers[Actor.WAREHOUSE], held.viewers[Actor.CARRIER]
    one = {"generateSscc": True, "contents": deliveries.contents(held.delivery)}
    document = (
        "mutation ($input: DeliveryPackInput!) { deliveryPack(input: $input)"
        " { delivery { ...delivery } userErrors { code } } }"
    )
    packed = {"deliveryId": held.delivery["id"], "parcels": [one]}
    answer = (await warehouse(document + FIELDS, input=packed))["deliveryPack"]
    assert answer["userErrors"] == []
    (line,) = answer["delivery"]["lines"]
    assert (line["orderLine"]["unitPrice"], line["order"]["net"]) == (None, None)
    assert answer["delivery"]["holds"] == HOLDS[Actor.WAREHOUSE]
    event = {"status": "IN_TRANSIT", "occurredAt": world.clock().isoformat()}
    tracked = {"events": [{**event, "trackingNumber": "T-1"}]}
    below = "parcel { delivery { timeline(first: 50) { nodes { type payload } } }"
    answers = await carrier(RECORD.replace("parcel {", f"{below}", 1), input=tracked)
    (result,) = answers["parcelRecordTracking"]["results"]
    entries = result["parcel"]["delivery"]["timeline"]["nodes"]
    assert [it["payload"] for it in entries if it["type"] in HELD] == []


async def test_a_refusal_tells_a_reason_as_it_is_read(held) -> None:
    async def refused(actor: Actor) -> str:
        fields = {"deliveryId": held.delivery["id"]}
        payload = await deliveries.act(held.viewers[actor], "deliveryDispatch", **fields)
        return payload["userErrors"][0]["message"]

    number = held.delivery["number"]
    assert await refused(Actor.STAFF) == f"{number} is on hold: ADDRESS, FRAUD."
    assert await refused(Actor.WAREHOUSE) == f"{number} is on hold: ADDRESS, UNDER_REVIEW."


class Priced(Input):
    """Lines that cost at least something."""

    least: Decimal = Field(description="The least.")


PRICED = Paged(
    OrderLine,
    {None: Sorted("line_no")},
    matching=lambda _, line, fields: [line.unit_price >= fields.least],
)
"""A list that nobody should declare: it is filtered by what it hides."""


async def test_a_filter_by_something_hidden_matches_nothing(held, world) -> None:
    bound_to = from_global(held.delivery["location"]["id"])[1]
    for actor, found in ((Actor.STAFF, 1), (Actor.WAREHOUSE, 0)):
        viewer = Viewer(world.merchant_id, actor, new_id(), "who", frozenset(Scope), bound_to)
        context, fields = Context(viewer, world.database, world.clock), Priced(least=Decimal(1))
        context.begin()
        page = await context.load(PRICED.page(PageArgs(9), fields, None), ROOT)
        counted_rows = await context.load(CountOf(PRICED, fields), ROOT)
        every = await context.load(CountOf(PRICED, None), ROOT)
        await context.finish()
        assert (len(page.rows), counted_rows.rows, every.rows) == (found, found, 1), actor


STOPS = re.compile(
    r"\borders(_\d+)?\.payment_state IN \('[A-Z_', ]+'\)|\bparties(_\d+)?\.release_when\b"
)
"""What stops goods, of which a warehouse is told that it does: with codes of ours, no client's."""


def _never_read(actor: Actor) -> re.Pattern[str]:
    """Match a column that an actor reads nothing of, in SQL."""
    columns = [
        rf"{entity.__table__.name}(_\d+)?\.{column}"
        for entity in entities()
        for column, mask in entity.__hidden__.get(actor, {}).items()
        if mask is NULL
    ]
    return re.compile(rf"\b({'|'.join(columns)})\b")


@pytest.mark.usefixtures("dropped")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("actor", [Actor.BUYER, Actor.WAREHOUSE])
async def test_no_statement_for_an_actor_reads_what_is_hidden(request, held, world, actor) -> None:
    """Whatever is filtered, sorted, counted or selected: generated operations tell."""
    seen, viewer, never = Seen(), held.viewers[actor], _never_read(actor)
    seen.learn(await held.viewers[Actor.STAFF](held.lists))
    for each in held.ids:
        seen.learn({"id": each})
    with counted(world.database.engine) as sent:
        for document, fields in held.wanted():
            await viewer(document, **fields)
        for number in range(int(request.config.getoption("--operations")) // 2):
            operation = Writer(schema._schema, seen, number).write()  # noqa: SLF001 -- as graphql-core's.
            await viewer.answer(operation.text, **operation.variables)
    assert len(sent) > 10
    assert [it for it in sent if never.search(STOPS.sub("", it))] == []
    with counted(world.database.engine) as sent:
        for document, fields in held.wanted():
            await held.viewers[Actor.STAFF](document, **fields)
    assert any(never.search(it) for it in sent)

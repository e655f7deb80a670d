"""What an order comes to: discounts, charges and taxes, from the lines to the gross."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kit.ids import from_global, to_global
from models.access.viewers import Actor, Scope
from tests.guard import counted
from tests.make import reasons
from tests.make.fulfilment import deliveries
from tests.make.master import channels, parties
from tests.make.trade import orders

TOTALS = """
fragment amounts on Order {
  id net { amount } discountPercent discountAmount { amount }
  totals {
    lines { amount } discount { amount } charges { amount } net { amount currency }
    taxes { amount } gross { amount }
  }
  charges { kind amount { amount currency } } taxes { category rate amount { amount currency } }
  lines { id net { amount } discountAmount { amount } orderDiscount { amount } }
}
"""
PLACE = f"""
mutation ($input: OrderPlaceInput!) {{
  it: orderPlace(input: $input) {{ order {{ ...amounts }} userErrors {{ code field }} }}
}} {TOTALS}
"""
READ = f"query ($id: ID!) {{ order(id: $id) {{ ...amounts }} }} {TOTALS}"
LISTED = f"""{{
  orders(first: 99) {{ nodes {{ ...amounts }} summary {{ netTotals {{ amount currency }} }} }}
}} {TOTALS}"""
CANCEL = f"""
mutation ($input: OrderCancelLinesInput!) {{
  it: orderCancelLines(input: $input) {{ order {{ ...amounts }} userErrors {{ code field }} }}
}} {TOTALS}
"""
SHIPPING = {"kind": "SHIPPING", "amount": "4.9"}
PACKING = {"kind": "PACKING", "amount": "4.9"}
TAX = {"category": "STANDARD", "rate": "19", "amount": "6.15"}
ORDERED = {"discountAmount": "7.5", "charges": [SHIPPING], "taxes": [TAX]}
"""Of lines at 25 and 10: 35 − 7.50 + 4.90, and tax of 6.15."""


async def _placed(world, ask, **fields):
    values = await orders.order_input(world, ask, **fields)
    answer = (await ask(PLACE, input=values))["it"]
    assert answer["userErrors"] == []
    return answer["order"]


async def _refusals(world, ask, staff=None, **fields):
    values = await orders.order_input(world, staff or ask, **fields)
    answer = (await ask(PLACE, input=values))["it"]
    return reasons(answer["userErrors"])


def _sums(order):
    return {name: it and it["amount"] for name, it in order["totals"].items()}


def _shares(order):
    return [it["orderDiscount"]["amount"] for it in order["lines"]]


async def _lines(ask, *prices, quantity="1", **fields):
    (bolt,) = await orders.products(ask, "BOLT")
    return [
        orders.line(bolt, quantity, unitPrice=price, externalReference=str(number), **fields)
        for number, price in enumerate(prices)
    ]


async def test_an_order_tells_lines_discount_charges_net_taxes_and_gross(world, ask):
    order = await _placed(world, ask, **ORDERED)
    assert _sums(order) == {
        "lines": "35",
        "discount": "7.5",
        "charges": "4.9",
        "net": "32.4",
        "taxes": "6.15",
        "gross": "38.55",
    }
    assert order["net"] == {"amount": "32.4"}
    assert (order["discountPercent"], order["discountAmount"]) == (None, {"amount": "7.5"})
    money = {"amount": {"amount": "4.9", "currency": "EUR"}}
    assert order["charges"] == [{**SHIPPING, **money}]
    assert order["taxes"] == [{**TAX, "amount": {"amount": "6.15", "currency": "EUR"}}]
    assert _shares(order) == ["5.36", "2.14"]


@pytest.mark.gate("O8", "orderPlace")
async def test_a_percentage_is_rounded_once_and_spread_to_the_cent(world, ask):
    lines = await _lines(ask, "0.01", "0.33", "0.33", "0.33")
    order = await _placed(world, ask, lines=lines, discountPercent="50")
    assert _sums(order)["discount"] == "0.5"
    assert _shares(order) == ["0.01", "0.17", "0.16", "0.16"]
    assert _sums(order)["net"] == "0.5"


async def test_a_currency_without_a_minor_unit_is_spread_in_whole_ones(world, ask):
    lines = await _lines(ask, "100", "100", "100")
    order = await _placed(world, ask, currency="JPY", lines=lines, discountAmount="100")
    assert _shares(order) == ["34", "33", "33"]


async def test_a_lines_discount_may_be_an_amount(world, ask):
    lines = await _lines(ask, "2.5", quantity="10", discountAmount="1.99")
    order = await _placed(world, ask, lines=lines)
    assert order["lines"][0]["net"] == {"amount": "23.01"}
    assert order["lines"][0]["discountAmount"] == {"amount": "1.99"}
    assert (_sums(order)["lines"], _sums(order)["net"]) == ("23.01", "23.01")


async def test_without_stated_taxes_the_gross_is_not_known(world, ask):
    order = await _placed(world, ask)
    assert (_sums(order)["taxes"], _sums(order)["gross"]) == (None, None)
    none = [{"category": "EXPORT", "rate": "0", "amount": "0"}]
    order = await _placed(world, ask, taxes=none)
    assert (_sums(order)["taxes"], _sums(order)["gross"]) == ("0", "35")


@pytest.mark.parametrize(
    ("fields", "refusals"),
    [
        ({"discountAmount": "1", "discountPercent": "1"}, [("INVALID", "discountAmount")]),
        ({"discountAmount": "0.001"}, [("SCALE_EXCEEDED", "discountAmount")]),
        ({"discountAmount": "35.01"}, [("OUT_OF_RANGE", "discountAmount")]),
        ({"discountPercent": "101"}, [("OUT_OF_RANGE", "discountPercent")]),
        (
            {"charges": [SHIPPING, {**PACKING, "amount": "0.005"}], "taxes": [TAX]},
            [("SCALE_EXCEEDED", "charges.1.amount")],
        ),
        ({"taxes": [TAX, TAX]}, [("DUPLICATE", "taxes.1")]),
        ({"charges": [SHIPPING, SHIPPING]}, [("DUPLICATE", "charges.1")]),
        ({"taxes": [{**TAX, "rate": "101"}]}, [("OUT_OF_RANGE", "taxes.0.rate")]),
        ({"charges": [{**SHIPPING, "amount": "-1"}]}, [("NOT_POSITIVE", "charges.0.amount")]),
    ],
)
async def test_amounts_that_make_no_sense_are_refused(world, ask, fields, refusals):
    assert await _refusals(world, ask, **fields) == refusals


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"discountAmount": "1", "discountPercent": "1"}, "INVALID"),
        ({"discountAmount": "0.001"}, "SCALE_EXCEEDED"),
        ({"discountAmount": "2.51"}, "OUT_OF_RANGE"),
    ],
)
async def test_a_lines_amount_that_makes_no_sense_is_refused(world, ask, fields, code):
    lines = await _lines(ask, "2.5", **fields)
    assert await _refusals(world, ask, lines=lines) == [(code, "lines.0.discountAmount")]


async def test_a_discount_needs_prices_of_all_lines(world, ask):
    (gift,) = await orders.products(ask, "GIFT", listPrice=None)
    portal = to_global("Channel", await channels.channel(world, takes_unpriced=True))
    unpriced = {"channelId": portal, "lines": [{"productId": gift, "quantity": "1"}]}
    for fields in ({"discountAmount": "1"}, {"discountPercent": "1"}):
        (name,) = fields
        refusals = await _refusals(world, ask, **unpriced, **fields)
        assert refusals == [("PRICE_UNKNOWN", name)]
    unpriced["lines"][0]["discountAmount"] = "1"
    refusals = await _refusals(world, ask, **unpriced)
    assert refusals == [("PRICE_UNKNOWN", "lines.0.discountAmount")]


@pytest.mark.parametrize("actor", [Actor.BUYER, Actor.STOREFRONT])
@pytest.mark.parametrize(
    "fields",
    [{"discountAmount": "1"}, {"discountPercent": "1"}, {"charges": [SHIPPING]}, {"taxes": [TAX]}],
)
async def test_who_buys_states_no_amounts_without_the_scope(world, ask, actor, fields):
    company, channel = await parties.company(world), await channels.channel(world)
    own: dict[str, Any] = {"channelId": to_global("Channel", channel)}
    if actor is Actor.BUYER:
        own["partyId"] = to_global("Party", company)
    else:
        own["guest"] = {"name": "Jan Kowalski"}
    bound_to = company if actor is Actor.BUYER else channel
    buyer = ask.by(await world.key(actor, bound_to))
    (name,) = fields
    assert await _refusals(world, buyer, ask, **own, **fields) == [("NOT_ALLOWED", name)]
    scopes = [Scope.ORDERS_PLACE, Scope.ORDERS_READ, Scope.PRICES_STATE]
    allowed = ask.by(await world.key(actor, bound_to, scopes=scopes))
    assert await _refusals(world, allowed, ask, **own, **fields) == []


@pytest.mark.gate("O8", "orderCancelLines")
@pytest.mark.gate("O9", "orderCancelLines")
async def test_cancelling_takes_the_lines_part_of_the_discount_along(world, ask):
    order = await _placed(world, ask, **ORDERED)
    one, two = order["lines"]
    cancelled = {"orderId": order["id"], "lines": [{"lineId": one["id"], "quantity": "3"}]}
    left = (await ask(CANCEL, input=cancelled))["it"]["order"]
    # 5.36 for ten pieces: 3.752 for seven. The other line keeps what it has.
    assert _shares(left) == ["3.75", "2.14"]
    assert _sums(left) == {
        "lines": "27.5",
        "discount": "5.89",
        "charges": "4.9",
        "net": "26.51",
        "taxes": None,
        "gross": None,
    }
    assert left["taxes"] == order["taxes"]
    open_lines = [{"lineId": one["id"], "quantity": "7"}, {"lineId": two["id"], "quantity": "4"}]
    gone = (await ask(CANCEL, input={"orderId": order["id"], "lines": open_lines}))["it"]["order"]
    assert set(_sums(gone).values()) == {"0"}
    assert gone["net"] == {"amount": "0"}


async def test_a_cancelled_part_takes_its_lines_own_amount_along(world, ask):
    lines = await _lines(ask, "1", quantity="3", discountAmount="1")
    order = await _placed(world, ask, lines=lines)
    part = [{"lineId": order["lines"][0]["id"], "quantity": "1"}]
    left = (await ask(CANCEL, input={"orderId": order["id"], "lines": part}))["it"]["order"]
    assert left["lines"][0]["net"] == {"amount": "1.33"}


async def test_a_list_adds_up_what_its_orders_tell(world, ask):
    await _placed(world, ask, **ORDERED)
    await _placed(world, ask, discountPercent="3", charges=[SHIPPING, PACKING])
    order = await _placed(world, ask, charges=[SHIPPING])
    open_lines = [
        {"lineId": each["id"], "quantity": quantity}
        for each, quantity in zip(order["lines"], ("10", "4"), strict=True)
    ]
    await ask(CANCEL, input={"orderId": order["id"], "lines": open_lines})
    read = (await ask(LISTED))["orders"]
    nets = [Decimal(it["net"]["amount"]) for it in read["nodes"]]
    assert nets == [Decimal(it["totals"]["net"]["amount"]) for it in read["nodes"]]
    (total,) = read["summary"]["netTotals"]
    assert Decimal(total["amount"]) == sum(nets) == Decimal("32.4") + Decimal("43.75")


@pytest.mark.gate("O8", "ordersImport")
async def test_a_back_office_imports_amounts_as_they_were(world, ask):
    lines = await _lines(ask, "2.5", quantity="10", discountAmount="1.99")
    values = await orders.order_input(world, ask, lines=lines, **ORDERED)
    known = {"externalReference": "1997-1", "placedAt": "1997-04-01T00:00:00Z"}
    imported = "results { order { ...amounts } userErrors { code } }"
    document = f"""mutation ($input: OrdersImportInput!) {{
      ordersImport(input: $input) {{ {imported} }} }} {TOTALS}"""
    payload = (await ask(document, input={"orders": [values | known]}))["ordersImport"]
    (result,) = payload["results"]
    assert result["userErrors"] == []
    assert _sums(result["order"]) == {
        "lines": "23.01",
        "discount": "7.5",
        "charges": "4.9",
        "net": "20.41",
        "taxes": "6.15",
        "gross": "26.56",
    }


async def test_one_statement_reads_all_amounts_of_any_orders(world, ask, plans):
    await _placed(world, ask, **ORDERED)
    numbers = []
    for _ in range(2):
        with counted(world.database.engine) as sent:
            await ask(LISTED)
        numbers.append(len(sent))
        await _placed(world, ask, **ORDERED)
    assert numbers[0] == numbers[1]
    assert not plans or sum("order_lines" in it for it in sent) == 1


async def test_a_warehouse_reads_no_amounts(world, ask):
    order = await _placed(world, ask, **ORDERED)
    placed = (
        await ask(
            "query ($id: ID!) { order(id: $id) { id lines { id unplanned } } }", id=order["id"]
        )
    )["order"]
    delivery = await deliveries.planned(world, ask, placed)
    at = from_global(delivery["location"]["id"])[1]
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, at))
    read = (await warehouse(READ, id=order["id"]))["order"]
    assert (read["totals"], read["net"], read["charges"], read["taxes"]) == (None, None, [], [])
    assert (read["discountPercent"], read["discountAmount"]) == (None, None)
    for line in read["lines"]:
        assert (line["net"], line["discountAmount"], line["orderDiscount"]) == (None, None, None)


async def test_approval_limits_count_discount_and_charges_but_no_taxes(world, ask):
    limit = {"amount": Decimal(30), "currency": "EUR"}
    company = await parties.company(world, approval_limit=limit)
    scopes = [Scope.ORDERS_PLACE, Scope.ORDERS_READ, Scope.PRICES_STATE]
    buyer = ask.by(await world.key(Actor.BUYER, company, scopes=scopes))
    own = {"partyId": to_global("Party", company)}
    state = (
        "mutation ($input: OrderPlaceInput!) { it: orderPlace(input: $input) { order { state } } }"
    )
    found = []
    for fields in (
        {"discountAmount": "5", "taxes": [TAX]},
        {"discountAmount": "4.99"},
        {"discountAmount": "9.9", "charges": [SHIPPING]},
        {"discountAmount": "9.89", "charges": [SHIPPING]},
    ):
        values = await orders.order_input(world, ask, **own, **fields)
        found.append((await buyer(state, input=values))["it"]["order"]["state"])
    assert found == ["CONFIRMED", "PENDING_APPROVAL"] * 2


CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
LINES = st.lists(
    st.tuples(st.integers(1, 999), st.decimals(0, 99, places=3), st.integers(0, 100)),
    min_size=1,
    max_size=6,
)


async def test_sums_agree_to_the_cent_for_any_lines_and_currency(world, ask):
    """Fifteen orders in one import; SQL's totals are those that the lines tell."""
    examples: list[Any] = []

    @settings(
        max_examples=15,
        phases=[Phase.generate],
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        lines=LINES, percent=st.integers(0, 100), currency=st.sampled_from(["EUR", "JPY", "KWD"])
    )
    def remember(lines: Any, percent: int, currency: str) -> None:
        examples.append((lines, percent, currency))

    remember()
    (bolt,) = await orders.products(ask, "BOLT")
    for lines, percent, currency in examples:
        made = [
            orders.line(
                bolt,
                str(quantity),
                unitPrice=str(price),
                discountPercent=str(off),
                externalReference=str(number),
            )
            for number, (quantity, price, off) in enumerate(lines)
        ]
        charges = [{**SHIPPING, "amount": "5"}]
        order = await _placed(
            world, ask, currency=currency, lines=made, discountPercent=str(percent), charges=charges
        )
        sums = {name: Decimal(it or 0) for name, it in _sums(order).items()}
        assert sum(map(Decimal, _shares(order))) == sums["discount"]
        assert sums["lines"] - sums["discount"] + sums["charges"] == sums["net"]
        part = [{"lineId": order["lines"][0]["id"], "quantity": str(-(-lines[0][0] // 3))}]
        left = (await ask(CANCEL, input={"orderId": order["id"], "lines": part}))["it"]["order"]
        sums = {name: Decimal(it or 0) for name, it in _sums(left).items()}
        assert sum(map(Decimal, _shares(left))) == sums["discount"]
        assert sums["lines"] - sums["discount"] + sums["charges"] == sums["net"]

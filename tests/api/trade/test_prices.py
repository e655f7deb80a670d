"""What an order costs is the merchant's: who may state prices, discounts and kinds, and who not."""

from typing import Any

import pytest

from kit.ids import to_global
from models.access.viewers import Actor, CompanyRole, Scope, allowed, usual
from tests import make
from tests.make import reasons
from tests.make.master import channels, parties
from tests.make.trade import contracts, orders

REFUSED = """
mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) {
  order { state kind lines { unitPrice { amount } discountPercent } }
  userErrors { code field message price { amount currency } }
} }
"""
OURS = {"amount": "2.5", "currency": "EUR"}
FULL = "query ($id: ID!) { order(id: $id) { state net { amount } awaitingApprovalOf } }"
APPROVES = sorted({Scope.ORDERS_READ, Scope.ORDERS_APPROVE})
IMPORTS = sorted({Scope.MASTER_DATA_READ, Scope.ORDERS_READ, Scope.ORDERS_IMPORT})
APPROVE = """
mutation ($input: OrderApproveInput!) { orderApprove(input: $input) {
  order { state net { amount } } userErrors { code field }
} }
"""


async def _line(ask: make.Ask, **fields: Any) -> dict[str, Any]:
    (bolt,) = await orders.products(ask, "BOLT")
    return {"productId": bolt, "quantity": "10", **fields}


async def _place(by: make.Ask, values: dict[str, Any]) -> tuple[Any, list[tuple[Any, ...]]]:
    """Return the order, and code, last parts of the path and our price of each refusal."""
    answer = (await by(REFUSED, input=values))["orderPlace"]
    refusals = [(it["code"], ".".join(it["field"][1:]), it["price"]) for it in answer["userErrors"]]
    return answer["order"], refusals


@pytest.fixture(params=[Actor.BUYER, Actor.STOREFRONT])
async def shopper(request, world, ask):
    """Give (who orders without the scope, who has it besides, what both say of themselves)."""
    company, shop = await parties.company(world), await channels.channel(world)
    bound = {Actor.BUYER: company, Actor.STOREFRONT: shop}[request.param]
    more = sorted(allowed(request.param))
    await parties.allow(world, to_global("Party", company), to_global("Channel", shop))
    plain = ask.by(await world.key(request.param, bound))
    stating = ask.by(await world.key(request.param, bound, scopes=more))
    who = {} if request.param is Actor.BUYER else {"guest": {"name": "Anna"}}
    return plain, stating, {"channelId": to_global("Channel", shop), "currency": "EUR", **who}


async def test_who_buys_pays_the_merchants_price(shopper, ask):
    plain, _, values = shopper
    order, refusals = await _place(plain, values | {"lines": [await _line(ask)]})
    assert (refusals, order["lines"][0]["unitPrice"]["amount"]) == ([], "2.5")


async def test_who_buys_may_say_our_price_and_what_it_showed(shopper, ask):
    plain, _, values = shopper
    same = await _line(ask, unitPrice="2.50", expectedUnitPrice="2.500")
    order, refusals = await _place(plain, values | {"lines": [same]})
    assert (refusals, order["lines"][0]["unitPrice"]["amount"]) == ([], "2.5")


@pytest.mark.parametrize(
    ("line", "code", "field", "price"),
    [
        ({"unitPrice": "0.01"}, "NOT_ALLOWED", "unitPrice", OURS),
        ({"unitPrice": "0"}, "NOT_ALLOWED", "unitPrice", OURS),
        ({"discountPercent": "99"}, "NOT_ALLOWED", "discountPercent", None),
        ({"expectedUnitPrice": "2.49"}, "PRICE_CHANGED", "expectedUnitPrice", OURS),
    ],
)
async def test_who_buys_makes_up_no_price(shopper, ask, line, code, field, price):
    plain, _, values = shopper
    _, refusals = await _place(plain, values | {"lines": [await _line(ask, **line)]})
    assert refusals == [(code, f"lines.0.{field}", price)]


async def test_who_states_a_price_and_a_discount_is_told_both_with_ours(shopper, ask):
    plain, _, values = shopper
    line = await _line(ask, unitPrice="0.01", discountPercent="99")
    _, refusals = await _place(plain, values | {"lines": [line]})
    assert [(code, path) for code, path, _ in refusals] == [
        ("NOT_ALLOWED", "lines.0.discountPercent"),
        ("NOT_ALLOWED", "lines.0.unitPrice"),
    ]
    assert [price for *_, price in refusals] == [None, OURS]


@pytest.mark.parametrize("kind", ["SAMPLE", "REPLACEMENT"])
async def test_who_buys_orders_no_samples_and_replacements(shopper, ask, kind):
    plain, stating, values = shopper
    values |= {"kind": kind, "lines": [await _line(ask)]}
    assert (await _place(plain, values))[1] == [("NOT_ALLOWED", "kind", None)]
    order, refusals = await _place(stating, values)
    assert (refusals, order["kind"]) == ([], kind)


async def test_whom_the_scope_allows_it_states_prices_and_discounts(shopper, ask):
    _, stating, values = shopper
    line = await _line(ask, unitPrice="0.01", discountPercent="99", expectedUnitPrice="0.01")
    order, refusals = await _place(stating, values | {"lines": [line]})
    (placed,) = order["lines"]
    assert (refusals, placed["unitPrice"]["amount"], placed["discountPercent"]) == (
        [],
        "0.01",
        "99",
    )


async def test_every_changed_price_is_told_at_once(shopper, ask):
    plain, _, values = shopper
    bolt, nut = await orders.products(ask, "BOLT", "NUT")
    lines = [
        {"productId": each, "quantity": "1", "expectedUnitPrice": price}
        for each, price in ((bolt, "1"), (nut, "2.5"), (bolt, "3"))
    ]
    _, refusals = await _place(plain, values | {"lines": lines})
    assert refusals == [
        ("PRICE_CHANGED", f"lines.{number}.expectedUnitPrice", OURS) for number in (0, 2)
    ]


async def test_the_scope_is_no_buyers_unless_it_is_named():
    for actor in (Actor.BUYER, Actor.STOREFRONT):
        assert Scope.PRICES_STATE not in usual(actor)
        assert Scope.PRICES_STATE in allowed(actor)
    assert Scope.PRICES_STATE not in allowed(Actor.BUYER, CompanyRole.VIEWER)
    assert Scope.PRICES_STATE in usual(Actor.STAFF)


async def test_staff_without_the_scope_state_nothing_either(world, ask):
    scopes = sorted(set(Scope) - {Scope.PRICES_STATE})
    staff = ask.by(await world.key(Actor.STAFF, scopes=scopes))
    values = await orders.order_input(world, ask, lines=[await _line(ask, unitPrice="1")])
    assert (await _place(staff, values))[1] == [("NOT_ALLOWED", "lines.0.unitPrice", OURS)]


async def test_without_a_known_price_an_order_is_refused(shopper, ask):
    plain, stating, values = shopper
    (gift,) = await orders.products(ask, "GIFT", listPrice=None)
    lines = [{"productId": gift, "quantity": "1"}, await _line(ask)]
    for by in (plain, stating):
        _, refusals = await _place(by, values | {"lines": lines})
        assert refusals == [("PRICE_UNKNOWN", "lines.0", None)]
    _, refusals = await _place(plain, values | {"currency": "CHF", "lines": lines[1:]})
    assert refusals == [("PRICE_UNKNOWN", "lines.0", None)]
    for line in lines:
        line |= {"expectedUnitPrice": "1"}
    assert (await _place(plain, values | {"lines": lines}))[1] == [
        ("PRICE_UNKNOWN", "lines.0.expectedUnitPrice", None),
        ("PRICE_CHANGED", "lines.1.expectedUnitPrice", OURS),
    ]


@pytest.fixture
async def unpriced(world, ask):
    """Give an order of EUR 25 and two gifts, whose price nobody knows, and an approver."""
    company = await parties.company(world, approval_limit=OURS | {"amount": "9"})
    buyer = ask.by(await world.key(Actor.BUYER, company))
    portal = to_global("Channel", await channels.channel(world, takes_unpriced=True))
    (gift,) = await orders.products(ask, "GIFT", listPrice=None)
    lines = [await _line(ask), {"productId": gift, "quantity": "2"}]
    values = {"partyId": to_global("Party", company), "channelId": portal, "lines": lines}
    order = await orders.order(world, buyer, **values)
    approver = await world.key(Actor.BUYER, company, role=CompanyRole.APPROVER)
    return order, ask.by(approver)


async def _approve(by: make.Ask, order: dict[str, Any], **prices: str) -> Any:
    """Approve with prices by line id; return the refusals, or the state and net."""
    values = [{"lineId": key, "unitPrice": price} for key, price in prices.items()]
    answer = (await by(APPROVE, input={"orderId": order["id"], "prices": values}))["orderApprove"]
    if answer["userErrors"]:
        return reasons(answer["userErrors"])
    return answer["order"]["state"], answer["order"]["net"]["amount"]


async def test_an_unpriced_order_waits_for_the_merchants_price_where_the_channel_says_so(
    unpriced, ask
):
    order, approver = unpriced
    line = order["lines"][1]
    assert line["unitPrice"] is None
    assert (await ask(FULL, id=order["id"]))["order"] == {
        "state": "PENDING_APPROVAL",
        "net": None,
        "awaitingApprovalOf": ["MERCHANT", "COMPANY"],
    }
    for by, field in ((ask, "prices"), (approver, "orderId")):
        assert await _approve(by, order) == [("PRICE_UNKNOWN", field)]
    assert await _approve(ask, order, **{line["id"]: "4.25"}) == ("PENDING_APPROVAL", "33.5")
    assert await _approve(approver, order) == ("CONFIRMED", "33.5")


async def test_only_a_missing_price_is_stated_by_whom_the_scope_allows_it(world, unpriced, ask):
    order, approver = unpriced
    known, line = order["lines"]
    own = {line["id"]: "4.25"}
    plain = ask.by(await world.key(Actor.STAFF, scopes=APPROVES))
    for by in (approver, plain):
        assert await _approve(by, order, **own) == [("NOT_ALLOWED", "prices")]
    assert await _approve(ask, order, **{known["id"]: "1"}) == [("TAKEN", "prices.0.lineId")]
    foreign = (await orders.order(world, ask))["lines"][0]["id"]
    assert await _approve(ask, order, **{foreign: "1"}) == [("NOT_FOUND", "prices.0.lineId")]
    twice = {"orderId": order["id"], "prices": [{"lineId": line["id"], "unitPrice": "1"}] * 2}
    (refusals,) = (await ask(APPROVE, input=twice))["orderApprove"]["userErrors"]
    assert (refusals["code"], refusals["field"][-1]) == ("DUPLICATE", "lineId")


async def test_an_import_states_prices_or_gets_ours(world, ask):
    await channels.channel(world, code="OFFICE")
    await parties.company(world, number="K-1")
    await orders.products(ask, "BOLT")
    await orders.products(ask, "GIFT", listPrice=None)
    document = """mutation ($input: OrdersImportInput!) { ordersImport(input: $input) { results {
      status order { kind lines { unitPrice { amount } discountPercent } }
      userErrors { code field price { amount } } } userErrors { code } } }"""

    async def imported(by: make.Ask, number: str, sku: str, **line: Any) -> Any:
        kind = line.pop("kind", "STANDARD")
        order = {"externalReference": number, "placedAt": "2026-02-01T00:00:00Z", "kind": kind}
        order |= {"channelCode": "OFFICE", "partyNumber": "K-1", "currency": "EUR"}
        order["lines"] = [{"productSku": sku, "quantity": "1", **line}]
        answer = (await by(document, input={"orders": [order]}))["ordersImport"]
        (result,) = answer["results"]
        refusals = reasons(result["userErrors"], 3)
        return refusals or result["order"]["lines"][0]["unitPrice"]["amount"]

    plain = ask.by(await world.key(Actor.STAFF, scopes=IMPORTS))
    assert await imported(ask, "1", "BOLT", unitPrice="9.8", discountPercent="15") == "9.8"
    assert await imported(ask, "2", "BOLT") == "2.5"
    assert await imported(ask, "3", "GIFT") == [("PRICE_UNKNOWN", "lines.0")]
    assert await imported(plain, "4", "BOLT") == "2.5"
    assert await imported(plain, "5", "BOLT", unitPrice="9") == [
        ("NOT_ALLOWED", "lines.0.unitPrice")
    ]
    assert await imported(plain, "6", "BOLT", kind="SAMPLE") == [("NOT_ALLOWED", "kind")]


async def test_a_call_off_costs_what_its_contract_says(world, ask):
    company = await parties.company(world)
    contract = await contracts.contract(world, ask, partyId=to_global("Party", company))
    buyer = ask.by(await world.key(Actor.BUYER, company))
    portal = to_global("Channel", await channels.channel(world))
    await parties.allow(world, to_global("Party", company), portal)
    line = {"contractLineId": contract["lines"][0]["id"], "quantity": "10"}
    values = {"contractId": contract["id"], "channelId": portal, "window": contracts.window()}
    document = """mutation ($input: ContractCallOffInput!) { contractCallOff(input: $input) {
      callOff { lines { unitPrice { amount } } } userErrors { code field price { amount } } } }"""
    wrong = values | {"lines": [line | {"expectedUnitPrice": "2"}]}
    (refusals,) = (await buyer(document, input=wrong))["contractCallOff"]["userErrors"]
    assert (refusals["code"], refusals["price"]) == ("PRICE_CHANGED", {"amount": "2.5"})
    right = values | {"lines": [line | {"expectedUnitPrice": "2.5"}]}
    placed = (await buyer(document, input=right))["contractCallOff"]["callOff"]
    assert placed["lines"][0]["unitPrice"]["amount"] == "2.5"

"""Quantities in packagings: kept as they were counted, compared in the product's unit, exactly."""

from typing import Any

import pytest

from commands.master.packagings.counting import Quantified
from kit.errors import Problem, Refusals
from kit.ids import to_global
from loaders.master.prices.own import PriceWanted
from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties, prices
from tests.make.master.packagings import CARTON, PALLET, cartons, item, packagings
from tests.make.trade import contracts, orders, responses

OF = "{ quantity packaging { code } }"
COUNTED = f"packaged {OF}"
ORDER = f"""
query ($id: ID!) {{ order(id: $id) {{ lines {{ ordered unit net {{ amount }} {COUNTED} }} }} }}
"""
CONTRACT = f"""
query ($id: ID!) {{ contract(id: $id) {{
  lines {{
    id targetQuantity minQuantity lotMultiple calledOff {COUNTED}
    min: minQuantityPackaged {OF} max: maxQuantityPackaged {OF} lot: lotMultiplePackaged {OF}
    least: minPerCallOffPackaged {OF} most: maxPerCallOffPackaged {OF}
  }}
}} }}
"""
DELIVERY = f"""
query ($id: ID!) {{ delivery(id: $id) {{
  lines {{ planned {COUNTED} }} parcels {{ status contents {{ quantity {COUNTED} }} }}
  receipts {{ lines {{ received {COUNTED} }} }}
}} }}
"""

LISTED = f"""
{{ priceLists(first: 1) {{ nodes {{ entries(first: 9) {{ nodes {{ {COUNTED} }} }} }} }} }}
"""
RELEASE = f"""
query ($id: ID!) {{
  node(id: $id) {{ ... on Release {{ lines: scheduleLines {{ quantity {COUNTED} }} }} }}
}}
"""


@pytest.fixture
async def bolt(ask: make.Ask) -> str:
    """A bolt, packed in cartons of 12 and pallets of 48 cartons."""
    (product,) = await orders.products(ask, "BOLT")
    await cartons(ask)
    return product


def of(quantity: str, code: str = CARTON) -> dict[str, Any]:
    """Return how clients read what was counted."""
    return {"quantity": quantity, "packaging": {"code": code}}


async def _lines(ask: make.Ask, query: str, key: str) -> list[dict[str, Any]]:
    ((found),) = (await ask(query, id=key)).values()
    return found["lines"]


async def test_an_order_keeps_pallets_and_cartons_and_pieces(world, ask, bolt):
    counts = [orders.line(bolt, "2", packaging=PALLET), orders.line(bolt, "3", packaging=CARTON)]
    order = await orders.order(world, ask, lines=[*counts, orders.line(bolt, "5")])
    found = await _lines(ask, ORDER, order["id"])
    assert [(it["ordered"], it["packaged"]) for it in found] == [
        ("1152", of("2", PALLET)),
        ("36", of("3")),
        ("5", None),
    ]
    assert [it["net"]["amount"] for it in found] == ["2880", "90", "12.5"]


async def test_only_whole_packagings_that_the_product_has_are_ordered(world, ask, bolt):
    (nut,) = await orders.products(ask, "NUT")
    for line, refusal in (
        (orders.line(bolt, "1.5", packaging=CARTON), ("SCALE_EXCEEDED", "quantity")),
        (orders.line(bolt, "1", packaging="CRATE"), ("NOT_FOUND", "packaging")),
        (orders.line(nut, "1", packaging=CARTON), ("NOT_FOUND", "packaging")),
        (orders.line(bolt, "999999999999", packaging=PALLET), ("OUT_OF_RANGE", "quantity")),
    ):
        values = await orders.order_input(world, ask, lines=[line])
        errors = (await ask(orders.PLACE, input=values))["orderPlace"]["userErrors"]
        assert [(it["code"], it["field"][-1]) for it in errors] == [refusal]


_SHOWN = """query ($id: ID!, $packaging: String) {
  product(id: $id) { price(packaging: $packaging, currency: "EUR") { unitPrice { amount } } } }"""


async def test_an_empty_packaging_is_none(world, ask, bolt):
    values = await orders.order_input(world, ask, lines=[orders.line(bolt, packaging=" ")])
    assert (await ask(orders.PLACE, input=values))["orderPlace"]["userErrors"] == []
    assert await ask(_SHOWN, id=bolt, packaging="") == await ask(_SHOWN, id=bolt)


def _kinds(of: type[Any]) -> list[type[Any]]:
    return [of, *(each for kind in of.__subclasses__() for each in _kinds(kind))]


def _problems(kind: type[Any], **values: str) -> list[Problem]:
    refusals = Refusals()
    with refusals:
        kind.read(values)
    return refusals.problems


def test_whatever_takes_a_quantity_in_a_packaging_takes_an_empty_one_for_none():
    kinds = [*_kinds(Quantified), PriceWanted]
    assert len(kinds) > 15
    for kind in kinds:
        assert _problems(kind, packaging="\t") == _problems(kind), kind
        assert _problems(kind, packaging="\0") != _problems(kind), kind


async def test_nothing_new_is_counted_in_an_inactive_packaging(world, ask, bolt):
    contract = await contracts.contract(world, ask, lines=[contracts.line(bolt)])
    await packagings(ask, item(CARTON, "12", isActive=False))
    values = await orders.order_input(world, ask, lines=[orders.line(bolt, "1", packaging=CARTON)])
    errors = (await ask(orders.PLACE, input=values))["orderPlace"]["userErrors"]
    assert [(it["code"], it["field"][-1]) for it in errors] == [("WRONG_STATE", "packaging")]
    line = contracts.line(bolt, "1", packaging=CARTON)
    agreed = await contracts.contract_input(world, ask, lines=[line])
    payload = await contracts.change(ask, "contractCreate", **agreed)
    assert contracts.codes(payload) == [("WRONG_STATE", "lines.0.packaging")]
    part = {"contractLineId": contract["lines"][0]["id"], "quantity": "1", "packaging": CARTON}
    order = await contracts.call_off(world, ask, contract, lines=[part])
    assert (await _lines(ask, ORDER, order["id"]))[0]["packaged"] == of("1")


async def test_a_price_step_counts_in_the_unit_however_lines_are_counted(world, ask, bolt):
    company = await parties.company(world, number="K-1")
    channel = to_global("Channel", await channels.channel(world))
    own = {"partyId": to_global("Party", company), "channelId": channel}
    await prices.price_list(ask, "OWN", "2", partyNumber="K-1")
    await prices.entries(ask, prices.entry("OWN", "1", fromQuantity="10", packaging=CARTON))
    buyer = ask.by(await world.key(Actor.BUYER, company))
    amounts = []
    for quantity, packaging in (("9", CARTON), ("10", CARTON), ("119", None), ("120", None)):
        line = {"productId": bolt, "quantity": quantity, "packaging": packaging}
        order = await orders.order(world, buyer, **own, lines=[line])
        amounts.append(order["lines"][0]["unitPrice"]["amount"])
    assert amounts == ["2", "1", "2", "1"]
    (listed,) = (await buyer(LISTED))["priceLists"]["nodes"]
    assert {"packaged": of("10")} in listed["entries"]["nodes"]
    again = await prices.entries(ask, prices.entry("OWN", "1", fromQuantity="120"))
    assert again == ["UPDATED"], "The same step, now counted in pieces."


@pytest.mark.gate("K9", "contractCallOff")
async def test_a_contract_is_agreed_in_cartons_and_called_off_in_both(world, ask, bolt):
    terms = {"minQuantity": "10", "lotMultiple": "2", "overTolerancePercent": "10"}
    line = contracts.line(bolt, "50", packaging=CARTON, maxQuantity="50", **terms)
    contract = await contracts.contract(world, ask, lines=[line])
    (found,) = await _lines(ask, CONTRACT, contract["id"])
    assert (found["targetQuantity"], found["minQuantity"]) == ("600", "120")
    assert (found["lotMultiple"], found["packaged"]) == ("24", of("50"))
    assert [found[it] for it in ("min", "max", "lot", "least")] == [
        of("10"),
        of("50"),
        of("2"),
        None,
    ]
    own = {"contractLineId": found["id"]}
    for refused, code in (("3", "LOT_MULTIPLE"), ("56", "EXCEEDS_MAX")):
        part = {**own, "quantity": refused, "packaging": CARTON}
        payload = await contracts.try_call_off(world, ask, contract, lines=[part])
        assert contracts.codes(payload) == [(code, "lines.0.quantity")]
    cartons_of_it = {**own, "quantity": "54", "packaging": CARTON}
    order = await contracts.call_off(world, ask, contract, lines=[cartons_of_it])
    (ordered,) = await _lines(ask, ORDER, order["id"])
    assert (ordered["ordered"], ordered["packaged"]) == ("648", of("54"))
    more = await contracts.try_call_off(world, ask, contract, "24")
    assert contracts.codes(more) == [("EXCEEDS_MAX", "lines.0.quantity")]
    both = {**own, "quantity": "2", "packaging": CARTON, "unit": "PIECE"}
    payload = await contracts.try_call_off(world, ask, contract, lines=[both])
    assert contracts.codes(payload) == [("INVALID", "lines.0.unit")]


async def test_each_amended_quantity_is_counted_as_it_was_given_last(world, ask, bolt):
    made = await contracts.draft(world, ask, lines=[contracts.line(bolt, "50", packaging=CARTON)])
    own = {"contractLineId": made["lines"][0]["id"]}
    found = []
    for change in (
        {"minQuantity": "5"},
        {"targetQuantity": "2", "packaging": PALLET},
        {"minQuantity": "3", "packaging": CARTON},
        {"targetQuantity": "1152"},
        {"minQuantity": None},
    ):
        payload = await contracts.change(
            ask, "contractAmend", contractId=made["id"], lines=[own | change]
        )
        assert payload["userErrors"] == []
        (line,) = await _lines(ask, CONTRACT, made["id"])
        found.append([line[it] for it in ("targetQuantity", "minQuantity", "packaged", "min")])
    assert found == [
        ["600", "5", of("50"), None],
        ["1152", "5", of("2", PALLET), None],
        ["1152", "36", of("2", PALLET), of("3")],
        ["1152", "36", None, of("3")],
        ["1152", None, None, None],
    ]
    sizes = {"minPerCallOff": "2", "maxPerCallOff": "4", "packaging": CARTON}
    lines = [own | sizes]
    payload = await contracts.change(ask, "contractAmend", contractId=made["id"], lines=lines)
    assert payload["userErrors"] == []
    (line,) = await _lines(ask, CONTRACT, made["id"])
    assert (line["least"], line["most"]) == (of("2"), of("4"))


async def test_a_release_asks_for_cartons_and_an_update_keeps_them(world, ask, bolt):
    contract = await contracts.contract(world, ask, lines=[contracts.line(bolt)])
    line = contract["lines"][0]["id"]
    wanted = contracts.schedule("2026-03-10", "5") | {"packaging": CARTON}
    await contracts.release(ask, line, 1, wanted)
    update = contracts.schedule("2026-03-20", "7")
    release = await contracts.release(ask, line, 2, update, function="UPDATE")
    found = await _lines(ask, RELEASE, release["id"])
    assert [(it["quantity"], it["packaged"]) for it in found] == [("60", of("5")), ("7", None)]


async def test_parts_of_a_delivery_are_counted_as_planned_else_as_ordered(world, ask, bolt):
    order = await orders.order(world, ask, lines=[orders.line(bolt, "4", packaging=CARTON)])
    of_line = {"orderLineId": order["lines"][0]["id"]}
    where = {"locationId": to_global("Location", await locations.location(world))}
    stated = of_line | {"quantity": "3", "packaging": CARTON}
    large = await deliveries.planned(world, ask, order, lines=[stated], **where)
    bare = of_line | {"quantity": "12"}
    small = await deliveries.planned(world, ask, order, lines=[bare], **where)
    assert await _lines(ask, DELIVERY, small["id"]) == [{"planned": "12", "packaged": of("1")}]
    taken = {"deliveryLineId": large["lines"][0]["id"], "quantity": "1", "packaging": CARTON}
    split = await deliveries.done(ask, "deliverySplit", deliveryId=large["id"], lines=[taken])
    part = split["part"]["id"]
    assert await _lines(ask, DELIVERY, part) == [{"planned": "12", "packaged": of("1")}]
    assert await _lines(ask, DELIVERY, large["id"]) == [{"planned": "24", "packaged": of("2")}]
    merged = {"deliveryId": large["id"], "deliveryIds": [part]}
    await deliveries.done(ask, "deliveryMerge", **merged)
    assert await _lines(ask, DELIVERY, large["id"]) == [{"planned": "36", "packaged": of("3")}]


async def test_a_warehouse_packs_cartons_and_reads_what_came_in_them(world, ask, bolt):
    order = await orders.order(world, ask, lines=[orders.line(bolt, "2", packaging=CARTON)])
    location = await locations.location(world)
    where = {"locationId": to_global("Location", location)}
    sent = await deliveries.released(world, ask, order, **where)
    own = {"deliveryLineId": sent["lines"][0]["id"]}
    carton = own | {"quantity": "1", "packaging": CARTON}
    short = own | {"picked": "23", "shortReason": "DAMAGED"}
    parcels = [{"contents": [carton, own | {"quantity": "11"}]}]
    keeper = ask.by(await world.key(Actor.WAREHOUSE, location))
    packing = {"deliveryId": sent["id"], "parcels": parcels, "lines": [short]}
    await deliveries.done(keeper, "deliveryPack", **packing)
    await deliveries.done(keeper, "deliveryDispatch", deliveryId=sent["id"])
    received = own | {"received": "1", "packaging": CARTON, "difference": "SHORT"}
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=sent["id"], lines=[received])
    found = (await keeper(DELIVERY, id=sent["id"]))["delivery"]
    assert found["lines"] == [{"planned": "23", "packaged": None}]
    assert found["parcels"][0]["contents"] == [
        {"quantity": "12", "packaged": of("1")},
        {"quantity": "11", "packaged": None},
    ]
    assert found["receipts"][0]["lines"] == [{"received": "12", "packaged": of("1")}]


async def test_serial_numbers_are_one_for_each_unit_in_a_carton(world, ask, bolt):
    order = await orders.order(world, ask, lines=[orders.line(bolt, "1", packaging=CARTON)])
    delivery = await deliveries.released(world, ask, order)
    content = {"deliveryLineId": delivery["lines"][0]["id"], "quantity": "1", "packaging": CARTON}
    for numbers, refusals in ((1, [("INVALID", "serialNumbers")]), (12, [])):
        serials = {"serialNumbers": [str(it) for it in range(numbers)]}
        parcels = [{"contents": [content | serials]}]
        errors = await deliveries.refusals(
            ask, "deliveryPack", deliveryId=delivery["id"], parcels=parcels
        )
        assert [(code, path.rpartition(".")[2]) for code, path in errors] == refusals


async def test_what_is_cancelled_may_be_counted_in_cartons(world, ask, bolt):
    order = await orders.order(world, ask, lines=[orders.line(bolt, "40")])
    part = {"lineId": order["lines"][0]["id"], "quantity": "3", "packaging": CARTON}
    document = """mutation ($input: OrderCancelLinesInput!) { orderCancelLines(input: $input) {
      order { lines { cancelled } } userErrors { code } } }"""
    payload = await ask(document, input={"orderId": order["id"], "lines": [part]})
    assert payload["orderCancelLines"]["order"]["lines"] == [{"cancelled": "36"}]
    again = await ask(document, input={"orderId": order["id"], "lines": [part]})
    assert again["orderCancelLines"]["userErrors"] == [{"code": "QUANTITY_NOT_OPEN"}]


async def test_an_amendment_keeps_in_what_it_was_counted(world, ask, bolt):
    order = await orders.order(world, ask, lines=[orders.line(bolt, "120")])
    shown = await responses.amended(ask, order, quantity="9", packaging=CARTON)
    line = shown["lines"][0]
    assert (line["amendment"]["quantity"], line["amendment"]["packaged"]) == ("108", of("9"))
    assert line["packaged"] is None
    buyer = await responses.buyer(world, ask, order)
    line = (await responses.answer(buyer, order, accepts=True))["lines"][0]
    assert (line["cancelled"], line["packaged"], line["amendment"]) == ("12", of("10"), None)
    await packagings(ask, item(CARTON, "12", isActive=False))
    again = [responses.line(order, 0, "AMENDED", quantity="8", packaging=CARTON)]
    fields = {"lines": again, "answerBy": responses.UNTIL}
    refused = [("WRONG_STATE", "lines.0.packaging")]
    assert await responses.refusals(ask, responses.CONFIRM, order, **fields) == refused


async def test_a_tolerance_keeps_in_what_it_was_counted_beside_its_line(world, ask, bolt):
    (nut,) = await orders.products(ask, "NUT")
    lines = [orders.line(bolt, "1", packaging=PALLET, substitutionAllowed=True)]
    order = await orders.order(world, ask, lines=lines)
    found = []
    for stated in (
        {"overTolerance": "2", "packaging": CARTON},
        {"window": responses.WINDOW},
        {"overTolerance": "30"},
        {"overTolerance": "2", "packaging": CARTON},
    ):
        accepted = [responses.line(order, 0, "ACCEPTED", **stated)]
        line = (await responses.done(ask, responses.CONFIRM, order, lines=accepted))["lines"][0]
        assert line["packaged"] == of("1", PALLET)
        found.append((line["overTolerance"], line["overTolerancePackaged"]))
    assert found == [("24", of("2")), ("24", of("2")), ("30", None), ("24", of("2"))]
    line = (await responses.amended(ask, order, productId=nut))["lines"][0]
    assert (line["overTolerance"], line["overTolerancePackaged"]) == ("24", None)


async def test_a_substitute_is_counted_in_its_own_packagings(world, ask, bolt):
    nut, _ = await orders.products(ask, "NUT", "COG")
    await packagings(ask, item("BOX", "50", productSku="NUT"))
    order = await orders.order(world, ask, lines=[orders.line(bolt, "10", packaging=CARTON)])
    offered = {"productId": nut, "quantity": "2", "packaging": "BOX"}
    line = (await responses.amended(ask, order, **offered))["lines"][0]
    assert (line["packaged"], line["amendment"]["packaged"]) == (of("10"), of("2", "BOX"))
    buyer = await responses.buyer(world, ask, order)
    line = (await responses.answer(buyer, order, accepts=True))["lines"][0]
    assert (line["product"]["sku"], line["ordered"], line["cancelled"]) == ("NUT", "120", "20")
    assert line["packaged"] is None


async def test_a_guarantee_keeps_in_what_it_was_counted(world, ask, bolt):
    terms = {"quantity": "5", "packaging": CARTON, "period": "WEEK"}
    line = contracts.line(bolt, "50", guarantee=terms)
    made = await contracts.draft(world, ask, lines=[line])
    query = f"""query ($id: ID!) {{ contract(id: $id) {{
      lines {{ guarantee {{ quantity {COUNTED} }} }} }} }}"""
    found = (await _lines(ask, query, made["id"]))[0]["guarantee"]
    assert (found["quantity"], found["packaged"]) == ("60", of("5"))


@pytest.mark.usefixtures("bolt")
async def test_an_import_counts_by_sku(world, ask):
    await channels.channel(world, code="SHOP")
    await parties.company(world, number="K-1")
    line = {"productSku": "BOLT", "quantity": "2", "packaging": CARTON, "unitPrice": "1"}
    one = {"channelCode": "SHOP", "partyNumber": "K-1", "externalReference": "E-1"}
    one |= {"placedAt": "2026-03-01T00:00:00Z", "currency": "EUR", "lines": [line]}
    document = f"""mutation ($input: OrdersImportInput!) {{ ordersImport(input: $input) {{
      results {{ order {{ lines {{ ordered {COUNTED} }} }} userErrors {{ code field }} }} }} }}"""
    bad = one | {"externalReference": "E-2", "lines": [line | {"packaging": "CRATE"}]}
    first, second = (await ask(document, input={"orders": [one, bad]}))["ordersImport"]["results"]
    assert first["order"]["lines"] == [{"ordered": "24", "packaged": of("2")}]
    assert second["userErrors"] == [
        {"code": "NOT_FOUND", "field": ["input", "orders", "1", "lines", "0", "packaging"]}
    ]


async def test_packagings_cost_one_statement_for_any_number_of_lines(world, ask, database, bolt):
    sent = {}
    channel = to_global("Channel", await channels.channel(world))
    party = to_global("Party", await parties.company(world))
    own = {"partyId": party, "channelId": channel}
    for count, packaging in ((1, None), (1, CARTON), (20, CARTON)):
        references = (f"{packaging}-{count}-{it}" for it in range(count))
        lines = [
            orders.line(bolt, "1", packaging=packaging, externalReference=it) for it in references
        ]
        values = await orders.order_input(world, ask, lines=lines, **own)
        with counted(database.engine) as statements:
            await ask(orders.PLACE, input=values)
        sent[count, packaging] = len(statements)
    assert sent[20, CARTON] == sent[1, CARTON] == sent[1, None] + 1


async def test_a_unit_that_may_mean_a_packaging_is_told_how_to_say_that(ask, world):
    (bolt,) = await orders.products(ask, "BOLT")
    made = await contracts.contract(world, ask, lines=[contracts.line(bolt, "9")])
    of = {"contractLineId": made["lines"][0]["id"]}
    texts = []
    for line in ({"quantity": "1", "unit": "PALLET"}, {"quantity": "10"}):
        payload = await contracts.try_call_off(world, ask, made, lines=[of | line])
        texts += [it["message"] for it in payload["userErrors"]]
    assert texts == [
        'BOLT is agreed in PIECE; for a packaging use `packaging: "PALLET"`.',
        "Only 9 PIECE of BOLT can still be called off.",
    ]

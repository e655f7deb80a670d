"""Orders imported from a back office."""

from asyncio import gather
from typing import Any

import pytest

from commands.writing import counters
from kit.ids import to_global
from models.access.viewers import Actor
from tests.guard import counted
from tests.make import reasons
from tests.make.master import channels, parties
from tests.make.trade import orders

IMPORT = """
mutation ($input: OrdersImportInput!) {
  ordersImport(input: $input) {
    results {
      status
      order {
        number state placedAt confirmedAt externalReference channel { code } party { number }
        buyerContact { code } shipToAddress { code } window { latest }
        lines { ordered product { sku } discountPercent }
      }
      userErrors { code message field }
    }
    userErrors { code field }
  }
}
"""
TOTAL = "{ orders(first: 1) { totalCount } }"
WINDOW = {
    "earliest": "1998-05-04T00:00:00Z",
    "latest": "1998-06-01T23:59:59Z",
    "timeZone": "America/New_York",
}


async def _masters(world, ask):
    await channels.channel(world, code="OFFICE", approval_required=True, is_active=False)
    await parties.company(world, number="ALFKI")
    await orders.products(ask, "BOLT", "NUT", "COG", isActive=False)


def _item(reference, **fields):
    return {
        "externalReference": reference,
        "placedAt": "1998-05-04T12:00:00Z",
        "channelCode": "OFFICE",
        "partyNumber": "ALFKI",
        "currency": "USD",
        "lines": [
            {"productSku": sku, "quantity": "5", "unitPrice": "9.8", "discountPercent": "15"}
            for sku in ("BOLT", "NUT", "COG")
        ],
        **fields,
    }


async def _imported(ask, *items, **more):
    return (await ask(IMPORT, input={"orders": list(items), **more}))["ordersImport"]


async def test_history_is_taken_as_it_was(world, ask):
    await _masters(world, ask)
    item = _item(
        "10248", buyerContactCode="ANNA", shipToAddressCode="MAIN", window=WINDOW, kind="SAMPLE"
    )
    (result,) = (await _imported(ask, item))["results"]
    assert (result["status"], result["userErrors"]) == ("CREATED", [])
    line = {"ordered": "5", "discountPercent": "15"}
    assert result["order"] == {
        "number": "O-000001",
        "state": "CONFIRMED",
        "placedAt": "1998-05-04T12:00:00+00:00",
        "confirmedAt": "1998-05-04T12:00:00+00:00",
        "externalReference": "10248",
        "channel": {"code": "OFFICE"},
        "party": {"number": "ALFKI"},
        "buyerContact": {"code": "ANNA"},
        "shipToAddress": {"code": "MAIN"},
        "window": {"latest": "1998-06-01T23:59:59+00:00"},
        "lines": [line | {"product": {"sku": sku}} for sku in ("BOLT", "NUT", "COG")],
    }


async def test_a_second_import_changes_nothing(world, ask):
    await _masters(world, ask)
    await _imported(ask, _item("1"), _item("2"))
    again = await _imported(ask, _item("2"), _item("3"), _item("1"))
    assert [it["status"] for it in again["results"]] == ["UNCHANGED", "CREATED", "UNCHANGED"]
    assert [it["order"]["externalReference"] for it in again["results"]] == ["2", "3", "1"]
    assert (await ask(TOTAL))["orders"]["totalCount"] == 3


def _status_and_errors(item):
    errors = ((it["code"], ".".join(it["field"][2:])) for it in item["userErrors"])
    return (item["status"], *errors)


async def test_a_refused_order_stops_no_other(world, ask):
    await _masters(world, ask)
    half = _item("2")
    half["lines"][1]["quantity"] = "0.5"
    wrong = [
        _item("1", channelCode="NOWHERE"),
        half,
        _item("3", partyNumber="NOBODY"),
        _item("4", buyerContactCode="NOBODY"),
        _item("5", shipToAddressCode="NOWHERE"),
        _item("6", placedAt="2026-03-03T09:00:01Z"),
        _item("7", channelId=to_global("Channel", await channels.channel(world))),
        _item("8", lines=[{"quantity": "1", "unitPrice": "1"}]),
        _item("9", guest={"name": "Jan"}),
        _item("12", placedAt="2026-03-02T09:00:00"),
        _item("13", currency="XXQ", deliveryPolicy="SOON"),
    ]
    answer = await _imported(ask, *wrong, _item("10"), _item("10"), _item("11"))
    assert [_status_and_errors(item) for item in answer["results"]] == [
        ("REFUSED", ("NOT_FOUND", "0.channelCode")),
        ("REFUSED", ("SCALE_EXCEEDED", "1.lines.1.quantity")),
        ("REFUSED", ("NOT_FOUND", "2.partyNumber")),
        ("REFUSED", ("NOT_FOUND", "3.buyerContactCode")),
        ("REFUSED", ("NOT_FOUND", "4.shipToAddressCode")),
        ("REFUSED", ("INVALID_DATE", "5.placedAt")),
        ("REFUSED", ("INVALID", "6.channelCode")),
        ("REFUSED", ("INVALID", "7.lines.0")),
        ("REFUSED", ("INVALID", "8.partyNumber")),
        ("REFUSED", ("INVALID_DATE", "9.placedAt")),
        ("REFUSED", ("INVALID_CURRENCY", "10.currency"), ("INVALID", "10.deliveryPolicy")),
        ("CREATED",),
        ("REFUSED", ("DUPLICATE", "12.externalReference")),
        ("CREATED",),
    ]
    assert (await ask(TOTAL))["orders"]["totalCount"] == 2


@pytest.mark.gate("R2", "ordersImport")
async def test_an_import_is_asked_the_same_as_an_order_that_is_placed(world, ask):
    await _masters(world, ask)
    await channels.channel(world, code="CLOSED", guests_allowed=False)
    place = {"line1": "Ringstr. 1", "city": "Köln", "country": "DE"}
    guest = _item("1", partyNumber=None, guest={"name": "Jan"})
    results = (
        await _imported(
            ask,
            guest | {"channelCode": "CLOSED"},
            guest | {"shipTo": place, "shipToAddressCode": "NOWHERE"},
            guest | {"channelCode": ""},
        )
    )["results"]
    assert [_refusals(it) for it in results] == [
        [("GUESTS_NOT_ALLOWED", "guest")],
        [("INVALID", "shipTo")],
        [("INVALID", "")],
    ]


def _refusals(result):
    return reasons(result["userErrors"], 3)


async def test_all_that_is_wrong_with_an_item_is_told_at_once(world, ask):
    await _masters(world, ask)
    wrong = _item("1", channelCode="NOWHERE", partyNumber="NOBODY", placedAt="2026-03-09T09:00:01Z")
    wrong["lines"][0] |= {"productSku": "NOTHING"}
    wrong["lines"][1] |= {"quantity": "0.5", "discountPercent": None, "discountAmount": "999"}
    costly = _item("2", channelCode="NOWHERE", discountAmount="9999")
    results = (await _imported(ask, wrong, costly))["results"]
    assert [_refusals(it) for it in results] == [
        [
            ("INVALID_DATE", "placedAt"),
            ("NOT_FOUND", "channelCode"),
            ("NOT_FOUND", "partyNumber"),
            ("NOT_FOUND", "lines.0.productSku"),
            ("SCALE_EXCEEDED", "lines.1.quantity"),
            ("OUT_OF_RANGE", "lines.1.discountAmount"),
        ],
        [("NOT_FOUND", "channelCode"), ("OUT_OF_RANGE", "discountAmount")],
    ]


async def test_a_retried_import_gives_the_first_answer(world, ask):
    await _masters(world, ask)
    items = [_item("1"), _item("2", partyNumber="NOBODY")]
    first = await _imported(ask, *items, idempotencyKey="k")
    assert await _imported(ask, *items, idempotencyKey="k") == first


async def test_none_and_251_orders_are_refused_as_a_whole(world, ask):
    await _masters(world, ask)
    many = await _imported(ask, *(_item(str(number)) for number in range(251)))
    none = await _imported(ask)
    assert [(it["results"], it["userErrors"][0]) for it in (many, none)] == [
        (None, {"code": "TOO_MANY_ITEMS", "field": ["input", "orders"]}),
        (None, {"code": "TOO_FEW_ITEMS", "field": ["input", "orders"]}),
    ]
    assert (await ask(TOTAL))["orders"]["totalCount"] == 0


async def test_statements_do_not_grow_with_the_number_of_orders(world, ask, database):
    await _masters(world, ask)
    counts = []
    for count in (1, 20):
        with counted(database.engine) as sent:
            await _imported(ask, *(_item(f"{count}-{number}") for number in range(count)))
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_250_orders_come_in_one_call(world, ask):
    await _masters(world, ask)
    answer = await _imported(ask, *(_item(str(number)) for number in range(250)))
    assert {it["status"] for it in answer["results"]} == {"CREATED"}
    summed = await ask("{ orders(first: 0) { summary { orderCount lineCount orderedQuantity } } }")
    assert summed["orders"]["summary"] == {
        "orderCount": 250,
        "lineCount": 750,
        "orderedQuantity": "3750",
    }


async def test_a_portal_imports_nothing(world, ask):
    await _masters(world, ask)
    buyer = ask.by(await world.key(Actor.BUYER, await parties.company(world)))
    answer = await buyer.answer(IMPORT, input={"orders": [_item("1")]})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_wrong_texts_of_scalars_in_the_document_itself_refuse_their_item_alone(world, ask):
    await _masters(world, ask)
    order = """{
      externalReference: "%s" placedAt: "1998-05-04T12:00:00%s" channelCode: "OFFICE" currency: USD
      partyNumber: "ALFKI" lines: [{productSku: "BOLT" quantity: %s unitPrice: "1"}] }"""
    order = order.replace("currency: USD", 'currency: "USD"')
    items = (("1", "", '"2"'), ("2", "Z", "$many"), ("3", "Z", '"2"'))
    document = f"""mutation ($many: Decimal!) {{ ordersImport(input: {{orders: [
      {" ".join(order % it for it in items)}
    ]}}) {{ results {{ status userErrors {{ code field }} }} userErrors {{ code }} }} }}"""
    results = (await ask(document, many="many"))["ordersImport"]["results"]
    assert [
        (it["status"], *(each["field"][3:] for each in it["userErrors"])) for it in results
    ] == [
        ("REFUSED", ["placedAt"]),
        ("REFUSED", ["lines", "0", "quantity"]),
        ("CREATED",),
    ]


_STRANGE = {"productSku": "NOTHING", "quantity": "1", "unitPrice": "1"}
_UNKNOWN = ("NOT_FOUND", "lines.0.productSku")
_LONG = {"note": "x" * 2001}
_ODD_ITEMS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    (
        _LONG | {"partyNumber": "NOBODY", "lines": [_STRANGE]},
        [("TOO_LONG", "note"), ("NOT_FOUND", "partyNumber"), _UNKNOWN],
    ),
    (
        _LONG | {"cancelledAt": "1998-05-01", "lines": [{"productSku": "BOLT", "quantity": "0"}]},
        [
            ("TOO_LONG", "note"),
            ("INVALID_DATE", "cancelledAt"),
            ("NOT_POSITIVE", "lines.0.quantity"),
        ],
    ),
    # Whose prices count hangs on what is odd: that is told alone.
    (
        {"channelCode": "x" * 2001, "lines": [{"productSku": "BOLT", "quantity": "1"}]},
        [("TOO_LONG", "channelCode")],
    ),
    # Nobody knows when it was ordered, and so what happened before.
    (
        {
            "placedAt": "1998-05-04T12:00:00",
            "cancelledAt": "1998-05-01T00:00:00Z",
            "lines": [_STRANGE],
        },
        [("INVALID_DATE", "placedAt"), _UNKNOWN],
    ),
    (
        {"currency": "XXQ", "lines": [_STRANGE | {"quantity": "0"}]},
        [("INVALID_CURRENCY", "currency"), ("NOT_POSITIVE", "lines.0.quantity"), _UNKNOWN],
    ),
    (_LONG, [("TOO_LONG", "note")]),
    ({}, []),
]


async def test_an_odd_field_hides_nothing_that_is_wrong_with_the_others(world, ask):
    """What a long note says cannot be known; that no such product is sold can."""
    await _masters(world, ask)
    items = [_item(str(number), **fields) for number, (fields, _) in enumerate(_ODD_ITEMS)]
    answer = await _imported(ask, *items)
    found = [reasons(result["userErrors"], 3) for result in answer["results"]]
    assert found == [refused for _, refused in _ODD_ITEMS]
    assert (await ask(TOTAL))["orders"]["totalCount"] == 1


async def test_an_order_whose_customer_was_corrected_is_no_other_order(world, ask):
    """It is told with what else is odd; what a customer has placed has its own references."""
    await _masters(world, ask)
    company = await parties.company(world, number="BERGS")
    assert [it["status"] for it in (await _imported(ask, _item("1")))["results"]] == ["CREATED"]
    corrected = _item("1", partyNumber="BERGS")
    odd = corrected | {"lines": [{"productSku": "BOLT", "quantity": "0", "unitPrice": "9.8"}]}
    guest = {**_item("1"), "partyNumber": None, "guest": {"name": "Ana"}}
    found = (await _imported(ask, corrected, odd, guest))["results"]
    assert [it["status"] for it in found] == ["REFUSED"] * 3
    assert reasons(found[0]["userErrors"], 3) == [("WRONG_STATE", "partyNumber")]
    assert "O-000001 has this reference" in found[0]["userErrors"][0]["message"]
    assert ("NOT_POSITIVE", "lines.0.quantity") in reasons(found[1]["userErrors"], 3)
    assert ("WRONG_STATE", "guest") in reasons(found[2]["userErrors"], 3)
    both = (await _imported(ask, _item("2"), _item("2", partyNumber="BERGS")))["results"]
    assert [it["status"] for it in both] == ["CREATED", "REFUSED"]
    assert reasons(both[1]["userErrors"], 3) == [("DUPLICATE", "externalReference")]
    assert (await ask(TOTAL))["orders"]["totalCount"] == 2
    await orders.products(ask, "BOLT", "NUT", "COG", isActive=True)
    buyer = ask.by(await world.key(Actor.BUYER, company))
    fields = await orders.order_input(
        world, ask, externalReference="3", partyId=to_global("Party", company)
    )
    assert (await buyer(orders.PLACE, input=fields))["orderPlace"]["userErrors"] == []
    own = {**_item("3"), "channelCode": None, "channelId": fields["channelId"]}
    for status in ("CREATED", "UNCHANGED"):
        (found,) = (await _imported(ask, own))["results"]
        assert (found["status"], found["order"]["party"]["number"]) == (status, "ALFKI")


async def test_of_two_customers_one_has_a_reference_that_both_are_given_at_once(
    world, ask, monkeypatch
):
    """As of many orders, which are numbered last: nothing else lets them wait."""
    monkeypatch.setattr(counters, "SLICE", 0)
    await _masters(world, ask)
    for number in ("BERGS", "CACTU"):
        await parties.company(world, number=number)
    for reference in ("1", "2", "3"):
        sent = [_item(reference, partyNumber=it) for it in ("ALFKI", "BERGS", "CACTU") * 2]
        found = await gather(*(_imported(ask, it) for it in sent))
        statuses = sorted(of["status"] for it in found for of in it["results"])
        assert statuses == ["CREATED", *["REFUSED"] * 4, "UNCHANGED"]
    assert (await ask(TOTAL))["orders"]["totalCount"] == 3


async def test_null_takes_a_note_away_and_opens_nothing_that_is_closed(world, ask):
    """An empty text is none: it leaves what is there."""
    await _masters(world, ask)
    closed = {"closedAt": "1998-05-05T12:00:00Z"}
    sent = [("Ring", closed), ("", {}), (None, {"closedAt": None, "cancelledAt": None})]
    query, found = "{ orders(first: 1) { nodes { state note } } }", []
    for note, fields in sent:
        (result,) = (await _imported(ask, _item("1", note=note, **fields)))["results"]
        (order,) = (await ask(query))["orders"]["nodes"]
        found.append((result["status"], order["state"], order["note"]))
    assert found[:2] == [("CREATED", "CLOSED", "Ring"), ("UNCHANGED", "CLOSED", "Ring")]
    assert found[2] == ("REFUSED", "CLOSED", "Ring")
    open_one = [_item("2", note=it) for it in ("Ring", "", None)]
    statuses = [(await _imported(ask, it))["results"][0]["status"] for it in open_one]
    assert statuses == ["CREATED", "UNCHANGED", "UPDATED"]

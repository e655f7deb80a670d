"""Price lists: written in bulk, read page by page, and by nobody whom they do not concern."""

from typing import Any

import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from tests import make
from tests.make import reasons, refusals
from tests.make.master import channels, locations, parties, prices
from tests.make.trade import orders

READ = """
query ($filter: PriceListFilter) { priceLists(first: 50, filter: $filter) {
  totalCount nodes {
    code currency party { number } partyGroup channel { code } validFrom validTo
    entries(first: 9, sort: UNIT_PRICE) {
      totalCount
      nodes { fromQuantity unitPrice { amount currency } isActive product { sku } }
    }
  }
} }
"""
OF_PRODUCT = """
query ($id: ID!, $filter: PriceListEntryFilter) { product(id: $id) {
  listPrice { amount } prices(first: 50, filter: $filter) {
    nodes { unitPrice { amount } priceList { code } } }
} }
"""


async def _codes(by: make.Ask, **values: Any) -> list[str]:
    return [it["code"] for it in (await by(READ, filter=values))["priceLists"]["nodes"]]


@pytest.mark.harmless(
    "priceListEntriesUpsert", "Prices bear on no rule; orders keep what they were placed at."
)
async def test_lists_and_their_prices_are_written_and_read(world, ask):
    await _written(world, ask)
    shown = (await ask(READ))["priceLists"]
    assert shown["totalCount"] == 3
    assert [(it["code"], it["currency"], it["partyGroup"]) for it in shown["nodes"]] == [
        ("GOLDEN", "CHF", "GOLD"),
        ("OWN", "EUR", None),
        ("SHOPS", "EUR", None),
    ]
    found = shown["nodes"][1]
    assert (found["party"], found["validTo"]) == ({"number": "K-1"}, "2026-12-31")
    assert found["entries"]["totalCount"] == 3
    assert [
        (
            each["product"]["sku"],
            each["fromQuantity"],
            each["unitPrice"]["amount"],
            each["isActive"],
        )
        for each in found["entries"]["nodes"]
    ] == [
        ("NUT", "0", "0.1", False),
        ("BOLT", "100", "2.1", True),
        ("BOLT", "0", "2.4", True),
    ]


async def _written(world, ask):
    """Write lists and prices, then both again, and change some prices."""
    await parties.company(world, number="K-1")
    await channels.channel(world, code="SHOP")
    await orders.products(ask, "BOLT", "NUT")
    values = [
        prices.listed("OWN", partyNumber="K-1", validTo="2026-12-31"),
        prices.listed("SHOPS", channelCode="SHOP"),
        prices.listed("GOLDEN", partyGroup="GOLD", currency="CHF"),
    ]
    statuses = []
    for _ in range(2):
        payload = await prices.upsert(ask, prices.LISTS, priceLists=values)
        statuses.append([it["status"] for it in payload["results"]])
    assert statuses == [["CREATED"] * 3, ["UNCHANGED"] * 3]
    own = [
        prices.entry("OWN", "2.4"),
        prices.entry("OWN", "2.2", fromQuantity="100"),
        prices.entry("OWN", "0.1", sku="NUT"),
    ]
    assert await prices.entries(ask, *own) == ["CREATED"] * 3
    assert await prices.entries(ask, own[0] | {"unitPrice": "2.40"}, *own[1:]) == ["UNCHANGED"] * 3
    changed = [own[1] | {"unitPrice": "2.1"}, own[2] | {"isActive": False}]
    assert await prices.entries(ask, own[0], *changed) == ["UNCHANGED", "UPDATED", "UPDATED"]


async def test_what_happened_to_a_list_is_told(world, ask):
    await parties.company(world, number="K-1")
    await orders.products(ask, "BOLT")
    key = await prices.price_list(ask, "OWN", "2.4", partyNumber="K-1")
    await prices.price_list(ask, "OWN", partyNumber="K-1", validTo="2026-12-31")
    twice = (prices.entry("OWN", "2"), prices.entry("OWN", "1", fromQuantity="9"))
    await prices.entries(ask, *twice)
    await prices.entries(ask, *twice)
    query = """query ($id: ID!) { priceList(id: $id) {
      timeline(first: 9) { nodes { type payload } } } }"""
    events = (await ask(query, id=key))["priceList"]["timeline"]["nodes"]
    (change,) = events[-1]["payload"].pop("prices").values()
    assert change == {"before": "2.4", "after": "2"}
    assert [(it["type"], it["payload"]) for it in events] == [
        ("price_list.created", {}),
        ("price_list.repriced", {"created": 1, "updated": 0}),
        ("price_list.updated", {"fields": ["valid_to"]}),
        ("price_list.repriced", {"created": 1, "updated": 1}),
    ]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"partyNumber": "K-9"}, "NOT_FOUND", "priceLists.0.partyNumber"),
        ({"channelCode": "NONE"}, "NOT_FOUND", "priceLists.0.channelCode"),
        ({"partyGroup": None}, "INVALID", "priceLists.0"),
        ({"partyGroup": "GOLD", "partyNumber": "K-1"}, "INVALID", "priceLists.0"),
        ({"partyGroup": "GOLD", "validTo": "2025-12-31"}, "INVALID_DATE", "priceLists.0"),
        ({"partyGroup": "GOLD", "currency": "CHF"}, "INVALID", "priceLists.0.currency"),
    ],
)
async def test_a_list_is_refused_for(world, ask, fields, code, field):
    await parties.company(world, number="K-1")
    await prices.price_list(ask, "OWN", partyGroup="GOLD")
    payload = await prices.upsert(ask, prices.LISTS, priceLists=[prices.listed("OWN", **fields)])
    found = reasons(refusals(payload))
    assert found == [(code, field)]


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ([{"priceListCode": "NONE"}], "NOT_FOUND", "priceListEntries.0.priceListCode"),
        ([{"productSku": "NONE"}], "NOT_FOUND", "priceListEntries.0.productSku"),
        ([{"fromQuantity": "0.5"}], "SCALE_EXCEEDED", "priceListEntries.0.fromQuantity"),
        ([{}, {"fromQuantity": "0.0"}], "DUPLICATE", "priceListEntries.1.fromQuantity"),
        ([{}, {"unitPrice": "-1"}], "NOT_POSITIVE", "priceListEntries.1.unitPrice"),
    ],
)
async def test_prices_are_refused_for(ask, values, code, field):
    await orders.products(ask, "BOLT")
    await prices.price_list(ask, "OWN", partyGroup="GOLD")
    wrong = [prices.entry("OWN", "1") | it for it in values]
    payload = await prices.upsert(ask, prices.ENTRIES, priceListEntries=wrong)
    found = reasons(refusals(payload))
    assert found == [(code, field)]
    written = (await ask(READ))["priceLists"]["nodes"][0]["entries"]["totalCount"]
    assert written == len(values) - 1


@pytest.fixture
async def everybodys(world, ask):
    """Make lists of three parties, groups and channels; return bound ids of one of each."""
    await orders.products(ask, "BOLT")
    made = {}
    for letter in "AB":
        made[letter] = await parties.company(world, number=letter, price_group=f"G{letter}")
        made[f"C{letter}"] = await channels.channel(world, code=f"C{letter}")
        of = {"partyNumber": letter}, {"partyGroup": f"G{letter}"}, {"channelCode": f"C{letter}"}
        for number, whose in enumerate(of):
            await prices.price_list(ask, f"{letter}{number}", f"{number + 1}", **whose)
    await parties.allow(world, to_global("Party", made["A"]), to_global("Channel", made["CA"]))
    return made


async def test_each_sees_its_own_prices_only(world, ask, everybodys):
    every = ["A0", "A1", "A2", "B0", "B1", "B2"]
    (bolt,) = await orders.products(ask, "BOLT")
    location, carrier = await locations.location(world), await parties.carrier(world)
    seen = {
        (Actor.STAFF, None): every,
        (Actor.BUYER, everybodys["A"]): ["A0", "A1", "A2"],
        (Actor.BUYER, everybodys["B"]): ["B0", "B1"],
        (Actor.STOREFRONT, everybodys["CA"]): ["A2"],
        (Actor.WAREHOUSE, location): [],
        (Actor.CARRIER, carrier): [],
    }
    for (actor, bound), codes in seen.items():
        by = ask.by(await world.key(actor, bound))
        shown = (await by(READ))["priceLists"]
        assert (shown["totalCount"], [it["code"] for it in shown["nodes"]]) == (len(codes), codes)
        product = (await by(OF_PRODUCT, id=bolt))["product"]
        if actor is Actor.CARRIER:
            assert product is None
            continue
        assert [it["priceList"]["code"] for it in product["prices"]["nodes"]] == codes
        assert (product["listPrice"] is None) == (actor is Actor.WAREHOUSE)


async def test_another_companys_list_is_read_like_a_missing_one(world, ask, everybodys):
    buyer = ask.by(await world.key(Actor.BUYER, everybodys["B"]))
    query = """query ($id: ID!) { priceList(id: $id) { code } node(id: $id) { id } }"""
    nodes = (await ask("{ priceLists(first: 9) { nodes { id code } } }"))["priceLists"]["nodes"]
    for each in nodes:
        own = each["code"] in {"B0", "B1"}
        shown = await buyer(query, id=each["id"])
        assert [value is not None for value in shown.values()] == [own, own]


async def test_lists_are_filtered(ask, everybodys):
    party = to_global("Party", everybodys["A"])
    channel = to_global("Channel", everybodys["CB"])
    assert await _codes(ask, partyId=party) == ["A0"]
    assert await _codes(ask, partyGroup="GB") == ["B1"]
    assert await _codes(ask, channelId=channel) == ["B2"]
    assert await _codes(ask, codePrefix="A") == ["A0", "A1", "A2"]
    await prices.price_list(ask, "MARCH", partyGroup="X", validTo="2026-03-31")
    for day, is_valid in (("2026-01-01", True), ("2026-03-31", True), ("2026-04-01", False)):
        assert ("MARCH" in await _codes(ask, validOn=day)) == is_valid


async def test_a_product_tells_its_prices_in_one_list(ask, everybodys):
    (bolt,) = await orders.products(ask, "BOLT")
    query = '{ priceLists(first: 9, filter: { codePrefix: "B1" }) { nodes { id } } }'
    key = (await ask(query))["priceLists"]["nodes"][0]["id"]
    product = (await ask(OF_PRODUCT, id=bolt, filter={"priceListId": key}))["product"]
    assert product["prices"]["nodes"] == [
        {"unitPrice": {"amount": "2"}, "priceList": {"code": "B1"}}
    ]
    assert everybodys


@pytest.mark.parametrize("actor", [Actor.BUYER, Actor.STOREFRONT])
async def test_only_staff_write_prices(world, ask, everybodys, actor):
    bound = everybodys["A"] if actor is Actor.BUYER else everybodys["CA"]
    by = ask.by(await world.key(actor, bound))
    for document, values in (
        (prices.LISTS, {"priceLists": [prices.listed("A0", partyNumber="A")]}),
        (prices.ENTRIES, {"priceListEntries": [prices.entry("A0", "0.01")]}),
    ):
        answer = await by.answer(document, input=values)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_parties_say_their_group_and_their_channels(world, ask):
    for code in ("A", "B"):
        await channels.channel(world, code=code)
    document = """mutation ($input: PartiesUpsertInput!) { partiesUpsert(input: $input) {
      results { status userErrors { code field } party { priceGroup channels { code }
        approvalLimit { amount } approvalLimitPerDay { amount currency } } }
      userErrors { code field } } }"""

    async def put(**fields: Any) -> Any:
        values = {"number": "K-1", "name": "Weber", **fields}
        payload = (await ask(document, input={"parties": [values]}))["partiesUpsert"]
        if refused := refusals(payload):
            return reasons(refused, 3)
        (result,) = payload["results"]
        shown = [it["code"] for it in result["party"]["channels"]]
        return result["status"], shown, result["party"]["priceGroup"]

    assert await put(channelCodes=["B", "A"], priceGroup="GOLD") == ("CREATED", ["A", "B"], "GOLD")
    assert await put(priceGroup="GOLD") == ("UNCHANGED", ["A", "B"], "GOLD")
    assert await put(channelCodes=["A", "B"], priceGroup="GOLD") == (
        "UNCHANGED",
        ["A", "B"],
        "GOLD",
    )
    assert await put(channelCodes=["A"]) == ("UPDATED", ["A"], "GOLD")
    assert await put(channelCodes=[], priceGroup=None) == ("UPDATED", [], None)
    assert await put(channelCodes=["A", "C"]) == [("NOT_FOUND", "channelCodes.1")]
    assert await put(channelCodes=["A", "A"]) == [("DUPLICATE", "channelCodes.1")]
    limits = {"approvalLimit": {"amount": "1", "currency": "EUR"}}
    limits |= {"approvalLimitPerDay": {"amount": "1", "currency": "CHF"}}
    assert await put(**limits) == [("INVALID", "approvalLimitPerDay.currency")]
    del limits["approvalLimit"]
    assert await put(**limits) == ("UPDATED", [], None)


async def test_whose_a_list_is_stays_until_somebody_else_is_named(world, ask):
    await parties.company(world, number="K-1")
    await prices.price_list(ask, "OWN", partyGroup="GOLD", validTo="2026-06-30")
    for fields, group in (({}, "GOLD"), ({"partyNumber": "K-1"}, None)):
        await prices.price_list(ask, "OWN", **fields)
        query = 'query { priceList(code: "OWN") { partyGroup party { number } validTo } }'
        shown = (await ask(query))["priceList"]
        assert (shown["partyGroup"], shown["validTo"]) == (group, "2026-06-30")
    assert shown["party"] == {"number": "K-1"}


@pytest.mark.parametrize(
    ("code", "fields", "problem"),
    [
        ("NEW", {}, ("INVALID", [])),
        ("OWN", {"validFrom": "2027-01-01"}, ("INVALID_DATE", ["validFrom"])),
    ],
)
async def test_what_is_left_out_must_fit(ask, code, fields, problem):
    await prices.price_list(ask, "OWN", partyGroup="GOLD", validTo="2026-06-30")
    payload = await prices.upsert(ask, prices.LISTS, priceLists=[prices.listed(code, **fields)])
    (found,) = refusals(payload)
    assert (found["code"], found["field"][3:]) == problem

"""Search finds what somebody may read, by whatever it is called, however that is spelled."""

from dataclasses import dataclass
from typing import Any

import pytest

from kit.ids import from_global, to_global
from models.access.viewers import Actor, Scope
from models.trade.orders.tables import Order
from tests import make
from tests.guard import counted
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.sweeps.offers import write
from tests.make.trade import orders

SEARCH = """query ($text: String!, $types: [SearchType!], $first: Int!) {
  search(text: $text, types: $types, first: $first) {
    __typename id
    ... on Order { number } ... on Product { sku } ... on Party { name } ... on Contact { name }
    ... on Delivery { number }
  }
}"""
CONTACTS = """mutation ($input: PartiesUpsertInput!) { partiesUpsert(input: $input) {
  results { userErrors { code field } } userErrors { code field } } }"""
SSCC = "query ($id: ID!) { delivery(id: $id) { parcels { id sscc } } }"


@pytest.fixture(params=[True, False], ids=["planned", "reference"])
def plans(request: pytest.FixtureRequest) -> bool:
    """Both executors, whatever the whole run is of."""
    return bool(request.param)


async def found(ask: Ask, text: str, *types: str, first: int = 10) -> list[dict[str, Any]]:
    answer = await ask(SEARCH, text=text, types=types or None, first=first)
    return list(answer["search"])


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [next(row[it] for it in ("number", "sku", "name") if it in row) for row in rows]


@dataclass(frozen=True)
class Sold:
    """What a company bought, on its way. by: whoever looks for it."""

    order: dict[str, Any]
    parcel: dict[str, Any]
    by: dict[str, Ask]


@pytest.fixture
async def sold(world: World, ask: Ask) -> Sold:
    company = await parties.company(world, number="K-7", name="Łódź Künstler GmbH")
    other = await parties.company(world, number="K-8", name="Other")
    contact = {"code": "A", "name": "Zoë Weiß"}
    party = {"number": "K-7", "kind": "COMPANY", "roles": ["CUSTOMER"], "contacts": [contact]}
    await ask(CONTACTS, input={"parties": [party | {"name": "Łódź Künstler GmbH"}]})
    carrier = {"carrierId": to_global("Party", await parties.carrier(world))}
    order = await orders.order(
        world,
        ask,
        partyId=to_global("Party", company),
        purchaseOrderNumber="Best-Älter 9",
        externalReference="WEB/77",
    )
    made = await deliveries.packed(
        world, ask, order, {**carrier, "trackingNumbers": ["JD 0123 ab"]}
    )
    (parcel,) = (await ask(SSCC, id=made["id"]))["delivery"]["parcels"]
    unscoped = await world.key(Actor.STAFF, scopes=[Scope.MASTER_DATA_READ])
    by = {
        "own": ask.by(await world.key(Actor.BUYER, company)),
        "other": ask.by(await world.key(Actor.BUYER, other)),
        "unscoped": ask.by(unscoped),
    }
    return Sold(order, parcel, {"staff": ask, **by})


async def test_it_finds_by_every_name_however_it_is_spelled(sold: Sold) -> None:
    ask, number = sold.by["staff"], sold.order["number"]
    assert names(await found(ask, number.lower(), "ORDER")) == [number]
    assert names(await found(ask, "best-alt", "ORDER")) == [number]
    assert names(await found(ask, "web/77")) == [number]
    assert names(await found(ask, "KUNSTLER")) == ["Łódź Künstler GmbH"]
    assert names(await found(ask, "lodz kü")) == ["Łódź Künstler GmbH"]
    assert names(await found(ask, "weiss")) == ["Zoë Weiß"]
    sscc = sold.parcel["sscc"]
    for text in ("jd0123AB", sscc, f"(00) {sscc[:5]} {sscc[5:]}", f"00{sscc}"):
        rows = await found(ask, text)
        assert [(it["__typename"], it["id"]) for it in rows] == [("Parcel", sold.parcel["id"])]
    assert await found(ask, "nothing like it") == await found(ask, "%%") == []


async def test_what_is_called_exactly_so_comes_first(ask: Ask) -> None:
    await orders.products(ask, "AB-1X", "AB-1", "XY")
    assert names(await found(ask, "ab-1")) == ["AB-1", "AB-1X"]
    assert names(await found(ask, "ab-1", first=1)) == ["AB-1"]


async def test_sigmas_and_blanks_are_folded(ask: Ask) -> None:
    await orders.products(ask, "A", name="ΣΊΣΥΦΟΣ  λόγος")
    for text in ("ΛΌΓΟΣ", "λόγος", "σίσυφος", "ΣΊΣΥΦΟΣ ΛΌΓΟΣ", "σισυφος   λογοσ"):
        assert names(await found(ask, text)) == ["A"]


async def test_no_type_keeps_another_out(world: World, ask: Ask) -> None:
    place = {"line1": "Ring 1", "postalCode": "50667", "city": "Köln", "country": "DE"}
    company = await parties.company(world, name="Schmidt & Söhne GmbH", contacts=[])
    await orders.products(ask, "SCHMIDT-1")
    guests = [{"guest": {"name": f"Eva{it} Schmidt"}, "shipTo": place} for it in range(3)]
    sold = [await orders.order(world, ask, **each) for each in guests]
    rows = await found(ask, "schmidt", first=3)
    assert [it["__typename"] for it in rows] == ["Order", "Party", "Product"]
    assert rows[1]["id"] == to_global("Party", company)
    assert len(await found(ask, "schmidt", first=4)) == 4
    for each in sold[1:]:
        await write(world, Order, "id", each["id"], purchase_order_number="SCHMIDT")
    rows = await found(ask, "Schmidt", first=3)
    assert {it["id"] for it in rows[:2]} == {it["id"] for it in sold[1:]}
    assert rows[2]["__typename"] == "Party"


async def test_who_asks_finds_only_what_it_sees_and_may_read(
    sold: Sold, world: World, ask: Ask
) -> None:
    number = sold.order["number"]
    assert names(await found(sold.by["own"], number, "ORDER")) == [number]
    for text in (
        number,
        "best-alt",
        "web/77",
        "weiss",
        "kunstler",
        sold.parcel["sscc"],
        "jd0123ab",
    ):
        assert await found(sold.by["other"], text, "ORDER", "PARCEL", "CONTACT", "PARTY") == []
    elsewhere = ask.by((await make.world(world.database, world.clock)).token)
    assert await found(elsewhere, number) == []
    without = "query ($text: String!) { search(text: $text, first: 9) { __typename id } }"
    kept = await sold.by["unscoped"](without, text=number)
    assert kept == {"search": []}
    assert (await sold.by["unscoped"](without, text="kunstler"))["search"]


async def test_a_guest_is_found_by_its_first_and_its_last_name(world: World, ask: Ask) -> None:
    place = {"line1": "Ring 1", "postalCode": "50667", "city": "Köln", "country": "DE"}
    guest = {"name": "Mira Anna  Nováková", "email": "mira@example.org"}
    order = await orders.order(world, ask, guest=guest, shipTo=place)
    for text in (
        "mira a",
        "mira  anna",
        "novakova",
        "NOVÁK",
        "Mira Anna Nováková",
        "novakova mira anna",
    ):
        assert names(await found(ask, text)) == [order["number"]]
    assert await found(ask, "anna") == []
    shop = ask.by(await world.key(Actor.STOREFRONT, from_global(order["channel"]["id"])[1]))
    assert await found(shop, "novakova") == []


async def test_what_is_looked_for_is_checked(ask: Ask) -> None:
    beside = SEARCH.rstrip().removesuffix("}") + " viewer { actor } }"
    short, many = "Give at least 2 characters.", "This must be at most 50."
    marks = "\N{COMBINING ACUTE ACCENT}\N{COMBINING ACUTE ACCENT}"
    little = ("x", marks, f"x{marks}", "\N{ACUTE ACCENT}\N{ACUTE ACCENT}")
    wrong = (*((it, 9, short) for it in little), ("xy", 51, many))
    for text, first, message in wrong:
        answer = await ask.answer(beside, text=text, first=first)
        assert answer["data"] == {"search": None, "viewer": {"actor": "STAFF"}}
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["message"] == message


async def test_a_search_is_one_statement(sold: Sold, world: World, plans: Any) -> None:
    with counted(world.database.engine) as statements:
        await found(sold.by["staff"], sold.order["number"])
    assert len(statements) == 1 if plans else len(statements) > 1

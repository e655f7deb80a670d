"""The demo: its story is told once, and the example operations run on it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from orjson import dumps, loads
from sqlalchemy import select

from commands.messages.readers import folders
from commands.writing.running.run import Author
from examples import demo
from examples.demo import operations
from examples.demo.story import Failed, Story
from kit.errors import Refused
from loaders.access.keys import viewer_of
from models.access.keys import Merchant
from models.access.viewers import by_itself
from models.messages.notifications import NotificationKind
from resolvers.running.context import Context
from schema.schema import PLANNER, schema
from server import application
from tests import make
from tests.make.messages.notifications import noted
from transport.serving import Serving

README = Path(__file__).parents[2] / "README.md"
SUNDAY = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)

STORY = """
query {
  orders(first: 50, sort: PLACED_AT) {
    summary { orderCount }
    nodes {
      kind externalReference party { number } guest { name } channel { code }
      lines { product { sku } ordered backordered unitPrice { amount } }
      deliveries { number state }
    }
  }
  deliveries(first: 50, sort: NUMBER) {
    nodes {
      number state isLate
      party { number }
      lines { shortReason }
      location { code }
      parcels { status carrier { number } events(first: 9) { nodes { status } } }
      receipts { lines { difference shipped received } }
      timeline(first: 50) { nodes { occurredAt recordedAt } }
    }
  }
  merchantSettings { currency language supportEmail supportPhone colour }
  contract(number: "RV-KOESTER") {
    state
    lines { product { sku } calledOff minQuantity maxQuantity overTolerancePercent lotMultiple }
    releases(first: 9) { nodes {
      type account { shipTo { code } unloadingPoint } scheduleLines { commitment }
    } }
  }
}
"""


@pytest.fixture
def ask_demo(database, clock):
    """Ask with one of the demo's tokens."""
    transport = httpx.ASGITransport(application(Serving(database, clock=clock)))
    client = httpx.AsyncClient(transport=transport, base_url="http://abruf")

    def reader(token):
        return make.Ask(client, token)

    return reader


def _actors(story):
    deliveries, orders = story["deliveries"]["nodes"], story["orders"]["nodes"]
    assert {it["state"] for it in deliveries if it["party"]} == {
        "DELIVERED",
        "FAILED",
        "PARTIALLY_DELIVERED",
        "DISPATCHED",
        "PACKED",
        "RELEASED",
        "PLANNED",
    }
    assert sum(it["party"] is not None for it in deliveries) == 7
    assert {it["location"]["code"] for it in deliveries} == {"hamburg", "kassel"}
    channels = Counter(it["channel"]["code"] for it in orders)
    assert channels == {"portal": 4, "shop": 3, "marketplace": 3}
    assert {it["kind"] for it in orders if it["party"]} == {"CALL_OFF", "STANDARD"}
    references = [it["externalReference"] for it in orders if it["externalReference"]]
    assert references == ["MP-302-4711", "MP-302-4790", "MP-302-4802"]


def _troubles(story):
    orders, deliveries = story["orders"]["nodes"], story["deliveries"]["nodes"]
    lines = [line for order in orders for line in order["lines"] if line["backordered"] != "0"]
    short = [(it["product"]["sku"], it["ordered"], it["backordered"]) for it in lines]
    assert short == [("SF-400", "3", "2")]
    assert sum(it["shortReason"] == "OUT_OF_STOCK" for d in deliveries for it in d["lines"]) == 1
    parcels = [parcel for it in deliveries for parcel in it["parcels"]]
    assert {it["carrier"]["number"] for it in parcels} == {"C-NORD", "C-HANSEN"}
    returned = next(it for it in parcels if it["status"] == "RETURNED_TO_SENDER")
    statuses = [event["status"] for event in returned["events"]["nodes"]]
    assert statuses == ["PICKED_UP", "ATTEMPT_FAILED", "ATTEMPT_FAILED", "RETURNED_TO_SENDER"]
    received = [line for it in deliveries for r in it["receipts"] for line in r["lines"]]
    assert [it for it in received if it["difference"]] == [
        {"difference": "DAMAGED", "shipped": "400", "received": "394"}
    ]


def _prices(story):
    """The portal's buyer pays what its contract says, its list, or the product's list price."""
    portal = [it for it in story["orders"]["nodes"] if it["channel"]["code"] == "portal"]
    paid = {
        (each["kind"], line["product"]["sku"]): line["unitPrice"]["amount"]
        for each in portal
        for line in each["lines"]
    }
    assert paid == {
        ("CALL_OFF", "GW-040"): "48.9",
        ("CALL_OFF", "KL-6204"): "3.145",
        ("CALL_OFF", "GH-110"): "131",
        ("CALL_OFF", "OL-220"): "7.25",
        ("STANDARD", "SF-400"): "7.6",
        ("STANDARD", "WS-12"): "64",
    }


def _contract(contract):
    assert contract["state"] == "ACTIVE"
    assert {it["product"]["sku"]: it["calledOff"] for it in contract["lines"]} == {
        "GW-040": "250",
        "KL-6204": "600",
        "GH-110": "100",
        "OL-220": "250.5",
    }
    releases = contract["releases"]["nodes"]
    places = (f"{it['account']['shipTo']['code']}/{it['type']}" for it in releases)
    assert Counter(places) == {"plant/FORECAST": 2, "plant/JIT": 1, "plant-2/FORECAST": 1}
    commitments = {line["commitment"] for it in releases for line in it["scheduleLines"]}
    assert {"FIRM", "FORECAST"} <= commitments


async def test_the_story_has_its_cast_also_on_a_sunday(database, clock, ask_demo):
    clock.time = SUNDAY
    tokens = await demo.load(database.owner, clock)
    assert sorted(tokens) == ["buyer", "carrier", "staff", "storefront", "warehouse"]
    story = await ask_demo(tokens["staff"])(STORY)
    _actors(story)
    _troubles(story)
    _prices(story)
    assert None not in story["merchantSettings"].values()
    _contract((await ask_demo(tokens["buyer"])(STORY))["contract"])
    for delivery in story["deliveries"]["nodes"]:
        found = [it["occurredAt"] for it in delivery["timeline"]["nodes"]]
        assert found == sorted(found)
        assert datetime.fromisoformat(found[-1]) <= clock()


async def test_the_portals_buyer_sees_what_it_pays_and_gloves_in_all_sizes(
    database, clock, ask_demo
):
    tokens = await demo.load(database.owner, clock)
    query = """{
      grease: product(sku: "SF-400") { price(quantity: "24") { unitPrice { amount } source } }
      tools: product(sku: "WS-12") { price { unitPrice { amount } source } }
      gloves: product(sku: "AH-10") {
        variants(first: 9) { nodes { options { name value } variantOf { sku } } }
      }
    }"""
    found = await ask_demo(tokens["buyer"])(query)
    own = {"unitPrice": {"amount": "7.6"}, "source": "PARTY"}
    assert found["grease"]["price"] == own
    assert found["tools"]["price"] == {"unitPrice": {"amount": "64"}, "source": "LIST_PRICE"}
    gloves = found["gloves"]["variants"]["nodes"]
    options = {tuple(each["value"] for each in it["options"]) for it in gloves}
    assert options == {(colour, size) for colour in ("grey", "black") for size in ("M", "L", "XL")}
    assert {it["variantOf"]["sku"] for it in gloves} == {"AH-10"}


async def test_an_interrupted_demo_is_told_anew_and_then_never_again(
    database, clock, ask_demo, monkeypatch
):
    async def breaks_off(story: Story):
        yield story.at(-7, 12)
        message = "The lights went out."
        raise Failed(message)

    with monkeypatch.context() as patch:
        patch.setattr(demo.shops, "marketplace", breaks_off)
        with pytest.raises(Failed):
            await demo.load(database.owner, clock)
    tokens = await demo.load(database.owner, clock)
    with pytest.raises(Refused):
        await demo.load(database.owner, clock)
    story = await ask_demo(tokens["staff"])(STORY)
    assert story["orders"]["summary"]["orderCount"] == 10
    async with database.writing(None) as session:
        assert (await session.scalars(select(Merchant.slug))).all() == [demo.SLUG]


def _read_otherwise() -> list[str]:
    """Tell what code resolved, or loaders read, since the planner began to count."""
    return [
        reason
        for reason in PLANNER.counted
        if reason.startswith(("mixed: ", "read by code: ", "not fused: ", "reference: "))
        # A mutation's own field is a command; one statement reads what its payload shows. So with
        # what comes of a subscription.
        and reason not in {"mixed: a mutation", "mixed: a subscription"}
    ]


@pytest.fixture
def by_statements(plans: bool) -> Iterator[None]:  # noqa: FBT001 -- a fixture.
    """Hold the demo to the statements of the planner, where it plans."""
    PLANNER.forget()
    yield
    assert not plans or not _read_otherwise()
    assert not plans or PLANNER.counted["one statement"]
    assert not plans or PLANNER.counted["levels with a statement"]


@pytest.mark.parametrize("now", [None, datetime(2027, 10, 31, 22, 30, tzinfo=UTC)])
async def test_the_readme_prints_what_is_answered(database, clock, ask_demo, tmp_path, now):
    clock.time = now or clock.time
    tokens = await demo.load(database.owner, clock)
    await operations.write(database, tokens["staff"], tmp_path / "operations", clock)
    text = README.read_text("utf-8")
    (file,) = re.findall(r"```edi\n(.*?)```", text, re.DOTALL)
    folder = tmp_path / "operations" / "schedules"
    assert now or (folder / "plant-2.edi").read_text() == file
    async with database.owner.writing(None) as session:
        merchant_id = await session.scalar(select(Merchant.id))
    author = Author(by_itself(merchant_id), clock())
    assert await folders.exchange(database, author, folder) == {"taken in": 1, "read": 1}
    shown = re.findall(r"```graphql\n(.*?)```.*?```json\n(.*?)```", text, re.DOTALL)
    assert len(shown) > 1
    story = Story(database, clock(), clock())
    for day, number in (("2026-06-01", 65), ("2026-06-08", 70)):
        shown = [(it, answer.replace(day, story.day(number).isoformat())) for it, answer in shown]
    reader = ask_demo(tokens["staff"])
    for document, answer in shown:
        assert await reader(document) == json.loads(answer)["data"]


async def _viewer(database, clock, token):
    reads = database.reading(None)
    viewer = await viewer_of(token, reads, clock())
    await reads.close()
    return viewer


async def _noted(database, clock, viewer):
    """Return (kind, address) of what people are told."""
    world = make.World(database, clock, viewer.merchant_id, "")
    return {(it.kind, it.address) for it in await noted(world)}


@pytest.mark.usefixtures("by_statements")
async def test_every_example_operation_runs(database, clock, ask_demo, tmp_path: Path):
    tokens = await demo.load(database.owner, clock)
    await operations.write(database, tokens["staff"], tmp_path / "operations", clock)
    reader = ask_demo(tokens["staff"])
    paths = sorted((tmp_path / "operations").glob("*.graphql"))
    assert len(paths) == 9
    for path in paths[:-1]:
        variables = path.parent / "variables" / f"{path.stem}.json"
        fields = json.loads(variables.read_text()) if variables.exists() else {}
        data = await reader(path.read_text(), **fields)
        (answer,) = data.values()
        assert answer, path.name
        assert answer.get("userErrors", []) == [], path.name
        assert all(it["status"] == "CREATED" for it in answer.get("results", [])), path.name
        assert answer.get("totalCount", 1) > 0, path.name
    viewer = await _viewer(database, clock, tokens["staff"])
    fields = json.loads((paths[-1].parent / "variables" / f"{paths[-1].stem}.json").read_text())
    kept = await _noted(database, clock, viewer)
    assert (NotificationKind.CALL_OFF_CONFIRMED, "einkauf@koester.example") in kept
    context = Context(viewer, database, clock)
    stream = await schema.stream(paths[-1].read_text(), fields, context_value=context)
    async with aclosing(stream) as results:
        found = [loads(dumps((await anext(results)).data))["orderStatusChanged"]]
        while found[-1]["type"] != "order.delivered":
            found.append(loads(dumps((await anext(results)).data))["orderStatusChanged"])
    assert [found[0]["type"], found[-2]["type"]] == ["order.placed", "order.progressed"]
    assert found[-1]["order"]["fulfilmentStatus"] == "DELIVERED"


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-03-04T09:30:00Z", ["2026-02-25", "2026-03-03", "2026-03-04", "2026-03-09"]),
        ("2026-03-08T12:00:00Z", ["2026-02-27", "2026-03-05", "2026-03-06", "2026-03-11"]),
        ("2026-03-08T23:05:00Z", ["2026-03-02", "2026-03-06", "2026-03-09", "2026-03-12"]),
    ],
    ids=["Wednesday", "Sunday", "Monday just after midnight in Berlin"],
)
def test_days_of_the_story_are_working_days(database, now, days):
    instant = datetime.fromisoformat(now)
    story = Story(database, instant, instant)
    assert [story.day(number).isoformat() for number in (-5, -1, 0, 3)] == days

"""Delivery notes as customers write them: ours is known by its number, however it is written."""

import pytest
from sqlalchemy import update

from models.fulfilment.deliveries.tables import Delivery
from tests.api.trade.releases.test_notes_and_periods import Line
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts

NOTES = """
query ($id: ID!) { contract(id: $id) { lines { releases(first: 9, filter: {states: [ACTIVE]}) {
  nodes { lastReceipts { deliveryNote isOurs } }
} } } }
"""
SEARCH = """query ($text: String!) {
  search(text: $text, types: [DELIVERY], first: 9) { ... on Delivery { number } } }"""
FORECAST = contracts.schedule("2026-04-10", "50")
OURS = (
    "{}",
    "{lower}",
    "D{digits}",
    "D {digits}",
    "d-{bare}",
    "{digits}",
    "00{digits}",
    " {bare}.",
)
OTHERS = ("{}/1", "{digits}-1", "E-{digits}", "{digits}A", "DD{digits}", "{digits}0", "0", "D", "-")


def _written(how, number):
    digits = number.removeprefix("D-")
    return how.format(number, lower=number.lower(), digits=digits, bare=digits.lstrip("0")).strip()


async def _named(line, note):
    """Return the findings of a release that names a note, and whether that is ours."""
    payload = await line.tell("3", notes=(note,), cumulativeReceived="5")
    found = await line.ask(NOTES, id=line.contract["id"])
    ((receipt,),) = (
        it["lastReceipts"] for it in found["contract"]["lines"][0]["releases"]["nodes"]
    )
    assert receipt["deliveryNote"] == note
    texts = [it["text"] for it in payload["release"]["findings"] if it["code"] == "UNKNOWN_NOTE"]
    return texts, receipt["isOurs"]


@pytest.fixture
async def line(ask, world, clock):
    made = Line(ask, world, clock)
    await made.begin()
    return made


async def test_a_note_is_ours_however_its_number_is_written(line, ask):
    number = (await line.send("5"))["number"]
    for how in OURS:
        note = _written(how, number)
        assert await _named(line, note) == ([], True), how
        assert {"number": number} in (await ask(SEARCH, text=note))["search"], how
    for how in OTHERS:
        note = _written(how, number)
        expected = [f"No delivery of ours has the number {note}."]
        assert await _named(line, note) == (expected, False), how
        if "{" in how:
            assert (await ask(SEARCH, text=note))["search"] == [], how


async def test_a_note_of_another_system_is_that_of_the_delivery_recorded_under_it(line, world):
    number, other = [(await line.send("5"))["number"] for _ in range(2)]
    note = _written("00{digits}", number)
    its = (Delivery.merchant_id == world.merchant_id, Delivery.number == other)
    recorded = update(Delivery).where(*its).values(external_reference=note)
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(recorded)
    either = f"The note {note} may be that of {number} or {other}: it counts as none of them."
    assert await _named(line, note) == ([either], False)
    for certain in (number, other):
        assert await _named(line, certain) == ([], True)
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(recorded.values(external_reference="LS-77"))
    assert await _named(line, "LS-77") == ([], True)


async def test_a_note_of_another_customer_is_not_ours(line, ask, world, clock):
    number = (await line.send("5"))["number"]
    other = Line(ask, world, clock)
    other.contract = await contracts.contract(world, ask)
    other.id = other.contract["lines"][0]["id"]
    assert other.contract["party"]["id"] != line.contract["party"]["id"]
    for how in ("{}", "{digits}"):
        note = _written(how, number)
        assert (await _named(other, note))[1] is False


async def _elsewhere(ask, line_id, note, number, **place):
    """Return what is found of a release that names a note of another place or line."""
    fields = {"cumulativeReceived": "0", "lastReceipts": [{"deliveryNote": note}], **place}
    payload = await contracts.try_release(ask, line_id, number, FORECAST, **fields)
    findings = payload["release"]["findings"]
    return [it["text"] for it in findings if it["code"] == "NOTE_ELSEWHERE"]


async def test_a_note_of_another_place_or_line_is_found(ask, world):
    place = await contracts.docks(world, ask)
    lines = [contracts.line(*await contracts.products(ask, it)) for it in ("BOLT", "NUT")]
    made = await contracts.contract(world, ask, lines=lines, **place)
    bolts, nuts = ({**made, "lines": [it]} for it in made["lines"])
    plant, other = ({"shipToId": it} for it in place["shipToIds"])
    docks = [{**it, "unloadingPoint": "D1"} for it in (plant, other)]
    for each in docks:
        await contracts.release(ask, bolts["lines"][0]["id"], 1, FORECAST, **each)
    agreed = {"window": contracts.window("2026-03-09"), "windowOverride": "Agreed."}
    sent = []
    for of, at in ((bolts, plant), (bolts, other), (nuts, other)):
        order = await contracts.call_off(world, ask, of, "20", **at, **agreed)
        left = await deliveries.dispatched(world, ask, order, parcel={"generateSscc": True})
        sent.append(left["number"])
    here, there, nut = sent
    codes = {it["id"]: it["code"] for it in made["shipTos"]}
    first, second = map(codes.get, place["shipToIds"])
    went = "{} goes to {}, D1: it counts there, and nothing here."
    article = f"{nut} brings NUT of another line, and nothing of this one: it counts nothing here."
    expected = (
        (here, docks[0], []),
        (there, docks[1], []),
        (there, docks[0], [went.format(there, second)]),
        (here[-1], docks[1], [went.format(f"{here} (note {here[-1]})", first)]),
        (nut, docks[1], [article]),
    )
    for number, (note, at, texts) in enumerate(expected, 2):
        assert await _elsewhere(ask, bolts["lines"][0]["id"], note, number, **at) == texts
    # The first release of a place brings the account for which it counts.
    assert await _elsewhere(ask, nuts["lines"][0]["id"], nut, 1, **other) == []

"""Delivery notes as customers write them: ours is known by its number, however it is written."""

import pytest
from sqlalchemy import update

from models.fulfilment.deliveries.tables import Delivery
from tests.api.trade.releases.test_notes_and_periods import Line
from tests.make.trade import contracts

NOTES = """
query ($id: ID!) { contract(id: $id) { lines { releases(first: 9, filter: {states: [ACTIVE]}) {
  nodes { lastReceipts { deliveryNote isOurs } }
} } } }
"""
SEARCH = """query ($text: String!) {
  search(text: $text, types: [DELIVERY], first: 9) { ... on Delivery { number } } }"""
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

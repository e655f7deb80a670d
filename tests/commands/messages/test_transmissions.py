"""Transmissions of VDA 4905: their order, and what is odd in them and loses nothing."""

import pytest

from tests.make.messages import files, plants
from tests.make.messages.plants import content

READ = """
{ interchanges(first: 9, sort: OLDEST_FIRST) { nodes { state findings { code text isError }
    messages(first: 9) { nodes { fate findings { code text isError }
      releases(first: 9) { nodes { number restOfForecast
        lastReceipts { deliveryNote quantity } scheduleLines { quantity } } } } } } } }
"""


@pytest.fixture(autouse=True)
async def customer(ask, world) -> None:
    await plants.customer(ask, world)
    world.clock.advance(days=9)


@pytest.mark.parametrize(
    ("numbers", "lost"), [(b"0041200413", None), (b"0041300414", "00413"), (b"0000000413", None)]
)
async def test_a_transmission_that_did_not_come_is_told(ask, numbers, lost) -> None:
    first = content("stade", "first")
    await files.received(ask, first)
    await files.received(ask, first.replace(b"0041100412", numbers))
    _, later = (await ask(READ))["interchanges"]["nodes"]
    assert later["state"] == "ACCEPTED"
    text = f"It says that {lost} was before it; the last one that came is 00412."
    odd = {"code": "OUT_OF_SEQUENCE", "text": text, "isError": False}
    assert later["findings"] == ([odd] if lost else [])


async def test_a_receipt_that_is_finer_than_its_product_loses_nothing_else(ask, world) -> None:
    finer = content("stade", "first").replace(b"000000060000", b"000000060500")
    await files.received(ask, finer)
    await files.read_all(world)
    (taken,) = (await ask(READ))["interchanges"]["nodes"]
    (message,) = taken["messages"]["nodes"]
    assert message["fate"] == "READ"
    (odd,) = message["findings"]
    assert (odd["code"], odd["isError"]) == ("ODD_RECEIPT", False)
    assert odd["text"].startswith("WG 88.200, HX-200: Its last receipt 1002 has 60.5, which")
    first = next(it for it in message["releases"]["nodes"] if it["number"] == "000000412")
    assert first["lastReceipts"] == [{"deliveryNote": "1002", "quantity": None}]
    assert (len(first["scheduleLines"]), first["restOfForecast"]) == (7, "5000")


STANDING = """
{ interchangeMessages(first: 9) { nodes { findings { code text } releases(first: 9) { nodes {
    id state number scheduleLines { quantity }
    findings { id code text isHolding } } } } } }
"""
CONSENT = """
mutation ($input: ReleaseConsentInput!) {
  it: releaseConsent(input: $input) { release { state } userErrors { code } } }
"""


async def _sent(ask, world, number, before, amount):
    """Send what the first file does under other numbers, with another first quantity of HX-200."""
    file = content("stade", "first").replace(b"0041100412", before + number)
    amount = f"260309{amount:09}".encode()
    await files.received(ask, file.replace(b"260309000000100", amount))
    await files.read_all(world)
    every = (await ask(STANDING))["interchangeMessages"]["nodes"]
    found = [it for each in every for it in each["releases"]["nodes"]]
    return [it for it in found if {"quantity": str(int(amount[6:]))} in it["scheduleLines"]]


@pytest.mark.parametrize(
    ("numbers", "state"),
    [
        # 00413 was late: 00414 is there.
        ([b"00414", b"00413", b"00413", b"00412"], "RECEIVED"),
        # Numbers begin again behind 99999, where 99999 is late.
        ([b"00001", b"99999", b"99999", b"99998"], "RECEIVED"),
        ([b"99999", b"99998", b"00001", b"99999"], "ACTIVE"),
        # They begin again elsewhere, and say so.
        ([b"04711", b"04710", b"00001", b"04711"], "ACTIVE"),
    ],
)
async def test_a_transmission_that_comes_late_on_its_day_takes_the_place_of_none(
    ask, world, numbers, state
) -> None:
    newest, its, late, lates = numbers
    (newer,) = await _sent(ask, world, newest, its, 140)
    assert newer["state"] == "ACTIVE"
    (older,) = await _sent(ask, world, late, lates, 55)
    assert older["state"] == state
    odd = [(it["code"], it["isHolding"]) for it in older["findings"] if it["code"] == "OUTDATED"]
    assert odd == ([("OUTDATED", True)] if state == "RECEIVED" else [])
    if odd:
        # Before what waits nothing older waits; with consent it is in force after all.
        (oldest,) = await _sent(ask, world, b"%05d" % (int(late) - 1), b"00000", 33)
        assert oldest["state"] == "SUPERSEDED"
        waiting = [it["id"] for it in older["findings"] if it["isHolding"]]
        values = {"releaseId": older["id"], "findingIds": waiting}
        assert (await ask(CONSENT, input=values))["it"]["release"]["state"] == "ACTIVE"

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

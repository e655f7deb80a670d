"""Transmissions of VDA 4905: their order, and what is odd in them and loses nothing."""

import pytest
from sqlalchemy import text

from models.messages.interchanges import Interchange
from tests.make.counting import nodes, plan_of, sent
from tests.make.messages import files, plants
from tests.make.messages.plants import content

READ = """
{ interchanges(first: 9, sort: OLDEST_FIRST) { nodes { state findings { code text isError }
    messages(first: 9) { nodes { fate findings { code text isError }
      releases(first: 9) { nodes { number restOfForecast
        lastReceipts { deliveryNote quantity } scheduleLines { quantity } } } } } } } }
"""

REPLAY = """
mutation ($id: ID!) { it: interchangeReplay(input: {interchangeId: $id}) { userErrors { code } } }
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


async def test_what_follows_the_newest_one_is_in_sequence_after_a_late_one(ask) -> None:
    first = content("stade", "first")
    for numbers in (b"0041100412", b"0041400415", b"0041300414", b"0041500416", b"0041500417"):
        await files.received(ask, first.replace(b"0041100412", numbers))
    every = (await ask(READ))["interchanges"]["nodes"]
    # The second one lacks 414, the third one comes late; 416 follows 415, and 417 another one.
    assert [bool(it["findings"]) for it in every] == [False, True, True, False, True]


async def test_after_a_late_one_the_newest_is_named_beside_it(ask) -> None:
    first = content("stade", "first")
    for numbers in (b"0041100412", b"0041400415", b"0041300414", b"0041600417"):
        await files.received(ask, first.replace(b"0041100412", numbers))
    (odd,) = (await ask(READ))["interchanges"]["nodes"][-1]["findings"]
    text = (
        "It says that 00416 was before it; the last one that came is 00414, the newest one 00415."
    )
    assert odd["text"] == text


async def test_numbers_that_begin_again_elsewhere_are_followed_after_a_late_one(ask) -> None:
    first = content("stade", "first")
    numbers = (b"0471004711", b"0471100001", b"0000100002", b"0470904710", b"0000200003")
    for each in numbers:
        await files.received(ask, first.replace(b"0041100412", each))
    every = (await ask(READ))["interchanges"]["nodes"]
    # 4710 comes late; what follows 2 is in sequence.
    assert [bool(it["findings"]) for it in every] == [False, False, False, True, False]


async def test_what_came_later_is_not_before_a_transmission_that_is_read_again(ask) -> None:
    first = content("stade", "first")
    await files.received(ask, first)
    query = "{ partnerProfiles(first: 9) { nodes { code identification qualifier } } }"
    every = (await ask(query))["partnerProfiles"]["nodes"]
    own = next(it for it in every if it["identification"] == "WESERVDA")
    await files.partner(ask, **own, isActive=False)
    held = await files.received(ask, first.replace(b"0041100412", b"0041200413"))
    assert held["state"] == "HELD"
    await files.partner(ask, **own, isActive=True)
    await files.received(ask, first.replace(b"0041100412", b"0041300414"))
    await ask(REPLAY, id=held["id"])
    _, again, later = (await ask(READ))["interchanges"]["nodes"]
    assert (again["state"], again["findings"]) == ("ACCEPTED", [])
    assert [it["code"] for it in later["findings"]] == ["OUT_OF_SEQUENCE"]


async def test_the_last_one_is_found_however_much_else_its_partner_has_sent(ask, world) -> None:
    first = content("stade", "first")
    await files.received(ask, first)
    names = [it.name for it in Interchange.__table__.columns]
    for what in ({"recipient": "'OTHER'"}, {"state": "'TESTED'"}):
        (name,) = what
        own = {"id": "gen_random_uuid()", "sha256": f"concat('{name}', n)"} | what
        copied = (
            f"INSERT INTO interchanges ({', '.join(names)})"
            f" SELECT {', '.join(own.get(it, it) for it in names)} FROM interchanges"
            " CROSS JOIN generate_series(1, 500) AS n"
            " WHERE interchanges.merchant_id = :merchant AND length(sha256) = 64"
        )
        async with world.database.writing(world.merchant_id) as session:
            await session.execute(text(copied), {"merchant": world.merchant_id})
    async with world.database.owner.writing(None) as session:
        await session.execute(text("ANALYZE interchanges"))
    with sent(world.database) as statements:
        await files.received(ask, first.replace(b"0041100412", b"0041200413"))
    (last,) = (it for it in statements if "interchanges.recipient = " in it[0])
    found = [*nodes(await plan_of(world, *last))]
    assert max(it["Actual Rows"] + it.get("Rows Removed by Filter", 0) for it in found) == 1


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


@pytest.mark.parametrize("late", [b"0471004711", b"0470904710"])
async def test_a_number_of_before_is_late_where_numbers_began_again_elsewhere(
    ask, world, late
) -> None:
    amounts = iter((140, 141, 142))
    for each in (b"0471104712", b"0471200001", b"0000100002"):
        (newest,) = await _sent(ask, world, each[5:], each[:5], next(amounts))
        assert newest["state"] == "ACTIVE"
    (older,) = await _sent(ask, world, late[5:], late[:5], 55)
    assert older["state"] == "RECEIVED"
    (later,) = await _sent(ask, world, b"00003", b"00002", 143)
    assert later["state"] == "ACTIVE"


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

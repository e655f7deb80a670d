"""Files of one customer whose plants write differently, with what they mean computed by hand.

Files and outcomes were written by somebody who had not seen the reader. The hand was wrong in four
places, and has changed them: a frequency D (2013) is flexible and a day is Y; a quantity without a
frequency is one of a day; a backlog of nothing is a line, as every zero is; zeros before a delivery
note of VDA 4905 are none of its number.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from commands.messages.readers.folders import exchange
from commands.writing.running.run import Author
from models.access.viewers import by_itself
from tests.make.messages import files, plants
from tests.make.messages.plants import FILES, ZONE, content, outcome
from tests.make.sweeps.rows import digests

READ = """
{ contracts(first: 1) { nodes { lines { product { sku }
  releases(first: 20, filter: {states: [ACTIVE]}) { nodes {
    type number state issuedAt function horizonStart horizonEnd cumulativeReceived
    lastReceipts { deliveryNote quantity receivedOn dispatchedOn } engineeringRevision
    productionGoAhead productionGoAheadUntil materialGoAhead materialGoAheadUntil restOfForecast
    account { shipTo { code } unloadingPoint periods { startsOn } }
    scheduleLines { kind commitment bucket dateMeaning quantity window { earliest } }
  } } } } }
  interchangeMessages(first: 9) { nodes { type release fate findings { code text tag isError } } } }
"""
DEMAND = """
{ demand(first: 50, sort: ARRIVES_ON) { nodes {
    arrivesOn quantity contractLine { product { sku } } account { unloadingPoint } } } }
"""


@pytest.fixture(autouse=True)
async def customer(ask, world) -> None:
    await plants.customer(ask, world)


def clock(instant: str | None, *, before: timedelta = timedelta(0)) -> str | None:
    """Return an instant by the clock of the plants: a day where it is the beginning of one."""
    if instant is None:
        return None
    text = (datetime.fromisoformat(instant) - before).astimezone(ZONE).isoformat()[:16]
    return text.removesuffix("T00:00")


async def releases(ask) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return (article, plant, place, type) -> its active release, as outcomes say it."""
    found = {}
    for contract in (await ask(READ))["contracts"]["nodes"]:
        for line in contract["lines"]:
            for each in line["releases"]["nodes"]:
                shaped = _shaped(line["product"]["sku"], each)
                key = (shaped["article"], shaped["plant"], shaped["place"], shaped["type"])
                found[key] = shaped
    return found


def _shaped(article: str, release: dict[str, Any]) -> dict[str, Any]:
    account, day = release["account"], timedelta(days=1)
    started = max(it["startsOn"] for it in account["periods"])
    return {
        "article": article,
        "plant": account["shipTo"]["code"],
        "place": account["unloadingPoint"],
        **{name: release[name] for name in ("type", "state", "number", "function")},
        "issued": clock(release["issuedAt"]),
        "horizon": [
            clock(release["horizonStart"]),
            clock(release["horizonEnd"], before=day),
        ],
        "received": release["cumulativeReceived"],
        "countedFrom": started,
        "receipts": [list(it.values()) for it in release["lastReceipts"]],
        "production": [release["productionGoAhead"], release["productionGoAheadUntil"]],
        "material": [release["materialGoAhead"], release["materialGoAheadUntil"]],
        "revision": release["engineeringRevision"],
        "rest": release["restOfForecast"],
        "lines": [
            [
                *(line[name] for name in ("kind", "commitment", "bucket", "dateMeaning")),
                clock(line["window"]["earliest"]),
                line["quantity"],
            ]
            for line in release["scheduleLines"]
        ],
    }


def agrees(found: Any, hand: Any) -> Any:
    """Return what the hand says of what was found: null and what it leaves out may be anything."""
    if isinstance(hand, dict):
        return {key: agrees(found[key], hand[key]) for key in hand}
    if isinstance(hand, list) and len(hand) == len(found):
        return [agrees(one, its) for one, its in zip(found, hand, strict=True)]
    return hand if hand is None else found


async def check(ask, plant: str, name: str) -> None:
    """Compare what is in the database with what was computed by hand."""
    hand = outcome(plant, name)
    message = (await ask(READ))["interchangeMessages"]["nodes"][0]
    assert agrees(message, hand["message"]) == hand["message"]
    found = await releases(ask)
    for its in hand["releases"]:
        issued = its["issued"].removesuffix("T00:00")
        own = found[its["article"], its["plant"], its["place"], its["type"]]
        assert agrees(own, its) == its | {"issued": issued}
    if wanted := hand.get("effective"):
        demand = (await ask(DEMAND))["demand"]["nodes"]
        here = [it for it in demand if it["account"]["unloadingPoint"] == own["place"]]
        assert [[it["arrivesOn"], it["quantity"]] for it in here] == wanted
    for key in hand.get("nothingLeft", []):
        left = found.get((*key, "FORECAST"), {"lines": []})["lines"]
        assert [it for it in left if it[-1] != "0"] == []


@pytest.mark.parametrize("plant", sorted({plant for plant, _ in FILES}))
async def test_what_is_uploaded_is_what_was_computed_by_hand(ask, world, plant: str) -> None:
    world.clock.advance(days=9)  # What comes has been issued.
    for name in [name for at, name in FILES if at == plant]:
        await files.received(ask, content(plant, name))
        assert await files.read_all(world) == 1
        await check(ask, plant, name)


async def test_what_lies_in_a_folder_is_the_same_and_twice_writes_no_row(
    ask, world, tmp_path
) -> None:
    author = Author(by_itself(world.merchant_id), world.clock(), timedelta(0))
    every = sorted({plant for plant, _ in FILES})
    for plant in every:
        (tmp_path / plant).write_bytes(content(plant, "first"))
    taken = await exchange(world.database, author, tmp_path)
    assert (taken["taken in"], taken["read"]) == (len(every), len(every))
    found = await releases(ask)
    for plant in every:
        for its in outcome(plant, "first")["releases"]:
            own = found[its["article"], its["plant"], its["place"], its["type"]]
            assert agrees(own["lines"], its["lines"]) == its["lines"]
    await exchange(world.database, author, tmp_path)
    before = await digests(world)
    for plant in every:
        (tmp_path / plant).write_bytes(content(plant, "first"))
    assert (await exchange(world.database, author, tmp_path))["known"] == len(every)
    assert set(await digests(world)) ^ set(before) == set()


@pytest.mark.parametrize(
    ("unit", "quantities"), [("ST", []), ("KG", ["27", "15"]), ("T ", ["27000", "15000"])]
)
async def test_a_transmission_is_counted_in_the_units_of_products(
    ask, world, unit: str, quantities: list[str]
) -> None:
    """HX-300 is weighed: tonnes become kilograms, and pieces are not taken in."""
    file = content("stade", "first").replace(b"HX-200", b"HX-300")
    await files.received(ask, file.replace(b"MUE ST", b"MUE " + unit.encode(), 1))
    await files.read_all(world)
    (message,) = (await ask(READ))["interchangeMessages"]["nodes"]
    codes = [it["code"] for it in message["findings"]]
    assert codes == ([] if quantities else ["UNIT_MISMATCH"])
    found = (await releases(ask)).get(("HX-300", "042", "A1", "FORECAST"), {"lines": []})
    assert [line[-1] for line in found["lines"][:2]] == quantities
    if quantities:
        assert found["received"] == {"KG": "1500", "T ": "1500000"}[unit]

"""A schedule goes in as a file and becomes releases: article by article, and once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.trade.releases.record import record_all
from kit.ids import to_global
from kit.limits import DEFAULT_LIMITS
from models.trade.releases.tables import ScheduleLine
from tests.guard import counted
from tests.make import refusals
from tests.make.feed import rows
from tests.make.master import parties
from tests.make.messages import files
from tests.make.sweeps.rows import digests
from tests.make.trade import contracts
from tests.make.trade.orders import products

NORTH = Path(__file__).parents[2] / "kit" / "standards" / "schedules" / "files" / "north.edi"
READ = """
{ contracts(first: 9) { nodes { lines { product { sku } cumulativeReceived
  releases(first: 9) { nodes {
    type number state issuedAt cumulativeReceived productionGoAhead materialGoAhead
    lastReceiptReference engineeringRevision account { shipTo { code } unloadingPoint }
    scheduleLines { kind commitment bucket dateMeaning code quantity
      window { earliest latest timeZone } }
  } } } } }
  interchangeMessages(first: 9) { nodes { fate findings { code text tag segmentNo isError } } } }
"""


@pytest.fixture
async def partner(ask, world) -> dict[str, Any]:
    """Give a partner with two plants, and a contract over the articles that it calls off."""
    plants = [parties.address(code=it, is_default=False) for it in ("PLANT10", "PLANT20")]
    party = to_global("Party", await parties.company(world, number="NORTH", addresses=plants))
    pieces = await products(ask, "4711-A")
    weighed = await products(ask, "4712", unit="KILOGRAM", scale=3)
    lines = [contracts.line(it, "100000") for it in (*pieces, *weighed)]
    order = {"purchaseOrderNumber": "5500012345"}
    await contracts.contract(world, ask, partyId=party, lines=lines, **order)
    return await files.partner(ask, partyNumber="NORTH", timeZone="Europe/Berlin")


def sent(partner: dict[str, Any], message: bytes, reference: str = "R1") -> bytes:
    """Return an interchange of one message, whose segments are counted anew."""
    head = f"UNB+UNOC:3+{partner['identification']}:14+SUPPLIER:ZZ+260302:0900+{reference}++X'"
    body = message[: message.index(b"UNT+")]
    count = body.count(b"'") + 1
    return head.encode() + body + f"UNT+{count}+1'UNZ+1+{reference}'".encode()


async def releases(ask) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return (article, plant, dock) -> its release."""
    (contract,) = (await ask(READ))["contracts"]["nodes"]
    found = {}
    for line in contract["lines"]:
        for release in line["releases"]["nodes"]:
            account = release["account"]
            place = (account["shipTo"]["code"], account["unloadingPoint"])
            found[line["product"]["sku"], *place] = release
    return found


async def findings(ask) -> list[dict[str, Any]]:
    (message,) = (await ask(READ))["interchangeMessages"]["nodes"]
    assert message["fate"] == "READ"
    return message["findings"]


async def test_a_file_becomes_a_release_for_each_article_and_place(ask, world, partner) -> None:
    await files.received(ask, sent(partner, NORTH.read_bytes()))
    assert await files.read_all(world) == 1
    assert await findings(ask) == []
    found = await releases(ask)
    assert set(found) == {
        ("4711-A", "PLANT10", "D1"),
        ("4711-A", "PLANT20", "E5"),
        ("4712", "PLANT10", "D2"),
    }
    first = found["4711-A", "PLANT10", "D1"]
    assert (first["number"], first["state"]) == ("20260302000000000017", "ACTIVE")
    assert first["issuedAt"] == "2026-03-02T05:30:00+00:00"
    assert (first["cumulativeReceived"], first["lastReceiptReference"]) == ("400", "LS-1001")
    assert (first["productionGoAhead"], first["materialGoAhead"]) == ("2000", "3000")
    lines = [
        (each["kind"], each["code"], each["window"]["earliest"], each["quantity"])
        for each in first["scheduleLines"]
    ]
    assert sorted(lines) == [
        ("BACKLOG", "QTY 83", "2026-01-11T23:00:00+00:00", "27"),
        ("SCHEDULED", "SCC 1", "2026-03-08T23:00:00+00:00", "120"),
        ("SCHEDULED", "SCC 1", "2026-03-08T23:00:00+00:00", "80"),
        ("SCHEDULED", "SCC 4", "2026-03-15T23:00:00+00:00", "200"),
        ("SCHEDULED", "SCC 4", "2026-03-31T22:00:00+00:00", "0"),
    ]


@pytest.mark.parametrize(
    ("issued", "why"),
    [(b"0530:203", "a newer one was there already."), (b"0630:203", "it was there already.")],
)
async def test_the_message_tells_what_is_not_in_force(ask, world, partner, issued, why) -> None:
    await files.received(ask, sent(partner, NORTH.read_bytes()))
    older = NORTH.read_bytes().replace(b"0630:203", issued)
    await files.received(ask, sent(partner, older, "R2"))
    await files.read_all(world)
    messages = (await ask(READ))["interchangeMessages"]["nodes"]
    first, last = sorted((it["findings"] for it in messages), key=len)
    assert (first, [it["code"] for it in last]) == ([], ["NOT_IN_FORCE"] * 3)
    assert last[0]["text"].endswith(f"its release is SUPERSEDED: {why}")
    assert not any(it["isError"] for it in last)


async def test_the_same_file_twice_writes_no_row(ask, world, partner) -> None:
    content = sent(partner, NORTH.read_bytes())
    await files.received(ask, content)
    await files.read_all(world)
    before = await digests(world)
    await files.received(ask, content)
    assert await files.read_all(world) == 0
    assert await digests(world) == before


async def test_an_article_that_does_not_resolve_stops_no_other(ask, world, partner) -> None:
    content = NORTH.read_bytes().replace(b"LIN+2++4712:IN", b"LIN+2++4799:IN")
    content = content.replace(b"NAD+ST+PLANT20", b"NAD+ST+PLANT99")
    await files.received(ask, sent(partner, content))
    await files.read_all(world)
    texts = [(it["tag"], it["segmentNo"], it["text"][:17]) for it in await findings(ask)]
    assert texts == [("LIN", 39, "4799: NOT_FOUND: "), ("LIN", 47, "4711-A: NOT_FOUND")]
    assert set(await releases(ask)) == {("4711-A", "PLANT10", "D1")}


BROUGHT = """
{ interchangeMessages(first: 9) { nodes { id fate findings { text }
  releases(first: 9) { totalCount nodes { state account { shipTo { code } unloadingPoint } } } } } }
"""


async def test_an_unknown_place_is_named_and_the_message_replayed(ask, world, partner) -> None:
    content = NORTH.read_bytes().replace(b"NAD+ST+PLANT20", b"NAD+ST+PLANT99")
    await files.received(ask, sent(partner, content))
    await files.read_all(world)

    async def brought() -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
        (message,) = (await ask(BROUGHT))["interchangeMessages"]["nodes"]
        places = [
            (each["state"], each["account"]["shipTo"]["code"], each["account"]["unloadingPoint"])
            for each in message["releases"]["nodes"]
        ]
        assert message["releases"]["totalCount"] == len(places)
        return message, sorted(places)

    message, before = await brought()
    assert message["findings"][0]["text"].endswith("The party has no address PLANT99.")
    known = [("ACTIVE", "PLANT10", "D1"), ("ACTIVE", "PLANT10", "D2")]
    assert before == known
    named = {"placeCodes": [{"theirs": "PLANT99", "ours": "PLANT20"}]}
    own = {name: partner[name] for name in ("code", "identification")}
    await files.partner(ask, **own, **named)
    for refusal in ([], ["WRONG_STATE"]):
        (result,) = await files.replayed(ask, message["id"])
        assert [it["code"] for it in result["userErrors"]] == refusal
        await files.read_all(world)
        message, after = await brought()
        assert (message["fate"], message["findings"]) == ("READ", [])
        assert after == [*known, ("ACTIVE", "PLANT20", "E5")]


async def test_what_is_not_understood_is_not_half_applied(ask, world, partner) -> None:
    content = NORTH.read_bytes().replace(b"QTY+113:33'", b"QTY+113:3x3'")
    await files.received(ask, sent(partner, content))
    await files.read_all(world)
    (finding,) = await findings(ask)
    assert (finding["tag"], finding["segmentNo"]) == ("QTY", 51)
    assert len(await releases(ask)) == 2


async def test_statements_do_not_grow_with_the_lines(ask, world, database, partner) -> None:
    counts = []
    one = b"SCC+4++W'\nQTY+113:200:PCE'\nDTM+2:20260316:102'\n"
    for times, hour in ((1, b"0630"), (40, b"0730")):
        content = NORTH.read_bytes().replace(one, one * times).replace(b"0630:203", hour + b":203")
        await files.received(ask, sent(partner, content, f"R{times}"))
        with counted(database.engine) as statements:
            await files.read_all(world)
        counts.append(len(statements))
    assert counts[1] <= counts[0] + 4


async def test_a_message_may_have_more_lines_than_a_mutation(ask, world, partner) -> None:
    places, each = 81, 248
    head, _, remainder = NORTH.read_bytes().partition(b"LIN+1")
    demand = b"SCC+4++W'" + b"QTY+113:1:PCE'DTM+2:20260316:102'" * each
    lines = [b"LIN+%d++4711-A:IN'LOC+11+D%d'" % (it, it) + demand for it in range(1, places + 1)]
    content = head + b"".join(lines) + remainder[remainder.index(b"UNT+") :]
    await files.received(ask, sent(partner, content))
    await files.read_all(world)
    assert await findings(ask) == []
    assert len(await rows(world, ScheduleLine)) == places * each > DEFAULT_LIMITS.lines


async def test_what_a_code_means_is_said_by_the_partners_profile(ask, world, partner) -> None:
    meanings = [{"element": "COMMITMENT", "code": "1", "meaning": "IMMEDIATE"}]
    item = {key: partner[key] for key in ("code", "identification")} | {"scheduleCodes": meanings}
    await ask(files.UPSERT, input={"partnerProfiles": [item | {"qualifier": "14"}]})
    await files.received(ask, sent(partner, NORTH.read_bytes()))
    await files.read_all(world)
    weighed = (await releases(ask))["4712", "PLANT10", "D2"]
    assert [it["kind"] for it in weighed["scheduleLines"]] == ["IMMEDIATE"]


async def test_a_code_means_only_what_its_element_can(ask) -> None:
    wrong = {"element": "PLACE", "code": "LOC 7", "meaning": "BACKLOG"}
    twice = [{"element": "PLACE", "code": "LOC 7", "meaning": "SHIP_TO"}] * 2
    for codes, code in (([wrong], "INVALID"), (twice, "DUPLICATE")):
        item = {"code": "P", "identification": "I", "scheduleCodes": codes}
        payload = (await ask(files.UPSERT, input={"partnerProfiles": [item]}))["it"]
        assert [it["code"] for it in refusals(payload)] == [code]


async def released(ask, world, partner, content: bytes, reference: str = "R1") -> list[str]:
    """Take a message in; return the codes of its errors. What is released: `quantities`."""
    taken = await files.received(ask, sent(partner, content, reference))
    await files.read_all(world)
    (message,) = taken["messages"]["nodes"]
    found = (await ask(FINDINGS, id=message["id"]))["node"]["findings"]
    return [it["code"] for it in found if it["isError"]]


FINDINGS = """
query ($id: ID!) { node(id: $id) { ... on InterchangeMessage { findings { code isError } } } }
"""
HEAD = b"UNH+1+DELFOR:D:97A:UN'BGM+241+1+5'DTM+137:%s:203'"
WEIGHED = b"LIN+1++4712:IN'LOC+11+%s'QTY+70:%s'SCC+1'QTY+113:%s'DTM+2:20260309:102'"
PIECES = b"LIN+1++4711-A:IN'LOC+11+D1'%sSCC+1'QTY+113:%s'DTM+2:20260309:102'"
END = b"UNT+0+1'"
ACTIVE = """
{ contracts(first: 9) { nodes { purchaseOrderNumber lines { product { sku }
  releases(first: 9, filter: {states: [ACTIVE]}) { nodes {
    cumulativeReceived account { unloadingPoint } scheduleLines { quantity } } } } } } }
"""


async def quantities(ask) -> dict[tuple[str, str], list[str]]:
    """Return (order number, place) -> what is received, then what is wanted."""
    return {
        (contract["purchaseOrderNumber"], release["account"]["unloadingPoint"]): [
            release["cumulativeReceived"],
            *(it["quantity"] for it in release["scheduleLines"]),
        ]
        for contract in (await ask(ACTIVE))["contracts"]["nodes"]
        for line in contract["lines"]
        for release in line["releases"]["nodes"]
    }


async def test_quantities_are_counted_in_the_units_of_products(ask, world, partner) -> None:
    """Whatever unit they come in; what cannot be counted is not taken in."""
    weights = ((b"GRM", b"5000", b"1500"), (b"TNE", b"0.002", b"1"), (b"PCE", b"7", b"0"))
    articles = [
        WEIGHED % (unit, received + b":" + unit, wanted + b":" + unit)
        for unit, wanted, received in weights
    ]
    content = HEAD % b"202603020630" + b"".join(articles) + PIECES % (b"", b"10:KGM") + END
    assert await released(ask, world, partner, content) == ["UNIT_MISMATCH"] * 2
    assert await quantities(ask) == {
        ("5500012345", "GRM"): ["1.5", "5"],
        ("5500012345", "TNE"): ["1000", "2"],
    }
    named = {"scheduleCodes": [{"element": "UNIT", "code": "STK", "meaning": "PCE"}]}
    content = HEAD % b"202603030630" + PIECES % (b"QTY+70:3:STK'", b"12:STK") + END
    own = {key: partner[key] for key in ("code", "identification")}
    await files.partner(ask, **own, partyNumber="NORTH", **named)
    assert await released(ask, world, partner, content, "R2") == []
    assert (await quantities(ask))["5500012345", "D1"] == ["3", "12"]


async def test_a_contract_that_is_named_is_the_one_or_none(ask, world, partner) -> None:
    for code in (b"CT", b"ON"):
        content = HEAD % b"202603020630" + PIECES % (b"RFF+%s:NOSUCH'" % code, b"12") + END
        assert await released(ask, world, partner, content, code.decode()) == ["INVALID_VALUE"]
    assert await quantities(ask) == {}
    own = {key: partner[key] for key in ("code", "identification")}
    codes = [{"element": "REFERENCE", "code": "ON", "meaning": "OTHER"}]
    await files.partner(ask, **own, partyNumber="NORTH", scheduleCodes=codes)
    assert await released(ask, world, partner, content, "R2") == []
    assert await quantities(ask) == {("5500012345", "D1"): ["0", "12"]}


async def test_a_contract_that_is_over_stands_in_no_others_way(ask, world) -> None:
    plants = [parties.address(code="PLANT10")]
    party = to_global("Party", await parties.company(world, number="NORTH", addresses=plants))
    (piece,) = await products(ask, "4711-A")
    today = world.clock().date()
    ended, begun = str(today - timedelta(1)), str(today)
    for order, first, last in (("OLD", "2025-01-01", ended), ("NEW", begun, "2030-12-31")):
        lines = [contracts.line(piece, "1000")]
        valid = {"validFrom": first, "validTo": last, "purchaseOrderNumber": order}
        await contracts.contract(world, ask, partyId=party, lines=lines, **valid)
    partner = await files.partner(ask, partyNumber="NORTH")
    content = HEAD % b"202603020630" + PIECES % (b"", b"12") + END
    assert await released(ask, world, partner, content) == []
    assert await quantities(ask) == {("NEW", "D1"): ["0", "12"]}


async def test_a_message_that_names_no_article_is_told(ask, world, partner) -> None:
    assert await released(ask, world, partner, HEAD % b"202603020630" + END) == ["MISSING"]


@pytest.mark.parametrize(
    "wrong",
    [
        b"LIN+1++4711-A:IN'LOC+11+D1'SCC+1'DTM+2:20260309:102'",
        PIECES % (b"", b"20") + b"SCC+4'DTM+2:20260316:102'",
        b"LIN+1++4711-A:IN'LOC+11+D1'QTY+70:0'",
        b"LIN+1++4711-A:IN'LOC+11+D1'QTY+70:0'LOC+7+X'SCC+1'QTY+113:20'DTM+2:20260309:102'",
        PIECES % (b"", b"20") + PIECES.replace(b"+1+", b"+2+") % (b"", b"30"),
    ],
)
async def test_what_stands_is_ended_by_no_half_of_an_article(ask, world, partner, wrong) -> None:
    whole = HEAD % b"202603020630" + PIECES % (b"", b"12") + END
    assert await released(ask, world, partner, whole) == []
    assert await released(ask, world, partner, HEAD % b"202603030630" + wrong + END, "R2")
    assert await quantities(ask) == {("5500012345", "D1"): ["0", "12"]}


LINES = """{ contracts(first: 9) { nodes { lines { releases(first: 9) { nodes {
  pointOfUse cumulativeReceived account { unloadingPoint } scheduleLines { quantity code }
} } } } } }"""
AT_POINT = b"LIN+1++4711-A:IN'LOC+11+D1'LOC+159+%s'QTY+70:%s'SCC+1'QTY+113:%s'DTM+2:20260309:102'"


async def test_points_of_use_at_one_dock_are_one_demand_of_it(ask, world, partner) -> None:
    both = AT_POINT % (b"LINE-A", b"40", b"12") + AT_POINT % (b"LINE-B", b"40", b"30")
    content = HEAD % b"202603020630" + both + END
    assert await released(ask, world, partner, content) == []
    (contract,) = (await ask(LINES))["contracts"]["nodes"]
    (release,) = contract["lines"][0]["releases"]["nodes"]
    assert release == {
        "pointOfUse": "LINE-A, LINE-B",
        "cumulativeReceived": "40",
        "account": {"unloadingPoint": "D1"},
        "scheduleLines": [
            {"quantity": "12", "code": "SCC 1 LINE-A"},
            {"quantity": "30", "code": "SCC 1 LINE-B"},
        ],
    }


@pytest.mark.parametrize(
    "second",
    [AT_POINT % (b"LINE-A", b"40", b"30"), AT_POINT % (b"LINE-B", b"55", b"30")],
)
async def test_points_of_use_that_are_one_or_count_apart_are_not_joined(
    ask, world, partner, second
) -> None:
    """The figure of a dock is one; of two nobody knows whether they add up."""
    content = HEAD % b"202603020630" + AT_POINT % (b"LINE-A", b"40", b"12") + second + END
    assert await released(ask, world, partner, content) == ["INVALID_VALUE"] * 2
    assert await quantities(ask) == {}


async def test_what_a_whole_message_does_not_name_is_ended_in_portions(
    ask, world, partner, monkeypatch
) -> None:
    own = {key: partner[key] for key in ("code", "identification")} | {"qualifier": "14"}
    codes = [{"element": "FUNCTION", "code": "5", "meaning": "WHOLE"}]
    await ask(files.UPSERT, input={"partnerProfiles": [own | {"scheduleCodes": codes}]})
    portions = list[int]()

    async def noted(writing, command):
        portions.append(len(command.releases))
        return await record_all(writing, command)

    monkeypatch.setattr("commands.messages.readers.schedules.record_all", noted)
    monkeypatch.setattr("commands.messages.readers.whole.LARGEST_BULK", 2)
    docks = b"".join(WEIGHED % (b"DOCK%d" % it, b"0", b"7") for it in range(6))
    assert await released(ask, world, partner, HEAD % b"202603020630" + docks + END) == []
    again = HEAD % b"202603030630" + WEIGHED % (b"DOCK3", b"0", b"9") + END
    assert await released(ask, world, partner, again, "R2") == []
    assert portions[:2] == [6, 1]
    assert sorted(portions[2:]) == [1, 2, 2]
    assert await released(ask, world, partner, again.replace(b"0303", b"0304"), "AGAIN") == []
    assert portions[5:] == [1]
    found = await quantities(ask)
    assert found.pop(("5500012345", "DOCK3")) == ["0", "9"]
    assert set(map(tuple, found.values())) == {("0",)}

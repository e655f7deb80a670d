"""What partners leave out: what is on its way, how we call articles, the day of a zero."""

import pytest

from kit.ids import to_global
from tests.commands.messages import test_schedules as schedules
from tests.commands.messages.test_schedules import END, HEAD, PIECES, quantities, released, sent
from tests.make.master import parties
from tests.make.messages import files
from tests.make.trade import contracts
from tests.make.trade.orders import products

partner = schedules.partner
OPEN = """
mutation ($input: AccountsOpenInput!) {
  it: accountsOpen(input: $input) { results { status } userErrors { code } }
}
"""


async def test_a_partner_may_write_without_what_is_on_its_way(ask, world) -> None:
    party = to_global("Party", await parties.company(world, number="NORTH"))
    (piece,) = await products(ask, "4711-A")
    made = await contracts.contract(world, ask, partyId=party, lines=[contracts.line(piece, "900")])
    place = {"contractLineId": made["lines"][0]["id"], "unloadingPoint": "D1"}
    account = {**place, "issued": "60", "received": "20"}
    opened = (await ask(OPEN, input={"accounts": [account]}))["it"]
    assert [it["status"] for it in opened["results"]] == ["CREATED"]
    partner = await files.partner(ask, partyNumber="NORTH", isNetOfTransit=True)
    content = HEAD % b"202603020630" + PIECES % (b"QTY+70:20'", b"100") + END
    assert await released(ask, world, partner, content) == []
    # 60 were issued and 20 have come: 40 are on their way, beside the 100 that are wanted.
    assert await quantities(ask) == {(None, "D1"): ["20", "40", "100"]}


JUST_IN_TIME = (HEAD % b"202603020630").replace(b"DELFOR", b"DELJIT").replace(b"241", b"242")
SEQ = b"SEQ+%d'DTM+2:202603091%d00:203'LIN+1++4711-A:IN'LOC+11+G%d'QTY+113:%d'"


@pytest.mark.parametrize("held", [1, 2, 250])
@pytest.mark.parametrize("most", [1, 20_000])
async def test_deliveries_just_in_time_of_one_article_are_lines_of_one_schedule(
    ask, world, partner, monkeypatch, held: int, most: int
) -> None:
    """In whichever portions they come, and however few are held at a time."""
    monkeypatch.setattr("kit.standards.schedules.messages.MOST_ARTICLES", held)
    monkeypatch.setattr("commands.messages.readers.joined.LINES_HELD", most)
    every = [SEQ % (it, it % 10, dock, it) for it in (1, 2, 3) for dock in (1, 2, 3)]
    assert await released(ask, world, partner, JUST_IN_TIME + b"".join(every) + END) == []
    order = "5500012345"
    assert await quantities(ask) == {(order, f"G{it}"): ["0", "1", "2", "3"] for it in (1, 2, 3)}


async def test_of_too_many_deliveries_of_one_article_none_is_taken_in(
    ask, world, partner, monkeypatch
) -> None:
    monkeypatch.setattr("commands.messages.readers.joined.MOST_LINES", 2)
    every = [SEQ % (it, it, dock, it) for it, dock in ((1, 1), (2, 2), (3, 1), (4, 1))]
    content = JUST_IN_TIME + b"".join(every) + END
    assert set(await released(ask, world, partner, content)) == {"INVALID_VALUE"}
    assert await quantities(ask) == {("5500012345", "G2"): ["0", "2"]}


FIGURES = [
    # (what is said, what is found in it, what is recorded as received)
    (b"QTY+70:-5'", ["cumulativeReceived is left out: This must be at least 0"], "0"),
    (b"QTY+70:0.5'", ["0.5 is finer than its product is counted: it is left out."], "0"),
    (b"QTY+70:5:KGM'", ["'KGM' cannot be counted in"], "0"),
    (b"QTY+999:5'QTY+70:20'", ["Nobody says what '999' means here."], "20"),
    (b"QTY+70:20'DTM+51:00000000:102'", ["'00000000' is no date of format '102'."], "20"),
    (b"QTY+48:7'DTM+50:00000000:102'QTY+70:20'", ["'00000000' is no date of format"], "20"),
    (b"QTY+70:20'SCC+3'QTY+3:-4'", ["materialGoAhead is left out: This must be at least 0"], "20"),
    (
        b"DTM+158:20260320:102'DTM+159:20260301:102'QTY+70:20'",
        ["horizonStart is left out: A horizon ends", "horizonEnd is left out: A horizon ends"],
        "20",
    ),
]


@pytest.mark.parametrize(("figure", "texts", "received_"), FIGURES)
async def test_what_informs_only_refuses_no_article_and_is_told(
    ask, world, partner, figure: bytes, texts: list[str], received_: str
) -> None:
    article = b"LIN+1++4711-A:IN'LOC+11+D1'" if figure.startswith(b"QTY") else b"LIN+1++4711-A:IN'"
    place = b"" if figure.startswith(b"QTY") else b"LOC+11+D1'"
    wanted = b"SCC+1'QTY+113:9'DTM+2:20260309:102'"
    content = HEAD % b"202603020630" + article + place + figure + wanted + END
    taken = await files.received(ask, sent(partner, content, "R1"))
    await files.read_all(world)
    (message,) = taken["messages"]["nodes"]
    found = (await ask(WITH_FINDINGS, id=message["id"]))["node"]
    assert found["fate"] == "READ"
    assert [(it["code"], it["isError"]) for it in found["findings"]] == [
        ("ODD_FIGURE", False) for _ in texts
    ]
    for finding, text in zip(found["findings"], texts, strict=True):
        assert text in finding["text"]
    assert await quantities(ask) == {("5500012345", "D1"): [received_, "9"]}


WITH_FINDINGS = """
query ($id: ID!) { node(id: $id) { ... on InterchangeMessage {
  fate findings { code text isError }
} } }
"""


async def test_what_nobody_knows_and_may_be_wanted_refuses_its_article(ask, world, partner) -> None:
    articles = (
        b"LIN+1++4711-A:IN'LOC+11+G1'QTY+999:5'",
        b"LIN+2++4711-A:IN'LOC+11+G2'SCC+1'QTY+999:5'DTM+2:20260309:102'",
        b"LIN+3++4711-A:IN'LOC+11+G3'QTY+999:5'DTM+2:20260309:102'SCC+1'QTY+113:9'DTM+2:20260309:102'",
    )
    content = HEAD % b"202603020630" + b"".join(articles) + END
    assert len(await released(ask, world, partner, content)) >= len(articles)
    assert await quantities(ask) == {}


async def test_a_window_ends_at_the_minute_that_is_said(ask, world, partner) -> None:
    window = b"DTM+64:202603090800:203'DTM+63:202603091200:203'"
    article = b"LIN+1++4711-A:IN'LOC+11+D1'SCC+1'QTY+113:9'" + window
    assert await released(ask, world, partner, HEAD % b"202603020630" + article + END) == []
    found = (await ask(WINDOWS))["contracts"]["nodes"][0]["lines"]
    (line,) = (one for it in found for of in it["releases"]["nodes"] for one in of["scheduleLines"])
    times = [line["window"][it][10:16] for it in ("earliest", "latest")]
    assert times == ["T07:00", "T11:00"]


WINDOWS = """
{ contracts(first: 1) { nodes { lines { releases(first: 9) { nodes {
    scheduleLines { window { earliest latest } }
} } } } } }
"""


async def test_a_plant_takes_no_dock_of_the_one_in_the_head(ask, world, partner) -> None:
    article = b"LIN+1++4711-A:IN'SCC+1'QTY+113:%s'DTM+2:20260309:102'"
    parts = (
        b"NAD+ST+PLANT10::92'LOC+11+D1'",
        article % b"7",
        b"NAD+ST+PLANT20::92'",
        article % b"8",
    )
    content = HEAD % b"202603020630" + b"".join(parts) + END
    assert await released(ask, world, partner, content) == []
    order = "5500012345"
    assert await quantities(ask) == {(order, "D1"): ["0", "7"], (order, None): ["0", "8"]}


async def test_what_is_nothing_of_ours_is_refused_at_its_place(ask, partner) -> None:
    names = {"theirs": "X", "ours": "NONE"}
    item = {key: partner[key] for key in ("code", "identification")}
    item |= {"partyNumber": "NORTH", "articleNumbers": [names], "placeCodes": [names]}
    payload = (await ask(files.UPSERT, input={"partnerProfiles": [item]}))["it"]
    errors = payload["userErrors"] or payload["results"][0]["userErrors"]
    assert [(it["code"], it["field"][-3:]) for it in errors] == [
        ("NOT_FOUND", ["articleNumbers", "0", "ours"]),
        ("NOT_FOUND", ["placeCodes", "0", "ours"]),
    ]


async def test_places_that_stay_must_be_the_new_partys_too(ask, world, partner) -> None:
    for number, code in (("EAST", "0310"), ("WEST", "0420"), ("BOTH", "0310")):
        addresses = [parties.address(code=code, is_default=False)]
        await parties.company(world, number=number, addresses=addresses)
    own = {key: partner[key] for key in ("code", "identification")}
    places = [{"theirs": "D1", "ours": "0310"}]
    await files.partner(ask, **own, partyNumber="EAST", placeCodes=places)
    item = {**own, "partyNumber": "WEST"}
    payload = (await ask(files.UPSERT, input={"partnerProfiles": [item]}))["it"]
    errors = payload["userErrors"] or payload["results"][0]["userErrors"]
    assert [(it["code"], it["field"][-1]) for it in errors] == [("NOT_FOUND", "partyNumber")]
    await files.partner(ask, **item, placeCodes=[])
    await files.partner(ask, **own, partyNumber="BOTH", placeCodes=places)
    await files.partner(ask, **own, partyNumber="EAST")


async def test_a_message_is_of_the_party_whose_partner_sent_it(ask, world, partner) -> None:
    """Not of another one that the profile names by the time it is read."""
    content = HEAD % b"202603020630" + PIECES % (b"", b"12") + END
    await parties.company(world, number="SOUTH")
    own = {key: partner[key] for key in ("code", "identification")}
    await files.received(ask, schedules.sent(partner, content, "EARLY"))
    await files.partner(ask, **own, partyNumber="SOUTH")
    await files.read_all(world)
    (message,) = (await ask(MESSAGES))["interchangeMessages"]["nodes"]
    assert (message["fate"], [it["code"] for it in message["findings"]]) == ("REFUSED", ["INVALID"])
    assert await quantities(ask) == {}
    await files.partner(ask, **own, partyNumber="NORTH")
    await files.replay(ask, message["id"])
    await files.read_all(world)
    assert await quantities(ask) == {("5500012345", "D1"): ["0", "12"]}


MESSAGES = "{ interchangeMessages(first: 9) { nodes { id fate findings { code } } } }"


@pytest.mark.parametrize("ours", ["4711-A", "4712", None])
async def test_a_partner_may_call_articles_otherwise_than_we_do(ask, world, partner, ours) -> None:
    """Its own names go before our SKUs, so that what is called like another one is the other."""
    own = {key: partner[key] for key in ("code", "identification")}
    numbers = [{"theirs": "77-X", "ours": ours}] if ours else []
    await files.partner(ask, **own, partyNumber="NORTH", articleNumbers=numbers)
    content = HEAD % b"202603020630" + PIECES.replace(b"4711-A", b"77-X") % (b"", b"12") + END
    assert await released(ask, world, partner, content) == ([] if ours else ["INVALID_VALUE"])
    (contract,) = (await ask(schedules.READ))["contracts"]["nodes"]
    named = [it["product"]["sku"] for it in contract["lines"] if it["releases"]["nodes"]]
    assert named == ([ours] if ours else [])


UNDATED = b"LIN+1++4711-A:IN'LOC+11+D1'QTY+70:0'SCC+4'QTY+113:%s'"


@pytest.mark.parametrize(
    ("function", "quantity", "wanted"),
    [
        (b"5", b"0", []),
        (b"5", b"7", ["12"]),
        # What changes single lines says which of them.
        (b"62", b"0", ["12"]),
    ],
)
async def test_a_zero_without_a_day_ends_what_stands(
    ask, world, partner, function, quantity, wanted
) -> None:
    whole = HEAD % b"202603020630" + PIECES % (b"", b"12") + END
    assert await released(ask, world, partner, whole) == []
    head = (HEAD % b"202603030630").replace(b"+1+5'", b"+1+%s'" % function)
    errors = await released(ask, world, partner, head + UNDATED % quantity + END, "R2")
    assert errors == (["INVALID_VALUE"] if wanted else [])
    assert await quantities(ask) == {("5500012345", "D1"): ["0", *wanted]}


FATES = "{ interchangeMessages(first: 1) { nodes { fate findings { text segmentNo } } } }"
_HEADED = b"LIN+1++4711-A:IN'LOC+11+D1'QTY+70:0'%s"
_WANTED = b"SCC+1++Y'QTY+113:30'DTM+2:20260309:102'"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        # They are read of go-aheads only: a schedule says how much is wanted on each date.
        (b"SCC+1'QTY+3:120'DTM+2:20260309:102'", "it says cumulative quantities only"),
        (_WANTED + b"SCC+4++W'QTY+3:90'DTM+2:20260316:102'", "up to what cumulative quantity"),
        (_WANTED + b"QTY+3:90'DTM+2:20260310:102'", "up to what cumulative quantity"),
        (b"QTY+78:90'", "it says cumulative quantities only"),
        (b"", "So what was received (QTY 70) is not taken in either"),
    ],
)
async def test_cumulative_quantities_of_what_is_wanted_are_told(
    ask, world, partner, lines, text
) -> None:
    before = HEAD % b"202603020630" + PIECES % (b"", b"12") + END
    assert await released(ask, world, partner, before) == []
    content = HEAD % b"202603030630" + _HEADED % lines + END
    assert await released(ask, world, partner, content, "R2") == ["INVALID_VALUE"]
    (message,) = (await ask(FATES))["interchangeMessages"]["nodes"]
    assert message["fate"] == "REFUSED"
    assert text in message["findings"][0]["text"]
    assert await quantities(ask) == {("5500012345", "D1"): ["0", "12"]}


@pytest.mark.parametrize(
    "lines",
    [
        _WANTED + b"QTY+3:130'",
        _WANTED + b"QTY+3:130'DTM+2:20260309:102'",
        _WANTED + b"SCC+1++Y'QTY+3:130'DTM+2:20260309:102'",
        b"QTY+78:90'" + _WANTED + b"SCC+12'QTY+3:500'DTM+2:20260401:102'",
    ],
)
async def test_cumulative_quantities_beside_how_much_is_wanted_say_nothing_new(
    ask, world, partner, lines
) -> None:
    content = HEAD % b"202603020630" + _HEADED % lines + END
    assert await released(ask, world, partner, content) == []
    assert await quantities(ask) == {("5500012345", "D1"): ["0", "30"]}

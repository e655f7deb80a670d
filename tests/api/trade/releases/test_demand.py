"""Demand: what customers want by forecast and just in time, and what of it is to ship."""

from typing import Any

import pytest

from kit.db.driver import CACHES
from kit.ids import from_global, to_global
from models.access.viewers import Actor
from tests.api.master.test_calendars import item, put
from tests.guard import counted
from tests.make.counting import nodes, plan_of, sent
from tests.make.fulfilment import deliveries
from tests.make.master import locations, parties
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule, window

LINE = """
id quantity openQuantity cumulativeReleased kind commitment shipsOn arrivesOn dueOn isDue isOverdue
window { earliest } release { type } contractLine { id }
account { shipTo { code } unloadingPoint } scheduleLine { id shipsOn arrivesOn }
"""
DEMAND = f"""
query ($party: ID, $contract: ID, $from: Date, $to: Date, $open: Boolean, $n: Int, $at: String) {{
  demand(
    partyId: $party, contractId: $contract, from: $from, to: $to, open: $open, first: $n, after: $at
  ) {{ totalCount nodes {{ {LINE} }} pageInfo {{ endCursor hasNextPage }} }}
}}
"""
OF_LINE = f"""
query ($id: ID!, $open: Boolean) {{
  node(id: $id) {{ ... on ContractLine {{
    demand(first: 50, open: $open) {{ nodes {{ {LINE} }} }}
  }} }}
}}
"""


async def _demand(ask, n: int = 50, **wanted: Any) -> dict[str, Any]:
    return (await ask(DEMAND, n=n, **wanted))["demand"]


def _shown(page: dict[str, Any], *names: str) -> list[Any]:
    rows = [tuple(it[name] for name in names) for it in page["nodes"]]
    return [it[0] for it in rows] if len(names) == 1 else rows


async def _agreed(ask, world, **fields: Any) -> str:
    return (await contracts.contract(world, ask, **fields))["lines"][0]["id"]


async def test_just_in_time_overlays_the_forecast_up_to_its_last_day(ask, world):
    line = await _agreed(ask, world)
    days = ("500", "500", "600", "600")
    wanted = [schedule(f"2026-03-0{3 + at}", it) for at, it in enumerate(days)]
    await contracts.release(ask, line, 1, *wanted)
    assert sum(map(int, _shown(await _demand(ask), "openQuantity"))) == 2200
    now = [schedule("2026-03-03", "250"), schedule("2026-03-04", "300")]
    payload = await contracts.try_release(ask, line, 1, *now, type="JIT")
    assert payload["contractLine"]["cumulativeReleased"] == "1750"
    found = await _demand(ask)
    assert _shown(found, "openQuantity") == ["250", "300", "600", "600"]
    assert _shown(found, "cumulativeReleased") == ["250", "550", "1150", "1750"]
    assert [it["type"] for it in _shown(found, "release")] == ["JIT"] * 2 + ["FORECAST"] * 2


async def test_a_stated_horizon_says_that_nothing_else_is_wanted_until_then(ask, world):
    line = await _agreed(ask, world)
    wanted = [schedule(f"2026-03-{day}", "100") for day in ("03", "04", "05", "06")]
    await contracts.release(ask, line, 1, *wanted)
    # The end of 5 March in Berlin.
    horizon = {"horizonEnd": "2026-03-05T23:00:00Z"}
    await contracts.release(ask, line, 1, schedule("2026-03-03", "40"), type="JIT", **horizon)
    assert _shown(await _demand(ask), "arrivesOn", "openQuantity") == [
        ("2026-03-03", "40"),
        ("2026-03-06", "100"),
    ]
    world.clock.advance(days=5)
    # What has not come by a later forecast is owed beside it.
    for number, received, still in ((2, "0", ["40", "70"]), (3, "40", ["70"])):
        later = {"issuedAt": f"2026-03-06T0{number}:00:00Z", "cumulativeReceived": received}
        await contracts.release(ask, line, number, schedule("2026-03-09", "70"), **later)
        assert _shown(await _demand(ask), "openQuantity") == still


async def test_what_has_left_is_taken_from_the_earliest_lines(ask, world):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    days = ("2026-03-06", "120"), ("2026-03-20", "80"), ("2026-04-03", "200")
    received = {"cumulativeReceived": "400"}
    await contracts.release(ask, line, 1, *(schedule(*it) for it in days), **received)
    for gone, still_open in (("550", ["0", "50", "200"]), ("50", ["0", "0", "200"])):
        order = await contracts.call_off(world, ask, contract, gone)
        await deliveries.dispatched(world, ask, order, parcel={"generateSscc": True})
        assert _shown(await _demand(ask), "openQuantity") == still_open
    assert _shown(await _demand(ask, open=True), "openQuantity") == ["200"]
    assert _shown(await _demand(ask, open=False), "openQuantity") == ["0", "0"]
    of_line = (await ask(OF_LINE, id=line, open=True))["node"]["demand"]
    assert of_line["nodes"] == (await _demand(ask, open=True))["nodes"]


async def test_backlog_and_what_is_wanted_at_once_are_due_now_and_keep_their_days(ask, world):
    line = await _agreed(ask, world)
    late = {**schedule("2026-01-12", "27"), "kind": "BACKLOG"}
    now = {**schedule("2026-03-20", "5"), "kind": "IMMEDIATE"}
    none = schedule("2026-03-05", "0")
    await contracts.release(ask, line, 1, late, now, none, schedule("2026-03-06", "120"))
    found = await _demand(ask)
    shown = _shown(found, "quantity", "dueOn", "arrivesOn", "isDue", "isOverdue")
    assert shown == [
        ("27", "2026-03-02", "2026-01-12", True, True),
        ("5", "2026-03-02", "2026-03-20", True, False),
        ("0", "2026-03-05", "2026-03-05", False, False),
        ("120", "2026-03-06", "2026-03-06", False, False),
    ]
    today = {"from": "2026-03-02", "to": "2026-03-02"}
    assert _shown(await _demand(ask, **today), "quantity") == ["27", "5"]


async def test_each_unloading_point_keeps_its_own_quantity_of_a_day(ask, world):
    place = await contracts.docks(world, ask)
    line = await _agreed(ask, world, **place)
    for dock in ("D1", "D2"):
        where = {"shipToId": place["shipToIds"][0], "unloadingPoint": dock}
        await contracts.release(ask, line, 1, schedule("2026-03-06", "10", "FIRM"), **where)
    found = await _demand(ask)
    assert _shown(found, "openQuantity", "dueOn") == [("10", "2026-03-06")] * 2
    assert {it["unloadingPoint"] for it in _shown(found, "account")} == {"D1", "D2"}


async def test_what_goes_to_another_plant_counts_there(ask, world):
    place = await contracts.docks(world, ask)
    made = await contracts.contract(world, ask, **place)
    line, (first, second) = made["lines"][0]["id"], place["shipToIds"]
    wanted = await contracts.release(ask, line, 1, schedule("2026-03-06", "10"), shipToId=first)
    await contracts.release(ask, line, 1, schedule("2026-03-09", "40"), shipToId=second)
    # Called off for the first plant, with and without its schedule line; both go to the second.
    for answered in ({"scheduleLineId": wanted["scheduleLines"][0]["id"]}, {}):
        lines = [{"contractLineId": line, "quantity": "10", **answered}]
        at = {"shipToId": first, "window": window("2026-03-06")}
        order = await contracts.call_off(world, ask, made, lines=lines, **at)
        to = {"shipToId": second, "method": "FREIGHT"}
        await deliveries.dispatched(world, ask, order, {"generateSscc": True}, **to)
    assert _shown(await _demand(ask), "arrivesOn", "openQuantity") == [
        ("2026-03-06", "10"),
        ("2026-03-09", "20"),
    ]


async def test_it_leaves_so_many_working_days_before_it_arrives(ask, world):
    customer = await parties.company(world, number="CUSTOMER")
    line = await _agreed(ask, world, partyId=to_global("Party", customer))
    week = [{"weekday": it, "opens": "06:00", "closes": "22:00"} for it in range(1, 6)]
    closed = {"fromOn": "2026-03-12", "toOn": "2026-03-13", "name": "Stocktaking"}
    theirs = item("THEIRS", owner={"partyNumber": "CUSTOMER"}, hours=week, transitDays=2)
    written = await put(ask, item("OURS", hours=week, closures=[closed]), theirs)
    assert written["userErrors"] == []
    # Two of the customer's days before Tuesday is a Friday, on which we are closed since Thursday.
    usual = schedule("2026-03-17", "10")
    quick = {**schedule("2026-03-18", "20"), "transitDays": 1}
    leaving = {**schedule("2026-03-20", "30"), "dateMeaning": "SHIPMENT"}
    # It is there on Friday, two days after Wednesday, for the Saturday on which it may arrive.
    at_rest = schedule("2026-03-21", "40")
    await contracts.release(ask, line, 1, usual, quick, leaving, at_rest)
    found = await _demand(ask)
    assert _shown(found, "quantity", "shipsOn", "arrivesOn") == [
        ("10", "2026-03-11", "2026-03-17"),
        ("20", "2026-03-17", "2026-03-18"),
        ("40", "2026-03-18", "2026-03-20"),
        ("30", "2026-03-20", "2026-03-24"),
    ]
    kept = [(it["shipsOn"], it["arrivesOn"]) for it in _shown(found, "scheduleLine")]
    assert kept == _shown(found, "shipsOn", "arrivesOn")


async def test_what_should_have_left_is_due_today_and_overdue_once_its_window_is_over(
    ask, world, clock
):
    line = await _agreed(ask, world)
    week = {"window": window("2026-03-06", "2026-03-12"), "bucket": "WEEK", "quantity": "9"}
    await contracts.release(ask, line, 1, week)
    shown = []
    for today in (5, 6, 10, 13):
        clock.time = clock.time.replace(day=today)
        shown += _shown(await _demand(ask), "dueOn", "isDue", "isOverdue")
    assert shown == [
        ("2026-03-06", False, False),
        ("2026-03-06", True, False),
        ("2026-03-10", True, False),
        ("2026-03-13", True, True),
    ]


async def test_a_customers_demand_is_one_statement_page_by_page(ask, world, database):
    own = to_global("Party", await parties.company(world))
    for days in (("09", "11"), ("10",)):
        line = await _agreed(ask, world, partyId=own)
        await contracts.release(ask, line, 1, *(schedule(f"2026-03-{it}", "10") for it in days))
    other = await contracts.contract(world, ask)
    await contracts.release(ask, other["lines"][0]["id"], 1, schedule("2026-03-10", "7"))
    pages, at = [], None
    for _ in range(3):
        with counted(database.engine) as statements:
            page = await _demand(ask, n=1, party=own, at=at)
        assert len(statements) == 1
        pages += _shown(page, "dueOn")
        at, count = page["pageInfo"]["endCursor"], page["totalCount"]
    assert (pages, count) == (["2026-03-09", "2026-03-10", "2026-03-11"], 3)
    assert page["pageInfo"]["hasNextPage"] is False
    of_contract = await _demand(ask, contract=other["id"])
    assert _shown(of_contract, "openQuantity") == ["7"]
    assert (await _demand(ask))["totalCount"] == 4


async def test_the_statement_of_a_lines_demand_stays_prepared(ask, world, database):
    # To plan it for every request would take three times as long as to run it.
    line = await _agreed(ask, world)
    with sent(database) as statements:
        await ask(OF_LINE, id=line)
    assert max(len(it) for it, _ in statements) < CACHES["max_cacheable_statement_size"]


RECORD = """
mutation ($input: ReleasesRecordInput!) {
  it: releasesRecord(input: $input) { results { status } userErrors { code } }
}
"""


async def test_a_page_sorts_no_more_rows_than_it_has(ask, world, database, plans):
    line = await _agreed(ask, world)
    of = {"contractLineId": line, "type": "FORECAST", "releaseNo": 1}
    docks = [f"D{it}" for it in range(40)]
    items = [{**of, "unloadingPoint": it, "lines": [schedule("2026-03-10", "7")]} for it in docks]
    payload = (await ask(RECORD, input={"releases": items}))["it"]
    assert [it["status"] for it in payload["results"]] == ["CREATED"] * len(docks)
    with sent(database) as statements:
        page = await _demand(ask, n=2)
    assert (len(page["nodes"]), page["totalCount"]) == (2, len(docks))
    if plans:
        (statement, values), *_ = (it for it in statements if "schedule_lines" in it[0])
        found = list(nodes(await plan_of(world, statement, values)))
        sorts = [
            each["Sort Method"]
            for each in found
            if each["Node Type"] == "Sort" and each["Plans"][0]["Actual Rows"] == len(docks)
        ]
        assert sorts == ["top-N heapsort"]
        windows = [it["Actual Rows"] for it in found if it["Node Type"] == "WindowAgg"]
        assert max(windows) == len(page["nodes"]) + 1


async def test_a_buyer_sees_its_own_and_no_other_actor_any(ask, world):
    mine, theirs = [await parties.company(world) for _ in range(2)]
    for party, quantity in ((mine, "1"), (theirs, "2")):
        line = await _agreed(ask, world, partyId=to_global("Party", party))
        await contracts.release(ask, line, 1, schedule("2026-03-10", quantity))
    buyer = ask.by(await world.key(Actor.BUYER, mine))
    assert _shown(await _demand(buyer), "quantity") == ["1"]
    assert (await _demand(buyer, party=to_global("Party", theirs)))["nodes"] == []
    place = await locations.location(world, code="W")
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, place))
    answer = await warehouse.answer("{ demand(first: 9) { totalCount nodes { quantity } } }")
    shown = (answer.get("data") or {}).get("demand")
    assert shown in ({"totalCount": 0, "nodes": []}, None)


async def test_what_is_no_day_or_party_is_refused_at_its_argument(ask, world):
    strange = to_global("Order", from_global(to_global("Order", world.merchant_id))[1])
    for name, value in (("party", strange), ("from", "1234-01-01"), ("to", "2999-01-01")):
        answer = await ask.answer(DEMAND, n=1, **{name: value})
        (error,) = answer["errors"]
        argument = {"party": "partyId"}.get(name, name)
        assert error["extensions"]["argument"] == [argument]


async def _route_calendars(ask, world) -> dict[str, Any]:
    """Make a contract whose customer, place and carrier work on days of their own.

    Return them by name.
    """
    customer = to_global("Party", await parties.company(world, number="CUSTOMER"))
    hall = to_global("Location", await locations.location(world, code="HALL"))
    dhl = to_global("Party", await parties.carrier(world, number="DHL"))
    days = {"week": range(1, 6), "early": range(1, 4), "lorries": range(1, 7)}
    hours = {
        name: [{"weekday": it, "opens": "06:00", "closes": "22:00"} for it in some]
        for name, some in days.items()
    }
    written = await put(
        ask,
        item("OURS", hours=hours["week"]),
        item("HALL", owner={"locationCode": "HALL"}, hours=hours["early"]),
        item("THEIRS", owner={"partyNumber": "CUSTOMER"}, hours=hours["week"], transitDays=3),
        item("DHL", owner={"partyNumber": "DHL"}, hours=hours["lorries"], transitDays=2),
        item("FAST", owner={"partyNumber": "DHL", "service": "FAST"}, transitDays=1),
    )
    assert written["userErrors"] == []
    made = await contracts.contract(world, ask, partyId=customer)
    return {"contract": made, "locationId": hall, "carrierId": dhl}


@pytest.mark.parametrize(
    ("named", "service", "leaves", "days"),
    [
        # Three of the customer's days; two of the carrier's, Saturdays too; one of its service.
        ((), None, "2026-03-12", ("2026-03-20", "2026-03-25")),
        (("carrierId",), None, "2026-03-13", ("2026-03-20", "2026-03-23")),
        (("carrierId",), "FAST", "2026-03-16", ("2026-03-20", "2026-03-23")),
        (("carrierId",), "SLOW", "2026-03-13", ("2026-03-20", "2026-03-23")),
        # From Monday to Wednesday: nothing leaves on a Friday.
        (("locationId",), None, "2026-03-11", ("2026-03-18", "2026-03-23")),
        (("locationId", "carrierId"), None, "2026-03-11", ("2026-03-18", "2026-03-20")),
    ],
)
async def test_the_route_of_a_contract_says_whose_days_count(
    ask, world, named, service, leaves, days
):
    made = await _route_calendars(ask, world)
    route = {name: made[name] for name in named} | {"service": service}
    agreed = made["contract"]
    payload = await contracts.change(ask, "contractAmend", contractId=agreed["id"], route=route)
    assert payload["userErrors"] == []
    leaving = {**schedule("2026-03-20", "30"), "dateMeaning": "SHIPMENT"}
    await contracts.release(ask, agreed["lines"][0]["id"], 1, schedule("2026-03-17", "10"), leaving)
    found = _shown(await _demand(ask), "shipsOn", "arrivesOn")
    assert found == [(leaves, "2026-03-17"), days]
    answer = (await ask(ROUTE, id=agreed["id"]))["contract"]
    assert (answer["location"] is None, answer["carrier"] is None, answer["service"]) == (
        "locationId" not in named,
        "carrierId" not in named,
        service,
    )


ROUTE = "query ($id: ID!) { contract(id: $id) { location { code } carrier { number } service } }"


@pytest.mark.gate("R1", "contractAmend")
@pytest.mark.parametrize(
    ("route", "code", "field"),
    [
        ({"service": "FAST"}, "INVALID", ""),
        ({"carrierId": "customer"}, "INVALID", ".carrierId"),
        ({"carrierId": "nobody"}, "NOT_FOUND", ".carrierId"),
        ({"locationId": "nowhere"}, "NOT_FOUND", ".locationId"),
    ],
)
async def test_a_route_names_what_is_there(ask, world, route, code, field):
    made = await contracts.contract(world, ask)
    strange = {
        "customer": made["party"]["id"],
        "nobody": to_global("Party", world.merchant_id),
        "nowhere": to_global("Location", world.merchant_id),
    }
    named = {name: strange.get(it, it) for name, it in route.items()}
    own = await contracts.contract_input(world, ask, route=named)
    for name, values in (
        ("contractCreate", own),
        ("contractAmend", {"contractId": made["id"], "route": named}),
    ):
        payload = await contracts.change(ask, name, **values)
        assert contracts.codes(payload) == [(code, f"route{field}")], name

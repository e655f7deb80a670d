"""Planning from schedules: call-offs and deliveries of a horizon, and what releases change."""

from typing import Any

import pytest

from kit.ids import from_global, to_global
from models.access.viewers import READS, Actor, Scope
from tests.api.master.test_calendars import item, put
from tests.guard import counted
from tests.make.feed import RECORD
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule
from tests.make.trade.orders import products

PLAN = """
mutation ($input: DeliveryPlanFromScheduleInput!) {
  deliveryPlanFromSchedule(input: $input) {
    items {
      status reason code before quantity earliest latest leavesOn
      contractLine { lineNo } account { unloadingPoint } scheduleLine { quantity shipsOn arrivesOn }
    }
    callOffs { id number lines { ordered scheduleLine { quantity } } }
    deliveries {
      id number state fulfilBy window { earliest latest } shipToAddress { code }
      lines { id planned orderLine { product { sku } } }
    }
    contract { lines { calledOff } }
    userErrors { code field }
  }
}
"""
OPEN = """
query ($id: ID!) { contract(id: $id) { callOffs(first: 50) { nodes {
  state lines { ordered cancelled planned }
  deliveries { id state lines { planned } }
} } } }
"""


class Planner:
    """Plans one contract's schedules, always in the same way."""

    def __init__(self, ask: Any, contract: dict[str, Any], fields: dict[str, Any]) -> None:
        self.ask, self.contract = ask, contract
        self.fields = {"contractId": contract["id"], "until": "2026-03-31", **fields}

    async def __call__(self, **fields: Any) -> dict[str, Any]:
        payload = await self.refused(**fields)
        assert payload["userErrors"] == []
        return payload

    async def refused(self, **fields: Any) -> dict[str, Any]:
        answer = await self.ask(PLAN, input=self.fields | fields)
        return answer["deliveryPlanFromSchedule"]

    async def release(self, no: int, *lines: dict[str, Any], of: int = 0, **fields: Any) -> Any:
        line = self.contract["lines"][of]["id"]
        return await contracts.release(self.ask, line, no, *lines, **fields)

    async def standing(self) -> list[tuple[str, list[str]]]:
        """Return (state, quantities) of the deliveries that are not cancelled, sorted."""
        found = (await self.ask(OPEN, id=self.contract["id"]))["contract"]["callOffs"]["nodes"]
        live = {it["id"]: it for of in found for it in of["deliveries"]}
        rows = [(it["state"], sorted(of["planned"] for of in it["lines"])) for it in live.values()]
        return sorted(it for it in rows if it[0] != "CANCELLED")


async def _planner(world, ask, **fields: Any) -> Planner:
    contract = await contracts.contract(world, ask, **fields)
    channel = to_global(
        "Channel", await channels.channel(world, kind="B2B_PORTAL", guests_allowed=False)
    )
    await parties.allow(world, contract["party"]["id"], channel)
    location = to_global("Location", await locations.location(world))
    fields = {"channelId": channel, "locationId": location, "recipient": {"name": "A. Gate"}}
    return Planner(ask, contract, fields)


def _shown(payload: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(it[name] for name in names) for it in payload["items"]]


STATUS = ("status", "before", "quantity")


async def test_a_horizon_is_called_off_and_planned_once_and_previewed_without_a_trace(ask, world):
    planner = await _planner(world, ask)
    await planner.release(
        1, schedule("2026-03-06", "120"), schedule("2026-03-20", "80"), schedule("2026-04-03", "9")
    )
    preview = await planner(dryRun=True)
    assert _shown(preview, *STATUS) == [("CREATED", "0", "120"), ("CREATED", "0", "80")]
    assert await planner.standing() == []
    done = await planner()
    assert [it["lines"] for it in preview["callOffs"]] == [it["lines"] for it in done["callOffs"]]
    assert _shown(done, *STATUS, "reason") == _shown(preview, *STATUS, "reason")
    (called,) = done["callOffs"]
    assert [(it["ordered"], it["scheduleLine"]["quantity"]) for it in called["lines"]] == [
        ("120", "120"),
        ("80", "80"),
    ]
    assert [it["window"]["earliest"][:10] for it in done["deliveries"]] == [
        "2026-03-06",
        "2026-03-20",
    ]
    again = await planner()
    assert _shown(again, *STATUS) == [("UNCHANGED", "120", "120"), ("UNCHANGED", "80", "80")]
    assert (again["callOffs"], again["deliveries"]) == ([], [])
    assert again["contract"]["lines"] == [{"calledOff": "200"}]


async def test_a_new_release_changes_what_is_not_released_and_says_why(ask, world):
    planner = await _planner(world, ask)
    days = ("2026-03-06", "120"), ("2026-03-13", "80"), ("2026-03-20", "50"), ("2026-03-27", "10")
    await planner.release(1, *(schedule(*it) for it in days))
    first = (await planner())["deliveries"][0]
    await deliveries.done(ask, "deliveryRelease", deliveryId=first["id"])
    days = ("2026-03-06", "100"), ("2026-03-13", "60"), ("2026-03-20", "70"), ("2026-03-24", "5")
    await planner.release(2, *(schedule(*it) for it in days))
    changed = await planner()
    # Of the 120 that are released, 20 bring what the second line wants.
    assert _shown(changed, *STATUS) == [
        ("LOWERED", "80", "40"),
        ("RAISED", "50", "70"),
        ("CREATED", "0", "5"),
        ("CANCELLED", "10", "0"),
    ]
    assert "wants 60 then, and 80 are planned. 20 of it are rel" in changed["items"][0]["reason"]
    assert changed["items"][3]["reason"] == "The schedule wants nothing then any more."
    assert await planner.standing() == [
        ("PLANNED", ["20", "50"]),
        ("PLANNED", ["40"]),
        ("PLANNED", ["5"]),
        ("RELEASED", ["120"]),
    ]
    assert changed["contract"]["lines"] == [{"calledOff": "235"}]
    assert {it[0] for it in _shown(await planner(), "status")} == {"UNCHANGED"}
    await planner.release(3)
    gone = await planner()
    assert _shown(gone, *STATUS)[-1] == ("KEPT", "120", "120")
    assert await planner.standing() == [("RELEASED", ["120"])]
    assert gone["contract"]["lines"] == [{"calledOff": "120"}]


async def test_what_goes_to_one_place_in_one_window_travels_together(ask, world):
    bolt, nut = await products(ask, "BOLT", "NUT")
    place = await contracts.docks(world, ask)
    lines = [contracts.line(it) for it in (bolt, nut)]
    planner = await _planner(world, ask, **place, lines=lines)
    for plant in place["shipToIds"]:
        for of in (0, 1):
            where = {"shipToId": plant, "unloadingPoint": "D1"}
            await planner.release(1, schedule("2026-03-06", str(10 + of)), of=of, **where)
    done = await planner()
    assert len(done["callOffs"]) == 2
    found = [sorted(of["planned"] for of in it["lines"]) for it in done["deliveries"]]
    assert found == [["10", "11"]] * 2
    assert len({it["shipToAddress"]["code"] for it in done["deliveries"]}) == 2
    where = {"shipToId": place["shipToIds"][0], "unloadingPoint": "D1"}
    await planner.release(2, schedule("2026-03-06", "15"), of=0, **where)
    again = await planner()
    assert sorted(_shown(again, "status", "quantity")) == [
        ("RAISED", "15"),
        ("UNCHANGED", "10"),
        ("UNCHANGED", "11"),
        ("UNCHANGED", "11"),
    ]
    (anew,) = again["deliveries"]
    assert sorted(it["planned"] for it in anew["lines"]) == ["10", "11", "5"]


async def test_lots_are_filled_and_what_is_over_is_taken_from_the_next(ask, world):
    (bolt,) = await products(ask, "BOLT")
    lines = [contracts.line(bolt, lotMultiple="25")]
    planner = await _planner(world, ask, lines=lines)
    days = ("2026-03-06", "30"), ("2026-03-09", "10"), ("2026-03-10", "40")
    await planner.release(1, *(schedule(*it) for it in days))
    done = await planner()
    assert _shown(done, "status", "quantity") == [("CREATED", "50"), ("CREATED", "50")]
    assert "fill whole lots" in done["items"][0]["reason"]
    assert {it[0] for it in _shown(await planner(), "status")} == {"UNCHANGED"}


async def test_it_arrives_when_its_place_takes_it_in_and_what_is_late_as_soon_as_it_can(ask, world):
    place = await contracts.docks(world, ask)
    planner = await _planner(world, ask, **place)
    where = {"shipToId": place["shipToIds"][0]}
    hours = ("07:00:00+00:00", "15:30:00+00:00")
    late = {**schedule("2026-02-02", "27"), "kind": "BACKLOG"}
    whole = {"earliest": "2026-03-05T23:00:00Z", "latest": "2026-03-06T23:00:00Z"}
    week = {"earliest": "2026-03-11T08:00:00Z", "latest": "2026-03-17T08:00:00Z"}
    early = {"earliest": "2026-03-20T04:00:00Z", "latest": "2026-03-20T06:00:00Z"}
    tuesday = {"earliest": "2026-03-24T08:00:00Z", "latest": "2026-03-24T10:00:00Z"}
    zone = {"timeZone": "Europe/Berlin"}
    windows = [{"window": it | zone, "quantity": "10"} for it in (whole, week, early, tuesday)]
    await planner.release(1, late, *windows, **where)
    found = (await planner())["items"]
    shown = [(it["quantity"], it["earliest"], it["latest"]) for it in found]
    days = ["2026-03-02", "2026-03-06", "2026-03-13", "2026-03-20", "2026-03-23"]
    assert [it[1][:10] for it in shown] == days
    its = ("08:00:00+00:00", "10:00:00+00:00")
    assert [(it[1][11:], it[2][11:]) for it in shown] == [*[hours] * 4, its]
    assert "as soon as it can" in found[0]["reason"]
    assert found[3]["reason"].endswith(
        "Its place takes nothing in then: it comes later on that day."
    )
    assert found[4]["reason"].endswith("it comes on the last day before on which it can.")
    for each in found[1:]:
        days = each["scheduleLine"]["shipsOn"], each["scheduleLine"]["arrivesOn"]
        assert (each["leavesOn"], each["earliest"][:10]) == days


@pytest.mark.gate("K1", "deliveryPlanFromSchedule")
async def test_what_would_break_a_rule_is_left_out_and_told(ask, world):
    (bolt,) = await products(ask, "BOLT")
    lines = [contracts.line(bolt, target="100", maxPerCallOff="60")]
    planner = await _planner(world, ask, lines=lines, minNoticeDays=5)
    days = ("2026-03-04", "10"), ("2026-03-10", "50"), ("2026-03-11", "20"), ("2026-03-12", "70")
    await planner.release(1, *(schedule(*it) for it in days))
    done = await planner()
    assert _shown(done, "status", "code", "quantity") == [
        ("REFUSED", "NOTICE_TOO_SHORT", "0"),
        ("CREATED", None, "50"),
        ("CREATED", None, "20"),
        ("REFUSED", "EXCEEDS_MAX", "0"),
    ]
    # 60 are the most of one call-off: 10 of the 20 are in another one.
    assert await planner.standing() == [("PLANNED", ["10", "10"]), ("PLANNED", ["50"])]


async def test_what_others_have_called_off_is_not_called_off_again(ask, world):
    planner = await _planner(world, ask)
    channel = planner.fields["channelId"]
    await contracts.call_off(world, ask, planner.contract, "70", channelId=channel)
    await planner.release(1, schedule("2026-03-10", "100"), schedule("2026-03-11", "20"))
    done = await planner()
    assert _shown(done, "status", "quantity") == [("CREATED", "100"), ("CREATED", "20")]
    assert "70 of it are called off already." in done["items"][0]["reason"]
    assert done["contract"]["lines"] == [{"calledOff": "120"}]
    # What answers no schedule travels by itself: a later plan leaves it.
    planned = [("PLANNED", ["20"]), ("PLANNED", ["30"]), ("PLANNED", ["70"])]
    assert await planner.standing() == planned
    assert _shown(await planner(), *STATUS) == [
        ("UNCHANGED", "30", "30"),
        ("UNCHANGED", "20", "20"),
    ]


async def _short(ask, delivery):
    line = delivery["lines"][0]["id"]
    short = {"deliveryLineId": line, "picked": "70", "shortReason": "OUT_OF_STOCK"}
    parcel = {"contents": [{"deliveryLineId": line, "quantity": "70"}]}
    await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])
    await deliveries.done(
        ask, "deliveryPack", deliveryId=delivery["id"], lines=[short], parcels=[parcel]
    )
    await deliveries.done(ask, "deliveryDispatch", deliveryId=delivery["id"])


async def _cancelled(ask, delivery):
    await deliveries.done(ask, "deliveryCancel", deliveryId=delivery["id"])


async def _lost(ask, delivery):
    packed = {"contents": [{"deliveryLineId": delivery["lines"][0]["id"], "quantity": "100"}]}
    await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])
    parcels = [packed | {"generateSscc": True}]
    await deliveries.done(ask, "deliveryPack", deliveryId=delivery["id"], parcels=parcels)
    sent = await deliveries.done(ask, "deliveryDispatch", deliveryId=delivery["id"])
    event = {
        "sscc": sent["delivery"]["parcels"][0]["sscc"],
        "status": "LOST",
        "occurredAt": "2026-03-02T09:00:00Z",
    }
    (found,) = (await ask(RECORD, input={"events": [event]}))["parcelRecordTracking"]["results"]
    assert found["status"] == "CREATED"


@pytest.mark.parametrize(
    ("happen", "missing"), [(_cancelled, "100"), (_short, "30"), (_lost, "100")]
)
async def test_what_is_called_off_and_in_no_delivery_is_planned_again(ask, world, happen, missing):
    planner = await _planner(world, ask)
    await planner.release(1, schedule("2026-03-10", "100"))
    (delivery,) = (await planner())["deliveries"]
    await happen(ask, delivery)
    preview = await planner(dryRun=True)
    again = await planner()
    assert _shown(again, *STATUS) == [("CREATED", "0", missing)] == _shown(preview, *STATUS)
    assert again["callOffs"] == []
    assert ("PLANNED", [missing]) in await planner.standing()
    assert again["contract"]["lines"] == [{"calledOff": "100"}]
    assert _shown(await planner(), *STATUS) == [("UNCHANGED", missing, missing)]
    await planner.release(2, schedule("2026-03-10", "200"))
    assert "REFUSED" not in {it["status"] for it in (await planner())["items"]}


async def test_what_is_overdue_just_in_time_stays_planned_beside_a_forecast(ask, world, clock):
    planner = await _planner(world, ask)
    wanted = schedule("2026-03-03", "100", "FIRM")
    await planner.release(1, wanted, type="JIT", cumulativeReceived="0")
    assert _shown(await planner(), *STATUS) == [("CREATED", "0", "100")]
    clock.advance(days=2)
    await planner.release(1, cumulativeReceived="0")
    assert [it[2] for it in _shown(await planner(), *STATUS)] == ["100"]
    assert await planner.standing() == [("PLANNED", ["100"])]


async def test_what_is_called_off_and_held_is_told(ask, world):
    planner = await _planner(world, ask)
    await planner.release(1, schedule("2026-03-10", "100"))
    done = await planner()
    await _cancelled(ask, done["deliveries"][0])
    held = "mutation ($it: OrderHoldInput!) { orderHold(input: $it) { userErrors { code } } }"
    on = {"orderId": done["callOffs"][0]["id"], "reason": "ADDRESS", "owner": "desk"}
    assert (await ask(held, it=on))["orderHold"]["userErrors"] == []
    again = await planner()
    assert _shown(again, *STATUS) == [("KEPT", "100", "100")]
    assert "their call-off is held" in again["items"][0]["reason"]


async def test_what_is_called_off_is_planned_where_no_more_may_be(ask, world):
    (bolt,) = await products(ask, "BOLT")
    planner = await _planner(world, ask, lines=[contracts.line(bolt, target="100")])
    await planner.release(1, schedule("2026-03-10", "100"))
    await _cancelled(ask, (await planner())["deliveries"][0])
    await planner.release(2, schedule("2026-03-10", "130"))
    again = await planner()
    assert _shown(again, *STATUS, "code") == [("REFUSED", "0", "100", "EXCEEDS_MAX")]
    assert await planner.standing() == [("PLANNED", ["100"])]


async def test_who_may_not_call_off_or_plan_is_refused(ask, world):
    planner = await _planner(world, ask)
    planner.ask = ask.by(
        await world.key(Actor.STAFF, scopes=sorted(READS | {Scope.DELIVERIES_PLAN}))
    )
    payload = await planner.refused()
    assert contracts.codes(payload) == [("NOT_ALLOWED", "contractId")]
    party = from_global(planner.contract["party"]["id"])[1]
    buyer = ask.by(await world.key(Actor.BUYER, party))
    answer = await buyer.answer(PLAN, input=planner.fields)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_statements_do_not_grow_with_lines_or_days(ask, world, database):
    sent = []
    for count, days in ((1, 1), (4, 9)):
        made = await products(ask, *(f"P{count}{it}" for it in range(count)))
        planner = await _planner(world, ask, lines=[contracts.line(it) for it in made])
        for no, quantity in ((1, "10"), (2, "20"), (3, "5")):
            for of in range(count):
                wanted = [schedule(f"2026-03-{10 + day}", quantity) for day in range(days)]
                await planner.release(no, *wanted, of=of)
            with counted(database.engine) as statements:
                assert len((await planner())["items"]) == count * days
            sent.append(len(statements))
    assert sent[:3] == sent[3:]


async def test_what_is_late_leaves_when_the_place_works_from_which_it_is_planned(ask, world):
    """On Monday its next day is Thursday, whatever the contract says."""
    week = [{"weekday": 4, "opens": "06:00", "closes": "22:00"}]
    await locations.location(world, code="HALL")
    written = await put(ask, item("HALL", owner={"locationCode": "HALL"}, hours=week))
    assert written["userErrors"] == []
    planner = await _planner(world, ask)
    await planner.release(1, schedule("2026-02-27", "10"))
    hall = (await ask('{ location(code: "HALL") { id } }'))["location"]["id"]
    for place, leaves in (({}, "2026-03-02"), ({"locationId": hall}, "2026-03-05")):
        (item_,) = (await planner(dryRun=True, **place))["items"]
        assert item_["leavesOn"] == leaves


@pytest.mark.parametrize(
    ("came", "state", "changed", "left"),
    [
        ("100", "DELIVERED", "CANCELLED", []),
        ("60", "PARTIALLY_DELIVERED", "LOWERED", [("PLANNED", ["40"])]),
    ],
)
async def test_what_was_planned_anew_is_taken_back_once_the_goods_turn_up(
    ask, world, came, state, changed, left
):
    planner = await _planner(world, ask)
    await planner.release(1, schedule("2026-03-10", "100"), schedule("2026-03-12", "20"))
    delivery, _ = (await planner())["deliveries"]
    await _lost(ask, delivery)
    await planner()
    line = {"deliveryLineId": delivery["lines"][0]["id"], "received": came}
    line |= {"difference": "REFUSED"} if left else {}
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=delivery["id"], lines=[line])
    expected = [(changed, "100", "40" if left else "0"), ("UNCHANGED", "20", "20")]
    assert sorted(_shown(await planner(dryRun=True), *STATUS)) == expected
    assert sorted(_shown(await planner(), *STATUS)) == expected
    assert await planner.standing() == [(state, ["100"]), ("PLANNED", ["20"]), *left]
    assert {it[0] for it in _shown(await planner(), "status")} == {"UNCHANGED"}

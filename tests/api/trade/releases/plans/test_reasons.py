"""What a plan tells of each day is what it did, and what comes later than it is wanted is told."""

import random
import re
from collections import Counter

import pytest

from tests.api.trade.releases.plans.test_moved import day_after, standing
from tests.api.trade.releases.plans.test_random_plans import People
from tests.api.trade.releases.plans.test_what_stays import HELD, Steps
from tests.api.trade.releases.test_planned_schedules import _planner, _shown
from tests.make.trade import contracts
from tests.make.trade.orders import products

RELEASED, HOLD = ("deliveryRelease", {}), ("deliveryHold", HELD)
DEMAND = """
query ($id: ID!) { contract(id: $id) { lines { demand(first: 100) { nodes {
  arrivesOn openQuantity
} } } } }
"""
LATE = re.compile(r"(\d+) of what the schedule wants for (\S+) come later, on (\S+): they")
WANTS = re.compile(r"The schedule wants (\d+) then, and (?:nothing|(\d+)) (?:is|are) planned")
ELSEWHERE = re.compile(r"(\d+) of it (?:are released, held|come with|come before)")
FILLS = re.compile(r"(\d+) more fill")


def late(done):
    """Return (quantity, wanted on, comes on) of what a plan says that it comes later."""
    found = [LATE.match(it["reason"]) for it in done["items"] if it["status"] == "KEPT"]
    return sorted(it.groups() for it in found if it)


@pytest.mark.parametrize("stays", [RELEASED, HOLD])
async def test_it_tells_what_a_later_delivery_brings_that_stays(ask, world, stays):
    does = Steps(await _planner(world, ask))
    await does.wants({3: 80, 9: 40})
    await does.plans()
    mutation, fields = stays
    await does.does(mutation, 9, **fields)
    await does.wants({3: 80})
    for first in (True, False):
        done = await does.planner()
        assert late(done) == [("40", day_after(3), day_after(9))]
        lowered, kept = done["items"]
        shown = [
            ("LOWERED", "80", "40") if first else ("UNCHANGED", "40", "40"),
            ("KEPT", "40", "40"),
        ]
        assert _shown(done, "status", "before", "quantity") == shown
        planned = "80" if first else "40"
        assert lowered["reason"] == (
            f"The schedule wants 80 then, and {planned} are planned."
            " 40 of it are released, held or called off otherwise."
        )
        assert (lowered["earliest"][:10], kept["earliest"][:10]) == (day_after(3), day_after(9))
        assert kept["scheduleLine"]["arrivesOn"] == day_after(3)
        assert [it[:2] for it in await standing(does.planner)] == [(3, 40), (9, 40)]


async def test_it_tells_what_is_pulled_in_and_comes_on_its_old_day(ask, world):
    does = Steps(await _planner(world, ask))
    await does.wants({9: 40})
    await does.plans()
    await does.does("deliveryRelease", 9)
    await does.wants({2: 40})
    done = await does.planner()
    assert late(done) == [("40", day_after(2), day_after(9))]
    assert _shown(done, "status", "quantity") == [("KEPT", "40")]


async def test_it_tells_what_is_cancelled_since_a_later_delivery_brings_it(ask, world):
    does = Steps(await _planner(world, ask))
    await does.wants({3: 40, 9: 40})
    await does.plans()
    await does.does("deliveryRelease", 9)
    await does.wants({3: 40})
    done = await does.planner()
    assert _shown(done, "status", "quantity") == [("CANCELLED", "0"), ("KEPT", "40")]
    assert done["items"][0]["reason"] == (
        "The schedule wants 40 then, and 40 are planned."
        " 40 of it are released, held or called off otherwise."
    )


async def test_what_was_moved_and_is_released_comes_later_and_is_told(ask, world):
    does = Steps(await _planner(world, ask))
    await does.wants({5: 50, 9: 80})
    await does.plans()
    await does.moves(5, 12)
    await does.does("deliveryRelease", 12)
    assert late(await does.planner()) == [("50", day_after(5), day_after(12))]
    # What is wanted when it comes is not late.
    await does.wants({9: 80, 12: 50})
    assert late(await does.planner()) == []


async def test_hours_of_one_day_keep_their_own_deliveries(ask, world):
    does = Steps(await _planner(world, ask))
    await does.wants_hours(5, {6: 20, 14: 30})
    done = await does.planner()
    afternoon = next(it for it in done["deliveries"] if "T14" in it["window"]["earliest"])
    await does.planner.ask(
        "mutation ($id: ID!) { deliveryRelease(input: {deliveryId: $id}) { userErrors { code } } }",
        id=afternoon["id"],
    )
    await does.wants_hours(5, {6: 20, 14: 30}, number=2)
    again = await does.planner()
    assert _shown(again, "status", "quantity") == [("UNCHANGED", "20")]
    # Nothing is wanted in the afternoon any more: it comes later than in the morning.
    await does.wants_hours(5, {6: 50}, number=3)
    assert late(await does.planner()) == [("30", day_after(5), day_after(5))]


async def test_what_some_of_a_day_comes_with_is_told(ask, world):
    """Of what is wanted somebody has moved a part: that is told beside what is planned."""
    does = Steps(await _planner(world, ask))
    await does.wants({5: 50})
    await does.plans()
    await does.moves(5, 7)
    await does.wants({5: 80})
    done = await does.planner()
    reasons = {it["status"]: it["reason"] for it in done["items"]}
    assert reasons["CREATED"] == (
        "The schedule wants 80 then, and nothing is planned for that."
        " 50 of it come with what somebody has moved, or sends once more."
    )


async def test_what_whole_lots_bring_before_is_told(ask, world):
    (bolt,) = await products(ask, "BOLT")
    does = Steps(await _planner(world, ask, lines=[contracts.line(bolt, lotMultiple="25")]))
    await does.wants({4: 30, 6: 40, 8: 10})
    done = await does.planner()
    assert [it["reason"] for it in done["items"]] == [
        (
            "The schedule wants 30 then, and nothing is planned for that."
            " 20 more fill whole lots or packagings."
        ),
        (
            "The schedule wants 40 then, and nothing is planned for that."
            " 20 of it come before, in what fills whole lots or packagings."
            " 5 more fill whole lots or packagings."
        ),
        (
            "The schedule wants 10 then, and nothing is planned for that."
            " 5 of it come before, in what fills whole lots or packagings."
            " 20 more fill whole lots or packagings."
        ),
    ]


async def test_what_is_planned_anew_of_what_is_called_off_is_not_beyond(ask, world):
    """A day moves, and what another call-off has is put into its delivery: nothing is over."""
    planner = await _planner(world, ask)
    does = Steps(planner)
    await does.wants({5: 100})
    await does.plans()
    channel = planner.fields["channelId"]
    await contracts.call_off(world, ask, planner.contract, "20", channelId=channel)
    await does.wants({12: 100})
    done = await planner()
    assert "KEPT" not in {it["status"] for it in done["items"]}
    assert sum(it[1] for it in await standing(planner)) == 100


class Readers(People):
    """They play, and read what each plan tells. late: how much came later than wanted, in all."""

    late = 0

    async def planned(self, until):
        found = await self.planner.ask(DEMAND, id=self.planner.contract["id"])
        wanted = Counter()
        for each in found["contract"]["lines"][0]["demand"]["nodes"]:
            wanted[each["arrivesOn"]] += int(each["openQuantity"])
        done = await self.planner(until=day_after(until))
        comes, stays = Counter(), Counter()
        for day, quantity, key, state in await standing(self.planner):
            comes[day_after(day)] += quantity
            if state != "PLANNED" or key in self.fixed:
                stays[day_after(day)] += quantity
        self.read(done, wanted, comes, stays, day_after(until))

    def read(self, done, wanted, comes, stays, until):
        coming, brought = Counter(), Counter()
        self.late += len(late(done))
        for quantity, its, day in late(done):
            assert its < day
            coming[its, day] += int(quantity)
            brought[day] += int(quantity)
        assert all(brought[day] <= stays[day] for day in brought), (brought, stays)
        for day in {its for its, _ in coming}:
            assert sum(it for key, it in coming.items() if key[0] == day) <= wanted[day]
        for item in done["items"]:
            self.sums(item, wanted)
        for day in [it for it in wanted if it <= until]:
            due = sum(it for its, it in wanted.items() if its <= day)
            came = sum(it for its, it in comes.items() if its <= day)
            behind = sum(it for (its, then), it in coming.items() if its <= day < then)
            assert due - came <= behind, (day, done["items"], wanted, comes)

    def sums(self, item, wanted):
        """What an item says of its day comes to what is wanted then."""
        if item["status"] in {"REFUSED", "KEPT"}:
            return
        reason, day = item["reason"], item["earliest"][:10]
        if reason == "The schedule wants nothing then any more.":
            assert not wanted[day], (item, wanted)
            return
        if not reason.startswith("It is planned as the schedule wants it."):
            quantity, before = WANTS.match(reason).groups()
            assert wanted[day] == int(quantity), (item, wanted)
            assert item["before"] == (before or "0")
        elsewhere = sum(int(it) for it in ELSEWHERE.findall(reason))
        more = sum(int(it) for it in FILLS.findall(reason))
        assert int(item["quantity"]) + elsewhere == wanted[day] + more, (item, wanted)


@pytest.mark.parametrize("seed", range(1, 5))
async def test_what_is_told_of_each_day_is_true_whatever_stays(ask, world, seed):
    (bolt,) = await products(ask, "BOLT")
    rules = {"lotMultiple": "40"} if seed % 2 else {}
    line = contracts.line(bolt, target="100000", **rules)
    people = Readers(await _planner(world, ask, lines=[line]), seed)
    await people.released()
    await people.planned(40)
    draw = random.Random(seed)
    for _ in range(10):
        for what in draw.choice([[people.stays], [people.cancelled], [people.stays] * 2]):
            await what()
        await people.released()
        await people.planned(draw.choice([12, 40]))
    assert people.late, seed

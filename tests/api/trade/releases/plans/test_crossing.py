"""What is called off comes when it is wanted where it can: plans do not let call-offs cross."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.fulfilment.call_offs.schedules.fixed import ScheduledLine
from commands.fulfilment.call_offs.schedules.known import CalledOff
from commands.fulfilment.call_offs.schedules.slots import DeliveryGroup, PlanSlot
from commands.fulfilment.call_offs.schedules.wanted import use_called_off
from kit.ids import new_id
from tests.api.trade.releases.plans.test_moved import day_after, wanted_lines
from tests.api.trade.releases.test_planned_schedules import _lost, _planner
from tests.make.fulfilment import deliveries

READ = """
query ($id: ID!) { contract(id: $id) { callOffs(first: 9) { nodes {
  isLate lines { ordered window { latest } }
  deliveries { state window { latest } lines { planned orderLine { window { latest } } } }
} } } }
"""


async def _crossing(planner):
    """Return (quantity, wanted until, comes until) of what is planned to come late."""
    found = (await planner.ask(READ, id=planner.contract["id"]))["contract"]["callOffs"]["nodes"]
    planned = [it for of in found for it in of["deliveries"] if it["state"] == "PLANNED"]
    assert planned
    until = [(it["window"]["latest"], line) for it in planned for line in it["lines"]]
    found = [(of["planned"], of["orderLine"]["window"]["latest"], comes) for comes, of in until]
    return [it for it in found if it[1] < it[2]]


async def _called_off_later_day_first(ask, world):
    """Return a planner of 300 for a far day, called off before 100 for a near one."""
    planner, planned = await _planner(world, ask), {}
    for number, wanted in enumerate(({14: 300}, {8: 100, 14: 300}), 1):
        await planner.release(number, *wanted_lines(wanted))
        planned |= {it["id"]: it for it in (await planner())["deliveries"]}
    assert await _crossing(planner) == []
    return planner, sorted(planned.values(), key=lambda it: it["window"]["latest"])


@pytest.mark.parametrize("until", [40, 8])
async def test_what_was_cancelled_and_is_planned_anew_comes_when_it_was_called_off_for(
    ask, world, until
):
    planner, planned = await _called_off_later_day_first(ask, world)
    for each in planned:
        await deliveries.done(ask, "deliveryCancel", deliveryId=each["id"])
    done = await planner(until=day_after(until))
    assert done["callOffs"] == []
    assert await _crossing(planner) == []


async def test_what_was_lost_and_is_late_comes_first_and_takes_nobody_s_place(ask, world, clock):
    planner, (near, far) = await _called_off_later_day_first(ask, world)
    await _lost(ask, near)
    await deliveries.done(ask, "deliveryCancel", deliveryId=far["id"])
    clock.advance(days=9)
    done = await planner()
    assert done["callOffs"] == []
    ((quantity, wanted, comes),) = await _crossing(planner)
    assert (quantity, wanted[:10]) == ("100", day_after(8))
    assert comes == min(it["window"]["latest"] for it in done["deliveries"])


DAYS = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 3)), max_size=5)
START = datetime(2026, 3, 2, tzinfo=UTC)


def _on_time(days, dues):
    """Return how many of units can come in time: each on one of the days. Kuhn's algorithm."""
    taken = {}

    def placed(due, seen):
        for place, day in enumerate(days):
            if day <= dues[due] and place not in seen:
                seen.add(place)
                if place not in taken or placed(taken[place], seen):
                    taken[place] = due
                    return True
        return False

    return sum(placed(due, set()) for due in range(len(dues)))


def _slot(day, wanted):
    at = START + timedelta(day)
    slot = PlanSlot(ScheduledLine(new_id(), new_id()), DeliveryGroup(None, None, at, at))
    slot.wanted = slot.rounded = Decimal(wanted)
    return slot


@given(DAYS, DAYS)
def test_nothing_gets_late_that_need_not(wanted, called_off):
    """Days are those of deliveries; what is over comes after the last one."""
    free = [
        CalledOff(
            new_id(), Decimal(quantity), START + timedelta(due), is_answer=True, recipient=None
        )
        for due, quantity in called_off
    ]
    slots = [_slot(day, quantity) for day, quantity in sorted(dict(wanted).items())]
    use_called_off(slots, free, lambda at: at > START + timedelta(6))
    over = sum((it.quantity for it in free), Decimal(0))
    for slot in slots:
        # The nearest days use it first.
        used = sum((it.quantity for it in slot.called_off), Decimal(0))
        assert used == min(slot.wanted, over)
        over -= used
    used = [(it, slot) for slot in slots for it in slot.called_off]
    for key in {it.order_line_id for it in free}:
        its = sum(it.quantity for it, _ in used if it.order_line_id == key)
        assert its <= sum(it.quantity for it in free if it.order_line_id == key)
    dues = [it.due_at for it in free for _ in range(int(it.quantity))]
    days = [slot.group.latest for it, slot in used for _ in range(int(it.quantity))]
    days += [START + timedelta(7)] * int(over)
    assert len(days) == len(dues)
    in_time = sum(it.quantity for it, slot in used if it.due_at >= slot.group.latest)
    assert in_time == _on_time(days, dues)
    for each, slot in used:
        # What is late comes as soon as that makes nothing else late.
        before = (it for it, other in used if other.group.latest < slot.group.latest)
        latest = slot.group.latest
        assert each.due_at >= latest or all(it.due_at < latest for it in before)

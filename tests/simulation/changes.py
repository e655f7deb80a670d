"""What must hold between the rows before and after a command, and of what was kept of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import cycle
from typing import Any
from uuid import UUID

import orjson

from kit.ids import new_id
from kit.limits import DEFAULT_LIMITS
from models.access.viewers import READS, Actor, CompanyRole, Viewer
from models.master.receiving import takes_in
from models.trade.orders.lines import COUNTERS, OWED
from models.trade.orders.standing import KEEPINGS
from resolvers.running.context import Context, Terms
from resolvers.running.process import Process
from schema.schema import schema
from tests.make import World
from tests.make.running import staff

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Table -> its rows."""
_KEPT = {name for kept in KEEPINGS for name in kept.columns}
_COUNTED = {*COUNTERS, *_KEPT, *OWED, "version"} - {"cancelled"}
"""What deliveries count on lines, and orders keep of it, which is no change of the order itself."""
_GOING_ON = {"RELEASED", "PACKED", "DISPATCHED"}


def check(before: Rows, after: Rows, now: datetime) -> None:
    """Fail where an order changed and kept its version, or something amended went on."""
    old, new = _of_orders(before), _of_orders(after)
    versions = [{it["id"]: it["version"] for it in rows["orders"]} for rows in (before, after)]
    for order_id, was in old.items():
        rose = versions[1][order_id] > versions[0][order_id]
        assert rose or new[order_id] == was, "an order changed and kept its version (O11)"
    waiting = {
        one["id"]
        for one in before["order_lines"]
        if one["answer_by"] and datetime.fromisoformat(one["answer_by"]) > now
    }
    states = {it["id"]: it["state"] for it in before["deliveries"]}
    went_on = {
        this["id"]
        for this in after["deliveries"]
        if this["state"] in _GOING_ON and this["state"] != states.get(this["id"])
    }
    planned = {it["id"]: it["planned"] for it in before["order_lines"]}
    for each in after["delivery_lines"]:
        is_stopped = each["order_line_id"] in waiting and each["delivery_id"] in went_on
        assert not is_stopped, "a delivery went on with what is amended (D13)"
    _check_times(before, after, now)
    for item in after["order_lines"]:
        is_planned = item["id"] in waiting and item["planned"] > planned[item["id"]]
        assert not is_planned, "more was planned of what is amended (D13)"


def _check_times(before: Rows, after: Rows, now: datetime) -> None:
    """Fail where a window was agreed on that has passed, or that breaks a rule unexcused."""
    addresses = {it["id"]: it for it in after["addresses"]}
    orders = {it["id"]: it["cancel_if_not_by"] for it in after["orders"] if it["cancel_if_not_by"]}
    until: defaultdict[str, list[datetime]] = defaultdict(list)
    for part in after["delivery_lines"]:
        if part["order_id"] in orders and part["planned"] > 0:
            until[part["delivery_id"]].append(datetime.fromisoformat(orders[part["order_id"]]))
    known = {(it["window_earliest"], it["window_latest"]) for it in before["deliveries"]}
    for each in after["deliveries"]:
        if (each["window_earliest"], each["window_latest"]) in known:
            continue
        times = [datetime.fromisoformat(each[f"window_{it}"]) for it in ("earliest", "latest")]
        assert times[1] > now, "a window was agreed on that has passed (D15)"
        is_wanted = all(times[0] <= by for by in until[each["id"]])
        assert is_wanted, "it comes when it is not wanted any more (D10)"
        address = addresses.get(each["ship_to_id"])
        is_open = address is None or takes_in(
            address["receiving_hours"], address["time_zone"], *times
        )
        assert is_open or each["window_override"], "nobody takes it in, and nobody says why (D6)"


def lapsed(before: Rows, after: Rows) -> int:
    """Return of how many lines something was cancelled."""
    was = {it["id"]: it["cancelled"] for it in before["order_lines"]}
    return sum(it["cancelled"] > was[it["id"]] for it in after["order_lines"])


def check_lapsed(rows: Rows, now: datetime) -> None:
    """Fail where something is left of an order that is not wanted any more, but what may be."""
    held = {it["subject_id"] for it in rows["holds"] if it["released_at"] is None}
    states = {it["id"]: it["state"] for it in rows["deliveries"]}
    dated = [each for each in rows["orders"] if each["cancel_if_not_by"]]
    lapsed = {it["id"] for it in dated if datetime.fromisoformat(it["cancel_if_not_by"]) < now}
    living = {it["id"] for it in rows["orders"] if it["state"] in {"PENDING_APPROVAL", "CONFIRMED"}}
    for line in rows["order_lines"]:
        unplanned = line["ordered"] - line["cancelled"] - line["planned"]
        assert line["order_id"] not in lapsed & living or unplanned <= 0, "a rest is left (D10)"
    for part in rows["delivery_lines"]:
        goes_on = states[part["delivery_id"]] in {"PLANNED", "RELEASED"} and part["planned"] > 0
        is_left = part["order_id"] in lapsed and part["delivery_id"] not in held
        assert not (goes_on and is_left), "a delivery is left (D10)"


def _of_orders(rows: Rows) -> dict[str, list[Any]]:
    """Return order id -> its row, lines and holds, without what deliveries count."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for table, column in (("orders", "id"), ("order_lines", "order_id"), ("holds", "subject_id")):
        for row in rows[table]:
            found[row[column]].append({key: it for key, it in row.items() if key not in _COUNTED})
    orders = {it["id"] for it in rows["orders"]}
    return {key: its for key, its in found.items() if key in orders}


ALL = """
{ orders(last: 15) { nodes { id number state closedAt
    lines { id lineNo ordered planned shipped delivered cancelled unitPrice { amount } } } }
  deliveries(last: 15) { nodes { id number state version window { latest } receipts { id }
    holds { id releasedAt } lines { id planned shipped delivered }
    parcels { id status statusAt isDelayed events(last: 5) { nodes { id status place } } } } } }
"""
_TERMS = Terms(limits=replace(DEFAULT_LIMITS, bucket=10**9, cost=10**6, deadline=120))


class Reads:
    """Asks as the merchant and its customer in turn; one process keeps answers, one does not."""

    def __init__(self, world: World, party_id: UUID) -> None:
        customer = Viewer(
            world.merchant_id,
            Actor.BUYER,
            new_id(),
            "buyer",
            READS,
            party_id,
            role=CompanyRole.BUYER,
        )
        self._world, self._viewers = world, cycle((staff(world), customer))
        self._keeping, self._forgetting = (Process(world.database, None, it) for it in (10**7, 0))
        self.counted = self._keeping.answers.counted

    async def check(self) -> None:
        """Fail where an answer that was kept says anything else than what is read."""
        viewer, keeping = next(self._viewers), self._keeping
        kept = [await self._asked(viewer, it) for it in (keeping, keeping)]
        assert kept == [await self._asked(viewer, self._forgetting)] * 2

    async def _asked(self, viewer: Viewer, process: Process) -> Any:
        world = self._world
        context = Context(viewer, world.database, world.clock, terms=_TERMS, process=process)
        answer = await schema.execute(ALL, context_value=context)
        assert answer.errors is None, answer.errors
        return orjson.loads(orjson.dumps(answer.data))

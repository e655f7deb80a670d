"""How deliveries are planned, reshaped and stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from commands.fulfilment.deliveries import changes, holds, plan
from tests.simulation.merchant import RECIPIENTS, ZONE
from tests.simulation.simulation import PART, PICK, Row, Simulation, counted, keeps_lines, needs

PLACE = st.integers(0, 1)
WAITING = ("PLANNED", "RELEASED")
_NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
WINDOWS = [
    {"earliest": _NOON, "latest": _NOON + timedelta(hours=hours), "time_zone": ZONE}
    for hours in (2, 4)
]
"""Few windows and recipients, so that deliveries can be merged."""


class DeliveryRules(Simulation):
    """Rules about deliveries before they are packed."""

    def _part(self, orders: list[Row], parts: list[str], place: int) -> dict[str, Any]:
        lines = [line for order in orders for line in self.lines_of(order)]
        unplanned = [line["ordered"] - line["cancelled"] - line["planned"] for line in lines]
        wanted = [
            {
                "order_line_id": UUID(line["id"]),
                **counted(
                    self.part_of(remaining, parts[number % len(parts)], line["step"]), line["step"]
                ),
            }
            for number, (line, remaining) in enumerate(zip(lines, unplanned, strict=True))
            if remaining > 0 or parts[number % len(parts)] == "over"
        ]
        return {
            "location_id": self.merchant.location_ids[place],
            "lines": wanted,
            "window": WINDOWS[place],
            "recipient": RECIPIENTS[0],
        }

    @needs("orders")
    @rule(
        pick=PICK,
        parts=st.lists(PART, min_size=1, max_size=3),
        places=st.lists(PLACE, min_size=1, max_size=2),
    )
    def plan_order(self, pick: int, parts: list[str], places: list[int]) -> None:
        order = self.choose(self.orders, pick, "CONFIRMED")
        fields = [self._part([order], parts, place) for place in places]
        self.act(plan.plan_all, plan.DeliveryPlan, deliveries=fields)

    @needs("orders")
    @rule(pick=PICK, other=PICK, parts=st.lists(PART, min_size=1, max_size=3), place=PLACE)
    def plan_together(self, pick: int, other: int, parts: list[str], place: int) -> None:
        orders = [self.choose(self.orders, it, "CONFIRMED") for it in (pick, other)]
        fields = [self._part(orders, parts, place)]
        self.act(plan.plan_all, plan.DeliveryPlan, deliveries=fields)

    @needs("deliveries")
    @rule(pick=PICK, parts=st.lists(PART, min_size=1, max_size=3))
    @keeps_lines
    def split(self, pick: int, parts: list[str]) -> None:
        delivery = self.choose(self.deliveries, pick, *WAITING)
        wanted = [
            {
                "delivery_line_id": UUID(line["id"]),
                **counted(self.part_of(line["planned"], part, line["step"]), line["step"]),
            }
            for line, part in zip(self.parts_of(delivery), parts, strict=False)
        ]
        self.act(
            changes.split,
            changes.DeliverySplit,
            delivery_id=UUID(delivery["id"]),
            lines=wanted,
            expected_version=delivery["version"],
        )

    @needs("deliveries")
    @rule(pick=PICK, others=st.lists(PICK, min_size=1, max_size=2))
    @keeps_lines
    def merge(self, pick: int, others: list[int]) -> None:
        deliveries = self.deliveries
        target = self.choose(deliveries, pick, *WAITING)
        same = ("state", "location_id", "party_id", "window_latest", "recipient")
        others_than = [it for it in deliveries if it is not target] or [target]
        alike = [it for it in others_than if all(it[name] == target[name] for name in same)]
        sources = {it["id"]: it for it in (self.choose(alike or others_than, n) for n in others)}
        self.act(
            changes.merge,
            changes.DeliveryMerge,
            delivery_id=UUID(target["id"]),
            delivery_ids=[UUID(it) for it in sources],
        )

    @needs("deliveries")
    @rule(pick=PICK, place=PLACE, what=st.sampled_from(["move", "reschedule", "hold", "go on"]))
    @keeps_lines
    def change_delivery(self, pick: int, place: int, what: str) -> None:
        """Do what leaves quantities alone; go on: end all holds."""
        delivery = self.choose(self.deliveries, pick, *WAITING, "PACKED")
        fields: dict[str, Any] = {"delivery_id": UUID(delivery["id"])}
        match what:
            case "move":
                where = self.merchant.location_ids[place]
                self.act(changes.move, changes.DeliveryMove, **fields, location_id=where)
            case "reschedule":
                when = WINDOWS[place]
                self.act(changes.reschedule, changes.DeliveryReschedule, **fields, window=when)
            case "hold":
                why = {"reason": "OTHER", "owner": "audit"}
                self.act(holds.hold, holds.DeliveryHold, **fields, **why)
            case _:
                for each in self.holds_on(self.deliveries):
                    self.act(holds.release_hold, holds.DeliveryReleaseHold, hold_id=each)

"""How deliveries are planned, reshaped and stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from commands.fulfilment.deliveries import holds
from commands.fulfilment.deliveries.changes import merge, move, reschedule, split
from commands.fulfilment.deliveries.planning import plan
from tests.simulation.merchant import RECIPIENTS, ZONE
from tests.simulation.simulation import PART, PICK, Row, Simulation, counted, keeps_lines, needs

PLACE = st.integers(0, 1)
WAITING = ("PLANNED", "RELEASED")
_NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


class DeliveryRules(Simulation):
    """Rules about deliveries before they are packed."""

    def _part(self, orders: list[Row], parts: list[str], place: int, **more: Any) -> dict[str, Any]:
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
            "window": self._windows[place],
            "recipient": RECIPIENTS[0],
            **more,
        }

    @property
    def _windows(self) -> list[dict[str, Any]]:
        """Few windows and recipients, so that deliveries can be merged; one at night."""
        noon = _NOON
        while noon < self.world.clock():
            noon += timedelta(days=30)
        return [
            {
                "earliest": noon + timedelta(hours=start),
                "latest": noon + timedelta(hours=end),
                "time_zone": ZONE,
            }
            for start, end in ((0, 2), (0, 4), (10, 11))
        ]

    @needs("orders")
    @rule(
        pick=PICK,
        parts=st.lists(PART, min_size=1, max_size=3),
        places=st.lists(PLACE, min_size=1, max_size=2),
        completes=st.booleans(),
        hours=st.sampled_from([None, None, -1, 20, 24 * 60]),
    )
    def plan_order(
        self,
        pick: int,
        parts: list[str],
        places: list[int],
        hours: int | None = None,
        *,
        completes: bool = False,
    ) -> None:
        """Plan parts; hours: from now until when they are not to be picked."""
        order = self.choose(self.orders, pick, "CONFIRMED")
        at = {} if hours is None else {"fulfil_at": self.world.clock() + timedelta(hours=hours)}
        fields = [
            self._part([order], parts, place, completes_order=completes, **at) for place in places
        ]
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
            split.split,
            split.DeliverySplit,
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
            merge.merge,
            merge.DeliveryMerge,
            delivery_id=UUID(target["id"]),
            delivery_ids=[UUID(it) for it in sources],
        )

    @needs("deliveries")
    @rule(
        pick=PICK,
        place=PLACE,
        what=st.sampled_from(["move", "reschedule", "hold", "go on"]),
        when=st.integers(0, 3),
        why=st.sampled_from([None, None, "Agreed."]),
    )
    @keeps_lines
    def change_delivery(self, pick: int, place: int, what: str, when: int, why: str | None) -> None:
        """Do what leaves quantities alone; go on: end all holds."""
        delivery = self.choose(self.deliveries, pick, *WAITING, "PACKED")
        fields: dict[str, Any] = {"delivery_id": UUID(delivery["id"])}
        match what:
            case "move":
                where = self.merchant.location_ids[place]
                self.act(move.move, move.DeliveryMove, **fields, location_id=where)
            case "reschedule":
                windows = [*self._windows, self.window(-9)]
                fields |= {"window": windows[when], "window_override": why}
                self.act(reschedule.reschedule, reschedule.DeliveryReschedule, **fields)
            case "hold":
                of = {"reason": "OTHER", "owner": "audit"}
                self.act(holds.hold, holds.DeliveryHold, **fields, **of)
            case _:
                for each in self.holds_on(self.deliveries):
                    self.act(holds.release_hold, holds.DeliveryReleaseHold, hold_id=each)

"""What customers and staff do with orders."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from commands.trade.orders import cancel, holds, place, states
from commands.trade.orders.revisions import imports
from commands.trade.payments import record, reports
from models.trade.orders.states import DeliveryPolicy, PaymentState
from tests.make.running import do_due
from tests.simulation import changes
from tests.simulation.merchant import PLACE, RECIPIENTS
from tests.simulation.simulation import PART, PICK, Row, Simulation, needs
from workers.fulfilment.deliveries import LAPSE_ORDERS

LINES = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 12)), min_size=1, max_size=3)
POLICIES = st.sampled_from([it.value for it in DeliveryPolicy])


class CancelRules(Simulation):
    """What is not wanted any more."""

    @needs("orders")
    @rule(pick=PICK, parts=st.lists(PART, min_size=1, max_size=3))
    def cancel_lines(self, pick: int, parts: list[str]) -> None:
        order = self.choose(self.orders, pick, "CONFIRMED", "PENDING_APPROVAL")
        wanted = [
            {
                "line_id": UUID(line["id"]),
                "quantity": self.part_of(
                    line["ordered"] - line["cancelled"] - line["planned"], part, line["step"]
                ),
            }
            for line, part in zip(self.lines_of(order), parts, strict=False)
        ]
        self.act(
            cancel.cancel_lines,
            cancel.OrderCancelLines,
            order_id=UUID(order["id"]),
            lines=wanted,
            expected_version=order["version"] + self._unanswered(order),
        )

    def _unanswered(self, order: Row) -> int:
        """Count the amendments that nobody has answered in time: clients read them as changes."""
        until = (it["answer_by"] for it in self.lines_of(order) if it["answer_by"])
        return sum(datetime.fromisoformat(it) <= self.world.clock() for it in until)


class OrderRules(CancelRules):
    """Rules about orders. lapsed: how many lines were not wanted any more by then."""

    lapsed = 0

    @initialize(lines=LINES, policy=POLICIES, is_guest=st.booleans())
    def open_shop(self, lines: list[tuple[int, int]], policy: str, *, is_guest: bool) -> None:
        """Start with an order, so that there is something to do."""
        self.place_order(lines, policy, 0, RECIPIENTS[0], is_guest=is_guest)

    def _buyer(self, *, is_guest: bool) -> dict[str, Any]:
        if is_guest:
            return {"guest": RECIPIENTS[1], "ship_to": PLACE}
        return {"party_id": self.merchant.party_id}

    @rule(
        lines=LINES,
        policy=POLICIES,
        is_guest=st.booleans(),
        channel=st.sampled_from([0, 0, 0, 1]),
        recipient=st.sampled_from(RECIPIENTS),
    )
    def place_order(
        self,
        lines: list[tuple[int, int]],
        policy: str,
        channel: int,
        recipient: dict[str, str] | None,
        *,
        is_guest: bool,
    ) -> None:
        is_dated = policy == DeliveryPolicy.CANCEL_IF_NOT_BY
        self.act(
            place.place,
            place.OrderPlace,
            channel_id=self.merchant.channel_ids[channel],
            cancel_if_not_by=self.world.clock() + timedelta(days=19) if is_dated else None,
            currency="EUR",
            lines=self.wanted(lines),
            delivery_policy=policy,
            recipient=recipient,
            window=self.window(3),
            **self._buyer(is_guest=is_guest),
        )

    @rule(orders=st.lists(st.tuples(st.integers(1, 4), LINES), min_size=1, max_size=2))
    def import_orders(self, orders: list[tuple[int, list[tuple[int, int]]]]) -> None:
        fields = [
            {
                "channel_code": "SHOP",
                "external_reference": f"EXT-{number}",
                "placed_at": self.world.clock(),
                "currency": "EUR",
                "lines": self.wanted(lines),
                "recipient": RECIPIENTS[0],
                "discount_percent": 7,
                "charges": [{"kind": "SHIPPING", "amount": 5}],
                "taxes": [{"category": "STANDARD", "rate": 19, "amount": number}],
                **self._buyer(is_guest=False),
            }
            for number, lines in orders
        ]
        self.act(imports.import_all, imports.OrdersImport, orders=fields)

    @needs("orders")
    @rule(
        pick=PICK,
        state=st.sampled_from([*PaymentState, PaymentState.AUTHORISED, PaymentState.PAID]),
        reference=st.sampled_from(["R-1", "R-2"]),
        hours=st.integers(-1, 2),
    )
    def record_payment(self, pick: int, state: PaymentState, reference: str, hours: int) -> None:
        """Report a payment as of some hours ago; of an instant to come nobody knows."""
        self.act(
            record.record,
            reports.OrderRecordPayment,
            order_id=UUID(self.choose(self.orders, pick, "CONFIRMED")["id"]),
            reference=reference,
            state=state,
            amount={"amount": "1", "currency": "EUR"},
            occurred_at=self.world.clock() - timedelta(hours=hours),
        )

    @needs("orders")
    @rule(pick=PICK, what=st.sampled_from(["approve", "reject", "close", "hold", "go on"]))
    def decide(self, pick: int, what: str) -> None:
        """Do what staff decides about an order as a whole; go on: end all holds."""
        waits = "PENDING_APPROVAL" if what in {"approve", "reject"} else "CONFIRMED"
        fields: dict[str, Any] = {"order_id": UUID(self.choose(self.orders, pick, waits)["id"])}
        match what:
            case "approve":
                self.act(states.approve, states.OrderApprove, **fields)
            case "reject":
                self.act(states.reject, states.OrderReject, **fields, reason="No.")
            case "close":
                self.act(cancel.close, cancel.OrderClose, **fields)
            case "hold":
                why = {"reason": "FRAUD", "owner": "audit"}
                self.act(holds.hold_order, holds.OrderHold, **fields, **why)
            case _:
                for hold_id in self.holds_on(self.orders):
                    self.act(holds.release_order, holds.OrderReleaseHold, hold_id=hold_id)

    @rule()
    def let_lapse(self) -> None:
        """Do what the background does when an order is not wanted any more: cancel what may be."""
        now, dated = self.world.clock(), (it["cancel_if_not_by"] for it in self.orders)
        ahead = [at - now for at in map(datetime.fromisoformat, filter(None, dated)) if at > now]
        # As in `wait`: what was answered may be forgotten by then.
        self.last = None
        self.world.clock.advance(seconds=min(ahead, default=timedelta()).total_seconds() + 3600)
        before, now = self.rows, self.world.clock()
        self.runner.run(do_due(self.database, self.world.clock, LAPSE_ORDERS))
        self.rows = self.look()
        self.lapsed += changes.lapsed(before, self.rows)
        changes.check(before, self.rows, now)
        changes.check_lapsed(self.rows, now)

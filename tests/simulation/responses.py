"""What the merchant says to orders, and what customers answer or do not."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from commands.trade.responses import answer, confirm
from tests.make.running import do_due
from tests.simulation import changes
from tests.simulation.simulation import PICK, Row, Simulation, needs
from workers.fulfilment.deliveries import CALL_OFF_FOUND, COUNT_FOUND
from workers.trade.responses import EXPIRE_AMENDMENTS

SAID = st.sampled_from(["tolerate", "less", "later", "other", "reject", None])


class ResponseRules(Simulation):
    """Rules about responses to orders, and answers to amendments."""

    def _said(self, line: Row, what: str) -> dict[str, Any]:
        """Return what is said to one line."""
        wanted = line["ordered"] - line["cancelled"]
        amended: dict[str, Any] = {"response": "AMENDED"}
        said = {
            "tolerate": {"response": "ACCEPTED", "over_tolerance": line["step"]},
            "less": {**amended, "quantity": self.part_of(wanted, "half", line["step"])},
            "later": {**amended, "window": self.window(6)},
            "other": {**amended, "product_id": self.merchant.product_ids[-1]},
            "reject": {"response": "REJECTED", "reason": "Sold out."},
        }
        return {"line_id": UUID(line["id"]), **said[what]}

    @needs("orders")
    @rule(pick=PICK, said=st.lists(SAID, min_size=1, max_size=3))
    def respond(self, pick: int, said: list[str | None]) -> None:
        order = self.choose(self.orders, pick, "CONFIRMED")
        lines = [
            self._said(line, what)
            for line, what in zip(self.lines_of(order), said, strict=False)
            if what is not None
        ]
        amends = any(it["response"] == "AMENDED" for it in lines)
        self.act(
            confirm.confirm,
            confirm.OrderConfirm,
            order_id=UUID(order["id"]),
            lines=lines,
            window=self.window(5),
            answer_by=self.world.clock() + timedelta(hours=20) if amends else None,
        )

    @needs("orders")
    @rule(pick=PICK, accepts=st.lists(st.booleans(), min_size=3, max_size=3))
    def answer_amendments(self, pick: int, accepts: list[bool]) -> None:
        amended = {it["order_id"] for it in self.rows["order_lines"] if it["answer_by"]}
        waiting = [it for it in self.orders if it["id"] in amended]
        order = self.choose(waiting or self.orders, pick, "CONFIRMED")
        lines = [
            {"line_id": UUID(line["id"]), "is_accepted": is_accepted}
            for line, is_accepted in zip(self.lines_of(order), accepts, strict=False)
            if line["answer_by"] or order["id"] not in amended
        ]
        self.act(
            answer.answer, answer.OrderAnswerAmendment, order_id=UUID(order["id"]), lines=lines
        )

    @rule()
    def let_expire(self) -> None:
        """Do what the background does: end what nobody has answered, let what was found count."""
        before, now = self.rows, self.world.clock()
        works = (EXPIRE_AMENDMENTS, CALL_OFF_FOUND, COUNT_FOUND)
        self.runner.run(do_due(self.database, self.world.clock, *works))
        self.rows = self.look()
        changes.check(before, self.rows, now)

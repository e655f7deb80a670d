"""What a client and the merchant do with a contract."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from commands.fulfilment.call_offs.inputs import ContractCallOff
from commands.fulfilment.call_offs.place import place
from commands.trade.contracts import amend, life, settle
from commands.trade.releases.decisions.resume import ContractResume, resume
from commands.trade.releases.inputs import ContractRelease
from commands.trade.releases.record import release
from models.trade.contracts.states import EndOfLife
from tests.simulation.merchant import RECIPIENTS
from tests.simulation.simulation import PART, Simulation, counted

STEPS_OF_LIFE: dict[str, tuple[Any, Any]] = {
    "suspend": (life.suspend, life.ContractSuspend),
    "resume": (resume, ContractResume),
    "terminate": (life.terminate, life.ContractTerminate),
    "settle": (settle.settle, settle.ContractSettle),
}


class ContractRules(Simulation):
    """Rules about contracts; the newest of them is played with."""

    @initialize(parts=st.lists(PART, min_size=2, max_size=2))
    def start_drawing(self, parts: list[str]) -> None:
        """Start with a call-off and its delivery."""
        self.call_off(parts, 0, "all", is_planned=True)

    @rule(
        parts=st.lists(PART, min_size=1, max_size=2),
        channel=st.sampled_from([0, 0, 0, 1]),
        is_planned=st.booleans(),
        share=PART,
    )
    def call_off(self, parts: list[str], channel: int, share: str, *, is_planned: bool) -> None:
        contract = self.contracts[0]
        lines = []
        for line, part in zip(self.agreed_by(contract), parts, strict=False):
            agreed = line["max_quantity"] or line["target_quantity"]
            ceiling = agreed * (1 + line["over_tolerance_percent"] / 100)
            step = line["lot_multiple"] or line["step"]
            quantity = self.part_of((ceiling - line["called_off"]) / 2, part, step)
            lines.append((line, quantity - quantity % step))
        part = {
            "location_id": self.merchant.location_ids[0],
            "lines": [
                {
                    "line_no": number,
                    **counted(self.part_of(quantity, share, line["step"]), line["step"]),
                }
                for number, (line, quantity) in enumerate(lines, 1)
            ],
        }
        self.act(
            place,
            ContractCallOff,
            contract_id=UUID(contract["id"]),
            channel_id=self.merchant.channel_ids[channel],
            lines=[
                {"contract_line_id": UUID(it["id"])} | counted(q, it["step"]) for it, q in lines
            ],
            window=self.window(2),
            recipient=RECIPIENTS[0],
            deliveries=[part] if is_planned else [],
        )

    @rule(
        pick=st.integers(0, 1),
        kind=st.sampled_from(["FORECAST", "JIT"]),
        function=st.sampled_from(["REPLACE", "UPDATE"]),
        release_no=st.sampled_from([1, 1, 1, 0]),
        quantities=st.lists(st.integers(0, 5), min_size=1, max_size=3),
        received=st.sampled_from([None, "delivered", "shipped"]),
        commitment=st.sampled_from(["FIRM", "FORECAST"]),
    )
    def release(  # noqa: PLR0913 -- a release says that much.
        self,
        *,
        pick: int,
        kind: str,
        function: str,
        release_no: int,
        quantities: list[int],
        received: str | None,
        commitment: str,
    ) -> None:
        line = self.agreed_by(self.contracts[0])[pick]
        mine = [it for it in self.rows["releases"] if it["contract_line_id"] == line["id"]]
        last = max((int(it["number"]) for it in mine if it["type"] == kind), default=0)
        self.act(
            release,
            ContractRelease,
            contract_line_id=UUID(line["id"]),
            type=kind,
            function=function,
            release_no=max(last + release_no, 1),
            cumulative_received=line[received] if received else None,
            correction=commitment == "FIRM",
            lines=[
                {"window": self.window(day), "quantity": quantity, "commitment": commitment}
                for day, quantity in enumerate(quantities)
            ],
        )

    @rule(
        step=st.sampled_from([*STEPS_OF_LIFE, "resume", "amend"]),
        number=st.integers(1, 40),
        end=st.sampled_from([None, None, *EndOfLife]),
    )
    def change_contract(self, step: str, number: int, end: EndOfLife | None) -> None:
        """Change the newest contract; when it has ended, agree on a new one."""
        contract = self.contracts[0]
        fields: dict[str, Any] = {"contract_id": UUID(contract["id"])}
        if step == "amend":
            line = self.agreed_by(contract)[number % 2]
            change = {"contract_line_id": UUID(line["id"]), "max_quantity": number}
            self.act(amend.amend, amend.ContractAmend, **fields, lines=[change], end_of_life=end)
            return
        if step == "terminate":
            fields["keep_call_offs"] = number % 2 == 0
        if step == "settle" and contract["end_of_life"] == "CARRY_OVER":
            self._agree_anew()
            fields["successor_id"] = UUID(self.contracts[0]["id"])
        self.act(*STEPS_OF_LIFE[step], **fields)
        if self.contracts[0]["state"] == "SETTLED":
            self._agree_anew()

    def _agree_anew(self) -> None:
        self.runner.run(self.merchant.contract())
        self.rows = self.look()

"""What planning from a schedule takes, and what it says of each item."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.trade.orders.fields import Recipient
from commands.writing.verbs import DryRun
from kit.ids import Names
from kit.inputs import LARGEST_BULK, Day, Input, Reference
from models.fulfilment.call_offs import PlanStatus
from models.master.channels import DeliveryMethod


class PlaceRecipient(Input):
    """Who takes in what goes to one place of a contract's customer."""

    ship_to_id: Annotated[UUID, Names("Address")] = Field(description="The address.")
    unloading_point: Reference | None = Field(
        None, description="The dock there; without one, wherever none of its own is named."
    )
    recipient: Recipient = Field(description="Who takes it in.")


class DeliveryPlanFromSchedule(DryRun):
    """Which schedules of a contract to plan, how far ahead, and how."""

    contract_id: Annotated[UUID, Names("Contract")] = Field(description="The contract.")
    until: Day = Field(
        description="The last day of the horizon: what is to leave until then is planned."
    )
    channel_id: Annotated[UUID, Names("Channel")] = Field(
        description="Where the call-offs are counted as placed."
    )
    location_id: Annotated[UUID, Names("Location")] = Field(description="Where deliveries start.")
    method: DeliveryMethod = Field(
        DeliveryMethod.FREIGHT, description="How the goods reach the recipient."
    )
    recipient: Recipient | None = Field(
        None,
        description="Who takes new deliveries in where `recipients` names nobody; else who takes in"
        " what is planned or called off for the same window, or was planned for the nearest window"
        " at its place that leaves its goods to this one. Where nobody is known, nothing is"
        " planned for a company: RECIPIENT_MISSING.",
    )
    recipients: Annotated[list[PlaceRecipient], Field(max_length=LARGEST_BULK)] = Field(
        default_factory=list, description="Who takes in what goes to single places."
    )

    def recipient_at(
        self, ship_to_id: UUID | None, unloading_point: str | None = None
    ) -> Recipient | None:
        """Return who takes in what goes to a place: by its dock, else its address, else any."""
        places = {(it.ship_to_id, it.unloading_point): it.recipient for it in self.recipients}
        if ship_to_id is None:
            return self.recipient
        whole = places.get((ship_to_id, None), self.recipient)
        return places.get((ship_to_id, unloading_point), whole)


@dataclass(frozen=True)
class PlanItem:
    """What becomes of one contract line at one place in one window, and why.

    before, quantity: what was planned and not released, and what is then; in units. window: when it
    begins and ends.
    """

    contract_line_id: UUID
    account_id: UUID
    schedule_line_id: UUID | None
    status: PlanStatus
    before: Decimal
    quantity: Decimal
    window: tuple[datetime, datetime] | None
    leaves_on: date | None
    reason: str
    code: str | None = None

    @property
    def outcome(self) -> dict[str, Any]:
        """Return it as a command's outcome has it."""
        earliest, latest = self.window or (None, None)
        of = {name: it for name, it in asdict(self).items() if name != "window"}
        return {**of, "earliest": earliest, "latest": latest}

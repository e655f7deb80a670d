"""What releases bring."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, PrivateAttr
from pydantic_core import PydanticCustomError

from commands.master.packagings.counting import Quantified
from commands.trade.contracts.times import Window
from kit.errors import Code
from kit.ids import Names
from kit.inputs import (
    LARGEST_BULK,
    Command,
    Day,
    Each,
    Input,
    Instant,
    Quantity,
    QuantityOrZero,
    Reference,
)
from kit.standards.schedules.messages import MOST_LINES
from models.trade.releases.tables import LARGEST_INTEGER
from models.trade.releases.words import (
    IN_TRANSIT,
    Commitment,
    DateMeaning,
    ReleaseFunction,
    ReleaseType,
    ScheduleBucket,
    ScheduleKind,
)

_LONGEST_TRANSIT = 366


def _of_a_customer(code: str) -> str:
    if code == IN_TRANSIT:
        text = f"{code} is our code of what was on its way."
        raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
    return code


class ReleaseLine(Quantified):
    """One quantity at one time."""

    window: Window = Field(
        description="When it is to arrive, or to leave: `dateMeaning`. Its start tells which lines"
        " an UPDATE changes; several lines may have the same."
    )
    quantity: QuantityOrZero = Field(
        description="How much, in the product's unit or `packaging`. 0 says that nothing is"
        " planned; in an UPDATE it takes the lines of this start out."
    )
    commitment: Commitment = Field(Commitment.FORECAST, description="How binding it is.")
    kind: ScheduleKind = Field(
        ScheduleKind.SCHEDULED,
        description="Backlog and what is wanted at once come first, whatever their window.",
    )
    bucket: ScheduleBucket = Field(ScheduleBucket.PERIOD, description="For how long it is.")
    pattern: Reference | None = Field(
        None, description="On which parts of the bucket it is to come, as it was sent."
    )
    date_meaning: DateMeaning = Field(
        DateMeaning.ARRIVAL, description="Whether the window is about arrival or shipment."
    )
    transit_days: int = Field(
        0,
        ge=0,
        le=_LONGEST_TRANSIT,
        description="Working days between shipment and arrival; 0 for those of the carrier of"
        " the contract's `route`, or else of the customer.",
    )
    code: Annotated[Reference, AfterValidator(_of_a_customer)] | None = Field(
        None, description="The line's code, as it was sent."
    )


class ToldReceipt(Input):
    """A receipt that the customer has counted in."""

    delivery_note: Reference = Field(
        description="Its delivery note: the number of our delivery, however it is written"
        " (D-000013, d000013, 13, 00000013), or its `externalReference`."
    )
    quantity: Quantity | None = Field(None, description="How much of this came with it.")
    received_on: Day | None = Field(None, description="When it came.")
    dispatched_on: Day | None = Field(None, description="When it left.")


class ReleaseContent(Input):
    """One schedule (DELFOR or DELJIT) for one contract line and place."""

    contract_line_id: Annotated[UUID, Names("ContractLine")] = Field(
        description="The contract line."
    )
    ship_to_id: Annotated[UUID, Names("Address")] | None = Field(
        None, description="The plant for which it is: an address of the contract's party."
    )
    unloading_point: Reference | None = Field(
        None, description="Where it is unloaded there (LOC 11), as the customer calls it."
    )
    point_of_use: Reference | None = Field(
        None, description="Where it is used there (LOC 159), as the customer calls it."
    )
    type: ReleaseType = Field(description="Forecast or just in time.")
    number: Reference | None = Field(
        None,
        description="The customer's number of it, a text that may begin again every year. This or"
        " `releaseNo` is given.",
    )
    release_no: int | None = Field(
        None,
        gt=0,
        le=LARGEST_INTEGER,
        description="The number where it is an integer that never begins again: one that is not"
        " higher than that of the newest release is kept as SUPERSEDED.",
    )
    issued_at: Instant | None = Field(
        None,
        description="When the customer issued it, now when left out: one that was issued before the"
        " newest one of its line, place and type is kept as SUPERSEDED.",
    )
    function: ReleaseFunction = Field(
        ReleaseFunction.REPLACE, description="The whole schedule, or changes of single lines."
    )
    horizon_start: Instant | None = Field(None, description="Start of the horizon.")
    horizon_end: Instant | None = Field(None, description="End of the horizon.")
    calculated_at: Instant | None = Field(
        None, description="Of which instant the customer's figures are (DTM 257)."
    )
    engineering_revision: Reference | None = Field(
        None, description="Which revision of the product is wanted."
    )
    packaging_instruction: Reference | None = Field(
        None, description="How it is to be packed, as the customer calls it."
    )
    planner: Reference | None = Field(None, description="The customer's planner: a code or a name.")
    production_go_ahead: QuantityOrZero | None = Field(
        None,
        description="Cumulative quantity that may be made at the customer's risk; where nothing is"
        " said of it, that of the release in force stands, within its period.",
    )
    production_go_ahead_until: Day | None = Field(None, description="Last day of that.")
    material_go_ahead: QuantityOrZero | None = Field(
        None,
        description="Cumulative quantity for which material may be bought at its risk; where"
        " nothing is said of it, that of the release in force stands, within its period.",
    )
    material_go_ahead_until: Day | None = Field(None, description="Last day of that.")
    rest_of_forecast: QuantityOrZero | None = Field(
        None,
        description="What is forecast beyond its lines, of which no day is said (VDA 4905: 999999):"
        " a figure to know, which is wanted on no day and in no `demand`.",
    )
    cumulative_received: QuantityOrZero | None = Field(
        None,
        description="What the customer has received in all; when left out, the last such figure,"
        " or what is known to be delivered if that is more.",
    )
    counted_from: Day | None = Field(
        None,
        description="The first day of which the customer counts (DTM 51): one that is later than"
        " before begins a new period, and what has left since then counts in it, however late this"
        " comes. One that has not come yet begins none, and what is received is not told by it.",
    )
    correction: bool = Field(
        default=False,
        description="The cumulative received may be lower than the last one: that is no finding.",
    )
    last_receipt_reference: Reference | None = Field(
        None, description="Delivery note of the last receipt that is counted in."
    )
    last_receipts: list[ToldReceipt] = Field(
        [],
        max_length=LARGEST_BULK,
        description="The last receipts that are counted in. They are in `cumulativeReceived`; what"
        " else has left is in it or under way, and what leaves later comes on top of it.",
    )
    is_net_of_transit: bool = Field(
        default=False,
        description="Whether the quantities are without what is on its way: what had left when it"
        " was calculated, or else issued, and is not in `cumulativeReceived`, stands before them as"
        " a line of its own then; lines that an UPDATE leaves as they are want that much less.",
    )
    supplier_consent: bool = Field(
        default=False,
        description="Firm quantities may fall in the firm zone: whoever sends it consents to that."
        " Staff only, with the scope CONTRACTS_WRITE.",
    )
    lines: list[ReleaseLine] = Field(
        max_length=MOST_LINES,
        description="The schedule; none says that nothing is wanted, or nothing changes.",
    )

    _received_at: datetime | None = PrivateAttr(None)
    _overtaken_by: str | None = PrivateAttr(None)

    def as_received(self, at: datetime) -> Self:
        """Return it as it was received at an instant, however late it is taken in."""
        copy = self.model_copy()
        copy._received_at = at  # noqa: SLF001 -- of a copy of its own.
        return copy

    def as_overtaken(self, by: str | None) -> Self:
        """Return it as sent before another one of its instant. by: what that is called."""
        copy = self.model_copy()
        copy._overtaken_by = by  # noqa: SLF001 -- of a copy of its own.
        return copy

    @property
    def overtaken_by(self) -> str | None:
        """What was sent after it, of the same instant, and is there already."""
        return self._overtaken_by

    def received(self, now: datetime) -> datetime:
        """Return when it was received: now, unless it has waited to be taken in."""
        return min(self._received_at or now, now)

    def stated_as_of(self, now: datetime) -> datetime:
        """Return of when it is: no later than it was received."""
        at = self.received(now)
        return min(self.calculated_at or self.issued_at or at, at)

    @property
    def is_update(self) -> bool:
        """Tell whether it changes single lines only."""
        return self.function is ReleaseFunction.UPDATE

    def tells(self) -> dict[str, Any]:
        """Return what it tells beside its lines and receipts, by the columns of its release."""
        return {name: getattr(self, name) for name in COPIED}

    @property
    def receipts(self) -> "list[ToldReceipt]":
        """Return the last receipts that it names; the one that it only refers to is the last."""
        last, found = self.last_receipt_reference, self.last_receipts
        if last is None or any(it.delivery_note == last for it in found):
            return found
        return [*found, ToldReceipt.model_construct(delivery_note=last)]

    @property
    def notes(self) -> list[str]:
        """Return the delivery notes that it names."""
        return [it.delivery_note for it in self.receipts]

    @property
    def last_note(self) -> str | None:
        """Return the delivery note of the last receipt, None where it names none."""
        return self.last_receipt_reference or next(reversed(self.notes), None)


GO_AHEADS = tuple((f"{it}_go_ahead", f"{it}_go_ahead_until") for it in ("production", "material"))
"""Columns of a release: a cumulative quantity, and the last day of it."""
COPIED = (
    *("contract_line_id", "type", "function", "horizon_start", "horizon_end", "calculated_at"),
    *("counted_from", "point_of_use", "engineering_revision", "packaging_instruction"),
    *("planner", "rest_of_forecast"),
    *(name for names in GO_AHEADS for name in names),
)
"""Columns that a release takes from its input as they are."""


class ContractRelease(ReleaseContent, Command):
    """One schedule message for one contract line."""


class RecordedRelease(ReleaseContent):
    """What a message says of one contract line and place."""


class ReleasesRecord(Command):
    """Up to 250 schedules, of one message or of several."""

    releases: Each[RecordedRelease] = Field(
        description="The schedules; each line, place and type once."
    )

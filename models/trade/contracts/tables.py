"""Call-off contracts: goods agreed once and drawn down in parts."""

from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, Date, Numeric, Uuid, and_, cast, func, or_
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor, Scope
from models.base.tables import (
    Counter,
    OneOf,
    Owned,
    Searched,
    Tally,
    WideSum,
    check,
    folded,
    found_by,
    indexed,
    known,
    not_negative,
    to,
    unique,
)
from models.base.tasks import Task, is_among
from models.base.visibility import Seen, own, through
from models.master.catalog import OfProduct, to_product
from models.master.packagings import Packaged, count_in_packagings, packaged
from models.trade.contracts.findings import USUAL_JUMP, USUALLY_HOLDING, FindingCode
from models.trade.contracts.states import (
    LIVING_CONTRACTS,
    ContractState,
    EndOfLife,
    ReservationStrategy,
)

_FINDINGS = ", ".join(f"'{it.value}'" for it in FindingCode)


class Contract(Owned):
    """A framework contract with one party (EDIFACT 1001 221), known by its number.

    state is what people decided: DRAFT, ACTIVE, SUSPENDED, TERMINATED or SETTLED. EXHAUSTED and
    EXPIRED follow from the lines and the calendar and are derived, so that neither hides the
    other. state_reason: why people suspended or terminated it. valid_from and valid_to are days at
    time_zone, both inclusive. successor_id: the contract to which what remained went over.
    holding_findings: what of its releases waits for consent where it is found. jump_percent: by how
    much what is wanted may change before that is found, None for any. location_id, carrier_id,
    service: from where its goods leave as a rule, and with whom, as parcels name a service.
    """

    __tablename__ = "contracts"
    __searched__ = Searched(Scope.CONTRACTS_READ, numbers=("number", "purchase_order_number"))
    __seen__: ClassVar[Seen] = {Actor.BUYER: own("party_id")}
    __table_args__ = (
        unique("number", "number"),
        to("parties", "party_id"),
        to("contracts", "successor_id"),
        to("locations", "location_id"),
        to("parties", "carrier_id"),
        indexed("contracts", "party_id"),
        indexed("contracts", "purchase_order_number"),
        indexed("contracts", "valid_to", "id"),
        indexed("contracts", "created_at", "id"),
        *found_by("contracts", "number", "purchase_order_number"),
        indexed("contracts", "successor_id"),
        indexed("contracts", "location_id"),
        indexed("contracts", "carrier_id"),
        known("state", ContractState),
        known("reservation_strategy", ReservationStrategy),
        known("end_of_life", EndOfLife),
        check("state_decided", "state NOT IN ('EXHAUSTED', 'EXPIRED')"),
        check("validity_ordered", "valid_from <= valid_to"),
        check("days_not_negative", "least(min_notice_days, firm_zone_days, trade_off_days) >= 0"),
        check("holding_findings_known", f"holding_findings <@ ARRAY[{_FINDINGS}]"),
        check("jump_not_negative", "jump_percent >= 0"),
        check("service_of_a_carrier", "service IS NULL OR carrier_id IS NOT NULL"),
    )

    number: Mapped[str]
    number_folded: Mapped[str] = folded("number")
    party_id: Mapped[UUID]
    purchase_order_number: Mapped[str | None]
    purchase_order_number_folded: Mapped[str | None] = folded("purchase_order_number")
    ship_to_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    time_zone: Mapped[str]
    currency: Mapped[str]
    terms: Mapped[str | None]
    reservation_strategy: Mapped[ReservationStrategy] = mapped_column(OneOf(ReservationStrategy))
    priority_on: Mapped[date]
    end_of_life: Mapped[EndOfLife] = mapped_column(OneOf(EndOfLife))
    min_notice_days: Mapped[int] = mapped_column(default=0)
    firm_zone_days: Mapped[int] = mapped_column(default=0)
    trade_off_days: Mapped[int] = mapped_column(default=0)
    holding_findings: Mapped[list[FindingCode]] = mapped_column(
        ARRAY(OneOf(FindingCode)), default=lambda: list(USUALLY_HOLDING)
    )
    jump_percent: Mapped[Decimal | None] = mapped_column(
        Numeric(9, 6), default=lambda: Decimal(USUAL_JUMP)
    )
    location_id: Mapped[UUID | None]
    carrier_id: Mapped[UUID | None]
    service: Mapped[str | None]
    state: Mapped[ContractState] = mapped_column(OneOf(ContractState))
    state_reason: Mapped[str | None]
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    terminated_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    successor_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)

    @hybrid_method
    def day(self, instant: datetime) -> date:
        """Return the calendar day of an instant at the contract's time zone."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date()

    @day.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _day(cls, instant: Any) -> ColumnElement[date]:
        return cast(func.timezone(cls.time_zone, instant), Date)

    @hybrid_method
    def is_valid_on(self, day: date) -> bool:
        """Tell whether the day lies inside the validity, both ends inclusive (K3).

        What remains under DELIVER_REST is called off and delivered after the last day, too.
        """
        return self.valid_from <= day and (day <= self.valid_to or self.delivers_rest)

    @is_valid_on.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _is_valid_on(cls, day: Any) -> ColumnElement[bool]:
        return and_(cls.valid_from <= day, or_(day <= cls.valid_to, cls.delivers_rest))

    @hybrid_property
    def delivers_rest(self) -> bool:
        """Whether what remains is delivered after its last day."""
        return self.end_of_life == EndOfLife.DELIVER_REST


_COUNTERS = ("called_off", "released", "shipped", "delivered", "returned", "received")
"""How far a contract line is drawn down."""
AGREED_QUANTITIES = {
    "target_quantity": "",
    "min_quantity": "min_",
    "max_quantity": "max_",
    "lot_multiple": "lot_",
    "min_per_call_off": "min_per_call_off_",
    "max_per_call_off": "max_per_call_off_",
}
"""Quantity that a contract line agrees on -> prefix of the columns of how that was counted."""


class ContractLine(OfProduct, Packaged, Owned):
    """One agreed product. Tolerances in percent of the line.

    released: the cumulative quantity up to which the active releases ask for goods.
    shipped: what is issued: what left and was neither lost nor came back (`DeliveryLine.issued`).
    received: what the customer says it has received in all (its Fortschrittszahl).
    guarantee_id: what is guaranteed for call-offs from now on. carried_over: what of its target
    went over to the successor. carried_least: what of its minimum did so.
    """

    __tablename__ = "contract_lines"
    __task__ = Task(
        "product_id",
        lambda rows, line: rows.some(
            Contract,
            where=lambda it: and_(it.id == line.contract_id, is_among(it.state, LIVING_CONTRACTS)),
        ),
    )
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Contract", "contract_id")}
    __table_args__ = (
        to("contracts", "contract_id"),
        to_product(),
        to("guarantees", "guarantee_id"),
        unique("line_no", "contract_id", "line_no"),
        indexed("contract_lines", "product_id"),
        indexed("contract_lines", "guarantee_id"),
        not_negative(*_COUNTERS, "carried_over", "carried_least"),
        check("target_positive", "target_quantity > 0"),
        check("min_within_target", "min_quantity BETWEEN 0 AND target_quantity"),
        check("max_from_target", "max_quantity >= target_quantity"),
        check("lot_multiple_positive", "lot_multiple > 0"),
        check("per_call_off_ordered", "min_per_call_off <= max_per_call_off"),
        check(
            "called_off_within_max",
            "called_off <= coalesce(max_quantity, target_quantity)"
            " * (1 + over_tolerance_percent / 100)",
        ),
        check("price_not_negative", "unit_price >= 0"),
        check(
            "tolerances",
            "over_tolerance_percent >= 0 AND under_tolerance_percent BETWEEN 0 AND 100",
        ),
        *(it for prefix in AGREED_QUANTITIES.values() for it in packaged("contract_lines", prefix)),
    )
    __tally__ = Tally(Contract, "contract_id", _COUNTERS)

    contract_id: Mapped[UUID]
    line_no: Mapped[int]
    target_quantity: Mapped[Decimal]
    min_quantity: Mapped[Decimal | None]
    max_quantity: Mapped[Decimal | None]
    over_tolerance_percent: Mapped[Decimal] = mapped_column(Numeric(9, 6), default=Decimal(0))
    under_tolerance_percent: Mapped[Decimal] = mapped_column(Numeric(9, 6), default=Decimal(0))
    lot_multiple: Mapped[Decimal | None]
    min_per_call_off: Mapped[Decimal | None]
    max_per_call_off: Mapped[Decimal | None]
    min_packaging_id: Mapped[UUID | None]
    min_packaging_content: Mapped[Decimal | None]
    max_packaging_id: Mapped[UUID | None]
    max_packaging_content: Mapped[Decimal | None]
    lot_packaging_id: Mapped[UUID | None]
    lot_packaging_content: Mapped[Decimal | None]
    min_per_call_off_packaging_id: Mapped[UUID | None]
    min_per_call_off_packaging_content: Mapped[Decimal | None]
    max_per_call_off_packaging_id: Mapped[UUID | None]
    max_per_call_off_packaging_content: Mapped[Decimal | None]
    currency: Mapped[str]
    unit_price: Mapped[Decimal]
    guarantee_id: Mapped[UUID | None]
    called_off: Mapped[Counter]
    carried_over: Mapped[Counter]
    carried_least: Mapped[Counter]
    released: Mapped[WideSum] = mapped_column(default=Decimal(0), server_default="0")
    shipped: Mapped[Counter]
    delivered: Mapped[Counter]
    returned: Mapped[Counter]
    received: Mapped[WideSum] = mapped_column(default=Decimal(0), server_default="0")
    received_reference: Mapped[str | None]

    packaged_quantity = count_in_packagings("target_quantity")
    min_packaged_quantity = count_in_packagings("min_quantity", "min_packaging_content")
    max_packaged_quantity = count_in_packagings("max_quantity", "max_packaging_content")
    lot_packaged_quantity = count_in_packagings("lot_multiple", "lot_packaging_content")
    min_per_call_off_packaged_quantity = count_in_packagings(
        "min_per_call_off", "min_per_call_off_packaging_content"
    )
    max_per_call_off_packaged_quantity = count_in_packagings(
        "max_per_call_off", "max_per_call_off_packaging_content"
    )

    @hybrid_property
    def agreed(self) -> Decimal:
        """The agreed maximum: the target where no maximum is named."""
        return self.target_quantity if self.max_quantity is None else self.max_quantity

    @agreed.inplace.expression
    @classmethod
    def _agreed(cls) -> ColumnElement[Decimal]:
        return func.coalesce(cls.max_quantity, cls.target_quantity)

    @hybrid_property
    def ceiling(self) -> Decimal:
        """The most that may be called off: K1, tolerance on the contract quantity."""
        return self.agreed * (1 + self.over_tolerance_percent / 100)

    @hybrid_property
    def remaining(self) -> Decimal:
        """What is agreed and not called off; what lies in the tolerance does not remain."""
        return max(self.agreed - self.called_off, Decimal(0))

    @remaining.inplace.expression
    @classmethod
    def _remaining(cls) -> ColumnElement[Decimal]:
        return func.greatest(cls.agreed - cls.called_off, 0)

    @hybrid_property
    def left_of_target(self) -> Decimal:
        """What the target has and was not called off: what its end is about."""
        return max(self.target_quantity - self.called_off, Decimal(0))

    @left_of_target.inplace.expression
    @classmethod
    def _left_of_target(cls) -> ColumnElement[Decimal]:
        return func.greatest(cls.target_quantity - cls.called_off, 0)

    @property
    def owed(self) -> Decimal:
        """The least that must be called off: the minimum less its tolerance, in whole steps."""
        least = (self.min_quantity or 0) * (1 - self.under_tolerance_percent / 100)
        return least.quantize(Decimal(1).scaleb(-self.scale), ROUND_CEILING)


class Shortfall(Owned):
    """What a settlement found missing on one line against its minimum (EDIFACT 4295 WV, K2).

    owed: the least that had to be called off: the minimum less its tolerance, in whole steps of
    the product's unit. quantity: how much less was called off. amount: what is invoiced for it,
    None where nothing is.
    """

    __tablename__ = "shortfalls"
    __seen__: ClassVar[Seen] = {Actor.BUYER: through("Contract", "contract_id")}
    __table_args__ = (
        to("contract_lines", "contract_line_id"),
        unique("line", "contract_line_id"),
        to("contracts", "contract_id"),
        indexed("shortfalls", "contract_id"),
        check("quantity_positive", "quantity > 0"),
        check("amount_not_negative", "amount >= 0"),
    )

    contract_id: Mapped[UUID]
    contract_line_id: Mapped[UUID]
    owed: Mapped[Decimal]
    called_off: Mapped[Decimal]
    quantity: Mapped[Decimal]
    currency: Mapped[str]
    amount: Mapped[Decimal | None]
    settled_at: Mapped[datetime]

"""Releases: schedules that a customer sends on a contract line, one ACTIVE per line and type."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, Uuid, any_, literal

from commands.master.catalog import check_scale
from commands.trade.contracts.life import check_in_force
from commands.writing.transaction import Outcome, Writing
from kit.errors import Code, Refused
from kit.ids import Names, new_id
from kit.inputs import (
    Bulk,
    Command,
    Input,
    Instant,
    QuantityOrZero,
    Reference,
    Window,
    refuse_duplicates,
)
from models.access.journal import Aggregate
from models.access.viewers import Actor
from models.master.catalog import Product
from models.trade.codes import TradeCode
from models.trade.contracts import Contract, ContractLine
from models.trade.releases import (
    Commitment,
    Release,
    ReleaseFunction,
    ReleaseState,
    ReleaseType,
    ScheduleLine,
    open_quantities,
)

_LARGEST_NUMBER = 2_147_483_647


class ReleaseLine(Input):
    """One quantity at one time."""

    window: Window = Field(description="When it is to arrive; its start tells the line.")
    quantity: QuantityOrZero = Field(
        description="How much, in the product's unit; 0 takes the line of this start out."
    )
    commitment: Commitment = Field(Commitment.FORECAST, description="How binding it is.")


class ContractRelease(Command):
    """One schedule message (DELFOR or DELJIT) for one contract line."""

    contract_line_id: Annotated[UUID, Names("ContractLine")] = Field(
        description="The contract line."
    )
    type: ReleaseType = Field(description="Forecast or just in time.")
    release_no: int = Field(
        gt=0,
        le=_LARGEST_NUMBER,
        description="The customer's number; higher than any before of this line and type.",
    )
    function: ReleaseFunction = Field(
        ReleaseFunction.REPLACE, description="The whole schedule, or changes of single lines."
    )
    horizon_start: Instant | None = Field(None, description="Start of the horizon.")
    horizon_end: Instant | None = Field(None, description="End of the horizon.")
    cumulative_received: QuantityOrZero | None = Field(
        None,
        description="What the customer has received in all; when left out, the last such figure,"
        " or what is known to be delivered if that is more.",
    )
    correction: bool = Field(
        default=False, description="The cumulative received may be lower than the last one."
    )
    last_receipt_reference: Reference | None = Field(
        None, description="Delivery note of the last receipt that is counted in."
    )
    supplier_consent: bool = Field(
        default=False, description="Firm quantities may fall in the firm zone; staff only."
    )
    lines: Bulk[ReleaseLine] = Field(description="The schedule, each window start once.")


@dataclass(frozen=True)
class _Slot:
    """A schedule line to be."""

    window: Window
    quantity: Decimal
    commitment: Commitment


@dataclass(frozen=True)
class _Schedule:
    """A release's figures. slots: in date order."""

    received: Decimal
    slots: Sequence[_Slot] = ()

    @property
    def released(self) -> Decimal:
        """The cumulative quantity up to which it asks."""
        return self.received + sum((it.quantity for it in self.slots), Decimal(0))

    def firm(self, until: datetime) -> Decimal:
        """The firm cumulative quantity up to an instant."""
        firm = (it for it in self.slots if it.commitment is Commitment.FIRM)
        return self.received + sum(
            (it.quantity for it in firm if it.window.earliest <= until), Decimal(0)
        )

    def counted_from(self, received: Decimal) -> "_Schedule":
        """Return the same demand counted from a later receipt: what has come leaves the slots."""
        left = open_quantities([it.quantity for it in self.slots], self.received, received)
        slots = [replace(it, quantity=q) for it, q in zip(self.slots, left, strict=True) if q]
        return _Schedule(received, slots)


async def release(writing: Writing, command: ContractRelease) -> Outcome:
    """Put a release in force; the one before of its line and type is superseded (K7).

    Refused: NOT_FOUND, CONTRACT_SUSPENDED, WRONG_STATE, NOT_ALLOWED, DUPLICATE, SCALE_EXCEEDED,
    INVALID_WINDOW for the horizon, RELEASE_OUTDATED for a number that is not higher or a
    cumulative that went back, FIRM_ZONE when firm demand falls in the firm zone (K8).
    """
    contract, line = await _locked(writing, command)
    await _check(writing, command, line)
    active = await _active(writing, line)
    schedules = {type_: schedule for type_, (_, schedule) in active.items()}
    old, before = active.get(command.type, (None, None))
    if old is not None and command.release_no <= old.release_no:
        text = f"Release {old.release_no} is active already."
        raise Refused(TradeCode.RELEASE_OUTDATED, text, ("release_no",))
    after = _after(command, line, before)
    if before is not None and not command.supplier_consent:
        _check_firm_zone(writing, contract, before, after)
    if old is not None:
        await _supersede(writing, old, command.release_no)
    row = await _write(writing, command, line, after)
    schedules[command.type] = after
    line.released = max(it.released for it in schedules.values())
    if command.cumulative_received is not None:
        line.received = command.cumulative_received
        line.received_reference = command.last_receipt_reference
    return {"release_id": row.id, "contract_line_id": line.id}


async def _locked(writing: Writing, command: ContractRelease) -> tuple[Contract, ContractLine]:
    """Lock the contract, then its line. Refused: NOT_FOUND, CONTRACT_SUSPENDED, WRONG_STATE."""
    wanted = {command.contract_line_id: ("contract_line_id",)}
    contract_id = (await writing.get(ContractLine, wanted))[command.contract_line_id].contract_id
    contract = (await writing.lock(Contract, {contract_id: ()}))[contract_id]
    check_in_force(contract, ("contract_line_id",))
    return contract, (await writing.lock(ContractLine, wanted))[command.contract_line_id]


async def _check(writing: Writing, command: ContractRelease, line: ContractLine) -> None:
    if command.supplier_consent and writing.viewer.actor is not Actor.STAFF:
        text = "Only the merchant's staff consents for the supplier."
        raise Refused(Code.NOT_ALLOWED, text, ("supplier_consent",))
    start, end = command.horizon_start, command.horizon_end
    if start is not None and end is not None and end < start:
        raise Refused(Code.INVALID_WINDOW, "A horizon ends after it starts.", ("horizon_end",))
    starts = (it.window.earliest for it in command.lines)
    refuse_duplicates(starts, ("lines",), "window", "earliest")
    product = (await writing.get(Product, {line.product_id: ()}))[line.product_id]
    for place, it in enumerate(command.lines):
        check_scale(product, it.quantity, ("lines", place, "quantity"))
    received = command.cumulative_received
    if received is None:
        return
    check_scale(product, received, ("cumulative_received",))
    if received < line.received and not command.correction:
        text = f"The last cumulative received was {line.received.normalize():f}."
        raise Refused(TradeCode.RELEASE_OUTDATED, text, ("cumulative_received",))


async def _active(
    writing: Writing, line: ContractLine
) -> dict[ReleaseType, tuple[Release, _Schedule]]:
    """Return the active releases of the line with their schedules."""
    rows = writing.seen(Release).where(
        Release.contract_line_id == line.id, Release.state == ReleaseState.ACTIVE
    )
    releases = await writing.all(rows)
    ids = literal([it.id for it in releases], ARRAY(Uuid()))
    rows_of = writing.seen(ScheduleLine).where(ScheduleLine.release_id == any_(ids))
    lines = await writing.all(rows_of.order_by(ScheduleLine.window_earliest, ScheduleLine.line_no))
    return {
        it.type: (it, _Schedule(it.cumulative_received, list(_slots(lines, it)))) for it in releases
    }


def _slots(lines: Sequence[ScheduleLine], of: Release) -> Iterator[_Slot]:
    for line in lines:
        if line.release_id == of.id:
            window = Window(
                earliest=line.window_earliest,
                latest=line.window_latest,
                time_zone=line.window_zone,
            )
            yield _Slot(window, line.quantity, line.commitment)


def _after(command: ContractRelease, line: ContractLine, before: _Schedule | None) -> _Schedule:
    """Return the schedule as it will stand. Refused: WRONG_STATE for an update of nothing."""
    received = command.cumulative_received
    if received is None:
        received = max(line.received, line.delivered)
    kept: Mapping[datetime, _Slot] = {}
    if command.function is ReleaseFunction.UPDATE:
        if before is None:
            text = "There is no active release of this type to update."
            raise Refused(Code.WRONG_STATE, text, ("function",))
        kept = {it.window.earliest: it for it in before.counted_from(received).slots}
    given = {
        it.window.earliest: _Slot(it.window, it.quantity, it.commitment) for it in command.lines
    }
    slots = {**kept, **given}
    return _Schedule(received, [slots[start] for start in sorted(slots) if slots[start].quantity])


def _check_firm_zone(
    writing: Writing, contract: Contract, before: _Schedule, after: _Schedule
) -> None:
    """Compare cumulatives, so that goods that came meanwhile are no reduction.

    Refused: FIRM_ZONE.
    """
    end = writing.now + timedelta(days=contract.firm_zone_days)
    firm = (it for it in before.slots if it.commitment is Commitment.FIRM)
    for start in (it.window.earliest for it in firm):
        if writing.now <= start < end and after.firm(start) < before.firm(start):
            text = (
                f"Until {start.isoformat()} {before.firm(start).normalize():f} is firm in all;"
                f" this release asks {after.firm(start).normalize():f}."
            )
            raise Refused(TradeCode.FIRM_ZONE, text, ("lines",))


async def _supersede(writing: Writing, old: Release, by: int) -> None:
    old.state = ReleaseState.SUPERSEDED
    writing.record(Aggregate.RELEASE, old.id, "release.superseded", by=by)
    await writing.session.flush()


async def _write(
    writing: Writing, command: ContractRelease, line: ContractLine, schedule: _Schedule
) -> Release:
    row = Release(
        merchant_id=line.merchant_id,
        id=new_id(),
        contract_id=line.contract_id,
        contract_line_id=line.id,
        state=ReleaseState.ACTIVE,
        received_at=writing.now,
        cumulative_received=schedule.received,
        **command.model_dump(include=_COPIED),
    )
    writing.session.add(row)
    await writing.session.flush()
    writing.session.add_all(
        ScheduleLine(
            merchant_id=line.merchant_id,
            id=new_id(),
            release_id=row.id,
            line_no=line_no,
            window_earliest=slot.window.earliest,
            window_latest=slot.window.latest,
            window_zone=slot.window.time_zone,
            quantity=slot.quantity,
            commitment=slot.commitment,
        )
        for line_no, slot in enumerate(schedule.slots, 1)
    )
    for aggregate, key, what in (
        (Aggregate.RELEASE, row.id, "release.activated"),
        (Aggregate.CONTRACT, line.contract_id, "contract.released"),
    ):
        writing.record(
            aggregate, key, what, line_no=line.line_no, type=row.type, release_no=row.release_no
        )
    return row


_COPIED = {
    "type",
    "release_no",
    "function",
    "horizon_start",
    "horizon_end",
    "last_receipt_reference",
}

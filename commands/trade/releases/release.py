"""A release arrives: it is checked, and supersedes the one before it."""

from sqlalchemy import ARRAY, Uuid, any_, literal

from commands.master.catalog import check_scale
from commands.master.packagings.counting import Counted, packagings_of
from commands.trade.contracts.life import check_in_force
from commands.trade.contracts.times import outside
from commands.trade.releases.inputs import ContractRelease
from commands.trade.releases.schedule import Schedule, check_firm_zone, schedule_of, slots_of
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.ids import new_id
from kit.inputs import (
    refuse_duplicates,
)
from models.access.viewers import Actor
from models.base.guards import guards
from models.events.trade.releases import ContractReleased, ReleaseActivated, ReleaseSuperseded
from models.master.catalog import Product
from models.trade.codes import TradeCode
from models.trade.contracts import acts
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases import Release, ReleaseState, ReleaseType, ScheduleLine


@verb(
    acts.RELEASE,
    "Send a schedule for one contract line: forecast or just in time, whole or as changes.",
)
async def release(writing: Writing, command: ContractRelease) -> Outcome:
    """Put a release in force; the one before of its line and type is superseded (K7).

    Refused: NOT_FOUND, CONTRACT_SUSPENDED, WRONG_STATE, OUTSIDE_VALIDITY after the last day (K3),
    NOT_ALLOWED, DUPLICATE, SCALE_EXCEEDED, INVALID_WINDOW for the horizon, RELEASE_OUTDATED for a
    number that is not higher or a cumulative that went back, FIRM_ZONE when firm demand falls in
    the firm zone (K8), TOO_MANY_ITEMS when updates have made the schedule longer than one call may
    touch.
    """
    contract, line = await _locked(writing, command)
    quantities = await _check(writing, command, line)
    active = await _active(writing, line)
    schedules = {type_: schedule for type_, (_, schedule) in active.items()}
    old, before = active.get(command.type, (None, None))
    _check_newer(command, old)
    after = schedule_of(command, line, before, quantities)
    writing.extent.touch(len(after.slots), ("lines",))
    if before is not None and not command.supplier_consent:
        check_firm_zone(writing, contract, before, after)
    if old is not None:
        await _supersede(writing, old, command.release_no)
    row = await _write(writing, command, line, after)
    schedules[command.type] = after
    line.released = max(it.released for it in schedules.values())
    if command.cumulative_received is not None:
        line.received = command.cumulative_received
        line.received_reference = command.last_receipt_reference
    return {"release_id": row.id, "contract_line_id": line.id}


@guards("K7")
def _check_newer(command: ContractRelease, old: Release | None) -> None:
    """Refused: RELEASE_OUTDATED for a number that is not higher than the active one's."""
    if old is not None and command.release_no <= old.release_no:
        text = f"Release {old.release_no} is active already."
        raise Refused(TradeCode.RELEASE_OUTDATED, text, ("release_no",))


async def _locked(writing: Writing, command: ContractRelease) -> tuple[Contract, ContractLine]:
    """Lock the contract, then its line.

    Refused: NOT_FOUND, CONTRACT_SUSPENDED, WRONG_STATE, OUTSIDE_VALIDITY.
    """
    wanted = {command.contract_line_id: ("contract_line_id",)}
    contract_id = (await writing.get(ContractLine, wanted))[command.contract_line_id].contract_id
    contract = (await writing.lock(Contract, {contract_id: ()}))[contract_id]
    check_in_force(contract, ("contract_line_id",))
    if not acts.LASTING.test(writing, contract):
        raise outside(contract, ("contract_line_id",))
    return contract, (await writing.lock(ContractLine, wanted))[command.contract_line_id]


async def _check(writing: Writing, command: ContractRelease, line: ContractLine) -> list[Counted]:
    """Check what the release says by itself; return the quantities of its lines."""
    if command.supplier_consent and writing.viewer.actor is not Actor.STAFF:
        text = "Only the merchant's staff consents for the supplier."
        raise Refused(Code.NOT_ALLOWED, text, ("supplier_consent",))
    start, end = command.horizon_start, command.horizon_end
    if start is not None and end is not None and end < start:
        raise Refused(Code.INVALID_WINDOW, "A horizon ends after it starts.", ("horizon_end",))
    starts = (it.window.earliest for it in command.lines)
    refuse_duplicates(starts, ("lines",), "window", "earliest")
    product = (await writing.get(Product, {line.product_id: ()}))[line.product_id]
    packagings = await packagings_of(writing, [(product.id, it) for it in command.lines])
    quantities = [
        packagings(product, it, path=("lines", place)) for place, it in enumerate(command.lines)
    ]
    received = command.cumulative_received
    if received is None:
        return quantities
    check_scale(product, received, ("cumulative_received",))
    if received < line.received and not command.correction:
        text = f"The last cumulative received was {line.received.normalize():f}."
        raise Refused(TradeCode.RELEASE_OUTDATED, text, ("cumulative_received",))
    return quantities


async def _active(
    writing: Writing, line: ContractLine
) -> dict[ReleaseType, tuple[Release, Schedule]]:
    """Return the active releases of the line with their schedules."""
    rows = writing.seen(Release).where(
        Release.contract_line_id == line.id, Release.state == ReleaseState.ACTIVE
    )
    releases = await writing.all(rows)
    ids = literal([it.id for it in releases], ARRAY(Uuid()))
    rows_of = writing.seen(ScheduleLine).where(ScheduleLine.release_id == any_(ids))
    lines = await writing.all(rows_of.order_by(ScheduleLine.window_earliest, ScheduleLine.line_no))
    return {
        each.type: (each, Schedule(each.cumulative_received, list(slots_of(lines, each))))
        for each in releases
    }


async def _supersede(writing: Writing, old: Release, by: int) -> None:
    old.state = ReleaseState.SUPERSEDED
    writing.record(ReleaseSuperseded(old.id, by=by))
    await writing.session.flush()


async def _write(
    writing: Writing, command: ContractRelease, line: ContractLine, schedule: Schedule
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
            packaging_id=slot.packaging_id,
            packaging_content=slot.packaging_content,
        )
        for line_no, slot in enumerate(schedule.slots, 1)
    )
    for kind, key in ((ReleaseActivated, row.id), (ContractReleased, line.contract_id)):
        writing.record(kind(key, line_no=line.line_no, type=row.type, release_no=row.release_no))
    return row


_COPIED = {
    "type",
    "release_no",
    "function",
    "horizon_start",
    "horizon_end",
    "last_receipt_reference",
}

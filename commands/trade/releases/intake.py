"""Taking releases in: whatever they say, and the rows that are written for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from commands.master.catalog import check_scale
from commands.master.packagings.counting import Counted
from commands.trade.releases.accounts.account import Account, ReceivedReport, ReleasePlace, begun
from commands.trade.releases.findings.arriving import Arriving, Found, issued_at
from commands.trade.releases.findings.found import findings_of, outdated, rows_of
from commands.trade.releases.force import ComingRelease, Force
from commands.trade.releases.inputs import ReleaseContent
from commands.trade.releases.known import KnownLines, StandingRelease, locked_places
from commands.trade.releases.named import NamedRows, named_by
from commands.trade.releases.schedule import (
    Schedule,
    days_of,
    last_day,
    lines_by_rounds,
    on_its_way,
    schedule_of,
    slot_of,
)
from commands.writing.rows import write_rows
from commands.writing.transaction import Writing
from kit.errors import Code, Refusals, Refused
from kit.ids import new_id
from kit.inputs import refuse_duplicates
from models.access.viewers import Actor, Scope, Viewer
from models.base.tables import OfMerchant
from models.events.trade.releases import ReleaseReceived, ReleaseSuperseded
from models.trade.contracts.findings import FindingCode
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.findings import LATE, ReleaseFinding
from models.trade.releases.tables import LastReceipt, Release, ScheduleLine
from models.trade.releases.words import ReleaseState

_FIGURES = (
    *("cumulative_received", "production_go_ahead", "material_go_ahead", "rest_of_forecast"),
)
"""What a release says in all, in the product's unit."""


class LookedAt(NamedTuple):
    """A release with all that is odd about it."""

    arriving: Arriving
    findings: Sequence[Found]


@dataclass(frozen=True)
class Intake:
    """What became of a release. waiting: what of it awaits consent.

    is_repeated: whether it says only what stood already.
    """

    release_id: UUID
    state: ReleaseState
    waiting: tuple[FindingCode, ...]
    is_repeated: bool = False


@dataclass(frozen=True)
class ReleaseIntake:
    """Releases that are taken in together: rows to be, and what they change of others."""

    writing: Writing
    known: KnownLines
    named: NamedRows
    force: Force
    releases: list[dict[str, Any]] = field(default_factory=list)
    schedule: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    async def of(cls, writing: Writing, items: Sequence[ReleaseContent]) -> "ReleaseIntake":
        """Lock what releases are about, and read what they name."""
        known = await locked_places(writing, map(ReleasePlace.of, items))
        named = await named_by(writing, known, items)
        return cls(writing, known, named, Force(writing, known))

    async def room(self, item: ReleaseContent) -> None:
        """Wait for the turn of a release. When its lines leave and arrive is found in portions."""
        line = self.known.lines.get(item.contract_line_id)
        transit = None if line is None else self.named.transit(self.known, line, item)
        for room, lines in lines_by_rounds(item.lines):
            await self.writing.room(room)
            if transit is not None:
                for each in lines:
                    days_of(each, transit)

    def look(self, item: ReleaseContent) -> LookedAt:
        """Return all that is to be known of one before it is taken in; nothing is changed.

        Refused: as `contractRelease`.
        """
        arriving = self._arriving(item)
        return LookedAt(arriving, findings_of(arriving))

    def take(self, looked: LookedAt) -> Intake:
        """Take one in. Refused: TOO_MANY_ITEMS; nothing is taken then."""
        arriving, item = looked.arriving, looked.arriving.item
        line, schedule = arriving.line, arriving.schedule
        self.writing.extent.touch(len(schedule.slots), ("lines",))
        release_id, place = new_id(), ReleasePlace.of(item)
        found = rows_of(arriving, release_id, looked.findings)
        waiting = tuple(it["code"] for it in found if it["is_holding"] and not it["consented_at"])
        state = _state(looked.findings, waiting)
        if found:
            codes = tuple(dict.fromkeys(it["code"] for it in found))
            self.writing.record(
                ReleaseReceived(
                    release_id, line_no=line.line_no, type=item.type, state=state, findings=codes
                )
            )
        report = arriving.report._replace(cumulative_received=schedule.received)
        self._overtake(arriving, release_id, state)
        own: dict[str, Any] = {"id": release_id, "state": state, "replaced": None}
        if state is ReleaseState.ACTIVE:
            account, left = arriving.account, arriving.left
            coming = ComingRelease(
                release_id, item.type, place, line, account, schedule, report, left
            )
            own["replaced"] = self.force.bring(coming).kept
            # What it counts in is counted by no later one of the same call.
            for each in report.coming:
                left.coming.pop(each, None)
        elif arriving.current.is_new:
            self.force.keep(place, arriving.account)
        self.findings.extend(found)
        self._add(arriving, own, report)
        is_repeated = any(it["code"] is FindingCode.REPEATED for it in found)
        return Intake(release_id, state, waiting, is_repeated)

    def _arriving(self, item: ReleaseContent) -> Arriving:
        """Return a release with what it is compared with. Refused: for what it is by itself."""
        known, received_at = self.known, item.received(self.writing.now)
        contract, line = known.line(item.contract_line_id)
        current, quantities = self._stated(item, contract, line)
        account = current.counting_from(begun(item.counted_from, contract, received_at))
        in_force = known.in_force(line.id, current.id)
        waiting = known.waiting[line.id].get((current.id, item.type), StandingRelease())
        active = in_force.get(item.type, StandingRelease())
        report = self.named.report(contract, item, received_at)
        received = account.received_as_stated(report, self.named.left[account.counting])
        transit = self.named.transit(known, line, item)
        issued = issued_at(item, received_at)
        stated = Schedule(
            received,
            [slot_of(*it, transit) for it in zip(item.lines, quantities, strict=True)],
            contract.day(issued),
            last_day(item.horizon_end, contract),
            (issued, received_at),
        )
        arriving = Arriving(
            writing=self.writing,
            known=known,
            named=self.named,
            item=item,
            contract=contract,
            line=line,
            type=item.type,
            received_at=received_at,
            current=current,
            account=account,
            in_force=in_force,
            newest=active if waiting.schedule is None else waiting,
            stated=stated,
            schedule=schedule_of(item, stated, None),
            report=report,
            every_left=self.named.left,
            is_correction=item.correction,
        )
        counts = arriving.counts_with(arriving.newest) and not any(outdated(arriving))
        return self._with_schedule(arriving, arriving.newest.schedule if counts else None)

    def _stated(
        self, item: ReleaseContent, contract: Contract, line: ContractLine
    ) -> tuple[Account, list[Counted]]:
        """Return the account of a release, and how much its lines want. Refused: all at once."""
        refusals = Refusals()
        with refusals:
            _number(item)
        with refusals:
            account = self.named.account(self.known, contract, item)
        with refusals:
            quantities = self._check(item, line)
        refusals.end()
        return account, quantities

    def _with_schedule(self, arriving: Arriving, before: Schedule | None) -> Arriving:
        """Return it with its schedule as it will stand. before: what an update changes.

        Of quantities without what is on its way that comes before them, as a line of its own.
        """
        item, stated, amount = arriving.item, arriving.stated, Decimal(0)
        as_of = item.stated_as_of(self.writing.now)
        if arriving.left_before is not None:
            counted = arriving.account.opening + arriving.left_before
            amount = max(counted - stated.received, Decimal(0))
        schedule = schedule_of(item, stated, before, amount)
        if amount:
            slots = [on_its_way(as_of, amount, arriving.contract), *schedule.slots]
            schedule = replace(schedule, slots=slots)
        return replace(arriving, schedule=schedule)

    def _overtake(self, arriving: Arriving, release_id: UUID, state: ReleaseState) -> None:
        """Let what waits for consent be overtaken; or the release by what is newer already."""
        newest = arriving.newest.release
        if state is ReleaseState.SUPERSEDED and newest is not None:
            self.writing.record(ReleaseSuperseded(release_id, by=newest.id))
            return
        waiting = self.known.waiting[arriving.line.id]
        key = arriving.current.id, arriving.item.type
        self.force.supersede(waiting.pop(key, StandingRelease()).release, release_id)

    async def write(self) -> None:
        """Write all that was taken, by two statements for any number of releases."""
        await self.force.change()
        rows: dict[type[OfMerchant], list[dict[str, Any]]] = {
            **self.force.new,
            Release: self.releases,
            ScheduleLine: self.schedule,
            LastReceipt: self.receipts,
            ReleaseFinding: self.findings,
        }
        await write_rows(self.writing, rows, self.force.reported)

    def _check(self, item: ReleaseContent, line: ContractLine) -> list[Counted]:
        """Check what a release says by itself; return the quantities of its lines."""
        refusals, quantities = Refusals(), list[Counted]()
        with refusals:
            if item.supplier_consent:
                _check_consents(self.writing.viewer)
        with refusals:
            _check_horizon(item)
        product = self.named.products[line.product_id]
        for name in _FIGURES:
            with refusals:
                if (amount := getattr(item, name)) is not None:
                    check_scale(product, amount, (name,))
        with refusals:
            notes = (it.delivery_note for it in item.last_receipts)
            refuse_duplicates(notes, ("last_receipts",), "delivery_note")
        for place, received in enumerate(item.last_receipts):
            with refusals:
                if received.quantity is not None:
                    check_scale(product, received.quantity, ("last_receipts", place, "quantity"))
        for place, each in enumerate(item.lines):
            with refusals:
                quantities.append(self.named.packagings(product, each, path=("lines", place)))
        refusals.end()
        return quantities

    def _add(self, arriving: Arriving, own: dict[str, Any], report: ReceivedReport) -> None:
        """Add the rows of a release. own: its id and state."""
        item, line, contract = arriving.item, arriving.line, arriving.contract
        merchant = {"merchant_id": line.merchant_id}
        is_overtaken = own["state"] is ReleaseState.SUPERSEDED
        counts = arriving.current if own["state"] is not ReleaseState.ACTIVE else arriving.account
        if arriving.current.is_new:
            counts = arriving.account
        self.releases.append(
            {
                **merchant,
                **own,
                **report.columns,
                "number": _number(item),
                "contract_id": line.contract_id,
                "account_id": counts.id,
                "period_id": counts.period_id,
                "issued_at": arriving.issued_at,
                "received_at": arriving.received_at,
                "left_before": arriving.left_before,
                **(item if is_overtaken else arriving).tells(),
            }
        )
        key = {"release_id": own["id"]}
        for no, slot in enumerate(arriving.schedule.slots, 1):
            self.schedule.append({**merchant, "id": new_id(), **key, "line_no": no, **slot.columns})
        for each in item.receipts:
            delivery = self.named.delivery(contract, each.delivery_note)
            of = {**key, "delivery_id": delivery and delivery.id}
            self.receipts.append({**merchant, "id": new_id(), **of, **each.model_dump()})


def _state(found: Sequence[Found], waiting: tuple[FindingCode, ...]) -> ReleaseState:
    """Return what becomes of a release by what was found of it."""
    if any(it.code in LATE and not it.is_held for it in found):
        return ReleaseState.SUPERSEDED
    return ReleaseState.RECEIVED if waiting else ReleaseState.ACTIVE


def _check_consents(viewer: Viewer) -> None:
    """Refused: NOT_ALLOWED for who may not consent by `releaseConsent`, either."""
    if viewer.actor is not Actor.STAFF or not viewer.may(Scope.CONTRACTS_WRITE):
        text = "Only the merchant's staff that may consent to releases consents for the supplier."
        raise Refused(Code.NOT_ALLOWED, text, ("supplier_consent",))


def _check_horizon(item: ReleaseContent) -> None:
    """Refused: INVALID_WINDOW."""
    start, end = item.horizon_start, item.horizon_end
    if start is not None and end is not None and end < start:
        raise Refused(Code.INVALID_WINDOW, "A horizon ends after it starts.", ("horizon_end",))


def _number(item: ReleaseContent) -> str:
    """Return a release's number. Refused: INVALID unless there is one."""
    if (item.number is None) == (item.release_no is None):
        text = "Say either `number` or `releaseNo`."
        raise Refused(Code.INVALID, text, ("number",))
    return item.number or str(item.release_no)

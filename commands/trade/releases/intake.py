"""Taking releases in: what each must keep, and the rows that are written for all of them."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from commands.master.catalog import check_scale
from commands.master.packagings.counting import Counted
from commands.trade.releases.inputs import ReleaseContent
from commands.trade.releases.known import Account, KnownLines, ReleasePlace, StandingRelease
from commands.trade.releases.schedule import Schedule, check_firm_zone, schedule_of
from commands.writing.rows import change_rows, write_rows
from commands.writing.transaction import Writing
from kit.errors import Code, Refused
from kit.ids import new_id
from kit.inputs import refuse_duplicates
from models.access.viewers import Actor
from models.base.guards import guards
from models.events.trade.releases import ContractReleased, ReleaseActivated, ReleaseSuperseded
from models.trade.codes import TradeCode
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.tables import (
    AccountPeriod,
    CumulativeAccount,
    LastReceipt,
    Release,
    ScheduleLine,
)
from models.trade.releases.words import ReleaseState


@dataclass(frozen=True)
class ReleaseIntake:
    """Releases that are taken in together: rows to be, and what they change of others.

    accounts: those that they are for, by place. references: contract line -> the delivery note of
    the last receipt, of those whose customers tell what they have received.
    """

    writing: Writing
    known: KnownLines
    releases: list[dict[str, Any]] = field(default_factory=list)
    schedule: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    superseded: list[Release] = field(default_factory=list)
    accounts: dict[ReleasePlace, Account] = field(default_factory=dict)
    references: dict[UUID, str | None] = field(default_factory=dict)

    def take(self, item: ReleaseContent) -> UUID:
        """Take one in and return its id. Refused: as `contractRelease`; nothing is taken then."""
        writing, known = self.writing, self.known
        contract, line = known.line(writing, item.contract_line_id)
        account = known.account(contract, item).counting_from(item.counted_from)
        number, quantities = _number(item), self._check(item, line, account)
        old, before, period_id = known.standing(line.id, account, item.type)
        if period_id != account.period_id:
            # Cumulatives of different periods are not compared.
            before = None
        _check_newer(writing, item, old)
        received = item.cumulative_received
        if received is None:
            received = known.known_received(line, account)
        after = schedule_of(item, received, before, quantities)
        writing.extent.touch(len(after.slots), ("lines",))
        if before is not None and not item.supplier_consent:
            check_firm_zone(writing, contract, before, after)
        release_id = self._add(item, line, account, after, number)
        if old is not None:
            self.superseded.append(old)
            writing.record(ReleaseSuperseded(old.id, by=release_id))
        for kind, key in ((ReleaseActivated, release_id), (ContractReleased, contract.id)):
            writing.record(kind(key, line_no=line.line_no, type=item.type))
        account = self._with_figures(item, contract, line, account)
        known.accounts[ReleasePlace.of(item)] = self.accounts[ReleasePlace.of(item)] = account
        known.active[line.id][account.id, item.type] = StandingRelease(
            None, after, account.period_id
        )
        return release_id

    def _with_figures(
        self, item: ReleaseContent, contract: Contract, line: ContractLine, account: Account
    ) -> Account:
        """Return an account with what a release tells of it."""
        if item.cumulative_received is None and account.period is not None:
            return account
        notes = [it.delivery_note for it in item.last_receipts]
        reference = item.last_receipt_reference or next(iter(notes[-1:]), None)
        self.references[line.id] = reference
        return replace(
            account,
            received=item.cumulative_received or Decimal(0),
            received_reference=reference,
            counted_until=self.known.left_at(contract, item),
        )

    async def write(self) -> None:
        """Write all that was taken, by two statements for any number of releases."""
        lines = {it.contract_line_id: self.known.lines[it.contract_line_id] for it in self.accounts}
        await change_rows(
            self.writing,
            {
                Release: [(it, {"state": ReleaseState.SUPERSEDED}) for it in self.superseded],
                ContractLine: [(it, self._counters(it)) for it in lines.values()],
            },
        )
        new = [(place, it) for place, it in self.accounts.items() if it.is_new]
        begun = [it for it in self.accounts.values() if it.period is None]
        known = [it for it in self.accounts.values() if it.period is not None]
        merchant = {"merchant_id": self.writing.viewer.merchant_id}
        await write_rows(
            self.writing,
            {
                CumulativeAccount: [merchant | {"id": it.id, **at._asdict()} for at, it in new],
                AccountPeriod: [merchant | _period(it) for it in begun],
                Release: self.releases,
                ScheduleLine: self.schedule,
                LastReceipt: self.receipts,
            },
            {AccountPeriod: [(it.period, it.figures) for it in known]},
        )

    def _counters(self, line: ContractLine) -> dict[str, Any]:
        """Return what is counted of a contract line, now that releases are taken in."""
        received, reference = line.received, line.received_reference
        if line.id in self.references:
            received, reference = self.known.all_received(line), self.references[line.id]
        return {
            "released": self.known.released(line.id),
            "received": received,
            "received_reference": reference,
        }

    def _check(self, item: ReleaseContent, line: ContractLine, account: Account) -> list[Counted]:
        """Check what a release says by itself; return the quantities of its lines."""
        if item.supplier_consent and self.writing.viewer.actor is not Actor.STAFF:
            text = "Only the merchant's staff consents for the supplier."
            raise Refused(Code.NOT_ALLOWED, text, ("supplier_consent",))
        start, end = item.horizon_start, item.horizon_end
        if start is not None and end is not None and end < start:
            raise Refused(Code.INVALID_WINDOW, "A horizon ends after it starts.", ("horizon_end",))
        product = self.known.products[line.product_id]
        for name in ("cumulative_received", "production_go_ahead", "material_go_ahead"):
            if (amount := getattr(item, name)) is not None:
                check_scale(product, amount, (name,))
        notes = (it.delivery_note for it in item.last_receipts)
        refuse_duplicates(notes, ("last_receipts",), "delivery_note")
        for place, each in enumerate(item.last_receipts):
            if each.quantity is not None:
                check_scale(product, each.quantity, ("last_receipts", place, "quantity"))
        received, last = item.cumulative_received, account.received
        if received is not None and received < last and not item.correction:
            text = f"The last cumulative received was {last.normalize():f}."
            raise Refused(TradeCode.RELEASE_OUTDATED, text, ("cumulative_received",))
        return [
            self.known.packagings(product, each, path=("lines", place))
            for place, each in enumerate(item.lines)
        ]

    def _add(
        self,
        item: ReleaseContent,
        line: ContractLine,
        account: Account,
        schedule: Schedule,
        number: str,
    ) -> UUID:
        """Add the rows of a release that is to be in force; return its id."""
        release_id, merchant = new_id(), {"merchant_id": line.merchant_id}
        self.releases.append(
            {
                **merchant,
                "id": release_id,
                "contract_id": line.contract_id,
                "account_id": account.id,
                "period_id": account.period_id,
                "number": number,
                "state": ReleaseState.ACTIVE,
                "issued_at": item.issued_at or self.writing.now,
                "received_at": self.writing.now,
                "cumulative_received": schedule.received,
                **{name: getattr(item, name) for name in _COPIED},
            }
        )
        contract = self.known.contracts[line.contract_id]
        transit, own = self.known.transits[contract.party_id], {"release_id": release_id}
        for no, slot in enumerate(schedule.slots, 1):
            days = transit.days(slot.window, slot.date_meaning, slot.transit_days)
            row = {**merchant, "id": new_id(), **own, "line_no": no, **slot.columns, **days}
            self.schedule.append(row)
        for each in item.last_receipts:
            delivery = self.known.delivery(contract, each.delivery_note)
            of = {"release_id": release_id, "delivery_id": delivery and delivery.id}
            self.receipts.append({**merchant, "id": new_id(), **of, **each.model_dump()})
        return release_id


def _period(account: Account) -> dict[str, Any]:
    """Return the columns of a period that begins."""
    own = {"id": account.period_id, "account_id": account.id, "starts_on": account.starts_on}
    opening = dict.fromkeys(("opening", "opening_received"), Decimal(0))
    return {**own, **opening, **account.figures}


def _number(item: ReleaseContent) -> str:
    """Return a release's number. Refused: INVALID unless there is one."""
    if (item.number is None) == (item.release_no is None):
        text = "Say either `number` or `releaseNo`."
        raise Refused(Code.INVALID, text, ("number",))
    return item.number or str(item.release_no)


@guards("K7")
def _check_newer(writing: Writing, item: ReleaseContent, old: Release | None) -> None:
    """Refused: RELEASE_OUTDATED for what was issued before the active one, or is it once more."""
    if old is None:
        return
    issued_at, number = item.issued_at or writing.now, old.release_no
    if issued_at < old.issued_at:
        text = f"Release {old.number} was issued at {old.issued_at.isoformat()}, later than this."
        raise Refused(TradeCode.RELEASE_OUTDATED, text, ("issued_at",))
    is_again = item.number == old.number and item.issued_at in {None, old.issued_at}
    if is_again or (item.release_no is not None and number and item.release_no <= number):
        path = ("number" if is_again else "release_no",)
        text = f"Release {old.number} is active already."
        raise Refused(TradeCode.RELEASE_OUTDATED, text, path)


_COPIED = (
    *("contract_line_id", "type", "function", "horizon_start", "horizon_end", "calculated_at"),
    *("last_receipt_reference", "point_of_use", "engineering_revision", "packaging_instruction"),
    *("planner", "production_go_ahead", "production_go_ahead_until"),
    *("material_go_ahead", "material_go_ahead_until"),
)
"""Columns that a release takes from its input as they are."""

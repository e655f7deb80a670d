"""Coming into force: what that changes of the release before, of its account and of its line."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from commands.trade.releases.accounts.account import (
    Account,
    LeftQuantities,
    ReceivedReport,
    ReleasePlace,
)
from commands.trade.releases.accounts.replaced import Replaced, figures_of
from commands.trade.releases.known import KnownLines, StandingRelease
from commands.trade.releases.schedule import Schedule
from commands.writing.rows import change_rows
from commands.writing.transaction import Writing
from models.base.tables import OfMerchant
from models.events.trade.releases import ContractReleased, ReleaseActivated, ReleaseSuperseded
from models.trade.contracts.tables import ContractLine
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release
from models.trade.releases.words import ReleaseState, ReleaseType


@dataclass(frozen=True)
class ComingRelease:
    """A release that comes into force.

    account: as it counts with it, left: what has left for that.
    """

    id: UUID
    type: ReleaseType
    place: ReleasePlace
    line: ContractLine
    account: Account
    schedule: Schedule
    report: ReceivedReport
    left: LeftQuantities


@dataclass(frozen=True)
class Force:
    """What releases change that come into force together, or that others overtake.

    changed: releases that are there, with new columns. accounts: those that they are for, by place.
    references: contract line -> the delivery note of the last receipt, of those whose customers
    say what they have received. lines: contract lines with a release that has come into force.
    """

    writing: Writing
    known: KnownLines
    changed: list[tuple[Release, Mapping[str, Any]]] = field(default_factory=list)
    accounts: dict[ReleasePlace, Account] = field(default_factory=dict)
    references: dict[UUID, str | None] = field(default_factory=dict)
    lines: dict[UUID, ContractLine] = field(default_factory=dict)

    def keep(self, place: ReleasePlace, account: Account) -> None:
        """Keep an account as it is now."""
        self.accounts[place] = account
        self.known.keep(place, account)

    def supersede(self, old: Release | None, by: UUID) -> None:
        """Let a release be overtaken by another one."""
        if old is not None:
            self.changed.append((old, {"state": ReleaseState.SUPERSEDED}))
            self.writing.record(ReleaseSuperseded(old.id, by=by))

    def bring(self, coming: ComingRelease) -> Replaced:
        """Bring a release into force; the one before of its place and type is superseded (K7).

        Return what it takes the place of.
        """
        line, report = coming.line, self._report(coming)
        account = replace(coming.account.with_report(report, coming.left), is_undated=False)
        active = self.known.active[line.id]
        key = account.id, coming.type
        old = active.get(key, StandingRelease()).release
        self.supersede(old, coming.id)
        before = self.known.accounts.get(coming.place, coming.account)
        replaced = Replaced(
            None if old is None else old.id,
            before.period_id,
            figures_of(coming.account),
            figures_of(account),
        )
        active[key] = StandingRelease(None, coming.schedule, account.starts_on)
        self.keep(coming.place, account)
        self.lines[line.id] = line
        if report.tells_received:
            self.references[line.id] = report.last_receipt_reference
        for kind, about in ((ReleaseActivated, coming.id), (ContractReleased, line.contract_id)):
            self.writing.record(kind(about, line_no=line.line_no, type=coming.type))
        return replaced

    def _report(self, coming: ComingRelease) -> ReceivedReport:
        """Return what one says of receipts: nothing where a later one that is in force has said it.

        It waited then, and its customer has told newer figures since.
        """
        active, account_id = self.known.active[coming.line.id], coming.account.id
        its = (each.release for key, each in active.items() if key[0] == account_id)
        is_older = any(it and it.id > coming.id and it.tells_received for it in its)
        return coming.report._replace(tells_received=False) if is_older else coming.report

    async def change(self) -> None:
        """Change what is there: by one statement for any number of releases."""
        lines = [(it, self._counters(it)) for it in self.lines.values()]
        await change_rows(self.writing, {Release: self.changed, ContractLine: lines})

    @property
    def new(self) -> dict[type[OfMerchant], list[dict[str, Any]]]:
        """Return the accounts and periods that are to be."""
        merchant = {"merchant_id": self.writing.viewer.merchant_id}
        new = [(place, it) for place, it in self.accounts.items() if it.is_new]
        accounts = [merchant | {"id": it.id, **place._asdict()} for place, it in new]
        periods = [merchant | it.columns for it in self.accounts.values() if it.period is None]
        return {CumulativeAccount: accounts, AccountPeriod: periods}

    @property
    def reported(self) -> dict[type[OfMerchant], list[tuple[Any, Mapping[str, Any]]]]:
        """Return the periods that are there, with their day and figures as they are now."""
        known = (it for it in self.accounts.values() if it.period is not None)
        columns = ((it.period, {"starts_on": it.starts_on, **it.figures}) for it in known)
        return {AccountPeriod: list(columns)}

    def _counters(self, line: ContractLine) -> dict[str, Any]:
        """Return what is counted of a contract line, now that releases are in force."""
        sums = self.known.sums[line.id]
        received, reference = line.received, line.received_reference
        if line.id in self.references:
            received, reference = sums.received, self.references[line.id]
        return {
            "released": sums.released,
            "received": received,
            "received_reference": reference,
        }

"""A release with what it is compared with, as it comes in."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from commands.trade.releases.accounts.account import (
    Account,
    Counting,
    LeftQuantities,
    ReceivedReport,
    ReleasePlace,
)
from commands.trade.releases.inputs import GO_AHEADS, ReleaseContent
from commands.trade.releases.known import KnownLines, StandingRelease
from commands.trade.releases.named import NamedRows, receipts_of
from commands.trade.releases.schedule import Schedule
from commands.writing.transaction import Writing
from kit.clock import CLOCKS_APART
from models.trade.contracts.findings import FindingCode
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.tables import Release
from models.trade.releases.words import ReleaseType


@dataclass(frozen=True)
class Found:
    """A finding: what `ReleaseFinding` says of it.

    is_held: its release waits, whatever is agreed.
    """

    code: FindingCode
    text: str
    line_no: int | None = None
    day: date | None = None
    expected: Decimal | None = None
    found: Decimal | None = None
    is_held: bool = False


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A release with what it is compared with, of one that comes in or that is there.

    current: its account before it; account: as it counts with it. in_force: what was in force of
    its place when it came, by type. schedule: as it stands, or will. every_left: what has left for
    both accounts, since the instants that matter. is_correction: whether its figure may be lower
    than the last one.
    """

    known: KnownLines
    contract: Contract
    line: ContractLine
    type: ReleaseType
    received_at: datetime
    current: Account
    account: Account
    in_force: Mapping[ReleaseType, StandingRelease]
    schedule: Schedule
    report: ReceivedReport
    every_left: Mapping[Counting, LeftQuantities]
    is_correction: bool

    @property
    def active(self) -> StandingRelease:
        """Return what was in force of its place and type."""
        return self.in_force.get(self.type, StandingRelease())

    def counts_with(self, other: StandingRelease) -> bool:
        """Tell whether another release counts from the same day."""
        return other.counts_from == self.account.starts_on

    @property
    def left(self) -> LeftQuantities:
        """Return what has left for its account."""
        return self.every_left[self.account.counting]

    @property
    def before(self) -> Schedule | None:
        """Return what was in force in the same period: no others are compared."""
        return self.active.schedule if self.counts_with(self.active) else None

    def supplied(self, account: Account) -> Decimal:
        """Return up to where one of both was supplied when it came, by nothing that it says."""
        return account.supplied(self.every_left[account.counting], self.received_at)

    def day(self, instant: datetime) -> date:
        """Return the day of an instant at its contract's zone."""
        return self.contract.day(instant)


@dataclass(frozen=True, kw_only=True)
class Arriving(Compared):
    """A release that comes in. stated: as it says itself.

    newest: the one that came last of those that may count, which is the one in force or waits for
    consent.
    """

    writing: Writing
    named: NamedRows
    item: ReleaseContent
    newest: StandingRelease
    stated: Schedule

    @property
    def beside(self) -> Iterable[ReleasePlace]:
        """Return the other places of its line where its own is new; none where it is not."""
        if not self.current.is_new:
            return ()
        of = (it for it in self.known.accounts if it.contract_line_id == self.line.id)
        return (*self.named.beside[self.line.id], *of)

    def repeats(self, other: Release) -> bool:
        """Tell whether it says what the newest one says already; an update, of its days."""
        item, before = self.item, self.newest.schedule
        fields = self.tells()
        if item.cumulative_received is not None:
            fields["cumulative_received"] = self.stated.received
        if item.last_note is not None:
            fields["last_receipt_reference"] = item.last_note
        if before is None or any(getattr(other, name) != it for name, it in fields.items()):
            return False
        if item.is_net_of_transit is (other.left_before is None):
            return False
        receipts = receipts_of(item.receipts)
        if receipts and receipts != self.named.receipts.get(other.id):
            return False
        return self.stated.says_the_same(before, is_update=item.is_update)

    def tells(self) -> dict[str, Any]:
        """Return the columns that it tells; a go-ahead of which it says nothing stands as it was.

        It does in the same period: the figure is one of that.
        """
        found, old = self.item.tells(), self.active.release
        for names in GO_AHEADS if old is not None and self.counts_with(self.active) else ():
            if all(found[name] is None for name in names):
                found |= {name: getattr(old, name) for name in names}
        return found

    @property
    def left_before(self) -> Decimal | None:
        """Return what had left when it was counted, where it is without what was on its way."""
        as_of = self.item.stated_as_of(self.writing.now)
        is_net = self.item.is_net_of_transit
        return self.named.left_before(self.account, as_of) if is_net else None

    @property
    def is_ahead(self) -> bool:
        """Tell whether it says that it was issued in time to come."""
        return _is_ahead(self.item, self.received_at)

    @property
    def issued_at(self) -> datetime:
        """Return when it was issued; where it says that is to come, when it was received."""
        return issued_at(self.item, self.received_at)


def _is_ahead(item: ReleaseContent, received_at: datetime) -> bool:
    return item.issued_at is not None and item.issued_at > received_at + CLOCKS_APART


def issued_at(item: ReleaseContent, received_at: datetime) -> datetime:
    """Return when a release was issued; where it says that is to come, when it was received."""
    return received_at if _is_ahead(item, received_at) else item.issued_at or received_at


Findings = Iterator[Found]


def figure(amount: Decimal) -> str:
    """Write a quantity for people."""
    return f"{amount.normalize():f}"

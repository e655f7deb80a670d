"""An account as releases find it, and what customers report to it."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from kit.ids import new_id
from models.trade.contracts.tables import Contract
from models.trade.releases.cumulatives import (
    LeftQuantity,
    StatedQuantity,
    received_quantity,
    supplied_quantity,
    surplus_quantity,
)
from models.trade.releases.tables import AccountPeriod, Release


class ReleasePlace(NamedTuple):
    """What one release is for, beside its type."""

    contract_line_id: UUID
    ship_to_id: UUID | None
    unloading_point: str | None

    @classmethod
    def of(cls, it: Any) -> "ReleasePlace":
        """Return the place of an item or of an account."""
        return cls(it.contract_line_id, it.ship_to_id, it.unloading_point)

    @property
    def key(self) -> str:
        """Return it as one text, as `_placed` does in SQL."""
        point = "" if self.unloading_point is None else f"={self.unloading_point}"
        return f"{self.contract_line_id}{self.ship_to_id or ''}{point}"

    def may_be(self, other: "ReleasePlace") -> bool:
        """Tell whether another one of the line may be the same, since one of both says less."""
        pairs = (self.ship_to_id, other.ship_to_id), (self.unloading_point, other.unloading_point)
        return self != other and all(a == b or None in {a, b} for a, b in pairs)

    @property
    def is_whole(self) -> bool:
        """Tell whether it is for whatever the line is released for without naming a place."""
        return self.ship_to_id is None and self.unloading_point is None


class ReceivedReport(NamedTuple):
    """What a release says that its customer has received, by the names of its columns.

    cumulative_received: None where it names notes only. stated_at: up to when what left may be in
    its figure. is_noted: whether it names a note of ours. coming: the deliveries that one without
    a figure names, of which we know no dispatch yet.
    """

    tells_received: bool
    cumulative_received: Decimal | None
    last_receipt_reference: str | None
    counted_until: datetime | None
    stated_at: datetime
    is_noted: bool
    coming: frozenset[UUID] = frozenset()

    @classmethod
    def of(cls, release: Release, contract: Contract, *, is_noted: bool) -> "ReceivedReport":
        """Return what a release says that is there."""
        at = release.calculated_at or release.issued_at
        stated_at = cls.instant(contract, at, release.received_at, release.counted_until)
        return cls(
            release.tells_received,
            release.cumulative_received,
            release.last_receipt_reference,
            release.counted_until,
            stated_at,
            is_noted,
        )

    @staticmethod
    def instant(
        contract: Contract, at: datetime, received_at: datetime, counted_until: datetime | None
    ) -> datetime:
        """Return up to when what left may be in a figure: until it was calculated.

        Where that is midnight it is of a day, in the course of which more may have come. What its
        notes name has left by then.
        """
        local = at.astimezone(ZoneInfo(contract.time_zone))
        stated_at = min(local + timedelta(local.time() == time.min), received_at)
        return max(stated_at, counted_until or stated_at)

    @property
    def columns(self) -> dict[str, Any]:
        """Return the columns of its release."""
        return dict(zip(self._fields[:4], self, strict=False))


class LeftSince(NamedTuple):
    """What of an account left up to an instant and after it.

    named: with notes that its customer has named; unnamed: what else until then, arrived: what was
    delivered of that; issued and delivered: after it.
    """

    named: Decimal = Decimal(0)
    unnamed: Decimal = Decimal(0)
    arrived: Decimal = Decimal(0)
    issued: Decimal = Decimal(0)
    delivered: Decimal = Decimal(0)


@dataclass(frozen=True)
class LeftQuantities:
    """What has left for an account since its day, in all and since instants that matter.

    coming: delivery -> how much of it is for the account, of those that are named now, and have not
    left as far as we know.
    """

    issued: Decimal = Decimal(0)
    after: dict[datetime | None, LeftSince] = field(default_factory=dict)
    coming: dict[UUID, Decimal] = field(default_factory=dict)

    def since(self, instant: datetime | None) -> LeftSince:
        """Return what left after an instant: nothing where there is none."""
        return self.after[instant]


Counting = tuple[UUID, date]
"""An account, and the day from which it counts."""


def begun(day: date | None, contract: Contract, at: datetime) -> date | None:
    """Return the first day of a period, None where it has not begun at an instant.

    What leaves before it does counts in the period that runs.
    """
    return day if day is not None and day <= contract.day(at) else None


@dataclass(frozen=True)
class Account:
    """An account with its newest period. received: what its customer reported last of it.

    Figures are those of `AccountPeriod`. earlier: what the customer reported last in all periods
    before, beyond what was issued in those before we counted. is_new: the account is to be; period:
    as it is there, None for one that is to be. is_first: whether that is its only one. is_undated:
    whether nothing that counts says its day.
    """

    id: UUID
    period_id: UUID
    starts_on: date
    received: Decimal = Decimal(0)
    received_reference: str | None = None
    counted_until: datetime | None = None
    opening: Decimal = Decimal(0)
    opening_received: Decimal = Decimal(0)
    reconciled_received: Decimal = Decimal(0)
    reconciled_at: datetime | None = None
    surplus: Decimal = Decimal(0)
    stated_at: datetime | None = None
    earlier: Decimal = Decimal(0)
    period: AccountPeriod | None = None
    is_new: bool = False
    is_first: bool = True
    is_undated: bool = False

    @property
    def counting(self) -> Counting:
        """Return what it counts."""
        return self.id, self.starts_on

    @property
    def figures(self) -> dict[str, Any]:
        """Return the columns of its period that are told to it."""
        return {name: getattr(self, name) for name in FIGURES}

    @property
    def columns(self) -> dict[str, Any]:
        """Return the columns of its period."""
        own = {"id": self.period_id, "account_id": self.id, "starts_on": self.starts_on}
        return {**own, **self.figures}

    def beyond_opening(self, figure: Decimal) -> Decimal:
        """Return what of a cumulative figure was not issued before we counted."""
        return max(figure - self.opening, Decimal(0))

    @property
    def last_received(self) -> Decimal:
        """Return what its customer reported last, before that what had arrived at the opening."""
        return self.received or self.opening_received

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing was told of it: its only period has no figures."""
        fresh = Account(self.id, self.period_id, self.starts_on)
        return self.is_first and self.figures == fresh.figures

    def without_day(self, release: Release, contract: Contract) -> "Account":
        """Return it without the day that a release said, as one to be has it.

        Of an account in which nothing is in force.
        """
        if release.counted_from != self.starts_on or not self.is_blank:
            return self
        return replace(self, starts_on=contract.valid_from)

    def counting_from(self, day: date | None) -> "Account":
        """Return it with a new period where its customer counts from a later day than before.

        Where nothing has said its day yet, its period begins on that one.
        """
        if day is not None and self.is_undated:
            return replace(self, starts_on=day)
        if day is None or (day <= self.starts_on and not self.is_new):
            return self
        earlier = self.earlier + self.beyond_opening(self.received)
        return Account(
            self.id, new_id(), day, earlier=earlier, is_new=self.is_new, is_first=self.is_new
        )

    @property
    def begun(self) -> "Account":
        """Return its period as it began: nothing was told of it but what was issued before."""
        own, opening = (
            (self.id, self.period_id, self.starts_on),
            (self.opening, self.opening_received),
        )
        return Account(*own, earlier=self.earlier).opened(*opening)

    def opened(self, issued: Decimal, received: Decimal) -> "Account":
        """Return it with what was issued before we counted, and what of that had arrived.

        What its customer had beyond what was issued is less by as much as the former has risen.
        """
        beyond = max(self.surplus - max(issued - self.opening, Decimal(0)), Decimal(0))
        return replace(self, opening=issued, opening_received=received, surplus=beyond)

    def received_as_stated(self, report: ReceivedReport, left: LeftQuantities) -> Decimal:
        """Return what has been received as a release says.

        One that tells no figure says by its notes that what left up to the last of them has come,
        and what it names that has not left as far as we know; without a note of ours what is known
        counts.
        """
        if report.cumulative_received is not None:
            return report.cumulative_received
        known, until = self._known_received(left), report.counted_until
        if until is not None:
            known = max(known, self.opening + left.issued - left.since(until).issued)
        return known + sum((left.coming.get(it, Decimal(0)) for it in report.coming), Decimal(0))

    def _known_received(self, left: LeftQuantities) -> Decimal:
        """Return what is known to have been received where its customer tells nothing."""
        since, arrived = left.since(self.reconciled_at), self.opening_received
        arrived += since.arrived
        stated, parts = self._stated, self._left(left)
        return received_quantity(self.received, stated, parts, arrived, since.delivered)

    def supplied(self, left: LeftQuantities, upto: datetime | None = None) -> Decimal:
        """Return up to where what its customer wants is supplied: by an instant, or now.

        It has what it said last, whatever was lost, and what left after that comes on top.
        """
        later = Decimal(0) if upto is None else left.since(upto).issued
        supplied = supplied_quantity(self._stated, self._left(left)) - later
        on_top = max(left.since(self.stated_at).issued - later, Decimal(0))
        return max(supplied, self.received + on_top)

    @property
    def instants(self) -> set[datetime | None]:
        """Return since when what has left for it matters."""
        return {self.reconciled_at, self.stated_at}

    @property
    def _stated(self) -> StatedQuantity:
        return StatedQuantity(self.reconciled_received, self.surplus)

    def _left(self, left: LeftQuantities) -> LeftQuantity:
        """Return what was issued, by what the figure that was reconciled may hold of it."""
        since = left.since(self.reconciled_at)
        return LeftQuantity(since.named, self.opening + since.unnamed, since.issued)

    def with_report(self, report: ReceivedReport, left: LeftQuantities) -> "Account":
        """Return it with what a release in force says; one that says nothing changes nothing."""
        if not report.tells_received or report.cumulative_received is None:
            return self
        reported = report.cumulative_received
        reconciled = self._reconciled(report, reported, left)
        return replace(
            reconciled,
            received=reported,
            received_reference=report.last_receipt_reference,
            counted_until=report.counted_until,
            stated_at=report.stated_at,
        )

    def _reconciled(
        self, report: ReceivedReport, reported: Decimal, left: LeftQuantities
    ) -> "Account":
        """Return it with the figure that is reconciled with ours from now on, and as of when.

        One that fell takes from the one before by how much, and from what was beyond what we
        issued. One without notes that what we know to be supplied explains has nothing beyond that;
        the one before is left alone where something of it was lost after it was told: that may turn
        up again.
        """
        fallen, none = max(self.received - reported, Decimal(0)), Decimal(0)
        figure = max(self.reconciled_received - fallen, none)
        lowered = replace(
            self,
            received=self.received - fallen,
            reconciled_received=figure,
            surplus=max(self.surplus - fallen, none),
        )
        surplus = max(surplus_quantity(self._stated, self._left(left)) - fallen, none)
        if not report.is_noted and reported <= lowered.supplied(left):
            if surplus > lowered.surplus:
                return lowered
            surplus = lowered.surplus
        changed = replace(self, reconciled_received=reported, surplus=surplus)
        return replace(changed, reconciled_at=report.stated_at)


FIGURES = (
    *("opening", "opening_received", "received", "received_reference", "counted_until"),
    *("reconciled_received", "reconciled_at", "surplus", "stated_at"),
)

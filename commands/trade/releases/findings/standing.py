"""Releases that are there, as they are compared anew with what stood when they came."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from commands.trade.releases.accounts.account import (
    Account,
    Counting,
    LeftQuantities,
    ReceivedReport,
    ReleasePlace,
    begun,
)
from commands.trade.releases.accounts.sums import left_of
from commands.trade.releases.findings.arriving import Compared, Found
from commands.trade.releases.findings.compared import BY_ISSUED
from commands.trade.releases.findings.found import received_figure
from commands.trade.releases.findings.then import StoodThen, stood_then
from commands.trade.releases.force import Force
from commands.trade.releases.known import KnownLines, StandingRelease
from commands.trade.releases.schedule import Slot, on_its_way
from commands.writing.transaction import Writing
from models.trade.contracts import acts
from models.trade.contracts.findings import FindingCode
from models.trade.contracts.states import IN_FORCE
from models.trade.releases.findings import ReleaseFinding
from models.trade.releases.tables import LastReceipt, Release
from models.trade.releases.words import ReleaseState

_LOOKS = (received_figure, *BY_ISSUED)


@dataclass(frozen=True, kw_only=True)
class Standing(Compared):
    """A release that is there, compared with what was there when it came.

    was, opened: the newest period of its account as it was until now, and as it is. is_kept:
    whether it is known what was there before. first_line: the line_no of the first slot of its
    schedule.
    """

    place: ReleasePlace
    was: Account
    opened: Account
    release: Release
    is_kept: bool
    findings: Sequence[ReleaseFinding] = ()
    first_line: int = 1

    def left_before(self, release: Release) -> Decimal:
        """Return what had left before one of its account without what was on its way."""
        before, as_of = release.left_before or Decimal(0), release.stated_as_of
        if (
            self.was.period_id != self.opened.period_id
            or self.was.starts_on == self.opened.starts_on
        ):
            return before
        was, now = (self.every_left[it.counting].since(as_of) for it in (self.was, self.opened))
        return before + now.named + now.unnamed - was.named - was.unnamed

    def on_its_way(self, release: Release) -> Slot | None:
        """Return what was on its way beside one of its account; None of one that is not beside."""
        if release.left_before is None or release.period_id != self.opened.period_id:
            return None
        counted = self.opened.opening + self.left_before(release)
        amount = max(counted - release.cumulative_received, Decimal(0))
        return on_its_way(release.stated_as_of, amount, self.contract)

    def beside(self, counted: Mapping[UUID, "Standing"]) -> "Standing":
        """Return it as it is compared with what is counted anew, too. counted: of what stands."""
        return replace(
            self, in_force={key: self._anew(it, counted) for key, it in self.in_force.items()}
        )

    def _anew(self, other: StandingRelease, counted: Mapping[UUID, "Standing"]) -> StandingRelease:
        release, schedule = other.release, other.schedule
        if release is None or schedule is None or release.period_id != self.opened.period_id:
            return other
        if release.id in counted:
            schedule = counted[release.id].schedule
        elif (slot := self.on_its_way(release)) is not None:
            schedule = schedule.beside(slot)
        return StandingRelease(release, schedule, self.opened.starts_on)

    def may_count(self, writing: Writing) -> bool:
        """Tell whether its contract is in force (K3)."""
        return self.contract.state in IN_FORCE and acts.LASTING.test(writing, self.contract)

    @property
    def found(self) -> Iterator[Found]:
        """Return what is odd by what was issued, of its lines by their numbers."""
        for each in (it for look in _LOOKS for it in look(self)):
            place = each.line_no
            no = None if place is None else place - 1 + self.first_line
            yield replace(each, line_no=no)


async def standing_at(force: Force, before: Mapping[ReleasePlace, Account]) -> list[Standing]:
    """Return the releases of places that stand in the newest period, or are to begin the next."""
    writing, known = force.writing, force.known
    places = {it.id: place for place, it in known.accounts.items() if place in before}
    every = [
        each.release
        for place in before
        for of in (known.active, known.waiting)
        for (account_id, _), each in of[place.contract_line_id].items()
        if account_id == known.accounts[place].id and each.release is not None
    ]
    if not every:
        return []
    then = await stood_then(writing, known, every)
    standing = [
        each for it in every for each in _compared(known, then, it, places[it.account_id], before)
    ]
    keys = [it.release.id for it in standing]
    findings, notes = defaultdict[UUID, list[ReleaseFinding]](list), set[UUID]()
    for finding in await writing.among(ReleaseFinding, "release_id", keys, "place", lock=True):
        findings[finding.release_id].append(finding)
    for note in await writing.records(LastReceipt, "release_id", keys):
        notes |= {note.release_id} if note.is_ours else set()
    left = await _left(writing, standing)
    return [
        replace(
            each,
            report=each.report._replace(is_noted=each.release.id in notes),
            findings=findings[each.release.id],
            every_left=left,
            is_correction=all(
                of.code is not FindingCode.CUMULATIVE_FELL for of in findings[each.release.id]
            ),
        )
        for each in standing
    ]


def _compared(
    known: KnownLines,
    then: StoodThen,
    release: Release,
    place: ReleasePlace,
    before: Mapping[ReleasePlace, Account],
) -> Iterator[Standing]:
    """Yield a release with what it is compared with, unless an earlier period is what it is in."""
    contract, line = known.line(place.contract_line_id)
    is_active = release.state is ReleaseState.ACTIVE
    opened, of = known.accounts[place], (known.waiting, known.active)[is_active][line.id]
    if is_active and release.period_id != opened.period_id:
        return
    current, schedule = then.account(release, opened), of[opened.id, release.type].schedule
    is_same = current.period_id == opened.period_id
    if schedule is None or not (is_same or is_active):
        return
    account = current if is_same else opened.begun
    if not is_active:
        account = current.counting_from(begun(release.counted_from, contract, release.received_at))
    yield Standing(
        known=known,
        contract=contract,
        line=line,
        type=release.type,
        received_at=release.received_at,
        current=current,
        account=account,
        in_force=then.in_force[release.id],
        schedule=schedule,
        report=ReceivedReport.of(release, contract, is_noted=False),
        every_left={},
        is_correction=True,
        place=place,
        was=before[place],
        opened=opened,
        release=release,
        is_kept=not is_active or release.replaced is not None,
    )


async def _left(
    writing: Writing, standing: Iterable[Standing]
) -> Mapping[Counting, LeftQuantities]:
    """Return what has left for accounts, as they were and as they are, since all that matters."""
    wanted = defaultdict[Counting, set[datetime | None]](set)
    for each in standing:
        others = (it.release for it in each.in_force.values() if it.release is not None)
        instants: set[datetime | None] = {it.stated_as_of for it in (each.release, *others)}
        instants |= {each.report.stated_at, each.received_at}
        accounts = each.was, each.opened, each.current, each.account
        for account in accounts:
            instants |= account.instants
        for account in accounts:
            wanted[account.counting] |= instants
    return await left_of(writing, wanted, {})

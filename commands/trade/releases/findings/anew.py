"""What hangs on an opening balance that is written after a release of it was taken in.

Quantities without what was on its way are wanted beside that, and what was found by what was issued
is judged anew (0050).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, delete, literal

from commands.trade.releases.accounts.account import (
    Account,
    Counting,
    LeftQuantities,
    ReceivedReport,
    ReleasePlace,
    begun,
)
from commands.trade.releases.accounts.sums import left_of
from commands.trade.releases.findings.arriving import Found
from commands.trade.releases.findings.compared import agreed
from commands.trade.releases.findings.found import received_figure
from commands.trade.releases.force import ComingRelease, Force
from commands.trade.releases.known import KnownLines
from commands.trade.releases.schedule import Schedule, on_its_way
from commands.writing.rows import change_rows, write_rows
from commands.writing.transaction import Writing
from kit.ids import new_id
from models.base.tables import OfMerchant
from models.trade.contracts import acts
from models.trade.contracts.findings import ALWAYS_HOLDING, FindingCode
from models.trade.contracts.states import IN_FORCE
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.findings import ReleaseFinding
from models.trade.releases.tables import LastReceipt, Release, ScheduleLine
from models.trade.releases.words import IN_TRANSIT, ReleaseState

_BY_ISSUED = (received_figure, agreed)
_CODES = frozenset(
    {FindingCode.CUMULATIVE_FELL, FindingCode.EXCEEDS_MAX, FindingCode.RECEIVED_ABOVE_ISSUED}
)
"""What `_BY_ISSUED` finds."""
RowChange = tuple[Any, Mapping[str, Any]]
"""A row with new columns."""


@dataclass(frozen=True)
class Standing:
    """A release that is there, as `Arriving` is one that comes.

    before: its account until now. first_line: the line_no of the first slot of its schedule.
    """

    known: KnownLines
    place: ReleasePlace
    contract: Contract
    line: ContractLine
    before: Account
    account: Account
    release: Release
    report: ReceivedReport
    schedule: Schedule
    findings: Sequence[ReleaseFinding] = ()
    every_left: Mapping[Counting, LeftQuantities] = field(default_factory=dict)
    first_line: int = 1

    @property
    def left(self) -> LeftQuantities:
        """Return what has left for its account."""
        return self.every_left[self.account.counting]

    @property
    def is_moved(self) -> bool:
        """Tell whether its period begins on another day now."""
        was, now = self.before, self.account
        return was.period_id == now.period_id and was.starts_on != now.starts_on

    @property
    def is_correction(self) -> bool:
        """Tell whether its figure may be lower than the last one: it was not found when it came."""
        return all(it.code is not FindingCode.CUMULATIVE_FELL for it in self.findings)

    def may_count(self, writing: Writing) -> bool:
        """Tell whether its contract is in force (K3)."""
        return self.contract.state in IN_FORCE and acts.LASTING.test(writing, self.contract)

    @property
    def found(self) -> Iterator[Found]:
        """Return what is odd by what was issued, of its lines by their numbers."""
        for each in (it for look in _BY_ISSUED for it in look(self)):
            place = each.line_no
            no = None if place is None else place - 1 + self.first_line
            yield replace(each, line_no=no)

    def day(self, instant: datetime) -> date:
        """Return the day of an instant at its contract's zone."""
        return self.contract.day(instant)


@dataclass(frozen=True)
class Anew:
    """What changes of releases that stand, and of what was found of them.

    ready: releases that wait for nothing any more.
    """

    releases: list[RowChange] = field(default_factory=list)
    lines: list[RowChange] = field(default_factory=list)
    new_lines: list[dict[str, Any]] = field(default_factory=list)
    findings: list[RowChange] = field(default_factory=list)
    new_findings: list[dict[str, Any]] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)
    ready: list[Standing] = field(default_factory=list)

    def count(self, standing: Standing, line: ScheduleLine | None) -> Standing:
        """Count what was on its way anew, of quantities that are beside that. line: that of it."""
        release, account, contract = standing.release, standing.account, standing.contract
        if release.left_before is None:
            return standing
        as_of, left = release.stated_as_of, release.left_before
        if standing.is_moved:
            its = (standing.every_left[it.counting] for it in (account, standing.before))
            now, was = (it.since(as_of) for it in its)
            left += now.named + now.unnamed - was.named - was.unnamed
            self.releases.append((release, {"left_before": left}))
        amount = max(account.opening + left - release.cumulative_received, Decimal(0))
        slots, first_line = [it for it in standing.schedule.slots if it.code != IN_TRANSIT], 1
        slot = on_its_way(as_of, amount, contract)
        if line is not None:
            self.lines.append((line, {"quantity": amount}))
            slots, first_line = [slot, *slots], line.line_no
        elif amount:
            key = {"merchant_id": release.merchant_id, "id": new_id(), "release_id": release.id}
            self.new_lines.append({**key, "line_no": 0, **slot.columns})
            slots, first_line = [slot, *slots], 0
        schedule = replace(standing.schedule, slots=slots)
        return replace(standing, schedule=schedule, first_line=first_line)

    def judge(self, standing: Standing, *, may_count: bool) -> None:
        """Judge anew what was found by what was issued; what somebody has decided stays so.

        may_count: whether its contract is in force. While it is not, what the release waits for
        stays as far as there is nothing else: it is consented to when the contract goes on.
        """
        release, its = standing.release, standing.findings
        is_active = release.state is ReleaseState.ACTIVE
        decided = {it.code for it in its if it.is_holding and not it.is_awaiting}
        codes = _CODES - decided - ({FindingCode.CUMULATIVE_FELL} if is_active else set())
        was = {it.code: it for it in its if it.code in codes}
        found = {it.code: it for it in standing.found if it.code in codes}
        gone = {it.id for code, it in was.items() if code not in found}
        both = was.keys() & found.keys()
        self.findings.extend((was[it], _columns(found[it])) for it in sorted(both))
        holding = (
            frozenset() if is_active else ALWAYS_HOLDING.union(standing.contract.holding_findings)
        )
        last = max((it.place for it in its), default=0)
        new = [found[it] for it in sorted(found.keys() - was.keys())]
        for place, each in enumerate(new, last + 1):
            own = {"release_id": release.id, "place": place, "is_holding": each.code in holding}
            keys = {"merchant_id": release.merchant_id, "id": new_id(), "consented_at": None}
            self.new_findings.append({**keys, **own, "code": each.code, **_columns(each)})
        awaits = {it.id for it in its if it.is_awaiting}
        if awaits and awaits <= gone and not any(it.code in holding for it in new):
            gone -= set() if may_count else awaits
            self.ready.extend([standing] if may_count else [])
        self.gone.extend(gone)

    async def write(self, writing: Writing) -> None:
        """Write all of it."""
        changed: dict[type[OfMerchant], list[RowChange]] = {
            ScheduleLine: self.lines,
            Release: self.releases,
            ReleaseFinding: self.findings,
        }
        await change_rows(writing, changed)
        new: dict[type[OfMerchant], list[dict[str, Any]]] = {
            ScheduleLine: self.new_lines,
            ReleaseFinding: self.new_findings,
        }
        await write_rows(writing, new)
        if self.gone:
            its = ReleaseFinding.merchant_id == writing.viewer.merchant_id
            gone = delete(ReleaseFinding).where(its, ReleaseFinding.id.in_(self.gone))
            await writing.session.execute(gone)


def _bring(force: Force, standing: Standing) -> RowChange:
    """Bring a release into force that waited for what is no more; return how it changes."""
    release, place = standing.release, standing.place
    own = (release.id, release.type, place, standing.line, force.known.accounts[place])
    del force.known.waiting[standing.line.id][standing.account.id, release.type]
    coming = ComingRelease(*own, standing.schedule, standing.report, standing.left)
    columns = {"state": ReleaseState.ACTIVE, "replaced": force.bring(coming).kept}
    return release, {**columns, "period_id": standing.account.period_id}


def _columns(found: Found) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("text", "line_no", "day", "expected", "found")}


async def count_anew(force: Force, before: Mapping[ReleasePlace, Account]) -> list[RowChange]:
    """Count and judge anew what stands of places whose opening has changed.

    By the same statements for any number. before: their accounts until then. What waited for
    nothing else comes into force: returns how its rows change once `force` has changed others.
    """
    writing, known = force.writing, force.known
    standing = [it for place, account in before.items() for it in _standing(known, place, account)]
    if not standing:
        return []
    keys = [it.release.id for it in standing]
    findings, notes = defaultdict[UUID, list[ReleaseFinding]](list), set[UUID]()
    for finding in await writing.among(ReleaseFinding, "release_id", keys, "place", lock=True):
        findings[finding.release_id].append(finding)
    for note in await writing.records(LastReceipt, "release_id", keys):
        notes |= {note.release_id} if note.is_ours else set()
    on_their_way = await _on_their_way(writing, keys)
    left, anew, counted = await _left(writing, standing), Anew(), list[Standing]()
    for each in standing:
        await writing.room(1)
        key = each.release.id
        report = each.report._replace(is_noted=key in notes)
        whole = replace(each, report=report, findings=findings[key], every_left=left)
        counted.append(anew.count(whole, on_their_way.get(key)))
        _keep(force, counted[-1])
    for each in counted:
        anew.judge(each, may_count=each.may_count(writing))
    await anew.write(writing)
    return [_bring(force, it) for it in anew.ready]


def _standing(known: KnownLines, place: ReleasePlace, before: Account) -> Iterator[Standing]:
    """Yield the releases of a place that stand in the newest period of its account."""
    contract, line = known.line(place.contract_line_id)
    account = known.accounts[place]
    for every in (known.active[line.id], known.waiting[line.id]):
        for (account_id, _), (release, schedule, _) in every.items():
            if account_id != account.id or release is None or schedule is None:
                continue
            day = begun(release.counted_from, contract, release.received_at)
            is_active = release.state is ReleaseState.ACTIVE
            counts = account if is_active else account.counting_from(day)
            if (release if is_active else counts).period_id == account.period_id:
                report = ReceivedReport.of(release, contract, is_noted=False)
                of = (known, place, contract, line, before, account, release, report, schedule)
                yield Standing(*of)


def _keep(force: Force, standing: Standing) -> None:
    """Let the sums of a line follow what is in force of it."""
    known, line, account = force.known, standing.line, standing.account
    known_of = (known.waiting, known.active)[standing.release.state is ReleaseState.ACTIVE]
    of, key = known_of[line.id], (account.id, standing.release.type)
    of[key] = of[key]._replace(schedule=standing.schedule)
    force.keep(standing.place, account)
    force.lines[line.id] = line


async def _on_their_way(
    writing: Writing, release_ids: Sequence[UUID]
) -> Mapping[UUID, ScheduleLine]:
    """Return the lines of what was on its way, by their releases."""
    rows = writing.seen(ScheduleLine).where(
        ScheduleLine.release_id == any_(literal([*release_ids], ARRAY(Uuid()))),
        ScheduleLine.code == IN_TRANSIT,
    )
    return {it.release_id: it for it in await writing.all(rows)}


async def _left(
    writing: Writing, standing: Iterable[Standing]
) -> Mapping[Counting, LeftQuantities]:
    """Return what has left for accounts, as they were and as they are, since all that matters."""
    wanted = defaultdict[Counting, set[datetime | None]](set)
    for each in standing:
        instants = {each.release.stated_as_of, each.report.stated_at}
        for of in (each.before, each.account):
            wanted[of.counting] |= instants | each.account.instants
    return await left_of(writing, wanted, {})

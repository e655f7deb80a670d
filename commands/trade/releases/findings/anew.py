"""What hangs on an opening balance that is written after a release of it was taken in.

Quantities without what was on its way are wanted beside that, and what was found by what was issued
is judged anew (0050).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, delete, literal

from commands.trade.releases.accounts.account import Account, ReleasePlace, begun
from commands.trade.releases.findings.arriving import Found
from commands.trade.releases.findings.standing import Standing, standing_at
from commands.trade.releases.force import ComingRelease, Force
from commands.trade.releases.known import StandingRelease
from commands.writing.rows import change_rows, write_rows
from commands.writing.transaction import Writing
from kit.ids import new_id
from models.base.tables import OfMerchant
from models.trade.contracts.findings import ALWAYS_HOLDING, FindingCode
from models.trade.releases.findings import ReleaseFinding
from models.trade.releases.tables import Release, ScheduleLine
from models.trade.releases.words import IN_TRANSIT, ReleaseState

_CODES = frozenset(
    {
        FindingCode.CUMULATIVE_FELL,
        FindingCode.EXCEEDS_MAX,
        FindingCode.FIRM_ZONE,
        FindingCode.JUMP,
        FindingCode.RECEIVED_ABOVE_ISSUED,
    }
)
"""What is found by what was issued."""
_THEN = frozenset({FindingCode.CUMULATIVE_FELL, FindingCode.FIRM_ZONE, FindingCode.JUMP})
"""What hangs on what was there before, too."""
RowChange = tuple[Any, Mapping[str, Any]]
"""A row with new columns."""


@dataclass(frozen=True)
class Anew:
    """What changes of releases that stand, and of what was found of them.

    ready: releases that wait for nothing any more, by their accounts.
    """

    releases: list[RowChange] = field(default_factory=list)
    lines: list[RowChange] = field(default_factory=list)
    new_lines: list[dict[str, Any]] = field(default_factory=list)
    findings: list[RowChange] = field(default_factory=list)
    new_findings: list[dict[str, Any]] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)
    ready: defaultdict[UUID, list[Standing]] = field(default_factory=lambda: defaultdict(list))

    def count(self, standing: Standing, line: ScheduleLine | None) -> Standing:
        """Count what was on its way anew, of quantities that are beside that. line: that of it."""
        release, slot = standing.release, None
        if standing.account.period_id == standing.opened.period_id:
            slot = standing.on_its_way(release)
        if slot is None:
            return standing
        if (left := standing.left_before(release)) != release.left_before:
            self.releases.append((release, {"left_before": left}))
        if line is not None:
            self.lines.append((line, {"quantity": slot.quantity}))
        elif slot.quantity:
            key = {"merchant_id": release.merchant_id, "id": new_id(), "release_id": release.id}
            self.new_lines.append({**key, "line_no": 0, **slot.columns})
        else:
            return standing
        first_line = 0 if line is None else line.line_no
        return replace(standing, schedule=standing.schedule.beside(slot), first_line=first_line)

    def judge(self, standing: Standing, *, may_count: bool) -> None:
        """Judge anew what was found by what was issued; what somebody has decided stays so.

        may_count: whether its contract is in force. While it is not, what the release waits for
        stays as far as there is nothing else: it is consented to when the contract goes on.
        """
        release, its = standing.release, standing.findings
        is_active = release.state is ReleaseState.ACTIVE
        codes = _CODES if standing.is_kept else _CODES - _THEN
        of = _keyed(its)
        was = {it: each for it, each in of.items() if each.code in codes}
        decided = {it for it, each in was.items() if each.is_holding and not each.is_awaiting}
        found = {it: each for it, each in _keyed(standing.found).items() if each.code in codes}
        gone = {was[it].id for it in was.keys() - found.keys() - decided}
        both = [it for it in found if it in was and it not in decided]
        self.findings.extend((was[it], _columns(found[it])) for it in both)
        holding = (
            frozenset() if is_active else ALWAYS_HOLDING.union(standing.contract.holding_findings)
        )
        last = max((it.place for it in its), default=0)
        new = [each for it, each in found.items() if it not in was]
        for place, each in enumerate(new, last + 1):
            own = {"release_id": release.id, "place": place, "is_holding": each.code in holding}
            keys = {"merchant_id": release.merchant_id, "id": new_id(), "consented_at": None}
            self.new_findings.append({**keys, **own, "code": each.code, **_columns(each)})
        awaits = {it.id for it in its if it.is_awaiting}
        if awaits and awaits <= gone and not any(it.code in holding for it in new):
            if may_count:
                self.ready[standing.account.id].append(standing)
            else:
                gone -= awaits
        self.gone.extend(gone)

    def in_force_for(self, standing: Standing) -> Standing:
        """Return one as it stands to what had come into force before it, if it was known then."""
        in_force = dict(standing.in_force)
        for each in self.ready.get(standing.account.id, ()):
            before = in_force.get(each.type, StandingRelease()).release
            if before is None or before.id < each.release.id:
                counts_from = each.account.starts_on
                in_force[each.type] = StandingRelease(each.release, each.schedule, counts_from)
        return replace(standing, in_force=in_force)

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


def _keyed(findings: Iterable[Any]) -> dict[tuple[Any, ...], Any]:
    """Return findings by what tells them apart: one of a kind, of the firm zone one of a day."""
    found = dict[tuple[Any, ...], Any]()
    counts = Counter[Any]()
    for each in findings:
        of = each.code, each.day if each.code is FindingCode.FIRM_ZONE else None
        counts[of] += 1
        found[*of, counts[of]] = each
    return found


def _bring(force: Force, standing: Standing) -> RowChange:
    """Bring a release into force that waited for what is no more; return how it changes."""
    release, place, known = standing.release, standing.place, force.known
    day = begun(release.counted_from, standing.contract, release.received_at)
    account = known.accounts[place].counting_from(day)
    own = (release.id, release.type, place, standing.line, account)
    del known.waiting[standing.line.id][account.id, release.type]
    left = standing.every_left[account.counting]
    coming = ComingRelease(*own, standing.schedule, standing.report, left)
    columns = {"state": ReleaseState.ACTIVE, "replaced": force.bring(coming).kept}
    return release, {**columns, "period_id": account.period_id}


def _columns(found: Found) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("text", "line_no", "day", "expected", "found")}


async def judge_anew(force: Force, before: Mapping[ReleasePlace, Account]) -> None:
    """Count and judge anew what stands of places whose opening has changed, and write all of it.

    By the same statements for any number. before: their accounts until then. What waited for
    nothing else comes into force.
    """
    writing = force.writing
    brought = await _brought(force, before)
    await force.change()
    await write_rows(writing, force.new, force.reported)
    await change_rows(writing, {Release: brought})


async def _brought(force: Force, before: Mapping[ReleasePlace, Account]) -> list[RowChange]:
    """Return how what comes into force changes once `force` has changed what was."""
    writing = force.writing
    standing = await standing_at(force, before)
    if not standing:
        return []
    on_their_way = await _on_their_way(writing, [it.release.id for it in standing])
    anew, counted = Anew(), dict[UUID, Standing]()
    for each in standing:
        await writing.room(1)
        counted[each.release.id] = anew.count(each, on_their_way.get(each.release.id))
        _keep(force, counted[each.release.id])
    for each in sorted(counted.values(), key=lambda it: it.release.id):
        compared = anew.in_force_for(each.beside(counted))
        anew.judge(compared, may_count=each.may_count(writing))
    await anew.write(writing)
    if anew.ready:
        # One that begins a period takes the place of its account as it was opened.
        await write_rows(writing, {}, force.reported)
    return [_bring(force, it) for of in anew.ready.values() for it in of]


def _keep(force: Force, standing: Standing) -> None:
    """Let the sums of a line follow what is in force of it."""
    known, line, account = force.known, standing.line, standing.opened
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

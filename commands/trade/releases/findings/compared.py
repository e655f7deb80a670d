"""What a release changes against the one in force, and against what is agreed."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from commands.trade.releases.findings.arriving import Arriving, Compared, Findings, Found, figure
from commands.trade.releases.inputs import GO_AHEADS
from commands.trade.releases.known import wanted_of
from commands.trade.releases.schedule import Schedule
from models.base.guards import guards
from models.trade.contracts.findings import FindingCode
from models.trade.releases.words import IN_TRANSIT, Commitment, ReleaseType

_PERCENT = 100
_TICK = timedelta.resolution


@guards("K8", instead=())
def firm_zone(release: Compared) -> Findings:
    """Find firm demand that falls in the firm zone.

    Cumulatives are compared, so that goods that came meanwhile are no reduction; what a customer
    says that it has beyond what was supplied is one. Of two periods, what is open is. A bucket is
    compared at its end, with what may come by then: a week that its days tell is none either. What
    is overdue, backlog or wanted at once is due on the day on which it came: a bucket that ends
    with it.
    """
    (before, after, is_one), now = _in_force(release), release.received_at
    if before is None or after is None:
        return
    backed = release.supplied(release.account)
    more = max(after.received - max(backed, before.received), Decimal(0))
    if not is_one:
        before = _open(before, release.supplied(release.current))
        after, more = _open(after, max(after.received, backed)), Decimal(0)
    before, after = (it.due_by(now, release.contract) for it in (before, after))
    for until in _compared_at(before, now, now + timedelta(release.contract.firm_zone_days)):
        was, is_now = before.firm(until), after.firm_before(until) - more
        if is_now < was:
            day, what = release.day(until - _TICK), "firm" if is_one else "firm and open"
            text = f"Until {day} {figure(was)} is {what}; this release asks {figure(is_now)}."
            yield Found(FindingCode.FIRM_ZONE, text, day=day, expected=was, found=is_now)


def _compared_at(before: Schedule, now: datetime, end: datetime) -> list[datetime]:
    """Return when what was firm before the firm zone ends is to have come.

    What a net schedule told beside its own lines, because it was on its way, is no demand.
    """
    firm = (it for it in before.slots if it.commitment is Commitment.FIRM)
    wanted = (it.window for it in firm if it.code != IN_TRANSIT)
    return sorted({it.latest for it in wanted if max(it.earliest, now) < end})


def _in_force(release: Compared) -> tuple[Schedule | None, Schedule | None, bool]:
    """Return what is in force, what would be, and whether both count from one day.

    Both are what just in time and forecast come to together; what comes just in time is firm,
    whatever it says, where it takes the place of a forecast.
    """
    active, after, account = release.active, release.schedule, release.account
    if active.schedule is not None and not release.counts_with(active):
        return active.schedule, after, False
    before, type_ = wanted_of(release.in_force, account), release.type
    if type_ is ReleaseType.JIT and before is not active.schedule:
        firm = [replace(it, commitment=Commitment.FIRM) for it in after.slots]
        after = replace(after, slots=firm)
    return before, wanted_of(release.in_force, account, {type_: after}), True


def _open(schedule: Schedule, supplied: Decimal) -> Schedule:
    """Return what of a schedule is open, counted from 0."""
    return replace(schedule.counted_from(supplied), received=Decimal(0))


def jump(release: Compared) -> Findings:
    """Find that what is wanted in all has changed by more than is usual.

    What both plan for is compared: up to the last start of the one that ends earlier.
    """
    before, most = release.before, release.contract.jump_percent
    if before is None or most is None:
        return
    slots, after = before.counted_from(release.schedule.received).slots, release.schedule.slots
    if not slots:
        return
    # None says that nothing is wanted, ever.
    end = min(max(it.window.earliest for it in some) for some in (slots, after or slots))
    was, is_now = (
        sum((it.quantity for it in some if it.window.earliest <= end), Decimal(0))
        for some in (slots, after)
    )
    if was and abs(is_now - was) * _PERCENT > most * was:
        percent = round((is_now - was) * _PERCENT / was)
        text = (
            f"Until {release.day(end)} {figure(was)} was wanted; now it is {figure(is_now)},"
            f" {percent:+} per cent."
        )
        yield Found(FindingCode.JUMP, text, day=release.day(end), expected=was, found=is_now)


def go_aheads(release: Arriving) -> Findings:
    """Find go-aheads that fell, or end earlier: production and material, in the same period."""
    old, stated = release.active.release, release.tells()
    if old is None or release.before is None:
        return
    for name, until in GO_AHEADS:
        was, ended = getattr(old, name), getattr(old, until)
        is_now, ends = stated[name], stated[until]
        if was is None or is_now is None or is_now > was:
            continue
        of = f"The go-ahead for {name.removesuffix('_go_ahead')}"
        if is_now < was:
            text = f"{of} was {figure(was)}; now it is {figure(is_now)}."
            yield Found(FindingCode.GO_AHEAD_FELL, text, expected=was, found=is_now)
        elif ended is not None and ends is not None and ends < ended:
            text = f"{of} ended on {ended}; now it ends on {ends}."
            yield Found(FindingCode.GO_AHEAD_FELL, text, day=ends, expected=was, found=is_now)


def lots(release: Arriving) -> Findings:
    """Find quantities that are no whole lots."""
    lot = release.line.lot_multiple
    if lot is None:
        return
    for place, slot in enumerate(release.schedule.slots, 1):
        if slot.quantity % lot and slot.code != IN_TRANSIT:
            text = f"{figure(slot.quantity)} is no multiple of {figure(lot)}."
            day = release.day(slot.window.earliest)
            yield Found(FindingCode.LOT_MULTIPLE, text, place, day, lot, slot.quantity)


def agreed(release: Compared) -> Findings:
    """Find what is wanted beyond the contract's maximum, with other places and earlier periods.

    What earlier periods had is what their customer said last that it had received. What was issued
    before we counted is no call-off, and counts for nothing that is agreed.
    """
    line, ours, slots = release.line, release.account, release.schedule.slots
    before = release.known.beside(ours, line.id).wanted + ours.earlier
    figures = accumulate((it.quantity for it in slots), initial=release.schedule.received)
    upto = [before + ours.beyond_opening(it) for it in figures]
    if upto[-1] <= line.ceiling or not slots:
        return
    place = next(place for place, it in enumerate(upto[1:], 1) if it > line.ceiling)
    text = f"{figure(line.ceiling)} is agreed at most; in all {figure(upto[-1])} is wanted."
    day = release.day(slots[place - 1].window.earliest)
    yield Found(FindingCode.EXCEEDS_MAX, text, place, day, line.ceiling, upto[-1])


def validity(release: Arriving) -> Findings:
    """Find what is wanted on days outside of the contract's validity."""
    contract = release.contract
    wanted = (it for it in release.schedule.slots if it.quantity and it.code != IN_TRANSIT)
    days = [release.day(it.window.earliest) for it in wanted]
    outside = [place for place, day in enumerate(days) if not contract.is_valid_on(day)]
    if outside:
        text = (
            f"{contract.number} is valid from {contract.valid_from} to {contract.valid_to};"
            f" {len(outside)} of its days lie outside."
        )
        yield Found(FindingCode.OUTSIDE_VALIDITY, text, day=days[outside[0]])


def update(release: Arriving) -> Findings:
    """Find an update of nothing: there is no schedule that its lines could change."""
    if release.item.is_update and not release.counts_with(release.newest):
        text = "It changes single lines, and nothing of its type is there to change in its period."
        yield Found(FindingCode.NOTHING_TO_UPDATE, text)


COMPARISONS = (firm_zone, jump, go_aheads, lots, agreed, validity, update)
BY_ISSUED = (firm_zone, jump, agreed)
"""Comparisons that hang on what was issued: they are judged anew where an opening is written late,
of what is there as of what comes in."""

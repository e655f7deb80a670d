"""What stood when releases came that are there: with that they are compared anew."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import false, or_, select, true, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from commands.trade.releases.accounts.account import Account
from commands.trade.releases.accounts.replaced import Replaced
from commands.trade.releases.known import KnownLines, StandingRelease
from commands.trade.releases.schedule import schedule_that_stands
from commands.writing.transaction import Writing
from models.trade.releases.findings import ReleaseFinding
from models.trade.releases.tables import AccountPeriod, Release, ScheduleLine
from models.trade.releases.words import ReleaseState, ReleaseType


@dataclass(frozen=True)
class StoodThen:
    """What stood when releases came, by their ids.

    in_force: what was in force of its place, of each type. replaced: what was of its account before
    it, as far as that is kept. days: period of an account -> its first day.
    """

    in_force: Mapping[UUID, Mapping[ReleaseType, StandingRelease]]
    replaced: Mapping[UUID, Replaced]
    days: Mapping[UUID, date]

    def account(self, release: Release, opened: Account) -> Account:
        """Return the account of a release before it. opened: the newest period, as it is now."""
        kept = self.replaced.get(release.id)
        if kept is None:
            return opened
        if kept.period_id == opened.period_id:
            return kept.was(opened).opened(opened.opening, opened.opening_received)
        was, day = kept.was(opened), self.days[kept.period_id]
        return replace(was, period_id=kept.period_id, starts_on=day)


async def stood_then(
    writing: Writing, known: KnownLines, releases: Collection[Release]
) -> StoodThen:
    """Read what stood when releases came: by the same statements for any number of them."""
    account_ids = {it.account_id for it in releases}
    periods = await writing.records(AccountPeriod, "account_id", account_ids)
    days = {it.id: it.starts_on for it in periods}
    pairs = await _beside(writing, [it.id for it in releases])
    wanted = {other_id for _, other_id, _ in pairs}
    others = await writing.by_key(Release, "id", wanted)
    before = {other_id for _, other_id, is_later in pairs if not is_later}
    standing = await _standing(writing, known, [others[it] for it in before], days)
    in_force = defaultdict[UUID, dict[ReleaseType, StandingRelease]](dict)
    # The first that came into force after one keeps what was of the account before that.
    replaced = {it.id: it.replaced for it in releases if it.state is ReleaseState.ACTIVE}
    for key, other_id, is_later in pairs:
        other = others[other_id]
        if is_later:
            replaced.setdefault(key, other.replaced)
        else:
            in_force[key][other.type] = standing[other_id]
    kept = {key: Replaced.read(it) for key, it in replaced.items() if it is not None}
    return StoodThen(in_force, kept, days)


async def _beside(writing: Writing, release_ids: Sequence[UUID]) -> Sequence[Any]:
    """Return what was in force when releases came, and what of it came first after them.

    As (id, id of the other, whether it came later). What somebody had to consent to first counts
    from then.
    """
    release, other, finding = aliased(Release), aliased(Release), aliased(ReleaseFinding)
    merchant_id = writing.viewer.merchant_id
    late = select(finding.id).where(
        finding.merchant_id == merchant_id,
        finding.release_id == other.id,
        finding.consented_at > release.received_at,
    )
    pairs = (
        select(release.id.label("release_id"), other.id.label("other_id"))
        .select_from(release)
        .join(other, other.account_id == release.account_id)
        .where(
            release.merchant_id == merchant_id,
            other.merchant_id == merchant_id,
            release.id.in_(release_ids),
            other.state.in_((ReleaseState.ACTIVE, ReleaseState.SUPERSEDED)),
            or_(other.state == ReleaseState.ACTIVE, other.replaced.is_not(None)),
        )
    )
    before = (
        pairs.add_columns(false().label("is_later"))
        .where(other.id < release.id, ~late.correlate(release, other).exists())
        .ext(distinct_on(release.id, other.type))
        .order_by(release.id, other.type, other.id.desc())
    )
    after = (
        pairs.add_columns(true().label("is_later"))
        .where(other.id > release.id)
        .ext(distinct_on(release.id))
        .order_by(release.id, other.id)
    )
    both = union_all(*(select(*it.subquery().c) for it in (before, after)))
    return (await writing.session.execute(both)).all()


async def _standing(
    writing: Writing,
    known: KnownLines,
    releases: Collection[Release],
    days: Mapping[UUID, date],
) -> Mapping[UUID, StandingRelease]:
    """Return releases that were in force, with their schedules; as those are known."""
    active = chain.from_iterable(of.values() for of in known.active.values())
    found = {it.release.id: it for it in active if it.release is not None}
    missing = [it for it in releases if it.id not in found]
    lines = defaultdict[UUID, list[ScheduleLine]](list)
    for line in await writing.records(ScheduleLine, "release_id", [it.id for it in missing]):
        lines[line.release_id].append(line)
    for each in missing:
        await writing.room(1 + len(lines[each.id]))
        schedule = schedule_that_stands(each, lines[each.id], known.contracts[each.contract_id])
        found[each.id] = StandingRelease(each, schedule, days[each.period_id])
    return found

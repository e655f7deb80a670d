"""What is known of contract lines before releases of them are taken in, read for all at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal

from commands.trade.contracts.life import check_contract_state
from commands.trade.releases.accounts.account import Account, ReleasePlace, begun
from commands.trade.releases.accounts.sums import PlaceSums, accounts_of, sums_of
from commands.trade.releases.schedule import (
    Schedule,
    effective_schedule,
    schedule_that_stands,
)
from commands.trade.releases.transit import Transit, transits_of
from commands.writing.transaction import Writing, missing
from models.trade.contracts.states import ENTERED
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.tables import Release, ScheduleLine
from models.trade.releases.words import ReleaseState, ReleaseType


class StandingRelease(NamedTuple):
    """A release with its schedule, and the day from which it counts; without one, nothing stands.

    release is None for one that is written only now.
    """

    release: Release | None = None
    schedule: Schedule | None = None
    counts_from: date | None = None


StandingReleases = Mapping[UUID, dict[tuple[UUID, ReleaseType], StandingRelease]]
"""Contract line -> (account, type) -> the release."""


@dataclass(frozen=True)
class KnownLines:
    """Locked contracts and lines, and what they stand for, by id.

    accounts: place -> its account, of the places that were asked for. active, waiting: what is in
    force for those, and what waits for consent. transits: contract -> how goods get to its
    customer. sums: contract line -> what all its accounts come to; shares: account -> what it has
    in that.
    """

    contracts: Mapping[UUID, Contract]
    lines: Mapping[UUID, ContractLine]
    accounts: dict[ReleasePlace, Account]
    active: StandingReleases
    waiting: StandingReleases
    transits: Mapping[UUID, Transit]
    sums: dict[UUID, PlaceSums]
    shares: dict[UUID, PlaceSums] = field(init=False)

    def __post_init__(self) -> None:
        """Tell the shares of accounts."""
        shares = {it.id: self._share(place, it) for place, it in self.accounts.items()}
        object.__setattr__(self, "shares", shares)

    def line(self, line_id: UUID) -> tuple[Contract, ContractLine]:
        """Return a line whose contract has been in force. Refused: NOT_FOUND, WRONG_STATE."""
        path = ("contract_line_id",)
        line = self.lines.get(line_id)
        if line is None:
            raise missing(ContractLine, path)
        contract = self.contracts[line.contract_id]
        check_contract_state(contract, ENTERED, path)
        return contract, line

    def keep(self, place: ReleasePlace, account: Account) -> None:
        """Keep an account as it counts now, with what is in force of it; its line's sums follow.

        Where the day of its period has moved, what is in force of that counts from there.
        """
        before = self.accounts.get(place, account)
        if before.period_id == account.period_id and before.starts_on != account.starts_on:
            of = self.active[place.contract_line_id]
            for key, standing in of.items():
                if key[0] == account.id and standing.counts_from == before.starts_on:
                    of[key] = standing._replace(counts_from=account.starts_on)
        share, others = self._share(place, account), self.beside(account, place.contract_line_id)
        self.accounts[place], self.shares[account.id] = account, share
        self.sums[place.contract_line_id] = others.plus(share)

    def without_day(self, account: Account, release: Release) -> Account:
        """Return an account without the day that only a release says which counts nothing."""
        active = self.active[release.contract_line_id]
        if any(account_id == account.id for account_id, _ in active):
            return account
        return account.without_day(release, self.contracts[release.contract_id])

    def beside(self, account: Account, line_id: UUID) -> PlaceSums:
        """Return what a line's other accounts come to."""
        return self.sums[line_id].without(self.shares.get(account.id, PlaceSums()))

    @property
    def release_ids(self) -> list[UUID]:
        """Return the ids of what is in force, and of what waits."""
        standing = (of for some in (self.active, self.waiting) for of in some.values())
        return [it.release.id for of in standing for it in of.values() if it.release is not None]

    def _share(self, place: ReleasePlace, account: Account) -> PlaceSums:
        """Return what an account has in its line's sums.

        Of its releases those ask that count from the day from which it counts now.
        """
        wanted = wanted_of(self.in_force(place.contract_line_id, account.id), account)
        upto = Decimal(0) if wanted is None else wanted.released
        in_all = account.earlier + account.beyond_opening(upto)
        return PlaceSums(1, account.received, upto, in_all)

    def in_force(self, line_id: UUID, account_id: UUID) -> dict[ReleaseType, StandingRelease]:
        """Return what is in force of an account, by type."""
        active = self.active[line_id]
        return {it: active[account_id, it] for it in ReleaseType if (account_id, it) in active}


def wanted_of(
    in_force: Mapping[ReleaseType, StandingRelease],
    account: Account,
    instead: Mapping[ReleaseType, Schedule] = MappingProxyType({}),
) -> Schedule | None:
    """Return what is in force of an account and counts from the day from which it does.

    instead: of a type what would be in force.
    """
    counted = {
        type_: each.schedule
        for type_, each in in_force.items()
        if each.counts_from == account.starts_on
    }
    counted.update(instead)
    return effective_schedule(*map(counted.get, (ReleaseType.FORECAST, ReleaseType.JIT)))


async def locked_places(writing: Writing, wanted: Iterable[ReleasePlace]) -> KnownLines:
    """Lock the contracts of places, then the lines; read what stands for these places.

    Other places of the lines are only summed up.
    """
    places = set(wanted)
    contracts, lines = await locked_lines(writing, {it.contract_line_id for it in places})
    ids = [it.id for it in lines]
    accounts, days = await accounts_of(writing, places)
    of, contract_of = {it.id: it.contract_id for it in lines}, by_id(contracts)
    account_ids = [it.id for it in accounts.values()]
    active, waiting = await standing_of(writing, ids, account_ids, days, contract_of)
    return KnownLines(
        contract_of,
        by_id(lines),
        {
            place: _dated(account, active[line_id], contract_of[of[line_id]])
            for place, account in accounts.items()
            for line_id in [place.contract_line_id]
        },
        active,
        waiting,
        await transits_of(writing, contracts),
        await sums_of(writing, ids),
    )


def _dated(
    account: Account, active: Mapping[tuple[UUID, ReleaseType], StandingRelease], of: Contract
) -> Account:
    """Return an account that knows whether anything that counts says its day. of: its contract."""
    counts = any(account_id == account.id for account_id, _ in active)
    is_undated = not counts and account.is_blank and account.starts_on == of.valid_from
    return replace(account, is_undated=is_undated)


async def locked_lines(
    writing: Writing, line_ids: Iterable[UUID]
) -> tuple[Sequence[Contract], Sequence[ContractLine]]:
    """Lock the contracts of lines, then the lines, in id order: by three statements for all."""
    found = await writing.among(ContractLine, "id", set(line_ids))
    contract_ids = {it.contract_id for it in found}
    contracts = await writing.among(Contract, "id", contract_ids, "id", lock=True)
    return contracts, await writing.among(
        ContractLine, "id", [it.id for it in found], "id", lock=True
    )


def by_id(rows: Iterable[Any]) -> dict[UUID, Any]:
    """Return id -> row."""
    return {it.id: it for it in rows}


async def standing_of(
    writing: Writing,
    line_ids: Sequence[UUID],
    account_ids: Collection[UUID],
    days: Mapping[UUID, date],
    contracts: Mapping[UUID, Contract],
) -> tuple[StandingReleases, StandingReleases]:
    """Return what is in force of accounts by their lines, and what waits: two statements for all.

    days: of each period, its first one. contracts: of all lines.
    """
    rows = writing.seen(Release).where(
        Release.account_id == any_(literal([*account_ids], ARRAY(Uuid()))),
        Release.state.in_((ReleaseState.ACTIVE, ReleaseState.RECEIVED)),
    )
    releases = await writing.all(rows)
    lines: defaultdict[UUID, list[ScheduleLine]] = defaultdict(list)
    for line in await writing.records(ScheduleLine, "release_id", [it.id for it in releases]):
        lines[line.release_id].append(line)
    active, waiting = _none(line_ids), _none(line_ids)
    for each in releases:
        await writing.room(1 + len(lines[each.id]))
        is_active = each.state is ReleaseState.ACTIVE
        contract = contracts[each.contract_id]
        day = None if is_active else begun(each.counted_from, contract, each.received_at)
        schedule = schedule_that_stands(each, lines[each.id], contract)
        standing = StandingRelease(each, schedule, max(day or date.min, days[each.period_id]))
        found = active if is_active else waiting
        found[each.contract_line_id][each.account_id, each.type] = standing
    return active, waiting


def _none(line_ids: Iterable[UUID]) -> dict[UUID, dict[tuple[UUID, ReleaseType], StandingRelease]]:
    return {key: {} for key in line_ids}

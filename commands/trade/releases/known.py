"""What is known of contract lines before releases of them are taken in, read for all at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal

from commands.trade.contracts.life import wrong_state
from commands.trade.releases.accounts import Account, ReleasePlace, accounts_of
from commands.trade.releases.schedule import Schedule, schedule_that_stands
from commands.trade.releases.transit import Transit, transits_of
from commands.writing.transaction import Writing, missing
from models.trade.contracts.states import RUNNING
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

    accounts: place -> its account. active, waiting: what is in force, and what waits for consent.
    transits: party -> how goods get to it.
    """

    contracts: Mapping[UUID, Contract]
    lines: Mapping[UUID, ContractLine]
    accounts: dict[ReleasePlace, Account]
    active: StandingReleases
    waiting: StandingReleases
    transits: Mapping[UUID, Transit]

    def line(self, line_id: UUID) -> tuple[Contract, ContractLine]:
        """Return a line whose contract runs. Refused: NOT_FOUND, WRONG_STATE."""
        path = ("contract_line_id",)
        line = self.lines.get(line_id)
        if line is None:
            raise missing(ContractLine, path)
        contract = self.contracts[line.contract_id]
        if contract.state not in RUNNING:
            raise wrong_state(contract, path)
        return contract, line

    def known_received(self, line: ContractLine, account: Account) -> Decimal:
        """Return what is known to have been received where the customer tells nothing."""
        if self.is_alone(line, account):
            return max(line.received, account.opening_received + line.delivered)
        return account.last_received

    def all_received(self, line: ContractLine) -> Decimal:
        """Return what the customer tells of all of a line's accounts."""
        return sum((it.received for it in self.of_line(line)), Decimal(0))

    def of_line(self, line: ContractLine) -> list[Account]:
        """Return the accounts of a line."""
        return [it for place, it in self.accounts.items() if place.contract_line_id == line.id]

    def is_alone(self, line: ContractLine, account: Account) -> bool:
        """Tell whether an account counts all of a line, at all places and from its first day."""
        whole = ReleasePlace(line.id, None, None)
        places = (it for it in self.accounts if it.contract_line_id == line.id)
        is_whole = all(place == whole for place in places)
        return is_whole and account.starts_on <= self.contracts[line.contract_id].valid_from

    def released(self, line_id: UUID) -> Decimal:
        """Return up to where a line's active releases ask, of all places."""
        return sum(self.released_of(line_id).values(), Decimal(0))

    def released_of(self, line_id: UUID) -> Mapping[UUID, Decimal]:
        """Return account -> up to where its active releases ask, the further type each.

        Of a place, those count that count from the day from which it counts now.
        """
        days = {it.id: it.starts_on for it in self.accounts.values()}
        upto: defaultdict[UUID, Decimal] = defaultdict(Decimal)
        for (account, _), standing in self.active[line_id].items():
            if standing.schedule is not None and standing.counts_from == days[account]:
                upto[account] = max(upto[account], standing.schedule.released)
        return upto


async def locked(writing: Writing, line_ids: Iterable[UUID]) -> KnownLines:
    """Lock the contracts of lines, then the lines; read what stands."""
    contracts, lines = await locked_lines(writing, line_ids)
    ids = [it.id for it in lines]
    accounts, days = await accounts_of(writing, ids)
    return KnownLines(
        by_id(contracts),
        by_id(lines),
        accounts,
        *await standing_of(writing, ids, days),
        await transits_of(writing, {it.party_id for it in contracts}),
    )


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
    writing: Writing, line_ids: Sequence[UUID], days: Mapping[UUID, date]
) -> tuple[StandingReleases, StandingReleases]:
    """Return what is in force of each contract line, and what waits: two statements for all.

    days: of each period, its first one.
    """
    rows = writing.seen(Release).where(
        Release.contract_line_id == any_(literal(line_ids, ARRAY(Uuid()))),
        Release.state.in_((ReleaseState.ACTIVE, ReleaseState.RECEIVED)),
    )
    releases = await writing.all(rows)
    lines: defaultdict[UUID, list[ScheduleLine]] = defaultdict(list)
    for line in await writing.records(ScheduleLine, "release_id", [it.id for it in releases]):
        lines[line.release_id].append(line)
    active, waiting = _none(line_ids), _none(line_ids)
    for each in releases:
        is_active = each.state is ReleaseState.ACTIVE
        day = None if is_active else each.counted_from
        schedule = schedule_that_stands(each, lines[each.id])
        standing = StandingRelease(each, schedule, max(day or date.min, days[each.period_id]))
        found = active if is_active else waiting
        found[each.contract_line_id][each.account_id, each.type] = standing
    return active, waiting


def _none(line_ids: Iterable[UUID]) -> dict[UUID, dict[tuple[UUID, ReleaseType], StandingRelease]]:
    return {key: {} for key in line_ids}

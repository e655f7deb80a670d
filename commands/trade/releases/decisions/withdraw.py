"""A release that is in force is taken back: a customer has sent a wrong one."""

from uuid import UUID

from pydantic import Field
from sqlalchemy import delete

from commands.trade.releases.accounts.account import Account, ReleasePlace
from commands.trade.releases.accounts.replaced import Replaced, figures_of
from commands.trade.releases.decisions.decide import ReleaseCommand, lock_release
from commands.trade.releases.force import Force
from commands.trade.releases.known import KnownLines, StandingRelease, locked_places
from commands.trade.releases.schedule import schedule_that_stands
from commands.writing.rows import change_rows, write_rows
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refused
from kit.inputs import Note
from models.events.trade.releases import ContractReleased, ReleaseActivated, ReleaseWithdrawn
from models.trade.contracts.tables import Contract
from models.trade.releases import acts
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release, ScheduleLine
from models.trade.releases.words import ReleaseState

_PATH: Path = ("release_id",)


class ReleaseWithdraw(ReleaseCommand):
    """Takes a release back."""

    reason: Note = Field(description="Why, for the customer.")


@verb(
    acts.WITHDRAWAL,
    "Take a release back that is in force: a customer has sent a wrong one. The one before it is in"
    " force again, and its account counts as it did before it came; what was shipped meanwhile is"
    " issued all the same.",
)
async def withdraw(writing: Writing, command: ReleaseWithdraw) -> Outcome:
    """Let a release in force count no more, and the one before again.

    Refused: NOT_FOUND; WRONG_STATE for one that is not in force, that came into force before it was
    kept what it took the place of, beside one that waits for consent, and once a later one of its
    account is in force or its account counts otherwise.
    """
    release, contract = await lock_release(writing, command, withdraw)
    (row,) = await writing.records(CumulativeAccount, "id", [release.account_id])
    place = ReleasePlace.of(row)
    known = await locked_places(writing, [place])
    replaced = _replaced(release, known, place)
    account = replaced.was(known.accounts[place])
    own = {"state": acts.WITHDRAWAL.becomes, "state_reason": command.reason}
    await change_rows(writing, {Release: [(release, own | {"period_id": replaced.period_id})]})
    if replaced.period_id != account.period_id:
        await _end_period(writing, account, replaced.period_id)
        known = await locked_places(writing, [place])
        account = known.accounts[place]
    force, line = Force(writing, known), known.lines[release.contract_line_id]
    known.active[line.id].pop((account.id, release.type), None)
    former = await _restored(force, contract, replaced.release_id)
    force.keep(place, known.without_day(account, release))
    force.lines[line.id], force.references[line.id] = line, account.received_reference
    restored = None if former is None else former.id
    writing.record(ReleaseWithdrawn(release.id, restored=restored))
    if former is not None:
        writing.record(ReleaseActivated(former.id, line_no=line.line_no, type=former.type))
    writing.record(ContractReleased(contract.id, line_no=line.line_no, type=release.type))
    await force.change()
    await write_rows(writing, force.new, force.reported)
    return {"release_id": release.id, "contract_line_id": line.id, "restored_id": restored}


def _replaced(release: Release, known: KnownLines, place: ReleasePlace) -> Replaced:
    """Return what a release took the place of. Refused: WRONG_STATE where that cannot be again."""
    if release.replaced is None:
        text = "What it took the place of was not kept yet: the next release takes its place."
        raise Refused(Code.WRONG_STATE, text, _PATH)
    replaced, account = Replaced.read(release.replaced), known.accounts[place]
    waiting = known.waiting[place.contract_line_id].get((account.id, release.type))
    if waiting is not None and waiting.release is not None:
        text = f"Release {waiting.release.number} waits for consent: decide on that first."
        raise Refused(Code.WRONG_STATE, text, _PATH)
    others = (it.release for it in known.active[place.contract_line_id].values())
    later = (
        it for it in others if it and it.id != release.id and it.received_at >= release.received_at
    )
    if (other := next(later, None)) is not None:
        text = f"Release {other.number} of its place came after it, and may count on it."
        raise Refused(Code.WRONG_STATE, text, _PATH)
    if account.period_id != release.period_id or figures_of(account) != replaced.after:
        text = "Its account counts otherwise since: the next release takes its place."
        raise Refused(Code.WRONG_STATE, text, _PATH)
    return replaced


async def _end_period(writing: Writing, account: Account, before_id: UUID) -> None:
    """End the period that a release began. before_id: of the one before, to which it goes back.

    With it goes what never came into force in it, or was taken back: that counts in none.
    Refused: WRONG_STATE where another release in force counts in it.
    """
    others = await writing.among(Release, "period_id", [account.period_id], lock=True)
    counting = (it for it in others if it.state is ReleaseState.ACTIVE)
    if (other := next(counting, None)) is not None:
        text = f"Release {other.number} counts in the period that it began."
        raise Refused(Code.WRONG_STATE, text, _PATH)
    await change_rows(writing, {Release: [(it, {"period_id": before_id}) for it in others]})
    ended = delete(AccountPeriod).where(
        AccountPeriod.merchant_id == writing.viewer.merchant_id,
        AccountPeriod.id == account.period_id,
    )
    await writing.session.execute(ended)


async def _restored(force: Force, contract: Contract, release_id: UUID | None) -> Release | None:
    """Bring the release before into force again; None where there is none."""
    if release_id is None:
        return None
    writing = force.writing
    former = (await writing.lock(Release, {release_id: _PATH}))[release_id]
    lines = await writing.records(ScheduleLine, "release_id", [release_id])
    (period,) = await writing.records(AccountPeriod, "id", [former.period_id])
    schedule = schedule_that_stands(former, lines, contract)
    standing = StandingRelease(former, schedule, period.starts_on)
    force.known.active[former.contract_line_id][former.account_id, former.type] = standing
    force.changed.append((former, {"state": ReleaseState.ACTIVE}))
    return former

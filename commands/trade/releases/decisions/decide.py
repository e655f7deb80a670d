"""What the merchant decides on releases that wait: consent finding by finding, or a rejection."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.trade.contracts.life import check_in_force
from commands.trade.contracts.times import outside
from commands.trade.releases.accounts.account import ReceivedReport, ReleasePlace, begun
from commands.trade.releases.accounts.sums import left_of
from commands.trade.releases.force import ComingRelease, Force
from commands.trade.releases.known import locked_lines, locked_places
from commands.writing.rows import change_rows, write_rows
from commands.writing.transaction import Outcome, Writing, check_state, missing
from commands.writing.verbs import AnyVerb, verb
from kit.errors import Path
from kit.ids import Names
from kit.inputs import Bulk, Command, Note, refuse_duplicates
from models.base.guards import guards
from models.events.trade.releases import ReleaseConsented, ReleaseRejected
from models.trade.contracts import acts
from models.trade.contracts.tables import Contract
from models.trade.releases import acts as release_acts
from models.trade.releases.findings import ReleaseFinding
from models.trade.releases.tables import CumulativeAccount, LastReceipt, Release
from models.trade.releases.words import ReleaseState

_PATH: Path = ("release_id",)


class ReleaseCommand(Command):
    """What is decided on one release."""

    release_id: Annotated[UUID, Names("Release")] = Field(description="The release.")


class ReleaseConsent(ReleaseCommand):
    """Consents to findings of a release."""

    finding_ids: Bulk[Annotated[UUID, Names("ReleaseFinding")]] = Field(
        description="Findings of it, each once."
    )


class ReleaseReject(ReleaseCommand):
    """Rejects a release."""

    reason: Note = Field(description="Why, for the customer.")


@verb(
    release_acts.CONSENT,
    "Consent to what was found of a release that waits. Once nothing of it awaits consent any more"
    " it comes into force, and the one before is superseded.",
)
async def consent(writing: Writing, command: ReleaseConsent) -> Outcome:
    """Consent to findings; one that was consented to before stays so.

    Refused: NOT_FOUND, DUPLICATE, WRONG_STATE for a release that does not wait any more; for its
    contract, before it comes into force, CONTRACT_SUSPENDED, WRONG_STATE and OUTSIDE_VALIDITY (K3).
    """
    with writing.refusals:
        refuse_duplicates(command.finding_ids, ("finding_ids",))
    release, contract = await lock_release(writing, command, consent)
    rows = await writing.among(ReleaseFinding, "release_id", [release.id], "place", lock=True)
    fresh = _wanted(command, rows)
    writing.refusals.end()
    await change_rows(
        writing, {ReleaseFinding: [(it, {"consented_at": writing.now}) for it in fresh]}
    )
    waiting = sum(it.is_awaiting for it in rows)
    if fresh:
        codes = tuple(dict.fromkeys(it.code for it in fresh))
        writing.record(ReleaseConsented(release.id, findings=codes, waiting=waiting))
    if not waiting:
        check_in_force(contract, _PATH)
        _check_lasting(writing, contract)
        await _bring(writing, release)
    return {"release_id": release.id, "contract_line_id": release.contract_line_id}


@verb(
    release_acts.REJECT,
    "Reject a release that waits; what was in force before stays so.",
)
async def reject(writing: Writing, command: ReleaseReject) -> Outcome:
    """Let a release that waits never come into force. Refused: NOT_FOUND, WRONG_STATE."""
    release, _ = await lock_release(writing, command, reject)
    release.state, release.state_reason = release_acts.REJECT.becomes, command.reason
    if release.counted_from is not None:
        await _forget_day(writing, release)
    writing.record(ReleaseRejected(release.id))
    return {"release_id": release.id, "contract_line_id": release.contract_line_id}


async def _forget_day(writing: Writing, release: Release) -> None:
    """Let an account count as one to be where only a release that never counts says its day."""
    (row,) = await writing.records(CumulativeAccount, "id", [release.account_id])
    place = ReleasePlace.of(row)
    known = await locked_places(writing, [place])
    account = known.accounts[place]
    if (undated := known.without_day(account, release)) != account:
        force = Force(writing, known)
        force.keep(place, undated)
        await write_rows(writing, force.new, force.reported)


async def lock_release(
    writing: Writing, command: ReleaseCommand, decision: AnyVerb
) -> tuple[Release, Contract]:
    """Lock a release as others do that come: after its contract and line.

    Refused: NOT_FOUND, WRONG_STATE.
    """
    key = command.release_id
    found = (await writing.get(Release, {key: _PATH}))[key]
    (contract,), _ = await locked_lines(writing, [found.contract_line_id])
    release = (await writing.lock(Release, {key: _PATH}))[key]
    with writing.refusals:
        check_state(release, decision.act.states, _PATH, f"Release {release.number}")
    return release, contract


def _wanted(command: ReleaseConsent, rows: Sequence[ReleaseFinding]) -> list[ReleaseFinding]:
    """Return the findings to which nobody has consented yet. Refused: NOT_FOUND."""
    of = {it.id: it for it in rows}
    for place, key in enumerate(command.finding_ids):
        if key not in of:
            raise missing(ReleaseFinding, ("finding_ids", place))
    wanted = (of[key] for key in command.finding_ids)
    return [it for it in wanted if it.consented_at is None]


@guards("K3")
def _check_lasting(writing: Writing, contract: Contract) -> None:
    """Refused: OUTSIDE_VALIDITY once the contract's last day is over."""
    if not acts.LASTING.test(writing, contract):
        raise outside(contract, _PATH)


async def _bring(writing: Writing, release: Release) -> None:
    """Bring a locked release into force, by its line's lock and what stands of it."""
    accounts = await writing.records(CumulativeAccount, "id", [release.account_id])
    place = ReleasePlace.of(accounts[0])
    known = await locked_places(writing, [place])
    contract = known.contracts[release.contract_id]
    day = begun(release.counted_from, contract, release.received_at)
    account = known.accounts[place].counting_from(day)
    notes = await writing.records(LastReceipt, "release_id", [release.id])
    report = ReceivedReport.of(release, contract, is_noted=any(it.is_ours for it in notes))
    wanted = {account.counting: account.instants}
    left = (await left_of(writing, wanted, {}))[account.counting]
    line, key = known.lines[release.contract_line_id], (release.account_id, release.type)
    standing = known.waiting[line.id][key]
    if standing.schedule is None:
        raise missing(Release, _PATH)
    force = Force(writing, known)
    replaced = force.bring(
        ComingRelease(
            release.id,
            release.type,
            place,
            line,
            account,
            standing.schedule,
            report,
            left,
        )
    )
    own = {"state": ReleaseState.ACTIVE, "period_id": account.period_id, "replaced": replaced.kept}
    await force.change()
    await write_rows(writing, force.new, force.reported)
    await change_rows(writing, {Release: [(release, own)]})

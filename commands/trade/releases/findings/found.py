"""What is odd about a release that comes in: each finding is kept with it and stops no message."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from commands.trade.releases.accounts.account import ReleasePlace
from commands.trade.releases.accounts.sums import NotedPart
from commands.trade.releases.findings.arriving import Arriving, Compared, Findings, Found, figure
from commands.trade.releases.findings.compared import COMPARISONS
from kit.ids import new_id
from models.base.guards import guards
from models.trade.contracts import acts
from models.trade.contracts.findings import ALWAYS_HOLDING, FindingCode
from models.trade.contracts.states import RUNNING, ContractState


@guards("K3", instead=())
def contract_over(release: Arriving) -> Findings:
    """Find that the contract was ended, or that its last day is over."""
    if release.contract.state not in RUNNING:
        text = f"The contract {release.contract.number} is {release.contract.state.value}."
        yield Found(FindingCode.CONTRACT_OVER, text)
    elif not acts.LASTING.test(release.writing, release.contract):
        text = f"The last day of {release.contract.number} was {release.contract.valid_to}."
        yield Found(FindingCode.CONTRACT_OVER, text, day=release.contract.valid_to)


def suspended(release: Arriving) -> Findings:
    """Find that the contract is suspended."""
    if release.contract.state is ContractState.SUSPENDED:
        text = f"The contract {release.contract.number} is suspended."
        yield Found(FindingCode.CONTRACT_SUSPENDED, text)


def ahead(release: Arriving) -> Findings:
    """Find that it says it was issued in time to come: nothing newer could ever take its place."""
    stated = release.item.issued_at
    if stated is not None and release.is_ahead:
        text = f"It says that it was issued at {stated.isoformat()}: it counts as issued now."
        yield Found(FindingCode.ISSUED_AHEAD, text, day=release.day(stated))


@guards("K7", instead=())
def outdated(release: Arriving) -> Findings:
    """Find that a newer release of the place and type is there, or this one itself.

    One that says something else under the same number, of the same instant, is newer.
    """
    other, item = release.newest.release, release.item
    if other is None:
        return
    number = other.release_no
    stated = None if release.is_ahead else item.issued_at
    same = item.number == other.number and stated in {None, other.issued_at}
    same = same or (item.release_no is not None and item.release_no == number)
    if same and release.repeats(other):
        yield Found(FindingCode.REPEATED, f"Release {other.number} is there already.")
    elif (release.issued_at, release.received_at) < (other.issued_at, other.received_at):
        when = "issued" if release.issued_at < other.issued_at else "received"
        at = getattr(other, f"{when}_at").isoformat()
        text = f"Release {other.number} was {when} at {at}, later."
        yield Found(FindingCode.OUTDATED, text, day=release.day(other.issued_at))
    elif item.release_no is not None and number is not None and item.release_no <= number:
        text = f"Release {other.number} is there, whose number is no lower."
        yield Found(FindingCode.OUTDATED, text, day=release.day(other.issued_at))
    elif other is not release.active.release:
        yield from out_of_sequence(release)


def out_of_sequence(release: Arriving) -> Findings:
    """Find that one that was sent after it, of the same instant, came before it.

    Both say one instant, so that nobody knows but by what their messages are called: it waits.
    """
    other, by = release.newest.release, release.item.overtaken_by
    if other is not None and by is not None and release.issued_at == other.issued_at:
        text = f"Release {other.number} of {by} is there, which was sent after it on the same day."
        day = release.day(other.issued_at)
        yield Found(FindingCode.OUTDATED, text, day=day, is_held=other is release.active.release)


def place(release: Arriving) -> Findings:
    """Find a plant that the contract does not list, and a place that is new beside others.

    Beside one that says less, or more, it holds, as a plant does that nobody knows: a plant and a
    dock of it may be one and the same, and would be demanded twice.
    """
    listed, wanted = release.contract.ship_to_ids, release.item.ship_to_id
    sums, its = release.known.sums[release.line.id], ReleasePlace.of(release.item)
    twin = next((it for it in release.beside if its.may_be(it)), None)
    if listed and wanted is not None and wanted not in listed:
        text = f"{release.contract.number} does not list this address."
        yield Found(FindingCode.UNKNOWN_PLACE, text)
    elif twin is not None:
        text = (
            f"Another release of this line may be for the same place, {_named(twin)}, and this one"
            f" is {_named(its)}: what both want may be one demand."
        )
        yield Found(FindingCode.UNKNOWN_PLACE, text)
    elif release.current.is_new and sums.accounts:
        text = f"No release of this line was for this place before, {_named(its)}."
        yield Found(FindingCode.NEW_PLACE, text)


def _named(place: ReleasePlace) -> str:
    if place.unloading_point is not None:
        return f"with unloading point {place.unloading_point}"
    return "without a place" if place.is_whole else "without an unloading point"


def period(release: Arriving) -> Findings:
    """Find that another period is counted in than before; of one to come it is told once."""
    current, day = release.current, release.item.counted_from
    is_unsaid = current.is_new or current.is_undated
    if day is None or is_unsaid or day == current.starts_on:
        return
    if day < current.starts_on:
        text = (
            f"It counts from {day}, and its place from {current.starts_on} already: with consent"
            " it counts in that period."
        )
        yield Found(FindingCode.PERIOD_WENT_BACK, text, day=day)
    elif release.account is current:
        if release.newest.release is not None and release.newest.release.counted_from == day:
            return
        text = (
            f"It tells of a period that begins on {day}: until then it counts in the one from"
            f" {current.starts_on}, and what it has received is not known from it."
        )
        yield Found(FindingCode.NEW_PERIOD, text, day=day)
    else:
        text = (
            f"It begins a new period on {day}: of the period before only firm quantities are"
            " compared, by what is open."
        )
        yield Found(FindingCode.NEW_PERIOD, text, day=day)


def received_figure(release: Compared) -> Findings:
    """Find that the customer has received less than it said before, or more than was issued."""
    reported, last = release.report.cumulative_received, release.account.last_received
    if reported is None:
        return
    if reported < last and not release.is_correction:
        text = f"The last cumulative received was {figure(last)}; now it is {figure(reported)}."
        yield Found(FindingCode.CUMULATIVE_FELL, text, expected=last, found=reported)
    left = release.left
    issued = release.account.opening + left.issued - left.since(release.report.stated_at).issued
    if reported > issued:
        text = f"{figure(issued)} was issued in this period; {figure(reported)} is reported."
        yield Found(FindingCode.RECEIVED_ABOVE_ISSUED, text, expected=issued, found=reported)


def notes(release: Arriving) -> Findings:
    """Find delivery notes that name no delivery of ours to its party, or may name several.

    One of a delivery for another place or line is ours, and counts nothing here.
    """
    for note in dict.fromkeys(release.item.notes):
        found = release.named.may_name(release.contract, note)
        text = f"No delivery of ours has the number {note}."
        if len(found) > 1:
            numbers = " or ".join(sorted(it.number for it in found))
            text = f"The note {note} may be that of {numbers}: it counts as none of them."
        if len(found) != 1:
            yield Found(FindingCode.UNKNOWN_NOTE, text)
            continue
        parts = release.named.parts[found[0].id]
        if all(it.account_id != release.account.id for it in parts):
            number = found[0].number
            named = number if note == number else f"{number} (note {note})"
            text = f"{named} {_elsewhere(release, parts)}"
            yield Found(FindingCode.NOTE_ELSEWHERE, text)


def _elsewhere(release: Arriving, parts: Sequence[NotedPart]) -> str:
    """Say what a delivery is for that brings nothing for a release's place. parts: of it."""
    own = [it for it in parts if it.contract_line_id == release.line.id]
    if not own:
        brought = " and ".join(sorted({it.sku for it in parts}))
        return f"brings {brought} of another line, and nothing of this one: it counts nothing here."
    place = own[0].went_to or "no known place"
    if own[0].unloading_point is not None:
        place = f"{place}, {own[0].unloading_point}"
    return f"goes to {place}: it counts there, and nothing here."


_LOOKS = (
    contract_over,
    suspended,
    ahead,
    out_of_sequence,
    place,
    period,
    received_figure,
    notes,
    *COMPARISONS,
)


def findings_of(release: Arriving) -> Sequence[Found]:
    """Return all that is odd about a release; one that was overtaken is compared with nothing."""
    late = list(outdated(release))
    return late or [it for look in _LOOKS for it in look(release)]


def rows_of(release: Arriving, release_id: UUID, findings: Sequence[Found]) -> list[dict[str, Any]]:
    """Return the rows of findings; to less in the firm zone its sender may have consented."""
    holding = ALWAYS_HOLDING.union(release.contract.holding_findings)
    consented = {FindingCode.FIRM_ZONE} if release.item.supplier_consent else ()
    return [
        {
            "merchant_id": release.line.merchant_id,
            "id": new_id(),
            "release_id": release_id,
            "place": place,
            "is_holding": each.is_held or each.code in holding,
            "consented_at": release.writing.now if each.code in consented else None,
            **{name: it for name, it in vars(each).items() if name != "is_held"},
        }
        for place, each in enumerate(findings, 1)
    ]

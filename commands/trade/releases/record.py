"""Releases arrive, one or many: each is taken in, and may supersede the one before it."""

from collections.abc import Collection
from typing import Any

from commands.trade.releases.accounts.account import ReleasePlace
from commands.trade.releases.inputs import ContractRelease, ReleasesRecord
from commands.trade.releases.intake import ReleaseIntake
from commands.trade.releases.meant import with_places
from commands.writing.faults import of_one_item
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from models.access.viewers import Scope
from models.base.acts import Act
from models.trade.contracts import acts


@verb(
    acts.RELEASE,
    "Send a schedule for one contract line: forecast or just in time, whole or as changes. It is"
    " taken in whatever it says; what is odd about it are its `findings`, and some of them let it"
    " wait for consent.",
)
async def release(writing: Writing, command: ContractRelease) -> Outcome:
    """Take a release in, whatever it says (K7): what is odd about it is found and kept with it.

    It comes into force, or waits for consent where the contract says so of a finding; what is
    newer is in force or waits already, it is SUPERSEDED at once.

    Refused: NOT_FOUND, WRONG_STATE for a draft's line, NOT_ALLOWED, INVALID for two
    numbers or none, SCALE_EXCEEDED, INVALID_WINDOW for the horizon, DUPLICATE for a delivery note,
    TOO_MANY_ITEMS when updates have made the schedule longer than one call may touch.
    """
    (item,) = await with_places(writing, [command])
    taken = await ReleaseIntake.of(writing, [item])
    found = taken.take(taken.look(item))
    await taken.write()
    return {"release_id": found.release_id, "contract_line_id": command.contract_line_id}


@verb(
    Act(Scope.CALL_OFFS_WRITE),
    "Send up to 250 schedules at once, as one message holds them, each as by `contractRelease`; one"
    " that is refused stops no other.",
)
async def record_all(writing: Writing, command: ReleasesRecord) -> Outcome:
    """Take releases in, by the same statements for any number of them.

    A result says beside ids what became of its release: `state`, and `waiting`, the codes of what
    awaits consent.

    Refused: of an item as `contractRelease`, and DUPLICATE for a line, place and type that stands
    in the call already.
    """
    items = await with_places(writing, command.releases)
    taken = await ReleaseIntake.of(writing, items)
    results: list[dict[str, Any]] = []
    named: set[Any] = set()
    for place, item in enumerate(items):
        await writing.room(1 + len(item.lines))
        try:
            _check_once(key := (ReleasePlace.of(item), item.type), named)
            with of_one_item():
                looked = taken.look(item)
            intake = taken.take(looked)
            ids: dict[str, Any] = {
                "release_id": intake.release_id,
                "contract_line_id": item.contract_line_id,
            }
            found: dict[str, Any] = {"status": "CREATED", "problems": []}
            found |= {"state": intake.state, "waiting": list(intake.waiting)}
            named.add(key)
        except Refused as refused:
            ids = {"release_id": None, "contract_line_id": None}
            problems = [it.below(("releases", place)) for it in refused.problems]
            found = {"status": "REFUSED", "problems": problems}
        results.append(ids | found)
    await taken.write()
    return {"results": results}


def _check_once(key: Any, named: Collection[Any]) -> None:
    """Refused: DUPLICATE for what the call has taken in already."""
    if key in named:
        text = "This line, place and type stands twice in one input."
        raise Refused(Code.DUPLICATE, text, ("contract_line_id",))

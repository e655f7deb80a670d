"""Releases arrive, one or many: each is taken in, and may supersede the one before it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from commands.trade.releases.accounts.account import ReleasePlace
from commands.trade.releases.inputs import ContractRelease, ReleaseContent, ReleasesRecord
from commands.trade.releases.intake import Intake, ReleaseIntake
from commands.trade.releases.meant import with_places
from commands.writing.faults import in_parts, of_one_item
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from models.access.viewers import Scope
from models.base.acts import Act
from models.trade.contracts import acts

_Item = tuple[int, ReleaseContent]
"""What is recorded, with its place in the input."""


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
    TOO_MANY_ITEMS when updates have made the schedule longer than one call may touch, OUT_OF_RANGE
    where a sum is larger than what can be kept.
    """
    (item,) = await with_places(writing, [command])
    taken = await ReleaseIntake.of(writing, [item])
    await taken.room(item)
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

    A result says beside ids what became of its release: `state`, `waiting`, the codes of what
    awaits consent, and `is_repeated`, whether it said only what stood already.

    Refused: of an item as `contractRelease`, and DUPLICATE for a line, place and type that stands
    in the call already.
    """
    named = dict[Any, ReleaseContent]()
    found = await in_parts(
        writing,
        list(enumerate(await with_places(writing, command.releases))),
        partial(_take, writing, named),
        lambda item, refused: _refused(item[0], refused),
    )
    return {"results": found}


async def _take(
    writing: Writing, named: dict[Any, ReleaseContent], items: Sequence[_Item]
) -> list[dict[str, Any]]:
    """Take some of a call's releases in. named: line, place and type -> what was taken in of it."""
    taken = await ReleaseIntake.of(writing, [item for _, item in items])
    results: list[dict[str, Any]] = []
    for place, item in items:
        await taken.room(item)
        try:
            key = ReleasePlace.of(item), item.type
            _check_once(named.setdefault(key, item) is item)
            with of_one_item():
                looked = taken.look(item)
            results.append(_taken(item, taken.take(looked)))
        except Refused as refused:
            if named[key] is item:
                del named[key]
            results.append(_refused(place, refused))
    await taken.write()
    return results


def _taken(item: ReleaseContent, intake: Intake) -> dict[str, Any]:
    ids = {"release_id": intake.release_id, "contract_line_id": item.contract_line_id}
    state = {"state": intake.state, "waiting": list(intake.waiting)}
    other = {"is_repeated": intake.is_repeated, "problems": []}
    return {**ids, "status": "CREATED", **state, **other}


def _refused(place: int, refused: Refused) -> dict[str, Any]:
    problems = [it.below(("releases", place)) for it in refused.problems]
    ids = {"release_id": None, "contract_line_id": None}
    return {**ids, "status": "REFUSED", "problems": problems}


def _check_once(is_first: bool) -> None:  # noqa: FBT001 -- all that it is about.
    """Refused: DUPLICATE for what the call has taken in already."""
    if not is_first:
        text = "This line, place and type stands twice in one input."
        raise Refused(Code.DUPLICATE, text, ("contract_line_id",))

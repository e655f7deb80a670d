"""Releases arrive, one or many: each is checked, and supersedes the one before it."""

from collections.abc import Collection
from typing import Any

from commands.trade.releases.inputs import ContractRelease, ReleasesRecord
from commands.trade.releases.intake import ReleaseIntake
from commands.trade.releases.known import ReleasePlace, known_of
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from models.access.viewers import Scope
from models.base.acts import Act
from models.trade.contracts import acts


@verb(
    acts.RELEASE,
    "Send a schedule for one contract line: forecast or just in time, whole or as changes.",
)
async def release(writing: Writing, command: ContractRelease) -> Outcome:
    """Put a release in force; the one before of its line, place and type is superseded (K7).

    Refused: NOT_FOUND, CONTRACT_SUSPENDED, WRONG_STATE, OUTSIDE_VALIDITY after the last day (K3),
    NOT_ON_CONTRACT for an address that the contract does not list, NOT_ALLOWED, INVALID for two
    numbers or none, SCALE_EXCEEDED, INVALID_WINDOW for the horizon, RELEASE_OUTDATED for one that
    was issued earlier, a number that is not higher or a cumulative that went back, FIRM_ZONE when
    firm demand falls in the firm zone (K8), TOO_MANY_ITEMS when updates have made the schedule
    longer than one call may touch.
    """
    taken = ReleaseIntake(writing, await known_of(writing, [command]))
    release_id = taken.take(command)
    await taken.write()
    return {"release_id": release_id, "contract_line_id": command.contract_line_id}


@verb(
    Act(Scope.CALL_OFFS_WRITE),
    "Send up to 250 schedules at once, as one message holds them; one that is refused stops no"
    " other.",
)
async def record_all(writing: Writing, command: ReleasesRecord) -> Outcome:
    """Put releases in force, by the same statements for any number of them.

    Refused: of an item as `contractRelease`, and DUPLICATE for a line, place and type that stands
    in the call already.
    """
    taken = ReleaseIntake(writing, await known_of(writing, command.releases))
    results: list[dict[str, Any]] = []
    named: set[Any] = set()
    for place, item in enumerate(command.releases):
        await writing.room(1 + len(item.lines))
        try:
            _check_once(key := (ReleasePlace.of(item), item.type), named)
            ids: dict[str, Any] = {
                "release_id": taken.take(item),
                "contract_line_id": item.contract_line_id,
            }
            found: dict[str, Any] = {"status": "CREATED", "problems": []}
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

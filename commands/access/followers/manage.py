"""What staff does with lanes that followers of the journal have set aside."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.access.followers import positions
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.ids import Names
from kit.inputs import Command
from models.access.followers import FollowerLane, SkipReason
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.access.followers import JournalFollowerRetried, JournalFollowerSkipped

MANAGE = Act(Scope.WORKERS_MANAGE)


class FollowerRetry(Command):
    """A lane that is to be tried again."""

    follower_lane_id: Annotated[UUID, Names("FollowerLane")] = Field(description="The lane.")


class FollowerSkip(FollowerRetry):
    """An entry that a follower is to pass by."""

    position: int = Field(
        description="Position of the entry that fails, as the lane told it: no other one is passed"
        " by."
    )
    reason: SkipReason = Field(description="Why; the journal keeps it.")


@verb(MANAGE, "Let a follower of the journal try again what it has set aside, at once.")
async def retry(writing: Writing, command: FollowerRetry) -> Outcome:
    """Put a lane on again, with all its tries. Refused: NOT_FOUND."""
    lane = await _locked(writing, command)
    await _put_on(writing, lane)
    writing.record(JournalFollowerRetried(lane.follower_id, position=lane.position))
    return {"journal_follower_id": lane.follower_id}


@verb(MANAGE, "Let a follower of the journal pass an entry by that it fails at, and go on behind.")
async def skip(writing: Writing, command: FollowerSkip) -> Outcome:
    """Pass the first entry of a lane by.

    Refused: NOT_FOUND; VERSION_CONFLICT where another entry is the first one by now.
    """
    lane = await _locked(writing, command)
    if lane.position != command.position:
        text = f"The entry that fails is at {lane.position}, not at {command.position}."
        raise Refused(Code.VERSION_CONFLICT, text, ("position",))
    lane.position += 1
    await _put_on(writing, lane)
    skipped = JournalFollowerSkipped(
        lane.follower_id, position=command.position, reason=command.reason
    )
    writing.record(skipped)
    return {"journal_follower_id": lane.follower_id}


async def _locked(writing: Writing, command: FollowerRetry) -> FollowerLane:
    key = command.follower_lane_id
    return (await writing.lock(FollowerLane, {key: ("follower_lane_id",)}))[key]


async def _put_on(writing: Writing, lane: FollowerLane) -> None:
    lane.attempts, lane.retry_at = 0, writing.now
    await positions.lock(writing, lane.follower_id)
    await positions.note_retry(writing, lane.follower_id)

"""Followers of the journal for the merchant's staff."""

from datetime import datetime
from typing import Any

import strawberry

from commands.access.followers import manage
from execution.fields import DECLARED, Written, related
from loaders.access import followers as loaders
from models.access.followers import FollowerLane as FollowerLaneRow
from models.access.followers import JournalFollower as JournalFollowerRow
from models.access.followers import SkipReason
from models.access.viewers import Scope
from schema.access.journal import Timeline, object_id, object_text, timeline
from schema.access.journal.events import Events, events
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node

described(
    SkipReason,
    "SkipReason",
    "Why a follower passes an entry by.",
    DONE_OTHERWISE="What follows from it was done in another way.",
    NOT_WANTED="Nobody wants what follows from it any more.",
    NEVER_SUCCEEDS="It fails whenever it is tried.",
)


@node(
    FollowerLaneRow,
    loaders.lane_by_id,
    Scope.WORKERS_MANAGE,
    "The entries of one object that a follower has set aside, because the first one fails; those of"
    " other objects go on.",
)
class FollowerLane(Node):
    """A lane."""

    @strawberry.field(
        description="Global id of the object; `node` reads it.",
        metadata={DECLARED: Written(object_text, object_id)},
    )
    def object_id(self: Any) -> strawberry.ID:
        """Name the type and the row."""
        return strawberry.ID(object_id(self, ""))

    position: int = strawberry.field(description="Position of the entry that fails.")
    attempts: int = strawberry.field(description="How often it has failed since it was put on.")
    reason: str = strawberry.field(description="What it failed with.")
    failed_at: datetime = strawberry.field(description="When it failed for the first time.")
    retry_at: datetime | None = strawberry.field(
        description="When it is tried again; null: it is parked until `followerRetry` or"
        " `followerSkip` puts it on again."
    )
    waiting: int = related(
        loaders.waiting,
        "Entries of the object from the one that fails on.",
        attribute="entries",
    )


@node(
    JournalFollowerRow,
    loaders.by_id,
    Scope.WORKERS_MANAGE,
    "A follower of the journal: what happens after events, in their order.",
)
class JournalFollower(Node):
    """A follower."""

    name: str = strawberry.field(description="What happens.")
    position: int = strawberry.field(
        description="Position in the journal up to which it was told of everything but lanes."
    )
    behind: int = related(loaders.lag, "Entries of which it was not told yet.", attribute="entries")
    behind_since: datetime | None = related(
        loaders.lag, "When the oldest of them was recorded; null for none.", attribute="since"
    )
    lanes: Connection[FollowerLane] | None = connection(
        loaders.lanes, "What it has set aside, the oldest entry first."
    )
    events: Events = events()
    timeline: Timeline = timeline()


@strawberry.type(description="Outcome of a mutation of one follower.")
class FollowerPayload(Payload):
    """The follower."""

    journal_follower: JournalFollower | None = related(
        loaders.by_id, "The follower; null when refused.", key="journal_follower_id"
    )


@strawberry.type(description="Outcome of `followerRetry`.")
class FollowerRetryPayload(FollowerPayload):
    """The follower whose lane was put on again."""


@strawberry.type(description="Outcome of `followerSkip`.")
class FollowerSkipPayload(FollowerPayload):
    """The follower that has passed an entry by."""


@strawberry.type
class FollowersQuery:
    """The root field that reads followers."""

    workers: Connection[JournalFollower] | None = connection(
        loaders.every,
        "Followers of the journal, with what they lag behind and what they have set aside; for"
        " staff.",
        key=None,
    )


@strawberry.type
class FollowersMutation:
    """Mutations of followers."""

    follower_retry: FollowerRetryPayload = mutation(manage.retry)
    follower_skip: FollowerSkipPayload = mutation(manage.skip)

"""A follower of the journal that has failed at its newest entry."""

from sqlalchemy import select

from kit.ids import new_id, to_global
from models.access.followers import FollowerLane, JournalFollower
from models.access.journal import JournalEntry
from tests.make import World

LANES = """
query ($id: ID!) { node(id: $id) { ... on JournalFollower {
  name position behind behindSince
  lanes(first: 9) { nodes { id objectId position attempts reason failedAt retryAt waiting } }
} } }
"""


async def failing(world: World) -> str:
    """Let a new follower have set the newest entry aside, parked; gives its global id."""
    own = {"merchant_id": world.merchant_id}
    newest = select(JournalEntry).where(JournalEntry.merchant_id == world.merchant_id)
    async with world.database.writing(world.merchant_id) as session:
        entry = (await session.scalars(newest.order_by(JournalEntry.position.desc()))).first()
        assert entry is not None
        follower = JournalFollower(
            **own, id=new_id(), name=f"fail {new_id()}", position=entry.position
        )
        session.add(follower)
        await session.flush()
        lane = {"aggregate": entry.aggregate, "aggregate_id": entry.aggregate_id}
        tried = {"attempts": 6, "reason": "ValueError: odd", "failed_at": world.clock()}
        session.add(
            FollowerLane(**own, follower_id=follower.id, position=entry.position, **lane, **tried)
        )
    return to_global("JournalFollower", follower.id)

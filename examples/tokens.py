"""The demo's tokens: made with the demo, and made anew when they are lost."""

from sqlalchemy import select

from commands.access.keys.operate import create_key
from examples import demo
from kit.clock import now
from kit.db.database import Database
from loaders.access.keys import viewer_of
from models.access.keys import ApiKey, Merchant
from models.access.viewers import Actor


async def tokens_of_demo(database: Database, kept: dict[str, str]) -> dict[str, str]:
    """Return the tokens (actor's name in small letters -> token), loading the demo if need be.

    kept: what an earlier start was given. It may be empty, or belong to another database: then
    the demo's keys get successors.
    """
    if kept and await _all_valid(database, kept):
        return kept
    return await _succeeding(database) or await demo.load(database)


async def _all_valid(database: Database, tokens: dict[str, str]) -> bool:
    reads = database.reading(None)
    try:
        return all([await viewer_of(token, reads, now()) for token in tokens.values()])
    finally:
        await reads.close()


async def _succeeding(database: Database) -> dict[str, str]:
    """Make a key like each of the demo's first ones; returns nothing where there is no demo."""
    keys = (
        select(ApiKey)
        .join(Merchant, Merchant.id == ApiKey.merchant_id)
        .where(Merchant.slug == demo.SLUG)
        .order_by(ApiKey.actor, ApiKey.id)
        .distinct(ApiKey.actor)
    )
    made = {}
    async with database.writing(None) as session:
        first = {key.actor: key for key in await session.scalars(keys)}
        for actor in (it for it in Actor if it in first):
            key = first[actor]
            _, made[actor.value.lower()] = await create_key(
                session, key.merchant_id, actor, key.name, now(), key.bound_to
            )
    return made

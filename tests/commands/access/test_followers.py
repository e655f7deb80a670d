"""Staff sees what followers of the journal have set aside, and decides on it."""

import pytest

from models.access.followers import JournalFollower
from models.access.viewers import Actor
from tests import make
from tests.make.access.followers import LANES, failing
from tests.make.feed import rows
from tests.workers.running.test_followers import Counted, following, happen, retried, stands, tell

WORKERS = "{ workers(first: 9) { nodes { id name behind lanes(first: 9) { nodes { id } } } } }"
RETRY = """
mutation ($input: FollowerRetryInput!) { followerRetry(input: $input) {
  journalFollower { events(first: 9) { nodes { type } } lanes(first: 9) { nodes { retryAt } } }
  userErrors { code field }
} }
"""
SKIP = """
mutation ($input: FollowerSkipInput!) { followerSkip(input: $input) {
  journalFollower { events(first: 9) { nodes {
    type ... on JournalFollowerSkipped { position reason }
  } } }
  userErrors { code field }
} }
"""


async def one(ask):
    """Return the only follower and its only lane, as staff reads them."""
    (follower,) = (await ask(WORKERS))["workers"]["nodes"]
    read = (await ask(LANES, id=follower["id"]))["node"]
    return read, read["lanes"]["nodes"]


async def parked(world):
    """Let a follower fail at the first of two entries of one object until its lane is parked."""
    key = world.merchant_id
    await happen(world, key, key, world.merchant_id)
    count = Counted({1: 9})
    followers = following(count)
    await tell(world, followers)
    for seconds in (1, 60):
        await retried(world, followers, seconds)
    return count, followers


async def test_staff_sees_how_far_a_follower_is_and_what_waits_why_and_since_when(world, ask):
    begun = world.clock()
    await parked(world)
    follower, (lane,) = await one(ask)
    assert (follower["name"], follower["position"], follower["behind"]) == ("count", 3, 0)
    assert follower["behindSince"] is None
    assert (lane["position"], lane["attempts"], lane["waiting"]) == (1, 3, 3)
    assert (lane["reason"], lane["retryAt"]) == ("RuntimeError", None)
    assert lane["failedAt"] == begun.isoformat()
    world.clock.advance(minutes=1)
    await happen(world, world.merchant_id)
    follower, _ = await one(ask)
    assert (follower["behind"], follower["behindSince"]) == (1, world.clock().isoformat())


@pytest.mark.harmless("followerRetry", "What happens then is told of by what is done.")
async def test_a_lane_that_is_put_on_again_is_tried_at_once_with_all_its_tries(world, ask):
    count, followers = await parked(world)
    assert [it.parked for it in await rows(world, JournalFollower)] == [1]
    _, (lane,) = await one(ask)
    answer = await ask(RETRY, input={"followerLaneId": lane["id"]})
    now = world.clock().isoformat()
    assert answer["followerRetry"] == {
        "journalFollower": {
            "events": {"nodes": [{"type": "JOURNAL_FOLLOWER_RETRIED"}]},
            "lanes": {"nodes": [{"retryAt": now}]},
        },
        "userErrors": [],
    }
    assert [it.parked for it in await rows(world, JournalFollower)] == [0]
    count.failing.clear()
    await retried(world, followers)
    assert (await one(ask))[1] == []
    assert await count.count(world) == 3


@pytest.mark.harmless("followerSkip", "What is passed by is not done, and breaks no rule so.")
async def test_an_entry_is_passed_by_for_a_reason_and_what_waits_behind_it_goes_on(world, ask):
    count, followers = await parked(world)
    _, (lane,) = await one(ask)
    skipped = {"followerLaneId": lane["id"], "position": 1, "reason": "DONE_OTHERWISE"}
    stale = await ask(SKIP, input={**skipped, "position": 2})
    assert make.reasons(stale["followerSkip"]["userErrors"]) == [("VERSION_CONFLICT", "position")]
    answer = (await ask(SKIP, input=skipped))["followerSkip"]
    (event,) = answer["journalFollower"]["events"]["nodes"]
    assert event == {"type": "JOURNAL_FOLLOWER_SKIPPED", "position": 1, "reason": "DONE_OTHERWISE"}
    pages = len(count.pages)
    await retried(world, followers)
    assert count.pages[pages:] == [[2], [3]]
    assert (await one(ask))[1] == []
    assert await stands(world) == (3, None)


async def test_a_lane_whose_only_entry_is_passed_by_is_gone(world, ask):
    key = world.merchant_id
    await happen(world, key)
    count = Counted({1: 9})
    followers = following(count)
    await tell(world, followers)
    _, (lane,) = await one(ask)
    await ask(SKIP, input={"followerLaneId": lane["id"], "position": 1, "reason": "NOT_WANTED"})
    await retried(world, followers)
    assert (await one(ask))[1] == []


async def test_nobody_else_sees_or_moves_followers(world, ask):
    await happen(world, world.merchant_id)
    follower = await failing(world)
    (lane,) = (await ask(LANES, id=follower))["node"]["lanes"]["nodes"]
    buyer = ask.by(await world.key(Actor.BUYER, world.merchant_id, role="BUYER"))
    refused = await buyer.answer(RETRY, input={"followerLaneId": lane["id"]})
    assert [it["extensions"]["code"] for it in refused["errors"]] == ["FORBIDDEN"]
    assert len(await rows(world, JournalFollower)) == 1

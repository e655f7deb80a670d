"""Keys share: all of a company spend from one bucket, all of a merchant from another one."""

from dataclasses import replace

from kit.ids import new_id
from models.access.viewers import Actor, Viewer
from resolvers.running.buckets import KEYS
from resolvers.running.context import Context, Terms
from resolvers.running.process import Process
from schema.schema import schema
from tests import make
from tests.api.access.test_cost_bucket import CHEAP, LIMITS, processes, sent
from tests.make.master import parties as make_parties
from tests.make.running import staff

__all__ = ["processes"]


async def test_all_keys_of_a_company_spend_from_one_bucket(processes, world) -> None:
    party = await make_parties.company(world)
    tokens = [await world.key(Actor.BUYER, party) for _ in range(3)]
    statuses = [
        (await sent(client, token)).status_code
        for _ in range(20)
        for client in processes
        for token in tokens
    ]
    assert (statuses.count(200), statuses.count(429)) == (LIMITS.bucket, 20)
    other = await world.key(Actor.BUYER, await make_parties.company(world))
    assert (await sent(processes[0], other)).status_code == 200


async def test_keys_with_numbers_of_their_own_have_together_no_more_than_their_company(
    processes, world
) -> None:
    party = await make_parties.company(world)
    size = 7
    tokens = [
        await world.key(Actor.BUYER, party, limits={"bucket": size})
        for _ in range(LIMITS.bucket // size + 2)
    ]
    statuses = [
        [(await sent(client, token)).status_code for client in processes for _ in range(size)]
        for token in tokens
    ]
    assert {it.count(200) for it in statuses[:2]} == {size}
    assert sum(it.count(200) for it in statuses) == LIMITS.bucket
    # Who was given more than others has it, within what its merchant has.
    more = await world.key(Actor.BUYER, party, limits={"bucket": 2 * LIMITS.bucket})
    answers = [(await sent(processes[0], more)).status_code for _ in range(2 * LIMITS.bucket)]
    assert set(answers) == {200}


async def test_new_keys_find_what_others_have_left_of_their_merchants_bucket(
    processes, world
) -> None:
    for _ in range(KEYS):
        token = await world.key(Actor.STAFF)
        answers = [await sent(processes[0], token) for _ in range(LIMITS.bucket)]
        assert {it.status_code for it in answers} == {200}
    for client in processes:
        new = await world.key(Actor.STAFF, limits={"bucket": 10_000, "restore": 10_000})
        assert (await sent(client, new)).status_code == 429
    other = await make.world(world.database, world.clock)
    assert (await sent(processes[0], other.token)).status_code == 200
    world.clock.advance(seconds=1)
    assert (await sent(processes[1], new)).status_code == 200


async def test_a_new_key_does_not_leave_behind_what_another_one_owes(world) -> None:
    process = Process(world.database)
    terms = Terms(limits=LIMITS)

    async def code(viewer: Viewer) -> str | None:
        context = Context(viewer, world.database, world.clock, terms=terms, process=process)
        found = await schema.execute(CHEAP, context_value=context)
        return found.errors[0].extensions["code"] if found.errors else None

    old, new = staff(world), replace(staff(world), key_id=new_id())
    context = Context(old, world.database, world.clock, terms=terms, process=process)
    context.begin()
    owed = 2 * KEYS * LIMITS.bucket
    context.bill.owe(owed)
    # It is paid bucket by bucket, by whichever of its keys asks.
    for _ in range(2):
        assert await code(new) == await code(old) == "THROTTLED"
        world.clock.advance(seconds=LIMITS.bucket / LIMITS.restore - 1)
    elsewhere = await make.world(world.database, world.clock)
    assert await code(staff(elsewhere)) is None

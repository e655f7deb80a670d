"""Following all that one sees: what was missed, then what happens, read once for everybody."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

import pytest
from sqlalchemy import update

from kit.errors import Code, Refused
from kit.ids import from_global, new_id, to_global
from kit.limits import DEFAULT_BOUNDS
from kit.loop.apart import Apart
from loaders.access.journal.changes import ChangesWanted, _Finding, every
from loaders.reading.cursors import cursor, page_args
from models.access.journal import JournalEntry
from models.access.viewers import Actor, allowed
from models.events.access.settings import MerchantSettingsCreated
from models.events.trade.orders import OrderPlaced
from models.trade.orders.tables import Order
from resolvers.access import journal as resolvers
from resolvers.access.journal import changed
from resolvers.running import following as reading
from resolvers.running.buckets import Bill
from resolvers.running.context import Call, Context
from resolvers.running.lanes import Lanes
from resolvers.running.process import Process
from tests.guard import counted
from tests.make.feed import rows
from tests.make.master import parties
from tests.make.running import staff, until
from tests.make.trade import orders
from tests.workers.running.test_followers import happen

NEVER_S = 3600.0


class Followed:
    """The changes of one viewer in a process."""

    def __init__(self, stack, world, process, viewer, **wanted):
        self._stack, self.lanes = stack, Lanes(DEFAULT_BOUNDS)
        self._wanted, call = ChangesWanted.read(wanted), Call(lanes=self.lanes)
        self.context = Context(viewer, world.database, world.clock, call=call, process=process)

    async def begin(self, after=None):
        self.context.begin()
        found = await changed(self.context, self._wanted, after)
        self.found = await self._stack.enter_async_context(aclosing(found))
        return self

    async def next(self):
        change = await anext(self.found)
        await self.context.pause()
        return change

    def soon(self):
        """Wait for the next one beside what is done meanwhile, until the test's end at most."""
        waiting = asyncio.ensure_future(self.next())
        self._stack.push_async_callback(_given_up, waiting)
        return waiting


async def _given_up(waiting):
    waiting.cancel()
    await asyncio.wait([waiting])


@pytest.fixture
async def following(world):
    """Give what follows in one process, by hints alone, as staff or as another viewer."""
    process = Process(world.database)
    process.following = reading.Following(world.database, NEVER_S)
    async with AsyncExitStack() as stack:

        async def followed(viewer=None, after=None, **wanted):
            viewer = viewer or staff(world)
            return await Followed(stack, world, process, viewer, **wanted).begin(after)

        yield followed


def buyer(world, company):
    of = {"actor": Actor.BUYER, "bound_to": company, "scopes": allowed(Actor.BUYER)}
    return replace(staff(world), key_id=new_id(), **of)


def _noted(monkeypatch, of, name, calls):
    """Let a method note that it is called in this process."""
    usual = getattr(of, name)

    def noted(*about):
        calls.append(about)
        return usual(*about)

    monkeypatch.setattr(of, name, noted)


async def are_there(world, *waiting, count):
    """Wait until so many follow the journal."""
    following = waiting[0].context.following
    await until(lambda: following.count(world.merchant_id) == count)


async def test_missed_changes_come_first_then_new_ones_and_a_cursor_goes_on(world, following):
    keys = [new_id() for _ in range(3)]
    first = await following()
    waiting = first.soon()
    await are_there(world, first, count=1)
    await happen(world, *keys)
    one = await waiting
    again = await following(after=one.cursor)
    two, three = await again.next(), await again.next()
    assert [it.event_id for it in (two, three)] == [
        it.event_id for it in (await first.next(), await first.next())
    ]
    four = again.soon()
    await happen(world, new_id())
    assert (await four).event_id == (await first.next()).event_id
    with pytest.raises(Refused, match="not a cursor"):
        await following(after="b3Jk")


async def test_what_was_missed_is_found_by_a_statement_that_is_written_once_beside_the_loop(
    world, ask, following, monkeypatch
):
    """Further pages need no other one; another company pays for it, too, and is told of its own."""
    monkeypatch.setattr(resolvers, "_MISSED", 1)
    placed = {}
    for company in [await parties.company(world) for _ in range(2)]:
        made = [await orders.order(world, ask, partyId=to_global("Party", company)) for _ in "123"]
        placed[company] = [from_global(it["id"])[1] for it in made]
    entries = {it.aggregate_id: it for it in await rows(world, JournalEntry)}
    tag = every.page(page_args(1, None, None, None), None, None).tag
    written, here, owed = [], [], []
    _noted(monkeypatch, Apart, "long", written)
    _noted(monkeypatch, _Finding, "__init__", here)
    _noted(monkeypatch, Bill, "owe_planning", owed)
    first, second = placed
    paid = []
    for company in (first, first, second):
        last, *missed = [entries[it] for it in placed[company]]
        after = cursor(tag, (last.sequence, last.id))
        follower = await following(buyer(world, company), after, types=("order.placed",))
        assert [(await follower.next()).event_id for _ in missed] == [it.id for it in missed]
        paid.append(sum(points for _, points in owed))
        owed.clear()
    assert (len(written), here) == (1, [])
    assert paid[1] == 0 < paid[0] == paid[2]


async def test_only_what_is_wanted_is_sent(world, following):
    key = new_id()
    of_type = await following(types=("merchant_settings.created",))
    of_one = await following(about=to_global("ApiKey", key))
    of_kind = await following(aggregates=("MERCHANT_SETTINGS",))
    waiting = [it.soon() for it in (of_type, of_one, of_kind)]
    await are_there(world, of_type, count=3)
    await happen(world, new_id())
    await happen(world, key)
    await happen(world, world.merchant_id, event=MerchantSettingsCreated)
    settings, revoked, same = [await it for it in waiting]
    assert settings.event_id == same.event_id != revoked.event_id


async def test_many_cost_one_read_of_the_journal_and_each_is_told_of_its_own(world, ask, following):
    companies = [await parties.company(world) for _ in range(8)]
    order = await orders.order(world, ask, partyId=to_global("Party", companies[2]))
    # Each makes a process look, also where it comes late and there is nothing new any more.
    heard = []
    with world.database.hints.heard(world.merchant_id, lambda: heard.append("a hint")):
        buyers = [await following(buyer(world, it)) for it in companies for _ in range(3)]
        everything = await following()
        waiting = [it.soon() for it in (*buyers, everything)]
        await are_there(world, everything, count=len(waiting))
        with counted(world.database.engine) as sent:
            key = from_global(order["id"])[1]
            await happen(world, key, event=lambda it: OrderPlaced(it, lines=1))
            changes = await asyncio.gather(*waiting[6:9], waiting[-1])
    assert len({it.event_id for it in changes}) == 1
    assert not any(it.done() for it in (*waiting[:6], *waiting[9:-1]))
    reads = [it for it in sent if "ORDER BY journal.position" in it]
    audiences = [it for it in sent if "AS viewers" in it]
    assert 1 <= len(reads) <= len(heard) < len(companies)
    assert len(audiences) == 1


async def test_who_has_missed_nothing_holds_no_turn_while_it_waits(world, following):
    first = await following()
    waiting = first.soon()
    await are_there(world, first, count=1)
    await happen(world, new_id())
    again = await following(after=(await waiting).cursor)
    again.soon()
    # It has looked what it has missed, and has given its turn back.
    await until(lambda: again.lanes.came)
    assert again.lanes.came == 1


async def test_what_its_follower_does_not_see_any_more_is_passed_by_and_holds_no_turn(
    world, ask, following
):
    company, another = [await parties.company(world) for _ in range(2)]
    gone, kept = [
        from_global((await orders.order(world, ask, partyId=to_global("Party", company)))["id"])[1]
        for _ in range(2)
    ]
    slow, quick = [await following(buyer(world, company)) for _ in range(2)]
    waiting = [it.soon() for it in (slow, quick)]
    await are_there(world, slow, count=2)
    await happen(world, kept, event=lambda it: OrderPlaced(it, lines=1))
    await asyncio.gather(*waiting)
    came = slow.lanes.came
    one = quick.soon()
    await happen(world, gone, event=lambda it: OrderPlaced(it, lines=1))
    await one
    # It waits for the slow one, too, who looks at it when it is another company's.
    async with world.database.owner.writing(world.merchant_id) as session:
        of = update(Order).where(Order.merchant_id == world.merchant_id, Order.id == gone)
        await session.execute(of.values(party_id=another))
    following_on = slow.soon()
    await until(lambda: slow.lanes.came == came + 1)
    await happen(world, kept, event=lambda it: OrderPlaced(it, lines=1))
    change = await following_on
    (last,) = [it for it in await rows(world, JournalEntry) if it.id == change.event_id]
    assert last.aggregate_id == kept


async def test_a_look_that_finds_nothing_asks_nothing_else(world, following):
    company = await parties.company(world)
    follower = await following(buyer(world, company))
    follower.soon()
    await are_there(world, follower, count=1)
    with counted(world.database.engine) as sent:
        for looks in (1, 2):
            world.database.hints.ring(world.merchant_id)
            await until(lambda looks=looks: sum("FROM journal" in it for it in sent) >= looks)
    assert not [it for it in sent if "AS viewers" in it]


async def test_a_slow_one_is_ended_and_goes_on_later_while_others_are_told(
    world, following, monkeypatch
):
    queued = 100
    monkeypatch.setattr(reading, "QUEUED", queued)
    slow, quick = await following(), await following()
    first, other = slow.soon(), quick.soon()
    await are_there(world, slow, count=2)
    key = new_id()
    await happen(world, key)
    begun = await first
    seen = [await other]
    for _ in range(queued // 50 + 1):
        await happen(world, *[key] * 50)
        seen += [await quick.next() for _ in range(50)]
    kept = [await slow.next() for _ in range(queued)]
    assert [begun, *kept] == seen[: 1 + queued]
    with pytest.raises(Refused, match="faster") as refused:
        await slow.next()
    assert refused.value.problems[0].code is Code.TOO_SLOW
    again = await following(after=kept[-1].cursor)
    found = [await again.next() for _ in range(50)]
    assert found == seen[1 + queued : 51 + queued]


async def test_a_bulk_ends_nobody_who_reads(world, following):
    reader = await following()
    first = reader.soon()
    await are_there(world, reader, count=1)
    keys = [new_id() for _ in range(501)]
    await happen(world, *keys)
    found = [await first, *[await reader.next() for _ in keys[1:]]]
    assert len({it.event_id for it in found}) == len(keys)

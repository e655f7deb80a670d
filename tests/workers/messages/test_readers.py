"""Messages are read in the background: what takes long delays no short one of somebody else."""

import asyncio

import pytest
from sqlalchemy import select

from commands.messages.readers import by_partner
from commands.messages.readers.declared import MessageReader, Reading
from commands.messages.readers.registered import READERS
from models.access.dues import Due, DueKind
from models.master.channels import Channel
from tests import make
from tests.make.feed import rows
from tests.make.master.channels import channel
from tests.make.messages import files
from tests.make.running import until
from workers.messages.readers import READ_LONG_MESSAGES, READ_MESSAGES
from workers.running.chores import Chore, Chores

pytestmark = pytest.mark.usefixtures("all_recorded")

NOTES = by_partner.SHORT_BYTES // 500
LONG = files.FILE.replace(
    b"UNT+12+1", b"FTX+AAI+++%s'" % (b"x" * 500) * NOTES + b"UNT+%d+1" % (12 + NOTES)
)


async def _sent(ask: make.Ask, content: bytes) -> None:
    partner = await files.partner(ask)
    taken = await files.received(ask, files.interchange(partner["identification"], "R", content))
    assert taken["state"] == "ACCEPTED"


async def _do(world: make.World, chore: Chore) -> None:
    """Do what a chore finds, for each merchant in turn, until there is no more."""
    now = world.clock()
    reads = world.database.reading(None)
    left = await reads.rows(chore.found, {**chore.values, "now": now})
    await reads.close()
    while left:
        each = [(it, chore.step(world.database, it.merchant_id, it.subject, now)) for it in left]
        left = [it for it, done in each if await done]


class LastsUntil:
    """A reader whose messages of one merchant last until one of somebody else is read."""

    def __init__(self, long_of: make.World) -> None:
        self.turns = list[str]()
        self.begun, self._other = asyncio.Event(), asyncio.Event()
        self._long_of = long_of.merchant_id

    async def __call__(self, writing, _incoming):
        if writing.viewer.merchant_id != self._long_of:
            self.turns.append("short")
            self._other.set()
            return Reading(())
        writing.extent.touch(4)
        self.turns.append("long begins")
        self.begun.set()
        async with asyncio.timeout(60):
            await self._other.wait()
        self.turns.append("long ends")
        return Reading(())


@pytest.mark.parametrize("content", [files.FILE, LONG], ids=["touches much", "has many bytes"])
async def test_a_long_message_of_one_merchant_delays_no_short_one_of_another(
    world, ask, client, monkeypatch, content: bytes
) -> None:
    other, reader = await make.world(world.database, world.clock), LastsUntil(world)
    monkeypatch.setattr(by_partner, "SHORT_LINES", 3)
    monkeypatch.setitem(READERS, "DELFOR", MessageReader(frozenset({"97A"}), reader))
    await _sent(ask, content)
    await _do(world, READ_MESSAGES)
    assert reader.turns == []
    long = asyncio.create_task(_do(world, READ_LONG_MESSAGES))
    await reader.begun.wait()
    await _sent(make.Ask(client, other.token), files.FILE)
    await _do(world, READ_MESSAGES)
    await long
    assert reader.turns == ["long begins", "short", "long ends"]
    assert (await files.read_all(world), await files.read_all(other)) == (1, 0)


async def test_a_short_message_that_waits_for_others_is_put_aside_and_read_later(
    world, ask, monkeypatch
) -> None:
    """Its partner's wait behind it, and nobody else's."""
    monkeypatch.setattr(by_partner, "LOCK_S", 0.05)
    held, done = await channel(world), list[str]()

    async def locking(writing, _incoming):
        done.append("asks")
        await writing.lock(Channel, {held: ()})
        done.append("holds")
        return Reading(())

    async def free(_writing, _incoming):
        done.append("free")
        return Reading(())

    for type_, apply in (("DELFOR", locking), ("DELJIT", free)):
        monkeypatch.setitem(READERS, type_, MessageReader(frozenset({"97A"}), apply))
    own = Channel.merchant_id == world.merchant_id
    await _sent(ask, files.FILE)
    await _sent(ask, files.FILE.replace(b"DELFOR", b"DELJIT"))
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(select(Channel).where(own, Channel.id == held).with_for_update())
        await _do(world, READ_MESSAGES)
    assert sorted(done) == ["asks", "free", "free"]
    done.clear()
    await _do(world, READ_LONG_MESSAGES)
    await _do(world, READ_MESSAGES)
    assert done == ["asks", "holds", "free"]


async def test_a_message_that_is_uploaded_is_read_at_once(world, ask) -> None:
    """By another process, which hears of it: it looks no more by itself."""
    process = make.Walled(world.database.url, world.database.owner.url)
    chores = Chores(process, world.clock, poll_s=86_400.0)
    async with chores.running(READ_MESSAGES):
        await _sent(ask, files.FILE)
        await until(lambda: chores.counted["read messages", "DONE"] == 3)
    await process.close()
    found = await ask("{ interchangeMessages(first: 9) { nodes { fate } } }")
    assert "WAITING" not in {it["fate"] for it in found["interchangeMessages"]["nodes"]}
    assert DueKind.READ_MESSAGES not in {it.kind for it in await rows(world, Due)}

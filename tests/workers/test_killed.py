"""Workers that are killed lose nothing, double nothing, and mix nothing up: make kill plays longer.

The seed is printed; ABRUF_KILL_SEED plays the same again.
"""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from kit.ids import new_id
from models.access.followers import FollowerLane
from tests import make
from tests.make.feed import rows
from tests.workers.running.test_followers import happen, stands

ROOT = Path(__file__).parents[2]
CHANGES = int(os.environ.get("ABRUF_KILL_CHANGES", "120"))
MERCHANTS = int(os.environ.get("ABRUF_KILL_MERCHANTS", "3"))
KILLS = int(os.environ.get("ABRUF_KILLS", "2"))
WORKERS = 2 if KILLS < 10 else 3
TABLE = """
CREATE TABLE noted (
    place bigserial, merchant_id uuid, entry_id uuid, aggregate_id uuid, sequence bigint
);
GRANT INSERT, SELECT ON noted TO PUBLIC; GRANT USAGE ON noted_place_seq TO PUBLIC
"""
NOTED = text("SELECT entry_id, aggregate_id, sequence FROM noted WHERE merchant_id = :merchant")
ENTRIES = text("SELECT id, aggregate_id, sequence FROM journal WHERE merchant_id = :merchant")


class Worker:
    """A worker in a process of its own."""

    def __init__(self, url: str, chance: random.Random) -> None:
        self._url, self._chance = url, chance
        self.process: asyncio.subprocess.Process

    async def start(self) -> "Worker":
        words = ("-m", "tests.workers.following", self._url, str(self._chance.random())[2:12])
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=ROOT, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
        )
        assert self.process.stdout is not None
        assert await self.process.stdout.readline() == b"following\n"
        return self

    async def kill(self) -> None:
        self.process.kill()
        await self.process.communicate()

    async def stop(self) -> int:
        self.process.terminate()
        await self.process.communicate()
        return self.process.returncode or 0


@pytest.fixture
async def noting(new_database, as_app, migrated):
    """Give a database with a table in which followers note what they are told of."""
    url = await asyncio.to_thread(new_database, "noting", migrated)
    database = make.Walled(as_app(url), url)
    async with database.owner.engine.begin() as connection:
        for statement in TABLE.split(";"):
            await connection.execute(text(statement))
    yield database
    await database.close()


async def change(worlds, chance):
    """Write changes of a few objects of each merchant, some together."""
    objects = {it.merchant_id: [new_id() for _ in range(7)] for it in worlds}
    for _ in range(CHANGES):
        world = chance.choice(worlds)
        await happen(world, *chance.sample(objects[world.merchant_id], chance.randint(1, 3)))
        await asyncio.sleep(0)


async def all_noted(world):
    """Wait until as much is noted as has happened; give both, by object in the order of noting."""
    own = {"merchant": world.merchant_id}
    async with asyncio.timeout(300):
        while True:
            async with world.database.writing(world.merchant_id) as session:
                happened = (await session.execute(ENTRIES, own)).all()
                ordered = text(f"{NOTED.text} ORDER BY place")
                noted = (await session.execute(ordered, own)).all()
            if len(noted) >= len(happened) and not await rows(world, FollowerLane):
                return happened, noted
            await asyncio.sleep(0.05)


async def test_what_killed_workers_had_in_hand_is_told_once_and_in_order(noting, clock):
    seed = int(os.environ.get("ABRUF_KILL_SEED", "20261129"))
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    worlds = [await make.world(noting, clock) for _ in range(MERCHANTS)]
    workers = await asyncio.gather(*(Worker(noting.url, chance).start() for _ in range(WORKERS)))
    changing = asyncio.create_task(change(worlds, chance))
    for _ in range(KILLS):
        await asyncio.sleep(chance.random() * 0.5)
        worker = chance.choice(workers)
        await worker.kill()
        await worker.start()
    await changing
    for world in worlds:
        happened, noted = await all_noted(world)
        assert sorted(noted) == sorted(happened), "each entry once, and nobody else's"
        for aggregate in {it.aggregate_id for it in happened}:
            of_object = [it.sequence for it in noted if it.aggregate_id == aggregate]
            assert of_object == sorted(of_object)
        assert await stands(world) == (len(happened), None)
    assert {await it.stop() for it in workers} == {0}

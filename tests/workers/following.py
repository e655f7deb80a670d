"""A worker of a test, as a process of its own: `python -m tests.workers.following URL SEED`.

Its follower writes down what it is told of, and fails now and then.
"""

import asyncio
import random
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from commands.access.followers.entries import JournalEvent
from commands.writing.transaction import Writing
from kit.clock import now
from kit.db.database import Database
from workers.running.chores import Chores
from workers.running.followers import Follower, Followers, chores_of

FAILS = 0.1
NOTE = text("""
INSERT INTO noted (merchant_id, entry_id, aggregate_id, sequence)
VALUES (:merchant, :entry, :aggregate, :sequence)
""")


async def _work(url: str, seed: int) -> None:
    chance = random.Random(seed)

    async def note(writing: Writing, events: Sequence[JournalEvent]) -> None:
        for each in events:
            values = {"merchant": writing.viewer.merchant_id, "entry": each.id}
            about = {"aggregate": each.aggregate_id, "sequence": each.sequence}
            await writing.session.execute(NOTE, values | about)
        if chance.random() < FAILS:
            raise ArithmeticError

    database, stop = Database(url), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    followers = Followers(Follower("note", note, pauses=(timedelta(seconds=0.02),) * 1_000))
    async with Chores(database, now, poll_s=0.2).running(*chores_of(followers)):
        sys.stdout.write("following\n")
        sys.stdout.flush()
        await stop.wait()
    await database.close()


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1], int(sys.argv[2])))

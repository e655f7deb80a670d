"""`make bench-quick`: the planner against the reference executor on one process, in turn.

Both answer over ASGI without a network, on the same data, and must give the same values first.
The last line is one JSON object: for each operation the ratio of requests per second and of this
process's CPU, and the statements of a request.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

import migrations
from bench import dataset
from commands import keys
from kit import embedded
from kit.clock import now
from kit.database import Database
from kit.viewer import Actor
from resolvers.context import Terms
from server import application

TREE = """
  id number state placedAt currency
  lines { id lineNo ordered shipped delivered unitPrice { amount currency } product { id sku } }
  deliveries {
    id number state window { earliest latest timeZone }
    lines { id planned shipped }
    parcels { id sscc status events(first: 10) { nodes { id status occurredAt } } }
  }
"""
OPERATIONS = {
    "list": f"{{ orders(first: 20) {{ nodes {{ {TREE} }} }} }}",
    "one": f'{{ order(number: "O-0000007") {{ {TREE} }} }}',
    "walked": "{ viewer { name } orders(first: 20) { nodes { isOpen lines { id lineNo } } } }",
}
ROUNDS, SECONDS = 5, 1.0
Send = Callable[[str], Awaitable[bytes]]


async def _measured(send: Send, operation: str) -> tuple[float, float]:
    """Return requests per second of wall time and of CPU time."""
    count, wall, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < SECONDS:
        await asyncio.gather(*(send(operation) for _ in range(4)))
        count += 4
    return count / (time.perf_counter() - wall), count / (time.process_time() - cpu)


async def _compared(ours: Send, reference: Send, operation: str) -> dict[str, float]:
    answers = [json.loads(await send(operation)) for send in (ours, reference)]
    if answers[0] != answers[1] or "errors" in answers[0]:
        sys.exit(f"The answers differ: {answers}"[:2000])
    rounds = [
        (await _measured(ours, operation), await _measured(reference, operation))
        for _ in range(ROUNDS)
    ]
    wall = statistics.median(ours[0] / theirs[0] for ours, theirs in rounds)
    cpu = statistics.median(ours[1] / theirs[1] for ours, theirs in rounds)
    sys.stderr.write(f"{operation[:40]!r}: {rounds}\n")
    return {"over_reference": round(wall, 1), "cpu_over_reference": round(cpu, 1)}


def _send(database: Database, token: str, *, plans: bool) -> Send:
    transport = httpx.ASGITransport(application(database, terms=Terms(plans=plans)))
    client = httpx.AsyncClient(
        transport=transport,
        base_url="http://abruf",
        headers={"Authorization": f"Bearer {token}"},
    )

    async def send(operation: str) -> bytes:
        return (await client.post("/graphql", json={"query": operation})).content

    return send


async def _run(server: embedded.Server, orders: int) -> dict[str, Any]:
    owner, database = Database(server.owner_url), Database(server.app_url)
    async with owner.writing(None) as session:
        merchant = await keys.create_merchant(session, "bench", "bench", now(), "4012345")
        _, token = await keys.create_key(session, merchant.id, Actor.STAFF, "staff", now())
    await dataset.fill(owner, merchant.id, orders)
    ours, reference = (_send(database, token, plans=it) for it in (True, False))
    found = {name: await _compared(ours, reference, it) for name, it in OPERATIONS.items()}
    await database.close()
    await owner.close()
    return found


def main() -> None:
    """Build the data in a PostgreSQL of its own, measure, and print the ratios."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.running(Path(folder), durable=False) as server,
    ):
        migrations.upgrade(server.owner_url)
        found = asyncio.run(_run(server, orders))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()

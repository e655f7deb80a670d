"""The form of schedules: what it costs to take a large one in, and to read its demand."""

import resource
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson

from bench import data, engines
from bench.data import plain
from bench.data.contracts import VALID
from bench.engines import Engine
from bench.measuring.check import Asker, DifferentError
from bench.measuring.load import Load, measured
from bench.measuring.requests import Request
from bench.measuring.wire import Wire, wire
from bench.operations import OURS
from bench.operations import schedules as words
from bench.operations.schedules import Shape
from bench.progress import say
from commands.access.keys import operate as keys
from commands.messages.readers.folders import exchange
from commands.writing.running.run import Author
from kit.clock import now
from kit.db.database import Database
from kit.embedded import Server
from kit.inputs import LARGEST_BULK
from loaders.reading.wholes import MOST_COUNTED
from models.access.viewers import Actor, by_itself

_SECONDS, _PAGES_BEFORE = 10.0, 5
_NAME = "bench_schedule"
_PLACE = {"line1": "Ringstr. 1", "postalCode": "50667", "city": "Köln", "country": "DE"}
_TERMS = {"targetQuantity": "1000000", "unitPrice": "2.5"}


@dataclass(frozen=True)
class _Customer:
    """Who is asked: a merchant by a key of its staff, and ids of the customer's there."""

    merchant: UUID
    token: str
    party: str
    line: str

    def request(self, document: str, **variables: Any) -> Request:
        body = {"query": document, "variables": variables}
        return Request("/graphql", self.token, orjson.dumps(body).decode())


async def schedule(
    server: Server, shape: Shape | None = None, seconds: float = _SECONDS, name: str = _NAME
) -> dict[str, Any]:
    """Take a schedule in as a file of a folder, then time pages of the customer's demand.

    seconds: in which each page is asked for. name: of its database. DifferentError: the demand is
    not what was sent.
    """
    shape = shape or Shape()
    async with data.empty(server, name) as there, wire(plain(there.app_url)) as way:
        merchant, token = await _merchant(there)
        async with _answering(way.url, merchant) as (asker, _):
            customer = await _agreed(asker, merchant, token, shape)
        # While no server runs, whose worker might read it, too.
        say(f"Taking {shape.lines:,} schedule lines in.")
        took = await _take(way, merchant, shape)
        await _analyse(there)
        async with _answering(way.url, merchant) as (asker, _):
            await _check(asker, customer, shape)
            pages = await _pages(asker, customer, shape)
            counts = {page: await _statements(asker, way, it) for page, it in pages.items()}
        async with _answering(plain(there.app_url), merchant) as (_, engine):
            times = {}
            for page, request in pages.items():
                found = await measured(Load(engine.ports, [request.wire], 1, seconds, seconds / 5))
                times[page] = {"median": round(found.median, 1), "p99": round(found.p99, 1)}
                times[page] |= {"sent": found.sent, "statements": counts[page]}
                say(f"{page}: {times[page]}")
            memory = round(await engine.memory(), 1)
    summary = {"file": took, "demand": times, "memory": memory}
    return {"shape": {**asdict(shape), "lines": shape.lines}, "summary": summary}


async def _merchant(server: Server) -> tuple[UUID, str]:
    owner = Database(server.owner_url)
    try:
        async with owner.writing(None) as session:
            made = await keys.create_merchant(session, "bench", "Bench", now())
            _, token = await keys.create_key(session, made.id, Actor.STAFF, "bench", now())
            return made.id, token
    finally:
        await owner.close()


@asynccontextmanager
async def _answering(url: str, merchant: UUID) -> AsyncIterator[tuple[Asker, Engine]]:
    async with engines.running({OURS: url}, str(merchant), 1) as running:
        engine = running[OURS]
        base = f"http://127.0.0.1:{engine.ports[0]}"
        async with httpx.AsyncClient(base_url=base, timeout=60) as client:
            yield Asker(OURS, client), engine


async def _agreed(asker: Asker, merchant: UUID, token: str, shape: Shape) -> _Customer:
    """Make the articles, the customer with its places, contracts over all and its profile."""
    sender = _Customer(merchant, token, "", "")

    async def written(document: str, **values: Any) -> Any:
        answer = await asker.answer(sender.request(document, input=values))
        return answer["data"]["answer"]

    places = [{"code": it, "place": _PLACE, "timeZone": words.ZONE} for it in shape.plants]
    item = {"number": "P-1", "name": "Customer", "addresses": places}
    (made,) = (await written(words.PARTIES, parties=[item]))["results"]
    party, first = made["party"]["id"], ""
    for at in range(0, shape.articles, LARGEST_BULK):
        items = [{"sku": it, "name": it} for it in shape.skus[at : at + LARGEST_BULK]]
        products = (await written(words.PRODUCTS, products=items))["results"]
        lines = [{"productId": it["product"]["id"], **_TERMS} for it in products]
        dates = dict(zip(("validFrom", "validTo"), map(str, VALID), strict=True))
        terms = {**dates, "timeZone": words.ZONE, "currency": "EUR"}
        found = await written(words.CONTRACT, partyId=party, lines=lines, **terms)
        first = first or found["contract"]["lines"][0]["id"]
        await written(words.ACTIVATE, contractId=found["contract"]["id"])
    profile = {"code": "CUSTOMER", "identification": words.PARTNER, "qualifier": "14"}
    profile |= {"partyNumber": "P-1", "timeZone": words.ZONE}
    await written(words.PROFILE, partnerProfiles=[profile])
    return _Customer(merchant, token, party, first)


async def _take(way: Wire, merchant: UUID, shape: Shape) -> dict[str, Any]:
    """Take the file in as the worker of a folder does. memory: the most of this process, in MB."""
    url = way.url.replace("postgresql://", "postgresql+asyncpg://", 1)
    database, author = Database(url), Author(by_itself(merchant), now())
    try:
        with tempfile.TemporaryDirectory() as folder:
            content = words.file(shape, now().date())
            (Path(folder) / "schedule.edi").write_bytes(content)
            before, statements = _most_memory(), way.statements
            started = time.perf_counter()
            counts = await exchange(database, author, Path(folder))
            seconds = time.perf_counter() - started
    finally:
        await database.close()
    return {
        "megabytes": round(len(content) / 1e6, 2),
        "messages": counts["read"],
        "seconds": round(seconds, 1),
        "statements": way.statements - statements,
        "memory_before": before,
        "memory": _most_memory(),
    }


def _most_memory() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


async def _analyse(server: Server) -> None:
    connection = await asyncpg.connect(plain(server.owner_url))
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _check(asker: Asker, customer: _Customer, shape: Shape) -> None:
    answer = await asker.answer(customer.request(words.COUNT, party=customer.party))
    found = answer["data"]["answer"]
    wanted = {
        "totalCount": min(shape.lines, MOST_COUNTED),
        "isTotalCountExact": shape.lines <= MOST_COUNTED,
    }
    if found != wanted:
        message = f"{shape.lines:,} lines were sent, and {found['totalCount']:,} are wanted."
        raise DifferentError(message)


async def _pages(asker: Asker, customer: _Customer, shape: Shape) -> dict[str, Request]:
    """Return the pages that are timed, by name."""
    party = customer.party
    middle = shape.weeks(now().date())[shape.buckets // 2]
    inside = customer.request(words.DEMAND, party=party, **{"from": str(middle)})
    page = (await asker.answer(inside))["data"]["answer"]["pageInfo"]
    return {
        "first": customer.request(words.DEMAND, party=party),
        "middle": customer.request(words.DEMAND, party=party, after=page["endCursor"]),
        "open": customer.request(words.DEMAND, party=party, open=True),
        "line": customer.request(words.OF_LINE, line=customer.line),
    }


async def _statements(asker: Asker, way: Wire, request: Request) -> int:
    """Return how many statements a page needs once the caches know it."""
    for _ in range(_PAGES_BEFORE):
        before = way.statements
        await asker.answer(request)
    return way.statements - before

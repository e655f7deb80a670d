"""What is sent to each engine: requests made beforehand, byte by byte."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from bench.data import plain
from bench.measuring.load import UNIQUE
from bench.operations import LIMIT, OPERATIONS, POSTGRAPHILE, Operation
from commands.access.keys import operate as keys
from kit.clock import now
from kit.db.database import Database
from kit.embedded import Server
from kit.ids import to_global
from models.access.viewers import Actor

_VARIETY = 50
"""Different orders, contracts and parcels that are asked for."""
_EVENTS, _PLACED_LINES = 10, 3
_NEWEST: Mapping[str, str] = {
    "one": "SELECT number FROM orders ORDER BY placed_at DESC LIMIT $1",
    "contract": "SELECT number FROM contracts ORDER BY number LIMIT $1",
    "track": "SELECT number FROM tracking_numbers ORDER BY added_at DESC LIMIT $1",
}


@dataclass(frozen=True)
class Merchant:
    """A merchant that is asked: a token of its staff, and ids that orders name."""

    id: UUID
    token: str
    channel_id: UUID
    party_ids: Sequence[UUID]
    product_ids: Sequence[UUID]
    tracking_numbers: Sequence[str]


@dataclass(frozen=True)
class Subjects:
    """Whom and what the benchmark asks. numbers: operation -> business keys of the first one."""

    merchants: Sequence[Merchant]
    numbers: Mapping[str, Sequence[str]]

    @property
    def reader(self) -> Merchant:
        """Return the merchant whose data are read."""
        return self.merchants[0]

    def variables(self, operation: Operation, engine: str) -> list[tuple[Merchant, dict[str, Any]]]:
        """Return what fills an operation's variables, and as whom."""
        if operation.name == "place":
            return list(self._places(graphql=engine != LIMIT))
        if operation.name == "scan":
            return list(self._scans())
        fixed = {"merchant": str(self.reader.id)} if engine == POSTGRAPHILE else {}
        if operation.name not in self.numbers:
            return [(self.reader, {})]
        numbers = self.numbers[operation.name]
        return [(self.reader, {**fixed, "number": number}) for number in numbers]

    def _places(self, *, graphql: bool) -> Any:
        named = to_global if graphql else lambda _type, key: str(key)
        for number in range(_VARIETY):
            for merchant in self.merchants:
                products = [
                    merchant.product_ids[(number + line) % len(merchant.product_ids)]
                    for line in range(_PLACED_LINES)
                ]
                party_id = merchant.party_ids[number % len(merchant.party_ids)]
                lines = [
                    {"productId": named("Product", each), "quantity": "2", "unitPrice": "2.5"}
                    for each in products
                ]
                order = {"channelId": named("Channel", merchant.channel_id), "currency": "EUR"}
                order["partyId"] = named("Party", party_id)
                yield merchant, {"input": {**order, "lines": lines}}

    def _scans(self) -> Any:
        """Tell of every parcel in turn that it is out, then that nobody was at home, and so on."""
        at = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
        for status in ("OUT_FOR_DELIVERY", "ATTEMPT_FAILED"):
            for first in range(0, _VARIETY * _EVENTS, _EVENTS):
                for merchant in self.merchants:
                    numbers = merchant.tracking_numbers[first : first + _EVENTS]
                    events = [
                        {"trackingNumber": each, "status": status, "occurredAt": f"{at}.{UNIQUE}Z"}
                        | {"carrierEventId": f"{UNIQUE}-{count}"}
                        for count, each in enumerate(numbers)
                    ]
                    if events:
                        yield merchant, {"input": {"source": "bench", "events": events}}


@dataclass(frozen=True)
class Request:
    """One request of GraphQL over HTTP, or to a bare route."""

    path: str
    token: str
    text: str

    @property
    def headers(self) -> dict[str, str]:
        """Return its headers."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return {**headers, "Authorization": f"Bearer {self.token}"}

    def body(self, number: int) -> bytes:
        """Return the body of the n-th request that is sent."""
        return self.text.replace(UNIQUE, f"{number:06}").encode()

    @property
    def wire(self) -> str:
        """Return it as HTTP/1.1 has it, not yet unique."""
        lines = [f"POST {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Length: {len(self.text.encode())}", "", self.text]
        return "\r\n".join(lines)


def requests(subjects: Subjects, operation: Operation, engine: str) -> list[Request]:
    """Return the requests that an engine gets in turn."""
    document = operation.postgraphile if engine == POSTGRAPHILE else operation.ours
    made = []
    for merchant, variables in subjects.variables(operation, engine):
        body: dict[str, Any] = {"query": document, "variables": variables}
        path = "/graphql"
        if engine == LIMIT:
            body, path = {"merchant": str(merchant.id), **variables}, f"/{operation.name}"
        made.append(Request(path, merchant.token, orjson.dumps(body).decode()))
    return made


async def subjects(server: Server) -> Subjects:
    """Make a key for each merchant and choose what to ask for."""
    owner = Database(server.owner_url)
    connection = await asyncpg.connect(plain(server.owner_url))
    try:
        async with owner.writing(None) as session:
            made = await keys.merchants(session)
            tokens = [
                (await keys.create_key(session, item.id, Actor.STAFF, "bench", now()))[1]
                for item in made
            ]
        found = [
            await _merchant(connection, each.id, token)
            for each, token in zip(made, tokens, strict=True)
        ]
        await _enter(connection, found[0].id)
        numbers = {
            name: [row[0] for row in await connection.fetch(statement, _VARIETY)]
            for name, statement in _NEWEST.items()
        }
        return Subjects(found, numbers)
    finally:
        await connection.close()
        await owner.close()


async def _enter(connection: Any, merchant_id: UUID) -> None:
    await connection.execute("SELECT set_config('app.merchant', $1, false)", str(merchant_id))


async def _merchant(connection: Any, merchant_id: UUID, token: str) -> Merchant:
    await _enter(connection, merchant_id)

    async def column(statement: str) -> list[Any]:
        return [row[0] for row in await connection.fetch(statement)]

    return Merchant(
        merchant_id,
        token,
        (await column("SELECT id FROM channels"))[0],
        await column("SELECT id FROM parties WHERE 'CUSTOMER' = ANY(roles) ORDER BY id"),
        await column("SELECT id FROM products ORDER BY id"),
        await column(
            "SELECT number FROM tracking_numbers WHERE parcel_id IN"
            " (SELECT id FROM parcels WHERE status = 'IN_TRANSIT') ORDER BY number DESC LIMIT 500"
        ),
    )


def operations(names: Sequence[str] = ()) -> list[Operation]:
    """Return the operations of these names, all when none is named."""
    return [OPERATIONS[name] for name in names or OPERATIONS]

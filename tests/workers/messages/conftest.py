"""What sends webhooks in tests, to receivers on this machine."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import update

from commands.messages.webhooks.judging import RetrySchedule
from kit.clock import now
from kit.outgoing.client import Client, Rules
from models.messages.webhooks.tables import WebhookLane, WebhookMessage
from tests import make
from tests.make.messages import hooks
from workers.messages.webhooks.flights import Flights
from workers.messages.webhooks.sending import WebhookSender
from workers.running.spans import SentSpans

STANDING = "query ($id: ID!) { webhook(id: $id) { state disabledFor waiting failures isProbed } }"

SHORT = RetrySchedule(
    delays=(timedelta(0),) * 3,
    jitter=0.0,
    give_up=timedelta(days=3),
    open_after=100,
    probe=timedelta(0),
)
"""What fails is tried again at once."""
HERE = (ip_network("127.0.0.0/8"),)


async def _nobody(*_: object) -> Mapping[str, Any]:
    pytest.fail("no document is asked")


@pytest.fixture
def outgoing(request: pytest.FixtureRequest) -> Rules:
    """Let webhooks be sent to receivers on this machine, in so many seconds, 15 by default."""
    seconds = getattr(request, "param", 15.0)
    return Rules(frozenset(range(1, 65_536)), HERE, allows_http=True, seconds=seconds)


Working = Callable[..., Flights]


@pytest.fixture
async def working(outgoing: Rules) -> AsyncIterator[Working]:
    """Make what sends to receivers on this machine."""
    clients: list[Client] = []

    def make_one(
        schedule: RetrySchedule = SHORT,
        ask: Any = _nobody,
        spans: SentSpans | None = None,
        **own: Any,
    ) -> Flights:
        client = Client(outgoing)
        clients.append(client)
        return Flights(WebhookSender(client, now, ask, schedule, spans=spans), **own)

    yield make_one
    for each in clients:
        each.close()


async def drained(flights: Flights, world: make.World, *webhooks: Mapping[str, Any]) -> None:
    """Send until nothing is due."""
    for each in webhooks:
        while await flights.step(world.database, world.merchant_id, hooks.key(each["id"]), now()):
            pass


async def hasten(world: make.World, *entities: Any) -> None:
    """Let the time pass for which messages, or their endpoints, wait."""
    async with world.database.writing(world.merchant_id) as session:
        for entity in entities or (WebhookMessage, WebhookLane):
            own = (entity.merchant_id == world.merchant_id, entity.next_at.is_not(None))
            await session.execute(update(entity).where(*own).values(next_at=world.clock()))

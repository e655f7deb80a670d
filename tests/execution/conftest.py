"""What tests of both executors share."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from kit.db.database import Database
from kit.limits import DEFAULT_BOUNDS, Limits
from resolvers.running.context import Terms
from server import application
from tests import make
from transport.serving import Serving

BOUNDLESS = Limits(deadline=120, statement=60, bucket=10_000_000, unpaid=60_000, effort=60_000)
"""Answers are compared, however busy the machine is, and whatever was asked before."""

READ_EACH_TIME = replace(DEFAULT_BOUNDS, kept_answers=0)
"""Statements are counted and compared, so that each is sent."""


def _client(database: Any, clock: Any, *, plans: bool) -> httpx.AsyncClient:
    terms = Terms(plans=plans, limits=BOUNDLESS)
    serving = Serving(database, clock=clock, terms=terms, bounds=READ_EACH_TIME)
    transport = httpx.ASGITransport(application(serving))
    return httpx.AsyncClient(transport=transport, base_url="http://abruf")


@pytest.fixture
async def both(
    world: make.World, database: Database, clock: make.Clock
) -> AsyncIterator[tuple[make.Ask, make.Ask]]:
    """Ask with plans, and without."""
    async with (
        _client(database, clock, plans=True) as planned,
        _client(database, clock, plans=False) as resolved,
    ):
        yield make.Ask(planned, world.token), make.Ask(resolved, world.token)

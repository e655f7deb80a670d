"""A mail server of this machine, and the route to it."""

from collections.abc import AsyncIterator

import pytest

from kit.outgoing.mails import MailRoute
from tests.make.messages.notifications import Server, serving


@pytest.fixture
async def mail() -> AsyncIterator[tuple[Server, MailRoute]]:
    async with serving() as made:
        yield made

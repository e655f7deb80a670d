"""A page of the portal whose console stays quiet."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.web.visitor import quiet_page


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Open an empty page of a reader of English; complaints of its console fail."""
    async with quiet_page(browser) as page:
        yield page

"""The browser, the site it visits, and what happens on a machine without a browser."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page

from tests.web.shop import BEARER, OPERATIONS, serving, shop
from web.build import build
from web.chromium import ADVICE, find_browser, launched
from web.page import GraphiQL

LEFT_OUT = pytest.StashKey[list[str]]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the browser's tests out where there is no browser; in CI that is an error."""
    if find_browser() is not None:
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(ADVICE)
    left_out = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT] = [item.nodeid for item in left_out]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name the tests that were left out."""
    if left_out := config.stash.get(LEFT_OUT, []):
        terminalreporter.section("left out: no browser")
        for line in (ADVICE, *left_out):
            terminalreporter.line(line)


@dataclass(frozen=True)
class Site:
    """A server with GraphiQL, and one query with a part of the answer that it gives."""

    origin: str
    token: str
    query: str
    answer: str


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """Serve the small shop with the bundle of this tree."""
    build()
    query = '{ order(number: "A-1") { status } }'
    with serving(shop(GraphiQL(OPERATIONS))) as origin:
        yield Site(origin, BEARER, query, answer='"status": "SHIPPED"')


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start the machine's browser once."""
    async with launched() as browser:
        yield browser


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Open an empty page that shares no storage with any other."""
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    yield await context.new_page()
    await context.close()

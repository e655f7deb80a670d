"""What a person does in the portal, and what axe finds on its pages."""

from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.web.conftest import Served

BUYER, STAFF = "Petra Lange", "Miriam Vogt"
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_FIND = "rules => axe.run({ runOnly: rules }).then(it => it.violations)"
SCREEN, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}


async def sign_in(page: Page, served: Served, person: str = BUYER) -> None:
    """Come in by the demo's button of a person, and wait for the first page."""
    await page.goto(f"{served.origin}/portal/login")
    await page.get_by_role("button", name=person).click()
    await ready(page)


async def ready(page: Page) -> None:
    """Wait until a page shows what it is about."""
    await expect(page.locator("main h1")).to_be_visible()
    await expect(page.get_by_role("status")).to_have_count(0)


async def visit(page: Page, served: Served, path: str) -> None:
    """Go to a page."""
    await page.goto(f"{served.origin}{path}")
    await ready(page)


async def reader(
    browser: Browser, *, language: str = "en-GB", scheme: Any = "light", size: Any = SCREEN
) -> BrowserContext:
    """Return a browser of somebody who speaks a language, and likes it light or dark."""
    zone = "Europe/Berlin"
    return await browser.new_context(
        locale=language, color_scheme=scheme, viewport=size, timezone_id=zone
    )


async def violations(page: Page) -> list[str]:
    """Return what axe finds, each with the first element that it is about."""
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate(_FIND, RULES)
    return [f"{it['id']}: {it['nodes'][0]['html']}" for it in found]


async def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))
